/* verdict_inside.h - config/verdict.conf in memory. Inside ledger/ only. */
#ifndef LEDGER_VERDICT_INSIDE_H
#define LEDGER_VERDICT_INSIDE_H

#include "ledger/evaluation.h"
#include "ledger/screen.h"

enum doubt_class {
    DOUBT_SCREENING,
    DOUBT_RULE,
    DOUBT_CLOCK_STEP,
    DOUBT_SETTINGS_CHANGED,
    DOUBT_UNSEALED,
    DOUBT_CLASS_COUNT
};

enum doubts_until { UNTIL_OPEN, UNTIL_CLOSED };

struct verdict_terms {
    double completeness, week, night; /* percent */
    int64_t gap_days;
    double rate_bound, confidence, percentile; /* percent */
    bool decide_by_effective;
    int64_t last_run;
    bool run_skips_invalid;
    int64_t least_days, normal_from; /* of the comparison */
    double p;
    bool required, where_exceeded;
    int reading_as; /* index into reading_as_periods */
    int64_t present_days, horizon_days;
    int64_t before_days;
    bool blocks[DOUBT_CLASS_COUNT];
    int until;        /* enum doubts_until */
    unsigned lasting; /* a bit set of 1 << enum screen_test */
    int64_t clock_step_ms;
};

/* What a lane on single readings is looked at by. */
enum period verdict_reading_as(const struct verdict_terms *terms);
/* As verdict.json prints them. */
json_t *verdict_terms_json(const struct verdict_terms *terms);

#endif
