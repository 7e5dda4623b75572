/* Tests of base/number.c. A value has one text everywhere, and that text is the value. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/number.h"

enum { RANDOM_VALUES = 200000 };

/* xorshift64*: the same numbers in every run. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static const char *words_of(double value)
{
    static char words[64];
    struct text text;

    text_init(&text, words, sizeof words);
    text_add_number(&text, value);
    assert_false(text.full);
    return words;
}

/* Digits of a text that say something: no sign, point, exponent, zeros at either end. */
static int digits_in(const char *words)
{
    char digits[64];
    int count = 0;
    int first = 0;

    for (; *words != '\0' && *words != 'e'; words++)
        if (*words >= '0' && *words <= '9')
            digits[count++] = *words;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    while (first < count - 1 && digits[first] == '0')
        first++;
    return count - first;
}

/* The fewest digits of printf that read back. */
static int fewest_digits(double value)
{
    char words[64];

    for (int precision = 1; precision < 17; precision++) {
        snprintf(words, sizeof words, "%.*g", precision, value);
        if (strtod(words, NULL) == value)
            return digits_in(words);
    }
    return 17;
}

static void assert_round_trip(double value)
{
    const char *words = words_of(value);
    double back;

    if (strtod(words, NULL) != value || !number_parse(words, &back) || back != value)
        fail_msg("%.17g became \"%s\"", value, words);
    if (digits_in(words) > fewest_digits(value))
        fail_msg("%.17g became \"%s\", %d digits would do", value, words, fewest_digits(value));
}

static void any_double_reads_back_from_its_text_and_no_shorter_text_would(void **state)
{
    uint64_t random = 1;

    for (int i = 0; i < RANDOM_VALUES; i++) {
        uint64_t bits = next_random(&random);
        double value;

        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            assert_round_trip(value);
    }
}

static void what_meters_give_reads_back_as_it_was_written(void **state)
{
    uint64_t random = 2;

    for (int i = 0; i < RANDOM_VALUES; i++) {
        int places = (int)(next_random(&random) % 7);
        int64_t digits = (int64_t)(next_random(&random) % 20000001) - 10000000;

        assert_round_trip(decimal_to_double((struct decimal){digits, -places}));
    }
}

