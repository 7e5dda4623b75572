/* Tests of ledger/intake_merge.c: what a row makes of the task there is. */
#include "unit/ledger/small_ledger.h"

static const char row_new[] = "{\"id\":\"7\",\"category\":\"river\",\"title\":\"水黑\"}";

/* Merges a row over `old`; the fields come back as "state,deadline". */
struct merged {
    bool good;
    enum intake_change change;
    struct task task;
    bool kept_state;
    char fields[200];
    struct error err;
};

static struct merged merge_with(struct intake_merge merge, const char *words)
{
    struct merged out = {0};
    json_t *row = json_loads(words, 0, NULL);

    assert_non_null(row);
    merge.terms = small_terms;
    merge.now = moment("2026-11-23 08:00");
    out.good = intake_merge(&merge, row, &out.err);
    out.change = merge.change;
    out.task = merge.task;
    out.kept_state = merge.kept_state;
    for (size_t i = 0; out.good && i < json_array_size(merge.fields); i++) {
        strcat(out.fields, i > 0 ? "," : "");
        strcat(out.fields, json_string_value(json_array_get(merge.fields, i)));
    }
    json_decref(merge.fields);
    json_decref(row);
    return out;
}

static struct merged merge(const struct task *old, const char *words)
{
    return merge_with((struct intake_merge){.old = old}, words);
}

static struct merged merge_struck_here(const struct task *old, const char *words)
{
    return merge_with((struct intake_merge){.old = old, .struck_here = true}, words);
}

/* Task 7 of a river, in that state. */
static struct task task_in(enum task_state state)
{
    struct task task = {.id = "7",
                        .kind = "finding",
                        .category = "river",
                        .title = "水黑",
                        .state = state,
                        .struck_off = WALL_NONE,
                        .watch_until = WALL_NONE};

    if (state >= TASK_STRUCK_OFF && state <= TASK_CLOSED) {
        task.struck_off = moment("2026-10-20 14:32");
        task.watch_until = moment("2027-04-18 14:32");
    }
    return task;
}

static void what_was_not_there_is_added(void **state)
{
    struct merged out = merge(NULL, row_new);

    assert_true(out.good);
    assert_int_equal(out.change, INTAKE_ADDED);
    assert_int_equal(out.task.state, TASK_FOUND);
    assert_string_equal(out.task.kind, "finding");
}

static void the_same_row_again_changes_nothing(void **state)
{
    struct merged first = merge(NULL, row_new);
    struct merged out = merge(&first.task, row_new);

    assert_true(out.good);
    assert_int_equal(out.change, INTAKE_LEFT);
    assert_string_equal(out.fields, "");
}

static void only_what_the_row_speaks_about_changes(void **state)
{
    struct task old = task_in(TASK_RECTIFYING);
    struct merged out;

    strcpy(old.person, "村级河长");
    strcpy(old.points[old.point_count++], "river-1/sonde/ph");
    out = merge(&old, "{\"id\":\"7\",\"deadline\":\"2026-12-31\",\"owner\":{\"lead\":\"河长办\"}}");
    assert_int_equal(out.change, INTAKE_CHANGED);
    assert_string_equal(out.fields, "owner,deadline");
    assert_string_equal(out.task.person, "村级河长");
    assert_int_equal(out.task.point_count, 1);
    assert_int_equal(out.task.state, TASK_RECTIFYING);
}

static void a_task_without_text_is_refused(void **state)
{
    assert_false(merge(NULL, "{\"id\":\"7\",\"category\":\"river\"}").good);
    assert_true(merge(NULL, "{\"id\":\"7\",\"title\":\"x\"}").good);
    assert_true(merge(NULL, "{\"id\":\"7\",\"title\":\"x\",\"category\":\"畜禽养殖\"}").good);
}

