/* Tests of ledger/standard*.c: the shipped limits, the row a place and a moment pick, and the files
 * that are refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/say.h"
#include "ledger/standard.h"

static struct parameters *parameters;
static struct standards *shipped;
static char folder[64];

static int load_shipped(void **state)
{
    struct conf_faults *faults = conf_faults_new();

    assert_true(conf_zone("Asia/Shanghai"));
    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    shipped = standards_new();
    standards_load(shipped, SOURCE_ROOT "/config/standards", parameters, faults);
    for (size_t i = 0; i < conf_faults_count(faults); i++)
        print_error("%s\n", conf_fault(faults, i)->text);
    assert_int_equal(conf_faults_count(faults), 0);
    conf_faults_free(faults);
    strcpy(folder, "/tmp/lookback-standards-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int end_shipped(void **state)
{
    char path[128];

    snprintf(path, sizeof path, "%s/one.conf", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/two.conf", folder);
    unlink(path);
    rmdir(folder);
    standards_free(shipped);
    parameters_free(parameters);
    return 0;
}

static struct wall_time at(const char *words)
{
    struct wall_time time = WALL_NONE;

    assert_true(moment_parse(words, &time));
    return time;
}

/* The row in force, or NULL; there must not be two. */
static const struct limit *row_at(const char *standard, const struct place *place,
                                  const char *parameter, enum period on, const char *moment)
{
    const struct limit *rows[16];
    const struct limit *found = NULL;
    size_t count = standards_pick(shipped, standard, place, parameter, rows, 16);

    assert_true(count <= 16);
    for (size_t i = 0; i < count; i++)
        if (rows[i]->on == on && limit_is_in_force(rows[i], at(moment))) {
            assert_null(found);
            found = rows[i];
        }
    return found;
}

static struct place section(int class_, const char *body)
{
    struct place place = {.kind = "river_section", .water_class = class_};

    snprintf(place.water_body, sizeof place.water_body, "%s", body);
    return place;
}

/* GB 3838-2002 table 1, as domain facts print it, for rivers and lakes. */
static void surface_water_is_judged_by_the_printed_table(void **state)
{
    static const struct {
        const char *parameter, *body;
        const char *printed[5];
    } cases[] = {
        {"cod_mn",           "river", {"2", "4", "6", "10", "15"}                       },
        {"cod",              "lake",  {"15", "15", "20", "30", "40"}                    },
        {"bod5",             "river", {"3", "3", "4", "6", "10"}                        },
        {"ammonia_nitrogen", "river", {"0.15", "0.5", "1.0", "1.5", "2.0"}              },
        {"total_phosphorus", "river", {"0.02", "0.1", "0.2", "0.3", "0.4"}              },
        {"total_phosphorus", "lake",  {"0.01", "0.025", "0.05", "0.1", "0.2"}           },
        {"total_nitrogen",   "lake",  {"0.2", "0.5", "1.0", "1.5", "2.0"}               },
        {"mercury",          "river", {"0.00005", "0.00005", "0.0001", "0.001", "0.001"}},
        {"petroleum",        "river", {"0.05", "0.05", "0.05", "0.5", "1.0"}            },
        {"faecal_coliform",  "river", {"200", "2000", "10000", "20000", "40000"}        },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int class_ = 1; class_ <= 5; class_++) {
            struct place place = section(class_, cases[i].body);
            const struct limit *row =
                row_at("GB 3838", &place, cases[i].parameter, PERIOD_READING, "2026-11-23");

            assert_non_null(row);
            assert_int_equal(row->bound, BOUND_ABOVE);
            assert_string_equal(row->high_text, cases[i].printed[class_ - 1]);
            assert_string_equal(row->class_, water_classes[class_ - 1]);
            assert_true(row->verified);
        }
}

