/* Tests of drivers/exchange.c: no false value is ever called good. The clock is held: a case says
 * what the line gives at which millisecond, and what must come of it.
 *
 * The last test lets a lying device answer 240,000 requests late, twice, cut, damaged, echoed and
 * behind noise. It fails when a guard of exchange.c is taken out; tried, one at a time:
 *   - the repeat after a timeout does not wait (wake = now in time_out_rtu): false values on RTU;
 *   - a timeout leaves the line without guard (quiet_until not set): false values on RTU;
 *   - frame_judge_tcp does not compare the transaction id: false values on TCP;
 *   - frame_search_rtu does not skip echoes: the table's line "our own request" fails.
 * doubt_until() and the reserve for strangers have tables of their own below.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/exchange.h"

enum { TIMEOUT_MS = 1000, GUARD_MS = 1000, GAP_MS = 4 };

static struct exchange exchange;
static struct exchange_doubt doubts[EXCHANGE_UNITS];
static struct mono_time now;

static void set_up(enum wire wire)
{
    const struct exchange_rules rules = {.wire = wire,
                                         .guard_ns = ns_from_ms(GUARD_MS),
                                         .gap_ns = wire == WIRE_RTU ? ns_from_ms(GAP_MS) : 0,
                                         .char_ns = wire == WIRE_RTU ? 1145833 : 0};

    memset(doubts, 0, sizeof doubts);
    now.ns = ns_from_ms(1000000);
    exchange_init(&exchange, &rules, doubts, now);
}

/* Steps until something is to be done; time goes on to `wake`, never past `until_ms`. */
static enum exchange_step step_until(int64_t until_ms)
{
    for (;;) {
        enum exchange_step step = exchange_step(&exchange, now);

        if (step != EXCHANGE_WAIT)
            return step;
        if (exchange.wake > ns_from_ms(until_ms)) {
            now.ns = ns_from_ms(until_ms);
            return exchange_step(&exchange, now);
        }
        now.ns = exchange.wake;
    }
}

static int64_t now_ms(void)
{
    return now.ns / 1000000;
}

static void ask(const struct request *request)
{
    exchange_begin(&exchange, request, ns_from_ms(TIMEOUT_MS), 0, true, now);
    assert_int_equal(step_until(now_ms() + 60000), EXCHANGE_SEND);
    exchange_sent(&exchange, now);
}

static void hear(const void *bytes, size_t count)
{
    exchange_bytes(&exchange, bytes, count, now);
}

/* The right answer to `request`; each register is `word`. */
static size_t answer_tcp(const struct request *request, uint16_t tid, uint16_t word, uint8_t *out)
{
    size_t data = request_data_size(request);

    out[0] = (uint8_t)(tid >> 8);
    out[1] = (uint8_t)tid;
    out[2] = out[3] = 0;
    out[4] = (uint8_t)((data + 3) >> 8);
    out[5] = (uint8_t)(data + 3);
    out[6] = request->unit;
    out[7] = request->function;
    out[8] = (uint8_t)data;
    for (size_t i = 0; i < data; i++)
        out[9 + i] = (uint8_t)(i % 2 == 0 ? word >> 8 : word);
    return 9 + data;
}

static size_t seal_rtu(uint8_t *out, size_t size)
{
    uint16_t crc = frame_crc(out, size);

    out[size] = (uint8_t)crc;
    out[size + 1] = (uint8_t)(crc >> 8);
    return size + 2;
}

static size_t answer_rtu(const struct request *request, uint16_t word, uint8_t *out)
{
    uint8_t frame[300];
    size_t size = answer_tcp(request, 0, word, frame);

    memcpy(out, frame + 6, size - 6);
    return seal_rtu(out, size - 6);
}

static const struct request block_a = {.unit = 5, .function = 3, .address = 100, .count = 2};
static const struct request block_b = {.unit = 5, .function = 3, .address = 200, .count = 2};
static const struct request other_shape = {.unit = 5, .function = 3, .address = 200, .count = 3};
static const struct request other_unit = {.unit = 6, .function = 3, .address = 100, .count = 2};

static void assert_answered(enum cause cause, uint16_t word)
{
    assert_true(exchange.result.answered);
    assert_int_equal(exchange.result.cause, cause);
    assert_int_equal(exchange.result.data[0] << 8 | exchange.result.data[1], word);
}

static void assert_failed(enum cause cause)
{
    assert_false(exchange.result.answered);
    assert_int_equal(exchange.result.cause, cause);
}

/* --- TCP ---------------------------------------------------------------------------------------
 */

/* One line: what is changed in a right answer to block_a, and what must come of it. */
struct tcp_case {
    const char *name;
    size_t at;  /* the byte that is changed… */
    int to;     /* …to this; -1: none */
    size_t cut; /* bytes left out at the end */
    const char *before, *after;
    size_t before_size, after_size;
    bool answered;
    enum cause cause;
    bool lost; /* the connection has to be made anew */
};

