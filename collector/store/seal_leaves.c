/* Which leaves a segment has, and their hashes.
 *
 * Polls are walked in the sequence's order, each into the leaf of its device; readings in the order
 * of `kept`, one point after the other. Between two pieces only the place in that walk is kept: the
 * rows of a closed segment do not change.
 */
#include "store/seal_leaves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

enum phase { PHASE_ENTRIES, PHASE_POLLS, PHASE_READINGS, PHASE_DONE };
enum { EVENTS_LEAF, CONFIGURATION_LEAF, NAMED_LEAVES }; /* the first two, before those with names */

#define DEVICE "device "
#define POINT  "point "

struct segment_leaves {
    uint64_t segment, first_seq, last_seq;
    enum phase phase;
    struct leaf *all; /* by name from NAMED_LEAVES on */
    size_t count, room;
    struct leaf **by_id; /* those with an id: devices by id, then points by id */
    size_t device_count, id_count;
    struct line line;
    struct hashing *mark;
    uint64_t polls_up_to;
    int64_t point, time, seq;     /* the last reading that was hashed */
    struct leaf *strange_devices; /* rows whose device or point has no name: of no honest store */
    struct leaf *strange_points;
};

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
    leaves->polls_up_to = first_seq - 1;
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

uint64_t segment_leaves_of(const struct segment_leaves *leaves)
{
    return leaves->segment;
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

/* Names ------------------------------------------------------------------------------------- */

static struct leaf *add_leaf(struct segment_leaves *leaves, const char *kind, const char *name,
                             size_t length, int64_t id)
{
    struct leaf *leaf;

    if (leaves->count == leaves->room) {
        size_t room = leaves->room == 0 ? 64 : leaves->room * 2;
        struct leaf *larger = realloc(leaves->all, room * sizeof *larger);

        if (larger == NULL)
            return NULL;
        leaves->all = larger;
        leaves->room = room;
    }
    leaf = &leaves->all[leaves->count];
    *leaf = (struct leaf){.id = id};
    if (asprintf(&leaf->name, "%s%.*s", kind, (int)length, name) < 0) {
        leaf->name = NULL;
        return NULL;
    }
    leaves->count++;
    return leaf;
}

static bool add_names(struct segment_leaves *leaves, const struct rows_of *rows, struct error *err)
{
    sqlite3_stmt *row = rows_ask(rows, SEAL_NAMES);
    bool failed = false;
    bool room = true;

    while (room && statement_next(rows->c, row, &failed, err)) {
        const char *name = column_text(row, 2);

        room = add_leaf(leaves, sqlite3_column_int(row, 0) == 0 ? DEVICE : POINT, name,
                        strlen(name), sqlite3_column_int64(row, 1)) != NULL;
    }
    sqlite3_reset(row);
    return room ? !failed : no_memory(err);
}

/* A point that a configuration names is there, and so is its device. */
static bool add_expected(struct segment_leaves *leaves, const char *point, size_t length)
{
    const char *slash = memrchr(point, '/', length);
    struct leaf *leaf = add_leaf(leaves, POINT, point, length, 0);

    if (leaf == NULL)
        return false;
    leaf->present = true;
    if (slash == NULL)
        return true;
    leaf = add_leaf(leaves, DEVICE, point, (size_t)(slash - point), 0);
    if (leaf == NULL)
        return false;
    leaf->present = true;
    return true;
}

/* Lines of "DIGEST  NAME", of which "points/SITE/DEVICE/CHANNEL.json" name points. */
static bool add_expected_by(struct segment_leaves *leaves, const char *text)
{
    static const char before[] = "  points/";
    static const char after[] = ".json";

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        const char *name = text + DIGEST_HEX - 1 + sizeof before - 1;
        const char *end = text + length - (sizeof after - 1);

        if (length > DIGEST_HEX - 1 + sizeof before + sizeof after &&
            memcmp(text + DIGEST_HEX - 1, before, sizeof before - 1) == 0 &&
            memcmp(end, after, sizeof after - 1) == 0 &&
            !add_expected(leaves, name, (size_t)(end - name)))
            return false;
        text += length + (text[length] == '\n');
    }
    return true;
}

static int by_name(const void *one, const void *other)
{
    const struct leaf *a = one;
    const struct leaf *b = other;
    int order = strcmp(a->name, b->name);

    return order != 0 ? order : (a->id < b->id) - (a->id > b->id);
}

