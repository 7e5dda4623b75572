/* long_run.c - the real poller against liars: is a false value ever called good?
 *
 *   long_run [--exchanges N] [--seconds S] [--seed S] [--tcp N] [--pty N] [--rtu-tcp N] [--units N]
 *            [--timeout MS] [--guard MS] [--every MS] [--calm K] [--rate R] [--faults NAMES]
 *            [--dir DIR] [--verbose]
 *
 * Two liars with the same links each. On those of the first, faults are drawn for the share R of
 * all exchanges and devices are asked again at once; on those of the second there is one fault in K
 * exchanges and devices are asked once in --every, so that each single fault can be seen to heal.
 * The seed is printed; with the same seed the same faults hit the same exchanges of each link.
 *
 * Ends with 1 when a value called N or T was false, when a single fault was not followed by a good
 * reading in time, when an exchange took more than 1.1 x its total deadline, or when a fault was
 * not the seed's. Prints what it found. A liar that was not let run answers later than anything
 * here promises: a false value of such a moment is counted apart.
 *
 * The total deadline of an exchange counts from the first byte sent: timeout on TCP, timeout +
 * guard
 * + timeout where a request is repeated, each end of a wait on TCP up to 10 ms later, as often as
 * the loop looks. For how long this machine did not let the program run at all is taken off.
 */
#include "long_run.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

enum { TURN_MS = 5, STALL_US = 500 };

static bool always(void *self)
{
    (void)self;
    return true;
}

static bool room(void *self, struct wall_time due)
{
    (void)self;
    (void)due;
    return true;
}

static void stopped(void *self)
{
    (void)self;
}

static void stop(struct run *run, uv_timer_t *timer)
{
    run->ended_ns = liar_now_ns();
    uv_close((uv_handle_t *)timer, NULL);
    poller_stop(run->poller, stopped, run);
}

/* A turn of the loop that comes late was kept from running, here or in a liar. */
static void turn(uv_timer_t *timer)
{
    struct run *run = timer->data;
    int64_t now = liar_now_ns();
    int64_t late = now - run->last_turn_ns - ns_from_ms(TURN_MS);

    if (late > STALL_US * 1000LL)
        keep_span(&run->stalls, run->last_turn_ns + ns_from_ms(TURN_MS), now, 0);
    run->last_turn_ns = now;
    if ((long)run->exchanges >= run->options.exchanges || run->options.seconds <= 0)
        stop(run, timer);
}

static void second_passed(uv_timer_t *timer)
{
    struct run *run = timer->data;

    if (--run->options.seconds <= 0)
        uv_close((uv_handle_t *)timer, NULL);
}

static void run_poller(struct run *run)
{
    struct error err = {0};
    const struct poller_setup setup = {
        .links = run->links,
        .link_count = run->link_count,
        .devices = run->devices,
        .device_count = run->device_count,
        .boot = 1,
        .clock = clock_system(),
        .clock_is_trusted = always,
        .has_room = room,
        .done = run_poll_done,
        .exchanged = run_exchange_done,
        .self = run,
    };
    uv_timer_t turns, seconds;

    uv_loop_init(&run->loop);
    run->poller = poller_new(&run->loop, &setup, &err);
    if (run->poller == NULL) {
        fprintf(stderr, "long_run: %s\n", err.text);
        exit(3);
    }
    uv_timer_init(&run->loop, &turns);
    uv_timer_init(&run->loop, &seconds);
    turns.data = seconds.data = run;
    run->last_turn_ns = liar_now_ns();
    uv_timer_start(&turns, turn, TURN_MS, TURN_MS);
    uv_timer_start(&seconds, second_passed, 1000, 1000);
    uv_unref((uv_handle_t *)&seconds);
    poller_start(run->poller);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    if (!uv_is_closing((uv_handle_t *)&seconds)) {
        uv_close((uv_handle_t *)&seconds, NULL);
        uv_run(&run->loop, UV_RUN_DEFAULT);
    }
    poller_free(run->poller);
    uv_loop_close(&run->loop);
}

static const struct option options[] = {
    {"exchanges", required_argument, NULL, 'n'},
    {"seconds",   required_argument, NULL, 'S'},
    {"seed",      required_argument, NULL, 's'},
    {"tcp",       required_argument, NULL, 't'},
    {"pty",       required_argument, NULL, 'p'},
    {"rtu-tcp",   required_argument, NULL, 'r'},
    {"units",     required_argument, NULL, 'u'},
    {"timeout",   required_argument, NULL, 'o'},
    {"guard",     required_argument, NULL, 'g'},
    {"every",     required_argument, NULL, 'e'},
    {"calm",      required_argument, NULL, 'k'},
    {"rate",      required_argument, NULL, 'R'},
    {"faults",    required_argument, NULL, 'F'},
    {"dir",       required_argument, NULL, 'd'},
    {"verbose",   no_argument,       NULL, 'v'},
    {NULL,        0,                 NULL, 0  },
};

static long *number_option(struct run_options *into, int option)
{
    switch (option) {
    case 'n':
        return &into->exchanges;
    case 'S':
        return &into->seconds;
    case 't':
        return &into->tcp;
    case 'p':
        return &into->pty;
    case 'r':
        return &into->rtu_tcp;
    case 'u':
        return &into->units;
    case 'o':
        return &into->timeout_ms;
    case 'g':
        return &into->guard_ms;
    case 'e':
        return &into->every_ms;
    case 'k':
        return &into->calm;
    default:
        return NULL;
    }
}

