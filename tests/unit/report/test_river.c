/* Tests of report/river.c: a month of a section, with the shipped limits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "report/river.h"

static struct parameters *parameters;
static struct standards *standards;
static struct river_terms terms;

static int load(void **state)
{
    struct conf_faults *faults = conf_faults_new();

    assert_true(conf_zone("Asia/Shanghai"));
    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    standards = standards_new();
    standards_load(standards, SOURCE_ROOT "/config/standards", parameters, faults);
    assert_true(river_terms_load(&terms, SOURCE_ROOT "/config/river.conf", standards, faults));
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

/* --- a month made by hand -------------------------------------------------------------------- */

struct story {
    struct river_month month;
    struct river_measured items[8];
};

/* Noon of 2026-11-23, +08:00. */
static const struct wall_time today = {INT64_C(1795406400000)};

static struct story *story_of(const char *month)
{
    static struct story stories[4];
    static unsigned turn;
    struct story *story = &stories[turn++ % 4];

    *story = (struct story){.month = {.count = 0}};
    assert_true(river_month_of(month, today, &story->month));
    story->month.items = story->items;
    return story;
}

/* Every day of the month has this mean; `valid` of them are enough. The month is enough from 60 %
 * on, as aggregates.conf says of water. */
static struct river_measured *measure(struct story *story, const char *parameter, double mean,
                                      int valid)
{
    struct river_measured *item = &story->items[story->month.count++];

    item->parameter = parameter_find(parameters, parameter);
    assert_non_null(item->parameter);
    snprintf(item->point, sizeof item->point, "qinghe-01/sonde/%s", parameter);
    aggregate_clear(&item->month);
    for (int i = 0; i < story->month.days; i++) {
        struct aggregate *day = &item->days[i];

        aggregate_clear(day);
        day->start = (struct wall_time){story->month.span.start.ms + i * INT64_C(86400000)};
        day->expected = 24;
        day->valid = i < valid ? 24 : 0;
        day->enough = i < valid;
        day->mean = i < valid ? mean : (double)NAN;
    }
    if (!story->month.over)
        return item;
    item->has_month = true;
    item->month.expected = 24U * (unsigned)story->month.days;
    item->month.valid = 24U * (unsigned)valid;
    item->month.mean = valid > 0 ? mean : (double)NAN;
    item->month.enough = valid * 10 >= story->month.days * 6;
    return item;
}

static const struct river_chief chiefs[] = {
    {"town",    "张某"},
    {"village", "李某"}
};

static json_t *section(int target, const char *body, const struct story *now,
                       const struct story *last_month, const struct story *last_year)
{
    struct river_setup setup = {&terms, standards, parameters};
    struct river_place place = {.site = "qinghe-01",
                                .title = "清河入镇断面",
                                .village = "北村",
                                .river = "qinghe",
                                .river_title = "清河",
                                .body = body,
                                .target = target,
                                .chiefs = chiefs,
                                .chief_count = 2};
    struct story *none = story_of("2026-09");
    json_t *object = river_section_json(&setup, &place, &now->month,
                                        last_month == NULL ? &none->month : &last_month->month,
                                        last_year == NULL ? &none->month : &last_year->month);

    assert_non_null(object);
    return object;
}

static const char *text(const json_t *object, const char *key)
{
    const char *words = json_string_value(json_object_get(object, key));

    return words == NULL ? "null" : words;
}

static const json_t *item(const json_t *object, const char *parameter)
{
    const json_t *items = json_object_get(object, "items");

    for (size_t i = 0; i < json_array_size(items); i++)
        if (strcmp(text(json_array_get(items, i), "parameter"), parameter) == 0)
            return json_array_get(items, i);
    fail_msg("no item %s", parameter);
    return NULL;
}

static void assert_real(const json_t *object, const char *key, double expected)
{
    const json_t *value = json_object_get(object, key);

    assert_true(json_is_number(value));
    if (fabs(json_number_value(value) - expected) > 1e-9)
        fail_msg("%s is %.12g, not %.12g", key, json_number_value(value), expected);
}

/* --- the tests ------------------------------------------------------------------------------- */

