/* Tests of base/day.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/day.h"

static void a_day_begins_at_midnight_of_the_zone(void **state)
{
    const int64_t midnight = INT64_C(1795363200000); /* 2026-11-23T00:00 in Shanghai */
    char day[DAY_TEXT];

    assert_string_equal(day_text((struct wall_time){midnight}, day), "2026-11-23");
    assert_string_equal(day_text((struct wall_time){midnight - 1}, day), "2026-11-22");
}

static void before_1970_a_part_of_a_second_is_still_the_day_before(void **state)
{
    const int64_t midnight = INT64_C(-8) * 3600 * 1000; /* 1970-01-01T00:00 in Shanghai */
    char day[DAY_TEXT];

    assert_string_equal(day_text((struct wall_time){midnight}, day), "1970-01-01");
    assert_string_equal(day_text((struct wall_time){midnight - 1}, day), "1969-12-31");
}

static void what_has_no_day_is_empty(void **state)
{
    const int64_t year_12000 = INT64_C(316516896000000);
    char day[DAY_TEXT] = "x";

    assert_string_equal(day_text(WALL_NONE, day), "");
    assert_string_equal(day_text((struct wall_time){year_12000}, day), "");
}

static void days_are_counted_on_the_calendar(void **state)
{
    assert_int_equal(days_between("2026-11-23", "2026-11-23"), 0);
    assert_int_equal(days_between("2026-11-23", "2026-12-01"), 8);
    assert_int_equal(days_between("2026-12-01", "2026-11-23"), -8);
    assert_int_equal(days_between("2028-02-28", "2028-03-01"), 2);
    assert_int_equal(days_between("2026-11-23", "soon"), 0);
    assert_int_equal(days_between("", "2026-11-23"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_begins_at_midnight_of_the_zone),
        cmocka_unit_test(before_1970_a_part_of_a_second_is_still_the_day_before),
        cmocka_unit_test(what_has_no_day_is_empty),
        cmocka_unit_test(days_are_counted_on_the_calendar),
    };

    setenv("TZ", "Asia/Shanghai", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
