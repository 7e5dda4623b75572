/* Tests of drivers/plan.c. Names say what must hold; the file reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/plan.h"

enum { CHANNELS = POLL_READINGS_MAX };

/* A sensor model a test fills with channels, and the plan made for it. */
struct bench {
    struct profile profile;
    struct channel channels[CHANNELS];
    const struct channel *wanted[CHANNELS];
    size_t count;
    struct gaps gaps;
    struct plan plan;
    struct error err;
};

static struct bench bench;

static int fresh_bench(void **state)
{
    memset(&bench, 0, sizeof bench);
    snprintf(bench.profile.model, sizeof bench.profile.model, "bench");
    bench.profile.max_registers = 125;
    return 0;
}

static void add(enum register_area area, uint16_t address, enum word_type type)
{
    struct channel *channel = &bench.channels[bench.count];

    *channel = (struct channel){.area = area, .address = address, .type = type};
    snprintf(channel->name, sizeof channel->name, "ph.c%zu", bench.count);
    bench.wanted[bench.count++] = channel;
}

static void add_state(enum register_area area, uint16_t address, const char *channel)
{
    struct state *added = &bench.profile.states[bench.profile.state_count++];

    *added = (struct state){.area = area, .address = address, .mask = 1};
    snprintf(added->channel, sizeof added->channel, "%s", channel);
}

static bool make_open(uint64_t open)
{
    plan_gaps(&bench.gaps, &bench.profile, bench.wanted, bench.count);
    return plan_make(&bench.plan, &bench.profile, bench.wanted, bench.count, &bench.gaps, open,
                     &bench.err);
}

static bool make(bool with_gaps)
{
    return make_open(with_gaps ? GAPS_ALL : 0);
}

static void assert_request(size_t index, enum register_area area, unsigned address, unsigned count,
                           bool has_gap)
{
    assert_true(index < bench.plan.count);
    assert_int_equal(bench.plan.requests[index].area, area);
    assert_int_equal(bench.plan.requests[index].address, address);
    assert_int_equal(bench.plan.requests[index].count, count);
    assert_int_equal(bench.plan.requests[index].has_gap, has_gap);
}

static void neighbours_are_read_together_whatever_their_order(void **state)
{
    add(AREA_HOLDING_REGISTER, 3, WORDS_UINT16);
    add(AREA_HOLDING_REGISTER, 0, WORDS_FLOAT32);
    add(AREA_HOLDING_REGISTER, 2, WORDS_UINT16);
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 1);
    assert_request(0, AREA_HOLDING_REGISTER, 0, 4, false);
}

static void what_stands_beside_a_value_is_read_with_it(void **state)
{
    add(AREA_HOLDING_REGISTER, 10, WORDS_FLOAT64);
    bench.channels[0].unit_setting =
        (struct beside){.is_there = true, .area = AREA_HOLDING_REGISTER, .address = 14};
    bench.channels[0].decimals =
        (struct beside){.is_there = true, .area = AREA_INPUT_REGISTER, .address = 3};
    bench.channels[0].absent_register =
        (struct beside){.is_there = true, .area = AREA_HOLDING_REGISTER, .address = 30};
    assert_true(make(false));
    assert_int_equal(bench.plan.count, 3);
    assert_request(0, AREA_INPUT_REGISTER, 3, 1, false);
    assert_request(1, AREA_HOLDING_REGISTER, 10, 5, false);
    assert_request(2, AREA_HOLDING_REGISTER, 30, 4, false);
}

static void areas_are_never_mixed(void **state)
{
    add(AREA_HOLDING_REGISTER, 0, WORDS_UINT16);
    add(AREA_INPUT_REGISTER, 1, WORDS_UINT16);
    add(AREA_DISCRETE_INPUT, 2, WORDS_BIT);
    add(AREA_COIL, 3, WORDS_BIT);
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 4);
}

static void a_gap_is_read_through_only_as_far_as_the_profile_allows(void **state)
{
    bench.profile.max_gap = 4;
    add(AREA_HOLDING_REGISTER, 0, WORDS_UINT16);
    add(AREA_HOLDING_REGISTER, 5, WORDS_UINT16);
    add(AREA_HOLDING_REGISTER, 11, WORDS_UINT16);
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 2);
    assert_request(0, AREA_HOLDING_REGISTER, 0, 6, true);
    assert_request(1, AREA_HOLDING_REGISTER, 11, 1, false);
}

