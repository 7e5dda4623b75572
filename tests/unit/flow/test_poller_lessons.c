/* Tests of what the poller learns about gaps of its read plan (collector/flow/poller_lessons.c). */
#include "poller_bench.h"

enum { HOLES_MAX = 4 };

/* The device does not let these registers be read: it refuses, or says nothing. */
static struct {
    uint16_t holes[HOLES_MAX];
    size_t hole_count;
    bool keeps_silent;
    bool is_away;
    size_t failed, through; /* reads that touched a hole; reads of more than one register */
    struct lesson lessons[LESSONS_MAX];
    size_t lesson_count;
    size_t taught_by;
} peer;

static void answer_around_holes(struct caller *caller, const uint8_t *request)
{
    unsigned first = (unsigned)request[8] << 8 | request[9];
    unsigned last = first + ((unsigned)request[10] << 8 | request[11]);

    peer.through += last - first > 1;
    for (size_t i = 0; i < peer.hole_count; i++) {
        if (peer.holes[i] < first || peer.holes[i] >= last)
            continue;
        peer.failed++;
        if (!peer.keeps_silent && !peer.is_away)
            answer_exception(caller, request, 2);
        return;
    }
    if (!peer.is_away)
        answer_well(caller, request);
}

static void note_lesson(void *self, size_t index, const struct lesson *lesson)
{
    assert_true(peer.lesson_count < LESSONS_MAX);
    peer.lessons[peer.lesson_count++] = *lesson;
    peer.taught_by = index;
}

static int set_up(void **state)
{
    memset(&peer, 0, sizeof peer);
    bench_set_up(state);
    peer_listen(0);
    bench.answer = answer_around_holes;
    bench.profile.max_gap = 10;
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 200;
    return 0;
}

static void start_with(const struct lesson *lessons, size_t count)
{
    struct device_setup *device = add_device(1, 100);
    struct poller_setup setup;
    struct error err = {0};

    device->lessons = lessons;
    device->lesson_count = count;
    setup = bench_setup();
    setup.learned = note_lesson;
    bench.poller = poller_new(&bench.loop, &setup, &err);
    if (bench.poller == NULL)
        fail_msg("%s", err.text);
    poller_start(bench.poller);
}

static bool two_polls(void)
{
    return bench.poll_count >= 2;
}

static bool six_polls(void)
{
    return bench.poll_count >= 6;
}

static bool has_taught(void)
{
    return peer.lesson_count > 0;
}

static bool has_taught_twice(void)
{
    return peer.lesson_count > 1;
}

static void assert_no_reading_was_lost(void)
{
    for (size_t i = 0; i < bench.poll_count; i++) {
        assert_int_equal(bench.polls[i].quality, QUALITY_NORMAL);
        assert_int_equal(bench.polls[i].last_cause, CAUSE_NONE);
    }
}

static void assert_lesson(unsigned address, unsigned count, enum cause cause)
{
    assert_int_equal(peer.lesson_count, 1);
    assert_int_equal(peer.lessons[0].area, AREA_HOLDING_REGISTER);
    assert_int_equal(peer.lessons[0].address, address);
    assert_int_equal(peer.lessons[0].count, count);
    assert_int_equal(peer.lessons[0].cause, cause);
}

/* Registers 1, 5 and 9 are wanted. Poll 1: all three in one, refused, then alone; poll 2: 1 to 5,
 * refused, then alone; from poll 3 on 1, and 5 to 9. */
static void of_two_gaps_the_hole_is_found_and_the_other_stays_merged(void **state)
{
    peer.holes[peer.hole_count++] = 3;
    add_channel(1);
    add_channel(5);
    add_channel(9);
    start_with(NULL, 0);
    run_until(six_polls);
    assert_no_reading_was_lost();
    assert_lesson(2, 3, CAUSE_EXCEPTION_1 + 1);
    assert_int_equal(peer.failed, 2);
    assert_int_equal(bench.requests, 4 + 5 - 1 + 4 * 2);
    assert_int_equal(last_poll()->raw_size, (5 + 2) + (5 + 10));
}

static void the_half_that_answers_leaves_the_other_for_the_hole(void **state)
{
    peer.holes[peer.hole_count++] = 7;
    peer.keeps_silent = true;
    add_channel(1);
    add_channel(5);
    add_channel(9);
    start_with(NULL, 0);
    run_until(six_polls);
    assert_no_reading_was_lost();
    assert_lesson(6, 3, CAUSE_TIMEOUT);
    assert_int_equal(peer.failed, 1);
    assert_int_equal(bench.requests, 4 + 5 * 2);
}

