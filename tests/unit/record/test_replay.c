/* Tests of record/replay.c: a town's weeks are replayed from the store. */
#include "record/replay.h"
#include "unit/record/town_top.h"

enum { DAY_STEPS = 288 };

static struct town town;

static int live(void **state)
{
    town_init(&town, 12 * DAY_STEPS);
    town_live(&town, 48);
    return 0;
}

static int leave(void **state)
{
    town_end(&town);
    return 0;
}

static struct replay_answer replay(struct wall_time from, struct wall_time to)
{
    const struct replay_setup setup = {
        .dir = town.dir,
        .judge = {.catalog = &town.catalog,
                  .rules = town.rules,
                  .rule_count = town.rule_count,
                  .tallies = town.tallies,
                  .screens = town.screens},
        .from = from,
        .to = to
    };
    struct replay_answer answer;
    struct error err = {0};

    if (!replay_run(&setup, &answer, &err))
        fail_msg("%s", err.text);
    return answer;
}

static void assert_equal(const struct replay_answer *answer)
{
    if (!replay_is_equal(answer))
        fail_msg("%s\n%s", answer->differences[0], answer->differences[1]);
}

/* NULL: it is not said to have changed. */
static const struct replay_changed *changed(const struct replay_answer *answer, const char *rule)
{
    for (size_t i = 0; i < answer->changed_count; i++)
        if (strcmp(answer->changed[i].rule, rule) == 0)
            return &answer->changed[i];
    return NULL;
}

static void what_was_concluded_comes_out_again(void **state)
{
    struct replay_answer answer = replay(WALL_NONE, WALL_NONE);

    assert_equal(&answer);
    assert_in_range(answer.problems.same, 20, 100);
    assert_in_range(answer.episodes.same, 20, 1000);
    assert_in_range(answer.aggregates.same, 20000, 100000);
    assert_int_equal(answer.problems.unprovable, 0);
    assert_int_equal(answer.episodes.unprovable, 0);
    assert_int_equal(answer.aggregates.unprovable, 0);
    assert_int_equal(answer.changed_count, 0);
    assert_false(wall_is_known(answer.oldest));
    replay_answer_end(&answer);
}

static void only_what_falls_into_the_span_is_compared(void **state)
{
    struct replay_answer whole = replay(WALL_NONE, WALL_NONE);
    struct replay_answer part = replay(town_time(2 * DAY_STEPS), town_time(3 * DAY_STEPS));

    assert_equal(&part);
    assert_in_range(part.aggregates.same, whole.aggregates.same / 13, whole.aggregates.same / 11);
    assert_in_range(part.problems.same, 1, whole.problems.same / 2);
    replay_answer_end(&whole);
    replay_answer_end(&part);
}

static void begin_forgery(void)
{
    struct error err = {0};

    if (!store_begin(town.store, &err))
        fail_msg("%s", err.text);
}

static void end_forgery(void)
{
    struct error err = {0};

    if (!store_commit(town.store, &err))
        fail_msg("%s", err.text);
}

static void an_aggregate_that_was_added_is_named(void **state)
{
    struct aggregate forged = {.point = town.points[0].id,
                               .period = PERIOD_1H,
                               .start = town_time(5 * DAY_STEPS),
                               .end = town_time(5 * DAY_STEPS + 12),
                               .version = 9,
                               .count = 1,
                               .cause = "late"};
    struct replay_answer answer;
    struct error err = {0};

    begin_forgery();
    assert_true(store_add_aggregate(town.store, &forged, &err));
    end_forgery();
    answer = replay(WALL_NONE, WALL_NONE);
    assert_false(replay_is_equal(&answer));
    assert_int_equal(answer.aggregates.differ, 1);
    assert_non_null(strstr(answer.differences[0], "chuanyang/sonde/ammonia_nitrogen 1h"));
    replay_answer_end(&answer);
}

struct taking {
    struct episode_row row;
    bool taken;
};

static bool take_first(void *self, const struct episode_row *row)
{
    struct taking *taking = self;

    taking->row = *row;
    taking->row.ended_by = "recovered";
    taking->taken = true;
    return false;
}

static void an_episode_that_was_touched_is_named(void **state)
{
    struct taking taking = {.taken = false};
    struct replay_answer answer;
    struct error err = {0};
    struct reader *reader = reader_open(town.dir, &err);

    assert_true(reader_episodes(reader, NULL, take_first, &taking, &err));
    reader_close(reader);
    assert_true(taking.taken);
    taking.row.worst /= 2;
    begin_forgery();
    assert_true(store_put_episode(town.store, &taking.row, &err));
    end_forgery();
    answer = replay(WALL_NONE, WALL_NONE);
    assert_int_equal(answer.episodes.differ, 1);
    assert_int_equal(answer.problems.differ, 0);
    taking.row.uid[12] = '\0';
    assert_non_null(strstr(answer.differences[0], taking.row.uid));
    replay_answer_end(&answer);
}

