/* The criteria of a point's rules: each lane of each rule that can be broken, and its number of a
 * day.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/evaluation_inside.h"

/* Making ------------------------------------------------------------------------------------ */

/* The last stage that begins before the window ends; NULL: none has begun by then. */
static const struct stage *last_stage(const struct evaluation *evaluation, const struct lane *lane)
{
    const struct stage *last = NULL;

    for (size_t i = 0; i < lane->stage_count; i++)
        if (lane->stages[i].from.ms < evaluation->window.end.ms)
            last = &lane->stages[i];
    return last;
}

static bool is_of_a_day(enum period period)
{
    return period == PERIOD_DAY || period == PERIOD_DAYTIME || period == PERIOD_NIGHT;
}

/* Which number of the day it is: VERDICT.md, "Criteria and days". */
static void choose_number(const struct evaluation *evaluation, const struct eval_point *point,
                          struct criterion *criterion)
{
    const struct lane *lane = criterion->lane;
    int medium = point->parameter->medium;

    criterion->statistic = lane->statistic;
    if (medium == MEDIUM_NOISE && lane->statistic != STATISTIC_MAX_8H) {
        criterion->period = criterion->when == WHEN_NIGHT ? PERIOD_NIGHT : PERIOD_DAYTIME;
    } else if (medium == MEDIUM_WATER && lane->statistic == STATISTIC_MEAN &&
               lane->when == WHEN_ALWAYS) {
        criterion->period = PERIOD_DAY;
    } else if (is_of_a_day(lane->on)) {
        criterion->period = lane->on;
    } else {
        criterion->period =
            lane->on == PERIOD_READING ? verdict_reading_as(evaluation->terms) : lane->on;
        criterion->worst = true;
        criterion->rank = criterion->last->per_day < 0 ? 1 : (unsigned)criterion->last->per_day + 1;
    }
    criterion->listed =
        lane->on == PERIOD_READING ? verdict_reading_as(evaluation->terms) : lane->on;
}

static bool add_criterion(const struct evaluation *evaluation, struct eval_point *point,
                          const struct sheet_rule *rule, const struct lane *lane, enum when when,
                          struct error *err)
{
    struct criterion *criterion = &point->criteria[point->criterion_count];

    *criterion = (struct criterion){.rule = rule,
                                    .lane = lane,
                                    .last = last_stage(evaluation, lane),
                                    .when = when,
                                    .top_day = evaluation->day_count};
    if (criterion->last == NULL || lane->on == PERIOD_MONTH || lane->on == PERIOD_YEAR)
        return true;
    choose_number(evaluation, point, criterion);
    point->criterion_count++;
    criterion->units = calloc(evaluation->day_count + 1, sizeof *criterion->units);
    if (criterion->worst)
        criterion->top = calloc(criterion->rank, sizeof *criterion->top);
    if (criterion->units == NULL || (criterion->worst && criterion->top == NULL))
        return eval_no_memory(err);
    for (size_t i = 0; i < evaluation->day_count; i++)
        criterion->units[i].value = NAN;
    return true;
}

/* Noise that is judged at all hours is judged by day and by night, the night apart. */
static bool add_lane(const struct evaluation *evaluation, struct eval_point *point,
                     const struct sheet_rule *rule, const struct lane *lane, struct error *err)
{
    if (point->parameter->medium != MEDIUM_NOISE || lane->when != WHEN_ALWAYS)
        return add_criterion(evaluation, point, rule, lane, lane->when, err);
    return add_criterion(evaluation, point, rule, lane, WHEN_DAY, err) &&
           add_criterion(evaluation, point, rule, lane, WHEN_NIGHT, err);
}

bool criteria_make(const struct evaluation *evaluation, struct eval_point *point, struct error *err)
{
    const struct point_sheet *sheet = point->sheet;

    point->criteria = calloc(2 * LANES_MAX * (sheet->rule_count + 1), sizeof *point->criteria);
    if (point->criteria == NULL)
        return eval_no_memory(err);
    for (size_t i = 0; i < sheet->rule_count; i++) {
        const struct sheet_rule *rule = &sheet->rules[i];

        for (size_t j = 0; rule->rule.nature == NATURE_BREACH && j < rule->lanes.count; j++)
            if (!add_lane(evaluation, point, rule, &rule->lanes.lane[j], err))
                return false;
    }
    return true;
}

