/* The evaluation from its beginning to its end: the days of the span, points one after the other,
 * problems and doubts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/say.h"
#include "ledger/evaluation_inside.h"

bool eval_grow(void **all, size_t count, size_t *room, size_t size)
{
    size_t wanted = *room == 0 ? 8 : *room * 2;
    void *grown;

    if (count < *room)
        return true;
    grown = realloc(*all, wanted * size);
    if (grown == NULL)
        return false;
    *all = grown;
    *room = wanted;
    return true;
}

bool eval_no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

/* Days -------------------------------------------------------------------------------------- */

static struct tm local_of(struct wall_time time)
{
    time_t seconds = (time_t)((time.ms - (time.ms % 1000 + 1000) % 1000) / 1000);
    struct tm local = {0};

    localtime_r(&seconds, &local);
    return local;
}

void eval_date(struct wall_time time, char out[DATE_SIZE])
{
    struct tm local = local_of(time);

    out[0] = '\0';
    strftime(out, DATE_SIZE, "%Y-%m-%d", &local);
}

size_t eval_day_of(const struct evaluation *evaluation, struct wall_time time)
{
    size_t low = 0;
    size_t high = evaluation->day_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (evaluation->days[middle].span.end.ms <= time.ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low < evaluation->day_count && evaluation->days[low].span.start.ms <= time.ms
               ? low
               : evaluation->day_count;
}

static enum side side_of(const struct evaluation *evaluation, struct span day)
{
    if (day.start.ms >= evaluation->window.start.ms)
        return SIDE_WINDOW;
    return wall_is_known(evaluation->struck_off) && day.end.ms <= evaluation->struck_off.ms
               ? SIDE_BEFORE
               : SIDE_NEITHER;
}

static struct span first_day(const struct evaluation *evaluation)
{
    struct span day = period_at(PERIOD_DAY, evaluation->span.start, evaluation->night);

    return day.start.ms < evaluation->span.start.ms
               ? period_next(PERIOD_DAY, day, evaluation->night)
               : day;
}

static bool make_days(struct evaluation *evaluation, struct error *err)
{
    const struct span span = evaluation->span;
    int64_t most = (span.end.ms - span.start.ms) / (20 * (int64_t)3600 * 1000) + 2;

    if (most > DAYS_MAX)
        return error_set(
            err, ERROR_WRONG_USE,
            SAY("期间太长：至多约 %d 天", "this span is too long: about %d days at most"),
            DAYS_MAX * 20 / 24);
    evaluation->days = calloc((size_t)most, sizeof *evaluation->days);
    if (evaluation->days == NULL)
        return eval_no_memory(err);
    for (struct span at = first_day(evaluation); at.end.ms <= span.end.ms;
         at = period_next(PERIOD_DAY, at, evaluation->night)) {
        struct eval_day *day = &evaluation->days[evaluation->day_count++];

        day->span = at;
        day->side = side_of(evaluation, at);
        day->monday = local_of(at.start).tm_wday == 1;
        eval_date(at.start, day->date);
    }
    return true;
}

/* Beginning and end ------------------------------------------------------------------------- */

static void set_window(struct evaluation *evaluation)
{
    const struct wall_time off = evaluation->struck_off;
    const struct wall_time until = evaluation->watch_until;

    evaluation->window = evaluation->span;
    if (wall_is_known(off) && off.ms > evaluation->window.start.ms)
        evaluation->window.start = off;
    if (wall_is_known(off) && wall_is_known(until) && until.ms > off.ms)
        evaluation->watch_ms = until.ms - off.ms;
}

struct evaluation *evaluation_new(const struct evaluation_setup *setup, struct error *err)
{
    struct evaluation *evaluation;

    if (!wall_is_known(setup->span.start) || !wall_is_known(setup->span.end) ||
        setup->span.end.ms <= setup->span.start.ms) {
        error_set(err, ERROR_WRONG_USE, "%s",
                  SAY("期间的结束应晚于开始", "the span must end after it begins"));
        return NULL;
    }
    evaluation = calloc(1, sizeof *evaluation);
    if (evaluation == NULL) {
        eval_no_memory(err);
        return NULL;
    }
    evaluation->terms = setup->terms;
    evaluation->tallies = setup->tallies;
    evaluation->parameters = setup->parameters;
    evaluation->night = tally_night(setup->tallies);
    snprintf(evaluation->task, sizeof evaluation->task, "%s", setup->task);
    snprintf(evaluation->category, sizeof evaluation->category, "%s", setup->category);
    evaluation->struck_off = setup->struck_off;
    evaluation->watch_until = setup->watch_until;
    evaluation->span = setup->span;
    set_window(evaluation);
    if (make_days(evaluation, err))
        return evaluation;
    evaluation_free(evaluation);
    return NULL;
}

static void point_free(struct eval_point *point)
{
    eval_end_tally(point);
    criteria_end(point);
    free(point->forces);
    free(point->windows);
    free(point->rows);
}

void evaluation_free(struct evaluation *evaluation)
{
    if (evaluation == NULL)
        return;
    for (size_t i = 0; i < evaluation->point_count; i++)
        point_free(&evaluation->points[i]);
    for (size_t i = 0; i < evaluation->problem_count; i++)
        json_decref(evaluation->problems[i].body);
    free(evaluation->points);
    free(evaluation->problems);
    free(evaluation->doubts);
    free(evaluation->reasons);
    free(evaluation->days);
    free(evaluation);
}

/* Points ------------------------------------------------------------------------------------ */

static struct eval_point *open_point(const struct evaluation *evaluation)
{
    return &evaluation->points[evaluation->point_count - 1];
}

bool evaluation_begin_point(struct evaluation *evaluation, const struct point_sheet *sheet,
                            struct error *err)
{
    struct eval_point *point;

    if (!eval_grow((void **)&evaluation->points, evaluation->point_count, &evaluation->point_room,
                   sizeof *evaluation->points))
        return eval_no_memory(err);
    point = &evaluation->points[evaluation->point_count];
    *point = (struct eval_point){.sheet = sheet, .newest = WALL_NONE};
    point->parameter = parameter_find(evaluation->parameters, sheet->parameter);
    if (point->parameter == NULL)
        return error_set(err, ERROR_SETTINGS,
                         SAY("%.100s：parameters.conf 里没有因子 %.32s",
                             "%.100s: parameters.conf has no parameter %.32s"),
                         sheet->point, sheet->parameter);
    evaluation->point_count++;
    evaluation->open = true;
    point->rows = calloc(evaluation->day_count + 1, sizeof *point->rows);
    if (point->rows == NULL)
        return eval_no_memory(err);
    for (size_t i = 0; i < evaluation->day_count; i++)
        point->rows[i].min = point->rows[i].mean = point->rows[i].max = NAN;
    return criteria_make(evaluation, point, err);
}

bool evaluation_every(struct evaluation *evaluation, struct wall_time from, int64_t every_ms,
                      struct error *err)
{
    struct eval_point *point = open_point(evaluation);
    size_t count = point->force_count;

    while (count > 0 && point->forces[count - 1].from >= from.ms)
        count--;
    point->force_count = count;
    if (!wall_is_known(from) ||
        (count == 0 ? every_ms <= 0 : point->forces[count - 1].every_ms == every_ms))
        return true;
    if (!eval_grow((void **)&point->forces, count, &point->force_room, sizeof *point->forces))
        return eval_no_memory(err);
    point->forces[point->force_count++] = (struct force){from.ms, every_ms};
    return true;
}

static int by_start(const void *one, const void *other)
{
    const struct span *a = one;
    const struct span *b = other;

    return a->start.ms < b->start.ms ? -1 : a->start.ms > b->start.ms;
}

bool evaluation_window(struct evaluation *evaluation, struct span maintenance, struct error *err)
{
    struct eval_point *point = open_point(evaluation);

    if (!wall_is_known(maintenance.start) || maintenance.end.ms <= maintenance.start.ms)
        return true;
    if (!eval_grow((void **)&point->windows, point->window_count, &point->window_room,
                   sizeof *point->windows))
        return eval_no_memory(err);
    point->windows[point->window_count++] = maintenance;
    qsort(point->windows, point->window_count, sizeof *point->windows, by_start);
    return true;
}

unsigned evaluation_wants(const struct evaluation *evaluation)
{
    return criteria_want(open_point(evaluation));
}

bool evaluation_aggregate(struct evaluation *evaluation, const struct aggregate *aggregate,
                          struct error *err)
{
    return eval_take(evaluation, open_point(evaluation), aggregate, err);
}

uint32_t eval_expected(const struct eval_point *point, struct span span)
{
    return forces_asked(point->forces, point->force_count, span).expected;
}

static void expect(const struct evaluation *evaluation, struct eval_point *point)
{
    for (size_t i = 0; i < evaluation->day_count; i++) {
        const struct span day = evaluation->days[i].span;

        point->rows[i].expected = eval_expected(point, day);
        for (struct span hour = period_at(PERIOD_1H, day.start, evaluation->night);
             hour.start.ms < day.end.ms; hour = period_next(PERIOD_1H, hour, evaluation->night))
            if (period_is_night(hour.start, evaluation->night))
                point->rows[i].night_expected += eval_expected(point, hour);
    }
}

bool evaluation_end_point(struct evaluation *evaluation, struct error *err)
{
    struct eval_point *point = open_point(evaluation);

    if (!eval_end_readings(evaluation, point, err))
        return false;
    eval_end_tally(point);
    expect(evaluation, point);
    criteria_settle(evaluation, point);
    evaluation->open = false;
    return true;
}

json_t *evaluation_conclude(struct evaluation *evaluation, struct error *err)
{
    struct outlook outlook;
    json_t *verdict;

    outlook_make(evaluation, &outlook);
    if (!reasons_find(evaluation, &outlook)) {
        eval_no_memory(err);
        return NULL;
    }
    verdict = verdict_write(evaluation, &outlook);
    if (verdict == NULL)
        eval_no_memory(err);
    return verdict;
}
