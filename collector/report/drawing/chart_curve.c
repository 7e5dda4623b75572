/* The curve and its band, the limits, what breaks them, and the legend that names them. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "drawing/chart_inside.h"

/* --- the curve ------------------------------------------------------------------------------- */

static bool is_before(const struct plot *plot, const struct chart_value *value)
{
    return wall_is_known(plot->chart->struck_off) && value->start.ms < plot->chart->struck_off.ms;
}

static double middle_x(const struct plot *plot, const struct chart_value *value)
{
    struct wall_time middle = {value->start.ms / 2 + value->end.ms / 2};

    return chart_x(plot, middle);
}

static bool is_drawn(const struct plot *plot, const struct chart_value *value)
{
    return value->valid && isfinite(value->mean) && value->end.ms > plot->chart->from.ms &&
           value->start.ms < plot->chart->to.ms;
}

/* One unbroken run, all of it before or after the strike-off: [first, last]. */
static size_t run_end(const struct plot *plot, size_t first)
{
    const struct chart_value *values = plot->chart->values;
    size_t last = first;

    while (last + 1 < plot->chart->value_count && is_drawn(plot, &values[last + 1]) &&
           values[last + 1].start.ms == values[last].end.ms &&
           is_before(plot, &values[last + 1]) == is_before(plot, &values[first]))
        last++;
    return last;
}

/* Also a value alone has its width. */
static void outline_band(const struct plot *plot, size_t first, size_t last, bool upper)
{
    const struct chart_value *values = plot->chart->values;

    for (size_t k = 0; k <= last - first; k++) {
        const struct chart_value *value = &values[upper ? first + k : last - k];
        double level = upper ? value->max : value->min;
        double y = chart_y(plot, isfinite(level) ? level : value->mean);

        if (first == last) {
            cairo_line_to(plot->cr, chart_x(plot, upper ? value->start : value->end), y);
            cairo_line_to(plot->cr, chart_x(plot, upper ? value->end : value->start), y);
        } else {
            cairo_line_to(plot->cr, middle_x(plot, value), y);
        }
    }
}

static void draw_run(const struct plot *plot, size_t first, size_t last)
{
    const struct chart_value *values = plot->chart->values;
    bool before = is_before(plot, &values[first]);

    cairo_new_path(plot->cr);
    outline_band(plot, first, last, true);
    outline_band(plot, first, last, false);
    cairo_close_path(plot->cr);
    ink_use(plot->cr, before ? INK_BEFORE_BAND : INK_BAND);
    cairo_fill(plot->cr);
    ink_use(plot->cr, before ? INK_BEFORE : INK_LINE);
    cairo_set_line_width(plot->cr, before ? 0.8 : 1.1);
    cairo_set_line_join(plot->cr, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = first; i <= last; i++)
        cairo_line_to(plot->cr, middle_x(plot, &values[i]), chart_y(plot, values[i].mean));
    cairo_stroke(plot->cr);
    if (first == last) {
        cairo_arc(plot->cr, middle_x(plot, &values[first]), chart_y(plot, values[first].mean), 1.3,
                  0.0, 2.0 * M_PI);
        cairo_fill(plot->cr);
    }
}

void chart_draw_curve(const struct plot *plot)
{
    for (size_t i = 0; i < plot->chart->value_count; i++) {
        size_t last;

        if (!is_drawn(plot, &plot->chart->values[i]))
            continue;
        last = run_end(plot, i);
        draw_run(plot, i, last);
        i = last;
    }
}

/* --- limits ---------------------------------------------------------------------------------- */

enum { LABELS_MAX = 32 };

struct boxes {
    cairo_rectangle_t list[LABELS_MAX];
    size_t count;
};

static bool is_free(const struct boxes *boxes, const cairo_rectangle_t *one)
{
    for (size_t i = 0; i < boxes->count; i++) {
        const cairo_rectangle_t *other = &boxes->list[i];

        if (one->x < other->x + other->width && other->x < one->x + one->width &&
            one->y < other->y + other->height && other->y < one->y + one->height)
            return false;
    }
    return true;
}

static bool is_inside(const cairo_rectangle_t *box, double x, double y)
{
    return x > box->x - 3.0 && x < box->x + box->width + 3.0 && y > box->y - 3.0 &&
           y < box->y + box->height + 3.0;
}

