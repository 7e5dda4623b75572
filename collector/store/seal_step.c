/* Sealing: the leaves of the next segment that was moved are hashed a piece at a time, and written
 * with root, head and signature. What was hashed is only in memory until then; leaves written by a
 * piece that was not the last mean nothing until the segment has its root, and are written again.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/inside.h"
#include "store/seal_leaves.h"
#include "store/seals.h"

/* What writing a leaf takes of a step's budget, and how many marks weigh as much as hashing a row.
 */
enum { LEAF_COST = 4, MARKS_A_ROW = 16 };

struct sealing {
    struct segment_leaves *leaves;
    struct seal_head head; /* what of it stands before the leaves are hashed */
    size_t written;        /* leaves */
};

void sealing_free(struct sealing *sealing)
{
    if (sealing == NULL)
        return;
    segment_leaves_free(sealing->leaves);
    free(sealing);
}

static void let_go(struct store *store)
{
    sealing_free(store->sealing);
    store->sealing = NULL;
}

bool store_recall_seals(struct store *store, struct error *err)
{
    sqlite3_stmt *ask = store_statement(store, SQL_NEWEST_SEALED);
    struct seal_mark *newest = &store->newest_seal;
    bool failed;

    let_go(store);
    *newest = (struct seal_mark){.sealed = WALL_NONE};
    if (statement_next(&store->c, ask, &failed, err)) {
        newest->segment = (uint64_t)sqlite3_column_int64(ask, 0);
        newest->last_seq = (uint64_t)sqlite3_column_int64(ask, 1);
        if (sqlite3_column_bytes(ask, 2) == DIGEST_BYTES)
            memcpy(newest->head, sqlite3_column_blob(ask, 2), DIGEST_BYTES);
        newest->sealed = column_time(ask, 3);
        snprintf(newest->key, sizeof newest->key, "%s", column_text(ask, 4));
    }
    sqlite3_reset(ask);
    if (failed)
        return false;
    ask = store_statement(store, SQL_STORE_ID);
    if (statement_next(&store->c, ask, &failed, err))
        snprintf(store->id, sizeof store->id, "%s", column_text(ask, 0));
    sqlite3_reset(ask);
    return !failed;
}

const char *store_id(const struct store *store)
{
    return store->id;
}

const struct seal_mark *store_newest_seal(const struct store *store)
{
    return &store->newest_seal;
}

/* Beginning --------------------------------------------------------------------------------- */

static struct sealing *sealing_new(sqlite3_stmt *row)
{
    struct sealing *sealing = calloc(1, sizeof *sealing);
    struct seal_head *head;

    if (sealing == NULL)
        return NULL;
    head = &sealing->head;
    head->segment = (uint64_t)sqlite3_column_int64(row, 0);
    head->first_seq = (uint64_t)sqlite3_column_int64(row, 1);
    head->last_seq = (uint64_t)sqlite3_column_int64(row, 2);
    head->first_time = column_time(row, 3);
    head->last_time = column_time(row, 4);
    sealing->leaves = segment_leaves_new(head->segment, head->first_seq, head->last_seq);
    if (sealing->leaves != NULL)
        return sealing;
    free(sealing);
    return NULL;
}

