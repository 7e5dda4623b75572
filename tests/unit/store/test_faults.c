/* Tests of what a bad disk and a kill may do to a store: a commit is whole or not there at all. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "unit/store/place.h"

/* SQLite syncs through this one: `failing_syncs` of them fail after `good_syncs`. */
static int good_syncs = 0;
static int failing_syncs = 0;

int fdatasync(int fd)
{
    if (good_syncs > 0)
        good_syncs--;
    else if (failing_syncs > 0) {
        failing_syncs--;
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

static bool try_polls(struct place *place, struct store *store, int count, int64_t from_ms)
{
    struct error err = {0};

    if (!store_begin(store, &err))
        return false;
    for (int i = 0; i < count; i++)
        add_poll(place, store, 0, at_ms(from_ms + i), 0);
    must(store_put_cursor(store, "judge", store_last_seq(store), &err), &err);
    if (store_commit(store, &err))
        return true;
    assert_int_equal(err.kind, ERROR_STORE);
    assert_non_null(strstr(err.text, place->dir));
    return false;
}

/* The polls of a failed commit are written again by the recorder: they must not come back as well.
 */
static void a_commit_whose_sync_failed_does_not_come_back(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");

    name_points(place, store, 1, 2);
    assert_true(try_polls(place, store, 3, 0));
    failing_syncs = 1;
    assert_false(try_polls(place, store, 4, 1000));
    assert_int_equal(failing_syncs, 0);
    assert_int_equal(store_cursor(store, "judge"), 3);
    assert_true(try_polls(place, store, 4, 1000));
    ask_is(place, "SELECT count(*), count(DISTINCT time), max(seq) FROM poll", "7|7|7\n");
    ask_is(place, "PRAGMA integrity_check", "ok\n");
    assert_int_equal(store_cursor(store, "judge"), store_last_seq(store));
    store_close(store);
}

/* Also when the log could not be taken into the database after the first failure. */
static void however_many_syncs_fail_in_a_row_no_commit_comes_back(void **state)
{
    struct place *place = *state;

    for (int failing = 1; failing <= 8; failing++) {
        struct store *store = open_store(place, "boot-a");
        uint64_t before = store_last_seq(store);
        char wanted[64];

        if (before == 0)
            name_points(place, store, 1, 2);
        assert_true(try_polls(place, store, 3, failing * 1000));
        failing_syncs = failing;
        assert_false(try_polls(place, store, 4, failing * 1000 + 100));
        while (!try_polls(place, store, 4, failing * 1000 + 100))
            continue;
        failing_syncs = 0;
        assert_int_equal(store_last_seq(store), before + 7);
        snprintf(wanted, sizeof wanted, "%d|%d|%d\n", failing * 7, failing * 7, failing * 7);
        ask_is(place, "SELECT count(*), count(DISTINCT time), max(seq) FROM poll", wanted);
        store_close(store);
    }
}

/* Any sync of many commits, those of taking the log into the database and of beginning it anew too.
 */
static void any_sync_may_fail_and_nothing_committed_is_lost_doubled_or_skipped(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    int64_t committed = 0;
    int failed = 0;
    char wanted[64];

    name_points(place, store, 1, 16);
    for (int i = 0; i < 120; i++) {
        good_syncs = i % 4;
        failing_syncs = i % 3 == 0 ? 1 : 0;
        if (try_polls(place, store, 150, i * 1000))
            committed += 150;
        else
            failed++;
        snprintf(wanted, sizeof wanted, "%lld|%lld|%lld\n", (long long)committed,
                 (long long)committed, (long long)committed);
        ask_is(place, "SELECT count(*), count(DISTINCT time), ifnull(max(seq), 0) FROM poll",
               wanted);
    }
    failing_syncs = 0;
    good_syncs = 0;
    assert_true(failed > 5);
    store_close(store);
    ask_is(place, "SELECT count(*), count(DISTINCT time), ifnull(max(seq), 0) FROM poll", wanted);
    ask_is(place, "PRAGMA integrity_check", "ok\n");
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A full disk: a file may not grow any more. */
static void without_room_a_commit_fails_whole_and_works_again_with_room(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    int committed = 0;
    int failed = 0;
    char wanted[64];

    signal(SIGXFSZ, SIG_IGN);
    name_points(place, store, 1, 16);
    limit_files(400 * 1024);
    for (int i = 0; i < 60 && failed < 4; i++)
        if (try_polls(place, store, 40, i * 1000))
            committed += 40;
        else
            failed++;
    assert_int_equal(failed, 4);
    assert_true(committed > 0);
    limit_files(RLIM_INFINITY);
    snprintf(wanted, sizeof wanted, "%d|%d\n", committed, committed * 16);
    ask_is(place, "SELECT (SELECT count(*) FROM poll), (SELECT count(*) FROM reading)", wanted);
    assert_true(try_polls(place, store, 40, 900000));
    snprintf(wanted, sizeof wanted, "%d|%d\n", committed + 40, (committed + 40) * 16);
    ask_is(place, "SELECT (SELECT count(*) FROM poll), (SELECT count(*) FROM reading)", wanted);
    ask_is(place, "PRAGMA integrity_check", "ok\n");
    store_close(store);
}

static void a_store_that_has_no_room_at_all_says_so(void **state)
{
    struct place *place = *state;
    struct error err = {0};

    signal(SIGXFSZ, SIG_IGN);
    limit_files(2048);
    assert_null(store_open(place->dir, "boot-a", at_ms(0), &err));
    limit_files(RLIM_INFINITY);
    assert_int_equal(err.kind, ERROR_STORE);
    assert_non_null(strstr(err.text, place->dir));
    store_close(open_store(place, "boot-a"));
}

/* Moving without room fails in a sentence and goes on later; nothing shows twice meanwhile. */
static void a_move_without_room_goes_on_when_there_is_room(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    struct stat file;
    char path[160];
    bool closed;
    bool more = true;
    int failed = 0;
    char *before;

    signal(SIGXFSZ, SIG_IGN);
    name_points(place, store, 2, 16);
    commit_polls(place, store, 2000, 0);
    must(store_close_segment(store, at_ms(0), &closed, &err), &err);
    store_close(store);
    store = open_store(place, "boot-a");
    before = ask_text(place, "SELECT * FROM reading ORDER BY seq, point");
    snprintf(path, sizeof path, "%s/lookback.db", place->dir);
    assert_int_equal(stat(path, &file), 0);
    limit_files((rlim_t)file.st_size / 4);
    for (int i = 0; i < 3; i++)
        failed += store_move_step(store, 10000, &more, &err) ? 0 : 1;
    limit_files(RLIM_INFINITY);
    assert_true(failed > 0);
    ask_is(place, "SELECT * FROM reading ORDER BY seq, point", before);
    more = true;
    while (more)
        must(store_move_step(store, 10000, &more, &err), &err);
    ask_is(place, "SELECT * FROM reading ORDER BY seq, point", before);
    ask_is(place, "SELECT count(*) FROM fresh", "0\n");
    free(before);
    store_close(store);
}

/* A child commits and says each committed number; after a kill all it said is there. */
__attribute__((noreturn)) static void commit_until_killed(struct place *place, int out)
{
    struct store *store = store_open(place->dir, "boot-a", at_ms(0), NULL);
    struct error err;
    bool more;

    if (store == NULL)
        _exit(1);
    for (int i = 0;; i++) {
        uint64_t seq;

        if (!store_begin(store, &err))
            _exit(1);
        for (int p = 0; p < 1 + i % 7; p++)
            add_poll(place, store, 0, at_ms(i), i);
        seq = store_last_seq(store);
        if (!store_put_cursor(store, "judge", seq, &err) || !store_commit(store, &err) ||
            write(out, &seq, sizeof seq) != sizeof seq)
            _exit(1);
        if (i % 5 == 4 && (!store_close_segment(store, at_ms(i), &more, &err) ||
                           !store_move_step(store, 10, &more, &err)))
            _exit(1);
    }
}

static void all_that_was_said_to_be_committed_is_there_after_a_kill(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");

    name_points(place, store, 1, 5);
    store_close(store);
    for (int round = 0; round < 20; round++) {
        uint64_t said = 0;
        uint64_t one;
        int pipes[2];
        char wanted[96];
        pid_t child;

        assert_int_equal(pipe(pipes), 0);
        child = fork();
        if (child == 0)
            commit_until_killed(place, pipes[1]);
        close(pipes[1]);
        for (int i = 0; i < 1 + round * 7 % 23; i++) {
            assert_int_equal(read(pipes[0], &one, sizeof one), sizeof one);
            said = one;
        }
        kill(child, SIGKILL);
        while (read(pipes[0], &one, sizeof one) == sizeof one)
            said = one;
        waitpid(child, NULL, 0);
        close(pipes[0]);
        store = open_store(place, "boot-a");
        assert_true(store_last_seq(store) >= said);
        /* Nothing is given twice, nothing is half there, and what commits together came together.
         */
        snprintf(wanted, sizeof wanted, "%llu|%llu|%llu|%llu\n",
                 (unsigned long long)store_last_seq(store),
                 (unsigned long long)store_last_seq(store),
                 (unsigned long long)store_last_seq(store) * 5,
                 (unsigned long long)store_last_seq(store));
        ask_is(place,
               "SELECT (SELECT count(*) FROM poll), (SELECT max(seq) FROM poll),"
               " (SELECT count(*) FROM (SELECT DISTINCT seq, point FROM reading)),"
               " (SELECT seq FROM cursor)",
               wanted);
        store_close(store);
    }
    ask_is(place, "PRAGMA integrity_check", "ok\n");
}

static int in_english(void **state)
{
    say_in(LANGUAGE_EN);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_commit_whose_sync_failed_does_not_come_back),
        IN_PLACE(however_many_syncs_fail_in_a_row_no_commit_comes_back),
        IN_PLACE(any_sync_may_fail_and_nothing_committed_is_lost_doubled_or_skipped),
        IN_PLACE(without_room_a_commit_fails_whole_and_works_again_with_room),
        IN_PLACE(a_store_that_has_no_room_at_all_says_so),
        IN_PLACE(a_move_without_room_goes_on_when_there_is_room),
        IN_PLACE(all_that_was_said_to_be_committed_is_there_after_a_kill),
    };

    return cmocka_run_group_tests(tests, in_english, NULL);
}
