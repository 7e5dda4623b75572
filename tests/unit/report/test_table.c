/* Tests of report/table.c. Names say what must hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/table.h"

static void chinese_takes_two_columns_a_character(void **state)
{
    assert_int_equal(display_width("pH"), 2);
    assert_int_equal(display_width("氨氮"), 4);
    assert_int_equal(display_width("µg/m³"), 5);
    assert_int_equal(display_width(""), 0);
}

static void a_cut_character_is_counted_and_never_read_past(void **state)
{
    assert_int_equal(display_width("\xe6\xb0"), 1);
}

static char *printed(struct table *table)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);

    table_print(table, memory);
    fclose(memory);
    return text;
}

static void columns_are_straight_in_both_languages(void **state)
{
    const char *const headings[] = {"名称", "VALUE"};
    struct table *table = table_new(2, headings);
    char *text;

    table_cell(table, "%s", "ph");
    table_cell(table, "%d", 7);
    table_cell(table, "%s", "溶解氧");
    table_cell(table, "%s", "");
    text = printed(table);
    assert_string_equal(text, "名称    VALUE\nph      7\n溶解氧  –\n");
    assert_int_equal(table_rows(table), 2);
    free(text);
    table_free(table);
}

static void what_a_peer_wrote_cannot_move_the_cursor(void **state)
{
    const char *const headings[] = {"A"};
    struct table *table = table_new(1, headings);
    char *text;

    table_cell(table, "%s", "x\033[2Jy\n");
    text = printed(table);
    assert_string_equal(text, "A\nx?[2Jy?\n");
    free(text);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_takes_two_columns_a_character),
        cmocka_unit_test(a_cut_character_is_counted_and_never_read_past),
        cmocka_unit_test(columns_are_straight_in_both_languages),
        cmocka_unit_test(what_a_peer_wrote_cannot_move_the_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
