/* Buckets are filled from the longest kept periods that fill them whole; what no aggregate covers
 * (the newest minutes, a period that was not kept then) from shorter ones and at last from
 * readings, and both come to the same: normal readings alone make the numbers. A mean of noise is
 * one of energies; one of directions is made of no others, so a bucket of several has none.
 */
#include <math.h>
#include <stdlib.h>

#include "page/series_fill.h"

enum {
    PERIODS_MOST = 12000,   /* aggregates read in one request */
    DAYS_MOST = 366 * 50,   /* of whole days: the longest span there is */
    READINGS_MOST = 100000, /* no request reads more */
    FINER_MOST = 2000       /* shorter periods looked for in a hole */
};

static const int64_t hour_ms = 3600000;

const enum period fill_periods[FILL_PERIODS] = {PERIOD_DAY,   PERIOD_1H,   PERIOD_15MIN,
                                                PERIOD_10MIN, PERIOD_5MIN, PERIOD_1MIN};

int64_t fill_period_ms(size_t at)
{
    static const int64_t minutes[FILL_PERIODS] = {24 * 60, 60, 15, 10, 5, 1};

    return minutes[at] * 60000;
}

int64_t fill_period_most(size_t at)
{
    return fill_periods[at] == PERIOD_DAY ? DAYS_MOST : PERIODS_MOST;
}

bool fill_is_kept(const struct filling *filling, size_t at)
{
    return (filling->asked->point->kept >> fill_periods[at] & 1u) != 0;
}

/* Sums ----------------------------------------------------------------------------------------- */

/* Energies are counted from here, so that quiet hours keep their digits beside loud ones. */
static const double level_from = 30.0;

static double weight_of(enum mean mean, double value)
{
    return mean == MEAN_ENERGY ? pow(10.0, 0.1 * (value - level_from)) : value;
}

static void add(struct filling *filling, int64_t time_ms, const struct series_row *part)
{
    struct bucket *bucket;

    if (time_ms < filling->origin_ms)
        return;
    if ((size_t)((time_ms - filling->origin_ms) / filling->step_ms) >= filling->count)
        return;
    bucket = &filling->buckets[(time_ms - filling->origin_ms) / filling->step_ms];
    bucket->count += part->count;
    if (part->valid == 0)
        return;
    bucket->valid += part->valid;
    bucket->min = fmin(bucket->min, part->min);
    bucket->max = fmax(bucket->max, part->max);
    bucket->sum += part->valid * weight_of(filling->mean, part->mean);
    bucket->own_mean = part->mean;
    bucket->parts++;
}

double fill_mean(const struct filling *filling, const struct bucket *bucket)
{
    if (bucket->valid == 0)
        return NAN;
    if (bucket->parts == 1)
        return bucket->own_mean;
    if (filling->mean == MEAN_DIRECTION)
        return NAN;
    if (filling->mean == MEAN_ENERGY)
        return level_from + 10.0 * log10(bucket->sum / bucket->valid);
    return bucket->sum / bucket->valid;
}

/* Filling -------------------------------------------------------------------------------------- */

static bool add_hole(struct filling *filling, int64_t from_ms, int64_t to_ms)
{
    if (to_ms <= from_ms)
        return true;
    if (!series_grow((void **)&filling->holes, filling->hole_count, &filling->hole_room,
                     sizeof *filling->holes))
        return false;
    filling->holes[filling->hole_count++] = (struct span){{from_ms}, {to_ms}};
    return true;
}

/* A day may begin an hour off its step where clocks are changed in summer. */
static int64_t place_of(const struct aggregate *aggregate)
{
    return aggregate->period == PERIOD_DAY ? aggregate->start.ms + 2 * hour_ms
                                           : aggregate->start.ms;
}

static bool take_period(void *self, const struct aggregate *aggregate)
{
    struct filling *filling = self;
    struct series_row part = {.count = aggregate->count,
                              .valid = isnan(aggregate->mean) ? 0 : aggregate->valid,
                              .min = aggregate->min,
                              .mean = aggregate->mean,
                              .max = aggregate->max};
    int64_t at = (place_of(aggregate) - filling->origin_ms) / filling->step_ms;

    filling->no_memory = !add_hole(filling, filling->covered_ms, aggregate->start.ms);
    filling->covered_ms = aggregate->end.ms;
    add(filling, place_of(aggregate), &part);
    if (at >= 0 && (size_t)at < filling->count)
        filling->buckets[at].expected += aggregate->expected;
    return !filling->no_memory;
}

