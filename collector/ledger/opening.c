#include "ledger/opening.h"

#include <string.h>

const char *episode_end_word(enum episode_end end)
{
    static const char *const words[] = {[END_NONE] = "",
                                        [END_RECOVERED] = "recovered",
                                        [END_RULE_CHANGED] = "rule_changed",
                                        [END_LIMIT_CHANGED] = "limit_changed",
                                        [END_STRUCK_OFF] = "struck_off",
                                        [END_CLOSED] = "closed"};

    return words[end];
}

void lane_clear(struct lane_memory *memory)
{
    *memory = (struct lane_memory){.day = WALL_NONE};
    episode_clear(&memory->episode);
}

bool lane_is_calm(const struct lane_memory *memory)
{
    return memory->episode.phase == EPISODE_NONE && memory->window == 0 && memory->day_count == 0;
}

/* Good and undecided values without any part in the opening. */
static enum episode_change stay(struct episode *episode, const struct rule *rule, bool hole,
                                const struct judged *judged)
{
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

/* m of n ------------------------------------------------------------------------------------- */

static void forget_oldest(struct breach *breaches, size_t *count)
{
    memmove(breaches, breaches + 1, --*count * sizeof *breaches);
}

/* The window moves on by one value; its breaches with it. Gives how many it holds. */
static size_t count_value(struct lane_memory *memory, const struct rule *rule,
                          const struct judged *judged, struct breach *breaches, size_t room)
{
    uint64_t mask = rule->count_n >= 64 ? UINT64_MAX : ((uint64_t)1 << rule->count_n) - 1;
    size_t in_window = (size_t)__builtin_popcountll(memory->window);
    size_t count = in_window < room ? in_window : room;
    uint64_t next = memory->window << 1;

    if ((memory->window & ~(mask >> 1)) != 0 && in_window == count)
        forget_oldest(breaches, &count);
    if (judged->standing == STANDING_BREACH) {
        if (count == room)
            forget_oldest(breaches, &count);
        breaches[count++] = (struct breach){judged->time, judged->value};
        next |= 1;
    }
    memory->window = next & mask;
    return count;
}

static enum episode_change step_by_count(struct lane_memory *memory, const struct rule *rule,
                                         const struct bound *bound, bool hole,
                                         const struct judged *judged, struct breach *breaches,
                                         size_t room)
{
    struct episode *episode = &memory->episode;
    bool breached = judged->standing == STANDING_BREACH;
    size_t count;

    if (episode->phase == EPISODE_RUNNING) {
        if (!breached)
            return stay(episode, rule, hole, judged);
        episode_add_breach(episode, bound, judged->time, judged->value);
        return EPISODE_WENT_ON;
    }
    count = count_value(memory, rule, judged, breaches, room);
    if (!breached)
        return stay(episode, rule, hole, judged);
    episode->good_since = WALL_NONE;
    if (__builtin_popcountll(memory->window) < rule->count_m)
        return EPISODE_UNCHANGED;
    for (size_t i = 0; i < count; i++)
        episode_add_breach(episode, bound, breaches[i].time, breaches[i].value);
    episode->phase = EPISODE_RUNNING;
    memory->window = 0;
    return EPISODE_OPENED;
}

/* Allowed times a day ------------------------------------------------------------------------ */

/* A day has at least 23 hours in every zone: most values need no calendar. */
static bool is_same_day(const struct lane_memory *memory, const struct rule *rule,
                        struct wall_time time)
{
    const int64_t shortest_ms = 23 * 3600 * (int64_t)1000;

    if (!wall_is_known(memory->day))
        return false;
    if (time.ms >= memory->day.ms && time.ms - memory->day.ms < shortest_ms)
        return true;
    return period_at(PERIOD_DAY, time, &rule->night).start.ms == memory->day.ms;
}

bool lane_turns_day(struct lane_memory *memory, const struct rule *rule, struct wall_time time)
{
    bool running = memory->episode.phase == EPISODE_RUNNING;

    if (memory->day_count == 0 || time.ms < memory->day.ms || is_same_day(memory, rule, time))
        return false;
    if (running)
        episode_end(&memory->episode, time);
    memory->episode.phase = EPISODE_NONE;
    memory->episode.good_since = WALL_NONE;
    memory->day = WALL_NONE;
    memory->day_count = 0;
    return running;
}

static enum episode_change step_by_day(struct lane_memory *memory, const struct rule *rule,
                                       const struct stage *stage, bool hole,
                                       const struct judged *judged)
{
    struct episode *episode = &memory->episode;
    bool running = episode->phase == EPISODE_RUNNING;

    if (judged->standing == STANDING_BETWEEN)
        episode->good_since = WALL_NONE;
    if (judged->standing == STANDING_GOOD)
        episode_add_good(episode, hole, judged->time);
    if (judged->standing != STANDING_BREACH)
        return EPISODE_UNCHANGED;
    if (!running && !is_same_day(memory, rule, judged->time)) {
        memory->day = period_at(PERIOD_DAY, judged->time, &rule->night).start;
        memory->day_count = 0;
        episode->phase = EPISODE_NONE;
    }
    episode_add_breach(episode, &stage->bound, judged->time, judged->value);
    memory->day_count++;
    if (running)
        return EPISODE_WENT_ON;
    if (memory->day_count <= (uint32_t)stage->per_day)
        return EPISODE_UNCHANGED;
    episode->phase = EPISODE_RUNNING;
    return EPISODE_OPENED;
}

enum episode_change lane_step(struct lane_memory *memory, const struct rule *rule,
                              const struct stage *stage, int64_t gap_ms,
                              const struct judged *judged, struct breach *breaches, size_t room)
{
    bool hole;

    if (stage->per_day < 0 && rule->count_n <= 0)
        return episode_step(&memory->episode, rule, &stage->bound, gap_ms, judged);
    hole = episode_see(&memory->episode, gap_ms, judged->time);
    if (stage->per_day >= 0)
        return step_by_day(memory, rule, stage, hole, judged);
    return step_by_count(memory, rule, &stage->bound, hole, judged, breaches, room);
}