static void every_fault_of_a_tcp_answer_is_seen(void **state)
{
    static const struct tcp_case cases[] = {
        {"right",                0, -1,   0,  "",                       "",         0, 0, true,  CAUSE_NONE,       false},
        {"other transaction",    1, 99,   0,  "",                       "",         0, 0, false, CAUSE_TIMEOUT,    false},
        {"transaction 0 echoed", 1, 0,    0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  false},
        {"protocol 0x0100",      2, 1,    0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  true },
        {"protocol 0x0001",      3, 1,    0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  true },
        {"length 0",             5, 0,    0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  true },
        {"length short",         5, 6,    0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  true },
        {"length long",          5, 9,    0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  true },
        {"length huge",          4, 0xFF, 0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  true },
        {"other unit",           6, 77,   0,  "",                       "",         0, 0, false, CAUSE_WRONG_UNIT, false},
        {"unit 0",               6, 0,    0,  "",                       "",         0, 0, false, CAUSE_WRONG_UNIT, false},
        {"other function",       7, 4,    0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  true },
        {"byte count odd",       8, 3,    0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  true },
        {"byte count 0",         8, 0,    0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  true },
        {"byte count 255",       8, 255,  0,  "",                       "",         0, 0, false, CAUSE_BAD_FRAME,  true },
        {"cut",                  0, -1,   1,  "",                       "",         0, 0, false, CAUSE_TIMEOUT,    false},
        {"cut in the header",    0, -1,   10, "",                       "",         0, 0, false, CAUSE_TIMEOUT,    false},
        {"rubbish before",       0, -1,   0,  "\1\2\3\4",               "",         4, 0, false, CAUSE_BAD_FRAME,  true },
        {"an old answer before", 0, -1,   0,  "\0\x63\0\0\0\3\5\x83\2", "",         9, 0, true,  CAUSE_NONE,
         false                                                                                                          },
        {"rubbish after",        0, -1,   0,  "",                       "\1\2\3\4", 0, 4, true,  CAUSE_NONE,       false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct tcp_case *c = &cases[i];
        uint8_t bytes[64];
        size_t size;

        set_up(WIRE_TCP);
        ask(&block_a);
        memcpy(bytes, c->before, c->before_size);
        size = answer_tcp(&block_a, exchange.tid, 7, bytes + c->before_size);
        if (c->to >= 0)
            bytes[c->before_size + c->at] = (uint8_t)c->to;
        size += c->before_size - c->cut;
        memcpy(bytes + size, c->after, c->after_size);
        hear(bytes, size + c->after_size);
        assert_int_equal(step_until(now_ms() + TIMEOUT_MS), EXCHANGE_DONE);
        if (exchange.result.answered != c->answered || exchange.result.cause != c->cause ||
            exchange_is_lost(&exchange) != c->lost)
            fail_msg("%s: answered %d, cause %d, lost %d", c->name, exchange.result.answered,
                     exchange.result.cause, exchange_is_lost(&exchange));
    }
}

/* T12-T16. Byte by byte through a header that is right but for one field. */
static void only_one_value_of_each_field_is_an_answer(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        unsigned values, right;
    } fields[] = {
        {"protocol",   2, 65536, 0},
        {"length",     4, 65536, 7},
        {"unit",       6, 256,   5},
        {"function",   7, 256,   3},
        {"byte count", 8, 256,   4},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        for (unsigned value = 0; value < fields[i].values; value++) {
            uint8_t bytes[64];
            size_t size;

            set_up(WIRE_TCP);
            ask(&block_a);
            size = answer_tcp(&block_a, exchange.tid, 7, bytes);
            if (fields[i].values > 256)
                bytes[fields[i].at] = (uint8_t)(value >> 8);
            bytes[fields[i].at + (fields[i].values > 256)] = (uint8_t)value;
            hear(bytes, size);
            assert_int_equal(step_until(now_ms() + TIMEOUT_MS), EXCHANGE_DONE);
            if (exchange.result.answered != (value == fields[i].right))
                fail_msg("%s %u: answered %d", fields[i].name, value, exchange.result.answered);
            if (value != fields[i].right && fields[i].at != 6 &&
                exchange.result.cause == CAUSE_NONE)
                fail_msg("%s %u: no cause", fields[i].name, value);
        }
}

/* T17, T30. All in one read, so that nobody has looked at the answer before the rest comes. */
static void an_answer_is_not_overwritten_by_what_follows_it(void **state)
{
    for (int wire = WIRE_TCP; wire <= WIRE_RTU; wire++)
        for (size_t surplus = 1; surplus < 2000; surplus += 37) {
            uint8_t bytes[2200];
            size_t size;

            set_up((enum wire)wire);
            ask(&block_a);
            size = wire == WIRE_TCP ? answer_tcp(&block_a, exchange.tid, 7, bytes)
                                    : answer_rtu(&block_a, 7, bytes);
            memset(bytes + size, 0, surplus);
            hear(bytes, size + surplus);
            assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
            assert_answered(CAUSE_NONE, 7);
        }
}

/* T10. As many copies as come between two polls, each whole in itself. */
/* What a gateway left behind half of, filled up by its next frame: every byte of the header fits.
 */
static void half_an_answer_filled_up_by_the_next_frame_is_not_believed(void **state)
{
    for (size_t half = 1; half < 13; half++) {
        uint8_t bytes[64];
        size_t size;

        set_up(WIRE_TCP);
        ask(&block_a);
        size = answer_tcp(&block_a, exchange.tid, 7, bytes);
        size = half < size ? half : size - 1;
        hear(bytes, size);
        hear(bytes, answer_tcp(&other_shape, 9999, 8, bytes));
        (void)step_until(now_ms() + TIMEOUT_MS);
        assert_false(exchange.result.answered);
        set_up(WIRE_TCP); /* the same in one read */
        ask(&block_a);
        answer_tcp(&block_a, exchange.tid, 7, bytes);
        hear(bytes, size + answer_tcp(&other_shape, 9999, 8, bytes + size));
        (void)step_until(now_ms() + TIMEOUT_MS);
        assert_false(exchange.result.answered);
    }
}

static void an_answer_in_parts_with_late_frames_behind_it_is_believed(void **state)
{
    uint8_t bytes[64];
    size_t size;

    set_up(WIRE_TCP);
    ask(&block_a);
    size = answer_tcp(&block_a, exchange.tid, 7, bytes);
    hear(bytes, 5);
    size += answer_tcp(&other_shape, 9999, 8, bytes + size);
    hear(bytes + 5, size - 5);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
    assert_answered(CAUSE_NONE, 7);
}

static void copies_of_an_answer_are_dropped_while_nothing_is_asked(void **state)
{
    uint8_t bytes[64];
    size_t size;

    set_up(WIRE_TCP);
    ask(&block_a);
    size = answer_tcp(&block_a, exchange.tid, 7, bytes);
    hear(bytes, size);
    exchange_step(&exchange, now);
    for (int i = 0; i < 200; i++)
        hear(bytes, size);
    assert_false(exchange_is_lost(&exchange));
    ask(&block_a);
    hear(bytes, size); /* one more, now that its like is awaited */
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    size = answer_tcp(&block_a, exchange.tid, 8, bytes);
    hear(bytes, size);
    exchange_step(&exchange, now);
    assert_answered(CAUSE_NONE, 8);
}

/* T9. Such a device could be believed only by believing its late answers too. */
static void a_device_that_always_answers_transaction_0_is_not_believed_and_noticed(void **state)
{
    uint8_t bytes[64];

    set_up(WIRE_TCP);
    ask(&block_a);
    hear(bytes, answer_tcp(&block_a, 0, 7, bytes));
    assert_false(exchange_is_lost(&exchange));
    step_until(now_ms() + TIMEOUT_MS);
    assert_failed(CAUSE_BAD_FRAME);
    assert_true(exchange.nought_noticed);
}

/* T9. */
static void transaction_0_is_never_asked_with(void **state)
{
    uint8_t bytes[64];
    uint16_t last = 0;

    set_up(WIRE_TCP);
    for (int i = 0; i < 70000; i++) {
        ask(&block_a);
        assert_int_not_equal(exchange.tid, 0);
        assert_int_not_equal(exchange.tid, last);
        last = exchange.tid;
        hear(bytes, answer_tcp(&block_a, exchange.tid, 7, bytes));
        exchange_step(&exchange, now);
        assert_answered(CAUSE_NONE, 7);
    }
}

static void what_does_not_fit_is_a_new_connection_before_the_next_request(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t size;
        enum exchange_step step;
    } cases[] = {
        {"nothing",                         "",                                         0,  EXCHANGE_SEND     },
        {"a second copy, or a late answer", "\0\1\0\0\0\3\5\x83\2",                     9,  EXCHANGE_SEND     },
        {"two of them",                     "\0\1\0\0\0\3\5\x83\2\0\1\0\0\0\3\5\x83\2", 18, EXCHANGE_SEND     },
        {"half of one",                     "\0\1\0\0\0\3\5",                           7,  EXCHANGE_RECONNECT},
        {"one byte",                        "\0",                                       1,  EXCHANGE_RECONNECT},
        {"rubbish",                         "\xDE\xAD\xBE\xEF",                         4,  EXCHANGE_RECONNECT},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[64];
        size_t size;

        for (int idle = 0; idle < 2; idle++) { /* in the same breath, or later while idle */
            set_up(WIRE_TCP);
            ask(&block_a);
            size = answer_tcp(&block_a, exchange.tid, 7, bytes);
            if (!idle)
                memcpy(bytes + size, cases[i].bytes, cases[i].size);
            hear(bytes, size + (idle ? 0 : cases[i].size));
            assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
            assert_answered(CAUSE_NONE, 7);
            if (idle)
                hear(cases[i].bytes, cases[i].size);
            exchange_begin(&exchange, &block_b, ns_from_ms(TIMEOUT_MS), 0, true, now);
            if (exchange_step(&exchange, now) != cases[i].step)
                fail_msg("%s, idle %d", cases[i].name, idle);
            if (cases[i].step == EXCHANGE_RECONNECT) {
                exchange_connected(&exchange, now);
                assert_int_equal(exchange_step(&exchange, now), EXCHANGE_SEND);
            }
        }
    }
}

