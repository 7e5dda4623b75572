/* Tests of record/acts_tasks.c: what acts on the ledger check, decide and record. */
#include "unit/record/ledger_top.h"

#include <time.h>

static const char point[] = "zj-03/sonde/ammonia_nitrogen";

static int set_up(void **state)
{
    struct bench *bench = *state = malloc(sizeof *bench);

    ledger_bench_init(bench);
    bench_open(bench);
    return 0;
}

static int set_up_owned(void **state)
{
    struct bench *bench = *state = malloc(sizeof *bench);

    ledger_bench_init(bench);
    bench->ledger_owner = "town-system";
    bench_open(bench);
    return 0;
}

static struct bench_answer strike_off(struct bench *bench, const char *id)
{
    return bench_act(bench, "task.strike_off", json_pack("{s:s, s:s}", "id", id, "note", "done"));
}

/* The pull of the output whose system owns the ledger. */
static struct bench_answer pull(struct bench *bench, const char *who, const char *tasks)
{
    struct bench_answer answer = {0};
    struct act act = {.name = "tasks.import",
                      .args = json_pack("{s:o, s:s, s:s}", "tasks", json_loads(tasks, 0, NULL),
                                        "output", "town-system", "since", "42"),
                      .who = who,
                      .by = "town-system",
                      .done = bench_answered,
                      .self = &answer};

    recorder_act(bench->recorder, &act);
    bench_step(bench);
    assert_true(answer.given);
    return answer;
}

static bool take_task(void *self, const char *body, const char *relapses)
{
    snprintf(self, 4096, "%s", body);
    return true;
}

/* The row of the ledger, "" when there is none. */
static const char *stored(struct bench *bench, const char *id)
{
    static char body[4096];
    struct error err = {0};
    struct reader *reader = reader_open(bench->dir, &err);

    body[0] = '\0';
    assert_non_null(reader);
    assert_true(reader_tasks(reader, id, take_task, body, &err));
    reader_close(reader);
    return body;
}

static const char task_37[] = "[{\"id\":\"37\",\"category\":\"river\",\"title\":\"水黑\",\"state\":"
                              "\"rectifying\",\"points\":[\"zj-03/sonde/ammonia_nitrogen\"]}]";

static void an_import_is_one_event_with_the_tasks_it_leaves_behind(void **state)
{
    struct bench *bench = *state;
    char *story;

    assert_int_equal(bench_import(bench, task_37).err.kind, ERROR_NONE);
    story = bench_story(bench, 1 << ITEM_EVENT);
    assert_non_null(strstr(story, "tasks.import"));
    assert_non_null(strstr(story, "\"added\":[\"37\"]"));
    assert_non_null(strstr(story, stored(bench, "37")));
    free(story);
    bench_kill(bench);
    bench_open(bench);
    assert_non_null(strstr(stored(bench, "37"), point));
}

static void importing_again_is_no_event_at_all(void **state)
{
    struct bench *bench = *state;
    uint64_t seq = bench_import(bench, task_37).seq;
    struct bench_answer answer = bench_import(bench, task_37);

    assert_int_equal(answer.err.kind, ERROR_NONE);
    assert_int_equal(answer.seq, seq);
    assert_int_equal(recorder_committed(bench->recorder), seq);
}

