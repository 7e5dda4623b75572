/* period.h - the stretches of time that readings are gathered into, and where each begins and ends.
 *
 * A period is labelled by its start; it holds start <= time < end. Days, nights and months are
 * those of the collector's zone (conf_zone()). The moving 8 hours of an hour are that hour and the
 * seven before it. A night runs through midnight and is labelled by its evening; where a report
 * wants the night of a calendar day (HJ 212), the two pieces of that day stand in the day's
 * aggregate (ln).
 */
#ifndef MODEL_PERIOD_H
#define MODEL_PERIOD_H

#include "base/clock.h"

enum period {
    PERIOD_READING, /* a single reading: no stretch at all */
    PERIOD_1MIN,
    PERIOD_5MIN,
    PERIOD_10MIN,
    PERIOD_15MIN,
    PERIOD_1H,
    PERIOD_4H,
    PERIOD_8H, /* moving, one each hour */
    PERIOD_DAY,
    PERIOD_MONTH,
    PERIOD_DAYTIME, /* 06:00-22:00 unless the county says otherwise */
    PERIOD_NIGHT,   /* 22:00-06:00 of the next day, one unbroken night */
    PERIOD_YEAR,    /* stands in standards; nothing is judged by it while it runs */
    PERIOD_COUNT
};

/* "reading", "1min", "5min", "10min", "15min", "1h", "4h", "8h", "day", "month", "daytime",
 * "night", "year": the words of the contract, of the standards' files and of the table `aggregate`.
 */
const char *period_word(enum period period);
/* Its name for people: 小时 / hour. */
const char *period_title(enum period period);
bool period_find(const char *word, enum period *period);

/* When the night begins and ends, in minutes after midnight of the zone (GB 3096-2008: 22:00 and
 * 06:00; a county government may set others). */
struct night {
    int begins_min, ends_min;
};

struct span {
    struct wall_time start, end;
};

/* The period that holds `time` (PERIOD_8H: the one whose last hour holds it). PERIOD_DAYTIME at
 * night gives the daytime that comes next, PERIOD_NIGHT by day the night that comes next.
 * PERIOD_READING gives {time, time}. */
struct span period_at(enum period period, struct wall_time time, const struct night *night);
/* The one after it, as its start says. */
struct span period_next(enum period period, struct span span, const struct night *night);
/* Whether it is night at that moment. */
bool period_is_night(struct wall_time time, const struct night *night);

#endif
