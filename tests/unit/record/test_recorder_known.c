/* Tests of what the recorder remembers of devices. */
#include "unit/record/bench_top.h"

#include "record/desk.h"

static void remember_lesson(struct bench *bench, uint16_t address)
{
    const struct lesson lesson = {AREA_HOLDING_REGISTER, address, 2, CAUSE_TIMEOUT};
    char arguments[64];
    const struct device_finding finding = {.event = "device.lesson",
                                           .arguments = arguments,
                                           .device = bench->device.id,
                                           .profile = bench->profile,
                                           .lesson = &lesson};

    snprintf(arguments, sizeof arguments, "{\"address\":%d}", address);
    recorder_remember(bench->recorder, &finding);
}

static void remember_identity(struct bench *bench, const char *identity)
{
    const struct device_finding finding = {.event = "device.identity",
                                           .arguments = "{}",
                                           .device = bench->device.id,
                                           .profile = bench->profile,
                                           .identity = identity};

    recorder_remember(bench->recorder, &finding);
}

static void a_finding_is_an_event_and_known_after_the_next_start(void **state)
{
    struct bench *bench = *state;
    struct known_lesson known[LESSONS_MAX];
    struct error err = {0};
    size_t count;
    char *story;

    bench_push(bench, 0.5);
    remember_lesson(bench, 40);
    bench_step(bench);
    story = bench_story(bench, 1 << ITEM_EVENT);
    assert_string_equal(story, "2 1 device.lesson {\"address\":40}\n");
    free(story);
    bench_kill(bench);
    bench_open(bench);
    assert_true(store_lessons(bench->store, bench->device.id, bench->profile, known, &count, &err));
    assert_int_equal(count, 1);
    assert_int_equal(known[0].lesson.address, 40);
    assert_int_equal(known[0].learned.ms, bench_start().ms);
}

static void findings_wait_for_a_commit_that_succeeds_and_keep_their_order(void **state)
{
    struct bench *bench = *state;
    char path[96], kept[96], text[IDENTITY_TEXT];
    struct error err = {0};
    char *story;

    snprintf(path, sizeof path, "%s/lookback.db", bench->dir);
    snprintf(kept, sizeof kept, "%s/kept", bench->dir);
    remember_lesson(bench, 1);
    remember_identity(bench, "first");
    assert_int_equal(rename(path, kept), 0);
    assert_false(recorder_step(bench->recorder, &err));
    remember_identity(bench, "second");
    remember_lesson(bench, 2);
    assert_int_equal(rename(kept, path), 0);
    bench_step(bench);
    story = bench_story(bench, 1 << ITEM_EVENT);
    assert_string_equal(story, "1 1 device.lesson {\"address\":1}\n"
                               "2 1 device.identity {}\n"
                               "3 1 device.identity {}\n"
                               "4 1 device.lesson {\"address\":2}\n");
    free(story);
    assert_true(store_identity(bench->store, bench->device.id, text, &err));
    assert_string_equal(text, "second");
}

static void what_comes_while_a_commit_fails_stays_behind_what_it_held(void **state)
{
    const struct device_finding findings[] = {
        {.event = "one",   .arguments = "{}"},
        {.event = "two",   .arguments = "{}"},
        {.event = "three", .arguments = "{}"},
    };
    struct desk *desk = desk_new();
    struct desk_load load = {.move_count = 0};
    const struct found *at;

    desk_remember(desk, &findings[0]);
    assert_true(desk_collect(desk, &load));
    desk_remember(desk, &findings[1]);
    desk_return(desk, &load);
    desk_remember(desk, &findings[2]);
    assert_true(desk_collect(desk, &load));
    at = load.found;
    for (size_t i = 0; i < 3; i++, at = at->next)
        assert_string_equal(at->finding.event, findings[i].event);
    assert_null(at);
    desk_done(desk, &load);
    desk_free(desk);
}

static void a_finding_before_the_clock_is_trusted_has_no_time(void **state)
{
    struct bench bench;
    struct known_lesson known[LESSONS_MAX];
    struct error err = {0};
    size_t count;

    bench_init(&bench);
    bench.trust_by = TRUST_PLAUSIBLE;
    bench.clock.wall.ms = 0;
    bench_open(&bench);
    remember_lesson(&bench, 40);
    bench_step(&bench);
    assert_true(store_lessons(bench.store, bench.device.id, bench.profile, known, &count, &err));
    assert_int_equal(count, 1);
    assert_false(wall_is_known(known[0].learned));
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BENCH(a_finding_is_an_event_and_known_after_the_next_start),
        ON_BENCH(findings_wait_for_a_commit_that_succeeds_and_keep_their_order),
        cmocka_unit_test(what_comes_while_a_commit_fails_stays_behind_what_it_held),
        cmocka_unit_test(a_finding_before_the_clock_is_trusted_has_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
