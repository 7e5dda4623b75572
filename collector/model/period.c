/* Where a day begins is asked of the zone once a day and remembered, a thread at a time: everything
 * shorter is counted from there, so that hours are whole also on days of 23 or 25.
 */
#include "model/period.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/conf.h"
#include "base/say.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };
enum { DAY_S = 24 * 60 * 60, HOUR_S = 60 * 60, REMEMBERED = 64 };

static const struct {
    const char *word, *zh, *en;
} names[PERIOD_COUNT] = {
    [PERIOD_READING] = {"reading", "单次读数",   "reading"   },
    [PERIOD_1MIN] = {"1min",    "1 分钟",       "1 min"     },
    [PERIOD_5MIN] = {"5min",    "5 分钟",       "5 min"     },
    [PERIOD_10MIN] = {"10min",   "10 分钟",      "10 min"    },
    [PERIOD_15MIN] = {"15min",   "15 分钟",      "15 min"    },
    [PERIOD_1H] = {"1h",      "小时",         "hour"      },
    [PERIOD_4H] = {"4h",      "4 小时",       "4 hours"   },
    [PERIOD_8H] = {"8h",      "8 小时滑动", "moving 8 h"},
    [PERIOD_DAY] = {"day",     "日",            "day"       },
    [PERIOD_MONTH] = {"month",   "月",            "month"     },
    [PERIOD_DAYTIME] = {"daytime", "昼间",         "daytime"   },
    [PERIOD_NIGHT] = {"night",   "夜间",         "night"     },
    [PERIOD_YEAR] = {"year",    "年",            "year"      },
};

const char *period_word(enum period period)
{
    return names[period].word;
}

const char *period_title(enum period period)
{
    return SAY(names[period].zh, names[period].en);
}

bool period_find(const char *word, enum period *period)
{
    for (int i = 0; i < PERIOD_COUNT; i++) {
        if (strcmp(word, names[i].word) != 0)
            continue;
        *period = (enum period)i;
        return true;
    }
    return false;
}

/* Dates: days since 1970-01-01 of the zone's calendar. */

static int64_t divide(int64_t number, int64_t by)
{
    return number >= 0 ? number / by : -((by - 1 - number) / by);
}

/* The calendar repeats every 400 years of 146,097 days; years are taken from March, so that a leap
 * day is a year's last. */
