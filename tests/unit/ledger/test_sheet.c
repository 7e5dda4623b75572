/* Tests of ledger/sheet*.c: a table as offices save it, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/sheet.h"

enum { CELL_MOST = 4096 };

static char *decoded(const char *bytes, size_t size, enum sheet_coding expected)
{
    struct error err = {0};
    enum sheet_coding coding;
    size_t length;
    char *text = sheet_decode(bytes, size, 1 << 20, &length, &coding, &err);

    assert_non_null(text);
    assert_int_equal(coding, expected);
    assert_int_equal(strlen(text), length);
    return text;
}

static void expect_text(const char *bytes, size_t size, enum sheet_coding coding,
                        const char *wanted)
{
    char *text = decoded(bytes, size, coding);

    assert_string_equal(text, wanted);
    free(text);
}

/* All cells as "a|b/c|d". */
static const char *all(const char *text, char separator)
{
    static char out[4096];
    struct sheet *sheet = sheet_new(text, strlen(text), separator, CELL_MOST);
    struct sheet_row row;

    out[0] = '\0';
    while (sheet_next(sheet, &row)) {
        strcat(out, row.number > 1 ? "/" : "");
        for (size_t i = 0; i < row.count; i++) {
            strcat(out, i > 0 ? "|" : "");
            strcat(out, row.cells[i]);
        }
    }
    sheet_free(sheet);
    return out;
}

static void utf8_is_taken_with_and_without_its_mark(void **state)
{
    expect_text("编号", 6, SHEET_UTF8, "编号");
    expect_text("\xef\xbb\xbf编号", 9, SHEET_UTF8, "编号");
    expect_text("", 0, SHEET_UTF8, "");
}

static void gb18030_is_taken_where_the_bytes_are_no_utf8(void **state)
{
    expect_text("\xb1\xe0\xba\xc5", 4, SHEET_GB18030, "编号");
    /* 𠮷, four bytes of GB18030 beyond GBK */
    expect_text("\x95\x34\xb2\x35", 4, SHEET_GB18030, "\xf0\xa0\xae\xb7");
}

static void utf16_is_taken_with_its_mark(void **state)
{
    expect_text("\xff\xfe\x16\x7f\xf7\x53", 6, SHEET_UTF16, "编号");
    expect_text("\xfe\xff\x7f\x16\x53\xf7", 6, SHEET_UTF16, "编号");
}

static void what_is_no_text_is_refused_with_what_to_do(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {"PK\x03\x04........",         12, "CSV"      },
        {"\xd0\xcf\x11\xe0....",       8,  "CSV"      },
        {"\xff\xff\xff",               3,  "UTF-8"    },
        {"a\0b",                       3,  "UTF-8"    },
        {"\x81",                       1,  "UTF-8"    },
        {"a\n\xe4\xb8\x8a\n\xff\n",    7,  "第 3 行"},
        {"a\n\xc9\xcf\n\xff\n",        6,  "第 3 行"},
        {"a\nb\n\0\n",                 6,  "第 3 行"},
        {"\xff\xfe\x0a\x4e\n\0\0\xd8", 8,  "第 2 行"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};
        enum sheet_coding coding;
        size_t length;

        assert_null(sheet_decode(cases[i].bytes, cases[i].size, 1 << 20, &length, &coding, &err));
        assert_non_null(strstr(err.text, cases[i].says));
    }
}

static void a_file_too_large_is_refused(void **state)
{
    struct error err = {0};
    enum sheet_coding coding;
    size_t length;

    assert_null(sheet_decode("12345", 5, 4, &length, &coding, &err));
    assert_non_null(strstr(err.text, "5"));
}

static void every_line_end_ends_a_row(void **state)
{
    assert_string_equal(all("a,b\nc,d\n", ','), "a|b/c|d");
    assert_string_equal(all("a,b\r\nc,d\r\n", ','), "a|b/c|d");
    assert_string_equal(all("a,b\rc,d", ','), "a|b/c|d");
    assert_string_equal(all("", ','), "");
}

static void empty_rows_count_as_a_spreadsheet_counts(void **state)
{
    struct sheet *sheet = sheet_new("a\n\n\nb", 5, ',', CELL_MOST);
    struct sheet_row row;
    size_t last = 0;

    while (sheet_next(sheet, &row))
        last = row.number;
    assert_int_equal(last, 4);
    sheet_free(sheet);
}

