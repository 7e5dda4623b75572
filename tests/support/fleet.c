/* fleet.c - thousands of Modbus TCP devices in one process and one thread, as cheap as can be.
 *
 *   fleet [--port P] [--addresses N] [--blackhole K] [--delay MS]
 *
 * Listens on port P (0: any; printed as {"port":…}) of 127.0.0.1 … (N addresses, one listener each)
 * and answers reads of registers (functions 3 and 4) at once: register A of unit U holds A + 256 x
 * U, modulo 65,536. With one address the first K connections, else the last K addresses, accept and
 * never answer. With a delay every answer waits that long. On SIGTERM it prints its counters as one
 * JSON object.
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

enum {
    CONNECTIONS_MAX = 20000,
    ADDRESSES_MAX = 20000,
    DESCRIPTORS_MAX = CONNECTIONS_MAX + ADDRESSES_MAX + 64,
    INBOX_SIZE = 64,
    EVENTS = 512
};

struct connection {
    int fd;
    bool listens;
    bool hole;    /* hears everything and says nothing */
    uint8_t used; /* bytes in the inbox */
    uint8_t inbox[INBOX_SIZE];
    int64_t due_ns;          /* when the waiting answer goes out */
    struct connection *next; /* in the line of waiting answers */
};

struct fleet {
    long port, addresses, holes, delay_ms;
    int epoll;
    struct connection *of_fd[DESCRIPTORS_MAX]; /* who has which descriptor */
    struct connection *first, **last;          /* answers that wait, in the order they are due */
    uint64_t connections, open, requests, refused, swallowed;
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

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

static void watch(struct fleet *fleet, int fd, bool listens, bool hole)
{
    struct connection *connection = calloc(1, sizeof *connection);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

    if (connection == NULL || fd >= DESCRIPTORS_MAX ||
        epoll_ctl(fleet->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        give_up("watch");
    connection->fd = fd;
    connection->listens = listens;
    connection->hole = hole;
    fleet->of_fd[fd] = connection;
}

/* One listener for each of 127.0.0.1, 127.0.0.2, …; the port found for the first is everyone's. */
static void listen_on(struct fleet *fleet, long index)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)fleet->port),
                                  .sin_addr.s_addr = htonl(0x7F000001U + (uint32_t)index)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1;
    bool hole = fleet->addresses > 1 && index >= fleet->addresses - fleet->holes;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        give_up("listen");
    fleet->port = ntohs(address.sin_port);
    watch(fleet, fd, true, hole);
}

static void greet(struct fleet *fleet, const struct connection *listener)
{
    int yes = 1;
    int fd;

    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        bool hole =
            listener->hole || (fleet->addresses == 1 && (long)fleet->connections < fleet->holes);

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        watch(fleet, fd, false, hole);
        fleet->connections++;
        fleet->open++;
    }
}

/* Writes the answer to one whole request; returns its size, 0 when there is none to give. */
static size_t compose(struct fleet *fleet, const uint8_t *request, uint8_t *answer)
{
    unsigned address = (unsigned)(request[8] << 8 | request[9]);
    unsigned count = (unsigned)(request[10] << 8 | request[11]);

    memcpy(answer, request, 8);
    answer[4] = 0;
    if ((request[7] != 3 && request[7] != 4) || count == 0 || count > 125) {
        fleet->refused++;
        answer[5] = 3;
        answer[7] |= 0x80;
        answer[8] = request[7] == 3 || request[7] == 4 ? 3 : 1;
        return 9;
    }
    fleet->requests++;
    answer[5] = (uint8_t)(3 + 2 * count);
    answer[8] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        unsigned word = address + i + 256U * request[6];

        answer[9 + 2 * i] = (uint8_t)(word >> 8);
        answer[10 + 2 * i] = (uint8_t)word;
    }
    return 9 + 2 * (size_t)count;
}

static void hang_up(struct fleet *fleet, struct connection *connection)
{
    fleet->of_fd[connection->fd] = NULL;
    close(connection->fd);
    connection->fd = -1;
    fleet->open--;
    if (connection->due_ns == 0) /* else still in the line of waiting answers: freed there */
        free(connection);
}