static void a_late_tcp_answer_is_dropped_by_its_transaction(void **state)
{
    uint8_t late[64], right[64];
    size_t late_size, size;

    set_up(WIRE_TCP);
    ask(&block_a);
    late_size = answer_tcp(&block_a, exchange.tid, 7, late);
    step_until(now_ms() + TIMEOUT_MS);
    assert_failed(CAUSE_TIMEOUT);
    ask(&block_b);
    hear(late, late_size);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    size = answer_tcp(&block_b, exchange.tid, 8, right);
    hear(right, size);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
    assert_answered(CAUSE_NONE, 8);
    assert_false(exchange_is_lost(&exchange));
}

static void dribbled_bytes_do_not_stretch_the_deadline(void **state)
{
    for (int wire = WIRE_TCP; wire <= WIRE_RTU; wire++) {
        uint8_t bytes[64];
        int64_t begun;

        set_up((enum wire)wire);
        exchange_begin(&exchange, &block_a, ns_from_ms(TIMEOUT_MS), 0, false, now);
        step_until(now_ms() + 100);
        exchange_sent(&exchange, now);
        begun = now_ms();
        if (wire == WIRE_TCP)
            answer_tcp(&block_a, exchange.tid, 7, bytes);
        else
            answer_rtu(&block_a, 7, bytes);
        for (size_t i = 0; exchange_step(&exchange, now) == EXCHANGE_WAIT; i++) {
            hear(bytes + i, 1);
            now.ns += ns_from_ms(250);
        }
        assert_false(exchange.result.answered);
        assert_int_equal(now_ms() - begun, TIMEOUT_MS);
    }
}

/* The machine slept, or we were not let run: when such bytes came, nobody knows. */
static void bytes_that_are_seen_after_the_deadline_are_no_answer(void **state)
{
    for (int wire = WIRE_TCP; wire <= WIRE_RTU; wire++) {
        uint8_t bytes[64];
        size_t size;

        set_up((enum wire)wire);
        ask(&block_a);
        size = wire == WIRE_TCP ? answer_tcp(&block_a, exchange.tid, 7, bytes)
                                : answer_rtu(&block_a, 7, bytes);
        now.ns += ns_from_ms(3600000);
        hear(bytes, size);
        (void)exchange_step(&exchange, now);
        assert_false(exchange.result.answered);
    }
}

static void two_silences_in_a_row_are_a_dead_connection(void **state)
{
    set_up(WIRE_TCP);
    ask(&block_a);
    step_until(now_ms() + TIMEOUT_MS);
    assert_false(exchange_is_lost(&exchange));
    ask(&block_a);
    hear("\0", 1);
    step_until(now_ms() + TIMEOUT_MS);
    exchange_connected(&exchange, now);
    ask(&block_a);
    step_until(now_ms() + TIMEOUT_MS);
    ask(&block_a);
    step_until(now_ms() + TIMEOUT_MS);
    assert_true(exchange_is_lost(&exchange));
}

static void every_exception_code_is_an_answer_without_a_value(void **state)
{
    for (unsigned code = 0; code < 256; code++)
        for (int wire = WIRE_TCP; wire <= WIRE_RTU; wire++) {
            uint8_t bytes[16] = {0, 0, 0, 0, 0, 3, 5, 0x83, (uint8_t)code};

            set_up((enum wire)wire);
            ask(&block_a);
            bytes[0] = (uint8_t)(exchange.tid >> 8);
            bytes[1] = (uint8_t)exchange.tid;
            if (wire == WIRE_TCP)
                hear(bytes, 9);
            else
                hear(bytes + 6, seal_rtu(bytes + 6, 3));
            assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
            assert_false(exchange.result.answered);
            assert_true(exchange.result.is_exception);
            assert_int_equal(exchange.result.exception, code);
            assert_int_equal(exchange.result.cause, cause_of_exception(code));
            assert_int_not_equal(exchange.result.cause, CAUSE_NONE);
        }
}

