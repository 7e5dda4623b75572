/* chart.h - one parameter over time: what it was, what it must not be, and where nothing is known.
 *
 * Vector, in local time, readable in grey: the mean is a line, least and greatest a band, a limit a
 * dashed line with barbs on its forbidden side and its edition beside it, what breaks it a
 * triangle. Where no valid value is, the line is open and a hatched strip at the foot says so.
 * Before a strike-off all is paler.
 */
#ifndef DRAWING_CHART_H
#define DRAWING_CHART_H

#include <stdbool.h>

#include "base/clock.h"
#include "drawing/page.h"

struct chart_value { /* in order of time */
    struct wall_time start, end;
    double min, mean, max; /* NAN: not known */
    bool valid;            /* enough of it was measured */
};

struct chart_limit {
    const char *label;         /* "≤ 1.5 mg/L GB 3838-2002 IV" */
    double low, high;          /* NAN: not bounded on that side */
    struct wall_time from, to; /* in force; WALL_NONE: no such end */
};

struct chart_mark {
    struct wall_time time;
    double value;
    bool before; /* the strike-off: drawn empty */
};

struct chart_stretch {
    struct wall_time from, to;
    const char *label;
};

struct chart {
    const char *title, *unit;
    const char *mean_word, *band_word; /* what the line and the band are, for the legend */
    struct wall_time from, to;
    const struct chart_value *values;
    size_t value_count;
    const struct chart_limit *limits;
    size_t limit_count;
    const struct chart_mark *marks;
    size_t mark_count;
    const struct chart_stretch *maintenance;
    size_t maintenance_count;
    struct wall_time struck_off;  /* WALL_NONE: none */
    int night_begins, night_ends; /* minutes after midnight, for noise; equal: not shaded */
    double height;                /* of the whole, points */
};

/* At the page's place, as wide as the page; goes to a new page when there is no room. */
void chart_draw(struct page *page, const struct chart *chart);

#endif
