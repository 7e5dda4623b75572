#include "app/lookout.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/say.h"

struct lookout {
    const struct status_view *(*look)(void *self);
    void *self;
    struct status_pool *pool;
    uv_async_t wake;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const struct status_copy *newest;
    bool asked; /* the loop has been told and has not looked yet */
    bool shut;
    void (*closed)(void *self);
    void *closed_self;
};

/* Keeps it as the newest; whoever waits goes on, also where there was no memory for one. */
static void keep(struct lookout *lookout, const struct status_copy *copy)
{
    const struct status_copy *before = copy;

    pthread_mutex_lock(&lookout->lock);
    if (copy != NULL) {
        before = lookout->newest;
        lookout->newest = copy;
    }
    lookout->asked = false;
    pthread_cond_broadcast(&lookout->changed);
    pthread_mutex_unlock(&lookout->lock);
    status_copy_release(before);
}

static void look(uv_async_t *wake)
{
    struct lookout *lookout = wake->data;

    if (!lookout->shut)
        keep(lookout, status_copy_take(lookout->pool, lookout->look(lookout->self)));
}

static bool set_up(struct lookout *lookout, uv_loop_t *loop)
{
    pthread_condattr_t by;

    lookout->pool = status_pool_new();
    if (lookout->pool == NULL || uv_async_init(loop, &lookout->wake, look) != 0)
        return false;
    lookout->wake.data = lookout;
    pthread_mutex_init(&lookout->lock, NULL);
    pthread_condattr_init(&by);
    pthread_condattr_setclock(&by, CLOCK_MONOTONIC);
    pthread_cond_init(&lookout->changed, &by);
    pthread_condattr_destroy(&by);
    return true;
}

struct lookout *lookout_new(uv_loop_t *loop, const struct status_view *(*look_at)(void *self),
                            void *self, struct error *err)
{
    struct lookout *lookout = calloc(1, sizeof *lookout);

    if (lookout != NULL) {
        lookout->look = look_at;
        lookout->self = self;
        if (set_up(lookout, loop))
            return lookout;
        status_pool_free(lookout->pool);
        free(lookout);
    }
    error_set(err, ERROR_MEMORY, "%s", SAY("内存不足，无法启动", "out of memory at start"));
    return NULL;
}

static void handle_closed(uv_handle_t *handle)
{
    struct lookout *lookout = handle->data;

    lookout->closed(lookout->closed_self);
}

void lookout_close(struct lookout *lookout, void (*closed)(void *self), void *self)
{
    if (lookout == NULL) {
        closed(self);
        return;
    }
    pthread_mutex_lock(&lookout->lock);
    lookout->shut = true;
    pthread_cond_broadcast(&lookout->changed);
    pthread_mutex_unlock(&lookout->lock);
    lookout->closed = closed;
    lookout->closed_self = self;
    uv_close((uv_handle_t *)&lookout->wake, handle_closed);
}

void lookout_free(struct lookout *lookout)
{
    if (lookout == NULL)
        return;
    status_copy_release(lookout->newest);
    status_pool_free(lookout->pool);
    pthread_cond_destroy(&lookout->changed);
    pthread_mutex_destroy(&lookout->lock);
    free(lookout);
}

const struct status_copy *lookout_now(struct lookout *lookout)
{
    return status_copy_take(lookout->pool, lookout->look(lookout->self));
}

/* Other threads -------------------------------------------------------------------------------- */

static bool is_fresh(const struct status_copy *copy, int64_t fresh_ms)
{
    return copy != NULL && clock_mono(copy->view.clock).ns - copy->made.ns <= ns_from_ms(fresh_ms);
}

static struct timespec deadline(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += (long)LOOKOUT_WAIT_MS * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

/* Until the loop has looked; it may be long at something else, and then the old copy must do. */
static void wait_for_loop(struct lookout *lookout)
{
    struct timespec at = deadline();

    if (!lookout->asked)
        uv_async_send(&lookout->wake);
    lookout->asked = true;
    while (lookout->asked && !lookout->shut)
        if (pthread_cond_timedwait(&lookout->changed, &lookout->lock, &at) == ETIMEDOUT)
            return;
}

const struct status_copy *lookout_copy(void *self, int64_t fresh_ms)
{
    struct lookout *lookout = self;
    const struct status_copy *copy;

    pthread_mutex_lock(&lookout->lock);
    if (!lookout->shut && !is_fresh(lookout->newest, fresh_ms))
        wait_for_loop(lookout);
    copy = status_copy_hold(lookout->newest);
    pthread_mutex_unlock(&lookout->lock);
    return copy;
}
