/* Tests of drawing/chart_axis.c: where the ticks of an axis stand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/conf.h"
#include "drawing/chart_axis.h"

static struct wall_time at(const char *words)
{
    struct wall_time time;

    assert_true(moment_parse(words, &time));
    return time;
}

static const int64_t hour_ms = 3600 * 1000;

/* --- time ------------------------------------------------------------------------------------ */

static void from_hours_to_decades_there_are_some_ticks_and_never_too_many(void **state)
{
    struct time_tick ticks[TICKS_MAX];

    for (int64_t hours = 6; hours < INT64_C(24) * 366 * 100; hours += 1 + hours / 7) {
        struct wall_time from = at("2026-03-01 07:20");
        struct wall_time to = {from.ms + hours * hour_ms};
        size_t count = axis_times(from, to, 15, ticks);

        if (count < 2 || count > 15)
            fail_msg("%lld h: %zu ticks", (long long)hours, count);
        for (size_t i = 0; i < count; i++) {
            assert_true(ticks[i].time.ms >= from.ms && ticks[i].time.ms < to.ms);
            assert_true(i == 0 || ticks[i].time.ms > ticks[i - 1].time.ms);
        }
    }
}

static void ticks_stand_on_round_local_times(void **state)
{
    static const struct {
        const char *from, *to;
        const char *first, *second;
        const char *label;
    } cases[] = {
        {"2026-11-22 07:20", "2026-11-22 19:00", "2026-11-22 08:00", "2026-11-22 09:00", "08:00"  },
        {"2026-11-20 07:20", "2026-11-23 00:00", "2026-11-20 12:00", "2026-11-20 18:00", "12:00"  },
        {"2026-11-02 07:20", "2026-11-16 00:00", "2026-11-03",       "2026-11-04",       "11-03"  },
        {"2026-09-02",       "2026-11-22",       "2026-09-07",       "2026-09-14",       "09-07"  },
        {"2026-01-15",       "2026-12-15",       "2026-02-01",       "2026-03-01",       "2026-02"},
        {"2020-01-15",       "2031-12-15",       "2021-01-01",       "2022-01-01",       "2021"   },
    };
    struct time_tick ticks[TICKS_MAX];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(axis_times(at(cases[i].from), at(cases[i].to), 15, ticks) >= 2);
        assert_int_equal(ticks[0].time.ms, at(cases[i].first).ms);
        assert_int_equal(ticks[1].time.ms, at(cases[i].second).ms);
        assert_string_equal(ticks[0].label, cases[i].label);
    }
}

static void the_day_is_said_once_below_its_hours(void **state)
{
    struct time_tick ticks[TICKS_MAX];
    size_t count = axis_times(at("2026-11-20 07:20"), at("2026-11-22 00:00"), 15, ticks);

    assert_int_equal(count, 13); /* every three hours */
    for (size_t i = 0; i < count; i++)
        assert_string_equal(ticks[i].below, i == 0 ? "11-20" : i == 5 ? "11-21" : "");
}

static void a_day_of_another_length_keeps_its_midnight(void **state)
{
    struct time_tick ticks[TICKS_MAX];
    size_t count;

    assert_true(conf_zone("Europe/Berlin")); /* 2026-03-29 has 23 hours */
    count = axis_times(at("2026-03-27"), at("2026-04-01"), 5, ticks);
    assert_int_equal(count, 5);
    assert_int_equal(ticks[3].time.ms - ticks[2].time.ms, 23 * hour_ms);
    assert_int_equal(local_minutes(ticks[3].time), 0);
    assert_int_equal(local_midnight(at("2026-03-29 14:00"), 1).ms - at("2026-03-29").ms,
                     23 * hour_ms);
    assert_true(conf_zone("Asia/Shanghai"));
}

/* --- values ---------------------------------------------------------------------------------- */

static void an_axis_of_values_holds_what_it_is_for_on_round_steps(void **state)
{
    static const double spans[][2] = {
        {0.0,    1.5     },
        {0.0,    0.004   },
        {6.4,    9.1     },
        {-250.0, 210.0   },
        {35.2,   54.9    },
        {0.0,    123456.0}
    };

    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        struct value_axis axis = axis_values(spans[i][0], spans[i][1]);
        double steps = (axis.high - axis.low) / axis.step;
        double first = axis.step / pow(10.0, floor(log10(axis.step) + 1e-9));

        assert_true(axis.low <= spans[i][0] && axis.high >= spans[i][1]);
        assert_true(steps >= 2.5 && steps <= 9.5);
        assert_true(fabs(first - 1.0) < 1e-6 || fabs(first - 2.0) < 1e-6 ||
                    fabs(first - 5.0) < 1e-6 || fabs(first - 10.0) < 1e-6);
        assert_true(fabs(axis.step * pow(10.0, axis.decimals) -
                         round(axis.step * pow(10.0, axis.decimals))) < 1e-6);
    }
}

static void one_value_alone_has_an_axis(void **state)
{
    static const double values[] = {0.0, 7.32, -3.0, 1e-7};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct value_axis axis = axis_values(values[i], values[i]);

        assert_true(axis.low <= values[i] && axis.high >= values[i] && axis.high > axis.low);
    }
}

static int zone(void **state)
{
    return conf_zone("Asia/Shanghai") ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_hours_to_decades_there_are_some_ticks_and_never_too_many),
        cmocka_unit_test(ticks_stand_on_round_local_times),
        cmocka_unit_test(the_day_is_said_once_below_its_hours),
        cmocka_unit_test(a_day_of_another_length_keeps_its_midnight),
        cmocka_unit_test(an_axis_of_values_holds_what_it_is_for_on_round_steps),
        cmocka_unit_test(one_value_alone_has_an_axis),
    };

    return cmocka_run_group_tests(tests, zone, NULL);
}
