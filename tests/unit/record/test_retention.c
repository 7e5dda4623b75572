/* Tests of record/keeper.c: what goes, and what stays however old or large the store is. */
#include "unit/record/bench_top.h"

static const int64_t hour_ms = 60 * MINUTE_MS;

static void pass_hours(struct bench *bench, int hours)
{
    for (int hour = 0; hour < hours; hour++) {
        held_clock_advance(&bench->clock, hour_ms);
        bench_push(bench, 0.5);
        bench_step(bench);
    }
}

/* Hours from the oldest entry to now. */
static int64_t kept_hours(struct bench *bench)
{
    struct store_size size;

    assert_true(store_measure(bench->store, &size));
    return (clock_wall(bench->used_clock).ms - size.oldest.ms) / hour_ms;
}

/* As the ledger's newest row says it. */
static void put_task(struct bench *bench, const char *state, struct wall_time watch_until)
{
    const char *point = "zj-03/sonde/ammonia_nitrogen";
    struct error err = {0};
    const struct task_row row = {.id = "37",
                                 .state = state,
                                 .site = "zj-03",
                                 .deadline = "",
                                 .body = "{}",
                                 .struck_off = WALL_NONE,
                                 .watch_until = watch_until,
                                 .seq = 1,
                                 .points = &point,
                                 .point_count = 1};

    assert_true(store_begin(bench->store, &err));
    assert_true(store_put_task(bench->store, &row, &err));
    assert_true(store_commit(bench->store, &err));
}

static uint64_t held(struct bench *bench)
{
    struct recorder_status status;

    recorder_status(bench->recorder, &status);
    return status.held;
}

static bool has_notice(struct bench *bench)
{
    struct notice open[8];
    size_t count = notices_open(bench->notices, open, 8);

    for (size_t i = 0; i < count; i++)
        if (strcmp(open[i].id, "store-max") == 0)
            return true;
    return false;
}

static void what_watches_a_task_is_held_until_its_watch_period_ended_and_hold_more(void **state)
{
    struct bench bench;

    bench_init(&bench);
    bench.keep_ms = 10 * hour_ms;
    bench.hold_ms = 30 * hour_ms;
    bench_open(&bench);
    put_task(&bench, "rectifying", WALL_NONE);
    pass_hours(&bench, 40);
    assert_int_equal(kept_hours(&bench), 40);
    assert_in_range(held(&bench), 13, 16); /* of two hours each */
    put_task(&bench, "struck_off", clock_wall(bench.used_clock));
    pass_hours(&bench, 29);
    assert_int_equal(kept_hours(&bench), 69); /* its watch period is over, `hold` is not */
    pass_hours(&bench, 4);
    assert_in_range(kept_hours(&bench), 9, 30); /* two days at a time */
    pass_hours(&bench, 2);
    assert_in_range(kept_hours(&bench), 9, 12);
    assert_int_equal(held(&bench), 0);
    bench_end(&bench);
}

static int64_t used_bytes(struct bench *bench)
{
    struct store_size size;

    assert_true(store_measure(bench->store, &size));
    return size.used_bytes;
}

static void more_than_the_store_may_hold_takes_the_oldest_before_its_age(void **state)
{
    struct bench bench;

    bench_init(&bench);
    bench.keep_ms = 10000 * hour_ms;
    bench_open(&bench);
    pass_hours(&bench, 20);
    assert_int_equal(kept_hours(&bench), 20);
    bench_kill(&bench);
    bench.max_bytes = 1;
    bench_open(&bench);
    pass_hours(&bench, 3);
    assert_true(kept_hours(&bench) <= 2); /* no more than is not closed and judged */
    assert_true(has_notice(&bench));
    bench.max_bytes = 2 * used_bytes(&bench) + (1 << 20);
    bench_kill(&bench);
    bench_open(&bench);
    pass_hours(&bench, 20);
    assert_in_range(kept_hours(&bench), 19, 23);
    assert_false(has_notice(&bench));
    bench_end(&bench);
}

static void what_is_held_is_not_taken_for_its_size_and_a_notice_says_so(void **state)
{
    struct bench bench;

    bench_init(&bench);
    bench.keep_ms = 10000 * hour_ms;
    bench.max_bytes = 1;
    bench_open(&bench);
    put_task(&bench, "found", WALL_NONE);
    pass_hours(&bench, 20);
    assert_int_equal(kept_hours(&bench), 20);
    assert_true(has_notice(&bench));
    put_task(&bench, "handed_over", WALL_NONE);
    pass_hours(&bench, 2);
    assert_true(kept_hours(&bench) <= 2);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_watches_a_task_is_held_until_its_watch_period_ended_and_hold_more),
        cmocka_unit_test(more_than_the_store_may_hold_takes_the_oldest_before_its_age),
        cmocka_unit_test(what_is_held_is_not_taken_for_its_size_and_a_notice_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
