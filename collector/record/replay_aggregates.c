/* The aggregates a replay gives against those of the store. */
#include <inttypes.h>
#include <string.h>

#include "base/say.h"
#include "record/replay_inside.h"

/* Aggregates -------------------------------------------------------------------------------- */

bool replay_same_number(double one, double other)
{
    return (isnan(one) && isnan(other)) || one == other;
}

static bool same_aggregate(const struct aggregate *a, const struct aggregate *b)
{
    return a->end.ms == b->end.ms && a->expected == b->expected && a->count == b->count &&
           a->valid == b->valid && a->enough == b->enough && replay_same_number(a->min, b->min) &&
           replay_same_number(a->mean, b->mean) && replay_same_number(a->max, b->max) &&
           replay_same_number(a->l10, b->l10) && replay_same_number(a->l50, b->l50) &&
           replay_same_number(a->l90, b->l90) && replay_same_number(a->ld, b->ld) &&
           replay_same_number(a->ln, b->ln) && replay_same_number(a->ldn, b->ldn) &&
           replay_same_number(a->max_8h, b->max_8h) && strcmp(a->cause, b->cause) == 0;
}

struct matching {
    const struct aggregate *wanted;
    bool found, same;
    uint32_t count;
    double mean;
};

static bool match(void *self, const struct aggregate *stored)
{
    struct matching *matching = self;

    matching->found = true;
    matching->same = same_aggregate(matching->wanted, stored);
    matching->count = stored->count;
    matching->mean = stored->mean;
    return true;
}

static bool is_provable(const struct replay *replay, uint32_t point, struct wall_time start)
{
    const struct replay_setup *setup = replay->setup;

    return point < replay->point_limit && replay->counts[point] &&
           (!wall_is_known(setup->from) || start.ms >= setup->from.ms) &&
           (!wall_is_known(setup->to) || start.ms < setup->to.ms) &&
           (!wall_is_known(replay->from_of[point]) || start.ms >= replay->from_of[point].ms);
}

bool replay_aggregate(struct replay *replay, const struct aggregate *aggregate, struct error *err)
{
    struct matching matching = {.wanted = aggregate};
    struct replay_count *count = &replay->answer->aggregates;
    char name[POINT_SIZE], start[WALL_TEXT];

    if (!is_provable(replay, aggregate->point, aggregate->start))
        return true;
    if (!reader_aggregate_at(replay->asks, aggregate->point, aggregate->period, aggregate->start,
                             aggregate->version, match, &matching, err))
        return false;
    if (matching.found)
        replay->counted[(size_t)aggregate->point * PERIOD_COUNT + aggregate->period]++;
    if (matching.same) {
        count->same++;
        return true;
    }
    replay_point_name(replay, aggregate->point, name);
    wall_text(aggregate->start, start);
    if (!matching.found)
        replay_differs(
            replay, count,
            SAY("统计值 %s %s %s 第 %u 版：复算得出，存储中没有",
                "aggregate %s %s %s version %u: the replay gives it, the store has none"),
            name, period_word(aggregate->period), start, aggregate->version);
    else
        replay_differs(
            replay, count,
            SAY("统计值 %s %s %s 第 %u 版：存储 %u 个、均值 %.10g，复算 %u 个、均值 %.10g",
                "aggregate %s %s %s version %u: the store has %u, mean %.10g, the replay "
                "%u, mean %.10g"),
            name, period_word(aggregate->period), start, aggregate->version, matching.count,
            matching.mean, aggregate->count, aggregate->mean);
    return true;
}

struct counting {
    struct replay *replay;
    enum period period;
};

static bool count_key(void *self, uint32_t point, struct wall_time start)
{
    struct counting *counting = self;
    struct replay *replay = counting->replay;

    if (is_provable(replay, point, start))
        replay->stored[(size_t)point * PERIOD_COUNT + counting->period]++;
    else if (replay_in_range(replay, start, start))
        replay->answer->aggregates.unprovable++;
    return true;
}

static void compare_counts(struct replay *replay, enum period period)
{
    char name[POINT_SIZE];

    for (uint32_t point = 0; point < replay->point_limit; point++) {
        size_t cell = (size_t)point * PERIOD_COUNT + (size_t)period;

        if (replay->stored[cell] <= replay->counted[cell])
            continue;
        replay_differs(replay, &replay->answer->aggregates,
                       SAY("统计值 %s %s：存储中有 %" PRIu64 " 个，复算只得出其中 %" PRIu64 " 个",
                           "aggregates %s %s: the store has %" PRIu64 ", the replay gives %" PRIu64
                           " of them"),
                       replay_point_name(replay, point, name), period_word(period),
                       replay->stored[cell], replay->counted[cell]);
    }
}

/* What the replay did not give. The store may go on meanwhile: the replay follows to where it stood
 * when its rows were counted. */
bool replay_aggregates(struct replay *replay,
                       bool (*feed)(struct replay *, uint64_t, struct error *), struct error *err)
{
    const struct replay_setup *setup = replay->setup;
    struct span span = {wall_is_known(setup->from) ? setup->from : (struct wall_time){INT64_MIN},
                        wall_is_known(setup->to) ? setup->to : (struct wall_time){INT64_MAX}};

    for (int period = PERIOD_1MIN; period < PERIOD_COUNT; period++) {
        struct counting counting = {replay, (enum period)period};
        uint64_t judged = 0;

        if (!reader_aggregate_keys(replay->asks, counting.period, span, count_key, &counting,
                                   &judged, err) ||
            !feed(replay, judged, err))
            return false;
        compare_counts(replay, counting.period);
    }
    return true;
}