static void a_strike_off_begins_the_watch_period_of_its_category(void **state)
{
    static const struct {
        const char *category;
        const char *until;
    } cases[] = {
        {"river",    "2027-04-18 00:00"},
        {"catering", "2026-11-19 00:00"},
        {"industry", "2027-01-18 00:00"}
    };

    for (size_t i = 0; i < 3; i++) {
        char row[300];
        struct merged out;

        snprintf(row, sizeof row,
                 "{\"id\":\"7\",\"category\":\"%s\",\"title\":\"x\",\"state\":\"struck_off\","
                 "\"struck_off\":\"2026-10-19T16:00:00.000Z\"}",
                 cases[i].category);
        out = merge(NULL, row);
        assert_true(out.good);
        assert_int_equal(out.task.watch_until.ms, moment(cases[i].until).ms);
    }
}

static void a_date_alone_is_a_strike_off_too(void **state)
{
    struct merged out =
        merge(NULL, "{\"id\":\"7\",\"category\":\"river\",\"title\":\"x\",\"state\":null,"
                    "\"struck_off\":\"2026-10-19T16:00:00.000Z\"}");

    assert_true(out.good);
    assert_int_equal(out.task.state, TASK_STRUCK_OFF);
}

static void a_strike_off_without_its_date_is_refused(void **state)
{
    struct merged out = merge(
        NULL, "{\"id\":\"7\",\"category\":\"river\",\"title\":\"x\",\"state\":\"looked_back\"}");

    assert_false(out.good);
    assert_non_null(strstr(out.err.text, "销号日期"));
}

static void an_open_state_with_a_strike_off_is_refused(void **state)
{
    assert_false(
        merge(NULL, "{\"id\":\"7\",\"category\":\"river\",\"title\":\"x\",\"state\":\"rectifying\","
                    "\"struck_off\":\"2026-10-19T16:00:00.000Z\"}")
            .good);
}

static void a_strike_off_made_here_is_not_undone_by_a_table(void **state)
{
    struct task old = task_in(TASK_STRUCK_OFF);
    struct merged out =
        merge_struck_here(&old, "{\"id\":\"7\",\"state\":\"rectifying\",\"struck_off\":null}");

    assert_true(out.good);
    assert_int_equal(out.change, INTAKE_LEFT);
    assert_true(out.kept_state);
    assert_int_equal(out.task.struck_off.ms, old.struck_off.ms);
    assert_int_equal(out.task.watch_until.ms, old.watch_until.ms);
}

static void a_table_that_says_the_same_day_contradicts_nothing(void **state)
{
    struct task old = task_in(TASK_STRUCK_OFF);
    struct merged out = merge_struck_here(&old, "{\"id\":\"7\",\"state\":\"struck_off\","
                                                "\"struck_off\":\"2026-10-19T16:00:00.000Z\"}");

    assert_int_equal(out.change, INTAKE_LEFT);
    assert_false(out.kept_state);
    assert_int_equal(out.task.struck_off.ms, old.struck_off.ms);
}

static void returned_undoes_a_strike_off(void **state)
{
    struct task old = task_in(TASK_STRUCK_OFF);
    struct merged out = merge_struck_here(&old, "{\"id\":\"7\",\"state\":\"returned\"}");

    assert_true(out.good);
    assert_int_equal(out.change, INTAKE_CHANGED);
    assert_int_equal(out.task.state, TASK_RETURNED);
    assert_false(wall_is_known(out.task.struck_off));
    assert_false(wall_is_known(out.task.watch_until));
}

static void a_struck_off_task_goes_on_to_later_states(void **state)
{
    struct task old = task_in(TASK_STRUCK_OFF);
    struct merged out = merge_struck_here(&old, "{\"id\":\"7\",\"state\":\"looked_back\"}");

    assert_true(out.good);
    assert_int_equal(out.task.state, TASK_LOOKED_BACK);
    assert_int_equal(out.task.struck_off.ms, old.struck_off.ms);
}

