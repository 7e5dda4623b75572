/* Tests of output/blank.c. Names say what must hold; the file reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "output/blank.h"

static char shown[400];

static const char *blanked(const char *user, const char *secret, const char *said)
{
    struct blank *blank = blank_new();
    struct text text;

    assert_non_null(blank);
    blank_hide(blank, user, secret);
    text_init(&text, shown, sizeof shown);
    text_add_blanked(&text, blank, said, strlen(said));
    blank_free(blank);
    return shown;
}

static void a_secret_is_blanked_in_every_shape_it_may_come_back_in(void **state)
{
    static const struct {
        const char *user, *secret, *said, *shown;
    } cases[] = {
        {"",   "S3CRET",         "Authorization: Token S3CRET\r\nHost",
         "Authorization: Token ***"
         "\\x0D\\x0AHost"                                                                },
        {"",   "S3CRET",         "S3CRETS3CRET S3CRET",                 "****** ***"     },
        {"",   "a/b+c d",        "?p=a%2Fb%2Bc%20d&x",                  "?p=***&x"       },
        {"",   "a/b+c d",        "?p=a%2fb%2bc%20d&x",                  "?p=***&x"       },
        {"",   "say \"please\"", "{\"p\":\"say \\\"please\\\"\"}",      "{\"p\":\"***\"}"},
        {"li", "pass",           "Basic bGk6cGFzcw==.",                 "Basic ***==."   },
        {"li", "pass1",          "Basic bGk6cGFzczE=.",                 "Basic ***=."    },
        {"li", "pass12",         "Basic bGk6cGFzczEy.",                 "Basic ***."     },
        {"",   "S3CRET",         "Bearer UzNDUkVU",                     "Bearer ***"     },
        {"",   "x",              "fix it",                              "fi*** it"       },
        {"",   "",               "nothing to hide",                     "nothing to hide"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(blanked(cases[i].user, cases[i].secret, cases[i].said), cases[i].shown);
}

static void a_piece_cut_off_behind_its_beginning_is_blanked(void **state)
{
    assert_string_equal(blanked("", "S3CRETTOKEN-abcdef", "Token S3CRETTOK"), "Token ***");
    assert_string_equal(blanked("", "S3CRET", "Token S3C "), "Token *** ");
    assert_string_equal(blanked("", "S3CRETTOKEN-abcdef", "S3 is a place"), "S3 is a place");
}

static void a_secret_across_the_end_of_the_room_leaves_nothing_of_itself(void **state)
{
    char said[500];

    memset(said, '.', sizeof said);
    memcpy(said + sizeof shown - 5, "S3CRET", 7);
    assert_null(strstr(blanked("", "S3CRET", said), "S3"));
}

static void two_secrets_are_blanked_side_by_side(void **state)
{
    struct blank *blank = blank_new();
    struct text text;

    blank_hide(blank, "li", "passw0rd");
    blank_hide(blank, "", "t0ken-one");
    text_init(&text, shown, sizeof shown);
    text_add_blanked(&text, blank, "passw0rd t0ken-one", 18);
    blank_free(blank);
    assert_string_equal(shown, "*** ***");
}

static void the_longest_secret_fits(void **state)
{
    char secret[1024], said[2048];

    memset(secret, '/', sizeof secret);
    secret[1023] = '\0';
    snprintf(said, sizeof said, "a %s b", secret);
    assert_string_equal(blanked("somebody", secret, said), "a *** b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_blanked_in_every_shape_it_may_come_back_in),
        cmocka_unit_test(a_piece_cut_off_behind_its_beginning_is_blanked),
        cmocka_unit_test(a_secret_across_the_end_of_the_room_leaves_nothing_of_itself),
        cmocka_unit_test(two_secrets_are_blanked_side_by_side),
        cmocka_unit_test(the_longest_secret_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
