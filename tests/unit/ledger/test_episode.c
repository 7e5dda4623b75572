/* Tests of ledger/episode.c. Times are minutes; a hole is more than five of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/episode.h"

enum { MINUTE = 60 * 1000, GAP = 5 * MINUTE };

static const struct bound bound = {BOUND_ABOVE, .high = 1.5, .decimals = DECIMALS_ALL};
static const struct rule at_once = {0};
static const struct rule patient = {
    .for_ms = 3 * MINUTE, .has_recover = true, .recover = 1.2, .recover_for_ms = 2 * MINUTE};

static struct wall_time minute(int64_t n)
{
    return (struct wall_time){1790000000000 + n * MINUTE};
}

static enum episode_change at(struct episode *episode, const struct rule *rule, int64_t n,
                              double value)
{
    const struct judged judged = {rule_judge(rule, &bound, value, QUALITY_NORMAL), minute(n),
                                  value};

    return episode_step(episode, rule, &bound, GAP, &judged);
}

/* Runs from minute 0 on, opened at minute 3. */
static struct episode running(void)
{
    struct episode episode;

    episode_clear(&episode);
    for (int n = 0; n < 3; n++)
        assert_int_equal(at(&episode, &patient, n, 2.0), EPISODE_UNCHANGED);
    assert_int_equal(at(&episode, &patient, 3, 2.0), EPISODE_OPENED);
    return episode;
}

static void without_a_duration_the_first_breach_opens_and_the_first_good_reading_ends(void **state)
{
    struct episode episode;

    episode_clear(&episode);
    assert_int_equal(at(&episode, &at_once, 0, 1.0), EPISODE_UNCHANGED);
    assert_int_equal(at(&episode, &at_once, 1, 2.0), EPISODE_OPENED);
    assert_int_equal(at(&episode, &at_once, 2, 3.0), EPISODE_WENT_ON);
    assert_int_equal(at(&episode, &at_once, 3, 1.5), EPISODE_ENDED);
    assert_int_equal(episode.first.ms, minute(1).ms);
    assert_int_equal(episode.last.ms, minute(2).ms);
    assert_int_equal(episode.ended.ms, minute(3).ms);
    assert_int_equal(episode.worst_at.ms, minute(2).ms);
    assert_true(episode.worst == 3.0);
}

static void it_opens_when_breached_readings_span_the_duration_and_begins_at_the_first(void **state)
{
    struct episode episode = running();

    assert_int_equal(episode.first.ms, minute(0).ms);
}

static void a_good_or_undecided_reading_ends_a_pending_stretch(void **state)
{
    const double values[] = {1.0, 1.3};

    for (size_t i = 0; i < 2; i++) {
        struct episode episode;

        episode_clear(&episode);
        at(&episode, &patient, 0, 2.0);
        at(&episode, &patient, 2, values[i]);
        assert_int_equal(at(&episode, &patient, 3, 2.0), EPISODE_UNCHANGED);
        assert_int_equal(at(&episode, &patient, 5, 2.0), EPISODE_UNCHANGED);
        assert_int_equal(at(&episode, &patient, 6, 2.0), EPISODE_OPENED);
        assert_int_equal(episode.first.ms, minute(3).ms);
    }
}

static void it_ends_at_the_first_reading_of_a_good_stretch_that_has_lasted(void **state)
{
    struct episode episode = running();

    assert_int_equal(at(&episode, &patient, 4, 1.0), EPISODE_UNCHANGED);
    assert_int_equal(at(&episode, &patient, 5, 1.0), EPISODE_UNCHANGED);
    assert_int_equal(at(&episode, &patient, 6, 1.0), EPISODE_ENDED);
    assert_int_equal(episode.ended.ms, minute(4).ms);
}

static void a_reading_between_the_bounds_keeps_it_running_and_starts_the_proof_anew(void **state)
{
    struct episode episode = running();

    at(&episode, &patient, 4, 1.0);
    assert_int_equal(at(&episode, &patient, 5, 1.3), EPISODE_UNCHANGED);
    assert_int_equal(at(&episode, &patient, 6, 1.0), EPISODE_UNCHANGED);
    assert_int_equal(at(&episode, &patient, 7, 1.0), EPISODE_UNCHANGED);
    assert_int_equal(at(&episode, &patient, 8, 1.0), EPISODE_ENDED);
    assert_int_equal(episode.ended.ms, minute(6).ms);
}

