#include "drawing/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "drawing/chart_axis.h"
#include "drawing/chart_inside.h"

static const double strip_height = 5.0;

double chart_x(const struct plot *plot, struct wall_time time)
{
    double share = (double)(time.ms - plot->chart->from.ms) /
                   (double)(plot->chart->to.ms - plot->chart->from.ms);

    share = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
    return plot->x + share * plot->width;
}

double chart_y(const struct plot *plot, double value)
{
    double share = (value - plot->axis.low) / (plot->axis.high - plot->axis.low);

    share = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
    return plot->y + plot->height - share * plot->height;
}

/* --- the axes -------------------------------------------------------------------------------- */

static void widen(double *low, double *high, double value)
{
    if (!isfinite(value))
        return;
    *low = isnan(*low) || value < *low ? value : *low;
    *high = isnan(*high) || value > *high ? value : *high;
}

/* Everything that is drawn has room; from 0 where that is not far away. */
static struct value_axis value_axis_of(const struct chart *chart)
{
    double low = NAN;
    double high = NAN;

    for (size_t i = 0; i < chart->value_count; i++) {
        widen(&low, &high, chart->values[i].min);
        widen(&low, &high, chart->values[i].mean);
        widen(&low, &high, chart->values[i].max);
    }
    for (size_t i = 0; i < chart->limit_count; i++) {
        widen(&low, &high, chart->limits[i].low);
        widen(&low, &high, chart->limits[i].high);
    }
    for (size_t i = 0; i < chart->mark_count; i++)
        widen(&low, &high, chart->marks[i].value);
    if (isnan(low))
        return axis_values(0.0, 1.0);
    if (low > 0.0 && low < 0.6 * high)
        low = 0.0;
    return axis_values(low, high + (high - low) * 0.06);
}

static void draw_value_axis(const struct plot *plot)
{
    struct lettering how = {.size = 7.0, .ink = INK_QUIET, .align = ALIGN_RIGHT};
    int steps = (int)lround((plot->axis.high - plot->axis.low) / plot->axis.step);

    cairo_set_line_width(plot->cr, 0.4);
    for (int i = 0; i <= steps; i++) {
        double value = plot->axis.low + i * plot->axis.step;
        double y = chart_y(plot, value);
        char label[32];

        ink_use(plot->cr, INK_RULE);
        cairo_move_to(plot->cr, plot->x, y);
        cairo_line_to(plot->cr, plot->x + plot->width, y);
        cairo_stroke(plot->cr);
        snprintf(label, sizeof label, "%.*f", plot->axis.decimals, value + 0.0);
        letters_draw(plot->letters, plot->cr, &how, plot->x - 4.0, y - 5.2, label);
    }
}

static void draw_time_axis(const struct plot *plot)
{
    struct lettering how = {.size = 7.0, .ink = INK_QUIET, .align = ALIGN_CENTRE};
    struct time_tick ticks[TICKS_MAX];
    size_t count = axis_times(plot->chart->from, plot->chart->to, 15, ticks);
    double y = plot->y + plot->height + strip_height;

    cairo_set_line_width(plot->cr, 0.6);
    for (size_t i = 0; i < count; i++) {
        double x = chart_x(plot, ticks[i].time);

        ink_use(plot->cr, INK_RULE);
        cairo_move_to(plot->cr, x, plot->y + plot->height);
        cairo_line_to(plot->cr, x, y + 3.0);
        cairo_stroke(plot->cr);
        letters_draw(plot->letters, plot->cr, &how, x, y + 2.0, ticks[i].label);
        if (ticks[i].below[0] != '\0')
            letters_draw(plot->letters, plot->cr, &how, x, y + 10.5, ticks[i].below);
    }
}

static void draw_frame(const struct plot *plot)
{
    ink_use(plot->cr, INK_QUIET);
    cairo_set_line_width(plot->cr, 0.7);
    cairo_rectangle(plot->cr, plot->x, plot->y, plot->width, plot->height);
    cairo_stroke(plot->cr);
    cairo_rectangle(plot->cr, plot->x, plot->y + plot->height, plot->width, strip_height);
    cairo_set_line_width(plot->cr, 0.4);
    cairo_stroke(plot->cr);
}

/* --- what stands behind the curve ------------------------------------------------------------ */

static void draw_nights(const struct plot *plot)
{
    const struct chart *chart = plot->chart;
    int length = (chart->night_ends - chart->night_begins + 24 * 60) % (24 * 60);

    if (length == 0 || chart->to.ms - chart->from.ms > INT64_C(10) * 86400 * 1000)
        return;
    ink_use(plot->cr, INK_NIGHT);
    for (int day = -1;; day++) {
        struct wall_time midnight = local_midnight(chart->from, day);
        struct wall_time begin = {midnight.ms + chart->night_begins * INT64_C(60000)};
        struct wall_time end = {begin.ms + length * INT64_C(60000)};
        double left = chart_x(plot, begin);

        if (begin.ms >= chart->to.ms)
            break;
        cairo_rectangle(plot->cr, left, plot->y, chart_x(plot, end) - left, plot->height);
        cairo_fill(plot->cr);
    }
}

/* Where the strike-off's words stand, from left to right; both 0 where there are none. */
struct strike_off {
    char words[80];
    double x, left, right;
};

static const struct lettering strike_off_lettering = {
    .size = 7.5, .bold = true, .ink = {0.10, 0.10, 0.12},
            .align = ALIGN_CENTRE
};