/* The next segment, once its readings stand in their final order. */
static bool begin(struct store *store, struct error *err)
{
    sqlite3_stmt *row = store_statement(store, SQL_TO_SEAL);
    bool failed, ready;

    sqlite3_bind_int64(row, 1, (int64_t)store->newest_seal.segment);
    ready = statement_next(&store->c, row, &failed, err) && sqlite3_column_int(row, 5) == 1;
    if (ready)
        store->sealing = sealing_new(row);
    sqlite3_reset(row);
    if (ready && store->sealing == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    return !failed;
}

/* Writing ----------------------------------------------------------------------------------- */

static bool write_leaf(struct store *store, const struct sealing *sealing, size_t number,
                       struct error *err)
{
    const struct leaf *leaf = segment_leaves_at(sealing->leaves, number);
    sqlite3_stmt *add = store_statement(store, SQL_ADD_LEAF);

    sqlite3_bind_int64(add, 1, (int64_t)sealing->head.segment);
    sqlite3_bind_int64(add, 2, (int64_t)number);
    bind_text(add, 3, leaf->name);
    sqlite3_bind_int64(add, 4, (int64_t)leaf->rows);
    sqlite3_bind_blob(add, 5, leaf->digest, DIGEST_BYTES, SQLITE_STATIC);
    if (leaf->rows > 0)
        sqlite3_bind_blob64(add, 6, leaf->marks, leaf->rows * MARK_BYTES, SQLITE_STATIC);
    else
        sqlite3_bind_zeroblob(add, 6, 0);
    return store_run(store, add, err);
}

static bool write_leaves(struct store *store, struct sealing *sealing, size_t budget,
                         struct error *err)
{
    size_t count = segment_leaves_count(sealing->leaves);
    sqlite3_stmt *drop = store_statement(store, SQL_DROP_LEAVES);

    sqlite3_bind_int64(drop, 1, (int64_t)sealing->head.segment);
    sqlite3_bind_int64(drop, 2, -1);
    if (sealing->written == 0 && !store_run(store, drop, err))
        return false;
    for (size_t cost = 0; sealing->written < count && cost < budget; sealing->written++) {
        if (!write_leaf(store, sealing, sealing->written, err))
            return false;
        cost +=
            LEAF_COST + segment_leaves_at(sealing->leaves, sealing->written)->rows / MARKS_A_ROW;
    }
    return true;
}

static bool write_head(struct store *store, const struct seal_head *head,
                       const uint8_t digest[DIGEST_BYTES], const uint8_t *signature,
                       uint8_t (*path)[DIGEST_BYTES], size_t length, struct error *err)
{
    sqlite3_stmt *seal = store_statement(store, SQL_SEAL);

    sqlite3_bind_int64(seal, 1, (int64_t)head->segment);
    sqlite3_bind_blob(seal, 2, head->root, DIGEST_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob(seal, 3, head->previous, DIGEST_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob(seal, 4, digest, DIGEST_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob(seal, 5, signature, SIGNATURE_BYTES, SQLITE_STATIC);
    bind_text(seal, 6, head->key);
    bind_time(seal, 7, head->sealed);
    sqlite3_bind_int64(seal, 8, (int64_t)head->leaves);
    sqlite3_bind_blob(seal, 9, path, (int)(length * DIGEST_BYTES), SQLITE_STATIC);
    bind_text(seal, 10, head->collector);
    return store_run(store, seal, err);
}

/* Root, head and signature over what was hashed; `digest` is the head's. */
static bool sign_and_write(struct store *store, struct sealing *sealing, const char *collector,
                           const struct seal_key *key, uint8_t digest[DIGEST_BYTES],
                           struct error *err)
{
    struct seal_head *head = &sealing->head;
    uint8_t(*hashes)[DIGEST_BYTES] = segment_leaves_hashes(sealing->leaves);
    uint8_t path[PATH_MAX_LENGTH][DIGEST_BYTES], signature[SIGNATURE_BYTES];
    char text[HEAD_TEXT_MAX];
    size_t length, size;

    if (hashes == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    head->leaves = segment_leaves_count(sealing->leaves);
    tree_root(hashes, head->leaves, head->root);
    length = tree_path(hashes, head->leaves, 0, path);
    free(hashes);
    memcpy(head->previous, store->newest_seal.head, DIGEST_BYTES);
    snprintf(head->collector, sizeof head->collector, "%s", collector);
    snprintf(head->store, sizeof head->store, "%s", store->id);
    snprintf(head->key, sizeof head->key, "%s", seal_key_fingerprint(key));
    size = seal_head_text(head, text);
    digest_of(text, size, digest);
    return seal_key_sign(key, text, size, signature, err) &&
           write_head(store, head, digest, signature, path, length, err);
}

static void remember(struct store *store, const struct seal_head *head,
                     const uint8_t digest[DIGEST_BYTES])
{
    struct seal_mark *newest = &store->newest_seal;

    newest->segment = head->segment;
    newest->last_seq = head->last_seq;
    newest->sealed = head->sealed;
    memcpy(newest->head, digest, DIGEST_BYTES);
    memcpy(newest->key, head->key, sizeof newest->key);
}

static bool write_piece(struct store *store, const char *collector, const struct seal_key *key,
                        size_t budget, bool *sealed, struct error *err)
{
    struct sealing *sealing = store->sealing;
    uint8_t digest[DIGEST_BYTES];
    bool mine, good, whole;

    if (!store_begin_step(store, &mine, err))
        return false;
    good = write_leaves(store, sealing, budget, err);
    whole = sealing->written == segment_leaves_count(sealing->leaves);
    if (whole)
        store_touch(store, CHANGE_SEALS);
    if (good && whole)
        good = sign_and_write(store, sealing, collector, key, digest, err);
    if (!store_end_step(store, mine, good, err))
        return false;
    *sealed = whole;
    if (whole) {
        remember(store, &sealing->head, digest);
        let_go(store);
    }
    return true;
}

static bool step(struct store *store, const char *collector, const struct seal_key *key,
                 size_t budget, bool *sealed, struct error *err)
{
    bool hashed = false;

    return segment_leaves_work(store->sealing->leaves, &store->c,
                               store->c.statements + SQL_SEAL_ASKS, budget, &hashed, err) &&
           (!hashed || write_piece(store, collector, key, budget, sealed, err));
}

bool store_seal_step(struct store *store, const char *collector, const struct seal_key *key,
                     struct wall_time now, size_t budget, bool *sealed, bool *more,
                     struct error *err)
{
    assert(!store->writing);
    *sealed = false;
    *more = false;
    if (!store_ready(store, err))
        return false;
    if (store->sealing == NULL && !begin(store, err))
        return false;
    if (store->sealing == NULL)
        return true;
    store->sealing->head.sealed = now;
    *more = true;
    if (step(store, collector, key, budget == 0 ? 1 : budget, sealed, err))
        return true;
    if (connection_disk_is_bad(&store->c))
        store->poisoned = true;
    let_go(store);
    return false;
}
