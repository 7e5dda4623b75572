/* newest.h - the last reading of each of many points, for who begins to watch them. */
#ifndef STORE_NEWEST_H
#define STORE_NEWEST_H

#include "store/reader.h"

struct newest_reading {
    uint64_t seq; /* 0: none was found */
    struct wall_time time;
    struct mono_time mono; /* of the poll; 0 where the segment is moved */
    uint32_t boot;         /* 0 where the segment is moved */
    struct reading reading;
};

/* out[i] is the last one of points[i] in the sequence. Bounded: what is not moved yet is looked
 * through once at most, then the newest NEWEST_SEGMENTS moved segments point by point, at most
 * NEWEST_LOOKS of them together; what stands still earlier is not found. */
enum { NEWEST_SEGMENTS = 48, NEWEST_LOOKS = 20000 };
bool reader_newest(struct reader *reader, const uint32_t *points, size_t count,
                   struct newest_reading *out, struct error *err);

#endif