static bool find_strike_off(const struct plot *plot, struct strike_off *at)
{
    struct wall_time time = plot->chart->struck_off;
    double width;
    double middle;
    char day[32];

    *at = (struct strike_off){.x = 0.0};
    if (!wall_is_known(time) || time.ms <= plot->chart->from.ms || time.ms >= plot->chart->to.ms)
        return false;
    at->x = chart_x(plot, time);
    snprintf(at->words, sizeof at->words, SAY("销号 %s", "struck off %s"), local_day(time, day));
    letters_measure(plot->letters, &strike_off_lettering, at->words, &width, NULL);
    middle = fmin(fmax(at->x, plot->x + width / 2.0), plot->x + plot->width - width / 2.0);
    at->left = middle - width / 2.0;
    at->right = middle + width / 2.0;
    return true;
}

static void draw_maintenance(const struct plot *plot)
{
    struct lettering how = {.size = 6.5, .ink = INK_QUIET, .align = ALIGN_CENTRE};
    double free_from = plot->x;
    struct strike_off struck;

    find_strike_off(plot, &struck);
    for (size_t i = 0; i < plot->chart->maintenance_count; i++) {
        const struct chart_stretch *one = &plot->chart->maintenance[i];
        double left = chart_x(plot, one->from);
        double right = chart_x(plot, one->to);
        double width;

        if (one->to.ms <= plot->chart->from.ms || one->from.ms >= plot->chart->to.ms)
            continue;
        right = right < left + 1.5 ? left + 1.5 : right;
        ink_hatch(plot->cr, left, plot->y, right - left, plot->height, 2.5, 0, INK_RULE);
        letters_measure(plot->letters, &how, one->label, &width, NULL);
        if ((left + right) / 2.0 - width / 2.0 < free_from ||
            (left + right) / 2.0 + width / 2.0 > plot->x + plot->width ||
            ((left + right) / 2.0 - width / 2.0 < struck.right + 3.0 &&
             (left + right) / 2.0 + width / 2.0 > struck.left - 3.0))
            continue;
        letters_draw(plot->letters, plot->cr, &how, (left + right) / 2.0, plot->y - 9.5,
                     one->label);
        free_from = (left + right) / 2.0 + width / 2.0 + 3.0;
    }
}

static void mark_gap(const struct plot *plot, struct wall_time from, struct wall_time to)
{
    double left = chart_x(plot, from);
    double right = chart_x(plot, to);

    if (to.ms <= from.ms)
        return;
    right = right < left + 0.8 ? left + 0.8 : right;
    ink_use(plot->cr, INK_PAPER);
    cairo_rectangle(plot->cr, left, plot->y + plot->height, right - left, strip_height);
    cairo_fill(plot->cr);
    ink_hatch(plot->cr, left, plot->y + plot->height, right - left, strip_height, 1.6, 1, INK_TEXT);
}

/* Everything of the span that no valid value covers. */
static void draw_gaps(const struct plot *plot)
{
    const struct chart *chart = plot->chart;
    struct wall_time known = chart->from;

    for (size_t i = 0; i < chart->value_count; i++) {
        const struct chart_value *value = &chart->values[i];

        if (!value->valid || value->end.ms <= chart->from.ms || value->start.ms >= chart->to.ms)
            continue;
        mark_gap(plot, known, value->start);
        known = value->end.ms > known.ms ? value->end : known;
    }
    mark_gap(plot, known, chart->to);
}

/* The strike-off: a line through everything, and its words above. */
static void draw_strike_off(const struct plot *plot)
{
    struct strike_off at;

    if (!find_strike_off(plot, &at))
        return;
    ink_use(plot->cr, INK_TEXT);
    cairo_set_line_width(plot->cr, 1.3);
    cairo_move_to(plot->cr, at.x, plot->y - 2.0);
    cairo_line_to(plot->cr, at.x, plot->y + plot->height + strip_height);
    cairo_stroke(plot->cr);
    letters_draw(plot->letters, plot->cr, &strike_off_lettering, (at.left + at.right) / 2.0,
                 plot->y - 13.0, at.words);
}

/* --- all of it ------------------------------------------------------------------------------- */

static void draw_title(const struct plot *plot, double x, double y)
{
    struct lettering how = {.size = 9.5, .bold = true, .ink = INK_TEXT};
    char words[300];

    snprintf(words, sizeof words, plot->chart->unit[0] == '\0' ? "%s" : SAY("%s（%s）", "%s (%s)"),
             plot->chart->title, plot->chart->unit);
    letters_draw(plot->letters, plot->cr, &how, x, y, words);
}

void chart_draw(struct page *page, const struct chart *chart)
{
    struct plot plot = {.chart = chart, .cr = page_cairo(page), .letters = page_letters(page)};
    double top;

    page_keep(page, chart->height);
    top = page_y(page);
    plot.axis = value_axis_of(chart);
    plot.x = page_left(page) + 34.0;
    plot.width = page_width(page) - 38.0;
    plot.y = top + 29.0;
    plot.height = chart->height - 29.0 - 42.0;
    draw_title(&plot, page_left(page), top);
    draw_nights(&plot);
    draw_value_axis(&plot);
    draw_maintenance(&plot);
    chart_draw_curve(&plot);
    draw_gaps(&plot);
    draw_frame(&plot);
    chart_draw_marks(&plot);
    chart_draw_limits(&plot);
    draw_strike_off(&plot);
    draw_time_axis(&plot);
    chart_draw_legend(&plot, page_left(page), top + chart->height - 15.0);
    page_skip(page, chart->height + 4.0);
}
