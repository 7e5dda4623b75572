#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <uv.h>

#include "app/command.h"
#include "app/station.h"
#include "base/log.h"
#include "base/say.h"

struct running {
    struct station *station;
    uv_signal_t term, interrupt;
    uv_timer_t watchdog;
    bool watched;
    bool stopping;
};

static void stopped(void *self)
{
    struct running *running = self;

    uv_close((uv_handle_t *)&running->term, NULL);
    uv_close((uv_handle_t *)&running->interrupt, NULL);
    if (running->watched)
        uv_close((uv_handle_t *)&running->watchdog, NULL);
}

static void asked_to_stop(uv_signal_t *signal, int number)
{
    struct running *running = signal->data;

    (void)number;
    if (running->stopping || running->station == NULL)
        return;
    running->stopping = true;
    sd_notify(0, "STOPPING=1");
    station_stop(running->station, stopped, running);
}

static void pet_watchdog(uv_timer_t *timer)
{
    (void)timer;
    sd_notify(0, "WATCHDOG=1");
}

static void listen_to_system(struct running *running, uv_loop_t *loop)
{
    uint64_t every_us = 0;

    uv_signal_init(loop, &running->term);
    uv_signal_init(loop, &running->interrupt);
    running->term.data = running;
    running->interrupt.data = running;
    uv_signal_start(&running->term, asked_to_stop, SIGTERM);
    uv_signal_start(&running->interrupt, asked_to_stop, SIGINT);
    running->watched = sd_watchdog_enabled(0, &every_us) > 0;
    if (running->watched) {
        uv_timer_init(loop, &running->watchdog);
        uv_timer_start(&running->watchdog, pet_watchdog, every_us / 3000, every_us / 3000);
    }
}

/* A link takes a descriptor, and so does each caller that has not named itself: as many as the
 * system allows us. A system that allows no more is no fault; callers are turned away then. */
static void allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int command_run(const struct typed *typed)
{
    struct running running = {0};
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    uv_loop_t loop;

    if (settings == NULL)
        return EXIT_WRONG;
    allow_descriptors();
    uv_loop_init(&loop);
    listen_to_system(&running,
                     &loop); /* first: a stop asked for during the start is obeyed after it */
    running.station = station_start(&loop, settings, &err);
    if (running.station == NULL) {
        stopped(&running);
        uv_run(&loop, UV_RUN_DEFAULT); /* what is still closing */
        uv_loop_close(&loop);
        settings_free(settings);
        return command_fail(typed, &err);
    }
    sd_notify(0, "READY=1");
    uv_run(&loop, UV_RUN_DEFAULT);
    station_free(running.station);
    uv_loop_close(&loop);
    settings_free(settings);
    return EXIT_DONE;
}
