/* The leaves of one segment: as its rows are now, and as they were noted when it was sealed. The
 * signed root says which of the two is right. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/seal_check_inside.h"

void seen_free(struct seen *seen)
{
    for (size_t i = 0; i < seen->count; i++) {
        free(seen->all[i].name);
        free(seen->all[i].marks);
    }
    free(seen->all);
}

bool seen_add(void *self, uint64_t number, const char *name, uint64_t rows, const uint8_t *digest,
              const uint8_t *marks)
{
    struct seen *seen = self;
    struct seen_leaf *leaf;

    if (seen->count == seen->room) {
        size_t room = seen->room == 0 ? 64 : seen->room * 2;
        struct seen_leaf *larger = realloc(seen->all, room * sizeof *larger);

        if (larger == NULL) {
            seen->no_memory = true;
            return false;
        }
        seen->all = larger;
        seen->room = room;
    }
    seen->in_order = seen->in_order && number == seen->count;
    leaf = &seen->all[seen->count++];
    *leaf = (struct seen_leaf){
        .name = strdup(name), .rows = rows, .marks = malloc(rows * MARK_SIZE + 1)};
    seen->no_memory = leaf->name == NULL || leaf->marks == NULL;
    if (seen->no_memory)
        return false;
    memcpy(leaf->digest, digest, DIGEST_BYTES);
    if (rows > 0)
        memcpy(leaf->marks, marks, rows * MARK_SIZE);
    return true;
}

/* Whether the leaves make a tree of that root; `path` (may be NULL): whether the path that is kept
 * for later is that of their first. */
static bool lead_to(struct checking *checking, const struct seen *seen, const struct sealed *sealed,
                    bool *path)
{
    uint8_t(*hashes)[DIGEST_BYTES] = malloc((seen->count + 1) * sizeof *hashes);
    uint8_t(*first)[DIGEST_BYTES] = malloc(PATH_MAX_LENGTH * sizeof *first);
    uint8_t root[DIGEST_BYTES] = {0};
    bool leads = false;

    if (hashes == NULL || first == NULL) {
        check_no_memory(checking);
        goto done;
    }
    for (size_t i = 0; i < seen->count; i++)
        memcpy(hashes[i], seen->all[i].digest, DIGEST_BYTES);
    leads = seen->count == sealed->head.leaves && tree_root(hashes, seen->count, root) &&
            memcmp(root, sealed->head.root, DIGEST_BYTES) == 0;
    if (leads && path != NULL)
        *path = tree_path(hashes, seen->count, 0, first) == sealed->path_length &&
                memcmp(first, sealed->path, sealed->path_length * DIGEST_BYTES) == 0;
done:
    free(hashes);
    free(first);
    return leads;
}

/* The order of the tree: events, configuration, devices, frames, points. */
static int by_place(const char *one, const char *other)
{
    static const char *const first[] = {"events", "configuration"};

    for (size_t i = 0; i < 2; i++) {
        bool is_one = strcmp(one, first[i]) == 0, is_other = strcmp(other, first[i]) == 0;

        if (is_one || is_other)
            return is_other - is_one;
    }
    return strcmp(one, other);
}

/* --- which row ------------------------------------------------------------------------------- */

/* One or two rows of a leaf as they stand now. */
struct wanted_rows {
    uint64_t row; /* the one that comes next */
    uint64_t at[2];
    char *text[2];
};

static bool take_row(void *self, const char *line, size_t size)
{
    struct wanted_rows *wanted = self;
    uint64_t row = wanted->row++; /* 0 is the leaf's name */

    for (int i = 0; i < 2; i++)
        if (row == wanted->at[i] + 1 && wanted->text[i] == NULL)
            wanted->text[i] = strndup(line, size);
    return row <= wanted->at[0] || row <= wanted->at[1];
}

static void name_row(struct seal_check *found, const char *line)
{
    size_t length = line == NULL ? 0 : strcspn(line, "\n");

    if (length == 0)
        return;
    snprintf(found->row, sizeof found->row, "%.*s", (int)(length < 4096 ? length : 4096), line);
    utf8_mend(found->row);
    found->seq = strtoull(line, NULL, 10);
}

void check_tell_row(struct checking *checking, const struct sealed *sealed,
                    const struct seen_leaf *noted, const struct seen_leaf *now)
{
    struct row_place place = rows_compare(noted->marks, noted->rows, now->marks, now->rows);
    struct wanted_rows wanted = {
        .at = {place.at, place.two ? place.other : place.at}
    };
    struct seal_check *found;

    found = check_fault(checking, place.told ? SEAL_ROW_DIFFERS : SEAL_LEAF_DIFFERS,
                        sealed->head.segment);
    snprintf(found->leaf, sizeof found->leaf, "%s", noted->name);
    if (place.told && !reader_leaf_lines(checking->reader, sealed->head.segment, noted->name,
                                         take_row, &wanted, checking->err))
        checking->failed = true;
    found->change = place.change;
    if (place.two && wanted.text[0] != NULL && wanted.text[1] != NULL &&
        rows_were_swapped(wanted.text[0], wanted.text[1], noted->marks + place.at * MARK_SIZE,
                          noted->marks + place.other * MARK_SIZE))
        found->change = SEAL_SWAPPED;
    name_row(found, wanted.text[0]);
    free(wanted.text[0]);
    free(wanted.text[1]);
    check_tell(checking);
}

