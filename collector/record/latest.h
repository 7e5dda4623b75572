/* latest.h - the last committed reading of every point of the catalog.
 *
 * The recorder's thread notes each poll as it is added, and shows what it noted once its commit
 * succeeded; any thread asks, of one point or of all, and gets a copy. Nothing is allocated after
 * latest_new(). What is shown is what is stored: a reading from before this run has its old time.
 * What screening doubts stands beside the readings, among the problems (store/reader.h).
 */
#ifndef RECORD_LATEST_H
#define RECORD_LATEST_H

#include "model/catalog.h"
#include "store/newest.h"

struct latest_reading {
    uint64_t seq;          /* 0: nothing was ever read, as far as was looked */
    struct wall_time time; /* WALL_NONE: the clock was not trusted and is not yet */
    struct mono_time mono; /* the same moment; 0: before this boot */
    double value;          /* NAN: absent */
    uint8_t quality, cause;
    bool of_this_run; /* false: it stood in the store when this run began */
    /* When the first reading of this letter in a row was taken. Where the letter was the same in
     * the last run, that is not looked for: WALL_NONE and 0. */
    struct wall_time since;
    struct mono_time since_mono;
};

struct latest;

struct latest *latest_new(const struct catalog *catalog, uint32_t boot); /* NULL: no memory */
void latest_free(struct latest *latest);

/* The recorder's thread. ------------------------------------------------------------------------
 */

/* What the store knows of points nothing has been noted of. */
bool latest_fill(struct latest *latest, struct reader *reader, struct error *err);
/* A poll that was added in the open transaction. Points the catalog lacks are passed over. */
void latest_note(struct latest *latest, const struct poll *poll);
/* Empty times are filled in the open transaction: this is wall less mono. */
void latest_note_times(struct latest *latest, int64_t offset_ms);
/* The transaction was committed, or was undone. */
void latest_keep(struct latest *latest);
void latest_undo(struct latest *latest);

/* Any thread. -----------------------------------------------------------------------------------
 */

/* By the store's number of the point; false: the catalog has none such. */
bool latest_of(struct latest *latest, uint32_t point, struct latest_reading *out);
/* Readings committed since the start, by quality: `counts` holds LATEST_QUALITIES. */
enum { LATEST_QUALITIES = QUALITY_NO_ANSWER + 1 };
void latest_counts(struct latest *latest, uint64_t counts[LATEST_QUALITIES]);
/* Of all points in the catalog's order, `room` of them at most. */
void latest_all(struct latest *latest, struct latest_reading *out, size_t room);

#endif
