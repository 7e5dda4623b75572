/* frame.h - Modbus on the wire: the bytes of a request, and what the bytes that came back are.
 *
 * Pure: no clock, no descriptor, no memory of its own. Only the four read functions exist (1 coils,
 * 2 discrete inputs, 3 holding registers, 4 input registers); a count of 0 is the wake step of some
 * probes, answered with a byte count of 0. Every byte judged here is taken for hostile.
 */
#ifndef DRIVERS_FRAME_H
#define DRIVERS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire { WIRE_TCP, WIRE_RTU };

enum {
    FRAME_REQUEST_MAX = 12, /* bytes of a request with its MBAP header; 8 as RTU */
    FRAME_RTU_REQUEST = 8,
    FRAME_MAX = 260, /* no frame of either wire is longer */
};

struct request {
    uint8_t unit;
    uint8_t function; /* 1 to 4 */
    uint16_t address;
    uint16_t count; /* registers or bits; 0: the wake step */
};

/* Whether the standard allows it: 125 registers or 2,000 bits, and none beyond address 65,535. */
bool request_is_valid(const struct request *request);

/* Bytes of data a right answer carries: 2 for each register, 1 for each eight bits begun. */
size_t request_data_size(const struct request *request);

bool request_is_same(const struct request *one, const struct request *other);

/* Whether an answer to one could be taken for an answer to the other where no transaction id tells
 * them apart: same unit, function and byte count. */
bool request_looks_like(const struct request *one, const struct request *other);

/* Writes the request to `out` (FRAME_REQUEST_MAX bytes) and returns its size. */
size_t frame_write_tcp(const struct request *request, uint16_t tid, uint8_t *out);
size_t frame_write_rtu(const struct request *request, uint8_t *out);

uint16_t frame_crc(const uint8_t *bytes, size_t size);

enum verdict {
    FRAME_MORE,       /* nothing to say before more bytes come */
    FRAME_ANSWER,     /* `data` holds request_data_size() bytes */
    FRAME_EXCEPTION,  /* `exception` holds its code, 0 to 255 */
    FRAME_STALE,      /* TCP: a whole frame of another transaction: drop it and wait on */
    FRAME_OTHER_UNIT, /* TCP: our transaction, another unit: drop it and wait on */
    FRAME_BAD,        /* TCP: our transaction and unit, but not an answer to what was asked */
    FRAME_LOST,       /* TCP: no frame can begin like this: where the next begins is unknown */
};

struct judgement {
    enum verdict verdict;
    size_t used;         /* bytes from the front that are done with, the verdict's own included */
    const uint8_t *data; /* of an answer, inside what was judged */
    uint8_t exception;
};

/* Judges the frame at the front. Without a request (NULL) every whole frame is stale. */
struct judgement frame_judge_tcp(const struct request *request, uint16_t tid, const uint8_t *bytes,
                                 size_t size);

/* What else was on an RTU line beside the answer looked for. */
struct overheard {
    bool crc;      /* our answer by its head, damaged */
    bool unit;     /* a whole frame of another slave */
    bool noise;    /* bytes that are no frame at all, or the wrong one */
    bool echo;     /* our own request */
    uint8_t whose; /* the unit of that slave */
    bool master;   /* somebody else's request to our unit: whose answer follows cannot be known */
};

/* Searches the bytes for exactly the answer (or exception) to `request`.
 *
 * The earliest place where a frame may have begun goes first and holds back later ones until it
 * fails; with `last` (the deadline) what is not whole has failed. Never gives a STALE, OTHER_UNIT,
 * BAD or LOST: what does not fit is noted in `heard`, which is added to.
 */
struct judgement frame_search_rtu(const struct request *request, const uint8_t *bytes, size_t size,
                                  bool last, struct overheard *heard);

/* What stands at the front of bytes heard on an RTU line. */
enum piece {
    PIECE_BYTE,    /* begins nothing */
    PIECE_CUT,     /* begins like the answer, and is not whole */
    PIECE_DAMAGED, /* begins like the answer, and the CRC is wrong */
    PIECE_ANSWER,  /* the answer to the request, or its exception */
    PIECE_ECHO,    /* the request itself */
    PIECE_REQUEST, /* a whole request of somebody */
    PIECE_FRAME,   /* a whole answer of somebody else, or to another question */
};

/* For who looks at a line and believes nothing: the same eyes as frame_search_rtu(), one piece at a
 * time. `used`: its bytes. Without a request (NULL) there are only BYTE, REQUEST and FRAME. */
enum piece frame_piece_rtu(const struct request *request, const uint8_t *bytes, size_t size,
                           size_t *used);

/* Whether a whole RTU frame of anybody stands anywhere in there. */
bool frame_is_heard_rtu(const uint8_t *bytes, size_t size);

#endif