static void oxygen_is_judged_below_and_acid_between(void **state)
{
    struct place first = section(1, "river");
    struct place place = section(4, "river");
    const struct limit *row =
        row_at("GB 3838", &place, "dissolved_oxygen", PERIOD_READING, "2026-11-23");

    assert_int_equal(row->bound, BOUND_BELOW);
    assert_true(row->low == 3.0);
    assert_true(isnan(row->or_saturation));
    row = row_at("GB 3838", &first, "dissolved_oxygen", PERIOD_READING, "2026-11-23");
    assert_true(row->low == 7.5 && row->or_saturation == 90.0);
    row = row_at("GB 3838", &place, "ph", PERIOD_READING, "2026-11-23");
    assert_int_equal(row->bound, BOUND_BETWEEN);
    assert_true(row->low == 6.0 && row->high == 9.0);
    /* 5.6 rounded to the digits of "6" would be 6 */
    assert_int_equal(row->decimals, DECIMALS_ALL);
}

static void total_nitrogen_has_no_row_for_a_river(void **state)
{
    struct place place = section(4, "river");
    const struct limit *rows[4];

    assert_int_equal(standards_pick(shipped, "GB 3838", &place, "total_nitrogen", rows, 4), 0);
}

static void the_digits_printed_say_how_to_round(void **state)
{
    struct place place = section(3, "lake");

    assert_int_equal(
        row_at("GB 3838", &place, "ammonia_nitrogen", PERIOD_READING, "2026-11-23")->decimals, 1);
    assert_int_equal(
        row_at("GB 3838", &place, "total_phosphorus", PERIOD_READING, "2026-11-23")->decimals, 2);
    assert_int_equal(row_at("GB 3838", &place, "mercury", PERIOD_READING, "2026-11-23")->decimals,
                     4);
}

/* The edition of a day and what it allows, class 2. */
static void the_day_picks_the_edition_of_ambient_air(void **state)
{
    static const struct {
        const char *parameter;
        enum period on;
        const char *moment, *edition;
        double high;
    } cases[] = {
        {"pm2_5", PERIOD_DAY, "2026-02-28",                    "2012",            75.0 },
        {"pm2_5", PERIOD_DAY, "2026-02-28T23:59:59.999+08:00", "2012",            75.0 },
        {"pm2_5", PERIOD_DAY, "2026-03-01",                    "2026-transition", 60.0 },
        {"pm2_5", PERIOD_DAY, "2030-12-31",                    "2026-transition", 60.0 },
        {"pm2_5", PERIOD_DAY, "2031-01-01",                    "2026-final",      50.0 },
        {"pm10",  PERIOD_DAY, "2026-02-28",                    "2012",            150.0},
        {"pm10",  PERIOD_DAY, "2026-03-01",                    "2026-transition", 120.0},
        {"pm10",  PERIOD_DAY, "2031-01-01",                    "2026-final",      100.0},
        {"so2",   PERIOD_1H,  "2026-03-01",                    "2026-transition", 500.0},
        {"so2",   PERIOD_1H,  "2031-01-01",                    "2026-final",      150.0},
        {"no2",   PERIOD_DAY, "2031-01-01",                    "2026-final",      50.0 },
        {"o3",    PERIOD_DAY, "2026-11-23",                    "2026-transition", 160.0},
        {"o3",    PERIOD_1H,  "2026-11-23",                    "2026-transition", 200.0},
        {"co",    PERIOD_DAY, "2026-11-23",                    "2026-transition", 4.0  },
        {"tsp",   PERIOD_DAY, "2026-11-23",                    "2026-transition", 0.3  },
    };
    struct place place = {.kind = "air_point", .air_class = 2};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct limit *row =
            row_at("GB 3095", &place, cases[i].parameter, cases[i].on, cases[i].moment);

        assert_non_null(row);
        assert_string_equal(row->edition, cases[i].edition);
        assert_true(row->high == cases[i].high);
    }
    assert_null(row_at("GB 3095", &place, "pm2_5", PERIOD_DAY, "2015-12-31"));
    assert_int_equal(row_at("GB 3095", &place, "o3", PERIOD_DAY, "2026-11-23")->statistic,
                     STATISTIC_MAX_8H);
}

