/* More readings than fit: what is stored of periods, and of readings where no period has them,
 * gathered into buckets.
 *
 * A bucket's step is a round length of time, its edges stand on whole steps of the collector's
 * clock, so that the periods that are kept fall into it whole. What no aggregate covers (the newest
 * minutes, a period that was not kept then) is filled from shorter periods and at last from
 * readings, and both come to the same: normal readings alone make the numbers. A mean of noise is
 * one of energies; one of directions is made of no others, so a bucket of several has none.
 */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/say.h"
#include "page/series_inside.h"

enum {
    PERIODS_MOST = 12000,   /* aggregates read in one request */
    DAYS_MOST = 366 * 50,   /* of whole days: the longest span there is */
    READINGS_GOOD = 20000,  /* readings rather than the next longer step */
    READINGS_MOST = 100000, /* no request reads more */
    BANDS_LOOKED = 100000,  /* readings passed by in search of other letters */
    FINER_MOST = 2000       /* shorter periods looked for in a hole */
};

static const int64_t minute_ms = 60000, hour_ms = 3600000, day_ms = 86400000;

struct bucket {
    uint32_t count, valid;
    double expected;
    double min, max;
    double sum;      /* of values, or energies, weighted by their number */
    double own_mean; /* of the one part it has */
    uint32_t parts;
};

struct filling {
    struct series_rows *rows;
    const struct series_asked *asked;
    enum mean mean;
    int64_t origin_ms, step_ms;
    struct bucket *buckets;
    size_t count;
    int64_t covered_ms; /* while periods are read: up to here they stood without a hole */
    struct span *holes;
    size_t hole_count, hole_room;
    size_t readings; /* read so far */
    bool too_many, no_memory;
    bool periods_only; /* readings were too many */
};

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