static void quotation_marks_hold_separators_line_ends_and_themselves(void **state)
{
    assert_string_equal(all("\"a,b\",c\n", ','), "a,b|c");
    assert_string_equal(all("\"a\r\nb\",c\n", ','), "a\nb|c");
    assert_string_equal(all("\"he said \"\"no\"\"\",c", ','), "he said \"no\"|c");
    assert_string_equal(all("a\"b,c", ','), "a\"b|c");
    assert_string_equal(all("\"\",c", ','), "|c");
}

static void semicolon_and_tab_separate_too(void **state)
{
    assert_string_equal(all("a;b,c\n", ';'), "a|b,c");
    assert_string_equal(all("a\tb c\n", '\t'), "a|b c");
}

static void spaces_and_invisible_characters_go(void **state)
{
    assert_string_equal(all(" a ,\xe3\x80\x80"
                            "b\xc2\xa0,\xe2\x80\x8b"
                            "c\xe2\x80\xae"
                            "d\n",
                            ','),
                        "a|b|cd");
}

static void a_formula_is_text_like_any_other(void **state)
{
    assert_string_equal(all("=1+1,+2,-3,@SUM(A1)\n", ','), "=1+1|+2|-3|@SUM(A1)");
}

static enum cell_trouble trouble_of(const char *text, size_t most)
{
    struct sheet *sheet = sheet_new(text, strlen(text), ',', most);
    struct sheet_row row;
    enum cell_trouble trouble;

    assert_true(sheet_next(sheet, &row));
    trouble = row.troubles[0];
    sheet_free(sheet);
    return trouble;
}

static void what_cannot_be_read_is_marked_and_not_guessed(void **state)
{
    assert_int_equal(trouble_of("\"open,b\nc", 64), CELL_OPEN);
    assert_int_equal(trouble_of("\"a\"b,c", 64), CELL_AFTER);
    assert_int_equal(trouble_of("a\x01,c", 64), CELL_CONTROL);
    assert_int_equal(trouble_of("a\xc2\x85,c", 64), CELL_CONTROL);
    assert_int_equal(trouble_of("12345,c", 4), CELL_TOO_LONG);
    assert_int_equal(trouble_of("1234,c", 4), CELL_GOOD);
}

static void a_row_wider_than_any_table_is_cut_and_said(void **state)
{
    char text[SHEET_COLUMNS_MAX * 2 + 64] = "";
    struct sheet *sheet;
    struct sheet_row row;

    for (int i = 0; i < SHEET_COLUMNS_MAX + 3; i++)
        strcat(text, "x,");
    strcat(text, "\nb,c");
    sheet = sheet_new(text, strlen(text), ',', 4);
    assert_true(sheet_next(sheet, &row));
    assert_true(row.too_wide);
    assert_int_equal(row.count, SHEET_COLUMNS_MAX);
    assert_true(sheet_next(sheet, &row));
    assert_false(row.too_wide);
    assert_string_equal(row.cells[1], "c");
    sheet_free(sheet);
}

static void columns_are_named_as_a_spreadsheet_names_them(void **state)
{
    char letter[4];

    assert_string_equal(sheet_letter(0, letter), "A");
    assert_string_equal(sheet_letter(25, letter), "Z");
    assert_string_equal(sheet_letter(26, letter), "AA");
    assert_string_equal(sheet_letter(255, letter), "IV");
}

static void words_of_any_width_case_and_spacing_are_one(void **state)
{
    char out[64];

    assert_string_equal(sheet_fold("Ｐ－０３ a_B", out, sizeof out), "p-03ab");
    assert_string_equal(sheet_fold("整改 时限", out, sizeof out), "整改时限");
    assert_string_equal(sheet_narrow("１２３（Ａ）", out, sizeof out), "123(A)");
}

static void a_person_is_seen_by_a_number_standing_alone(void **state)
{
    assert_true(sheet_names_a_person("联系 13812345678 张"));
    assert_true(sheet_names_a_person("电话１３８１２３４５６７８"));
    assert_true(sheet_names_a_person("身份证310101199001011234"));
    assert_true(sheet_names_a_person("31010119900101123X"));
    assert_true(sheet_names_a_person("138-1234-5678"));
    assert_true(sheet_names_a_person("请拨 138 1234 5678。"));
    assert_true(sheet_names_a_person("+8613812345678"));
    assert_true(sheet_names_a_person("TEL13812345678"));
    assert_true(sheet_names_a_person("310101 19900101 1234"));
    assert_false(sheet_names_a_person("138-1234-56789"));
    assert_false(sheet_names_a_person("2026-11-22 08:00 至 2026-12-31"));
    assert_false(sheet_names_a_person("130-1234 号"));
    assert_false(sheet_names_a_person("合同号 213812345678"));
    assert_false(sheet_names_a_person("91310000MA1EXAMPLE"));
    assert_false(sheet_names_a_person("面积 12345 平方米"));
}

