/* Tests of store/store.h: what is written stays, and only what was committed. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "unit/store/place.h"

static void a_new_store_is_made_and_is_ours(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");

    assert_int_equal(store_boot(store), 1);
    assert_int_equal(store_last_seq(store), 0);
    assert_false(wall_is_known(store_newest(store)));
    ask_is(place, "PRAGMA application_id", "1279413041\n");
    ask_is(place, "PRAGMA user_version", "5\n");
    ask_is(place, "PRAGMA journal_mode", "wal\n");
    ask_is(place, "SELECT word FROM cause WHERE id IN (0, 1) ORDER BY id", "\ntimeout\n");
    store_close(store);
}

static void the_same_boot_has_one_number_and_the_next_another(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *boot;
        uint32_t number;
    } cases[] = {
        {"boot-a", 1},
        {"boot-a", 1},
        {"boot-b", 2},
        {"boot-a", 1}
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store *store = open_store(place, cases[i].boot);

        assert_int_equal(store_boot(store), cases[i].number);
        store_close(store);
    }
}

static void a_name_keeps_its_number_for_ever(void **state)
{
    struct place *place = *state;
    struct place before;
    struct store *store = open_store(place, "boot-a");

    name_points(place, store, 3, 2);
    before = *place;
    store_close(store);
    store = open_store(place, "boot-b");
    name_points(place, store, 3, 2);
    assert_memory_equal(before.devices, place->devices, sizeof before.devices);
    assert_memory_equal(before.points, place->points, sizeof before.points);
    ask_is(place, "SELECT name FROM point WHERE id = 2", "site/dev-0/ph.1\n");
    store_close(store);
}

static void a_profile_is_known_by_its_digest(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    uint8_t digest[32] = {1};
    uint32_t first = store_profile(store, digest, "wq300", "text", &err);

    assert_int_not_equal(first, 0);
    assert_int_equal(store_profile(store, digest, "wq300", "text", &err), first);
    digest[0] = 2;
    assert_int_not_equal(store_profile(store, digest, "wq300", "text", &err), first);
    store_close(store);
}

static void numbers_rise_through_polls_events_and_problems(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    struct event event = {.kind = "gap", .time = at_ms(5), .who = "", .arguments = "{}"};
    struct problem_row problem = {.uid = "0123456789abcdef0123456789abcdef",
                                  .version = 1,
                                  .kind = "new",
                                  .nature = "breach",
                                  .state = "open",
                                  .rule = "ph",
                                  .point = 1,
                                  .first = at_ms(0),
                                  .last = at_ms(0),
                                  .ended = WALL_NONE,
                                  .body = "{}"};

    name_points(place, store, 1, 2);
    must(store_begin(store, &err), &err);
    assert_int_equal(add_poll(place, store, 0, at_ms(0), 0), 1);
    must(store_add_event(store, &event, &err), &err);
    must(store_put_problem(store, &problem, &err), &err);
    assert_int_equal(event.seq, 2);
    assert_int_equal(problem.seq, 3);
    assert_int_equal(add_poll(place, store, 0, at_ms(9), 0), 4);
    must(store_commit(store, &err), &err);
    assert_int_equal(store_newest(store).ms, NOON_MS + 9);
    store_close(store);
    store = open_store(place, "boot-a");
    assert_int_equal(store_last_seq(store), 4);
    assert_int_equal(store_newest(store).ms, NOON_MS + 9);
    store_close(store);
}

static void a_rollback_leaves_nothing_and_its_numbers_are_given_again(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};

    name_points(place, store, 1, 2);
    commit_polls(place, store, 2, 0);
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, at_ms(5000), 0);
    must(store_put_cursor(store, "town", 3, &err), &err);
    store_rollback(store);
    assert_int_equal(store_cursor(store, "town"), 0);
    assert_int_equal(store_newest(store).ms, NOON_MS + 1000);
    ask_is(place, "SELECT max(seq), count(*) FROM poll", "2|2\n");
    assert_int_equal(store_last_seq(store), 2);
    assert_int_equal(commit_polls(place, store, 1, 6000), 3);
    must(store_begin(store, &err), &err);
    must(store_commit(store, &err), &err);
    store_close(store);
}

static void an_open_transaction_is_rolled_back_when_the_store_is_closed(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};

    name_points(place, store, 1, 2);
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, at_ms(0), 0);
    store_close(store);
    ask_is(place, "SELECT count(*) FROM poll", "0\n");
}

static void the_view_shows_absent_values_as_null_with_their_cause(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");

    name_points(place, store, 1, 2);
    commit_polls(place, store, 1, 0);
    ask_is(place, "SELECT seq, point, time, value, quality, cause FROM reading ORDER BY point",
           "1|1|1790000000000|NULL|7|timeout\n1|2|1790000000000|0.1|0|\n");
    store_close(store);
}

static void a_reading_of_another_devices_point_is_refused(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    struct reading reading = {.point = 2, .value = 1.0};
    struct poll poll = {.device = 1, .time = at_ms(0), .readings = &reading, .reading_count = 1};

    name_points(place, store, 2, 1);
    must(store_begin(store, &err), &err);
    assert_false(store_add_poll(store, &poll, &err));
    assert_int_equal(err.kind, ERROR_STORE);
    reading.point = 77;
    assert_false(store_add_poll(store, &poll, &err));
    store_rollback(store);
    store_close(store);
}

static void empty_times_are_filled_once_for_their_boot(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    struct event event = {.kind = "start",
                          .time = WALL_NONE,
                          .mono = {ns_from_ms(300)},
                          .who = "",
                          .arguments = "{}"};
    uint64_t filled = 0;

    name_points(place, store, 1, 1);
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, WALL_NONE, 100);
    must(store_commit(store, &err), &err);
    store_close(store);

    store = open_store(place, "boot-b");
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, WALL_NONE, 200);
    must(store_add_event(store, &event, &err), &err);
    must(store_commit(store, &err), &err);
    must(store_begin(store, &err), &err);
    must(store_fill_times(store, store_boot(store), NOON_MS, &filled, &err), &err);
    assert_int_equal(filled, 2);
    must(store_fill_times(store, store_boot(store), NOON_MS + 7, &filled, &err), &err);
    assert_int_equal(filled, 0);
    must(store_commit(store, &err), &err);
    assert_int_equal(store_newest(store).ms, NOON_MS + 300);
    ask_is(place, "SELECT seq, time FROM poll ORDER BY seq", "1|NULL\n2|1790000000200\n");
    ask_is(place, "SELECT time FROM reading ORDER BY seq", "NULL\n1790000000200\n");
    ask_is(place, "SELECT time FROM event", "1790000000300\n");
    store_close(store);
}

static bool count_judged(void *self, const char *rule, uint32_t point, const void *body,
                         size_t size)
{
    (*(int *)self)++;
    assert_string_equal(rule, "ph");
    assert_int_equal(point, 7);
    assert_int_equal(size, 3);
    assert_memory_equal(body, "two", 3);
    return true;
}

static void what_the_judge_remembers_is_replaced_and_removed(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    int count = 0;

    must(store_begin(store, &err), &err);
    must(store_put_judged(store, "ph", 7, "one", 3, &err), &err);
    must(store_put_judged(store, "ph", 7, "two", 3, &err), &err);
    must(store_put_judged(store, "ph", 8, "x", 1, &err), &err);
    must(store_put_judged(store, "ph", 8, NULL, 0, &err), &err);
    must(store_put_cursor(store, "judge", 41, &err), &err);
    must(store_put_cursor(store, "judge", 42, &err), &err);
    must(store_commit(store, &err), &err);
    must(store_each_judged(store, count_judged, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_int_equal(store_cursor(store, "judge"), 42);
    assert_int_equal(store_cursor(store, "nobody"), 0);
    store_close(store);
}

static void open_problems_are_listed_in_their_newest_version(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    struct problem_row row = {.uid = "a",
                              .version = 1,
                              .kind = "new",
                              .nature = "breach",
                              .state = "open",
                              .rule = "ph",
                              .point = 1,
                              .first = at_ms(0),
                              .last = at_ms(0),
                              .ended = WALL_NONE,
                              .body = "{\"v\":1}"};
    struct episode_row episode = {.uid = "a",
                                  .number = 1,
                                  .first = at_ms(0),
                                  .last = at_ms(1),
                                  .ended = WALL_NONE,
                                  .worst = 9.5,
                                  .ended_by = ""};

    must(store_begin(store, &err), &err);
    must(store_put_problem(store, &row, &err), &err);
    row.version = 2;
    row.body = "{\"v\":2}";
    must(store_put_problem(store, &row, &err), &err);
    snprintf(row.uid, sizeof row.uid, "b");
    row.state = "closed";
    must(store_put_problem(store, &row, &err), &err);
    must(store_put_episode(store, &episode, &err), &err);
    episode.ended = at_ms(9);
    episode.ended_by = "recovered";
    must(store_put_episode(store, &episode, &err), &err);
    must(store_commit(store, &err), &err);
    ask_is(place, "SELECT uid, version, body FROM problem WHERE state <> 'closed'",
           "a|2|{\"v\":2}\n");
    ask_is(place, "SELECT uid, version FROM problem_version ORDER BY seq", "a|1\na|2\nb|2\n");
    ask_is(place, "SELECT uid, number, ended, worst, ended_by FROM episode",
           "a|1|1790000000009|9.5|recovered\n");
    store_close(store);
}

static void a_second_writer_is_refused_and_told_who_writes(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    char pid[24];

    snprintf(pid, sizeof pid, " %ld ", (long)getpid());
    assert_null(store_open(place->dir, "boot-a", at_ms(0), &err));
    assert_int_equal(err.kind, ERROR_STORE);
    assert_non_null(strstr(err.text, pid));
    store_close(store);
    store_close(open_store(place, "boot-a"));
}

/* Puts a file in the store's place, by SQL or as it is. */
static void plant(struct place *place, const char *sql, const char *bytes)
{
    char path[160];
    sqlite3 *db;
    int fd;

    snprintf(path, sizeof path, "%s/lookback.db", place->dir);
    if (bytes != NULL) {
        fd = open(path, O_WRONLY | O_CREAT, 0640);
        assert_int_equal(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
        close(fd);
        return;
    }
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static char *bytes_of(struct place *place, size_t *size)
{
    char path[160];
    char *bytes = NULL;
    FILE *file;
    FILE *out = open_memstream(&bytes, size);
    int one;

    snprintf(path, sizeof path, "%s/lookback.db", place->dir);
    file = fopen(path, "r");
    while ((one = fgetc(file)) != EOF)
        fputc(one, out);
    fclose(file);
    fclose(out);
    return bytes;
}

static void refused_unchanged(struct place *place, const char *words)
{
    struct error err = {0};
    size_t size_before = 0;
    size_t size_after = 0;
    char *before = bytes_of(place, &size_before);
    char *after;

    assert_null(store_open(place->dir, "boot-a", at_ms(0), &err));
    assert_int_equal(err.kind, ERROR_STORE);
    if (strstr(err.text, words) == NULL)
        fail_msg("%s: no \"%s\"", err.text, words);
    memset(&err, 0, sizeof err);
    assert_null(reader_open(place->dir, &err));
    assert_int_equal(err.kind, ERROR_STORE);
    after = bytes_of(place, &size_after);
    assert_int_equal(size_before, size_after);
    assert_memory_equal(before, after, size_before);
    free(before);
    free(after);
}

static void the_database_of_another_program_is_left_alone(void **state)
{
    plant(*state, "CREATE TABLE music(title)", NULL);
    refused_unchanged(*state, "another program");
}

static void a_file_that_is_no_database_is_left_alone(void **state)
{
    plant(*state, NULL, "this is a letter to the town, and it is longer than a header would be");
    refused_unchanged(*state, "not a database");
}

static void a_newer_store_is_left_alone(void **state)
{
    plant(*state,
          "PRAGMA application_id = 1279413041; CREATE TABLE poll(seq); PRAGMA user_version = 7",
          NULL);
    refused_unchanged(*state, "knows schema 5, the file has 7: upgrade the program");
}

/* Whatever a bad disk made of the file: a sentence or a store, never a crash. */
static void a_damaged_file_is_a_sentence(void **state)
{
    struct place *place = *state;
    char path[160];
    int refused = 0;

    snprintf(path, sizeof path, "%s/lookback.db", place->dir);
    for (int i = 0; i < 40; i++) {
        struct error err = {0};
        struct store *store = open_store(place, "boot-a");
        uint8_t noise[64];
        int fd;

        name_points(place, store, 2, 3);
        commit_polls(place, store, 3, 0);
        store_close(store);
        for (size_t n = 0; n < sizeof noise; n++)
            noise[n] = (uint8_t)(n * 37 + (size_t)i * 11);
        fd = open(path, O_RDWR);
        assert_int_equal(pwrite(fd, noise, sizeof noise, i * 97), sizeof noise);
        close(fd);
        store = store_open(place->dir, "boot-a", at_ms(0), &err);
        if (store == NULL) {
            refused++;
            assert_int_equal(err.kind, ERROR_STORE);
            assert_non_null(strstr(err.text, path));
        }
        store_close(store);
        assert_int_equal(unlink(path), 0);
    }
    assert_true(refused > 0); /* its header at least */
}

static void an_impossible_directory_is_named(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    char path[160];

    plant(place, NULL, "a file");
    snprintf(path, sizeof path, "%s/lookback.db/below", place->dir);
    assert_null(store_open(path, "boot-a", at_ms(0), &err));
    assert_int_equal(err.kind, ERROR_STORE);
    assert_non_null(strstr(err.text, path));
}

/* In a child under another user: root may write everywhere. */
static void a_directory_that_cannot_be_written_is_named(void **state)
{
    struct place *place = *state;
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        struct error err = {0};

        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(2);
        (void)chmod(place->dir, 0555);
        _exit(store_open(place->dir, "boot-a", at_ms(0), &err) == NULL && err.kind == ERROR_STORE &&
                      strstr(err.text, "cannot be written") != NULL &&
                      strstr(err.text, place->dir) != NULL
                  ? 0
                  : 1);
    }
    waitpid(child, &status, 0);
    (void)chmod(place->dir, 0755);
    assert_int_equal(status, 0);
}

static void a_reader_of_the_group_needs_no_right_to_write(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    int status = 0;
    pid_t child;

    if (geteuid() != 0) {
        store_close(store);
        skip();
    }
    name_points(place, store, 1, 1);
    commit_polls(place, store, 3, 0);
    assert_int_equal(chmod(place->dir, 0750), 0);
    for (int open = 1; open >= 0; open--) { /* while the collector runs, and when it has ended */
        if (!open)
            store_close(store);
        child = fork();
        if (child == 0) {
            struct reader *reader;

            if (setgid(0) != 0 || setuid(65534) != 0)
                _exit(2);
            reader = reader_open(place->dir, NULL);
            _exit(reader != NULL && reader_last_seq(reader) == 3 ? 0 : 1);
        }
        waitpid(child, &status, 0);
        assert_int_equal(status, 0);
    }
}

static void the_size_on_disk_and_the_oldest_moment_are_known(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct store_size size;

    name_points(place, store, 1, 1);
    commit_polls(place, store, 3, 0);
    assert_true(store_measure(store, &size));
    assert_true(size.bytes > 4096);
    assert_true(size.free_bytes > 0);
    assert_int_equal(size.oldest.ms, NOON_MS);
    assert_string_equal(store_dir(store), place->dir);
    store_close(store);
}

static int in_english(void **state)
{
    say_in(LANGUAGE_EN);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_new_store_is_made_and_is_ours),
        IN_PLACE(the_same_boot_has_one_number_and_the_next_another),
        IN_PLACE(a_name_keeps_its_number_for_ever),
        IN_PLACE(a_profile_is_known_by_its_digest),
        IN_PLACE(numbers_rise_through_polls_events_and_problems),
        IN_PLACE(a_rollback_leaves_nothing_and_its_numbers_are_given_again),
        IN_PLACE(an_open_transaction_is_rolled_back_when_the_store_is_closed),
        IN_PLACE(the_view_shows_absent_values_as_null_with_their_cause),
        IN_PLACE(a_reading_of_another_devices_point_is_refused),
        IN_PLACE(empty_times_are_filled_once_for_their_boot),
        IN_PLACE(what_the_judge_remembers_is_replaced_and_removed),
        IN_PLACE(open_problems_are_listed_in_their_newest_version),
        IN_PLACE(a_second_writer_is_refused_and_told_who_writes),
        IN_PLACE(the_database_of_another_program_is_left_alone),
        IN_PLACE(a_file_that_is_no_database_is_left_alone),
        IN_PLACE(a_newer_store_is_left_alone),
        IN_PLACE(a_damaged_file_is_a_sentence),
        IN_PLACE(an_impossible_directory_is_named),
        IN_PLACE(a_directory_that_cannot_be_written_is_named),
        IN_PLACE(a_reader_of_the_group_needs_no_right_to_write),
        IN_PLACE(the_size_on_disk_and_the_oldest_moment_are_known),
    };

    return cmocka_run_group_tests(tests, in_english, NULL);
}