static void what_an_earlier_table_struck_off_a_table_may_correct(void **state)
{
    struct task old = task_in(TASK_STRUCK_OFF);
    struct merged out = merge(&old, "{\"id\":\"7\",\"struck_off\":\"2026-11-01T16:00:00.000Z\"}");

    assert_true(out.good);
    assert_string_equal(out.fields, "struck_off,watch_until");
    out = merge(&old, "{\"id\":\"7\",\"state\":\"rectifying\",\"struck_off\":null}");
    assert_int_equal(out.task.state, TASK_RECTIFYING);
    assert_false(wall_is_known(out.task.watch_until));
}

static void a_running_watch_period_keeps_its_end(void **state)
{
    struct task old = task_in(TASK_STRUCK_OFF);
    struct merged out;

    old.watch_until = moment("2027-01-01");
    out = merge(&old, "{\"id\":\"7\",\"title\":\"水还是黑\"}");
    assert_int_equal(out.task.watch_until.ms, old.watch_until.ms);
    out = merge(&old, "{\"id\":\"7\",\"category\":\"catering\"}");
    assert_int_equal(out.task.watch_until.ms, old.struck_off.ms + 30 * 86400000LL);
}

static void the_system_that_owns_the_ledger_wins_but_keeps_our_points(void **state)
{
    struct task old = task_in(TASK_STRUCK_OFF);
    struct merged out;

    strcpy(old.points[old.point_count++], "river-1/sonde/ph");
    out = merge_with(
        (struct intake_merge){.old = &old, .struck_here = true, .from_owner = true},
        "{\"id\":\"7\",\"state\":\"rectifying\",\"points\":[],\"category\":\"whatever\"}");
    assert_true(out.good);
    assert_int_equal(out.task.state, TASK_RECTIFYING);
    assert_false(wall_is_known(out.task.struck_off));
    assert_int_equal(out.task.point_count, 1);
}

static void a_telephone_does_not_come_in_by_any_way(void **state)
{
    assert_false(
        merge(NULL, "{\"id\":\"7\",\"category\":\"river\",\"title\":\"来电 13800000000\"}").good);
    assert_false(merge_with((struct intake_merge){.from_owner = true},
                            "{\"id\":\"7\",\"title\":\"来电 13800000000\"}")
                     .good);
    assert_false(merge(NULL, "{\"id\":\"7\",\"category\":\"river\",\"title\":\"x\","
                             "\"site\":\"13800000000\"}")
                     .good);
    assert_false(merge(NULL, "{\"id\":\"7\",\"category\":\"river\",\"title\":\"x\","
                             "\"points\":[\"13800000000/*/*\"]}")
                     .good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_there_is_added),
        cmocka_unit_test(the_same_row_again_changes_nothing),
        cmocka_unit_test(only_what_the_row_speaks_about_changes),
        cmocka_unit_test(a_task_without_text_is_refused),
        cmocka_unit_test(a_strike_off_begins_the_watch_period_of_its_category),
        cmocka_unit_test(a_date_alone_is_a_strike_off_too),
        cmocka_unit_test(a_strike_off_without_its_date_is_refused),
        cmocka_unit_test(an_open_state_with_a_strike_off_is_refused),
        cmocka_unit_test(a_strike_off_made_here_is_not_undone_by_a_table),
        cmocka_unit_test(a_table_that_says_the_same_day_contradicts_nothing),
        cmocka_unit_test(returned_undoes_a_strike_off),
        cmocka_unit_test(a_struck_off_task_goes_on_to_later_states),
        cmocka_unit_test(what_an_earlier_table_struck_off_a_table_may_correct),
        cmocka_unit_test(a_running_watch_period_keeps_its_end),
        cmocka_unit_test(the_system_that_owns_the_ledger_wins_but_keeps_our_points),
        cmocka_unit_test(a_telephone_does_not_come_in_by_any_way),
    };

    return cmocka_run_group_tests(tests, small_ledger_begin, small_ledger_end);
}