static void dates_are_read_in_every_form_people_type(void **state)
{
    static const char *const good[] = {
        "2026-12-31",   "2026/12/31",           "2026.12.31",           "2026年12月31日",
        "20261231",     "２０２６－１２－３１", "2026年12月31日前完成", "2026-12-31 00:00:00",
        " 2026/12/31 ", "2026年12月31号",       "2026-12-31 0:00",      "2026-12-31T00:00:00",
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char day[11];

        assert_int_equal(sheet_date(good[i], day), DATE_GOOD);
        assert_string_equal(day, "2026-12-31");
    }
}

static void short_months_days_and_midnights_are_read(void **state)
{
    char day[11];

    assert_int_equal(sheet_date("2026-1-5", day), DATE_GOOD);
    assert_string_equal(day, "2026-01-05");
    assert_int_equal(sheet_date("2026/1/5 0:00", day), DATE_GOOD);
    assert_string_equal(day, "2026-01-05");
    assert_int_equal(sheet_date("2026年3月5日", day), DATE_GOOD);
    assert_string_equal(day, "2026-03-05");
}

static void a_spreadsheets_day_number_is_a_day(void **state)
{
    char day[11];

    assert_int_equal(sheet_date("46387", day), DATE_SERIAL);
    assert_string_equal(day, "2026-12-31");
    assert_int_equal(sheet_date("45292.5", day), DATE_SERIAL);
    assert_string_equal(day, "2024-01-01");
}

static void the_end_of_a_month_is_its_last_day(void **state)
{
    char day[11];

    assert_int_equal(sheet_date("2026年2月底前", day), DATE_MONTH_END);
    assert_string_equal(day, "2026-02-28");
    assert_int_equal(sheet_date("2026年底", day), DATE_MONTH_END);
    assert_string_equal(day, "2026-12-31");
}

static void what_has_no_day_has_none(void **state)
{
    static const char *const none[] = {"",  "立行立改", "长期坚持", "立行立改，长期坚持",
                                       "-", "immediate"};

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        char day[11];

        assert_int_equal(sheet_date(none[i], day), DATE_NONE);
        assert_string_equal(day, "");
    }
}

static void a_date_with_the_year_last_is_not_guessed(void **state)
{
    static const char *const dates[] = {"12/31/2026", "31.12.2026", "1/2/26", "26-12-31",
                                        "12-31-2026 0:00"};

    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        char day[11];

        assert_int_equal(sheet_date(dates[i], day), DATE_AMBIGUOUS);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const dates[] = {
        "2026-13-01", "2026-02-30", "2026年12月", "2026-12",          "2026",
        "尽快",       "99999",      "1234",       "20261331",         "2026-12-31abc",
        "18991231",   "2026/12-31", "123456789",  "2026-12-31 14:30",
    };

    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        char day[11];

        assert_int_equal(sheet_date(dates[i], day), DATE_WRONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_taken_with_and_without_its_mark),
        cmocka_unit_test(gb18030_is_taken_where_the_bytes_are_no_utf8),
        cmocka_unit_test(utf16_is_taken_with_its_mark),
        cmocka_unit_test(what_is_no_text_is_refused_with_what_to_do),
        cmocka_unit_test(a_file_too_large_is_refused),
        cmocka_unit_test(every_line_end_ends_a_row),
        cmocka_unit_test(empty_rows_count_as_a_spreadsheet_counts),
        cmocka_unit_test(quotation_marks_hold_separators_line_ends_and_themselves),
        cmocka_unit_test(semicolon_and_tab_separate_too),
        cmocka_unit_test(spaces_and_invisible_characters_go),
        cmocka_unit_test(a_formula_is_text_like_any_other),
        cmocka_unit_test(what_cannot_be_read_is_marked_and_not_guessed),
        cmocka_unit_test(a_row_wider_than_any_table_is_cut_and_said),
        cmocka_unit_test(columns_are_named_as_a_spreadsheet_names_them),
        cmocka_unit_test(words_of_any_width_case_and_spacing_are_one),
        cmocka_unit_test(a_person_is_seen_by_a_number_standing_alone),
        cmocka_unit_test(dates_are_read_in_every_form_people_type),
        cmocka_unit_test(short_months_days_and_midnights_are_read),
        cmocka_unit_test(a_spreadsheets_day_number_is_a_day),
        cmocka_unit_test(the_end_of_a_month_is_its_last_day),
        cmocka_unit_test(what_has_no_day_has_none),
        cmocka_unit_test(a_date_with_the_year_last_is_not_guessed),
        cmocka_unit_test(what_is_no_date_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
