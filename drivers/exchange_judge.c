/* What the bytes that came are: the answer that is waited for, or something else. */
#include <assert.h>
#include <string.h>

#include "drivers/exchange_parts.h"

/* A peer that sends this much without an answer in it, or unasked, is not a device. */
enum { FLOOD_MAX = 16 * 1024 };

static void forget_front(struct exchange *exchange, size_t count)
{
    assert(count <= exchange->rx_used);
    exchange->rx_used -= count;
    memmove(exchange->rx, exchange->rx + count, exchange->rx_used);
}

/* The last answer has been read by now: its bytes may go. */
void exchange_let_answer_go(struct exchange *exchange)
{
    forget_front(exchange, exchange->rx_done);
    exchange->rx_done = 0;
}

/* TCP, nothing asked: whole frames are late answers or second copies, by their id never ours. */
void exchange_drop_stale(struct exchange *exchange)
{
    for (;;) {
        struct judgement judged = frame_judge_tcp(NULL, 0, exchange->rx, exchange->rx_used);

        if (judged.verdict == FRAME_LOST)
            exchange->lost = true;
        if (judged.verdict != FRAME_STALE)
            return;
        exchange->flood += judged.used;
        exchange->lost |= exchange->flood > FLOOD_MAX;
        forget_front(exchange, judged.used);
    }
}

/* Whether a whole frame of anybody was among what was heard; its unit has spoken unasked. */
static bool hear_unasked(struct exchange *exchange)
{
    size_t at = 0, size;
    bool heard = false;

    for (; at < exchange->rx_used; at += size) {
        enum piece piece = frame_piece_rtu(NULL, exchange->rx + at, exchange->rx_used - at, &size);

        if (piece == PIECE_BYTE)
            continue;
        doubt_second_heard(&exchange->doubts[exchange->rx[at]]);
        heard = true;
    }
    return heard;
}

/* RTU, nothing asked. A whole frame when no late answer was expected means that somebody else
 * talks (a second master, a second copy): the line is left alone for one guard. Noise is only
 * forgotten, and before the repeat the late answer too: a guard more would break the deadline. */
void exchange_drop_unasked(struct exchange *exchange)
{
    if (!exchange->repeated && exchange->last_byte >= exchange->quiet_until &&
        hear_unasked(exchange))
        exchange->quiet_until = exchange->last_byte + exchange->rules.guard_ns;
    exchange->rx_used = 0;
}

static void clear_doubt(struct exchange *exchange, struct mono_time now)
{
    struct exchange_doubt *doubt;

    if (!exchange_is_rtu(exchange))
        return;
    doubt = &exchange->doubts[exchange->request.unit];
    doubt_answered(doubt, exchange->repeated, exchange->deadline, exchange->rules.guard_ns, now);
    doubt_watch(doubt, &exchange->request, exchange->sent, exchange->rules.guard_ns, now);
}

/* Whoever sends is told its own moment, at times a little early (flow/poller.c): an answer within
 * that millisecond took no time, and never less than none. */
static int64_t since(int64_t sent, struct mono_time now)
{
    return sent != 0 && now.ns > sent ? now.ns - sent : 0;
}

void exchange_finish(struct exchange *exchange, enum cause cause, struct mono_time now)
{
    exchange->result.cause = (uint8_t)cause;
    exchange->result.at = now;
    exchange->result.took_ns = since(exchange->sent, now);
    exchange->result.whole_ns = since(exchange->first_sent, now);
    exchange->state = EXCHANGE_OVER;
}

enum cause exchange_cause_of_silence(const struct exchange *exchange)
{
    const struct overheard *heard = &exchange->heard;

    if (heard->unit)
        return CAUSE_WRONG_UNIT;
    if (heard->crc)
        return CAUSE_CRC;
    return heard->noise || heard->master ? CAUSE_BAD_FRAME : CAUSE_TIMEOUT;
}

/* GUARD: it may answer the first asking, a timeout and a guard ago; the second may have waited
 * longer for a line that was not silent. */
static void date_back(struct exchange *exchange)
{
    int64_t latest = exchange->first_sent + exchange->timeout_ns + exchange->rules.guard_ns;

    if (exchange->repeated && exchange->result.at.ns > latest)
        exchange->result.at.ns = latest;
}

