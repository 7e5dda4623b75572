/* pushed_clock.h - a clock that goes on by itself and that a test can push forward; any thread. */
#ifndef TESTS_PUSHED_CLOCK_H
#define TESTS_PUSHED_CLOCK_H

#include <stdatomic.h>

#include "base/clock.h"

static atomic_llong pushed_ms;

static inline struct wall_time pushed_wall(const struct clock *clock)
{
    (void)clock;
    return clock_wall(clock_system());
}

static inline struct mono_time pushed_mono(const struct clock *clock)
{
    (void)clock;
    return (struct mono_time){clock_mono(clock_system()).ns + ns_from_ms(pushed_ms)};
}

static const struct clock pushed = {pushed_wall, pushed_mono};

#endif
