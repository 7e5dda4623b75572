/* bench_bare.c - the peer of bench_poll: a bare epoll loop that sends one request of 10 registers
 * on each connection and receives its answer, and does nothing else. What the machine can do at
 * most.
 *
 *   bench_bare --port P [--connections N] [--addresses A] [--every MS] [--seconds S]
 *
 * Asks Modbus TCP devices (tests/support/fleet.c) on port P of A loopback addresses. --every 0:
 * again as soon as the answer is there; else each connection once in MS, spread over a grid of 10
 * ms. Prints one JSON object: answers in the measured time, its length and the processor time it
 * took. poll.py runs it in turn with bench_poll.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_SIZE = 12, ANSWER_SIZE = 29, GRID_MS = 10, EVENTS = 512, WARM_MS = 2000 };

struct connection {
    int fd;
    uint16_t transaction;
    size_t heard; /* bytes of the answer that are there */
};

struct bare {
    long port, count, addresses, every_ms, seconds;
    struct connection *all;
    int epoll, timer;
    long slot;
    uint64_t answers, late; /* late: still no answer when it is due again */
};

static void give_up(const char *what)
{
    perror(what);
    exit(3);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static double cpu_seconds(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* The frame bench_poll's engine sends: 10 holding registers from 0 of unit 1. */
static void ask(struct connection *connection)
{
    uint8_t frame[REQUEST_SIZE] = {0, 0, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10};

    connection->transaction++;
    frame[0] = (uint8_t)(connection->transaction >> 8);
    frame[1] = (uint8_t)connection->transaction;
    connection->heard = 0;
    if (send(connection->fd, frame, sizeof frame, MSG_NOSIGNAL) != REQUEST_SIZE)
        give_up("send");
}

static void join(struct bare *bare, struct connection *connection, long index)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)bare->port),
                                  .sin_addr.s_addr =
                                      htonl(0x7F000001U + (uint32_t)(index % bare->addresses))};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int yes = 1;

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connection->heard = ANSWER_SIZE;
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0 ||
        epoll_ctl(bare->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        give_up("connect");
}

static void arm(struct bare *bare)
{
    struct itimerspec every = {.it_interval.tv_nsec = GRID_MS * 1000000L,
                               .it_value.tv_nsec = GRID_MS * 1000000L};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    bare->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (bare->timer < 0 || timerfd_settime(bare->timer, 0, &every, NULL) != 0 ||
        epoll_ctl(bare->epoll, EPOLL_CTL_ADD, bare->timer, &event) != 0)
        give_up("timer");
}

/* Asks everyone whose turn this 10 ms is; also those of turns the machine let slip. */
static void tick(struct bare *bare)
{
    long slots = bare->every_ms / GRID_MS;
    uint64_t ticks = 0;

    if (read(bare->timer, &ticks, sizeof ticks) != sizeof ticks)
        return;
    for (; ticks > 0; ticks--) {
        long first = bare->slot * bare->count / slots;
        long end = (bare->slot + 1) * bare->count / slots;

        for (long i = first; i < end; i++) {
            if (bare->all[i].heard < ANSWER_SIZE)
                bare->late++;
            else
                ask(&bare->all[i]);
        }
        bare->slot = (bare->slot + 1) % slots;
    }
}

static void hear(struct bare *bare, struct connection *connection)
{
    uint8_t bytes[260];
    ssize_t count = recv(connection->fd, bytes, sizeof bytes, 0);

    if (count <= 0)
        give_up("recv");
    connection->heard += (size_t)count;
    if (connection->heard < ANSWER_SIZE)
        return;
    bare->answers++;
    if (bare->every_ms == 0)
        ask(connection);
}

static void run_until(struct bare *bare, int64_t end_ns)
{
    struct epoll_event events[EVENTS];
    int64_t left_ns;

    while ((left_ns = end_ns - now_ns()) > 0) {
        int count = epoll_wait(bare->epoll, events, EVENTS, (int)(left_ns / 1000000) + 1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                tick(bare);
            else
                hear(bare, events[i].data.ptr);
        }
    }
}

static void read_arguments(struct bare *bare, int argc, char **argv)
{
    static const struct option options[] = {
        {"port",        required_argument, NULL, 'p'},
        {"connections", required_argument, NULL, 'n'},
        {"addresses",   required_argument, NULL, 'a'},
        {"every",       required_argument, NULL, 'e'},
        {"seconds",     required_argument, NULL, 's'},
        {NULL,          0,                 NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        long number = optarg != NULL ? strtol(optarg, NULL, 10) : -1;

        if (option == 'p')
            bare->port = number;
        else if (option == 'n' && number > 0)
            bare->count = number;
        else if (option == 'a' && number > 0)
            bare->addresses = number;
        else if (option == 'e' && number >= 0 && number % GRID_MS == 0)
            bare->every_ms = number;
        else if (option == 's' && number > 0)
            bare->seconds = number;
        else
            exit(2);
    }
}

int main(int argc, char **argv)
{
    struct bare bare = {.count = 1, .addresses = 1, .seconds = 5};
    int64_t from_ns;
    uint64_t from;
    double cpu;

    read_arguments(&bare, argc, argv);
    bare.all = calloc((size_t)bare.count, sizeof *bare.all);
    bare.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (bare.all == NULL || bare.epoll < 0)
        give_up("start");
    for (long i = 0; i < bare.count; i++)
        join(&bare, &bare.all[i], i);
    if (bare.every_ms > 0)
        arm(&bare);
    for (long i = 0; bare.every_ms == 0 && i < bare.count; i++)
        ask(&bare.all[i]);

    run_until(&bare, now_ns() + WARM_MS * 1000000LL);
    from = bare.answers;
    cpu = cpu_seconds();
    from_ns = now_ns();
    run_until(&bare, from_ns + bare.seconds * 1000000000LL);
    printf("{\"requests\":%llu,\"seconds\":%.6f,\"cpu\":%.6f,\"failed\":0,\"skipped\":%llu}\n",
           (unsigned long long)(bare.answers - from), (double)(now_ns() - from_ns) / 1e9,
           cpu_seconds() - cpu, (unsigned long long)bare.late);
    for (long i = 0; i < bare.count; i++)
        close(bare.all[i].fd);
    free(bare.all);
    return 0;
}
