/* Tests of store/schema.h: an older file comes forward whole, or stays as it was. */
#include "unit/store/place.h"

#include <signal.h>
#include <sys/wait.h>

#include "store/schema.h"

static bool add_a_row(struct connection *c, struct error *err)
{
    return connection_run(c, "INSERT INTO second(n) VALUES(1)", err);
}

static bool die(struct connection *c, struct error *err)
{
    return connection_run(c, "INSERT INTO nowhere(n) VALUES(1)", err);
}

static const struct schema_step good_steps[] = {
    {"CREATE TABLE first(n); INSERT INTO first VALUES(7)",     NULL     },
    {"CREATE TABLE second(n); ALTER TABLE first ADD COLUMN m", add_a_row},
};

static const struct schema_step dying_steps[] = {
    {"CREATE TABLE first(n); INSERT INTO first VALUES(7)",     NULL},
    {"CREATE TABLE second(n); ALTER TABLE first ADD COLUMN m", die },
};

static void open_file(struct connection *c, struct place *place)
{
    struct error err = {0};

    memset(c, 0, sizeof *c);
    snprintf(c->path, sizeof c->path, "%s/lookback.db", place->dir);
    must(connection_open(c, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &err), &err);
}

static void an_older_file_comes_forward_and_keeps_its_rows(void **state)
{
    struct place *place = *state;
    struct connection c;
    struct error err = {0};
    int version = -1;

    open_file(&c, place);
    must(schema_look(&c, 2, &version, &err), &err);
    assert_int_equal(version, 0);
    must(schema_migrate(&c, good_steps, 0, 1, &err), &err);
    must(schema_look(&c, 2, &version, &err), &err);
    assert_int_equal(version, 1);
    must(schema_migrate(&c, good_steps, 1, 2, &err), &err);
    must(schema_look(&c, 2, &version, &err), &err);
    assert_int_equal(version, 2);
    connection_close(&c);
    ask_is(place, "SELECT n, m FROM first", "7|NULL\n");
    ask_is(place, "SELECT n FROM second", "1\n");
}

static void a_step_that_dies_half_way_leaves_the_file_as_it_was(void **state)
{
    struct place *place = *state;
    struct connection c;
    struct error err = {0};
    int version = -1;

    open_file(&c, place);
    must(schema_migrate(&c, good_steps, 0, 1, &err), &err);
    assert_false(schema_migrate(&c, dying_steps, 1, 2, &err));
    assert_int_equal(err.kind, ERROR_STORE);
    must(schema_look(&c, 2, &version, &err), &err);
    assert_int_equal(version, 1);
    connection_close(&c);
    ask_is(place, "SELECT count(*) FROM sqlite_schema", "1\n");
    ask_is(place, "SELECT * FROM first", "7\n");
}

static void an_empty_file_of_ours_becomes_a_store_of_today(void **state)
{
    struct place *place = *state;
    struct connection c;
    struct error err = {0};

    open_file(&c, place);
    must(connection_run(&c, "PRAGMA application_id = 1279413041; CREATE TABLE old(n)", &err), &err);
    connection_close(&c);
    store_close(open_store(place, "boot-a"));
    ask_is(place, "PRAGMA user_version", "5\n");
    ask_is(place, "SELECT count(*) FROM sqlite_schema WHERE name IN ('old', 'poll', 'reading')",
           "3\n");
}

static void words_that_are_new_are_added_to_an_older_file(void **state)
{
    struct place *place = *state;
    struct connection c;
    struct error err = {0};
    char count[16];

    store_close(open_store(place, "boot-a"));
    open_file(&c, place);
    must(connection_run(&c, "DELETE FROM cause WHERE id > 20", &err), &err);
    connection_close(&c);
    store_close(open_store(place, "boot-a"));
    snprintf(count, sizeof count, "%d\n", (int)CAUSE_COUNT);
    ask_is(place, "SELECT count(*) FROM cause", count);
}

