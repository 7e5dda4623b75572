/* Tests of drivers/diagnosis.c: what is said of a line, from the bytes a real port would give.
 *
 * Wrong settings and collisions are drawn as levels on a wire and sampled as a UART samples them
 * (support/uart.h), so nothing here is a byte pattern somebody thought of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "drivers/diagnosis.h"
#include "support/uart.h"

static struct diagnosis diagnosis;
static struct mono_time now;
static uint16_t tid;

static void set_up(enum wire wire)
{
    now.ns = ns_from_ms(1000000);
    tid = 0;
    diagnosis_init(&diagnosis, wire, false);
}

static uint64_t dice_seed;

static unsigned dice(unsigned sides)
{
    dice_seed ^= dice_seed << 13;
    dice_seed ^= dice_seed >> 7;
    dice_seed ^= dice_seed << 17;
    return (unsigned)((dice_seed >> 20) % sides);
}

static struct request block(uint8_t unit)
{
    return (struct request){.unit = unit, .function = 3, .address = 100, .count = 3};
}

static void ask(const struct request *request)
{
    uint8_t tx[FRAME_REQUEST_MAX];
    size_t size = diagnosis.wire == WIRE_TCP ? frame_write_tcp(request, ++tid, tx)
                                             : frame_write_rtu(request, tx);

    now.ns += ns_from_ms(1000);
    diagnosis_sent(&diagnosis, request, tx, size, now);
}

static void hear(const void *bytes, size_t count)
{
    diagnosis_heard(&diagnosis, bytes, count, now);
}

static size_t seal(uint8_t *frame, size_t size)
{
    uint16_t crc = frame_crc(frame, size);

    frame[size] = (uint8_t)crc;
    frame[size + 1] = (uint8_t)(crc >> 8);
    return size + 2;
}

/* The right answer as `unit`, its words by chance. */
static size_t answer_as(uint8_t unit, const struct request *request, uint8_t *out)
{
    size_t data = request_data_size(request);

    out[0] = unit;
    out[1] = request->function;
    out[2] = (uint8_t)data;
    for (size_t i = 0; i < data; i++)
        out[3 + i] = (uint8_t)dice(256);
    return seal(out, 3 + data);
}

static size_t answer(const struct request *request, uint8_t *out)
{
    return answer_as(request->unit, request, out);
}

static void ask_and_answer(uint8_t unit)
{
    const struct request request = block(unit);
    uint8_t bytes[64];

    ask(&request);
    hear(bytes, answer(&request, bytes));
}

static void answer_damaged(uint8_t unit)
{
    const struct request request = block(unit);
    uint8_t bytes[64];
    size_t size;

    ask(&request);
    size = answer(&request, bytes);
    bytes[3 + dice(6)] ^= (uint8_t)(1 + dice(255));
    hear(bytes, size);
}

static struct finding finding(void)
{
    diagnosis_settle(&diagnosis, now);
    return diagnosis_finding(&diagnosis);
}

static void assert_found(enum finding_kind kind, uint8_t unit)
{
    struct finding is = finding();

    if (is.kind != kind || is.unit != unit)
        fail_msg("found \"%s\" of unit %u, not \"%s\" of unit %u", finding_word(is.kind), is.unit,
                 finding_word(kind), unit);
}

/* --- line settings -----------------------------------------------------------------------------
 */

static const struct uart ports[] = {
    {1200,   'N', 1},
    {2400,   'N', 1},
    {4800,   'N', 1},
    {9600,   'N', 1},
    {9600,   'N', 2},
    {9600,   'E', 1},
    {9600,   'O', 1},
    {19200,  'N', 1},
    {19200,  'E', 1},
    {38400,  'N', 1},
    {57600,  'N', 1},
    {115200, 'N', 1},
    {115200, 'E', 1},
};

enum { PORTS = sizeof ports / sizeof ports[0], ANSWERS = 6 };

/* A second stop bit is one bit more of silence: both sides understand each other. */
static bool understand(const struct uart *sender, const struct uart *receiver)
{
    return sender->baud == receiver->baud && sender->parity == receiver->parity;
}

