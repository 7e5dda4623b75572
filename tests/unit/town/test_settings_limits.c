/* Tests of town/settings_standards.c and settings_rules.c: rules with limits and their keys, at the
 * points of a small town with every kind of place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "town/settings.h"

static char folder[64];

static const char *const sites =
    "sites = (\n"
    "{ name = \"river-iv\"; title = \"四\"; kind = \"river_section\"; section = { river = \"a\"; "
    "target = \"IV\"; body = \"river\"; }; },\n"
    "{ name = \"river-iii\"; title = \"三\"; kind = \"river_section\"; section = { river = \"a\"; "
    "target = \"III\"; body = \"river\"; }; },\n"
    "{ name = \"mill\"; title = \"厂\"; kind = \"enterprise\"; },\n"
    "{ name = \"fence\"; title = \"界\"; kind = \"enterprise\"; noise_zone = \"3\"; "
    "noise_place = \"boundary\"; },\n"
    "{ name = \"dust\"; title = \"尘\"; kind = \"building_site\"; },\n"
    "{ name = \"pond\"; title = \"塘\"; kind = \"lake\"; section = { river = \"b\"; "
    "target = \"IV\"; }; } );";

static const char *const devices =
    "links = ( { name = \"bus\"; kind = \"tcp\"; host = \"10.0.0.1\"; } );\n"
    "devices = (\n"
    "{ site = \"river-iv\"; name = \"sonde\"; model = \"yosemitech_y4000\"; link = \"bus\"; unit = "
    "1; },\n"
    "{ site = \"river-iii\"; name = \"sonde\"; model = \"yosemitech_y4000\"; link = \"bus\"; unit "
    "= 2; },\n"
    "{ site = \"mill\"; name = \"sonde\"; model = \"yosemitech_y4000\"; link = \"bus\"; unit = 3; "
    "},\n"
    "{ site = \"fence\"; name = \"meter\"; model = \"sonbest_sm7901\"; link = \"bus\"; unit = 4; "
    "},\n"
    "{ site = \"dust\"; name = \"mast\"; model = \"renke_rs_fsxcs\"; link = \"bus\"; unit = 5; },\n"
    "{ site = \"pond\"; name = \"sonde\"; model = \"yosemitech_y4000\"; link = \"bus\"; unit = 6; "
    "} );";

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

static int begin(void **state)
{
    strcpy(folder, "/tmp/lookback-limits-XXXXXX");
    assert_non_null(mkdtemp(folder));
    put("collector.conf", "collector = { name = \"zj-01\"; };");
    put("sites.conf", sites);
    put("devices.conf", devices);
    return 0;
}

static int end(void **state)
{
    char command[128];

    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* One rule on these points with these keys. */
static void put_rule(const char *points, const char *keys)
{
    char words[1024];

    snprintf(words, sizeof words, "rules = (\n{ name = \"r\";\npoints = ( %s );\n%s } );", points,
             keys);
    put("rules.conf", words);
}

static struct settings *load_good(void)
{
    struct conf_faults *faults = conf_faults_new();
    struct settings *settings = settings_load(folder, true, faults);

    if (settings == NULL)
        fail_msg("%s", conf_fault(faults, 0)->text);
    conf_faults_free(faults);
    return settings;
}

