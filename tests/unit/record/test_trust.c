/* Tests of record/trust.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/version.h"
#include "record/trust.h"

enum { MINUTE = 60 * 1000 };
static const int64_t day = (int64_t)24 * 60 * MINUTE;

static struct held_clock held_at(int64_t ms)
{
    struct held_clock held;

    held_clock_init(&held, (struct wall_time){ms});
    return held;
}

static void a_clock_before_the_build_or_ten_years_after_is_not_plausible(void **state)
{
    const int64_t built = version_built().ms;
    const struct {
        int64_t ms;
        bool trusted;
    } cases[] = {
        {0,                  false},
        {built - 1,          false},
        {built,              true },
        {built + 3650 * day, true },
        {built + 3660 * day, false}
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct held_clock held = held_at(cases[i].ms);
        struct trust *trust = trust_new(TRUST_PLAUSIBLE, &held.clock, WALL_NONE);

        assert_int_equal(trust_now(trust), cases[i].trusted);
        trust_free(trust);
    }
}

static void a_clock_earlier_than_what_is_stored_is_not_plausible(void **state)
{
    struct held_clock held = held_at(version_built().ms + day);
    struct trust *trust =
        trust_new(TRUST_PLAUSIBLE, &held.clock, (struct wall_time){held.wall.ms + 2 * MINUTE});

    assert_false(trust_now(trust));
    held_clock_advance(&held, 2 * MINUTE - 30000);
    assert_true(trust_now(trust));
    trust_free(trust);
}

static void a_step_is_counted_with_its_size_and_looked_at_anew(void **state)
{
    struct held_clock held = held_at(version_built().ms + day);
    struct trust *trust = trust_new(TRUST_PLAUSIBLE, &held.clock, WALL_NONE);
    int64_t by_ms;

    assert_true(trust_now(trust));
    held_clock_advance(&held, 60 * MINUTE);
    held.wall.ms += 900; /* a slew */
    assert_true(trust_now(trust));
    assert_int_equal(trust_steps(trust, &by_ms), 0);
    held.wall.ms -= 60 * MINUTE;
    held_clock_advance(&held, 10);
    assert_false(trust_now(trust));
    assert_int_equal(trust_steps(trust, &by_ms), 1);
    assert_int_equal(by_ms, -60 * MINUTE);
    assert_int_equal(trust_steps(trust, &by_ms), 0);
    assert_int_equal(trust_since(trust).ns, held.mono.ns);
    trust_free(trust);
}

static void the_offset_turns_monotonic_time_into_wall_time(void **state)
{
    struct held_clock held = held_at(1000);
    struct trust *trust = trust_new(TRUST_ALWAYS, &held.clock, WALL_NONE);

    held_clock_advance(&held, 5000);
    assert_true(trust_now(trust));
    assert_int_equal(trust_offset_ms(trust), 1000);
    held.wall.ms = 50000;
    assert_true(trust_now(trust));
    assert_int_equal(trust_offset_ms(trust), 45000);
    trust_free(trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_before_the_build_or_ten_years_after_is_not_plausible),
        cmocka_unit_test(a_clock_earlier_than_what_is_stored_is_not_plausible),
        cmocka_unit_test(a_step_is_counted_with_its_size_and_looked_at_anew),
        cmocka_unit_test(the_offset_turns_monotonic_time_into_wall_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
