/* intake_inside.h - what the files of the intake share; nobody else includes it. */
#ifndef LEDGER_INTAKE_INSIDE_H
#define LEDGER_INTAKE_INSIDE_H

#include "ledger/intake.h"
#include "ledger/sheet.h"

enum column {
    COLUMN_ID,
    COLUMN_BATCH,
    COLUMN_SOURCE,
    COLUMN_KIND,
    COLUMN_CATEGORY,
    COLUMN_TITLE,
    COLUMN_SITE,
    COLUMN_VILLAGE,
    COLUMN_GRID,
    COLUMN_POINTS,
    COLUMN_MEASURE,
    COLUMN_LEAD,
    COLUMN_UNIT,
    COLUMN_PERSON,
    COLUMN_DEADLINE,
    COLUMN_STATE,
    COLUMN_STRUCK_OFF,
    COLUMN_EXTENDED,
    COLUMN_SUPERVISED,
    COLUMN_COUNT,
    COLUMN_PERSONAL, /* of a petitioner: any number of them */
    COLUMN_UNUSED
};

enum { HEADER_SIZE = 128 };

/* What the columns of this table are. */
struct columns {
    int index[COLUMN_COUNT]; /* -1: it has none */
    enum column of[SHEET_COLUMNS_MAX];
    char headers[SHEET_COLUMNS_MAX][HEADER_SIZE]; /* as they stand in the file */
    size_t count;
    size_t row; /* of the headers */
};

/* Finds separator and headers among the first rows. False with a sentence. */
bool columns_find(struct columns *columns, const char *text, size_t length, size_t cell_most,
                  char *separator, struct error *err);
/* Says which columns are not used, and which are kept apart. */
void columns_note(const struct columns *columns, json_t *notes);
/* Whether a word is a header for this column: a page's repeated headers. */
bool column_is_headed(enum column column, const char *header);

/* One file being read. */
struct reading_file {
    const struct intake_setup *setup;
    struct intake *intake;
    struct columns columns;
    char above[COLUMN_COUNT][TASK_TEXT_SIZE]; /* the last filled cell of columns that are merged */
    json_t *first_rows;                       /* id -> row, to find doubles */
    json_t *elsewhere;                        /* sites that are not ours -> number of tasks */
    json_t *categories;                       /* those ledger.conf does not know */
    size_t filled, totals, headers, no_days, serials, month_ends;
};

/* One row being read. */
struct reading_row {
    struct reading_file *file;
    const struct sheet_row *row;
    json_t *task; /* what it becomes */
    bool good;
};

/* The cell of a column, "" where there is none. */
const char *row_cell(const struct reading_row *row, enum column column);
bool row_has(const struct reading_row *row, enum column column);
/* A fault in that column. Returns false, and the row is no longer good. */
bool row_refuse(struct reading_row *row, enum column column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void row_note(struct reading_file *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fills row->task from the cells; every fault of the row is told. */
void row_read(struct reading_row *row);
/* The columns site and points (intake_places.c). */
void row_read_places(struct reading_row *row);

#endif
