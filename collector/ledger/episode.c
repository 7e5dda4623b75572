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

bool episode_see(struct episode *episode, int64_t gap_ms, struct wall_time time)
{
    struct wall_time before = episode->seen;

    assert(wall_is_known(time));
    episode->seen = time;
    return !wall_is_known(before) || time.ms < before.ms || time.ms - before.ms > gap_ms;
}

void episode_add_breach(struct episode *episode, const struct bound *bound, struct wall_time time,
                        double value)
{
    episode->good_since = WALL_NONE;
    if (episode->phase == EPISODE_NONE) {
        episode->phase = EPISODE_PENDING;
        episode->first = episode->last = episode->worst_at = time;
        episode->worst = value;
        episode->ended = WALL_NONE;
        return;
    }
    if (time.ms > episode->last.ms)
        episode->last = time;
    if (bound_beyond(bound, value) > bound_beyond(bound, episode->worst)) {
        episode->worst = value;
        episode->worst_at = time;
    }
}

void episode_add_good(struct episode *episode, bool hole, struct wall_time time)
{
    if (!wall_is_known(episode->good_since) || hole)
        episode->good_since = time;
}

void episode_end(struct episode *episode, struct wall_time ended)
{
    episode->phase = EPISODE_NONE;
    episode->ended = ended.ms > episode->last.ms ? ended : episode->last;
}

static enum episode_change breached(struct episode *episode, const struct rule *rule,
                                    const struct bound *bound, bool hole,
                                    const struct judged *judged)
{
    bool running = episode->phase == EPISODE_RUNNING;

    if (hole && !running)
        episode->phase = EPISODE_NONE;
    episode_add_breach(episode, bound, judged->time, judged->value);
    if (running)
        return EPISODE_WENT_ON;
    if (episode->last.ms - episode->first.ms < rule->for_ms)
        return EPISODE_UNCHANGED;
    episode->phase = EPISODE_RUNNING;
    return EPISODE_OPENED;
}

enum episode_change episode_step(struct episode *episode, const struct rule *rule,
                                 const struct bound *bound, int64_t gap_ms,
                                 const struct judged *judged)
{
    bool hole = episode_see(episode, gap_ms, judged->time);

    assert(isfinite(judged->value));
    if (judged->standing == STANDING_BREACH)
        return breached(episode, rule, bound, hole, judged);
    if (episode->phase == EPISODE_PENDING)
        episode->phase = EPISODE_NONE;
    if (judged->standing == STANDING_BETWEEN) {
        episode->good_since = WALL_NONE;
        return EPISODE_UNCHANGED;
    }
    episode_add_good(episode, hole, judged->time);
    if (episode->phase != EPISODE_RUNNING || !episode_is_over(episode, rule))
        return EPISODE_UNCHANGED;
    episode_end(episode, episode->good_since);
    return EPISODE_ENDED;
}
