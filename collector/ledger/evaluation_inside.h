/* evaluation_inside.h - what the files of the evaluation share: days, what a point measured on each
 * of them, the criteria of its rules, and what was found. Not for others; they include
 * ledger/evaluation.h.
 */
#ifndef LEDGER_EVALUATION_INSIDE_H
#define LEDGER_EVALUATION_INSIDE_H

#include "ledger/evaluation.h"
#include "ledger/statistics.h"
#include "ledger/tally_inside.h"
#include "ledger/task.h"
#include "ledger/verdict_inside.h"

enum { DATE_SIZE = 11, DAYS_MAX = 5000, CRITERIA_MAX = 64, EXCEEDANCES_MAX = 10000 };

enum side { SIDE_NEITHER, SIDE_BEFORE, SIDE_WINDOW };

/* A whole calendar day of the span. */
struct eval_day {
    struct span span;
    enum side side;
    bool monday;
    char date[DATE_SIZE];
};

/* What a point gave on it. `valid` as counted; where more came than was expected the rest makes up
 * for nothing. */
struct day_row {
    uint32_t expected, count, valid;
    bool enough;
    double min, mean, max;
    uint32_t night_expected, night_valid; /* of the hours that begin at night */
};

/* A criterion's number of one day. */
struct unit {
    double value;  /* NAN: none */
    bool there;    /* its period lies inside the side */
    bool judged;   /* a limit was in force when the day began */
    bool valid;    /* judged, and enough of it was measured */
    bool exceeded; /* of valid ones */
};

/* Neighbouring periods that exceeded, one after the other. */
struct exceedance {
    struct span span;
    double value; /* the worst */
    const struct stage *stage;
};

struct criterion {
    const struct sheet_rule *rule;
    const struct lane *lane;
    const struct stage *last; /* the last that began before the window's end */
    enum period period;       /* the number's; of the worst of a day: of its parts */
    bool worst;
    unsigned rank; /* of the worst: 1 the worst itself */
    enum statistic statistic;
    enum when when;
    enum period listed; /* whose exceedances are listed */
    struct unit *units; /* one a day */
    double *top;        /* the worst parts of the day `top_day`, the worst first */
    unsigned top_count;
    size_t top_day;
    struct exceedance *exceedances;
    size_t exceedance_count, exceedance_room;
    uint64_t exceedances_left_out;
};

/* Closed periods that longer ones are made of. */
struct shelf {
    struct aggregate *rows;
    size_t count, room;
};

struct eval_point {
    const struct point_sheet *sheet;
    const struct parameter *parameter;
    struct force *forces;
    size_t force_count, force_room;
    struct span *windows; /* maintenance */
    size_t window_count, window_room;
    bool has_letters; /* it was fed with readings */
    uint64_t letters[QUALITY_NO_ANSWER + 1];
    struct day_row *rows; /* one a day */
    struct criterion *criteria;
    size_t criterion_count;
    struct tally *tally; /* while it is fed with readings */
    size_t forces_fed, window_next;
    struct wall_time newest;
    struct shelf shelves[PERIOD_COUNT];
};

struct eval_problem {
    json_t *body;
    size_t point;
    enum problem_standing {
        PROBLEM_ELSEWHEN, /* before or after the window */
        PROBLEM_BREACH,   /* in the window, and no relapse of this task */
        PROBLEM_RELAPSES, /* a relapse of it */
        PROBLEM_DOUBTS,
        PROBLEM_DOUBTS_AND_BLOCKS
    } standing;
    bool is_over; /* a doubt that has recovered or was closed */
    struct wall_time first, last;
};

struct eval_doubt {
    char kind[NAME_SIZE];
    bool blocks;
    struct wall_time time;
    char point[POINT_SIZE];
    char zh[256], en[256];
};

