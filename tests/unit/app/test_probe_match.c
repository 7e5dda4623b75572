/* Tests of app/probe_match.c and of how ranges are written: which registers show what the display
 * shows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/probe_match.h"

static struct probe_words words;
static struct marks marks;

/* Holding registers from 0 on, all of them read. */
static void hold(const uint16_t *values, uint16_t count)
{
    memset(&words, 0, sizeof words);
    memset(&marks, 0, sizeof marks);
    words.range = (struct probe_range){AREA_HOLDING_REGISTER, 0, count};
    for (size_t i = 0; i < count; i++) {
        words.words[i] = values[i];
        words.read[i] = true;
    }
}

static size_t look_for(const char *typed)
{
    struct expected expected[EXPECTED_MAX];
    struct error err = {0};
    size_t count;

    assert_true(expected_parse(typed, expected, &count, &err));
    probe_match(&words, expected, count, &marks);
    return marks.count;
}

static void every_order_of_a_float_is_found(void **state)
{
    static const struct {
        enum word_order order;
        uint16_t words[2];
    } cases[] = {
        {ORDER_ABCD, {0x40EA, 0x3D71}},
        {ORDER_CDAB, {0x3D71, 0x40EA}},
        {ORDER_BADC, {0xEA40, 0x713D}},
        {ORDER_DCBA, {0x713D, 0xEA40}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hold(cases[i].words, 2);
        assert_int_equal(look_for("7.32"), 1);
        assert_int_equal(marks.list[0].type, WORDS_FLOAT32);
        assert_int_equal(marks.list[0].order, cases[i].order);
    }
}

static void the_last_digit_of_the_display_may_be_off_by_a_half(void **state)
{
    hold((uint16_t[]){7325}, 1);
    assert_int_equal(look_for("7.32"), 1);
    hold((uint16_t[]){7326}, 1);
    assert_int_equal(look_for("7.32"), 0);
    hold((uint16_t[]){7315}, 1);
    assert_int_equal(look_for("7.32"), 1);
    hold((uint16_t[]){7314}, 1);
    assert_int_equal(look_for("7.32"), 0);
}

static void what_makers_usually_do_goes_first(void **state)
{
    hold((uint16_t[]){732, 7320, 73}, 3);
    assert_true(look_for("7.32") >= 2);
    assert_int_equal(marks.list[0].address, 0);
    assert_int_equal(marks.list[0].scale, -2);
    for (size_t i = 1; i < marks.count; i++)
        assert_true(marks.list[i].unlikely >= marks.list[i - 1].unlikely);
}

static void a_negative_value_is_a_signed_number(void **state)
{
    hold((uint16_t[]){0xFFCE}, 1);
    assert_int_equal(look_for("-5.0"), 1);
    assert_int_equal(marks.list[0].type, WORDS_INT16);
    assert_false(marks.list[0].sign_open);
}

static void nothing_follows_from_a_nought_or_a_one(void **state)
{
    hold((uint16_t[]){0, 1, 10, 100}, 4);
    assert_int_equal(look_for("0"), 0);
    assert_int_equal(look_for("1.0"), 0);
    hold((uint16_t[]){1}, 1);
    assert_int_equal(look_for("10"), 0); /* a register of 1, times ten, is no evidence either */
}

static void registers_that_were_not_read_match_nothing(void **state)
{
    hold((uint16_t[]){732, 0x40EA, 0x3D71}, 3);
    words.read[0] = words.read[1] = false;
    assert_int_equal(look_for("7.32"), 0);
}

static void each_expected_value_has_its_own_marks_whatever_the_range(void **state)
{
    hold((uint16_t[]){205, 732}, 2);
    assert_true(look_for("ph=7.32,20.5") >= 2);
    assert_int_equal(marks.list[0].expected, 0);
    assert_int_equal(marks.list[0].address, 1);
    look_for("ph=7.32,20.5"); /* as from a second range: sorted in */
    for (size_t i = 1; i < marks.count; i++)
        assert_true(marks.list[i].expected >= marks.list[i - 1].expected);
}

static void one_value_cannot_crowd_out_another(void **state)
{
    uint16_t many[200];

    for (size_t i = 0; i < 200; i++)
        many[i] = 200;
    many[199] = 732;
    hold(many, 200);
    look_for("20.0,7.32");
    assert_true(marks.more);
    assert_int_equal(marks.list[marks.count - 1].expected, 1);
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const wrong[] = {"",    "warm", "7.3.2", "7,", ",7",
                                        "ph=", "nan",  "1e3",   "0x7"};
    struct expected expected[EXPECTED_MAX];
    struct error err = {0};
    size_t count;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(expected_parse(wrong[i], expected, &count, &err));
    assert_true(expected_parse("+7.30", expected, &count, &err));
    assert_int_equal(expected[0].decimals, 2);
}

static void a_range_is_read_in_protocol_and_in_manual_notation(void **state)
{
    static const struct {
        const char *typed;
        enum register_area area;
        unsigned address, count;
    } cases[] = {
        {"holding:0:16",   AREA_HOLDING_REGISTER, 0,      16},
        {"input:0x2601:4", AREA_INPUT_REGISTER,   0x2601, 4 },
        {"coil:7",         AREA_COIL,             7,      1 },
        {"40001:16",       AREA_HOLDING_REGISTER, 0,      16},
        {"30010",          AREA_INPUT_REGISTER,   9,      1 },
        {"10001:8",        AREA_DISCRETE_INPUT,   0,      8 },
        {"00001:8",        AREA_COIL,             0,      8 },
        {"465536:1",       AREA_HOLDING_REGISTER, 65535,  1 },
        {"discrete:9:2",   AREA_DISCRETE_INPUT,   9,      2 },
    };
    static const char *const wrong[] = {"",
                                        "holding",
                                        "holding:",
                                        "holding:0:0",
                                        "40000:1",
                                        "50001",
                                        "holding:-1",
                                        "holding:0:501",
                                        "holding:65535:2",
                                        "465537",
                                        "holding:0:1x",
                                        "input 0:1",
                                        "4001",
                                        "0x40001"};
    struct probe_range range;
    struct error err = {0};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(probe_range_parse(cases[i].typed, &range, &err));
        assert_int_equal(range.area, cases[i].area);
        assert_int_equal(range.address, cases[i].address);
        assert_int_equal(range.count, cases[i].count);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(probe_range_parse(wrong[i], &range, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_a_float_is_found),
        cmocka_unit_test(the_last_digit_of_the_display_may_be_off_by_a_half),
        cmocka_unit_test(what_makers_usually_do_goes_first),
        cmocka_unit_test(a_negative_value_is_a_signed_number),
        cmocka_unit_test(nothing_follows_from_a_nought_or_a_one),
        cmocka_unit_test(registers_that_were_not_read_match_nothing),
        cmocka_unit_test(each_expected_value_has_its_own_marks_whatever_the_range),
        cmocka_unit_test(one_value_cannot_crowd_out_another),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(a_range_is_read_in_protocol_and_in_manual_notation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
