/* Connections: rooms for them, and who those are that have not named themselves. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "drivers/link_dialin_parts.h"

enum { SPARE_ROOMS = 128 }; /* of callers the loop has not let go of yet */

void dialin_caller_put(struct dialin_caller **list, struct dialin_caller *caller)
{
    caller->previous = NULL;
    caller->next = *list;
    if (*list != NULL)
        (*list)->previous = caller;
    *list = caller;
}

void dialin_caller_take(struct dialin_caller **list, struct dialin_caller *caller)
{
    if (caller->previous != NULL)
        caller->previous->next = caller->next;
    else
        *list = caller->next;
    if (caller->next != NULL)
        caller->next->previous = caller->previous;
    caller->next = caller->previous = NULL;
}

static void caller_let_go(uv_handle_t *handle)
{
    struct dialin_caller *caller = handle->data;

    caller->hall->handles--;
    dialin_caller_put(&caller->hall->free_rooms, caller);
    dialin_hall_end_if_done(caller->hall);
}

/* The descriptor goes at once, its room a turn of the loop later. */
void dialin_caller_close(struct dialin_caller *caller)
{
    if (caller->fd < 0)
        return;
    if (caller->link == NULL) {
        dialin_caller_take(&caller->hall->unnamed, caller);
        caller->hall->unnamed_count--;
    }
    uv_close((uv_handle_t *)&caller->poll, caller_let_go);
    close(caller->fd);
    caller->fd = -1;
    caller->link = NULL;
}

static void shut_out(struct dialin_caller *caller)
{
    dialin_stranger_note(caller->hall, caller);
    dialin_caller_close(caller);
}

bool dialin_caller_settle(struct dialin_caller *caller, bool ended)
{
    struct dialin_door *door = caller->door;
    int index = registration_find(door->ids, door->count, caller->packet, caller->size, ended);

    if (index < 0 || door->links[index] == NULL) {
        if (ended)
            shut_out(caller);
        return ended;
    }
    dialin_caller_take(&caller->hall->unnamed, caller);
    caller->hall->unnamed_count--;
    dialin_link_take(door->links[index], caller);
    return true;
}

/* It has hung up: `why` is errno or 0 for an end in order. */
static void caller_gone(struct dialin_caller *caller, int why)
{
    const char *words =
        why == 0 ? SAY("对方关闭了连接", "the peer closed the connection") : strerror(why);

    if (caller->link != NULL)
        dialin_link_lost(caller->link, words);
    else if (caller->size > 0 && registration_find(caller->door->ids, caller->door->count,
                                                   caller->packet, caller->size, true) < 0)
        shut_out(caller);
    else
        dialin_caller_close(caller);
}

static void hear_unnamed(struct dialin_caller *caller)
{
    ssize_t count = recv(caller->fd, caller->packet + caller->size,
                         sizeof caller->packet - caller->size, MSG_DONTWAIT);

    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        caller_gone(caller, count == 0 ? 0 : errno);
        return;
    }
    caller->size += (size_t)count;
    caller->heard_ms = (int64_t)uv_now(caller->hall->loop);
    if (!dialin_caller_settle(caller, caller->size == sizeof caller->packet))
        dialin_hall_arm(caller->hall);
}

/* One buffer full a turn: a unit that talks without end does not hold the loop. */
static void hear_named(struct dialin_caller *caller)
{
    uint8_t bytes[1024];
    ssize_t count = recv(caller->fd, bytes, sizeof bytes, MSG_DONTWAIT);

    if (count > 0)
        dialin_link_bytes(caller->link, bytes, (size_t)count);
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        caller_gone(caller, count == 0 ? 0 : errno);
}

void dialin_caller_readable(uv_poll_t *poll, int status, int events)
{
    struct dialin_caller *caller = poll->data;
    int trouble = 0;
    socklen_t size = sizeof trouble;

    (void)events;
    if (caller->fd < 0)
        return;
    if (status != 0) { /* libuv only says that there was a POLLERR */
        getsockopt(caller->fd, SOL_SOCKET, SO_ERROR, &trouble, &size);
        caller_gone(caller, trouble != 0 ? trouble : EIO);
    } else if (caller->link != NULL) {
        hear_named(caller);
    } else {
        hear_unnamed(caller);
    }
}

bool dialin_rooms_make(struct dialin_hall *hall)
{
    size_t count = hall->link_count + DIALIN_UNNAMED_MAX + SPARE_ROOMS;

    hall->callers = calloc(count, sizeof *hall->callers);
    for (size_t i = 0; hall->callers != NULL && i < count; i++) {
        hall->callers[i].hall = hall;
        hall->callers[i].fd = -1;
        dialin_caller_put(&hall->free_rooms, &hall->callers[i]);
    }
    hall->caller_count = hall->callers != NULL ? count : 0;
    return hall->callers != NULL;
}
