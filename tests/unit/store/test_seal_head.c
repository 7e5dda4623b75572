/* Tests of store/seal_head.c: a head has one text, and no other text is a head. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/seal.h"

#define KEY "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const char wanted[] =
    "lookback seal 1\n"
    "collector zj-01\n"
    "store 00112233445566778899aabbccddeeff\n"
    "segment 412\n"
    "entries 81001 81234\n"
    "times 2026-11-22T08:00:00.123Z 2026-11-22T08:59:59.000Z\n"
    "leaves 9\n"
    "root ab00000000000000000000000000000000000000000000000000000000000000\n"
    "previous 00000000000000000000000000000000000000000000000000000000000000cd\n"
    "sealed 2026-11-22T09:00:01.500Z\n"
    "key " KEY "\n";

static const struct seal_head head = {
    .collector = "zj-01",
    .store = "00112233445566778899aabbccddeeff",
    .segment = 412,
    .first_seq = 81001,
    .last_seq = 81234,
    .first_time = {1795334400123},
    .last_time = {1795337999000},
    .leaves = 9,
    .root = {0xab},
    .previous = {[31] = 0xcd},
    .sealed = {1795338001500},
    .key = KEY,
};

static void a_head_has_one_text(void **state)
{
    char text[HEAD_TEXT_MAX];

    assert_int_equal(seal_head_text(&head, text), sizeof wanted - 1);
    assert_string_equal(text, wanted);
}

static void the_text_gives_the_head_back(void **state)
{
    struct seal_head back;
    struct error err;

    assert_true(seal_head_read(&back, wanted, sizeof wanted - 1, &err));
    assert_string_equal(back.collector, head.collector);
    assert_string_equal(back.store, head.store);
    assert_int_equal(back.segment, head.segment);
    assert_int_equal(back.first_seq, head.first_seq);
    assert_int_equal(back.last_seq, head.last_seq);
    assert_int_equal(back.first_time.ms, head.first_time.ms);
    assert_int_equal(back.last_time.ms, head.last_time.ms);
    assert_int_equal(back.leaves, head.leaves);
    assert_memory_equal(back.root, head.root, DIGEST_BYTES);
    assert_memory_equal(back.previous, head.previous, DIGEST_BYTES);
    assert_int_equal(back.sealed.ms, head.sealed.ms);
    assert_string_equal(back.key, head.key);
}

static void times_that_no_entry_has_are_a_dash(void **state)
{
    struct seal_head timeless = head, back;
    char text[HEAD_TEXT_MAX];
    struct error err;
    size_t size;

    timeless.first_time = timeless.last_time = WALL_NONE;
    size = seal_head_text(&timeless, text);
    assert_non_null(strstr(text, "\ntimes - -\n"));
    assert_true(seal_head_read(&back, text, size, &err));
    assert_int_equal(back.first_time.ms, WALL_NONE_MS);
    assert_int_equal(back.last_time.ms, WALL_NONE_MS);
}

/* A byte of a digest or number may become another good one; what is read then is that other head.
 * It must never be read as this one. */
static void a_changed_byte_is_refused_or_read_as_another_head(void **state)
{
    char text[HEAD_TEXT_MAX], again[HEAD_TEXT_MAX];
    struct seal_head back;
    struct error err;

    for (size_t at = 0; at < sizeof wanted - 1; at++) {
        for (int to = 0; to < 256; to++) {
            memcpy(text, wanted, sizeof wanted);
            if (text[at] == (char)to)
                continue;
            text[at] = (char)to;
            if (!seal_head_read(&back, text, sizeof wanted - 1, &err))
                continue;
            assert_int_equal(seal_head_text(&back, again), sizeof wanted - 1);
            assert_memory_equal(again, text, sizeof wanted - 1);
        }
    }
}

static void what_is_not_written_so_is_refused(void **state)
{
    static const struct {
        const char *from, *to;
    } wrong[] = {
        {"collector zj-01", "collector ZJ-01"     },
        {"collector zj-01", "collector "          },
        {"segment 412",     "segment 0412"        },
        {"segment 412",     "segment +412"        },
        {"segment 412",     "segment  412"        },
        {"segment 412",     "segment 412 "        },
        {"segment 412",     "segment -1"          },
        {"leaves 9\n",      ""                    },
        {"leaves 9\n",      "leaves 9\nleaves 9\n"},
        {"leaves 9\n",      "leaves 9\r\n"        },
        {"root ab",         "root AB"             },
        {"root ab",         "root  ab"            },
        {"sealed 2026-11",  "sealed 2026-1"       },
        {"sealed ",         "Sealed "             },
        {"lookback seal 1", "lookback seal 1 "    },
        {"lookback seal 1", "Lookback seal 1"     },
        {"ff\nsegment",     "f\nsegment"          },
    };
    struct seal_head back;
    struct error err;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[HEAD_TEXT_MAX];
        const char *at = strstr(wanted, wrong[i].from);
        int size = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - wanted), wanted, wrong[i].to,
                            at + strlen(wrong[i].from));

        if (seal_head_read(&back, text, (size_t)size, &err))
            fail_msg("accepted: %s", wrong[i].to);
    }
    for (size_t size = 0; size < sizeof wanted - 1; size++)
        assert_false(seal_head_read(&back, wanted, size, &err));
    assert_false(seal_head_read(&back, wanted, sizeof wanted, &err)); /* its zero byte */
}

static void another_version_is_named_as_such(void **state)
{
    static const char newer[] = "lookback seal 2\ncollector zj-01\n";
    struct seal_head back;
    struct error err;

    assert_false(seal_head_read(&back, newer, sizeof newer - 1, &err));
    assert_non_null(strstr(err.text, "lookback seal 1"));
}

static void a_key_hands_over_to_another_in_these_words(void **state)
{
    char text[HEAD_TEXT_MAX];

    size_t size = seal_handover_text("00ff", "aa", "bb", text);

    assert_int_equal(size, strlen(text));
    assert_string_equal(text, "lookback key 1\nstore 00ff\nkey aa\nreplaces bb\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_has_one_text),
        cmocka_unit_test(the_text_gives_the_head_back),
        cmocka_unit_test(times_that_no_entry_has_are_a_dash),
        cmocka_unit_test(a_changed_byte_is_refused_or_read_as_another_head),
        cmocka_unit_test(what_is_not_written_so_is_refused),
        cmocka_unit_test(another_version_is_named_as_such),
        cmocka_unit_test(a_key_hands_over_to_another_in_these_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