/* `units` are asked in turn; the answers cross a wire between unlike ports. */
static void poll_over(const struct uart *sender, const struct uart *receiver, unsigned units)
{
    for (unsigned i = 0; i < ANSWERS; i++) {
        const struct request request = block((uint8_t)(1 + i % units));
        uint8_t sent[64], heard[UART_BYTES];

        ask(&request);
        hear(heard, uart_hear(sender, sent, answer(&request, sent), receiver, heard, sizeof heard));
    }
}

static void wrong_settings_are_named_after_a_few_answers(void **state)
{
    dice_seed = 20261123;
    for (size_t from = 0; from < PORTS; from++)
        for (size_t to = 0; to < PORTS; to++)
            for (unsigned units = 1; units <= 5; units++) {
                enum finding_kind is;

                set_up(WIRE_RTU);
                poll_over(&ports[from], &ports[to], units);
                is = finding().kind;
                if (is != (understand(&ports[from], &ports[to]) ? FINDING_NONE : FINDING_SETTINGS))
                    fail_msg("%.0f %c heard at %.0f %c, %u units: %s", ports[from].baud,
                             ports[from].parity, ports[to].baud, ports[to].parity, units,
                             finding_word(is));
            }
}

static void the_length_of_the_answers_tells_a_wrong_parity_from_a_wrong_rate(void **state)
{
    set_up(WIRE_RTU);
    poll_over(&ports[3], &ports[5], 1); /* 8N1 read as 8E1 */
    assert_found(FINDING_SETTINGS, 0);
    assert_true(finding().framed);
    set_up(WIRE_RTU);
    poll_over(&ports[7], &ports[3], 1); /* 19,200 Bd read at 9,600 */
    assert_false(finding().framed);
}

static void silence_says_nothing_of_the_settings(void **state)
{
    const struct request request = block(7);

    set_up(WIRE_RTU);
    for (int i = 0; i < 100; i++)
        ask(&request);
    assert_found(FINDING_NONE, 0);
}

static void one_device_with_other_settings_is_told_from_a_wrong_line(void **state)
{
    const struct request strange = block(9);

    set_up(WIRE_RTU);
    for (int i = 0; i < 6; i++) {
        uint8_t sent[64], heard[UART_BYTES];

        ask_and_answer(5);
        ask(&strange);
        hear(heard,
             uart_hear(&ports[7], sent, answer(&strange, sent), &ports[3], heard, sizeof heard));
    }
    assert_found(FINDING_SETTINGS, 9);
}

static void right_frames_end_the_verdict_on_the_settings(void **state)
{
    set_up(WIRE_RTU);
    poll_over(&ports[7], &ports[3], 1);
    assert_found(FINDING_SETTINGS, 0);
    for (int i = 0; i < 7; i++)
        ask_and_answer(1);
    assert_found(FINDING_SETTINGS, 0);
    ask_and_answer(1);
    assert_found(FINDING_NONE, 0);
}

/* --- wiring ------------------------------------------------------------------------------------
 */

static void rare_crc_errors_are_nothing_and_one_in_a_hundred_is_the_wiring(void **state)
{
    set_up(WIRE_RTU);
    for (int i = 0; i < 6000; i++)
        i % 400 == 399 ? answer_damaged(5) : ask_and_answer(5);
    assert_found(FINDING_NONE, 0);
    for (int i = 0; i < 2000; i++)
        i % 90 == 89 ? answer_damaged(5) : ask_and_answer(5);
    assert_found(FINDING_DAMAGED, 0);
    for (int i = 0; i < 600; i++)
        ask_and_answer(5);
    assert_found(FINDING_NONE, 0);
}

static void a_line_that_once_worked_and_is_damaged_has_right_settings(void **state)
{
    set_up(WIRE_RTU);
    ask_and_answer(5);
    for (int i = 0; i < 6; i++)
        answer_damaged((uint8_t)(5 + i % 2));
    assert_found(FINDING_DAMAGED, 0);
}

