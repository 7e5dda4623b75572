/* Tests of what a bad disk and a kill may do to sealing: a segment is sealed once, and whole. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "unit/store/seal_place.h"

enum { SEGMENTS = 3, BUDGET = 6 };

/* Every write and sync of this process is counted: at `kill_at` it dies before it is made, and from
 * `fail_from` on `failing` of them fail. */
static int calls, kill_at = -1, fail_from = -1, failing;

static bool fails(void)
{
    calls++;
    if (calls == kill_at)
        raise(SIGKILL);
    if (fail_from < 0 || calls < fail_from || failing == 0)
        return false;
    failing--;
    errno = EIO;
    return true;
}

int fdatasync(int fd)
{
    return fails() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    return fails() ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, bytes, size, at);
}

static void copy(struct place *place, const char *from, const char *to)
{
    char command[512];

    snprintf(command, sizeof command, "rm -f %s/%s %s/%s-*; cp %s/%s %s/%s", place->dir, to,
             place->dir, to, place->dir, from, place->dir, to);
    assert_int_equal(system(command), 0);
}

/* A store whose segments are closed and moved, kept as "waiting", and the roots it comes to. */
static char *make_waiting(struct place *place)
{
    struct store *store = open_store(place, "boot-a");
    char *roots;

    fill(place, store, 12);
    for (int i = 1; i < SEGMENTS; i++) {
        close_segment(store);
        commit_polls(place, store, 8, i * HOUR_MS);
    }
    close_segment(store);
    move_all(store);
    store_close(store);
    copy(place, "lookback.db", "waiting");
    store = open_store(place, "boot-a");
    assert_int_equal(seal_all(place, store, BUDGET), SEGMENTS);
    roots = ask_text(place, "SELECT segment, hex(root), leaves, hex(path) FROM segment");
    store_close(store);
    return roots;
}

/* Whatever was left undone is done, and is what would have been sealed anyway. */
static void comes_out_right(struct place *place, const char *roots)
{
    struct store *store = open_store(place, "boot-a");
    struct reader *reader;
    struct chain chain;

    seal_all(place, store, BUDGET);
    ask_is(place, "SELECT segment, hex(root), leaves, hex(path) FROM segment", roots);
    reader = open_reader(place);
    chain = read_chain(place, reader);
    assert_int_equal(chain.count, SEGMENTS);
    for (int i = 0; i < SEGMENTS; i++)
        leaves_lead_to(reader, (uint64_t)i + 1, chain.sealed[i].head.root);
    reader_close(reader);
    store_close(store);
}

/* Seals in a process of its own that dies at its `at`-th write; false when it has no so many. */
static bool seal_and_be_killed(struct place *place, int at)
{
    pid_t child = fork();
    int ended = 0;

    assert_true(child >= 0);
    if (child == 0) {
        struct store *store = open_store(place, "boot-a");

        calls = 0;
        kill_at = at;
        seal_all(place, store, BUDGET);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFSIGNALED(ended) ? WTERMSIG(ended) == SIGKILL : WEXITSTATUS(ended) == 0);
    return WIFSIGNALED(ended);
}

static void killed_at_any_write_it_comes_out_the_same(void **state)
{
    struct place *place = *state;
    char *roots = make_waiting(place);
    int at = 1;

    for (copy(place, "waiting", "lookback.db"); seal_and_be_killed(place, at); at++) {
        comes_out_right(place, roots);
        copy(place, "waiting", "lookback.db");
    }
    assert_true(at > 20);
    free(roots);
}

static void what_was_sealed_before_a_kill_keeps_its_head(void **state)
{
    struct place *place = *state;
    char *roots = make_waiting(place);

    copy(place, "waiting", "lookback.db");
    for (int at = 8; seal_and_be_killed(place, at); at += 3) {
        char *heads = ask_text(place, "SELECT segment, hex(head), sealed FROM segment"
                                      " WHERE root IS NOT NULL");
        char *after;

        comes_out_right(place, roots);
        after = ask_text(place, "SELECT segment, hex(head), sealed FROM segment");
        assert_int_equal(strncmp(after, heads, strlen(heads)), 0);
        free(after);
        free(heads);
        copy(place, "waiting", "lookback.db");
    }
    free(roots);
}

/* Tries until it is done; returns how often it failed. */
static int seal_in_spite(struct place *place, struct store *store)
{
    struct seal_key *key = key_of(place);
    bool sealed, more = true;
    struct error err = {0};
    int failures = 0;

    while (more) {
        if (store_seal_step(store, "zj-01", key, at_ms(5 * HOUR_MS), BUDGET, &sealed, &more, &err))
            continue;
        assert_int_equal(err.kind, ERROR_STORE);
        more = true;
        assert_true(++failures < 50);
    }
    seal_key_free(key);
    return failures;
}

static void any_write_may_fail_and_sealing_goes_on_afterwards(void **state)
{
    struct place *place = *state;
    char *roots = make_waiting(place);
    int failures = 0;

    for (int at = 1; at < 30; at++) {
        struct store *store;

        copy(place, "waiting", "lookback.db");
        store = open_store(place, "boot-a");
        calls = 0;
        fail_from = at;
        failing = 1 + at % 3;
        failures += seal_in_spite(place, store);
        fail_from = -1;
        store_close(store);
        comes_out_right(place, roots);
    }
    assert_true(failures > 20);
    free(roots);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void without_room_nothing_is_sealed_until_there_is_room(void **state)
{
    struct place *place = *state;
    char *roots = make_waiting(place);
    struct seal_key *key = key_of(place);
    struct error err = {0};
    bool sealed = false, more = true;
    struct store *store;
    int failed = 0;

    signal(SIGXFSZ, SIG_IGN);
    copy(place, "waiting", "lookback.db");
    store = open_store(place, "boot-a");
    limit_files(6 * 4096); /* what the log may hold */
    for (int i = 0; i < 200 && failed < 3; i++)
        failed +=
            store_seal_step(store, "zj-01", key, at_ms(5 * HOUR_MS), 1000, &sealed, &more, &err)
                ? 0
                : 1;
    limit_files(RLIM_INFINITY);
    assert_int_equal(failed, 3);
    assert_int_equal(err.kind, ERROR_STORE);
    seal_key_free(key);
    store_close(store);
    comes_out_right(place, roots);
    free(roots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(killed_at_any_write_it_comes_out_the_same),
        IN_PLACE(what_was_sealed_before_a_kill_keeps_its_head),
        IN_PLACE(any_write_may_fail_and_sealing_goes_on_afterwards),
        IN_PLACE(without_room_nothing_is_sealed_until_there_is_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
