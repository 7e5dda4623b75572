/* The evaluation is fed: points with their rows, then problems and doubts. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/say.h"
#include "report/bundle_case_inside.h"

static bool feed_everies(struct bundle_case *bundle, const struct case_point *point,
                         const char *device, struct error *err)
{
    if (point->asked_ms > 0 &&
        !evaluation_every(bundle->evaluation, point->asked_from, point->asked_ms, err))
        return false;
    for (size_t i = 0; i < bundle->every_count; i++)
        if (strcmp(bundle->everies[i].device, device) == 0 &&
            !evaluation_every(bundle->evaluation, bundle->everies[i].from,
                              bundle->everies[i].every_ms, err))
            return false;
    return true;
}

bool bundle_case_begin_point(struct bundle_case *bundle, size_t point, struct error *err)
{
    char device[2 * NAME_SIZE];

    bundle->point = point;
    if (!bundle->points[point].known)
        return true;
    case_device_of(bundle->setup.points[point], device);
    if (!evaluation_begin_point(bundle->evaluation, &bundle->points[point].sheet, err) ||
        !feed_everies(bundle, &bundle->points[point], device, err))
        return false;
    for (size_t i = 0; i < bundle->window_count; i++)
        if (strcmp(bundle->windows[i].device, device) == 0 &&
            !evaluation_window(bundle->evaluation, bundle->windows[i].span, err))
            return false;
    return true;
}

bool bundle_case_reading(struct bundle_case *bundle, struct wall_time time,
                         const struct reading *reading, struct error *err)
{
    return !bundle->points[bundle->point].known || time.ms < bundle->setup.span.start.ms ||
           time.ms >= bundle->setup.span.end.ms ||
           evaluation_reading(bundle->evaluation, time, reading->value,
                              (enum quality)reading->quality, err);
}

bool bundle_case_end_point(struct bundle_case *bundle, struct error *err)
{
    return !bundle->points[bundle->point].known || evaluation_end_point(bundle->evaluation, err);
}

static int by_seq(const void *one, const void *other)
{
    const struct case_problem *a = one, *b = other;

    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static struct wall_time first_of(const json_t *problem)
{
    const char *words = json_string_value(json_object_get(problem, "first"));
    struct wall_time first = WALL_NONE;

    return words != NULL && moment_parse(words, &first) ? first : WALL_NONE;
}

static bool began_before(const json_t *problem, struct wall_time end)
{
    struct wall_time first = first_of(problem);

    return wall_is_known(first) && first.ms < end.ms;
}

json_t *bundle_case_problems(const struct bundle_case *bundle)
{
    json_t *list = json_array();

    for (size_t i = 0; i < bundle->problem_count; i++) {
        json_t *body = bundle->problems[i].body;
        size_t at = json_array_size(list);

        if (!began_before(body, bundle->setup.span.end))
            continue;
        while (at > 0 && first_of(json_array_get(list, at - 1)).ms > first_of(body).ms)
            at--;
        json_array_insert(list, at, body);
    }
    return list;
}

static bool feed_problems(struct bundle_case *bundle, struct error *err)
{
    if (bundle->problem_count > 0)
        qsort(bundle->problems, bundle->problem_count, sizeof *bundle->problems, by_seq);
    for (size_t i = 0; i < bundle->problem_count; i++)
        if (began_before(bundle->problems[i].body, bundle->setup.span.end) &&
            !evaluation_problem(bundle->evaluation, bundle->problems[i].body, err))
            return false;
    return true;
}

/* By SEQ, then by kind and point: a configuration may change several points. */
static int by_place(const void *one, const void *other)
{
    const struct case_doubt *a = one, *b = other;

    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    return strcmp(a->point, b->point);
}

static bool feed_doubts(struct bundle_case *bundle, struct error *err)
{
    if (bundle->doubt_count > 0)
        qsort(bundle->doubts, bundle->doubt_count, sizeof *bundle->doubts, by_place);
    for (size_t i = 0; i < bundle->doubt_count; i++) {
        const struct case_doubt *doubt = &bundle->doubts[i];
        bool blocks = strcmp(doubt->kind, "terms_changed") == 0 ||
                      (strcmp(doubt->kind, "clock_step") == 0 &&
                       llabs(doubt->step_ms) >= verdict_terms_clock_step_ms(bundle->terms));

        if (!evaluation_doubt(bundle->evaluation, doubt->kind, blocks, doubt->time, doubt->point,
                              doubt->zh, doubt->en, err))
            return false;
    }
    return true;
}

