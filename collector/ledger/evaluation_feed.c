/* Readings and aggregates of the open point. Readings go through a tally, so both come to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "ledger/evaluation_inside.h"

static const int64_t shelf_ms = (int64_t)3 * 24 * 3600 * 1000; /* longer than any day or night */

/* What a tally asks --------------------------------------------------------------------------- */

struct tally_of {
    struct evaluation *evaluation;
    struct eval_point *point;
};

static bool put_on_shelf(struct shelf *shelf, const struct aggregate *aggregate)
{
    if (shelf->count > 0 &&
        shelf->rows[0].start.ms < aggregate->start.ms - 2 * shelf_ms) { /* now and then */
        size_t old = 0;

        while (old < shelf->count && shelf->rows[old].start.ms < aggregate->start.ms - shelf_ms)
            old++;
        shelf->count -= old;
        memmove(&shelf->rows[0], &shelf->rows[old], shelf->count * sizeof shelf->rows[0]);
    }
    if (!eval_grow((void **)&shelf->rows, shelf->count, &shelf->room, sizeof shelf->rows[0]))
        return false;
    shelf->rows[shelf->count++] = *aggregate;
    return true;
}

static bool close_period(void *self, const struct aggregate *aggregate, struct error *err)
{
    struct tally_of *of = self;

    return (put_on_shelf(&of->point->shelves[aggregate->period], aggregate) ||
            eval_no_memory(err)) &&
           eval_take(of->evaluation, of->point, aggregate, err);
}

/* Only what came late is read again. */
static bool no_readings(void *self, uint32_t point, struct span span,
                        bool (*each)(void *of, struct wall_time time, double value, double beside,
                                     enum quality quality),
                        void *of, struct error *err)
{
    (void)self, (void)point, (void)span, (void)each, (void)of;
    return error_set(err, ERROR_WRONG_USE, "%s",
                     SAY("读数不是按时间顺序给出的", "readings were not given in order of time"));
}

static bool from_shelf(void *self, uint32_t point, enum period period, struct span span,
                       bool (*each)(void *of, const struct aggregate *aggregate), void *of,
                       struct error *err)
{
    const struct shelf *shelf = &((struct tally_of *)self)->point->shelves[period];
    size_t first = shelf->count;

    (void)point, (void)err;
    while (first > 0 && shelf->rows[first - 1].start.ms >= span.start.ms)
        first--;
    for (; first < shelf->count && shelf->rows[first].start.ms < span.end.ms; first++)
        if (!each(of, &shelf->rows[first]))
            return true;
    return true;
}

/* Readings ---------------------------------------------------------------------------------- */

/* An interval longer than every period: then only those that are wanted are made. */
static const int64_t nothing_kept_ms = INT64_MAX;

static bool begin_tally(struct evaluation *evaluation, struct eval_point *point, struct error *err)
{
    point->has_letters = true;
    point->tally =
        tally_new(evaluation->tallies, point->parameter, 1, criteria_want(point), nothing_kept_ms);
    if (point->tally == NULL)
        return eval_no_memory(err);
    tally_open(point->tally, evaluation->span.start);
    return true;
}

static void tell_forces(struct eval_point *point, struct wall_time now)
{
    while (point->forces_fed < point->force_count &&
           point->forces[point->forces_fed].from <= now.ms) {
        const struct force *force = &point->forces[point->forces_fed++];

        tally_every(point->tally, (struct wall_time){force->from}, force->every_ms);
    }
}

/* Windows are in order of their starts, and times only rise: those that have ended are passed. */
static bool is_maintained(struct eval_point *point, struct wall_time time)
{
    while (point->window_next < point->window_count &&
           point->windows[point->window_next].end.ms <= time.ms)
        point->window_next++;
    for (size_t i = point->window_next; i < point->window_count; i++) {
        if (point->windows[i].start.ms > time.ms)
            return false;
        if (time.ms < point->windows[i].end.ms)
            return true;
    }
    return false;
}

static bool is_in_window(const struct evaluation *evaluation, struct wall_time time)
{
    size_t day = eval_day_of(evaluation, time);

    return day < evaluation->day_count && evaluation->days[day].side == SIDE_WINDOW;
}

bool evaluation_reading(struct evaluation *evaluation, struct wall_time time, double value,
                        enum quality quality, struct error *err)
{
    struct eval_point *point = &evaluation->points[evaluation->point_count - 1];
    const struct tally_world world = {
        close_period, no_readings, from_shelf, &(struct tally_of){evaluation, point}
    };

    if (!wall_is_known(time) || time.ms < evaluation->span.start.ms ||
        time.ms >= evaluation->span.end.ms)
        return true;
    if (point->tally == NULL && !begin_tally(evaluation, point, err))
        return false;
    if (wall_is_known(point->newest) && time.ms < point->newest.ms)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("%.100s：读数不是按时间顺序给出的",
                             "%.100s: readings were not given in order of time"),
                         point->sheet->point);
    point->newest = time;
    tell_forces(point, time);
    if (is_in_window(evaluation, time))
        point->letters[quality]++;
    return tally_add(point->tally, time, value, NAN,
                     is_maintained(point, time) ? QUALITY_MAINTENANCE : quality, &world, err);
}

bool eval_end_readings(struct evaluation *evaluation, struct eval_point *point, struct error *err)
{
    const struct tally_world world = {
        close_period, no_readings, from_shelf, &(struct tally_of){evaluation, point}
    };

    if (point->tally == NULL)
        return true;
    tell_forces(point, evaluation->span.end);
    return tally_pass(point->tally, evaluation->span.end, &world, err);
}

void eval_end_tally(struct eval_point *point)
{
    tally_free(point->tally);
    point->tally = NULL;
    for (size_t i = 0; i < PERIOD_COUNT; i++) {
        free(point->shelves[i].rows);
        point->shelves[i] = (struct shelf){NULL, 0, 0};
    }
}

/* Aggregates -------------------------------------------------------------------------------- */

static void take_day(const struct evaluation *evaluation, struct eval_point *point,
                     const struct aggregate *aggregate)
{
    size_t day = eval_day_of(evaluation, aggregate->start);
    struct day_row *row;

    if (day == evaluation->day_count)
        return;
    row = &point->rows[day];
    row->count = aggregate->count;
    row->valid = aggregate->valid;
    row->enough = aggregate->enough;
    row->min = aggregate->min;
    row->mean = aggregate->mean;
    row->max = aggregate->max;
}

static void take_hour(const struct evaluation *evaluation, struct eval_point *point,
                      const struct aggregate *aggregate)
{
    size_t day = eval_day_of(evaluation, aggregate->start);
    uint32_t expected;

    if (day == evaluation->day_count || !period_is_night(aggregate->start, evaluation->night))
        return;
    expected = eval_expected(point, (struct span){aggregate->start, aggregate->end});
    point->rows[day].night_valid += aggregate->valid < expected ? aggregate->valid : expected;
}

bool eval_take(struct evaluation *evaluation, struct eval_point *point,
               const struct aggregate *aggregate, struct error *err)
{
    if (aggregate->start.ms < evaluation->span.start.ms ||
        aggregate->end.ms > evaluation->span.end.ms)
        return true; /* what a store has beside */
    if (aggregate->period == PERIOD_DAY)
        take_day(evaluation, point, aggregate);
    if (aggregate->period == PERIOD_1H)
        take_hour(evaluation, point, aggregate);
    return criteria_take(evaluation, point, aggregate, err);
}
