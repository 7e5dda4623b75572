#include "base/day.h"

#include <stdio.h>
#include <time.h>

char *day_text(struct wall_time time, char out[DAY_TEXT])
{
    time_t seconds = (time_t)(time.ms / 1000 - (time.ms % 1000 < 0));
    struct tm local;

    if (!wall_is_known(time) || localtime_r(&seconds, &local) == NULL ||
        strftime(out, DAY_TEXT, "%Y-%m-%d", &local) != sizeof "2026-11-23" - 1)
        out[0] = '\0';
    return out;
}

/* In UTC, where every day has 24 hours. */
static bool read_day(const char *words, time_t *seconds)
{
    struct tm day = {.tm_hour = 12};

    if (sscanf(words, "%4d-%2d-%2d", &day.tm_year, &day.tm_mon, &day.tm_mday) != 3)
        return false;
    day.tm_year -= 1900;
    day.tm_mon -= 1;
    *seconds = timegm(&day);
    return true;
}

long days_between(const char *from, const char *to)
{
    time_t first, last;

    if (!read_day(from, &first) || !read_day(to, &last))
        return 0;
    return (long)((last - first) / 86400);
}
