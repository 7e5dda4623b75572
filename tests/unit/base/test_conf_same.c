/* Tests of base/conf_same.c. Names say what must hold; the file reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/conf_same.h"

static bool same(const char *one, const char *other)
{
    bool there = conf_says_same(one, strlen(one), other, strlen(other));

    assert_int_equal(conf_says_same(other, strlen(other), one, strlen(one)), there);
    return there;
}

static void comments_and_blanks_say_nothing(void **state)
{
    assert_true(same("", " \n# all of it\n"));
    assert_true(same("a = 5.0;  # [M]\nb = 1;", "a=5.0;b=1; // 别的\n"));
    assert_true(same("a = /* five */ 5;", "a =\r\n\t5;"));
    assert_true(same("a = 1; # no line end", "a = 1;"));
    assert_true(same("a = 1; /* never ended", "a = 1;"));
}

static void any_other_byte_does(void **state)
{
    assert_false(same("rate_bound = 5.0;", "rate_bound = 50;"));
    assert_false(same("a = 5;", "a = 5.0;"));
    assert_false(same("a = 1;", "a = 1; b = 2;"));
    assert_false(same("block = [ \"rule\" ];", "block = [ ];"));
    assert_false(same("a = 1;", "# a = 1;"));
}

static void inside_a_string_everything_counts(void **state)
{
    assert_false(same("a = \"x y\";", "a = \"xy\";"));
    assert_false(same("a = \"#x\";", "a = \"#y\";"));
    assert_false(same("a = \"//x\"; b = 1;", "a = \"//y\"; b = 1;"));
    assert_false(same("a = \"\\\" # x\"; b = 1;", "a = \"\\\" # y\"; b = 1;"));
    assert_true(same("a = \"\\\\\"; # x\nb = 1;", "a = \"\\\\\"; # y\nb = 1;"));
}

static void a_nul_is_a_byte_like_others(void **state)
{
    assert_false(conf_says_same("a\0b", 3, "a\0c", 3));
    assert_true(conf_says_same("a\0b", 3, "a\0 b", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_and_blanks_say_nothing),
        cmocka_unit_test(any_other_byte_does),
        cmocka_unit_test(inside_a_string_everything_counts),
        cmocka_unit_test(a_nul_is_a_byte_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