static int64_t number_of_date(int64_t year, int month, int day)
{
    int64_t from_march = month > 2 ? year : year - 1;
    int64_t era = divide(from_march, 400);
    int64_t of_era = from_march - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t year_of_number(int64_t number, int *month)
{
    int64_t since = number + 719468;
    int64_t era = divide(since, 146097);
    int64_t day = since - era * 146097;
    int64_t of_era = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
    int from_march = (int)((5 * of_year + 2) / 153);

    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    return of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

static struct tm local(int64_t seconds)
{
    time_t moment = (time_t)seconds;
    struct tm day = {0};

    localtime_r(&moment, &day);
    return day;
}

static int64_t local_number(int64_t seconds)
{
    struct tm day = local(seconds);

    return number_of_date(day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

/* The first moment whose date is this day or a later one: also where midnight comes twice, or not
 * at all. Zones lie between 12 hours behind and 14 before. */
static int64_t first_moment(int64_t number)
{
    int64_t before = number * DAY_S - 15 * HOUR_S;
    int64_t after = number * DAY_S + 13 * HOUR_S;

    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;

        if (local_number(middle) >= number)
            after = middle;
        else
            before = middle;
    }
    return after * 1000;
}

/* The years 1 to 9999: beyond, the machine's calendar has no date. */
static struct wall_time with_date(struct wall_time time)
{
    const int64_t first = -62135510400000;
    const int64_t last = 253402214400000;

    return (struct wall_time){time.ms < first ? first : time.ms > last ? last : time.ms};
}

struct day {
    bool known;
    int64_t number;
    int64_t start, end;
    bool marked; /* the two below are those of `night` */
    struct night night;
    int64_t night_begins, night_ends; /* on this date */
};

struct memory {
    unsigned zone;
    struct day *last;
    struct day days[REMEMBERED];
};

static _Thread_local struct memory memory;

static struct day *day_of(int64_t number)
{
    struct day *day = &memory.days[(uint64_t)number % REMEMBERED];

    if (!day->known || day->number != number)
        *day = (struct day){.known = true,
                            .number = number,
                            .start = first_moment(number),
                            .end = first_moment(number + 1)};
    return day;
}

static struct day *day_at(int64_t ms)
{
    int64_t number;

    if (memory.zone != conf_zone_count()) {
        memset(&memory, 0, sizeof memory);
        memory.zone = conf_zone_count();
    }
    if (memory.last != NULL && ms >= memory.last->start && ms < memory.last->end)
        return memory.last;
    number = divide(ms, DAY_MS) - 1;
    while (ms >= day_of(number)->end)
        number++;
    memory.last = day_of(number);
    return memory.last;
}

/* When the clock on the wall shows so many minutes after midnight of that day; where summer time
 * leaves that out, an hour later by the clock. */
static int64_t mark(const struct day *day, int minutes)
{
    int64_t plain = day->start + (int64_t)minutes * MINUTE_MS;
    struct tm shown;
    int64_t moved;

    if (day->end - day->start == DAY_MS)
        return plain;
    shown = local(plain / 1000);
    moved = plain + (minutes - shown.tm_hour * 60 - shown.tm_min) * (int64_t)MINUTE_MS;
    shown = local(moved / 1000);
    return shown.tm_hour * 60 + shown.tm_min == minutes ? moved : plain;
}

static const struct day *with_night(struct day *day, const struct night *night)
{
    if (day->marked && day->night.begins_min == night->begins_min &&
        day->night.ends_min == night->ends_min)
        return day;
    day->marked = true;
    day->night = *night;
    day->night_begins = mark(day, night->begins_min);
    day->night_ends = mark(day, night->ends_min);
    return day;
}

static bool spans_midnight(const struct night *night)
{
    return night->begins_min > night->ends_min;
}

bool period_is_night(struct wall_time time, const struct night *night)
{
    const struct day *day;

    time = with_date(time);
    day = with_night(day_at(time.ms), night);
    if (spans_midnight(night))
        return time.ms < day->night_ends || time.ms >= day->night_begins;
    return time.ms >= day->night_begins && time.ms < day->night_ends;
}

static struct span span_of(int64_t start, int64_t end)
{
    return (struct span){.start = {start}, .end = {end}};
}

static struct span part_of_day(const struct day *day, int64_t ms, int64_t length)
{
    int64_t start = ms - (ms - day->start) % length;

    return span_of(start, start + length < day->end ? start + length : day->end);
}

/* 00, 04, … 20 o'clock by the clock on the wall: the hours of a water station's analysers. */
static struct span four_hours(const struct day *day, int64_t ms)
{
    int64_t start = day->start;

    for (int hour = 4; hour < 24; hour += 4) {
        int64_t next = mark(day, hour * 60);

        if (ms < next)
            return span_of(start, next);
        start = next;
    }
    return span_of(start, day->end);
}

static struct span month_at(const struct day *day)
{
    int month;
    int64_t year = year_of_number(day->number, &month);
    int64_t next =
        month == 12 ? number_of_date(year + 1, 1, 1) : number_of_date(year, month + 1, 1);

    return span_of(day_of(number_of_date(year, month, 1))->start, day_of(next)->start);
}

static struct span year_at(const struct day *day)
{
    int month;
    int64_t year = year_of_number(day->number, &month);

    return span_of(day_of(number_of_date(year, 1, 1))->start,
                   day_of(number_of_date(year + 1, 1, 1))->start);
}

/* The daytime, or the night, that begins on this date. */
static struct span half_of(int64_t number, enum period period, const struct night *night)
{
    struct day today = *with_night(day_of(number), night);
    struct day tomorrow = *with_night(day_of(number + 1), night);
    bool over = spans_midnight(night) == (period == PERIOD_NIGHT);
    const struct day *ends = over ? &tomorrow : &today;

    if (period == PERIOD_NIGHT)
        return span_of(today.night_begins, ends->night_ends);
    return span_of(today.night_ends, ends->night_begins);
}

/* The first of them that has not ended. */
static struct span half_at(const struct day *day, int64_t ms, enum period period,
                           const struct night *night)
{
    int64_t number = day->number - 1;
    struct span half = half_of(number, period, night);

    while (half.end.ms <= ms)
        half = half_of(++number, period, night);
    return half;
}

struct span period_at(enum period period, struct wall_time time, const struct night *night)
{
    static const int64_t lengths[PERIOD_COUNT] = {
        [PERIOD_1MIN] = MINUTE_MS,       [PERIOD_5MIN] = 5 * MINUTE_MS,
        [PERIOD_10MIN] = 10 * MINUTE_MS, [PERIOD_15MIN] = 15 * MINUTE_MS,
        [PERIOD_1H] = HOUR_MS,
    };
    const struct day *day;
    struct span hour;

    assert(wall_is_known(time));
    time = with_date(time);
    day = day_at(time.ms);
    switch (period) {
    case PERIOD_1MIN:
    case PERIOD_5MIN:
    case PERIOD_10MIN:
    case PERIOD_15MIN:
    case PERIOD_1H:
        return part_of_day(day, time.ms, lengths[period]);
    case PERIOD_4H:
        return four_hours(day, time.ms);
    case PERIOD_8H:
        hour = part_of_day(day, time.ms, HOUR_MS);
        return span_of(hour.start.ms - 7 * (int64_t)HOUR_MS, hour.end.ms);
    case PERIOD_DAY:
        return span_of(day->start, day->end);
    case PERIOD_MONTH:
        return month_at(day);
    case PERIOD_DAYTIME:
    case PERIOD_NIGHT:
        return half_at(day, time.ms, period, night);
    case PERIOD_YEAR:
        return year_at(day);
    case PERIOD_READING:
    case PERIOD_COUNT:
        break;
    }
    return (struct span){time, time};
}

struct span period_next(enum period period, struct span span, const struct night *night)
{
    return period_at(period, span.end, night);
}