static void one_wrong_task_refuses_them_all(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "[{\"title\":\"x\"}]",
        "[{\"id\":\"1\",\"category\":\"river\",\"title\":\"x\"},{\"id\":\"2\"}]",
        "[{\"id\":\"1\",\"category\":\"river\",\"title\":\"x\"},"
        "{\"id\":\"1\",\"category\":\"river\",\"title\":\"x\"}]",
        "[{\"id\":\"1\",\"category\":\"river\",\"title\":\"x\","
        "\"points\":[\"zj-03/sonde/ph\"]}]",
        "[{\"id\":\"1\",\"category\":\"river\",\"title\":\"x\",\"points\":[\"*/*/*\"]}]",
        "[{\"id\":\"1\",\"category\":\"river\",\"title\":\"x\",\"points\":[\"a lake\"]}]",
        "[{\"id\":\"1\",\"category\":\"river\",\"title\":\"来电 13800000000\"}]",
        "[{\"id\":\"1\",\"category\":\"river\",\"title\":\"x\",\"state\":\"struck_off\"}]",
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct bench_answer answer = bench_import(bench, wrong[i]);

        assert_int_equal(answer.err.kind, ERROR_WRONG_USE);
        assert_string_equal(stored(bench, "1"), "");
    }
    assert_int_equal(recorder_committed(bench->recorder), bench->began);
}

static void a_point_of_another_gateway_is_fine(void **state)
{
    assert_int_equal(bench_import(*state, "[{\"id\":\"1\",\"category\":\"river\",\"title\":\"x\","
                                          "\"points\":[\"lake/sonde/ph\"]}]")
                         .err.kind,
                     ERROR_NONE);
}

static void a_petitioner_stands_in_the_event_as_a_digest_only(void **state)
{
    struct bench *bench = *state;
    json_t *args = json_pack("{s:o, s:{s:{s:s}}}", "tasks", json_loads(task_37, 0, NULL), "people",
                             "37", "信访人", "某某某");
    char *story;

    assert_int_equal(bench_act(bench, "tasks.import", args).err.kind, ERROR_NONE);
    story = bench_story(bench, 1 << ITEM_EVENT);
    assert_non_null(strstr(story, "\"petitioners\":{\"37\":\""));
    assert_null(strstr(story, "某某某"));
    free(story);
}

static void a_files_name_with_a_telephone_in_it_is_not_recorded(void **state)
{
    struct bench *bench = *state;
    json_t *args = json_pack("{s:o, s:s}", "tasks", json_loads(task_37, 0, NULL), "file",
                             "来电13800000000.csv");
    char *story;

    assert_int_equal(bench_act(bench, "tasks.import", args).err.kind, ERROR_NONE);
    story = bench_story(bench, 1 << ITEM_EVENT);
    assert_non_null(strstr(story, "tasks.import"));
    assert_null(strstr(story, "13800000000"));
    free(story);
}

static void no_note_names_a_petitioner(void **state)
{
    struct bench *bench = *state;
    static const char note[] = "已电 138-0000-0000";
    json_t *window = json_pack("{s:s, s:s, s:s, s:s}", "device", "zj-03/sonde", "from",
                               "2026-11-22", "to", "2026-11-23", "note", note);

    bench_import(bench, task_37);
    assert_int_equal(bench_act(bench, "device.maintenance", window).err.kind, ERROR_REFUSED);
    assert_int_equal(
        bench_act(bench, "task.note", json_pack("{s:s, s:s}", "id", "37", "note", note)).err.kind,
        ERROR_REFUSED);
}

static void a_petitioner_of_no_task_is_refused(void **state)
{
    json_t *args = json_pack("{s:[], s:{s:{s:s}}}", "tasks", "people", "9", "信访人", "某");

    assert_int_equal(bench_act(*state, "tasks.import", args).err.kind, ERROR_WRONG_USE);
}

static void striking_off_begins_the_watch_period(void **state)
{
    struct bench *bench = *state;
    json_t *task;
    struct task row;
    struct error err = {0};

    bench_import(bench, task_37);
    assert_int_equal(strike_off(bench, "37").err.kind, ERROR_NONE);
    task = json_loads(stored(bench, "37"), 0, NULL);
    assert_true(task_read(&row, task, &err));
    json_decref(task);
    assert_int_equal(row.state, TASK_STRUCK_OFF);
    assert_int_equal(row.struck_off.ms, clock_wall(bench->used_clock).ms);
    assert_int_equal(row.watch_until.ms, row.struck_off.ms + 180 * 86400000LL);
    assert_int_equal(strike_off(bench, "37").err.kind, ERROR_REFUSED);
    assert_int_equal(strike_off(bench, "38").err.kind, ERROR_NOT_FOUND);
}