static void every_edition_change_is_one_lane_with_its_stages(void **state)
{
    struct place place = {.air_class = 2};
    const struct limit *rows[16];
    size_t count = standards_pick(shipped, "GB 3095", &place, "pm2_5", rows, 16);
    struct lanes lanes;

    assert_true(standards_lanes(rows, count, PERIOD_READING, &lanes));
    assert_int_equal(lanes.count, 1); /* the year is judged by no rule */
    assert_int_equal(lanes.lane[0].on, PERIOD_DAY);
    assert_int_equal(lanes.lane[0].stage_count, 3);
    assert_true(lanes.lane[0].stages[0].bound.high == 75.0);
    assert_true(lanes.lane[0].stages[1].bound.high == 60.0);
    assert_int_equal(lanes.lane[0].stages[1].from.ms, at("2026-03-01").ms);
    assert_int_equal(lanes.lane[0].stages[0].to.ms, at("2026-03-01").ms);
    assert_true(lanes.lane[0].stages[2].bound.high == 50.0);
    assert_false(wall_is_known(lanes.lane[0].stages[2].to));
    assert_string_equal(lanes.lane[0].stages[1].limit->edition, "2026-transition");
}

static void a_rule_may_choose_among_the_periods_of_a_standard(void **state)
{
    struct place place = {.air_class = 2};
    const struct limit *rows[16];
    size_t count = standards_pick(shipped, "GB 3095", &place, "no2", rows, 16);
    struct lanes lanes;

    assert_true(standards_lanes(rows, count, PERIOD_READING, &lanes));
    assert_int_equal(lanes.count, 2);
    assert_int_equal(lanes.lane[0].on, PERIOD_1H);
    assert_int_equal(lanes.lane[1].on, PERIOD_DAY);
    assert_true(standards_lanes(rows, count, PERIOD_1H, &lanes));
    assert_int_equal(lanes.count, 1);
    assert_int_equal(lanes.lane[0].on, PERIOD_1H);
    assert_true(standards_lanes(rows, count, PERIOD_4H, &lanes));
    assert_int_equal(lanes.count, 0);
}

static void where_no_period_is_named_the_rules_own_is_judged(void **state)
{
    struct place place = section(4, "river");
    const struct limit *rows[4];
    size_t count = standards_pick(shipped, "GB 3838", &place, "ammonia_nitrogen", rows, 4);
    struct lanes lanes;

    assert_int_equal(count, 1);
    assert_true(standards_lanes(rows, count, PERIOD_READING, &lanes));
    assert_int_equal(lanes.lane[0].on, PERIOD_READING);
    assert_true(standards_lanes(rows, count, PERIOD_DAY, &lanes));
    assert_int_equal(lanes.lane[0].on, PERIOD_DAY);
    assert_int_equal(lanes.lane[0].statistic, STATISTIC_MEAN);
    assert_true(lanes.lane[0].stages[0].bound.high == 1.5);
    assert_int_equal(lanes.lane[0].stages[0].bound.decimals, 1);
    assert_int_equal(lanes.lane[0].stages[0].per_day, -1);
}