static void a_number_is_written_as_people_write_it(void **state)
{
    static const struct {
        double value;
        const char *words;
    } cases[] = {
        {0.0,                     "0"                      },
        {-0.0,                    "0"                      },
        {7.32,                    "7.32"                   },
        {-0.5,                    "-0.5"                   },
        {100.0,                   "100"                    },
        {1.0,                     "1"                      },
        {20.5,                    "20.5"                   },
        {0.1 + 0.2,               "0.30000000000000004"    },
        {1e-6,                    "0.000001"               },
        {1e-7,                    "1e-7"                   },
        {1.5e-7,                  "1.5e-7"                 },
        {123456789012345680.0,    "123456789012345680"     },
        {1e20,                    "100000000000000000000"  },
        {1e21,                    "1e21"                   },
        {1e22,                    "1e22"                   },
        {-1.7976931348623157e308, "-1.7976931348623157e308"},
        {5e-324,                  "5e-324"                 },
        {2147483647.0,            "2147483647"             },
        {-2147483648.0,           "-2147483648"            },
        {4294967295.0,            "4294967295"             },
        {9007199254740993.0,      "9007199254740992"       },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(words_of(cases[i].value), cases[i].words);
}

/* The long way, by printf, for comparison. */
static void assert_float32(float value)
{
    double taken = decimal_to_double(decimal_from_float32(value));
    char words[32];
    int precision = 0;

    do
        snprintf(words, sizeof words, "%.*e", precision, (double)value);
    while (strtof(words, NULL) != value && ++precision < 9);
    if (taken != strtod(words, NULL))
        fail_msg("%.9g became %.17g, not %s", (double)value, taken, words);
    if ((float)taken != value)
        fail_msg("%.9g became %.17g, which is another float", (double)value, taken);
}

static void any_float32_is_taken_over_as_its_own_shortest_decimal(void **state)
{
    uint64_t random = 3;

    for (int i = 0; i < RANDOM_VALUES; i++) {
        uint32_t bits = (uint32_t)(next_random(&random) >> 32);
        float value;

        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            assert_float32(value);
    }
}

static void a_float32_of_a_meter_is_the_decimal_it_shows(void **state)
{
    uint64_t random = 4;

    assert_string_equal(words_of(decimal_to_double(decimal_from_float32(20.1F))), "20.1");
    assert_string_equal(words_of(decimal_to_double(decimal_from_float32(-0.0F))), "0");
    assert_string_equal(words_of(decimal_to_double(decimal_from_float32(16777216.0F))), "16777216");
    for (int i = 0; i < RANDOM_VALUES; i++) {
        int places = (int)(next_random(&random) % 5);
        int64_t digits = (int64_t)(next_random(&random) % 200001) - 100000;
        double shown = decimal_to_double((struct decimal){digits, -places});

        assert_float32((float)shown);
        assert_true(decimal_to_double(decimal_from_float32((float)shown)) == shown);
    }
}

static void a_scaled_integer_is_computed_in_decimal(void **state)
{
    static const struct {
        int64_t raw;
        double scale, offset;
        const char *words;
    } cases[] = {
        {732,           0.01,   0.0,   "7.32"        },
        {3,             0.1,    0.0,   "0.3"         },
        {1015,          0.1,    0.0,   "101.5"       },
        {-400,          0.1,    -0.05, "-40.05"      },
        {0,             0.001,  0.0,   "0"           },
        {65535,         0.001,  0.0,   "65.535"      },
        {2147483647,    0.1,    0.0,   "214748364.7" },
        {-2147483648LL, 0.01,   0.0,   "-21474836.48"},
        {29,            1000.0, 0.0,   "29000"       },
        {5,             2.5,    100.0, "112.5"       },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decimal out;

        assert_true(decimal_scale((struct decimal){cases[i].raw, 0},
                                  decimal_from_double(cases[i].scale),
                                  decimal_from_double(cases[i].offset), &out));
        assert_string_equal(words_of(decimal_to_double(out)), cases[i].words);
    }
}

static void a_scaling_that_leaves_63_bits_says_so(void **state)
{
    struct decimal out;

    assert_false(decimal_scale((struct decimal){INT64_MAX, 0}, (struct decimal){11, -1},
                               (struct decimal){0, 0}, &out));
    assert_false(decimal_scale((struct decimal){1, 18}, (struct decimal){1, 0},
                               (struct decimal){1, -10}, &out));
}

static void only_a_whole_finite_number_is_parsed(void **state)
{
    static const char *const wrong[] = {"",    "-",     ".",    "1 ",  " 1",    "1x", "nan",
                                        "inf", "1e999", "0x10", "1,5", "1.2.3", "e5", "--1"};
    double value;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (number_parse(wrong[i], &value))
            fail_msg("\"%s\" was taken for a number", wrong[i]);
    assert_true(number_parse("-1.5e3", &value) && value == -1500.0);
}

static void a_duration_has_a_number_and_a_unit(void **state)
{
    static const struct {
        const char *words;
        int64_t ms;
    } cases[] = {
        {"250ms",   250          },
        {"60s",     60000        },
        {"10min",   600000       },
        {"2h",      7200000      },
        {"90d",     7776000000   },
        {"0s",      0            },
        {"100000d", 8640000000000},
    };
    static const char *const wrong[] = {"",       "5",       "s",  "5 s", "-5s",
                                        "1.5h",   "100001d", "5m", "5S",  "99999999999999999999s",
                                        "1h30min"};
    int64_t ms;
    char words[24];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(duration_parse(cases[i].words, &ms));
        assert_int_equal(ms, cases[i].ms);
        assert_true(duration_parse(duration_text(ms, words), &ms));
        assert_int_equal(ms, cases[i].ms);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (duration_parse(wrong[i], &ms))
            fail_msg("\"%s\" was taken for a duration", wrong[i]);
}

static void a_duration_is_shown_in_its_largest_whole_unit(void **state)
{
    static const struct {
        int64_t ms;
        const char *words;
    } cases[] = {
        {0,        "0s"    },
        {1,        "1ms"   },
        {1500,     "1500ms"},
        {60000,    "1min"  },
        {90000,    "90s"   },
        {3600000,  "1h"    },
        {86400000, "1d"    },
        {90000000, "25h"   }
    };
    char words[24];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(duration_text(cases[i].ms, words), cases[i].words);
}

static void a_size_has_a_number_and_a_unit(void **state)
{
    int64_t bytes;

    assert_true(size_parse("512MiB", &bytes) && bytes == 512LL << 20);
    assert_true(size_parse("8GiB", &bytes) && bytes == 8LL << 30);
    assert_true(size_parse("100B", &bytes) && bytes == 100);
    assert_true(size_parse("64KiB", &bytes) && bytes == 65536);
    assert_false(size_parse("8GB", &bytes));
    assert_false(size_parse("8", &bytes));
    assert_false(size_parse("999999999999999GiB", &bytes));
}

static void a_name_is_small_letters_digits_and_two_marks(void **state)
{
    assert_true(name_is_valid("a"));
    assert_true(name_is_valid("0zj-01_x"));
    assert_true(name_is_valid("abcdefghijklmnopqrstuvwxyz012345"));   /* 32 */
    assert_false(name_is_valid("abcdefghijklmnopqrstuvwxyz0123456")); /* 33 */
    assert_false(name_is_valid(""));
    assert_false(name_is_valid("-a"));
    assert_false(name_is_valid("_a"));
    assert_false(name_is_valid("A"));
    assert_false(name_is_valid("a b"));
    assert_false(name_is_valid("a/b"));
    assert_false(name_is_valid("磨坊"));
}

static void words_are_as_far_apart_as_slips_of_the_hand(void **state)
{
    static const struct {
        const char *one, *other;
        unsigned apart;
    } cases[] = {
        {"",        "",        0},
        {"ph",      "ph",      0},
        {"timout",  "timeout", 1},
        {"abc",     "",        3},
        {"tiemout", "timeout", 1},
        {"wather",  "water",   1},
        {"kitten",  "sitting", 3},
        {"baud",    "bued",    2},
    };
    char lengthy[80];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(word_distance(cases[i].one, cases[i].other), cases[i].apart);
        assert_int_equal(word_distance(cases[i].other, cases[i].one), cases[i].apart);
    }
    memset(lengthy, 'a', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    assert_int_equal(word_distance(lengthy, "a"), 64);
}

static void rounding_is_once_half_to_even_on_the_decimal_text(void **state)
{
    static const struct {
        double value;
        int decimals;
        const char *words;
    } cases[] = {
        {0.25,      1,  "0.2"  },
        {0.35,      1,  "0.4"  },
        {2.5,       0,  "2"    },
        {3.5,       0,  "4"    },
        {-0.05,     1,  "0"    },
        {-0.15,     1,  "-0.2" },
        {-2.5,      0,  "-2"   },
        {9.95,      1,  "10"   },
        {99.5,      0,  "100"  },
        {2.675,     2,  "2.68" }, /* the double lies below it */
        {1.005,     2,  "1"    }, /* a tie, though the double lies below: the text decides */
        {0.2500001, 1,  "0.3"  },
        {0.349,     1,  "0.3"  }, /* and not 0.35, then 0.4 */
        {7.3,       3,  "7.3"  },
        {1250.0,    -2, "1200" },
        {1350.0,    -2, "1400" },
        {0.0,       2,  "0"    },
        {1e-300,    3,  "0"    },
        {1e300,     3,  "1e300"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(words_of(decimal_to_double(decimal_round(
                                decimal_from_double(cases[i].value), cases[i].decimals))),
                            cases[i].words);
}

static void the_largest_digits_round_without_overflow(void **state)
{
    struct decimal most = decimal_round((struct decimal){INT64_MAX, -18}, 0);
    struct decimal least = decimal_round((struct decimal){INT64_MIN, -19}, 0);
    struct decimal tenth = decimal_round((struct decimal){INT64_MIN, -20}, 0);

    assert_true(most.digits == 9 && most.exponent == 0);
    assert_true(least.digits == -1 && least.exponent == 0);
    assert_true(tenth.digits == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_double_reads_back_from_its_text_and_no_shorter_text_would),
        cmocka_unit_test(what_meters_give_reads_back_as_it_was_written),
        cmocka_unit_test(a_number_is_written_as_people_write_it),
        cmocka_unit_test(any_float32_is_taken_over_as_its_own_shortest_decimal),
        cmocka_unit_test(a_float32_of_a_meter_is_the_decimal_it_shows),
        cmocka_unit_test(a_scaled_integer_is_computed_in_decimal),
        cmocka_unit_test(a_scaling_that_leaves_63_bits_says_so),
        cmocka_unit_test(only_a_whole_finite_number_is_parsed),
        cmocka_unit_test(a_duration_has_a_number_and_a_unit),
        cmocka_unit_test(rounding_is_once_half_to_even_on_the_decimal_text),
        cmocka_unit_test(the_largest_digits_round_without_overflow),
        cmocka_unit_test(a_duration_is_shown_in_its_largest_whole_unit),
        cmocka_unit_test(a_size_has_a_number_and_a_unit),
        cmocka_unit_test(a_name_is_small_letters_digits_and_two_marks),
        cmocka_unit_test(words_are_as_far_apart_as_slips_of_the_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