static double mean_of(enum mean mean, const struct bucket *bucket)
{
    if (bucket->valid == 0)
        return NAN;
    if (bucket->parts == 1)
        return bucket->own_mean;
    if (mean == MEAN_DIRECTION)
        return NAN;
    if (mean == MEAN_ENERGY)
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

static int64_t length_of(enum period period)
{
    switch (period) {
    case PERIOD_1MIN:
        return minute_ms;
    case PERIOD_5MIN:
        return 5 * minute_ms;
    case PERIOD_10MIN:
        return 10 * minute_ms;
    case PERIOD_15MIN:
        return 15 * minute_ms;
    case PERIOD_1H:
        return hour_ms;
    default:
        return day_ms;
    }
}

/* Periods that readings are gathered into without loss, and the day, from the longest down. */
static const enum period periods[] = {PERIOD_DAY,   PERIOD_1H,   PERIOD_15MIN,
                                      PERIOD_10MIN, PERIOD_5MIN, PERIOD_1MIN};
enum { PERIODS = sizeof periods / sizeof periods[0] };

static int64_t most_of(enum period period)
{
    return period == PERIOD_DAY ? DAYS_MOST : PERIODS_MOST;
}

static bool is_kept(const struct filling *filling, enum period period)
{
    return (filling->asked->point->kept >> period & 1u) != 0;
}

static size_t next_finer(const struct filling *filling, size_t at)
{
    for (at++; at < PERIODS; at++)
        if (is_kept(filling, periods[at]) && filling->step_ms % length_of(periods[at]) == 0)
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

/* A stretch from the periods `periods[at]`; what they leave open from shorter ones, at last from
 * readings. Directions are made of no shorter ones. */
static bool fill(struct filling *filling, struct span span, size_t at, struct error *err)
{
    size_t first = filling->hole_count;
    bool is_hole = first > 0;
    bool done;

    if (at == PERIODS ||
        (is_hole && (filling->mean == MEAN_DIRECTION ||
                     (span.end.ms - span.start.ms) / length_of(periods[at]) > FINER_MOST)))
        return fill_from_readings(filling, span, err);
    filling->covered_ms = span.start.ms;
    done = reader_point_aggregates(filling->asked->reader, filling->asked->point->point->id,
                                   periods[at], span, (size_t)most_of(periods[at]), take_period,
                                   filling, err);
    filling->no_memory = filling->no_memory || !add_hole(filling, filling->covered_ms, span.end.ms);
    done = done && (!filling->no_memory || series_no_memory(err)) &&
           fill_holes(filling, first, next_finer(filling, at), err);
    filling->hole_count = first;
    return done;
}

/* Step and source ------------------------------------------------------------------------------ */

static const int64_t steps_ms[] = {
    100,           200,         500,          1000,         2000,          5000,
    10000,         15000,       20000,        30000,        60000,         120000,
    180000,        300000,      600000,       900000,       1200000,       1800000,
    3600000,       7200000,     10800000,     14400000,     21600000,      28800000,
    43200000,      86400000,    172800000,    259200000,    432000000,     604800000,
    864000000,     1209600000,  1728000000,   2592000000,   5184000000,    7776000000,
    15552000000,   31536000000, 157680000000, 315360000000, 1576800000000, 3153600000000,
    31536000000000};
enum { STEPS = sizeof steps_ms / sizeof steps_ms[0] };

static int64_t floor_to(int64_t ms, int64_t step_ms)
{
    int64_t rest = ms % step_ms;

    return ms - (rest < 0 ? rest + step_ms : rest);
}

/* The step's edge at or before the span, by the collector's clock. */
static int64_t origin_of(struct wall_time from, int64_t step_ms)
{
    time_t seconds = (time_t)(from.ms / 1000);
    struct tm local = {0};
    int64_t offset_ms;

    localtime_r(&seconds, &local);
    offset_ms = (int64_t)local.tm_gmtoff * 1000;
    return floor_to(from.ms + offset_ms, step_ms) - offset_ms;
}

/* The longest kept period that fills a step whole and is not too often in it; PERIODS: none. */
static size_t source_of(const struct filling *filling, int64_t step_ms, int64_t span_ms)
{
    bool single = filling->mean == MEAN_DIRECTION;
    size_t found = PERIODS;

    for (size_t i = 0; i < PERIODS; i++) {
        int64_t length = length_of(periods[i]);

        if (!is_kept(filling, periods[i]) || step_ms % length != 0 ||
            span_ms / length > most_of(periods[i]) || (single && length != step_ms))
            continue;
        /* a day's mean is one of its valid hours: hours say more where they are not too many */
        if (found == PERIODS || periods[found] == PERIOD_DAY)
            found = i;
        if (periods[found] != PERIOD_DAY || single)
            break;
    }
    return found;
}

static int64_t readings_in(const struct series_asked *asked)
{
    struct span span = asked->span;

    if (asked->now.ms < span.end.ms)
        span.end = asked->now;
    return series_expected(asked->past, span);
}

/* The next step that leaves no more buckets than wanted and has a source; false: none has. */
static bool choose(struct filling *filling, size_t *step, size_t *source)
{
    const struct series_asked *asked = filling->asked;
    int64_t readings = readings_in(asked);

    for (; *step < STEPS; (*step)++) {
        int64_t step_ms = steps_ms[*step];
        int64_t origin_ms = origin_of(asked->span.start, step_ms);
        int64_t count = (asked->span.end.ms - origin_ms + step_ms - 1) / step_ms;

        if (count > asked->width)
            continue;
        *source = source_of(filling, step_ms, asked->span.end.ms - origin_ms);
        if (*source == PERIODS &&
            (filling->periods_only || readings > READINGS_GOOD || filling->mean == MEAN_DIRECTION))
            continue;
        filling->origin_ms = origin_ms;
        filling->step_ms = step_ms;
        filling->count = (size_t)count;
        return true;
    }
    return false;
}

/* Where a direction has no period of its own that is long enough, its readings are counted without
 * a mean. */
static bool choose_any(struct filling *filling, size_t *step, size_t *source)
{
    size_t first = *step;

    if (choose(filling, step, source))
        return true;
    for (*step = first; *step < STEPS; (*step)++) {
        int64_t step_ms = steps_ms[*step];
        int64_t origin_ms = origin_of(filling->asked->span.start, step_ms);
        int64_t count = (filling->asked->span.end.ms - origin_ms + step_ms - 1) / step_ms;

        if (count > filling->asked->width)
            continue;
        *source = PERIODS;
        filling->origin_ms = origin_ms;
        filling->step_ms = step_ms;
        filling->count = (size_t)count;
        return true;
    }
    return false;
}

/* Rows, gaps, bands ---------------------------------------------------------------------------- */

static bool tell_gaps(struct filling *filling)
{
    const struct series_asked *asked = filling->asked;
    int64_t end_ms = asked->now.ms < asked->span.end.ms ? asked->now.ms : asked->span.end.ms;
    bool done = true;

    for (size_t i = 0, to; i < filling->count && done; i = to + (to == i)) {
        int64_t from_ms, to_ms, every_ms;

        for (to = i; to < filling->count && filling->buckets[to].count == 0; to++)
            ;
        from_ms = filling->origin_ms + (int64_t)i * filling->step_ms;
        to_ms = filling->origin_ms + (int64_t)to * filling->step_ms;
        every_ms = series_every(asked->past, (struct wall_time){from_ms});
        if (from_ms < asked->span.start.ms)
            from_ms = asked->span.start.ms;
        if (to_ms > end_ms)
            to_ms = end_ms;
        if (to > i && to_ms - from_ms >= 3 * every_ms)
            done = series_add_gap(filling->rows, from_ms, to_ms);
    }
    return done;
}

/* More than a quarter of it is no normal reading. */
static bool is_odd(const struct bucket *bucket)
{
    return bucket->expected > 0.0 && (bucket->expected - bucket->valid) * 4.0 > bucket->expected;
}

static bool tell_bands(struct filling *filling, struct error *err)
{
    const struct series_asked *asked = filling->asked;
    int64_t looked = 0;
    bool full = false;

    for (size_t i = 0, to; i < filling->count; i = to + (to == i)) {
        struct span span;

        for (to = i; to < filling->count && is_odd(&filling->buckets[to]); to++)
            ;
        span = (struct span){{filling->origin_ms + (int64_t)i * filling->step_ms},
                             {filling->origin_ms + (int64_t)to * filling->step_ms}};
        if (to == i)
            continue;
        looked += series_expected(asked->past, span);
        if (looked > BANDS_LOOKED || full)
            return true;
        if (!series_bands_read(filling->rows, asked, span, &full, err))
            return false;
    }
    return true;
}

static bool tell(struct filling *filling, struct error *err)
{
    struct series_rows *rows = filling->rows;

    rows->step_ms = filling->step_ms;
    rows->rows = calloc(filling->count, sizeof *rows->rows);
    if (rows->rows == NULL)
        return series_no_memory(err);
    for (size_t i = 0; i < filling->count; i++) {
        const struct bucket *bucket = &filling->buckets[i];

        if (bucket->count == 0)
            continue;
        rows->rows[rows->row_count++] =
            (struct series_row){.time_ms = filling->origin_ms + (int64_t)i * filling->step_ms,
                                .count = bucket->count,
                                .valid = bucket->valid,
                                .expected = llround(bucket->expected),
                                .min = bucket->valid > 0 ? bucket->min : NAN,
                                .mean = mean_of(filling->mean, bucket),
                                .max = bucket->valid > 0 ? bucket->max : NAN};
    }
    return (tell_gaps(filling) || series_no_memory(err)) && tell_bands(filling, err);
}

static bool make_buckets(struct filling *filling, size_t source, struct error *err)
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
    filling->rows->source = source == PERIODS ? PERIOD_READING : periods[source];
    return fill(filling, span, source, err);
}

static bool too_long(struct error *err)
{
    return error_set(err, ERROR_REFUSED, "%s",
                     SAY("这段时间的读数太多，而这个监测点没有保留统计值：请缩短时间段",
                         "there are too many readings in this time and no aggregates are kept of "
                         "this point: ask for a shorter one"));
}

static bool has_any(const struct filling *filling)
{
    for (size_t i = 0; i < filling->count; i++)
        if (filling->buckets[i].count > 0)
            return true;
    return false;
}

/* A step with another source than the last one had; false: there is none, nothing is changed. */
static bool choose_another(struct filling *filling, size_t *step, size_t *source)
{
    const struct filling before = *filling;
    size_t last = *source;

    while (++*step < STEPS && choose(filling, step, source))
        if (*source != last)
            return true;
    *filling = before;
    *source = last;
    return false;
}

bool series_buckets_make(struct series_rows *rows, const struct series_asked *asked,
                         bool periods_only, struct error *err)
{
    struct filling filling = {
        .rows = rows, .asked = asked, .mean = asked->point->mean, .periods_only = periods_only};
    size_t source = PERIODS;
    size_t step = 0;
    bool more = choose_any(&filling, &step, &source);
    bool found = false;
    bool done = true;

    /* another source where there was too much to read, or where nothing is kept of the first */
    for (; more && done && !found; more = !found && choose_another(&filling, &step, &source)) {
        done = make_buckets(&filling, source, err);
        found = done && !filling.too_many && (!periods_only || has_any(&filling));
        filling.periods_only = true;
    }
    if (done && !found && filling.too_many)
        done = too_long(err);
    else if (done && filling.buckets != NULL)
        done = tell(&filling, err);
    free(filling.buckets);
    free(filling.holes);
    return done;
}
