/* Tests of ledger/point_sheet.c with the shipped limits: what is sealed of a point reads back as it
 * was, and nothing else is taken for it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/point_sheet.h"

static struct parameters *parameters;
static struct standards *standards;
static struct point_sheet sheet; /* of a noise point: a standard, and a bound of its own */

static int begin(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    bool good;

    conf_zone("Asia/Shanghai");
    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    standards = standards_new();
    good = standards_load(standards, SOURCE_ROOT "/config/standards", parameters, faults);
    conf_faults_free(faults);
    return !good;
}

static int end(void **state)
{
    standards_free(standards);
    parameters_free(parameters);
    return 0;
}

static void take_limits(struct sheet_rule *rule, const char *standard)
{
    const struct limit *rows[24];
    size_t count = standards_pick(standards, standard, &sheet.place, sheet.parameter, rows, 24);

    assert_true(count > 0);
    assert_true(standards_lanes(rows, count, PERIOD_1H, &rule->lanes));
    for (size_t i = 0; i < rule->lanes.count; i++)
        for (size_t j = 0; j < rule->lanes.lane[i].stage_count; j++) {
            rule->limits[i][j] = *rule->lanes.lane[i].stages[j].limit;
            rule->lanes.lane[i].stages[j].limit = &rule->limits[i][j];
        }
}

static int make(void **state)
{
    const struct bound bound = {BOUND_BETWEEN, 0.1 + 0.2, 1e22, DECIMALS_ALL};

    sheet = (struct point_sheet){
        .point = "school-gate/meter/la",
        .parameter = "la",
        .unit = "dB",
        .parameter_zh = "声级",
        .parameter_en = "sound level",
        .decimals = 1,
        .medium = MEDIUM_NOISE,
        .site = "school-gate",
        .site_kind = "noise_point",
        .place = {.noise_zone = "1", .noise_place = "ambient"},
        .device_title = "噪声计",
        .model = "sonbest_sm7901",
        .every_ms = 60000,
        .since = {1700000000123                }
    };
    memset(sheet.decode, 'a', 64);
    sheet.rules = calloc(2, sizeof *sheet.rules);
    sheet.rule_count = 2;
    snprintf(sheet.rules[0].rule.name, NAME_SIZE, "school-night");
    sheet.rules[0].rule.night = (struct night){1320, 360};
    take_limits(&sheet.rules[0], "GB 3096");
    snprintf(sheet.rules[1].rule.name, NAME_SIZE, "odd");
    snprintf(sheet.rules[1].rule.title, TITLE_SIZE, "“怪”规则");
    sheet.rules[1].rule.count_m = 2;
    sheet.rules[1].rule.count_n = 3;
    sheet.rules[1].rule.recover = 0.1;
    sheet.rules[1].rule.has_recover = true;
    sheet.rules[1].rule.nature = NATURE_DOUBT;
    lanes_of_bound(&sheet.rules[1].lanes, &bound);
    return 0;
}

static int unmake(void **state)
{
    point_sheet_end(&sheet);
    return 0;
}

static bool read_back(const json_t *from, struct point_sheet *read)
{
    struct error err = {0};
    bool good = point_sheet_read(read, from, &err);

    assert_true(good || err.text[0] != '\0');
    return good;
}

static bool is_refused(const json_t *from)
{
    struct point_sheet read;
    bool good = read_back(from, &read);

    point_sheet_end(&read);
    return !good;
}

