/* reading.h - a poll: one device asked at one moment; and its readings, one a point.
 *
 * A failed poll has readings too: the value is absent (NAN), never 0 and never the last one again.
 */
#ifndef MODEL_READING_H
#define MODEL_READING_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/quality.h"

struct reading {
    uint32_t point;  /* the store's number of the point; 0 is none */
    uint8_t quality; /* enum quality */
    uint8_t cause;   /* enum cause */
    double value;    /* in the parameter's unit; NAN: absent */
};

static inline bool reading_has_value(const struct reading *reading)
{
    return isfinite(reading->value);
}

enum {
    POLL_READINGS_MAX = 128, /* channels of one device */
    POLL_RAW_MAX = 8192,     /* bytes of raw blocks */
    POLL_FRAMES_MAX = 32768, /* bytes of `frames`; what is beyond is left out, and a cut says so */
};

struct poll {
    uint64_t seq;    /* given by the store; 0 before that */
    uint32_t device; /* the store's number of the device */
    struct wall_time
        time; /* when the first answer was complete; WALL_NONE while the clock is not trusted */
    struct mono_time mono; /* the same moment */
    uint32_t boot;         /* the store's number of the boot `mono` belongs to */
    uint32_t profile;      /* the store's number of the profile's digest */
    /* The raw blocks, as they came: {function u8, address u16, count u16, bytes}, big-endian;
     * registers take 2 x count bytes, bits (count + 7) / 8. A request without an answer has none.
     */
    const uint8_t *raw;
    size_t raw_size;
    /* The exact bytes of its exchanges, in order: {what u8, size u16 big-endian, bytes}, `what` 'S'
     * for sent, 'H' for heard, 'C' where the rest is cut (flow/frames.h). Kept where a point of it
     * watches a task. NULL: not kept. */
    const uint8_t *frames;
    size_t frames_size;
    const struct reading *readings;
    size_t reading_count;
};

#endif
