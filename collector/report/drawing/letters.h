/* letters.h - Chinese and Latin text set by pango in one family, Noto Sans CJK SC.
 *
 * Measures are points (1/72 inch), y grows downward. The same text is broken into the same lines on
 * every surface: no hinting, fractional advances. One thread at a time.
 */
#ifndef DRAWING_LETTERS_H
#define DRAWING_LETTERS_H

#include <cairo.h>
#include <pango/pangocairo.h>

#include "base/error.h"
#include "drawing/ink.h"

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

struct lettering {
    double size;
    bool bold;
    struct ink ink;
    enum align align;
    double width; /* lines are broken at this; 0: one line, and `x` is its edge by `align` */
    int lines;    /* at most so many, the last one cut with "…"; 0: all */
    double turn;  /* 0, or 90: upright, read from below */
};

/* What is longer ends there. */
enum { LETTERS_MOST = 6000 };

struct letters;

/* NULL with a sentence when the font is not installed: another one would have no Chinese. */
struct letters *letters_new(cairo_t *cr, struct error *err);
void letters_free(struct letters *letters);

/* A copy in which what cannot be seen, or is no character, is a space: a text says what it seems to
 * say. Line ends stay. Ended with free(). */
char *letters_seen(const char *text);

/* What the text takes; either may be NULL. */
void letters_measure(const struct letters *letters, const struct lettering *how, const char *text,
                     double *width, double *height);
/* Draws it with its upper edge at `y`; gives its height. */
double letters_draw(const struct letters *letters, cairo_t *cr, const struct lettering *how,
                    double x, double y, const char *text);
/* The text set, for whoever draws it line by line; ended with g_object_unref(). */
PangoLayout *letters_set(const struct letters *letters, const struct lettering *how,
                         const char *text);

#endif
