/* Tests of record/latest.c and store/newest.c: the last committed reading of every point. */
#include "bench_top.h"

#include <pthread.h>

#include "record/latest.h"

static void give(struct bench *bench, double value, enum quality quality, enum cause cause)
{
    struct reading reading = {.point = bench->point.id,
                              .quality = (uint8_t)quality,
                              .cause = (uint8_t)cause,
                              .value = value};
    const struct poll poll = {.device = bench->device.id,
                              .time = trust_now(bench->trust) ? clock_wall(&bench->clock.clock)
                                                              : WALL_NONE,
                              .mono = clock_mono(&bench->clock.clock),
                              .boot = store_boot(bench->store),
                              .profile = bench->profile,
                              .readings = &reading,
                              .reading_count = 1};

    assert_true(mailbox_push(bench->mailbox, &poll));
}

static void step(struct bench *bench)
{
    struct error err = {0};

    if (!recorder_step(bench->recorder, &err))
        fail_msg("%s", err.text);
    held_clock_advance(&bench->clock, MINUTE_MS);
}

static struct latest_reading latest(struct bench *bench)
{
    struct latest_reading of, all[1];

    assert_true(latest_of(recorder_latest(bench->recorder), bench->point.id, &of));
    latest_all(recorder_latest(bench->recorder), all, 1);
    assert_memory_equal(&of, &all[0], sizeof of);
    return of;
}

static void begin(struct bench *bench)
{
    bench_init(bench);
    bench_open(bench);
}

static void what_was_never_read_is_absent_and_has_no_time(void **state)
{
    struct bench bench;

    begin(&bench);
    assert_int_equal(latest(&bench).seq, 0);
    assert_true(isnan(latest(&bench).value));
    assert_false(wall_is_known(latest(&bench).time));
    assert_false(latest_of(recorder_latest(bench.recorder), 999, &(struct latest_reading){0}));
    bench_end(&bench);
}

