/* liar.c - a scripted Modbus device that lies: on TCP ports, RTU ports and pseudo terminals.
 *
 * One process, one thread. Which fault hits the n-th exchange of a link follows from the seed, the
 * link and n alone (liar_faults.h); what its registers say tells who was asked what and when
 * (liar_truth.h). See --help.
 */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "liar_link.h"
#include "liar_options.h"

enum { LINKS_MAX = 128, EVENTS = 64, CONTROL_MAX = 300, STILL_NS = 2000000 };

struct liar {
    struct liar_common common;
    struct liar_link links[LINKS_MAX];
    size_t link_count;
    struct fault_rules *rules;
    uint64_t seed;
    long calm, baud, bits;
    int64_t turnaround_ns, timeout_ns, guard_ns, pulse_ns;
    int64_t next_ns; /* when it wants to be woken at the latest */
    bool controlled;
    const char *mix;
    double rate;
    int timer;
    char control[CONTROL_MAX];
    size_t control_used;
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static struct liar_link *add_link(struct liar *liar, enum liar_wire wire)
{
    struct liar_link *link = &liar->links[liar->link_count];

    if (liar->link_count == LINKS_MAX)
        liar_give_up("links", "too many");
    link->speaker.wire = wire;
    link->speaker.link = (unsigned)liar->link_count++;
    link->common = &liar->common;
    return link;
}

static bool read_fault_option(struct liar *liar, int option)
{
    if (option == 'f' && !fault_rules_add(liar->rules, optarg))
        liar_give_up("fault", optarg);
    if (option == 'F')
        liar->mix = optarg;
    if (option == 'R')
        liar->rate = strtod(optarg, NULL);
    return strchr("fFR", option) != NULL;
}

static int64_t ns_of(const char *ms)
{
    return (int64_t)(strtod(ms, NULL) * 1e6);
}

static void read_option(struct liar *liar, int option)
{
    if (read_fault_option(liar, option))
        return;
    switch (option) {
    case 't':
        add_link(liar, LIAR_TCP)->port = atoi(optarg);
        return;
    case 'r':
        add_link(liar, LIAR_RTU_TCP)->port = atoi(optarg);
        return;
    case 'p':
        snprintf(add_link(liar, LIAR_RTU)->path, sizeof liar->links[0].path, "%s", optarg);
        return;
    case 'u':
        liar_read_units(optarg, liar->common.units);
        return;
    case 'd':
        liar_read_units(optarg, liar->common.dead);
        return;
    case '=':
        liar->common.set = liar_read_registers(liar->common.set, optarg);
        return;
    case '+':
        liar->common.then_set = liar_read_registers(liar->common.then_set, optarg);
        return;
    case 'b':
        liar->baud = atol(optarg);
        return;
    case 'B':
        liar->bits = atol(optarg);
        return;
    case 'T':
        liar->turnaround_ns = ns_of(optarg);
        return;
    case 'o':
        liar->timeout_ns = ns_of(optarg);
        return;
    case 'g':
        liar->guard_ns = ns_of(optarg);
        return;
    case 'P':
        liar->pulse_ns = ns_of(optarg);
        return;
    case 'l':
        liar->common.log = fopen(optarg, "we");
        if (liar->common.log == NULL)
            liar_give_up("log", optarg);
        return;
    case 'c':
        liar->controlled = true;
        return;
    case 's':
    case 'k':
        return; /* read before all others */
    case 'h':
        liar_help();
        return;
    default:
        exit(2);
    }
}

static const struct option options[] = {
    {"tcp",        required_argument, NULL, 't'},
    {"rtu-tcp",    required_argument, NULL, 'r'},
    {"pty",        required_argument, NULL, 'p'},
    {"units",      required_argument, NULL, 'u'},
    {"dead",       required_argument, NULL, 'd'},
    {"set",        required_argument, NULL, '='},
    {"then-set",   required_argument, NULL, '+'},
    {"baud",       required_argument, NULL, 'b'},
    {"bits",       required_argument, NULL, 'B'},
    {"turnaround", required_argument, NULL, 'T'},
    {"timeout",    required_argument, NULL, 'o'},
    {"guard",      required_argument, NULL, 'g'},
    {"fault",      required_argument, NULL, 'f'},
    {"faults",     required_argument, NULL, 'F'},
    {"rate",       required_argument, NULL, 'R'},
    {"calm",       required_argument, NULL, 'k'},
    {"seed",       required_argument, NULL, 's'},
    {"log",        required_argument, NULL, 'l'},
    {"pulse",      required_argument, NULL, 'P'},
    {"control",    no_argument,       NULL, 'c'},
    {"help",       no_argument,       NULL, 'h'},
    {NULL,         0,                 NULL, 0  },
};

static void read_arguments(struct liar *liar, int argc, char **argv)
{
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 's')
            liar->seed = strtoull(optarg, NULL, 0);
        if (option == 'k')
            liar->calm = atol(optarg);
    }
    liar->rules = fault_rules_new(liar->seed, liar->calm);
    if (liar->rules == NULL)
        liar_give_up("faults", "no memory");
    liar->common.rules = liar->rules;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        read_option(liar, option);
    if (liar->mix != NULL && !fault_rules_mix(liar->rules, liar->mix, liar->rate))
        liar_give_up("faults", liar->mix);
    if (liar->link_count == 0)
        liar_give_up("links", "none; see --help");
}

