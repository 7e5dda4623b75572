/* Every shipped profile, replayed: what the device sent must still mean what it meant. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/identity.h"
#include "drivers/plan.h"
#include "drivers/profile.h"
#include "drivers/simvalue.h"

#define PROFILES SOURCE_ROOT "/drivers/profiles"

enum { SHIPPED_MAX = 200 };

static struct parameters *parameters;
static struct profile *shipped[SHIPPED_MAX];
static size_t shipped_count;

static void print_faults(struct conf_faults *faults)
{
    for (size_t i = 0; i < conf_faults_count(faults); i++)
        print_error("%s\n", conf_fault(faults, i)->text);
}

static void load_one(const char *name, struct conf_faults *faults)
{
    char path[512];

    snprintf(path, sizeof path, PROFILES "/%s", name);
    shipped[shipped_count] = profile_load(path, parameters, true, faults);
    if (shipped[shipped_count] != NULL)
        shipped_count++;
}

static int load_shipped(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    DIR *folder = opendir(PROFILES);
    struct dirent *entry;
    size_t wrong;

    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    while (parameters != NULL && folder != NULL && (entry = readdir(folder)) != NULL)
        if (strstr(entry->d_name, ".conf") != NULL && shipped_count < SHIPPED_MAX)
            load_one(entry->d_name, faults);
    if (folder != NULL)
        closedir(folder);
    print_faults(faults);
    wrong = conf_faults_count(faults);
    conf_faults_free(faults);
    return wrong == 0 ? 0 : -1;
}

static int free_shipped(void **state)
{
    for (size_t i = 0; i < shipped_count; i++)
        profile_free(shipped[i]);
    parameters_free(parameters);
    return 0;
}

static bool is_invented(const struct profile *profile)
{
    return strncmp(profile->model, "example_", 8) == 0;
}

static void at_least_thirty_real_models_are_shipped_with_their_proofs(void **state)
{
    size_t real = 0;

    for (size_t i = 0; i < shipped_count; i++)
        real += !is_invented(shipped[i]);
    assert_true(real >= 30);
}

static void each_file_is_named_as_its_model(void **state)
{
    for (size_t i = 0; i < shipped_count; i++) {
        char name[80];

        snprintf(name, sizeof name, "/%s.conf", shipped[i]->model);
        assert_non_null(strstr(shipped[i]->path, name));
    }
}

static void no_invented_device_is_called_verified_and_every_doubt_is_explained(void **state)
{
    for (size_t i = 0; i < shipped_count; i++) {
        if (is_invented(shipped[i]))
            assert_false(shipped[i]->verified);
        if (!shipped[i]->verified)
            assert_true(shipped[i]->note[0] != '\0');
    }
}

static void every_model_can_be_read_with_and_without_gaps(void **state)
{
    for (size_t i = 0; i < shipped_count; i++) {
        const struct channel *channels[POLL_READINGS_MAX];
        struct gaps gaps;
        struct plan plan;

        for (size_t c = 0; c < shipped[i]->channel_count; c++)
            channels[c] = &shipped[i]->channels[c];
        plan_gaps(&gaps, shipped[i], channels, shipped[i]->channel_count);
        assert_true(plan_make(&plan, shipped[i], channels, shipped[i]->channel_count, &gaps,
                              GAPS_ALL, NULL));
        assert_true(
            plan_make(&plan, shipped[i], channels, shipped[i]->channel_count, &gaps, 0, NULL));
    }
}

/* The registers of a played device, and a poll of all of them. */
static uint16_t image[4][65536];

static void put_words(const struct simword *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t *at = &image[words[i].area][words[i].address];

        *at = (uint16_t)((*at & ~words[i].mask) | (words[i].word & words[i].mask));
    }
}

/* A third into the span: far from any mark. */
static double meant(const struct channel *channel)
{
    double most = fmin(channel->valid_max, channel->valid_min + 2000.0);

    return round(channel->valid_min + (most - channel->valid_min) / 3.0);
}

static void play(const struct profile *profile)
{
    struct simword words[SIMWORDS_MAX];
    uint16_t identity[IDENTITY_WORDS_MAX];

    memset(image, 0, sizeof image);
    for (size_t i = 0; i < profile->channel_count; i++)
        put_words(words, simvalue_words(profile, &profile->channels[i],
                                        meant(&profile->channels[i]), words));
    for (size_t i = 0; i < 2 * profile->state_count; i++) {
        const struct state *one = &profile->states[i % profile->state_count];
        uint16_t *at = &image[one->area][one->address];

        *at = simvalue_state_word(one, *at, false);
    }
    for (size_t i = 0; i < profile->identity_count; i++) {
        const struct identity_item *item = &profile->identity[i];
        char text[64];

        simvalue_identity_text(item, 7, text, sizeof text);
        simvalue_identity(item, text, identity);
        memcpy(&image[item->area][item->address], identity, item->words * sizeof identity[0]);
    }
}