/* GUARD: what is found at the deadline came before it, however long nobody looked. */
static void take(struct exchange *exchange, const struct judgement *judged, struct mono_time now)
{
    enum cause cause = exchange->repeated ? CAUSE_AFTER_TIMEOUT : CAUSE_NONE;
    struct mono_time came = {now.ns < exchange->deadline ? now.ns : exchange->deadline};

    exchange->rx_done = judged->used;
    exchange->silent = 0;
    clear_doubt(exchange, now);
    if (judged->verdict == FRAME_EXCEPTION) {
        exchange->result.is_exception = true;
        exchange->result.exception = judged->exception;
        cause = cause_of_exception(judged->exception);
    } else {
        exchange->result.answered = true;
        exchange->result.data = judged->data;
        exchange->result.size = request_data_size(&exchange->request);
    }
    exchange_finish(exchange, cause, came);
    date_back(exchange);
}

/* Whether only whole frames stand from there on. */
static bool frames_from(const struct exchange *exchange, size_t at)
{
    while (at < exchange->rx_used) {
        struct judgement judged =
            frame_judge_tcp(NULL, 0, exchange->rx + at, exchange->rx_used - at);

        if (judged.verdict != FRAME_STALE)
            return false;
        at += judged.used;
    }
    return true;
}

/* GUARD: half a frame that was left behind is filled up by the next one. Then bytes are left over
 * that are no frame, and one that ends with them begins inside the answer. */
static bool is_filled_up(const struct exchange *exchange, size_t used)
{
    if (frames_from(exchange, used))
        return false;
    for (size_t at = 1; at < used; at++)
        if (frames_from(exchange, at))
            return true;
    return false;
}

static void lose_tcp(struct exchange *exchange, struct mono_time now)
{
    exchange->lost = true;
    exchange_finish(exchange, CAUSE_BAD_FRAME, now);
}

/* A transaction we never ask with: the device answers each request with 0, so that its late answers
 * look like its right ones. */
static void note_nought(struct exchange *exchange)
{
    if (exchange->rx[0] != 0 || exchange->rx[1] != 0 || exchange->rx[6] != exchange->request.unit)
        return;
    exchange->heard.noise = true;
    exchange->nought_noticed = true;
}

/* Whole frames that answer nothing are dropped; returns what stands at the front then. */
static void judge_tcp(struct exchange *exchange, struct mono_time now)
{
    for (;;) {
        struct judgement judged =
            frame_judge_tcp(&exchange->request, exchange->tid, exchange->rx, exchange->rx_used);

        switch (judged.verdict) {
        case FRAME_MORE:
            return;
        case FRAME_ANSWER:
        case FRAME_EXCEPTION:
            if (is_filled_up(exchange, judged.used))
                lose_tcp(exchange, now);
            else
                take(exchange, &judged, now);
            return;
        case FRAME_STALE:
        case FRAME_OTHER_UNIT:
            exchange->heard.unit |= judged.verdict == FRAME_OTHER_UNIT;
            note_nought(exchange);
            exchange->flood += judged.used;
            forget_front(exchange, judged.used);
            break;
        case FRAME_BAD:
        case FRAME_LOST:
            lose_tcp(exchange, now);
            return;
        }
        if (exchange->flood > FLOOD_MAX) {
            lose_tcp(exchange, now);
            return;
        }
    }
}

/* GUARD: once a stranger has asked our unit something, an answer may be to the stranger. */
void exchange_judge_rtu(struct exchange *exchange, bool last, struct mono_time now)
{
    struct judgement judged;

    judged = frame_search_rtu(&exchange->request, exchange->rx, exchange->rx_used, last,
                              &exchange->heard);
    if (exchange->heard.whose != 0 && !exchange->doubts[exchange->heard.whose].open)
        doubt_second_heard(&exchange->doubts[exchange->heard.whose]);
    exchange->heard.whose = 0;
    if (judged.verdict == FRAME_MORE || exchange->heard.master)
        forget_front(exchange, judged.used);
    else
        take(exchange, &judged, now);
}

void exchange_judge(struct exchange *exchange, struct mono_time now)
{
    if (exchange->state == EXCHANGE_ASKED && exchange_is_rtu(exchange))
        exchange_judge_rtu(exchange, false, now);
    else if (exchange->state == EXCHANGE_ASKED)
        judge_tcp(exchange, now);
    else if (!exchange_is_rtu(exchange))
        exchange_drop_stale(exchange);
}

/* GUARD: the answer nobody has read yet stands at the front, and stays there. */
void exchange_drop_surplus(struct exchange *exchange)
{
    exchange->rx_used = exchange->rx_done;
    exchange->lost |= !exchange_is_rtu(exchange);
}
