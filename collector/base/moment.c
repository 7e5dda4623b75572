/* Moments as people write them, and the zone they are written in. */
#include "base/conf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static unsigned zone_count;

unsigned conf_zone_count(void)
{
    return zone_count;
}

bool conf_zone(const char *zone)
{
    const char *folder = getenv("TZDIR") == NULL ? "/usr/share/zoneinfo" : getenv("TZDIR");
    char path[512];
    struct stat about;

    if (*zone == '\0' || *zone == '/' || *zone == ':' ||
        strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") !=
            strlen(zone))
        return false;
    snprintf(path, sizeof path, "%s/%s", folder, zone);
    if (stat(path, &about) == 0 && S_ISREG(about.st_mode))
        setenv("TZ", zone, 1);
    else if (strcmp(zone, "Asia/Shanghai") == 0)
        setenv("TZ", "CST-8", 1); /* a small machine without the zone table; since 1992 the same */
    else if (strcmp(zone, "UTC") == 0)
        setenv("TZ", "UTC0", 1);
    else
        return false;
    tzset();
    zone_count++;
    return true;
}

/* Exactly `count` digits at *words; moves on. */
static bool read_digits(const char **words, int count, int *number)
{
    *number = 0;
    for (; count > 0; count--, (*words)++) {
        if (!isdigit((unsigned char)**words))
            return false;
        *number = *number * 10 + (**words - '0');
    }
    return true;
}

static bool read_char(const char **words, const char *allowed)
{
    if (**words == '\0' || strchr(allowed, **words) == NULL)
        return false;
    (*words)++;
    return true;
}

/* ".123456": milliseconds, cut. */
static bool read_fraction(const char **words, int *ms)
{
    int scale = 100;

    *ms = 0;
    if (**words != '.')
        return true;
    (*words)++;
    if (!isdigit((unsigned char)**words))
        return false;
    for (; isdigit((unsigned char)**words); (*words)++, scale /= 10)
        *ms += (**words - '0') * scale;
    return true;
}

/* "Z" or "+08:00" to seconds east of Greenwich. */
static bool read_offset(const char **words, int *seconds)
{
    int sign = **words == '-' ? -1 : 1;
    int hours;
    int minutes;

    *seconds = 0;
    if (read_char(words, "Zz"))
        return true;
    if (!read_char(words, "+-") || !read_digits(words, 2, &hours) || !read_char(words, ":") ||
        !read_digits(words, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool date_is_real(const struct tm *day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = day->tm_year + 1900;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return year >= 1970 && day->tm_mon >= 0 && day->tm_mon < 12 && day->tm_mday >= 1 &&
           day->tm_mday <= days[day->tm_mon] + (leap && day->tm_mon == 1);
}

/* A date, or a date with its minute or second, in the zone of the process. */
static bool local_moment(struct tm *day, struct wall_time *time)
{
    struct tm asked = *day;
    time_t seconds;

    day->tm_isdst = -1;
    seconds = mktime(day);
    /* an hour that summer time leaves out does not exist */
    if (day->tm_mday != asked.tm_mday || day->tm_hour != asked.tm_hour ||
        day->tm_min != asked.tm_min)
        return false;
    time->ms = (int64_t)seconds * 1000;
    return true;
}

bool moment_parse(const char *words, struct wall_time *time)
{
    struct tm day = {0};
    bool spaced;
    int offset;
    int ms = 0;

    if (!read_digits(&words, 4, &day.tm_year) || !read_char(&words, "-") ||
        !read_digits(&words, 2, &day.tm_mon) || !read_char(&words, "-") ||
        !read_digits(&words, 2, &day.tm_mday))
        return false;
    day.tm_year -= 1900;
    day.tm_mon -= 1;
    if (!date_is_real(&day))
        return false;
    if (*words == '\0')
        return local_moment(&day, time);
    spaced = *words == ' ';
    if (!read_char(&words, "Tt ") || !read_digits(&words, 2, &day.tm_hour) ||
        !read_char(&words, ":") || !read_digits(&words, 2, &day.tm_min) || day.tm_hour > 23 ||
        day.tm_min > 59)
        return false;
    if (*words == '\0')
        return local_moment(&day, time);
    if (!read_char(&words, ":") || !read_digits(&words, 2, &day.tm_sec) || day.tm_sec > 59)
        return false;
    if (*words == '\0' && spaced)
        return local_moment(&day, time); /* as tables print it */
    if (!read_fraction(&words, &ms) || !read_offset(&words, &offset) || *words != '\0')
        return false;
    time->ms = ((int64_t)timegm(&day) - offset) * 1000 + ms;
    return true;
}
