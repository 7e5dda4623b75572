/* lookback decode: every reading of the store once more from its raw words, compared bit for bit.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/command.h"
#include "base/say.h"
#include "record/decoding.h"
#include "report/progress.h"
#include "town/shown.h"

/* The devices of the settings that are simulated, by the store's number. */
struct decode {
    const struct settings *settings;
    struct reader *reader;
    uint32_t asked; /* the last device asked about */
    bool simulated;
    struct progress progress;
    struct timespec begun;
};

static bool device_is_simulated(void *self, uint32_t device)
{
    struct decode *decode = self;
    const struct settings *settings = decode->settings;

    if (device == decode->asked)
        return decode->simulated;
    decode->asked = device;
    decode->simulated = false;
    for (size_t i = 0; i < settings->device_count && !decode->simulated; i++)
        decode->simulated = settings->devices[i].simulated &&
                            reader_device(decode->reader, settings->devices[i].site,
                                          settings->devices[i].name) == device;
    return decode->simulated;
}

static void show(void *self, double share)
{
    struct decode *decode = self;
    struct timespec now;
    char left[64] = "";
    double took;

    clock_gettime(CLOCK_MONOTONIC, &now);
    took = (double)(now.tv_sec - decode->begun.tv_sec) +
           (double)(now.tv_nsec - decode->begun.tv_nsec) / 1e9;
    if (took > 2.0 && share > 0.01)
        snprintf(left, sizeof left, SAY("还需约 %.0f 秒", "about %.0f s to go"),
                 took / share * (1.0 - share));
    progress_show(&decode->progress, share, left);
}

/* Answer ------------------------------------------------------------------------------------- */

static uint64_t apart(const struct decoding_answer *answer)
{
    uint64_t sum = 0;

    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        sum += answer->apart[cause];
    return sum;
}

static json_t *words_or_null(const char *words)
{
    return *words == '\0' ? json_null() : json_string(words);
}

static void print_json(const struct decoding_answer *answer)
{
    json_t *not_in_raw = json_object();
    json_t *differences = json_array();
    json_t *object;

    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (answer->apart[cause] > 0)
            json_object_set_new(not_in_raw, cause_word((enum cause)cause),
                                json_integer((json_int_t)answer->apart[cause]));
    for (size_t i = 0; i < answer->difference_count; i++) {
        const struct decoding_difference *one = &answer->differences[i];

        json_array_append_new(differences,
                              json_pack("{s:o, s:I, s:o, s:o, s:s}", "point",
                                        words_or_null(one->point), "seq", (json_int_t)one->seq,
                                        "stored", words_or_null(one->stored), "decoded",
                                        words_or_null(one->decoded), "text", one->words));
    }
    object = json_pack("{s:b, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:b, s:o}", "equal",
                       decoding_is_equal(answer), "polls", (json_int_t)answer->polls, "readings",
                       (json_int_t)answer->readings, "same", (json_int_t)answer->equal,
                       "not_in_raw", not_in_raw, "made_up", (json_int_t)answer->made_up, "differ",
                       (json_int_t)answer->differ, "untimed", (json_int_t)answer->untimed, "frames",
                       (json_int_t)answer->frames, "frames_cut", (json_int_t)answer->frames_cut,
                       "pruned", answer->pruned, "differences", differences);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static void print_apart(const struct decoding_answer *answer)
{
    if (apart(answer) == 0)
        return;
    printf(
        SAY("原始字说明不了的 %" PRIu64 " 个：\n", "%" PRIu64 " that raw words do not explain:\n"),
        apart(answer));
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        const char *note = "";

        if (answer->apart[cause] == 0)
            continue;
        if (cause == CAUSE_AFTER_TIMEOUT || cause == CAUSE_WARMING_UP)
            note = SAY("（数值已核对，只有这个标记不在原始字里）",
                       " (their values agree, only this mark is not in raw words)");
        printf("  %" PRIu64 "  %s%s\n", answer->apart[cause], cause_title((enum cause)cause), note);
    }
}

