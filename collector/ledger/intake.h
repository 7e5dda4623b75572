/* intake.h - a table of an office's ledger (sheet.h) as tasks: what each column means, what each
 * row says, and every fault with its row and column.
 *
 * A row becomes a JSON object with the keys of the columns the table has, and no others: what a
 * table does not speak about stays as it is (intake_merge.h). Who complained is kept apart from
 * it from the first moment.
 */
#ifndef LEDGER_INTAKE_H
#define LEDGER_INTAKE_H

#include <jansson.h>

#include "ledger/terms.h"

struct intake_setup {
    const struct terms *terms;
    const struct catalog *catalog; /* sites, devices and points; its ids are not asked */
    struct wall_time now;
    void (*progress)(void *self, double share); /* now and then; may be NULL */
    void *self;
};

struct intake_fault {
    size_t row;       /* as a spreadsheet counts, from 1; 0: the file */
    char column[4];   /* "F"; "": the row */
    char header[128]; /* as it stands in the file */
    char text[512];   /* what is wrong, and what to write */
};

struct intake {
    json_t *tasks;  /* a list of rows; each has "id" */
    size_t *rows;   /* where each of them stands */
    json_t *people; /* {"ID":{"信访人":"…"}}: into people.sqlite and nowhere else */
    json_t *notes;  /* sentences: what was taken how, what was left out */
    struct intake_fault *faults;   /* the first ones, by row */
    size_t fault_count;            /* all of them */
    size_t faults_kept, rows_room; /* inside */
};

/* Reads a whole file. NULL with a sentence when it is no table at all; else ended with
 * intake_free(), with as many faults as there are. */
struct intake *intake_read(const char *bytes, size_t size, const struct intake_setup *setup,
                           struct error *err);
void intake_free(struct intake *intake);

/* One fault more; kept while there is room for it, always counted. Returns false. */
bool intake_fault(struct intake *intake, const struct terms *terms, size_t row, const char *column,
                  const char *header, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

#endif