enum reason_kind {
    REASON_RELAPSED,
    REASON_NOT_STRUCK_OFF,
    REASON_NO_POINTS,
    REASON_NO_RULE,
    REASON_NO_DATA,
    REASON_BREACH,
    REASON_DOUBT,
    REASON_PRUNED,
    REASON_EXCEEDS_TOO_OFTEN,
    REASON_PERCENTILE,
    REASON_GAP,
    REASON_INCOMPLETE,
    REASON_NO_IMPROVEMENT,
    REASON_WATCH_NOT_OVER,
    REASON_TOO_FEW_DAYS,
    REASON_LAST_RUN,
    REASON_COUNT
};

enum { SENTENCE_SIZE = 512, NONE = -1 };

struct reason {
    enum reason_kind kind;
    int point, criterion; /* NONE: of the task, of the whole point */
    char part[8];         /* of what is incomplete: "all", "week", "night" */
    char rule[NAME_SIZE]; /* of problems and doubts; a criterion knows its own */
    char zh[SENTENCE_SIZE], en[SENTENCE_SIZE];
    struct wall_time provable_from;
};

struct evaluation {
    const struct verdict_terms *terms;
    const struct tally_plans *tallies;
    const struct parameters *parameters;
    const struct night *night;
    char task[TASK_ID_SIZE], category[TASK_WORDS_SIZE];
    struct wall_time struck_off, watch_until;
    int64_t watch_ms; /* how long the watch period is; 0: not said */
    struct span span, window;
    struct eval_day *days;
    size_t day_count;
    struct eval_point *points;
    size_t point_count, point_room;
    bool open; /* a point has begun and not ended */
    struct eval_problem *problems;
    size_t problem_count, problem_room;
    struct eval_doubt *doubts;
    size_t doubt_count, doubt_room;
    struct reason *reasons;
    size_t reason_count, reason_room;
    bool no_memory;
};

/* Room for one more of `size` bytes each in a list that doubles. False: out of memory. */
bool eval_grow(void **all, size_t count, size_t *room, size_t size);
bool eval_no_memory(struct error *err);
/* The whole day that holds a moment; day_count: none. */
size_t eval_day_of(const struct evaluation *evaluation, struct wall_time time);
/* "2026-11-22", in the zone. */
void eval_date(struct wall_time time, char out[DATE_SIZE]);
/* What was expected of the point in a span. */
uint32_t eval_expected(const struct eval_point *point, struct span span);

/* Criteria ---------------------------------------------------------------------------------- */

bool criteria_make(const struct evaluation *evaluation, struct eval_point *point,
                   struct error *err);
void criteria_end(struct eval_point *point);
unsigned criteria_want(const struct eval_point *point);
bool criteria_take(const struct evaluation *evaluation, struct eval_point *point,
                   const struct aggregate *aggregate, struct error *err);
/* After the last aggregate: what is valid, what exceeds. */
void criteria_settle(const struct evaluation *evaluation, struct eval_point *point);

/* Feeds an aggregate to the open point, whoever made it. */
bool eval_take(struct evaluation *evaluation, struct eval_point *point,
               const struct aggregate *aggregate, struct error *err);
/* After the last reading: closes what has ended by then. */
bool eval_end_readings(struct evaluation *evaluation, struct eval_point *point, struct error *err);
void eval_end_tally(struct eval_point *point);

/* Findings ---------------------------------------------------------------------------------- */

/* Completeness over the days from `first` on that are in the window. */
struct share {
    uint64_t expected, valid; /* valid: at most as many as were expected that day */
};
double share_percent(struct share share); /* NAN: nothing was expected */

struct stretch_of_days {
    size_t first, count;
};

struct point_findings {
    uint64_t expected, count, valid;
    struct share all, night;
    struct stretch_of_days gap; /* the longest */
};
void point_find(const struct evaluation *evaluation, const struct eval_point *point, size_t first,
                struct point_findings *out);
/* Whether the seven days from `index` on are a whole calendar week of the window, and its share. */
bool point_week(const struct evaluation *evaluation, const struct eval_point *point, size_t index,
                struct share *share);

