/* The lanes of a rule at a point, from the rows of a standard that apply there. */
#include "ledger/standard.h"

#include <assert.h>

bool limit_is_judged_on(const struct limit *limit, enum period on)
{
    if (limit->on == PERIOD_YEAR || limit->on == PERIOD_MONTH)
        return false;
    if (limit->on == PERIOD_READING || on == PERIOD_READING || on == limit->on)
        return true;
    /* longer ones would begin by day and end by night */
    return limit->or_shorter && on >= PERIOD_1MIN && on <= PERIOD_1H;
}

static enum period judged_on(const struct limit *limit, enum period on)
{
    return on == PERIOD_READING ? limit->on : on;
}

/* The lane of the row: rows that judge the same thing in their own time share one. */
static struct lane *lane_of(struct lanes *lanes, const struct limit *row, enum period on)
{
    for (size_t i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->lane[i];

        assert(lane->stage_count > 0);
        if (lane->on == on && lane->statistic == row->statistic && lane->when == row->when &&
            lane->stages[0].per_day == row->per_day)
            return lane;
    }
    if (lanes->count == LANES_MAX)
        return NULL;
    lanes->lane[lanes->count] =
        (struct lane){.on = on, .statistic = row->statistic, .when = row->when};
    return &lanes->lane[lanes->count++];
}

static void stage_fill(struct stage *stage, const struct limit *row)
{
    *stage = (struct stage){
        .from = row->from,
        .to = row->to,
        .bound = {.kind = row->bound,
                  .low = row->low,
                  .high = row->high,
                  .decimals = row->decimals},
        .per_day = row->per_day,
        .limit = row,
    };
}

bool standards_lanes(const struct limit *const *rows, size_t count, enum period on,
                     struct lanes *lanes)
{
    *lanes = (struct lanes){0};
    for (size_t i = 0; i < count; i++) {
        struct lane *lane;

        if (!limit_is_judged_on(rows[i], on))
            continue;
        lane = lane_of(lanes, rows[i], judged_on(rows[i], on));
        if (lane == NULL || lane->stage_count == STAGES_MAX)
            return false;
        stage_fill(&lane->stages[lane->stage_count++], rows[i]);
    }
    return true;
}
