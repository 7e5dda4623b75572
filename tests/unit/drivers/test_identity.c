/* Tests of drivers/identity.c. Names say what must hold; the file reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/identity.h"

static const struct profile probe = {
    .identity = {{.name = "model", .type = WORDS_UINT16, .words = 1, .expect = "12"},
                 {.name = "serial_number", .type = WORDS_UINT32, .words = 2},
                 {.name = "firmware", .type = WORDS_STRING, .words = 4}},
    .identity_count = 3,
};

static const char *value_of(enum word_type type, enum word_order order, uint16_t words,
                            const uint8_t *bytes)
{
    static char text[IDENTITY_VALUE];
    const struct identity_item item = {.type = type, .order = order, .words = words};

    identity_value(&item, bytes, text);
    return text;
}

static void a_number_is_told_whole(void **state)
{
    const uint8_t long_number[] = {0x00, 0x20, 0, 0, 0, 0, 0, 1};
    const uint8_t negative[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE};
    const uint8_t swapped[] = {0xFE, 0x8B, 0x01, 0x34};
    const uint8_t bcd[] = {0x20, 0x25, 0x0A, 0x51};
    const uint8_t nan[] = {0x7F, 0xC0, 0, 0};

    assert_string_equal(value_of(WORDS_UINT16, ORDER_ABCD, 1, (uint8_t[]){0, 12}), "12");
    assert_string_equal(value_of(WORDS_UINT32, ORDER_CDAB, 2, swapped), "20250251");
    assert_string_equal(value_of(WORDS_UINT64, ORDER_ABCD, 4, long_number), "9007199254740993");
    assert_string_equal(value_of(WORDS_INT64, ORDER_ABCD, 4, negative), "-2");
    assert_string_equal(value_of(WORDS_BCD32, ORDER_ABCD, 2, bcd), "0x20250A51");
    assert_string_equal(value_of(WORDS_FLOAT32, ORDER_ABCD, 2, nan), "0x7FC00000");
}

static void a_string_ends_at_its_nul_and_loses_its_blanks(void **state)
{
    assert_string_equal(value_of(WORDS_STRING, ORDER_ABCD, 4, (const uint8_t *)"V1.2  \0x"),
                        "V1.2");
    assert_string_equal(value_of(WORDS_STRING, ORDER_BADC, 2, (const uint8_t *)"1V2."), "V1.2");
    assert_string_equal(value_of(WORDS_STRING, ORDER_ABCD, 2, (const uint8_t *)"ABCD"), "ABCD");
    assert_string_equal(value_of(WORDS_STRING, ORDER_ABCD, 2, (const uint8_t *)"\0\0\0\0"), "");
}

static void what_cannot_be_printed_or_parts_items_is_escaped(void **state)
{
    assert_string_equal(value_of(WORDS_STRING, ORDER_ABCD, 4, (const uint8_t *)"a;b=\"%\xFF\x07"),
                        "a%3Bb%3D%22%25%FF%07");
}

static void a_string_too_long_for_its_place_still_tells_instruments_apart(void **state)
{
    uint8_t one[64];
    char first[IDENTITY_VALUE];

    memset(one, 'A', sizeof one);
    snprintf(first, sizeof first, "%s", value_of(WORDS_STRING, ORDER_ABCD, 32, one));
    assert_true(strlen(first) < IDENTITY_VALUE);
    one[63] = 'B';
    assert_string_not_equal(first, value_of(WORDS_STRING, ORDER_ABCD, 32, one));
}

static struct identity_heard heard_of(const char *text)
{
    struct identity_heard heard;

    identity_parse(&probe, text, &heard);
    return heard;
}

static void a_text_names_the_items_and_reads_back(void **state)
{
    struct identity_heard heard = heard_of("model=12; serial_number=7; firmware=V1");
    char text[IDENTITY_TEXT];

    identity_text(&probe, &heard, text);
    assert_string_equal(text, "model=12; serial_number=7; firmware=V1");
    heard = heard_of("firmware=; gone=1; serial_number=7");
    assert_true(heard.known[1] && heard.known[2] && !heard.known[0]);
    identity_text(&probe, &heard, text);
    assert_string_equal(text, "serial_number=7; firmware=");
}

static void no_text_makes_the_reader_stumble(void **state)
{
    static const char *const texts[] = {"",      ";",      "=",        "==;;",
                                        "model", "model=", ";model=1", " ; = "};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        heard_of(texts[i]);
    assert_string_equal(heard_of("; ;model=12").values[0], "12");
}

static enum identity_verdict verdict(const char *remembered, const char *setting,
                                     const char *serial_number, const char *answer)
{
    struct identity_heard heard = heard_of(answer);
    struct identity_terms terms;

    identity_terms_init(&terms, &probe, remembered, setting, serial_number);
    return identity_judge(&probe, &terms, &heard);
}

static void the_first_answer_is_right_and_another_one_later_is_not(void **state)
{
    const char *known = "model=12; serial_number=7; firmware=V1";

    assert_int_equal(verdict(NULL, NULL, NULL, known), IDENTITY_RIGHT);
    assert_int_equal(verdict(known, "", "", known), IDENTITY_RIGHT);
    assert_int_equal(verdict(known, "", "", "model=12; serial_number=8; firmware=V1"),
                     IDENTITY_CHANGED);
    assert_int_equal(verdict(known, "", "", "model=12; serial_number=7; firmware=V2"),
                     IDENTITY_CHANGED);
}

static void what_the_profile_expects_holds_whatever_was_remembered(void **state)
{
    assert_int_equal(verdict("model=13", "model=13", "", "model=13; serial_number=7"),
                     IDENTITY_OTHER_MODEL);
}

static void what_could_not_be_read_is_no_change(void **state)
{
    assert_int_equal(verdict("model=12; serial_number=7", "", "", "model=12"), IDENTITY_RIGHT);
    assert_int_equal(verdict("model=12; serial_number=7", "", "8", ""), IDENTITY_RIGHT);
}

static void the_settings_hold_whatever_was_remembered(void **state)
{
    const char *known = "model=12; serial_number=7; firmware=V1";

    assert_int_equal(verdict(known, "", "8", known), IDENTITY_CHANGED);
    assert_int_equal(verdict(known, "", "8", "model=12; serial_number=8; firmware=V1"),
                     IDENTITY_RIGHT);
    assert_int_equal(verdict("", "", "0008", "serial_number=8"), IDENTITY_RIGHT);
    assert_int_equal(verdict(known, "firmware=V2", "", "model=12; serial_number=7; firmware=V2"),
                     IDENTITY_RIGHT);
    assert_int_equal(verdict(known, "firmware=V2", "", known), IDENTITY_CHANGED);
}

static void a_replaced_instrument_may_differ_in_all_and_the_same_one_in_nothing(void **state)
{
    const char *known = "model=12; serial_number=7; firmware=V1";

    assert_int_equal(verdict(known, "", "8", "model=12; serial_number=8; firmware=V2"),
                     IDENTITY_RIGHT);
    assert_int_equal(verdict(known, "", "7", "model=12; serial_number=7; firmware=V2"),
                     IDENTITY_CHANGED);
}

static void what_was_heard_is_remembered_item_by_item(void **state)
{
    struct identity_heard heard = heard_of("serial_number=7");
    struct identity_terms terms;
    char text[IDENTITY_TEXT];

    identity_terms_init(&terms, &probe, "model=12", "", "");
    assert_true(identity_accept(&terms, &heard));
    assert_false(identity_accept(&terms, &heard));
    identity_text(&probe, &terms.accepted, text);
    assert_string_equal(text, "model=12; serial_number=7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_told_whole),
        cmocka_unit_test(a_string_ends_at_its_nul_and_loses_its_blanks),
        cmocka_unit_test(what_cannot_be_printed_or_parts_items_is_escaped),
        cmocka_unit_test(a_string_too_long_for_its_place_still_tells_instruments_apart),
        cmocka_unit_test(a_text_names_the_items_and_reads_back),
        cmocka_unit_test(no_text_makes_the_reader_stumble),
        cmocka_unit_test(the_first_answer_is_right_and_another_one_later_is_not),
        cmocka_unit_test(what_the_profile_expects_holds_whatever_was_remembered),
        cmocka_unit_test(what_could_not_be_read_is_no_change),
        cmocka_unit_test(the_settings_hold_whatever_was_remembered),
        cmocka_unit_test(a_replaced_instrument_may_differ_in_all_and_the_same_one_in_nothing),
        cmocka_unit_test(what_was_heard_is_remembered_item_by_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
