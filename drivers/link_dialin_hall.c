/* The hall: what is due when, its beginning and end. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/say.h"
#include "drivers/link_dialin_parts.h"

enum {
    SILENCE_MS = 300,
    PATIENCE_MS = 10 * 1000,
    DOOR_AGAIN_MS = 5 * 1000, /* an address that cannot be had is tried again */
    FLOOD_OVER_MS = 60 * 1000,
};

static int64_t silence_ms(const struct dialin_hall *hall)
{
    return hall->setup.silence_ms > 0 ? hall->setup.silence_ms : SILENCE_MS;
}

static int64_t patience_ms(const struct dialin_hall *hall)
{
    return hall->setup.patience_ms > 0 ? hall->setup.patience_ms : PATIENCE_MS;
}

static int64_t now_ms(const struct dialin_hall *hall)
{
    return (int64_t)uv_now(hall->loop);
}

static int64_t sooner(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static int64_t due_of(const struct dialin_caller *caller)
{
    int64_t patience = caller->came_ms + patience_ms(caller->hall);

    if (caller->size == 0)
        return patience;
    return sooner(patience, caller->heard_ms + silence_ms(caller->hall));
}

static void timer_rang(uv_timer_t *timer)
{
    struct dialin_hall *hall = timer->data;
    int64_t now = now_ms(hall);
    struct dialin_caller *next;

    for (struct dialin_caller *caller = hall->unnamed; caller != NULL; caller = next) {
        next = caller->next;
        if (due_of(caller) <= now)
            dialin_caller_settle(caller, true);
    }
    for (size_t i = 0; i < hall->door_count; i++)
        if (hall->doors[i].fd < 0)
            dialin_door_open(&hall->doors[i]);
    if (hall->flooded && now - hall->flooded_ms >= FLOOD_OVER_MS) {
        hall->flooded = false;
        log_notice(SAY("拨入：未注册的连接不再过多，其间关闭了 %llu 个",
                       "dial-in: no longer too many connections; %llu were closed"),
                   (unsigned long long)(hall->turned_away - hall->told_away));
    }
    dialin_hall_arm(hall);
}

void dialin_hall_arm(struct dialin_hall *hall)
{
    int64_t now = now_ms(hall);
    int64_t due = INT64_MAX;
    int64_t forget = dialin_strangers_forget(hall);

    if (!hall->opened || hall->ending)
        return;
    for (const struct dialin_caller *caller = hall->unnamed; caller != NULL; caller = caller->next)
        due = sooner(due, due_of(caller));
    for (size_t i = 0; i < hall->door_count; i++)
        if (hall->doors[i].fd < 0)
            due = sooner(due, now + DOOR_AGAIN_MS);
    if (hall->flooded)
        due = sooner(due, hall->flooded_ms + FLOOD_OVER_MS);
    if (forget != INT64_MAX)
        due = sooner(due, now + forget - clock_wall(hall->setup.clock).ms);
    if (due == INT64_MAX)
        uv_timer_stop(&hall->timer);
    else
        uv_timer_start(&hall->timer, timer_rang, due > now ? (uint64_t)(due - now) : 0, 0);
}

struct dialin_hall *dialin_hall_new(uv_loop_t *loop, const struct dialin_hall_setup *setup,
                                    struct error *err)
{
    struct dialin_hall *hall = calloc(1, sizeof *hall);

    if (hall == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    hall->loop = loop;
    hall->setup = *setup;
    hall->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    uv_timer_init(loop, &hall->timer);
    hall->timer.data = hall;
    hall->handles = 1;
    return hall;
}

bool dialin_hall_ready(struct dialin_hall *hall, struct error *err)
{
    return (dialin_doors_make(hall) && dialin_rooms_make(hall)) ||
           error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

void dialin_hall_open(struct dialin_hall *hall)
{
    hall->opened = true;
    for (size_t i = 0; i < hall->door_count; i++)
        dialin_door_open(&hall->doors[i]);
    dialin_hall_arm(hall);
}

static void timer_let_go(uv_handle_t *handle)
{
    struct dialin_hall *hall = handle->data;

    hall->handles--;
    dialin_hall_end_if_done(hall);
}

void dialin_hall_end_if_done(struct dialin_hall *hall)
{
    void (*ended)(void *) = hall->ended;
    void *self = hall->ended_self;

    if (!hall->ending || hall->handles > 0)
        return;
    for (size_t i = 0; i < hall->door_count; i++) {
        free(hall->doors[i].ids);
        free(hall->doors[i].links);
    }
    if (hall->reserve >= 0)
        close(hall->reserve);
    free(hall->doors);
    free(hall->callers);
    free(hall);
    if (ended != NULL)
        ended(self);
}

void dialin_hall_end(struct dialin_hall *hall, void (*ended)(void *), void *self)
{
    hall->ending = true;
    hall->ended = ended;
    hall->ended_self = self;
    for (size_t i = 0; i < hall->door_count; i++)
        dialin_door_close(&hall->doors[i]);
    for (size_t i = 0; i < hall->caller_count; i++)
        dialin_caller_close(&hall->callers[i]);
    uv_close((uv_handle_t *)&hall->timer, timer_let_go);
}

uint64_t dialin_hall_turned_away(const struct dialin_hall *hall)
{
    return hall->turned_away;
}
