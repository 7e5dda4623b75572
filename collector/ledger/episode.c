#include "ledger/episode.h"

#include <assert.h>
#include <math.h>

void episode_clear(struct episode *episode)
{
    *episode = (struct episode){.first = WALL_NONE,
                                .last = WALL_NONE,
                                .ended = WALL_NONE,
                                .worst_at = WALL_NONE,
                                .seen = WALL_NONE,
                                .good_since = WALL_NONE};
}

static double beyond(const struct rule *rule, double value)
{
    switch (rule->bound) {
    case BOUND_ABOVE:
        return value - rule->high;
    case BOUND_BELOW:
        return rule->low - value;
    case BOUND_BETWEEN:
        break;
    }
    return fmax(value - rule->high, rule->low - value);
}

bool episode_is_worse(const struct rule *rule, double value, double than)
{
    return beyond(rule, value) > beyond(rule, than);
}

int64_t episode_gap_ms(int64_t every_ms)
{
    const int64_t least = 5 * 60 * 1000;

    return every_ms > least / 3 ? 3 * every_ms : least;
}

bool episode_is_over(const struct episode *episode, const struct rule *rule)
{
    return wall_is_known(episode->good_since) &&
           episode->seen.ms - episode->good_since.ms >= rule->recover_for_ms;
}

static bool is_hole(const struct episode *episode, int64_t gap_ms, struct wall_time time)
{
    return !wall_is_known(episode->seen) || time.ms < episode->seen.ms ||
           time.ms - episode->seen.ms > gap_ms;
}

static void begin(struct episode *episode, struct wall_time time, double value)
{
    episode->phase = EPISODE_PENDING;
    episode->first = episode->last = episode->worst_at = time;
    episode->worst = value;
    episode->ended = WALL_NONE;
}

static enum episode_change breached(struct episode *episode, const struct rule *rule, bool hole,
                                    struct wall_time time, double value)
{
    enum episode_phase before = episode->phase;

    episode->good_since = WALL_NONE;
    if (before == EPISODE_NONE || (before == EPISODE_PENDING && hole)) {
        begin(episode, time, value);
    } else {
        if (time.ms > episode->last.ms)
            episode->last = time;
        if (episode_is_worse(rule, value, episode->worst)) {
            episode->worst = value;
            episode->worst_at = time;
        }
    }
    if (before == EPISODE_RUNNING)
        return EPISODE_WENT_ON;
    if (episode->last.ms - episode->first.ms < rule->for_ms)
        return EPISODE_UNCHANGED;
    episode->phase = EPISODE_RUNNING;
    return EPISODE_OPENED;
}

static enum episode_change good(struct episode *episode, const struct rule *rule, bool hole,
                                struct wall_time time)
{
    if (!wall_is_known(episode->good_since) || hole)
        episode->good_since = time;
    if (episode->phase != EPISODE_RUNNING || !episode_is_over(episode, rule))
        return EPISODE_UNCHANGED;
    episode->phase = EPISODE_NONE;
    episode->ended =
        episode->good_since.ms > episode->last.ms ? episode->good_since : episode->last;
    return EPISODE_ENDED;
}

enum episode_change episode_step(struct episode *episode, const struct rule *rule, int64_t gap_ms,
                                 struct wall_time time, double value, enum quality quality)
{
    bool hole = is_hole(episode, gap_ms, time);
    enum standing standing = rule_judge(rule, value, quality);

    assert(isfinite(value) && wall_is_known(time) && quality_is_judged(quality));
    episode->seen = time;
    if (standing == STANDING_BREACH)
        return breached(episode, rule, hole, time, value);
    if (episode->phase == EPISODE_PENDING)
        episode->phase = EPISODE_NONE;
    if (standing == STANDING_GOOD)
        return good(episode, rule, hole, time);
    episode->good_since = WALL_NONE;
    return EPISODE_UNCHANGED;
}
