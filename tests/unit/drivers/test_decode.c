/* Tests of drivers/decode.c. Names say what must hold; the file reads as its specification. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/profile.h"

static const struct decimal one = {1, 0};
static const struct decimal nought = {0, 0};
static const enum word_order orders[] = {ORDER_ABCD, ORDER_BADC, ORDER_CDAB, ORDER_DCBA};

static struct channel channel_of(enum word_type type, enum word_order order)
{
    struct channel channel = {.area = AREA_HOLDING_REGISTER,
                              .type = type,
                              .order = order,
                              .scale = one,
                              .offset = nought,
                              .valid_min = -DBL_MAX,
                              .valid_max = DBL_MAX};

    return channel;
}

static struct channel ph_channel(void)
{
    struct channel ph = channel_of(WORDS_UINT16, ORDER_ABCD);

    snprintf(ph.name, sizeof ph.name, "ph");
    ph.scale = (struct decimal){1, -2};
    ph.valid_min = 0.0;
    ph.valid_max = 14.0;
    ph.absent[0] = 0xFFFF;
    ph.absent_count = 1;
    return ph;
}

/* How a device lays out a raw value; written the other way round than the decoder reads it. */
static void lay_out(enum word_order order, unsigned words, uint64_t raw, uint8_t *out)
{
    static const char *const letters[] = {"ABCD", "BADC", "CDAB", "DCBA"};
    static const char *const long_letters[] = {"ABCDEFGH", "BADCFEHG", "GHEFCDAB", "HGFEDCBA"};
    unsigned bytes = 2 * words;

    for (unsigned i = 0; i < bytes; i++) {
        unsigned letter = (unsigned)((words == 4 ? long_letters : letters)[order][i] - 'A');

        if (words == 1)
            letter = (i + (order == ORDER_BADC || order == ORDER_DCBA)) % 2;
        out[i] = (uint8_t)(raw >> (8 * (bytes - 1 - letter)));
    }
}

static void assert_reads(const struct channel *channel, const uint8_t *bytes, double value,
                         enum quality quality, enum cause cause)
{
    struct reading reading = channel_decode(channel, bytes);

    assert_int_equal(reading.quality, quality);
    assert_int_equal(reading.cause, cause);
    if (isnan(value))
        assert_true(isnan(reading.value));
    else
        assert_true(reading.value == value);
}

static void a_value_inside_the_span_is_normal_and_exact_in_decimal(void **state)
{
    struct channel ph = ph_channel();

    assert_reads(&ph, (uint8_t[]){0x02, 0xDC}, 7.32, QUALITY_NORMAL, CAUSE_NONE);
    assert_reads(&ph, (uint8_t[]){0x00, 0x00}, 0.0, QUALITY_NORMAL, CAUSE_NONE);
    assert_reads(&ph, (uint8_t[]){0x05, 0x78}, 14.0, QUALITY_NORMAL, CAUSE_NONE);
}

static void
above_the_span_is_at_least_this_and_below_it_is_a_fault_that_keeps_its_value(void **state)
{
    struct channel ph = ph_channel();

    assert_reads(&ph, (uint8_t[]){0x05, 0x79}, 14.01, QUALITY_OVER_RANGE, CAUSE_ABOVE_SPAN);
    ph.valid_min = 2.0;
    assert_reads(&ph, (uint8_t[]){0x00, 0xC7}, 1.99, QUALITY_FAULT, CAUSE_BELOW_SPAN);
}

static void an_absent_mark_is_a_fault_and_never_a_number(void **state)
{
    struct channel ph = ph_channel();

    assert_reads(&ph, (uint8_t[]){0xFF, 0xFF}, NAN, QUALITY_FAULT, CAUSE_ABSENT_MARK);
    ph.absent[1] = 0x8000;
    ph.absent_count = 2;
    assert_reads(&ph, (uint8_t[]){0x80, 0x00}, NAN, QUALITY_FAULT, CAUSE_ABSENT_MARK);
}