static void a_hole_proves_no_breach(void **state)
{
    struct episode episode;

    episode_clear(&episode);
    at(&episode, &patient, 0, 2.0);
    assert_int_equal(at(&episode, &patient, 6, 2.0), EPISODE_UNCHANGED);
    assert_int_equal(at(&episode, &patient, 9, 2.0), EPISODE_OPENED);
    assert_int_equal(episode.first.ms, minute(6).ms);
}

static void a_hole_proves_no_recovery_and_ends_nothing(void **state)
{
    struct episode episode = running();

    at(&episode, &patient, 4, 1.0);
    assert_int_equal(at(&episode, &patient, 600, 1.0), EPISODE_UNCHANGED);
    assert_int_equal(episode.phase, EPISODE_RUNNING);
    assert_int_equal(at(&episode, &patient, 602, 1.0), EPISODE_ENDED);
    assert_int_equal(episode.ended.ms, minute(600).ms);
}

static void a_clock_set_back_gives_no_negative_duration(void **state)
{
    struct episode episode = running();

    at(&episode, &patient, -5000000, 2.0);
    assert_int_equal(episode.last.ms, minute(3).ms);
    at(&episode, &patient, -5000000, 1.0);
    assert_int_equal(at(&episode, &patient, -4999998, 1.0), EPISODE_ENDED);
    assert_true(episode.ended.ms >= episode.last.ms && episode.last.ms >= episode.first.ms);
}

static void a_pending_stretch_begins_anew_when_the_clock_is_set_back(void **state)
{
    struct episode episode;

    episode_clear(&episode);
    at(&episode, &patient, 0, 2.0);
    assert_int_equal(at(&episode, &patient, -100, 2.0), EPISODE_UNCHANGED);
    assert_int_equal(at(&episode, &patient, -97, 2.0), EPISODE_OPENED);
    assert_int_equal(episode.first.ms, minute(-100).ms);
}

static void the_worst_value_is_the_farthest_beyond_the_bound_on_either_side(void **state)
{
    const struct bound ph = {BOUND_BETWEEN, 6.0, 9.0, DECIMALS_ALL};
    const double values[] = {10.0, 5.5, 4.0, 9.5};
    const double worst[] = {10.0, 10.0, 4.0, 4.0};
    struct episode episode;

    episode_clear(&episode);
    for (int n = 0; n < 4; n++) {
        const struct judged judged = {STANDING_BREACH, minute(n), values[n]};

        episode_step(&episode, &at_once, &ph, GAP, &judged);
        assert_true(episode.worst == worst[n]);
    }
    assert_int_equal(episode.worst_at.ms, minute(2).ms);
}

static void the_gap_is_three_periods_and_at_least_five_minutes(void **state)
{
    assert_int_equal(episode_gap_ms(60 * 1000), 5 * MINUTE);
    assert_int_equal(episode_gap_ms(4 * 60 * MINUTE), 12 * 60 * MINUTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_duration_the_first_breach_opens_and_the_first_good_reading_ends),
        cmocka_unit_test(it_opens_when_breached_readings_span_the_duration_and_begins_at_the_first),
        cmocka_unit_test(a_good_or_undecided_reading_ends_a_pending_stretch),
        cmocka_unit_test(it_ends_at_the_first_reading_of_a_good_stretch_that_has_lasted),
        cmocka_unit_test(a_reading_between_the_bounds_keeps_it_running_and_starts_the_proof_anew),
        cmocka_unit_test(a_hole_proves_no_breach),
        cmocka_unit_test(a_hole_proves_no_recovery_and_ends_nothing),
        cmocka_unit_test(a_clock_set_back_gives_no_negative_duration),
        cmocka_unit_test(a_pending_stretch_begins_anew_when_the_clock_is_set_back),
        cmocka_unit_test(the_worst_value_is_the_farthest_beyond_the_bound_on_either_side),
        cmocka_unit_test(the_gap_is_three_periods_and_at_least_five_minutes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
