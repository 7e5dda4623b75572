/* series_write.h - an answer written as it is made: JSON or CSV into one piece of memory.
 *
 * Numbers are the shortest decimal that reads back, as everywhere. A cell of a CSV is quoted as RFC
 * 4180 wants it and never begins a formula.
 */
#ifndef PAGE_SERIES_WRITE_H
#define PAGE_SERIES_WRITE_H

#include <stdio.h>

#include "page/route.h"

struct writing {
    FILE *to;
    char *bytes;
    size_t size;
};

/* False: out of memory, the call has its answer. Ended by writing_end() or writing_drop(). */
bool writing_begin(struct writing *writing, struct call *call);
/* Its bytes are the call's answer. */
void writing_end(struct writing *writing, struct call *call, const char *type);
/* The same of a table, which is saved under the point's name. */
void writing_end_csv(struct writing *writing, struct call *call);
void writing_drop(struct writing *writing);

/* "null" where it is no finite number; `decimals` < 0: as it is, else rounded to so many. */
void write_json_number(FILE *to, double value, int decimals);
void write_json_text(FILE *to, const char *words);
void write_json(FILE *to, const json_t *json);

/* The mark that lets spreadsheet programs see UTF-8, and the line that says what is simulated. */
void write_csv_head(FILE *to, bool simulated);
void write_csv_text(FILE *to, const char *words);
/* Empty where it is no finite number. */
void write_csv_number(FILE *to, double value, int decimals);
/* The collector's clock, with its distance from UTC: 2026-11-22 08:00:00.000+08:00. */
void write_csv_time(FILE *to, struct wall_time time);

#endif
