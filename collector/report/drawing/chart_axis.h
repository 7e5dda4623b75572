/* chart_axis.h - where the ticks of an axis stand and what is written at them. Pure but for the
 * zone of the process. Inside drawing/ only.
 */
#ifndef DRAWING_CHART_AXIS_H
#define DRAWING_CHART_AXIS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

enum { TICKS_MAX = 40 };

struct time_tick {
    struct wall_time time;
    char label[16]; /* "08:00", "3-14", "2026-03" */
    char below[16]; /* the day or year it belongs to, where that changes; else "" */
};

/* At most `most` ticks (2 … TICKS_MAX) in [from, to), on whole hours, days, weeks, months or years
 * of the zone. Returns how many. */
size_t axis_times(struct wall_time from, struct wall_time to, size_t most,
                  struct time_tick ticks[TICKS_MAX]);

struct value_axis {
    double low, high, step;
    int decimals; /* that the ticks need */
};

/* An axis that holds [low, high], on steps of 1, 2 or 5. */
struct value_axis axis_values(double low, double high);

/* The local date of a moment: "2026-03-14". `out` holds 32 bytes. */
char *local_day(struct wall_time time, char *out);
/* "2026-03-14 08:00" */
char *local_minute(struct wall_time time, char *out);
/* Minutes after local midnight. */
int local_minutes(struct wall_time time);
/* The local midnight before or at a moment, moved by so many days. */
struct wall_time local_midnight(struct wall_time time, int days);

#endif
