/* Tests of page/ledger*.c: what the page says of the ledger, of rows as they may stand in a store.
 */
#include "unit/record/ledger_top.h"

#include "base/say.h"
#include "page/ledger_inside.h"
#include "store/store.h"
#include "town/settings.h"

struct desk {
    char dir[64];
    struct settings settings;
    struct catalog_site site;
    struct catalog_device device;
    struct catalog catalog;
    struct held_clock clock;
    struct page_host host;
    struct reader *reader;
    struct http_query query;
    struct http_answer answer;
    struct call call;
    json_t *json; /* of the last answer */
};

static void must(bool done, const struct error *err)
{
    if (!done)
        fail_msg("%s", err->text);
}

static struct store *open_store(const char *dir)
{
    struct error err = {0};
    struct store *store = store_open(dir, "boot-a", (struct wall_time){1790000000000}, &err);

    must(store != NULL, &err);
    return store;
}

static int begin(void **state)
{
    say_in(LANGUAGE_EN);
    return load_terms(state) || !conf_zone("Asia/Shanghai");
}

static int set_up(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);

    snprintf(desk->dir, sizeof desk->dir, "/tmp/lookback-ledger-XXXXXX");
    assert_non_null(mkdtemp(desk->dir));
    store_close(open_store(desk->dir));
    held_clock_init(&desk->clock, WALL_NONE);
    assert_true(moment_parse("2026-11-23 12:00", &desk->clock.wall));
    desk->settings.terms = terms;
    desk->catalog = (struct catalog){
        .sites = &desk->site, .site_count = 1, .devices = &desk->device, .device_count = 1};
    snprintf(desk->site.name, sizeof desk->site.name, "mill");
    snprintf(desk->device.name, sizeof desk->device.name, "sonde");
    desk->host = (struct page_host){
        .settings = &desk->settings, .catalog = &desk->catalog, .clock = &desk->clock.clock};
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    char command[96];

    json_decref(desk->json);
    answer_end(&desk->answer);
    snprintf(command, sizeof command, "rm -rf %s", desk->dir);
    assert_int_equal(system(command), 0);
    free(desk);
    return 0;
}

/* --- rows ------------------------------------------------------------------------------------ */

static void put_task(struct desk *desk, const char *id, const char *deadline, const char *body)
{
    struct error err = {0};
    struct store *store = open_store(desk->dir);
    const struct task_row row = {.id = id,
                                 .state = "assigned",
                                 .site = "",
                                 .deadline = deadline,
                                 .struck_off = WALL_NONE,
                                 .watch_until = WALL_NONE,
                                 .body = body};

    must(store_begin(store, &err), &err);
    must(store_put_task(store, &row, &err), &err);
    must(store_commit(store, &err), &err);
    store_close(store);
}

static void put_problem(struct desk *desk, const char *uid, const char *body)
{
    struct error err = {0};
    struct store *store = open_store(desk->dir);
    struct problem_row row = {.version = 1,
                              .kind = "new",
                              .nature = "breach",
                              .state = "open",
                              .rule = "nh3",
                              .point = 1,
                              .first = (struct wall_time){1790000000000},
                              .last = (struct wall_time){1790000000000},
                              .ended = WALL_NONE,
                              .body = body};

    snprintf(row.uid, sizeof row.uid, "%s", uid);
    must(store_begin(store, &err), &err);
    must(store_put_problem(store, &row, &err), &err);
    must(store_commit(store, &err), &err);
    store_close(store);
}

/* --- questions ------------------------------------------------------------------------------- */