static void noise_has_a_bound_by_day_and_one_by_night(void **state)
{
    static const struct {
        const char *standard, *place, *zone;
        double day, night;
    } cases[] = {
        {"GB 3096",  "ambient",  "0",  50, 40},
        {"GB 3096",  "ambient",  "1",  55, 45},
        {"GB 3096",  "ambient",  "2",  60, 50},
        {"GB 3096",  "ambient",  "3",  65, 55},
        {"GB 3096",  "ambient",  "4a", 70, 55},
        {"GB 3096",  "ambient",  "4b", 70, 60},
        {"GB 12348", "boundary", "3",  65, 55},
        {"GB 12348", "boundary", "4b", 70, 55},
        {"GB 22337", "social",   "2",  60, 50},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct place place = {.kind = "noise_point"};
        const struct limit *rows[8];
        struct lanes lanes;
        size_t count;

        snprintf(place.noise_zone, sizeof place.noise_zone, "%s", cases[i].zone);
        snprintf(place.noise_place, sizeof place.noise_place, "%s", cases[i].place);
        count = standards_pick(shipped, cases[i].standard, &place, "laeq", rows, 8);
        assert_true(standards_lanes(rows, count, PERIOD_READING, &lanes));
        assert_int_equal(lanes.count, 2);
        assert_int_equal(lanes.lane[0].on, PERIOD_DAYTIME);
        assert_int_equal(lanes.lane[0].when, WHEN_DAY);
        assert_true(lanes.lane[0].stages[0].bound.high == cases[i].day);
        assert_int_equal(lanes.lane[1].on, PERIOD_NIGHT);
        assert_int_equal(lanes.lane[1].when, WHEN_NIGHT);
        assert_true(lanes.lane[1].stages[0].bound.high == cases[i].night);
        assert_int_equal(lanes.lane[1].stages[0].bound.decimals, 0);
        /* hour by hour, by the bound of day or night */
        assert_true(standards_lanes(rows, count, PERIOD_1H, &lanes));
        assert_int_equal(lanes.count, 2);
        assert_int_equal(lanes.lane[0].on, PERIOD_1H);
        assert_int_equal(lanes.lane[0].when, WHEN_DAY);
        assert_int_equal(lanes.lane[1].when, WHEN_NIGHT);
        /* four hours run across the beginning of the night */
        assert_true(standards_lanes(rows, count, PERIOD_4H, &lanes));
        assert_int_equal(lanes.count, 0);
    }
}

static void sudden_noise_at_night_may_be_15_db_above(void **state)
{
    struct place place = {.noise_zone = "1", .noise_place = "ambient"};
    const struct limit *row = row_at("GB 3096", &place, "lamax", PERIOD_NIGHT, "2026-11-23");

    assert_int_equal(row->statistic, STATISTIC_MAX);
    assert_true(row->high == 60.0);
}

static void dust_of_a_site_is_counted_by_day_in_two_lanes(void **state)
{
    struct place place = {.kind = "building_site", .air_class = 2};
    const struct limit *rows[4];
    size_t count = standards_pick(shipped, "DB31/964", &place, "tsp", rows, 4);
    struct lanes lanes;

    assert_true(standards_lanes(rows, count, PERIOD_READING, &lanes));
    assert_int_equal(lanes.count, 2);
    assert_int_equal(lanes.lane[0].on, PERIOD_15MIN);
    assert_int_equal(lanes.lane[0].stages[0].per_day, 1);
    assert_true(lanes.lane[0].stages[0].bound.high == 2.0);
    assert_int_equal(lanes.lane[1].stages[0].per_day, 6);
    assert_true(lanes.lane[1].stages[0].bound.high == 1.0);
    assert_false(rows[0]->verified);
}

static void fume_and_black_water_have_their_bounds(void **state)
{
    struct place place = {.kind = "restaurant"};

    assert_true(row_at("GB 18483", &place, "cooking_fume", PERIOD_READING, "2026-11-23")->high ==
                2.0);
    assert_true(row_at("DB31/844", &place, "cooking_fume", PERIOD_READING, "2026-11-23")->high ==
                1.0);
    assert_false(
        row_at("DB31/844", &place, "cooking_fume", PERIOD_READING, "2026-11-23")->verified);
    assert_true(row_at("黑臭水体", &place, "orp", PERIOD_READING, "2026-11-23")->low == 50.0);
    assert_true(row_at("重度黑臭", &place, "orp", PERIOD_READING, "2026-11-23")->low == -200.0);
    assert_true(
        row_at("重度黑臭", &place, "ammonia_nitrogen", PERIOD_READING, "2026-11-23")->high == 15.0);
}

