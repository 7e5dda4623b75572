/* series_fill.h - the buckets of a span: how long each is, what it is filled from, and what it
 * comes to. Inside page/ only, of series_buckets.c. */
#ifndef PAGE_SERIES_FILL_H
#define PAGE_SERIES_FILL_H

#include "page/series_inside.h"

struct bucket {
    uint32_t count, valid;
    double expected;
    double min, max;
    double sum;      /* of values, or energies, weighted by their number */
    double own_mean; /* of the one part it has */
    uint32_t parts;
};

struct filling {
    struct series_rows *rows;
    const struct series_asked *asked;
    enum mean mean;
    size_t step, source; /* the n-th step; the n-th of fill_periods, FILL_READINGS: readings */
    int64_t origin_ms, step_ms;
    struct bucket *buckets;
    size_t count;
    int64_t covered_ms; /* while periods are read: up to here they stood without a hole */
    struct span *holes;
    size_t hole_count, hole_room;
    size_t readings; /* read so far */
    bool too_many, no_memory;
    bool periods_only; /* readings were too many */
};

/* Periods that readings are gathered into without loss, and the day, from the longest down. */
enum { FILL_PERIODS = 6, FILL_READINGS = FILL_PERIODS };
extern const enum period fill_periods[FILL_PERIODS];

int64_t fill_period_ms(size_t at);   /* how long the n-th is */
int64_t fill_period_most(size_t at); /* how many of it one request reads */
bool fill_is_kept(const struct filling *filling, size_t at);

/* Fills the buckets anew, of the step and the source that were chosen. */
bool fill_buckets(struct filling *filling, struct error *err);
double fill_mean(const struct filling *filling, const struct bucket *bucket);

/* The shortest step that leaves no more buckets than wanted, and its source. False: there is none.
 */
bool fill_choose(struct filling *filling);
/* A longer one with another source than now. False: there is none, nothing is changed. */
bool fill_choose_another(struct filling *filling);

#endif