/* Gives the answer's JSON, borrowed from the desk. */
static json_t *ask(struct desk *desk, void (*answer)(struct call *call), const char *query,
                   const char *variable, int status)
{
    struct error err = {0};

    answer_end(&desk->answer);
    assert_true(http_query_read(&desk->query, query));
    desk->reader = reader_open(desk->dir, &err);
    assert_non_null(desk->reader);
    desk->call = (struct call){.query = &desk->query,
                               .host = &desk->host,
                               .reader = desk->reader,
                               .answer = &desk->answer};
    snprintf(desk->call.vars[0], VAR_SIZE, "%s", variable);
    answer(&desk->call);
    reader_close(desk->reader);
    assert_int_equal(desk->answer.status, status);
    json_decref(desk->json);
    desk->json = json_loads(desk->answer.bytes, 0, NULL);
    assert_non_null(desk->json);
    return desk->json;
}

static const json_t *at(const json_t *from, const char *list, size_t index)
{
    return json_array_get(json_object_get(from, list), index);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void a_row_that_holds_more_than_the_contract_gives_no_more(void **state)
{
    struct desk *desk = *state;
    const json_t *task;

    put_task(desk, "37", "",
             "{\"id\":\"37\",\"title\":\"油烟\",\"state\":\"assigned\",\"petitioner\":\"王某某\","
             "\"telephone\":\"13800000000\",\"owner\":{\"unit\":\"村委会\",\"id_card\":\"310…\"},"
             "\"points\":[]}");
    task = at(ask(*state, ledger_tasks, NULL, "", 200), "tasks", 0);
    assert_int_equal(json_object_size(task), 23);
    assert_int_equal(json_object_size(json_object_get(task, "owner")), 3);
    assert_null(strstr(desk->answer.bytes, "13800000000"));
    assert_null(strstr(desk->answer.bytes, "王某某"));
    assert_null(strstr(desk->answer.bytes, "310…"));
    ask(*state, ledger_task, NULL, "37", 200);
    assert_null(strstr(desk->answer.bytes, "13800000000"));
    assert_null(strstr(desk->answer.bytes, "310…"));
}

static void rows_that_are_no_json_are_left_out_and_the_list_goes_on(void **state)
{
    json_t *whole;

    put_task(*state, "1", "", "not JSON");
    put_task(*state, "2", "", "[1, 2]");
    put_task(*state, "3", "", "{\"id\":\"3\",\"state\":\"assigned\",\"points\":[7,null,{}]}");
    put_problem(*state, "aaaaaaaa", "{\"uid\":");
    put_problem(*state, "bbbbbbbb", "\"a text\"");
    put_problem(*state, "bbbbbbbc", "[1, 2]");
    put_problem(*state, "cccccccc", "{\"uid\":\"cccccccc\",\"tasks\":7,\"point\":[]}");
    whole = ask(*state, ledger_tasks, NULL, "", 200);
    assert_int_equal(json_array_size(json_object_get(whole, "tasks")), 1);
    whole = ask(*state, ledger_problems, NULL, "", 200);
    assert_int_equal(json_array_size(json_object_get(whole, "problems")), 1);
    ask(*state, ledger_problem, NULL, "aaaaaaaa", 503);
    whole = ask(*state, ledger_problem, NULL, "cccccccc", 200);
    assert_int_equal(json_array_size(json_object_get(whole, "tasks")), 0);
    ask(*state, ledger_task, NULL, "3", 200);
}

static void numbers_keep_the_text_they_were_stored_with(void **state)
{
    struct desk *desk = *state;

    put_problem(*state, "aaaaaaaa", "{\"uid\":\"aaaaaaaa\",\"worst\":{\"value\":2.31}}");
    ask(*state, ledger_problems, NULL, "", 200);
    assert_non_null(strstr(desk->answer.bytes, "\"value\":2.31}"));
    ask(*state, ledger_problem, NULL, "aaaaaa", 200);
    assert_non_null(strstr(desk->answer.bytes, "\"value\":2.31}"));
}

static void what_is_due_changes_at_midnight_of_the_collectors_zone(void **state)
{
    static const struct {
        const char *now;
        int days;
        bool overdue;
    } cases[] = {
        {"2026-11-30 23:59", 1,  false},
        {"2026-12-01 00:00", 0,  false},
        {"2026-12-01 23:59", 0,  false},
        {"2026-12-02 00:00", -1, true },
    };
    struct desk *desk = *state;

    put_task(desk, "37", "2026-12-01",
             "{\"id\":\"37\",\"title\":\"t\",\"state\":\"assigned\",\"deadline\":\"2026-12-01\","
             "\"points\":[]}");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const json_t *whole, *task, *counts;

        assert_true(moment_parse(cases[i].now, &desk->clock.wall));
        whole = ask(desk, ledger_tasks, NULL, "", 200);
        task = at(whole, "tasks", 0);
        counts = json_object_get(whole, "counts");
        assert_int_equal(json_integer_value(json_object_get(task, "days")), cases[i].days);
        assert_int_equal(json_is_true(json_object_get(task, "overdue")), cases[i].overdue);
        assert_int_equal(json_integer_value(json_object_get(counts, "overdue")), cases[i].overdue);
        assert_int_equal(json_integer_value(json_object_get(counts, "soon")), !cases[i].overdue);
        whole = ask(desk, ledger_tasks, "due=overdue", "", 200);
        assert_int_equal(json_array_size(json_object_get(whole, "tasks")), cases[i].overdue);
        whole = ask(desk, ledger_tasks, "due=soon", "", 200);
        assert_int_equal(json_array_size(json_object_get(whole, "tasks")), !cases[i].overdue);
    }
}