static void a_month_is_read_in_its_own_form_only(void **state)
{
    static const char *const wrong[] = {"",        "2026-1",  "2026-00",    "2026-13",
                                        "2026/10", "20261-0", "2026-10-01", " 2026-10",
                                        "2026-1x", "0026-10", "2026- 1",    "2026-+1"};
    struct river_month month;
    char other[8];

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(river_month_of(wrong[i], today, &month));
    assert_true(river_month_of("2028-02", today, &month));
    assert_int_equal(month.days, 29);
    assert_false(month.over);
    assert_true(river_month_of("2026-01", today, &month));
    assert_true(month.over);
    assert_int_equal(month.span.start.ms, INT64_C(1767196800000)); /* 2026-01-01 +08:00 */
    assert_int_equal(month.span.end.ms, INT64_C(1769875200000));
    river_month_before(&month, 1, other);
    assert_string_equal(other, "2025-12");
    river_month_before(&month, 12, other);
    assert_string_equal(other, "2025-01");
}

static void a_section_is_as_its_worst_item_and_says_which_took_part(void **state)
{
    struct story *now = story_of("2026-10");
    json_t *object;

    measure(now, "dissolved_oxygen", 6.4, 31);
    measure(now, "ammonia_nitrogen", 1.2, 31);
    measure(now, "water_temperature", 20.0, 31);
    measure(now, "turbidity", 24.0, 31);
    object = section(4, "river", now, NULL, NULL);
    assert_string_equal(text(object, "answer"), "met");
    assert_string_equal(text(object, "class"), "IV");
    assert_string_equal(text(json_object_get(object, "grade"), "zh"), "轻度污染");
    assert_int_equal(json_array_size(json_object_get(object, "items")), 2);
    assert_string_equal(text(item(object, "dissolved_oxygen"), "class"), "II");
    assert_string_equal(text(item(object, "ammonia_nitrogen"), "class"), "IV");
    /* temperature and turbidity class nothing, and 19 of the 21 items are measured by nobody */
    assert_int_equal(json_array_size(json_object_get(object, "beside")), 2);
    assert_int_equal(json_array_size(json_object_get(object, "missing")), 19);
    assert_int_equal(json_array_size(json_object_get(object, "main_items")), 1);
    assert_string_equal(json_string_value(json_array_get(json_object_get(object, "main_items"), 0)),
                        "ammonia_nitrogen");
    json_decref(object);
}

static void multiples_are_of_the_target_and_oxygen_and_ph_have_an_index_instead(void **state)
{
    struct story *now = story_of("2026-10");
    json_t *object;

    measure(now, "ammonia_nitrogen", 2.25, 31);
    measure(now, "dissolved_oxygen", 2.0, 31);
    measure(now, "ph", 5.5, 31);
    measure(now, "water_temperature", 20.0, 31);
    object = section(4, "river", now, NULL, NULL);
    assert_string_equal(text(object, "answer"), "missed");
    assert_string_equal(text(object, "class"), "worse_than_V");
    assert_true(json_is_true(json_object_get(object, "worse_than_V")));
    assert_real(item(object, "ammonia_nitrogen"), "multiple", 0.5);
    assert_true(json_is_null(json_object_get(item(object, "dissolved_oxygen"), "multiple")));
    assert_real(item(object, "dissolved_oxygen"), "index", 1.5); /* form A: 3 / 2 */
    assert_true(json_is_null(json_object_get(item(object, "ph"), "multiple")));
    assert_real(item(object, "ph"), "index", 1.5);
    assert_non_null(strstr(text(json_object_get(object, "why"), "zh"), "氨氮、溶解氧、pH"));
    json_decref(object);
}

static void what_is_measured_and_not_enough_proves_no_target_met(void **state)
{
    struct story *now = story_of("2026-10");
    json_t *object;

    measure(now, "dissolved_oxygen", 6.4, 31);
    measure(now, "ammonia_nitrogen", 0.2, 18); /* 58 % of the days */
    object = section(4, "river", now, NULL, NULL);
    assert_string_equal(text(object, "answer"), "not_provable");
    assert_non_null(strstr(text(json_object_get(object, "why"), "zh"), "氨氮"));
    assert_null(strstr(text(json_object_get(object, "why"), "zh"), "溶解氧"));
    assert_string_equal(text(object, "class"), "II"); /* of oxygen alone */
    assert_string_equal(text(item(object, "ammonia_nitrogen"), "class"), "null");
    json_decref(object);
}

static void what_is_not_enough_proves_no_target_missed_either(void **state)
{
    struct story *now = story_of("2026-10");
    json_t *object;

    measure(now, "ammonia_nitrogen", 9.0, 18);
    object = section(4, "river", now, NULL, NULL);
    assert_string_equal(text(object, "answer"), "not_provable");
    assert_string_equal(text(object, "class"), "null");
    json_decref(object);
}

