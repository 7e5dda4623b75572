/* Tests of what the judge remembers and of the ledger's rows: store/store.h and store/reader.h. */
#include "unit/store/place.h"

static void begin(struct store *store)
{
    struct error err = {0};

    must(store_begin(store, &err), &err);
}

static void commit(struct store *store)
{
    struct error err = {0};

    must(store_commit(store, &err), &err);
}

static void put_memory(struct store *store, const char *name, uint64_t seq, const char *body)
{
    struct error err = {0};

    must(store_put_memory(store, name, seq, body, strlen(body), &err), &err);
}

static bool list_memory(void *self, const char *name, uint64_t seq, const void *body, size_t size)
{
    fprintf(self, "%s@%d=%.*s ", name, (int)seq, (int)size, (const char *)body);
    return true;
}

static void memory_is(struct store *store, const char *wanted)
{
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    must(store_each_memory(store, list_memory, out, &err), &err);
    fclose(out);
    assert_string_equal(found, wanted);
}

static void memory_is_replaced_by_name_and_an_empty_one_removed(void **state)
{
    struct store *store = open_store(*state, "boot-a");

    begin(store);
    put_memory(store, "tally/2", 5, "two");
    put_memory(store, "tally/1", 5, "one");
    put_memory(store, "screen/1", 5, "s");
    commit(store);
    begin(store);
    put_memory(store, "tally/1", 9, "another");
    put_memory(store, "screen/1", 9, "");
    memory_is(store, "tally/1@9=another tally/2@5=two ");
    commit(store);
    store_close(store);
    store = open_store(*state, "boot-b");
    memory_is(store, "tally/1@9=another tally/2@5=two ");
    store_close(store);
}

static bool enough(void *self, const char *name, uint64_t seq, const void *body, size_t size)
{
    ++*(int *)self;
    return false;
}

static void whoever_cannot_take_a_memory_ends_the_reading_of_it(void **state)
{
    struct store *store = open_store(*state, "boot-a");
    struct error err = {0};
    int asked = 0;

    begin(store);
    put_memory(store, "tally/1", 5, "one");
    put_memory(store, "tally/2", 5, "two");
    commit(store);
    assert_false(store_each_memory(store, enough, &asked, &err));
    assert_int_equal(asked, 1);
    store_close(store);
}

static void put_task(struct store *store, const char *id, const char *state,
                     const char *const *points, size_t count)
{
    struct error err = {0};
    char body[128];
    struct task_row row = {.id = id,
                           .state = state,
                           .site = "canteen",
                           .deadline = "2026-12-31",
                           .body = body,
                           .struck_off = at_ms(1000),
                           .watch_until = WALL_NONE,
                           .seq = store_last_seq(store),
                           .points = points,
                           .point_count = count};

    snprintf(body, sizeof body, "{\"id\":\"%s\",\"state\":\"%s\"}", id, state);
    must(store_put_task(store, &row, &err), &err);
}

static void what_is_undone_leaves_no_memory_and_no_task(void **state)
{
    struct store *store = open_store(*state, "boot-a");
    const char *const points[] = {"canteen/hood/cooking_fume"};

    begin(store);
    put_memory(store, "tally/1", 5, "one");
    put_task(store, "37", "found", points, 1);
    store_rollback(store);
    memory_is(store, "");
    ask_is(*state, "SELECT count(*) FROM task", "0\n");
    ask_is(*state, "SELECT count(*) FROM task_point", "0\n");
    store_close(store);
}

