/* Doors: one listener for each address, and who is let in. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/say.h"
#include "drivers/link_dialin_parts.h"

enum {
    CALLERS_AT_ONCE = 64,
    BACKLOG = 1024,
    /* A unit without power says nothing: an idle connection is tried after a minute and given up
     * soon after, one with unanswered bytes after half a minute. */
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_EVERY_S = 10,
    UNHEARD_MS = 30 * 1000,
};

static void read_source(struct dialin_caller *caller, const struct sockaddr_storage *from)
{
    const struct sockaddr_in *four = (const void *)from;
    const struct sockaddr_in6 *six = (const void *)from;

    memset(caller->source, 0, sizeof caller->source);
    if (from->ss_family == AF_INET) {
        memcpy(caller->source, &four->sin_addr, 4);
        uv_ip4_name(four, caller->from, sizeof caller->from);
    } else {
        memcpy(caller->source, &six->sin6_addr, IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) ? 16 : 8);
        uv_ip6_name(six, caller->from, sizeof caller->from);
    }
}

static size_t count_source(const struct dialin_hall *hall, const uint8_t source[16])
{
    size_t count = 0;

    for (const struct dialin_caller *one = hall->unnamed; one != NULL; one = one->next)
        count += memcmp(one->source, source, sizeof one->source) == 0;
    return count;
}

/* Said when it begins and when it is over, not for each connection. */
static void turn_away(struct dialin_hall *hall, int fd, const char *from)
{
    close(fd);
    hall->turned_away++;
    hall->flooded_ms = (int64_t)uv_now(hall->loop);
    if (hall->flooded)
        return;
    hall->flooded = true;
    hall->told_away = hall->turned_away - 1;
    log_warning(SAY("拨入：来自 %s 的未注册连接太多，多余的立即关闭；已注册的设备不受影响",
                    "dial-in: too many connections from %s that have not named themselves; more "
                    "are closed at once; units that are connected are not touched"),
                from);
}

static void set_up_connection(int fd)
{
    const struct {
        int level, name, value;
    } options[] = {
        {SOL_SOCKET,  SO_KEEPALIVE,     1                },
        {IPPROTO_TCP, TCP_KEEPIDLE,     KEEPALIVE_IDLE_S },
        {IPPROTO_TCP, TCP_KEEPINTVL,    KEEPALIVE_EVERY_S},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, UNHEARD_MS       },
        {IPPROTO_TCP, TCP_NODELAY,      1                },
    };

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                   sizeof options[i].value);
}

static void admit(struct dialin_door *door, int fd, const struct sockaddr_storage *from)
{
    struct dialin_hall *hall = door->hall;
    struct dialin_caller *caller = hall->free_rooms;

    if (caller == NULL) {
        turn_away(hall, fd, door->listen);
        return;
    }
    read_source(caller, from);
    if (hall->unnamed_count >= DIALIN_UNNAMED_MAX ||
        count_source(hall, caller->source) >= DIALIN_OF_SOURCE_MAX ||
        uv_poll_init(hall->loop, &caller->poll, fd) != 0) {
        turn_away(hall, fd, caller->from);
        return;
    }
    dialin_caller_take(&hall->free_rooms, caller);
    dialin_caller_put(&hall->unnamed, caller);
    hall->unnamed_count++;
    hall->handles++;
    caller->poll.data = caller;
    caller->door = door;
    caller->link = NULL;
    caller->fd = fd;
    caller->size = 0;
    caller->came_ms = caller->heard_ms = (int64_t)uv_now(hall->loop);
    set_up_connection(fd);
    if (uv_poll_start(&caller->poll, UV_READABLE, dialin_caller_readable) != 0)
        dialin_caller_close(caller);
}

/* Without a descriptor left the caller would stand at the door for ever, and the loop turn for
 * nothing: the one kept in reserve takes it in and shows it out. */
