#include "store/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "store/reader_inside.h"
#include "store/schema.h"
#include "store/store.h"

static bool set_up(struct reader *reader, struct error *err)
{
    struct connection *c = &reader->c;
    int version;

    /* The last one to close must not write either. */
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (!connection_run(c,
                        "PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0;"
                        "PRAGMA cache_size = -1024; PRAGMA query_only = 1",
                        err) ||
        !schema_look(c, STORE_SCHEMA, &version, err))
        return false;
    if (version < STORE_SCHEMA)
        return error_set(
            err, ERROR_STORE,
            SAY("存储 %s：结构版本 %d 比本程序的 %d 旧：请先启动一次采集器，它会升级",
                "store %s: schema %d is older than this program's %d: start the collector "
                "once, it brings it forward"),
            c->path, version, STORE_SCHEMA);
    return connection_prepare(c, reader_statements, ASK_COUNT, err);
}

struct reader *reader_open(const char *dir, struct error *err)
{
    struct reader *opened = NULL;
    struct reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        return NULL;
    }
    snprintf(reader->c.path, sizeof reader->c.path, "%s/lookback.db", dir);
    if (access(reader->c.path, R_OK) != 0) {
        error_set(
            err, ERROR_STORE,
            SAY("没有可读的存储 %s：%s；请检查 store.dir，或先启动采集器",
                "no store can be read at %s: %s; check store.dir, or start the collector first"),
            reader->c.path, strerror(errno));
        goto done;
    }
    if (!connection_open(&reader->c, SQLITE_OPEN_READONLY, err) || !set_up(reader, err))
        goto done;

    opened = reader;
    reader = NULL;
done:
    reader_close(reader);
    return opened;
}

void reader_close(struct reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->c.db != NULL)
        connection_close(&reader->c);
    arena_free(&reader->window.arena);
    free(reader->window.items);
    free(reader->order);
    free(reader->raw);
    free(reader);
}

sqlite3_stmt *reader_ask(struct reader *reader, enum ask ask)
{
    sqlite3_stmt *statement = reader->c.statements[ask];

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return statement;
}

bool reader_begin(struct reader *reader, struct error *err)
{
    return statement_run(&reader->c, reader_ask(reader, ASK_BEGIN), err);
}

void reader_end(struct reader *reader)
{
    for (size_t i = 0; i < ASK_COUNT; i++)
        sqlite3_reset(reader->c.statements[i]);
    statement_run(&reader->c, reader->c.statements[ASK_END], NULL);
}

/* A number by a name, or 0. */
static uint64_t number_by(struct reader *reader, enum ask ask, const char *name)
{
    sqlite3_stmt *statement = reader_ask(reader, ask);
    int64_t number;

    if (name != NULL)
        bind_text(statement, 1, name);
    return statement_number(&reader->c, statement, &number, NULL) ? (uint64_t)number : 0;
}

bool reader_is_pruned(struct reader *reader)
{
    return number_by(reader, ASK_PRUNED, NULL) != 0;
}

uint64_t reader_last_seq(struct reader *reader)
{
    return number_by(reader, ASK_LAST_SEQ, NULL);
}

uint64_t reader_cursor(struct reader *reader, const char *name)
{
    return number_by(reader, ASK_CURSOR, name);
}

uint64_t reader_quarantined(struct reader *reader, const char *output)
{
    return number_by(reader, ASK_QUARANTINED, output);
}

uint32_t reader_point(struct reader *reader, const char *name)
{
    return (uint32_t)number_by(reader, ASK_POINT, name);
}

uint32_t reader_device(struct reader *reader, const char *site, const char *name)
{
    sqlite3_stmt *statement = reader_ask(reader, ASK_DEVICE);
    int64_t number;

    bind_text(statement, 1, site);
    bind_text(statement, 2, name);
    return statement_number(&reader->c, statement, &number, NULL) ? (uint32_t)number : 0;
}

uint64_t reader_backlog(struct reader *reader, uint64_t after, struct wall_time *oldest)
{
    enum { COUNTED = 10000 };
    sqlite3_stmt *ask = reader_ask(reader, ASK_OLDEST_AFTER);
    int64_t counted = 0;
    bool failed;
    uint64_t last;

    *oldest = WALL_NONE;
    sqlite3_bind_int64(ask, 1, (int64_t)after);
    if (statement_next(&reader->c, ask, &failed, NULL))
        *oldest = column_time(ask, 0);
    sqlite3_reset(ask);
    ask = reader_ask(reader, ASK_BACKLOG);
    sqlite3_bind_int64(ask, 1, (int64_t)after);
    if (!statement_number(&reader->c, ask, &counted, NULL) || counted < COUNTED)
        return (uint64_t)counted;
    /* Beyond that nearly every number of the sequence is a poll. */
    last = reader_last_seq(reader);
    return last > after ? last - after : 0;
}

/* The first poll of a stretch of the sequence that is at or after a time; 0: none. */
static int64_t seq_in(struct reader *reader, int64_t first, int64_t last, struct wall_time time)
{
    sqlite3_stmt *ask = reader_ask(reader, ASK_SEQ_IN);
    int64_t seq;

    sqlite3_bind_int64(ask, 1, first);
    sqlite3_bind_int64(ask, 2, last);
    sqlite3_bind_int64(ask, 3, time.ms);
    return statement_number(&reader->c, ask, &seq, NULL) ? seq : 0;
}

uint64_t reader_seq_at(struct reader *reader, struct wall_time time)
{
    sqlite3_stmt *segment;
    int64_t closed = 0;
    int64_t seq = 0;
    bool failed;

    if (!reader_begin(reader, NULL))
        return 0;
    segment = reader_ask(reader, ASK_SEQ_IN_SEGMENTS);
    sqlite3_bind_int64(segment, 1, time.ms);
    while (seq == 0 && statement_next(&reader->c, segment, &failed, NULL))
        seq = seq_in(reader, sqlite3_column_int64(segment, 0), sqlite3_column_int64(segment, 1),
                     time);
    if (seq == 0) {
        connection_number(&reader->c, "SELECT max(last_seq) FROM segment", &closed, NULL);
        seq = seq_in(reader, closed + 1, INT64_MAX, time);
    }
    reader_end(reader);
    return (uint64_t)seq;
}
