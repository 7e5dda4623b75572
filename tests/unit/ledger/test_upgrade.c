/* What a program of schema 1 remembered of a rule is understood after the store came forward. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/track.h"
#include "store/schema.h"
#include "store/store.h"

/* As schema 1 wrote them: a running breach, and a rule that has only seen something pending. */
static const char running[] =
    "{\"meaning\":\"00000000000000ff\",\"proven_ms\":0,\"newest\":1790000000000,\"episode\":{"
    "\"first\":1790000000000,\"last\":1790000060000,\"ended\":null,\"worst_at\":1790000060000,"
    "\"worst\":2.3123456789012345,\"seen\":1790000060000,\"good_since\":null,\"phase\":2},"
    "\"problem\":{\"uid\":\"0123456789abcdef0123456789abcdef\",\"version\":3,\"point\":1,"
    "\"rule\":\"nh3\",\"nature\":0,\"bound\":0,\"episodes\":2,\"low\":0,\"high\":1.5,"
    "\"first\":1790000000000,\"last\":1790000060000,\"ended\":null,\"worst\":2.3123456789012345,"
    "\"worst_at\":1790000060000,\"told\":1790000000000,\"told_worst\":2.1,\"acknowledged\":null,"
    "\"acknowledged_by\":\"\",\"state\":1}}";
static const char pending[] =
    "{\"meaning\":\"0000000000000001\",\"proven_ms\":0,\"newest\":null,\"episode\":{\"first\":null,"
    "\"last\":null,\"ended\":null,\"worst_at\":null,\"worst\":0,\"seen\":null,\"good_since\":null,"
    "\"phase\":0},\"problem\":null}";

static char dir[] = "/tmp/lookback-upgrade-XXXXXX";

static void make_store_of_schema_1(void)
{
    struct connection c = {0};
    struct error err = {0};
    char sql[2048];

    assert_non_null(mkdtemp(dir));
    snprintf(c.path, sizeof c.path, "%s/lookback.db", dir);
    assert_true(connection_open(&c, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &err));
    assert_true(schema_migrate(&c, schema_steps(), 0, 1, &err));
    snprintf(sql, sizeof sql,
             "INSERT INTO judged VALUES('nh3', 1, CAST('%s' AS BLOB)),"
             " ('calm', 1, CAST('%s' AS BLOB))",
             running, pending);
    assert_true(connection_run(&c, sql, &err));
    connection_close(&c);
}

static bool read_one(void *self, const char *rule, uint32_t point, const void *body, size_t size)
{
    struct error err = {0};
    struct track track;

    if (!track_read(&track, NULL, NULL, body, size, &err))
        fail_msg("%s: %.*s", rule, (int)size, (const char *)body);
    if (strcmp(rule, "nh3") == 0) {
        assert_int_equal(track.problem.state, PROBLEM_OPEN);
        assert_true(problem_is_running(&track.problem));
        assert_int_equal(track.lane[0].episode.phase, EPISODE_RUNNING);
        assert_int_equal(track.lane[0].number, 2);
        assert_true(track.problem.worst == 2.3123456789012345);
        assert_true(track.problem.worst_high == 1.5);
    }
    ++*(int *)self;
    return true;
}

static void what_ran_before_the_upgrade_runs_on(void **state)
{
    struct error err = {0};
    struct store *store;
    int count = 0;

    make_store_of_schema_1();
    store = store_open(dir, "boot", (struct wall_time){1790000100000}, &err);
    if (store == NULL)
        fail_msg("%s", err.text);
    assert_true(store_each_judged(store, read_one, &count, &err));
    assert_int_equal(count, 2);
    store_close(store);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    return remove(path);
}

static int clean_up(void **state)
{
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ran_before_the_upgrade_runs_on),
    };

    return cmocka_run_group_tests(tests, NULL, clean_up);
}