/* --- which leaf ------------------------------------------------------------------------------ */

bool seen_is_same(const struct seen_leaf *one, const struct seen_leaf *other)
{
    return one->rows == other->rows && memcmp(one->digest, other->digest, DIGEST_BYTES) == 0 &&
           memcmp(one->marks, other->marks, one->rows * MARK_SIZE) == 0;
}

void check_tell_leaf(struct checking *checking, const struct sealed *sealed, const char *name)
{
    struct seal_check *found = check_fault(checking, SEAL_LEAF_DIFFERS, sealed->head.segment);

    snprintf(found->leaf, sizeof found->leaf, "%s", name);
    check_tell(checking);
}

/* Both lists side by side. A leaf that only one has is one without rows on the other side. */
static uint64_t tell_differences(struct checking *checking, const struct sealed *sealed,
                                 const struct seen *noted, const struct seen *now, bool rows)
{
    uint64_t told = checking->check->faults;
    size_t i = 0, j = 0;

    while (!checking->failed && (i < noted->count || j < now->count)) {
        int order = i == noted->count ? 1
                    : j == now->count ? -1
                                      : by_place(noted->all[i].name, now->all[j].name);
        struct seen_leaf none = {.name = order <= 0 ? noted->all[i].name : now->all[j].name};
        const struct seen_leaf *was = order <= 0 ? &noted->all[i++] : &none;
        const struct seen_leaf *is = order >= 0 ? &now->all[j++] : &none;

        if (order == 0 && seen_is_same(was, is))
            continue;
        if (rows)
            check_tell_row(checking, sealed, was, is);
        else
            check_tell_leaf(checking, sealed, none.name);
    }
    return checking->check->faults - told;
}

static bool is_pruned_now(struct checking *checking, uint64_t segment)
{
    sqlite3_stmt *ask = check_ask(checking, CHECK_PRUNED);
    bool pruned;

    sqlite3_bind_int64(ask, 1, (int64_t)segment);
    pruned = check_next(checking, ask) && sqlite3_column_int(ask, 0) != 0;
    sqlite3_reset(ask);
    return pruned;
}

/* What was noted of a leaf beside its hash only helps; but nobody should have changed it. */
static bool marks_fit(struct checking *checking, uint64_t segment)
{
    sqlite3_stmt *ask = check_ask(checking, CHECK_MARKS);
    bool fit;

    sqlite3_bind_int64(ask, 1, (int64_t)segment);
    fit = !check_next(checking, ask);
    sqlite3_reset(ask);
    return fit && !checking->failed;
}

/* Whether the rows are as they were sealed; tells what is not. */
static bool compare(struct checking *checking, const struct sealed *sealed,
                    const struct seen *noted, const struct seen *now)
{
    bool path_is_right = true;
    bool rows_are_right = lead_to(checking, now, sealed, &path_is_right);
    bool notes_are_right;

    if (checking->failed)
        return false;
    notes_are_right = noted->in_order && marks_fit(checking, sealed->head.segment) &&
                      lead_to(checking, noted, sealed, NULL);
    if (checking->failed || is_pruned_now(checking, sealed->head.segment))
        return false; /* retention took its readings meanwhile */
    if (rows_are_right) {
        if (tell_differences(checking, sealed, noted, now, false) == 0 && !notes_are_right)
            check_tell_leaf(checking, sealed, "leaf");
        if (!path_is_right)
            check_tell_leaf(checking, sealed, "path");
        return true;
    }
    /* where the notes are not right either, they still say what was changed and they were not */
    if (tell_differences(checking, sealed, noted, now, true) == 0 && !checking->failed) {
        check_fault(checking, SEAL_HEAD_DIFFERS, sealed->head.segment);
        check_tell(checking);
    }
    return false;
}

/* Rows of the segment; `entries` gets how many of them are entries of the sequence. */
static uint64_t count_rows(const struct seen *seen, uint64_t *entries)
{
    uint64_t rows = 0;

    *entries = 0;
    for (size_t i = 0; i < seen->count; i++) {
        rows += seen->all[i].rows;
        if (strcmp(seen->all[i].name, "events") == 0 ||
            strncmp(seen->all[i].name, "device ", 7) == 0)
            *entries += seen->all[i].rows;
    }
    return rows;
}

void check_leaves(struct checking *checking, const struct sealed *sealed)
{
    struct seen noted = {.in_order = true}, now = {.in_order = true};
    struct reader *reader = checking->reader;
    uint64_t entries;
    bool right = false;

    if (!reader_noted_leaves(reader, sealed->head.segment, seen_add, &noted, checking->err) ||
        !reader_hashed_leaves(reader, sealed->head.segment, seen_add, &now, checking->err))
        checking->failed = true;
    else if (noted.no_memory || now.no_memory)
        check_no_memory(checking);
    else
        right = compare(checking, sealed, &noted, &now);
    checking->check->rows += count_rows(&now, &entries);
    seen_free(&noted);
    seen_free(&now);
    if (right)
        check_entries(checking, sealed, entries);
}