/* How much of the curve a box would cover: places on it, some between two days as well. */
static size_t covered(const struct plot *plot, const cairo_rectangle_t *box)
{
    enum { BETWEEN = 6 };
    const struct chart_value *values = plot->chart->values;
    size_t count = 0;

    for (size_t i = 0; i < plot->chart->value_count; i++) {
        bool joined = i > 0 && is_drawn(plot, &values[i - 1]);
        double x = middle_x(plot, &values[i]);
        double y = chart_y(plot, values[i].mean);
        double back_x = joined ? middle_x(plot, &values[i - 1]) - x : 0.0;
        double back_y = joined ? chart_y(plot, values[i - 1].mean) - y : 0.0;

        for (int k = 0; is_drawn(plot, &values[i]) && k < (joined ? BETWEEN : 1); k++)
            count += is_inside(box, x + back_x * k / BETWEEN, y + back_y * k / BETWEEN);
    }
    return count;
}

static bool crosses_strike_off(const struct plot *plot, const cairo_rectangle_t *box)
{
    double x =
        wall_is_known(plot->chart->struck_off) ? chart_x(plot, plot->chart->struck_off) : plot->x;

    return x > box->x - 3.0 && x < box->x + box->width + 3.0 && x > plot->x;
}

enum { PLACES = 7 };

/* Along the line, above or below it, where least of the curve is covered and no other label. */
static void place_label(const struct plot *plot, struct boxes *boxes, const char *label,
                        double left, double right, double y)
{
    struct lettering how = {.size = 7.0, .ink = INK_LIMIT};
    cairo_rectangle_t box = {0};
    cairo_rectangle_t best = {0};
    size_t least = SIZE_MAX;

    letters_measure(plot->letters, &how, label, &box.width, &box.height);
    for (int i = 0; i < 2 * PLACES; i++) {
        double room = right - left - box.width - 8.0;
        int step = i / 2; /* two places at each: above and below */
        size_t cost;

        box.x = right - box.width - 4.0 - step * fmax(room, 0.0) / (PLACES - 1);
        box.x = fmax(fmin(box.x, plot->x + plot->width - box.width - 2.0), plot->x + 2.0);
        box.y = i % 2 == 0 ? y - box.height - 3.0 : y + 3.5;
        cost = covered(plot, &box) + (crosses_strike_off(plot, &box) ? 5 : 0) +
               (is_free(boxes, &box) ? 0 : 1000) +
               (box.y >= plot->y && box.y + box.height <= plot->y + plot->height ? 0 : 500);
        if (cost < least) {
            least = cost;
            best = box;
        }
    }
    cairo_set_source_rgba(plot->cr, 1.0, 1.0, 1.0, 0.88);
    cairo_rectangle(plot->cr, best.x - 1.0, best.y + 0.8, best.width + 2.0, best.height - 1.4);
    cairo_fill(plot->cr);
    letters_draw(plot->letters, plot->cr, &how, best.x, best.y, label);
    if (boxes->count < LABELS_MAX)
        boxes->list[boxes->count++] = best;
}

/* Dashed, with barbs on the side that is forbidden. */
static void draw_limit_line(const struct plot *plot, double left, double right, double y,
                            bool is_upper)
{
    static const double dashes[] = {5.0, 2.5};

    ink_use(plot->cr, INK_LIMIT);
    cairo_set_line_width(plot->cr, 1.1);
    cairo_set_dash(plot->cr, dashes, 2, 0.0);
    cairo_move_to(plot->cr, left, y);
    cairo_line_to(plot->cr, right, y);
    cairo_stroke(plot->cr);
    cairo_set_dash(plot->cr, NULL, 0, 0.0);
    cairo_set_line_width(plot->cr, 0.6);
    for (int i = 0; left + 6.0 + 15.0 * i < right; i++) {
        double x = left + 6.0 + 15.0 * i;

        cairo_move_to(plot->cr, x, y);
        cairo_line_to(plot->cr, x + 2.5, y + (is_upper ? -3.0 : 3.0));
    }
    cairo_stroke(plot->cr);
}

void chart_draw_limits(const struct plot *plot)
{
    const struct chart *chart = plot->chart;
    struct boxes boxes = {.count = 0};

    for (size_t i = 0; i < chart->limit_count; i++) {
        const struct chart_limit *limit = &chart->limits[i];
        double left = wall_is_known(limit->from) ? chart_x(plot, limit->from) : plot->x;
        double right = wall_is_known(limit->to) ? chart_x(plot, limit->to) : plot->x + plot->width;
        double label_at = isfinite(limit->high) ? limit->high : limit->low;

        if (right <= left)
            continue;
        if (isfinite(limit->high))
            draw_limit_line(plot, left, right, chart_y(plot, limit->high), true);
        if (isfinite(limit->low))
            draw_limit_line(plot, left, right, chart_y(plot, limit->low), false);
        if (isfinite(label_at))
            place_label(plot, &boxes, limit->label, left, right, chart_y(plot, label_at));
    }
}

