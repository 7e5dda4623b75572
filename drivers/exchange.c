#include "drivers/exchange.h"

#include <assert.h>
#include <string.h>

/* A peer that sends this much without an answer in it, or unasked, is not a device. */
enum { FLOOD_MAX = 16 * 1024 };

/* Through a serial server: more than any serial line gives in a minute. */
enum { STREAM_FLOOD_MAX = 1024 * 1024 };

/* GUARD: through a serial server, where no silence is kept, a second copy of an answer has this
 * long to come before a block that looks the same is asked for. */
enum { COPY_GAP_NS = 2000000 };

/* A stream knows no silence between bytes. One that talks while it should be silent is not asked
 * for so long, and given up when it does so without end. */
enum { STRAY_NS = 1000000 };

static int64_t later(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static bool is_rtu(const struct exchange *exchange)
{
    return exchange->rules.wire == WIRE_RTU;
}

void exchange_init(struct exchange *exchange, const struct exchange_rules *rules,
                   struct exchange_doubt *doubts, struct mono_time now)
{
    assert(rules->wire == WIRE_TCP || doubts != NULL);
    memset(exchange, 0, sizeof *exchange);
    exchange->rules = *rules;
    exchange->doubts = doubts;
    exchange->last_byte = now.ns - rules->gap_ns;
    exchange->quiet_until = now.ns;
}

void exchange_connected(struct exchange *exchange, struct mono_time now)
{
    exchange->rx_used = exchange->rx_done = 0;
    exchange->lost = false;
    exchange->flood = 0;
    exchange->silent = 0;
    if (is_rtu(exchange))
        exchange->last_byte = later(exchange->last_byte, now.ns);
}

bool exchange_is_under_way(const struct exchange *exchange)
{
    return exchange->state == EXCHANGE_QUIET || exchange->state == EXCHANGE_ASKED;
}

bool exchange_is_lost(const struct exchange *exchange)
{
    return exchange->lost;
}

static void forget_front(struct exchange *exchange, size_t count)
{
    assert(count <= exchange->rx_used);
    exchange->rx_used -= count;
    memmove(exchange->rx, exchange->rx + count, exchange->rx_used);
}

/* The last answer has been read by now: its bytes may go. */
static void let_answer_go(struct exchange *exchange)
{
    forget_front(exchange, exchange->rx_done);
    exchange->rx_done = 0;
}

/* TCP, nothing asked: whole frames are late answers or second copies, by their id never ours. */
static void drop_stale(struct exchange *exchange)
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
static void drop_unasked(struct exchange *exchange)
{
    if (!exchange->repeated && exchange->last_byte >= exchange->quiet_until &&
        hear_unasked(exchange))
        exchange->quiet_until = exchange->last_byte + exchange->rules.guard_ns;
    exchange->rx_used = 0;
}

static int64_t quiet_for_doubt(const struct exchange *exchange, const struct request *request)
{
    if (!is_rtu(exchange))
        return 0;
    return doubt_until(&exchange->doubts[request->unit], request, exchange->rules.guard_ns);
}

static void open_doubt(struct exchange *exchange)
{
    if (is_rtu(exchange))
        doubt_open(&exchange->doubts[exchange->request.unit], &exchange->request,
                   exchange->quiet_until);
}

static void clear_doubt(struct exchange *exchange, struct mono_time now)
{
    struct exchange_doubt *doubt;

    if (!is_rtu(exchange))
        return;
    doubt = &exchange->doubts[exchange->request.unit];
    doubt_answered(doubt, exchange->repeated, exchange->deadline, exchange->rules.guard_ns, now);
    doubt_watch(doubt, &exchange->request, exchange->sent, exchange->rules.guard_ns, now);
}

void exchange_begin(struct exchange *exchange, const struct request *request, int64_t timeout_ns,
                    int64_t settle_ns, bool repeat, struct mono_time now)
{
    int64_t gap = later(exchange->rules.gap_ns, settle_ns);
    const struct request last = exchange->request;

    assert(request_is_valid(request) && !exchange_is_under_way(exchange));
    let_answer_go(exchange);
    exchange->request = *request;
    exchange->timeout_ns = timeout_ns;
    exchange->repeats = repeat && is_rtu(exchange);
    exchange->repeated = exchange->resumed = false;
    exchange->deadline = 0;
    exchange->begun = now.ns;
    exchange->result = (struct exchange_result){0};
    exchange->state = EXCHANGE_QUIET;
    exchange->heard = (struct overheard){.crc = false};
    exchange->sent = exchange->first_sent = 0;
    if (is_rtu(exchange) && request_looks_like(&last, request))
        gap = later(gap, COPY_GAP_NS);
    exchange->wake = later(exchange->last_byte + gap,
                           later(exchange->quiet_until, quiet_for_doubt(exchange, request)));
}

static void finish(struct exchange *exchange, enum cause cause, struct mono_time now)
{
    exchange->result.cause = (uint8_t)cause;
    exchange->result.at = now;
    exchange->result.took_ns = exchange->sent != 0 ? now.ns - exchange->sent : 0;
    exchange->result.whole_ns = exchange->sent != 0 ? now.ns - exchange->first_sent : 0;
    exchange->state = EXCHANGE_OVER;
}

static enum cause cause_of_silence(const struct exchange *exchange)
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
    finish(exchange, cause, came);
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
    finish(exchange, CAUSE_BAD_FRAME, now);
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
static void judge_rtu(struct exchange *exchange, bool last, struct mono_time now)
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

static void judge(struct exchange *exchange, struct mono_time now)
{
    if (exchange->state == EXCHANGE_ASKED && is_rtu(exchange))
        judge_rtu(exchange, false, now);
    else if (exchange->state == EXCHANGE_ASKED)
        judge_tcp(exchange, now);
    else if (!is_rtu(exchange))
        drop_stale(exchange);
}

/* GUARD: the answer nobody has read yet stands at the front, and stays there. */
static void drop_surplus(struct exchange *exchange)
{
    exchange->rx_used = exchange->rx_done;
    exchange->lost |= !is_rtu(exchange);
}

/* RTU, asked and not answered: the line is left alone for the guard; then it is asked once more, or
 * given up. */
static bool repeat_or_give_up(struct exchange *exchange, enum cause cause, struct mono_time now)
{
    exchange->rx_used = 0;
    exchange->quiet_until = now.ns + exchange->rules.guard_ns;
    open_doubt(exchange);
    if (!exchange->repeats) {
        finish(exchange, cause, now);
        return false;
    }
    exchange->repeats = false;
    exchange->repeated = true;
    exchange->deadline = 0;
    exchange->state = EXCHANGE_QUIET;
    exchange->wake = exchange->quiet_until;
    return true;
}

static void time_out_rtu(struct exchange *exchange, struct mono_time now)
{
    judge_rtu(exchange, true, now);
    if (exchange->state != EXCHANGE_OVER)
        repeat_or_give_up(exchange, cause_of_silence(exchange), now);
}

static void time_out(struct exchange *exchange, struct mono_time now)
{
    if (is_rtu(exchange)) {
        time_out_rtu(exchange, now);
        return;
    }
    exchange->silent++;
    if (exchange->heard_bytes)
        exchange->silent = 0;
    if (exchange->silent >= 2)
        exchange->lost = true;
    finish(exchange, cause_of_silence(exchange), now);
}

static bool floods_stream(struct exchange *exchange, size_t count)
{
    if (!is_rtu(exchange) || exchange->rules.char_ns > 0)
        return false;
    exchange->flood += count;
    return exchange->flood > STREAM_FLOOD_MAX;
}

void exchange_bytes(struct exchange *exchange, const uint8_t *bytes, size_t count,
                    struct mono_time now)
{
    if (exchange->state == EXCHANGE_ASKED && now.ns >= exchange->deadline)
        time_out(exchange, now); /* GUARD: how long they have waited for us, nobody knows */
    exchange->last_byte = now.ns;
    exchange->heard_bytes = true;
    exchange->silent = 0;
    if (exchange->state == EXCHANGE_QUIET && is_rtu(exchange))
        exchange->wake = later(exchange->wake, now.ns + STRAY_NS);
    if (exchange->state == EXCHANGE_OVER)
        let_answer_go(exchange);
    if (floods_stream(exchange, count)) {
        exchange_give_up(exchange, CAUSE_BAD_FRAME, now);
        exchange->lost = true;
    }
    while (count > 0 && !exchange->lost) {
        size_t room = sizeof exchange->rx - exchange->rx_used;
        size_t part = count < room ? count : room;

        if (part == 0) {
            drop_surplus(exchange);
            continue;
        }
        memcpy(exchange->rx + exchange->rx_used, bytes, part);
        exchange->rx_used += part;
        bytes += part;
        count -= part;
        if (exchange->rx_done == 0)
            judge(exchange, now);
    }
}

/* Bytes that came meanwhile put the silence off; a whole frame among them by a guard. */
static bool line_is_silent(struct exchange *exchange, struct mono_time now)
{
    exchange->wake = later(exchange->wake, exchange->last_byte + exchange->rules.gap_ns);
    if (exchange->wake > now.ns)
        return false;
    if (is_rtu(exchange)) {
        drop_unasked(exchange);
        exchange->wake = later(exchange->wake, exchange->quiet_until);
    } else {
        drop_stale(exchange);
        exchange->lost |= exchange->rx_used > 0;
    }
    return exchange->wake <= now.ns;
}

/* A line on which somebody talks without end is never asked; a connection may take too long. */
static bool waited_too_long(const struct exchange *exchange, struct mono_time now)
{
    if (exchange->deadline != 0)
        return now.ns >= exchange->deadline;
    return is_rtu(exchange) && exchange->wake > now.ns &&
           now.ns - exchange->begun > 4 * (exchange->timeout_ns + exchange->rules.guard_ns);
}

static enum exchange_step step_quiet(struct exchange *exchange, struct mono_time now)
{
    bool silent = line_is_silent(exchange, now);

    if (waited_too_long(exchange, now)) {
        finish(exchange, is_rtu(exchange) ? CAUSE_BAD_FRAME : CAUSE_DISCONNECTED, now);
        return EXCHANGE_DONE;
    }
    if (exchange->lost)
        return EXCHANGE_RECONNECT;
    if (!silent)
        return EXCHANGE_WAIT;
    if (is_rtu(exchange)) {
        exchange->tx_size = frame_write_rtu(&exchange->request, exchange->tx);
        return EXCHANGE_SEND;
    }
    exchange->tid = exchange->tid == UINT16_MAX ? 1 : (uint16_t)(exchange->tid + 1);
    exchange->tx_size = frame_write_tcp(&exchange->request, exchange->tid, exchange->tx);
    return EXCHANGE_SEND;
}

enum exchange_step exchange_step(struct exchange *exchange, struct mono_time now)
{
    if (exchange->state == EXCHANGE_ASKED && now.ns >= exchange->deadline)
        time_out(exchange, now);
    if (exchange->state == EXCHANGE_QUIET)
        return step_quiet(exchange, now);
    return exchange->state == EXCHANGE_ASKED ? EXCHANGE_WAIT : EXCHANGE_DONE;
}

void exchange_sent(struct exchange *exchange, struct mono_time now)
{
    assert(exchange->state == EXCHANGE_QUIET);
    exchange->state = EXCHANGE_ASKED;
    exchange->sent = now.ns;
    if (exchange->first_sent == 0)
        exchange->first_sent = now.ns;
    exchange->last_byte = now.ns + (int64_t)exchange->tx_size * exchange->rules.char_ns;
    if (exchange->deadline == 0)
        exchange->deadline = now.ns + exchange->timeout_ns;
    exchange->wake = exchange->deadline;
    exchange->heard.master = false;
    exchange->heard_bytes = false;
    exchange->flood = 0;
    exchange->rx_used = 0;
}

/* What is not sent yet loses nothing by a new connection; once is enough. */
static bool resume(struct exchange *exchange, struct mono_time now)
{
    if (exchange->resumed) {
        exchange_give_up(exchange, CAUSE_DISCONNECTED, now);
        return false;
    }
    exchange->resumed = true;
    exchange->state = EXCHANGE_QUIET;
    if (!is_rtu(exchange)) /* the silence an RTU request waits for goes on meanwhile */
        exchange->wake = now.ns;
    return true;
}

bool exchange_broken(struct exchange *exchange, struct mono_time now)
{
    bool asked = exchange->state == EXCHANGE_ASKED;

    exchange->rx_used = exchange->rx_done = 0;
    if (!exchange_is_under_way(exchange))
        return false;
    if (asked && is_rtu(exchange))
        return repeat_or_give_up(exchange, CAUSE_DISCONNECTED, now);
    if (!asked || !exchange->heard_bytes)
        return resume(exchange, now);
    exchange_give_up(exchange, CAUSE_DISCONNECTED, now);
    return false;
}

void exchange_give_up(struct exchange *exchange, enum cause cause, struct mono_time now)
{
    if (!exchange_is_under_way(exchange))
        return;
    if (exchange->state == EXCHANGE_ASKED && is_rtu(exchange)) {
        exchange->quiet_until = now.ns + exchange->rules.guard_ns;
        open_doubt(exchange);
    }
    finish(exchange, cause, now);
}
