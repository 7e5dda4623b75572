/* connection.h - one SQLite connection with its statements prepared once. Inside store/ only.
 *
 * Every complaint of SQLite becomes a sentence here. One thread at a time.
 */
#ifndef STORE_CONNECTION_H
#define STORE_CONNECTION_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

enum { CONNECTION_STATEMENTS_MAX = 128 };

struct connection {
    sqlite3 *db;
    char path[1024];
    sqlite3_stmt *statements[CONNECTION_STATEMENTS_MAX];
    size_t count;
};

/* Opens c->path with SQLite's flags; false leaves nothing open. */
bool connection_open(struct connection *c, int flags, struct error *err);
/* Prepares each of `texts`, in order; afterwards c->statements[i] is the i-th. */
bool connection_prepare(struct connection *c, const char *const *texts, size_t count,
                        struct error *err);
void connection_close(struct connection *c); /* closed already is fine */

/* Runs SQL without results. */
bool connection_run(struct connection *c, const char *sql, struct error *err);
/* The first column of the first row; 0 when there is no row or it is NULL. */
bool connection_number(struct connection *c, const char *sql, int64_t *number, struct error *err);
/* The same of a prepared statement with its values bound; resets it. */
bool statement_number(struct connection *c, sqlite3_stmt *statement, int64_t *number,
                      struct error *err);
/* Runs a prepared statement that gives no rows; resets it. */
bool statement_run(struct connection *c, sqlite3_stmt *statement, struct error *err);
/* One row more? False with c's error in `err` when `*failed`. Resets after the last. */
bool statement_next(struct connection *c, sqlite3_stmt *statement, bool *failed, struct error *err);

/* Makes the sentence of what SQLite says of this connection; returns false. */
bool connection_complain(struct connection *c, struct error *err);
/* Whether SQLite's last answer means that the disk, not the question, is bad. */
bool connection_disk_is_bad(const struct connection *c);

/* Unknown times are NULL in the database. */
void bind_time(sqlite3_stmt *statement, int at, struct wall_time time);
struct wall_time column_time(sqlite3_stmt *statement, int at);
/* Absent values are NULL. */
void bind_value(sqlite3_stmt *statement, int at, double value);
double column_value(sqlite3_stmt *statement, int at);
void bind_text(sqlite3_stmt *statement, int at, const char *words);
/* Never NULL. Borrowed until the statement moves on. */
const char *column_text(sqlite3_stmt *statement, int at);

#endif