static void a_target_missed_by_one_item_is_missed_whatever_the_others_lack(void **state)
{
    struct story *now = story_of("2026-10");
    json_t *object;

    measure(now, "ammonia_nitrogen", 1.8, 31);
    measure(now, "dissolved_oxygen", 6.0, 2);
    object = section(4, "river", now, NULL, NULL);
    assert_string_equal(text(object, "answer"), "missed");
    json_decref(object);
}

static void a_month_that_runs_proves_nothing_and_says_how_it_stands(void **state)
{
    struct story *now = story_of("2026-11");
    json_t *object;

    measure(now, "ammonia_nitrogen", 1.8, 20);
    object = section(4, "river", now, NULL, NULL);
    assert_string_equal(text(object, "answer"), "not_provable");
    assert_string_equal(text(object, "class"), "V");
    assert_non_null(strstr(text(json_object_get(object, "why"), "zh"), "还没有结束"));
    assert_false(json_is_true(json_object_get(item(object, "ammonia_nitrogen"), "enough")));
    json_decref(object);
}

static void a_section_without_any_item_is_not_provable(void **state)
{
    struct story *now = story_of("2026-10");
    json_t *object;

    measure(now, "turbidity", 10.0, 31);
    object = section(4, "river", now, NULL, NULL);
    assert_string_equal(text(object, "answer"), "not_provable");
    assert_string_equal(text(object, "class"), "null");
    assert_true(json_is_null(json_object_get(object, "completeness")));
    json_decref(object);
}

static void a_lake_is_judged_by_its_own_phosphorus_and_nitrogen_stands_apart(void **state)
{
    struct story *now = story_of("2026-10");
    json_t *object;

    measure(now, "total_phosphorus", 0.15, 31);
    measure(now, "total_nitrogen", 9.0, 31);
    object = section(3, "river", now, NULL, NULL);
    assert_string_equal(text(object, "class"), "III");
    json_decref(object);
    object = section(3, "lake", now, NULL, NULL);
    assert_string_equal(text(object, "class"), "V");
    assert_string_equal(text(item(object, "total_nitrogen"), "class"), "worse_than_V");
    assert_false(json_is_true(json_object_get(item(object, "total_nitrogen"), "takes_part")));
    json_decref(object);
}

static void change_goes_by_grades(void **state)
{
    static const struct {
        double then, now; /* ammonia, mg/L */
        const char *change;
    } cases[] = {
        {0.1, 0.3, "none"          }, /* I to II: one grade */
        {0.3, 0.8, "worse"         }, /* II to III */
        {0.8, 0.3, "better"        },
        {0.3, 1.4, "clearly_worse" }, /* II to IV */
        {3.0, 1.4, "clearly_better"}, /* worse than V to IV */
        {3.0, 1.9, "better"        },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct story *now = story_of("2026-10");
        struct story *then = story_of("2026-09");
        const json_t *change;
        json_t *object;

        measure(now, "ammonia_nitrogen", cases[i].now, 31);
        measure(then, "ammonia_nitrogen", cases[i].then, 30);
        object = section(4, "river", now, then, NULL);
        change = json_object_get(json_object_get(object, "change"), "last_month");
        assert_string_equal(text(change, "change"), cases[i].change);
        assert_true(json_is_true(json_object_get(change, "same_items")));
        /* nothing is known of the year before */
        change = json_object_get(json_object_get(object, "change"), "last_year");
        assert_string_equal(text(change, "change"), "null");
        json_decref(object);
    }
}

static void a_change_by_other_items_says_so(void **state)
{
    struct story *now = story_of("2026-10");
    struct story *then = story_of("2026-09");
    json_t *object;

    measure(now, "ammonia_nitrogen", 1.2, 31);
    measure(then, "dissolved_oxygen", 4.0, 30);
    object = section(4, "river", now, then, NULL);
    assert_false(json_is_true(json_object_get(
        json_object_get(json_object_get(object, "change"), "last_month"), "same_items")));
    json_decref(object);
}

