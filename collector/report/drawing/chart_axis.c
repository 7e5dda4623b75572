#include "drawing/chart_axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct tm local_of(struct wall_time time)
{
    time_t seconds = (time_t)(time.ms / 1000 - (time.ms % 1000 < 0));
    struct tm local = {0};

    localtime_r(&seconds, &local);
    return local;
}

static struct wall_time moment_of(struct tm local)
{
    local.tm_isdst = -1;
    return (struct wall_time){(int64_t)mktime(&local) * 1000};
}

char *local_day(struct wall_time time, char *out)
{
    struct tm local = local_of(time);

    out[0] = '\0';
    if (wall_is_known(time))
        strftime(out, 32, "%Y-%m-%d", &local);
    return out;
}

char *local_minute(struct wall_time time, char *out)
{
    struct tm local = local_of(time);

    out[0] = '\0';
    if (wall_is_known(time))
        strftime(out, 32, "%Y-%m-%d %H:%M", &local);
    return out;
}

int local_minutes(struct wall_time time)
{
    struct tm local = local_of(time);

    return local.tm_hour * 60 + local.tm_min;
}

struct wall_time local_midnight(struct wall_time time, int days)
{
    struct tm local = local_of(time);

    local.tm_hour = local.tm_min = local.tm_sec = 0;
    local.tm_mday += days;
    return moment_of(local);
}

/* --- time ------------------------------------------------------------------------------------ */

struct stride {
    int hours, days, months;
};

/* The last tick at or before `time`: strides of hours begin at midnight, of weeks on Mondays, of
 * days on the first of the month, of months in January, of years in year 0. */
static struct tm stride_begin(struct wall_time time, struct stride by)
{
    struct tm local = local_of(time);

    local.tm_min = local.tm_sec = 0;
    if (by.hours > 0) {
        local.tm_hour -= local.tm_hour % by.hours;
        return local;
    }
    local.tm_hour = 0;
    if (by.days == 7)
        local.tm_mday -= (local.tm_wday + 6) % 7;
    else if (by.days > 0)
        local.tm_mday -= (local.tm_mday - 1) % by.days;
    else
        local.tm_mday = 1;
    if (by.months >= 12) {
        local.tm_mon = 0;
        local.tm_year -= (local.tm_year + 1900) % (by.months / 12);
    } else if (by.months > 0) {
        local.tm_mon -= local.tm_mon % by.months;
    }
    return local;
}

/* Days that are not weeks begin again each month, so that no month has its ticks elsewhere. */
static struct tm stride_next(struct tm at, struct stride by)
{
    struct tm next = at;
    struct wall_time moment;

    next.tm_hour += by.hours;
    next.tm_mday += by.days;
    next.tm_mon += by.months;
    moment = moment_of(next);
    next = local_of(moment);
    if (by.days > 1 && by.days != 7 && next.tm_mon != at.tm_mon)
        next.tm_mday = 1;
    else if (by.days > 1 && by.days != 7 && next.tm_mday > 31 - by.days / 2)
        next = (struct tm){.tm_year = next.tm_year, .tm_mon = next.tm_mon + 1, .tm_mday = 1};
    return local_of(moment_of(next));
}

static void label_tick(struct time_tick *tick, struct stride by, char *last)
{
    struct tm local = local_of(tick->time);
    char belongs[16];

    if (by.hours > 0) {
        strftime(tick->label, sizeof tick->label, "%H:%M", &local);
        strftime(belongs, sizeof belongs, "%m-%d", &local);
    } else if (by.months > 0) {
        strftime(tick->label, sizeof tick->label, by.months >= 12 ? "%Y" : "%Y-%m", &local);
        belongs[0] = '\0';
    } else {
        strftime(tick->label, sizeof tick->label, "%m-%d", &local);
        strftime(belongs, sizeof belongs, "%Y", &local);
    }
    tick->below[0] = '\0';
    if (strcmp(belongs, last) != 0)
        memcpy(tick->below, belongs, sizeof belongs);
    memcpy(last, belongs, sizeof belongs);
}

/* More than `most`: too many. */
static size_t try_stride(struct wall_time from, struct wall_time to, size_t most, struct stride by,
                         struct time_tick *ticks)
{
    struct tm at = stride_begin(from, by);
    char last[16] = "";
    size_t count = 0;

    for (;; at = stride_next(at, by)) {
        struct wall_time time = moment_of(at);

        if (time.ms >= to.ms)
            return count;
        if (time.ms < from.ms)
            continue;
        if (count == most)
            return most + 1;
        ticks[count].time = time;
        label_tick(&ticks[count++], by, last);
    }
}

size_t axis_times(struct wall_time from, struct wall_time to, size_t most,
                  struct time_tick ticks[TICKS_MAX])
{
    static const struct stride strides[] = {
        {1,  0, 0  },
        {2,  0, 0  },
        {3,  0, 0  },
        {6,  0, 0  },
        {12, 0, 0  },
        {0,  1, 0  },
        {0,  2, 0  },
        {0,  7, 0  },
        {0,  0, 1  },
        {0,  0, 2  },
        {0,  0, 3  },
        {0,  0, 6  },
        {0,  0, 12 },
        {0,  0, 24 },
        {0,  0, 60 },
        {0,  0, 120},
        {0,  0, 240},
    };

    for (size_t i = 0; i < sizeof strides / sizeof strides[0]; i++) {
        size_t count = try_stride(from, to, most, strides[i], ticks);

        if (count <= most)
            return count;
    }
    return 0;
}

/* --- values ---------------------------------------------------------------------------------- */

struct value_axis axis_values(double low, double high)
{
    struct value_axis axis;
    double power;
    double part;

    if (!(high > low)) {
        high = low + (low == 0.0 ? 1.0 : fabs(low) * 0.1);
        low = low >= 0.0 && low * 0.9 < 0.0 ? 0.0 : low - (high - low);
    }
    power = pow(10.0, floor(log10((high - low) / 6.0)));
    part = (high - low) / 6.0 / power;
    axis.step = power * (part <= 1.0 ? 1.0 : part <= 2.0 ? 2.0 : part <= 5.0 ? 5.0 : 10.0);
    axis.low = floor(low / axis.step + 1e-9) * axis.step;
    axis.high = ceil(high / axis.step - 1e-9) * axis.step;
    axis.decimals = (int)-floor(log10(axis.step) + 1e-9);
    if (axis.decimals < 0)
        axis.decimals = 0;
    return axis;
}