/* Both sentences hold the number of segments and that of the first, in this order. */
static bool feed_differs(struct bundle_case *bundle, const char *kind,
                         const struct case_differs *differs, const char *point, const char *zh,
                         const char *en, struct error *err)
{
    char in_zh[DOUBT_TEXT], in_en[DOUBT_TEXT];

    if (differs->segments == 0)
        return true;
    snprintf(in_zh, sizeof in_zh, zh, differs->segments, differs->first);
    snprintf(in_en, sizeof in_en, en, differs->segments, differs->first);
    return evaluation_doubt(bundle->evaluation, kind, true, differs->time, point, in_zh, in_en,
                            err);
}

static bool feed_what_differs(struct bundle_case *bundle, struct error *err)
{
    if (!feed_differs(bundle, "head_differs", &bundle->heads, "",
                      "有 %" PRIu64 " 个封存头与前一个接不上，或签名不对，最早的是第 %" PRIu64
                      " 段",
                      "%" PRIu64 " heads do not follow the one before, or are not signed rightly; "
                      "the first is that of segment %" PRIu64,
                      err) ||
        !feed_differs(bundle, "rows_differ", &bundle->configuration, "",
                      "有 %" PRIu64 " 段的配置记录与封存时不同，最早的是第 %" PRIu64 " 段",
                      "in %" PRIu64 " segments the configuration is not what was sealed, first in "
                      "segment %" PRIu64,
                      err) ||
        !feed_differs(bundle, "rows_differ", &bundle->events, "",
                      "有 %" PRIu64 " 段的事件记录与封存时不同，最早的是第 %" PRIu64 " 段",
                      "in %" PRIu64 " segments the events are not what was sealed, first in "
                      "segment %" PRIu64,
                      err))
        return false;
    for (size_t i = 0; i < bundle->setup.point_count; i++)
        if (!feed_differs(bundle, "rows_differ", &bundle->points[i].differs,
                          bundle->setup.points[i],
                          "有 %" PRIu64 " 段的读数与封存时不同，最早的是第 %" PRIu64 " 段",
                          "in %" PRIu64 " segments the readings are not what was sealed, first in "
                          "segment %" PRIu64,
                          err))
            return false;
    return true;
}

static bool feed_removed(struct bundle_case *bundle, struct error *err)
{
    for (size_t i = 0; i < bundle->setup.point_count; i++) {
        char zh[DOUBT_TEXT], en[DOUBT_TEXT];

        if (bundle->points[i].removed == 0)
            continue;
        snprintf(zh, sizeof zh, "有 %" PRIu64 " 段的读数已过保存期，被删除",
                 bundle->points[i].removed);
        snprintf(en, sizeof en, "the readings of %" PRIu64 " segments were removed by retention",
                 bundle->points[i].removed);
        if (!evaluation_doubt(bundle->evaluation, "pruned", true, WALL_NONE,
                              bundle->setup.points[i], zh, en, err))
            return false;
    }
    return true;
}

static bool feed_unknown(struct bundle_case *bundle, struct error *err)
{
    for (size_t i = 0; i < bundle->setup.point_count; i++)
        if (!bundle->points[i].known &&
            !evaluation_doubt(bundle->evaluation, "point_unknown", true, WALL_NONE,
                              bundle->setup.points[i], "这段时间的封存配置里没有这个监测点",
                              "no sealed configuration of this span names the point", err))
            return false;
    return true;
}

json_t *bundle_case_conclude(struct bundle_case *bundle, struct error *err)
{
    if (!feed_problems(bundle, err) || !feed_doubts(bundle, err) ||
        !feed_what_differs(bundle, err) || !feed_removed(bundle, err) || !feed_unknown(bundle, err))
        return NULL;
    return evaluation_conclude(bundle->evaluation, err);
}