static void assert_one_fault(const char *words)
{
    struct conf_faults *faults = conf_faults_new();

    assert_null(settings_load(folder, true, faults));
    for (size_t i = 1; i < conf_faults_count(faults); i++)
        print_error("also: %s\n", conf_fault(faults, i)->text);
    assert_int_equal(conf_faults_count(faults), 1);
    if (strstr(conf_fault(faults, 0)->text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", conf_fault(faults, 0)->text, words);
    conf_faults_free(faults);
}

/* What the one rule judges at a parameter of a site, or NULL. */
static const struct lanes *lanes_at(const struct settings *settings, const char *site,
                                    const char *parameter)
{
    for (size_t i = 0; i < settings->site_count; i++)
        if (strcmp(settings->sites[i].base.name, site) == 0)
            return settings_rule_lanes(&settings->rules[0], &settings->sites[i],
                                       parameter_find(settings->parameters, parameter));
    fail_msg("no site %s", site);
    return NULL;
}

static void a_limit_judges_each_section_by_its_own_target(void **state)
{
    struct settings *settings;
    const struct lanes *lanes;

    put_rule("\"river-iv/sonde/dissolved_oxygen\", \"river-iii/*/dissolved_oxygen\"",
             "limit = \"GB 3838\"; on = \"4h\";");
    settings = load_good();
    lanes = lanes_at(settings, "river-iv", "dissolved_oxygen");
    assert_int_equal(lanes->count, 1);
    assert_int_equal(lanes->lane[0].on, PERIOD_4H);
    assert_int_equal(lanes->lane[0].stages[0].bound.kind, BOUND_BELOW);
    assert_true(lanes->lane[0].stages[0].bound.low == 3.0);
    assert_string_equal(lanes->lane[0].stages[0].limit->standard, "GB 3838");
    lanes = lanes_at(settings, "river-iii", "dissolved_oxygen");
    assert_true(lanes->lane[0].stages[0].bound.low == 5.0);
    settings_free(settings);
}

static void points_of_one_class_share_their_lanes(void **state)
{
    struct settings *settings;

    put_rule("\"dust/mast/*\"", "limit = \"GB 3095\";");
    settings = load_good();
    assert_int_equal(settings->rules[0].found_count, 2); /* PM2.5 and PM10 of class 2 */
    assert_int_equal(lanes_at(settings, "dust", "pm10")->lane[0].stage_count, 3);
    /* another site of the same kind and class is judged by the very same */
    assert_null(lanes_at(settings, "mill", "pm10"));
    settings_free(settings);
}

static void an_asterisk_for_the_channel_passes_over_what_the_standard_does_not_know(void **state)
{
    struct settings *settings;

    put_rule("\"river-iv/sonde/*\"", "limit = \"GB 3838-2002\";");
    settings = load_good();
    assert_non_null(lanes_at(settings, "river-iv", "ph"));
    assert_null(lanes_at(settings, "river-iv", "conductivity"));
    settings_free(settings);
    put_rule("\"fence/meter/*\"", "limit = \"GB 3838\";");
    assert_one_fault("rules.conf:3: points: the point fence/meter/la: GB 3838 has no limit for the "
                     "parameter la; it has ph, dissolved_oxygen, cod_mn,");
}

static void a_named_channel_the_standard_does_not_know_is_a_fault(void **state)
{
    put_rule("\"river-iv/sonde/conductivity\"", "limit = \"GB 3838\";");
    assert_one_fault("rules.conf:3: points: the point river-iv/sonde/conductivity: GB 3838 has no "
                     "limit for the parameter conductivity; it has ph,");
}

static void a_named_channel_is_wanted_at_every_site_of_the_pattern(void **state)
{
    /* GB 12523 is for building sites, and the fence is an enterprise's */
    put_rule("\"*/*/la\"", "limit = \"GB 12523\";");
    assert_one_fault("rules.conf:3: points: the point fence/meter/la: the kind of its site is "
                     "\"enterprise\"");
    put_rule("\"*/*/*\"", "limit = \"GB 12523\";");
    settings_free(load_good());
}

static void a_site_that_lacks_what_the_standard_asks_is_named(void **state)
{
    put_rule("\"mill/sonde/*\"", "limit = \"GB 3838\";");
    assert_one_fault("rules.conf:3: points: the site mill has no target (in its section) in "
                     "sites.conf, by which GB 3838 picks its limit (I, II, III, IV, V)");
    put_rule("\"dust/mast/la\"", "limit = \"GB 3096\";");
    assert_one_fault("the site dust has no noise_zone in sites.conf, by which GB 3096 picks its "
                     "limit (0, 1, 2, 3, 4a, 4b)");
}

static void a_site_of_another_kind_is_said_with_what_it_is(void **state)
{
    put_rule("\"fence/meter/la\"", "limit = \"GB 3096\";");
    assert_one_fault("the point fence/meter/la: the noise_place of its site is \"boundary\", but "
                     "GB 3096 has limits for la only where it is ambient");
    put_rule("\"fence/meter/la\"", "limit = \"GB 12523\";");
    assert_one_fault("the kind of its site is \"enterprise\", but GB 12523 has limits for la only "
                     "where it is building_site");
}

static void a_lake_is_a_lake_without_saying_so_twice(void **state)
{
    struct settings *settings = load_good();
    struct place place = settings_place(&settings->sites[5]);

    assert_string_equal(place.water_body, "lake");
    assert_int_equal(place.water_class, 4);
    place = settings_place(&settings->sites[0]);
    assert_string_equal(place.water_body, "river");
    settings_free(settings);
}

static void a_standard_nobody_knows_is_answered_with_the_nearest(void **state)
{
    put_rule("\"river-iv/sonde/ph\"", "limit = \"GB 3388\";");
    assert_one_fault("rules.conf:4: limit: there is no standard (or edition) \"GB 3388\", did you "
                     "mean \"GB 3838\"?");
    put_rule("\"river-iv/sonde/ph\"", "limit = \"GB 3838-1988\";");
    assert_one_fault("there is no standard (or edition) \"GB 3838-1988\"");
}

static void the_hours_of_a_noise_limit_are_its_own(void **state)
{
    struct settings *settings;
    const struct lanes *lanes;

    put_rule("\"fence/meter/la\"", "limit = \"GB 12348\";");
    settings = load_good();
    lanes = lanes_at(settings, "fence", "la");
    assert_int_equal(lanes->count, 3);
    assert_int_equal(lanes->lane[0].on, PERIOD_DAYTIME);
    assert_int_equal(lanes->lane[1].on, PERIOD_NIGHT);
    assert_true(lanes->lane[1].stages[0].bound.high == 55.0);
    assert_int_equal(lanes->lane[2].statistic, STATISTIC_MAX);
    assert_true(lanes->lane[2].stages[0].bound.high == 70.0);
    assert_int_equal(settings->rules[0].rule.night.begins_min, 22 * 60);
    assert_int_equal(settings->rules[0].rule.night.ends_min, 6 * 60);
    settings_free(settings);
}

static void when_keeps_the_lanes_of_its_hours(void **state)
{
    struct settings *settings;
    const struct lanes *lanes;

    put_rule("\"fence/meter/la\"", "limit = \"GB 12348\"; on = \"1h\"; when = \"night\";");
    settings = load_good();
    lanes = lanes_at(settings, "fence", "la");
    assert_int_equal(lanes->count, 2);
    assert_int_equal(lanes->lane[0].on, PERIOD_1H);
    assert_int_equal(lanes->lane[0].when, WHEN_NIGHT);
    assert_true(lanes->lane[0].stages[0].bound.high == 55.0);
    settings_free(settings);
    put_rule("\"river-iv/sonde/ph\"", "limit = \"GB 3838\"; when = \"night\";");
    settings = load_good();
    assert_int_equal(lanes_at(settings, "river-iv", "ph")->lane[0].when, WHEN_NIGHT);
    settings_free(settings);
}

static void an_on_that_cannot_be_judged_is_a_fault(void **state)
{
    put_rule("\"dust/mast/pm10\"", "limit = \"GB 3095\"; on = \"1h\";");
    assert_one_fault("GB 3095 judges pm10 on day, year, which on = \"1h\" cannot be");
    put_rule("\"dust/mast/pm10\"", "limit = \"GB 3095\"; on = \"reading\";");
    assert_one_fault("GB 3095 judges pm10 on day, year, which on = \"reading\" cannot be");
    put_rule("\"fence/meter/la\"", "limit = \"GB 12348\"; on = \"4h\";");
    assert_one_fault("GB 12348 judges la on daytime, night, which on = \"4h\" cannot be");
    put_rule("\"dust/mast/pm10\"", "limit = \"GB 3095\"; on = \"day\";");
    settings_free(load_good());
}

static void for_count_and_per_day_are_alternatives(void **state)
{
    put_rule("\"river-iv/sonde/ph\"", "above = 9; for = \"5min\"; count = [2, 3];");
    assert_one_fault("for: one of for, count and per_day at most; here are 2");
    put_rule("\"river-iv/sonde/ph\"", "above = 9; per_day = 2; count = [2, 3];");
    assert_one_fault("count: one of for, count and per_day at most; here are 2");
    put_rule("\"dust/mast/pm10\"", "limit = \"GB 3095\"; per_day = 1; for = \"5min\";");
    assert_one_fault("here are 2");
}

static void m_of_n_are_two_whole_numbers_in_order(void **state)
{
    static const char *const bad[] = {"[3, 2]", "[0, 2]", "[1, 65]", "[1]", "[1.5, 2]", "3"};
    struct settings *settings;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char keys[64];

        snprintf(keys, sizeof keys, "above = 9; count = %s;", bad[i]);
        put_rule("\"river-iv/sonde/ph\"", keys);
        assert_one_fault("count: ");
    }
    put_rule("\"river-iv/sonde/ph\"", "above = 9; count = [2, 3]; on = \"1h\";");
    settings = load_good();
    assert_int_equal(settings->rules[0].rule.count_m, 2);
    assert_int_equal(settings->rules[0].rule.count_n, 3);
    settings_free(settings);
}

static void a_bound_may_be_judged_on_means_by_night_and_counted_by_day(void **state)
{
    struct settings *settings;
    const struct lanes *lanes;

    put_rule("\"fence/meter/la\"", "above = 65; on = \"15min\"; when = \"night\"; per_day = 2;");
    settings = load_good();
    lanes = lanes_at(settings, "fence", "la");
    assert_int_equal(lanes->count, 1);
    assert_int_equal(lanes->lane[0].on, PERIOD_15MIN);
    assert_int_equal(lanes->lane[0].statistic, STATISTIC_MEAN);
    assert_int_equal(lanes->lane[0].when, WHEN_NIGHT);
    assert_int_equal(lanes->lane[0].stages[0].per_day, 2);
    assert_int_equal(lanes->lane[0].stages[0].bound.decimals, DECIMALS_ALL);
    assert_null(lanes->lane[0].stages[0].limit);
    settings_free(settings);
}

static void a_limit_that_counts_by_days_lets_no_rule_count_beside_it(void **state)
{
    static const char *const bad[] = {"per_day = 3;", "for = \"30min\";", "count = [2, 3];"};
    char keys[128];

    put("parameters.conf", ""); /* a table of its own, with TSP at the place of PM10's channel */
    snprintf(keys, sizeof keys, "cp %s/config/parameters.conf %s/parameters.conf", SOURCE_ROOT,
             folder);
    assert_int_equal(system(keys), 0);
    snprintf(keys, sizeof keys, "mkdir -p %s/standards", folder);
    assert_int_equal(system(keys), 0);
    put("standards/own.conf",
        "standard = \"OWN 1\"; title_zh = \"x\"; title_en = \"x\";\n"
        "editions = ( { edition = \"2020\"; from = \"2020-01-01\"; } );\n"
        "tables = ( { clause = \"1\"; editions = [ \"2020\" ]; verified = false; source = \"s\"; "
        "rows = ( { parameter = \"pm10\"; unit = \"µg/m³\"; on = \"15min\"; per_day = 1; "
        "above = [ \"500\" ]; } ); } );");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(keys, sizeof keys, "limit = \"own 1\"; %s", bad[i]);
        put_rule("\"dust/mast/pm10\"", keys);
        assert_one_fault("limit: this standard says itself how often a day is allowed");
    }
    put_rule("\"dust/mast/pm10\"", "limit = \"OWN 1-2020\";");
    settings_free(load_good());
}

