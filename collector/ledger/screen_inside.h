/* screen_inside.h - what the files behind screen.h share; nobody else includes it.
 *
 * Plans are the data of config/screening.conf; a memory is what one point remembers. Both are made
 * of eight-byte fields without holes, so their bytes can be digested and written as they lie.
 */
#ifndef LEDGER_SCREEN_INSIDE_H
#define LEDGER_SCREEN_INSIDE_H

#include "ledger/screen.h"

enum { RESTS_MAX = 4, RATE_BUCKETS = 6, HIDDEN_DAYS_MAX = 31 };

/* What is known of one parameter, in its unit; NAN, or 0 where no test could use it: not tested. */
struct screen_plan {
    double span_low, span_high;         /* plausible */
    double possible_low, possible_high; /* outside of this nothing can be */
    double spike, spike_percent;        /* the larger of both; the percent is of the neighbours */
    double rate_per_hour, rate_percent_per_hour; /* the larger of both */
    double flat_within;                          /* highest less lowest of a flat stretch */
    int64_t flat_ms;                             /* 0: not tested */
    int64_t flat_least;                          /* readings */
    double rests_at[RESTS_MAX]; /* where a value may honestly stay: calm, saturated air */
    int64_t rest_count;
    int64_t clip;                               /* whether ceilings are looked for */
    double times, tolerance, tolerance_percent; /* value <= beside x times + the sum of both */
    int64_t oxygen; /* whether `beside` is the temperature of its water */
    char parameter[40];
    char beside[40]; /* "": no pair */
};

/* What all parameters share. */
struct screen_shared {
    double gap_periods;  /* more than so many periods apart is a gap … */
    int64_t gap_ms;      /* … if it is longer than this too */
    int64_t good_for_ms; /* how long SCREEN_GOOD is said after a doubt */
    int64_t silence_ms;  /* 0: not tested, as below */
    int64_t marked_ms;
    int64_t rate_ms;
    int64_t clip_ms;
    int64_t clip_least;
    double clip_share, clip_drop, clip_below, clip_most; /* percent but for the drop: times */
    int64_t hidden_days;
    double hidden_high; /* percent of the limit */
    int64_t hidden_within_ms;
    int64_t hidden_gap_ms;
    int64_t hidden_count;
    double hidden_chance; /* percent */
    int64_t night_ms;
    int64_t night_least;
    double night_points;
    double oxygen_numerator, oxygen_plus; /* saturation = numerator / (plus + temperature) */
    double oxygen_day, oxygen_night;      /* percent of saturation */
};

struct screen_plans {
    struct screen_shared shared;
    struct screen_plan bare; /* of a parameter without a row */
    struct screen_plan *all;
    size_t count;
};

#define NEVER_MS      WALL_NONE_MS
#define MOMENT_END_MS 253402300800000 /* the year 10000 */

struct silence_memory {
    int64_t valued_ms; /* the latest value of any letter */
    int64_t valid_ms;  /* the latest N or T */
    double valid;
};

struct spike_memory {
    int64_t time_ms[2]; /* the two latest normal values, the older first */
    double value[2];
};

struct rate_memory {
    int64_t bucket; /* number of the open one since the epoch; NEVER_MS: none */
    int64_t count, last_ms;
    double sum, low, high, last;
    int64_t number[RATE_BUCKETS]; /* closed ones */
    double mean[RATE_BUCKETS];
};

struct flat_memory {
    double low, high;
    int64_t count, seen_ms;
    int64_t covered_ms; /* gaps left out */
};

struct clip_memory {
    int64_t from_ms, count, over;
    double top, next;
    int64_t top_count, next_count, top_ms, over_ms;
    int64_t above, below, beneath; /* around the limit */
    int64_t below_ms;
    double below_value, over_value;
};

struct hidden_day {
    uint32_t readings, near; /* valid ones; those soon after a high one */
    uint32_t gaps, high;     /* gaps; those that began soon after a high one */
};