static void without_gaps_nothing_unasked_is_read(void **state)
{
    bench.profile.max_gap = 4;
    add(AREA_HOLDING_REGISTER, 0, WORDS_UINT16);
    add(AREA_HOLDING_REGISTER, 2, WORDS_UINT16);
    assert_true(make(false));
    assert_int_equal(bench.plan.count, 2);
    assert_request(0, AREA_HOLDING_REGISTER, 0, 1, false);
}

static void assert_gap(size_t index, enum register_area area, unsigned address, unsigned count)
{
    assert_true(index < bench.gaps.count);
    assert_int_equal(bench.gaps.at[index].area, area);
    assert_int_equal(bench.gaps.at[index].address, address);
    assert_int_equal(bench.gaps.at[index].count, count);
}

static void every_gap_the_profile_allows_is_listed_once_and_in_order(void **state)
{
    bench.profile.max_gap = 4;
    add(AREA_HOLDING_REGISTER, 20, WORDS_UINT16);
    add(AREA_HOLDING_REGISTER, 0, WORDS_FLOAT32);
    add(AREA_HOLDING_REGISTER, 1, WORDS_UINT16);
    add(AREA_HOLDING_REGISTER, 4, WORDS_UINT16);
    add(AREA_HOLDING_REGISTER, 9, WORDS_UINT16);
    add(AREA_INPUT_REGISTER, 22, WORDS_UINT16);
    add(AREA_INPUT_REGISTER, 24, WORDS_UINT16);
    assert_true(make(true));
    assert_int_equal(bench.gaps.count, 3);
    assert_gap(0, AREA_INPUT_REGISTER, 23, 1);
    assert_gap(1, AREA_HOLDING_REGISTER, 2, 2);
    assert_gap(2, AREA_HOLDING_REGISTER, 5, 4);
    assert_int_equal(bench.plan.count, 3);
    assert_int_equal(plan_crossed(&bench.gaps, &bench.plan.requests[0]), 1);
    assert_int_equal(plan_crossed(&bench.gaps, &bench.plan.requests[1]), 6);
    assert_int_equal(plan_crossed(&bench.gaps, &bench.plan.requests[2]), 0);
}

static void only_open_gaps_are_read_through(void **state)
{
    bench.profile.max_gap = 4;
    for (uint16_t i = 0; i < 4; i++)
        add(AREA_HOLDING_REGISTER, (uint16_t)(3 * i), WORDS_UINT16);
    assert_true(make_open(5));
    assert_int_equal(bench.plan.count, 2);
    assert_request(0, AREA_HOLDING_REGISTER, 0, 4, true);
    assert_request(1, AREA_HOLDING_REGISTER, 6, 4, true);
}

static void gaps_beyond_the_most_that_can_be_taught_are_not_read_through(void **state)
{
    bench.profile.max_gap = 1;
    for (uint16_t i = 0; i < LESSONS_MAX + 2; i++)
        add(AREA_COIL, (uint16_t)(2 * i), WORDS_BIT);
    assert_true(make(true));
    assert_int_equal(bench.gaps.count, LESSONS_MAX);
    assert_int_equal(bench.plan.count, 2);
    assert_request(1, AREA_COIL, 2 * LESSONS_MAX + 2, 1, false);
}

static void a_detour_cuts_the_request_that_failed_and_those_after_it(void **state)
{
    struct plan detour;
    size_t pieces = 0;

    bench.profile.max_gap = 4;
    for (uint16_t i = 0; i < 3; i++)
        add(AREA_COIL, (uint16_t)(2 * i), WORDS_BIT);
    for (uint16_t i = 0; i < 3; i++)
        add(AREA_INPUT_REGISTER, (uint16_t)(2 * i), WORDS_FLOAT32);
    add(AREA_HOLDING_REGISTER, 0, WORDS_FLOAT32);
    add(AREA_HOLDING_REGISTER, 6, WORDS_UINT16);
    bench.channels[4].address = 3;
    bench.channels[5].address = 7;
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 3);
    assert_true(plan_detour(&detour, &bench.plan, 1, &bench.gaps, &pieces));
    assert_int_equal(pieces, 3);
    assert_int_equal(detour.count, 6);
    bench.plan = detour;
    assert_request(0, AREA_COIL, 0, 5, true);
    assert_request(1, AREA_INPUT_REGISTER, 0, 2, false);
    assert_request(2, AREA_INPUT_REGISTER, 3, 2, false);
    assert_request(3, AREA_INPUT_REGISTER, 7, 2, false);
    assert_request(4, AREA_HOLDING_REGISTER, 0, 2, false);
    assert_request(5, AREA_HOLDING_REGISTER, 6, 1, false);
}

