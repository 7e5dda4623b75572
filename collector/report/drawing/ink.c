#include "drawing/ink.h"

#include <math.h>

const struct ink INK_TEXT = {0.10, 0.10, 0.12};
const struct ink INK_QUIET = {0.38, 0.40, 0.43};
const struct ink INK_RULE = {0.66, 0.68, 0.71};
const struct ink INK_SHADE = {0.93, 0.94, 0.95};
const struct ink INK_LINE = {0.07, 0.25, 0.47};
const struct ink INK_BAND = {0.72, 0.82, 0.91};
const struct ink INK_BEFORE = {0.45, 0.53, 0.62};
const struct ink INK_BEFORE_BAND = {0.88, 0.91, 0.94};
const struct ink INK_LIMIT = {0.70, 0.08, 0.08};
const struct ink INK_NIGHT = {0.925, 0.935, 0.955};
const struct ink INK_PAPER = {1.0, 1.0, 1.0};

void ink_use(cairo_t *cr, struct ink ink)
{
    cairo_set_source_rgb(cr, ink.red, ink.green, ink.blue);
}

void ink_hatch(cairo_t *cr, double x, double y, double width, double height, double step, int slope,
               struct ink ink)
{
    double reach = slope == 0 ? 0.0 : height;

    cairo_save(cr);
    cairo_rectangle(cr, x, y, width, height);
    cairo_clip(cr);
    ink_use(cr, ink);
    cairo_set_line_width(cr, 0.5);
    for (int i = 0; - reach + i * step <= width; i++) {
        double foot = x - reach + i * step;

        cairo_move_to(cr, slope < 0 ? foot + reach : foot, y + height);
        cairo_line_to(cr, slope < 0 ? foot : foot + reach, y);
    }
    cairo_stroke(cr);
    cairo_restore(cr);
}

static void draw_octagon(cairo_t *cr, double x, double y, double size)
{
    double radius = size / 2.0 / cos(M_PI / 8.0);

    for (int i = 0; i < 8; i++) {
        double angle = M_PI / 8.0 + i * M_PI / 4.0;

        cairo_line_to(cr, x + size / 2.0 + radius * cos(angle),
                      y + size / 2.0 + radius * sin(angle));
    }
    cairo_close_path(cr);
}

static void draw_good(cairo_t *cr, double x, double y, double size)
{
    ink_use(cr, INK_LINE);
    cairo_arc(cr, x + size / 2.0, y + size / 2.0, size / 2.0, 0.0, 2.0 * M_PI);
    cairo_fill(cr);
    ink_use(cr, INK_PAPER);
    cairo_move_to(cr, x + size * 0.26, y + size * 0.53);
    cairo_line_to(cr, x + size * 0.43, y + size * 0.70);
    cairo_line_to(cr, x + size * 0.75, y + size * 0.33);
    cairo_stroke(cr);
}

static void draw_bad(cairo_t *cr, double x, double y, double size)
{
    ink_use(cr, INK_LIMIT);
    draw_octagon(cr, x, y, size);
    cairo_fill(cr);
    ink_use(cr, INK_PAPER);
    cairo_move_to(cr, x + size * 0.30, y + size * 0.30);
    cairo_line_to(cr, x + size * 0.70, y + size * 0.70);
    cairo_move_to(cr, x + size * 0.70, y + size * 0.30);
    cairo_line_to(cr, x + size * 0.30, y + size * 0.70);
    cairo_stroke(cr);
}

/* Drawn, not written: it looks the same in every font. */
static void draw_unknown(cairo_t *cr, double x, double y, double size)
{
    double half = cairo_get_line_width(cr) / 2.0;

    ink_use(cr, INK_TEXT);
    cairo_rectangle(cr, x + half, y + half, size - 2.0 * half, size - 2.0 * half);
    cairo_stroke(cr);
    cairo_arc(cr, x + size * 0.5, y + size * 0.38, size * 0.15, M_PI, M_PI * 2.35);
    cairo_line_to(cr, x + size * 0.5, y + size * 0.62);
    cairo_stroke(cr);
    cairo_arc(cr, x + size * 0.5, y + size * 0.76, cairo_get_line_width(cr) * 0.62, 0.0,
              2.0 * M_PI);
    cairo_fill(cr);
}

void sign_draw(cairo_t *cr, enum sign sign, double x, double y, double size)
{
    cairo_save(cr);
    cairo_new_path(cr);
    cairo_set_line_width(cr, size * 0.09);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    if (sign == SIGN_GOOD)
        draw_good(cr, x, y, size);
    else if (sign == SIGN_BAD)
        draw_bad(cr, x, y, size);
    else
        draw_unknown(cr, x, y, size);
    cairo_restore(cr);
}
