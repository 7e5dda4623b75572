/* river_report.h - the river chiefs' report of a month, as the store has it now: one section, the
 * sections of a river, or those of a chief. For the command and the page. One thread.
 *
 * What it is made of is report/river.h.
 */
#ifndef TOWN_RIVER_REPORT_H
#define TOWN_RIVER_REPORT_H

#include "report/river.h"
#include "store/reader.h"
#include "town/settings.h"

enum { RIVER_MONTHS = 3, RIVER_NOW = 0, RIVER_LAST_MONTH = 1, RIVER_LAST_YEAR = 2 };

/* Which sections. */
enum river_by { RIVER_BY_SECTION, RIVER_BY_RIVER, RIVER_BY_CHIEF, RIVER_BY_COUNT };
extern const char *const river_by_words[]; /* "section", "river", "chief"; NULL-terminated */

struct river_report {
    const struct settings *settings;
    struct catalog *town;
    struct reader *reader;
    struct river_terms terms;
    struct river_setup setup;
    struct wall_time now;
    struct river_month months[RIVER_MONTHS];
};

/* Whether a section is one of those that are asked for: by its name or title, its river's, or the
 * name of a chief. */
bool river_asks(enum river_by by, const char *name, const struct site_setup *site);
/* Those there are to ask for, for a sentence: "chuanyang-01、chuanyang-03". `out` ends up cut when
 * it is too small; "": none. */
char *river_names(const struct settings *settings, enum river_by by, char *out, size_t size);

/* "2026-10" and the months it is compared with. False with a sentence: it is no month, or has not
 * begun. */
bool river_report_month(struct river_report *report, const char *words, struct wall_time now,
                        struct error *err);
/* Reads river.conf; every fault of it is said to `fault` (may be NULL). */
bool river_report_terms(struct river_report *report, const struct settings *settings,
                        void (*fault)(void *self, const struct error *err), void *self);
/* Opens the store; after the two above. Ended with river_report_end() in any case. */
bool river_report_open(struct river_report *report, struct error *err);
void river_report_end(struct river_report *report);

/* {"month","over","standard","oxygen_form","sections":[…]}; the caller ends it. `is_stopped` (may
 * be NULL) is asked between sections: true, and NULL without a sentence comes back. */
json_t *river_report_make(struct river_report *report, enum river_by by, const char *name,
                          bool (*is_stopped)(void *self), void *self, struct error *err);

#endif
