/* seal_leaves_inside.h - what the two files of a segment's leaves share. Inside store/ only. */
#ifndef STORE_SEAL_LEAVES_INSIDE_H
#define STORE_SEAL_LEAVES_INSIDE_H

#include "store/seal_leaves.h"

enum phase { PHASE_ENTRIES, PHASE_POLLS, PHASE_FRAMES, PHASE_READINGS, PHASE_DONE };
enum { EVENTS_LEAF, CONFIGURATION_LEAF, NAMED_LEAVES }; /* the first two, before those with names */

#define DEVICE "device "
#define FRAMES "frames "
#define POINT  "point "

struct segment_leaves {
    uint64_t segment, first_seq, last_seq;
    enum phase phase;
    struct leaf *all; /* by name from NAMED_LEAVES on */
    size_t count, room;
    struct leaf **by_id; /* those with an id: devices by id, their frames, then points by id */
    size_t device_count, frame_count, id_count;
    struct line line;
    struct hashing *mark;
    uint64_t polls_up_to, frames_up_to;
    int64_t point, time, seq;     /* the last reading that was hashed */
    struct leaf *strange_devices; /* rows whose device or point has no name: of no honest store */
    struct leaf *strange_frames;
    struct leaf *strange_points;
};

/* seal_leaves_names.c: which leaves there may be. */

/* NULL: no memory. */
struct leaf *leaves_add(struct segment_leaves *leaves, const char *kind, const char *name,
                        size_t length, int64_t id);
/* Every device and point of the store. */
bool leaves_add_names(struct segment_leaves *leaves, const struct rows_of *rows, struct error *err);
/* The points a configuration's text names, and their devices. False: no memory. */
bool leaves_add_expected(struct segment_leaves *leaves, const char *text);
/* All are there: puts them in order, each name once. */
bool leaves_settle(struct segment_leaves *leaves, struct error *err);

/* The leaf of a device, of its frames, or of a point by its number in the store. */
struct leaf *leaves_device(struct segment_leaves *leaves, int64_t id);
struct leaf *leaves_frames(struct segment_leaves *leaves, int64_t id);
struct leaf *leaves_point(struct segment_leaves *leaves, int64_t id);

#endif
