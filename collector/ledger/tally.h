/* tally.h - the open periods of one point: readings go in, aggregates come out as periods close.
 *
 * Pure, and a function of the sequence alone: the same readings and passings in the same order give
 * the same aggregates. Time is the reading's own. A period closes when a reading of its device
 * stands at or after its end, or when tally_pass() says that time has passed it; what comes later
 * still is late: its hours are noted and, at the next closing of an hour or when what comes late
 * has left the hour, counted again from the store as a version 2 with the cause "late". A period
 * that was never fed is written too, with count 0, as long as the device was in force: what is
 * missing is not silent. (Of a long silence as much as config/aggregates.conf says.)
 *
 * Nothing is allocated after tally_new().
 */
#ifndef LEDGER_TALLY_H
#define LEDGER_TALLY_H

#include "base/conf.h"
#include "base/error.h"
#include "model/aggregate.h"
#include "model/catalog.h"
#include "model/reading.h"

/* Which periods are kept for a parameter and when they are valid: config/aggregates.conf. */
struct tally_plans;
struct tally_plans *tally_plans_load(const char *path, const struct parameters *parameters,
                                     struct conf_faults *faults);
void tally_plans_free(struct tally_plans *plans);
/* The hours of the night that file sets. */
const struct night *tally_night(const struct tally_plans *plans);
/* How a mean of the parameter is made: of concentrations arithmetically; of noise over energies; of
 * a wind direction over vectors, which cannot be made of means any more. */
enum mean { MEAN_ARITHMETIC, MEAN_ENERGY, MEAN_DIRECTION };
enum mean tally_mean(const struct tally_plans *plans, const struct parameter *parameter);
/* Which periods a tally made with the same arguments keeps: a bit set of 1 << enum period. Those of
 * the plan and those wanted, and what they are made of. */
unsigned tally_plan_kept(const struct tally_plans *plans, const struct parameter *parameter,
                         unsigned wanted, int64_t every_ms);

struct tally;

/* What a tally asks of the world around it. */
struct tally_world {
    /* A closed period: to be written, and judged if `enough` and version 1. */
    bool (*closed)(void *self, const struct aggregate *aggregate, struct error *err);
    /* Readings of the point in from <= time < to, of the sequence up to where it is being judged,
     * in (time, seq) order, letters as judged (maintenance applied). `beside` as in tally_add(). */
    bool (*readings)(void *self, uint32_t point, struct span span,
                     bool (*each)(void *of, struct wall_time time, double value, double beside,
                                  enum quality quality),
                     void *of, struct error *err);
    /* The newest version of closed periods of a point that start in the span, in order. */
    bool (*aggregates)(void *self, uint32_t point, enum period period, struct span span,
                       bool (*each)(void *of, const struct aggregate *aggregate), void *of,
                       struct error *err);
    void *self;
};

/* `wanted` is a bit set of 1 << enum period that rules judge at this point, kept beside those of
 * the plan. Periods not longer than the device's interval are left out unless wanted. NULL: out of
 * memory, or a plan that asks for nothing (the point has no aggregates). */
struct tally *tally_new(const struct tally_plans *plans, const struct parameter *parameter,
                        uint32_t point, unsigned wanted, int64_t every_ms);
void tally_free(struct tally *tally);

/* For a new tally of a point that was counted before by one of the same plan, made for another
 * interval: goes on with its open periods and the device's past. Periods that one did not keep
 * begin with the one that holds `at`, filled with what is
 * stored. */
bool tally_take_over(struct tally *tally, const struct tally *before, struct wall_time at,
                     const struct tally_world *world, struct error *err);

/* For a new tally where another plan counted before, or nothing did. In this order:
 * tally_respect(), if a plan did; tally_open(); tally_every() with all of the device's past;
 * tally_fill(). */

/* Periods that have a row already and ended in the span stay closed. */
bool tally_respect(struct tally *tally, struct span recent, const struct tally_world *world,
                   struct error *err);
/* Opens the periods that hold this moment; what ended before it is not counted here. */
void tally_open(struct tally *tally, struct wall_time at);
/* Fills what is open with what is stored, and closes on the way what ends by `to`. */
bool tally_fill(struct tally *tally, struct wall_time to, const struct tally_world *world,
                struct error *err);

/* The device is asked every `every_ms` from this moment on (0: it has left the settings): expected
 * counts begin, change or end here. */
void tally_every(struct tally *tally, struct wall_time from, int64_t every_ms);

/* One reading as judged; `beside` is the wind speed of the same poll for a wind direction, else
 * NAN. Readings without a value are given too (value NAN): they move time on. */
bool tally_add(struct tally *tally, struct wall_time time, double value, double beside,
               enum quality quality, const struct tally_world *world, struct error *err);
/* Time has come to `now` for everyone (the newest time of the sequence, less the lateness allowed):
 * closes what has ended. Cheap when nothing has: compare with tally_next(). */
bool tally_pass(struct tally *tally, struct wall_time now, const struct tally_world *world,
                struct error *err);
/* When the next period ends; WALL_NONE: none is open. */
struct wall_time tally_next(const struct tally *tally);

/* Counts the closed periods that touch the span again, from the store; those that come out
 * different are written as their next version with this cause. */
bool tally_recount(struct tally *tally, struct span span, const char *cause,
                   const struct tally_world *world, struct error *err);

/* Its memory, so that a restart needs to feed it again only from there on. Bytes that read back
 * into an equal tally of the same plan; false in tally_read() when they are of another plan or not
 * whole: then it is to be fed from the beginning of what matters. */
size_t tally_size(const struct tally *tally); /* at most */
size_t tally_write(const struct tally *tally, void *bytes, size_t size);
bool tally_read(struct tally *tally, const void *bytes, size_t size);

#endif