static void a_detour_of_too_many_requests_is_none(void **state)
{
    struct plan detour;
    size_t pieces;

    bench.profile.max_gap = 1;
    for (uint16_t i = 0; i < 40; i++)
        add(AREA_COIL, (uint16_t)(2 * i), WORDS_BIT);
    for (uint16_t i = 0; i < 40; i++)
        add(AREA_DISCRETE_INPUT, (uint16_t)(2 * i), WORDS_BIT);
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 2 + 80 - LESSONS_MAX - 2);
    assert_false(plan_detour(&detour, &bench.plan, 0, &bench.gaps, &pieces));
}

static void a_request_never_exceeds_what_the_model_answers(void **state)
{
    bench.profile.max_registers = 3;
    for (uint16_t i = 0; i < 7; i++)
        add(AREA_INPUT_REGISTER, i, WORDS_UINT16);
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 3);
    assert_request(0, AREA_INPUT_REGISTER, 0, 3, false);
    assert_request(2, AREA_INPUT_REGISTER, 6, 1, false);
}

static void a_value_of_two_registers_is_never_split(void **state)
{
    bench.profile.max_registers = 5;
    for (uint16_t i = 0; i < 4; i++)
        add(AREA_HOLDING_REGISTER, (uint16_t)(2 * i), WORDS_FLOAT32);
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 2);
    assert_request(0, AREA_HOLDING_REGISTER, 0, 4, false);
    assert_request(1, AREA_HOLDING_REGISTER, 4, 4, false);
}

static void bits_go_up_to_two_thousand_a_request(void **state)
{
    bench.profile.max_gap = 5000;
    add(AREA_COIL, 0, WORDS_BIT);
    add(AREA_COIL, 1999, WORDS_BIT);
    add(AREA_COIL, 2000, WORDS_BIT);
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 2);
    assert_request(0, AREA_COIL, 0, 2000, true);
    assert_request(1, AREA_COIL, 2000, 1, false);
}

static void the_last_address_is_reached_and_not_passed(void **state)
{
    add(AREA_HOLDING_REGISTER, 65534, WORDS_FLOAT32);
    assert_true(make(true));
    assert_request(0, AREA_HOLDING_REGISTER, 65534, 2, false);
}

static void a_state_of_all_channels_is_read_in_the_same_poll(void **state)
{
    add(AREA_HOLDING_REGISTER, 0, WORDS_UINT16);
    add_state(AREA_HOLDING_REGISTER, 1, "");
    add_state(AREA_DISCRETE_INPUT, 0, "");
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 2);
    assert_request(0, AREA_DISCRETE_INPUT, 0, 1, false);
    assert_request(1, AREA_HOLDING_REGISTER, 0, 2, false);
}

static void a_state_of_a_channel_nobody_wants_is_not_read(void **state)
{
    add(AREA_HOLDING_REGISTER, 0, WORDS_UINT16);
    add_state(AREA_COIL, 0, "turbidity");
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 1);
    add_state(AREA_COIL, 0, "ph.c0");
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 2);
}

static void a_state_inside_a_value_costs_nothing(void **state)
{
    add(AREA_HOLDING_REGISTER, 10, WORDS_FLOAT32);
    add_state(AREA_HOLDING_REGISTER, 10, "");
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 1);
    assert_request(0, AREA_HOLDING_REGISTER, 10, 2, false);
    add_state(AREA_HOLDING_REGISTER, 11, "");
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 1);
    assert_request(0, AREA_HOLDING_REGISTER, 10, 2, false);
}

