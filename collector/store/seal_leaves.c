/* The leaves of a segment and their hashes.
 *
 * Polls are walked in the sequence's order, each into the leaf of its device; readings in the order
 * of `kept`, one point after the other. Between two pieces only the place in that walk is kept: the
 * rows of a closed segment do not change.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/seal_leaves_inside.h"

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s",
                     SAY("内存不足，封存稍后再试", "out of memory, sealing is tried again"));
}

struct segment_leaves *segment_leaves_new(uint64_t segment, uint64_t first_seq, uint64_t last_seq)
{
    struct segment_leaves *leaves = calloc(1, sizeof *leaves);

    if (leaves == NULL)
        return NULL;
    leaves->segment = segment;
    leaves->first_seq = first_seq;
    leaves->last_seq = last_seq;
    leaves->polls_up_to = leaves->frames_up_to = first_seq - 1;
    leaves->point = -1;
    leaves->mark = hashing_new();
    if (leaves->mark != NULL)
        return leaves;
    free(leaves);
    return NULL;
}

void segment_leaves_free(struct segment_leaves *leaves)
{
    if (leaves == NULL)
        return;
    for (size_t i = 0; i < leaves->count; i++) {
        free(leaves->all[i].name);
        free(leaves->all[i].marks);
        hashing_free(leaves->all[i].hashing);
    }
    free(leaves->all);
    free(leaves->by_id);
    line_free(&leaves->line);
    hashing_free(leaves->mark);
    free(leaves);
}

/* Rows of a leaf ---------------------------------------------------------------------------- */

static bool leaf_begin(struct leaf *leaf, struct error *err)
{
    leaf->present = true;
    leaf->hashing = hashing_new();
    if (leaf->hashing == NULL)
        return no_memory(err);
    hashing_begin_leaf(leaf->hashing);
    hashing_add(leaf->hashing, leaf->name, strlen(leaf->name));
    hashing_add(leaf->hashing, "\n", 1);
    return true;
}

static void leaf_end(struct leaf *leaf)
{
    if (leaf->hashing == NULL)
        return;
    hashing_end(leaf->hashing, leaf->digest);
    hashing_free(leaf->hashing);
    leaf->hashing = NULL;
}

/* The line that was made last becomes the leaf's next row. */
static bool leaf_add(struct segment_leaves *leaves, struct leaf *leaf, struct error *err)
{
    const struct text *line = &leaves->line.text;
    uint8_t digest[DIGEST_BYTES];

    if ((leaf->rows + 1) * MARK_BYTES > leaf->marks_room) {
        size_t room = leaf->marks_room == 0 ? 128 : leaf->marks_room * 2;
        uint8_t *larger = realloc(leaf->marks, room);

        if (larger == NULL)
            return no_memory(err);
        leaf->marks = larger;
        leaf->marks_room = room;
    }
    if (leaf->hashing == NULL && !leaf_begin(leaf, err))
        return false;
    hashing_add(leaf->hashing, line->bytes, line->used);
    hashing_begin(leaves->mark);
    hashing_add(leaves->mark, line->bytes, line->used);
    hashing_end(leaves->mark, digest);
    memcpy(leaf->marks + leaf->rows++ * MARK_BYTES, digest, MARK_BYTES);
    return true;
}

/* Entries and configurations ---------------------------------------------------------------- */

struct hashed_entry {
    struct segment_leaves *leaves;
    struct error *err;
    bool failed;
};

static bool hash_entry(void *self, const struct seal_entry *entry, const char *subject,
                       const char *text)
{
    struct hashed_entry *hashed = self;
    struct segment_leaves *leaves = hashed->leaves;

    hashed->failed = !line_of_entry(&leaves->line, entry, subject, text, hashed->err) ||
                     !leaf_add(leaves, &leaves->all[EVENTS_LEAF], hashed->err);
    return !hashed->failed;
}

