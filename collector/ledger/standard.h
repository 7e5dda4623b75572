/* standard.h - the limits of the law, as data: rows of config/standards/ and which one applies.
 *
 * One file a standard, several editions in it. Each row says where it stands, since when and until
 * when it is in force, for which class, zone, place or body of water, and how it is judged. Nothing
 * here is a constant in code; a row that nobody has checked against the text says so and is shown
 * as unverified wherever it is used.
 *
 * Loaded once, then only read, by any thread.
 */
#ifndef LEDGER_STANDARD_H
#define LEDGER_STANDARD_H

#include "base/conf.h"
#include "ledger/lane.h"
#include "model/catalog.h"

/* The words a place is described with, in sites.conf and in the standards; NULL-terminated. */
extern const char *const place_kinds[];   /* "enterprise", … */
extern const char *const water_classes[]; /* "I" … "V": class 1 … 5 */
extern const char *const water_bodies[];  /* "river", "lake" */
extern const char *const noise_zones[];   /* "0" … "4b" */
extern const char *const noise_places[];  /* "ambient", "boundary", "social" */
extern const char *const air_classes[];   /* "1", "2" */

/* What a row may ask of a place; "" and 0 where the place does not say. */
struct place {
    char kind[20];        /* of the site: "river_section", "restaurant", … */
    char noise_zone[4];   /* "0" … "4b" */
    char noise_place[12]; /* "ambient", "boundary", "social" */
    int air_class;        /* 1, 2 */
    int water_class;      /* target 1..5 */
    char water_body[8];   /* "river", "lake" */
};

#define STANDARD_SIZE 40

struct limit {
    char standard[STANDARD_SIZE]; /* "GB 3838" */
    char edition[16];             /* "2002", "2026-transition" */
    char title[TITLE_SIZE];       /* Chinese, whatever the language: it is sealed */
    char title_en[TITLE_SIZE];
    char clause[64];    /* as printed: "表 1" */
    char class_[16];    /* as people say it: "III", "2", "4a"; "" where the standard has none */
    struct place where; /* what a place must be; "" and 0 match any */
    char parameter[NAME_SIZE];
    char unit[16];
    enum period on;  /* PERIOD_READING: the standard names no period, the rule's `on` decides */
    bool or_shorter; /* noise: may be judged on a shorter mean when a rule says so */
    enum statistic statistic;
    enum when when; /* noise: by day, by night */
    enum bound_kind bound;
    char low_text[16],
        high_text[16]; /* as printed in the standard: their digits say how to round */
    double low, high;
    int decimals;         /* a value is rounded to this many (GB/T 8170) before it is compared */
    double or_saturation; /* dissolved oxygen: also met from this saturation on, %; NAN: no such
                             word */
    bool apart;           /* does not class a section, only stands beside it (total nitrogen) */
    bool foremost; /* cyanide, heavy metals: named first among a section's main pollution items */
    int per_day;   /* allowed times a calendar day; -1: none may exceed */
    struct wall_time from, to; /* in force: from <= t < to; WALL_NONE: no end known */
    bool verified;
    char source[TITLE_SIZE]; /* how it is known */
    char note[256];
    char file[128]; /* where it stands, for messages */
    unsigned line;
};

struct standards;

/* Reads every *.conf of a folder; may be called for several folders (a standard of a later folder
 * replaces the one of that name; a folder that is not there has none). Overlapping rows, and
 * editions with a hole between them, are refused with both lines. Rows are borrowed only after the
 * last folder. */
struct standards *standards_new(void);
bool standards_load(struct standards *standards, const char *folder,
                    const struct parameters *parameters, struct conf_faults *faults);
void standards_free(struct standards *standards);

size_t standards_count(const struct standards *standards); /* rows */
/* The name of the standard whose rows begin at `*next`, which is moved behind them; NULL past the
 * last. */
const char *standards_next_name(const struct standards *standards, size_t *next);
const struct limit *standards_at(const struct standards *standards, size_t index);

/* The file each standard in use was read from, one that gave way to another not among them; NULL
 * past the end. Borrowed. */
const char *standards_path(const struct standards *standards, size_t index);

/* Whether a standard is known by that name. "GB 3838", "gb3838", "GB 3838-2002" are all understood:
 * letters and digits count, and an edition pins it (a year pins every stage of that year). `near`
 * (may be NULL) gets the nearest name, or NULL when none is near. */
bool standards_know(const struct standards *standards, const char *name, const char **near);

/* The names of all standards, with commas; cut with "…" when there is no room. */
void standards_names(const struct standards *standards, char *out, size_t size);

/* The rows of a standard that apply at a place to a parameter, in any time, sorted by period,
 * statistic, when, per_day and then time; at most `most` go into `out`. Returns how many there are.
 */
size_t standards_pick(const struct standards *standards, const char *name,
                      const struct place *place, const char *parameter, const struct limit **out,
                      size_t most);
/* Why no row about the parameter applies at a place. */
struct place_want {
    char key[20];     /* of sites.conf: "noise_zone", "target", …; "" when no one key decides */
    bool lacks;       /* the place does not say it at all */
    char is[20];      /* what it says */
    char wanted[100]; /* what the rows ask: "boundary"; or several, with commas */
};
/* False when the standard has no row about the parameter anywhere. */
bool standards_want(const struct standards *standards, const char *name, const struct place *place,
                    const char *parameter, struct place_want *want);

/* The parameters a standard speaks of, with commas; cut with "…" when there is no room. */
void standards_parameters(const struct standards *standards, const char *name, char *out,
                          size_t size);

/* In force at that moment. */
bool limit_is_in_force(const struct limit *limit, struct wall_time time);

/* Why it applies here: "断面目标 IV 类" / "target class IV". */
void limit_reason(const struct limit *limit, char *out, size_t size);

/* Whether a rule with that `on` can be judged by the row: always when the rule names none
 * (PERIOD_READING). Yearly and monthly rows are judged by no rule. */
bool limit_is_judged_on(const struct limit *limit, enum period on);

/* Turns the picked rows into the lanes of a rule at a point: rows that follow each other in time
 * become one lane. `on` is the rule's, PERIOD_READING where it names none: used where a row names
 * no period, for noise to judge a shorter mean, and else to choose among periods. False when there
 * are too many for LANES_MAX or STAGES_MAX. */
bool standards_lanes(const struct limit *const *rows, size_t count, enum period on,
                     struct lanes *lanes);

#endif