static void soon_is_up_to_and_with_the_last_day_of_it(void **state)
{
    struct desk *desk = *state;
    struct wall_time noon;

    put_task(desk, "37", "2026-12-01",
             "{\"id\":\"37\",\"title\":\"t\",\"state\":\"assigned\",\"deadline\":\"2026-12-01\","
             "\"points\":[]}");
    assert_true(moment_parse("2026-12-01 12:00", &noon));
    for (int before = 0; before <= 1; before++) {
        const json_t *whole;

        desk->clock.wall.ms = noon.ms - terms->due_soon_ms - before * 86400000;
        whole = ask(desk, ledger_tasks, "due=soon", "", 200);
        assert_int_equal(json_array_size(json_object_get(whole, "tasks")), !before);
        assert_int_equal(
            json_integer_value(json_object_get(json_object_get(whole, "counts"), "soon")), !before);
    }
}

static void first_digits_of_two_problems_are_ambiguous(void **state)
{
    put_problem(*state, "abcdef11", "{\"uid\":\"abcdef11\"}");
    put_problem(*state, "abcdef22", "{\"uid\":\"abcdef22\"}");
    ask(*state, ledger_problem, NULL, "abcdef", 400);
    ask(*state, ledger_problem, NULL, "ABCDEF2", 200);
    ask(*state, ledger_problem, NULL, "abcde", 404);
    ask(*state, ledger_problem, NULL, "abcdeg", 404);
    ask(*state, ledger_problem, NULL, "abcdef33", 404);
}

static void a_store_without_seals_has_none_and_no_key(void **state)
{
    const json_t *whole = ask(*state, ledger_seals, NULL, "", 200);

    assert_int_equal(json_array_size(json_object_get(whole, "seals")), 0);
    assert_true(json_is_null(json_object_get(whole, "key")));
    assert_true(json_is_null(json_object_get(whole, "next")));
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_DESK(a_row_that_holds_more_than_the_contract_gives_no_more),
        AT_DESK(rows_that_are_no_json_are_left_out_and_the_list_goes_on),
        AT_DESK(numbers_keep_the_text_they_were_stored_with),
        AT_DESK(what_is_due_changes_at_midnight_of_the_collectors_zone),
        AT_DESK(soon_is_up_to_and_with_the_last_day_of_it),
        AT_DESK(first_digits_of_two_problems_are_ambiguous),
        AT_DESK(a_store_without_seals_has_none_and_no_key),
    };

    return cmocka_run_group_tests(tests, begin, free_terms);
}
