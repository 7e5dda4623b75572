/* Tests of record/acts_users.c: who may sign in to the page, through the recorder. */
#include "unit/record/bench_top.h"

#include <sqlite3.h>

#include "store/people.h"

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct bench_answer add(struct bench *bench, const char *name, const char *role,
                               const char *digest)
{
    return bench_act(
        bench, "user.add",
        json_pack("{s:s, s:s, s:s}", "name", name, "role", role, "token_sha256", digest));
}

static void assert_users(struct bench *bench, const char *wanted)
{
    static struct user users[USERS_MAX];
    char words[300] = "";
    size_t count, used = 0;

    recorder_users(bench->recorder, users, &count);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%s %s %02x by %s",
                                 i == 0 ? "" : ", ", users[i].name, users[i].role,
                                 users[i].token[0], users[i].by);
    assert_string_equal(words, wanted);
}

static void a_user_is_there_as_soon_as_the_act_is_answered(void **state)
{
    struct bench *bench = *state;
    uint64_t before = recorder_news(bench->recorder, NEWS_USERS);

    assert_users(bench, "");
    assert_int_equal(add(bench, "wang", "reader", DIGEST_A).err.kind, ERROR_NONE);
    assert_users(bench, "wang reader aa by li");
    assert_int_not_equal(recorder_news(bench->recorder, NEWS_USERS), before);
}

static void the_event_has_name_and_role_and_never_the_digest(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer = add(bench, "wang", "reader", DIGEST_A);
    char *story;

    assert_int_equal(answer.seq, bench->began + 1);
    bench_act(bench, "user.remove", json_pack("{s:s}", "name", "wang"));
    story = bench_story(bench, 1 << ITEM_EVENT);
    assert_string_equal(story,
                        "1 1 user.add {\"by\":\"li\",\"name\":\"wang\",\"role\":\"reader\"}\n"
                        "2 1 user.remove {\"by\":\"li\",\"name\":\"wang\"}\n");
    free(story);
}

static void adding_again_replaces_and_removing_removes_at_once(void **state)
{
    struct bench *bench = *state;

    add(bench, "wang", "reader", DIGEST_A);
    assert_int_equal(add(bench, "wang", "office", DIGEST_B).err.kind, ERROR_NONE);
    assert_users(bench, "wang office bb by li");
    assert_int_equal(bench_act(bench, "user.remove", json_pack("{s:s}", "name", "wang")).err.kind,
                     ERROR_NONE);
    assert_users(bench, "");
    assert_int_equal(bench_act(bench, "user.remove", json_pack("{s:s}", "name", "wang")).err.kind,
                     ERROR_NOT_FOUND);
}

static void users_are_there_after_a_restart(void **state)
{
    struct bench *bench = *state;

    add(bench, "wang", "reader", DIGEST_A);
    bench_kill(bench);
    bench_open(bench);
    assert_users(bench, "wang reader aa by li");
}