static void a_standard_is_known_however_people_write_it(void **state)
{
    static const char *const good[] = {
        "GB 3838",     "gb3838",   "GB3838-2002",   "GB 3838—2002", "ＧＢ　３８３８",
        "《GB 3838》", "db31/964", "DB31 964-2016", "GB 3095-2026", "GB 3095-2026-final",
        "black-odour", "黑臭水体"};
    static const char *const bad[] = {"GB 3839", "GB 38", "GB 3838-2001", "GB 3095-202",
                                      "",        "GB",    "GB 3838-20022"};
    const char *near = NULL;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!standards_know(shipped, good[i], NULL))
            fail_msg("%s is not known", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (standards_know(shipped, bad[i], NULL))
            fail_msg("%s is known", bad[i]);
    assert_false(standards_know(shipped, "GB 3839", &near));
    assert_string_equal(near, "GB 3838");
}

static void a_year_pins_the_edition(void **state)
{
    struct place place = {.air_class = 2};
    const struct limit *rows[16];

    assert_int_equal(standards_pick(shipped, "GB 3095", &place, "pm10", rows, 16), 6);
    assert_int_equal(standards_pick(shipped, "GB 3095-2012", &place, "pm10", rows, 16), 2);
    assert_string_equal(rows[0]->edition, "2012");
    assert_int_equal(standards_pick(shipped, "GB 3095-2026", &place, "pm10", rows, 16), 4);
    assert_int_equal(standards_pick(shipped, "GB 3095-2026-final", &place, "pm10", rows, 16), 2);
}

static void why_a_row_applies_is_said_in_both_languages(void **state)
{
    struct place water = section(4, "river");
    struct place noise = {.noise_zone = "2", .noise_place = "boundary"};
    char words[128];

    limit_reason(row_at("GB 3838", &water, "total_phosphorus", PERIOD_READING, "2026-11-23"), words,
                 sizeof words);
    assert_string_equal(words, "target class IV, river");
    limit_reason(row_at("GB 12348", &noise, "laeq", PERIOD_NIGHT, "2026-11-23"), words,
                 sizeof words);
    assert_string_equal(words, "noise zone 2, plant boundary");
    say_in(LANGUAGE_ZH);
    limit_reason(row_at("GB 3838", &water, "cod_mn", PERIOD_READING, "2026-11-23"), words,
                 sizeof words);
    say_in(LANGUAGE_EN);
    assert_string_equal(words, "断面目标 IV 类");
}

/* --- files that are refused ------------------------------------------------------------------- */

#define EDITIONS                                                                                   \
    "editions = (\n{ edition = \"1\"; from = \"2020-01-01\"; to = \"2026-03-01\"; },\n"            \
    "{ edition = \"2\"; from = \"%s\"; } );\n"
#define TABLE(editions, body)                                                                      \
    "{ clause = \"t\"; editions = [ " editions " ]; verified = true; source = \"s\"; " body " }"
#define ROW(words) "rows = (\n{ parameter = \"ph\"; unit = \"\"; " words " } );"

static void put(const char *name, const char *words)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(words, file);
    fclose(file);
}

