/* Tests of flow/timing.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "flow/timing.h"

static struct link_setup serial(int baud, char parity, int stop_bits)
{
    return (struct link_setup){
        .kind = LINK_SERIAL, .baud = baud, .parity = parity, .stop_bits = stop_bits};
}

static void a_character_is_as_long_as_its_framing(void **state)
{
    static const struct {
        char parity;
        int stop_bits, bits;
    } cases[] = {
        {'N', 1, 10},
        {'N', 2, 11},
        {'E', 1, 11},
        {'O', 2, 12},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct link_setup link = serial(9600, cases[i].parity, cases[i].stop_bits);

        assert_int_equal(timing_char_ns(&link), cases[i].bits * 1000000000ll / 9600);
    }
}

static void the_silence_is_three_and_a_half_characters_or_as_set(void **state)
{
    struct link_setup link = serial(9600, 'N', 1);

    assert_in_range(timing_gap_ns(&link), 4010000, 4011000);
    link.baud = 19200;
    assert_in_range(timing_gap_ns(&link), 2005000, 2006000);
    link.baud = 38400;
    assert_int_equal(timing_gap_ns(&link), 1750000);
    link.gap_us = 30000;
    assert_int_equal(timing_gap_ns(&link), 30000000);
}

static void tcp_has_neither_and_a_server_hides_its_line(void **state)
{
    struct link_setup tcp = {.kind = LINK_TCP};
    struct link_setup server = {.kind = LINK_RTU_TCP};

    assert_false(timing_is_bus(LINK_TCP));
    assert_int_equal(timing_char_ns(&tcp), 0);
    assert_int_equal(timing_gap_ns(&tcp), 0);
    assert_true(timing_is_bus(LINK_RTU_TCP) && timing_is_bus(LINK_DIALIN));
    assert_int_equal(timing_char_ns(&server), 10 * 1000000000ll / 9600);
    assert_int_equal(timing_gap_ns(&server), 0);
}

static void bytes_are_those_of_the_frames(void **state)
{
    const struct planned registers = {AREA_HOLDING_REGISTER, 0, 8, false};
    const struct planned bits = {AREA_COIL, 0, 9, false};

    assert_int_equal(timing_request_bytes(LINK_SERIAL), 8);
    assert_int_equal(timing_answer_bytes(LINK_SERIAL, &registers), 5 + 16);
    assert_int_equal(timing_answer_bytes(LINK_DIALIN, &bits), 5 + 2);
    assert_int_equal(timing_request_bytes(LINK_TCP), 12);
    assert_int_equal(timing_answer_bytes(LINK_TCP, &registers), 9 + 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_character_is_as_long_as_its_framing),
        cmocka_unit_test(the_silence_is_three_and_a_half_characters_or_as_set),
        cmocka_unit_test(tcp_has_neither_and_a_server_hides_its_line),
        cmocka_unit_test(bytes_are_those_of_the_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
