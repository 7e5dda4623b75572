/* Tests of store/reader_lists.h: problems a page at a time, and how every list is read. */
#include "unit/store/place.h"

#include "store/reader_inside.h"
#include "store/reader_lists.h"

struct sample {
    const char *uid, *state, *kind, *site, *village, *tasks;
    int64_t first_ms;
    bool acknowledged;
    uint32_t point;
};

static void put_problem(struct store *store, const struct sample *sample)
{
    struct error err = {0};
    struct problem_row row = {.version = 1,
                              .kind = sample->kind,
                              .nature = "breach",
                              .state = sample->state,
                              .rule = "fume",
                              .point = sample->point,
                              .first = at_ms(sample->first_ms),
                              .last = at_ms(sample->first_ms),
                              .ended = WALL_NONE};
    char body[400];

    snprintf(body, sizeof body,
             "{\"uid\":\"%s\",\"state\":\"%s\",\"site\":{\"name\":\"%s\",\"village\":\"%s\"},"
             "\"tasks\":%s,\"relapse_of\":[],\"acknowledged\":%s}",
             sample->uid, sample->state, sample->site, sample->village, sample->tasks,
             sample->acknowledged ? "{\"by\":\"li\"}" : "null");
    snprintf(row.uid, sizeof row.uid, "%s", sample->uid);
    row.body = body;
    must(store_put_problem(store, &row, &err), &err);
}

static const struct sample samples[] = {
    {"aa11", "open",      "new",     "mill", "East", "[\"37\"]",        1000, false, 1},
    {"bb11", "closed",    "relapse", "mill", "East", "[\"37\",\"38\"]", 3000, true,  1},
    {"cc11", "recovered", "ongoing", "lake", "West", "[]",              2000, false, 2},
    {"dd11", "closed",    "new",     "lake", "West", "[]",              3000, true,  2},
};

static void put_samples(struct place *place)
{
    struct store *store = begin_rows(place);

    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        put_problem(store, &samples[i]);
    end_rows(store);
}

static bool list_uid(void *self, const char *body)
{
    const char *at = strstr(body, "\"uid\":\"");

    assert_non_null(at);
    fprintf(self, "%.4s ", at + 7);
    return true;
}

static void problems_are(struct place *place, struct problems_wish wish, const char *wanted)
{
    struct reader *reader = open_reader(place);
    struct problem_place next;
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    wish.nature = "breach";
    wish.behind = LIST_FIRST;
    wish.most = 10;
    must(reader_problem_page(reader, &wish, list_uid, out, &next, &err), &err);
    fclose(out);
    assert_string_equal(found, wanted);
    assert_string_equal(next.uid, "");
    reader_close(reader);
}

/* --- problems -------------------------------------------------------------------------------- */

static void problems_come_newest_first_and_every_wish_narrows_them(void **state)
{
    const bool yes = true;
    const bool no = false;

    put_samples(*state);
    problems_are(*state, (struct problems_wish){0}, "bb11 dd11 cc11 aa11 ");
    problems_are(*state, (struct problems_wish){.state = "closed"}, "bb11 dd11 ");
    problems_are(*state, (struct problems_wish){.kind = "new"}, "dd11 aa11 ");
    problems_are(*state, (struct problems_wish){.site = "lake"}, "dd11 cc11 ");
    problems_are(*state, (struct problems_wish){.village = "East"}, "bb11 aa11 ");
    problems_are(*state, (struct problems_wish){.task = "37"}, "bb11 aa11 ");
    problems_are(*state, (struct problems_wish){.task = "38"}, "bb11 ");
    problems_are(*state, (struct problems_wish){.task = "3"}, "");
    problems_are(*state, (struct problems_wish){.acknowledged = &yes}, "bb11 dd11 ");
    problems_are(*state, (struct problems_wish){.acknowledged = &no}, "cc11 aa11 ");
    problems_are(*state, (struct problems_wish){.state = "closed", .kind = "new"}, "dd11 ");
}

static void pages_hold_every_problem_once_while_new_ones_open(void **state)
{
    struct problems_wish wish = {.nature = "breach", .behind = LIST_FIRST, .most = 1};
    struct sample late = samples[0];
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    put_samples(*state);
    for (int page = 0; page < 4; page++) {
        struct reader *reader = open_reader(*state);
        struct store *store;

        must(reader_problem_page(reader, &wish, list_uid, out, &wish.behind, &err), &err);
        reader_close(reader);
        store = begin_rows(*state);
        late.uid = (const char *[]){"ee11", "ee22", "ee33", "ee44"}[page];
        late.first_ms = 9000 + page;
        put_problem(store, &late);
        end_rows(store);
    }
    fclose(out);
    assert_string_equal(found, "bb11 dd11 cc11 aa11 ");
    assert_string_equal(wish.behind.uid, "");
}

static bool count_one(void *self, const char *body)
{
    ++*(size_t *)self;
    return true;
}