struct hidden_memory {
    int64_t valid_ms, high_ms;
    double valid;
    int64_t counted; /* whether the gap since valid_ms has been */
    int64_t newest;  /* number of the newest day since the epoch; NEVER_MS: none */
    struct hidden_day days[HIDDEN_DAYS_MAX];
};

struct night_memory {
    int64_t from_ms, upto_ms; /* the open window */
    int64_t ends_ms, dark;    /* of the stretch that `upto` stands in; whether it is night */
    int64_t elapsed_ms[2], present[2]; /* by day, by night */
    double latest;
};

struct screen_memory {
    int64_t seen_ms;
    int64_t until_ms[SCREEN_COUNT]; /* see screen_doubt() */
    int64_t latest_ms;              /* the newest of them that is a time */
    struct silence_memory silence;
    struct spike_memory spike;
    struct rate_memory rate;
    struct flat_memory flat;
    struct clip_memory clip;
    struct hidden_memory hidden;
    struct night_memory night;
};

struct screen {
    const struct screen_shared *shared;
    const struct screen_plan *plan;
    int64_t every_ms, gap_ms;
    double limit;
    double band; /* below the limit, and so above it: two steps of the value at least */
    struct night night;
    unsigned tests;
    uint64_t meaning; /* of all numbers that decide what it says */
    struct screen_memory memory;
};

/* A reading on its way through the tests. */
struct screen_at {
    int64_t ms;
    double value, beside;
    bool valued; /* has a value */
    bool normal; /* N with a value */
    bool over;   /* T with a value */
    struct screen_findings *findings;
};

void screen_memory_clear(struct screen_memory *memory);

/* What a test found. A doubt stands until the test is passed; from then on SCREEN_GOOD is said with
 * each valid reading for a while, long enough for a problem to be proven recovered. */
void screen_doubt(struct screen *screen, enum screen_test test, const struct screen_at *at,
                  int64_t about_ms, double value);
void screen_end_doubt(struct screen *screen, enum screen_test test, const struct screen_at *at);

#define DOUBTING_MS INT64_MAX

static inline bool screen_is_doubting(const struct screen *screen, enum screen_test test)
{
    return screen->memory.until_ms[test] == DOUBTING_MS;
}

static inline void screen_pass(struct screen *screen, enum screen_test test,
                               const struct screen_at *at)
{
    if (screen_is_doubting(screen, test))
        screen_end_doubt(screen, test, at);
}

static inline bool screen_wants(const struct screen *screen, enum screen_test test)
{
    return (screen->tests >> test & 1U) != 0;
}

/* More than allowed, the noise of binary fractions aside: 7.325 - 7.32 is no more than 0.005. */
static inline bool screen_exceeds(double amount, double allowed)
{
    return amount > allowed + 1e-9 * (allowed < 0.0 ? -allowed : allowed);
}

/* The math library's are calls, since they mind NANs; here are none. */
static inline double lower_of(double one, double other)
{
    return one < other ? one : other;
}

static inline double higher_of(double one, double other)
{
    return one > other ? one : other;
}

/* Each takes one reading; screen.c says which of them see it. */
void screen_silence(struct screen *screen, const struct screen_at *at);
void screen_span(struct screen *screen, const struct screen_at *at);
void screen_spike(struct screen *screen, const struct screen_at *at);
void screen_rate(struct screen *screen, const struct screen_at *at);
void screen_flat(struct screen *screen, const struct screen_at *at);
void screen_contradiction(struct screen *screen, const struct screen_at *at);
void screen_clip(struct screen *screen, const struct screen_at *at);
void screen_hidden(struct screen *screen, const struct screen_at *at, bool explained);
void screen_night(struct screen *screen, const struct screen_at *at);

/* Whether a value may honestly stay there. */
bool screen_rests(const struct screen_plan *plan, double value);

#endif