static void a_daily_mean_is_judged_by_neither_day_nor_night(void **state)
{
    put_rule("\"dust/mast/pm2_5\"", "above = 75; on = \"day\"; when = \"day\";");
    assert_one_fault("rules.conf:4: when: a daily mean spans day and night");
    put_rule("\"dust/mast/pm2_5\"", "limit = \"GB 3095\"; when = \"night\";");
    assert_one_fault("rules.conf:4: when: this standard judges daily means");
}

static void recovery_lies_on_the_good_side_of_every_edition(void **state)
{
    put_rule("\"dust/mast/pm2_5\"", "limit = \"GB 3095\"; recover = 55;");
    assert_one_fault("rules.conf:4: recover: recovery lies beyond the limit, of one edition");
    put_rule("\"dust/mast/pm2_5\"", "limit = \"GB 3095\"; recover = 45;");
    settings_free(load_good());
    put_rule("\"river-iv/sonde/dissolved_oxygen\"", "limit = \"GB 3838\"; recover = 2.9;");
    assert_one_fault("recover: recovery lies beyond the limit");
    put_rule("\"river-iv/sonde/ph\"", "limit = \"GB 3838\"; recover = 8;");
    assert_one_fault("recover: this limit is a span");
}

static void a_limit_and_a_bound_are_never_both(void **state)
{
    put_rule("\"river-iv/sonde/ph\"", "limit = \"GB 3838\"; above = 9;");
    assert_one_fault("exactly one of above, below, between and limit is wanted; here are 2");
}

