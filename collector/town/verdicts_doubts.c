/* Problems and doubts of a task's points, as the store has them now. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf_same.h"
#include "town/shown.h"
#include "town/snapshot.h"
#include "town/verdicts_inside.h"

struct wall_time verdicts_moment(const json_t *object, const char *key)
{
    struct wall_time time;

    return moment_parse(text_of(object, key), &time) ? time : WALL_NONE;
}

bool verdicts_tell_problems(struct judging *judging)
{
    const json_t *list = judging->verdicts->problems;

    /* newest first in the store; the ledger tells them as they came */
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *problem = json_array_get(list, i);

        if (verdicts_moment(problem, "first").ms < judging->asked->span.end.ms &&
            !evaluation_problem(judging->evaluation, problem, judging->err))
            return false;
    }
    return true;
}

static bool is_inside(struct span span, struct wall_time time)
{
    return wall_is_known(time) && time.ms >= span.start.ms && time.ms < span.end.ms;
}

static bool tell_steps(struct judging *judging)
{
    const json_t *list = judging->verdicts->steps;
    int64_t most = verdict_terms_clock_step_ms(judging->verdicts->settings->verdict);
    char zh[160], en[160];

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *event = json_array_get(list, i);
        struct wall_time time = verdicts_moment(event, "event_time");
        long long by_ms = number_of(event, "by_ms");

        if (!is_inside(judging->asked->span, time))
            continue;
        snprintf(zh, sizeof zh, "时钟跳变 %.1f 秒", (double)by_ms / 1000.0);
        snprintf(en, sizeof en, "the clock stepped by %.1f s", (double)by_ms / 1000.0);
        if (!evaluation_doubt(judging->evaluation, "clock_step", llabs(by_ms) >= most, time, "", zh,
                              en, judging->err))
            return false;
    }
    return true;
}

static bool tell_gaps(struct judging *judging)
{
    const json_t *list = judging->verdicts->gaps;
    char zh[160], en[160];

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *event = json_array_get(list, i);
        struct wall_time time = verdicts_moment(event, "event_time");

        if (!is_inside(judging->asked->span, time))
            continue;
        snprintf(zh, sizeof zh, "写入跟不上，少采集 %lld 次", number_of(event, "skipped"));
        snprintf(en, sizeof en, "%lld polls were left out while nothing could be written",
                 number_of(event, "skipped"));
        if (!evaluation_doubt(judging->evaluation, "gap", false, time, "", zh, en, judging->err))
            return false;
    }
    return true;
}

/* The sheet of a point as it was sealed with the entry; false: none was. */
static bool sealed_sheet(struct judging *judging, uint64_t seq, const char *point,
                         struct point_sheet *sheet)
{
    struct reader *reader = judging->verdicts->reader;
    uint8_t digest[DIGEST_BYTES];
    char name[POINT_SIZE + 16];
    char *text = NULL;
    char *bytes = NULL;
    json_t *json = NULL;
    size_t size = 0;
    bool read = false;

    snprintf(name, sizeof name, "points/%s.json", point);
    if (reader_configuration(reader, seq, digest, &text, judging->err) && text != NULL &&
        configuration_item(text, name, digest))
        bytes = reader_snapshot(reader, digest, &size, judging->err);
    if (bytes != NULL)
        json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
    if (json != NULL) {
        read = point_sheet_read(sheet, json, judging->err);
        if (!read)
            point_sheet_end(sheet);
    }
    json_decref(json);
    free(bytes);
    free(text);
    return read;
}

static bool tell_change(struct judging *judging, const json_t *event, const char *point)
{
    uint64_t seq = (uint64_t)number_of(event, "event_seq");
    struct point_sheet before, after;
    bool good = true;

    if (!sealed_sheet(judging, seq - 1, point, &before))
        return true;
    if (sealed_sheet(judging, seq, point, &after)) {
        if (!point_sheet_is_same(&before, &after))
            good = evaluation_doubt(judging->evaluation, "settings_changed", true,
                                    verdicts_moment(event, "event_time"), point,
                                    "监测点的解码或限值设置在期间改过",
                                    "how the point is decoded or judged was changed", judging->err);
        point_sheet_end(&after);
    }
    point_sheet_end(&before);
    return good;
}

/* A file of the configuration as it was sealed with the entry; NULL: none was. */
static char *sealed_file(struct judging *judging, uint64_t seq, const char *name, size_t *size)
{
    struct reader *reader = judging->verdicts->reader;
    uint8_t digest[DIGEST_BYTES];
    char *text = NULL;
    char *bytes = NULL;

    if (reader_configuration(reader, seq, digest, &text, judging->err) && text != NULL &&
        configuration_item(text, name, digest))
        bytes = reader_snapshot(reader, digest, size, judging->err);
    free(text);
    return bytes;
}

static bool is_said_again(struct judging *judging, uint64_t seq, const char *name)
{
    size_t was_size = 0, is_size = 0;
    char *was = sealed_file(judging, seq - 1, name, &was_size);
    char *is = was == NULL ? NULL : sealed_file(judging, seq, name, &is_size);
    bool again = is == NULL || conf_says_same(was, was_size, is, is_size);

    free(was);
    free(is);
    return again;
}

static bool tell_terms(struct judging *judging, const json_t *event)
{
    uint64_t seq = (uint64_t)number_of(event, "event_seq");

    return (is_said_again(judging, seq, "verdict.conf") &&
            is_said_again(judging, seq, "aggregates.conf")) ||
           evaluation_doubt(judging->evaluation, "terms_changed", true,
                            verdicts_moment(event, "event_time"), "",
                            "判定用的参数（verdict.conf、aggregates.conf）在期间改过",
                            "the numbers the verdict goes by (verdict.conf, aggregates.conf) were "
                            "changed",
                            judging->err);
}

static bool tell_changes(struct judging *judging)
{
    const json_t *list = judging->verdicts->configurations;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *event = json_array_get(list, i);

        if (!is_inside(judging->asked->span, verdicts_moment(event, "event_time")))
            continue;
        if (!tell_terms(judging, event))
            return false;
        for (size_t j = 0; j < judging->sheet_count; j++)
            if (!tell_change(judging, event, judging->sheets[j].point))
                return false;
    }
    return true;
}

bool verdicts_tell_doubts(struct judging *judging)
{
    return tell_steps(judging) && tell_gaps(judging) && tell_changes(judging);
}
