/* Tests of model/parameter.c and of the table it reads, config/parameters.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/say.h"
#include "model/parameter.h"

static struct conf_faults *faults;
static struct parameters *table;

static int begin(void **state)
{
    faults = conf_faults_new();
    table = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    return table == NULL || conf_faults_count(faults) > 0;
}

static int end(void **state)
{
    parameters_free(table);
    conf_faults_free(faults);
    return 0;
}

static void the_shipped_table_has_every_key_of_the_contract(void **state)
{
    static const char *const keys[] = {
        "ph",
        "water_temperature",
        "dissolved_oxygen",
        "conductivity",
        "turbidity",
        "orp",
        "transparency",
        "cod_mn",
        "cod",
        "bod5",
        "ammonia_nitrogen",
        "total_phosphorus",
        "total_nitrogen",
        "chlorophyll_a",
        "flow",
        "pm2_5",
        "pm10",
        "tsp",
        "so2",
        "no2",
        "nox",
        "co",
        "o3",
        "nmhc",
        "voc",
        "ammonia",
        "hydrogen_sulfide",
        "cooking_fume",
        "la",
        "laeq",
        "lamax",
        "air_temperature",
        "humidity",
        "pressure",
        "wind_speed",
        "wind_direction",
        "rain",
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (parameter_find(table, keys[i]) == NULL)
            fail_msg("%s is missing", keys[i]);
}

static void a_parameter_carries_its_unit_medium_and_code(void **state)
{
    const struct parameter *ph = parameter_find(table, "ph");
    const struct parameter *dust = parameter_find(table, "pm10");

    assert_string_equal(ph->unit, "");
    assert_int_equal(ph->decimals, 2);
    assert_string_equal(ph->hj212, "w01001");
    assert_string_equal(medium_word((enum medium)ph->medium), "water");
    assert_string_equal(dust->unit, "µg/m³");
    assert_string_equal(medium_word((enum medium)dust->medium), "air");
    assert_string_equal(medium_word((enum medium)parameter_find(table, "la")->medium), "noise");
    assert_string_equal(medium_word((enum medium)parameter_find(table, "rain")->medium), "weather");
}

static void a_title_is_in_the_language_of_the_moment(void **state)
{
    const struct parameter *oxygen = parameter_find(table, "dissolved_oxygen");

    say_in(LANGUAGE_ZH);
    assert_string_equal(parameter_title(oxygen), "溶解氧");
    say_in(LANGUAGE_EN);
    assert_string_equal(parameter_title(oxygen), "dissolved oxygen");
}

static void a_misspelt_key_finds_its_neighbour(void **state)
{
    assert_string_equal(parameter_nearest(table, "disolved_oxygen"), "dissolved_oxygen");
    assert_string_equal(parameter_nearest(table, "tubidity"), "turbidity");
    assert_null(parameter_nearest(table, "qqqqqqqqqqqqqqqqqqqq"));
    assert_null(parameter_find(table, "disolved_oxygen"));
}

static void a_table_can_be_walked(void **state)
{
    assert_true(parameters_count(table) >= 37);
    assert_string_equal(parameter_at(table, 0)->key, "ph");
}

static void a_wrong_row_and_a_doubled_key_are_faults_with_their_lines(void **state)
{
    char path[] = "/tmp/lookback-parameters-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    struct parameters *wrong;

    fputs("parameters = (\n"
          "{ key = \"a\"; title_zh = \"a\"; title_en = \"a\"; unit = \"\"; decimals = 1; "
          "medium = \"water\"; },\n"
          "{ key = \"a\"; title_zh = \"b\"; title_en = \"b\"; unit = \"\"; decimals = 1; "
          "medium = \"water\"; },\n"
          "{ key = \"b\"; title_zh = \"b\"; title_en = \"b\"; unit = \"\"; decimals = 7; "
          "medium = \"watr\"; } );\n",
          file);
    fclose(file);
    wrong = parameters_load(path, faults);
    assert_int_equal(conf_faults_count(faults), 3);
    assert_non_null(strstr(conf_fault(faults, 0)->text, ":3: key: the parameter a stands"));
    assert_non_null(strstr(conf_fault(faults, 1)->text, ":4: decimals: 7 is not allowed"));
    assert_non_null(strstr(conf_fault(faults, 2)->text, "did you mean \"water\"?"));
    parameters_free(wrong);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_shipped_table_has_every_key_of_the_contract, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_parameter_carries_its_unit_medium_and_code, begin, end),
        cmocka_unit_test_setup_teardown(a_title_is_in_the_language_of_the_moment, begin, end),
        cmocka_unit_test_setup_teardown(a_misspelt_key_finds_its_neighbour, begin, end),
        cmocka_unit_test_setup_teardown(a_table_can_be_walked, begin, end),
        cmocka_unit_test_setup_teardown(a_wrong_row_and_a_doubled_key_are_faults_with_their_lines,
                                        begin, end),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