static void a_running_episode_refuses_a_strike_off_and_says_since_when(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;
    json_t *problem;
    char since[WALL_TEXT]; /* as the person's clock showed it */
    time_t seconds;
    struct tm local;

    bench_import(bench, task_37);
    bench_minute(bench, 2.0);
    seconds = (time_t)(clock_wall(bench->used_clock).ms / 1000);
    assert_non_null(localtime_r(&seconds, &local));
    strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", &local);
    problem = bench_problem(bench);
    answer = strike_off(bench, "37");
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    assert_non_null(strstr(answer.err.text, since));
    answer.err.text[0] = '\0';
    json_decref(problem);
    answer = bench_act(bench, "task.strike_off",
                       json_pack("{s:s, s:s, s:b}", "id", "37", "note", "x", "even_so", true));
    assert_int_equal(answer.err.kind, ERROR_NONE);
}

static void a_breach_that_is_not_proven_yet_refuses_a_strike_off_unless_insisted_on(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;

    bench_kill(bench);
    bench->rule.for_ms = 10 * MINUTE_MS;
    bench_open(bench);
    bench_import(bench, task_37);
    bench_minute(bench, 2.0);
    answer = strike_off(bench, "37");
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    assert_non_null(strstr(answer.err.text, "zj-03/sonde/ammonia_nitrogen"));
    answer = bench_act(bench, "task.strike_off",
                       json_pack("{s:s, s:s, s:b}", "id", "37", "note", "x", "even_so", true));
    assert_int_equal(answer.err.kind, ERROR_NONE);
}

static void a_breach_that_was_none_lets_a_task_be_struck_off(void **state)
{
    struct bench *bench = *state;

    bench_kill(bench);
    bench->rule.for_ms = 10 * MINUTE_MS;
    bench_open(bench);
    bench_import(bench, task_37);
    bench_minute(bench, 2.0);
    bench_minute(bench, 0.5);
    assert_int_equal(strike_off(bench, "37").err.kind, ERROR_NONE);
}

static void a_strike_off_by_hand_is_refused_where_another_owns_the_ledger(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;

    bench_import(bench, task_37);
    answer = strike_off(bench, "37");
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    assert_non_null(strstr(answer.err.text, "town-system"));
}

static void the_owners_pull_wins_over_a_strike_off_and_keeps_what_it_replaced(void **state)
{
    static const char back[] =
        "[{\"id\":\"37\",\"category\":\"river\",\"title\":\"水黑\",\"state\":\"rectifying\"}]";
    struct bench *bench = *state;
    char *story;

    bench->ledger_owner = NULL;
    bench_kill(bench);
    bench_open(bench);
    bench_import(bench, task_37);
    assert_int_equal(strike_off(bench, "37").err.kind, ERROR_NONE);
    bench->ledger_owner = "town-system";
    bench_kill(bench);
    bench_open(bench);
    assert_int_equal(pull(bench, "town-system", back).err.kind, ERROR_NONE);
    assert_non_null(strstr(stored(bench, "37"), "\"rectifying\""));
    assert_non_null(strstr(stored(bench, "37"), point));
    story = bench_story(bench, 1 << ITEM_EVENT);
    assert_non_null(strstr(story, "\"replaced\":[{\"id\":\"37\""));
    free(story);
}

static void nobody_at_the_socket_may_pose_as_the_owner(void **state)
{
    static const char far[] = "[{\"id\":\"1\"}]"; /* the owner need not say what was found */
    struct bench *bench = *state;

    assert_int_equal(pull(bench, "li", far).err.kind, ERROR_WRONG_USE);
    assert_int_equal(pull(bench, "town-system", far).err.kind, ERROR_NONE);
}

