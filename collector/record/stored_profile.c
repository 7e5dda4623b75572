#include "record/stored_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/number.h"
#include "base/say.h"
#include "drivers/plan.h"
#include "store/seals.h"
#include "store/store.h"

/* Points whose channel is remembered; another that falls on the same place is looked up again. */
enum { PLACES = 8192 };

struct place {
    uint32_t point, profile;
    const struct channel *channel;
};

struct stored_profiles {
    struct reader *reader;
    const struct parameters *fallback;
    struct parameters *parameters; /* those of `digest`, the last that were asked for */
    uint8_t digest[DIGEST_BYTES];
    struct parameters **old; /* earlier ones: profiles point into them */
    size_t old_count;
    struct stored_profile **all;
    size_t count;
    struct place places[PLACES];
};

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

struct stored_profiles *stored_profiles_new(struct reader *reader,
                                            const struct parameters *parameters)
{
    struct stored_profiles *profiles = calloc(1, sizeof *profiles);

    if (profiles == NULL)
        return NULL;
    profiles->reader = reader;
    profiles->fallback = parameters;
    return profiles;
}

void stored_profiles_free(struct stored_profiles *profiles)
{
    if (profiles == NULL)
        return;
    for (size_t i = 0; i < profiles->count; i++) {
        profile_free(profiles->all[i]->profile);
        free(profiles->all[i]);
    }
    for (size_t i = 0; i < profiles->old_count; i++)
        parameters_free(profiles->old[i]);
    parameters_free(profiles->parameters);
    free(profiles->old);
    free(profiles->all);
    free(profiles);
}

/* Bytes as a file, because files are what settings are read from. -1: no memory for it. */
static int file_of(const char *bytes, size_t size, char path[40])
{
    int file = memfd_create("stored", MFD_CLOEXEC);

    for (size_t done = 0; file >= 0 && done < size;) {
        ssize_t count = write(file, bytes + done, size - done);

        if (count <= 0) {
            close(file);
            return -1;
        }
        done += (size_t)count;
    }
    snprintf(path, 40, "/proc/self/fd/%d", file);
    return file;
}

/* Parameters -------------------------------------------------------------------------------- */

/* The digest that a configuration's text gives a name; false: it names no such thing. */
static bool digest_named(const char *text, const char *name, uint8_t digest[DIGEST_BYTES])
{
    size_t length = strlen(name);

    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line != 0) {
        size_t size = strcspn(line, "\n");
        char hex[DIGEST_HEX] = "";

        if (size != DIGEST_HEX - 1 + 2 + length ||
            strncmp(line + DIGEST_HEX - 1 + 2, name, length) != 0)
            continue;
        snprintf(hex, sizeof hex, "%s", line);
        return hex_read(hex, digest, DIGEST_BYTES);
    }
    return false;
}

/* Keeps those before, because profiles point into them. */
static bool change_parameters(struct stored_profiles *profiles, const char *bytes, size_t size,
                              const uint8_t digest[DIGEST_BYTES])
{
    struct conf_faults *faults = conf_faults_new();
    struct parameters **larger =
        realloc(profiles->old, (profiles->old_count + 1) * sizeof *profiles->old);
    struct parameters *loaded = NULL;
    char path[40];
    int file = file_of(bytes, size, path);

    if (larger != NULL)
        profiles->old = larger;
    if (larger != NULL && faults != NULL && file >= 0)
        loaded = parameters_load(path, faults);
    if (loaded != NULL) {
        profiles->old[profiles->old_count] = profiles->parameters;
        profiles->old_count += profiles->parameters != NULL;
        profiles->parameters = loaded;
        memcpy(profiles->digest, digest, DIGEST_BYTES);
    }
    if (file >= 0)
        close(file);
    conf_faults_free(faults);
    return loaded != NULL;
}

/* The parameters of the configuration in force at `seq`; those of the program where the store says
 * nothing of it, or what it says cannot be read. */
static const struct parameters *parameters_at(struct stored_profiles *profiles, uint64_t seq)
{
    uint8_t digest[DIGEST_BYTES];
    struct error err = {0};
    char *text = NULL;
    char *content = NULL;
    size_t size = 0;
    bool known = false;

    if (reader_configuration(profiles->reader, seq, digest, &text, &err) && text != NULL &&
        digest_named(text, "parameters.conf", digest)) {
        known = profiles->parameters != NULL && memcmp(digest, profiles->digest, DIGEST_BYTES) == 0;
        if (!known)
            content = reader_snapshot(profiles->reader, digest, &size, &err);
        if (content != NULL)
            known = change_parameters(profiles, content, size, digest);
    }
    free(content);
    free(text);
    return known ? profiles->parameters : profiles->fallback;
}

/* Profiles ---------------------------------------------------------------------------------- */

/* Where the file ends and what the device put over it begins: behind the last such mark. */
static const char *find_over(const char *text)
{
    const char *over = NULL;

    for (const char *at = text; (at = strstr(at, STORE_PROFILE_OVER)) != NULL; at++)
        over = at;
    return over;
}

/* SEAL.md, "Devices": H of the file, or H of the 32 bytes of that and the lines put over it. */
static bool is_right(const char *text, const char *over, const uint8_t digest[DIGEST_BYTES])
{
    uint8_t own[DIGEST_BYTES];
    struct hashing *hashing;

    digest_of(text, over == NULL ? strlen(text) : (size_t)(over - text), own);
    if (over != NULL) {
        hashing = hashing_new();
        if (hashing == NULL)
            return false;
        over += strlen(STORE_PROFILE_OVER);
        hashing_begin(hashing);
        hashing_add(hashing, own, DIGEST_BYTES);
        hashing_add(hashing, over, strlen(over));
        hashing_end(hashing, own);
        hashing_free(hashing);
    }
    return memcmp(own, digest, DIGEST_BYTES) == 0;
}

