#include "record/decoding.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/say.h"
#include "base/text.h"
#include "record/stored_profile.h"

/* `BLOCKS`: more than any plan asks for. A damaged store may say what it likes. */
enum { ITEMS_AT_ONCE = 512, BLOCKS = 256, PROFILES_TOLD = 1024 };

struct decoding {
    const struct decoding_setup *setup;
    struct decoding_answer *answer;
    struct reader *reader;
    struct reader *frames; /* a reader of its own: what it gives is borrowed until its next call */
    struct stored_profiles *profiles;
    uint64_t first_frame;         /* no poll before it has frames; UINT64_MAX: none has any */
    uint32_t told[PROFILES_TOLD]; /* profiles that do not fit and were named */
    size_t told_count;
    struct error *err;
};

/* Telling ----------------------------------------------------------------------------------- */

static void reading_words(const struct reading *reading, char out[64])
{
    struct text text;

    text_init(&text, out, 64);
    if (isnan(reading->value))
        text_add_char(&text, '-');
    else
        text_add_number(&text, reading->value);
    text_add_char(&text, ' ');
    text_add_char(&text, reading->quality <= QUALITY_NO_ANSWER
                             ? quality_letter((enum quality)reading->quality)
                             : '?');
    if (reading->cause != CAUSE_NONE) {
        text_add_char(&text, ' ');
        text_add(&text,
                 reading->cause < CAUSE_COUNT ? cause_word((enum cause)reading->cause) : "?");
    }
}

static struct decoding_difference *new_difference(struct decoding *decoding, uint64_t seq)
{
    static struct decoding_difference beyond; /* what is not kept is counted */
    struct decoding_answer *answer = decoding->answer;
    struct decoding_difference *difference = &beyond;

    answer->differ++;
    if (answer->difference_count < DECODING_SHOWN)
        difference = &answer->differences[answer->difference_count++];
    *difference = (struct decoding_difference){.seq = seq};
    return difference;
}

static void tell_reading(struct decoding *decoding, uint64_t seq, const struct reading *stored,
                         const struct reading *decoded)
{
    struct decoding_difference *difference = new_difference(decoding, seq);

    reader_point_name(decoding->frames, stored->point, difference->point);
    reading_words(stored, difference->stored);
    if (decoded != NULL)
        reading_words(decoded, difference->decoded);
    snprintf(difference->words, sizeof difference->words,
             SAY("%s，序号 %" PRIu64 "：存储的是 %s，由原始字得 %s",
                 "%s, seq %" PRIu64 ": stored %s, decoded %s"),
             difference->point, seq, difference->stored,
             decoded != NULL
                 ? difference->decoded
                 : SAY("不出（模板里没有这个通道）", "nothing (its profile has no such channel)"));
}

__attribute__((format(printf, 3, 4))) static void tell(struct decoding *decoding, uint64_t seq,
                                                       const char *format, ...)
{
    struct decoding_difference *difference = new_difference(decoding, seq);
    va_list values;

    va_start(values, format);
    vsnprintf(difference->words, sizeof difference->words, format, values);
    va_end(values);
}

/* A profile that does not fit is named once, whatever hangs on it. */
static void tell_profile(struct decoding *decoding, uint64_t seq,
                         const struct stored_profile *profile)
{
    for (size_t i = 0; i < decoding->told_count; i++)
        if (decoding->told[i] == profile->number)
            return;
    if (decoding->told_count < PROFILES_TOLD)
        decoding->told[decoding->told_count++] = profile->number;
    if (profile->profile == NULL)
        tell(decoding, seq,
             SAY("序号 %" PRIu64 "：存储里的型号模板 %u 不能用：%s",
                 "seq %" PRIu64 ": profile %u of the store cannot be used: %s"),
             seq, profile->number, profile->why);
    else
        tell(decoding, seq,
             SAY("序号 %" PRIu64 "：存储里的型号模板 %u（%s）的文字与它的摘要不符",
                 "seq %" PRIu64 ": the text of profile %u (%s) of the store is not what its digest "
                 "says"),
             seq, profile->number, profile->profile->model);
}

/* One reading ------------------------------------------------------------------------------- */

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Bit for bit; absent is absent. */
static bool same_value(double one, double other)
{
    return (isnan(one) && isnan(other)) || bits_of(one) == bits_of(other);
}

