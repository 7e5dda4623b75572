/* Tests of drivers/simvalue.c. Names say what must hold; the file reads as its specification. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/simvalue.h"

#define HOUR_MS     ((int64_t)3600000)
#define MIDNIGHT_MS ((int64_t)20718 * 24 * HOUR_MS - 8 * HOUR_MS) /* in China */

static void assert_near(double value, double wanted)
{
    assert_true(fabs(value - wanted) < 1e-9);
}

static struct wall_time at(int64_t ms)
{
    return (struct wall_time){ms};
}

static void a_day_is_highest_at_three_in_the_afternoon_and_lowest_twelve_hours_away(void **state)
{
    struct simvalue value = {.base = 20.0, .daily = 3.0};

    assert_near(simvalue_at(&value, at(MIDNIGHT_MS + 15 * HOUR_MS)), 23.0);
    assert_near(simvalue_at(&value, at(MIDNIGHT_MS + 3 * HOUR_MS)), 17.0);
    assert_near(simvalue_at(&value, at(MIDNIGHT_MS + 9 * HOUR_MS)), 20.0);
}

static void noise_stays_in_its_bound_and_uses_most_of_it(void **state)
{
    struct simvalue value = {.base = 7.0, .noise = 0.5, .seed = 42};
    double lowest = INFINITY;
    double highest = -INFINITY;
    double sum = 0.0;

    for (int64_t second = 0; second < 10000; second++) {
        double one = simvalue_at(&value, at(MIDNIGHT_MS + second * 1000));

        lowest = fmin(lowest, one);
        highest = fmax(highest, one);
        sum += one;
    }
    assert_true(lowest >= 6.5 && lowest < 6.55);
    assert_true(highest <= 7.5 && highest > 7.45);
    assert_true(fabs(sum / 10000.0 - 7.0) < 0.01);
}

static void the_same_moment_gives_the_same_value_and_another_seed_another(void **state)
{
    struct simvalue value = {.base = 7.0, .noise = 0.5, .seed = 42};
    struct simvalue other = value;
    double first = simvalue_at(&value, at(MIDNIGHT_MS));

    other.seed = simvalue_seed(42, "north", 7, "ph");
    simvalue_at(&value, at(MIDNIGHT_MS + 5000));
    assert_true(first == simvalue_at(&value, at(MIDNIGHT_MS)));
    assert_true(first != simvalue_at(&other, at(MIDNIGHT_MS)));
    assert_true(first != simvalue_at(&value, at(MIDNIGHT_MS + 1000)));
}

static void every_channel_of_every_unit_has_a_seed_of_its_own(void **state)
{
    uint64_t seed = simvalue_seed(1, "north", 7, "ph");

    assert_true(seed == simvalue_seed(1, "north", 7, "ph"));
    assert_true(seed != simvalue_seed(2, "north", 7, "ph"));
    assert_true(seed != simvalue_seed(1, "south", 7, "ph"));
    assert_true(seed != simvalue_seed(1, "north", 8, "ph"));
    assert_true(seed != simvalue_seed(1, "north", 7, "cod"));
}

static void an_exceedance_comes_and_goes_by_the_wall_clock(void **state)
{
    struct simvalue value = {
        .base = 0.4, .to = 2.4, .exceed = {.every_ms = 90000, .lasts_ms = 35000}
    };

    assert_near(simvalue_at(&value, at(900000000)), 0.4);
    assert_near(simvalue_at(&value, at(900000000 + 54999)), 0.4);
    assert_near(simvalue_at(&value, at(900000000 + 55000)), 2.4);
    assert_near(simvalue_at(&value, at(900000000 + 89999)), 2.4);
    assert_near(simvalue_at(&value, at(900000000 + 90000)), 0.4);
}

static void a_spell_can_be_late_and_never_stands_before_1970_either(void **state)
{
    struct simspell spell = {.every_ms = 100, .lasts_ms = 10, .after_ms = 30};
    struct simspell never = {0};

    assert_true(simspell_holds(&spell, at(25)));
    assert_false(simspell_holds(&spell, at(30)));
    assert_true(simspell_holds(&spell, at(-75)));
    assert_false(simspell_holds(&spell, at(-70)));
    assert_false(simspell_holds(&never, at(25)));
}