static void an_absent_mark_is_compared_after_the_words_are_put_in_order(void **state)
{
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct channel channel = channel_of(WORDS_INT32, orders[i]);
        uint8_t bytes[4];

        channel.absent[0] = 0x7FFF0102;
        channel.absent_count = 1;
        lay_out(orders[i], 2, 0x7FFF0102, bytes);
        assert_reads(&channel, bytes, NAN, QUALITY_FAULT, CAUSE_ABSENT_MARK);
    }
}

static void nan_and_infinity_are_faults_without_a_value(void **state)
{
    static const uint32_t cases[] = {0x7FC00000, 0x7F800001, 0xFFFFFFFF,
                                     0x7FA00123, 0x7F800000, 0xFF800000};
    struct channel channel = channel_of(WORDS_FLOAT32, ORDER_ABCD);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[4];

        lay_out(ORDER_ABCD, 2, cases[i], bytes);
        assert_reads(&channel, bytes, NAN, QUALITY_FAULT, CAUSE_NOT_A_NUMBER);
    }
}

static void a_value_that_scaling_makes_infinite_is_a_fault(void **state)
{
    struct channel channel = channel_of(WORDS_FLOAT32, ORDER_ABCD);

    channel.scale = (struct decimal){1, 300};
    assert_reads(&channel, (uint8_t[]){0x7F, 0x7F, 0xFF, 0xFF}, NAN, QUALITY_FAULT,
                 CAUSE_NOT_A_NUMBER);
}

static void a_float_is_taken_over_as_its_own_shortest_decimal(void **state)
{
    struct channel channel = channel_of(WORDS_FLOAT32, ORDER_ABCD);

    assert_reads(&channel, (uint8_t[]){0x41, 0xA0, 0xCC, 0xCD}, 20.1, QUALITY_NORMAL, CAUSE_NONE);
    channel.scale = (struct decimal){1000, 0};
    assert_reads(&channel, (uint8_t[]){0x3D, 0xCC, 0xCC, 0xCD}, 100.0, QUALITY_NORMAL, CAUSE_NONE);
}

static void minus_nought_is_nought(void **state)
{
    struct channel channel = channel_of(WORDS_FLOAT32, ORDER_ABCD);

    assert_false(signbit(channel_decode(&channel, (uint8_t[]){0x80, 0, 0, 0}).value));
    channel.scale = (struct decimal){-1, 0};
    assert_false(signbit(channel_decode(&channel, (uint8_t[]){0, 0, 0, 0}).value));
    channel.scale = (struct decimal){1, -300};
    channel.offset = (struct decimal){-1, -300};
    assert_false(signbit(channel_decode(&channel, (uint8_t[]){0x3F, 0x80, 0, 0}).value));
}

static void numbers_at_the_ends_of_their_type_keep_their_value(void **state)
{
    static const struct {
        enum word_type type;
        uint8_t bytes[4];
        double value;
    } cases[] = {
        {WORDS_INT16,   {0x80, 0x00},             -32768.0     },
        {WORDS_INT16,   {0x7F, 0xFF},             32767.0      },
        {WORDS_INT16,   {0xFF, 0xFF},             -1.0         },
        {WORDS_UINT16,  {0xFF, 0xFF},             65535.0      },
        {WORDS_INT32,   {0x80, 0, 0, 0},          -2147483648.0},
        {WORDS_INT32,   {0xFF, 0xFF, 0xFF, 0xFF}, -1.0         },
        {WORDS_UINT32,  {0xFF, 0xFF, 0xFF, 0xFF}, 4294967295.0 },
        {WORDS_FLOAT32, {0x00, 0x00, 0x00, 0x01}, 1e-45        },
        {WORDS_FLOAT32, {0x7F, 0x7F, 0xFF, 0xFF}, 3.4028235e38 },
        {WORDS_BIT,     {1},                      1.0          },
        {WORDS_BIT,     {0},                      0.0          },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct channel channel = channel_of(cases[i].type, ORDER_ABCD);

        assert_reads(&channel, cases[i].bytes, cases[i].value, QUALITY_NORMAL, CAUSE_NONE);
    }
}

