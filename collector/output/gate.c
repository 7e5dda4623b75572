#include "output/gate.h"

#include <time.h>

void gate_init(struct gate *gate)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&gate->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&gate->moved, &attributes);
    pthread_condattr_destroy(&attributes);
}

void gate_end(struct gate *gate)
{
    pthread_cond_destroy(&gate->moved);
    pthread_mutex_destroy(&gate->lock);
}

void gate_enter(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
}

void gate_leave(struct gate *gate)
{
    pthread_mutex_unlock(&gate->lock);
}

void gate_signal(struct gate *gate)
{
    pthread_cond_broadcast(&gate->moved);
}

void gate_wait(struct gate *gate, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&gate->moved, &gate->lock, &until);
}
