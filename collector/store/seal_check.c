/* Checks a whole store against its own seals: reader_check_seals() of seals.h.
 *
 * Segment by segment, each in transactions of its own, so a collector may run meanwhile: what is
 * sealed changes only when retention takes it, and that is looked at again before anything is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/seal_check_inside.h"

/* clang-format off */
static const char *const texts[CHECK_ASKS] = {
    [CHECK_STORE] = "SELECT value FROM meta WHERE key = 'store'",
    [CHECK_CAUSES] = "SELECT id, word FROM cause ORDER BY id",
    [CHECK_NAMES] = "SELECT p.name FROM point AS p LEFT JOIN device AS d ON d.id = p.device"
        " WHERE p.name IS NOT d.site || '/' || d.name || '/' || p.channel ORDER BY p.id",
    [CHECK_TWICE] = "SELECT e.seq FROM event AS e WHERE EXISTS(SELECT 1 FROM poll AS p"
        " WHERE p.seq = e.seq) OR EXISTS(SELECT 1 FROM problem_version AS v WHERE v.seq = e.seq)"
        " UNION SELECT v.seq FROM problem_version AS v WHERE EXISTS(SELECT 1 FROM poll AS p"
        " WHERE p.seq = v.seq) ORDER BY 1",
    [CHECK_KEPT_SEGMENTS] = "SELECT segment, point, seq FROM kept WHERE segment > ?1"
        " ORDER BY segment LIMIT 1",
    [CHECK_ORPHANS] = "SELECT 1 FROM segment WHERE segment = ?1 AND gone = 0",
    [CHECK_POLL_TIMES] = "SELECT min(time), max(time) FROM poll WHERE seq BETWEEN ?1 AND ?2",
    [CHECK_EVENT_TIMES] = "SELECT min(time), max(time) FROM event WHERE seq BETWEEN ?1 AND ?2",
    /* the first number of ?1..?2 that nobody has: ?1 itself, or the one after an entry */
    [CHECK_HOLE] = "WITH entry AS (SELECT ?1 - 1 AS seq"
        " UNION ALL SELECT seq FROM poll WHERE seq BETWEEN ?1 AND ?2"
        " UNION ALL SELECT seq FROM event WHERE seq BETWEEN ?1 AND ?2"
        " UNION ALL SELECT seq FROM problem_version WHERE seq BETWEEN ?1 AND ?2)"
        " SELECT min(seq) + 1 FROM entry WHERE seq < ?2 AND seq + 1 NOT IN (SELECT seq FROM entry)",
    [CHECK_READINGS] = "SELECT k.seq, t.name FROM kept AS k LEFT JOIN poll AS p ON p.seq = k.seq"
        " LEFT JOIN point AS t ON t.id = k.point WHERE k.segment = ?1 AND (p.seq IS NULL"
        " OR p.seq NOT BETWEEN ?2 AND ?3 OR p.device IS NOT t.device"
        " OR k.time <> ifnull(p.time, -1)) LIMIT 1",
    [CHECK_MARKS] = "SELECT name FROM leaf WHERE segment = ?1 AND length(marks) <> 2 * rows LIMIT 1",
    [CHECK_PRUNED] = "SELECT pruned FROM segment WHERE segment = ?1",
    [CHECK_LEFT] = "SELECT p.seq, 'device ' || ifnull(d.site || '/' || d.name, '?') FROM segment AS s"
        " CROSS JOIN poll AS p ON p.seq BETWEEN s.first_seq AND s.last_seq"
        " LEFT JOIN device AS d ON d.id = p.device"
        " WHERE s.segment = ?1 AND s.gone = 1 UNION ALL"
        " SELECT f.seq, 'frames ?' FROM segment AS s"
        " CROSS JOIN frame AS f ON f.seq BETWEEN s.first_seq AND s.last_seq"
        " WHERE s.segment = ?1 AND s.gone = 1 ORDER BY 1, 2 LIMIT 1",
    [CHECK_CONFIGURATIONS] = "SELECT seq, digest, text FROM configuration WHERE seq > ?1 ORDER BY seq"
        " LIMIT 1",
    [CHECK_SNAPSHOTS] = "SELECT digest, content FROM snapshot ORDER BY digest",
    [CHECK_SNAPSHOT] = "SELECT 1 FROM snapshot WHERE digest = ?1",
    [CHECK_NAMED_IN] = "SELECT seq, text FROM configuration WHERE instr(text, ?1) > 0 ORDER BY seq",
    [CHECK_PROFILES] = "SELECT model, digest, text FROM profile ORDER BY id",
    [CHECK_UNSEALED] = "SELECT count(*), min(seq), max(seq), (SELECT time FROM (SELECT seq, time"
        " FROM poll WHERE seq > ?1 UNION ALL SELECT seq, time FROM event WHERE seq > ?1)"
        " WHERE time IS NOT NULL ORDER BY seq LIMIT 1) FROM (SELECT seq FROM poll WHERE seq > ?1"
        " UNION ALL SELECT seq FROM event WHERE seq > ?1"
        " UNION ALL SELECT seq FROM problem_version WHERE seq > ?1)",
    [CHECK_ANCHORS] = "SELECT DISTINCT segment FROM anchor WHERE segment NOT IN"
        " (SELECT segment FROM segment WHERE root IS NOT NULL) ORDER BY segment",
    [CHECK_BOUNDS] = "SELECT count(*), max(segment) FROM segment WHERE root IS NOT NULL",
};
/* clang-format on */

