/* screen.h - what looks as if somebody or something had bent the data: doubts, never accusations.
 *
 * Each test of config/screening.conf is stepped by the readings of a point and says, now and then,
 * that something needs checking, or that it does no longer. Nothing here changes a value or its
 * judgement. Pure, a function of the sequence alone; nothing is allocated after screen_new().
 */
#ifndef LEDGER_SCREEN_H
#define LEDGER_SCREEN_H

#include "base/conf.h"
#include "base/error.h"
#include "model/catalog.h"
#include "model/period.h"
#include "model/reading.h"

enum screen_test {
    SCREEN_SILENCE,       /* no valid value for long */
    SCREEN_SPAN,          /* outside the span that is plausible for the parameter */
    SCREEN_SPIKE,         /* one value far from both neighbours */
    SCREEN_RATE,          /* changes faster than the thing measured can */
    SCREEN_FLAT,          /* the same value for too long */
    SCREEN_CLIP,          /* too many values at one ceiling, or just below the limit */
    SCREEN_CONTRADICTION, /* PM2.5 above PM10, ammonia nitrogen above total nitrogen, … */
    SCREEN_HIDDEN,        /* gaps and maintenance that begin when values rise */
    SCREEN_NIGHT,         /* far less data by night than by day */
    SCREEN_COUNT
};
const char *screen_word(enum screen_test test); /* "silence", …: the rule's name is "screen-WORD" */
const char *
screen_title(enum screen_test test); /* 数据长时间不变，需核查 / unchanged …, needs checking */

/* The sentence of a rule named "screen-WORD", in both languages; left as they are for any other. */
void screen_sentences(const char *rule, const char **zh, const char **en);
/* Whether a rule is that test's. */
bool screen_is_rule(enum screen_test test, const char *rule);

struct screen_plans; /* the parameters of every test, as data */
struct screen_plans *screen_plans_load(const char *path, const struct parameters *parameters,
                                       struct conf_faults *faults);
void screen_plans_free(struct screen_plans *plans);

struct screen;

/* One point. `limit` is the upper bound that is judged there (NAN: none), for tests that look below
 * it. NULL: no test applies, or out of memory (`err` is then filled). */
struct screen *screen_new(const struct screen_plans *plans, const struct parameter *parameter,
                          int64_t every_ms, double limit, const struct night *night,
                          struct error *err);
void screen_free(struct screen *screen);
/* Which tests apply: a bit set of 1 << enum screen_test. */
unsigned screen_tests(const struct screen *screen);
/* The parameter whose value in the same poll it wants beside its own (PM10 for PM2.5), or NULL. */
const char *screen_beside(const struct screen *screen);

/* A doubt is said as often as it is found. Once its test is passed, SCREEN_GOOD is said with every
 * valid reading for a while (`good_for`), so that a problem can be proven recovered; before a first
 * doubt nothing is said. The times of one test never go back while the clock does not. */
enum screen_answer { SCREEN_SAYS_NOTHING, SCREEN_GOOD, SCREEN_DOUBT };
struct screen_findings {
    enum screen_answer answer[SCREEN_COUNT];
    /* Only where something is said. */
    struct wall_time at[SCREEN_COUNT]; /* what it is about: the spike stands one reading back */
    double value[SCREEN_COUNT];        /* the reading it is about; NAN: silent from the beginning */
};

/* One reading, also without a value; its letter as stored, or M inside a maintenance window.
 * `beside` is NAN unless that reading is normal. Fills what is said by this step. */
void screen_step(struct screen *screen, struct wall_time time, double value, double beside,
                 enum quality quality, struct screen_findings *findings);

/* Its memory, as of a tally. */
size_t screen_size(const struct screen *screen);
size_t screen_write(const struct screen *screen, void *bytes, size_t size);
bool screen_read(struct screen *screen, const void *bytes, size_t size);

#endif