static void each_day_has_the_class_of_what_was_valid_on_it(void **state)
{
    struct story *now = story_of("2026-10");
    struct river_measured *ammonia = measure(now, "ammonia_nitrogen", 0.3, 31);
    const json_t *calendar;
    json_t *object;

    ammonia->days[4].mean = 2.6;
    ammonia->days[5].enough = false;
    object = section(4, "river", now, NULL, NULL);
    calendar = json_object_get(object, "calendar");
    assert_int_equal(json_array_size(calendar), 31);
    assert_string_equal(text(json_array_get(calendar, 3), "class"), "II");
    assert_string_equal(text(json_array_get(calendar, 4), "class"), "worse_than_V");
    assert_string_equal(text(json_array_get(calendar, 5), "class"), "null");
    assert_int_equal(json_integer_value(json_object_get(object, "days_worse_than_V")), 1);
    json_decref(object);
}

/* Heavy on the first `heavy` days, light on the next `light`, clean on the others. */
static void blacken(struct river_measured *item, int heavy, int light, double heavy_value,
                    double light_value)
{
    for (int i = 0; i < heavy + light; i++)
        item->days[i].mean = i < heavy ? heavy_value : light_value;
}

static void black_and_odorous_water_goes_by_shares_of_the_data(void **state)
{
    static const struct {
        int clear_heavy, clear_light; /* days of transparency */
        int orp_heavy, orp_light;
        const char *answer;
    } cases[] = {
        {0,  0,  0, 0, "none" },
        {18, 0,  0, 0, "heavy"}, /* 60 % of 30 days */
        {17, 0,  0, 0, "none" },
        {9,  0,  9, 0, "heavy"}, /* two items in 30 % each */
        {9,  0,  8, 0, "none" },
        {0,  18, 0, 0, "light"},
        {8,  10, 0, 0, "light"},
        {0,  9,  0, 9, "light"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct story *now = story_of("2026-09");
        const json_t *odour;
        json_t *object;

        blacken(measure(now, "transparency", 60.0, 30), cases[i].clear_heavy, cases[i].clear_light,
                8.0, 20.0);
        blacken(measure(now, "orp", 180.0, 30), cases[i].orp_heavy, cases[i].orp_light, -250.0,
                20.0);
        object = section(4, "river", now, NULL, NULL);
        odour = json_object_get(object, "black_odour");
        assert_true(json_is_true(json_object_get(odour, "screened")));
        assert_string_equal(text(odour, "answer"), cases[i].answer);
        json_decref(object);
    }
}

static void without_transparency_nothing_is_screened(void **state)
{
    struct story *now = story_of("2026-10");
    const json_t *odour;
    json_t *object;

    measure(now, "orp", -300.0, 31);
    measure(now, "turbidity", 900.0, 31);
    object = section(4, "river", now, NULL, NULL);
    odour = json_object_get(object, "black_odour");
    assert_false(json_is_true(json_object_get(odour, "screened")));
    assert_string_equal(text(odour, "answer"), "null");
    assert_non_null(strstr(text(json_object_get(odour, "why"), "zh"), "透明度"));
    json_decref(object);
}

static void two_samplings_are_not_enough_to_screen(void **state)
{
    struct story *now = story_of("2026-10");
    json_t *object;

    measure(now, "orp", -300.0, 31);
    measure(now, "transparency", 5.0, 2);
    object = section(4, "river", now, NULL, NULL);
    assert_false(json_is_true(json_object_get(json_object_get(object, "black_odour"), "screened")));
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_month_is_read_in_its_own_form_only),
        cmocka_unit_test(a_section_is_as_its_worst_item_and_says_which_took_part),
        cmocka_unit_test(multiples_are_of_the_target_and_oxygen_and_ph_have_an_index_instead),
        cmocka_unit_test(what_is_measured_and_not_enough_proves_no_target_met),
        cmocka_unit_test(what_is_not_enough_proves_no_target_missed_either),
        cmocka_unit_test(a_target_missed_by_one_item_is_missed_whatever_the_others_lack),
        cmocka_unit_test(a_month_that_runs_proves_nothing_and_says_how_it_stands),
        cmocka_unit_test(a_section_without_any_item_is_not_provable),
        cmocka_unit_test(a_lake_is_judged_by_its_own_phosphorus_and_nitrogen_stands_apart),
        cmocka_unit_test(change_goes_by_grades),
        cmocka_unit_test(a_change_by_other_items_says_so),
        cmocka_unit_test(each_day_has_the_class_of_what_was_valid_on_it),
        cmocka_unit_test(black_and_odorous_water_goes_by_shares_of_the_data),
        cmocka_unit_test(without_transparency_nothing_is_screened),
        cmocka_unit_test(two_samplings_are_not_enough_to_screen),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, load, end);
}
