#include "town/verdicts_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "town/shown.h"
#include "town/snapshot.h"

/* Aggregates of a day stand a while after its end: what comes late is waited for. */
static const int64_t settled_ms = 10 * 60 * 1000;

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

/* What the store says ----------------------------------------------------------------------- */

static bool note_problem(void *self, const char *body)
{
    json_t *problem = json_loads(body, 0, NULL);

    return problem == NULL || json_array_append_new(self, problem) == 0;
}

/* The arguments, with "event_seq" and "event_time" beside them. */
static bool note_event(void *self, uint64_t seq, struct wall_time time, const char *who,
                       const char *arguments)
{
    json_t *event = json_loads(arguments, 0, NULL);
    char words[WALL_TEXT];

    (void)who;
    json_object_set_new(event, "event_seq", json_integer((json_int_t)seq));
    json_object_set_new(event, "event_time", json_string(wall_text(time, words)));
    return event == NULL || json_array_append_new(self, event) == 0;
}

struct verdicts *verdicts_new(const struct settings *settings, struct reader *reader,
                              struct error *err)
{
    struct verdicts *verdicts = calloc(1, sizeof *verdicts);

    if (verdicts == NULL) {
        no_memory(err);
        return NULL;
    }
    *verdicts = (struct verdicts){settings,     reader,       json_array(), json_array(),
                                  json_array(), json_array(), json_array(), json_array()};
    if (reader_problems(reader, NULL, NULL, NULL, NULL, note_problem, verdicts->problems, err) &&
        reader_events(reader, "device.every", note_event, verdicts->everies, err) &&
        reader_events(reader, "device.maintenance", note_event, verdicts->windows, err) &&
        reader_events(reader, "clock.step", note_event, verdicts->steps, err) &&
        reader_events(reader, "gap", note_event, verdicts->gaps, err) &&
        reader_events(reader, "configuration", note_event, verdicts->configurations, err))
        return verdicts;
    verdicts_free(verdicts);
    return NULL;
}

void verdicts_free(struct verdicts *verdicts)
{
    if (verdicts == NULL)
        return;
    json_decref(verdicts->problems);
    json_decref(verdicts->everies);
    json_decref(verdicts->windows);
    json_decref(verdicts->steps);
    json_decref(verdicts->gaps);
    json_decref(verdicts->configurations);
    free(verdicts);
}

/* Points ------------------------------------------------------------------------------------ */

/* False: no device of the settings has that channel. */
static bool find_channel(const struct settings *settings, const char *point, size_t *device,
                         size_t *channel)
{
    char name[POINT_SIZE];

    for (*device = 0; *device < settings->device_count; (*device)++) {
        const struct device_conf *of = &settings->devices[*device];

        for (*channel = 0; *channel < of->channel_count; (*channel)++) {
            snprintf(name, sizeof name, "%s/%s/%s", of->site, of->name,
                     of->channels[*channel]->name);
            if (strcmp(name, point) == 0)
                return true;
        }
    }
    return false;
}

static bool is_of_device(const json_t *event, const char *point)
{
    const char *device = text_of(event, "device");
    size_t length = strlen(device);

    return length > 0 && strncmp(point, device, length) == 0 && point[length] == '/';
}

/* Since when it was there before it was first asked is said once; later it says nothing new. */
static bool tell_intervals(struct judging *judging, const char *point)
{
    const json_t *list = judging->verdicts->everies;
    bool first = true;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *event = json_array_get(list, i);
        struct wall_time from = verdicts_moment(event, "since");

        if (!is_of_device(event, point))
            continue;
        if (!first || !wall_is_known(from))
            from = verdicts_moment(event, "event_time");
        first = false;
        if (wall_is_known(from) && !evaluation_every(judging->evaluation, from,
                                                     number_of(event, "every_ms"), judging->err))
            return false;
    }
    return true;
}

static bool tell_windows(struct judging *judging, const char *point)
{
    const json_t *list = judging->verdicts->windows;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *event = json_array_get(list, i);
        struct span window = {verdicts_moment(event, "from"), verdicts_moment(event, "to")};

        if (is_of_device(event, point) && wall_is_known(window.end) &&
            !evaluation_window(judging->evaluation, window, judging->err))
            return false;
    }
    return true;
}

static bool take_reading(void *self, uint64_t seq, struct wall_time time,
                         const struct reading *reading)
{
    struct judging *judging = self;

    (void)seq;
    judging->failed = !evaluation_reading(judging->evaluation, time, reading->value,
                                          (enum quality)reading->quality, judging->err);
    return !judging->failed;
}