static void a_flood_is_cut_off(void **state)
{
    static const uint8_t stale[9] = {0x77, 0x77, 0, 0, 0, 3, 5, 0x83, 2};
    size_t sent = 0;

    set_up(WIRE_TCP);
    ask(&block_a);
    while (exchange_step(&exchange, now) == EXCHANGE_WAIT && sent < 100000) {
        hear(stale, sizeof stale);
        sent += sizeof stale;
    }
    assert_true(sent < 20000);
    assert_true(exchange_is_lost(&exchange));
    assert_failed(CAUSE_BAD_FRAME);
}

/* T30. Whole frames, one after the other: each alone would be a harmless late answer. */
static void a_flood_while_nothing_is_asked_is_cut_off(void **state)
{
    static const uint8_t stale[9] = {0x77, 0x77, 0, 0, 0, 3, 5, 0x83, 2};
    size_t sent = 0;

    set_up(WIRE_TCP);
    while (!exchange_is_lost(&exchange) && sent < 100000) {
        hear(stale, sizeof stale);
        sent += sizeof stale;
    }
    assert_true(sent < 20000);
}

static void a_connection_that_breaks_unheard_is_tried_once_more_in_the_same_time(void **state)
{
    int64_t begun;

    set_up(WIRE_TCP);
    ask(&block_a);
    begun = now_ms();
    now.ns += ns_from_ms(400);
    assert_true(exchange_broken(&exchange, now));
    exchange_connected(&exchange, now);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_SEND);
    exchange_sent(&exchange, now);
    assert_int_equal(step_until(now_ms() + 5000), EXCHANGE_DONE);
    assert_int_equal(now_ms() - begun, TIMEOUT_MS);
    ask(&block_a);
    hear("\0", 1);
    assert_false(exchange_broken(&exchange, now));
    assert_failed(CAUSE_DISCONNECTED);
}

/* --- RTU ---------------------------------------------------------------------------------------
 */

/* What the line gives in place of, before and after the right answer to `asked`. */
/* The loop's timers ring up to a millisecond early, and say then that it is time. */
static void an_answer_that_comes_before_the_moment_it_was_asked_at_took_no_time(void **state)
{
    uint8_t frame[300];

    (void)state;
    set_up(WIRE_TCP);
    ask(&block_a);
    now.ns -= 400000;
    hear(frame, answer_tcp(&block_a, exchange.tid, 7, frame));
    assert_answered(CAUSE_NONE, 7);
    assert_int_equal(exchange.result.took_ns, 0);
    assert_int_equal(exchange.result.whole_ns, 0);
}

static void every_fault_of_an_rtu_line_is_seen(void **state)
{
    static const struct request coils = {.unit = 5, .function = 1, .address = 0x0300, .count = 24};
    static const struct {
        const char *name;
        const struct request *asked;
        const char *before, *after;
        size_t before_size, after_size;
        size_t flip; /* bit of this byte of the answer; 0: none (never the unit) */
        size_t cut;
        bool answered;
        enum cause cause;
    } cases[] = {
        {"right",                            &block_a, "",                       "",       0, 0, 0, 0, true,  CAUSE_NONE     },
        {"noise before",                     &block_a, "\xFF\0\x80",             "",       3, 0, 0, 0, true,  CAUSE_NONE     },
        {"a byte that could be us before",   &block_a, "\5",                     "",       1, 0, 0, 0, true,  CAUSE_NONE     },
        {"noise after",                      &block_a, "",                       "\xFF\0", 0, 2, 0, 0, true,  CAUSE_NONE     },
        {"damaged",                          &block_a, "",                       "",       0, 0, 4, 0, false, CAUSE_CRC      },
        {"cut",                              &block_a, "",                       "",       0, 0, 0, 2, false, CAUSE_BAD_FRAME},
        {"nothing",                          &block_a, "",                       "",       0, 0, 0, 9, false, CAUSE_TIMEOUT  },
        {"only noise",                       &block_a, "\xFF\xFE",               "",       2, 0, 0, 9, false, CAUSE_BAD_FRAME},
        {"another slave",                    &block_a, "\6\3\4\0\1\0\2\xDC\xF2", "",       9, 0, 0, 9, false,
         CAUSE_WRONG_UNIT                                                                                                    },
        {"another slave, then us",           &block_a, "\6\3\4\0\1\0\2\xDC\xF2", "",       9, 0, 0, 0, true,
         CAUSE_NONE                                                                                                          },
        {"our own request, then the answer", &block_a, "\5\3\0\x64\0\2\x84\x50", "",       8, 0, 0, 0,
         true,                                                                                                CAUSE_NONE     },
        {"our own request alone",            &coils,   "\5\1\3\0\0\x18\x3C\0",   "",       8, 0, 0, 8, false,
         CAUSE_TIMEOUT                                                                                                       },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[64], echo[FRAME_REQUEST_MAX];
        size_t size = cases[i].before_size;

        set_up(WIRE_RTU);
        exchange_begin(&exchange, cases[i].asked, ns_from_ms(TIMEOUT_MS), 0, false, now);
        step_until(now_ms() + 100);
        exchange_sent(&exchange, now);
        memcpy(bytes, cases[i].before, size);
        frame_write_rtu(cases[i].asked, echo);
        if (strstr(cases[i].name, "own request") != NULL)
            memcpy(bytes, echo, 8);
        if (strstr(cases[i].name, "another slave") != NULL)
            seal_rtu(bytes, 7);
        size += answer_rtu(cases[i].asked, 7, bytes + size);
        if (cases[i].flip > 0)
            bytes[cases[i].flip] ^= 0x10;
        size -= cases[i].cut;
        memcpy(bytes + size, cases[i].after, cases[i].after_size);
        hear(bytes, size + cases[i].after_size);
        step_until(now_ms() + TIMEOUT_MS);
        if (exchange.result.answered != cases[i].answered ||
            exchange.result.cause != cases[i].cause)
            fail_msg("%s: answered %d, cause %d", cases[i].name, exchange.result.answered,
                     exchange.result.cause);
    }
}

