/* batch.h - lines ready to be sent: one body, cut into units that are sent or refused as a whole.
 *
 * A unit is one poll's lines (a poll of a device that measures water and air has two). Pure; one
 * thread at a time.
 */
#ifndef OUTPUT_BATCH_H
#define OUTPUT_BATCH_H

#include "output/line.h"

struct batch_unit {
    uint64_t seq;
    size_t begin, end; /* its bytes in the body */
    uint32_t lines;
    uint32_t readings;
};

struct batch {
    struct text body;
    struct batch_unit *units;
    size_t count;
    size_t most; /* units there is room for */
    size_t lines;
    uint64_t reached;      /* everything up to here is in it or was left out on purpose */
    bool ready;            /* nothing more is to be added */
    unsigned char *packed; /* the whole body, gzip */
    size_t packed_size;    /* 0: not packed */
    size_t packed_most;
};

/* Room for `lines` lines; at most 16 MiB. False: no memory. */
bool batch_init(struct batch *batch, size_t lines);
void batch_end(struct batch *batch);
void batch_clear(struct batch *batch, uint64_t reached);

/* Adds a poll unless that would make more than `most_lines`; false: it did not fit, the batch is as
 * it was. A poll that gives no lines fits always. */
bool batch_add(struct batch *batch, struct line_keys *keys, const struct poll *poll,
               size_t most_lines);

/* Lines and readings of units [from, to). */
size_t batch_lines(const struct batch *batch, size_t from, size_t to);
uint64_t batch_readings(const struct batch *batch, size_t from, size_t to);

/* Compresses the bytes of units [from, to) into `packed` (gzip, level 1). False: not possible, send
 * them as they are. */
bool batch_pack(struct batch *batch, size_t from, size_t to);

#endif