static const struct decimal one = {1, 0};
static const struct decimal hundredth = {1, -2};

static void every_word_order_is_laid_out_as_named(void **state)
{
    static const struct {
        enum word_order order;
        uint16_t words[CHANNEL_WORDS_MAX];
    } cases[] = {
        {ORDER_ABCD, {0x41A4, 0x1234}},
        {ORDER_CDAB, {0x1234, 0x41A4}},
        {ORDER_BADC, {0xA441, 0x3412}},
        {ORDER_DCBA, {0x3412, 0xA441}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct channel channel = {.type = WORDS_UINT32, .scale = one, .order = cases[i].order};
        uint16_t words[CHANNEL_WORDS_MAX];

        assert_int_equal(simvalue_encode(&channel, 0x41A41234, words), 2);
        assert_memory_equal(words, cases[i].words, 2 * sizeof words[0]);
    }
}

static void a_scaled_number_is_rounded_to_the_nearest_and_held_in_its_range(void **state)
{
    static const struct {
        enum word_type type;
        double value;
        uint16_t word;
    } cases[] = {
        {WORDS_UINT16, 7.32,     732   },
        {WORDS_UINT16, 7.319999, 732   },
        {WORDS_UINT16, -1.0,     0     },
        {WORDS_UINT16, 1000.0,   65535 },
        {WORDS_INT16,  -0.5,     0xFFCE},
        {WORDS_INT16,  400.0,    0x7FFF},
        {WORDS_INT16,  -400.0,   0x8000},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct channel channel = {.type = cases[i].type, .scale = hundredth};
        uint16_t words[CHANNEL_WORDS_MAX];

        assert_int_equal(simvalue_encode(&channel, cases[i].value, words), 1);
        assert_int_equal(words[0], cases[i].word);
    }
}

static void an_offset_is_taken_off_before_the_scale(void **state)
{
    struct channel channel = {
        .type = WORDS_UINT16, .scale = {1,   -1},
             .offset = {-40, 0 }
    };
    uint16_t words[CHANNEL_WORDS_MAX];

    simvalue_encode(&channel, 20.5, words);
    assert_int_equal(words[0], 605);
}

static void sixteen_bits_obey_the_byte_part_of_the_order(void **state)
{
    struct channel channel = {.type = WORDS_UINT16, .scale = one, .order = ORDER_BADC};
    uint16_t words[CHANNEL_WORDS_MAX];

    simvalue_encode(&channel, 0x1234, words);
    assert_int_equal(words[0], 0x3412);
    channel.order = ORDER_CDAB;
    simvalue_encode(&channel, 0x1234, words);
    assert_int_equal(words[0], 0x1234);
}

static void a_number_never_shows_the_absent_mark_by_accident(void **state)
{
    struct channel channel = {
        .type = WORDS_UINT16, .scale = one, .absent = {0xFFFF, 0xFFFE},
                .absent_count = 2
    };
    struct channel minus = {
        .type = WORDS_INT16, .scale = one, .absent = {0x8000}, .absent_count = 1};
    uint16_t words[CHANNEL_WORDS_MAX];

    simvalue_encode(&channel, 99999.0, words);
    assert_int_equal(words[0], 0xFFFD);
    simvalue_encode(&minus, -99999.0, words);
    assert_int_equal(words[0], 0x8001);
}

static void not_a_number_becomes_the_absent_mark(void **state)
{
    struct channel marked = {
        .type = WORDS_UINT16, .scale = one, .absent = {0xFFFF}, .absent_count = 1};
    struct channel bare = {.type = WORDS_FLOAT32, .scale = one};
    uint16_t words[CHANNEL_WORDS_MAX];

    simvalue_encode(&marked, NAN, words);
    assert_int_equal(words[0], 0xFFFF);
    simvalue_encode(&bare, NAN, words);
    assert_int_equal(words[0], 0x7FC0);
    assert_int_equal(words[1], 0);
}

static void a_bit_is_one_word_of_nought_or_one(void **state)
{
    struct channel channel = {.type = WORDS_BIT, .scale = one};
    uint16_t words[CHANNEL_WORDS_MAX];

    assert_int_equal(simvalue_encode(&channel, 1.0, words), 1);
    assert_int_equal(words[0], 1);
    simvalue_encode(&channel, 0.0, words);
    assert_int_equal(words[0], 0);
}

static bool is_float(int type)
{
    return type == WORDS_FLOAT32 || type == WORDS_FLOAT64;
}

/* The decoder is another file by other hands: what goes out here comes back there. */
static void what_is_encoded_is_decoded_to_the_same_value(void **state)
{
    static const double values[] = {0.0, 7.32, 20.5, 123.45, 255.99};

    for (int type = WORDS_INT16; type <= WORDS_BCD32; type++) {
        for (int order = ORDER_ABCD; order <= ORDER_DCBA; order++) {
            for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
                struct channel channel = {.type = (enum word_type)type,
                                          .order = (enum word_order)order,
                                          .scale = is_float(type) ? one : hundredth,
                                          .valid_max = 1000.0};
                uint16_t words[CHANNEL_WORDS_MAX] = {0};
                uint8_t bytes[2 * CHANNEL_WORDS_MAX];
                struct reading reading;

                if (type == WORDS_BCD16 && values[i] > 99.99) /* four digits */
                    continue;
                simvalue_encode(&channel, values[i], words);
                for (int j = 0; j < CHANNEL_WORDS_MAX; j++) {
                    bytes[2 * j] = (uint8_t)(words[j] >> 8);
                    bytes[2 * j + 1] = (uint8_t)(words[j] & 0xFF);
                }
                reading = channel_decode(&channel, bytes);
                assert_int_equal(reading.quality, QUALITY_NORMAL);
                assert_true(reading.value == values[i]);
            }
        }
    }
}

