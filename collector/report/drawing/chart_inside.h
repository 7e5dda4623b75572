/* chart_inside.h - the parts of a chart. Inside drawing/ only. */
#ifndef DRAWING_CHART_INSIDE_H
#define DRAWING_CHART_INSIDE_H

#include "drawing/chart.h"
#include "drawing/chart_axis.h"

/* The rectangle the curve stands in. */
struct plot {
    const struct chart *chart;
    cairo_t *cr;
    const struct letters *letters;
    double x, y, width, height;
    struct value_axis axis;
};

/* Places of a moment and a value, kept inside the plot. */
double chart_x(const struct plot *plot, struct wall_time time);
double chart_y(const struct plot *plot, double value);

void chart_draw_curve(const struct plot *plot);
void chart_draw_limits(const struct plot *plot);
void chart_draw_marks(const struct plot *plot);
void chart_draw_legend(const struct plot *plot, double x, double y);

#endif
