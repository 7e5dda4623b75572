#include "ledger/lane.h"

bool bound_is_same(const struct bound *one, const struct bound *other)
{
    if (one->kind != other->kind || one->decimals != other->decimals)
        return false;
    return (one->kind == BOUND_BELOW || one->high == other->high) &&
           (one->kind == BOUND_ABOVE || one->low == other->low);
}

double bound_beyond(const struct bound *bound, double value)
{
    switch (bound->kind) {
    case BOUND_ABOVE:
        return value - bound->high;
    case BOUND_BELOW:
        return bound->low - value;
    case BOUND_BETWEEN:
        break;
    }
    return fmax(value - bound->high, bound->low - value);
}

void lanes_of_bound(struct lanes *lanes, const struct bound *bound)
{
    *lanes = (struct lanes){.count = 1};
    lanes->lane[0].stage_count = 1;
    lanes->lane[0].stages[0] =
        (struct stage){.from = WALL_NONE, .to = WALL_NONE, .bound = *bound, .per_day = -1};
}

const struct stage *lane_stage(const struct lane *lane, struct wall_time time)
{
    for (size_t i = 0; i < lane->stage_count; i++) {
        const struct stage *stage = &lane->stages[i];

        if (time.ms >= stage->from.ms && (!wall_is_known(stage->to) || time.ms < stage->to.ms))
            return stage;
    }
    return NULL;
}