/* A store as the program of schema 1 left it: a breach of two versions, and a doubt. */
static void make_schema_1(struct place *place)
{
    struct connection c;
    struct error err = {0};

    open_file(&c, place);
    must(schema_migrate(&c, schema_steps(), 0, 1, &err), &err);
    must(connection_run(
             &c,
             "INSERT INTO poll VALUES(1, 1, 1790000000000, 0, 1, 1, NULL);"
             "INSERT INTO fresh VALUES(1, 1, 7.32, 0, 0);"
             "INSERT INTO problem_version VALUES(2, 'a', 1, 'a1'), (3, 'a', 2, 'a2'),"
             " (4, 'd', 1, 'd1');"
             "INSERT INTO problem VALUES('a', 2, 3, 'new', 'breach', 'open', 'r', 1, 1, 1, NULL,"
             " 'a2'), ('d', 1, 4, 'new', 'doubt', 'open', 'r', 1, 1, 1, NULL, 'd1'),"
             " ('t', 1, 4, 'relapse', 'breach', 'open', 'r', 1, 7, 7, NULL,"
             " '{\"tasks\":[\"37\",\"38\"],\"relapse_of\":[\"37\"]}');"
             "INSERT INTO segment(first_seq, last_seq, first_time, last_time, readings)"
             " VALUES(1, 4, 1790000000000, 1790000000000, 1);",
             &err),
         &err);
    connection_close(&c);
}

static void a_store_of_schema_1_comes_forward_with_all_it_holds(void **state)
{
    struct place *place = *state;

    make_schema_1(place);
    store_close(open_store(place, "boot-a"));
    ask_is(place, "PRAGMA user_version", "5\n");
    ask_is(place, "SELECT seq, value FROM reading", "1|7.32\n");
    ask_is(place, "SELECT uid, version, body, nature FROM problem_version ORDER BY seq",
           "a|1|a1|breach\na|2|a2|breach\nd|1|d1|doubt\n");
    ask_is(place,
           "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN"
           " ('aggregate', 'memory', 'task', 'task_point')",
           "4\n");
    ask_is(place, "SELECT task, relapse, first, uid FROM problem_task",
           "37|0|7|t\n37|1|7|t\n38|0|7|t\n");
}

static bool die_by_force(struct connection *c, struct error *err)
{
    (void)err;
    sqlite3_db_cacheflush(c->db); /* what is half done is on the disk */
    return raise(SIGKILL) == 0;
}

/* In a process of its own: comes to schema 2 and is killed before it can commit. */
static void migrate_and_be_killed(struct place *place)
{
    struct schema_step steps[2] = {
        schema_steps()[0], {schema_steps()[1].sql, die_by_force}
    };
    struct connection c;
    struct error err = {0};
    pid_t child = fork();
    int ended = 0;

    assert_true(child >= 0);
    if (child == 0) {
        open_file(&c, place);
        connection_run(&c, "PRAGMA journal_mode = WAL", &err);
        schema_migrate(&c, steps, 1, 2, &err);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL);
}

static void
a_store_killed_on_its_way_to_schema_2_is_still_of_schema_1_and_comes_forward(void **state)
{
    struct place *place = *state;

    make_schema_1(place);
    migrate_and_be_killed(place);
    ask_is(place, "PRAGMA user_version", "1\n");
    ask_is(place, "SELECT count(*) FROM sqlite_schema WHERE name IN ('task', 'segment_time')",
           "0\n");
    ask_is(place, "SELECT uid, version FROM problem_version", "a|1\na|2\nd|1\n");
    store_close(open_store(place, "boot-a"));
    ask_is(place, "PRAGMA user_version", "5\n");
    ask_is(place, "SELECT count(*) FROM task", "0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(an_older_file_comes_forward_and_keeps_its_rows),
        IN_PLACE(a_step_that_dies_half_way_leaves_the_file_as_it_was),
        IN_PLACE(an_empty_file_of_ours_becomes_a_store_of_today),
        IN_PLACE(a_store_of_schema_1_comes_forward_with_all_it_holds),
        IN_PLACE(a_store_killed_on_its_way_to_schema_2_is_still_of_schema_1_and_comes_forward),
        IN_PLACE(words_that_are_new_are_added_to_an_older_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