static void it_reads_back_as_it_was_to_the_last_bit(void **state)
{
    json_t *written = point_sheet_json(&sheet);
    char *words = json_dumps(written, JSON_SORT_KEYS | JSON_COMPACT);
    json_t *parsed = json_loads(words, 0, NULL);
    struct point_sheet read;
    json_t *again;

    assert_true(read_back(parsed, &read));
    again = point_sheet_json(&read);
    assert_true(json_equal(written, again));
    assert_true(read.rules[1].lanes.lane[0].stages[0].bound.low == 0.1 + 0.2);
    assert_true(read.rules[1].lanes.lane[0].stages[0].bound.high == 1e22);
    assert_int_equal(read.rules[1].lanes.lane[0].stages[0].bound.decimals, DECIMALS_ALL);
    assert_true(read.rules[1].rule.has_recover && !read.rules[0].rule.has_recover);
    assert_int_equal(read.since.ms, 1700000000123);
    for (size_t i = 0; i < 2; i++)
        assert_true(rule_meaning(&read.rules[i].rule, &read.rules[i].lanes) ==
                    rule_meaning(&sheet.rules[i].rule, &sheet.rules[i].lanes));
    assert_string_equal(read.rules[0].lanes.lane[0].stages[0].limit->high_text,
                        sheet.rules[0].lanes.lane[0].stages[0].limit->high_text);
    point_sheet_end(&read);
    json_decref(again);
    json_decref(parsed);
    json_decref(written);
    free(words);
}

/* Calls itself for every object inside: each key is taken away, and a strange one put beside it. */
static size_t harm_every_key(json_t *whole, json_t *object)
{
    size_t harmed = 0;
    const char *key;
    json_t *value;
    json_t *copy = json_copy(object);

    json_object_foreach(copy, key, value)
    {
        json_incref(value);
        json_object_del(object, key);
        if (!is_refused(whole))
            print_message("without %s\n", key);
        assert_true(is_refused(whole));
        json_object_set_new(object, key, json_pack("{s:i}", "strange", 1));
        assert_true(is_refused(whole));
        json_object_set(object, key, value);
        json_decref(value);
        harmed++;
        if (json_is_object(value))
            harmed += harm_every_key(whole, value);
        for (size_t i = 0; i < json_array_size(value); i++)
            harmed += harm_every_key(whole, json_array_get(value, i));
    }
    json_object_set_new(object, "strange", json_true());
    assert_true(is_refused(whole));
    json_object_del(object, "strange");
    assert_false(is_refused(whole));
    json_decref(copy);
    return harmed;
}

static void a_key_that_is_missing_strange_or_of_another_form_is_refused(void **state)
{
    json_t *written = point_sheet_json(&sheet);

    assert_true(harm_every_key(written, written) > 120);
    json_decref(written);
}

static json_t *rule_of(json_t *whole, size_t index)
{
    return json_array_get(json_object_get(whole, "rules"), index);
}

static json_t *stage_of(json_t *whole, size_t rule)
{
    json_t *lanes = json_object_get(rule_of(whole, rule), "lanes");

    return json_array_get(json_object_get(json_array_get(lanes, 0), "stages"), 0);
}

static void one_number_and_one_time_have_one_text(void **state)
{
    static const char *const numbers[] = {"7.50", "+7.5", "07.5",  " 7.5",
                                          "7,5",  "NaN",  "1e999", ""};
    static const char *const times[] = {"2026-11-22", "2026-11-22T08:00:00Z",
                                        "2026-11-22T16:00:00.000+08:00"};
    json_t *written = point_sheet_json(&sheet);

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_object_set_new(rule_of(written, 1), "recover", json_string(numbers[i]));
        assert_true(is_refused(written));
    }
    json_object_set_new(rule_of(written, 1), "recover", json_string("7.5"));
    assert_false(is_refused(written));
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        json_object_set_new(written, "since", json_string(times[i]));
        assert_true(is_refused(written));
    }
    json_object_set_new(written, "since", json_string("2026-11-22T08:00:00.000Z"));
    assert_false(is_refused(written));
    json_decref(written);
}

/* A limit that is shown and another one that is judged by would tell two stories. */
static void a_limit_other_than_what_is_judged_by_is_refused(void **state)
{
    json_t *written = point_sheet_json(&sheet);

    json_object_set_new(stage_of(written, 0), "high", json_string("99"));
    assert_true(is_refused(written));
    json_object_set_new(json_object_get(stage_of(written, 0), "limit"), "high", json_string("99"));
    assert_false(is_refused(written));
    json_decref(written);
}

