/* dialers.c - thousands of 4G units in one process and one thread, as cheap as can be.
 *
 *   dialers --port P [--units N] [--heartbeat MS]
 *
 * Unit n connects to port P of 127.0.0.1 from an address of its own kind (127.1.n/50.1), says "U"
 * and its five digits, and answers RTU reads of registers (functions 3 and 4): register A of unit U
 * holds A + 256 x U, modulo 65,536. Who is turned away dials again a second later. With a heartbeat
 * each unit says its registration again that often. On SIGTERM it prints its counters as one JSON
 * object.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "drivers/frame.h"

enum { UNITS_MAX = 20000, OF_SOURCE = 50, AGAIN_MS = 1000, EVENTS = 512 };

struct unit {
    int fd; /* -1: not connected */
    long number;
    int64_t due_ms; /* dials again, or says its heartbeat; 0: never */
    uint8_t used;
    uint8_t inbox[64];
};

struct dialers {
    long port, count, heartbeat_ms;
    int epoll;
    struct unit units[UNITS_MAX];
    uint64_t dialled, open, requests, lost, heartbeats;
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void say_name(const struct unit *unit)
{
    char name[16];
    int size = snprintf(name, sizeof name, "U%05ld\r\n", unit->number);

    (void)!send(unit->fd, name, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void hang_up(struct dialers *dialers, struct unit *unit)
{
    if (unit->fd < 0)
        return;
    close(unit->fd);
    unit->fd = -1;
    unit->used = 0;
    unit->due_ms = now_ms() + AGAIN_MS;
    dialers->open--;
    dialers->lost++;
}

static void dial(struct dialers *dialers, struct unit *unit)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)dialers->port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = unit};
    uint32_t source = (uint32_t)(unit->number / OF_SOURCE);
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    from.sin_addr.s_addr = htonl(0x7F010001U + (source << 8));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    unit->due_ms = now_ms() + AGAIN_MS;
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        epoll_ctl(dialers->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    unit->fd = fd;
    unit->due_ms = dialers->heartbeat_ms > 0 ? now_ms() + dialers->heartbeat_ms : 0;
    dialers->dialled++;
    dialers->open++;
    say_name(unit);
}

static void answer(struct dialers *dialers, const struct unit *unit, const uint8_t *request)
{
    unsigned address = (unsigned)(request[2] << 8 | request[3]);
    unsigned count = (unsigned)(request[4] << 8 | request[5]);
    uint8_t frame[300] = {request[0], request[1], (uint8_t)(2 * count)};
    size_t size = 3 + 2 * (size_t)count;
    uint16_t crc;

    if ((request[1] != 3 && request[1] != 4) || count == 0 || count > 125)
        return;
    for (unsigned i = 0; i < count; i++) {
        unsigned word = address + i + 256U * request[0];

        frame[3 + 2 * i] = (uint8_t)(word >> 8);
        frame[4 + 2 * i] = (uint8_t)word;
    }
    crc = frame_crc(frame, size);
    frame[size] = (uint8_t)crc;
    frame[size + 1] = (uint8_t)(crc >> 8);
    dialers->requests++;
    (void)!send(unit->fd, frame, size + 2, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void hear(struct dialers *dialers, struct unit *unit)
{
    ssize_t count = read(unit->fd, unit->inbox + unit->used, sizeof unit->inbox - unit->used);

    if (count <= 0) {
        hang_up(dialers, unit);
        return;
    }
    unit->used = (uint8_t)(unit->used + count);
    while (unit->used >= 8) {
        answer(dialers, unit, unit->inbox);
        unit->used = (uint8_t)(unit->used - 8);
        memmove(unit->inbox, unit->inbox + 8, unit->used);
    }
}

static void do_what_is_due(struct dialers *dialers)
{
    int64_t now = now_ms();

    for (long i = 0; i < dialers->count; i++) {
        struct unit *unit = &dialers->units[i];

        if (unit->due_ms == 0 || unit->due_ms > now)
            continue;
        if (unit->fd < 0) {
            dial(dialers, unit);
            continue;
        }
        say_name(unit);
        dialers->heartbeats++;
        unit->due_ms = now + dialers->heartbeat_ms;
    }
}

static void run(struct dialers *dialers)
{
    static struct epoll_event events[EVENTS];
    int64_t looked_ms = 0;
    sigset_t waiting;

    sigemptyset(&waiting);
    while (!stop) {
        int count = epoll_pwait(dialers->epoll, events, EVENTS, 100, &waiting);

        for (int i = 0; i < count; i++)
            hear(dialers, events[i].data.ptr);
        if (now_ms() - looked_ms >= 100) {
            do_what_is_due(dialers);
            looked_ms = now_ms();
        }
    }
}

static void read_arguments(struct dialers *dialers, int argc, char **argv)
{
    static const struct option options[] = {
        {"port",      required_argument, NULL, 'p'},
        {"units",     required_argument, NULL, 'u'},
        {"heartbeat", required_argument, NULL, 'h'},
        {NULL,        0,                 NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        long number = optarg != NULL ? strtol(optarg, NULL, 10) : -1;

        if (option == 'p' && number >= 1 && number <= 65535)
            dialers->port = number;
        else if (option == 'u' && number >= 1 && number <= UNITS_MAX)
            dialers->count = number;
        else if (option == 'h' && number >= 0)
            dialers->heartbeat_ms = number;
        else
            exit(2);
    }
}

/* Signals come through only while we wait for the wire, so none is missed. */
static void arrange_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t both;

    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigprocmask(SIG_BLOCK, &both, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

int main(int argc, char **argv)
{
    static struct dialers dialers = {.count = 1};
    struct rlimit files;

    read_arguments(&dialers, argc, argv);
    arrange_signals();
    dialers.epoll = epoll_create1(EPOLL_CLOEXEC);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (long i = 0; i < dialers.count; i++)
        dialers.units[i] = (struct unit){.fd = -1, .number = i, .due_ms = 1};
    printf("{\"port\":%ld}\n", dialers.port);
    fflush(stdout);
    run(&dialers);
    printf("{\"dialled\":%llu,\"open\":%llu,\"requests\":%llu,\"lost\":%llu,\"heartbeats\":%llu}\n",
           (unsigned long long)dialers.dialled, (unsigned long long)dialers.open,
           (unsigned long long)dialers.requests, (unsigned long long)dialers.lost,
           (unsigned long long)dialers.heartbeats);
    for (long i = 0; i < dialers.count; i++)
        if (dialers.units[i].fd >= 0)
            close(dialers.units[i].fd);
    close(dialers.epoll);
    return 0;
}