static void a_frame_inside_a_strangers_frame_is_not_ours(void **state)
{
    uint8_t bytes[64] = {6, 3, 10};
    uint8_t ours[16];
    size_t size;

    set_up(WIRE_RTU);
    exchange_begin(&exchange, &block_a, ns_from_ms(TIMEOUT_MS), 0, false, now);
    step_until(now_ms() + 100);
    exchange_sent(&exchange, now);
    size = answer_rtu(&block_a, 666, ours);
    memcpy(bytes + 3, ours, size);
    bytes[12] = 0;
    size = seal_rtu(bytes, 13);
    for (size_t i = 0; i < size; i++)
        hear(bytes + i, 1); /* whole only with its last byte */
    step_until(now_ms() + TIMEOUT_MS);
    assert_failed(CAUSE_WRONG_UNIT);
}

static void after_a_strangers_request_to_our_unit_no_answer_is_believed(void **state)
{
    uint8_t bytes[64];
    size_t size;

    set_up(WIRE_RTU);
    exchange_begin(&exchange, &block_a, ns_from_ms(TIMEOUT_MS), 0, false, now);
    step_until(now_ms() + 100);
    exchange_sent(&exchange, now);
    size = frame_write_rtu(&block_b, bytes);
    size += answer_rtu(&block_a, 666, bytes + size);
    hear(bytes, size);
    step_until(now_ms() + TIMEOUT_MS);
    assert_failed(CAUSE_BAD_FRAME);
}

static void a_stranger_heard_while_idle_has_the_line_for_one_guard(void **state)
{
    uint8_t bytes[64];
    int64_t heard;

    set_up(WIRE_RTU);
    now.ns += ns_from_ms(10000);
    hear(bytes, frame_write_rtu(&block_b, bytes));
    heard = now_ms();
    ask(&block_a);
    assert_true(now_ms() - heard >= GUARD_MS);
}

static void noise_while_idle_costs_only_the_gap(void **state)
{
    int64_t heard;

    set_up(WIRE_RTU);
    now.ns += ns_from_ms(10000);
    hear("\xFF\xFE", 2);
    heard = now_ms();
    ask(&block_a);
    assert_int_equal(now_ms() - heard, GAP_MS);
}

static void a_line_that_never_falls_silent_is_given_up_and_never_asked(void **state)
{
    set_up(WIRE_RTU);
    exchange_begin(&exchange, &block_a, ns_from_ms(TIMEOUT_MS), 0, true, now);
    for (int i = 0; i < 60000; i++) {
        hear("\x55", 1);
        if (exchange_step(&exchange, now) == EXCHANGE_DONE)
            break;
        assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
        now.ns += ns_from_ms(1);
    }
    assert_failed(CAUSE_BAD_FRAME);
}

/* What waits in a socket is handed in when the request is about to be sent: each time there is
 * more. */
static void a_stream_that_never_falls_silent_is_given_up_and_never_asked(void **state)
{
    int64_t begun;

    set_up(WIRE_RTU);
    exchange.rules.gap_ns = 0;
    begun = now_ms();
    exchange_begin(&exchange, &block_a, ns_from_ms(TIMEOUT_MS), 0, true, now);
    hear("x", 1);
    for (;;) {
        enum exchange_step step = exchange_step(&exchange, now);

        if (step == EXCHANGE_DONE)
            break;
        assert_int_equal(step, EXCHANGE_WAIT);
        now.ns = exchange.wake;
        hear("x", 1);
    }
    assert_failed(CAUSE_BAD_FRAME);
    assert_true(now_ms() - begun <= 4 * (TIMEOUT_MS + GUARD_MS) + 1);
}

/* No serial line gives so much in a minute: whoever is at the other end, it is no serial server. */
static void a_stream_that_floods_is_closed_whether_it_is_asked_or_not(void **state)
{
    static const uint8_t junk[4096] = {4, 4, 250, 4, 4, 250};

    for (int asked = 0; asked <= 1; asked++) {
        size_t total = 0;

        set_up(WIRE_RTU);
        exchange.rules.char_ns = 0;
        exchange.rules.gap_ns = 0;
        if (asked)
            ask(&block_a);
        for (; total < 4096 * 1024 && !exchange_is_lost(&exchange); total += sizeof junk)
            hear(junk, sizeof junk);
        assert_true(exchange_is_lost(&exchange));
        assert_true(total > 700 * 1024); /* 115,200 Bd for a minute is not called a flood */
        assert_false(exchange_is_under_way(&exchange));
        if (asked)
            assert_failed(CAUSE_BAD_FRAME);
        exchange_connected(&exchange, now);
        assert_false(exchange_is_lost(&exchange));
        hear(junk, sizeof junk);
        assert_false(exchange_is_lost(&exchange));
    }
}

static void the_gap_is_counted_from_the_last_byte_sent_or_heard(void **state)
{
    uint8_t bytes[64];

    set_up(WIRE_RTU);
    ask(&block_a);
    now.ns += ns_from_ms(50);
    hear(bytes, answer_rtu(&block_a, 7, bytes));
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
    exchange_begin(&exchange, &other_shape, ns_from_ms(TIMEOUT_MS), 0, true, now);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    assert_int_equal(exchange.wake, now.ns + ns_from_ms(GAP_MS));
    now.ns += ns_from_ms(2);
    hear("\xFF", 1);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    now.ns += ns_from_ms(3);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    now.ns += ns_from_ms(1);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_SEND);
}

static void after_a_timeout_the_same_request_is_repeated_once_after_the_guard(void **state)
{
    uint8_t bytes[64];
    int64_t begun;

    set_up(WIRE_RTU);
    ask(&block_a);
    begun = now_ms();
    assert_int_equal(step_until(now_ms() + 60000), EXCHANGE_SEND);
    assert_int_equal(now_ms() - begun, TIMEOUT_MS + GUARD_MS);
    assert_memory_equal(exchange.tx, "\5\3\0\x64\0\2", 6);
    exchange_sent(&exchange, now);
    hear(bytes, answer_rtu(&block_a, 7, bytes));
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
    assert_answered(CAUSE_AFTER_TIMEOUT, 7);
}

static void an_answer_after_a_timeout_is_never_older_than_its_stamp_by_more_than_both(void **state)
{
    uint8_t bytes[64];
    int64_t begun;

    set_up(WIRE_RTU);
    ask(&block_a);
    begun = now_ms(); /* what the first asking is answered with may be from now… */
    step_until(now_ms() + 60000);
    exchange_sent(&exchange, now);
    now.ns += ns_from_ms(TIMEOUT_MS - 1); /* …and come this late */
    hear(bytes, answer_rtu(&block_a, 7, bytes));
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
    assert_answered(CAUSE_AFTER_TIMEOUT, 7);
    assert_int_equal(exchange.result.at.ns / 1000000 - begun, TIMEOUT_MS + GUARD_MS);
    assert_int_equal(exchange.result.took_ns, ns_from_ms(TIMEOUT_MS - 1));
    assert_int_equal(exchange.result.whole_ns, ns_from_ms(TIMEOUT_MS + GUARD_MS + TIMEOUT_MS - 1));
}