/* --- what breaks them ------------------------------------------------------------------------ */

/* Before the strike-off: empty. */
static void draw_triangle(cairo_t *cr, double x, double y, double size, bool before)
{
    cairo_move_to(cr, x - size, y - size * 1.1);
    cairo_line_to(cr, x + size, y - size * 1.1);
    cairo_line_to(cr, x, y + size * 0.85);
    cairo_close_path(cr);
    ink_use(cr, before ? INK_PAPER : INK_LIMIT);
    cairo_fill_preserve(cr);
    ink_use(cr, before ? INK_LIMIT : INK_TEXT);
    cairo_set_line_width(cr, before ? 0.5 : 0.4);
    cairo_stroke(cr);
}

/* Many of them are smaller, so that they do not become one bar. */
void chart_draw_marks(const struct plot *plot)
{
    const struct chart *chart = plot->chart;
    double room = plot->width / (double)(chart->mark_count + 1);
    double size = fmin(fmax(room, 1.3), 2.8);

    for (size_t i = 0; i < chart->mark_count; i++) {
        const struct chart_mark *mark = &chart->marks[i];

        if (mark->time.ms >= chart->from.ms && mark->time.ms < chart->to.ms &&
            isfinite(mark->value))
            draw_triangle(plot->cr, chart_x(plot, mark->time), chart_y(plot, mark->value), size,
                          mark->before);
    }
}

/* --- legend ---------------------------------------------------------------------------------- */

struct legend {
    const struct plot *plot;
    double x, y;
};

static void legend_word(struct legend *legend, const char *word)
{
    struct lettering how = {.size = 7.0, .ink = INK_QUIET};
    double width;

    letters_measure(legend->plot->letters, &how, word, &width, NULL);
    letters_draw(legend->plot->letters, legend->plot->cr, &how, legend->x + 17.0, legend->y, word);
    legend->x += width + 28.0;
}

static bool has_before(const struct plot *plot)
{
    for (size_t i = 0; i < plot->chart->value_count; i++)
        if (is_drawn(plot, &plot->chart->values[i]) && is_before(plot, &plot->chart->values[i]))
            return true;
    return false;
}

static void legend_curve(struct legend *legend)
{
    cairo_t *cr = legend->plot->cr;

    if (legend->plot->chart->band_word != NULL) {
        cairo_rectangle(cr, legend->x, legend->y + 2.0, 14.0, 7.0);
        ink_use(cr, INK_BAND);
        cairo_fill(cr);
    }
    ink_use(cr, INK_LINE);
    cairo_set_line_width(cr, 1.1);
    cairo_move_to(cr, legend->x, legend->y + 5.5);
    cairo_line_to(cr, legend->x + 14.0, legend->y + 5.5);
    cairo_stroke(cr);
}

static void legend_words_of_curve(struct legend *legend)
{
    const struct chart *chart = legend->plot->chart;
    char words[160];

    legend_curve(legend);
    if (chart->band_word == NULL)
        snprintf(words, sizeof words, "%s", chart->mean_word);
    else
        snprintf(words, sizeof words, SAY("%s（线），%s（带）", "%s (line), %s (band)"),
                 chart->mean_word, chart->band_word);
    if (has_before(legend->plot))
        strncat(words, SAY("；销号前较浅", "; paler before the strike-off"),
                sizeof words - strlen(words) - 1);
    legend_word(legend, words);
}

void chart_draw_legend(const struct plot *plot, double x, double y)
{
    struct legend legend = {plot, x, y};
    cairo_t *cr = plot->cr;

    legend_words_of_curve(&legend);
    if (plot->chart->limit_count > 0) {
        draw_limit_line(plot, legend.x, legend.x + 14.0, y + 5.5, true);
        legend_word(&legend, SAY("限值", "limit"));
    }
    if (plot->chart->mark_count > 0) {
        draw_triangle(cr, legend.x + 7.0, y + 6.0, 2.6, false);
        legend_word(&legend, SAY("超标", "exceeds"));
    }
    ink_hatch(cr, legend.x, y + 3.0, 14.0, 5.0, 1.6, 1, INK_TEXT);
    legend_word(&legend, SAY("没有有效数据", "no valid data"));
    if (plot->chart->maintenance_count > 0) {
        ink_hatch(cr, legend.x, y + 2.0, 14.0, 7.0, 2.5, 0, INK_RULE);
        legend_word(&legend, SAY("维护", "maintenance"));
    }
}