const char *seal_fault_word(enum seal_fault fault)
{
    static const char *const words[] = {
        [SEAL_SOUND] = "sound",
        [SEAL_ROW_DIFFERS] = "row_differs",
        [SEAL_LEAF_DIFFERS] = "leaf_differs",
        [SEAL_HEAD_DIFFERS] = "head_differs",
        [SEAL_CHAIN_BROKEN] = "chain_broken",
        [SEAL_UNSIGNED] = "unsigned",
        [SEAL_KEY_UNEXPLAINED] = "key_unexplained",
        [SEAL_ITEM_DIFFERS] = "item_differs",
        [SEAL_ENTRY_MISSING] = "entry_missing",
        [SEAL_CUT] = "cut",
    };

    return words[fault];
}

const char *seal_change_word(enum seal_change change)
{
    static const char *const words[] = {[SEAL_CHANGED] = "changed",
                                        [SEAL_ADDED] = "added",
                                        [SEAL_REMOVED] = "removed",
                                        [SEAL_SWAPPED] = "swapped"};

    return words[change];
}

/* --- asking and telling ---------------------------------------------------------------------- */

sqlite3_stmt *check_ask(struct checking *checking, enum check_ask ask)
{
    sqlite3_reset(checking->asks[ask]);
    sqlite3_clear_bindings(checking->asks[ask]);
    return checking->asks[ask];
}

bool check_next(struct checking *checking, sqlite3_stmt *row)
{
    bool failed = false;

    if (checking->failed)
        return false;
    if (statement_next(&checking->reader->c, row, &failed, checking->err))
        return true;
    checking->failed = failed;
    return false;
}

