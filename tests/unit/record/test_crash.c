/* Tests of the judge's memory: a town's month that was killed anywhere comes out like one that was
 * not. LOOKBACK_CRASHES says how often it is killed (30). */
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "record/replay.h"
#include "unit/record/town_top.h"

enum { DAY_STEPS = 288 };

static unsigned crashes(void)
{
    const char *words = getenv("LOOKBACK_CRASHES");

    return words == NULL ? 30 : (unsigned)strtoul(words, NULL, 10);
}

static int64_t doom_us;

/* The signal ends the process in whatever it is doing then, with nothing put away. */
static void be_killed_soon(void)
{
    struct itimerval after = {
        .it_value = {doom_us / 1000000, doom_us % 1000000}
    };

    signal(SIGALRM, SIG_DFL);
    setitimer(ITIMER_REAL, &after, NULL);
}

static uint32_t dice(uint32_t *random, uint32_t sides)
{
    *random = *random * 1103515245 + 12345;
    return (*random >> 8) % sides;
}

/* True when the process was killed before it came to the end. */
static bool live_and_be_killed(struct town *town, unsigned batch)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        town_live(town, batch);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    else
        assert_int_equal(WTERMSIG(status), SIGALRM);
    return WIFSIGNALED(status);
}

/* With the settings it ended with. */
static void assert_replays(struct town *town)
{
    struct replay_setup setup = {
        .dir = town->dir,
        .judge = {.catalog = &town->catalog,
                  .rules = town->rules,
                  .tallies = town->tallies,
                  .screens = town->screens},
        .from = WALL_NONE,
        .to = WALL_NONE
    };
    struct replay_answer answer;
    struct error err = {0};

    town_open(town, town->steps);
    setup.judge.rule_count = town->rule_count;
    if (!replay_run(&setup, &answer, &err))
        fail_msg("%s", err.text);
    if (!replay_is_equal(&answer))
        fail_msg("%s\n%s", answer.differences[0], answer.differences[1]);
    assert_true(answer.problems.same > 20 && answer.episodes.same > 50);
    assert_true(answer.aggregates.same > 50000);
    replay_answer_end(&answer);
}

/* Some steps on, and then in the midst of a step, a commit, an act, or a start. */
static unsigned be_killed_often(struct town *town, unsigned wanted)
{
    uint32_t random = 20261123;
    unsigned done = 0;

    town->doom = be_killed_soon;
    while (done < wanted) {
        unsigned stands = (unsigned)(town_committed(town) + 1);

        town->doomed = stands + dice(&random, town->steps / wanted + 1);
        doom_us = 1 + dice(&random, 1000);
        if (!live_and_be_killed(town, 1 + dice(&random, 12)))
            break;
        done++;
    }
    town->doomed = UINT32_MAX;
    live_and_be_killed(town, 12);
    return done;
}

/* Every hour that has passed is sealed, and what is stored is what was sealed. */
static void assert_sealed(struct town *town)
{
    struct error err = {0};
    struct reader *reader = reader_open(town->dir, &err);
    struct seal_check check;

    assert_non_null(reader);
    if (!reader_check_seals(reader, &check, NULL, NULL, NULL, &err))
        fail_msg("%s", err.text);
    reader_close(reader);
    if (check.fault != SEAL_SOUND)
        fail_msg("segment %llu, %s: %s", (unsigned long long)check.segment, check.leaf, check.row);
    if (check.segments < 30 * 12)
        fail_msg("%llu segments", (unsigned long long)check.segments);
    assert_true(check.unsealed < 100);
}

static void a_month_killed_anywhere_comes_out_like_one_that_was_not(void **state)
{
    struct town straight, killed;
    unsigned wanted = crashes(), done;
    char *one, *other;

    town_init(&straight, 30 * DAY_STEPS);
    straight.edited = 16 * DAY_STEPS + 132; /* while an episode of an edited rule runs */
    straight.seals = true;
    town_live(&straight, 6);
    town_init(&killed, 30 * DAY_STEPS);
    killed.edited = straight.edited;
    killed.seals = true;
    done = be_killed_often(&killed, wanted);
    print_message("%u kills\n", done);
    assert_true(done > wanted / 2);

    one = town_story(&straight);
    other = town_story(&killed);
    if (getenv("LOOKBACK_STORY") != NULL)
        fputs(one, stderr);
    town_same_story(one, other);
    free(one);
    free(other);
    assert_replays(&killed);
    assert_sealed(&straight);
    assert_sealed(&killed);
    town_end(&straight);
    town_end(&killed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_month_killed_anywhere_comes_out_like_one_that_was_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
