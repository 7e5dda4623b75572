/* Tests of collector/flow/health.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "flow/health.h"

static void waits_double_from_a_second_to_a_minute_and_jitter_only_earlier(void **state)
{
    static const int64_t expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
    struct backoff backoff = {0};
    struct mono_time now = {ns_from_ms(5000)};
    uint64_t seed = 42;

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        int64_t wait;

        backoff_fail(&backoff, BACKOFF_MOST_MS, &seed, now);
        wait = (backoff.next.ns - now.ns) / 1000000;
        assert_int_equal(backoff.wait_ms, expected[i]);
        assert_in_range(wait, expected[i] * 8 / 10, expected[i]);
    }
    assert_int_equal(backoff.failures, 9);
    backoff_clear(&backoff);
    backoff_fail(&backoff, BACKOFF_MOST_MS, &seed, now);
    assert_int_equal(backoff.wait_ms, 1000);
}

static void no_wait_is_longer_than_asked_for_and_none_shorter_than_two_seconds(void **state)
{
    static const int64_t cases[][2] = {
        {0,      2000 },
        {100,    2000 },
        {5000,   5000 },
        {600000, 60000}
    };
    struct mono_time now = {ns_from_ms(5000)};
    uint64_t seed = 42;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct backoff backoff = {0};

        for (int k = 0; k < 20; k++)
            backoff_fail(&backoff, cases[i][0], &seed, now);
        assert_int_equal(backoff.wait_ms, cases[i][1]);
    }
}

static void jitter_is_the_same_for_the_same_seed_and_differs_between_lines(void **state)
{
    uint64_t one = 1, same = 1, other = 2, none = 0;

    for (int i = 0; i < 100; i++) {
        uint64_t drawn = jitter_next(&one);

        assert_true(drawn == jitter_next(&same));
        assert_true(drawn != jitter_next(&other));
        assert_true(jitter_next(&none) != 0);
    }
}

static void the_dead_get_a_twentieth_of_the_time_of_the_living(void **state)
{
    struct line_health line = {.units = 32, .silent = 3};
    struct mono_time now = {0};
    int64_t spent = 0;

    for (int i = 0; i < 1000; i++) { /* somebody dead always wants to be asked at once */
        int64_t cost = ns_from_ms(2000);

        now = line_probe_time(&line, now);
        now.ns += cost;
        spent += cost;
        line_probed(&line, cost, now);
    }
    assert_true(spent * 20 <= now.ns + 20 * ns_from_ms(2000));
    assert_true(spent * 20 >= now.ns - 20 * ns_from_ms(2000));
}

static void when_nobody_answers_there_is_no_cap(void **state)
{
    struct line_health line = {.units = 3, .silent = 3};
    struct mono_time now = {ns_from_ms(1000)};

    line_probed(&line, ns_from_ms(2000), now);
    assert_true(line_is_dead(&line));
    assert_int_equal(line_probe_time(&line, now).ns, now.ns);
    line.silent = 2;
    assert_int_equal(line_probe_time(&line, now).ns, now.ns + 19 * ns_from_ms(2000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double_from_a_second_to_a_minute_and_jitter_only_earlier),
        cmocka_unit_test(no_wait_is_longer_than_asked_for_and_none_shorter_than_two_seconds),
        cmocka_unit_test(jitter_is_the_same_for_the_same_seed_and_differs_between_lines),
        cmocka_unit_test(the_dead_get_a_twentieth_of_the_time_of_the_living),
        cmocka_unit_test(when_nobody_answers_there_is_no_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
