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

void keep_span(struct spans *spans, int64_t from_ns, int64_t to_ns, int64_t limit_ns)
{
    if (spans->count == spans->room) {
        spans->room = spans->room * 2 + 64;
        spans->list = realloc(spans->list, spans->room * sizeof *spans->list);
        if (spans->list == NULL)
            abort();
    }
    spans->list[spans->count++] = (struct span){from_ns, to_ns, limit_ns};
}

int64_t spans_within(const struct spans *spans, const struct span *span)
{
    int64_t all = 0;

    for (size_t i = 0; i < spans->count; i++) {
        const struct span *one = &spans->list[i];
        int64_t from = one->from_ns > span->from_ns ? one->from_ns : span->from_ns;
        int64_t to = one->to_ns < span->to_ns ? one->to_ns : span->to_ns;

        all += to > from ? to - from : 0;
    }
    return all;
}

int64_t run_deadline_ns(const struct run *run, enum liar_wire wire)
{
    const struct run_options *options = &run->options;

    if (wire == LIAR_TCP)
        return ns_from_ms(options->timeout_ms + GRID_MS);
    return ns_from_ms(2 * options->timeout_ms + options->guard_ms +
                      (wire == LIAR_RTU_TCP ? 3 * GRID_MS : 0));
}

static void tell_false(const struct run *run, size_t device, enum falsehood falsehood,
                       const struct belief *belief, const struct cell *cell, unsigned cause,
                       const uint16_t *words)
{
    if (run->falsehoods[falsehood] > 20)
        return;
    fprintf(stderr,
            "FALSE: %s: %s: wanted unit %u, %u/%u; got unit %u, %u/%u, request %" PRIu32
            ", heard %" PRIu32 " ms, stamp %" PRId64 " ms, cause %s\n",
            run->devices[device].label, falsehood_word(falsehood), belief->unit, belief->function,
            belief->address, cell->unit, cell->function, cell->address, cell->serial, cell->ms,
            belief->stamp_ns / 1000000, cause_word((enum cause)cause));
    fprintf(stderr, "  words:");
    for (size_t i = 0; i < CELL_WORDS; i++)
        fprintf(stderr, " %04x", words[i]);
    fprintf(stderr, "\n");
}

/* From when the request was heard that it answers, where the words still say so. */
static void keep_false(struct run *run, const struct run_device *facts, enum falsehood falsehood,
                       const struct belief *belief, const struct cell *said)
{
    int64_t back_ms = 2 * (run->options.timeout_ms + run->options.guard_ms);

    if (falsehood != FALSE_MIXED)
        back_ms = (int32_t)((uint32_t)(belief->stamp_ns / 1000000) - said->ms);
    keep_span(&run->liars[facts->liar].false_values, belief->stamp_ns - ns_from_ms(back_ms),
              belief->stamp_ns, 0);
}

/* Eight readings are one cell; returns whether all of them are good. */
static bool judge_cell(struct run *run, size_t device, size_t cell, const struct poll *poll)
{
    const struct run_device *facts = &run->facts[device];
    const struct reading *readings = &poll->readings[cell * CELL_WORDS];
    const struct belief belief = {
        .unit = facts->unit,
        .link = (uint8_t)facts->link,
        .function = run_cell_function(cell),
        .address = run_cell_address(cell),
        .stamp_ns = poll->mono.ns,
        .limit_ns = ns_from_ms(run->options.timeout_ms + run->options.guard_ms),
    };
    uint16_t words[CELL_WORDS];
    struct cell said = {0};
    enum falsehood falsehood;
    size_t good = 0;

    for (size_t i = 0; i < CELL_WORDS; i++) {
        good += quality_is_judged((enum quality)readings[i].quality);
        words[i] = reading_has_value(&readings[i]) ? (uint16_t)readings[i].value : 0;
    }
    if (good == 0)
        return false;
    run->cells++;
    falsehood = oracle_judge(words, &belief, &said);
    if (good != CELL_WORDS)
        falsehood = FALSE_MIXED;
    run->falsehoods[falsehood]++;
    if (falsehood != FALSE_NOT)
        keep_false(run, facts, falsehood, &belief, &said);
    if (falsehood != FALSE_NOT)
        tell_false(run, device, falsehood, &belief, &said, readings[0].cause, words);
    return falsehood == FALSE_NOT;
}

static void keep_good(struct run_device *device, int64_t now_ns)
{
    if (device->good_count == device->good_room) {
        device->good_room = device->good_room * 2 + 64;
        device->good_ns = realloc(device->good_ns, device->good_room * sizeof *device->good_ns);
        if (device->good_ns == NULL)
            abort();
    }
    device->good_ns[device->good_count++] = now_ns;
}

static void poll_done(void *self, const struct poll *poll)
{
    struct run *run = self;
    size_t device = poll->device - 1;
    size_t good = 0;

    for (size_t cell = 0; cell < RUN_CELLS; cell++)
        good += judge_cell(run, device, cell, poll);
    if (good == RUN_CELLS && run->facts[device].liar == LIAR_CALM)
        keep_good(&run->facts[device], liar_now_ns());
}

static void exchange_done(void *self, size_t device, const struct exchange_result *result)
{
    struct run *run = self;
    int64_t now = liar_now_ns();
    int64_t took = result->whole_ns;
    int64_t limit = run_deadline_ns(run, run->facts[device].wire) * 11 / 10;

    run->exchanges++;
    run->by_cause[result->cause]++;
    run->longest_ns = took > run->longest_ns ? took : run->longest_ns;
    if (took > limit)
        keep_span(&run->overdue, now - took, now, limit);
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
        .done = poll_done,
        .exchanged = exchange_done,
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
