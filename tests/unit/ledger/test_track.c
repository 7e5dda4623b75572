/* Tests of ledger/track.c and ledger/track_body.c. One point, one rule: ammonia
 * above 1.5 mg/L, recovered at once, closed by the machine after an hour. Times are minutes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/track.h"

enum { MINUTE = 60 * 1000 };

static const struct parameter ammonia = {.key = "ammonia_nitrogen",
                                         .title_zh = "氨氮",
                                         .title_en = "ammonia nitrogen",
                                         .unit = "mg/L",
                                         .medium = MEDIUM_WATER};
static struct catalog_site site = {.name = "zj-03", .title = "川\"杨河"};
static struct catalog_device device = {
    .id = 1, .name = "sonde", .every_ms = MINUTE, .active = true, .point_count = 1};
static struct catalog_point point = {.id = 1, .channel = "ammonia_nitrogen", .parameter = &ammonia};
static struct catalog catalog = {.collector = "zj-01",
                                 .sites = &site,
                                 .site_count = 1,
                                 .devices = &device,
                                 .device_count = 1,
                                 .points = &point,
                                 .point_count = 1};
static const struct rule rule = {.name = "nh3", .gather_ms = 60 * MINUTE};
static const struct lanes lanes = {
    .lane = {{.stages = {{.from = {WALL_NONE_MS},
                          .to = {WALL_NONE_MS},
                          .bound = {BOUND_ABOVE, .high = 1.5, .decimals = DECIMALS_ALL},
                          .per_day = -1}},
              .stage_count = 1}},
    .count = 1};

static struct wall_time minute(int64_t n)
{
    return (struct wall_time){1790000000000 + n * MINUTE};
}

static unsigned step_with(struct track *track, const struct lanes *by, const struct watch *watch,
                          int64_t n, double value, enum quality quality)
{
    struct track_step step = {.rule = &rule,
                              .lanes = by,
                              .catalog = &catalog,
                              .watch = watch,
                              .point = 1,
                              .gap_ms = 5 * MINUTE,
                              .time = minute(n),
                              .seq = (uint64_t)(n + 1000000)};

    return track_step(track, &step, value, quality);
}

static unsigned step(struct track *track, int64_t n, double value)
{
    return step_with(track, &lanes, NULL, n, value, QUALITY_NORMAL);
}

static struct track fresh(void)
{
    struct track track;

    track_clear(&track, rule_meaning(&rule, &lanes));
    return track;
}

static void one_breach_is_one_problem_and_a_second_before_closing_joins(void **state)
{
    struct track track = fresh();
    char uid[UID_SIZE];

    assert_true(step(&track, 0, 2.0) & TRACK_VERSION);
    memcpy(uid, track.problem.uid, sizeof uid);
    assert_true(step(&track, 1, 1.0) & TRACK_VERSION);
    assert_int_equal(track.problem.state, PROBLEM_RECOVERED);
    assert_int_equal(track.problem.ended.ms, minute(1).ms);
    assert_true(step(&track, 2, 2.5) & TRACK_VERSION);
    assert_int_equal(track.problem.state, PROBLEM_OPEN);
    assert_false(wall_is_known(track.problem.ended));
    assert_int_equal(track.problem.episodes, 2);
    assert_int_equal(track.problem.version, 3);
    assert_string_equal(track.problem.uid, uid);
}

static void the_machine_closes_after_gather_of_proven_recovery(void **state)
{
    struct track track = fresh();

    step(&track, 0, 2.0);
    for (int n = 1; n < 61; n++)
        step(&track, n, 1.0);
    assert_int_equal(track.problem.state, PROBLEM_RECOVERED);
    assert_true(step(&track, 61, 1.0) & TRACK_VERSION);
    assert_int_equal(track.problem.state, PROBLEM_CLOSED);
    track_settle(&track);
    assert_int_equal(track.problem.state, PROBLEM_NONE);
}

static void a_hole_counts_for_nothing_in_gather(void **state)
{
    struct track track = fresh();

    step(&track, 0, 2.0);
    step(&track, 1, 1.0);
    step(&track, 500, 1.0);
    assert_int_equal(track.problem.state, PROBLEM_RECOVERED);
    assert_int_equal(track.proven_ms, 0);
}

static void the_machine_closes_nothing_that_a_task_watches(void **state)
{
    struct track track = fresh();
    struct watch *watch = watch_new(&catalog);
    struct task task = {.id = "37",
                        .state = TASK_RECTIFYING,
                        .points = {"zj-03/sonde/ammonia_nitrogen"},
                        .point_count = 1,
                        .struck_off = WALL_NONE,
                        .watch_until = WALL_NONE};
    struct error err = {0};

    assert_true(watch_put(watch, &task, &err));

    step(&track, 0, 2.0);
    for (int n = 1; n < 200; n++)
        step_with(&track, &lanes, watch, n, 1.0, QUALITY_NORMAL);
    assert_int_equal(track.problem.state, PROBLEM_RECOVERED);
    watch_free(watch);
}

static void a_breach_after_closing_is_a_new_problem(void **state)
{
    struct track track = fresh();
    char uid[UID_SIZE];

    step(&track, 0, 2.0);
    memcpy(uid, track.problem.uid, sizeof uid);
    step(&track, 1, 1.0);
    assert_true(track_close(&track) & TRACK_VERSION);
    track_settle(&track);
    step(&track, 2, 2.0);
    assert_string_not_equal(track.problem.uid, uid);
    assert_int_equal(track.problem.version, 1);
    assert_int_equal(track.problem.episodes, 1);
}

static void a_moment_that_comes_twice_gives_no_uid_twice(void **state)
{
    struct track track = fresh();
    char uid[UID_SIZE];

    step(&track, 0, 2.0);
    memcpy(uid, track.problem.uid, sizeof uid);
    step(&track, 1, 1.0);
    track_close(&track);
    track_settle(&track);
    step(&track, 0, 2.0);
    assert_string_not_equal(track.problem.uid, uid);
}

static void missing_data_neither_opens_nor_closes_nor_proves(void **state)
{
    struct track track = fresh();

    assert_int_equal(step_with(&track, &lanes, NULL, 0, 99.0, QUALITY_FAULT), 0);
    assert_int_equal(step_with(&track, &lanes, NULL, 0, NAN, QUALITY_NORMAL), 0);
    step(&track, 1, 2.0);
    for (int n = 2; n < 200; n++)
        assert_int_equal(step_with(&track, &lanes, NULL, n, 1.0, QUALITY_MAINTENANCE), 0);
    assert_true(problem_is_running(&track.problem));
}

static void a_long_breach_gives_few_versions_and_a_worse_value_one_a_minute(void **state)
{
    struct track track = fresh();

    for (int64_t n = 0; n < 365 * 24 * 60; n++)
        step(&track, n, 2.0);
    assert_in_range(track.problem.version, 100, 1000);
    assert_false(step(&track, 365 * 24 * 60, 2.0) & TRACK_VERSION);
    assert_true(step(&track, 365 * 24 * 60 + 1, 2.2) & TRACK_VERSION);
}

static void an_edited_rule_ends_the_episode_and_proves_nothing(void **state)
{
    struct track track = fresh();
    struct lanes edited = lanes;

    edited.lane[0].stages[0].bound.high = 1.8;
    step(&track, 0, 2.0);
    step(&track, 1, 2.1);
    assert_int_equal(track_rule_changed(&track, rule_meaning(&rule, &edited)),
                     TRACK_CHANGED | TRACK_VERSION | TRACK_EPISODE);
    assert_int_equal(track.problem.state, PROBLEM_OPEN);
    assert_int_equal(track.problem.ended.ms, minute(1).ms);
    assert_false(problem_is_running(&track.problem));

    assert_true(step_with(&track, &edited, NULL, 2, 1.7, QUALITY_NORMAL) & TRACK_VERSION);
    assert_int_equal(track.problem.state, PROBLEM_RECOVERED);
    step_with(&track, &edited, NULL, 3, 1.9, QUALITY_NORMAL);
    assert_int_equal(track.problem.episodes, 2);
    assert_true(track.problem.high == 1.8);
}

static void a_calm_point_leaves_nothing_to_remember(void **state)
{
    struct track track = fresh();

    assert_int_equal(step(&track, 0, 1.0), 0);
    assert_int_equal(step(&track, 1, 1.1), 0);
    assert_true(track_is_empty(&track));
}

static void what_is_written_reads_back_the_same_at_every_step(void **state)
{
    const double values[] = {2.0, 2.31, 1.0, 1.0, 1.9, 0.1, 1.50001};
    struct track straight = fresh();
    struct track restarted = fresh();

    for (int64_t n = 0; n < 500; n++) {
        char body[2048], again[2048];
        struct text text;
        struct error err = {0};

        if (n == 40)
            track_acknowledge(&straight, "李\"四", minute(40));
        if (n == 40)
            track_acknowledge(&restarted, "李\"四", minute(40));
        step(&straight, n, values[(n / 3) % 7]);
        step(&restarted, n, values[(n / 3) % 7]);
        track_settle(&straight);
        track_settle(&restarted);
        text_init(&text, body, sizeof body);
        track_write(&text, &restarted, NULL);
        assert_false(text.full);
        memset(&restarted, 0xa5, sizeof restarted);
        assert_true(track_read(&restarted, &lanes, NULL, body, text.used, &err));
        text_init(&text, again, sizeof again);
        track_write(&text, &straight, NULL);
        assert_string_equal(body, again);
    }
}

static void a_damaged_memory_is_refused(void **state)
{
    static const char *const bodies[] = {
        ("{\"meaning\":\"12\",\"proven_ms\":0,\"prover\":4,\"newest\":-9223372036854775807,"
         "\"lane_count\":1,\"lanes\":[],\"problem\":null}"),
        "",
        "{}",
        "[]",
        "{\"meaning\":\"12\",\"proven_ms\":0,\"newest\":null,\"problem\":null}",
        "{\"meaning\":7}"};

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct track track;
        struct error err = {0};

        assert_false(track_read(&track, &lanes, NULL, bodies[i], strlen(bodies[i]), &err));
        assert_int_equal(err.kind, ERROR_STORE);
    }
}

/* The words of a good memory, one of them put in another's place: refused. */
static void assert_refused_with(const char *good, const char *words, const char *instead)
{
    const char *found = strstr(good, words);
    struct error err = {0};
    struct track track;
    char body[4096];

    assert_non_null(found);
    snprintf(body, sizeof body, "%.*s%s%s", (int)(found - good), good, instead,
             found + strlen(words));
    assert_false(track_read(&track, &lanes, NULL, body, strlen(body), &err));
    assert_int_equal(err.kind, ERROR_STORE);
}

