/* Tests of ledger/section.c, with the figures of the national method and the shipped limits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "ledger/section.h"

static struct parameters *parameters;
static struct standards *standards;

static int load(void **state)
{
    struct conf_faults *faults = conf_faults_new();

    assert_true(conf_zone("Asia/Shanghai"));
    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    standards = standards_new();
    standards_load(standards, SOURCE_ROOT "/config/standards", parameters, faults);
    assert_int_equal(conf_faults_count(faults), 0);
    conf_faults_free(faults);
    return 0;
}

static int end(void **state)
{
    standards_free(standards);
    parameters_free(parameters);
    return 0;
}

static void assert_near(double value, double expected, double within)
{
    if (!(fabs(value - expected) <= within))
        fail_msg("%.15g is not %.15g", value, expected);
}

static struct section_class classify(const char *body, int target,
                                     const struct section_value *values, size_t count)
{
    struct section_question question = {.standard = "GB 3838",
                                        .body = body,
                                        .target = target,
                                        .at = {1795363200000}, /* 2026-11-23 */
                                        .values = values,
                                        .count = count};
    struct section_class answer;

    section_classify(standards, &question, &answer);
    return answer;
}

/* The class of one value of one item. */
static int class_of(const char *body, const char *parameter, double value)
{
    struct section_value values[] = {
        {parameter, value}
    };
    struct section_class answer = classify(body, 4, values, 1);

    return answer.count == 0 ? 0 : answer.items[0].class_;
}

#define CLASSIFY(body, target, values)                                                             \
    classify(body, target, values, sizeof(values) / sizeof((values)[0]))