static bool hash_entries(struct segment_leaves *leaves, const struct rows_of *rows,
                         struct error *err)
{
    struct hashed_entry hashed = {leaves, err, false};

    return leaf_begin(&leaves->all[EVENTS_LEAF], err) &&
           rows_each_entry(rows, hash_entry, &hashed, err) && !hashed.failed;
}

static bool hash_configurations(struct segment_leaves *leaves, const struct rows_of *rows,
                                struct error *err)
{
    sqlite3_stmt *row = rows_ask(rows, SEAL_CONFIGURATIONS);
    bool failed = false;
    bool good = leaf_begin(&leaves->all[CONFIGURATION_LEAF], err);

    while (good && statement_next(rows->c, row, &failed, err))
        good = line_of_configuration(&leaves->line, row, err) &&
               leaf_add(leaves, &leaves->all[CONFIGURATION_LEAF], err) &&
               (leaves_add_expected(leaves, column_text(row, 2)) || no_memory(err));
    sqlite3_reset(row);
    return good && !failed;
}

static bool begin(struct segment_leaves *leaves, const struct rows_of *rows, struct error *err)
{
    if (leaves_add(leaves, "events", "", 0, 0) == NULL ||
        leaves_add(leaves, "configuration", "", 0, 0) == NULL ||
        leaves_add(leaves, DEVICE "?", "", 0, -1) == NULL ||
        leaves_add(leaves, FRAMES "?", "", 0, -1) == NULL ||
        leaves_add(leaves, POINT "?", "", 0, -1) == NULL)
        return no_memory(err);
    if (!hash_entries(leaves, rows, err) || !hash_configurations(leaves, rows, err) ||
        !leaves_add_names(leaves, rows, err))
        return false;
    return leaves_settle(leaves, err);
}

/* Polls and readings ------------------------------------------------------------------------ */

static bool hash_polls(struct segment_leaves *leaves, const struct rows_of *rows, size_t budget,
                       size_t *count, struct error *err)
{
    sqlite3_stmt *row = rows_ask(rows, SEAL_POLLS);
    bool failed = false;
    bool good = true;

    sqlite3_bind_int64(row, 1, (int64_t)leaves->polls_up_to + 1);
    for (*count = 0; good && *count < budget && statement_next(rows->c, row, &failed, err);
         ++*count) {
        good = line_of_poll(&leaves->line, row, err) &&
               leaf_add(leaves, leaves_device(leaves, sqlite3_column_int64(row, 1)), err);
        leaves->polls_up_to = (uint64_t)sqlite3_column_int64(row, 0);
    }
    sqlite3_reset(row);
    return good && !failed;
}

/* The frames of a poll whose device has no name, or of none, are of no honest store either. */
static bool hash_frames(struct segment_leaves *leaves, const struct rows_of *rows, size_t budget,
                        size_t *count, struct error *err)
{
    sqlite3_stmt *row = rows_ask(rows, SEAL_FRAMES);
    bool failed = false;
    bool good = true;

    sqlite3_bind_int64(row, 1, (int64_t)leaves->frames_up_to + 1);
    for (*count = 0; good && *count < budget && statement_next(rows->c, row, &failed, err);
         ++*count) {
        good = line_of_frames(&leaves->line, row, err) &&
               leaf_add(leaves, leaves_frames(leaves, sqlite3_column_int64(row, 1)), err);
        leaves->frames_up_to = (uint64_t)sqlite3_column_int64(row, 0);
    }
    sqlite3_reset(row);
    return good && !failed;
}

static bool hash_reading(struct segment_leaves *leaves, sqlite3_stmt *row, struct error *err)
{
    int64_t point = sqlite3_column_int64(row, 0);
    struct leaf *leaf = leaves_point(leaves, point);

    if (point != leaves->point && leaves->point >= 0 && leaves_point(leaves, leaves->point) != leaf)
        leaf_end(leaves_point(leaves, leaves->point));
    if (!line_of_reading(&leaves->line, row, err) || !leaf_add(leaves, leaf, err))
        return false;
    leaves->point = point;
    leaves->time = sqlite3_column_int64(row, 1);
    leaves->seq = sqlite3_column_int64(row, 2);
    return true;
}

