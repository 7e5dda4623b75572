/* page.h - A4 pages filled from the top: headings, paragraphs, tables, an answer in large words.
 *
 * What is drawn is drawn twice: once to count the pages, then for good, so that every page knows
 * how many there are. Whoever draws must therefore do the same both times. Measures are points.
 * Every page bears the title, the stamp (simulated data), the foot and its number. Two prints of
 * the same are equal byte for byte: no clock, no name of the machine.
 */
#ifndef DRAWING_PAGE_H
#define DRAWING_PAGE_H

#include "base/clock.h"
#include "drawing/letters.h"

struct page;

struct page_setup {
    const char *path;
    const char *title;
    const char *stamp; /* in the head of each page; NULL: none */
    const char *foot;
    struct wall_time made; /* becomes the file's date */
    bool wide;             /* on its long side */
};

/* False with a sentence: the font is missing, or the file cannot be written. */
bool page_print(const struct page_setup *setup, void (*draw)(struct page *page, const void *self),
                const void *self, struct error *err);

/* For whoever draws by hand: from page_left() page_width() points to the right, from page_y() down;
 * then page_skip() what was used. */
cairo_t *page_cairo(const struct page *page);
const struct letters *page_letters(const struct page *page);
double page_left(const struct page *page);
double page_width(const struct page *page);
double page_y(const struct page *page);
double page_room(const struct page *page); /* down to the foot */
void page_skip(struct page *page, double points);
/* Goes to a new page unless there is so much room (or the page is empty). */
void page_keep(struct page *page, double points);
void page_break(struct page *page);

/* Level 1 … 3; stays with what follows it, and stands in the file's outline. */
void page_heading(struct page *page, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum tone {
    TONE_BODY,
    TONE_STRONG,
    TONE_SMALL, /* notes, smaller and quieter */
    TONE_POINT  /* one of a list */
};
void page_say(struct page *page, enum tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The answer: its sign, large words, and a sentence below. */
void page_answer(struct page *page, enum sign sign, const char *words, const char *about);

/* Tables. -------------------------------------------------------------------------------------- */

struct column {
    const char *head; /* all NULL: a table without heads, as of facts */
    double share;     /* of the width, against the other columns */
    enum align align;
};

struct grid;
/* Heads are repeated on each page the table goes over to. `columns` must stay until grid_end(). */
struct grid *grid_begin(struct page *page, const struct column *columns, size_t count);
/* The next cell, from left to right; NULL or "" prints as "–". */
void grid_cell(struct grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with a sign before the words. */
void grid_sign(struct grid *grid, enum sign sign, const char *words);
/* From here on every cell is one line, cut with "…" where it does not fit. */
void grid_one_line(struct grid *grid);
void grid_end(struct grid *grid);

/* A table of two columns without heads: what, and how it is. */
struct grid *facts_begin(struct page *page);
/* The same with two facts in a row. */
struct grid *facts_abreast(struct page *page);
void fact(struct grid *facts, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
