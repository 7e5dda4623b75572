/* Tests of ledger/task.c: one row of the ledger, and its JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/conf.h"
#include "ledger/task.h"

static const char whole[] =
    "{\"id\":\"37\",\"batch\":\"第一批\",\"source\":\"inspection\",\"kind\":\"finding\","
    "\"category\":\"river\",\"title\":\"岸边有垃圾\",\"site\":\"chuanyang-03\","
    "\"village\":\"新川村\",\"grid\":\"wg-07\",\"points\":[\"chuanyang-03/nh3/ammonia_nitrogen\"],"
    "\"measure\":\"清理\",\"owner\":{\"lead\":\"规建办\",\"unit\":\"新川村村委会\",\"person\":null}"
    ","
    "\"deadline\":\"2026-12-31\",\"state\":\"struck_off\",\"extended\":false,\"supervised\":true,"
    "\"struck_off\":\"2026-09-01T00:00:00.000Z\",\"watch_until\":\"2027-02-28T00:00:00.000Z\"}";

static struct wall_time at(const char *words)
{
    struct wall_time time = WALL_NONE;

    assert_true(moment_parse(words, &time));
    return time;
}

static bool read_words(struct task *task, const char *words, struct error *err)
{
    json_t *from = json_loads(words, JSON_ALLOW_NUL, NULL);
    bool read;

    assert_non_null(from);
    read = task_read(task, from, err);
    json_decref(from);
    return read;
}

/* `whole` with one member put over it. */
static bool read_with(struct task *task, const char *key, json_t *value, struct error *err)
{
    json_t *from = json_loads(whole, 0, NULL);
    bool read;

    json_object_set_new(from, key, value);
    read = task_read(task, from, err);
    json_decref(from);
    return read;
}

static void what_was_written_reads_back_the_same(void **state)
{
    struct task task;
    struct error err = {0};
    json_t *json;
    char *words;

    assert_true(read_words(&task, whole, &err));
    json = task_json(&task);
    words = json_dumps(json, JSON_COMPACT);
    assert_string_equal(words, whole);
    free(words);
    json_decref(json);
}

static void what_is_absent_is_null_and_never_left_out(void **state)
{
    static const char *const keys[] = {
        "id",         "batch",    "source", "kind",        "category", "title",
        "site",       "village",  "grid",   "measure",     "owner",    "deadline",
        "struck_off", "extended", "points", "watch_until", "state",    "supervised"};
    struct task task;
    struct error err = {0};
    json_t *json;

    assert_true(read_words(&task, "{\"id\":\"P-1\",\"state\":\"found\"}", &err));
    json = task_json(&task);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_non_null(json_object_get(json, keys[i]));
    assert_true(json_is_null(json_object_get(json, "site")));
    assert_true(json_is_null(json_object_get(json, "deadline")));
    assert_true(json_is_null(json_object_get(json, "struck_off")));
    assert_int_equal(json_array_size(json_object_get(json, "points")), 0);
    json_decref(json);
}

static void nothing_hostile_is_taken_for_a_task(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "{\"id\":\"\",\"state\":\"found\"}",
        "{\"id\":7,\"state\":\"found\"}",
        "{\"id\":\"7\"}",
        "{\"id\":\"7\",\"state\":\"done\"}",
        "{\"id\":\"7\",\"state\":\"found\",\"title\":[]}",
        "{\"id\":\"7\",\"state\":\"found\",\"title\":\"\\u001b[2J\"}",
        "{\"id\":\"7\\u0000\",\"state\":\"found\"}",
        "{\"id\":\"7\\n8\",\"state\":\"found\"}",
        "{\"id\":\"7\",\"state\":\"found\",\"deadline\":\"2026-02-30\"}",
        "{\"id\":\"7\",\"state\":\"found\",\"deadline\":\"2026-2-3\"}",
        "{\"id\":\"7\",\"state\":\"found\",\"struck_off\":\"soon\"}",
        "{\"id\":\"7\",\"state\":\"found\",\"points\":\"a/b/c\"}",
        "{\"id\":\"7\",\"state\":\"found\",\"points\":[1]}",
        "{\"id\":\"7\",\"state\":\"found\",\"owner\":\"li\"}",
        "{\"id\":\"7\",\"state\":\"found\",\"extended\":1}",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct task task;
        struct error err = {0};

        assert_false(read_words(&task, wrong[i], &err));
        assert_int_equal(err.kind, ERROR_WRONG_USE);
        assert_true(err.text[0] != '\0');
    }
}