static void refuse_for_descriptors(struct dialin_door *door)
{
    struct dialin_hall *hall = door->hall;
    int fd;

    close(hall->reserve);
    fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        turn_away(hall, fd, door->listen);
    hall->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void door_readable(uv_poll_t *poll, int status, int events)
{
    struct dialin_door *door = poll->data;

    (void)events;
    for (int i = 0; status == 0 && i < CALLERS_AT_ONCE && door->fd >= 0; i++) {
        struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
        socklen_t size = sizeof from;
        int fd = accept4(door->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0)
            admit(door, fd, &from);
        else if (errno == EMFILE || errno == ENFILE)
            refuse_for_descriptors(door);
        else if (errno != ECONNABORTED && errno != EINTR)
            break;
    }
    dialin_hall_arm(door->hall);
}

static void door_let_go(uv_handle_t *handle)
{
    struct dialin_door *door = handle->data;

    door->poll_lives = false;
    door->hall->handles--;
    dialin_hall_end_if_done(door->hall);
}

void dialin_door_close(struct dialin_door *door)
{
    if (door->poll_lives && !uv_is_closing((uv_handle_t *)&door->poll))
        uv_close((uv_handle_t *)&door->poll, door_let_go);
    if (door->fd >= 0)
        close(door->fd);
    door->fd = -1;
}

static bool watch_door(struct dialin_door *door)
{
    if (uv_poll_init(door->hall->loop, &door->poll, door->fd) != 0)
        return false;
    door->poll.data = door;
    door->poll_lives = true;
    door->hall->handles++;
    return uv_poll_start(&door->poll, UV_READABLE, door_readable) == 0;
}

void dialin_door_open(struct dialin_door *door)
{
    int yes = 1;
    socklen_t size = door->address.ss_family == AF_INET ? (socklen_t)sizeof(struct sockaddr_in)
                                                        : (socklen_t)sizeof(struct sockaddr_in6);

    if (door->poll_lives) /* the loop still holds the last try */
        return;
    door->fd = socket(door->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (door->fd >= 0 && setsockopt(door->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(door->fd, (const struct sockaddr *)&door->address, size) == 0 &&
        listen(door->fd, BACKLOG) == 0 && watch_door(door)) {
        if (door->why[0] != '\0')
            log_notice(SAY("拨入：现在可以在 %s 监听了", "dial-in: now listening at %s"),
                       door->listen);
        door->why[0] = '\0';
        return;
    }
    if (door->why[0] == '\0') {
        snprintf(door->why, sizeof door->why,
                 SAY("无法在 %s 监听（%s）：地址要是本机的，端口不能被占用",
                     "cannot listen at %s (%s): the address must be this machine's own, the port "
                     "free"),
                 door->listen, strerror(errno));
        log_warning("%s", door->why);
    }
    dialin_door_close(door);
}

static struct dialin_door *find_door(struct dialin_hall *hall, const char *listen)
{
    for (size_t i = 0; i < hall->door_count; i++)
        if (strcmp(hall->doors[i].listen, listen) == 0)
            return &hall->doors[i];
    return NULL;
}

static int by_id(const void *one, const void *other)
{
    const struct dialin_link *const *first = one;
    const struct dialin_link *const *second = other;

    return registration_id_order(&(*first)->setup.id, &(*second)->setup.id);
}

static void sort_ids(struct dialin_hall *hall)
{
    for (struct dialin_link *link = hall->links; link != NULL; link = link->next)
        link->door->links[link->door->count++] = link;
    for (size_t i = 0; i < hall->door_count; i++) {
        struct dialin_door *door = &hall->doors[i];

        qsort(door->links, door->count, sizeof door->links[0], by_id);
        for (size_t j = 0; j < door->count; j++)
            door->ids[j] = door->links[j]->setup.id;
    }
}

/* A door for each address, with room for the ids of its links. */
bool dialin_doors_make(struct dialin_hall *hall)
{
    hall->doors = calloc(hall->link_count, sizeof *hall->doors);
    for (struct dialin_link *link = hall->links; hall->doors != NULL && link != NULL;
         link = link->next) {
        struct dialin_door *door = find_door(hall, link->setup.listen);

        if (door == NULL) {
            door = &hall->doors[hall->door_count++];
            *door = (struct dialin_door){.hall = hall, .fd = -1};
            memcpy(door->listen, link->setup.listen, sizeof door->listen);
            if (!dialin_address_read(door->listen, &door->address))
                door->address.ss_family = AF_UNSPEC; /* socket() says so */
        }
        link->door = door;
        door->count++;
    }
    for (size_t i = 0; hall->doors != NULL && i < hall->door_count; i++) {
        hall->doors[i].ids = calloc(hall->doors[i].count, sizeof *hall->doors[i].ids);
        hall->doors[i].links = calloc(hall->doors[i].count, sizeof(struct dialin_link *));
        if (hall->doors[i].ids == NULL || hall->doors[i].links == NULL)
            return false;
        hall->doors[i].count = 0;
    }
    if (hall->doors == NULL)
        return false;
    sort_ids(hall);
    return true;
}
