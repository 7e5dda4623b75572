/* Tests of app/anchor_file.c: a head that was kept outside is read as people keep it, and what is
 * none is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/anchor_file.h"
#include "base/say.h"

#define DIGITS "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char path[64];

static int begin(void **state)
{
    strcpy(path, "/tmp/lookback-anchor-XXXXXX");
    close(mkstemp(path));
    return 0;
}

static int end(void **state)
{
    return unlink(path);
}

static void put(const char *words)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(words, file);
    fclose(file);
}

struct taken {
    struct outside_head heads[4];
    size_t count;
};

static void take(void *self, const char *from, const struct outside_head *head)
{
    struct taken *taken = self;

    assert_string_equal(from, path);
    assert_true(taken->count < 4);
    taken->heads[taken->count++] = *head;
}

static void reads(const char *words, uint64_t segment)
{
    struct taken taken = {.count = 0};
    struct error err = {0};
    char hex[DIGEST_HEX];

    put(words);
    if (!anchor_file_read(path, take, &taken, &err))
        fail_msg("%s: %s", words, err.text);
    assert_int_equal(taken.count, 1);
    assert_int_equal(taken.heads[0].segment, segment);
    assert_string_equal(digest_hex(taken.heads[0].head, hex), DIGITS);
}

static void what_the_broker_keeps_is_read(void **state)
{
    reads("{\"segment\":412,\"head\":\"" DIGITS "\",\"previous\":\"x\",\"time\":null}", 412);
}

static void a_problem_with_its_seal_is_read(void **state)
{
    reads("{\"uid\":\"1\",\"state\":\"open\",\"seal\":{\"segment\":7,\"head\":\"" DIGITS "\"}}", 7);
}

static void a_line_is_read_with_comments_and_capitals(void **state)
{
    reads(
        "# from the sheet\r\n\n  12\t 00112233445566778899AABBCCDDEEFF00112233445566778899aabbccdd"
        "eeff  \r\n",
        12);
}

static void a_whole_head_is_read_by_its_text(void **state)
{
    struct seal_head head = {.collector = "zj-01",
                             .store = "0123456789abcdef0123456789abcdef",
                             .segment = 3,
                             .first_seq = 1,
                             .last_seq = 9,
                             .first_time = WALL_NONE,
                             .last_time = WALL_NONE,
                             .leaves = 2,
                             .sealed = {1790000000000},
                             .key = DIGITS};
    struct taken taken = {.count = 0};
    struct error err = {0};
    char text[HEAD_TEXT_MAX], json[2 * HEAD_TEXT_MAX];
    uint8_t digest[DIGEST_BYTES];
    size_t size = seal_head_text(&head, text), used = 9;

    strcpy(json, "{\"head\":\"");
    for (size_t i = 0; i < size; i++)
        used += (size_t)sprintf(json + used, text[i] == '\n' ? "\\n" : "%c", text[i]);
    strcpy(json + used, "\"}");
    put(json);
    assert_true(anchor_file_read(path, take, &taken, &err));
    digest_of(text, size, digest);
    assert_int_equal(taken.heads[0].segment, 3);
    assert_memory_equal(taken.heads[0].head, digest, DIGEST_BYTES);
}

static void when_it_was_made_is_read_where_it_is_said(void **state)
{
    static const struct {
        const char *words;
        int64_t ms;
    } cases[] = {
        {"{\"segment\":3,\"head\":\"" DIGITS "\",\"time\":\"2026-09-21T13:46:40.500Z\"}",
         1789998400500                                                                                },
        {"{\"segment\":3,\"head\":\"" DIGITS "\",\"time\":null}",                         WALL_NONE_MS},
        {"{\"segment\":3,\"head\":\"" DIGITS "\",\"time\":\"soon\"}",                     WALL_NONE_MS},
        {"3 " DIGITS,                                                                     WALL_NONE_MS},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct taken taken = {.count = 0};
        struct error err = {0};

        put(cases[i].words);
        assert_true(anchor_file_read(path, take, &taken, &err));
        assert_int_equal(taken.heads[0].time.ms, cases[i].ms);
        assert_string_equal(taken.heads[0].from, path);
    }
}

static void several_lines_are_several_heads(void **state)
{
    struct taken taken = {.count = 0};
    struct error err = {0};

    put("1 " DIGITS "\n2 " DIGITS "\n3 " DIGITS);
    assert_true(anchor_file_read(path, take, &taken, &err));
    assert_int_equal(taken.count, 3);
    assert_int_equal(taken.heads[2].segment, 3);
}

static void what_is_no_head_is_refused_with_what_should_be_there(void **state)
{
    static const char *const wrong[] = {
        "",
        "\n\n",
        "hello",
        "12",
        "12 0011",
        "0 " DIGITS,
        "-1 " DIGITS,
        "12 " DIGITS "0",
        "12 g" DIGITS,
        "1 " DIGITS "\nhello",
        "{}",
        "[]",
        "{\"seal\":null}",
        "{\"segment\":1}",
        "{\"segment\":0,\"head\":\"" DIGITS "\"}",
        "{\"segment\":-3,\"head\":\"" DIGITS "\"}",
        "{\"segment\":\"1\",\"head\":\"" DIGITS "\"}",
        "{\"segment\":1,\"segment\":2,\"head\":\"" DIGITS "\"}",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct taken taken = {.count = 0};
        struct error err = {0};

        put(wrong[i]);
        if (anchor_file_read(path, take, &taken, &err))
            fail_msg("\"%s\" is taken", wrong[i]);
        assert_int_equal(err.kind, ERROR_WRONG_USE);
        assert_non_null(strstr(err.text, path));
    }
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct error err = {0};

    assert_false(anchor_file_read("/nonexistent/head", take, NULL, &err));
    assert_non_null(strstr(err.text, "/nonexistent/head"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_broker_keeps_is_read),
        TEST(a_problem_with_its_seal_is_read),
        TEST(a_line_is_read_with_comments_and_capitals),
        TEST(a_whole_head_is_read_by_its_text),
        TEST(when_it_was_made_is_read_where_it_is_said),
        TEST(several_lines_are_several_heads),
        TEST(what_is_no_head_is_refused_with_what_should_be_there),
        TEST(a_file_that_is_not_there_is_named),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
