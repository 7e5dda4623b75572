/* ink.h - the colours and patterns of reports, chosen so that they stay apart in grey too.
 *
 * Nothing is said by colour alone: what a colour says, a shape, a dash or a word says beside it.
 */
#ifndef DRAWING_INK_H
#define DRAWING_INK_H

#include <cairo.h>

struct ink {
    double red, green, blue; /* 0 … 1 */
};

extern const struct ink INK_TEXT;   /* near black */
extern const struct ink INK_QUIET;  /* what is said beside: units, notes, feet */
extern const struct ink INK_RULE;   /* lines of tables, axes */
extern const struct ink INK_SHADE;  /* heads of tables, boxes */
extern const struct ink INK_LINE;   /* a curve */
extern const struct ink INK_BAND;   /* between its least and greatest */
extern const struct ink INK_BEFORE; /* the same, before the strike-off */
extern const struct ink INK_BEFORE_BAND;
extern const struct ink INK_LIMIT; /* a limit and what breaks it */
extern const struct ink INK_NIGHT;
extern const struct ink INK_PAPER; /* white */

void ink_use(cairo_t *cr, struct ink ink);

/* Thin slanted lines over a rectangle, `step` points apart; `slope` 1: rising, -1: falling, 0:
 * upright. */
void ink_hatch(cairo_t *cr, double x, double y, double width, double height, double step, int slope,
               struct ink ink);

/* What a shape says of an answer. */
enum sign {
    SIGN_GOOD,   /* a tick in a full circle */
    SIGN_BAD,    /* a cross in a full octagon */
    SIGN_UNKNOWN /* a question mark in an empty square */
};

void sign_draw(cairo_t *cr, enum sign sign, double x, double y, double size);

#endif