static void print_rest(const struct decoding_answer *answer)
{
    if (answer->frames > 0)
        printf(SAY("保存了收发原文的采集 %" PRIu64 " 次，其中 %" PRIu64 " 次未存全\n",
                   "polls with their frames: %" PRIu64 ", of them %" PRIu64 " cut short\n"),
               answer->frames, answer->frames_cut);
    if (answer->pruned)
        puts(SAY("更早的采集已按保留期限清理，未核对",
                 "earlier polls were removed by retention and not looked at"));
    if (answer->untimed > 0)
        printf(SAY("没有时间的采集 %" PRIu64 " 次，未核对\n",
                   "polls without a time, not looked at: %" PRIu64 "\n"),
               answer->untimed);
    if (answer->made_up > 0)
        printf(SAY("虚构的 %" PRIu64 " 个（模拟设备的演示历史，没有原始字）：无从核对\n",
                   "made up: %" PRIu64 " (a simulated device's history without raw words): nothing "
                   "to compare\n"),
               answer->made_up);
    for (size_t i = 0; i < answer->difference_count; i++)
        puts(answer->differences[i].words);
    if (answer->differ > answer->difference_count)
        printf(SAY("……共 %" PRIu64 " 处\n", "... %" PRIu64 " in all\n"), answer->differ);
}

static void print_words(const struct settings *settings, const struct decoding_answer *answer)
{
    double seconds = answer->seconds > 0.001 ? answer->seconds : 0.001;

    say_simulated(settings, NULL);
    printf(SAY("已由原始字重新解码 %" PRIu64 " 次采集、%" PRIu64
               " 个读数（%.1f 秒，每秒 %.0f 个）\n",
               "decoded again from raw words: %" PRIu64 " polls, %" PRIu64
               " readings (%.1f s, %.0f a second)\n"),
           answer->polls, answer->readings, answer->seconds, (double)answer->readings / seconds);
    printf(SAY("逐位相同：%" PRIu64 " 个\n", "the same bit for bit: %" PRIu64 "\n"), answer->equal);
    print_apart(answer);
    print_rest(answer);
    if (answer->differ > 0)
        puts(SAY("结论：存储与原始字不符！", "THE STORE DIFFERS FROM ITS RAW WORDS."));
    else if (answer->made_up > 0)
        puts(SAY("结论：虚构的部分没有原始字，不能说相符；其余相符。",
                 "what was made up has no raw words, so nothing can be said of it; the rest "
                 "agrees."));
    else if (answer->readings == 0)
        puts(SAY("结论：没有读数可核对。", "there are no readings to compare."));
    else
        puts(SAY("结论：全部读数与原始字相符。", "all readings agree with their raw words."));
}

static bool run(const struct settings *settings, bool shown, struct decoding_setup *setup,
                struct decoding_answer *answer, struct error *err)
{
    struct decode decode = {.settings = settings, .reader = reader_open(settings->store_dir, err)};
    bool done;

    if (decode.reader == NULL)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &decode.begun);
    progress_begin(&decode.progress, SAY("解码", "decode"));
    setup->dir = settings->store_dir;
    setup->parameters = settings->parameters;
    setup->simulated = device_is_simulated;
    setup->progress = shown ? show : NULL;
    setup->self = &decode;
    done = decoding_run(setup, answer, err);
    if (shown)
        progress_end(&decode.progress, done);
    reader_close(decode.reader);
    return done;
}

int command_decode(const struct typed *typed)
{
    struct decoding_setup setup = {.from = WALL_NONE, .to = WALL_NONE};
    struct settings *settings = command_settings(typed);
    struct decoding_answer answer;
    struct error err = {0};
    int code;

    if (settings == NULL)
        return EXIT_WRONG;
    if (!command_span(typed, &setup.from, &setup.to)) {
        code = EXIT_WRONG;
    } else if (!run(settings, command_shows_progress(typed), &setup, &answer, &err)) {
        code = command_fail(typed, &err);
    } else {
        if (typed->json)
            print_json(&answer);
        else
            print_words(settings, &answer);
        code = decoding_is_equal(&answer) ? EXIT_DONE : EXIT_NO;
    }
    settings_free(settings);
    return code;
}
