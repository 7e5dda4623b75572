/* Tests of the judge's memory: a town's month that was killed anywhere comes out like one that was
 * not. LOOKBACK_CRASHES says how often it is killed (30). */
#include <signal.h>
#include <sys/resource.h>
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

static int64_t cpu_us(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
           used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

/* Anywhere: the signal ends the process in whatever it is doing then, with nothing put away. */
static void be_killed_after(int64_t us)
{
    struct itimerval after = {
        .it_value = {us / 1000000, us % 1000000}
    };

    signal(SIGPROF, SIG_DFL);
    setitimer(ITIMER_PROF, &after, NULL);
}

/* True when the process was killed before it came to the end. */
static bool live_and_be_killed(struct town *town, int64_t us, unsigned batch)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        if (us > 0)
            be_killed_after(us);
        town_live(town, batch);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    else
        assert_int_equal(WTERMSIG(status), SIGPROF);
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

static void a_month_killed_anywhere_comes_out_like_one_that_was_not(void **state)
{
    struct town straight, killed;
    unsigned wanted = crashes(), done = 0;
    uint32_t random = 20261123;
    int64_t begun, whole_us;
    char *one, *other;

    town_init(&straight, 30 * DAY_STEPS);
    straight.edited = 16 * DAY_STEPS + 132; /* while an episode of an edited rule runs */
    begun = cpu_us();
    town_live(&straight, 6);
    whole_us = cpu_us() - begun;

    town_init(&killed, 30 * DAY_STEPS);
    killed.edited = straight.edited;
    while (done < wanted) {
        random = random * 1103515245 + 12345;
        if (!live_and_be_killed(&killed,
                                1 + (int64_t)(random >> 8) * 2 * whole_us / wanted / (1 << 24),
                                1 + (random >> 4) % 12))
            break;
        done++;
    }
    live_and_be_killed(&killed, 0, 12);
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