static void a_value_at_the_limit_belongs_to_the_better_class(void **state)
{
    static const struct {
        const char *parameter;
        double value;
        int class_;
    } cases[] = {
        {"ammonia_nitrogen", 0.15, 1           },
        {"ammonia_nitrogen", 0.2,  2           },
        {"ammonia_nitrogen", 0.5,  2           },
        {"ammonia_nitrogen", 1.0,  3           },
        {"ammonia_nitrogen", 1.5,  4           },
        {"ammonia_nitrogen", 2.0,  5           },
        {"ammonia_nitrogen", 2.1,  WORSE_THAN_V},
        {"dissolved_oxygen", 7.5,  1           },
        {"dissolved_oxygen", 6.0,  2           },
        {"dissolved_oxygen", 5.0,  3           },
        {"dissolved_oxygen", 4.9,  4           },
        {"dissolved_oxygen", 3.0,  4           },
        {"dissolved_oxygen", 2.0,  5           },
        {"dissolved_oxygen", 1.9,  WORSE_THAN_V},
        {"cod",              15.0, 1           }, /* I and II are equal: the better one */
        {"cod",              20.0, 3           },
        {"cod_mn",           15.0, 5           },
        {"ph",               6.0,  1           },
        {"ph",               9.0,  1           },
        {"ph",               9.01, WORSE_THAN_V},
        {"ph",               5.6,  WORSE_THAN_V},
        {"mercury",          1e-4, 3           },
        {"petroleum",        1.0,  5           },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (class_of("river", cases[i].parameter, cases[i].value) != cases[i].class_)
            fail_msg("%s %g is of class %d", cases[i].parameter, cases[i].value,
                     class_of("river", cases[i].parameter, cases[i].value));
}

/* GB/T 8170, half to even, to the digits that each class prints. */
static void a_value_is_rounded_once_to_the_digits_of_the_limit(void **state)
{
    assert_int_equal(class_of("river", "ammonia_nitrogen", 0.145), 1); /* 0.14 */
    assert_int_equal(class_of("river", "ammonia_nitrogen", 0.155), 2); /* 0.16 */
    assert_int_equal(class_of("river", "ammonia_nitrogen", 1.05), 3);  /* 1.0, not 1.1 */
    assert_int_equal(class_of("river", "ammonia_nitrogen", 1.15), 4);  /* 1.2 */
    assert_int_equal(class_of("river", "ammonia_nitrogen", 2.05), 5);  /* 2.0 */
    assert_int_equal(class_of("river", "ammonia_nitrogen", 2.0501), WORSE_THAN_V);
    assert_int_equal(class_of("river", "total_phosphorus", 0.25), 3); /* 0.2 */
    assert_int_equal(class_of("river", "total_phosphorus", 0.35), 5); /* 0.4: half to even */
    assert_int_equal(class_of("river", "dissolved_oxygen", 2.6), 5);  /* never rounded up to 3 */
}

static void phosphorus_is_judged_by_the_body_of_water(void **state)
{
    assert_int_equal(class_of("river", "total_phosphorus", 0.1), 2);
    assert_int_equal(class_of("lake", "total_phosphorus", 0.1), 4);
}

static void the_worst_item_classes_the_section_and_all_are_named(void **state)
{
    static const struct section_value values[] = {
        {"ph",               7.8 },
        {"dissolved_oxygen", 6.4 },
        {"cod_mn",           5.2 },
        {"ammonia_nitrogen", 1.31},
        {"conductivity",     640 }, /* no item of the standard */
        {"cod",              NAN }, /* not measured */
    };
    struct section_class answer = CLASSIFY("river", 3, values);

    assert_int_equal(answer.class_, 4);
    assert_false(answer.meets);
    assert_int_equal(answer.count, 4);
    assert_int_equal(answer.taking_part, 4);
    assert_string_equal(answer.items[3].limit->parameter, "ammonia_nitrogen");
    assert_true(answer.items[3].exceeds);
    answer = CLASSIFY("river", 4, values);
    assert_true(answer.meets);
    assert_false(answer.items[3].exceeds);
    assert_true(isnan(answer.items[3].multiple));
}

static void a_section_without_any_item_has_no_class_and_meets_nothing(void **state)
{
    static const struct section_value values[] = {
        {"conductivity", 640}
    };
    struct section_class answer = CLASSIFY("river", 5, values);

    assert_int_equal(answer.class_, 0);
    assert_false(answer.meets);
}

/* Table 1 has 24 items; without temperature, total nitrogen and coliform 21 class a section. */
static void twenty_one_items_class_a_section(void **state)
{
    static const struct section_value values[] = {
        {"water_temperature",   20.0   },
        {"ph",                  7.0    },
        {"dissolved_oxygen",    8.0    },
        {"cod_mn",              1.0    },
        {"cod",                 5.0    },
        {"bod5",                1.0    },
        {"ammonia_nitrogen",    0.1    },
        {"total_phosphorus",    0.01   },
        {"total_nitrogen",      9.9    },
        {"copper",              0.005  },
        {"zinc",                0.005  },
        {"fluoride",            0.5    },
        {"selenium",            0.001  },
        {"arsenic",             0.001  },
        {"mercury",             0.00001},
        {"cadmium",             0.0001 },
        {"hexavalent_chromium", 0.001  },
        {"lead",                0.001  },
        {"cyanide",             0.001  },
        {"volatile_phenol",     0.001  },
        {"petroleum",           0.01   },
        {"anionic_surfactant",  0.05   },
        {"sulfide",             0.01   },
        {"faecal_coliform",     90000.0},
    };
    struct section_class river = CLASSIFY("river", 1, values);
    struct section_class lake = CLASSIFY("lake", 1, values);

    assert_int_equal(river.taking_part, 21);
    assert_int_equal(river.count, 22); /* coliform stands beside, total nitrogen is not of rivers */
    assert_int_equal(river.class_, 1);
    assert_true(river.meets);
    assert_int_equal(lake.taking_part, 21);
    assert_int_equal(lake.count, 23);
    assert_int_equal(lake.class_, 1);
    assert_int_equal(river.main_count, 0);
}

static void class_i_oxygen_is_met_by_nine_tenths_of_saturation(void **state)
{
    static const struct section_value warm[] = {
        {"water_temperature", 28.0},
        {"dissolved_oxygen",  7.1 }  /* 90.4 % of 7.85 */
    };
    static const struct section_value warmer[] = {
        {"dissolved_oxygen",  7.0 }, /* 89.2 % */
        {"water_temperature", 28.0}
    };
    struct section_class answer = CLASSIFY("river", 1, warm);

    assert_int_equal(answer.class_, 1);
    assert_true(answer.items[0].by_saturation);
    assert_int_equal(CLASSIFY("river", 1, warmer).class_, 2);
    assert_int_equal(class_of("river", "dissolved_oxygen", 7.1), 2); /* no temperature */
}

static void the_exceedance_multiple_is_of_the_target_and_never_negative(void **state)
{
    static const struct section_value values[] = {
        {"ammonia_nitrogen", 2.31},
        {"ph",               9.5 },
        {"dissolved_oxygen", 1.0 },
        {"cod",              12.0}
    };
    struct section_class answer = CLASSIFY("river", 4, values);

    assert_near(answer.items[0].multiple, 0.54, 1e-9);
    assert_near(answer.items[0].multiple_iii, 1.31, 1e-9);
    assert_true(answer.items[1].exceeds && isnan(answer.items[1].multiple));
    assert_true(answer.items[2].exceeds && isnan(answer.items[2].multiple));
    assert_true(isnan(answer.items[3].multiple));
    assert_true(isnan(exceedance_multiple(1.5, 1.5)));
    assert_true(isnan(exceedance_multiple(1.0, 1.5)));
    assert_near(answer.items[3].index, 12.0 / 30.0, 1e-12);
}

static void main_items_are_the_worst_three_beyond_class_iii(void **state)
{
    static const struct section_value values[] = {
        {"cod_mn",           9.0 }, /* IV, 0.5 x III */
        {"ammonia_nitrogen", 1.9 }, /* V, 0.9 */
        {"total_phosphorus", 0.38}, /* V, 0.9: 0.38 / 0.2 - 1 */
        {"bod5",             9.0 }, /* V, 1.25 */
        {"dissolved_oxygen", 1.0 }, /* worse than V */
        {"cod",              20.0}, /* III */
    };
    static const struct section_value metals[] = {
        {"ammonia_nitrogen", 9.0 },
        {"total_phosphorus", 9.0 },
        {"bod5",             99.0},
        {"lead",             0.09}, /* V */
        {"cyanide",          0.15}, /* III: it does not exceed */
    };
    struct section_class answer = CLASSIFY("river", 3, values);

    assert_int_equal(answer.class_, WORSE_THAN_V);
    assert_int_equal(answer.main_count, 3);
    assert_string_equal(answer.items[answer.main[0]].limit->parameter, "dissolved_oxygen");
    assert_string_equal(answer.items[answer.main[1]].limit->parameter, "bod5");
    assert_string_equal(answer.items[answer.main[2]].limit->parameter, "ammonia_nitrogen");
    answer = CLASSIFY("river", 3, metals);
    assert_int_equal(answer.main_count, 3);
    assert_string_equal(answer.items[answer.main[0]].limit->parameter, "lead");
    assert_string_equal(answer.items[answer.main[1]].limit->parameter, "total_phosphorus");
    answer = classify("river", 3, &values[5], 1);
    assert_int_equal(answer.class_, 3);
    assert_int_equal(answer.main_count, 0);
}

static void saturated_oxygen_has_its_printed_values(void **state)
{
    assert_near(oxygen_saturated(0.0), 14.81, 0.005);
    assert_near(oxygen_saturated(10.0), 11.25, 0.005);
    assert_near(oxygen_saturated(20.0), 9.07, 0.005);
    assert_near(oxygen_saturated(30.0), 7.60, 0.005);
    assert_true(isnan(oxygen_saturated(NAN)));
    assert_true(isnan(oxygen_saturated(-31.6)));
}

static void both_forms_of_the_oxygen_index_agree_at_the_limit(void **state)
{
    static const double limits[] = {7.5, 6.0, 5.0, 3.0, 2.0};

    for (size_t i = 0; i < 5; i++) {
        assert_near(oxygen_index(OXYGEN_FORM_A, limits[i], limits[i], 20.0), 1.0, 1e-12);
        assert_near(oxygen_index(OXYGEN_FORM_B, limits[i], limits[i], 20.0), 1.0, 1e-12);
    }
    /* on one side of it they say the same, and differ in size only */
    assert_near(oxygen_index(OXYGEN_FORM_A, 2.0, 3.0, 20.0), 1.5, 1e-12);
    assert_near(oxygen_index(OXYGEN_FORM_B, 2.0, 3.0, 20.0), 4.0, 1e-12);
    assert_near(oxygen_index(OXYGEN_FORM_A, 6.0, 3.0, 20.0), 0.5, 1e-12);
    assert_near(oxygen_index(OXYGEN_FORM_B, 6.0, 3.0, 20.0),
                (468.0 / 51.6 - 6.0) / (468.0 / 51.6 - 3.0), 1e-12);
    /* above saturation */
    assert_near(oxygen_index(OXYGEN_FORM_A, 12.0, 3.0, 20.0),
                (12.0 - 468.0 / 51.6) / (468.0 / 51.6 - 3.0), 1e-12);
}

static void warm_water_gives_no_index_rather_than_a_huge_one(void **state)
{
    for (int tenth = 308; tenth < 450; tenth++) {
        double temperature = tenth / 10.0;

        assert_true(isnan(oxygen_index(OXYGEN_FORM_A, 9.0, 7.5, temperature)));
        assert_true(isnan(oxygen_index(OXYGEN_FORM_B, 9.0, 7.5, temperature)));
    }
    assert_true(isfinite(oxygen_index(OXYGEN_FORM_B, 9.0, 7.5, 30.0)));
    assert_true(isnan(oxygen_index(OXYGEN_FORM_A, 0.0, 3.0, 20.0)));
    assert_true(isnan(oxygen_index(OXYGEN_FORM_B, 5.0, 3.0, NAN)));
    assert_near(oxygen_index(OXYGEN_FORM_B, 0.0, 3.0, NAN), 10.0, 1e-12);
}

static void the_index_of_ph_is_of_the_nearer_end(void **state)
{
    assert_near(acid_index(6.0, 6.0, 9.0), 1.0, 1e-12);
    assert_near(acid_index(9.0, 6.0, 9.0), 1.0, 1e-12);
    assert_near(acid_index(7.0, 6.0, 9.0), 0.0, 1e-12);
    assert_near(acid_index(5.5, 6.0, 9.0), 1.5, 1e-12);
    assert_near(acid_index(8.0, 6.0, 9.0), 0.5, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_at_the_limit_belongs_to_the_better_class),
        cmocka_unit_test(a_value_is_rounded_once_to_the_digits_of_the_limit),
        cmocka_unit_test(phosphorus_is_judged_by_the_body_of_water),
        cmocka_unit_test(the_worst_item_classes_the_section_and_all_are_named),
        cmocka_unit_test(a_section_without_any_item_has_no_class_and_meets_nothing),
        cmocka_unit_test(twenty_one_items_class_a_section),
        cmocka_unit_test(class_i_oxygen_is_met_by_nine_tenths_of_saturation),
        cmocka_unit_test(the_exceedance_multiple_is_of_the_target_and_never_negative),
        cmocka_unit_test(main_items_are_the_worst_three_beyond_class_iii),
        cmocka_unit_test(saturated_oxygen_has_its_printed_values),
        cmocka_unit_test(both_forms_of_the_oxygen_index_agree_at_the_limit),
        cmocka_unit_test(warm_water_gives_no_index_rather_than_a_huge_one),
        cmocka_unit_test(the_index_of_ph_is_of_the_nearer_end),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, load, end);
}
