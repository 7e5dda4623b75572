/* When a request is asked, asked again and given up. */
#include <assert.h>
#include <string.h>

#include "drivers/exchange_parts.h"

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
    if (exchange_is_rtu(exchange))
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

static int64_t quiet_for_doubt(const struct exchange *exchange, const struct request *request)
{
    if (!exchange_is_rtu(exchange))
        return 0;
    return doubt_until(&exchange->doubts[request->unit], request, exchange->rules.guard_ns);
}

static void open_doubt(struct exchange *exchange)
{
    if (exchange_is_rtu(exchange))
        doubt_open(&exchange->doubts[exchange->request.unit], &exchange->request,
                   exchange->quiet_until);
}

void exchange_begin(struct exchange *exchange, const struct request *request, int64_t timeout_ns,
                    int64_t settle_ns, bool repeat, struct mono_time now)
{
    int64_t gap = later(exchange->rules.gap_ns, settle_ns);
    const struct request last = exchange->request;

    assert(request_is_valid(request) && !exchange_is_under_way(exchange));
    exchange_let_answer_go(exchange);
    exchange->request = *request;
    exchange->timeout_ns = timeout_ns;
    exchange->repeats = repeat && exchange_is_rtu(exchange);
    exchange->repeated = exchange->resumed = false;
    exchange->deadline = 0;
    exchange->begun = now.ns;
    exchange->result = (struct exchange_result){0};
    exchange->state = EXCHANGE_QUIET;
    exchange->heard = (struct overheard){.crc = false};
    exchange->sent = exchange->first_sent = 0;
    if (exchange_is_rtu(exchange) && request_looks_like(&last, request))
        gap = later(gap, COPY_GAP_NS);
    exchange->wake = later(exchange->last_byte + gap,
                           later(exchange->quiet_until, quiet_for_doubt(exchange, request)));
}

/* RTU, asked and not answered: the line is left alone for the guard; then it is asked once more, or
 * given up. */
static bool repeat_or_give_up(struct exchange *exchange, enum cause cause, struct mono_time now)
{
    exchange->rx_used = 0;
    exchange->quiet_until = now.ns + exchange->rules.guard_ns;
    open_doubt(exchange);
    if (!exchange->repeats) {
        exchange_finish(exchange, cause, now);
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
    exchange_judge_rtu(exchange, true, now);
    if (exchange->state != EXCHANGE_OVER)
        repeat_or_give_up(exchange, exchange_cause_of_silence(exchange), now);
}

static void time_out(struct exchange *exchange, struct mono_time now)
{
    if (exchange_is_rtu(exchange)) {
        time_out_rtu(exchange, now);
        return;
    }
    exchange->silent++;
    if (exchange->heard_bytes)
        exchange->silent = 0;
    if (exchange->silent >= 2)
        exchange->lost = true;
    exchange_finish(exchange, exchange_cause_of_silence(exchange), now);
}

static bool floods_stream(struct exchange *exchange, size_t count)
{
    if (!exchange_is_rtu(exchange) || exchange->rules.char_ns > 0)
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
    if (exchange->state == EXCHANGE_QUIET && exchange_is_rtu(exchange))
        exchange->wake = later(exchange->wake, now.ns + STRAY_NS);
    if (exchange->state == EXCHANGE_OVER)
        exchange_let_answer_go(exchange);
    if (floods_stream(exchange, count)) {
        exchange_give_up(exchange, CAUSE_BAD_FRAME, now);
        exchange->lost = true;
    }
    while (count > 0 && !exchange->lost) {
        size_t room = sizeof exchange->rx - exchange->rx_used;
        size_t part = count < room ? count : room;

        if (part == 0) {
            exchange_drop_surplus(exchange);
            continue;
        }
        memcpy(exchange->rx + exchange->rx_used, bytes, part);
        exchange->rx_used += part;
        bytes += part;
        count -= part;
        if (exchange->rx_done == 0)
            exchange_judge(exchange, now);
    }
}

/* Bytes that came meanwhile put the silence off; a whole frame among them by a guard. */
static bool line_is_silent(struct exchange *exchange, struct mono_time now)
{
    exchange->wake = later(exchange->wake, exchange->last_byte + exchange->rules.gap_ns);
    if (exchange->wake > now.ns)
        return false;
    if (exchange_is_rtu(exchange)) {
        exchange_drop_unasked(exchange);
        exchange->wake = later(exchange->wake, exchange->quiet_until);
    } else {
        exchange_drop_stale(exchange);
        exchange->lost |= exchange->rx_used > 0;
    }
    return exchange->wake <= now.ns;
}

/* A line on which somebody talks without end is never asked; a connection may take too long. */
static bool waited_too_long(const struct exchange *exchange, struct mono_time now)
{
    if (exchange->deadline != 0)
        return now.ns >= exchange->deadline;
    return exchange_is_rtu(exchange) && exchange->wake > now.ns &&
           now.ns - exchange->begun > 4 * (exchange->timeout_ns + exchange->rules.guard_ns);
}

static enum exchange_step step_quiet(struct exchange *exchange, struct mono_time now)
{
    bool silent = line_is_silent(exchange, now);

    if (waited_too_long(exchange, now)) {
        exchange_finish(exchange, exchange_is_rtu(exchange) ? CAUSE_BAD_FRAME : CAUSE_DISCONNECTED,
                        now);
        return EXCHANGE_DONE;
    }
    if (exchange->lost)
        return EXCHANGE_RECONNECT;
    if (!silent)
        return EXCHANGE_WAIT;
    if (exchange_is_rtu(exchange)) {
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
    if (!exchange_is_rtu(exchange)) /* the silence an RTU request waits for goes on meanwhile */
        exchange->wake = now.ns;
    return true;
}

bool exchange_broken(struct exchange *exchange, struct mono_time now)
{
    bool asked = exchange->state == EXCHANGE_ASKED;

    exchange->rx_used = exchange->rx_done = 0;
    if (!exchange_is_under_way(exchange))
        return false;
    if (asked && exchange_is_rtu(exchange))
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
    if (exchange->state == EXCHANGE_ASKED && exchange_is_rtu(exchange)) {
        exchange->quiet_until = now.ns + exchange->rules.guard_ns;
        open_doubt(exchange);
    }
    exchange_finish(exchange, cause, now);
}
