/* Tests of base/gzip.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/gzip.h"

static void what_was_made_small_is_made_whole_again(void **state)
{
    static const size_t sizes[] = {0, 1, 100, 100000};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *bytes = malloc(sizes[i] + 1), *opened = malloc(sizes[i] + 1);
        size_t made = 0;
        void *packed;

        for (size_t j = 0; j < sizes[i]; j++)
            bytes[j] = (char)(j * j % 251);
        packed = gzip_made(bytes, sizes[i], 9, &made);
        assert_non_null(packed);
        assert_true(made <= gzip_room(sizes[i]));
        assert_true(gzip_open(packed, made, opened, sizes[i]));
        assert_memory_equal(opened, bytes, sizes[i]);
        free(packed);
        free(bytes);
        free(opened);
    }
}

static void equal_bytes_give_equal_bytes_without_a_time(void **state)
{
    size_t one = 0, other = 0;
    unsigned char *first = gzip_made("abc", 3, 9, &one), *second = gzip_made("abc", 3, 9, &other);

    assert_int_equal(one, other);
    assert_memory_equal(first, second, one);
    assert_memory_equal(first + 4, "\0\0\0\0", 4); /* RFC 1952: MTIME */
    free(first);
    free(second);
}

static void what_is_cut_longer_or_no_gzip_is_not_opened(void **state)
{
    char opened[8];
    size_t made = 0;
    unsigned char *packed = gzip_made("abcdef", 6, 9, &made);

    assert_false(gzip_open(packed, made - 1, opened, 6));
    assert_false(gzip_open(packed, made, opened, 5));
    assert_false(gzip_open(packed, made, opened, 7));
    packed[made - 6] ^= 1; /* of the check over what it holds */
    assert_false(gzip_open(packed, made, opened, 6));
    assert_false(gzip_open("nothing", 7, opened, 6));
    free(packed);
}

static void a_room_too_small_gives_nothing(void **state)
{
    char out[4];

    assert_int_equal(gzip_into("abcdef", 6, 1, out, sizeof out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_made_small_is_made_whole_again),
        cmocka_unit_test(equal_bytes_give_equal_bytes_without_a_time),
        cmocka_unit_test(what_is_cut_longer_or_no_gzip_is_not_opened),
        cmocka_unit_test(a_room_too_small_gives_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
