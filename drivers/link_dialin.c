/* A unit that dials in, as a link: open while its connection is there. */
#include "drivers/link_dialin.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/link_dialin_parts.h"

static struct dialin_link *dialin_of(struct link *link)
{
    return (struct dialin_link *)link;
}

bool dialin_address_read(const char *text, struct sockaddr_storage *address)
{
    const char *colon = strrchr(text, ':');
    char host[DIALIN_ADDRESS_TEXT];
    size_t length = colon == NULL ? 0 : (size_t)(colon - text);
    int port = 0;

    if (length == 0 || length >= sizeof host || strlen(colon + 1) > 5 || colon[1] == '\0' ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    port = atoi(colon + 1);
    if (port < 1 || port > 65535)
        return false;
    memset(address, 0, sizeof *address);
    if (text[0] == '[' && text[length - 1] == ']') {
        memcpy(host, text + 1, length - 2);
        host[length - 2] = '\0';
        return uv_ip6_addr(host, port, (struct sockaddr_in6 *)(void *)address) == 0;
    }
    memcpy(host, text, length);
    host[length] = '\0';
    return uv_ip4_addr(host, port, (struct sockaddr_in *)(void *)address) == 0;
}

static void drop_caller(struct dialin_link *link)
{
    struct dialin_caller *caller = link->caller;

    link->caller = NULL;
    if (caller != NULL)
        dialin_caller_close(caller);
}

/* The new one wins: a unit that was without power or network does not know of its old connection,
 * and what comes over that one is of before. */
void dialin_link_take(struct dialin_link *link, struct dialin_caller *caller)
{
    bool replaces = link->told_up;
    char why[200];

    drop_caller(link);
    link->caller = caller;
    caller->link = link;
    link->told_up = false;
    if (replaces) {
        snprintf(why, sizeof why,
                 SAY("设备从 %s 重新连入，旧连接已关闭",
                     "the unit dialled in again from %s; its old connection is closed"),
                 caller->from);
        link->link.user->down(link->link.self, CAUSE_DISCONNECTED, why);
    }
    if (link->caller != caller || link->told_up)
        return;
    link->told_up = true;
    link->link.user->up(link->link.self);
}

void dialin_link_bytes(struct dialin_link *link, const uint8_t *bytes, size_t count)
{
    if (link->told_up)
        link->link.user->bytes(link->link.self, bytes, count);
}

void dialin_link_lost(struct dialin_link *link, const char *why)
{
    bool told = link->told_up;

    drop_caller(link);
    link->told_up = false;
    if (told)
        link->link.user->down(link->link.self, CAUSE_DISCONNECTED, why);
}

/* While a new connection takes the place of another, the user hears of it in a moment. */
static void dialin_open(struct link *link)
{
    struct dialin_link *dialin = dialin_of(link);
    char why[400];

    if (dialin->caller != NULL)
        return;
    if (dialin->door != NULL && dialin->door->fd < 0) {
        link->user->down(link->self, CAUSE_REFUSED, dialin->door->why);
        return;
    }
    snprintf(why, sizeof why,
             SAY("设备还没有连上来（在 %s 等待）", "its unit has not dialled in (awaited at %s)"),
             dialin->setup.listen);
    link->user->down(link->self, CAUSE_NOT_CONNECTED, why);
}

static void dialin_shut(struct link *link)
{
    struct dialin_link *dialin = dialin_of(link);

    dialin->told_up = false;
    drop_caller(dialin);
}

static bool dialin_is_open(const struct link *link)
{
    return ((const struct dialin_link *)link)->told_up;
}

/* Eight bytes always fit, unless the peer has taken nothing for a long time. */
static bool dialin_send(struct link *link, const uint8_t *bytes, size_t count)
{
    struct dialin_link *dialin = dialin_of(link);

    return dialin->told_up &&
           send(dialin->caller->fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)count;
}

/* Bounded, so that a unit that talks without end can not hold the loop; how a connection ends is
 * seen by the loop. */
static void dialin_pump(struct link *link)
{
    struct dialin_link *dialin = dialin_of(link);
    uint8_t bytes[1024];

    for (int turns = 0; turns < 8 && dialin->told_up; turns++) {
        ssize_t count = recv(dialin->caller->fd, bytes, sizeof bytes, MSG_DONTWAIT);

        if (count <= 0)
            return;
        dialin_link_bytes(dialin, bytes, (size_t)count);
    }
}

static void leave_hall(struct dialin_link *link)
{
    struct dialin_door *door = link->door;

    for (struct dialin_link **at = &link->hall->links; *at != NULL; at = &(*at)->next)
        if (*at == link) {
            *at = link->next;
            link->hall->link_count--;
            break;
        }
    for (size_t i = 0; door != NULL && i < door->count; i++)
        if (door->links[i] == link)
            door->links[i] = NULL; /* its unit is nobody's from now on */
}

static void dialin_end(struct link *link)
{
    struct dialin_link *dialin = dialin_of(link);
    void (*ended)(void *) = link->ended;
    void *self = link->ended_self;

    dialin_shut(link);
    leave_hall(dialin);
    free(dialin);
    if (ended != NULL)
        ended(self);
}

struct link *link_dialin_new(struct dialin_hall *hall, const struct dialin_setup *setup,
                             const struct link_user *user, void *self, struct error *err)
{
    static const struct link_way way = {
        .open = dialin_open,
        .shut = dialin_shut,
        .is_open = dialin_is_open,
        .send = dialin_send,
        .pump = dialin_pump,
        .end = dialin_end,
    };
    struct dialin_link *dialin = calloc(1, sizeof *dialin);

    if (dialin == NULL) {
        error_set(err, ERROR_MEMORY, SAY("链路 %s：内存不足", "link %s: out of memory"),
                  setup->name);
        return NULL;
    }
    dialin->link = (struct link){.way = &way, .user = user, .self = self, .loop = hall->loop};
    dialin->setup = *setup;
    dialin->hall = hall;
    dialin->next = hall->links;
    hall->links = dialin;
    hall->link_count++;
    return &dialin->link;
}