/* Causes that only raw words can give; without them they explain nothing. */
static bool is_of_raw(uint8_t cause)
{
    switch (cause) {
    case CAUSE_NONE:
    case CAUSE_ABSENT_MARK:
    case CAUSE_NOT_A_NUMBER:
    case CAUSE_ABOVE_SPAN:
    case CAUSE_BELOW_SPAN:
    case CAUSE_STATUS_BIT:
    case CAUSE_WARMING_UP:
    case CAUSE_AFTER_TIMEOUT:
    case CAUSE_UNIT_UNKNOWN:
    case CAUSE_NOT_EXACT:
        return true;
    default:
        return cause >= CAUSE_COUNT;
    }
}

/* Two devices answer as this unit (FINDING_TWO_UNITS): the value is withheld. */
static bool is_of_two_units(const struct reading *stored)
{
    return stored->cause == CAUSE_WRONG_UNIT && stored->quality == QUALITY_FAULT;
}

/* What the raw words do not say, and the stored reading may add to what they do. */
static bool is_explained(const struct reading *stored, const struct reading *decoded)
{
    if (stored->cause == CAUSE_IDENTITY_CHANGED || is_of_two_units(stored))
        return isnan(stored->value);
    if (stored->quality == QUALITY_NO_ANSWER)
        return isnan(stored->value) && decoded->quality == QUALITY_NO_ANSWER &&
               !is_of_raw(stored->cause);
    if (!same_value(stored->value, decoded->value))
        return false;
    if (stored->cause == CAUSE_AFTER_TIMEOUT)
        return decoded->cause == CAUSE_NONE && stored->quality == decoded->quality;
    return stored->cause == CAUSE_WARMING_UP && stored->quality == QUALITY_FAULT &&
           reading_has_value(decoded);
}

static void compare(struct decoding *decoding, const struct poll *poll,
                    const struct reading *stored, const struct reading *decoded)
{
    struct decoding_answer *answer = decoding->answer;

    if (stored->quality != QUALITY_NO_ANSWER && poll->raw_size == 0 && poll->frames_size == 0 &&
        decoding->setup->simulated != NULL &&
        decoding->setup->simulated(decoding->setup->self, poll->device))
        answer->made_up++;
    else if (is_explained(stored, decoded))
        answer->apart[stored->cause]++;
    else if (same_value(stored->value, decoded->value) && stored->quality == decoded->quality &&
             stored->cause == decoded->cause && stored->quality != QUALITY_NO_ANSWER)
        answer->equal++;
    else
        tell_reading(decoding, poll->seq, stored, decoded);
}

/* One poll ---------------------------------------------------------------------------------- */

static bool look_at_frames(struct decoding *decoding, const struct poll *poll)
{
    struct poll heard;
    bool found, cut;

    if (poll->seq < decoding->first_frame)
        return true;
    if (!reader_raw(decoding->frames, poll->seq, &heard, &found, decoding->err))
        return false;
    if (!found || heard.frames_size == 0)
        return true;
    decoding->answer->frames++;
    switch (frames_hold(&heard, &cut)) {
    case FRAMES_HOLD:
        break;
    case FRAMES_LACK:
        if (!cut)
            tell(decoding, poll->seq,
                 SAY("序号 %" PRIu64 "：收发原文里没有一个回答带着存储的原始字",
                     "seq %" PRIu64
                     ": no answer in its frames holds the raw words that are stored"),
                 poll->seq);
        break;
    case FRAMES_BROKEN:
        tell(decoding, poll->seq,
             SAY("序号 %" PRIu64 "：收发原文不完整", "seq %" PRIu64 ": its frames are not whole"),
             poll->seq);
    }
    decoding->answer->frames_cut += cut;
    return true;
}

static void compare_all(struct decoding *decoding, const struct poll *poll,
                        const struct stored_profile *profile, const struct block *blocks,
                        size_t block_count)
{
    const struct channel *channels[POLL_READINGS_MAX];
    const struct reading *of[POLL_READINGS_MAX];
    struct reading decoded[POLL_READINGS_MAX] = {0};
    size_t count = 0;

    for (size_t i = 0; i < poll->reading_count; i++) {
        channels[count] =
            stored_profile_channel(decoding->profiles, profile, poll->readings[i].point);
        of[count] = &poll->readings[i];
        if (channels[count] == NULL)
            tell_reading(decoding, poll->seq, &poll->readings[i], NULL);
        else
            count++;
    }
    profile_decode(profile->profile, channels, count, blocks, block_count, decoded);
    for (size_t i = 0; i < count; i++)
        compare(decoding, poll, of[i], &decoded[i]);
}

