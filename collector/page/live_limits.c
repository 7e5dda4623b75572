/* Which limit binds each point now: the tightest of the rules of rules.conf, of those that hold the
 * finest period against it.
 */
#include <math.h>

#include "page/live_inside.h"

/* Beside a reading stands a bound of readings where there is one: what a mean of a day may be says
 * little of it. */
static void tighten(struct live_limit *limit, const struct bound *bound, enum period on)
{
    bool none = isnan(limit->low) && isnan(limit->high);

    if (!none && on > limit->on)
        return;
    if (none || on < limit->on)
        *limit = (struct live_limit){NAN, NAN, on};
    if (bound->kind != BOUND_BELOW && !(limit->high <= bound->high))
        limit->high = bound->high;
    if (bound->kind != BOUND_ABOVE && !(limit->low >= bound->low))
        limit->low = bound->low;
}

static void limit_by_rule(struct live_limit *limit, const struct lanes *lanes, struct wall_time now,
                          bool night)
{
    for (size_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = &lanes->lane[i];
        const struct stage *stage = lane_stage(lane, now);

        if (stage != NULL && lane->when != (night ? WHEN_DAY : WHEN_NIGHT))
            tighten(limit, &stage->bound, lane->on);
    }
}

static struct live_limit limit_at(const struct live *live, const struct catalog_point *point,
                                  struct wall_time now, bool night)
{
    const struct settings *settings = live->host.settings;
    const struct catalog_device *device = &live->host.catalog->devices[point->device];
    struct live_limit limit = {NAN, NAN, PERIOD_READING};
    char name[POINT_SIZE];

    if (!device->active || point->parameter == NULL)
        return limit;
    catalog_point_name(live->host.catalog, point, name);
    for (size_t i = 0; i < settings->rule_count; i++) {
        const struct rule_conf *rule = &settings->rules[i];
        const struct lanes *lanes =
            rule->rule.nature != NATURE_BREACH
                ? NULL
                : settings_lanes_at(rule, &settings->sites[device->site], point->parameter, name);

        if (lanes != NULL)
            limit_by_rule(&limit, lanes, now, night);
    }
    return limit;
}

/* Which limits are in force changes with the day, and for noise with the night. */
void live_look_up_limits(struct live *live)
{
    const struct night *hours = tally_night(live->host.settings->tallies);
    struct wall_time now = clock_wall(live->host.clock);
    struct wall_time day = period_at(PERIOD_DAY, now, hours).start;
    bool night = period_is_night(now, hours);

    if (live->limits_day.ms == day.ms && live->limits_night == night)
        return;
    for (size_t i = 0; i < live->host.catalog->point_count; i++)
        live->limits[i] = limit_at(live, &live->host.catalog->points[i], now, night);
    live->limits_day = day;
    live->limits_night = night;
}
