/* table.h - a table for a terminal, its columns straight also where Chinese stands in them.
 *
 * Rows are collected, then printed with each column as wide as its widest cell.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table;

/* `columns` headings, NULL-terminated list after it. NULL: no memory. */
struct table *table_new(size_t columns, const char *const *headings);
/* One cell more; copied, control characters made visible. A NULL or "" prints as "–". */
void table_cell(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_print(struct table *table, FILE *to);
void table_free(struct table *table);
size_t table_rows(const struct table *table);

/* How many columns of a terminal the UTF-8 text takes (Unicode TR 11: wide and full-width are two).
 */
size_t display_width(const char *text);

#endif