static void fetch(enum register_area area, unsigned address, unsigned count, uint8_t *bytes)
{
    bool bits = area == AREA_COIL || area == AREA_DISCRETE_INPUT;

    memset(bytes, 0, bits ? (count + 7) / 8 : 2 * (size_t)count);
    for (unsigned i = 0; i < count; i++) {
        uint16_t word = image[area][address + i];

        if (bits)
            bytes[i / 8] |= (uint8_t)((word != 0) << i % 8);
        else {
            bytes[2 * i] = (uint8_t)(word >> 8);
            bytes[2 * i + 1] = (uint8_t)word;
        }
    }
}

static void assert_means_what_was_meant(const struct profile *profile)
{
    static uint8_t bytes[4][2 * 65536];
    const struct channel *channels[POLL_READINGS_MAX];
    struct reading readings[POLL_READINGS_MAX] = {0};
    struct block blocks[4];

    for (int area = 0; area < 4; area++) {
        fetch((enum register_area)area, 0, 65535, bytes[area]);
        blocks[area] =
            (struct block){(enum register_area)area, 0, 65535, true, CAUSE_NONE, bytes[area]};
    }
    for (size_t i = 0; i < profile->channel_count; i++)
        channels[i] = &profile->channels[i];
    profile_decode(profile, channels, profile->channel_count, blocks, 4, readings);
    for (size_t i = 0; i < profile->channel_count; i++) {
        double wanted = meant(channels[i]);

        if (readings[i].quality != QUALITY_NORMAL ||
            fabs(readings[i].value - wanted) > fmax(0.51, 1e-4 * fabs(wanted)))
            fail_msg("%s %s: %g, not %g, %c %s", profile->model, channels[i]->name,
                     readings[i].value, wanted, quality_letter(readings[i].quality),
                     cause_word((enum cause)readings[i].cause));
    }
}

static void assert_is_who_was_meant(const struct profile *profile)
{
    for (size_t i = 0; i < profile->identity_count; i++) {
        const struct identity_item *item = &profile->identity[i];
        uint8_t bytes[2 * IDENTITY_WORDS_MAX];
        char wanted[64], heard[IDENTITY_VALUE];

        fetch(item->area, item->address, item->words, bytes);
        simvalue_identity_text(item, 7, wanted, sizeof wanted);
        identity_value(item, bytes, heard);
        assert_string_equal(heard, wanted);
    }
}

static void a_played_device_of_every_model_means_what_was_meant(void **state)
{
    for (size_t i = 0; i < shipped_count; i++) {
        if (strcmp(shipped[i]->model, "example_all_types") == 0)
            continue; /* its spans are wider than its registers */
        play(shipped[i]);
        assert_means_what_was_meant(shipped[i]);
        assert_is_who_was_meant(shipped[i]);
    }
}

static bool any_channel(bool (*has)(const struct channel *channel, int wanted), int wanted)
{
    for (size_t i = 0; i < shipped_count; i++)
        for (size_t c = 0; c < shipped[i]->channel_count; c++)
            if (!is_invented(shipped[i]) && has(&shipped[i]->channels[c], wanted))
                return true;
    return false;
}

static bool has_medium(const struct channel *channel, int wanted)
{
    return channel->parameter->medium == wanted;
}

static bool has_order(const struct channel *channel, int wanted)
{
    return channel_word_count(channel) == 2 && (int)channel->order == wanted;
}

static void real_models_cover_every_medium_and_every_word_order(void **state)
{
    for (int medium = MEDIUM_WATER; medium <= MEDIUM_WEATHER; medium++)
        assert_true(any_channel(has_medium, medium));
    for (int order = ORDER_ABCD; order <= ORDER_DCBA; order++)
        assert_true(any_channel(has_order, order));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_least_thirty_real_models_are_shipped_with_their_proofs),
        cmocka_unit_test(each_file_is_named_as_its_model),
        cmocka_unit_test(no_invented_device_is_called_verified_and_every_doubt_is_explained),
        cmocka_unit_test(every_model_can_be_read_with_and_without_gaps),
        cmocka_unit_test(a_played_device_of_every_model_means_what_was_meant),
        cmocka_unit_test(real_models_cover_every_medium_and_every_word_order),
    };

    return cmocka_run_group_tests(tests, load_shipped, free_shipped);
}
