/* Tests of recorder_news(): each number rises with a commit that changed its kind of thing, and
 * with no other. */
#include "bench_top.h"

#include "model/aggregate.h"

struct numbers {
    uint64_t of[NEWS_COUNT];
};

static struct numbers numbers(const struct bench *bench)
{
    struct numbers now;

    for (int kind = 0; kind < NEWS_COUNT; kind++)
        now.of[kind] = recorder_news(bench->recorder, (enum news)kind);
    return now;
}

/* A bit set of 1 << enum news. */
static unsigned risen(const struct bench *bench, const struct numbers *before)
{
    struct numbers now = numbers(bench);
    unsigned risen = 0;

    for (int kind = 0; kind < NEWS_COUNT; kind++) {
        assert_true(now.of[kind] >= before->of[kind]);
        if (now.of[kind] > before->of[kind])
            risen |= 1U << kind;
    }
    return risen;
}

static void begin(struct bench *bench)
{
    bench_init(bench);
    bench_open(bench);
    bench_minute(bench, 0.5);
    bench_step(bench);
}

static void a_commit_of_nothing_raises_nothing(void **state)
{
    struct numbers before;
    struct bench bench;

    begin(&bench);
    before = numbers(&bench);
    bench_step(&bench);
    held_clock_advance(&bench.clock, 1000);
    bench_step(&bench);
    assert_int_equal(risen(&bench, &before), 0);
    bench_end(&bench);
}

static void a_poll_raises_readings_alone(void **state)
{
    struct numbers before;
    struct bench bench;

    begin(&bench);
    before = numbers(&bench);
    bench_push(&bench, 0.75);
    assert_int_equal(risen(&bench, &before), 0);
    bench_step(&bench);
    assert_int_equal(risen(&bench, &before), 1U << NEWS_READINGS);
    bench_end(&bench);
}

static void a_breach_raises_problems_too(void **state)
{
    struct numbers before;
    struct bench bench;

    begin(&bench);
    before = numbers(&bench);
    bench_minute(&bench, 2.0);
    assert_int_equal(risen(&bench, &before), 1U << NEWS_READINGS | 1U << NEWS_PROBLEMS);
    before = numbers(&bench);
    bench_minute(&bench, 2.0); /* it goes on, no worse than it was */
    assert_int_equal(risen(&bench, &before) & 1U << NEWS_TASKS, 0);
    bench_end(&bench);
}

static void an_act_on_a_problem_raises_events_and_problems_but_no_readings(void **state)
{
    struct numbers before;
    struct bench bench;
    json_t *problem;

    begin(&bench);
    bench_minute(&bench, 2.0);
    problem = bench_problem(&bench);
    before = numbers(&bench);
    bench_act(&bench, "problem.acknowledge",
              json_pack("{s:s}", "uid", json_string_value(json_object_get(problem, "uid"))));
    assert_int_equal(risen(&bench, &before), 1U << NEWS_EVENTS | 1U << NEWS_PROBLEMS);
    json_decref(problem);
    bench_end(&bench);
}

static void a_refused_act_raises_nothing(void **state)
{
    struct numbers before;
    struct bench bench;

    begin(&bench);
    before = numbers(&bench);
    assert_int_equal(bench_act(&bench, "problem.acknowledge", json_pack("{s:s}", "uid", "00")).seq,
                     0);
    assert_int_equal(risen(&bench, &before), 0);
    bench_end(&bench);
}

static void a_closed_segment_raises_seals(void **state)
{
    struct numbers before;
    struct bench bench;

    begin(&bench);
    before = numbers(&bench);
    bench_act(&bench, "seal.close", json_object());
    assert_true(risen(&bench, &before) >> NEWS_SEALS & 1);
    assert_false(risen(&bench, &before) >> NEWS_READINGS & 1);
    bench_end(&bench);
}

static void an_anchor_raises_seals_alone(void **state)
{
    struct numbers before;
    struct bench bench;

    begin(&bench);
    before = numbers(&bench);
    recorder_anchor(bench.recorder, 1, "file", "usb", "{}", 2);
    bench_step(&bench);
    assert_int_equal(risen(&bench, &before), 1U << NEWS_SEALS);
    bench_end(&bench);
}

static void what_a_device_says_of_itself_raises_events_alone(void **state)
{
    struct device_finding finding = {.event = "device.identity", .arguments = "{}"};
    struct numbers before;
    struct bench bench;

    begin(&bench);
    before = numbers(&bench);
    finding.device = bench.device.id;
    finding.profile = bench.profile;
    recorder_remember(bench.recorder, &finding);
    bench_step(&bench);
    assert_int_equal(risen(&bench, &before), 1U << NEWS_EVENTS);
    bench_end(&bench);
}

static void a_cursor_that_moves_raises_nothing(void **state)
{
    struct numbers before;
    struct bench bench;

    begin(&bench);
    before = numbers(&bench);
    recorder_move_cursor(bench.recorder, "town-mqtt", 1);
    bench_step(&bench);
    assert_int_equal(risen(&bench, &before), 0);
    bench_end(&bench);
}

static void what_could_not_be_committed_raises_nothing_until_it_is(void **state)
{
    char path[96], away[96];
    struct numbers before;
    struct error err = {0};
    struct bench bench;

    begin(&bench);
    before = numbers(&bench);
    snprintf(path, sizeof path, "%s/lookback.db", bench.dir);
    snprintf(away, sizeof away, "%s/away", bench.dir);
    assert_int_equal(rename(path, away), 0);
    bench_push(&bench, 2.0);
    assert_false(recorder_step(bench.recorder, &err));
    assert_int_equal(risen(&bench, &before), 0);
    assert_int_equal(rename(away, path), 0);
    held_clock_advance(&bench.clock, MINUTE_MS);
    bench_step(&bench);
    assert_int_equal(risen(&bench, &before), 1U << NEWS_READINGS | 1U << NEWS_PROBLEMS);
    bench_end(&bench);
}

static void times_that_are_filled_raise_readings(void **state)
{
    struct numbers before;
    struct bench bench;

    bench_init(&bench);
    bench.trust_by = TRUST_PLAUSIBLE;
    held_clock_init(&bench.clock, (struct wall_time){1000});
    bench_open(&bench);
    bench_push_at(&bench, WALL_NONE, 0.5, QUALITY_NORMAL);
    bench_step(&bench);
    before = numbers(&bench);
    bench.clock.wall = bench_start();
    trust_now(bench.trust);
    held_clock_advance(&bench.clock, 20 * 1000);
    bench_step(&bench);
    assert_true(risen(&bench, &before) >> NEWS_READINGS & 1);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_of_nothing_raises_nothing),
        cmocka_unit_test(a_poll_raises_readings_alone),
        cmocka_unit_test(a_breach_raises_problems_too),
        cmocka_unit_test(an_act_on_a_problem_raises_events_and_problems_but_no_readings),
        cmocka_unit_test(a_refused_act_raises_nothing),
        cmocka_unit_test(a_closed_segment_raises_seals),
        cmocka_unit_test(an_anchor_raises_seals_alone),
        cmocka_unit_test(what_a_device_says_of_itself_raises_events_alone),
        cmocka_unit_test(a_cursor_that_moves_raises_nothing),
        cmocka_unit_test(what_could_not_be_committed_raises_nothing_until_it_is),
        cmocka_unit_test(times_that_are_filled_raise_readings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
