/* lane.h - what is judged at one point by one rule: bounds, their time of force, and on what.
 *
 * A rule at one point has one lane for each thing that is judged there: a rule with a bound has
 * one, a standard may bring several (an hour's mean and a day's). A lane has a stage for each
 * edition of the standard: edition and hour pick the bound. Plain values, filled by the settings.
 */
#ifndef LEDGER_LANE_H
#define LEDGER_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/aggregate.h"

enum bound_kind { BOUND_ABOVE, BOUND_BELOW, BOUND_BETWEEN }; /* breached above / below / outside */
enum when { WHEN_ALWAYS, WHEN_DAY, WHEN_NIGHT };

struct bound {
    enum bound_kind kind;
    double low, high; /* BOUND_ABOVE: high; BOUND_BELOW: low; BETWEEN: good inside low..high */
    int decimals;     /* a value is first rounded to this many; DECIMALS_ALL: compared as it is */
};
#define DECIMALS_ALL 99

/* Whether they judge every value alike. */
bool bound_is_same(const struct bound *one, const struct bound *other);
/* How far a value is beyond it, in its unit; negative: not beyond. */
double bound_beyond(const struct bound *bound, double value);

struct limit; /* standard.h */

/* What a lane is judged by while it is in force. */
struct stage {
    struct wall_time from, to; /* from <= time < to; WALL_NONE: since ever, for ever */
    struct bound bound;
    int per_day;               /* allowed times a calendar day; -1: not counted by days */
    const struct limit *limit; /* NULL: the rule's own bound */
};

enum { LANES_MAX = 4, STAGES_MAX = 6 };

struct lane {
    enum period on;           /* PERIOD_READING: each reading */
    enum statistic statistic; /* of an aggregate */
    enum when when;
    struct stage stages[STAGES_MAX]; /* in order of time, without overlap */
    size_t stage_count;
};

struct lanes {
    struct lane lane[LANES_MAX];
    size_t count;
};

/* Of a rule with a bound of its own: one lane on readings, at any hour, since ever and for ever. */
void lanes_of_bound(struct lanes *lanes, const struct bound *bound);

/* The stage in force at a time, or NULL. */
const struct stage *lane_stage(const struct lane *lane, struct wall_time time);

#endif
