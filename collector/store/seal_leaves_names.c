/* Which leaves a segment may have: its first two, every device and point of the store, and what
 * configurations name, in the order of the tree. */
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

struct leaf *leaves_add(struct segment_leaves *leaves, const char *kind, const char *name,
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

bool leaves_add_names(struct segment_leaves *leaves, const struct rows_of *rows, struct error *err)
{
    sqlite3_stmt *row = rows_ask(rows, SEAL_NAMES);
    bool failed = false;
    bool room = true;

    while (room && statement_next(rows->c, row, &failed, err)) {
        const char *name = column_text(row, 2);
        bool device = sqlite3_column_int(row, 0) == 0;
        int64_t id = sqlite3_column_int64(row, 1);

        room = leaves_add(leaves, device ? DEVICE : POINT, name, strlen(name), id) != NULL &&
               (!device || leaves_add(leaves, FRAMES, name, strlen(name), id) != NULL);
    }
    sqlite3_reset(row);
    return room ? !failed : no_memory(err);
}

/* A point that a configuration names is there, and so is its device. */
static bool add_expected(struct segment_leaves *leaves, const char *point, size_t length)
{
    const char *slash = memrchr(point, '/', length);
    struct leaf *leaf = leaves_add(leaves, POINT, point, length, 0);

    if (leaf == NULL)
        return false;
    leaf->present = true;
    if (slash == NULL)
        return true;
    leaf = leaves_add(leaves, DEVICE, point, (size_t)(slash - point), 0);
    if (leaf == NULL)
        return false;
    leaf->present = true;
    return true;
}

/* Lines of "DIGEST  NAME", of which "points/SITE/DEVICE/CHANNEL.json" name points. */
bool leaves_add_expected(struct segment_leaves *leaves, const char *text)
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

    if (a->name[0] != b->name[0]) /* "device", "frames", "point" */
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
        leaves->frame_count += leaf->name[0] == FRAMES[0];
    }
    qsort(leaves->by_id, leaves->id_count, sizeof(struct leaf *), by_kind_and_id);
    return true;
}

static struct leaf *leaf_named(struct segment_leaves *leaves, const char *name)
{
    const struct leaf key = {.name = (char *)name, .id = -1};

    return bsearch(&key, leaves->all + NAMED_LEAVES, leaves->count - NAMED_LEAVES, sizeof key,
                   by_name);
}

bool leaves_settle(struct segment_leaves *leaves, struct error *err)
{
    qsort(leaves->all + NAMED_LEAVES, leaves->count - NAMED_LEAVES, sizeof *leaves->all, by_name);
    merge_names(leaves);
    leaves->strange_devices = leaf_named(leaves, DEVICE "?");
    leaves->strange_frames = leaf_named(leaves, FRAMES "?");
    leaves->strange_points = leaf_named(leaves, POINT "?");
    return index_ids(leaves, err);
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

struct leaf *leaves_device(struct segment_leaves *leaves, int64_t id)
{
    struct leaf *leaf = find_id(leaves->by_id, leaves->device_count, id);

    return leaf != NULL ? leaf : leaves->strange_devices;
}

struct leaf *leaves_frames(struct segment_leaves *leaves, int64_t id)
{
    struct leaf *leaf = find_id(leaves->by_id + leaves->device_count, leaves->frame_count, id);

    return leaf != NULL ? leaf : leaves->strange_frames;
}

struct leaf *leaves_point(struct segment_leaves *leaves, int64_t id)
{
    size_t before = leaves->device_count + leaves->frame_count;
    struct leaf *leaf = find_id(leaves->by_id + before, leaves->id_count - before, id);

    return leaf != NULL ? leaf : leaves->strange_points;
}