static void scale_and_offset_are_applied_in_decimal(void **state)
{
    struct channel channel = channel_of(WORDS_INT16, ORDER_ABCD);

    channel.scale = (struct decimal){1, -1};
    channel.offset = (struct decimal){-4, 1};
    assert_reads(&channel, (uint8_t[]){0x02, 0x59}, 20.1, QUALITY_NORMAL, CAUSE_NONE);
    channel.scale = (struct decimal){3, -1};
    channel.offset = nought;
    assert_reads(&channel, (uint8_t[]){0x00, 0x01}, 0.3, QUALITY_NORMAL, CAUSE_NONE);
    assert_reads(&channel, (uint8_t[]){0x00, 0x03}, 0.9, QUALITY_NORMAL, CAUSE_NONE);
}

static void every_word_order_gives_the_same_number(void **state)
{
    static const struct {
        enum word_order order;
        uint8_t bytes[4];
    } cases[] = {
        {ORDER_ABCD, {0x41, 0xA4, 0x12, 0x34}},
        {ORDER_CDAB, {0x12, 0x34, 0x41, 0xA4}},
        {ORDER_BADC, {0xA4, 0x41, 0x34, 0x12}},
        {ORDER_DCBA, {0x34, 0x12, 0xA4, 0x41}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct channel channel = channel_of(WORDS_UINT32, cases[i].order);

        assert_reads(&channel, cases[i].bytes, (double)0x41A41234, QUALITY_NORMAL, CAUSE_NONE);
    }
}

static void a_16_bit_value_obeys_only_the_byte_part_of_its_order(void **state)
{
    struct channel channel = channel_of(WORDS_UINT16, ORDER_CDAB);

    assert_reads(&channel, (uint8_t[]){0x12, 0x34}, 0x1234, QUALITY_NORMAL, CAUSE_NONE);
    channel.order = ORDER_BADC;
    assert_reads(&channel, (uint8_t[]){0x12, 0x34}, 0x3412, QUALITY_NORMAL, CAUSE_NONE);
    channel.order = ORDER_DCBA;
    assert_reads(&channel, (uint8_t[]){0x12, 0x34}, 0x3412, QUALITY_NORMAL, CAUSE_NONE);
}

/* xorshift64*: the same million values every run. */
static uint32_t next_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (uint32_t)(*seed * UINT64_C(2685821657736338717) >> 32);
}

/* NAN where there is no value. */
static double value_of_bcd(uint64_t raw, int digits)
{
    char shown[24];

    snprintf(shown, sizeof shown, "%0*llx", digits, (unsigned long long)raw);
    return strspn(shown + strlen(shown) - digits, "0123456789") == (size_t)digits
               ? strtod(shown + strlen(shown) - digits, NULL)
               : (double)NAN;
}

/* NAN where no double is that number: long double holds every one of 64 bits. */
static double value_of_whole(long double whole)
{
    double value = (double)whole;

    return (long double)value == whole ? value : (double)NAN;
}

static double value_of(enum word_type type, uint64_t raw)
{
    double real64;
    float real;

    switch (type) {
    case WORDS_INT64:
        return value_of_whole((long double)(int64_t)raw);
    case WORDS_UINT64:
        return value_of_whole((long double)raw);
    case WORDS_FLOAT64:
        memcpy(&real64, &raw, sizeof real64);
        return real64;
    case WORDS_BCD16:
        return value_of_bcd(raw & 0xFFFF, 4);
    case WORDS_BCD32:
        return value_of_bcd(raw & 0xFFFFFFFF, 8);
    case WORDS_STRING:
        break;
    case WORDS_INT16:
        return (int16_t)raw;
    case WORDS_UINT16:
        return (uint16_t)raw;
    case WORDS_INT32:
        return (int32_t)raw;
    case WORDS_UINT32:
        return (uint32_t)raw;
    case WORDS_BIT:
        return (double)(raw & 1);
    case WORDS_FLOAT32:
        break;
    }
    memcpy(&real, &(uint32_t){(uint32_t)raw}, sizeof real);
    return (double)real;
}