static void a_task_is_replaced_as_a_whole_with_its_points(void **state)
{
    struct store *store = open_store(*state, "boot-a");
    const char *const points[] = {"canteen/hood/cooking_fume", "canteen/hood/nmhc",
                                  "canteen/hood/nmhc"};
    const char *const others[] = {"canteen/new/cooking_fume"};

    begin(store);
    put_task(store, "37", "rectifying", points, 3);
    put_task(store, "38", "found", points, 1);
    commit(store);
    ask_is(*state, "SELECT task, point FROM task_point ORDER BY task, point",
           "37|canteen/hood/cooking_fume\n37|canteen/hood/nmhc\n38|canteen/hood/cooking_fume\n");
    begin(store);
    put_task(store, "37", "struck_off", others, 1);
    commit(store);
    store_close(store);
    ask_is(
        *state,
        "SELECT id, state, site, deadline, struck_off - 1790000000000, watch_until, seq, body"
        " FROM task WHERE id = '37'",
        "37|struck_off|canteen|2026-12-31|1000|NULL|0|{\"id\":\"37\",\"state\":\"struck_off\"}\n");
    ask_is(*state, "SELECT task, point FROM task_point ORDER BY task, point",
           "37|canteen/new/cooking_fume\n38|canteen/hood/cooking_fume\n");
}

static bool list_task(void *self, const char *id, const char *body)
{
    assert_non_null(strstr(body, id));
    fprintf(self, "%s ", id);
    return true;
}

static bool list_body(void *self, const char *body, const char *relapses)
{
    int length = 0;

    sscanf(body, "{\"id\":\"%*[^\"]%n", &length);
    fprintf(self, "%.*s%s ", length - 7, body + 7, relapses);
    return true;
}

static void tasks_are(struct place *place, const char *id, const char *wanted)
{
    struct reader *reader = open_reader(place);
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    must(reader_tasks(reader, id, list_body, out, &err), &err);
    fclose(out);
    assert_string_equal(found, wanted);
    reader_close(reader);
}

static void tasks_come_in_the_order_of_their_ids_and_numbers_are_numbers(void **state)
{
    static const char *const ids[] = {
        "102", "P10", "9", "P2", "10", "123456789012345678901234567890", "037"};
    static const char wanted[] = "9 10 037 102 123456789012345678901234567890 P2 P10 ";
    struct store *store = open_store(*state, "boot-a");
    struct error err = {0};
    char found[256] = "";
    FILE *out;

    begin(store);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        put_task(store, ids[i], "found", NULL, 0);
    out = fmemopen(found, sizeof found, "w");
    must(store_each_task(store, list_task, out, &err), &err); /* in the open transaction */
    fclose(out);
    assert_string_equal(found, wanted);
    commit(store);
    store_close(store);
    tasks_are(*state, NULL, "9[] 10[] 037[] 102[] 123456789012345678901234567890[] P2[] P10[] ");
    tasks_are(*state, "10", "10[] ");
    tasks_are(*state, "none", "");
}

static void put_problem(struct store *store, const char *uid, int64_t first_ms, const char *body)
{
    struct error err = {0};
    struct problem_row row = {.version = 1,
                              .kind = "relapse",
                              .nature = "breach",
                              .state = "open",
                              .rule = "fume",
                              .point = 1,
                              .first = at_ms(first_ms),
                              .last = at_ms(first_ms),
                              .ended = WALL_NONE,
                              .body = body};

    snprintf(row.uid, sizeof row.uid, "%s", uid);
    must(store_put_problem(store, &row, &err), &err);
}

static void a_task_names_the_problems_that_are_its_relapses(void **state)
{
    struct store *store = open_store(*state, "boot-a");

    begin(store);
    put_task(store, "3", "watching", NULL, 0);
    put_task(store, "37", "watching", NULL, 0);
    put_task(store, "38", "watching", NULL, 0);
    put_problem(store, "b", 1000, "{\"tasks\":[\"37\",\"3\"],\"relapse_of\":[\"37\"]}");
    put_problem(store, "a", 2000, "{\"tasks\":[\"37\"],\"relapse_of\":[\"38\",\"37\"]}");
    put_problem(store, "c", 3000, "{\"tasks\":[\"3\"],\"relapse_of\":[]}");
    put_problem(store, "d", 3000, "{\"tasks\":[\"3\"]}");
    put_problem(store, "e", 3000, "not JSON at all, and no reason to tell nothing of the others");
    commit(store);
    store_close(store);
    tasks_are(*state, NULL, "3[] 37[\"b\",\"a\"] 38[\"a\"] ");
    tasks_are(*state, "38", "38[\"a\"] ");
}

