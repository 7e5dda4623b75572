/* disk.h - whether the store can be written and how much room is left: the notice "disk".
 *
 * A disk that is nearly full takes a commit now and then, so trouble that a failed commit began is
 * over only when commits have succeeded for a minute. Log lines say its beginning and its end; what
 * changes between them changes the notice alone. While commits succeed, the notice says when less
 * is free than the settings want to be left.
 *
 * The recorder's thread only. Asks nothing of the disk itself and allocates nothing.
 */
#ifndef RECORD_DISK_H
#define RECORD_DISK_H

#include "base/clock.h"
#include "base/error.h"
#include "record/notice.h"

struct disk {
    const struct clock *clock;
    struct notices *notices;
    const char *dir; /* the store's */
    int64_t reserve_bytes;
    bool failing; /* the last commit did */
    bool trouble; /* one did, and it is not over */
    struct wall_time since;
    struct mono_time began;
    struct mono_time good_since; /* the first commit after the last failed one */
    bool low;
    struct wall_time low_since;
    int64_t left_bytes; /* when it was last measured */
};

/* All pointers are borrowed until the end. `reserve_bytes` 0: any room will do. */
void disk_init(struct disk *disk, const struct clock *clock, struct notices *notices,
               const char *dir, int64_t reserve_bytes);

/* A commit failed, with `free_bytes` left (< 0: not known); a commit succeeded. */
void disk_failed(struct disk *disk, const struct error *err, int64_t free_bytes);
void disk_succeeded(struct disk *disk);

/* So much was free just now. */
void disk_measured(struct disk *disk, int64_t free_bytes);

/* Ends what is over by now, and in how many ms it has something to end: INT64_MAX when nothing. */
void disk_look(struct disk *disk);
int64_t disk_idle_ms(const struct disk *disk);

#endif