static void a_narrow_wish_looks_at_so_many_rows_and_goes_on(void **state)
{
    struct problems_wish wish = {
        .nature = "breach", .village = "West", .behind = LIST_FIRST, .most = 10};
    struct sample sample = samples[0];
    struct error err = {0};
    struct reader *reader;
    struct store *store = begin_rows(*state);
    char uid[33];
    size_t count = 0;
    int pages = 0;

    put_problem(store, &samples[2]); /* the oldest, and the only one of the West */
    sample.uid = uid;
    for (int i = 0; i < 2 * LIST_LOOKED; i++) {
        snprintf(uid, sizeof uid, "%08x", i);
        sample.first_ms = 5000 + i / 3;
        put_problem(store, &sample);
    }
    end_rows(store);
    reader = open_reader(*state);
    do {
        must(reader_problem_page(reader, &wish, count_one, &count, &wish.behind, &err), &err);
        assert_int_equal(count, pages == 2 ? 1 : 0);
        pages++;
    } while (wish.behind.uid[0] != '\0');
    assert_int_equal(pages, 3);
    reader_close(reader);
}

static bool list_found(void *self, const char *uid, const char *body)
{
    fprintf(self, "%s ", uid);
    return true;
}

static void a_problem_is_found_by_the_first_digits_of_its_uid(void **state)
{
    struct reader *reader;
    struct error err = {0};
    char found[256] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    put_samples(*state);
    reader = open_reader(*state);
    must(reader_problem_uids(reader, "bb", 5, list_found, out, &err), &err);
    must(reader_problem_uids(reader, "bb2", 5, list_found, out, &err), &err);
    must(reader_problem_uids(reader, "", 2, list_found, out, &err), &err);
    fclose(out);
    assert_string_equal(found, "bb11 aa11 bb11 ");
    reader_close(reader);
}

static void a_task_has_the_problems_that_name_it_or_stand_at_its_points(void **state)
{
    struct place *place = *state;
    const char *const points[] = {"site/dev-1/ph.0", "site/nowhere/ph.0"};
    struct store *store = begin_rows(place);
    struct reader *reader;
    struct error err = {0};
    char found[256] = "";
    FILE *out;

    name_points(place, store, 2, 1);
    end_rows(store);
    put_samples(place);
    reader = open_reader(place);
    out = fmemopen(found, sizeof found, "w");
    must(reader_task_problems(reader, "38", points, 2, 9, list_uid, out, &err), &err);
    fprintf(out, "| ");
    must(reader_task_problems(reader, "37", points, 2, 2, list_uid, out, &err), &err);
    fprintf(out, "| ");
    must(reader_task_problems(reader, "37", NULL, 0, 9, list_uid, out, &err), &err);
    fclose(out);
    assert_string_equal(found, "bb11 dd11 cc11 | bb11 dd11 | bb11 aa11 ");
    reader_close(reader);
}

static bool list_number(void *self, const struct episode_row *row)
{
    fprintf(self, "%u ", row->number);
    return true;
}

static void of_many_episodes_the_last_come_in_order(void **state)
{
    struct store *store = begin_rows(*state);
    struct episode_row row = {.uid = "aa11", .ended = WALL_NONE, .ended_by = ""};
    struct reader *reader;
    struct error err = {0};
    char found[64] = "";
    FILE *out = fmemopen(found, sizeof found, "w");

    for (row.number = 1; row.number <= 12; row.number++)
        must(store_put_episode(store, &row, &err), &err);
    end_rows(store);
    reader = open_reader(*state);
    must(reader_newest_episodes(reader, "aa11", 3, list_number, out, &err), &err);
    fclose(out);
    assert_string_equal(found, "10 11 12 ");
    reader_close(reader);
}

/* --- how ------------------------------------------------------------------------------------- */

/* A plan that scans a table, or sorts, takes as long as the table is. */
static void every_list_is_read_along_an_index(void **state)
{
    static const char *const tables[] = {"problem", "task", "event", "problem_task", "episode"};
    char sql[4000], scan[64];

    store_close(open_store(*state, "boot-a"));
    for (size_t i = 0; i < LIST_ASK_COUNT; i++) {
        char *plan;

        if (i == LIST_COUNTS) /* it counts them all, in an index of states and deadlines */
            continue;

        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", reader_statements[ASK_LISTS + i]);
        plan = ask_text(*state, sql);
        for (size_t j = 0; j < sizeof tables / sizeof tables[0]; j++) {
            snprintf(scan, sizeof scan, "SCAN %s\n", tables[j]);
            if (strstr(plan, scan) != NULL)
                fail_msg("%s\n%s", sql, plan);
        }
        /* Those of at most so many rows may be turned round. */
        if (strstr(plan, "TEMP B-TREE") != NULL && strstr(sql, "FROM (SELECT") == NULL)
            fail_msg("%s\n%s", sql, plan);
        free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(problems_come_newest_first_and_every_wish_narrows_them),
        IN_PLACE(pages_hold_every_problem_once_while_new_ones_open),
        IN_PLACE(a_narrow_wish_looks_at_so_many_rows_and_goes_on),
        IN_PLACE(a_problem_is_found_by_the_first_digits_of_its_uid),
        IN_PLACE(a_task_has_the_problems_that_name_it_or_stand_at_its_points),
        IN_PLACE(of_many_episodes_the_last_come_in_order),
        IN_PLACE(every_list_is_read_along_an_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