/* reader_items() gives at most POLL_READINGS_MAX readings. */
static bool decode_poll(struct decoding *decoding, const struct poll *poll)
{
    const struct stored_profile *profile =
        stored_profile(decoding->profiles, poll->profile, poll->seq, decoding->err);
    struct block blocks[BLOCKS];
    size_t block_count = 0;

    if (profile == NULL)
        return false;
    decoding->answer->polls++;
    decoding->answer->readings += poll->reading_count;
    if (profile->profile == NULL || !profile->is_right)
        tell_profile(decoding, poll->seq, profile);
    if (!raw_blocks(poll->raw, poll->raw_size, blocks, BLOCKS, &block_count))
        tell(decoding, poll->seq,
             SAY("序号 %" PRIu64 "：原始字残缺", "seq %" PRIu64 ": its raw words are no blocks"),
             poll->seq);
    else if (profile->profile == NULL)
        decoding->answer->differ += poll->reading_count;
    else
        compare_all(decoding, poll, profile, blocks, block_count);
    return look_at_frames(decoding, poll);
}

/* The whole --------------------------------------------------------------------------------- */

static bool is_wanted(const struct decoding_setup *setup, struct wall_time time)
{
    return (!wall_is_known(setup->from) || time.ms >= setup->from.ms) &&
           (!wall_is_known(setup->to) || time.ms < setup->to.ms);
}

static bool decode_items(struct decoding *decoding, const struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_wanted(decoding->setup, items[i].poll.time) &&
            !decode_poll(decoding, &items[i].poll))
            return false;
    return true;
}

static bool decode_all(struct decoding *decoding)
{
    const struct decoding_setup *setup = decoding->setup;
    struct item *items = calloc(ITEMS_AT_ONCE, sizeof *items);
    uint64_t last = reader_last_seq(decoding->reader);
    uint64_t first = wall_is_known(setup->from) ? reader_seq_at(decoding->reader, setup->from) : 1;
    uint64_t at = first > 0 ? first - 1 : last;
    bool good = true;

    if (items == NULL)
        return error_set(decoding->err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    while (good && at < last) {
        uint64_t reached;
        size_t count;

        good = reader_items(decoding->reader, at, 1U << ITEM_POLL, ITEMS_AT_ONCE, items, &count,
                            &reached, decoding->err) &&
               decode_items(decoding, items, count);
        if (reached <= at)
            break;
        at = reached;
        if (good && setup->progress != NULL)
            setup->progress(setup->self, (double)(at - first) / (double)(last - first + 1));
    }
    free(items);
    return good;
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool decoding_run(const struct decoding_setup *setup, struct decoding_answer *answer,
                  struct error *err)
{
    struct decoding decoding = {.setup = setup, .answer = answer, .err = err};
    double begun = now_s();
    bool done = false;

    *answer = (struct decoding_answer){0};
    decoding.reader = reader_open(setup->dir, err);
    if (decoding.reader != NULL)
        decoding.frames = reader_open(setup->dir, err);
    if (decoding.frames == NULL)
        goto done;
    decoding.profiles = stored_profiles_new(decoding.frames, setup->parameters);
    if (decoding.profiles == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        goto done;
    }
    decoding.first_frame = reader_first_frame(decoding.frames);
    done = decode_all(&decoding);
    if (!wall_is_known(setup->from) && !wall_is_known(setup->to))
        answer->untimed = reader_untimed(decoding.frames);
    answer->pruned = reader_is_pruned(decoding.frames);
    answer->seconds = now_s() - begun;
done:
    stored_profiles_free(decoding.profiles);
    reader_close(decoding.frames);
    reader_close(decoding.reader);
    return done;
}

bool decoding_is_equal(const struct decoding_answer *answer)
{
    return answer->differ == 0 && answer->made_up == 0;
}