static void open_links(struct liar *liar)
{
    for (size_t i = 0; i < liar->link_count; i++) {
        struct liar_link *link = &liar->links[i];

        link->speaker.timeout_ns = liar->timeout_ns;
        link->speaker.guard_ns = liar->guard_ns;
        link->speaker.turnaround_ns = liar->turnaround_ns;
        link->speaker.set = liar->common.set;
        if (liar->baud > 0 && link->speaker.wire != LIAR_TCP)
            link->char_ns = liar->bits * 1000000000 / liar->baud;
        if (!liar_link_open(link))
            liar_give_up("cannot be opened", link->path[0] != '\0' ? link->path : "port");
    }
    printf("ready");
    for (size_t i = 0; i < liar->link_count; i++)
        if (liar->links[i].path[0] != '\0')
            printf(" %s", liar->links[i].path);
        else
            printf(" %d", liar->links[i].port);
    printf("\n");
    fflush(stdout);
}

static void print_counts(const struct liar *liar)
{
    printf("{\"asked\":%llu", (unsigned long long)liar->common.asked);
    for (int i = 0; i < FAULT_COUNT; i++)
        if (liar->common.by_fault[i] > 0)
            printf(",\"%s\":%llu", fault_entry((enum fault_kind)i)->name,
                   (unsigned long long)liar->common.by_fault[i]);
    printf("}\n");
}

static bool cut_or_mend(struct liar *liar, const char *word, bool cut)
{
    size_t from = 0, to = liar->link_count;

    if (*word != '\0') {
        from = (size_t)atol(word);
        to = from + 1;
    }
    if (to > liar->link_count)
        return false;
    for (; from < to; from++)
        if (cut)
            liar_link_cut(&liar->links[from], INT64_MAX - 1);
        else
            liar->links[from].back_at = 0;
    return true;
}

static bool obey(struct liar *liar, const char *line)
{
    char names[200];
    double rate;

    if (strncmp(line, "fault ", 6) == 0)
        return fault_rules_add(liar->rules, line + 6);
    if (sscanf(line, "faults %199s %lf", names, &rate) == 2)
        return fault_rules_mix(liar->rules, names, rate);
    if (strncmp(line, "dead", 4) == 0) {
        liar_read_units(line[4] == ' ' ? line + 5 : "", liar->common.dead);
        return true;
    }
    if (strcmp(line, "clear") == 0) {
        fault_rules_clear(liar->rules);
        return true;
    }
    if (strcmp(line, "counts") == 0) {
        print_counts(liar);
        return true;
    }
    if (strncmp(line, "cut", 3) == 0 || strncmp(line, "mend", 4) == 0)
        return cut_or_mend(liar, line + (line[0] == 'c' ? 3 : 4), line[0] == 'c');
    return false;
}

