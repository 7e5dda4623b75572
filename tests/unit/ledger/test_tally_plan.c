/* Tests of ledger/tally_plan.c: config/aggregates.conf as data, and what is refused in it. */
#include <stdio.h>
#include <unistd.h>

#include "base/say.h"
#include "tally_world.h"

static const char good_night[] = "night = { begins = \"22:00\"; ends = \"06:00\"; };\n";

static char path[] = "/tmp/tally-plan-XXXXXX";

static void write_file(const char *night, const char *row)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file, "%smeans = ();\naggregates = (\n%s\n);\n", night, row);
    fclose(file);
}

static void refused(const char *night, const char *row, const char *said)
{
    struct conf_faults *faults = conf_faults_new();
    struct tally_plans *read;

    write_file(night, row);
    read = tally_plans_load(path, parameters, faults);
    assert_true(conf_faults_count(faults) > 0);
    if (strstr(conf_fault(faults, 0)->text, said) == NULL)
        print_message("%s\nsays nothing of: %s\n", conf_fault(faults, 0)->text, said);
    assert_non_null(strstr(conf_fault(faults, 0)->text, said));
    tally_plans_free(read);
    conf_faults_free(faults);
}

#define END "source = \"s\"; verified = true; }"

static void a_wrong_row_is_refused_with_its_line_and_reason(void **state)
{
    static const struct {
        const char *row, *said;
    } cases[] = {
        {"{ period = \"hour\"; share = 75; " END,                                        "period"                        },
        {"{ period = \"reading\"; share = 75; " END,                                     "a reading is no period"        },
        {"{ period = \"1h\"; " END,                                                      "what makes it valid is missing"},
        {"{ period = \"1h\"; share = 101; " END,                                         "share"                         },
        {"{ period = \"1h\"; of = \"5min\"; share = 75; " END,                           "1h is not made of 5min"        },
        {"{ period = \"day\"; of = \"month\"; need = 1; " END,                           "day is not made of month"      },
        {"{ period = \"8h\"; need = 1; " END,                                            "8h is made of 1h"              },
        {"{ period = \"day\"; by = \"8h\"; need = 1; " END,                              "cannot be counted by 8h"       },
        {"{ period = \"1h\"; need = 45; " END,                                           "write share"                   },
        {"{ period = \"1h\"; share = 75; windows = 3; " END,                             "for day alone"                 },
        {"{ period = \"day\"; share = 75; need_february = 3; " END,                      "for month alone"               },
        {"{ parameter = \"o33\"; period = \"1h\"; share = 75; " END,                     "did you mean o3?"              },
        {"{ parameter = \"o3\"; medium = \"air\"; period = \"1h\"; share = 75; " END,    "not both"                      },
        {"{ medium = \"soil\"; period = \"1h\"; share = 75; " END,                       "medium"                        },
        {"{ period = \"1h\"; share = 75; verified = true; }",                            "source"                        },
        {"{ period = \"1h\"; share = 75; " END ",\n{ period = \"1h\"; share = 80; " END,
         ":5: period: 1h stands here twice"                                                                              },
        {"{ period = \"1h\"; share = 75; minutes = 45; " END,                            "minutes"                       },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refused(good_night, cases[i].row, cases[i].said);
}

static void a_night_that_is_no_time_of_day_is_refused(void **state)
{
    static const char *const nights[] = {
        "night = { begins = \"22\"; ends = \"06:00\"; };\n",
        "night = { begins = \"22:60\"; ends = \"06:00\"; };\n",
        "night = { begins = \"24:00\"; ends = \"06:00\"; };\n",
        "night = { begins = \"2a:00\"; ends = \"06:00\"; };\n",
        "night = { begins = \"22:00\"; ends = \"22:00\"; };\n",
        "night = { begins = \"22:00\"; };\n",
        "",
    };

    for (size_t i = 0; i < sizeof nights / sizeof nights[0]; i++)
        refused(nights[i], "{ period = \"1h\"; share = 75; " END, "");
}

static void the_county_may_set_other_hours_of_the_night(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    struct tally_plans *read;

    assert_int_equal(tally_night(plans)->begins_min, 22 * 60);
    assert_int_equal(tally_night(plans)->ends_min, 6 * 60);
    write_file("night = { begins = \"23:30\"; ends = \"07:00\"; };\n",
               "{ period = \"1h\"; share = 75; " END);
    read = tally_plans_load(path, parameters, faults);
    assert_int_equal(conf_faults_count(faults), 0);
    assert_int_equal(tally_night(read)->begins_min, 23 * 60 + 30);
    assert_int_equal(tally_night(read)->ends_min, 7 * 60);
    tally_plans_free(read);
    conf_faults_free(faults);
}

/* Validity is data: with 80 % in the file, 47 minutes are no hour. */
static void a_parameter_overrides_its_medium_and_that_the_rest(void **state)
{
    static const struct {
        const char *parameter;
        int enough_at;
    } cases[] = {
        {"o3",  54}, /* 90 % */
        {"so2", 48}, /* 80 % */
        {"ph",  30}, /* 50 % */
    };
    struct conf_faults *faults = conf_faults_new();

    write_file(good_night, "{ parameter = \"o3\"; period = \"1h\"; share = 90; " END
                           ",\n{ period = \"1h\"; share = 50; " END
                           ",\n{ medium = \"air\"; period = \"1h\"; share = 80; " END);
    tally_plans_free(plans);
    plans = tally_plans_load(path, parameters, faults);
    assert_int_equal(conf_faults_count(faults), 0);
    conf_faults_free(faults);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int minutes = cases[i].enough_at - 1; minutes <= cases[i].enough_at; minutes++) {
            row_count = fed_count = 0;
            watch(cases[i].parameter, 0, "2026-11-22 08:00", MINUTE);
            for (int j = 0; j < minutes; j++)
                feed(after(at("2026-11-22 08:00"), j * MINUTE), 7.0);
            pass("2026-11-22 09:00");
            assert_int_equal(row_count, 1);
            assert_int_equal(rows[0].enough, minutes == cases[i].enough_at);
        }
}

static void a_plan_that_asks_for_nothing_makes_no_tally(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    const struct parameter *so2 = parameter_find(parameters, "so2");
    struct tally_plans *read;
    struct tally *wanted;

    write_file(good_night, "{ period = \"1h\"; share = 75; kept = false; " END);
    read = tally_plans_load(path, parameters, faults);
    assert_null(tally_new(read, so2, POINT, 0, MINUTE));
    wanted = tally_new(read, so2, POINT, 1u << PERIOD_1H, MINUTE);
    assert_non_null(wanted);
    tally_free(wanted);
    assert_null(tally_new(read, NULL, POINT, 1u << PERIOD_1H, MINUTE));
    tally_plans_free(read);
    conf_faults_free(faults);
}

static int begin(void **state)
{
    say_in(LANGUAGE_EN);
    return world_begin(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_wrong_row_is_refused_with_its_line_and_reason),
        TEST(a_night_that_is_no_time_of_day_is_refused),
        TEST(the_county_may_set_other_hours_of_the_night),
        TEST(a_parameter_overrides_its_medium_and_that_the_rest),
        TEST(a_plan_that_asks_for_nothing_makes_no_tally),
    };
    int file = mkstemp(path);
    int failed;

    if (file < 0)
        return 1;
    close(file);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
