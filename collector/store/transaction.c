/* Beginning, committing, undoing: where nothing may be half done. */
#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "store/inside.h"

/* The log is taken into the database when it holds this many pages: 4 MiB. */
enum { CHECKPOINT_PAGES = 1000 };

/* A database whose disk failed is opened anew: what its connection holds in memory may not be what
 * the disk holds. */
bool store_ready(struct store *store, struct error *err)
{
    if (!store->poisoned && store->c.db != NULL)
        return true;
    if (store->c.db != NULL)
        connection_close(&store->c);
    return store_connect(store, err);
}

static bool complain_undone(const struct store *store, struct error *err)
{
    return error_set(err, ERROR_STORE,
                     SAY("存储 %s：本次写入中磁盘出错，全部撤销",
                         "store %s: the disk failed while this was written; all of it is undone"),
                     store->c.path);
}

bool store_may_read(struct store *store, struct error *err)
{
    if (!store->writing)
        return store_ready(store, err);
    return !store->poisoned || complain_undone(store, err);
}

bool store_begin(struct store *store, struct error *err)
{
    assert(!store->writing);
    if (!place_is_kept(store, err) || !store_ready(store, err) ||
        !store_run(store, store_statement(store, SQL_BEGIN), err))
        return false;
    store->writing = true;
    store->changing = 0;
    store->part_before = store->part;
    for (size_t i = 0; i < PERIOD_COUNT; i++)
        store->listed[i] = WALL_NONE;
    return true;
}

/* Undoes everything, in the database and in memory, the numbers that were given too: nobody has
 * seen them. When the database must be opened anew, it says then up to where numbers are given. */
static void undo(struct store *store)
{
    for (size_t i = 0; i < store->c.count; i++)
        sqlite3_reset(store->c.statements[i]);
    if (!sqlite3_get_autocommit(store->c.db))
        sqlite3_exec(store->c.db, "ROLLBACK", NULL, NULL, NULL);
    store->part = store->part_before;
    store->seq = store->committed;
    store->writing = false;
    if (store->poisoned || !sqlite3_get_autocommit(store->c.db)) {
        if (place_is_kept(store, NULL)) /* another database's log is not ours to cut */
            wal_cut(store);
        connection_close(&store->c);
        store->poisoned = true;
    }
}

/* Said when it begins and when it ends, not at each try between. */
static void note_stuck(struct store *store, bool stuck)
{
    if (stuck && !store->log_stuck)
        log_warning(
            SAY("存储 %s：日志并入数据库失败（%s）；数据仍在日志里，将重新打开再试",
                "store %s: the log could not be taken into the database (%s); it is safe in the "
                "log and is tried again after opening anew"),
            store->c.path, sqlite3_errmsg(store->c.db));
    else if (!stuck && store->log_stuck)
        log_notice(SAY("存储 %s：日志已并入数据库", "store %s: the log is in the database again"),
                   store->c.path);
    store->log_stuck = stuck;
}

/* Takes the log into the database now and then. Readers that hold it back are no error. */
static void checkpoint(struct store *store)
{
    int code;

    if (store->log_frames < CHECKPOINT_PAGES)
        return;
    code = sqlite3_wal_checkpoint_v2(store->c.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if ((code & 0xff) == SQLITE_BUSY)
        return;
    note_stuck(store, code != SQLITE_OK);
    if (code == SQLITE_OK)
        return;
    connection_close(&store->c);
    store->poisoned = true;
}

bool store_commit(struct store *store, struct error *err)
{
    assert(store->writing);
    if (store->poisoned)
        complain_undone(store, err);
    if (store->poisoned || !place_is_kept(store, err) ||
        !store_run(store, store_statement(store, SQL_COMMIT), err)) {
        undo(store);
        return false;
    }
    store->writing = false;
    store->changed |= store->changing;
    store->committed = store->part.last;
    wal_remember(store);
    checkpoint(store);
    return true;
}

void store_rollback(struct store *store)
{
    if (store->writing)
        undo(store);
}

unsigned store_changes(struct store *store)
{
    unsigned changed = store->changed;

    store->changed = 0;
    return changed;
}

bool store_begin_step(struct store *store, bool *mine, struct error *err)
{
    *mine = !store->writing;
    return !*mine || store_begin(store, err);
}

bool store_end_step(struct store *store, bool mine, bool good, struct error *err)
{
    if (mine && good)
        return store_commit(store, err);
    if (mine)
        store_rollback(store);
    return good;
}