/* Loading the folder gives one fault, which holds these words. */
static void assert_refused(const char *words)
{
    struct conf_faults *faults = conf_faults_new();
    struct standards *standards = standards_new();

    assert_false(standards_load(standards, folder, parameters, faults));
    for (size_t i = 1; i < conf_faults_count(faults); i++)
        print_error("also: %s\n", conf_fault(faults, i)->text);
    assert_int_equal(conf_faults_count(faults), 1);
    if (strstr(conf_fault(faults, 0)->text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", conf_fault(faults, 0)->text, words);
    standards_free(standards);
    conf_faults_free(faults);
}

/* One table of one edition around the words. */
static void put_table(const char *table)
{
    char words[2048];

    snprintf(words, sizeof words,
             "standard = \"X 1\"; title_zh = \"x\"; title_en = \"x\";\n"
             "editions = ( { edition = \"1\"; from = \"2020-01-01\"; } );\ntables = (\n%s );",
             table);
    put("one.conf", words);
}

/* Two editions of one row each; the second begins on `from`. */
static void put_editions(const char *from)
{
    char words[2048];

    snprintf(words, sizeof words,
             "standard = \"X 1\"; title_zh = \"x\"; title_en = \"x\";\n" EDITIONS
             "tables = (\n" TABLE("\"1\"", ROW("above = [ \"9\" ];")) ",\n" TABLE(
                 "\"2\"", ROW("above = [ \"8\" ];")) ");",
             from);
    put("one.conf", words);
}

static void more_limits_than_can_be_compared_are_refused_at_once(void **state)
{
    enum { ROWS_WRITTEN = 2100, ROW_SIZE = 64 };
    char *words = calloc(ROWS_WRITTEN + 8, ROW_SIZE);
    char *end = words;

    end += sprintf(end, "standard = \"X 1\"; title_zh = \"x\"; title_en = \"x\";\n"
                        "editions = ( { edition = \"1\"; from = \"2020-01-01\"; } );\n"
                        "tables = ( { clause = \"t\"; editions = [ \"1\" ]; verified = true; "
                        "source = \"s\"; rows = (");
    for (int i = 0; i < ROWS_WRITTEN; i++)
        end += sprintf(end, "%s\n{ parameter = \"ph\"; unit = \"\"; above = [ \"9\" ]; }",
                       i > 0 ? "," : "");
    sprintf(end, " ); } );");
    put("one.conf", words);
    free(words);
    assert_refused("one.conf:2004: rows: the file of a standard holds at most 2000 limits");
}

static void overlapping_validity_is_refused_with_both_lines(void **state)
{
    put_editions("2026-02-28");
    assert_refused("one.conf:9: ph: overlapping validity: line 7, edition 1, holds until "
                   "2026-03-01, yet the edition 2 here begins on 2026-02-28");
}

static void a_hole_between_editions_is_refused_with_both_lines(void **state)
{
    put_editions("2026-03-02");
    assert_refused("one.conf:9: ph: a hole in validity: line 7, edition 1, ends on 2026-03-01, the "
                   "edition 2 here begins on 2026-03-02 only");
}

static void editions_that_meet_in_a_day_are_good(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    struct standards *standards = standards_new();

    put_editions("2026-03-01");
    assert_true(standards_load(standards, folder, parameters, faults));
    assert_int_equal(standards_count(standards), 2);
    standards_free(standards);
    conf_faults_free(faults);
}

static void a_row_that_stands_twice_is_refused(void **state)
{
    put_table(TABLE("\"1\"", "rows = ( { parameter = \"ph\"; unit = \"\"; above = [ \"9\" ]; },\n"
                             "{ parameter = \"ph\"; unit = \"\"; above = [ \"8\" ]; } );"));
    assert_refused("one.conf:5: ph: this limit of the edition 1 stands here twice, the other in "
                   "line 4");
}

static void a_row_for_all_waters_and_one_for_rivers_cannot_both_hold(void **state)
{
    put_table(TABLE("\"1\"", ROW("above = [ \"9\" ];")) ",\n" TABLE(
        "\"1\"", "body = \"river\"; " ROW("above = [ \"8\" ];")));
    assert_refused("stands here twice, the other in line 5");
}

static void a_row_with_a_fault_says_where_and_what(void **state)
{
    static const struct {
        const char *row, *words;
    } cases[] = {
        {"{ parameter = \"hp\"; unit = \"\"; above = [ \"9\" ]; }",
         "one.conf:5: parameter: there is no parameter \"hp\" in parameters.conf, did you mean "
         "\"ph\"?"                                                                                                              },
        {"{ parameter = \"tsp\"; unit = \"µg/m³\"; above = [ \"300\" ]; }",
         "one.conf:5: unit: the unit \"µg/m³\" is not that of the parameter tsp, \"mg/m³\""                                  },
        {"{ parameter = \"ph\"; unit = \"\"; above = [ \"nan\" ]; }",
         "one.conf:5: above: \"nan\" is no limit"                                                                               },
        {"{ parameter = \"ph\"; unit = \"\"; above = [ \"1e5\" ]; }",                  "\"1e5\" is no limit"                    },
        {"{ parameter = \"ph\"; unit = \"\"; above = [ \"1.2.3\" ]; }",                "is no limit"                            },
        {"{ parameter = \"ph\"; unit = \"\"; above = [ 9 ]; }",                        "is no limit"                            },
        {"{ parameter = \"ph\"; unit = \"\"; above = [ \"8\", \"9\" ]; }",
         "above: 1 values are wanted"                                                                                           },
        {"{ parameter = \"ph\"; unit = \"\"; between = [ \"9\", \"6\" ]; }",
         "between: [ \"low\", \"high\" ] is wanted"                                                                             },
        {"{ parameter = \"ph\"; unit = \"\"; }",                                       "exactly one of above, below and between"},
        {"{ parameter = \"ph\"; unit = \"\"; above = [ \"9\" ]; below = [ \"6\" ]; }",
         "exactly one of above, below and between is wanted; here are 2"                                                        },
        {"{ parameter = \"ph\"; unit = \"\"; above = [ \"9\" ]; on = \"2h\"; }",
         "on: \"2h\" is not allowed"                                                                                            },
        {"{ unit = \"\"; above = [ \"9\" ]; }",                                        "exactly one of parameter and parameters"},
        {"{ parameter = \"ph\"; unit = \"\"; above = [ \"9\" ]; bove = [ \"9\" ]; }",
         "bove: there is no such key here, did you mean above?"                                                                 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char table[1024];

        snprintf(table, sizeof table, TABLE("\"1\"", "rows = (\n%s );"), cases[i].row);
        put_table(table);
        assert_refused(cases[i].words);
    }
}

static void a_class_nobody_knows_is_refused(void **state)
{
    put_table(TABLE("\"1\"", "by = \"water_class\"; classes = [ \"I\", \"VI\" ]; "
                             "rows = ( );"));
    assert_refused("one.conf:4: classes: there is no \"VI\" here, did you mean \"I\"?");
    put_table(TABLE("\"1\"", "by = \"noise_zone\"; classes = [ \"4\" ]; rows = ( );"));
    assert_refused("classes: there is no \"4\" here");
    /* a row of such a table is checked, and never taken for a class there is not */
    put_table(TABLE("\"1\"", "by = \"noise_zone\"; classes = [ \"3\", \"4a4b\" ]; " ROW(
                                 "above = [ \"8\", \"9\" ];")));
    assert_refused("classes: there is no \"4a4b\" here");
    put_table(TABLE("\"1\"", "classes = [ \"I\" ]; rows = ( );"));
    assert_refused("where there are classes, by says of what");
    put_table(TABLE("\"1\"", "by = \"air_class\"; classes = [ \"1\", \"1\" ]; rows = ( );"));
    assert_refused("the class 1 stands here twice");
}

static void an_edition_nobody_knows_is_refused(void **state)
{
    put_table(TABLE("\"12\"", ROW("above = [ \"9\" ];")));
    assert_refused("editions: there is no \"12\" here, did you mean \"1\"?");
    put("one.conf", "standard = \"X 1\"; title_zh = \"x\"; title_en = \"x\";\n"
                    "editions = ( { edition = \"1\"; from = \"2020-01-01\";\n"
                    "to = \"2019-01-01\"; } ); tables = ( );");
    assert_refused("one.conf:3: to: must be later than from");
}

static void a_standard_stands_in_one_file(void **state)
{
    put_editions("2026-03-01");
    put("two.conf", "standard = \"x-1\"; title_zh = \"x\"; title_en = \"x\"; editions = ( ); "
                    "tables = ( );");
    assert_refused("two.conf:1: standard: the standard x-1 is there already, in ");
    put("two.conf", "standard = \"X 2\"; title_zh = \"x\"; title_en = \"x\"; editions = ( ); "
                    "tables = ( );");
}

static void a_later_folder_replaces_a_standard(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    struct standards *standards = standards_new();
    struct place place = section(4, "river");
    const struct limit *rows[4];
    size_t before;

    put("one.conf", "standard = \"GB 3838\"; title_zh = \"自定\"; title_en = \"own\";\n"
                    "editions = ( { edition = \"2002\"; from = \"2002-06-01\"; } );\n"
                    "tables = ( { clause = \"1\"; editions = [ \"2002\" ]; verified = false; "
                    "source = \"s\"; rows = ( { parameter = \"ph\"; unit = \"\"; "
                    "between = [ \"6.5\", \"8.5\" ]; } ); } );");
    put("two.conf", "standard = \"X 2\"; title_zh = \"x\"; title_en = \"x\"; editions = ( ); "
                    "tables = ( );");
    standards_load(standards, SOURCE_ROOT "/config/standards", parameters, faults);
    before = standards_count(standards);
    assert_true(standards_load(standards, folder, parameters, faults));
    assert_true(standards_count(standards) < before);
    assert_int_equal(standards_pick(standards, "GB 3838", &place, "ph", rows, 4), 1);
    assert_true(rows[0]->low == 6.5);
    assert_int_equal(standards_pick(standards, "GB 3838", &place, "cod_mn", rows, 4), 0);
    assert_true(standards_know(standards, "GB 3095", NULL));
    assert_int_equal(conf_faults_count(faults), 0);
    standards_free(standards);
    conf_faults_free(faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surface_water_is_judged_by_the_printed_table),
        cmocka_unit_test(oxygen_is_judged_below_and_acid_between),
        cmocka_unit_test(total_nitrogen_has_no_row_for_a_river),
        cmocka_unit_test(the_digits_printed_say_how_to_round),
        cmocka_unit_test(the_day_picks_the_edition_of_ambient_air),
        cmocka_unit_test(every_edition_change_is_one_lane_with_its_stages),
        cmocka_unit_test(a_rule_may_choose_among_the_periods_of_a_standard),
        cmocka_unit_test(where_no_period_is_named_the_rules_own_is_judged),
        cmocka_unit_test(noise_has_a_bound_by_day_and_one_by_night),
        cmocka_unit_test(sudden_noise_at_night_may_be_15_db_above),
        cmocka_unit_test(dust_of_a_site_is_counted_by_day_in_two_lanes),
        cmocka_unit_test(fume_and_black_water_have_their_bounds),
        cmocka_unit_test(a_standard_is_known_however_people_write_it),
        cmocka_unit_test(a_year_pins_the_edition),
        cmocka_unit_test(why_a_row_applies_is_said_in_both_languages),
        cmocka_unit_test(more_limits_than_can_be_compared_are_refused_at_once),
        cmocka_unit_test(overlapping_validity_is_refused_with_both_lines),
        cmocka_unit_test(a_hole_between_editions_is_refused_with_both_lines),
        cmocka_unit_test(editions_that_meet_in_a_day_are_good),
        cmocka_unit_test(a_row_that_stands_twice_is_refused),
        cmocka_unit_test(a_row_for_all_waters_and_one_for_rivers_cannot_both_hold),
        cmocka_unit_test(a_row_with_a_fault_says_where_and_what),
        cmocka_unit_test(a_class_nobody_knows_is_refused),
        cmocka_unit_test(an_edition_nobody_knows_is_refused),
        cmocka_unit_test(a_standard_stands_in_one_file),
        cmocka_unit_test(a_later_folder_replaces_a_standard),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, load_shipped, end_shipped);
}
