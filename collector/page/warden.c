#include "page/warden.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/say.h"

struct warden {
    const struct clock *clock;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t sooner; /* somebody's time is over before `next` */
    struct guests *guests; /* under `lock`, as all below */
    struct mono_time next; /* the thread sleeps until then */
    bool stopping;
};

static void cut(void *self, int fd)
{
    (void)self;
    shutdown(fd, SHUT_RDWR);
}

/* The moment of the kernel's clock that is so far away. */
static struct timespec moment_in(int64_t ns)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    ns = ns < 0 ? 0 : ns;
    at.tv_sec += (time_t)(ns / 1000000000);
    at.tv_nsec += (long)(ns % 1000000000);
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

static void *watch(void *self)
{
    struct warden *warden = self;

    pthread_mutex_lock(&warden->lock);
    while (!warden->stopping) {
        warden->next = guests_sweep(warden->guests);
        if (warden->next.ns == GUESTS_NEVER.ns) {
            pthread_cond_wait(&warden->sooner, &warden->lock);
        } else {
            struct timespec at = moment_in(warden->next.ns - clock_mono(warden->clock).ns);

            pthread_cond_timedwait(&warden->sooner, &warden->lock, &at);
        }
    }
    pthread_mutex_unlock(&warden->lock);
    return NULL;
}

/* `lock` is held. Whose time begins now has it over after this at the earliest. */
static void look_at(struct warden *warden, int64_t ms)
{
    if (clock_mono(warden->clock).ns + ns_from_ms(ms) < warden->next.ns)
        pthread_cond_signal(&warden->sooner);
}

struct warden *warden_start(const struct clock *clock, struct error *err)
{
    struct warden *warden = calloc(1, sizeof *warden);
    pthread_condattr_t how;

    if (warden == NULL || (warden->guests = guests_new(clock, cut, warden)) == NULL) {
        free(warden);
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    warden->clock = clock;
    warden->next = GUESTS_NEVER;
    pthread_mutex_init(&warden->lock, NULL);
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(&warden->sooner, &how);
    pthread_condattr_destroy(&how);
    if (pthread_create(&warden->thread, NULL, watch, warden) == 0)
        return warden;
    error_set(err, ERROR_MEMORY, "%s", SAY("无法启动线程", "a thread cannot be started"));
    guests_free(warden->guests);
    free(warden);
    return NULL;
}

void warden_stop(struct warden *warden)
{
    if (warden == NULL)
        return;
    pthread_mutex_lock(&warden->lock);
    warden->stopping = true;
    pthread_cond_signal(&warden->sooner);
    pthread_mutex_unlock(&warden->lock);
    pthread_join(warden->thread, NULL);
    pthread_cond_destroy(&warden->sooner);
    pthread_mutex_destroy(&warden->lock);
    guests_free(warden->guests);
    free(warden);
}

struct guest *warden_come(struct warden *warden, int fd, const struct sockaddr *from)
{
    struct guest *guest;

    pthread_mutex_lock(&warden->lock);
    guest = guests_come(warden->guests, fd, from);
    if (guest == NULL)
        shutdown(fd, SHUT_RDWR);
    look_at(warden, GUEST_ASKS_MS);
    pthread_mutex_unlock(&warden->lock);
    return guest;
}

void warden_take(struct warden *warden, struct guest *guest, uint64_t bytes)
{
    if (guest == NULL)
        return;
    pthread_mutex_lock(&warden->lock);
    guests_take(warden->guests, guest, bytes);
    pthread_mutex_unlock(&warden->lock);
}

void warden_ask(struct warden *warden, struct guest *guest)
{
    if (guest == NULL)
        return;
    pthread_mutex_lock(&warden->lock);
    guests_ask(warden->guests, guest);
    look_at(warden, GUEST_ASKS_MS);
    pthread_mutex_unlock(&warden->lock);
}

void warden_go(struct warden *warden, struct guest *guest)
{
    if (guest == NULL)
        return;
    pthread_mutex_lock(&warden->lock);
    guests_go(warden->guests, guest);
    pthread_mutex_unlock(&warden->lock);
}

void warden_count(struct warden *warden, struct guests_count *count)
{
    pthread_mutex_lock(&warden->lock);
    guests_count(warden->guests, count);
    pthread_mutex_unlock(&warden->lock);
}