static void a_lone_unit_is_not_told_from_its_line(void **state)
{
    set_up(WIRE_RTU);
    ask_and_answer(5);
    for (int i = 0; i < 6; i++)
        answer_damaged(5);
    assert_found(FINDING_DAMAGED, 0);
}

static void a_unit_that_is_seldom_damaged_is_not_two_units(void **state)
{
    set_up(WIRE_RTU);
    for (int i = 0; i < 100; i++) {
        ask_and_answer(4);
        i % 10 == 9 ? answer_damaged(5) : ask_and_answer(5);
    }
    assert_found(FINDING_DAMAGED, 0);
}

static void extra_bytes_at_right_frames_again_and_again_are_a_missing_terminator(void **state)
{
    for (int before = 0; before < 2; before++) {
        set_up(WIRE_RTU);
        for (int i = 0; i < 5; i++) {
            const struct request request = block(5);
            uint8_t bytes[64];
            size_t size = answer(&request, bytes + 1);

            ask(&request);
            bytes[0] = bytes[1 + size] = 0x00;
            hear(before ? bytes : bytes + 1, size + 1);
            assert_true(finding().kind == (i < 3 ? FINDING_NONE : FINDING_EXTRA_BYTES));
        }
        for (int i = 0; i < 8; i++)
            ask_and_answer(5);
        assert_found(FINDING_NONE, 0);
    }
}

/* --- two with one id ---------------------------------------------------------------------------
 */

static void two_answers_to_one_request_are_two_units_with_one_id(void **state)
{
    set_up(WIRE_RTU);
    for (int i = 0; i < 4; i++) {
        const struct request request = block(5);
        uint8_t bytes[64];

        ask_and_answer(4);
        ask(&request);
        hear(bytes, answer(&request, bytes));
        now.ns += ns_from_ms(30);
        hear(bytes, answer(&request, bytes));
    }
    assert_found(FINDING_TWO_UNITS, 5);
}

static void a_second_answer_that_comes_after_the_next_request_counts_as_well(void **state)
{
    const struct request other = {.unit = 5, .function = 3, .address = 9, .count = 1};

    set_up(WIRE_RTU);
    for (int i = 0; i < 4; i++) {
        const struct request request = block(5);
        uint8_t bytes[64];

        ask(&request);
        hear(bytes, answer(&request, bytes));
        ask(&other);
        hear(bytes, answer(&request, bytes));
        hear(bytes, answer(&other, bytes));
    }
    assert_found(FINDING_TWO_UNITS, 5);
}

static void answer_twice(uint8_t unit)
{
    const struct request request = block(unit);
    uint8_t bytes[64];

    ask(&request);
    hear(bytes, answer(&request, bytes));
    hear(bytes, answer(&request, bytes));
}

/* Whose values are withheld, until one answer each has come for a while. */
static void a_doubled_unit_is_doubled_alone_and_until_the_finding_ends(void **state)
{
    set_up(WIRE_RTU);
    for (int i = 0; i < 3; i++) {
        assert_false(diagnosis_is_doubled(&diagnosis, 5));
        answer_twice(5);
    }
    ask_and_answer(4);
    assert_true(diagnosis_is_doubled(&diagnosis, 5));
    assert_false(diagnosis_is_doubled(&diagnosis, 4));
    assert_false(diagnosis_is_doubled(&diagnosis, 0));
    for (int i = 0; i < 30; i++) {
        bool stands = finding().kind == FINDING_TWO_UNITS;

        assert_true(diagnosis_is_doubled(&diagnosis, 5) == stands);
        ask_and_answer(5);
    }
    assert_false(diagnosis_is_doubled(&diagnosis, 5));
}

static void a_doubled_unit_is_remembered_among_many_odd_ones(void **state)
{
    set_up(WIRE_RTU);
    for (int i = 0; i < 3; i++)
        answer_twice(5);
    for (int i = 0; i < 100; i++)
        answer_damaged((uint8_t)(10 + i / 10)); /* each more often than that */
    assert_true(diagnosis_is_doubled(&diagnosis, 5));
}