static void what_is_not_a_name_a_role_or_a_digest_is_wrong_use(void **state)
{
    static const struct {
        const char *name, *role, *digest;
    } wrong[] = {
        {"",                                  "reader", DIGEST_A                                                          },
        {"Wang",                              "reader", DIGEST_A                                                          },
        {"王",                               "reader", DIGEST_A                                                          },
        {"wang li",                           "reader", DIGEST_A                                                          },
        {"wangwangwangwangwangwangwangwangw", "reader", DIGEST_A                                                          },
        {"wang",                              "",       DIGEST_A                                                          },
        {"wang",                              "public", DIGEST_A                                                          },
        {"wang",                              "admin",  DIGEST_A                                                          },
        {"wang",                              "reader", ""                                                                },
        {"wang",                              "reader", "aa"                                                              },
        {"wang",                              "reader", DIGEST_A "aa"                                                     },
        {"wang",                              "reader", "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    };
    struct bench *bench = *state;
    uint64_t before = recorder_committed(bench->recorder);

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(add(bench, wrong[i].name, wrong[i].role, wrong[i].digest).err.kind,
                         ERROR_WRONG_USE);
    assert_int_equal(
        bench_act(bench, "user.add", json_pack("{s:s, s:s}", "name", "wang", "role", "reader"))
            .err.kind,
        ERROR_WRONG_USE);
    assert_users(bench, "");
    assert_int_equal(recorder_committed(bench->recorder), before);
}

static void a_refused_act_leaves_no_event_and_no_user(void **state)
{
    struct bench *bench = *state;
    uint64_t before;

    add(bench, "wang", "reader", DIGEST_A);
    before = recorder_committed(bench->recorder);
    assert_int_equal(add(bench, "zhao", "office", DIGEST_A).err.kind, ERROR_REFUSED);
    assert_users(bench, "wang reader aa by li");
    assert_int_equal(recorder_committed(bench->recorder), before);
}

/* The store's own file can take no more: what waits for its event is taken back. */
static void without_the_event_there_is_no_user(void **state)
{
    struct bench *bench = *state;
    char path[128];
    sqlite3 *db = NULL;

    add(bench, "wang", "reader", DIGEST_A);
    snprintf(path, sizeof path, "%s/lookback.db", bench->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT"
                                  " RAISE(ABORT, 'no room'); END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(add(bench, "zhao", "office", DIGEST_B).err.kind, ERROR_STORE);
    assert_users(bench, "wang reader aa by li");
    assert_int_equal(bench_act(bench, "user.remove", json_pack("{s:s}", "name", "wang")).err.kind,
                     ERROR_STORE);
    assert_users(bench, "wang reader aa by li");
    sqlite3_exec(db, "DROP TRIGGER full", NULL, NULL, NULL);
    sqlite3_close(db);
}

static void who_cannot_be_read_cannot_sign_in(void **state)
{
    struct bench *bench = *state;
    char path[128];

    add(bench, "wang", "reader", DIGEST_A);
    snprintf(path, sizeof path, "%s/people.sqlite", bench->dir);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(add(bench, "zhao", "office", DIGEST_B).err.kind, ERROR_STORE);
    assert_users(bench, "");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(add(bench, "zhao", "office", DIGEST_B).err.kind, ERROR_NONE);
    assert_users(bench, "wang reader aa by li, zhao office bb by li");
}

enum { AGAIN_MS = 10 * 1000 }; /* as the notice says */

static void who_can_be_read_again_signs_in_again_and_nobody_has_to_ask(void **state)
{
    struct bench *bench = *state;
    char path[128];

    add(bench, "wang", "reader", DIGEST_A);
    snprintf(path, sizeof path, "%s/people.sqlite", bench->dir);
    assert_int_equal(chmod(path, 0644), 0);
    add(bench, "zhao", "office", DIGEST_B);
    assert_int_equal(notices_count(bench->notices), 1);
    held_clock_advance(&bench->clock, AGAIN_MS);
    bench_step(bench);
    assert_users(bench, "");
    assert_int_equal(chmod(path, 0600), 0);
    held_clock_advance(&bench->clock, AGAIN_MS - 1);
    bench_step(bench);
    assert_users(bench, "");
    held_clock_advance(&bench->clock, 1);
    bench_step(bench);
    assert_users(bench, "wang reader aa by li");
    assert_int_equal(notices_count(bench->notices), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BENCH(a_user_is_there_as_soon_as_the_act_is_answered),
        ON_BENCH(the_event_has_name_and_role_and_never_the_digest),
        ON_BENCH(adding_again_replaces_and_removing_removes_at_once),
        ON_BENCH(users_are_there_after_a_restart),
        ON_BENCH(what_is_not_a_name_a_role_or_a_digest_is_wrong_use),
        ON_BENCH(a_refused_act_leaves_no_event_and_no_user),
        ON_BENCH(without_the_event_there_is_no_user),
        ON_BENCH(who_cannot_be_read_cannot_sign_in),
        ON_BENCH(who_can_be_read_again_signs_in_again_and_nobody_has_to_ask),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
