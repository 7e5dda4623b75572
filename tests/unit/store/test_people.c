/* Tests of store/people.h: readable by nobody else, and erased to the last byte. */
#include "unit/store/place.h"

#include <sys/stat.h>
#include <time.h>

#include "store/people.h"

static const char details[] = "来信人甲 13800000000";

static struct people *open_people(struct place *place)
{
    struct error err = {0};
    struct people *people = people_open(place->dir, &err);

    if (people == NULL)
        fail_msg("%s", err.text);
    return people;
}

static void path_of(const struct place *place, char path[160])
{
    snprintf(path, 160, "%s/people.sqlite", place->dir);
}

/* How often the words stand in any file of the directory. */
static int times_in_files(const struct place *place, const char *words)
{
    char command[320];
    char line[32] = "";
    FILE *out;

    snprintf(command, sizeof command, "cat %s/* | LC_ALL=C grep -aoF -e '%s' | wc -l", place->dir,
             words);
    out = popen(command, "r");
    assert_non_null(out);
    assert_non_null(fgets(line, sizeof line, out));
    pclose(out);
    return atoi(line);
}

static void the_file_is_made_for_its_owner_alone(void **state)
{
    struct stat file;
    char path[160];
    mode_t before = umask(0);

    people_close(open_people(*state));
    umask(before);
    path_of(*state, path);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
}

static void a_file_that_others_may_read_is_refused(void **state)
{
    static const mode_t modes[] = {0644, 0640, 0604, 0620, 0606};
    char path[160];

    people_close(open_people(*state));
    path_of(*state, path);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct error err = {0};

        assert_int_equal(chmod(path, modes[i]), 0);
        assert_null(people_open(((struct place *)*state)->dir, &err));
        assert_int_equal(err.kind, ERROR_STORE);
        assert_non_null(strstr(err.text, "people.sqlite"));
    }
    assert_int_equal(chmod(path, 0600), 0);
    people_close(open_people(*state));
}

/* The mode is right then, and nobody is told to set it. */
static void a_file_of_another_user_is_refused_for_what_it_is(void **state)
{
    struct error err = {0};
    char path[160];

    people_close(open_people(*state));
    path_of(*state, path);
    if (geteuid() != 0) /* only root may give a file away */
        skip();
    assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
    assert_null(people_open(((struct place *)*state)->dir, &err));
    assert_int_equal(err.kind, ERROR_STORE);
    assert_non_null(strstr(err.text, "12345"));
    assert_null(strstr(err.text, "chmod"));
    assert_int_equal(chown(path, 0, (gid_t)-1), 0);
}

static void a_link_to_elsewhere_is_refused(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    char path[160], other[160];

    path_of(place, path);
    snprintf(other, sizeof other, "%s/elsewhere", place->dir);
    assert_int_equal(symlink(other, path), 0);
    assert_null(people_open(place->dir, &err));
    assert_int_not_equal(access(other, F_OK), 0);
}

static void a_file_of_another_program_is_left_alone(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    char path[160], command[360];
    sqlite3 *db = NULL;

    path_of(place, path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE theirs(n)", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(chmod(path, 0600), 0);
    snprintf(command, sizeof command, "cp %s %s.before", path, path);
    assert_int_equal(system(command), 0);
    assert_null(people_open(place->dir, &err));
    assert_non_null(strstr(err.text, "people.sqlite"));
    snprintf(command, sizeof command, "cmp %s %s.before", path, path);
    assert_int_equal(system(command), 0);
}

static void what_was_put_is_found_after_a_restart_and_replaced_by_task(void **state)
{
    struct people *people = open_people(*state);
    struct error err = {0};
    char digest[65];
    char found[64];

    must(people_put(people, "P1", "someone else", digest, &err), &err);
    must(people_put(people, "P1", details, digest, &err), &err);
    must(people_put(people, "P2", "a third", digest, &err), &err);
    people_close(people);
    people = open_people(*state);
    must(people_get(people, "P1", found, sizeof found, &err), &err);
    assert_string_equal(found, details);
    assert_false(people_get(people, "P3", found, sizeof found, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_false(people_get(people, "P1", found, 5, &err));
    assert_int_equal(err.kind, ERROR_STORE);
    people_close(people);
}

static void the_digest_is_that_of_the_task_and_says_nothing_without_the_salt(void **state)
{
    struct people *people = open_people(*state);
    struct error err = {0};
    char first[65], other[65], again[65], elsewhere[65], later[65];

    must(people_put(people, "P1", details, first, &err), &err);
    must(people_put(people, "P1", "another", other, &err), &err);
    must(people_put(people, "P2", details, elsewhere, &err), &err);
    people_close(people);
    people = open_people(*state);
    must(people_put(people, "P1", details, again, &err), &err);
    assert_int_equal(strspn(first, "0123456789abcdef"), 64);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    assert_string_not_equal(first, elsewhere);
    must(people_erase(people, "P1", &err), &err);
    must(people_put(people, "P1", details, later, &err), &err);
    assert_string_not_equal(first, later); /* its salt went with the person */
    people_close(people);
}

static void put_many(struct people *people, int from, int to)
{
    struct error err = {0};
    char task[16], digest[65];
    char words[3000];

    for (int i = from; i < to; i++) {
        snprintf(task, sizeof task, "P%d", i);
        memset(words, 'x', sizeof words);
        words[i * 97 % (int)sizeof words] = '\0';
        must(people_put(people, task, words, digest, &err), &err);
    }
}

static void a_person_erased_or_replaced_is_gone_from_the_bytes_of_the_file(void **state)
{
    struct people *people = open_people(*state);
    struct error err = {0};
    char digest[65];

    put_many(people, 10, 60);
    must(people_put(people, "P1", "name-to-be-erased", digest, &err), &err);
    must(people_put(people, "P2", "name-to-be-replaced", digest, &err), &err);
    put_many(people, 60, 90);
    assert_int_equal(times_in_files(*state, "name-to-be"), 2);
    must(people_erase(people, "P1", &err), &err);
    must(people_put(people, "P2", "short", digest, &err), &err);
    assert_int_equal(times_in_files(*state, "name-to-be"), 0);
    must(people_erase(people, "P1", &err), &err); /* done also when there is none */
    people_close(people);
    assert_int_equal(times_in_files(*state, "name-to-be"), 0);
    assert_int_equal(times_in_files(*state, "short"), 1);
}

static void who_holds_it_keeps_nobody_waiting_for_long(void **state)
{
    struct place *place = *state;
    char path[160];
    sqlite3 *db = NULL;
    struct error err = {0};
    struct timespec from, to;

    people_close(open_people(place));
    path_of(place, path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    clock_gettime(CLOCK_MONOTONIC, &from);
    assert_null(people_open(place->dir, &err));
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_int_equal(err.kind, ERROR_STORE);
    assert_in_range(to.tv_sec - from.tv_sec, 0, 4);
    sqlite3_close(db);
    people_close(open_people(place));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(the_file_is_made_for_its_owner_alone),
        IN_PLACE(a_file_that_others_may_read_is_refused),
        IN_PLACE(a_file_of_another_user_is_refused_for_what_it_is),
        IN_PLACE(a_link_to_elsewhere_is_refused),
        IN_PLACE(a_file_of_another_program_is_left_alone),
        IN_PLACE(what_was_put_is_found_after_a_restart_and_replaced_by_task),
        IN_PLACE(the_digest_is_that_of_the_task_and_says_nothing_without_the_salt),
        IN_PLACE(a_person_erased_or_replaced_is_gone_from_the_bytes_of_the_file),
        IN_PLACE(who_holds_it_keeps_nobody_waiting_for_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