static bool take_reading(void *self, uint64_t seq, struct wall_time time,
                         const struct reading *reading)
{
    struct filling *filling = self;
    bool valid = reading->quality == QUALITY_NORMAL && reading_has_value(reading) &&
                 !series_is_maintained(filling->asked->past, time);
    struct series_row part = {.count = reading_has_value(reading),
                              .valid = valid,
                              .min = reading->value,
                              .mean = reading->value,
                              .max = reading->value};

    (void)seq;
    filling->too_many = filling->readings++ >= READINGS_MOST;
    add(filling, time.ms, &part);
    return !filling->too_many;
}

static void expect_in(struct filling *filling, struct span hole)
{
    int64_t first = (hole.start.ms - filling->origin_ms) / filling->step_ms;

    for (size_t i = first < 0 ? 0 : (size_t)first; i < filling->count; i++) {
        int64_t from = filling->origin_ms + (int64_t)i * filling->step_ms;
        int64_t to = from + filling->step_ms;

        if (from >= hole.end.ms)
            break;
        filling->buckets[i].expected += (double)series_expected(
            filling->asked->past, (struct span){{from > hole.start.ms ? from : hole.start.ms},
                                                {to < hole.end.ms ? to : hole.end.ms}});
    }
}

static bool fill_from_readings(struct filling *filling, struct span hole, struct error *err)
{
    expect_in(filling, hole);
    return reader_readings(filling->asked->reader, filling->asked->point->point->id, hole.start,
                           hole.end, take_reading, filling, err);
}

static size_t next_finer(const struct filling *filling, size_t at)
{
    for (at++; at < FILL_PERIODS; at++)
        if (fill_is_kept(filling, at) && filling->step_ms % fill_period_ms(at) == 0)
            break;
    return at;
}

static bool fill(struct filling *filling, struct span span, size_t at, struct error *err);

static bool fill_holes(struct filling *filling, size_t first, size_t at, struct error *err)
{
    bool done = true;

    /* deeper ones are put behind these, and taken away again */
    for (size_t i = first, end = filling->hole_count; i < end && done && !filling->too_many; i++)
        done = fill(filling, filling->holes[i], at, err);
    return done;
}

/* A stretch from the periods `fill_periods[at]`; what they leave open from shorter ones, at last
 * from readings. Directions are made of no shorter ones. */
static bool fill(struct filling *filling, struct span span, size_t at, struct error *err)
{
    size_t first = filling->hole_count;
    bool is_hole = first > 0;
    bool done;

    if (at == FILL_READINGS ||
        (is_hole && (filling->mean == MEAN_DIRECTION ||
                     (span.end.ms - span.start.ms) / fill_period_ms(at) > FINER_MOST)))
        return fill_from_readings(filling, span, err);
    filling->covered_ms = span.start.ms;
    done = reader_point_aggregates(filling->asked->reader, filling->asked->point->point->id,
                                   fill_periods[at], span, (size_t)fill_period_most(at),
                                   take_period, filling, err);
    filling->no_memory = filling->no_memory || !add_hole(filling, filling->covered_ms, span.end.ms);
    done = done && (!filling->no_memory || series_no_memory(err)) &&
           fill_holes(filling, first, next_finer(filling, at), err);
    filling->hole_count = first;
    return done;
}

bool fill_buckets(struct filling *filling, struct error *err)
{
    struct span span = {{filling->origin_ms},
                        {filling->origin_ms + (int64_t)filling->count * filling->step_ms}};

    free(filling->buckets);
    filling->buckets = calloc(filling->count, sizeof *filling->buckets);
    if (filling->buckets == NULL)
        return series_no_memory(err);
    for (size_t i = 0; i < filling->count; i++)
        filling->buckets[i] = (struct bucket){.min = INFINITY, .max = -INFINITY, .own_mean = NAN};
    filling->readings = 0;
    filling->too_many = false;
    filling->hole_count = 0;
    filling->rows->source =
        filling->source == FILL_READINGS ? PERIOD_READING : fill_periods[filling->source];
    return fill(filling, span, filling->source, err);
}
