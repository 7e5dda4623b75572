/* Tests of store/reader_lists.h: tasks a page at a time, and the deeds of people. */
#include "unit/store/place.h"

#include "store/reader_lists.h"

static void put_task(struct store *store, const char *id, const char *state, const char *deadline,
                     const char *rest)
{
    struct error err = {0};
    char body[500];
    struct task_row row = {.id = id,
                           .state = state,
                           .site = id[0] == '1' ? "mill" : "",
                           .deadline = deadline,
                           .struck_off = WALL_NONE,
                           .watch_until = WALL_NONE,
                           .body = body};

    snprintf(body, sizeof body, "{\"id\":\"%s\",%s}", id, rest);
    must(store_put_task(store, &row, &err), &err);
}

static void put_tasks(struct place *place)
{
    struct store *store = begin_rows(place);

    put_task(store, "P10", "found", "", "\"title\":\"100% sure\",\"owner\":{\"person\":\"Wang\"}");
    put_task(store, "10", "found", "2026-11-20",
             "\"title\":\"smoke\",\"village\":\"East\",\"owner\":{\"unit\":\"Agency\"}");
    put_task(store, "9", "struck_off", "2026-11-01",
             "\"title\":\"a_b\",\"village\":\"West\",\"measure\":\"say \\\"no\\\"\","
             "\"owner\":{\"lead\":\"Agency\",\"unit\":\"Police\"}");
    put_task(store, "P2", "found", "2026-12-02",
             "\"title\":\"axb\",\"village\":\"East\",\"category\":\"river\",\"owner\":{}");
    put_task(store, "037", "assigned", "2026-12-01", "\"title\":\"油烟\",\"owner\":{}");
    end_rows(store);
}

static bool list_id(void *self, const char *body, const char *relapses)
{
    const char *at = strstr(body, "\"id\":\"");

    assert_non_null(at);
    fprintf(self, "%.*s ", (int)strcspn(at + 6, "\""), at + 6);
    return true;
}

static void tasks_are(struct place *place, struct tasks_wish wish, const char *wanted)
{
    struct reader *reader = open_reader(place);
    char next[LIST_ID_SIZE];
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    wish.behind = "";
    wish.most = 10;
    must(reader_task_page(reader, &wish, list_id, out, next, &err), &err);
    fclose(out);
    assert_string_equal(found, wanted);
    assert_string_equal(next, "");
    reader_close(reader);
}

static void tasks_come_in_the_order_of_their_ids_and_every_wish_narrows_them(void **state)
{
    put_tasks(*state);
    tasks_are(*state, (struct tasks_wish){0}, "9 10 037 P2 P10 ");
    tasks_are(*state, (struct tasks_wish){.state = "found"}, "10 P2 P10 ");
    tasks_are(*state, (struct tasks_wish){.village = "East"}, "10 P2 ");
    tasks_are(*state, (struct tasks_wish){.category = "river"}, "P2 ");
    tasks_are(*state, (struct tasks_wish){.owner = "Agency"}, "9 10 ");
    tasks_are(*state, (struct tasks_wish){.site = "mill"}, "10 ");
    tasks_are(*state, (struct tasks_wish){.states = "[\"assigned\",\"struck_off\"]"}, "9 037 ");
    tasks_are(*state, (struct tasks_wish){.due_from = "", .due_before = "2026-11-21"}, "9 10 ");
    tasks_are(*state, (struct tasks_wish){.due_from = "2026-12-01", .due_before = "2026-12-02"},
              "037 ");
    tasks_are(*state, (struct tasks_wish){.state = "found", .village = "West"}, "");
}

static void words_are_looked_for_as_they_are_written(void **state)
{
    put_tasks(*state);
    tasks_are(*state, (struct tasks_wish){.words = "SMOKE"}, "10 ");
    tasks_are(*state, (struct tasks_wish){.words = "油烟"}, "037 ");
    tasks_are(*state, (struct tasks_wish){.words = "%"}, "P10 ");
    tasks_are(*state, (struct tasks_wish){.words = "a_b"}, "9 ");
    tasks_are(*state, (struct tasks_wish){.words = "\\"}, "");
    tasks_are(*state, (struct tasks_wish){.words = "'; DROP TABLE task; --"}, "");
    tasks_are(*state, (struct tasks_wish){.words = "\"no\""}, "9 ");
    tasks_are(*state, (struct tasks_wish){.words = "Wang"}, "P10 ");
    tasks_are(*state, (struct tasks_wish){.words = "Agency"}, "9 10 ");
    tasks_are(*state, (struct tasks_wish){.words = "37"}, "037 ");
    tasks_are(*state, (struct tasks_wish){.words = "p2"}, "P2 ");
}

static void pages_hold_every_task_once_while_new_ones_arrive(void **state)
{
    struct tasks_wish wish = {.most = 2};
    char next[LIST_ID_SIZE] = "";
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    put_tasks(*state);
    for (int page = 0; page < 3; page++) {
        struct reader *reader = open_reader(*state);
        struct store *store;
        char behind[LIST_ID_SIZE];

        snprintf(behind, sizeof behind, "%s", next);
        wish.behind = behind;
        must(reader_task_page(reader, &wish, list_id, out, next, &err), &err);
        reader_close(reader);
        store = begin_rows(*state);
        put_task(store, (const char *[]){"1", "2", "3"}[page], "found", "", "\"title\":\"new\"");
        end_rows(store);
    }
    fclose(out);
    assert_string_equal(found, "9 10 037 P2 P10 ");
    assert_string_equal(next, "");
}

