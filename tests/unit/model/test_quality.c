/* Tests of model/quality.c: letters, words and numbers of the contract never change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "model/quality.h"

static void the_letters_words_and_numbers_are_those_of_the_contract(void **state)
{
    static const char *const words[] = {"normal",  "over_range", "calibrating", "maintenance",
                                        "stopped", "manual",     "fault",       "no_answer"};
    static const char letters[] = "NTCMFSDB";

    for (int i = 0; i < 8; i++) {
        enum quality quality;

        assert_int_equal(quality_letter((enum quality)i), letters[i]);
        assert_string_equal(quality_word((enum quality)i), words[i]);
        assert_true(quality_from_letter(letters[i], &quality));
        assert_int_equal(quality, i);
    }
}

static void an_unknown_letter_is_no_quality(void **state)
{
    enum quality quality;

    assert_false(quality_from_letter('X', &quality));
    assert_false(quality_from_letter('n', &quality));
    assert_false(quality_from_letter('\0', &quality));
}

static void only_normal_and_over_range_are_judged(void **state)
{
    for (int i = 0; i < 8; i++)
        assert_int_equal(quality_is_judged((enum quality)i),
                         i == QUALITY_NORMAL || i == QUALITY_OVER_RANGE);
}

/* T21. */
static void every_exception_code_has_a_sentence_in_both_languages(void **state)
{
    for (unsigned code = 0; code < 256; code++)
        for (int english = 0; english < 2; english++) {
            char text[EXCEPTION_TEXT], number[8];

            say_in(english ? LANGUAGE_EN : LANGUAGE_ZH);
            exception_title(code, text);
            snprintf(number, sizeof number, " %u", code);
            assert_non_null(strstr(text, number)); /* as the maker's manual calls it */
            assert_null(strstr(text, "nknown"));
            assert_null(strstr(text, "未知"));
            assert_true(strlen(text) < EXCEPTION_TEXT - 1);
            if (code == 0 || code == 9 || code > 11)
                assert_non_null(strstr(text, english ? "the standard lacks" : "标准中没有"));
        }
}

static void every_cause_has_one_word_and_two_titles(void **state)
{
    for (int i = 1; i < CAUSE_COUNT; i++) {
        enum cause cause;

        assert_true(cause_from_word(cause_word((enum cause)i), &cause));
        assert_int_equal(cause, i);
        say_in(LANGUAGE_ZH);
        assert_true(cause_title((enum cause)i)[0] != '\0');
        assert_true(i == CAUSE_BY_HAND || cause_advice((enum cause)i)[0] != '\0');
        say_in(LANGUAGE_EN);
        assert_true(cause_title((enum cause)i)[0] != '\0');
        assert_null(strstr(cause_title((enum cause)i), "nknown"));
    }
    assert_string_equal(cause_word(CAUSE_NONE), "");
}

static void the_numbers_of_stored_causes_never_move(void **state)
{
    static const struct {
        int number;
        const char *word;
    } cases[] = {
        {1,  "timeout"         },
        {2,  "refused"         },
        {3,  "unresolved"      },
        {4,  "crc"             },
        {5,  "bad_frame"       },
        {6,  "wrong_unit"      },
        {7,  "exception_1"     },
        {8,  "exception_2"     },
        {17, "exception_11"    },
        {18, "busy"            },
        {19, "absent_mark"     },
        {20, "not_a_number"    },
        {21, "above_span"      },
        {22, "below_span"      },
        {23, "status_bit"      },
        {24, "warming_up"      },
        {25, "identity_changed"},
        {26, "after_timeout"   },
        {27, "by_hand"         },
        {28, "disconnected"    },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(cause_word((enum cause)cases[i].number), cases[i].word);
}

static void every_exception_code_has_a_cause(void **state)
{
    for (unsigned code = 0; code < 256; code++) {
        enum cause cause = cause_of_exception(code);

        if (code == 5 || code == 6)
            assert_int_equal(cause, CAUSE_BUSY);
        else if (code == 0 || code == 9 || code > 11)
            assert_int_equal(cause, CAUSE_BAD_FRAME);
        else
            assert_int_equal(cause, CAUSE_EXCEPTION_1 + (int)code - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_letters_words_and_numbers_are_those_of_the_contract),
        cmocka_unit_test(an_unknown_letter_is_no_quality),
        cmocka_unit_test(only_normal_and_over_range_are_judged),
        cmocka_unit_test(every_exception_code_has_a_sentence_in_both_languages),
        cmocka_unit_test(every_cause_has_one_word_and_two_titles),
        cmocka_unit_test(the_numbers_of_stored_causes_never_move),
        cmocka_unit_test(every_exception_code_has_a_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
