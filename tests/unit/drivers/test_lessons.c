/* Tests of drivers/lessons.c, against a device that plays along: it answers a read when no hole is
 * in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/lessons.h"

#define EXCEPTION_2 ((enum cause)(CAUSE_EXCEPTION_1 + 1))

/* Gap i stands at address 10 i + 5, three registers. */
struct bench {
    struct gaps gaps;
    struct taught taught;
    uint64_t holes; /* of the device */
    int at_most;    /* gaps it lets us read through at once; 0: any number */
    enum cause cause;
    unsigned polls, failed;
};

static struct bench bench;

static void begin(size_t gaps, uint64_t holes)
{
    bench = (struct bench){.gaps.count = gaps, .holes = holes, .cause = EXCEPTION_2};
    for (size_t i = 0; i < gaps; i++)
        bench.gaps.at[i] = (struct gap){AREA_HOLDING_REGISTER, (uint16_t)(10 * i + 5), 3};
    taught_begin(&bench.taught, &bench.gaps, NULL, 0);
}

static uint64_t all_of(size_t count)
{
    return count == 64 ? GAPS_ALL : (UINT64_C(1) << count) - 1;
}

static uint64_t open_now(void)
{
    return taught_open(&bench.taught) & all_of(bench.gaps.count);
}

/* One poll of one request through all open gaps. */
static void poll(void)
{
    uint64_t crossed = open_now();
    bool fails = (crossed & bench.holes) != 0 ||
                 (bench.at_most > 0 && __builtin_popcountll(crossed) > bench.at_most);
    struct lesson lesson;

    bench.polls++;
    if (fails) {
        bench.failed++;
        assert_true(taught_blames(&bench.taught, crossed, bench.cause));
        taught_failed(&bench.taught, crossed, bench.cause);
    } else {
        taught_answered(&bench.taught, crossed);
    }
    if (taught_hole(&bench.taught, &bench.gaps, &lesson))
        assert_int_equal(lesson.cause, bench.cause);
}

static void the_only_gap_of_a_failed_read_is_a_hole_at_once(void **state)
{
    struct lesson lesson;

    begin(1, 1);
    assert_int_equal(open_now(), 1);
    taught_failed(&bench.taught, 1, CAUSE_TIMEOUT);
    assert_true(taught_hole(&bench.taught, &bench.gaps, &lesson));
    assert_int_equal(lesson.area, AREA_HOLDING_REGISTER);
    assert_int_equal(lesson.address, 5);
    assert_int_equal(lesson.count, 3);
    assert_int_equal(lesson.cause, CAUSE_TIMEOUT);
    assert_int_equal(open_now(), 0);
    assert_false(taught_hole(&bench.taught, &bench.gaps, &lesson));
}

static void one_hole_among_many_is_found_by_halves_and_the_others_stay_open(void **state)
{
    for (size_t count = 2; count <= 64; count++)
        for (size_t hole = 0; hole < count; hole++) {
            begin(count, UINT64_C(1) << hole);
            for (int i = 0; i < 8; i++)
                poll();
            assert_int_equal(open_now(), all_of(count) & ~bench.holes);
            assert_true(bench.failed <= 7);
        }
}

static void every_hole_is_found_and_no_harmless_gap_is_left_out(void **state)
{
    uint64_t random = 12345;

    for (int round = 0; round < 2000; round++) {
        size_t count = 1 + (size_t)(random >> 33) % 64;
        uint64_t holes;

        random = random * 6364136223846793005u + 1442695040888963407u;
        holes = random & (random >> 7) & (random >> 13) & all_of(count);
        begin(count, holes);
        for (int i = 0; i < 64 * 8; i++)
            poll();
        assert_int_equal(bench.taught.holes, holes);
        assert_int_equal(open_now(), all_of(count) & ~holes);
        assert_true(bench.failed <= 7u * (unsigned)__builtin_popcountll(holes));
    }
}