static bool order_of_word(const char *word, enum word_order *order)
{
    static const char *const words[] = {"ABCD", "BADC", "CDAB", "DCBA"};

    for (int i = 0; i < 4; i++)
        if (strcmp(word, words[i]) == 0) {
            *order = (enum word_order)i;
            return true;
        }
    return false;
}

/* Lines "CHANNEL ORDER LOW HIGH". */
static bool put_over(struct profile *profile, const char *over)
{
    for (const char *line = over; *line != '\0';) {
        char name[CHANNEL_SIZE], order[8], low[48], high[48];
        struct channel *channel;
        int used = 0;

        if (sscanf(line, "%65[^ \n] %7[^ \n] %47[^ \n] %47[^ \n]%n", name, order, low, high,
                   &used) != 4 ||
            line[used] != '\n')
            return false;
        channel = (struct channel *)(uintptr_t)profile_channel(profile, name);
        if (channel == NULL || !order_of_word(order, &channel->order) ||
            !number_parse(low, &channel->valid_min) || !number_parse(high, &channel->valid_max))
            return false;
        line += used + 1;
    }
    return true;
}

static void make_profile(struct stored_profiles *profiles, struct stored_profile *made,
                         const char *text, uint64_t seq)
{
    struct conf_faults *faults = conf_faults_new();
    const char *over = find_over(text);
    char path[40];
    int file = file_of(text, over == NULL ? strlen(text) : (size_t)(over - text), path);

    if (faults != NULL && file >= 0)
        made->profile = profile_load(path, parameters_at(profiles, seq), false, faults);
    if (made->profile == NULL)
        snprintf(made->why, sizeof made->why, "%s",
                 faults != NULL && conf_faults_count(faults) > 0
                     ? conf_fault(faults, 0)->text
                     : SAY("内存不足", "out of memory"));
    else if (over != NULL && !put_over(made->profile, over + strlen(STORE_PROFILE_OVER))) {
        snprintf(made->why, sizeof made->why, "%s",
                 SAY("设备另写的字节顺序或量程读不懂",
                     "the word order or spans of the device's own cannot be read"));
        profile_free(made->profile);
        made->profile = NULL;
    }
    if (file >= 0)
        close(file);
    conf_faults_free(faults);
}

static bool fetch(struct stored_profiles *profiles, struct stored_profile *made, uint64_t seq,
                  struct error *err)
{
    uint8_t digest[DIGEST_BYTES];
    char *text = NULL;

    if (!reader_profile(profiles->reader, made->number, digest, &text, err))
        return false;
    if (text == NULL) {
        snprintf(made->why, sizeof made->why, "%s",
                 SAY("存储里没有它", "the store does not hold it"));
        return true;
    }
    made->is_right = is_right(text, find_over(text), digest);
    make_profile(profiles, made, text, seq);
    free(text);
    return true;
}

const struct stored_profile *stored_profile(struct stored_profiles *profiles, uint32_t number,
                                            uint64_t seq, struct error *err)
{
    struct stored_profile **larger;
    struct stored_profile *made;

    for (size_t i = 0; i < profiles->count; i++)
        if (profiles->all[i]->number == number)
            return profiles->all[i];
    larger = realloc(profiles->all, (profiles->count + 1) * sizeof(struct stored_profile *));
    if (larger != NULL)
        profiles->all = larger;
    made = calloc(1, sizeof *made);
    if (larger == NULL || made == NULL) {
        free(made);
        no_memory(err);
        return NULL;
    }
    made->number = number;
    if (!fetch(profiles, made, seq, err)) {
        free(made);
        return NULL;
    }
    profiles->all[profiles->count++] = made;
    return made;
}

const struct channel *stored_profile_channel(struct stored_profiles *profiles,
                                             const struct stored_profile *profile, uint32_t point)
{
    struct place *place = &profiles->places[point % PLACES];
    char name[CHANNEL_SIZE];

    if (profile->profile == NULL)
        return NULL;
    if (place->point != point || place->profile != profile->number) {
        reader_channel(profiles->reader, point, name);
        *place = (struct place){point, profile->number, profile_channel(profile->profile, name)};
    }
    return place->channel;
}

/* Blocks ------------------------------------------------------------------------------------ */

static bool area_of(uint8_t function, enum register_area *area)
{
    static const enum register_area areas[] = {AREA_COIL, AREA_DISCRETE_INPUT, AREA_INPUT_REGISTER,
                                               AREA_HOLDING_REGISTER};

    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++)
        if (area_function(areas[i]) == function) {
            *area = areas[i];
            return true;
        }
    return false;
}

bool raw_blocks(const uint8_t *raw, size_t size, struct block *blocks, size_t room, size_t *count)
{
    *count = 0;
    for (size_t at = 0; at < size;) {
        struct block *block = &blocks[*count];
        size_t bytes;

        if (size - at < 5 || *count == room || !area_of(raw[at], &block->area))
            return false;
        block->address = (uint16_t)(raw[at + 1] << 8 | raw[at + 2]);
        block->count = (uint16_t)(raw[at + 3] << 8 | raw[at + 4]);
        bytes = block->area == AREA_COIL || block->area == AREA_DISCRETE_INPUT
                    ? ((size_t)block->count + 7) / 8
                    : (size_t)block->count * 2;
        at += 5;
        if (size - at < bytes)
            return false;
        block->answered = true;
        block->cause = CAUSE_NONE;
        block->bytes = raw + at;
        at += bytes;
        ++*count;
    }
    return true;
}