static void late_answers_are_not_a_second_unit(void **state)
{
    const struct request request = block(5);
    uint8_t bytes[64];

    set_up(WIRE_RTU);
    for (int i = 0; i < 20; i++) {
        ask(&request); /* silence, and the answer comes together with that to the repeat */
        ask(&request);
        hear(bytes, answer(&request, bytes));
        hear(bytes, answer(&request, bytes));
        ask_and_answer(6);
    }
    assert_found(FINDING_NONE, 0);
}

static void answers_that_collide_at_one_unit_only_are_told_from_bad_wiring(void **state)
{
    static struct uart_line wire;
    const struct request request = block(5);

    dice_seed = 77;
    set_up(WIRE_RTU);
    for (int i = 0; i < 12; i++) {
        uint8_t one[64], other[64], heard[UART_BYTES];

        ask_and_answer(4);
        ask_and_answer(6);
        ask(&request);
        uart_draw(&wire.one, &ports[3], one, answer(&request, one));
        uart_draw(&wire.other, &ports[3], other, answer(&request, other));
        wire.later = dice(20) / 200000.0; /* up to a bit apart, as two alike devices are */
        hear(heard, uart_receive(&wire, &ports[3], heard, sizeof heard));
    }
    assert_found(FINDING_COLLIDING, 5);
}

static void damage_at_every_unit_is_the_line(void **state)
{
    set_up(WIRE_RTU);
    for (int i = 0; i < 60; i++)
        i % 3 == 1 ? answer_damaged((uint8_t)(4 + i % 4)) : ask_and_answer((uint8_t)(4 + i % 4));
    assert_found(FINDING_DAMAGED, 0);
}

/* --- strangers ---------------------------------------------------------------------------------
 */

static void requests_nobody_of_us_sent_are_a_second_master(void **state)
{
    const struct request theirs = {.unit = 9, .function = 4, .address = 0, .count = 2};

    for (int answered = 0; answered < 2; answered++) {
        set_up(WIRE_RTU);
        for (int i = 0; i < 30; i++) {
            uint8_t bytes[64];

            ask_and_answer(5);
            now.ns += ns_from_ms(100);
            if (i % 10 != 0)
                continue;
            hear(bytes, frame_write_rtu(&theirs, bytes));
            if (answered)
                hear(bytes, answer(&theirs, bytes));
        }
        assert_found(FINDING_SECOND_MASTER, 0);
    }
}

static void a_second_master_that_asks_our_own_unit_is_not_two_units(void **state)
{
    const struct request theirs = {.unit = 5, .function = 3, .address = 50, .count = 3};
    uint8_t bytes[64];

    set_up(WIRE_RTU);
    for (int i = 0; i < 10; i++) {
        ask_and_answer(5);
        hear(bytes, frame_write_rtu(&theirs, bytes));
        hear(bytes, answer(&theirs, bytes));
    }
    assert_found(FINDING_SECOND_MASTER, 0);
}

static void a_master_that_has_gone_is_forgotten(void **state)
{
    requests_nobody_of_us_sent_are_a_second_master(state);
    for (int i = 0; i < 60; i++)
        ask_and_answer(5);
    assert_found(FINDING_NONE, 0);
}

static void a_late_answer_of_another_of_our_units_is_no_stranger(void **state)
{
    const struct request bits = {.unit = 9, .function = 1, .address = 0, .count = 24};
    const struct request slow[] = {block(9), bits}; /* 24 bits: as long as a request */
    uint8_t bytes[64];

    for (size_t which = 0; which < 2; which++) {
        set_up(WIRE_RTU);
        for (int i = 0; i < 20; i++) {
            ask(&slow[which]);
            ask(&slow[which]);
            ask_and_answer(5);
            hear(bytes, answer(&slow[which], bytes));
        }
        assert_found(FINDING_NONE, 0);
    }
}