static void a_problem_that_was_put_there_is_named(void **state)
{
    struct problem_row forged = {.uid = "0123456789abcdef0123456789abcdef",
                                 .version = 1,
                                 .kind = "new",
                                 .nature = "breach",
                                 .state = "open",
                                 .rule = "nh3",
                                 .point = town.points[0].id,
                                 .first = town_time(100),
                                 .last = town_time(120),
                                 .ended = WALL_NONE};
    char first[WALL_TEXT], body[300];
    struct replay_answer answer;
    struct error err = {0};

    snprintf(body, sizeof body,
             "{\"uid\":\"%s\",\"version\":1,\"state\":\"open\",\"rule\":\"nh3\","
             "\"point\":\"chuanyang/sonde/ammonia_nitrogen\",\"first\":\"%s\"}",
             forged.uid, wall_text(forged.first, first));
    forged.body = body;
    begin_forgery();
    assert_true(store_put_problem(town.store, &forged, &err));
    assert_true(store_put_cursor(town.store, JUDGE_CURSOR, forged.seq, &err));
    end_forgery();
    answer = replay(WALL_NONE, WALL_NONE);
    assert_int_equal(answer.problems.differ, 1);
    assert_non_null(strstr(answer.differences[0], "0123456789ab"));
    replay_answer_end(&answer);
}

static void a_rule_that_was_edited_is_replayed_from_then_on_and_named(void **state)
{
    struct replay_answer answer;

    town_init(&town, 12 * DAY_STEPS);
    town.edited = 4 * DAY_STEPS + 137; /* an episode of ammonia runs */
    town_live(&town, 48);
    answer = replay(WALL_NONE, WALL_NONE);
    assert_equal(&answer);
    assert_in_range(answer.problems.same, 10, 100);
    assert_in_range(answer.problems.unprovable, 1, 10);
    assert_non_null(changed(&answer, "loud-night")); /* gone */
    assert_false(wall_is_known(changed(&answer, "loud-night")->since));
    assert_non_null(changed(&answer, "nh3"));
    assert_int_equal(changed(&answer, "nh3")->since.ms, town_time(town.edited).ms);
    assert_null(changed(&answer, "ph-low"));
    replay_answer_end(&answer);
    town_end(&town);
}

static void settings_that_the_store_has_not_seen_yet_prove_nothing(void **state)
{
    struct replay_answer answer;

    town_rules(&town, true);
    answer = replay(WALL_NONE, WALL_NONE);
    assert_equal(&answer);
    assert_in_range(answer.problems.unprovable, 1, 30);
    assert_non_null(changed(&answer, "nh3"));
    assert_false(wall_is_known(changed(&answer, "nh3")->since));
    assert_null(changed(&answer, "ph-low"));
    replay_answer_end(&answer);
}

static void problems_of_aggregates_that_are_counted_otherwise_now_prove_nothing(void **state)
{
    struct tally_plans *counted = town.tallies;
    struct replay_answer answer;

    town.tallies = town_other_plans(&town);
    answer = replay(WALL_NONE, WALL_NONE);
    assert_equal(&answer);
    assert_int_equal(answer.aggregates.same, 0);
    assert_in_range(answer.problems.unprovable, 1, 30);
    replay_answer_end(&answer);
    tally_plans_free(town.tallies);
    town.tallies = counted;
}

static void what_began_before_the_oldest_reading_is_not_provable(void **state)
{
    struct replay_answer answer;

    town_init(&town, 12 * DAY_STEPS);
    town.keep_ms = (int64_t)5 * 24 * 60 * MINUTE_MS;
    town_live(&town, 48);
    answer = replay(WALL_NONE, WALL_NONE);
    assert_true(wall_is_known(answer.oldest));
    assert_true(answer.oldest.ms > town_time(5 * DAY_STEPS).ms);
    assert_equal(&answer);
    assert_in_range(answer.problems.same, 5, 100);
    assert_in_range(answer.problems.unprovable, 5, 100);
    assert_in_range(answer.aggregates.unprovable, 1000, 100000);
    replay_answer_end(&answer);
    town_end(&town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_concluded_comes_out_again, live, leave),
        cmocka_unit_test_setup_teardown(only_what_falls_into_the_span_is_compared, live, leave),
        cmocka_unit_test_setup_teardown(an_aggregate_that_was_added_is_named, live, leave),
        cmocka_unit_test_setup_teardown(an_episode_that_was_touched_is_named, live, leave),
        cmocka_unit_test_setup_teardown(a_problem_that_was_put_there_is_named, live, leave),
        cmocka_unit_test(a_rule_that_was_edited_is_replayed_from_then_on_and_named),
        cmocka_unit_test_setup_teardown(settings_that_the_store_has_not_seen_yet_prove_nothing,
                                        live, leave),
        cmocka_unit_test_setup_teardown(
            problems_of_aggregates_that_are_counted_otherwise_now_prove_nothing, live, leave),
        cmocka_unit_test(what_began_before_the_oldest_reading_is_not_provable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
