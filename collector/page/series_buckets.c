/* More readings than fit: what is stored of periods, and of readings where no period has them,
 * gathered into buckets (series_fill.h), told as rows, gaps and bands. */
#include <math.h>
#include <stdlib.h>

#include "base/say.h"
#include "page/series_fill.h"

enum { BANDS_LOOKED = 100000 }; /* readings passed by in search of other letters */

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
                                .mean = fill_mean(filling, bucket),
                                .max = bucket->valid > 0 ? bucket->max : NAN};
    }
    return (tell_gaps(filling) || series_no_memory(err)) && tell_bands(filling, err);
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

bool series_buckets_make(struct series_rows *rows, const struct series_asked *asked,
                         bool periods_only, struct error *err)
{
    struct filling filling = {
        .rows = rows, .asked = asked, .mean = asked->point->mean, .periods_only = periods_only};
    bool more = fill_choose(&filling);
    bool found = false;
    bool done = true;

    /* another source where there was too much to read, or where nothing is kept of the first */
    for (; more && done && !found; more = !found && fill_choose_another(&filling)) {
        done = fill_buckets(&filling, err);
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