static bool list_count(void *self, const char *state, int64_t count, int64_t past, int64_t due)
{
    fprintf(self, "%s %d %d %d; ", state, (int)count, (int)past, (int)due);
    return true;
}

static bool list_words(void *self, const char *words)
{
    fprintf(self, "%s; ", words);
    return true;
}

static void there_are_so_many_of_each_state_and_due(void **state)
{
    struct reader *reader;
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    put_tasks(*state);
    reader = open_reader(*state);
    must(reader_due_counts(reader, "2026-11-23", "2026-12-01", list_count, out, &err), &err);
    fprintf(out, "| ");
    must(reader_task_villages(reader, 9, list_words, out, &err), &err);
    fprintf(out, "| ");
    must(reader_task_owners(reader, 9, list_words, out, &err), &err);
    fclose(out);
    assert_string_equal(found, "assigned 1 0 1; found 3 1 0; struck_off 1 1 0; "
                               "| East; West; | Agency; Police; Wang; ");
    reader_close(reader);
}

static bool list_relapses(void *self, const char *body, const char *relapses)
{
    fprintf(self, "%s ", relapses);
    return true;
}

static void a_task_names_its_newest_relapses_in_order(void **state)
{
    struct store *store = begin_rows(*state);
    struct problem_row row = {.version = 1,
                              .kind = "relapse",
                              .nature = "breach",
                              .state = "open",
                              .rule = "fume",
                              .point = 1,
                              .ended = WALL_NONE,
                              .body = "{\"tasks\":[\"9\"],\"relapse_of\":[\"9\"]}"};
    struct reader *reader;
    struct error err = {0};
    char *found = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&found, &size);

    for (int i = 0; i < LIST_RELAPSES + 2; i++) {
        snprintf(row.uid, sizeof row.uid, "u%04d", i);
        row.first = row.last = at_ms(i);
        must(store_put_problem(store, &row, &err), &err);
    }
    end_rows(store);
    put_tasks(*state);
    reader = open_reader(*state);
    must(reader_task(reader, "9", list_relapses, out, &err), &err);
    must(reader_task(reader, "none", list_relapses, out, &err), &err);
    fclose(out);
    assert_non_null(strstr(found, "[\"u0002\",\"u0003\","));
    assert_non_null(strstr(found, ",\"u0201\"] "));
    assert_int_equal(size, LIST_RELAPSES * 8 + 2);
    free(found);
    reader_close(reader);
}

/* --- deeds ----------------------------------------------------------------------------------- */

static bool list_deed(void *self, uint64_t seq, const char *kind, struct wall_time time,
                      const char *who, const char *arguments)
{
    fprintf(self, "%d %s %s; ", (int)seq, kind, who);
    return true;
}

static void deeds_are_those_of_people_about_one_thing(void **state)
{
    struct event events[] = {
        {.kind = "problem.acknowledge", .who = "li",   .arguments = "{\"uid\":\"aa11\"}"  },
        {.kind = "rule.changed",        .who = "",     .arguments = "{\"uid\":\"aa11\"}"  },
        {.kind = "task.note",           .who = "wang", .arguments = "{\"id\":\"37\"}"     },
        {.kind = "task.note",           .who = "wang", .arguments = "{\"id\":\"38\"}"     },
        {.kind = "device.maintenance",  .who = "zhao", .arguments = "{\"device\":\"a/b\"}"},
        {.kind = "problem.close",       .who = "li",   .arguments = "{\"uid\":\"aa11\"}"  },
        {.kind = "task.note",           .who = "bad",  .arguments = "37 and no JSON"      },
    };
    struct store *store = begin_rows(*state);
    struct reader *reader;
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        must(store_add_event(store, &events[i], &err), &err);
    end_rows(store);
    reader = open_reader(*state);
    must(reader_deeds(reader, "aa11", 9, list_deed, out, &err), &err);
    must(reader_deeds(reader, "37", 9, list_deed, out, &err), &err);
    must(reader_deeds(reader, "a/b", 9, list_deed, out, &err), &err);
    fprintf(out, "| ");
    must(reader_deeds(reader, "aa11", 1, list_deed, out, &err), &err);
    fclose(out);
    assert_string_equal(found, "1 problem.acknowledge li; 6 problem.close li; 3 task.note wang; "
                               "5 device.maintenance zhao; | 6 problem.close li; ");
    reader_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(tasks_come_in_the_order_of_their_ids_and_every_wish_narrows_them),
        IN_PLACE(words_are_looked_for_as_they_are_written),
        IN_PLACE(pages_hold_every_task_once_while_new_ones_arrive),
        IN_PLACE(there_are_so_many_of_each_state_and_due),
        IN_PLACE(a_task_names_its_newest_relapses_in_order),
        IN_PLACE(deeds_are_those_of_people_about_one_thing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
