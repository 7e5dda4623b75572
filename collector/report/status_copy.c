/* Copies of what only the loop's thread may look at, and where their memory waits. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "report/status.h"

/* One that is looked at, one that is filled; who holds more for a moment pays for it. */
enum { SPARES = 2 };

struct kept_copy {
    struct status_copy copy; /* first: what is given out */
    struct status_pool *pool;
    unsigned held;
    size_t link_room, device_room;
};

struct status_pool {
    pthread_mutex_t lock;
    uint64_t number;
    struct kept_copy *spares[SPARES];
};

struct status_pool *status_pool_new(void)
{
    struct status_pool *pool = calloc(1, sizeof *pool);

    if (pool != NULL)
        pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

static void kept_free(struct kept_copy *kept)
{
    if (kept == NULL)
        return;
    free(kept->copy.links);
    free(kept->copy.devices);
    free(kept);
}

void status_pool_free(struct status_pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < SPARES; i++)
        kept_free(pool->spares[i]);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* Room ----------------------------------------------------------------------------------------- */

static struct kept_copy *take_spare(struct status_pool *pool)
{
    struct kept_copy *spare = NULL;

    pthread_mutex_lock(&pool->lock);
    for (size_t i = 0; i < SPARES && spare == NULL; i++) {
        spare = pool->spares[i];
        pool->spares[i] = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    return spare != NULL ? spare : calloc(1, sizeof *spare);
}

static bool make_room(void **array, size_t *room, size_t count, size_t size)
{
    void *larger;

    if (count <= *room)
        return true;
    larger = realloc(*array, count * size);
    if (larger == NULL)
        return false;
    *array = larger;
    *room = count;
    return true;
}

static struct kept_copy *kept_for(struct status_pool *pool, size_t links, size_t devices)
{
    struct kept_copy *kept = take_spare(pool);

    if (kept == NULL)
        return NULL;
    if (!make_room((void **)&kept->copy.links, &kept->link_room, links, sizeof *kept->copy.links) ||
        !make_room((void **)&kept->copy.devices, &kept->device_room, devices,
                   sizeof *kept->copy.devices)) {
        kept_free(kept);
        return NULL;
    }
    kept->pool = pool;
    kept->held = 1;
    return kept;
}

/* What is copied ------------------------------------------------------------------------------- */

/* A monotonic moment as the wall clock would have shown it. */
static struct wall_time wall_of(const struct clock *clock, struct mono_time then)
{
    int64_t ago_ms = (clock_mono(clock).ns - then.ns) / 1000000;

    return (struct wall_time){clock_wall(clock).ms - ago_ms};
}

/* FNV-1a, a word at a time. */
static void mix(uint64_t *states, uint64_t word)
{
    *states = (*states ^ word) * UINT64_C(0x100000001b3);
    *states ^= *states >> 32;
}

static void copy_clock(struct status_copy *copy, const struct status_view *view)
{
    copy->trusted = trust_now(view->trust);
    copy->error_ms = -1;
    clock_kernel_synchronised(&copy->error_ms);
    copy->trusted_since = wall_of(view->clock, trust_since(view->trust));
    mix(&copy->states, copy->trusted);
}

static void copy_links(struct status_copy *copy, const struct poller *poller)
{
    for (size_t i = 0; i < copy->link_count; i++) {
        struct link_status *link = &copy->links[i];

        poller_link_status(poller, i, link);
        mix(&copy->states, (uint64_t)link->up << 16 | (uint64_t)link->used << 8 | link->cause);
        mix(&copy->states, (uint64_t)link->since.ms);
    }
}

/* Why the last poll gave nothing at all; CAUSE_NONE when anything answered. */
static enum cause failed_with(const struct device_status *device)
{
    for (size_t i = 0; i < device->reading_count; i++)
        if (device->readings[i].quality != QUALITY_NO_ANSWER)
            return CAUSE_NONE;
    return device->reading_count == 0 ? CAUSE_NONE : (enum cause)device->readings[0].cause;
}

static uint32_t count_values(const struct device_status *device)
{
    uint32_t count = 0;

    for (size_t i = 0; i < device->reading_count; i++)
        count += reading_has_value(&device->readings[i]);
    return count;
}

static void copy_devices(struct status_copy *copy, const struct poller *poller)
{
    for (size_t i = 0; i < copy->device_count; i++) {
        struct device_copy *device = &copy->devices[i];

        poller_device_status(poller, i, &device->status);
        device->failed = failed_with(&device->status);
        device->with_value = count_values(&device->status);
        device->status.readings = NULL;
        mix(&copy->states, (uint64_t)device->status.state << 8 | (uint64_t)device->failed);
        mix(&copy->states, (uint64_t)device->status.since.ms);
        mix(&copy->states, (uint64_t)device->status.last_good.ms);
    }
}

const struct status_copy *status_copy_take(struct status_pool *pool, const struct status_view *view)
{
    size_t links = poller_link_count(view->poller), devices = poller_device_count(view->poller);
    struct kept_copy *kept = kept_for(pool, links, devices);
    struct status_copy *copy;

    if (kept == NULL)
        return NULL;
    copy = &kept->copy;
    copy->view = *view;
    copy->view.poller = NULL;
    copy->view.reader = NULL;
    copy->states = UINT64_C(0xcbf29ce484222325);
    copy->made = clock_mono(view->clock);
    copy->link_count = links;
    copy->device_count = devices;
    copy_clock(copy, view);
    poller_totals(view->poller, &copy->totals);
    copy_links(copy, view->poller);
    copy_devices(copy, view->poller);
    copy->stranger_count = poller_strangers(view->poller, copy->strangers, DIALIN_STRANGERS_MAX);
    pthread_mutex_lock(&pool->lock);
    copy->number = ++pool->number;
    pthread_mutex_unlock(&pool->lock);
    return copy;
}

/* Who holds it --------------------------------------------------------------------------------- */

const struct status_copy *status_copy_hold(const struct status_copy *copy)
{
    struct kept_copy *kept = (struct kept_copy *)copy;

    if (kept == NULL)
        return NULL;
    pthread_mutex_lock(&kept->pool->lock);
    kept->held++;
    pthread_mutex_unlock(&kept->pool->lock);
    return copy;
}

void status_copy_release(const struct status_copy *copy)
{
    struct kept_copy *kept = (struct kept_copy *)copy;
    struct status_pool *pool;

    if (kept == NULL)
        return;
    pool = kept->pool;
    pthread_mutex_lock(&pool->lock);
    if (--kept->held > 0)
        kept = NULL;
    for (size_t i = 0; i < SPARES && kept != NULL; i++)
        if (pool->spares[i] == NULL) {
            pool->spares[i] = kept;
            kept = NULL;
        }
    pthread_mutex_unlock(&pool->lock);
    kept_free(kept);
}