static void a_memory_that_contradicts_itself_is_refused(void **state)
{
    struct track track = fresh(), back;
    struct error err = {0};
    char body[4096];
    struct text text;

    step(&track, 0, 2.0);
    text_init(&text, body, sizeof body);
    track_write(&text, &track, NULL);
    assert_true(track_read(&back, &lanes, NULL, body, text.used, &err));
    assert_refused_with(body, "\"day_count\":0", "\"day_count\":3");
    assert_refused_with(body, "\"state\":1", "\"state\":2"); /* recovered while a lane runs */
    assert_refused_with(body, "\"window\":\"0", "\"window\":\"1");
    assert_refused_with(body, "\"phase\":2", "\"phase\":3");
    assert_refused_with(body, "\"lane\":0", "\"lane\":4");
    assert_refused_with(body, "\"lane\":0", "\"lane\":1"); /* of one lane */
    assert_refused_with(body, "\"lane_count\":1", "\"lane_count\":5");
    assert_refused_with(body, "\"kind\":0,\"tasks\":[]", "\"kind\":0,\"tasks\":[7]");
}

/* What is refused is refused; what is believed can be gone on with and written down again. */
static void a_memory_with_any_byte_changed_is_refused_or_whole(void **state)
{
    char body[4096], damaged[4096], again[8192];
    struct track track = fresh(), back;
    struct text text;
    size_t believed = 0;

    step(&track, 0, 2.0);
    step(&track, 1, 1.0);
    step(&track, 2, 2.5);
    text_init(&text, body, sizeof body);
    track_write(&text, &track, NULL);
    for (size_t i = 0; i < text.used; i++) {
        for (int byte = 1; byte < 256; byte += 7) {
            struct error err = {0};
            struct text to;

            memcpy(damaged, body, text.used);
            damaged[i] = (char)byte;
            if (!track_read(&back, &lanes, NULL, damaged, text.used, &err)) {
                assert_int_equal(err.kind, ERROR_STORE);
                continue;
            }
            believed++;
            step(&back, 3, 2.0);
            step(&back, 4, 1.0);
            text_init(&to, again, sizeof again);
            track_write(&to, &back, NULL);
            assert_false(to.full);
        }
    }
    assert_true(believed > 0);
}

