/* standard_file.h - one file of a standard on its way in; only ledger/standard_*.c that read it.
 *
 * A file has editions and tables; a table has classes and rows; a row has a cell for each class.
 * Each cell becomes a `struct limit` for each edition of its table.
 */
#ifndef LEDGER_STANDARD_FILE_H
#define LEDGER_STANDARD_FILE_H

#include "ledger/standard_parts.h"

#define FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)
#define ROWS(table)        (sizeof(table) / sizeof((table)[0]))

enum {
    CLASSES_MAX = 8,
    EDITIONS_MAX = 16,
    PARAMETERS_MAX = 4, /* that one row speaks of: laeq and la */
    ROW_MOST = 100000   /* of one file: beyond it somebody is joking */
};

/* Which key of a site picks the column of a table. */
enum by { BY_NOTHING, BY_WATER_CLASS, BY_AIR_CLASS, BY_NOISE_ZONE };

struct edition {
    char name[16];
    struct wall_time from, to;
};

struct table {
    char clause[64];
    enum by by;
    int classes[CLASSES_MAX]; /* indexes into the words of `by` */
    size_t class_count;       /* 1 where a table has no classes */
    int kind, body, place;    /* -1: any */
    size_t editions[EDITIONS_MAX];
    size_t edition_count;
    bool sound; /* classes and editions are known: its rows are taken, not only checked */
    bool verified;
    char source[TITLE_SIZE];
    char note[256];
};

/* One file on its way in. */
struct reading_file {
    struct standards *standards;
    const struct parameters *parameters;
    struct conf_faults *faults;
    const char *path;
    char name[STANDARD_SIZE];
    char title[TITLE_SIZE], title_en[TITLE_SIZE];
    struct edition editions[EDITIONS_MAX];
    size_t edition_count;
    size_t first;       /* its first row among the standards' */
    struct conf_at *at; /* where each of its rows stands */
    size_t at_room;
};

/* The words of the classes of a table, NULL for BY_NOTHING. */
const char *const *standard_classes(enum by by);

/* Whether the row's bounds are what a table of so many classes wants; else the fault is said. */
bool cells_check(const struct table *table, struct conf_at row, struct conf_faults *faults);
/* Fills the bound of a column from a row that was checked. False where the class has none. */
bool cells_take(struct limit *limit, struct conf_at row, size_t column);

/* Reads one row of a table into the standards. */
bool standard_read_row(struct reading_file *file, const struct table *table, struct conf_at at);

bool standard_no_memory(const struct reading_file *file);

#endif