/* The same name once: with its id, which sorts before what a configuration said. */
static void merge_names(struct segment_leaves *leaves)
{
    size_t kept = NAMED_LEAVES;

    for (size_t i = NAMED_LEAVES; i < leaves->count; i++) {
        struct leaf *leaf = &leaves->all[i];
        struct leaf *before = &leaves->all[kept - 1];

        if (kept > NAMED_LEAVES && leaf->id == 0 && strcmp(before->name, leaf->name) == 0) {
            before->present = before->present || leaf->present;
            free(leaf->name);
            continue;
        }
        if (kept != i)
            leaves->all[kept] = *leaf;
        kept++;
    }
    leaves->count = kept;
}

static int by_kind_and_id(const void *one, const void *other)
{
    const struct leaf *a = *(struct leaf *const *)one;
    const struct leaf *b = *(struct leaf *const *)other;

    if (a->name[0] != b->name[0]) /* "device", "point" */
        return a->name[0] < b->name[0] ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static bool index_ids(struct segment_leaves *leaves, struct error *err)
{
    leaves->by_id = malloc((leaves->count + 1) * sizeof(struct leaf *));
    if (leaves->by_id == NULL)
        return no_memory(err);
    for (size_t i = NAMED_LEAVES; i < leaves->count; i++) {
        struct leaf *leaf = &leaves->all[i];

        if (leaf->id <= 0)
            continue;
        leaves->by_id[leaves->id_count++] = leaf;
        leaves->device_count += leaf->name[0] == DEVICE[0];
    }
    qsort(leaves->by_id, leaves->id_count, sizeof(struct leaf *), by_kind_and_id);
    return true;
}

static struct leaf *find_id(struct leaf **by_id, size_t count, int64_t id)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;

        if (by_id[middle]->id == id)
            return by_id[middle];
        if (by_id[middle]->id < id)
            low = middle + 1;
        else
            count = middle;
    }
    return NULL;
}

static struct leaf *device_leaf(struct segment_leaves *leaves, int64_t id)
{
    struct leaf *leaf = find_id(leaves->by_id, leaves->device_count, id);

    return leaf != NULL ? leaf : leaves->strange_devices;
}

static struct leaf *point_leaf(struct segment_leaves *leaves, int64_t id)
{
    struct leaf *leaf =
        find_id(leaves->by_id + leaves->device_count, leaves->id_count - leaves->device_count, id);

    return leaf != NULL ? leaf : leaves->strange_points;
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
               (add_expected_by(leaves, column_text(row, 2)) || no_memory(err));
    sqlite3_reset(row);
    return good && !failed;
}

static struct leaf *leaf_named(struct segment_leaves *leaves, const char *name)
{
    const struct leaf key = {.name = (char *)name, .id = -1};

    return bsearch(&key, leaves->all + NAMED_LEAVES, leaves->count - NAMED_LEAVES, sizeof key,
                   by_name);
}

static bool begin(struct segment_leaves *leaves, const struct rows_of *rows, struct error *err)
{
    if (add_leaf(leaves, "events", "", 0, 0) == NULL ||
        add_leaf(leaves, "configuration", "", 0, 0) == NULL ||
        add_leaf(leaves, DEVICE "?", "", 0, -1) == NULL ||
        add_leaf(leaves, POINT "?", "", 0, -1) == NULL)
        return no_memory(err);
    if (!hash_entries(leaves, rows, err) || !hash_configurations(leaves, rows, err) ||
        !add_names(leaves, rows, err))
        return false;
    qsort(leaves->all + NAMED_LEAVES, leaves->count - NAMED_LEAVES, sizeof *leaves->all, by_name);
    merge_names(leaves);
    leaves->strange_devices = leaf_named(leaves, DEVICE "?");
    leaves->strange_points = leaf_named(leaves, POINT "?");
    return index_ids(leaves, err);
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
               leaf_add(leaves, device_leaf(leaves, sqlite3_column_int64(row, 1)), err);
        leaves->polls_up_to = (uint64_t)sqlite3_column_int64(row, 0);
    }
    sqlite3_reset(row);
    return good && !failed;
}

static bool hash_reading(struct segment_leaves *leaves, sqlite3_stmt *row, struct error *err)
{
    int64_t point = sqlite3_column_int64(row, 0);
    struct leaf *leaf = point_leaf(leaves, point);

    if (point != leaves->point && leaves->point >= 0 && point_leaf(leaves, leaves->point) != leaf)
        leaf_end(point_leaf(leaves, leaves->point));
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