/* Whole numbers of 64 bits stand further apart than 1 up there. */
static void a_mark_at_the_end_of_the_range_is_left_behind(void **state)
{
    struct channel channel = {
        .type = WORDS_UINT64, .scale = one, .absent = {0xFFFFFFFFFFFFF800U}, .absent_count = 1};
    uint16_t words[CHANNEL_WORDS_MAX];

    simvalue_encode(&channel, 1e30, words);
    assert_int_equal(words[3], 0xF000);
    assert_int_equal(words[0], 0xFFFF);
}

static void a_field_leaves_the_other_bits_alone(void **state)
{
    struct channel channel = {
        .type = WORDS_UINT16, .scale = one, .is_field = true, .low = 4, .high = 7};
    uint16_t words[CHANNEL_WORDS_MAX] = {0xF00F};

    simvalue_encode(&channel, 5.0, words);
    assert_int_equal(words[0], 0xF05F);
    simvalue_encode(&channel, 99.0, words);
    assert_int_equal(words[0], 0xF0FF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_is_highest_at_three_in_the_afternoon_and_lowest_twelve_hours_away),
        cmocka_unit_test(noise_stays_in_its_bound_and_uses_most_of_it),
        cmocka_unit_test(the_same_moment_gives_the_same_value_and_another_seed_another),
        cmocka_unit_test(every_channel_of_every_unit_has_a_seed_of_its_own),
        cmocka_unit_test(an_exceedance_comes_and_goes_by_the_wall_clock),
        cmocka_unit_test(a_spell_can_be_late_and_never_stands_before_1970_either),
        cmocka_unit_test(every_word_order_is_laid_out_as_named),
        cmocka_unit_test(a_scaled_number_is_rounded_to_the_nearest_and_held_in_its_range),
        cmocka_unit_test(an_offset_is_taken_off_before_the_scale),
        cmocka_unit_test(sixteen_bits_obey_the_byte_part_of_the_order),
        cmocka_unit_test(a_number_never_shows_the_absent_mark_by_accident),
        cmocka_unit_test(not_a_number_becomes_the_absent_mark),
        cmocka_unit_test(a_bit_is_one_word_of_nought_or_one),
        cmocka_unit_test(what_is_encoded_is_decoded_to_the_same_value),
        cmocka_unit_test(a_mark_at_the_end_of_the_range_is_left_behind),
        cmocka_unit_test(a_field_leaves_the_other_bits_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
