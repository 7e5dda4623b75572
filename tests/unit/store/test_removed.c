/* Tests of store/place.c: a database that is taken away while it is written to. */
#include <errno.h>
#include <unistd.h>

#include "unit/store/place.h"

enum { PATH_SIZE = 160 };

static const char *path_of(const struct place *place, const char *name, char *out)
{
    snprintf(out, PATH_SIZE, "%s/%s", place->dir, name);
    return out;
}

static void give_name(const struct place *place, const char *from, const char *to)
{
    char before[PATH_SIZE], after[PATH_SIZE];

    assert_int_equal(rename(path_of(place, from, before), path_of(place, to, after)), 0);
}

static void make_file(const struct place *place, const char *name, const char *words)
{
    char path[PATH_SIZE];
    FILE *file = fopen(path_of(place, name, path), "w");

    assert_non_null(file);
    fputs(words, file);
    fclose(file);
}

static void file_holds(const struct place *place, const char *name, const char *words)
{
    char path[PATH_SIZE], found[32] = "";
    FILE *file = fopen(path_of(place, name, path), "r");

    assert_non_null(file);
    assert_int_equal(fread(found, 1, sizeof found - 1, file), strlen(words));
    fclose(file);
    assert_string_equal(found, words);
}

static void refuses_to_begin(struct store *store, const char *words)
{
    struct error err = {0};

    assert_false(store_begin(store, &err));
    assert_int_equal(err.kind, ERROR_STORE);
    if (strstr(err.text, words) == NULL)
        fail_msg("%s", err.text);
}

static struct store *with_three_polls(struct place *place)
{
    struct store *store = open_store(place, "boot-a");

    name_points(place, store, 1, 2);
    commit_polls(place, store, 3, 0);
    return store;
}

static void goes_on(struct place *place, struct store *store)
{
    commit_polls(place, store, 2, 10000);
    ask_is(place, "SELECT count(*), max(seq) FROM poll", "5|5\n");
    ask_is(place, "PRAGMA integrity_check", "ok\n");
    store_close(store);
}

static void a_removed_database_takes_no_commit_until_it_is_back(void **state)
{
    struct place *place = *state;
    struct store *store = with_three_polls(place);
    char path[PATH_SIZE];

    give_name(place, "lookback.db", "kept");
    refuses_to_begin(store, "was removed while running");
    assert_int_not_equal(access(path_of(place, "lookback.db", path), F_OK), 0);
    give_name(place, "kept", "lookback.db");
    goes_on(place, store);
}

static void a_database_removed_within_a_transaction_fails_its_commit(void **state)
{
    struct place *place = *state;
    struct store *store = with_three_polls(place);
    struct error err = {0};

    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, at_ms(5000), 5000);
    give_name(place, "lookback.db", "kept");
    assert_false(store_commit(store, &err));
    assert_non_null(strstr(err.text, "was removed while running"));
    assert_int_equal(store_last_seq(store), 3);
    give_name(place, "kept", "lookback.db");
    goes_on(place, store);
}

static void another_file_in_its_place_is_not_touched(void **state)
{
    struct place *place = *state;
    struct store *store = with_three_polls(place);
    char path[PATH_SIZE];

    give_name(place, "lookback.db", "kept");
    make_file(place, "lookback.db", "somebody else's");
    refuses_to_begin(store, "was replaced by another file");
    file_holds(place, "lookback.db", "somebody else's");
    assert_int_equal(unlink(path_of(place, "lookback.db", path)), 0);
    give_name(place, "kept", "lookback.db");
    goes_on(place, store);
}

/* As after a disk error, when the connection is opened anew: not to the other file. */
static int failing_syncs = 0;

int fdatasync(int fd)
{
    (void)fd;
    if (failing_syncs == 0)
        return 0;
    failing_syncs--;
    errno = EIO;
    return -1;
}

static void after_a_disk_error_no_other_file_is_opened(void **state)
{
    struct place *place = *state;
    struct store *store = with_three_polls(place);
    struct error err = {0};

    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, at_ms(5000), 5000);
    failing_syncs = 1;
    assert_false(store_commit(store, &err));
    give_name(place, "lookback.db", "kept");
    make_file(place, "lookback.db", "");
    refuses_to_begin(store, "was replaced by another file");
    file_holds(place, "lookback.db", "");
    give_name(place, "kept", "lookback.db");
    goes_on(place, store);
}

/* What is taken away with its folder is gone as well. */
static void a_removed_folder_takes_no_commit_until_it_is_back(void **state)
{
    struct place *place = *state;
    struct store *store = with_three_polls(place);
    char kept[PATH_SIZE];

    snprintf(kept, sizeof kept, "%s-kept", place->dir);
    assert_int_equal(rename(place->dir, kept), 0);
    refuses_to_begin(store, "was removed while running");
    assert_int_not_equal(access(place->dir, F_OK), 0);
    assert_int_equal(rename(kept, place->dir), 0);
    goes_on(place, store);
}

static int in_english(void **state)
{
    say_in(LANGUAGE_EN);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_removed_database_takes_no_commit_until_it_is_back),
        IN_PLACE(a_database_removed_within_a_transaction_fails_its_commit),
        IN_PLACE(another_file_in_its_place_is_not_touched),
        IN_PLACE(after_a_disk_error_no_other_file_is_opened),
        IN_PLACE(a_removed_folder_takes_no_commit_until_it_is_back),
    };

    return cmocka_run_group_tests(tests, in_english, NULL);
}