void criteria_end(struct eval_point *point)
{
    for (size_t i = 0; i < point->criterion_count; i++) {
        free(point->criteria[i].units);
        free(point->criteria[i].top);
        free(point->criteria[i].exceedances);
    }
    free(point->criteria);
    point->criteria = NULL;
    point->criterion_count = 0;
}

unsigned criteria_want(const struct eval_point *point)
{
    unsigned wanted = 1u << PERIOD_1H | 1u << PERIOD_DAY;

    for (size_t i = 0; i < point->criterion_count; i++)
        wanted |= 1u << point->criteria[i].period | 1u << point->criteria[i].listed;
    return wanted;
}

/* Taking ------------------------------------------------------------------------------------ */

bool criterion_exceeds(const struct criterion *criterion, const struct stage *stage, double value)
{
    return rule_judge(&criterion->rule->rule, &stage->bound, value, QUALITY_NORMAL) ==
           STANDING_BREACH;
}

/* The day a period counts to; day_count: none. A night, and what lies in it, counts to its evening.
 */
static size_t day_of(const struct evaluation *evaluation, const struct criterion *criterion,
                     const struct aggregate *aggregate)
{
    struct wall_time at = aggregate->start;

    if (criterion->worst && criterion->when == WHEN_NIGHT)
        at = period_at(PERIOD_NIGHT, at, evaluation->night).start;
    return eval_day_of(evaluation, at);
}

/* Where the side of a day ends: what goes on beyond it is not of that side. */
static struct wall_time side_end(const struct evaluation *evaluation, size_t day)
{
    switch (evaluation->days[day].side) {
    case SIDE_WINDOW:
        return evaluation->window.end;
    case SIDE_BEFORE:
        return evaluation->struck_off;
    case SIDE_NEITHER:
        break;
    }
    return evaluation->days[day].span.end;
}

static bool is_of_its_hours(const struct evaluation *evaluation, enum when when,
                            const struct aggregate *aggregate)
{
    if (when == WHEN_ALWAYS || is_of_a_day(aggregate->period))
        return true;
    return (when == WHEN_NIGHT) == period_is_night(aggregate->start, evaluation->night);
}

/* The worst come first; what is milder than the rank asks for falls off. */
static void add_to_top(struct criterion *criterion, double value)
{
    const struct bound *bound = &criterion->last->bound;
    unsigned place = criterion->top_count;

    while (place > 0 && bound_beyond(bound, criterion->top[place - 1]) < bound_beyond(bound, value))
        place--;
    if (place == criterion->rank)
        return;
    if (criterion->top_count < criterion->rank)
        criterion->top_count++;
    memmove(&criterion->top[place + 1], &criterion->top[place],
            (criterion->top_count - place - 1) * sizeof criterion->top[0]);
    criterion->top[place] = value;
}

static void settle_top(struct criterion *criterion, size_t next_day)
{
    if (criterion->top_count == criterion->rank && criterion->top_count > 0)
        criterion->units[criterion->top_day].value = criterion->top[criterion->rank - 1];
    criterion->top_count = 0;
    criterion->top_day = next_day;
}

static void take_part(const struct evaluation *evaluation, struct criterion *criterion,
                      const struct aggregate *aggregate)
{
    double value = aggregate_value(aggregate, criterion->statistic);
    size_t day = day_of(evaluation, criterion, aggregate);

    if (day == evaluation->day_count || !aggregate->enough || isnan(value) ||
        !is_of_its_hours(evaluation, criterion->when, aggregate))
        return;
    if (day != criterion->top_day)
        settle_top(criterion, day);
    add_to_top(criterion, value);
}

static void take_whole(const struct evaluation *evaluation, struct criterion *criterion,
                       const struct aggregate *aggregate)
{
    size_t day = day_of(evaluation, criterion, aggregate);

    if (day == evaluation->day_count || aggregate->end.ms > side_end(evaluation, day).ms)
        return;
    criterion->units[day].value = aggregate_value(aggregate, criterion->statistic);
    criterion->units[day].valid = aggregate->enough;
}

