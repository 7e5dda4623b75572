/* Retention: whole segments, hidden first and then deleted in steps. The segment's row stays, so
 * what was signed of it can still be shown, and its numbers are not given again. */
#include <assert.h>

#include "store/inside.h"

struct going {
    int64_t segment, first_seq, last_seq;
};

static bool find(struct store *store, sqlite3_stmt *ask, struct going *going, bool *found,
                 struct error *err)
{
    bool failed;

    *found = statement_next(&store->c, ask, &failed, err);
    if (*found)
        *going = (struct going){sqlite3_column_int64(ask, 0), sqlite3_column_int64(ask, 1),
                                sqlite3_column_int64(ask, 2)};
    sqlite3_reset(ask);
    return !failed;
}

/* Deletes about `budget` readings of the segment; `*left` says whether there were any. */
static bool drop_kept(struct store *store, const struct going *going, size_t budget, bool *left,
                      struct error *err)
{
    sqlite3_stmt *at = store_statement(store, SQL_KEPT_AT);
    sqlite3_stmt *drop = store_statement(store, SQL_DROP_KEPT);
    bool bounded;
    bool failed;

    sqlite3_bind_int64(at, 1, going->segment);
    sqlite3_bind_int64(at, 2, (int64_t)budget);
    bounded = statement_next(&store->c, at, &failed, err);
    if (failed)
        return false;
    sqlite3_bind_int64(drop, 1, going->segment);
    for (int i = 0; i < 3; i++)
        sqlite3_bind_int64(drop, i + 2, bounded ? sqlite3_column_int64(at, i) : INT64_MAX);
    sqlite3_reset(at);
    if (!store_run(store, drop, err))
        return false;
    *left = sqlite3_changes64(store->c.db) > 0;
    return true;
}

/* Of a stretch of the sequence, or what is left of it. */
static bool drop_between(struct store *store, enum sql sql, int64_t first, int64_t last,
                         struct error *err)
{
    sqlite3_stmt *drop = store_statement(store, sql);

    sqlite3_bind_int64(drop, 1, first);
    sqlite3_bind_int64(drop, 2, last);
    return store_run(store, drop, err);
}

/* Polls with their frames. */
static bool drop_polls(struct store *store, const struct going *going, size_t budget, bool *left,
                       struct error *err)
{
    sqlite3_stmt *ask = store_statement(store, SQL_FIRST_POLL);
    int64_t first, last;

    sqlite3_bind_int64(ask, 1, going->first_seq);
    sqlite3_bind_int64(ask, 2, going->last_seq);
    if (!statement_number(&store->c, ask, &first, err))
        return false;
    *left = first != 0;
    if (first == 0)
        return true;
    last = going->last_seq - first < (int64_t)budget ? going->last_seq : first + (int64_t)budget;
    return drop_between(store, SQL_DROP_FRAMES, first, last, err) &&
           drop_between(store, SQL_DROP_POLLS, first, last, err);
}

/* The leaf of events stays, as the events do. */
static bool drop_leaves(struct store *store, const struct going *going, struct error *err)
{
    sqlite3_stmt *drop = store_statement(store, SQL_DROP_LEAVES);

    sqlite3_bind_int64(drop, 1, going->segment);
    sqlite3_bind_int64(drop, 2, 0);
    return store_run(store, drop, err);
}

static bool prune(struct store *store, const struct going *going, size_t budget, struct error *err)
{
    bool left = false;

    if (!drop_kept(store, going, budget, &left, err))
        return false;
    if (!left && !drop_polls(store, going, budget, &left, err))
        return false;
    return left ||
           (drop_leaves(store, going, err) && store_note(store, SQL_GONE, going->segment, err));
}

static void bind_retention(sqlite3_stmt *ask, const struct retention *retention)
{
    uint64_t confirmed = retention->confirmed;

    sqlite3_bind_int64(ask, 1, retention->before.ms);
    sqlite3_bind_int64(ask, 2, confirmed > INT64_MAX ? INT64_MAX : (int64_t)confirmed);
    sqlite3_bind_int64(ask, 3, retention->watched.ms);
}

/* The segment that is being deleted, or the next one that may be, which is hidden with this. */
static bool find_going(struct store *store, const struct retention *retention, struct going *going,
                       bool *found, bool *begins, struct error *err)
{
    sqlite3_stmt *ask = store_statement(store, SQL_GOING);

    *begins = false;
    if (!find(store, ask, going, found, err) || *found)
        return *found;
    if (!wall_is_known(retention->before))
        return true;
    ask = store_statement(store, SQL_TO_PRUNE);
    bind_retention(ask, retention);
    *begins = true;
    return find(store, ask, going, found, err);
}

bool store_prune_step(struct store *store, const struct retention *retention, size_t budget,
                      bool *more, struct error *err)
{
    struct going going = {0};
    bool begins;
    bool mine;
    bool good;

    assert(!store->writing);
    *more = false;
    if (!store_ready(store, err) || !find_going(store, retention, &going, more, &begins, err))
        return false;
    if (!*more)
        return true;
    if (!store_begin_step(store, &mine, err))
        return false;
    if (begins) {
        store_touch(store, CHANGE_READINGS);
        store_touch(store, CHANGE_SEALS);
    }
    good = begins ? store_note(store, SQL_PRUNED, going.segment, err)
                  : prune(store, &going, budget == 0 ? 1 : budget, err);
    return store_end_step(store, mine, good, err);
}

/* Whether the oldest segment is older than what is kept; while it is not, nobody looks at the
 * others, of which there are thousands. */
static bool is_old(struct store *store, const struct retention *retention, bool *old,
                   struct error *err)
{
    sqlite3_stmt *ask = store_statement(store, SQL_OLDEST_LEFT);
    bool failed;

    *old = statement_next(&store->c, ask, &failed, err) &&
           column_time(ask, 0).ms < retention->before.ms;
    sqlite3_reset(ask);
    return !failed;
}

bool store_retention_look(struct store *store, const struct retention *retention,
                          struct retention_look *look, struct error *err)
{
    sqlite3_stmt *ask;
    int64_t held = 0;
    bool failed, old;

    *look = (struct retention_look){.oldest = WALL_NONE};
    if (!store_ready(store, err) || !is_old(store, retention, &old, err))
        return false;
    if (!old)
        return true;
    ask = store_statement(store, SQL_OLDEST_LOOSE);
    sqlite3_bind_int64(ask, 3, retention->watched.ms);
    if (statement_next(&store->c, ask, &failed, err))
        look->oldest = column_time(ask, 0);
    sqlite3_reset(ask);
    if (failed)
        return false;
    ask = store_statement(store, SQL_HELD);
    bind_retention(ask, retention);
    if (!statement_number(&store->c, ask, &held, err))
        return false;
    look->held = (uint64_t)held;
    return true;
}
