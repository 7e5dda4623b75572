/* How long the buckets of a span are, and which stored periods fill them: a step is a round length
 * of time and its edges stand on whole steps of the collector's clock, so that the periods that are
 * kept fall into it whole. */
#include <time.h>

#include "page/series_fill.h"

enum { READINGS_GOOD = 20000 }; /* readings rather than the next longer step */

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

/* The longest kept period that fills a step whole and is not too often in it; FILL_READINGS: none.
 */
static size_t source_of(const struct filling *filling, int64_t step_ms, int64_t span_ms)
{
    bool single = filling->mean == MEAN_DIRECTION;
    size_t found = FILL_READINGS;

    for (size_t i = 0; i < FILL_PERIODS; i++) {
        int64_t length = fill_period_ms(i);

        if (!fill_is_kept(filling, i) || step_ms % length != 0 ||
            span_ms / length > fill_period_most(i) || (single && length != step_ms))
            continue;
        /* a day's mean is one of its valid hours: hours say more where they are not too many */
        if (found == FILL_READINGS || fill_periods[found] == PERIOD_DAY)
            found = i;
        if (fill_periods[found] != PERIOD_DAY || single)
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

/* Whether buckets of the n-th step are no more than wanted; they are the filling's then. */
static bool take_step(struct filling *filling, size_t step)
{
    const struct series_asked *asked = filling->asked;
    int64_t step_ms = steps_ms[step];
    int64_t origin_ms = origin_of(asked->span.start, step_ms);
    int64_t count = (asked->span.end.ms - origin_ms + step_ms - 1) / step_ms;

    if (count > asked->width)
        return false;
    filling->step = step;
    filling->origin_ms = origin_ms;
    filling->step_ms = step_ms;
    filling->count = (size_t)count;
    return true;
}

/* From that step on, the first with a source. */
static bool choose_from(struct filling *filling, size_t step)
{
    bool may_read = !filling->periods_only && readings_in(filling->asked) <= READINGS_GOOD &&
                    filling->mean != MEAN_DIRECTION;

    for (; step < STEPS; step++) {
        if (!take_step(filling, step))
            continue;
        filling->source =
            source_of(filling, filling->step_ms, filling->asked->span.end.ms - filling->origin_ms);
        if (filling->source != FILL_READINGS || may_read)
            return true;
    }
    return false;
}

bool fill_choose(struct filling *filling)
{
    if (choose_from(filling, 0))
        return true;
    /* as a direction without a period that is long enough: its readings are counted, no mean made
     */
    filling->source = FILL_READINGS;
    for (size_t step = 0; step < STEPS; step++)
        if (take_step(filling, step))
            return true;
    return false;
}

static const int64_t day_ms = 86400000;

/* A bucket longer than the span, and than the longest period, would show what lies outside it. */
bool fill_choose_another(struct filling *filling)
{
    const struct span span = filling->asked->span;
    const struct filling before = *filling;

    while (choose_from(filling, filling->step + 1) &&
           (filling->step_ms <= day_ms || filling->step_ms <= span.end.ms - span.start.ms))
        if (filling->source != before.source)
            return true;
    *filling = before;
    return false;
}