struct comparison {
    bool there; /* there is a side before */
    bool tested;
    const char *why;          /* not: "too_few_days", "two_bounds", "settings_changed" */
    uint32_t valid, exceeded; /* before, by the limit at the window's end */
    double median, median_after, u, z, p, shift;
    bool better; /* the median is, and p is small */
    bool needed; /* and must be */
};

struct criterion_findings {
    uint32_t days, valid, exceeded; /* days: judged ones */
    double bound;                   /* percent, as all */
    double r;
    uint32_t n_eff, k_eff;
    double bound_eff;
    double value, low_value; /* percentiles; NAN: not asked, or no valid day */
    bool percentile_good;
    uint32_t percentile_over; /* valid days beyond the last limit */
    uint32_t last_run;
};
/* False: out of memory. */
bool criterion_find(const struct evaluation *evaluation, const struct criterion *criterion,
                    size_t first, struct criterion_findings *out);
bool criterion_compare(const struct evaluation *evaluation, const struct eval_point *point,
                       const struct criterion *criterion, struct comparison *out);
/* Whether the bound holds that decides. */
bool criterion_is_bounded(const struct verdict_terms *terms,
                          const struct criterion_findings *found);
bool criterion_exceeds(const struct criterion *criterion, const struct stage *stage, double value);

/* Provable from ----------------------------------------------------------------------------- */

/* Looked at once more from behind what no further day can heal: a gap, a thin week, a step of the
 * clock. */
struct outlook {
    size_t first;           /* the day it begins with */
    struct wall_time start; /* of the window then */
    struct wall_time full;  /* when that is as long as the watch period; WALL_NONE: not said */
    bool moved, never;      /* never: the gap goes on */
};
void outlook_make(const struct evaluation *evaluation, struct outlook *out);
/* Whether a window that begins behind it is free of it. */
bool outlook_heals(const struct eval_doubt *doubt);
/* When one requirement is met at the present rate; WALL_NONE: it cannot be said. */
struct wall_time outlook_complete(const struct evaluation *evaluation,
                                  const struct outlook *outlook, const struct eval_point *point,
                                  bool night);
enum requirement { REQUIRE_BOUND, REQUIRE_PERCENTILE, REQUIRE_RUN };
struct wall_time outlook_criterion(const struct evaluation *evaluation,
                                   const struct outlook *outlook, const struct criterion *criterion,
                                   enum requirement requirement);
/* The least number of valid days that prove with so many that exceed; 0: beyond the horizon. */
uint32_t outlook_days_for_bound(const struct verdict_terms *terms,
                                const struct criterion_findings *found);
/* The earliest day from which all of it holds; WALL_NONE. */
struct wall_time outlook_all(const struct evaluation *evaluation, const struct outlook *outlook);

/* Reasons and the verdict ------------------------------------------------------------------- */

/* Fills `reasons`, in their order. */
bool reasons_find(struct evaluation *evaluation, const struct outlook *outlook);
/* Those of a point and its criteria. */
void reasons_of_point(struct evaluation *evaluation, const struct outlook *outlook, int point);
/* Adds one; its sentences are filled by reason_say(). NULL: out of memory. */
struct reason *reason_add(struct evaluation *evaluation, enum reason_kind kind, int point,
                          int criterion, struct wall_time provable_from);
/* A text in both languages. */
struct both {
    char zh[320], en[320];
};
/* What stands before (may be NULL), then what both formats make of the same arguments. */
void reason_say(struct reason *reason, const struct both *before, const char *zh, const char *en,
                ...);
/* "氨氮（SITE/DEVICE/CHANNEL）：" */
struct both both_of_point(const struct point_sheet *sheet);
/* What a doubt's rule says, for a person. */
struct both eval_doubt_sentence(const struct point_sheet *sheet, const char *rule);
const char *reason_word(enum reason_kind kind);
/* Of a point (NONE: the task), or of one of its criteria (NULL: of all). */
enum verdict_answer reasons_answer(const struct evaluation *evaluation, int point,
                                   const struct criterion *criterion);
json_t *verdict_write(const struct evaluation *evaluation, const struct outlook *outlook);

#endif