static void a_wake_step_comes_first_and_asks_for_nothing(void **state)
{
    bench.profile.has_wake = true;
    bench.profile.wake_area = AREA_HOLDING_REGISTER;
    bench.profile.wake_address = 0x2500;
    bench.profile.max_gap = 1000;
    add(AREA_HOLDING_REGISTER, 0x2500, WORDS_FLOAT32);
    assert_true(make(true));
    assert_int_equal(bench.plan.count, 2);
    assert_request(0, AREA_HOLDING_REGISTER, 0x2500, 0, false);
    assert_request(1, AREA_HOLDING_REGISTER, 0x2500, 2, false);
}

static void too_many_requests_are_refused_with_a_sentence(void **state)
{
    for (unsigned i = 0; i < PLAN_REQUESTS_MAX; i++)
        add(AREA_HOLDING_REGISTER, (uint16_t)(2 * i), WORDS_UINT16);
    assert_true(make(true));
    assert_int_equal(bench.plan.count, PLAN_REQUESTS_MAX);
    add(AREA_HOLDING_REGISTER, 1000, WORDS_UINT16);
    assert_false(make(true));
    assert_int_equal(bench.err.kind, ERROR_SETTINGS);
    assert_non_null(strstr(bench.err.text, "bench"));
}

static void a_poll_larger_than_the_store_keeps_is_refused(void **state)
{
    bench.profile.max_gap = 1000;
    for (uint16_t i = 0; i < 40; i++) {
        add(AREA_HOLDING_REGISTER, (uint16_t)(125 * i), WORDS_UINT16);
        add(AREA_HOLDING_REGISTER, (uint16_t)(125 * i + 124), WORDS_UINT16);
    }
    assert_false(make(true));
    assert_non_null(strstr(bench.err.text, "max_gap"));
}

static void each_area_has_its_function_code_and_its_word(void **state)
{
    static const struct {
        enum register_area area;
        uint8_t function;
        const char *word;
    } cases[] = {
        {AREA_COIL,             1, "coil"    },
        {AREA_DISCRETE_INPUT,   2, "discrete"},
        {AREA_INPUT_REGISTER,   4, "input"   },
        {AREA_HOLDING_REGISTER, 3, "holding" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(area_function(cases[i].area), cases[i].function);
        assert_string_equal(area_word(cases[i].area), cases[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(neighbours_are_read_together_whatever_their_order, fresh_bench),
        cmocka_unit_test_setup(what_stands_beside_a_value_is_read_with_it, fresh_bench),
        cmocka_unit_test_setup(areas_are_never_mixed, fresh_bench),
        cmocka_unit_test_setup(a_gap_is_read_through_only_as_far_as_the_profile_allows,
                               fresh_bench),
        cmocka_unit_test_setup(without_gaps_nothing_unasked_is_read, fresh_bench),
        cmocka_unit_test_setup(every_gap_the_profile_allows_is_listed_once_and_in_order,
                               fresh_bench),
        cmocka_unit_test_setup(only_open_gaps_are_read_through, fresh_bench),
        cmocka_unit_test_setup(gaps_beyond_the_most_that_can_be_taught_are_not_read_through,
                               fresh_bench),
        cmocka_unit_test_setup(a_detour_cuts_the_request_that_failed_and_those_after_it,
                               fresh_bench),
        cmocka_unit_test_setup(a_detour_of_too_many_requests_is_none, fresh_bench),
        cmocka_unit_test_setup(a_request_never_exceeds_what_the_model_answers, fresh_bench),
        cmocka_unit_test_setup(a_value_of_two_registers_is_never_split, fresh_bench),
        cmocka_unit_test_setup(bits_go_up_to_two_thousand_a_request, fresh_bench),
        cmocka_unit_test_setup(the_last_address_is_reached_and_not_passed, fresh_bench),
        cmocka_unit_test_setup(a_state_of_all_channels_is_read_in_the_same_poll, fresh_bench),
        cmocka_unit_test_setup(a_state_of_a_channel_nobody_wants_is_not_read, fresh_bench),
        cmocka_unit_test_setup(a_state_inside_a_value_costs_nothing, fresh_bench),
        cmocka_unit_test_setup(a_wake_step_comes_first_and_asks_for_nothing, fresh_bench),
        cmocka_unit_test_setup(too_many_requests_are_refused_with_a_sentence, fresh_bench),
        cmocka_unit_test_setup(a_poll_larger_than_the_store_keeps_is_refused, fresh_bench),
        cmocka_unit_test(each_area_has_its_function_code_and_its_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