/* Noise that may begin a long frame holds the answer back until the deadline; meanwhile the machine
 * sleeps, or is stopped, for an hour. */
static void an_answer_taken_at_the_deadline_is_not_stamped_later_than_it(void **state)
{
    uint8_t bytes[64] = {5, 4, 250};
    int64_t asked;

    set_up(WIRE_RTU);
    ask(&block_a);
    asked = now.ns;
    now.ns += ns_from_ms(50);
    hear(bytes, 3 + answer_rtu(&block_a, 7, bytes + 3));
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    now.ns += ns_from_ms(3600 * 1000);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
    assert_answered(CAUSE_NONE, 7);
    assert_true(exchange.result.at.ns <= asked + ns_from_ms(TIMEOUT_MS));
}

static void an_answer_inside_the_guard_is_drained(void **state)
{
    uint8_t bytes[64];

    set_up(WIRE_RTU);
    ask(&block_a);
    now.ns += ns_from_ms(TIMEOUT_MS);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    now.ns += ns_from_ms(GUARD_MS / 2);
    hear(bytes, answer_rtu(&block_a, 666, bytes));
    assert_int_equal(step_until(now_ms() + 60000), EXCHANGE_SEND);
    exchange_sent(&exchange, now);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
}

/* How long after two timeouts of block_a another request is sent, in guards. */
static void another_block_that_looks_the_same_waits_one_guard_more(void **state)
{
    static const struct {
        const char *name;
        const struct request *next;
        int guards;
    } cases[] = {
        {"the same block",              &block_a,     2},
        {"same shape, another address", &block_b,     2},
        {"another shape",               &other_shape, 1},
        {"another unit",                &other_unit,  1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t over;

        set_up(WIRE_RTU);
        ask(&block_a);
        assert_int_equal(step_until(now_ms() + 60000), EXCHANGE_SEND);
        exchange_sent(&exchange, now);
        assert_int_equal(step_until(now_ms() + 60000), EXCHANGE_DONE);
        assert_failed(CAUSE_TIMEOUT);
        over = now_ms();
        ask(cases[i].next);
        if (now_ms() - over != cases[i].guards * GUARD_MS)
            fail_msg("%s: %lld ms", cases[i].name, (long long)(now_ms() - over));
    }
}

/* A gateway may have an answer overtake another. */
static void an_answer_to_another_block_of_the_unit_does_not_end_the_doubt(void **state)
{
    uint8_t bytes[64];
    int64_t over;

    set_up(WIRE_RTU);
    doubts[5].once = true;
    ask(&block_a);
    exchange_give_up(&exchange, CAUSE_TIMEOUT, now);
    ask(&other_shape);
    hear(bytes, answer_rtu(&other_shape, 7, bytes));
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
    over = now_ms();
    ask(&block_b);
    assert_int_equal(now_ms() - over, GUARD_MS);
    hear(bytes, answer_rtu(&block_b, 7, bytes));
    over = now_ms();
    ask(&block_a);
    assert_true(now_ms() - over <= GAP_MS); /* time has */
}

/* The repeat was answered by the first asking's answer, and its own may be late in its turn. */
static void after_a_repeat_both_late_answers_have_their_time(void **state)
{
    uint8_t bytes[64];
    int64_t repeated;

    set_up(WIRE_RTU);
    ask(&block_a);
    assert_int_equal(step_until(now_ms() + 60000), EXCHANGE_SEND);
    exchange_sent(&exchange, now);
    repeated = now_ms();
    hear(bytes, answer_rtu(&block_a, 7, bytes));
    assert_answered(CAUSE_AFTER_TIMEOUT, 7);
    ask(&block_b);
    assert_int_equal(now_ms() - repeated, TIMEOUT_MS + GUARD_MS);
}

static void a_late_answer_just_before_the_repeat_does_not_put_it_off(void **state)
{
    uint8_t bytes[64];
    int64_t begun;

    set_up(WIRE_RTU);
    ask(&block_a);
    begun = now_ms();
    assert_int_equal(step_until(now_ms() + TIMEOUT_MS + GUARD_MS / 2), EXCHANGE_WAIT);
    now.ns = ns_from_ms(begun + TIMEOUT_MS + GUARD_MS);
    hear(bytes, answer_rtu(&block_a, 7, bytes));
    assert_int_equal(step_until(now_ms() + 60000), EXCHANGE_SEND);
    assert_int_equal(now_ms() - begun, TIMEOUT_MS + GUARD_MS + GAP_MS);
}

/* Through a serial server there is no silence between frames. */
static void a_second_copy_has_a_moment_to_come_before_a_block_that_looks_the_same(void **state)
{
    const struct exchange_rules rules = {.wire = WIRE_RTU, .guard_ns = ns_from_ms(GUARD_MS)};
    uint8_t bytes[64];
    int64_t over;

    set_up(WIRE_RTU);
    exchange_init(&exchange, &rules, doubts, now);
    doubts[5].once = true;
    ask(&block_a);
    hear(bytes, answer_rtu(&block_a, 7, bytes));
    exchange_begin(&exchange, &block_b, ns_from_ms(TIMEOUT_MS), 0, true, now);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    hear(bytes, answer_rtu(&block_a, 7, bytes));
    over = now_ms();
    assert_int_equal(step_until(now_ms() + 60000), EXCHANGE_SEND);
    assert_true(now_ms() - over >= GUARD_MS);
}

/* Asks one block, hears its answer; returns how long after the one before it was sent, in ms. */
static int64_t ask_and_hear(const struct request *request, uint16_t word)
{
    int64_t over = now_ms();
    int64_t waited;
    uint8_t bytes[64];

    ask(request);
    waited = now_ms() - over;
    now.ns += ns_from_ms(50);
    hear(bytes, answer_rtu(request, word, bytes));
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
    assert_answered(CAUSE_NONE, word);
    return waited;
}

static void
a_unit_is_watched_once_for_a_second_answer_before_a_block_that_looks_the_same(void **state)
{
    set_up(WIRE_RTU);
    ask_and_hear(&block_a, 7);
    assert_true(ask_and_hear(&other_unit, 7) <= GAP_MS);
    assert_true(ask_and_hear(&block_b, 8) >= GUARD_MS - 100);
    for (int i = 0; i < 10; i++)
        assert_true(ask_and_hear(i % 2 ? &block_a : &block_b, 9) <= GAP_MS);
}

static void
a_unit_that_answered_twice_never_has_its_second_answer_taken_for_another_block(void **state)
{
    uint8_t bytes[64];

    set_up(WIRE_RTU);
    ask_and_hear(&block_a, 7);
    ask_and_hear(&block_b, 8);
    assert_true(ask_and_hear(&block_a, 7) <= GAP_MS);
    now.ns += ns_from_ms(2); /* the other device of that id */
    hear(bytes, answer_rtu(&block_a, 666, bytes));
    for (int i = 0; i < 5; i++) {
        ask_and_hear(i % 2 ? &block_a : &block_b, 9);
        ask(&other_unit); /* meanwhile the second answer comes again */
        hear(bytes, answer_rtu(i % 2 ? &block_a : &block_b, 666, bytes));
        hear(bytes, answer_rtu(&other_unit, 7, bytes));
        assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
        assert_answered(CAUSE_NONE, 7);
        assert_true(ask_and_hear(i % 2 ? &block_b : &block_a, 9) >= GUARD_MS - 100);
        assert_true(ask_and_hear(i % 2 ? &block_a : &block_b, 9) >= GUARD_MS - 100);
    }
}

/* --- a device that lies ------------------------------------------------------------------------
 */

static uint64_t dice_seed = 20261122;

static unsigned dice(unsigned sides)
{
    dice_seed ^= dice_seed << 13;
    dice_seed ^= dice_seed >> 7;
    dice_seed ^= dice_seed << 17;
    return (unsigned)((dice_seed >> 20) % sides);
}

enum { LATE_MAX = 64, BYTES_MAX = 400 };

/* Bytes under way to us. */
static struct flying {
    int64_t at_ns;
    uint8_t bytes[BYTES_MAX];
    size_t size;
} flying[LATE_MAX];
static size_t flying_count;

static void fly(const uint8_t *bytes, size_t size, int64_t delay_ms)
{
    struct flying *one;

    if (flying_count == LATE_MAX || size > BYTES_MAX)
        return;
    one = &flying[flying_count++];
    one->at_ns = now.ns + ns_from_ms(delay_ms);
    one->size = size;
    memcpy(one->bytes, bytes, size);
}

/* The value says which block was asked: unit and address; so a false one is seen. */
static uint16_t truth(const struct request *request)
{
    return (uint16_t)(request->unit * 4096 + request->address);
}

static size_t right_bytes(enum wire wire, const struct request *request, uint8_t *out)
{
    return wire == WIRE_TCP ? answer_tcp(request, exchange.tid, truth(request), out)
                            : answer_rtu(request, truth(request), out);
}

/* TCP loses nothing from the middle of a stream: after a cut frame nothing comes any more, and no
 * frame stands inside another. */
static bool stream_ended;

/* What the device makes of one request. */
static void lie(enum wire wire, const struct request *request)
{
    uint8_t bytes[BYTES_MAX];
    struct request stranger = {.unit = 9, .function = 3, .address = 100, .count = request->count};
    size_t size = right_bytes(wire, request, bytes);
    size_t more;
    int64_t late = TIMEOUT_MS + (int64_t)dice(GUARD_MS);

    unsigned kind = dice(14);

    if (stream_ended)
        return;
    if (wire == WIRE_TCP && flying_count > 0 && (kind == 9 || kind == 10))
        kind = 13;
    switch (kind) {
    case 0: /* nothing */
        return;
    case 1: /* late, within timeout + guard */
        fly(bytes, size, late);
        return;
    case 2: /* twice at once */
        memcpy(bytes + size, bytes, size);
        fly(bytes, 2 * size, dice(900));
        return;
    case 3: /* cut */
        fly(bytes, dice((unsigned)size), dice(900));
        stream_ended = wire == WIRE_TCP;
        if (stream_ended) {
            flying[0] = flying[flying_count - 1];
            flying_count = 1;
        }
        return;
    case 4: /* one bit of it flipped */
        bytes[(wire == WIRE_TCP ? dice(9) : dice((unsigned)size))] ^= (uint8_t)(1u << dice(8));
        fly(bytes, size, dice(900));
        return;
    case 5: /* noise before */
        memmove(bytes + 3, bytes, size);
        bytes[0] = (uint8_t)dice(256), bytes[1] = (uint8_t)dice(256), bytes[2] = (uint8_t)dice(8);
        fly(bytes, size + 3, dice(900));
        return;
    case 6: /* noise after */
        for (more = 0; more < 4; more++)
            bytes[size + more] = (uint8_t)dice(256);
        fly(bytes, size + more, dice(900));
        return;
    case 7: /* another unit's answer first */
        more = wire == WIRE_TCP ? answer_tcp(&stranger, exchange.tid, 666, bytes)
                                : answer_rtu(&stranger, 666, bytes);
        more += right_bytes(wire, request, bytes + more);
        fly(bytes, more, dice(900));
        return;
    case 8: /* our own bytes first */
        memcpy(bytes, exchange.tx, exchange.tx_size);
        size = exchange.tx_size + right_bytes(wire, request, bytes + exchange.tx_size);
        fly(bytes, size, dice(900));
        return;
    case 9: /* in two parts */
        more = 1 + dice((unsigned)size - 1);
        fly(bytes, more, dice(300));
        fly(bytes + more, size - more, 300 + (int64_t)dice(600));
        return;
    case 10: /* in two parts, the second late */
        more = 1 + dice((unsigned)size - 1);
        fly(bytes, more, dice(300));
        fly(bytes + more, size - more, late);
        return;
    default:
        fly(bytes, size, dice(900));
    }
}

static struct flying *next_flying(void)
{
    struct flying *first = NULL;

    for (size_t i = 0; i < flying_count; i++)
        if (first == NULL || flying[i].at_ns < first->at_ns)
            first = &flying[i];
    return first;
}

/* Lets time go to `wake` or to the next bytes, whichever comes first. */
static void pass_time(int64_t wake)
{
    struct flying *first = next_flying();

    if (first == NULL || first->at_ns > wake) {
        now.ns = wake > now.ns ? wake : now.ns;
        return;
    }
    now.ns = first->at_ns > now.ns ? first->at_ns : now.ns;
    exchange_bytes(&exchange, first->bytes, first->size, now);
    *first = flying[--flying_count];
}

static void stay_idle(int64_t ms)
{
    int64_t until = now.ns + ns_from_ms(ms);

    while (now.ns < until)
        pass_time(until);
}

static void run_one(enum wire wire, const struct request *request, size_t *good, size_t *late)
{
    exchange_begin(&exchange, request, ns_from_ms(TIMEOUT_MS), 0, dice(4) > 0, now);
    for (;;) {
        switch (exchange_step(&exchange, now)) {
        case EXCHANGE_SEND:
            exchange_sent(&exchange, now);
            lie(wire, request);
            continue;
        case EXCHANGE_WAIT:
            pass_time(exchange.wake);
            continue;
        case EXCHANGE_RECONNECT:
            flying_count = 0; /* what was under way dies with its connection */
            stream_ended = false;
            exchange_connected(&exchange, now);
            continue;
        case EXCHANGE_DONE:
            break;
        }
        break;
    }
    if (!exchange.result.answered)
        return;
    for (size_t i = 0; i < exchange.result.size; i += 2)
        if ((exchange.result.data[i] << 8 | exchange.result.data[i + 1]) != truth(request))
            fail_msg("unit %u address %u gave %02X%02X", request->unit, request->address,
                     exchange.result.data[i], exchange.result.data[i + 1]);
    *good += exchange.result.cause == CAUSE_NONE;
    *late += exchange.result.cause == CAUSE_AFTER_TIMEOUT;
}

static void a_lying_device_never_gets_a_false_value_through(void **state)
{
    for (int wire = WIRE_TCP; wire <= WIRE_RTU; wire++) {
        size_t good = 0, late = 0;

        set_up((enum wire)wire);
        flying_count = 0;
        stream_ended = false;
        for (int i = 0; i < 120000; i++) {
            const struct request request = {.unit = (uint8_t)(1 + dice(3)),
                                            .function = 3,
                                            .address = (uint16_t)(100 * (1 + dice(4))),
                                            .count = (uint16_t)(1 + dice(2))};

            run_one((enum wire)wire, &request, &good, &late);
            if (dice(4) == 0)
                stay_idle((int64_t)dice(3000));
        }
        print_message("%s: 120000 faulted exchanges, %zu good, %zu after a timeout, 0 false\n",
                      wire == WIRE_TCP ? "TCP" : "RTU", good, late);
        assert_true(good > 30000);
        assert_true(wire == WIRE_TCP || late > 5000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_of_a_tcp_answer_is_seen),
        cmocka_unit_test(only_one_value_of_each_field_is_an_answer),
        cmocka_unit_test(an_answer_is_not_overwritten_by_what_follows_it),
        cmocka_unit_test(half_an_answer_filled_up_by_the_next_frame_is_not_believed),
        cmocka_unit_test(an_answer_in_parts_with_late_frames_behind_it_is_believed),
        cmocka_unit_test(copies_of_an_answer_are_dropped_while_nothing_is_asked),
        cmocka_unit_test(a_device_that_always_answers_transaction_0_is_not_believed_and_noticed),
        cmocka_unit_test(transaction_0_is_never_asked_with),
        cmocka_unit_test(what_does_not_fit_is_a_new_connection_before_the_next_request),
        cmocka_unit_test(a_late_tcp_answer_is_dropped_by_its_transaction),
        cmocka_unit_test(dribbled_bytes_do_not_stretch_the_deadline),
        cmocka_unit_test(bytes_that_are_seen_after_the_deadline_are_no_answer),
        cmocka_unit_test(two_silences_in_a_row_are_a_dead_connection),
        cmocka_unit_test(every_exception_code_is_an_answer_without_a_value),
        cmocka_unit_test(a_flood_is_cut_off),
        cmocka_unit_test(a_flood_while_nothing_is_asked_is_cut_off),
        cmocka_unit_test(a_connection_that_breaks_unheard_is_tried_once_more_in_the_same_time),
        cmocka_unit_test(an_answer_that_comes_before_the_moment_it_was_asked_at_took_no_time),
        cmocka_unit_test(every_fault_of_an_rtu_line_is_seen),
        cmocka_unit_test(a_frame_inside_a_strangers_frame_is_not_ours),
        cmocka_unit_test(after_a_strangers_request_to_our_unit_no_answer_is_believed),
        cmocka_unit_test(a_stranger_heard_while_idle_has_the_line_for_one_guard),
        cmocka_unit_test(noise_while_idle_costs_only_the_gap),
        cmocka_unit_test(a_line_that_never_falls_silent_is_given_up_and_never_asked),
        cmocka_unit_test(a_stream_that_never_falls_silent_is_given_up_and_never_asked),
        cmocka_unit_test(a_stream_that_floods_is_closed_whether_it_is_asked_or_not),
        cmocka_unit_test(the_gap_is_counted_from_the_last_byte_sent_or_heard),
        cmocka_unit_test(after_a_timeout_the_same_request_is_repeated_once_after_the_guard),
        cmocka_unit_test(an_answer_after_a_timeout_is_never_older_than_its_stamp_by_more_than_both),
        cmocka_unit_test(an_answer_taken_at_the_deadline_is_not_stamped_later_than_it),
        cmocka_unit_test(an_answer_inside_the_guard_is_drained),
        cmocka_unit_test(another_block_that_looks_the_same_waits_one_guard_more),
        cmocka_unit_test(an_answer_to_another_block_of_the_unit_does_not_end_the_doubt),
        cmocka_unit_test(after_a_repeat_both_late_answers_have_their_time),
        cmocka_unit_test(a_late_answer_just_before_the_repeat_does_not_put_it_off),
        cmocka_unit_test(a_second_copy_has_a_moment_to_come_before_a_block_that_looks_the_same),
        cmocka_unit_test(
            a_unit_is_watched_once_for_a_second_answer_before_a_block_that_looks_the_same),
        cmocka_unit_test(
            a_unit_that_answered_twice_never_has_its_second_answer_taken_for_another_block),
        cmocka_unit_test(a_lying_device_never_gets_a_false_value_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
