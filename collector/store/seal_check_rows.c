/* Which row of a leaf is not as it was sealed. The leaf's hash says that one is; the marks, two
 * bytes of each row's hash, only help to say which. */
#include <string.h>

#include "store/seal_check_inside.h"

enum { MARK = 2, FIELDS_MAX = 8 };

static bool same(const uint8_t *one, uint64_t i, const uint8_t *other, uint64_t j, uint64_t count)
{
    return count == 0 || memcmp(one + i * MARK, other + j * MARK, count * MARK) == 0;
}

static struct row_place changed(uint64_t at)
{
    return (struct row_place){.change = SEAL_CHANGED, .at = at, .told = true};
}

/* As many rows as before: one or more of them changed, or one changed its key and so its place. */
static struct row_place compare_changed(const uint8_t *sealed, const uint8_t *now, uint64_t first,
                                        uint64_t last)
{
    uint64_t count = last - first + 1;
    struct row_place place = changed(first);

    if (count == 1 || same(sealed, first, now, first + 1, count - 1))
        return place;
    if (same(sealed, first + 1, now, first, count - 1))
        return changed(last);
    place.two = same(sealed, first + 1, now, first + 1, count - 2);
    place.other = last;
    return place;
}

struct row_place rows_compare(const uint8_t *sealed, uint64_t sealed_rows, const uint8_t *now,
                              uint64_t now_rows)
{
    uint64_t least = sealed_rows < now_rows ? sealed_rows : now_rows;
    uint64_t first = 0, behind = 0;
    struct row_place place = {.change = SEAL_CHANGED};

    while (first < least && same(sealed, first, now, first, 1))
        first++;
    while (behind < least - first &&
           same(sealed, sealed_rows - 1 - behind, now, now_rows - 1 - behind, 1))
        behind++;
    if (first == sealed_rows && first == now_rows)
        return place;
    if (sealed_rows == now_rows)
        return compare_changed(sealed, now, first, now_rows - 1 - behind);
    place = changed(first);
    if (first + behind == least)
        place.change = sealed_rows < now_rows ? SEAL_ADDED : SEAL_REMOVED;
    return place;
}

/* --- two rows that were exchanged in part ---------------------------------------------------- */

struct fields {
    const char *at[FIELDS_MAX];
    size_t size[FIELDS_MAX];
    size_t count;
};

static bool split(const char *line, struct fields *fields)
{
    fields->count = 0;
    for (;;) {
        size_t size = strcspn(line, ",\n");

        if (fields->count == FIELDS_MAX)
            return false;
        fields->at[fields->count] = line;
        fields->size[fields->count++] = size;
        if (line[size] != ',')
            return true;
        line += size + 1;
    }
}

/* Whether the row of `own`, the fields of `taken` being those of `other`, has that mark. */
static bool has_mark(const struct fields *own, const struct fields *other, unsigned taken,
                     const uint8_t *mark)
{
    struct hashing *hashing = hashing_new();
    uint8_t digest[DIGEST_BYTES] = {0};

    if (hashing == NULL)
        return false;
    for (size_t i = 0; i < own->count; i++) {
        const struct fields *from = (taken >> i & 1) != 0 ? other : own;

        hashing_add(hashing, from->at[i], from->size[i]);
        hashing_add(hashing, i + 1 < own->count ? "," : "\n", 1);
    }
    hashing_end(hashing, digest);
    hashing_free(hashing);
    return memcmp(digest, mark, MARK) == 0;
}

bool rows_were_swapped(const char *one, const char *other, const uint8_t *one_mark,
                       const uint8_t *other_mark)
{
    struct fields first, second;

    if (!split(one, &first) || !split(other, &second) || first.count != second.count)
        return false;
    /* to exchange the other fields instead is the same with the two rows the other way round */
    for (unsigned taken = 1; taken + 1 < 1U << first.count; taken++)
        if (has_mark(&first, &second, taken, one_mark) &&
            has_mark(&second, &first, taken, other_mark))
            return true;
    return false;
}