/* Exceedances ------------------------------------------------------------------------------- */

static bool list_exceedance(struct criterion *criterion, const struct aggregate *aggregate,
                            const struct stage *stage, double value)
{
    struct exceedance *last = criterion->exceedance_count == 0
                                  ? NULL
                                  : &criterion->exceedances[criterion->exceedance_count - 1];

    if (last != NULL && aggregate->start.ms <= last->span.end.ms && last->stage == stage) {
        last->span.end = aggregate->end;
        if (bound_beyond(&stage->bound, value) > bound_beyond(&stage->bound, last->value))
            last->value = value;
        return true;
    }
    if (criterion->exceedance_count == EXCEEDANCES_MAX) {
        criterion->exceedances_left_out++;
        return true;
    }
    if (!eval_grow((void **)&criterion->exceedances, criterion->exceedance_count,
                   &criterion->exceedance_room, sizeof *criterion->exceedances))
        return false;
    criterion->exceedances[criterion->exceedance_count++] = (struct exceedance){
        {aggregate->start, aggregate->end},
        value, stage
    };
    return true;
}

static bool look_for_exceedance(const struct evaluation *evaluation, struct criterion *criterion,
                                const struct aggregate *aggregate)
{
    const struct stage *stage = lane_stage(criterion->lane, aggregate->start);
    double value = aggregate_value(aggregate, criterion->statistic);

    if (!aggregate->enough || stage == NULL || isnan(value) ||
        aggregate->start.ms < evaluation->window.start.ms ||
        aggregate->end.ms > evaluation->window.end.ms ||
        !is_of_its_hours(evaluation, criterion->when, aggregate) ||
        !criterion_exceeds(criterion, stage, value))
        return true;
    return list_exceedance(criterion, aggregate, stage, value);
}

bool criteria_take(const struct evaluation *evaluation, struct eval_point *point,
                   const struct aggregate *aggregate, struct error *err)
{
    for (size_t i = 0; i < point->criterion_count; i++) {
        struct criterion *criterion = &point->criteria[i];

        if (criterion->listed == aggregate->period &&
            !look_for_exceedance(evaluation, criterion, aggregate))
            return eval_no_memory(err);
        if (criterion->period != aggregate->period)
            continue;
        if (criterion->worst)
            take_part(evaluation, criterion, aggregate);
        else
            take_whole(evaluation, criterion, aggregate);
    }
    return true;
}

/* Settling ---------------------------------------------------------------------------------- */

/* Whether the period of the number of a day lies inside the side: the last night of one does not.
 */
static bool is_inside(const struct evaluation *evaluation, const struct criterion *criterion,
                      size_t day)
{
    struct span night;

    if (evaluation->days[day].side == SIDE_NEITHER)
        return false;
    if (criterion->when != WHEN_NIGHT)
        return true;
    night = period_at(PERIOD_NIGHT, evaluation->days[day].span.start, evaluation->night);
    while (night.start.ms < evaluation->days[day].span.start.ms)
        night = period_next(PERIOD_NIGHT, night, evaluation->night);
    return night.end.ms <= side_end(evaluation, day).ms;
}

static void settle(const struct evaluation *evaluation, const struct eval_point *point,
                   struct criterion *criterion)
{
    if (criterion->worst)
        settle_top(criterion, evaluation->day_count);
    for (size_t i = 0; i < evaluation->day_count; i++) {
        const struct stage *stage = lane_stage(criterion->lane, evaluation->days[i].span.start);
        struct unit *unit = &criterion->units[i];

        unit->there = is_inside(evaluation, criterion, i);
        unit->judged = unit->there && stage != NULL;
        if (criterion->worst)
            unit->valid = point->rows[i].enough;
        unit->valid = unit->valid && unit->judged && !isnan(unit->value);
        unit->exceeded = unit->valid && criterion_exceeds(criterion, stage, unit->value);
    }
}

void criteria_settle(const struct evaluation *evaluation, struct eval_point *point)
{
    for (size_t i = 0; i < point->criterion_count; i++)
        settle(evaluation, point, &point->criteria[i]);
}
