/* diagnosis.h - what is probably wrong with a line, told from the bytes that come, in one sentence.
 *
 * It watches every exchange of one link: what was sent, what was heard until the next request. One
 * odd answer is nothing; the same oddness again and again is a finding, which ends when good frames
 * have come for a while. An absent device gives no byte at all and no finding: bytes that do not
 * come tell nothing. Pure: time is handed in; no allocation; it judges no value (exchange.c does).
 */
#ifndef DRIVERS_DIAGNOSIS_H
#define DRIVERS_DIAGNOSIS_H

#include "base/clock.h"
#include "drivers/frame.h"

enum finding_kind {
    FINDING_NONE,
    FINDING_ECHO,          /* our own bytes come back, and the link does not say echo = true */
    FINDING_RTU_ON_TCP,    /* RTU frames on a link of kind tcp */
    FINDING_TCP_ON_RTU,    /* Modbus TCP frames on a link of kind rtu_tcp */
    FINDING_NOT_MODBUS,    /* something else than Modbus TCP talks there */
    FINDING_SETTINGS,      /* bytes come and none make sense: baud, parity, stop bits */
    FINDING_SECOND_MASTER, /* frames that nobody of us asked for */
    FINDING_TWO_UNITS,     /* two answers to one request */
    FINDING_COLLIDING,     /* only one unit's answers are damaged: two with one id, or its wiring */
    FINDING_OTHER_UNIT,    /* the device asked answers as another unit */
    FINDING_EXTRA_BYTES,   /* bytes right before or behind right frames: terminator, bias */
    FINDING_DAMAGED,       /* CRC errors of all units: wiring, terminator, interference */
};

struct finding {
    enum finding_kind kind;
    uint8_t unit;           /* whose answers; 0: the line's */
    uint8_t other;          /* OTHER_UNIT: the one it answers as */
    bool framed;            /* SETTINGS: as many bytes as the answer has, so the rate is right */
    unsigned count, of;     /* it was seen so often, in so many answers with bytes */
    struct mono_time since; /* the first of them, to a second */
};

enum { DIAGNOSIS_HEARD = 272, DIAGNOSIS_UNITS = 6 };

/* One oddness, counted in answers. */
struct sign {
    uint16_t count;
    uint16_t span;    /* answers from the first one to the last */
    uint16_t calm;    /* right answers since the last */
    uint32_t first_s; /* when it was first seen, in seconds since this boot */
};

/* A unit with something odd about it. */
struct suspect {
    uint8_t unit; /* 0: this place is free */
    uint8_t other;
    struct sign garbled, damaged, doubled, other_unit;
    uint16_t others_right, others_damaged; /* answers of the line's other units meanwhile */
};

struct diagnosis {
    enum wire wire;
    bool echo_expected;
    bool ever_right;                /* a unit has answered, so the port's settings are right */
    bool asked;                     /* what is heard may answer `request` */
    struct request request, before; /* the last one sent, and the one before it */
    bool answered, before_answered;
    uint8_t tx[FRAME_REQUEST_MAX];
    size_t tx_size;
    size_t used;
    uint8_t heard[DIAGNOSIS_HEARD]; /* since it was sent */
    uint8_t late[32];               /* a bit for each unit whose last request had no answer */
    struct sign echo, rtu_on_tcp, tcp_on_rtu, not_modbus, garbled, master, extra, damaged;
    struct suspect suspects[DIAGNOSIS_UNITS];
};

/* `echo_expected`: the link's setting echo, which takes our own bytes out. */
void diagnosis_init(struct diagnosis *diagnosis, enum wire wire, bool echo_expected);
/* A new connection or a reopened port: half a frame heard before it says nothing. */
void diagnosis_connected(struct diagnosis *diagnosis, struct mono_time now);

/* `tx` has just been sent: the bytes of `request` as they went out. What was heard since the
 * request before it is weighed now. */
void diagnosis_sent(struct diagnosis *diagnosis, const struct request *request, const uint8_t *tx,
                    size_t tx_size, struct mono_time now);
/* What came, at any time, asked for or not. */
void diagnosis_heard(struct diagnosis *diagnosis, const uint8_t *bytes, size_t count,
                     struct mono_time now);
/* Weighs what was heard so far, without waiting for the next request: for who asks no more. */
void diagnosis_settle(struct diagnosis *diagnosis, struct mono_time now);

/* The most telling finding that stands now; kind NONE: nothing. */
struct finding diagnosis_finding(const struct diagnosis *diagnosis);

/* FINDING_TWO_UNITS stands for the unit, whichever finding is the most telling: which of the two an
 * answer is of, nobody can say. */
bool diagnosis_is_doubled(const struct diagnosis *diagnosis, uint8_t unit);

/* The finding as one sentence: what, where, since when, what to do. `settings` is what our port is
 * set to, "9600 8N1"; "" where the port is not ours. `since` as people read it; "": left out.
 * 400 bytes hold every sentence. */
void finding_say(const struct finding *finding, const char *link, const char *settings,
                 const char *since, char *out, size_t size);

/* "settings", "second_master", …: for JSON and logs; "" for none. */
const char *finding_word(enum finding_kind kind);

#endif