static void bounds_that_judge_nothing_and_stages_that_overlap_are_refused(void **state)
{
    json_t *written = point_sheet_json(&sheet);
    json_t *stages;

    json_object_set_new(stage_of(written, 1), "low", json_null());
    assert_true(is_refused(written));
    json_object_set_new(stage_of(written, 1), "low", json_string("1e+22"));
    assert_true(is_refused(written));
    json_object_set_new(stage_of(written, 1), "low", json_string("1"));
    assert_false(is_refused(written));
    stages =
        json_object_get(json_array_get(json_object_get(rule_of(written, 1), "lanes"), 0), "stages");
    json_array_append_new(stages, json_deep_copy(json_array_get(stages, 0)));
    assert_true(is_refused(written));
    json_object_set_new(json_array_get(stages, 0), "to", json_string("2026-03-01T00:00:00.000Z"));
    json_object_set_new(json_array_get(stages, 1), "from", json_string("2026-02-01T00:00:00.000Z"));
    assert_true(is_refused(written));
    json_object_set_new(json_array_get(stages, 1), "from", json_string("2026-03-01T00:00:00.000Z"));
    assert_false(is_refused(written));
    json_decref(written);
}

static void a_point_is_site_device_and_a_channel_of_its_parameter(void **state)
{
    static const char *const names[] = {"school-gate/meter",       "school-gate//la",
                                        "school/meter/la",         "school-gate/meter/x",
                                        "school-gate/meter/lamax", "school-gate/meter/la/",
                                        "school-gate/../la"};
    json_t *written = point_sheet_json(&sheet);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_object_set_new(written, "point", json_string(names[i]));
        assert_true(is_refused(written));
    }
    json_object_set_new(written, "point", json_string("school-gate/meter/la.fast"));
    assert_false(is_refused(written));
    json_decref(written);
}

static void what_nothing_is_judged_by_makes_no_other_sheet(void **state)
{
    struct point_sheet other = sheet;

    snprintf(other.device_title, TITLE_SIZE, "renamed");
    other.every_ms = 1000;
    other.since = WALL_NONE;
    assert_true(point_sheet_is_same(&sheet, &other));
    other.decode[0] = 'b';
    assert_false(point_sheet_is_same(&sheet, &other));
    other = sheet;
    sheet.rules[1].lanes.lane[0].stages[0].bound.low = 0.25;
    assert_true(point_sheet_is_same(&sheet, &other)); /* they share their rules */
    other.rule_count = 1;
    assert_false(point_sheet_is_same(&sheet, &other));
}

static void another_bound_makes_another_sheet(void **state)
{
    json_t *written = point_sheet_json(&sheet);
    struct point_sheet read;

    assert_true(read_back(written, &read));
    assert_true(point_sheet_is_same(&sheet, &read));
    sheet.rules[1].lanes.lane[0].stages[0].bound.low = 0.25;
    assert_false(point_sheet_is_same(&sheet, &read));
    point_sheet_end(&read);
    json_decref(written);
}

int main(void)
{
#define OF_ONE(test) cmocka_unit_test_setup_teardown(test, make, unmake)
    const struct CMUnitTest tests[] = {
        OF_ONE(it_reads_back_as_it_was_to_the_last_bit),
        OF_ONE(a_key_that_is_missing_strange_or_of_another_form_is_refused),
        OF_ONE(one_number_and_one_time_have_one_text),
        OF_ONE(a_limit_other_than_what_is_judged_by_is_refused),
        OF_ONE(bounds_that_judge_nothing_and_stages_that_overlap_are_refused),
        OF_ONE(a_point_is_site_device_and_a_channel_of_its_parameter),
        OF_ONE(what_nothing_is_judged_by_makes_no_other_sheet),
        OF_ONE(another_bound_makes_another_sheet),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
