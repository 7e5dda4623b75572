/* sheet.h - a table as offices save it (CSV), row by row, whatever program wrote it.
 *
 * UTF-8 with or without a mark, GB18030 (decided by what the bytes are valid as), UTF-16 with a
 * mark; comma, semicolon or tab; cells in quotation marks with line ends inside; CR, LF or both.
 * Cells come out as UTF-8 text without spaces around it and without invisible characters; a cell
 * that begins with = + - @ is text like any other. What the columns mean is not known here.
 *
 * Bounded and hostile: any bytes give rows or a sentence. One thread at a time.
 */
#ifndef LEDGER_SHEET_H
#define LEDGER_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { SHEET_COLUMNS_MAX = 256 };

enum sheet_coding { SHEET_UTF8, SHEET_GB18030, SHEET_UTF16 };

/* The file as UTF-8. Gives the text, ended with free(), its `length`, and how it was written; NULL
 * with a sentence: too large, a workbook and no text, neither UTF-8 nor GB18030. */
char *sheet_decode(const char *bytes, size_t size, size_t most, size_t *length,
                   enum sheet_coding *coding, struct error *err);
const char *sheet_coding_title(enum sheet_coding coding); /* "UTF-8", "GB18030", … */

struct sheet; /* reading a decoded text */

/* `separator` is ',', ';' or '\t'. The text is borrowed. A cell longer than `cell_most` bytes comes
 * out empty and marked. NULL: out of memory. */
struct sheet *sheet_new(const char *text, size_t length, char separator, size_t cell_most);
void sheet_free(struct sheet *sheet);

enum cell_trouble {
    CELL_GOOD,
    CELL_TOO_LONG,
    CELL_CONTROL, /* a control character in it */
    CELL_OPEN,    /* its quotation mark is never closed: all that follows is misread */
    CELL_AFTER,   /* text behind the closing quotation mark */
};

struct sheet_row {
    size_t number; /* as a spreadsheet counts: 1 is the first, empty ones count */
    size_t count;  /* cells */
    const char *const *cells;
    const enum cell_trouble *troubles;
    bool too_wide; /* more than SHEET_COLUMNS_MAX cells: the rest is left out */
};

/* Borrowed until the next call. False at the end of the text. */
bool sheet_next(struct sheet *sheet, struct sheet_row *row);
/* How far it has come, of 1. */
double sheet_progress(const struct sheet *sheet);

/* "A", "Z", "AA": the column `index` (from 0) as a spreadsheet names it; `out` holds 4 bytes. */
char *sheet_letter(size_t index, char *out);

/* What a word is compared as: full-width letters, digits and marks made half-width, letters small,
 * spaces left out. `out` gets at most `size` bytes, cut at a character. Returns `out`. */
char *sheet_fold(const char *words, char *out, size_t size);
/* Full-width letters, digits and marks made half-width, all else as it stands. */
char *sheet_narrow(const char *words, char *out, size_t size);

/* Whether a mobile number or the number of an identity card stands in it, in any width, in one
 * piece or in its usual groups, and no part of a longer number (of texts up to 4 KiB). */
bool sheet_names_a_person(const char *words);

/* A day as people write it. */
enum sheet_date {
    DATE_GOOD,
    DATE_SERIAL,    /* good: the number by which a spreadsheet counts days */
    DATE_MONTH_END, /* good: "2026年12月底" */
    DATE_NONE,      /* good, and no day: "立行立改", "长期坚持" */
    DATE_AMBIGUOUS, /* 12/31/2026: which is the month? */
    DATE_WRONG,
};
/* `out` gets "2026-12-31", or "" where there is no day. An empty cell is DATE_NONE. */
enum sheet_date sheet_date(const char *words, char out[11]);

#endif