static void a_device_that_answers_as_another_unit_is_named_with_both(void **state)
{
    for (int wire = WIRE_TCP; wire <= WIRE_RTU; wire++) {
        char sentence[400];
        struct finding is;

        set_up((enum wire)wire);
        for (int i = 0; i < 3; i++) {
            const struct request request = block(1);
            uint8_t bytes[64] = {0, (uint8_t)(tid + 1), 0, 0, 0, 9};
            size_t size;

            ask(&request);
            size = answer_as(5, &request, bytes + 6);
            hear(wire == WIRE_TCP ? bytes : bytes + 6, wire == WIRE_TCP ? 6 + size - 2 : size);
        }
        is = finding();
        assert_int_equal(is.kind, FINDING_OTHER_UNIT);
        assert_int_equal(is.unit, 1);
        assert_int_equal(is.other, 5);
        say_in(LANGUAGE_EN);
        finding_say(&is, "north", "", "", sentence, sizeof sentence);
        assert_non_null(strstr(sentence, "unit 1 is asked and answers as unit 5"));
    }
}

static void our_own_bytes_are_an_echo_unless_the_link_says_so(void **state)
{
    for (int expected = 0; expected < 2; expected++) {
        set_up(WIRE_RTU);
        diagnosis.echo_expected = expected;
        for (int i = 0; i < 3; i++) {
            const struct request request = block(5);
            uint8_t bytes[64];

            ask(&request);
            hear(diagnosis.tx, diagnosis.tx_size);
            hear(bytes, answer(&request, bytes));
        }
        assert_found(expected ? FINDING_NONE : FINDING_ECHO, 0);
    }
}

/* --- the other wire ----------------------------------------------------------------------------
 */

static void rtu_frames_on_a_tcp_link_suggest_the_right_kind(void **state)
{
    char sentence[400];
    struct finding is;

    set_up(WIRE_TCP);
    for (int i = 0; i < 2; i++) {
        const struct request request = block(5);
        uint8_t bytes[64];

        ask(&request);
        hear(bytes, answer(&request, bytes));
        diagnosis_connected(&diagnosis, now); /* the exchange has lost the stream */
    }
    is = finding();
    assert_int_equal(is.kind, FINDING_RTU_ON_TCP);
    say_in(LANGUAGE_ZH);
    finding_say(&is, "north", "", "", sentence, sizeof sentence);
    assert_non_null(strstr(sentence, "kind = \"rtu_tcp\""));
}

/* A Modbus TCP server takes unit and function for its transaction, and our CRC for unit and
 * function. */
static void tcp_frames_on_an_rtu_link_suggest_the_right_kind(void **state)
{
    const struct request request = {.unit = 5, .function = 3, .address = 0, .count = 2};
    uint8_t bytes[9] = {5, 3, 0, 0, 0, 3, 0, 0, 1};

    set_up(WIRE_RTU);
    for (int i = 0; i < 2; i++) {
        ask(&request);
        bytes[6] = diagnosis.tx[6];
        bytes[7] = diagnosis.tx[7] | 0x80;
        hear(bytes, sizeof bytes);
        diagnosis_connected(&diagnosis, now);
    }
    assert_found(FINDING_TCP_ON_RTU, 0);
}

static void what_is_no_modbus_is_said_to_be_none(void **state)
{
    const struct request request = block(5);

    set_up(WIRE_TCP);
    for (int i = 0; i < 3; i++) {
        ask(&request);
        hear("HTTP/1.1 400 Bad Request\r\n\r\n", 28);
        diagnosis_connected(&diagnosis, now);
    }
    assert_found(FINDING_NOT_MODBUS, 0);
}

/* --- the module --------------------------------------------------------------------------------
 */

static void every_finding_is_one_whole_sentence_in_both_languages(void **state)
{
    for (int language = LANGUAGE_ZH; language <= LANGUAGE_EN; language++)
        for (int kind = FINDING_NONE + 1; kind <= FINDING_DAMAGED; kind++)
            for (int unit = 0; unit < 248; unit += 247)
                for (int framed = 0; framed < 2; framed++) {
                    const struct finding is = {.kind = (enum finding_kind)kind,
                                               .unit = (uint8_t)unit,
                                               .other = 247,
                                               .framed = framed,
                                               .count = 100000,
                                               .of = 4000000000u};
                    char sentence[400];

                    say_in((enum language)language);
                    finding_say(&is, "outfall-north-rs485-2", "115200 8N1", "2026-11-23 10:04:17",
                                sentence, sizeof sentence);
                    assert_non_null(strstr(sentence, "outfall-north-rs485-2"));
                    assert_non_null(strstr(sentence, "2026-11-23 10:04:17"));
                    assert_true(finding_word((enum finding_kind)kind)[0] != '\0');
                }
}