static void a_text_too_long_is_refused_and_not_cut(void **state)
{
    static const char *const keys[] = {"id", "title", "measure", "village", "site"};
    char words[TASK_TEXT_SIZE + 1];

    memset(words, 'a', sizeof words);
    words[TASK_TEXT_SIZE] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct task task;
        struct error err = {0};

        assert_false(read_with(&task, keys[i], json_string(words), &err));
    }
}

static void more_points_than_a_task_may_name_are_refused(void **state)
{
    struct task task;
    struct error err = {0};
    json_t *points = json_array();

    for (int i = 0; i <= TASK_POINTS_MAX; i++)
        json_array_append_new(points, json_sprintf("site/device/c%d", i));
    assert_false(read_with(&task, "points", points, &err));
    assert_non_null(strstr(err.text, "37"));
}

static void a_point_named_twice_watches_once(void **state)
{
    struct task task;
    struct error err = {0};

    assert_true(read_with(&task, "points", json_pack("[s, s]", "a/b/c", "a/b/c"), &err));
    assert_int_equal(task.point_count, 1);
}

static void every_state_is_found_by_its_word(void **state)
{
    enum task_state found;

    for (int i = 0; i < TASK_STATE_COUNT; i++) {
        assert_true(task_state_find(task_state_word((enum task_state)i), &found));
        assert_int_equal(found, i);
        assert_true(task_state_title((enum task_state)i)[0] != '\0');
    }
    assert_false(task_state_find("", &found));
    assert_false(task_state_find(NULL, &found));
}

static void a_watch_period_begins_with_the_strike_off_and_ends_before_its_end(void **state)
{
    struct task task = {.state = TASK_STRUCK_OFF,
                        .struck_off = at("2026-09-01T00:00:00Z"),
                        .watch_until = at("2026-11-30T00:00:00Z")};

    assert_false(task_is_watched(&task, at("2026-08-31T23:59:59.999Z")));
    assert_true(task_is_watched(&task, at("2026-09-01T00:00:00Z")));
    assert_true(task_is_watched(&task, at("2026-11-29T23:59:59.999Z")));
    assert_false(task_is_watched(&task, at("2026-11-30T00:00:00Z")));
    assert_false(task_is_watched(&task, WALL_NONE));
    task.watch_until = WALL_NONE;
    assert_false(task_is_watched(&task, at("2026-09-01T00:00:00Z")));
}

static void each_state_is_open_watched_or_over(void **state)
{
    static const enum task_state over[] = {TASK_CLOSED, TASK_HANDED_OVER};
    static const enum task_state watched[] = {TASK_STRUCK_OFF, TASK_WATCHING, TASK_LOOKED_BACK};
    static const enum task_state open[] = {TASK_FOUND,   TASK_ASSIGNED, TASK_RECTIFYING,
                                           TASK_APPLIED, TASK_CHECKING, TASK_PUBLICISED,
                                           TASK_RETURNED};
    struct task task = {.struck_off = {0}, .watch_until = {1000}};

    for (size_t i = 0; i < sizeof over / sizeof over[0]; i++) {
        task.state = over[i];
        assert_false(task_is_open(&task) || task_is_watched(&task, (struct wall_time){500}));
    }
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++) {
        task.state = watched[i];
        assert_true(!task_is_open(&task) && task_is_watched(&task, (struct wall_time){500}));
    }
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        task.state = open[i];
        assert_true(task_is_open(&task) && !task_is_watched(&task, (struct wall_time){500}));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_reads_back_the_same),
        cmocka_unit_test(what_is_absent_is_null_and_never_left_out),
        cmocka_unit_test(nothing_hostile_is_taken_for_a_task),
        cmocka_unit_test(a_text_too_long_is_refused_and_not_cut),
        cmocka_unit_test(more_points_than_a_task_may_name_are_refused),
        cmocka_unit_test(a_point_named_twice_watches_once),
        cmocka_unit_test(every_state_is_found_by_its_word),
        cmocka_unit_test(a_watch_period_begins_with_the_strike_off_and_ends_before_its_end),
        cmocka_unit_test(each_state_is_open_watched_or_over),
    };

    conf_zone("Asia/Shanghai");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
