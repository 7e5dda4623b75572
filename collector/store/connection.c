#include "store/connection.h"

#include <assert.h>
#include <math.h>

#include "base/say.h"

bool connection_complain(struct connection *c, struct error *err)
{
    int code = sqlite3_errcode(c->db);
    const char *what = sqlite3_errmsg(c->db);

    switch (code & 0xff) {
    case SQLITE_FULL:
        return error_set(
            err, ERROR_STORE,
            SAY("存储 %s：磁盘已满（%s）；请腾出空间，已提交的数据都在",
                "store %s: the disk is full (%s); make room, what was committed is safe"),
            c->path, what);
    case SQLITE_NOTADB:
        return error_set(
            err, ERROR_STORE,
            SAY("存储 %s：不是数据库文件（%s）；未作任何改动，请移走它或另设 store.dir",
                "store %s: the file is not a database (%s); nothing was changed, move it "
                "away or set another store.dir"),
            c->path, what);
    case SQLITE_CORRUPT:
        return error_set(err, ERROR_STORE,
                         SAY("存储 %s：数据库已损坏（%s）；请保留该文件，从备份恢复",
                             "store %s: the database is damaged (%s); keep the file and restore a "
                             "backup"),
                         c->path, what);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return error_set(err, ERROR_STORE,
                         SAY("存储 %s：无法读写（%s，SQLite %d）；请检查目录是否存在、属主与权限",
                             "store %s: cannot be read or written (%s, SQLite %d); check that the "
                             "directory exists, its owner and mode"),
                         c->path, what, sqlite3_extended_errcode(c->db));
    default:
        return error_set(err, ERROR_STORE,
                         SAY("存储 %s：%s（SQLite %d）", "store %s: %s (SQLite %d)"), c->path, what,
                         sqlite3_extended_errcode(c->db));
    }
}

bool connection_disk_is_bad(const struct connection *c)
{
    switch (sqlite3_errcode(c->db) & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
        return true;
    default:
        return false;
    }
}

/* Nothing we write is a tenth of this; a file that somebody else filled must not fill the memory.
 */
enum { LONGEST_COLUMN = 64 << 20 };

bool connection_open(struct connection *c, int flags, struct error *err)
{
    if (sqlite3_open_v2(c->path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK) {
        sqlite3_extended_result_codes(c->db, 1);
        sqlite3_busy_timeout(c->db, 10000);
        sqlite3_limit(c->db, SQLITE_LIMIT_LENGTH, LONGEST_COLUMN);
        return true;
    }
    if (c->db == NULL)
        return error_set(err, ERROR_MEMORY, SAY("存储 %s：内存不足", "store %s: out of memory"),
                         c->path);
    connection_complain(c, err);
    connection_close(c);
    return false;
}

bool connection_prepare(struct connection *c, const char *const *texts, size_t count,
                        struct error *err)
{
    assert(count <= CONNECTION_STATEMENTS_MAX);
    for (c->count = 0; c->count < count; c->count++)
        if (sqlite3_prepare_v3(c->db, texts[c->count], -1, SQLITE_PREPARE_PERSISTENT,
                               &c->statements[c->count], NULL) != SQLITE_OK)
            return connection_complain(c, err);
    return true;
}

void connection_close(struct connection *c)
{
    int code;

    for (size_t i = 0; i < c->count; i++)
        sqlite3_finalize(c->statements[i]);
    c->count = 0;
    code = sqlite3_close(c->db);
    assert(code == SQLITE_OK); /* every statement of ours is finalised */
    (void)code;
    c->db = NULL;
}

bool connection_run(struct connection *c, const char *sql, struct error *err)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK || connection_complain(c, err);
}

bool statement_number(struct connection *c, sqlite3_stmt *statement, int64_t *number,
                      struct error *err)
{
    bool failed;

    *number = 0;
    if (statement_next(c, statement, &failed, err))
        *number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return !failed;
}

bool connection_number(struct connection *c, const char *sql, int64_t *number, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool done;

    if (sqlite3_prepare_v2(c->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return connection_complain(c, err);
    done = statement_number(c, statement, number, err);
    sqlite3_finalize(statement);
    return done;
}

bool statement_run(struct connection *c, sqlite3_stmt *statement, struct error *err)
{
    bool done = sqlite3_step(statement) == SQLITE_DONE || connection_complain(c, err);

    sqlite3_reset(statement);
    return done;
}

bool statement_next(struct connection *c, sqlite3_stmt *statement, bool *failed, struct error *err)
{
    int code = sqlite3_step(statement);

    *failed = code != SQLITE_ROW && code != SQLITE_DONE;
    if (code == SQLITE_ROW)
        return true;
    if (*failed)
        connection_complain(c, err);
    sqlite3_reset(statement);
    return false;
}

void bind_time(sqlite3_stmt *statement, int at, struct wall_time time)
{
    if (wall_is_known(time))
        sqlite3_bind_int64(statement, at, time.ms);
    else
        sqlite3_bind_null(statement, at);
}

struct wall_time column_time(sqlite3_stmt *statement, int at)
{
    if (sqlite3_column_type(statement, at) == SQLITE_NULL)
        return WALL_NONE;
    return (struct wall_time){sqlite3_column_int64(statement, at)};
}

void bind_value(sqlite3_stmt *statement, int at, double value)
{
    if (isfinite(value))
        sqlite3_bind_double(statement, at, value);
    else
        sqlite3_bind_null(statement, at);
}

double column_value(sqlite3_stmt *statement, int at)
{
    if (sqlite3_column_type(statement, at) == SQLITE_NULL)
        return NAN;
    return sqlite3_column_double(statement, at);
}

void bind_text(sqlite3_stmt *statement, int at, const char *words)
{
    sqlite3_bind_text(statement, at, words == NULL ? "" : words, -1, SQLITE_STATIC);
}

const char *column_text(sqlite3_stmt *statement, int at)
{
    const unsigned char *words = sqlite3_column_text(statement, at);

    return words == NULL ? "" : (const char *)words;
}