static void a_standard_beside_the_settings_replaces_the_shipped_one(void **state)
{
    struct settings *settings;
    char command[128];

    snprintf(command, sizeof command, "mkdir -p %s/standards", folder);
    assert_int_equal(system(command), 0);
    put("standards/water.conf",
        "standard = \"GB 3838\"; title_zh = \"x\"; title_en = \"x\";\n"
        "editions = ( { edition = \"2002\"; from = \"2002-06-01\"; } );\n"
        "tables = ( { clause = \"1\"; editions = [ \"2002\" ]; verified = false; source = \"s\"; "
        "rows = ( { parameter = \"ph\"; unit = \"\"; between = [ \"6.5\", \"8.5\" ]; } ); } );");
    put_rule("\"mill/sonde/ph\"", "limit = \"GB 3838\";");
    settings = load_good();
    assert_true(lanes_at(settings, "mill", "ph")->lane[0].stages[0].bound.low == 6.5);
    settings_free(settings);
    put("standards/water.conf", "standard = \"GB 3838\";");
    put_rule("\"river-iv/sonde/ph\"", "above = 9;");
    {
        struct conf_faults *faults = conf_faults_new();

        assert_null(settings_load(folder, true, faults));
        assert_non_null(strstr(conf_fault(faults, 0)->text, "standards/water.conf:1: title_zh"));
        conf_faults_free(faults);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_limit_judges_each_section_by_its_own_target, begin, end),
        cmocka_unit_test_setup_teardown(points_of_one_class_share_their_lanes, begin, end),
        cmocka_unit_test_setup_teardown(
            an_asterisk_for_the_channel_passes_over_what_the_standard_does_not_know, begin, end),
        cmocka_unit_test_setup_teardown(a_named_channel_the_standard_does_not_know_is_a_fault,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_named_channel_is_wanted_at_every_site_of_the_pattern,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_site_that_lacks_what_the_standard_asks_is_named, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_site_of_another_kind_is_said_with_what_it_is, begin, end),
        cmocka_unit_test_setup_teardown(a_lake_is_a_lake_without_saying_so_twice, begin, end),
        cmocka_unit_test_setup_teardown(a_standard_nobody_knows_is_answered_with_the_nearest, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_hours_of_a_noise_limit_are_its_own, begin, end),
        cmocka_unit_test_setup_teardown(when_keeps_the_lanes_of_its_hours, begin, end),
        cmocka_unit_test_setup_teardown(an_on_that_cannot_be_judged_is_a_fault, begin, end),
        cmocka_unit_test_setup_teardown(for_count_and_per_day_are_alternatives, begin, end),
        cmocka_unit_test_setup_teardown(m_of_n_are_two_whole_numbers_in_order, begin, end),
        cmocka_unit_test_setup_teardown(a_bound_may_be_judged_on_means_by_night_and_counted_by_day,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_limit_that_counts_by_days_lets_no_rule_count_beside_it,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_daily_mean_is_judged_by_neither_day_nor_night, begin,
                                        end),
        cmocka_unit_test_setup_teardown(recovery_lies_on_the_good_side_of_every_edition, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_limit_and_a_bound_are_never_both, begin, end),
        cmocka_unit_test_setup_teardown(a_standard_beside_the_settings_replaces_the_shipped_one,
                                        begin, end),
    };

    setenv("LOOKBACK_DATA", SOURCE_ROOT, 1);
    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
