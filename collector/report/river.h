/* river.h - the river chief's report: how a section of a river did in a month.
 *
 * Means come from stored aggregates and what is enough from aggregates.conf; classes from
 * ledger/section.h and the standards. The month of a parameter is the mean of its valid days. What
 * was measured and is not enough never proves a target met. Pure but for the zone of the process;
 * one thread.
 *
 * river_section_json() gives one section; a report is {"month":"2026-10","over":bool,"standard",
 * "oxygen_form":"A"|"B","sections":[…]}, each section:
 *
 *   "site","title","village","river":{"name","title"},"body":"river"|"lake","target":"IV",
 *   "chiefs":[{"tier","name"}],"simulated":bool
 *   "answer"     "met" | "missed" | "not_provable"
 *   "why"        {"zh","en"}: its reason, a sentence
 *   "class"      "I" … "V", "worse_than_V", null; of the items that are enough
 *   "grade"      {"zh","en"} | null; "worse_than_V": bool
 *   "items"      what the standard classes, [{"parameter","title":{"zh","en"},"unit","decimals",
 *                "point","mean","class","takes_part","enough","valid_days","days","expected",
 *                "valid","completeness" (percent),"least","greatest" (of the valid days),"exceeds",
 *                "by_saturation","multiple","index","limit":{"standard","edition","clause","class",
 *                "text","verified"}}]
 *   "beside"     what is measured and classes nothing, [{"parameter","title","unit","decimals",
 *                "mean","valid_days"}]
 *   "missing"    items of the standard nobody measures here, [{"parameter","title"}]
 *   "main_items" parameters, the worst first; only where the class is worse than III
 *   "change"     {"last_month":C,"last_year":C}, C = {"month","class","change":"none"|"better"|
 *                "clearly_better"|"worse"|"clearly_worse"|null,"same_items":bool}
 *   "black_odour" {"screened":bool,"answer":"none"|"light"|"heavy"|null,"why":{"zh","en"},"days",
 *                "items":[{"parameter","title","light_share","heavy_share"}] (percent)}
 *   "completeness" percent of the readings expected of its items; null: none was
 *   "calendar"   [{"day":1,"class"}]; a day is classed by the items valid on it
 *   "days_worse_than_V"
 *
 * What lookback-report draws it from (kind "river") is the report with "lang", "timezone", "made"
 * (the month's end, or the last midnight of one that runs), "collector", "program", "simulated" and
 * "asked":{"by":"section"|"river"|"chief","name"}.
 */
#ifndef REPORT_RIVER_H
#define REPORT_RIVER_H

#include <jansson.h>

#include "ledger/section.h"
#include "model/aggregate.h"

/* config/river.conf */
struct river_terms {
    char standard[STANDARD_SIZE];
    enum oxygen_form oxygen;
    char light[STANDARD_SIZE], heavy[STANDARD_SIZE];
    double one_item, two_items; /* percent of the data */
    int64_t least;              /* samplings */
};

/* False with every fault said; then nothing is filled. Names of standards must be known. */
bool river_terms_load(struct river_terms *terms, const char *path,
                      const struct standards *standards, struct conf_faults *faults);

enum { RIVER_DAYS = 31 };

/* One parameter at a section in one month, as the store has it. */
struct river_measured {
    const struct parameter *parameter;
    char point[POINT_SIZE];
    struct aggregate days[RIVER_DAYS]; /* by the day of the month, from 0; cleared: none */
    struct aggregate month;            /* cleared: none, as while it runs */
    bool has_month;
};

struct river_month {
    char name[8]; /* "2026-10" */
    struct span span;
    int days;
    bool over;
    struct river_measured *items;
    size_t count;
};

/* "2026-10"; false: no month. */
bool river_month_of(const char *words, struct wall_time now, struct river_month *month);
/* So many months earlier, in words of the same form. */
void river_month_before(const struct river_month *month, int months, char out[8]);
/* Which day of the month holds `time`, from 0; -1: none. */
int river_day(const struct river_month *month, struct wall_time time);

struct river_chief {
    const char *tier; /* "town" */
    const char *name;
};

struct river_place {
    const char *site, *title, *village;
    const char *river, *river_title;
    const char *body; /* "river", "lake" */
    int target;       /* 1 … 5 */
    const struct river_chief *chiefs;
    size_t chief_count;
    bool simulated;
};

struct river_setup {
    const struct river_terms *terms;
    const struct standards *standards;
    const struct parameters *parameters;
};

/* The caller ends it; NULL: out of memory. */
json_t *river_section_json(const struct river_setup *setup, const struct river_place *place,
                           const struct river_month *month, const struct river_month *last_month,
                           const struct river_month *last_year);

/* The whole report for a terminal. */
void river_print(const json_t *report, FILE *to);

#endif
