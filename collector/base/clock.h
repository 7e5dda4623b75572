/* clock.h - the two clocks, kept apart by the compiler, and a clock a test can hold.
 *
 * Wall time says when something was, and can jump. Monotonic time (CLOCK_BOOTTIME: it goes on while
 * the machine sleeps) says how long something took, and never goes back within one boot. Everything
 * that needs a clock is handed a `struct clock`, so a test holds it and a year passes in minutes.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wall_time {
    int64_t ms; /* since 1970-01-01T00:00:00Z, leap seconds not counted; WALL_NONE_MS: not known */
};

struct mono_time {
    int64_t ns; /* since this boot */
};

#define WALL_NONE_MS INT64_MIN
#define WALL_NONE    ((struct wall_time){WALL_NONE_MS})

static inline bool wall_is_known(struct wall_time time)
{
    return time.ms != WALL_NONE_MS;
}

static inline int64_t ns_from_ms(int64_t ms)
{
    return ms * 1000000;
}

struct clock {
    struct wall_time (*wall)(const struct clock *clock);
    struct mono_time (*mono)(const struct clock *clock);
};

static inline struct wall_time clock_wall(const struct clock *clock)
{
    return clock->wall(clock);
}

static inline struct mono_time clock_mono(const struct clock *clock)
{
    return clock->mono(clock);
}

/* The machine's own clocks; static. */
const struct clock *clock_system(void);

/* A clock that stands still until it is moved. `clock` must stay its first member. Not for several
 * threads at once: whoever holds it also runs what reads it. */
struct held_clock {
    struct clock clock;
    struct wall_time wall;
    struct mono_time mono;
};

void held_clock_init(struct held_clock *held, struct wall_time wall);

/* Moves both clocks on by `ms` (>= 0). */
void held_clock_advance(struct held_clock *held, int64_t ms);

/* Whether the kernel says the wall clock is synchronised (adjtimex), and its estimated error in
 * milliseconds (-1: unknown). */
bool clock_kernel_synchronised(int64_t *error_ms);

/* Text of a moment in UTC, "2026-11-22T08:00:00.123Z"; `out` holds at least WALL_TEXT bytes.
 * An unknown time gives "". Returns `out`. */
#define WALL_TEXT 32
char *wall_text(struct wall_time time, char *out);

#endif
