#include "base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <sys/timex.h>
#include <time.h>

static struct wall_time system_wall(const struct clock *clock)
{
    struct timespec now;

    (void)clock;
    clock_gettime(CLOCK_REALTIME, &now);
    return (struct wall_time){(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000};
}

static struct mono_time system_mono(const struct clock *clock)
{
    struct timespec now;

    (void)clock;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (struct mono_time){(int64_t)now.tv_sec * 1000000000 + now.tv_nsec};
}

const struct clock *clock_system(void)
{
    static const struct clock system = {.wall = system_wall, .mono = system_mono};

    return &system;
}

static struct wall_time held_wall(const struct clock *clock)
{
    return ((const struct held_clock *)clock)->wall;
}

static struct mono_time held_mono(const struct clock *clock)
{
    return ((const struct held_clock *)clock)->mono;
}

void held_clock_init(struct held_clock *held, struct wall_time wall)
{
    *held = (struct held_clock){
        .clock = {.wall = held_wall, .mono = held_mono},
          .wall = wall
    };
}

void held_clock_advance(struct held_clock *held, int64_t ms)
{
    assert(ms >= 0);
    held->wall.ms += ms;
    held->mono.ns += ns_from_ms(ms);
}

bool clock_kernel_synchronised(int64_t *error_ms)
{
    struct timex now = {0};
    int state = adjtimex(&now);

    *error_ms = -1;
    if (state < 0)
        return false;
    *error_ms = now.maxerror / 1000;
    return state != TIME_ERROR && (now.status & STA_UNSYNC) == 0;
}

char *wall_text(struct wall_time time, char *out)
{
    struct tm utc;
    time_t seconds;
    int64_t ms;

    out[0] = '\0';
    if (!wall_is_known(time))
        return out;
    seconds = (time_t)(time.ms / 1000);
    ms = time.ms % 1000;
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    if (gmtime_r(&seconds, &utc) == NULL)
        return out;
    snprintf(out, WALL_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)ms);
    return out;
}
