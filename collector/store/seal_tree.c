/* The Merkle tree of RFC 9162, 2.1: its root, the path of a leaf, and where a path leads. */
#include <assert.h>
#include <string.h>

#include "store/seal.h"

/* MTH of two subtrees: H(0x01 || left || right). `out` may be either. */
static void join(const uint8_t left[DIGEST_BYTES], const uint8_t right[DIGEST_BYTES],
                 uint8_t out[DIGEST_BYTES])
{
    uint8_t node[1 + 2 * DIGEST_BYTES] = {1};

    memcpy(node + 1, left, DIGEST_BYTES);
    memcpy(node + 1 + DIGEST_BYTES, right, DIGEST_BYTES);
    digest_of(node, sizeof node, out);
}

/* Leaves are taken from the left; whole subtrees of one size join at once, so the roots that wait
 * are those of the ones in the binary number of leaves. The rest joins from the right. */
bool tree_root(uint8_t (*hashes)[DIGEST_BYTES], size_t count, uint8_t root[DIGEST_BYTES])
{
    uint8_t waiting[64][DIGEST_BYTES];
    size_t depth = 0;

    if (count == 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        memcpy(waiting[depth++], hashes[i], DIGEST_BYTES);
        for (size_t whole = i + 1; whole % 2 == 0; whole /= 2, depth--)
            join(waiting[depth - 2], waiting[depth - 1], waiting[depth - 2]);
    }
    for (; depth > 1; depth--)
        join(waiting[depth - 2], waiting[depth - 1], waiting[depth - 2]);
    memcpy(root, waiting[0], DIGEST_BYTES);
    return true;
}

/* The largest power of two that is smaller than `count` (>= 2). */
static size_t left_part(size_t count)
{
    size_t part = 1;

    while (part * 2 < count)
        part *= 2;
    return part;
}

/* From the root down each step leaves one half, whose root belongs to the path; so it comes out in
 * the wrong order. */
size_t tree_path(uint8_t (*hashes)[DIGEST_BYTES], size_t count, size_t index,
                 uint8_t (*path)[DIGEST_BYTES])
{
    size_t length = 0;

    assert(index < count);
    while (count > 1) {
        size_t left = left_part(count);

        assert(length < PATH_MAX_LENGTH);
        if (index < left) {
            tree_root(hashes + left, count - left, path[length++]);
            count = left;
        } else {
            tree_root(hashes, left, path[length++]);
            hashes += left;
            count -= left;
            index -= left;
        }
    }
    for (size_t i = 0; i < length / 2; i++) {
        uint8_t turned[DIGEST_BYTES];

        memcpy(turned, path[i], DIGEST_BYTES);
        memcpy(path[i], path[length - 1 - i], DIGEST_BYTES);
        memcpy(path[length - 1 - i], turned, DIGEST_BYTES);
    }
    return length;
}

/* RFC 9162, 2.1.3.2, with its names: fn is the leaf's place on its level, sn the last place. */
bool tree_follow(const uint8_t hash[DIGEST_BYTES], size_t index, size_t count,
                 uint8_t (*path)[DIGEST_BYTES], size_t length, uint8_t root[DIGEST_BYTES])
{
    size_t fn = index;
    size_t sn = count - 1;

    if (index >= count)
        return false;
    memcpy(root, hash, DIGEST_BYTES);
    for (size_t i = 0; i < length; i++) {
        if (sn == 0)
            return false;
        if (fn % 2 == 1 || fn == sn) {
            join(path[i], root, root);
            while (fn % 2 == 0 && fn != 0) {
                fn /= 2;
                sn /= 2;
            }
        } else {
            join(root, path[i], root);
        }
        fn /= 2;
        sn /= 2;
    }
    return sn == 0;
}
