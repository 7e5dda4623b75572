/* sheet.h - a workbook written row by row, the same bytes for the same rows.
 *
 * Rows leave the memory as they are written. Texts are texts, whatever they begin with: nothing in
 * them is ever a formula.
 */
#ifndef DRAWING_SHEET_H
#define DRAWING_SHEET_H

#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"

struct sheet_column {
    const char *head;
    double width; /* characters */
};

struct sheet;

/* A sheet that is full is followed by another, `name` (2) …; `columns` must stay. */
enum { SHEET_ROWS_MAX = 1000000 };
struct sheet *sheet_new(const char *path, const char *name, const struct sheet_column *columns,
                        size_t count, struct error *err);

/* What follows stands in a sheet of its own; the name may be any text. */
void sheet_part(struct sheet *sheet, const char *name);
/* The next row begins; then its cells, from left to right. */
void sheet_row(struct sheet *sheet);
void sheet_text(struct sheet *sheet, const char *words);
void sheet_number(struct sheet *sheet, double value); /* NAN: an empty cell */
/* "2026-11-22", "2026-11-22 08:00:00.123": as a date of the office; other words stay text. */
void sheet_time(struct sheet *sheet, const char *words);
void sheet_skip(struct sheet *sheet); /* an empty cell */
/* A line above all others, before the first row: "simulated data". */
void sheet_note(struct sheet *sheet, const char *words);

/* Writes it and ends it; `made` becomes the file's date. `error` filled: what went wrong before;
 * nothing is left at the path then. */
bool sheet_end(struct sheet *sheet, const char *title, struct wall_time made, struct error *err);
/* Ends it without a file; NULL is fine. */
void sheet_drop(struct sheet *sheet);

/* Of the library that writes it; static. */
const char *sheet_library_version(void);

#endif
