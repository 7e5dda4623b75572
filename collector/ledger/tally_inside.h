/* tally_inside.h - what the files of the tally share: plans, cells that numbers are gathered in,
 * and the open stretch of each kept period. Not for others; they include ledger/tally.h.
 */
#ifndef LEDGER_TALLY_INSIDE_H
#define LEDGER_TALLY_INSIDE_H

#include "ledger/tally.h"

/* One row of config/aggregates.conf; 0 in a number of validity: it is not asked. */
struct recipe {
    enum period of, by;
    bool kept; /* without being wanted */
    int share;
    int need, need_february;
    int need_day, need_night;
    int windows;
};

/* The recipe of a period for a parameter; false: there is none. */
bool plan_recipe(const struct tally_plans *plans, const struct parameter *parameter,
                 enum period period, struct recipe *recipe);
/* How long it usually is; a month has 28 days here. */
int64_t plan_length_ms(enum period period);

/* A sum in whole units and millionths of millionths. Readings are decimals, so it is exact: the
 * order of readings does not matter, a recount has the same bits, and a mean that lies on a tie
 * stays there. */
struct sum {
    int64_t whole;
    int64_t pico; /* 0 <= pico < 10^12 */
};
struct sum sum_of(double value);
void sum_add(struct sum *sum, struct sum other);
double sum_over(struct sum sum, uint32_t count); /* sum / count to 12 decimals */

/* Levels of noise, in classes of 0.1 dB. */
enum { LEVEL_MAX_DB = 140, LEVEL_CLASSES = LEVEL_MAX_DB * 10 + 1 };
struct sum energy_of(double level, uint32_t times);
double level_of(struct sum energy, uint32_t count);

/* What the readings of a stretch come to. */
struct cell {
    uint32_t count, valid;
    uint32_t night_valid; /* of `valid` */
    struct sum sum;       /* of values, of energies, or of what points north */
    struct sum other;     /* of energies at night, or of what points east */
    double min, max;
    uint32_t *classes;   /* LEVEL_CLASSES of them; NULL but for noise */
    int lowest, highest; /* class; lowest > highest: none */
};
void cell_clear(struct cell *cell);
/* One reading taken apart once, to be added to every cell that holds its time. */
struct portion {
    bool counts, valid, night;
    double value;
    struct sum sum, other;
    int level; /* class */
};
struct portion portion_of(enum mean mean, double value, double beside, enum quality quality,
                          bool night);
void cell_add(struct cell *cell, const struct portion *portion);
/* Its numbers, without expected and enough. */
void cell_tell(const struct cell *cell, enum mean mean, enum period period,
               const struct night *night, struct aggregate *out);
/* Of a direction in degrees and a length; and back, NAN when they cancel out. */
void vector_of(double direction, double length, struct sum *north, struct sum *east);
double direction_of(struct sum north, struct sum east, uint32_t count);
/* The level of a day whose night weighs 10 dB more. */
double level_of_day(double ld, double ln, const struct night *night);

/* The open period of one kind. */
struct stretch {
    enum period period;
    struct recipe recipe;
    bool open;
    struct span span;
    int64_t closed_to; /* what ends at or before it has been closed; INT64_MIN: nothing */
    struct cell cell;  /* where it is made of readings */
};

static inline bool made_of_readings(const struct stretch *stretch)
{
    return stretch->recipe.of == PERIOD_READING;
}

/* The device is asked every so often from then on; 0: not at all. */
struct force {
    int64_t from;
    int64_t every_ms;
};

enum { FORCES_MAX = 8, LATE_MAX = 8 };

/* After a silence longer than `short_ms` empty periods below the hour are not written, and of one
 * longer than `long_ms` only the last part is: a clock that jumps years ahead must not fill a disk
 * with nothing. What has no row has no data. */
struct silence {
    int64_t short_ms, long_ms;
};

struct tally {
    uint32_t point;
    struct silence silence;
    bool sparse; /* a long silence is being closed */
    enum mean mean;
    struct night night;
    uint64_t digest;                        /* of the plan as it is here */
    struct stretch stretches[PERIOD_COUNT]; /* those kept, in the order of enum period */
    size_t count;
    int64_t next;                    /* the first end of an open stretch; INT64_MAX: none is open */
    int64_t safe;                    /* a reading before it comes late to some stretch */
    bool all_open;                   /* no stretch waits for a reading to begin it */
    struct force forces[FORCES_MAX]; /* in order of time */
    size_t force_count;
    int64_t forgotten_to;   /* of times before it the forces are not known any more */
    int64_t late[LATE_MAX]; /* hours that were fed after something in them had closed, in order */
    size_t late_count;
    struct cell scratch; /* for counting again */
    uint32_t *classes;   /* backing of all cells; NULL but for noise */
};

static inline struct portion tally_portion(const struct tally *tally, struct wall_time time,
                                           double value, double beside, enum quality quality)
{
    bool night = tally->mean == MEAN_ENERGY && period_is_night(time, &tally->night);

    return portion_of(tally->mean, value, beside, quality, night);
}

const struct silence *tally_silence(const struct tally_plans *plans);

/* As it was made: nothing open, nothing known. */
void tally_clear(struct tally *tally);
/* Looks again what is due when: after stretches have opened or closed. */
void tally_settle(struct tally *tally);

/* What was asked of the device in a span. */
struct asked {
    uint32_t expected;
    int64_t covered_ms; /* how much of the span it was in force */
};
struct asked tally_asked(const struct tally *tally, struct span span);
struct asked forces_asked(const struct force *forces, size_t count, struct span span);

/* Fills an aggregate of a stretch's kind: from a cell, or from the closed periods it is made of;
 * and says whether it is enough. `aggregate->expected` is the caller's; of one made of
 * periods it is raised to what these expect. */
bool tally_conclude(const struct tally *tally, const struct stretch *stretch,
                    const struct cell *cell, int64_t covered_ms, struct aggregate *aggregate,
                    const struct tally_world *world, struct error *err);

/* Closes what ends at `tally->next`. */
bool tally_close_next(struct tally *tally, const struct tally_world *world, struct error *err);
/* Feeds what is open and touched anew from the store, where it is made of readings. */
bool tally_refill(struct tally *tally, struct stretch *stretch, struct span touched,
                  const struct tally_world *world, struct error *err);
/* Counts again what has closed in the hours (in order, `count` spans), and with `rebuild` what is
 * open too. */
bool tally_count_again(struct tally *tally, const struct span *spans, size_t count, bool rebuild,
                       const char *cause, const struct tally_world *world, struct error *err);
/* Counts the late hours again and forgets them. */
bool tally_count_late(struct tally *tally, const struct tally_world *world, struct error *err);

#endif