static void two_reads_that_would_fail_cost_no_reading_in_one_poll(void **state)
{
    peer.holes[peer.hole_count++] = 3;
    peer.holes[peer.hole_count++] = 103;
    add_channel(1);
    add_channel(5);
    add_channel(101);
    add_channel(105);
    start_with(NULL, 0);
    run_until(six_polls);
    assert_no_reading_was_lost();
    assert_int_equal(peer.lesson_count, 2);
    assert_int_equal(peer.failed, 2);
}

/* Both were read through before; the device is another one now, and refuses at once. */
static void a_device_that_changes_costs_no_reading_of_what_it_still_has(void **state)
{
    add_channel(1);
    add_channel(5);
    add_channel(101);
    add_channel(105);
    start_with(NULL, 0);
    run_until(two_polls);
    peer.holes[peer.hole_count++] = 3;
    peer.holes[peer.hole_count++] = 103;
    run_until(has_taught_twice);
    assert_no_reading_was_lost();
}

static void what_was_learned_before_is_not_tried_again(void **state)
{
    const struct lesson lesson = {AREA_HOLDING_REGISTER, 2, 3, CAUSE_TIMEOUT};

    peer.holes[peer.hole_count++] = 3;
    add_channel(1);
    add_channel(5);
    start_with(&lesson, 1);
    run_until(two_polls);
    assert_no_reading_was_lost();
    assert_int_equal(peer.failed, 0);
    assert_int_equal(peer.lesson_count, 0);
    assert_int_equal(bench.requests, 2 * 2);
}

static void a_lesson_is_its_own_devices(void **state)
{
    peer.holes[peer.hole_count++] = 3;
    add_channel(1);
    add_channel(5);
    add_device(9, 100);
    start_with(NULL, 0);
    run_until(six_polls);
    assert_int_equal(peer.lesson_count, 2);
    assert_int_equal(peer.failed, 2);
}

/* Without gaps register 1 answers and 5 is refused: no gap is to blame. */
static void a_register_that_is_refused_itself_teaches_nothing_and_hurts_no_other(void **state)
{
    peer.holes[peer.hole_count++] = 5;
    add_channel(1);
    add_channel(5);
    start_with(NULL, 0);
    run_until(six_polls);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(bench.polls[i].quality, QUALITY_NORMAL);
        assert_int_equal(bench.polls[i].last_cause, CAUSE_EXCEPTION_1 + 1);
    }
    assert_int_equal(peer.lesson_count, 0);
    assert_int_equal(peer.through, 1);
}

static void a_device_that_is_dead_teaches_nothing(void **state)
{
    peer.is_away = true;
    add_channel(1);
    add_channel(5);
    start_with(NULL, 0);
    run_until(two_polls);
    assert_int_equal(peer.lesson_count, 0);
    assert_int_equal(last_poll()->cause, CAUSE_TIMEOUT);
}

static bool is_silent(void)
{
    return status_of(0).state == DEVICE_SILENT;
}

/* It was read through the gap, was away, and came back as one that is silent there. */
static void a_device_that_comes_back_with_a_hole_is_read_again(void **state)
{
    add_channel(1);
    add_channel(5);
    start_with(NULL, 0);
    run_until(two_polls);
    peer.is_away = true;
    run_until(is_silent);
    peer.is_away = false;
    peer.keeps_silent = true;
    peer.holes[peer.hole_count++] = 3;
    run_until(has_taught);
    assert_lesson(2, 3, CAUSE_TIMEOUT);
    assert_int_equal(last_poll()->quality, QUALITY_NORMAL);
}

#define poller_test(test) cmocka_unit_test_setup_teardown(test, set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        poller_test(of_two_gaps_the_hole_is_found_and_the_other_stays_merged),
        poller_test(the_half_that_answers_leaves_the_other_for_the_hole),
        poller_test(two_reads_that_would_fail_cost_no_reading_in_one_poll),
        poller_test(a_device_that_changes_costs_no_reading_of_what_it_still_has),
        poller_test(what_was_learned_before_is_not_tried_again),
        poller_test(a_lesson_is_its_own_devices),
        poller_test(a_register_that_is_refused_itself_teaches_nothing_and_hurts_no_other),
        poller_test(a_device_that_is_dead_teaches_nothing),
        poller_test(a_device_that_comes_back_with_a_hole_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
