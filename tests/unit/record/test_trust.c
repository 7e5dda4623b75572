/* Tests of record/trust.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/version.h"
#include "record/trust.h"

enum { MINUTE = 60 * 1000, STEADY = 10 * 1000 };
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
    assert_false(trust_now(trust));
    held_clock_advance(&held, STEADY);
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

/* As when a battery clock is read before the time server answers. */
static void
a_clock_that_becomes_plausible_is_trusted_when_it_stood_still_for_ten_seconds(void **state)
{
    struct held_clock held = held_at(1000);
    struct trust *trust = trust_new(TRUST_PLAUSIBLE, &held.clock, WALL_NONE);
    int64_t right_ms = version_built().ms + day;

    assert_false(trust_now(trust));
    held.wall.ms = right_ms + 4 * 365 * day; /* wrong, and plausible */
    for (int i = 0; i < 3; i++) {
        held_clock_advance(&held, 1000);
        assert_false(trust_now(trust));
    }
    held.wall.ms = right_ms;
    assert_false(trust_now(trust));
    held_clock_advance(&held, STEADY - 1);
    assert_false(trust_now(trust));
    held_clock_advance(&held, 1);
    assert_true(trust_now(trust));
    assert_int_equal(trust_offset_ms(trust), right_ms - 3000);
    trust_free(trust);
}

static void a_trusted_clock_that_steps_by_more_than_a_minute_must_stand_still_again(void **state)
{
    struct held_clock held = held_at(version_built().ms + day);
    struct trust *trust = trust_new(TRUST_PLAUSIBLE, &held.clock, WALL_NONE);
    int64_t offset_ms = held.wall.ms;

    assert_true(trust_now(trust));
    held.wall.ms += MINUTE;
    assert_true(trust_now(trust));
    held.wall.ms += 365 * day;
    assert_false(trust_now(trust));
    /* Times are still what they were by the clock that was trusted. */
    assert_int_equal(trust_offset_ms(trust), offset_ms + MINUTE);
    held_clock_advance(&held, STEADY - 1);
    assert_false(trust_now(trust));
    held.wall.ms -= 365 * day;
    assert_false(trust_now(trust));
    held_clock_advance(&held, STEADY);
    assert_true(trust_now(trust));
    assert_int_equal(trust_offset_ms(trust), offset_ms + MINUTE);
    trust_free(trust);
}

/* Steps of two seconds at each look are no clock that stands still. */
static void a_clock_that_is_still_being_set_is_not_steady(void **state)
{
    struct held_clock held = held_at(1000);
    struct trust *trust = trust_new(TRUST_PLAUSIBLE, &held.clock, WALL_NONE);

    assert_false(trust_now(trust));
    held.wall.ms = version_built().ms + day;
    for (int i = 0; i < 30; i++) {
        assert_false(trust_now(trust));
        held_clock_advance(&held, 1000);
        held.wall.ms += 600;
    }
    held_clock_advance(&held, STEADY);
    assert_false(trust_now(trust));
    held_clock_advance(&held, STEADY);
    assert_true(trust_now(trust));
    trust_free(trust);
}

static void a_clock_that_is_always_trusted_waits_for_nothing(void **state)
{
    struct held_clock held = held_at(1000);
    struct trust *trust = trust_new(TRUST_ALWAYS, &held.clock, WALL_NONE);

    assert_true(trust_now(trust));
    held.wall.ms = version_built().ms + day;
    assert_true(trust_now(trust));
    assert_int_equal(trust_offset_ms(trust), held.wall.ms);
    trust_free(trust);
}

static void *look_often(void *self)
{
    for (int i = 0; i < 2000; i++) {
        struct wall_time newest;
        int64_t by_ms;

        trust_now(self);
        trust_steps(self, &by_ms);
        (void)(trust_offset_ms(self) + trust_since(self).ns + trust_is_behind(self, &newest));
    }
    return NULL;
}

static void any_thread_may_look(void **state)
{
    struct trust *trust = trust_new(TRUST_PLAUSIBLE, clock_system(), WALL_NONE);
    pthread_t other;

    assert_int_equal(pthread_create(&other, NULL, look_often, trust), 0);
    look_often(trust);
    pthread_join(other, NULL);
    assert_true(trust_now(trust));
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
        cmocka_unit_test(
            a_clock_that_becomes_plausible_is_trusted_when_it_stood_still_for_ten_seconds),
        cmocka_unit_test(a_trusted_clock_that_steps_by_more_than_a_minute_must_stand_still_again),
        cmocka_unit_test(a_clock_that_is_still_being_set_is_not_steady),
        cmocka_unit_test(a_clock_that_is_always_trusted_waits_for_nothing),
        cmocka_unit_test(the_offset_turns_monotonic_time_into_wall_time),
        cmocka_unit_test(any_thread_may_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