static bool hash_readings(struct segment_leaves *leaves, const struct rows_of *rows, size_t budget,
                          size_t *count, struct error *err)
{
    sqlite3_stmt *row = rows_ask(rows, SEAL_KEPT);
    bool failed = false;
    bool good = true;

    sqlite3_bind_int64(row, 1, (int64_t)leaves->segment);
    sqlite3_bind_int64(row, 2, leaves->point);
    sqlite3_bind_int64(row, 3, leaves->time);
    sqlite3_bind_int64(row, 4, leaves->seq);
    for (*count = 0; good && *count < budget && statement_next(rows->c, row, &failed, err);
         ++*count)
        good = hash_reading(leaves, row, err);
    sqlite3_reset(row);
    return good && !failed;
}

/* What was begun is ended, what is expected and has no rows is its first line alone, and the rest
 * leaves the list. */
static bool finish(struct segment_leaves *leaves, struct error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < leaves->count; i++) {
        struct leaf *leaf = &leaves->all[i];

        if (leaf->present && leaf->rows == 0 && leaf->hashing == NULL && !leaf_begin(leaf, err))
            return false;
        leaf_end(leaf);
    }
    for (size_t i = 0; i < leaves->count; i++) {
        if (!leaves->all[i].present)
            free(leaves->all[i].name);
        else if (kept++ != i)
            leaves->all[kept - 1] = leaves->all[i];
    }
    leaves->count = kept;
    return true;
}

static bool work_phase(struct segment_leaves *leaves, const struct rows_of *rows, size_t budget,
                       size_t *count, struct error *err)
{
    *count = 0;
    switch (leaves->phase) {
    case PHASE_ENTRIES:
        if (!begin(leaves, rows, err))
            return false;
        leaves->phase = PHASE_POLLS;
        return true;
    case PHASE_POLLS:
        if (!hash_polls(leaves, rows, budget, count, err))
            return false;
        if (*count < budget)
            leaves->phase = PHASE_FRAMES;
        return true;
    case PHASE_FRAMES:
        if (!hash_frames(leaves, rows, budget, count, err))
            return false;
        if (*count < budget)
            leaves->phase = PHASE_READINGS;
        return true;
    case PHASE_READINGS:
        if (!hash_readings(leaves, rows, budget, count, err))
            return false;
        if (*count < budget && !finish(leaves, err))
            return false;
        if (*count < budget)
            leaves->phase = PHASE_DONE;
        return true;
    case PHASE_DONE:
        break;
    }
    return true;
}

bool segment_leaves_work(struct segment_leaves *leaves, struct connection *c, sqlite3_stmt **asks,
                         size_t budget, bool *done, struct error *err)
{
    const struct rows_of rows = {c, asks, leaves->first_seq, leaves->last_seq};
    size_t count;

    if (budget == 0)
        budget = 1;
    while (leaves->phase != PHASE_DONE && budget > 0) {
        if (!work_phase(leaves, &rows, budget, &count, err))
            return false;
        budget -= count;
    }
    *done = leaves->phase == PHASE_DONE;
    return true;
}

size_t segment_leaves_count(const struct segment_leaves *leaves)
{
    return leaves->count;
}

const struct leaf *segment_leaves_at(const struct segment_leaves *leaves, size_t number)
{
    return &leaves->all[number];
}

uint8_t (*segment_leaves_hashes(const struct segment_leaves *leaves))[DIGEST_BYTES]
{
    uint8_t(*hashes)[DIGEST_BYTES] = malloc(leaves->count * sizeof *hashes);

    for (size_t i = 0; hashes != NULL && i < leaves->count; i++)
        memcpy(hashes[i], leaves->all[i].digest, DIGEST_BYTES);
    return hashes;
}
