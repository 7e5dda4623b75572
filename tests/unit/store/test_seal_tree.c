/* Tests of store/seal_tree.c: the tree of RFC 9162, and nothing else leads to its root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/seal.h"

enum { LEAVES_MOST = 70 };

static void leaf_hash(const void *bytes, size_t size, uint8_t hash[DIGEST_BYTES])
{
    struct hashing *hashing = hashing_new();

    hashing_begin_leaf(hashing);
    hashing_add(hashing, bytes, size);
    hashing_end(hashing, hash);
    hashing_free(hashing);
}

/* The eight leaves, and the roots of the first one to eight of them, that implementations of
 * Certificate Transparency (RFC 6962, the same tree) are tested with. */
static void roots_are_those_of_the_rfc(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *root; /* of the leaves up to this one */
    } leaves[] = {
        {"",                 0,  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"\0",               1,  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"\x10",             1,  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {" !",               2,  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"01",               2,  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"@ABC",             4,  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"PQRSTUVW",         8,  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"`abcdefghijklmno", 16,
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"                        },
    };
    uint8_t hashes[8][DIGEST_BYTES], root[DIGEST_BYTES];
    char hex[DIGEST_HEX];

    for (size_t i = 0; i < 8; i++) {
        leaf_hash(leaves[i].bytes, leaves[i].size, hashes[i]);
        assert_true(tree_root(hashes, i + 1, root));
        assert_string_equal(digest_hex(root, hex), leaves[i].root);
    }
}

static void a_tree_without_leaves_has_no_root(void **state)
{
    uint8_t hash[1][DIGEST_BYTES] = {{0}}, root[DIGEST_BYTES];

    assert_false(tree_root(hash, 0, root));
    assert_false(tree_follow(hash[0], 0, 0, hash, 0, root));
}

/* 2.1.1 written down as it reads: the left part is the largest power of two below n. */
static void root_by_definition(uint8_t (*hashes)[DIGEST_BYTES], size_t count,
                               uint8_t root[DIGEST_BYTES])
{
    uint8_t node[1 + 2 * DIGEST_BYTES] = {1};
    size_t left = 1;

    if (count == 1) {
        memcpy(root, hashes[0], DIGEST_BYTES);
        return;
    }
    while (left * 2 < count)
        left *= 2;
    root_by_definition(hashes, left, node + 1);
    root_by_definition(hashes + left, count - left, node + 1 + DIGEST_BYTES);
    digest_of(node, sizeof node, root);
}

static void make_leaves(uint8_t (*hashes)[DIGEST_BYTES])
{
    for (uint8_t i = 0; i < LEAVES_MOST; i++)
        leaf_hash(&i, 1, hashes[i]);
}

static void every_path_leads_to_the_root(void **state)
{
    uint8_t hashes[LEAVES_MOST][DIGEST_BYTES], path[PATH_MAX_LENGTH][DIGEST_BYTES];
    uint8_t root[DIGEST_BYTES], wanted[DIGEST_BYTES], found[DIGEST_BYTES];

    make_leaves(hashes);
    for (size_t count = 1; count <= LEAVES_MOST; count++) {
        assert_true(tree_root(hashes, count, root));
        root_by_definition(hashes, count, wanted);
        assert_memory_equal(root, wanted, DIGEST_BYTES);
        for (size_t i = 0; i < count; i++) {
            size_t length = tree_path(hashes, count, i, path);

            assert_true(tree_follow(hashes[i], i, count, path, length, found));
            assert_memory_equal(found, root, DIGEST_BYTES);
        }
    }
}

/* Follows a path and says whether it led to `root`. */
static bool leads_to(const uint8_t hash[DIGEST_BYTES], size_t index, size_t count,
                     uint8_t (*path)[DIGEST_BYTES], size_t length, const uint8_t *root)
{
    uint8_t found[DIGEST_BYTES];

    return tree_follow(hash, index, count, path, length, found) &&
           memcmp(found, root, DIGEST_BYTES) == 0;
}

static void a_changed_bit_never_leads_to_the_root(void **state)
{
    uint8_t hashes[LEAVES_MOST][DIGEST_BYTES], path[PATH_MAX_LENGTH][DIGEST_BYTES];
    uint8_t root[DIGEST_BYTES];

    make_leaves(hashes);
    for (size_t count = 1; count <= LEAVES_MOST; count++) {
        assert_true(tree_root(hashes, count, root));
        for (size_t i = 0; i < count; i++) {
            size_t length = tree_path(hashes, count, i, path);
            size_t bit = (count * 31 + i * 7) % (8 * DIGEST_BYTES);

            hashes[i][bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_false(leads_to(hashes[i], i, count, path, length, root));
            hashes[i][bit / 8] ^= (uint8_t)(1U << bit % 8);
            for (size_t step = 0; step < length; step++) {
                path[step][bit / 8] ^= (uint8_t)(1U << bit % 8);
                assert_false(leads_to(hashes[i], i, count, path, length, root));
                path[step][bit / 8] ^= (uint8_t)(1U << bit % 8);
            }
        }
    }
}

static void a_leaf_is_proven_at_its_own_place_only(void **state)
{
    uint8_t hashes[LEAVES_MOST][DIGEST_BYTES], path[PATH_MAX_LENGTH][DIGEST_BYTES];
    uint8_t root[DIGEST_BYTES], found[DIGEST_BYTES];

    make_leaves(hashes);
    for (size_t count = 2; count <= LEAVES_MOST; count++) {
        assert_true(tree_root(hashes, count, root));
        for (size_t i = 0; i < count; i++) {
            size_t length = tree_path(hashes, count, i, path);

            for (size_t other = 0; other <= count; other++)
                assert_int_equal(leads_to(hashes[i], other, count, path, length, root), other == i);
            assert_false(tree_follow(hashes[i], i, count, path, length - 1, found));
            memcpy(path[length], root, DIGEST_BYTES);
            assert_false(tree_follow(hashes[i], i, count, path, length + 1, found));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_the_rfc),
        cmocka_unit_test(a_tree_without_leaves_has_no_root),
        cmocka_unit_test(every_path_leads_to_the_root),
        cmocka_unit_test(a_changed_bit_never_leads_to_the_root),
        cmocka_unit_test(a_leaf_is_proven_at_its_own_place_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
