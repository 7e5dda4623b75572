/* Tests of store/people_users.c: who may sign in to the page. */
#include "unit/store/place.h"

#include <sys/stat.h>

#include "store/people.h"

static struct people *open_people(struct place *place)
{
    struct error err = {0};
    struct people *people = people_open(place->dir, &err);

    if (people == NULL)
        fail_msg("%s", err.text);
    return people;
}

static struct user user_of(const char *name, const char *role, uint8_t token)
{
    struct user user = {.made = {1790000000123}, .by = "root"};

    snprintf(user.name, sizeof user.name, "%s", name);
    snprintf(user.role, sizeof user.role, "%s", role);
    memset(user.token, token, sizeof user.token);
    return user;
}

static void put(struct people *people, const char *name, const char *role, uint8_t token)
{
    struct user user = user_of(name, role, token);
    struct error err = {0};

    must(people_put_user(people, &user, &err), &err);
}

/* "li steward 7, wang reader 3", by name. */
static void assert_users(struct people *people, const char *wanted)
{
    static struct user users[USERS_MAX];
    struct error err = {0};
    char words[500] = "";
    size_t count, used = 0;

    must(people_users(people, users, &count, &err), &err);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(users[i].made.ms, 1790000000123);
        assert_string_equal(users[i].by, "root");
        used +=
            (size_t)snprintf(words + used, sizeof words - used, "%s%s %s %d", i == 0 ? "" : ", ",
                             users[i].name, users[i].role, users[i].token[31]);
    }
    assert_string_equal(words, wanted);
}

static void at_first_there_is_nobody(void **state)
{
    struct people *people = open_people(*state);

    assert_users(people, "");
    people_close(people);
}

static void who_was_put_is_there_after_a_restart(void **state)
{
    struct people *people = open_people(*state);

    put(people, "wang", "reader", 3);
    put(people, "li", "steward", 7);
    people_close(people);
    people = open_people(*state);
    assert_users(people, "li steward 7, wang reader 3");
    people_close(people);
}

static void putting_a_name_again_replaces_role_and_token(void **state)
{
    struct people *people = open_people(*state);

    put(people, "li", "reader", 3);
    put(people, "li", "office", 4);
    assert_users(people, "li office 4");
    put(people, "wang", "reader", 3); /* the token is nobody's any more */
    assert_users(people, "li office 4, wang reader 3");
    people_close(people);
}

static void one_token_is_one_persons(void **state)
{
    struct people *people = open_people(*state);
    struct user user = user_of("wang", "reader", 3);
    struct error err = {0};

    put(people, "li", "steward", 3);
    put(people, "li", "office", 3); /* one's own stays */
    assert_false(people_put_user(people, &user, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_non_null(strstr(err.text, "li"));
    assert_users(people, "li office 3");
    people_close(people);
}

static void who_was_removed_is_gone_and_their_token_with_them(void **state)
{
    struct people *people = open_people(*state);
    struct error err = {0};

    put(people, "li", "steward", 3);
    must(people_remove_user(people, "li", &err), &err);
    assert_users(people, "");
    assert_false(people_remove_user(people, "li", &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    people_close(people);
}

static void there_is_room_for_so_many_and_replacing_needs_none(void **state)
{
    struct people *people = open_people(*state);
    struct user more = user_of("one-more", "reader", 200);
    struct error err = {0};
    char name[NAME_SIZE];

    must(people_begin(people, &err), &err);
    for (int i = 0; i < USERS_MAX; i++) {
        snprintf(name, sizeof name, "u%d", i);
        put(people, name, "reader", (uint8_t)i);
    }
    must(people_commit(people, &err), &err);
    assert_false(people_put_user(people, &more, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    put(people, "u7", "office", 201);
    must(people_remove_user(people, "u8", &err), &err);
    must(people_put_user(people, &more, &err), &err);
    people_close(people);
}

static void what_was_not_committed_did_not_happen(void **state)
{
    struct people *people = open_people(*state);
    struct error err = {0};

    put(people, "li", "steward", 3);
    must(people_begin(people, &err), &err);
    must(people_remove_user(people, "li", &err), &err);
    put(people, "wang", "office", 4);
    people_close(people);
    people = open_people(*state);
    assert_users(people, "li steward 3");
    people_close(people);
}

static void run_sql(struct place *place, const char *sql)
{
    char path[160];
    sqlite3 *db = NULL;

    snprintf(path, sizeof path, "%s/people.sqlite", place->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(chmod(path, 0600), 0);
}

/* As the version before users left it. */
static void a_file_of_petitioners_alone_is_given_users(void **state)
{
    struct people *people;
    struct error err = {0};
    char found[64];

    run_sql(*state, "CREATE TABLE petitioner(task TEXT PRIMARY KEY, salt BLOB NOT NULL,"
                    " details TEXT NOT NULL);"
                    "INSERT INTO petitioner VALUES('P1', zeroblob(32), '甲');"
                    "PRAGMA application_id = 1279413072; PRAGMA user_version = 1;");
    people = open_people(*state);
    put(people, "li", "steward", 3);
    must(people_get(people, "P1", found, sizeof found, &err), &err);
    assert_string_equal(found, "甲");
    assert_users(people, "li steward 3");
    people_close(people);
}

static void a_file_of_a_later_version_is_left_alone(void **state)
{
    struct error err = {0};

    people_close(open_people(*state));
    run_sql(*state, "PRAGMA user_version = 3;");
    assert_null(people_open(((struct place *)*state)->dir, &err));
    assert_int_equal(err.kind, ERROR_STORE);
}

static void a_row_that_cannot_be_ours_is_nobody(void **state)
{
    struct people *people = open_people(*state);

    put(people, "li", "steward", 3);
    people_close(people);
    run_sql(*state, "INSERT INTO user VALUES('UPPER', 'office', zeroblob(32), 0, '');"
                    "INSERT INTO user VALUES('short', 'office', x'00', 0, '');"
                    "INSERT INTO user VALUES(x'00', 'office', x'01', 0, '');");
    people = open_people(*state);
    assert_users(people, "li steward 3");
    people_close(people);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(at_first_there_is_nobody),
        IN_PLACE(who_was_put_is_there_after_a_restart),
        IN_PLACE(putting_a_name_again_replaces_role_and_token),
        IN_PLACE(one_token_is_one_persons),
        IN_PLACE(who_was_removed_is_gone_and_their_token_with_them),
        IN_PLACE(there_is_room_for_so_many_and_replacing_needs_none),
        IN_PLACE(what_was_not_committed_did_not_happen),
        IN_PLACE(a_file_of_petitioners_alone_is_given_users),
        IN_PLACE(a_file_of_a_later_version_is_left_alone),
        IN_PLACE(a_row_that_cannot_be_ours_is_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
