/* serve.c - see serve.h. */
#include "drivers/simulator/serve.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/say.h"
#include "drivers/simulator/serve_parts.h"

#define LOOK_AGAIN_MS   50        /* how soon a reopened pseudo terminal is noticed */
#define HALF_REQUEST_NS 100000000 /* older rests of a request on a line are noise */

bool serve_wait_on(struct serve *serve, struct door *door)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = door};

    return epoll_ctl(serve->epoll, EPOLL_CTL_ADD, door->fd, &event) == 0;
}

struct door *serve_door_new(struct serve *serve, enum door_kind kind, int fd, uint32_t link)
{
    struct door *door = calloc(1, sizeof *door);

    if (door == NULL || fd < 0) {
        free(door);
        return NULL;
    }
    door->kind = kind;
    door->fd = fd;
    door->link = link;
    door->next = serve->doors;
    if (door->next != NULL)
        door->next->previous = door;
    serve->doors = door;
    return door;
}

void serve_door_close(struct serve *serve, struct door *door)
{
    dialler_lost(serve, door);
    if (door->previous != NULL)
        door->previous->next = door->next;
    else
        serve->doors = door->next;
    if (door->next != NULL)
        door->next->previous = door->previous;
    close(door->fd);
    free(door);
}

static bool refuse(const struct sim_link *link, struct error *err)
{
    return error_set(err, ERROR_DEVICE,
                     SAY("链路 %s（%s:%d %s）打不开：%s。请换一个端口或路径",
                         "link %s (%s:%d %s) cannot be opened: %s. Choose another port or path"),
                     link->name, link->host, (int)link->port, link->path, strerror(errno));
}

static bool open_port(struct serve *serve, uint32_t index, struct error *err)
{
    const struct sim_link *link = &serve->town->links[index];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)link->port)};
    struct door *door;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1;

    if (inet_pton(AF_INET, link->host, &address.sin_addr) != 1)
        errno = EINVAL;
    else if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
             bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 128) == 0 &&
             (door = serve_door_new(serve, DOOR_LISTEN, fd, index)) != NULL)
        return serve_wait_on(serve, door) || refuse(link, err);
    refuse(link, err);
    if (fd >= 0)
        close(fd);
    return false;
}

/* The path appears at once and whole, also over one left behind by a simulator that was killed;
 * anything but a symbolic link is left alone. */
static bool put_symlink(const char *target, const char *path)
{
    char fresh[300];
    char old[4];

    if (readlink(path, old, sizeof old) < 0 && errno != ENOENT) {
        errno = EEXIST;
        return false;
    }
    snprintf(fresh, sizeof fresh, "%s.new", path);
    unlink(fresh);
    return symlink(target, fresh) == 0 && rename(fresh, path) == 0;
}

/* The other end carries bytes as they are; set from this end, it holds for every later opening. */
static bool make_raw(int fd)
{
    struct termios line;

    if (tcgetattr(fd, &line) != 0)
        return false;
    cfmakeraw(&line);
    return tcsetattr(fd, TCSANOW, &line) == 0;
}

static bool open_line(struct serve *serve, uint32_t index, struct error *err)
{
    const struct sim_link *link = &serve->town->links[index];
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    char target[64];
    struct door *door = NULL;

    if (fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0 &&
        ptsname_r(fd, target, sizeof target) == 0 && make_raw(fd) &&
        put_symlink(target, link->path))
        door = serve_door_new(serve, DOOR_LINE, fd, index);
    if (door != NULL) {
        door->asleep = true;
        return true;
    }
    refuse(link, err);
    if (fd >= 0)
        close(fd);
    return false;
}

static bool open_link(struct serve *serve, uint32_t index, struct error *err)
{
    switch ((enum sim_link_kind)serve->town->links[index].kind) {
    case SIM_TCP:
    case SIM_RTU_TCP:
        return open_port(serve, index, err);
    case SIM_SERIAL:
        return open_line(serve, index, err);
    case SIM_DIALIN:
        break; /* it calls as soon as we run, and again until somebody answers */
    }
    return true;
}

struct serve *serve_new(struct town *town, struct error *err)
{
    struct serve *serve = calloc(1, sizeof *serve);
    bool good = serve != NULL;