static void no_bytes_crash_it_and_a_well_line_is_never_blamed(void **state)
{
    dice_seed = 5;
    for (int wire = WIRE_TCP; wire <= WIRE_RTU; wire++) {
        set_up((enum wire)wire);
        for (int i = 0; i < 20000; i++) {
            const struct request request = block((uint8_t)(1 + dice(40)));
            uint8_t noise[700];
            size_t size = dice(sizeof noise);

            for (size_t j = 0; j < size; j++)
                noise[j] = (uint8_t)dice(dice(2) ? 256 : 8);
            if (dice(5) > 0)
                ask(&request);
            hear(noise, size);
            if (dice(20) == 0)
                diagnosis_connected(&diagnosis, now);
            (void)finding();
        }
    }
    set_up(WIRE_RTU);
    for (int i = 0; i < 5000; i++) {
        ask_and_answer((uint8_t)(1 + dice(32)));
        assert_int_equal(diagnosis_finding(&diagnosis).kind, FINDING_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_settings_are_named_after_a_few_answers),
        cmocka_unit_test(the_length_of_the_answers_tells_a_wrong_parity_from_a_wrong_rate),
        cmocka_unit_test(silence_says_nothing_of_the_settings),
        cmocka_unit_test(one_device_with_other_settings_is_told_from_a_wrong_line),
        cmocka_unit_test(right_frames_end_the_verdict_on_the_settings),
        cmocka_unit_test(rare_crc_errors_are_nothing_and_one_in_a_hundred_is_the_wiring),
        cmocka_unit_test(a_line_that_once_worked_and_is_damaged_has_right_settings),
        cmocka_unit_test(a_lone_unit_is_not_told_from_its_line),
        cmocka_unit_test(a_unit_that_is_seldom_damaged_is_not_two_units),
        cmocka_unit_test(extra_bytes_at_right_frames_again_and_again_are_a_missing_terminator),
        cmocka_unit_test(two_answers_to_one_request_are_two_units_with_one_id),
        cmocka_unit_test(a_doubled_unit_is_doubled_alone_and_until_the_finding_ends),
        cmocka_unit_test(a_doubled_unit_is_remembered_among_many_odd_ones),
        cmocka_unit_test(a_second_answer_that_comes_after_the_next_request_counts_as_well),
        cmocka_unit_test(late_answers_are_not_a_second_unit),
        cmocka_unit_test(answers_that_collide_at_one_unit_only_are_told_from_bad_wiring),
        cmocka_unit_test(damage_at_every_unit_is_the_line),
        cmocka_unit_test(requests_nobody_of_us_sent_are_a_second_master),
        cmocka_unit_test(a_second_master_that_asks_our_own_unit_is_not_two_units),
        cmocka_unit_test(a_master_that_has_gone_is_forgotten),
        cmocka_unit_test(a_late_answer_of_another_of_our_units_is_no_stranger),
        cmocka_unit_test(a_device_that_answers_as_another_unit_is_named_with_both),
        cmocka_unit_test(our_own_bytes_are_an_echo_unless_the_link_says_so),
        cmocka_unit_test(rtu_frames_on_a_tcp_link_suggest_the_right_kind),
        cmocka_unit_test(tcp_frames_on_an_rtu_link_suggest_the_right_kind),
        cmocka_unit_test(what_is_no_modbus_is_said_to_be_none),
        cmocka_unit_test(every_finding_is_one_whole_sentence_in_both_languages),
        cmocka_unit_test(no_bytes_crash_it_and_a_well_line_is_never_blamed),
    };

    dice_seed = 20261123;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
