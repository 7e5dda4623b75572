/* What was in force, and where heads were left: what the writer adds beside the seals. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "store/inside.h"
#include "store/seals.h"

static bool put_item(struct store *store, const struct snapshot_item *item, struct error *err)
{
    sqlite3_stmt *put = store_statement(store, SQL_PUT_SNAPSHOT);

    sqlite3_bind_blob(put, 1, item->digest, DIGEST_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob64(put, 2, item->size == 0 ? "" : item->content, item->size, SQLITE_STATIC);
    return store_run(store, put, err);
}

bool store_put_configuration(struct store *store, uint64_t seq,
                             const struct configuration *configuration, struct error *err)
{
    sqlite3_stmt *put = store_statement(store, SQL_PUT_CONFIGURATION);

    assert(store->writing);
    sqlite3_bind_int64(put, 1, (int64_t)seq);
    sqlite3_bind_blob(put, 2, configuration->digest, DIGEST_BYTES, SQLITE_STATIC);
    bind_text(put, 3, configuration->text);
    if (!store_run(store, put, err))
        return false;
    for (size_t i = 0; i < configuration->count; i++)
        if (!put_item(store, &configuration->items[i], err))
            return false;
    return true;
}

bool store_configuration(struct store *store, uint8_t digest[DIGEST_BYTES])
{
    sqlite3_stmt *ask;
    bool found, failed;

    if (!store_may_read(store, NULL))
        return false;
    ask = store_statement(store, SQL_CONFIGURATION);
    found = statement_next(&store->c, ask, &failed, NULL) &&
            sqlite3_column_bytes(ask, 0) == DIGEST_BYTES;
    if (found)
        memcpy(digest, sqlite3_column_blob(ask, 0), DIGEST_BYTES);
    sqlite3_reset(ask);
    return found;
}

bool store_add_anchor(struct store *store, uint64_t segment, const char *kind, const char *name,
                      struct wall_time time, const void *body, size_t size, struct error *err)
{
    sqlite3_stmt *add;
    bool mine, good;

    if (!store_begin_step(store, &mine, err))
        return false;
    store_touch(store, CHANGE_SEALS);
    add = store_statement(store, SQL_ADD_ANCHOR);
    sqlite3_bind_int64(add, 1, (int64_t)segment);
    bind_text(add, 2, kind);
    bind_text(add, 3, name);
    bind_time(add, 4, time);
    if (size > 0)
        sqlite3_bind_blob64(add, 5, body, size, SQLITE_STATIC);
    else
        sqlite3_bind_null(add, 5);
    good = store_run(store, add, err);
    return store_end_step(store, mine, good, err);
}

bool store_newest_key(struct store *store, char fingerprint[DIGEST_HEX], bool *explained,
                      struct error *err)
{
    sqlite3_stmt *ask;
    bool failed;

    fingerprint[0] = '\0';
    *explained = true;
    if (!store_may_read(store, err))
        return false;
    ask = store_statement(store, SQL_NEWEST_KEY);
    if (statement_next(&store->c, ask, &failed, err)) {
        snprintf(fingerprint, DIGEST_HEX, "%s", column_text(ask, 0));
        *explained = sqlite3_column_int(ask, 1) == 1;
    }
    sqlite3_reset(ask);
    return !failed;
}