static bool take_aggregate(void *self, const struct aggregate *aggregate)
{
    struct judging *judging = self;

    judging->failed = !evaluation_aggregate(judging->evaluation, aggregate, judging->err);
    return !judging->failed;
}

static bool tell_values(struct judging *judging, uint32_t point)
{
    struct reader *reader = judging->verdicts->reader;
    const struct span span = judging->asked->span;
    unsigned wanted = evaluation_wants(judging->evaluation);

    if (point == 0)
        return true; /* it never was asked: nothing is stored */
    if (judging->asked->from_readings)
        return reader_readings(reader, point, span.start, span.end, take_reading, judging,
                               judging->err) &&
               !judging->failed;
    for (int period = 0; period < PERIOD_COUNT; period++)
        if ((wanted >> period & 1u) != 0 &&
            (!reader_aggregates(reader, point, (enum period)period, span, take_aggregate, judging,
                                judging->err) ||
             judging->failed))
            return false;
    return true;
}

static bool judge_point(struct judging *judging, const char *point)
{
    const struct settings *settings = judging->verdicts->settings;
    struct point_sheet *sheet = &judging->sheets[judging->sheet_count];
    size_t device, channel;

    if (!find_channel(settings, point, &device, &channel))
        return evaluation_doubt(judging->evaluation, "point_unknown", true, WALL_NONE, point,
                                "任务的一个监测点不归本机采集，或已经撤下",
                                "a point of the task is not asked by this collector, or no longer",
                                judging->err);
    if (judging->sheet_count == TASK_POINTS_MAX ||
        !snapshot_sheet(settings, device, channel, sheet, judging->err))
        return false;
    judging->sheet_count++;
    return evaluation_begin_point(judging->evaluation, sheet, judging->err) &&
           tell_intervals(judging, point) && tell_windows(judging, point) &&
           tell_values(judging, reader_point(judging->verdicts->reader, point)) &&
           evaluation_end_point(judging->evaluation, judging->err);
}

/* ------------------------------------------------------------------------------------------- */

static json_t *judge(struct judging *judging)
{
    const json_t *points = json_object_get(judging->asked->task, "points");

    for (size_t i = 0; i < json_array_size(points); i++)
        if (!judge_point(judging, json_string_value(json_array_get(points, i))))
            return NULL;
    if (!verdicts_tell_problems(judging) || !verdicts_tell_doubts(judging))
        return NULL;
    return evaluation_conclude(judging->evaluation, judging->err);
}

json_t *verdicts_ask(struct verdicts *verdicts, const struct verdict_asked *asked,
                     struct error *err)
{
    const struct settings *settings = verdicts->settings;
    const struct evaluation_setup setup = {.terms = settings->verdict,
                                           .tallies = settings->tallies,
                                           .parameters = settings->parameters,
                                           .task = text_of(asked->task, "id"),
                                           .category = text_of(asked->task, "category"),
                                           .struck_off = verdicts_moment(asked->task, "struck_off"),
                                           .watch_until =
                                               verdicts_moment(asked->task, "watch_until"),
                                           .span = asked->span};
    struct judging *judging = calloc(1, sizeof *judging);
    json_t *verdict = NULL;

    if (judging == NULL) {
        no_memory(err);
        return NULL;
    }
    judging->verdicts = verdicts;
    judging->asked = asked;
    judging->err = err;
    judging->evaluation = evaluation_new(&setup, err);
    if (judging->evaluation != NULL)
        verdict = judge(judging);
    evaluation_free(judging->evaluation);
    for (size_t i = 0; i < judging->sheet_count; i++)
        point_sheet_end(&judging->sheets[i]);
    free(judging);
    return verdict;
}

bool verdicts_of(struct verdicts *verdicts, const json_t *task, struct wall_time now,
                 json_t **verdict, struct error *err)
{
    const struct wall_time off = verdicts_moment(task, "struck_off");
    const struct wall_time until = verdicts_moment(task, "watch_until");
    int64_t before_ms = verdict_terms_before_ms(verdicts->settings->verdict);
    struct verdict_asked asked = {
        .task = task, .span = {WALL_NONE, {now.ms - settled_ms}}
    };

    *verdict = NULL;
    if (!wall_is_known(off) || !wall_is_known(until) ||
        strcmp(text_of(task, "watched"), "here") != 0)
        return true;
    if (until.ms - off.ms < before_ms)
        before_ms = until.ms - off.ms;
    if (until.ms < asked.span.end.ms)
        asked.span.end = until;
    asked.span.start.ms = off.ms - before_ms;
    if (asked.span.end.ms <= asked.span.start.ms)
        return true; /* struck off at a time that is still to come */
    *verdict = verdicts_ask(verdicts, &asked, err);
    return *verdict != NULL;
}
