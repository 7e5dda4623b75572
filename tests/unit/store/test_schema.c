/* Tests of store/schema.h: an older file comes forward whole, or stays as it was. */
#include "unit/store/place.h"

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
    ask_is(place, "PRAGMA user_version", "1\n");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(an_older_file_comes_forward_and_keeps_its_rows),
        IN_PLACE(a_step_that_dies_half_way_leaves_the_file_as_it_was),
        IN_PLACE(an_empty_file_of_ours_becomes_a_store_of_today),
        IN_PLACE(words_that_are_new_are_added_to_an_older_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