static void readings_are_counted_by_quality_once_they_are_committed(void **state)
{
    uint64_t counts[LATEST_QUALITIES];
    struct bench bench;

    begin(&bench);
    give(&bench, 0.5, QUALITY_NORMAL, CAUSE_NONE);
    give(&bench, 0.6, QUALITY_NORMAL, CAUSE_NONE);
    give(&bench, (double)NAN, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    latest_counts(recorder_latest(bench.recorder), counts);
    assert_int_equal(counts[QUALITY_NORMAL], 0);
    step(&bench);
    latest_counts(recorder_latest(bench.recorder), counts);
    assert_int_equal(counts[QUALITY_NORMAL], 2);
    assert_int_equal(counts[QUALITY_NO_ANSWER], 1);
    assert_int_equal(counts[QUALITY_FAULT], 0);
    bench_end(&bench);
}

static void a_reading_is_shown_once_it_is_committed_and_never_before(void **state)
{
    struct wall_time at;
    struct bench bench;

    begin(&bench);
    at = clock_wall(&bench.clock.clock);
    give(&bench, 0.5, QUALITY_NORMAL, CAUSE_NONE);
    assert_int_equal(latest(&bench).seq, 0);
    step(&bench);
    assert_true(latest(&bench).seq > 0);
    assert_true(latest(&bench).value == 0.5);
    assert_int_equal(latest(&bench).time.ms, at.ms);
    assert_true(latest(&bench).of_this_run);
    bench_end(&bench);
}

static void a_reading_without_a_value_replaces_the_last_value(void **state)
{
    struct bench bench;

    begin(&bench);
    give(&bench, 0.5, QUALITY_NORMAL, CAUSE_NONE);
    step(&bench);
    give(&bench, NAN, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    step(&bench);
    assert_true(isnan(latest(&bench).value));
    assert_int_equal(latest(&bench).quality, QUALITY_NO_ANSWER);
    assert_int_equal(latest(&bench).cause, CAUSE_TIMEOUT);
    bench_end(&bench);
}

static void a_letter_holds_since_the_first_reading_in_a_row_that_has_it(void **state)
{
    struct wall_time good, bad;
    struct bench bench;

    begin(&bench);
    good = clock_wall(&bench.clock.clock);
    for (int i = 0; i < 3; i++) {
        give(&bench, i, QUALITY_NORMAL, CAUSE_NONE);
        step(&bench);
    }
    assert_int_equal(latest(&bench).since.ms, good.ms);
    bad = clock_wall(&bench.clock.clock);
    for (int i = 0; i < 3; i++) {
        give(&bench, NAN, QUALITY_FAULT, CAUSE_ABSENT_MARK);
        step(&bench);
    }
    assert_int_equal(latest(&bench).since.ms, bad.ms);
    bench_end(&bench);
}

static void of_several_readings_in_one_commit_the_last_is_shown(void **state)
{
    struct wall_time since;
    struct bench bench;

    begin(&bench);
    give(&bench, 1.0, QUALITY_NORMAL, CAUSE_NONE);
    held_clock_advance(&bench.clock, 1000);
    since = clock_wall(&bench.clock.clock);
    give(&bench, NAN, QUALITY_NO_ANSWER, CAUSE_CRC);
    held_clock_advance(&bench.clock, 1000);
    give(&bench, NAN, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    step(&bench);
    assert_int_equal(latest(&bench).cause, CAUSE_TIMEOUT);
    assert_int_equal(latest(&bench).since.ms, since.ms);
    bench_end(&bench);
}

static void what_could_not_be_committed_is_not_shown(void **state)
{
    char path[96], away[96];
    struct error err = {0};
    struct bench bench;

    begin(&bench);
    give(&bench, 1.0, QUALITY_NORMAL, CAUSE_NONE);
    step(&bench);
    snprintf(path, sizeof path, "%s/lookback.db", bench.dir);
    snprintf(away, sizeof away, "%s/away", bench.dir);
    assert_int_equal(rename(path, away), 0); /* the store refuses to write now */
    give(&bench, 2.0, QUALITY_NORMAL, CAUSE_NONE);
    assert_false(recorder_step(bench.recorder, &err));
    assert_true(latest(&bench).value == 1.0);
    assert_int_equal(rename(away, path), 0);
    held_clock_advance(&bench.clock, MINUTE_MS);
    step(&bench);
    assert_true(latest(&bench).value == 2.0);
    bench_end(&bench);
}

static void what_was_undone_was_never_noted(void **state)
{
    struct bench bench;
    struct reading reading = {.value = 1.0};
    struct poll poll = {.seq = 7, .readings = &reading, .reading_count = 1};
    struct latest_reading of;
    struct latest *latest;

    begin(&bench);
    latest = latest_new(&bench.catalog, 1);
    reading.point = bench.point.id;
    latest_note(latest, &poll);
    latest_undo(latest);
    latest_keep(latest);
    assert_true(latest_of(latest, bench.point.id, &of));
    assert_int_equal(of.seq, 0);
    latest_free(latest);
    bench_end(&bench);
}

static void a_reading_from_before_the_clock_was_trusted_has_no_time_until_it_is(void **state)
{
    struct wall_time then;
    struct bench bench;

    bench_init(&bench);
    bench.trust_by = TRUST_PLAUSIBLE;
    held_clock_init(&bench.clock, (struct wall_time){1000});
    held_clock_advance(&bench.clock, 5000);
    bench_open(&bench);
    give(&bench, 1.0, QUALITY_NORMAL, CAUSE_NONE);
    step(&bench);
    assert_true(latest(&bench).value == 1.0);
    assert_false(wall_is_known(latest(&bench).time));
    then.ms = bench_start().ms - MINUTE_MS;
    bench.clock.wall = bench_start();
    trust_now(bench.trust);
    held_clock_advance(&bench.clock, 20 * 1000);
    step(&bench);
    assert_int_equal(latest(&bench).time.ms, then.ms);
    assert_int_equal(latest(&bench).since.ms, then.ms);
    bench_end(&bench);
}

/* The next run, which looks into the store when its thread starts. */
static void run_again(struct bench *bench)
{
    struct error err = {0};

    bench_kill(bench);
    bench_open(bench);
    assert_int_equal(latest(bench).seq, 0);
    if (!recorder_start(bench->recorder, &err))
        fail_msg("%s", err.text);
}

static void after_a_restart_the_last_reading_stands_with_its_old_time(void **state)
{
    struct latest_reading before;
    struct bench bench;

    begin(&bench);
    give(&bench, 1.0, QUALITY_NORMAL, CAUSE_NONE);
    step(&bench);
    give(&bench, 1.25, QUALITY_NORMAL, CAUSE_NONE);
    step(&bench);
    before = latest(&bench);
    run_again(&bench);
    assert_int_equal(latest(&bench).seq, before.seq);
    assert_int_equal(latest(&bench).time.ms, before.time.ms);
    assert_true(latest(&bench).value == 1.25);
    assert_false(latest(&bench).of_this_run);
    recorder_stop(bench.recorder);
    bench_end(&bench);
}

static void after_a_restart_it_is_found_in_the_newest_moved_segments_too(void **state)
{
    struct latest_reading before;
    struct error err = {0};
    struct bench bench;
    bool closed, more = true;

    begin(&bench);
    give(&bench, 1.0, QUALITY_NORMAL, CAUSE_NONE);
    step(&bench);
    give(&bench, NAN, QUALITY_FAULT, CAUSE_ABSENT_MARK);
    step(&bench);
    before = latest(&bench);
    assert_true(store_close_segment(bench.store, clock_wall(&bench.clock.clock), &closed, &err));
    while (more)
        assert_true(store_move_step(bench.store, 0, &more, &err));
    run_again(&bench);
    assert_int_equal(latest(&bench).seq, before.seq);
    assert_int_equal(latest(&bench).time.ms, before.time.ms);
    assert_int_equal(latest(&bench).quality, QUALITY_FAULT);
    assert_true(isnan(latest(&bench).value));
    recorder_stop(bench.recorder);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_never_read_is_absent_and_has_no_time),
        cmocka_unit_test(readings_are_counted_by_quality_once_they_are_committed),
        cmocka_unit_test(a_reading_is_shown_once_it_is_committed_and_never_before),
        cmocka_unit_test(a_reading_without_a_value_replaces_the_last_value),
        cmocka_unit_test(a_letter_holds_since_the_first_reading_in_a_row_that_has_it),
        cmocka_unit_test(of_several_readings_in_one_commit_the_last_is_shown),
        cmocka_unit_test(what_could_not_be_committed_is_not_shown),
        cmocka_unit_test(what_was_undone_was_never_noted),
        cmocka_unit_test(a_reading_from_before_the_clock_was_trusted_has_no_time_until_it_is),
        cmocka_unit_test(after_a_restart_the_last_reading_stands_with_its_old_time),
        cmocka_unit_test(after_a_restart_it_is_found_in_the_newest_moved_segments_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