static void a_pull_that_brings_nothing_still_remembers_how_far_it_came(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer = pull(bench, "town-system", "[]");

    assert_int_equal(answer.err.kind, ERROR_NONE);
    assert_int_equal(answer.seq, bench->began + 1);
}

/* The poller keeps the frames of whoever watches a task, from the commit on. */
static void who_watches_is_told_with_the_import_and_at_the_end_of_the_watch_period(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(bench->watch_times, 1); /* at the start */
    assert_false(bench->watches);
    bench_minute(bench, 1.0);
    assert_false(bench->watches);
    bench_import(bench, task_37);
    assert_true(bench->watches);
    strike_off(bench, "37");
    held_clock_advance(&bench->clock, 180 * 86400000LL - 3 * MINUTE_MS);
    bench_minute(bench, 1.0);
    assert_true(bench->watches);
    bench_minute(bench, 1.0);
    bench_minute(bench, 1.0);
    bench_minute(bench, 1.0);
    assert_false(bench->watches);
}

static void a_start_tells_who_watches_before_the_first_poll(void **state)
{
    struct bench *bench = *state;

    bench_import(bench, task_37);
    bench_kill(bench);
    bench->watches = false;
    bench_open(bench);
    assert_true(bench->watches);
}

/* Looking at ten thousand points each second would be felt. */
static void nobody_is_told_again_while_the_ledger_stands_still(void **state)
{
    struct bench *bench = *state;
    unsigned before;

    bench_import(bench, task_37);
    before = bench->watch_times;
    for (int i = 0; i < 10; i++) {
        held_clock_advance(&bench->clock, 5000);
        bench_push(bench, 1.0);
        bench_step(bench);
    }
    assert_int_equal(bench->watch_times, before);
}

#define WITH_LEDGER(test)       cmocka_unit_test_setup_teardown(test, set_up, bench_tear_down)
#define WITH_LEDGER_OWNED(test) cmocka_unit_test_setup_teardown(test, set_up_owned, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LEDGER(an_import_is_one_event_with_the_tasks_it_leaves_behind),
        WITH_LEDGER(importing_again_is_no_event_at_all),
        WITH_LEDGER(one_wrong_task_refuses_them_all),
        WITH_LEDGER(who_watches_is_told_with_the_import_and_at_the_end_of_the_watch_period),
        WITH_LEDGER(a_start_tells_who_watches_before_the_first_poll),
        WITH_LEDGER(nobody_is_told_again_while_the_ledger_stands_still),
        WITH_LEDGER(a_point_of_another_gateway_is_fine),
        WITH_LEDGER(a_petitioner_stands_in_the_event_as_a_digest_only),
        WITH_LEDGER(a_files_name_with_a_telephone_in_it_is_not_recorded),
        WITH_LEDGER(no_note_names_a_petitioner),
        WITH_LEDGER(a_petitioner_of_no_task_is_refused),
        WITH_LEDGER(striking_off_begins_the_watch_period),
        WITH_LEDGER(a_running_episode_refuses_a_strike_off_and_says_since_when),
        WITH_LEDGER(a_breach_that_is_not_proven_yet_refuses_a_strike_off_unless_insisted_on),
        WITH_LEDGER(a_breach_that_was_none_lets_a_task_be_struck_off),
        WITH_LEDGER_OWNED(a_strike_off_by_hand_is_refused_where_another_owns_the_ledger),
        WITH_LEDGER_OWNED(the_owners_pull_wins_over_a_strike_off_and_keeps_what_it_replaced),
        WITH_LEDGER_OWNED(nobody_at_the_socket_may_pose_as_the_owner),
        WITH_LEDGER_OWNED(a_pull_that_brings_nothing_still_remembers_how_far_it_came),
    };

    return cmocka_run_group_tests(tests, load_terms, free_terms);
}