static void a_device_that_answers_short_reads_alone_comes_to_rest_too(void **state)
{
    unsigned failed;

    begin(8, 0);
    bench.at_most = 3;
    for (int i = 0; i < 100; i++)
        poll();
    failed = bench.failed;
    assert_true(failed <= 5 * 4);
    assert_true(__builtin_popcountll(open_now()) > 0);
    for (int i = 0; i < 100; i++)
        poll();
    assert_int_equal(bench.failed, failed);
}

static void what_worked_is_not_blamed_for_a_timeout(void **state)
{
    begin(2, 0);
    poll();
    assert_false(taught_blames(&bench.taught, 3, CAUSE_TIMEOUT));
    assert_true(taught_blames(&bench.taught, 3, EXCEPTION_2));
}

static void after_a_silence_it_is_but_doubted_only_the_second_time(void **state)
{
    struct lesson lesson;

    begin(1, 0);
    poll();
    bench.taught.was_away = true;
    assert_true(taught_blames(&bench.taught, 1, CAUSE_TIMEOUT));
    taught_failed(&bench.taught, 1, CAUSE_TIMEOUT);
    assert_false(taught_hole(&bench.taught, &bench.gaps, &lesson));
    assert_int_equal(open_now(), 1);
    taught_failed(&bench.taught, 1, CAUSE_TIMEOUT);
    assert_true(taught_hole(&bench.taught, &bench.gaps, &lesson));
    assert_int_equal(open_now(), 0);
}

static void other_failures_and_other_requests_are_never_blamed_on_gaps(void **state)
{
    begin(2, 0);
    assert_false(taught_blames(&bench.taught, 0, CAUSE_TIMEOUT));
    assert_false(taught_blames(&bench.taught, 0, EXCEPTION_2));
    assert_false(taught_blames(&bench.taught, 3, CAUSE_EXCEPTION_1));
    assert_false(taught_blames(&bench.taught, 3, CAUSE_BUSY));
    assert_false(taught_blames(&bench.taught, 3, CAUSE_CRC));
    assert_false(taught_blames(&bench.taught, 3, CAUSE_DISCONNECTED));
}

static void gaps_beside_a_register_that_is_refused_rest_but_are_no_lesson(void **state)
{
    struct lesson lesson;

    begin(3, 0);
    taught_failed(&bench.taught, 7, EXCEPTION_2);
    assert_int_equal(open_now(), 1);
    taught_unclear(&bench.taught, 1);
    assert_false(taught_hole(&bench.taught, &bench.gaps, &lesson));
    assert_int_equal(open_now(), 6);
}

static void lessons_of_before_keep_every_gap_they_touch_shut(void **state)
{
    const struct lesson lessons[] = {
        {AREA_HOLDING_REGISTER, 16, 1,     CAUSE_TIMEOUT},
        {AREA_INPUT_REGISTER,   0,  100,   CAUSE_TIMEOUT},
        {AREA_HOLDING_REGISTER, 37, 30000, CAUSE_TIMEOUT},
    };

    begin(4, 0);
    taught_begin(&bench.taught, &bench.gaps, lessons, 3);
    assert_int_equal(open_now(), 1 | 1 << 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_only_gap_of_a_failed_read_is_a_hole_at_once),
        cmocka_unit_test(one_hole_among_many_is_found_by_halves_and_the_others_stay_open),
        cmocka_unit_test(every_hole_is_found_and_no_harmless_gap_is_left_out),
        cmocka_unit_test(a_device_that_answers_short_reads_alone_comes_to_rest_too),
        cmocka_unit_test(what_worked_is_not_blamed_for_a_timeout),
        cmocka_unit_test(after_a_silence_it_is_but_doubted_only_the_second_time),
        cmocka_unit_test(other_failures_and_other_requests_are_never_blamed_on_gaps),
        cmocka_unit_test(gaps_beside_a_register_that_is_refused_rest_but_are_no_lesson),
        cmocka_unit_test(lessons_of_before_keep_every_gap_they_touch_shut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