    if (serve == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    serve->town = town;
    serve->epoll = epoll_create1(EPOLL_CLOEXEC);
    serve->tcp = modbus_new_tcp("127.0.0.1", 502);
    serve->rtu = modbus_new_rtu("/dev/null", 9600, 'N', 8, 1);
    if (serve->epoll < 0 || serve->tcp == NULL || serve->rtu == NULL)
        good = error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    serve->diallers = calloc(town->link_count + 1, sizeof *serve->diallers);
    if (serve->diallers == NULL)
        good = error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    for (uint32_t i = 0; good && i < town->link_count; i++)
        good = open_link(serve, i, err);
    if (good)
        return serve;
    serve_free(serve);
    return NULL;
}

void serve_free(struct serve *serve)
{
    if (serve == NULL)
        return;
    while (serve->doors != NULL) {
        struct door *door = serve->doors;

        if (door->kind == DOOR_LINE)
            unlink(serve->town->links[door->link].path);
        serve_door_close(serve, door);
        assert(serve->doors != door); /* it has left the list */
    }
    free(serve->diallers);
    if (serve->tcp != NULL)
        modbus_free(serve->tcp);
    if (serve->rtu != NULL)
        modbus_free(serve->rtu);
    if (serve->epoll >= 0)
        close(serve->epoll);
    free(serve);
}

static void greet(struct serve *serve, const struct door *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct door *door;
    int yes = 1;

    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    door = serve_door_new(serve, DOOR_CLIENT, fd, listener->link);
    if (door == NULL)
        close(fd);
    else if (!serve_wait_on(serve, door))
        serve_door_close(serve, door);
}

/* Bytes taken, 0 at the end of the stream, -1 when there is nothing now. */
static ssize_t hear(struct door *door)
{
    ssize_t count = read(door->fd, door->inbox.bytes + door->inbox.used,
                         sizeof door->inbox.bytes - door->inbox.used);

    if (count < 0)
        return errno == EAGAIN || errno == EINTR ? -1 : 0;
    door->inbox.used += (size_t)count;
    return count;
}

static void serve_client(struct serve *serve, struct door *door)
{
    bool tcp = serve->town->links[door->link].kind == SIM_TCP;
    ssize_t count = hear(door);

    if (count == 0 || (count > 0 && tcp &&
                       !answer_tcp(serve->town, door->link, serve->tcp, door->fd, &door->inbox)))
        serve_door_close(serve, door);
    else if (count > 0 && !tcp)
        answer_rtu(serve->town, door->link, serve->rtu, door->fd, &door->inbox);
}

static void serve_line(struct serve *serve, struct door *door)
{
    struct mono_time now = clock_mono(clock_system());
    ssize_t count;

    if (now.ns - door->heard.ns > HALF_REQUEST_NS)
        door->inbox.used = 0;
    count = hear(door);
    if (count > 0) {
        door->heard = now;
        answer_rtu(serve->town, door->link, serve->rtu, door->fd, &door->inbox);
    } else if (count == 0) {
        /* A pseudo terminal nobody has open reports that for ever. */
        epoll_ctl(serve->epoll, EPOLL_CTL_DEL, door->fd, NULL);
        door->asleep = true;
        door->inbox.used = 0;
    }
}

/* Lines somebody has opened again go back into the set. Returns whether one still sleeps. */
static bool wake_lines(struct serve *serve)
{
    bool one_sleeps = false;

    for (struct door *door = serve->doors; door != NULL; door = door->next) {
        struct pollfd look = {.fd = door->fd, .events = POLLIN};

        if (!door->asleep)
            continue;
        if (poll(&look, 1, 0) >= 0 && (look.revents & POLLHUP) == 0 && serve_wait_on(serve, door))
            door->asleep = false;
        else
            one_sleeps = true;
    }
    return one_sleeps;
}

bool serve_run(struct serve *serve, const volatile int *stop, struct error *err)
{
    sigset_t waiting;

    /* Signals are blocked by the caller and come through only while we wait. */
    sigprocmask(SIG_SETMASK, NULL, &waiting);
    sigdelset(&waiting, SIGTERM);
    sigdelset(&waiting, SIGINT);
    while (!*stop) {
        struct epoll_event event;
        int due_ms = dialler_turn(serve);
        int timeout_ms =
            wake_lines(serve) && (due_ms < 0 || due_ms > LOOK_AGAIN_MS) ? LOOK_AGAIN_MS : due_ms;
        int count = epoll_pwait(serve->epoll, &event, 1, timeout_ms, &waiting);
        struct door *door = event.data.ptr;

        if (count < 0 && errno != EINTR)
            return error_set(err, ERROR_DEVICE, SAY("等待失败：%s", "waiting failed: %s"),
                             strerror(errno));
        if (count <= 0)
            continue;
        if (door->kind == DOOR_LISTEN)
            greet(serve, door);
        else if (door->kind == DOOR_CLIENT)
            serve_client(serve, door);
        else
            serve_line(serve, door);
    }
    return true;
}
