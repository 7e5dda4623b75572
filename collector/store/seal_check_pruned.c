/* A segment whose readings retention has taken: its entries are still shown to lead to its head. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/seal_check_inside.h"

/* A leaf made from its lines. */
struct made_leaf {
    struct seen_leaf leaf;
    size_t room;
    bool named, no_memory;
    struct hashing *hashing;
};

static bool add_mark(struct made_leaf *made, const char *line, size_t size)
{
    struct seen_leaf *leaf = &made->leaf;
    uint8_t digest[DIGEST_BYTES];

    if ((leaf->rows + 1) * MARK_SIZE > made->room) {
        size_t room = made->room == 0 ? 128 : made->room * 2;
        uint8_t *larger = realloc(leaf->marks, room);

        made->no_memory = larger == NULL;
        if (larger == NULL)
            return false;
        leaf->marks = larger;
        made->room = room;
    }
    digest_of(line, size, digest);
    memcpy(leaf->marks + leaf->rows++ * MARK_SIZE, digest, MARK_SIZE);
    return true;
}

static bool hash_line(void *self, const char *line, size_t size)
{
    struct made_leaf *made = self;
    bool first = !made->named;

    made->named = true;
    hashing_add(made->hashing, line, size);
    return first || add_mark(made, line, size);
}

/* Gives the leaf, ended with made_free(), also when it fails. */
static struct made_leaf make_leaf(struct checking *checking, uint64_t segment, char *name)
{
    struct made_leaf made = {.leaf.name = name, .hashing = hashing_new()};

    if (made.hashing == NULL) {
        check_no_memory(checking);
        return made;
    }
    hashing_begin_leaf(made.hashing);
    if (!reader_leaf_lines(checking->reader, segment, name, hash_line, &made, checking->err))
        checking->failed = true;
    else if (made.no_memory)
        check_no_memory(checking);
    hashing_end(made.hashing, made.leaf.digest);
    return made;
}

static void made_free(struct made_leaf *made)
{
    hashing_free(made->hashing);
    free(made->leaf.marks);
}

static bool see_events(void *self, uint64_t number, const char *name, uint64_t rows,
                       const uint8_t *digest, const uint8_t *marks)
{
    return strcmp(name, "events") != 0 || seen_add(self, number, name, rows, digest, marks);
}

/* Its leaf of events stays, and with it what was noted of it. */
static void compare_events(struct checking *checking, const struct sealed *sealed,
                           const struct seen_leaf *now, bool right)
{
    struct seen noted = {.in_order = true};

    if (!reader_noted_leaves(checking->reader, sealed->head.segment, see_events, &noted,
                             checking->err))
        checking->failed = true;
    else if (noted.no_memory)
        check_no_memory(checking);
    else if (right && (noted.count != 1 || !seen_is_same(&noted.all[0], now)))
        check_tell_leaf(checking, sealed, "events");
    else if (!right && noted.count != 1)
        check_tell_leaf(checking, sealed, "events");
    else if (!right)
        check_tell_row(checking, sealed, &noted.all[0], now);
    seen_free(&noted);
}

static void check_what_is_left(struct checking *checking, const struct sealed *sealed)
{
    sqlite3_stmt *ask = check_ask(checking, CHECK_LEFT);
    struct seal_check *found;

    sqlite3_bind_int64(ask, 1, (int64_t)sealed->head.segment);
    if (check_next(checking, ask)) {
        found = check_fault(checking, SEAL_ROW_DIFFERS, sealed->head.segment);
        found->change = SEAL_ADDED;
        found->seq = (uint64_t)sqlite3_column_int64(ask, 0);
        snprintf(found->leaf, sizeof found->leaf, "%s", column_text(ask, 1));
        check_tell(checking);
    }
    sqlite3_reset(ask);
}

void check_pruned(struct checking *checking, const struct sealed *sealed)
{
    const struct seal_head *head = &sealed->head;
    struct made_leaf events = make_leaf(checking, head->segment, "events");
    struct made_leaf in_force = make_leaf(checking, head->segment, "configuration");
    uint8_t root[DIGEST_BYTES];
    bool right;

    if (checking->failed)
        goto done;
    right =
        tree_follow(events.leaf.digest, 0, head->leaves, sealed->path, sealed->path_length, root) &&
        memcmp(root, head->root, DIGEST_BYTES) == 0;
    checking->check->rows += events.leaf.rows;
    compare_events(checking, sealed, &events.leaf, right);
    if (right && sealed->path_length > 0 &&
        memcmp(sealed->path[0], in_force.leaf.digest, DIGEST_BYTES) != 0)
        check_tell_leaf(checking, sealed, "configuration");
    check_what_is_left(checking, sealed);
done:
    made_free(&events);
    made_free(&in_force);
}