static bool list_episode(void *self, const struct episode_row *row)
{
    fprintf(self, "%s/%u %d-%d %s %g %s; ", row->uid, row->number, (int)(row->first.ms - NOON_MS),
            (int)(row->last.ms - NOON_MS), wall_is_known(row->ended) ? "ended" : "runs", row->worst,
            row->ended_by);
    return true;
}

static void episodes_are(struct place *place, const char *uid, const char *wanted)
{
    struct reader *reader = open_reader(place);
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    must(reader_episodes(reader, uid, list_episode, out, &err), &err);
    fclose(out);
    assert_string_equal(found, wanted);
    reader_close(reader);
}

static void episodes_come_by_problem_and_number(void **state)
{
    struct store *store = open_store(*state, "boot-a");
    struct error err = {0};
    struct episode_row row = {.uid = "b",
                              .number = 2,
                              .first = at_ms(5),
                              .last = at_ms(6),
                              .ended = WALL_NONE,
                              .worst = 9.5,
                              .ended_by = ""};

    begin(store);
    must(store_put_episode(store, &row, &err), &err);
    row.number = 1;
    row.ended = at_ms(7);
    row.ended_by = "recovered";
    must(store_put_episode(store, &row, &err), &err);
    row.uid[0] = 'a';
    must(store_put_episode(store, &row, &err), &err);
    commit(store);
    store_close(store);
    episodes_are(*state, NULL,
                 "a/1 5-6 ended 9.5 recovered; b/1 5-6 ended 9.5 recovered; b/2 5-6 runs 9.5 ; ");
    episodes_are(*state, "b", "b/1 5-6 ended 9.5 recovered; b/2 5-6 runs 9.5 ; ");
}

static bool list_event(void *self, uint64_t seq, struct wall_time time, const char *who,
                       const char *arguments)
{
    fprintf(self, "%d %s %s %s; ", (int)seq, wall_is_known(time) ? "timed" : "untimed", who,
            arguments);
    return true;
}

static void events_are(struct place *place, const char *kind, const char *wanted)
{
    struct reader *reader = open_reader(place);
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    must(reader_events(reader, kind, list_event, out, &err), &err);
    fclose(out);
    assert_string_equal(found, wanted);
    reader_close(reader);
}

static void events_of_a_kind_come_in_order(void **state)
{
    struct store *store = open_store(*state, "boot-a");
    struct event events[] = {
        {.kind = "gap",       .time = WALL_NONE, .who = "",   .arguments = "{\"n\":1}"},
        {.kind = "task.note", .time = at_ms(1),  .who = "li", .arguments = "{\"n\":2}"},
        {.kind = "gap",       .time = at_ms(2),  .who = "",   .arguments = "{\"n\":3}"},
    };
    struct error err = {0};

    begin(store);
    for (size_t i = 0; i < 3; i++)
        must(store_add_event(store, &events[i], &err), &err);
    commit(store);
    store_close(store);
    events_are(*state, "gap", "1 untimed  {\"n\":1}; 3 timed  {\"n\":3}; ");
    events_are(*state, NULL, "1 untimed  {\"n\":1}; 2 timed li {\"n\":2}; 3 timed  {\"n\":3}; ");
    events_are(*state, "none", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(memory_is_replaced_by_name_and_an_empty_one_removed),
        IN_PLACE(whoever_cannot_take_a_memory_ends_the_reading_of_it),
        IN_PLACE(what_is_undone_leaves_no_memory_and_no_task),
        IN_PLACE(a_task_is_replaced_as_a_whole_with_its_points),
        IN_PLACE(tasks_come_in_the_order_of_their_ids_and_numbers_are_numbers),
        IN_PLACE(a_task_names_the_problems_that_are_its_relapses),
        IN_PLACE(episodes_come_by_problem_and_number),
        IN_PLACE(events_of_a_kind_come_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
