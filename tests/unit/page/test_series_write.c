/* Tests of page/series_write.c. Names say what must hold. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/conf.h"
#include "page/series_write.h"

/* What one function writes; ended with free(). */
static char *written(void (*write)(FILE *to, const void *of), const void *of)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&bytes, &size);

    write(to, of);
    fclose(to);
    return bytes;
}

static void cell(FILE *to, const void *of)
{
    write_csv_text(to, of);
}

static void number(FILE *to, const void *of)
{
    write_csv_number(to, *(const double *)of, 2);
}

static void json_number(FILE *to, const void *of)
{
    write_json_number(to, *(const double *)of, -1);
}

static void json_text(FILE *to, const void *of)
{
    write_json_text(to, of);
}

static void csv_time(FILE *to, const void *of)
{
    write_csv_time(to, *(const struct wall_time *)of);
}

static void is(char *bytes, const char *wanted)
{
    assert_string_equal(bytes, wanted);
    free(bytes);
}

static void a_cell_is_quoted_where_a_reader_of_tables_would_take_it_apart(void **state)
{
    is(written(cell, "氨氮"), "氨氮");
    is(written(cell, "a,b"), "\"a,b\"");
    is(written(cell, "say \"no\""), "\"say \"\"no\"\"\"");
    is(written(cell, "one\r\ntwo"), "\"one\r\ntwo\"");
    is(written(cell, ""), "");
}

static void no_cell_begins_a_formula_unless_it_is_a_number(void **state)
{
    static const char *const formulas[] = {"=1+1",
                                           "+cmd|' /C calc'!A0",
                                           "-2+3",
                                           "@SUM(1)",
                                           "\t=1",
                                           "\r=1",
                                           "=HYPERLINK(\"http://x\",\"y\")",
                                           "-",
                                           "+"};

    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++) {
        char *bytes = written(cell, formulas[i]);

        assert_memory_equal(bytes, "\"'", 2);
        free(bytes);
    }
    is(written(cell, "-2.5"), "-2.5");
    is(written(cell, "-1e-7"), "-1e-7");
}

static void numbers_are_rounded_once_and_absent_ones_stay_absent(void **state)
{
    is(written(number, &(double){0.125}), "0.12"); /* half to even */
    is(written(number, &(double){-7.0}), "-7");
    is(written(number, &(double){NAN}), "");
    is(written(json_number, &(double){0.1}), "0.1");
    is(written(json_number, &(double){NAN}), "null");
    is(written(json_number, &(double){INFINITY}), "null");
}

static void text_of_json_is_escaped_and_bytes_that_are_none_are_no_text(void **state)
{
    is(written(json_text, "</script>\"\n"), "\"</script>\\\"\\n\"");
    is(written(json_text, "\xff"), "null");
}

static void a_time_says_how_far_it_is_from_utc(void **state)
{
    assert_true(conf_zone("Asia/Shanghai"));
    is(written(csv_time, &(struct wall_time){1790000000123}), "2026-09-21 22:13:20.123+08:00");
    is(written(csv_time, &(struct wall_time){-1}), "1970-01-01 07:59:59.999+08:00");
    assert_true(conf_zone("America/St_Johns"));
    is(written(csv_time, &(struct wall_time){1790000000000}), "2026-09-21 11:43:20.000-02:30");
    is(written(csv_time, &(struct wall_time){WALL_NONE_MS}), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_is_quoted_where_a_reader_of_tables_would_take_it_apart),
        cmocka_unit_test(no_cell_begins_a_formula_unless_it_is_a_number),
        cmocka_unit_test(numbers_are_rounded_once_and_absent_ones_stay_absent),
        cmocka_unit_test(text_of_json_is_escaped_and_bytes_that_are_none_are_no_text),
        cmocka_unit_test(a_time_says_how_far_it_is_from_utc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