/* Standard input: whole lines; its end is ours. */
static void hear_control(struct liar *liar)
{
    ssize_t count = read(STDIN_FILENO, liar->control + liar->control_used,
                         CONTROL_MAX - 1 - liar->control_used);
    char *end;

    if (count <= 0) {
        stop = 1;
        return;
    }
    liar->control_used += (size_t)count;
    while ((end = memchr(liar->control, '\n', liar->control_used)) != NULL) {
        size_t size = (size_t)(end - liar->control);

        *end = '\0';
        puts(obey(liar, liar->control) ? "done" : "refused");
        fflush(stdout);
        liar->control_used -= size + 1;
        memmove(liar->control, end + 1, liar->control_used);
    }
}

/* Wakes up for the first piece that is due on any link. */
static void set_timer(const struct liar *liar, int64_t at_ns)
{
    struct itimerspec when = {0};

    if (at_ns < INT64_MAX - 1) {
        when.it_value.tv_sec = (time_t)(at_ns / 1000000000);
        when.it_value.tv_nsec = (long)(at_ns % 1000000000) + (at_ns == 0);
    }
    timerfd_settime(liar->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void go_on(struct liar *liar)
{
    int64_t next = liar->pulse_ns > 0 ? liar_now_ns() + liar->pulse_ns : INT64_MAX;

    for (size_t i = 0; i < liar->link_count; i++) {
        int64_t at = liar_link_go(&liar->links[i], liar_now_ns());

        next = at < next ? at : next;
    }
    liar->next_ns = next;
    set_timer(liar, next);
    if (liar->common.log != NULL)
        fflush(liar->common.log);
}

static void tell_standstill(const struct liar *liar)
{
    int64_t by_ns = liar_now_ns() - liar->next_ns;

    if (liar->common.log != NULL && by_ns > STILL_NS)
        fprintf(liar->common.log, "still %lld %lld\n", (long long)(liar->next_ns / 1000),
                (long long)(by_ns / 1000));
}

static void run(struct liar *liar)
{
    struct epoll_event events[EVENTS];

    while (!stop) {
        int count;

        go_on(liar);
        count = epoll_wait(liar->common.epoll, events, EVENTS, -1);
        tell_standstill(liar);
        for (int i = 0; i < count; i++) {
            uint64_t times;

            if (events[i].data.ptr == liar)
                hear_control(liar);
            else if (events[i].data.ptr == &liar->timer)
                (void)!read(liar->timer, &times, sizeof times);
            else
                liar_link_heard(events[i].data.ptr);
        }
    }
}

static void watch_own(const struct liar *liar, int fd, const void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = (void *)(uintptr_t)what};

    if (epoll_ctl(liar->common.epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        liar_give_up("epoll", "cannot watch");
}

int main(int argc, char **argv)
{
    static struct liar liar = {
        .seed = 1, .bits = 11, .timeout_ns = 1000000000, .guard_ns = 1000000000, .rate = 0.05};
    const struct sigaction action = {.sa_handler = on_signal};

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    memset(liar.common.units, 1, sizeof liar.common.units);
    liar.common.epoll = epoll_create1(EPOLL_CLOEXEC);
    liar.timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    read_arguments(&liar, argc, argv);
    watch_own(&liar, liar.timer, &liar.timer);
    if (liar.controlled)
        watch_own(&liar, STDIN_FILENO, &liar);
    open_links(&liar);
    run(&liar);
    for (size_t i = 0; i < liar.link_count; i++)
        liar_link_close(&liar.links[i]);
    if (liar.common.log != NULL)
        fclose(liar.common.log);
    print_counts(&liar);
    fault_rules_free(liar.rules);
    free(liar.common.set);
    free(liar.common.then_set);
    return 0;
}