/* Sends one answer and drops its request. False: the peer is gone. */
static bool answer_one(struct fleet *fleet, struct connection *connection)
{
    uint8_t answer[260];
    size_t size = compose(fleet, connection->inbox, answer);

    connection->used = (uint8_t)(connection->used - 12);
    memmove(connection->inbox, connection->inbox + 12, connection->used);
    return send(connection->fd, answer, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void let_wait(struct fleet *fleet, struct connection *connection)
{
    connection->due_ns = now_ns() + fleet->delay_ms * 1000000LL;
    connection->next = NULL;
    *fleet->last = connection;
    fleet->last = &connection->next;
}

/* A request of another length than a read's would shift every later one: hang up. */
static bool is_out_of_step(const struct connection *connection)
{
    return connection->used >= 6 && (connection->inbox[4] != 0 || connection->inbox[5] != 6);
}

static void hear(struct fleet *fleet, struct connection *connection)
{
    static uint8_t rubbish[4096];
    ssize_t count;

    if (connection->hole) {
        count = read(connection->fd, rubbish, sizeof rubbish);
        fleet->swallowed += count > 0 ? (uint64_t)count / 12 : 0;
    } else {
        count = read(connection->fd, connection->inbox + connection->used,
                     sizeof connection->inbox - connection->used);
        if (count > 0)
            connection->used = (uint8_t)(connection->used + count);
    }
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) ||
        is_out_of_step(connection)) {
        hang_up(fleet, connection);
        return;
    }
    if (connection->hole || connection->due_ns != 0)
        return;
    while (connection->used >= 12) {
        if (fleet->delay_ms > 0) {
            let_wait(fleet, connection);
            return;
        }
        if (!answer_one(fleet, connection)) {
            hang_up(fleet, connection);
            return;
        }
        if (is_out_of_step(connection)) {
            hang_up(fleet, connection);
            return;
        }
    }
}

/* Sends the answers that are due. Returns how many ms until the next is, -1 when none waits. */
static int send_due(struct fleet *fleet)
{
    while (fleet->first != NULL) {
        struct connection *connection = fleet->first;
        int64_t left_ns = connection->due_ns - now_ns();

        if (left_ns > 0)
            return (int)(left_ns / 1000000) + 1;
        fleet->first = connection->next;
        if (fleet->first == NULL)
            fleet->last = &fleet->first;
        connection->due_ns = 0;
        if (connection->fd < 0)
            free(connection);
        else if (!answer_one(fleet, connection))
            hang_up(fleet, connection);
        else if (connection->used >= 12)
            let_wait(fleet, connection);
    }
    return -1;
}

static void run(struct fleet *fleet)
{
    static struct epoll_event events[EVENTS];
    sigset_t waiting;

    sigemptyset(&waiting);
    while (!stop) {
        int count = epoll_pwait(fleet->epoll, events, EVENTS, send_due(fleet), &waiting);

        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;

            if (connection->listens)
                greet(fleet, connection);
            else
                hear(fleet, connection);
        }
    }
}

static void end(struct fleet *fleet)
{
    while (fleet->first != NULL) {
        struct connection *connection = fleet->first;

        fleet->first = connection->next;
        if (connection->fd < 0)
            free(connection);
    }
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
        free(fleet->of_fd[fd]);
    close(fleet->epoll);
}

static void read_arguments(struct fleet *fleet, int argc, char **argv)
{
    static const struct option options[] = {
        {"port",      required_argument, NULL, 'p'},
        {"addresses", required_argument, NULL, 'a'},
        {"blackhole", required_argument, NULL, 'b'},
        {"delay",     required_argument, NULL, 'd'},
        {NULL,        0,                 NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        long number = optarg != NULL ? strtol(optarg, NULL, 10) : -1;

        if (option == 'p' && number >= 0 && number <= 65535)
            fleet->port = number;
        else if (option == 'a' && number >= 1 && number <= ADDRESSES_MAX)
            fleet->addresses = number;
        else if (option == 'b' && number >= 0)
            fleet->holes = number;
        else if (option == 'd' && number >= 0)
            fleet->delay_ms = number;
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
    static struct fleet fleet = {.addresses = 1};
    struct rlimit files;

    read_arguments(&fleet, argc, argv);
    arrange_signals();
    fleet.last = &fleet.first;
    fleet.epoll = epoll_create1(EPOLL_CLOEXEC);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = DESCRIPTORS_MAX;
    if (files.rlim_max < files.rlim_cur)
        files.rlim_max = files.rlim_cur; /* as root; else what we have must do */
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
        getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    for (long i = 0; i < fleet.addresses; i++)
        listen_on(&fleet, i);
    printf("{\"port\":%ld}\n", fleet.port);
    fflush(stdout);
    run(&fleet);
    printf("{\"connections\":%llu,\"open\":%llu,\"requests\":%llu,\"refused\":%llu,"
           "\"swallowed\":%llu}\n",
           (unsigned long long)fleet.connections, (unsigned long long)fleet.open,
           (unsigned long long)fleet.requests, (unsigned long long)fleet.refused,
           (unsigned long long)fleet.swallowed);
    end(&fleet);
    return 0;
}
