/* Tests of what the recorder makes of a clock that is wrong. The clock is held. */
#include "base/say.h"
#include "unit/record/bench_top.h"

enum { STEADY_MS = 10 * 1000 };
static const int64_t four_years_ms = (int64_t)4 * 365 * 24 * 60 * MINUTE_MS;

static void assert_tells(const char *story, const char *words)
{
    if (strstr(story, words) == NULL)
        fail_msg("%s is not in:\n%s", words, story);
}

/* 1970, for 3 s a year to come, then right: no poll gets the wrong year, nor the later ones. */
static void a_wrong_year_on_the_way_to_the_right_time_is_put_on_no_poll(void **state)
{
    struct bench bench;
    char wanted[64];
    char *story;

    bench_init(&bench);
    bench.trust_by = TRUST_PLAUSIBLE;
    bench.clock.wall.ms = 1000;
    bench_open(&bench);
    for (int i = 0; i < 30; i++) {
        if (i == 10)
            bench.clock.wall.ms = bench_start().ms + four_years_ms;
        if (i == 13)
            bench.clock.wall.ms = bench_start().ms + 13 * 1000;
        bench_push_at(&bench, trust_now(bench.trust) ? clock_wall(bench.used_clock) : WALL_NONE, i,
                      QUALITY_NORMAL);
        bench_step(&bench);
        held_clock_advance(&bench.clock, 1000);
    }
    story = bench_story(&bench, 1 << ITEM_POLL);
    for (int i = 0; i < 30; i++) {
        snprintf(wanted, sizeof wanted, " %lld %d\n", (long long)bench_start().ms + i * 1000, i);
        assert_tells(story, wanted);
    }
    free(story);
    assert_true(trust_now(bench.trust));
    bench_end(&bench);
}

static void has_room_for_all(const struct notice *notice)
{
    assert_true(strlen(notice->text) < sizeof notice->text - 1);
}

static void a_clock_behind_what_is_stored_is_said_at_once_with_both_times(void **state)
{
    struct bench bench;
    struct notice notices[4];
    struct wall_time stored = {bench_start().ms + four_years_ms};
    char words[WALL_TEXT];

    bench_init(&bench);
    bench_open(&bench);
    bench_push_at(&bench, stored, 1.0, QUALITY_NORMAL);
    bench_step(&bench);
    bench_kill(&bench);

    bench.trust_by = TRUST_PLAUSIBLE;
    for (int language = 0; language < 2; language++) {
        say_in(language == 0 ? LANGUAGE_ZH : LANGUAGE_EN);
        bench_open(&bench);
        bench_step(&bench);
        assert_int_equal(notices_open(bench.notices, notices, 4), 1);
        assert_string_equal(notices[0].id, "clock");
        assert_non_null(strstr(notices[0].text, wall_text(bench_start(), words)));
        assert_non_null(strstr(notices[0].text, wall_text(stored, words)));
        has_room_for_all(&notices[0]);
        if (language == 0)
            bench_kill(&bench);
    }
    /* The sentence stands still while the clock goes on: each change of it is sent. */
    held_clock_advance(&bench.clock, MINUTE_MS);
    bench_step(&bench);
    assert_int_equal(notices_open(bench.notices, notices, 4), 1);
    assert_int_equal(notices[0].revision, 1);
    bench.clock.wall.ms = stored.ms;
    bench_step(&bench);
    held_clock_advance(&bench.clock, STEADY_MS);
    bench_step(&bench);
    assert_int_equal(notices_open(bench.notices, notices, 4), 0);
    bench_end(&bench);
}

/* What the sentence promises to someone whose clock is right. */
static void after_a_wrong_future_time_always_judges_at_once(void **state)
{
    struct bench bench;
    json_t *problem;

    bench_init(&bench);
    bench_open(&bench);
    bench_push_at(&bench, (struct wall_time){bench_start().ms + four_years_ms}, 1.0,
                  QUALITY_NORMAL);
    bench_step(&bench);
    bench_kill(&bench);
    bench_open(&bench);
    bench_minute(&bench, 2.0);
    problem = bench_problem(&bench);
    assert_non_null(problem);
    assert_string_equal(json_string_value(json_object_get(problem, "state")), "open");
    json_decref(problem);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_year_on_the_way_to_the_right_time_is_put_on_no_poll),
        cmocka_unit_test(a_clock_behind_what_is_stored_is_said_at_once_with_both_times),
        cmocka_unit_test(after_a_wrong_future_time_always_judges_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
