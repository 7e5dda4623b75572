/* Tests of base/text.c, error.c and say.c: what does not fit is left out whole and said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/say.h"
#include "base/text.h"

static char bytes[64];
static struct text text;

static int begin(void **state)
{
    memset(bytes, 'x', sizeof bytes);
    text_init(&text, bytes, sizeof bytes);
    return 0;
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
    text_init(&text, bytes, 8);
    text_add(&text, "1234567");
    assert_string_equal(bytes, "1234567");
    assert_false(text.full);
    text_add_char(&text, '8');
    assert_true(text.full);
    assert_string_equal(bytes, "1234567");
    assert_int_equal(bytes[8], 'x');
}

static void a_full_text_takes_nothing_more_until_it_is_cut(void **state)
{
    text_init(&text, bytes, 8);
    text_add(&text, "12345");
    text_add(&text, "678");
    text_add(&text, "9");
    assert_true(text.full);
    assert_string_equal(bytes, "12345");
    text_cut(&text, 2);
    assert_false(text.full);
    text_add(&text, "abc");
    assert_string_equal(bytes, "12abc");
}

static void a_format_that_does_not_fit_leaves_no_half(void **state)
{
    text_init(&text, bytes, 8);
    text_add(&text, "ab");
    text_format(&text, "%d", 1234567);
    assert_true(text.full);
    assert_string_equal(bytes, "ab");
    assert_int_equal(bytes[8], 'x');
    text_cut(&text, 2);
    text_format(&text, "%d", 12345);
    assert_false(text.full);
    assert_string_equal(bytes, "ab12345");
}

static void memory_of_no_size_is_never_touched(void **state)
{
    text_init(&text, NULL, 0);
    text_add(&text, "a");
    text_add_int(&text, 5);
    text_format(&text, "%d", 5);
    text_add_json(&text, "a");
    assert_true(text.full);
    assert_int_equal(text.used, 0);
}

static void an_integer_is_written_at_both_ends_of_its_range(void **state)
{
    text_add_int(&text, INT64_MIN);
    text_add_char(&text, ' ');
    text_add_int(&text, INT64_MAX);
    text_add_char(&text, ' ');
    text_add_int(&text, 0);
    assert_string_equal(bytes, "-9223372036854775808 9223372036854775807 0");
}

static void a_json_string_has_its_marks_and_controls_escaped(void **state)
{
    text_add_json(&text, "a\"b\\c\n\x01\x1f 水");
    assert_string_equal(bytes, "\"a\\\"b\\\\c\\u000a\\u0001\\u001f 水\"");
}

static void what_was_cut_inside_a_character_is_mended(void **state)
{
    static const char *const cases[][2] = {
        {"油烟",      "油烟"},
        {"油\xe7\x83", "油"   },
        {"\x83"
         "a\xff"
         "b",  "ab"    },
        {"",            ""      },
        {"\xe7",        ""      }
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[16];

        snprintf(words, sizeof words, "%s", cases[i][0]);
        utf8_mend(words);
        assert_string_equal(words, cases[i][1]);
    }
}

static void bytes_that_are_not_utf8_become_a_replacement_character(void **state)
{
    static const struct {
        const char *words, *json;
    } cases[] = {
        {"\x80",             "\"\\ufffd\""                     },
        {"a\xff"
         "b",       "\"a\\ufffdb\""                   },
        {"\xc0\xaf",         "\"\\ufffd\\ufffd\""              },
        {"\xe0\x80\x80",     "\"\\ufffd\\ufffd\\ufffd\""       },
        {"\xed\xa0\x80",     "\"\\ufffd\\ufffd\\ufffd\""       },
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
        {"\xe6\xb0",         "\"\\ufffd\\ufffd\""              },
        {"\xf0\x9f\x8c\xb1", "\"\xf0\x9f\x8c\xb1\""            },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_cut(&text, 0);
        text_add_json(&text, cases[i].words);
        assert_string_equal(bytes, cases[i].json);
    }
}

static void an_error_names_its_place_and_its_exit_code(void **state)
{
    struct error err;

    assert_false(error_set_at(&err, ERROR_SETTINGS, "a.conf", 7, "unit: %d is too big", 300));
    assert_string_equal(err.where, "a.conf:7");
    assert_string_equal(err.text, "a.conf:7: unit: 300 is too big");
    assert_int_equal(error_exit_code(err.kind), 2);
    assert_string_equal(error_word(err.kind), "settings");
    assert_false(error_set(&err, ERROR_STORE, "the disk is full"));
    assert_string_equal(err.where, "");
    assert_int_equal(error_exit_code(err.kind), 3);
    assert_int_equal(error_exit_code(ERROR_NONE), 0);
    assert_int_equal(error_exit_code(ERROR_WRONG_USE), 2);
    assert_false(error_set(NULL, ERROR_STORE, "nobody asks"));
}

static void an_error_with_an_endless_path_or_sentence_is_cut(void **state)
{
    char endless[2000];
    struct error err;

    memset(endless, 'p', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    error_set_at(&err, ERROR_SETTINGS, endless, 7, "%s", endless);
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void a_sentence_is_said_in_the_language_set(void **state)
{
    say_in(LANGUAGE_ZH);
    assert_string_equal(SAY("水", "water"), "水");
    say_in(LANGUAGE_EN);
    assert_string_equal(SAY("水", "water"), "water");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_does_not_fit_is_left_out_whole, begin),
        cmocka_unit_test_setup(a_full_text_takes_nothing_more_until_it_is_cut, begin),
        cmocka_unit_test_setup(a_format_that_does_not_fit_leaves_no_half, begin),
        cmocka_unit_test_setup(memory_of_no_size_is_never_touched, begin),
        cmocka_unit_test_setup(an_integer_is_written_at_both_ends_of_its_range, begin),
        cmocka_unit_test_setup(a_json_string_has_its_marks_and_controls_escaped, begin),
        cmocka_unit_test(what_was_cut_inside_a_character_is_mended),
        cmocka_unit_test_setup(bytes_that_are_not_utf8_become_a_replacement_character, begin),
        cmocka_unit_test_setup(an_error_names_its_place_and_its_exit_code, begin),
        cmocka_unit_test_setup(an_error_with_an_endless_path_or_sentence_is_cut, begin),
        cmocka_unit_test_setup(a_sentence_is_said_in_the_language_set, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