static void read_arguments(struct run_options *into, int argc, char **argv)
{
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        long *number = number_option(into, option);

        if (number != NULL)
            *number = atol(optarg);
        else if (option == 's')
            into->seed = strtoull(optarg, NULL, 0);
        else if (option == 'R')
            into->rate = strtod(optarg, NULL);
        else if (option == 'F')
            into->faults = optarg;
        else if (option == 'd')
            into->dir = optarg;
        else if (option == 'v')
            into->verbose = true;
        else
            exit(2);
    }
    if (into->tcp + into->pty + into->rtu_tcp < 1 ||
        RUN_LIARS * (into->tcp + into->pty + into->rtu_tcp) > RUN_LINKS || into->units < 1 ||
        into->units > 200)
        exit(2);
}

static void make_dir(struct run *run)
{
    snprintf(run->dir, sizeof run->dir, "%s",
             run->options.dir != NULL ? run->options.dir : "/tmp/long-run-XXXXXX");
    if (run->options.dir == NULL && mkdtemp(run->dir) == NULL) {
        perror(run->dir);
        exit(3);
    }
}

static void clean_up(struct run *run)
{
    if (run->options.dir == NULL) {
        for (size_t i = 0; i < RUN_LIARS; i++)
            unlink(run->liars[i].log);
        rmdir(run->dir);
    }
    for (size_t i = 0; i < RUN_LIARS; i++) {
        free(run->liars[i].stalls.list);
        free(run->liars[i].false_values.list);
    }
    for (size_t i = 0; i < run->device_count; i++)
        free(run->facts[i].good_ns);
    free(run->facts);
    free(run->overdue.list);
    free(run->stalls.list);
    free(run->devices);
    free(run->links);
}

static size_t count_overdue(const struct run *run, int64_t *most_ns)
{
    size_t all = 0;

    *most_ns = 0;
    for (size_t i = 0; i < run->overdue.count; i++) {
        const struct span *span = &run->overdue.list[i];
        int64_t over =
            span->to_ns - span->from_ns - spans_within(&run->stalls, span) - span->limit_ns;

        all += over > 0;
        *most_ns = over > *most_ns ? over : *most_ns;
    }
    return all;
}

static void print_deadlines(const struct run *run)
{
    const struct span always_span = {0, INT64_MAX, 0};
    int64_t most;
    size_t overdue = count_overdue(run, &most);

    printf("longest exchange: %.1f ms; beyond 1.1 x its deadline (TCP %.0f ms, RTU %.0f ms):"
           " %zu, at most by %.1f ms\n",
           (double)run->longest_ns / 1e6, (double)run_deadline_ns(run, LIAR_TCP) / 1e6,
           (double)run_deadline_ns(run, LIAR_RTU) / 1e6, overdue, (double)most / 1e6);
    printf("this machine stood still %zu times, %.0f ms in all; exchanges that were long for it:"
           " %zu\n",
           run->stalls.count, (double)spans_within(&run->stalls, &always_span) / 1e6,
           run->overdue.count - overdue);
}

/* False values; of moments when the liar was let run, or of the others. */
static size_t count_false(const struct run *run, bool excused)
{
    size_t all = 0;

    for (size_t i = 0; i < RUN_LIARS; i++)
        for (size_t k = 0; k < run->liars[i].false_values.count; k++)
            all += excused ==
                   (spans_within(&run->liars[i].stalls, &run->liars[i].false_values.list[k]) > 0);
    return all;
}

static void print_false(const struct run *run)
{
    printf("false values called good: %zu, and %zu while the liar was not let run (",
           count_false(run, false), count_false(run, true));
    for (int i = FALSE_MIXED; i < FALSE_COUNT; i++)
        printf("%s%s %" PRIu64, i == FALSE_MIXED ? "" : ", ", falsehood_word((enum falsehood)i),
               run->falsehoods[i]);
    printf(")\n");
}

static void print_exchanges(const struct run *run, double seconds)
{
    printf("exchanges: %" PRIu64 " in %.1f s, %" PRIu64 " cells of eight readings called good\n",
           run->exchanges, seconds, run->cells);
    printf("how they ended:");
    for (int i = 0; i < CAUSE_COUNT; i++)
        if (run->by_cause[i] > 0)
            printf(" %s %" PRIu64, i == CAUSE_NONE ? "well" : cause_word((enum cause)i),
                   run->by_cause[i]);
    printf("\n");
    print_deadlines(run);
}

int main(int argc, char **argv)
{
    static struct run run = {
        .options = {.exchanges = 20000,
                    .seconds = 3600,
                    .tcp = 8,
                    .pty = 8,
                    .rtu_tcp = 8,
                    .units = 4,
                    .timeout_ms = 40,
                    .guard_ms = 40,
                    .every_ms = 200,
                    .calm = 64,
                    .rate = 0.08,
                    .faults = "all"}
    };
    int64_t begun = liar_now_ns();
    size_t unhealed;
    int64_t most;
    bool sound;

    run.options.seed = (uint64_t)begun;
    read_arguments(&run.options, argc, argv);
    log_set_level(run.options.verbose ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR);
    make_dir(&run);
    printf("seed: %" PRIu64 "\n", run.options.seed);
    fflush(stdout);
    run_build(&run);
    run_poller(&run);
    run_end_liars(&run);
    print_exchanges(&run, (double)(liar_now_ns() - begun) / 1e9);
    unhealed = run_recovery(&run);
    print_false(&run);
    sound = count_false(&run, false) == 0 && unhealed == 0 && count_overdue(&run, &most) == 0;
    printf("%s; --seed %" PRIu64 " replays it\n", sound ? "sound" : "NOT SOUND", run.options.seed);
    clean_up(&run);
    return sound ? 0 : 1;
}