static void a_million_random_values_of_every_type_and_order_come_back(void **state)
{
    static const enum word_type types[] = {WORDS_INT16,   WORDS_UINT16, WORDS_INT32,  WORDS_UINT32,
                                           WORDS_FLOAT32, WORDS_INT64,  WORDS_UINT64, WORDS_FLOAT64,
                                           WORDS_BCD16,   WORDS_BCD32};
    uint64_t seed = 88172645463325252U;

    for (unsigned i = 0; i < 1000000; i++) {
        struct channel channel = channel_of(types[i % 10], orders[i / 10 % 4]);
        uint64_t raw = (uint64_t)next_random(&seed) << 32 | next_random(&seed);
        bool whole = channel.type == WORDS_INT64 || channel.type == WORDS_UINT64;
        struct reading reading;
        uint8_t bytes[8];
        double sent;

        raw >>= whole ? i / 40 % 64 : 0; /* numbers of every length */
        if (channel.type == WORDS_BCD16 || channel.type == WORDS_BCD32)
            raw &= ~(raw >> 1 & 0x4444444444444444U) & ~(raw >> 2 & 0x2222222222222222U);
        sent = value_of(channel.type, raw);

        lay_out(channel.order, channel_word_count(&channel), raw, bytes);
        reading = channel_decode(&channel, bytes);
        if (!isfinite(sent)) {
            assert_int_equal(reading.cause, whole ? CAUSE_NOT_EXACT : CAUSE_NOT_A_NUMBER);
            assert_int_equal(reading.quality, QUALITY_FAULT);
            assert_true(isnan(reading.value));
        } else if (channel.type == WORDS_FLOAT32) {
            assert_true((float)reading.value == (float)sent);
        } else {
            assert_true(reading.value == sent);
        }
    }
}

/* A probe with a pH at holding 2, a pump bit at coil 9 and whatever states a test adds. */
struct probe {
    struct channel ph, pump;
    const struct channel *channels[2];
    struct profile profile;
    uint8_t registers[8]; /* holding 0 to 3 */
    uint8_t coils[2];     /* coils 3 to 12 */
    struct block blocks[2];
    struct reading readings[2];
};

static void probe_init(struct probe *probe)
{
    memset(probe, 0, sizeof *probe);
    probe->ph = ph_channel();
    probe->ph.address = 2;
    probe->pump = channel_of(WORDS_BIT, ORDER_ABCD);
    snprintf(probe->pump.name, sizeof probe->pump.name, "flow.pump");
    probe->pump.area = AREA_COIL;
    probe->pump.address = 9;
    probe->channels[0] = &probe->ph;
    probe->channels[1] = &probe->pump;
    probe->registers[4] = 0x02;
    probe->registers[5] = 0xDC;
    probe->coils[0] = 0x40;
    probe->blocks[0] =
        (struct block){AREA_HOLDING_REGISTER, 0, 4, true, CAUSE_NONE, probe->registers};
    probe->blocks[1] = (struct block){AREA_COIL, 3, 10, true, CAUSE_NONE, probe->coils};
    probe->readings[0].point = 41;
    probe->readings[1].point = 42;
}

static struct state *probe_state(struct probe *probe, enum register_area area, uint16_t address,
                                 uint16_t mask, enum quality quality)
{
    struct state *added = &probe->profile.states[probe->profile.state_count++];

    *added = (struct state){.area = area, .address = address, .mask = mask, .quality = quality};
    return added;
}

static void probe_decode(struct probe *probe)
{
    profile_decode(&probe->profile, probe->channels, 2, probe->blocks, 2, probe->readings);
}

static void assert_reading(const struct reading *reading, double value, enum quality quality,
                           enum cause cause)
{
    assert_int_equal(reading->quality, quality);
    assert_int_equal(reading->cause, cause);
    assert_true(isnan(value) ? isnan(reading->value) : reading->value == value);
}

