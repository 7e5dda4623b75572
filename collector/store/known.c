/* What is known of devices: asked when the program starts, written when one teaches something. Both
 * are rare, so nothing is kept prepared. */
#include "store/known.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "store/inside.h"
#include "store/reader_inside.h"

#define LESSON_COLUMNS "SELECT area, address, count, cause, learned FROM lesson"
#define LESSON_ORDER   " ORDER BY area, address LIMIT 64" /* LESSONS_MAX */

_Static_assert(LESSONS_MAX == 64, "as many as LESSON_ORDER gives");

static bool between(int64_t number, int64_t least, int64_t most)
{
    return number >= least && number <= most;
}

/* The file may be somebody else's: a row that cannot be is passed over. */
static bool lesson_of_row(sqlite3_stmt *row, struct known_lesson *known)
{
    int64_t area = sqlite3_column_int64(row, 0);
    int64_t address = sqlite3_column_int64(row, 1);
    int64_t count = sqlite3_column_int64(row, 2);
    int64_t cause = sqlite3_column_int64(row, 3);

    if (!between(area, AREA_COIL, AREA_HOLDING_REGISTER) || !between(address, 0, UINT16_MAX) ||
        !between(count, 1, UINT16_MAX + 1 - address) || count > UINT16_MAX ||
        !between(cause, 0, CAUSE_COUNT - 1))
        return false;
    known->lesson = (struct lesson){(enum register_area)area, (uint16_t)address, (uint16_t)count,
                                    (uint8_t)cause};
    known->learned = column_time(row, 4);
    return true;
}

static bool take_lessons(struct connection *c, sqlite3_stmt *row, struct known_lesson *lessons,
                         size_t *count, struct error *err)
{
    bool failed = false;

    while (*count < LESSONS_MAX && statement_next(c, row, &failed, err))
        *count += lesson_of_row(row, &lessons[*count]);
    return !failed;
}

bool store_lessons(struct store *store, uint32_t device, uint32_t profile,
                   struct known_lesson *lessons, size_t *count, struct error *err)
{
    static const char sql[] = LESSON_COLUMNS " WHERE device = ?1 AND profile = ?2" LESSON_ORDER;
    sqlite3_stmt *row = NULL;
    bool good;

    *count = 0;
    if (!store_ready(store, err))
        return false;
    if (sqlite3_prepare_v2(store->c.db, sql, -1, &row, NULL) != SQLITE_OK)
        return store_complain(store, err);
    sqlite3_bind_int64(row, 1, device);
    sqlite3_bind_int64(row, 2, profile);
    good = take_lessons(&store->c, row, lessons, count, err);
    sqlite3_finalize(row);
    return good;
}

bool reader_lessons(struct reader *reader, uint32_t device, const uint8_t digest[32],
                    struct known_lesson *lessons, size_t *count, struct error *err)
{
    static const char sql[] = LESSON_COLUMNS
        " WHERE device = ?1 AND profile = (SELECT id FROM profile WHERE digest = ?2)" LESSON_ORDER;
    sqlite3_stmt *row = NULL;
    int64_t is_there = 0;
    bool good;

    *count = 0;
    if (!connection_number(&reader->c, "SELECT count(*) FROM sqlite_schema WHERE name = 'lesson'",
                           &is_there, err))
        return false;
    if (is_there == 0)
        return true;
    if (sqlite3_prepare_v2(reader->c.db, sql, -1, &row, NULL) != SQLITE_OK)
        return connection_complain(&reader->c, err);
    sqlite3_bind_int64(row, 1, device);
    sqlite3_bind_blob(row, 2, digest, 32, SQLITE_STATIC);
    good = take_lessons(&reader->c, row, lessons, count, err);
    sqlite3_finalize(row);
    return good;
}

static bool identity(struct connection *c, uint32_t device, char text[IDENTITY_TEXT],
                     struct error *err)
{
    static const char sql[] = "SELECT text FROM identity WHERE device = ?1";
    sqlite3_stmt *row = NULL;
    bool failed = false;

    text[0] = '\0';
    if (sqlite3_prepare_v2(c->db, sql, -1, &row, NULL) != SQLITE_OK)
        return connection_complain(c, err);
    sqlite3_bind_int64(row, 1, device);
    if (statement_next(c, row, &failed, err))
        snprintf(text, IDENTITY_TEXT, "%s", column_text(row, 0));
    sqlite3_finalize(row);
    return !failed;
}

bool store_identity(struct store *store, uint32_t device, char text[IDENTITY_TEXT],
                    struct error *err)
{
    text[0] = '\0';
    return store_ready(store, err) &&
           (identity(&store->c, device, text, err) || store_complain(store, err));
}

bool reader_identity(struct reader *reader, uint32_t device, char text[IDENTITY_TEXT],
                     struct error *err)
{
    return identity(&reader->c, device, text, err);
}

/* Runs one that writes, with its values bound by now; ends it. */
static bool write_row(struct store *store, sqlite3_stmt *write, struct error *err)
{
    bool good = store_run(store, write, err);

    sqlite3_finalize(write);
    return good;
}

bool store_put_lesson(struct store *store, uint32_t device, uint32_t profile,
                      const struct lesson *lesson, struct wall_time now, struct error *err)
{
    static const char sql[] =
        "INSERT OR IGNORE INTO lesson(device, profile, area, address, count, cause, learned)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    sqlite3_stmt *put = NULL;

    assert(store->writing);
    if (sqlite3_prepare_v2(store->c.db, sql, -1, &put, NULL) != SQLITE_OK)
        return store_complain(store, err);
    sqlite3_bind_int64(put, 1, device);
    sqlite3_bind_int64(put, 2, profile);
    sqlite3_bind_int64(put, 3, lesson->area);
    sqlite3_bind_int64(put, 4, lesson->address);
    sqlite3_bind_int64(put, 5, lesson->count);
    sqlite3_bind_int64(put, 6, lesson->cause);
    bind_time(put, 7, now);
    return write_row(store, put, err);
}

bool store_put_identity(struct store *store, uint32_t device, uint32_t profile, const char *text,
                        struct wall_time now, struct error *err)
{
    static const char sql[] =
        "REPLACE INTO identity(device, profile, text, since) VALUES(?1, ?2, ?3, ?4)";
    sqlite3_stmt *put = NULL;

    assert(store->writing);
    if (sqlite3_prepare_v2(store->c.db, sql, -1, &put, NULL) != SQLITE_OK)
        return store_complain(store, err);
    sqlite3_bind_int64(put, 1, device);
    sqlite3_bind_int64(put, 2, profile);
    bind_text(put, 3, text);
    bind_time(put, 4, now);
    return write_row(store, put, err);
}
