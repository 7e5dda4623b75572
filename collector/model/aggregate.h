/* aggregate.h - one period of one point: how much there was, and what it comes to.
 *
 * A plain value. Absent numbers are NAN: nothing valid gives no mean, and never 0. Concentrations
 * have arithmetic means; noise has the energy mean (never the mean of decibels) in `mean`, which is
 * its Leq; wind direction has the vector mean.
 */
#ifndef MODEL_AGGREGATE_H
#define MODEL_AGGREGATE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/period.h"

struct aggregate {
    uint32_t point;
    enum period period;
    struct wall_time start, end;
    uint32_t version;  /* from 1; a later one has a cause, and both stay */
    uint32_t expected; /* readings, by the wall clock, whether or not anything was running */
    uint32_t count;    /* readings with a value, of any letter */
    uint32_t valid;    /* of these, normal ones (N) outside maintenance: they make the numbers */
    bool enough;       /* by the rule of validity: it may be judged and stand in a report */
    double min, mean, max;
    double l10, l50, l90; /* noise: exceeded 10, 50, 90 % of the time; L10 is the high one */
    double ld, ln, ldn;   /* noise, PERIOD_DAY: of the calendar day */
    double max_8h;        /* ozone, PERIOD_DAY: the highest moving 8 hours inside the day */
    const char *cause; /* "" for version 1; "late", "maintenance", …: why it was written again */
};

/* Nothing in it: every number absent. */
void aggregate_clear(struct aggregate *aggregate);

/* What is told of a period, each number by its name: of noise all of them, else the plain ones. */
enum { AGGREGATE_PLAIN = 3, AGGREGATE_NUMBERS = 7 };
struct aggregate_number {
    const char *name;
    double value; /* NAN: absent */
};
/* How many. */
size_t aggregate_numbers(const struct aggregate *aggregate, bool noise,
                         struct aggregate_number numbers[AGGREGATE_NUMBERS]);

/* What of it a limit speaks about. */
enum statistic { STATISTIC_MEAN, STATISTIC_MAX, STATISTIC_MAX_8H, STATISTIC_COUNT };
const char *statistic_word(enum statistic statistic); /* "mean", "max", "max_8h" */
/* NAN: it has none. */
double aggregate_value(const struct aggregate *aggregate, enum statistic statistic);

#endif
