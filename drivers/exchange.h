/* exchange.h - one request on one line: when it may be sent, until when its answer is awaited, and
 * what becomes of answers that come late. Pure: time is handed in, bytes are handed in and out.
 *
 * One request at a time. The owner calls exchange_begin(), then exchange_step() until it says what
 * to do: send, wait until `wake` or bytes, or look at the result.
 *
 * TCP: answers are matched by transaction id, unit, function and length. What does not fit a whole
 * frame loses the stream: the owner closes the connection at once (exchange_is_lost()) or is told
 * to before the next request (EXCHANGE_RECONNECT).
 *
 * RTU has no transaction id, so after a timeout the line is left alone and drained for the guard
 * time, then the same request is repeated once: whatever answers is then an answer to that block of
 * that unit (cause after_timeout). One guard more passes before another block of that unit whose
 * answer would look the same.
 */
#ifndef DRIVERS_EXCHANGE_H
#define DRIVERS_EXCHANGE_H

#include "base/clock.h"
#include "drivers/doubt.h"
#include "drivers/frame.h"
#include "model/quality.h"

enum { EXCHANGE_BUFFER = 512, EXCHANGE_UNITS = 256 };

struct exchange_rules {
    enum wire wire;
    int64_t guard_ns;
    int64_t gap_ns;  /* silence before each request, from the last byte sent or heard */
    int64_t char_ns; /* what one character takes on the line; 0 on TCP */
};

enum exchange_step { EXCHANGE_WAIT, EXCHANGE_SEND, EXCHANGE_RECONNECT, EXCHANGE_DONE };

enum exchange_state {
    EXCHANGE_IDLE,
    EXCHANGE_QUIET, /* begun; the line has to be silent before it is sent */
    EXCHANGE_ASKED,
    EXCHANGE_OVER, /* the result stands */
};

struct exchange_result {
    bool answered;
    uint8_t cause;       /* enum cause; AFTER_TIMEOUT of an answer that may be late */
    uint8_t exception;   /* the code, when one came */
    bool is_exception;   /* a whole, right answer, but a refusal */
    const uint8_t *data; /* of an answer: inside the exchange, until its next call */
    size_t size;
    /* When the answer was complete or given up; after a timeout, when it was to be asked for the
     * second time: so it is older than this by a timeout and a guard at most. */
    struct mono_time at;
    int64_t took_ns;  /* from sent to that moment */
    int64_t whole_ns; /* the same from the first asking, when it was asked twice */
};

struct exchange {
    struct exchange_rules rules;
    enum exchange_state state;
    struct request request;
    uint16_t tid;
    bool repeats;        /* RTU: may still be asked once more */
    bool repeated;       /* RTU: this is the second asking */
    bool resumed;        /* went on over a new connection */
    bool lost;           /* reconnect before the next request */
    bool heard_bytes;    /* any, since it was sent */
    bool nought_noticed; /* TCP: answered with transaction 0; for one log line */
    unsigned silent;     /* TCP: timeouts in a row without one byte between */
    int64_t timeout_ns;
    int64_t deadline;                            /* of this asking; 0: not sent yet */
    int64_t begun, sent, last_byte, quiet_until; /* ns, monotonic */
    int64_t first_sent;                          /* 0: not yet */
    int64_t wake;
    struct overheard heard;
    struct exchange_doubt *doubts; /* EXCHANGE_UNITS of them, the owner's; NULL on TCP */
    struct exchange_result result;
    uint8_t tx[FRAME_REQUEST_MAX];
    size_t tx_size;
    size_t rx_done; /* bytes of rx the last answer still stands in */
    size_t rx_used;
    size_t
        flood; /* bytes since the last request was sent: TCP, that were no answer; a stream, all */
    uint8_t rx[EXCHANGE_BUFFER];
};

/* `doubts` is borrowed for the exchange's life; needed for RTU. */
void exchange_init(struct exchange *exchange, const struct exchange_rules *rules,
                   struct exchange_doubt *doubts, struct mono_time now);

/* A new connection or a reopened port: what was half received is forgotten, doubts are not. */
void exchange_connected(struct exchange *exchange, struct mono_time now);

/* Begins a request (request_is_valid(), asserted); none is under way.
 * `settle_ns`: the quiet time the probe needs, when longer than the line's. `repeat`: RTU may ask
 * twice, as it should unless the unit is known to be dead. */
void exchange_begin(struct exchange *exchange, const struct request *request, int64_t timeout_ns,
                    int64_t settle_ns, bool repeat, struct mono_time now);

/* What is to be done now. EXCHANGE_SEND: send tx, then call exchange_sent(). EXCHANGE_WAIT: call
 * again at `wake`, or after bytes. EXCHANGE_RECONNECT: close the connection, open a new one, call
 * exchange_connected(), then again. EXCHANGE_DONE: `result` stands until the next begin. */
enum exchange_step exchange_step(struct exchange *exchange, struct mono_time now);
void exchange_sent(struct exchange *exchange, struct mono_time now);

/* What came, at any time, asked for or not. */
void exchange_bytes(struct exchange *exchange, const uint8_t *bytes, size_t count,
                    struct mono_time now);

/* The connection broke. True: the request is asked once more over a new one: connect,
 * exchange_connected(), then step on. False: a request under way is over with CAUSE_DISCONNECTED.
 *
 * TCP: once more if nothing had been heard, within its deadline. RTU: whether a serial server
 * still passed the request on cannot be known, and its answer may come over the new connection; so
 * what was sent is treated as after a timeout: the guard passes, then the same request is repeated
 * once. What was not sent yet is simply sent over the new connection. */
bool exchange_broken(struct exchange *exchange, struct mono_time now);

/* Gives a request up without waiting for its deadline. */
void exchange_give_up(struct exchange *exchange, enum cause cause, struct mono_time now);

bool exchange_is_under_way(const struct exchange *exchange);
/* TCP: where the next frame begins is unknown, or the peer has been silent twice. A stream: it
 * floods. */
bool exchange_is_lost(const struct exchange *exchange);

#endif