static void values_are_found_in_their_blocks_by_address(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe_decode(&probe);
    assert_reading(&probe.readings[0], 7.32, QUALITY_NORMAL, CAUSE_NONE);
    assert_reading(&probe.readings[1], 1.0, QUALITY_NORMAL, CAUSE_NONE);
    assert_int_equal(probe.readings[0].point, 41);
    probe.coils[0] = 0xBF;
    probe_decode(&probe);
    assert_reading(&probe.readings[1], 0.0, QUALITY_NORMAL, CAUSE_NONE);
}

static void a_bit_beyond_the_first_byte_is_found(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe.pump.address = 12;
    probe.coils[0] = 0x00;
    probe.coils[1] = 0x02;
    probe_decode(&probe);
    assert_reading(&probe.readings[1], 1.0, QUALITY_NORMAL, CAUSE_NONE);
}

static void a_block_without_an_answer_gives_no_value_and_its_cause(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe.blocks[0] = (struct block){AREA_HOLDING_REGISTER, 0, 4, false, CAUSE_TIMEOUT, NULL};
    probe_decode(&probe);
    assert_reading(&probe.readings[0], NAN, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    assert_reading(&probe.readings[1], 1.0, QUALITY_NORMAL, CAUSE_NONE);
}

static void a_channel_only_partly_in_a_block_has_no_answer(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe.ph.type = WORDS_FLOAT32;
    probe.ph.address = 3;
    probe_decode(&probe);
    assert_reading(&probe.readings[0], NAN, QUALITY_NO_ANSWER, CAUSE_BAD_FRAME);
}

static void what_was_not_asked_because_the_poll_was_given_up_has_that_cause(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe.blocks[0] = (struct block){AREA_HOLDING_REGISTER, 0, 4, false, CAUSE_REFUSED, NULL};
    profile_decode(&probe.profile, probe.channels, 2, probe.blocks, 1, probe.readings);
    assert_reading(&probe.readings[1], NAN, QUALITY_NO_ANSWER, CAUSE_REFUSED);
}

static void the_retry_that_answered_counts_and_not_the_request_that_failed(void **state)
{
    struct probe probe;
    struct block blocks[2];

    probe_init(&probe);
    blocks[0] = (struct block){AREA_HOLDING_REGISTER, 0, 4, false, CAUSE_EXCEPTION_1 + 1, NULL};
    blocks[1] = probe.blocks[0];
    profile_decode(&probe.profile, probe.channels, 1, blocks, 2, probe.readings);
    assert_reading(&probe.readings[0], 7.32, QUALITY_NORMAL, CAUSE_NONE);
}

static void a_good_answer_after_a_timeout_says_so(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe.blocks[0].cause = CAUSE_AFTER_TIMEOUT;
    probe_decode(&probe);
    assert_reading(&probe.readings[0], 7.32, QUALITY_NORMAL, CAUSE_AFTER_TIMEOUT);
}

static void a_state_that_holds_takes_the_letter_down_and_keeps_the_value(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe_state(&probe, AREA_HOLDING_REGISTER, 0, 0x0100, QUALITY_CALIBRATING);
    probe_decode(&probe);
    assert_reading(&probe.readings[0], 7.32, QUALITY_NORMAL, CAUSE_NONE);
    probe.registers[0] = 0x01;
    probe_decode(&probe);
    assert_reading(&probe.readings[0], 7.32, QUALITY_CALIBRATING, CAUSE_STATUS_BIT);
    assert_reading(&probe.readings[1], 1.0, QUALITY_CALIBRATING, CAUSE_STATUS_BIT);
}

static void a_state_with_equals_holds_only_at_that_number(void **state)
{
    struct probe probe;
    struct state *added;

    probe_init(&probe);
    added = probe_state(&probe, AREA_HOLDING_REGISTER, 0, 0x000F, QUALITY_MAINTENANCE);
    added->test = STATE_IS_ONE_OF;
    added->numbers[0] = 3;
    added->number_count = 1;
    probe.registers[1] = 0x13;
    probe_decode(&probe);
    assert_reading(&probe.readings[0], 7.32, QUALITY_MAINTENANCE, CAUSE_STATUS_BIT);
    probe.registers[1] = 0x17;
    probe_decode(&probe);
    assert_reading(&probe.readings[0], 7.32, QUALITY_NORMAL, CAUSE_NONE);
}

static void a_state_of_one_channel_leaves_the_others_alone(void **state)
{
    struct probe probe;
    struct state *added;

    probe_init(&probe);
    added = probe_state(&probe, AREA_COIL, 9, 1, QUALITY_FAULT);
    snprintf(added->channel, sizeof added->channel, "ph");
    probe_decode(&probe);
    assert_reading(&probe.readings[0], 7.32, QUALITY_FAULT, CAUSE_STATUS_BIT);
    assert_reading(&probe.readings[1], 1.0, QUALITY_NORMAL, CAUSE_NONE);
}

static void of_several_states_the_worst_wins_in_any_order(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe_state(&probe, AREA_HOLDING_REGISTER, 0, 0x0001, QUALITY_FAULT);
    probe_state(&probe, AREA_HOLDING_REGISTER, 0, 0x0001, QUALITY_CALIBRATING);
    probe.registers[1] = 0x01;
    probe_decode(&probe);
    assert_reading(&probe.readings[0], 7.32, QUALITY_FAULT, CAUSE_STATUS_BIT);
    probe.profile.states[0].quality = QUALITY_CALIBRATING;
    probe.profile.states[1].quality = QUALITY_MAINTENANCE;
    probe_decode(&probe);
    assert_reading(&probe.readings[0], 7.32, QUALITY_MAINTENANCE, CAUSE_STATUS_BIT);
    probe.profile.states[0].quality = QUALITY_MAINTENANCE;
    probe.profile.states[1].quality = QUALITY_CALIBRATING;
    probe_decode(&probe);
    assert_reading(&probe.readings[0], 7.32, QUALITY_MAINTENANCE, CAUSE_STATUS_BIT);
}

static void a_state_never_improves_a_reading(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe_state(&probe, AREA_HOLDING_REGISTER, 0, 0x0001, QUALITY_CALIBRATING);
    probe.registers[1] = 0x01;
    probe.registers[4] = 0xFF;
    probe.registers[5] = 0xFF;
    probe.blocks[1] = (struct block){AREA_COIL, 3, 10, false, CAUSE_CRC, NULL};
    probe_decode(&probe);
    assert_reading(&probe.readings[0], NAN, QUALITY_FAULT, CAUSE_ABSENT_MARK);
    assert_reading(&probe.readings[1], NAN, QUALITY_NO_ANSWER, CAUSE_CRC);
    probe.profile.states[0].quality = QUALITY_FAULT;
    probe_decode(&probe);
    assert_reading(&probe.readings[0], NAN, QUALITY_FAULT, CAUSE_ABSENT_MARK);
}

static void a_state_that_did_not_answer_makes_what_it_governs_unknown(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe_state(&probe, AREA_COIL, 3, 1, QUALITY_CALIBRATING);
    probe.blocks[1] = (struct block){AREA_COIL, 3, 10, false, CAUSE_CRC, NULL};
    probe_decode(&probe);
    assert_reading(&probe.readings[0], NAN, QUALITY_NO_ANSWER, CAUSE_CRC);
    assert_int_equal(probe.readings[0].point, 41);
}

static void what_did_not_answer_keeps_its_own_cause_beside_a_silent_state(void **state)
{
    struct probe probe;

    probe_init(&probe);
    probe_state(&probe, AREA_HOLDING_REGISTER, 0, 1, QUALITY_CALIBRATING);
    probe.blocks[0] = (struct block){AREA_HOLDING_REGISTER, 0, 4, false, CAUSE_TIMEOUT, NULL};
    probe.blocks[1] = (struct block){AREA_COIL, 3, 10, false, CAUSE_CRC, NULL};
    probe_decode(&probe);
    assert_reading(&probe.readings[1], NAN, QUALITY_NO_ANSWER, CAUSE_CRC);
}

/* A pH whose unit setting stands at input 7, in a block of its own. */
static void a_value_whose_unit_did_not_answer_is_unknown(void **state)
{
    struct probe probe;
    struct block blocks[3];
    uint8_t unit[2] = {0, 1};

    probe_init(&probe);
    probe.ph.unit_setting = (struct beside){true, AREA_INPUT_REGISTER, 7, 0xFFFF, 0, ""};
    probe.ph.units[0] = (struct unit_scale){1, one, nought};
    probe.ph.unit_count = 1;
    memcpy(blocks, probe.blocks, sizeof probe.blocks);
    blocks[2] = (struct block){AREA_INPUT_REGISTER, 7, 1, true, CAUSE_AFTER_TIMEOUT, unit};
    profile_decode(&probe.profile, probe.channels, 2, blocks, 3, probe.readings);
    assert_reading(&probe.readings[0], 7.32, QUALITY_NORMAL, CAUSE_AFTER_TIMEOUT);
    blocks[2] = (struct block){AREA_INPUT_REGISTER, 7, 1, false, CAUSE_TIMEOUT, NULL};
    profile_decode(&probe.profile, probe.channels, 2, blocks, 3, probe.readings);
    assert_reading(&probe.readings[0], NAN, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_inside_the_span_is_normal_and_exact_in_decimal),
        cmocka_unit_test(
            above_the_span_is_at_least_this_and_below_it_is_a_fault_that_keeps_its_value),
        cmocka_unit_test(an_absent_mark_is_a_fault_and_never_a_number),
        cmocka_unit_test(an_absent_mark_is_compared_after_the_words_are_put_in_order),
        cmocka_unit_test(nan_and_infinity_are_faults_without_a_value),
        cmocka_unit_test(a_value_that_scaling_makes_infinite_is_a_fault),
        cmocka_unit_test(a_float_is_taken_over_as_its_own_shortest_decimal),
        cmocka_unit_test(minus_nought_is_nought),
        cmocka_unit_test(numbers_at_the_ends_of_their_type_keep_their_value),
        cmocka_unit_test(scale_and_offset_are_applied_in_decimal),
        cmocka_unit_test(every_word_order_gives_the_same_number),
        cmocka_unit_test(a_16_bit_value_obeys_only_the_byte_part_of_its_order),
        cmocka_unit_test(a_million_random_values_of_every_type_and_order_come_back),
        cmocka_unit_test(values_are_found_in_their_blocks_by_address),
        cmocka_unit_test(a_bit_beyond_the_first_byte_is_found),
        cmocka_unit_test(a_block_without_an_answer_gives_no_value_and_its_cause),
        cmocka_unit_test(a_channel_only_partly_in_a_block_has_no_answer),
        cmocka_unit_test(what_was_not_asked_because_the_poll_was_given_up_has_that_cause),
        cmocka_unit_test(the_retry_that_answered_counts_and_not_the_request_that_failed),
        cmocka_unit_test(a_good_answer_after_a_timeout_says_so),
        cmocka_unit_test(a_state_that_holds_takes_the_letter_down_and_keeps_the_value),
        cmocka_unit_test(a_state_with_equals_holds_only_at_that_number),
        cmocka_unit_test(a_state_of_one_channel_leaves_the_others_alone),
        cmocka_unit_test(of_several_states_the_worst_wins_in_any_order),
        cmocka_unit_test(a_state_never_improves_a_reading),
        cmocka_unit_test(a_state_that_did_not_answer_makes_what_it_governs_unknown),
        cmocka_unit_test(a_value_whose_unit_did_not_answer_is_unknown),
        cmocka_unit_test(what_did_not_answer_keeps_its_own_cause_beside_a_silent_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