bool check_no_memory(struct checking *checking)
{
    checking->failed = true;
    return error_set(checking->err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

struct seal_check *check_fault(struct checking *checking, enum seal_fault fault, uint64_t segment)
{
    checking->found = (struct seal_check){
        .fault = fault, .segment = segment, .first_time = WALL_NONE, .last_time = WALL_NONE};
    if (segment != 0) {
        checking->found.first_time = checking->first_time;
        checking->found.last_time = checking->last_time;
    }
    return &checking->found;
}

void check_tell(struct checking *checking)
{
    struct seal_check *check = checking->check;
    const struct seal_check *found = &checking->found;

    if (check->faults++ == 0) {
        check->fault = found->fault;
        check->change = found->change;
        check->segment = found->segment;
        check->seq = found->seq;
        check->first_time = found->first_time;
        check->last_time = found->last_time;
        memcpy(check->leaf, found->leaf, sizeof check->leaf);
        memcpy(check->row, found->row, sizeof check->row);
    }
    if (checking->each != NULL)
        checking->each(checking->self, found);
}

/* --- one segment ----------------------------------------------------------------------------- */

/* It is the next one, begins where the one before ended, and names its head. */
static void check_chain(struct checking *checking, const struct seal_head *head)
{
    struct seal_check *found;

    if (head->segment == checking->segment + 1 && head->first_seq == checking->last_seq + 1 &&
        head->last_seq >= head->first_seq &&
        memcmp(head->previous, checking->head, DIGEST_BYTES) == 0)
        return;
    found = check_fault(checking, SEAL_CHAIN_BROKEN, head->segment);
    found->seq = checking->last_seq + 1;
    check_tell(checking);
}

static struct wall_time earlier(struct wall_time one, struct wall_time other)
{
    return !wall_is_known(one) || (wall_is_known(other) && other.ms < one.ms) ? other : one;
}

static struct wall_time later(struct wall_time one, struct wall_time other)
{
    return !wall_is_known(one) || (wall_is_known(other) && other.ms > one.ms) ? other : one;
}

/* The times of a head are those of its entries. Of a pruned segment only events are left. */
static void check_times(struct checking *checking, const struct seal_head *head)
{
    static const enum check_ask asks[] = {CHECK_POLL_TIMES, CHECK_EVENT_TIMES};
    struct wall_time first = WALL_NONE, last = WALL_NONE;

    for (size_t i = 0; i < 2; i++) {
        sqlite3_stmt *ask = check_ask(checking, asks[i]);

        sqlite3_bind_int64(ask, 1, (int64_t)head->first_seq);
        sqlite3_bind_int64(ask, 2, (int64_t)head->last_seq);
        if (!check_next(checking, ask))
            return;
        first = earlier(first, column_time(ask, 0));
        last = later(last, column_time(ask, 1));
        sqlite3_reset(ask);
    }
    if (first.ms == head->first_time.ms && last.ms == head->last_time.ms)
        return;
    check_fault(checking, SEAL_HEAD_DIFFERS, head->segment);
    check_tell(checking);
}

static void tell_entry(struct checking *checking, uint64_t segment, uint64_t seq)
{
    check_fault(checking, SEAL_ENTRY_MISSING, segment)->seq = seq;
    check_tell(checking);
}

/* The number nobody has between two; 0: there is none. */
static uint64_t find_hole(struct checking *checking, uint64_t first, uint64_t last)
{
    sqlite3_stmt *ask = check_ask(checking, CHECK_HOLE);
    uint64_t hole = 0;

    sqlite3_bind_int64(ask, 1, (int64_t)first);
    sqlite3_bind_int64(ask, 2, (int64_t)last);
    if (check_next(checking, ask))
        hole = (uint64_t)sqlite3_column_int64(ask, 0);
    sqlite3_reset(ask);
    return hole;
}

/* The rows are as they were sealed; were they whole then? */
void check_entries(struct checking *checking, const struct sealed *sealed, uint64_t entries)
{
    const struct seal_head *head = &sealed->head;
    sqlite3_stmt *ask;

    if (entries != head->last_seq - head->first_seq + 1)
        tell_entry(checking, head->segment, find_hole(checking, head->first_seq, head->last_seq));
    ask = check_ask(checking, CHECK_READINGS);
    sqlite3_bind_int64(ask, 1, (int64_t)head->segment);
    sqlite3_bind_int64(ask, 2, (int64_t)head->first_seq);
    sqlite3_bind_int64(ask, 3, (int64_t)head->last_seq);
    if (check_next(checking, ask)) {
        struct seal_check *found = check_fault(checking, SEAL_ENTRY_MISSING, head->segment);

        found->seq = (uint64_t)sqlite3_column_int64(ask, 0);
        snprintf(found->leaf, sizeof found->leaf, "point %s", column_text(ask, 1));
        check_tell(checking);
    }
    sqlite3_reset(ask);
    check_times(checking, head);
}

static bool check_segment(void *self, const struct sealed *sealed)
{
    struct checking *checking = self;
    const struct seal_head *head = &sealed->head;
    uint8_t digest[DIGEST_BYTES];
    char text[HEAD_TEXT_MAX];
    size_t size = seal_head_text(head, text);

    checking->first_time = head->first_time;
    checking->last_time = head->last_time;
    check_chain(checking, head);
    digest_of(text, size, digest);
    if (memcmp(digest, sealed->digest, DIGEST_BYTES) != 0) {
        check_fault(checking, SEAL_HEAD_DIFFERS, head->segment);
        check_tell(checking);
    } else {
        check_signature(checking, sealed, text, size);
    }
    if (sealed->pruned)
        check_pruned(checking, sealed);
    else
        check_leaves(checking, sealed);
    checking->check->segments++;
    checking->check->pruned += sealed->pruned;
    checking->segment = checking->check->newest = head->segment;
    checking->last_seq = head->last_seq;
    checking->check->sealed = head->sealed;
    memcpy(checking->head, sealed->digest, DIGEST_BYTES);
    memcpy(checking->check->head, sealed->digest, DIGEST_BYTES);
    if (checking->progress != NULL && head->segment <= checking->newest)
        checking->progress(checking->self, (double)head->segment / (double)checking->newest);
    return !checking->failed;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Readings under a number no segment has. */
static void check_orphans(struct checking *checking)
{
    int64_t segment = INT64_MIN;

    while (!checking->failed) {
        sqlite3_stmt *next = check_ask(checking, CHECK_KEPT_SEGMENTS);
        sqlite3_stmt *known = check_ask(checking, CHECK_ORPHANS);
        uint64_t seq;

        sqlite3_bind_int64(next, 1, segment);
        if (!check_next(checking, next))
            return;
        segment = sqlite3_column_int64(next, 0);
        seq = (uint64_t)sqlite3_column_int64(next, 2);
        sqlite3_reset(next);
        sqlite3_bind_int64(known, 1, segment);
        if (!check_next(checking, known) && !checking->failed) {
            struct seal_check *found = check_fault(checking, SEAL_ROW_DIFFERS, 0);

            found->change = SEAL_ADDED;
            found->seq = seq;
            snprintf(found->leaf, sizeof found->leaf, "segment %lld", (long long)segment);
            check_tell(checking);
        }
        sqlite3_reset(known);
    }
}

/* What stands after the newest seal: how much, since when, and whether it is whole so far. */
static void look_at_rest(struct checking *checking)
{
    struct seal_check *check = checking->check;
    sqlite3_stmt *ask = check_ask(checking, CHECK_UNSEALED);
    uint64_t last = 0;

    check->unsealed_since = WALL_NONE;
    sqlite3_bind_int64(ask, 1, (int64_t)checking->last_seq);
    if (check_next(checking, ask)) {
        check->unsealed = (uint64_t)sqlite3_column_int64(ask, 0);
        last = (uint64_t)sqlite3_column_int64(ask, 2);
        check->unsealed_since = column_time(ask, 3);
    }
    sqlite3_reset(ask);
    if (!checking->failed && check->unsealed > 0 && check->unsealed != last - checking->last_seq)
        tell_entry(checking, 0, find_hole(checking, checking->last_seq + 1, last));
}

/* Heads that were left outside, by what the store itself remembers of it. */
static void check_anchors(struct checking *checking)
{
    sqlite3_stmt *row = check_ask(checking, CHECK_ANCHORS);

    while (check_next(checking, row)) {
        uint64_t segment = (uint64_t)sqlite3_column_int64(row, 0);

        checking->first_time = checking->last_time = WALL_NONE;
        check_fault(checking, SEAL_CUT, segment);
        check_tell(checking);
    }
}

static bool prepare(struct checking *checking)
{
    for (int i = 0; i < CHECK_ASKS; i++)
        if (sqlite3_prepare_v2(checking->reader->c.db, texts[i], -1, &checking->asks[i], NULL) !=
            SQLITE_OK)
            return connection_complain(&checking->reader->c, checking->err);
    return true;
}

static bool find_newest(struct checking *checking)
{
    sqlite3_stmt *ask = check_ask(checking, CHECK_BOUNDS);

    if (check_next(checking, ask))
        checking->newest = (uint64_t)sqlite3_column_int64(ask, 1);
    sqlite3_reset(ask);
    return !checking->failed;
}

static void check_all(struct checking *checking)
{
    if (find_newest(checking))
        check_names(checking);
    if (!checking->failed)
        check_keys(checking);
    if (!checking->failed &&
        !reader_sealed(checking->reader, 0, 0, check_segment, checking, checking->err))
        checking->failed = true;
    if (!checking->failed)
        check_orphans(checking);
    check_items(checking);
    if (!checking->failed)
        look_at_rest(checking);
    if (!checking->failed)
        check_anchors(checking);
}

bool reader_check_seals(struct reader *reader, struct seal_check *check,
                        void (*each)(void *self, const struct seal_check *found),
                        void (*progress)(void *self, double share), void *self, struct error *err)
{
    struct checking checking = {.reader = reader,
                                .check = check,
                                .each = each,
                                .progress = progress,
                                .self = self,
                                .err = err};

    *check = (struct seal_check){.sealed = WALL_NONE,
                                 .unsealed_since = WALL_NONE,
                                 .first_time = WALL_NONE,
                                 .last_time = WALL_NONE};
    checking.failed = !prepare(&checking);
    if (!checking.failed)
        check_all(&checking);
    for (int i = 0; i < CHECK_ASKS; i++)
        sqlite3_finalize(checking.asks[i]);
    free(checking.keys);
    return !checking.failed;
}