static void a_name_of_any_length_and_bytes_survives_a_restart(void **state)
{
    char chinese[301], bytes[301];
    const char *names[] = {chinese, bytes};

    for (int i = 0; i < 100; i++)
        memcpy(chinese + 3 * i, "镇", 3);
    memset(bytes, 0xff, 300);
    chinese[300] = bytes[300] = '\0';
    for (size_t i = 0; i < 2; i++) {
        struct track track = fresh();
        struct error err = {0};
        char body[4096];
        struct text text;

        step(&track, 0, 2.0);
        track_acknowledge(&track, names[i], minute(1));
        text_init(&text, body, sizeof body);
        track_write(&text, &track, NULL);
        assert_true(track_read(&track, &lanes, NULL, body, text.used, &err));
        assert_true(strlen(track.problem.acknowledged_by) >= 60);
        assert_true(i == 1 || strncmp(chinese, track.problem.acknowledged_by,
                                      strlen(track.problem.acknowledged_by)) == 0);
    }
}

static int set_up(void **state)
{
    return catalog_index(&catalog) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_breach_is_one_problem_and_a_second_before_closing_joins),
        cmocka_unit_test(the_machine_closes_after_gather_of_proven_recovery),
        cmocka_unit_test(a_hole_counts_for_nothing_in_gather),
        cmocka_unit_test(the_machine_closes_nothing_that_a_task_watches),
        cmocka_unit_test(a_breach_after_closing_is_a_new_problem),
        cmocka_unit_test(a_moment_that_comes_twice_gives_no_uid_twice),
        cmocka_unit_test(missing_data_neither_opens_nor_closes_nor_proves),
        cmocka_unit_test(a_long_breach_gives_few_versions_and_a_worse_value_one_a_minute),
        cmocka_unit_test(an_edited_rule_ends_the_episode_and_proves_nothing),
        cmocka_unit_test(a_calm_point_leaves_nothing_to_remember),
        cmocka_unit_test(what_is_written_reads_back_the_same_at_every_step),
        cmocka_unit_test(a_damaged_memory_is_refused),
        cmocka_unit_test(a_memory_that_contradicts_itself_is_refused),
        cmocka_unit_test(a_memory_with_any_byte_changed_is_refused_or_whole),
        cmocka_unit_test(a_name_of_any_length_and_bytes_survives_a_restart),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
