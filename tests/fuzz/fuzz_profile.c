/* Any bytes as a profile: the loader says what is wrong with them and never more. What it accepts
 * can be planned and decoded from any words. */
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "drivers/identity.h"
#include "drivers/plan.h"
#include "drivers/profile.h"
#include "drivers/simvalue.h"

/* A table of its own, so that the fuzzer runs from any folder. */
static const char table[] =
    "parameters = ("
    "{ key = \"ph\"; title_zh = \"p\"; title_en = \"p\"; unit = \"\"; decimals = 2; medium = "
    "\"water\"; },"
    "{ key = \"conductivity\"; title_zh = \"c\"; title_en = \"c\"; unit = \"µS/cm\"; decimals = 1; "
    "medium = \"water\"; },"
    "{ key = \"turbidity\"; title_zh = \"t\"; title_en = \"t\"; unit = \"NTU\"; decimals = 1; "
    "medium "
    "= \"water\"; },"
    "{ key = \"water_temperature\"; title_zh = \"w\"; title_en = \"w\"; unit = \"°C\"; decimals = "
    "1; "
    "medium = \"water\"; },"
    "{ key = \"dissolved_oxygen\"; title_zh = \"o\"; title_en = \"o\"; unit = \"mg/L\"; decimals = "
    "2; medium = \"water\"; },"
    "{ key = \"wind_speed\"; title_zh = \"s\"; title_en = \"s\"; unit = \"m/s\"; decimals = 1; "
    "medium = \"weather\"; },"
    "{ key = \"wind_direction\"; title_zh = \"d\"; title_en = \"d\"; unit = \"°\"; decimals = 0; "
    "medium = \"weather\"; },"
    "{ key = \"flow\"; title_zh = \"f\"; title_en = \"f\"; unit = \"L/s\"; decimals = 1; medium = "
    "\"water\"; });";

/* A file that lives in memory only; `path` gets its name. */
static int file_of(const void *bytes, size_t size, char path[64])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
        abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static struct parameters *parameters_for_fuzz(void)
{
    static struct parameters *parameters;
    struct conf_faults *faults;
    char path[64];
    int fd;

    if (parameters != NULL)
        return parameters;
    faults = conf_faults_new();
    fd = file_of(table, sizeof table - 1, path);
    parameters = parameters_load(path, faults);
    if (parameters == NULL || conf_faults_count(faults) != 0)
        abort();
    conf_faults_free(faults);
    close(fd);
    return parameters;
}

/* Everything a plan asks for is answered with the fuzzer's own bytes. */
static void decode_from(const struct profile *profile, const struct plan *plan,
                        const struct channel *const *channels, const uint8_t *bytes, size_t size)
{
    static uint8_t words[POLL_RAW_MAX];
    struct block blocks[PLAN_REQUESTS_MAX];
    struct reading readings[POLL_READINGS_MAX] = {0};

    for (size_t i = 0; i < sizeof words; i++)
        words[i] = bytes[i % size];
    for (size_t i = 0; i < plan->count; i++)
        blocks[i] = (struct block){.area = plan->requests[i].area,
                                   .address = plan->requests[i].address,
                                   .count = plan->requests[i].count,
                                   .answered = plan->requests[i].count > 0,
                                   .cause = CAUSE_NONE,
                                   .bytes = words};
    profile_decode(profile, channels, profile->channel_count, blocks, plan->count, readings);
    for (size_t i = 0; i < profile->channel_count; i++)
        assert(reading_has_value(&readings[i]) || readings[i].quality >= QUALITY_FAULT);
}

/* Whatever answers at the identity registers has a text that reads back as it is. */
static void identify_from(const struct profile *profile, const uint8_t *bytes, size_t size)
{
    struct identity_heard heard = {0}, again;
    uint8_t words[2 * IDENTITY_WORDS_MAX];
    char text[IDENTITY_TEXT];

    for (size_t i = 0; i < sizeof words; i++)
        words[i] = bytes[(3 * i) % size];
    for (size_t i = 0; i < profile->identity_count; i++) {
        identity_value(&profile->identity[i], words, heard.values[i]);
        heard.known[i] = true;
    }
    identity_text(profile, &heard, text);
    identity_parse(profile, text, &again);
    for (size_t i = 0; i < profile->identity_count; i++)
        assert(again.known[i] && strcmp(again.values[i], heard.values[i]) == 0);
}

/* Every channel can be played, and every state made to hold or not. */
static void play(const struct profile *profile)
{
    struct simword words[SIMWORDS_MAX];
    uint16_t identity[IDENTITY_WORDS_MAX];

    for (size_t i = 0; i < profile->channel_count; i++) {
        const struct channel *channel = &profile->channels[i];

        assert(simvalue_words(profile, channel, channel->valid_max, words) <= SIMWORDS_MAX);
        assert(simvalue_words(profile, channel, channel->valid_min, words) <= SIMWORDS_MAX);
        assert(simvalue_words(profile, channel, NAN, words) <= SIMWORDS_MAX);
    }
    for (size_t i = 0; i < profile->state_count; i++)
        simvalue_state_word(&profile->states[i], 0xA5A5, i % 2 == 0);
    for (size_t i = 0; i < profile->identity_count; i++)
        assert(simvalue_identity(&profile->identity[i], "12;34", identity) ==
               profile->identity[i].words);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct conf_faults *faults = conf_faults_new();
    const struct channel *channels[POLL_READINGS_MAX];
    struct profile *profile;
    struct gaps gaps;
    struct plan plan;
    char path[64];
    int fd = file_of(bytes, size, path);

    profile = profile_load(path, parameters_for_fuzz(), true, faults);
    assert((profile != NULL) == (conf_faults_count(faults) == 0));
    if (profile != NULL) {
        for (size_t i = 0; i < profile->channel_count; i++)
            channels[i] = &profile->channels[i];
        plan_gaps(&gaps, profile, channels, profile->channel_count);
        if (plan_make(&plan, profile, channels, profile->channel_count, &gaps, GAPS_ALL, NULL))
            decode_from(profile, &plan, channels, bytes, size);
        identify_from(profile, bytes, size);
        play(profile);
    }
    profile_free(profile);
    conf_faults_free(faults);
    close(fd);
    return 0;
}
