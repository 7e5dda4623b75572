/* Tests of app/snapshot*.c: everything in force is sealed, nothing secret is, and the same settings
 * are the same digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/say.h"
#include "town/snapshot.h"

static char folder[64];

static const char *const collector =
    "collector = { name = \"zj-01\"; title = \"一号\"; };\n"
    "outputs = ( { name = \"town\"; kind = \"mqtt\"; url = \"mqtts://broker.example:8883\"; user = "
    "\"u\"; password_file = \"secret\"; } );";
static const char *const sites =
    "sites = ( { name = \"qinghe\"; title = \"清河断面\"; kind = \"river_section\"; village = "
    "\"东村\"; location = [121.0321, 31.11]; section = { river = \"qing\"; target = \"IV\"; }; },\n"
    "{ name = \"mill\"; title = \"厂\"; kind = \"enterprise\"; noise_zone = \"3\"; noise_place = "
    "\"boundary\"; } );";
static const char *const devices =
    "links = ( { name = \"bus\"; kind = \"tcp\"; host = \"10.0.0.1\"; } );\n"
    "devices = ( { site = \"qinghe\"; name = \"sonde\"; model = \"yosemitech_y4000\"; link = "
    "\"bus\"; unit = 1; serial_number = \"Y-17\"; channels = ( \"ph\", \"dissolved_oxygen\" ); "
    "since = \"2026-03-01\"; },\n"
    "{ site = \"mill\"; name = \"meter\"; model = \"sonbest_sm7901\"; link = \"bus\"; unit = 2; "
    "simulated = true; } );";
static const char *const rules =
    "rules = ( { name = \"nh\"; title = \"氨氮\"; points = ( \"*/*/dissolved_oxygen\" ); limit = "
    "\"GB 3838\"; on = \"4h\"; },\n"
    "{ name = \"acid\"; points = ( \"qinghe/sonde/ph\" ); below = 5.5; for = \"10min\"; } );";

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
    strcpy(folder, "/tmp/lookback-snapshot-XXXXXX");
    assert_non_null(mkdtemp(folder));
    put("collector.conf", collector);
    put("sites.conf", sites);
    put("devices.conf", devices);
    put("rules.conf", rules);
    put("secret", "hunter2-is-no-password");
    return 0;
}

static int end(void **state)
{
    char command[128];

    say_in(LANGUAGE_EN);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct settings *load(void)
{
    struct conf_faults *faults = conf_faults_new();
    struct settings *settings = settings_load(folder, true, faults);

    if (settings == NULL)
        fail_msg("%s", conf_fault(faults, 0)->text);
    conf_faults_free(faults);
    return settings;
}

static struct configuration *take(void)
{
    struct error err = {0};
    struct settings *settings = load();
    struct configuration *made = snapshot_of(settings, &err);

    if (made == NULL)
        fail_msg("%s", err.text);
    settings_free(settings);
    return made;
}

static const struct snapshot_item *item_of(const struct configuration *made, const char *name)
{
    for (size_t i = 0; i < made->count; i++)
        if (strcmp(made->items[i].name, name) == 0)
            return &made->items[i];
    fail_msg("no item %s", name);
    return NULL;
}

/* The text with one word in place of another. */
static void put_with(const char *name, const char *words, const char *old, const char *new)
{
    const char *at = strstr(words, old);
    char text[4096];

    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - words), words, new, at + strlen(old));
    put(name, text);
}

static void everything_of_the_table_is_in_it(void **state)
{
    static const char *const wanted[] = {
        "aggregates.conf",
        "collector.json",
        "ledger.conf",
        "parameters.conf",
        "points/mill/meter/la.json",
        "points/qinghe/sonde/dissolved_oxygen.json",
        "points/qinghe/sonde/ph.json",
        "profiles/sonbest_sm7901.conf",
        "profiles/yosemitech_y4000.conf",
        "screening.conf",
        "settings/collector.conf",
        "settings/devices.conf",
        "settings/rules.conf",
        "settings/sites.conf",
        "sites/mill.json",
        "sites/qinghe.json",
        "standards/gb3838.conf",
        "verdict.conf",
    };
    struct configuration *made = take();

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        item_of(made, wanted[i]);
    snapshot_free(made);
}

static void its_text_is_what_sha256sum_prints_sorted_by_name(void **state)
{
    struct configuration *made = take();
    size_t used = 0;
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    char line[256];

    for (size_t i = 0; i < made->count; i++) {
        if (i > 0)
            assert_true(strcmp(made->items[i - 1].name, made->items[i].name) < 0);
        digest_of(made->items[i].content, made->items[i].size, digest);
        assert_memory_equal(digest, made->items[i].digest, DIGEST_BYTES);
        snprintf(line, sizeof line, "%s  %s\n", digest_hex(digest, hex), made->items[i].name);
        assert_memory_equal(made->text + used, line, strlen(line));
        used += strlen(line);
    }
    assert_int_equal(strlen(made->text), used);
    digest_of(made->text, used, digest);
    assert_memory_equal(digest, made->digest, DIGEST_BYTES);
    snapshot_free(made);
}

static void a_file_is_sealed_as_it_stood_when_it_was_read(void **state)
{
    struct error err = {0};
    struct settings *settings = load();
    struct configuration *made;
    const struct snapshot_item *item;

    put("rules.conf", "rules = ();");
    made = snapshot_of(settings, &err);
    item = item_of(made, "settings/rules.conf");
    assert_int_equal(item->size, strlen(rules));
    assert_memory_equal(item->content, rules, item->size);
    snapshot_free(made);
    settings_free(settings);
}

static void a_site_says_what_people_are_told_of_it(void **state)
{
    struct configuration *made = take();
    const struct snapshot_item *item = item_of(made, "sites/qinghe.json");

    assert_string_equal(
        item->content,
        "{\"address\":null,\"air_class\":2,\"credit_code\":null,\"grid\":null,\"kind\":\"river_"
        "section\",\"location\":[121.0321,31.11],\"name\":\"qinghe\",\"noise_place\":\"ambient\","
        "\"noise_zone\":null,\"section\":{\"body\":\"river\",\"river\":\"qing\",\"river_title\":"
        "null,\"target\":\"IV\"},\"title\":\"清河断面\",\"village\":\"东村\"}\n");
    item = item_of(made, "sites/mill.json");
    assert_non_null(strstr(item->content, "\"noise_zone\":\"3\""));
    assert_non_null(strstr(item->content, "\"section\":null"));
    snapshot_free(made);
}

static void a_point_is_sealed_as_its_sheet(void **state)
{
    struct configuration *made = take();
    const struct snapshot_item *item = item_of(made, "points/qinghe/sonde/dissolved_oxygen.json");
    struct settings *settings = load();
    struct point_sheet sheet, again;
    struct error err = {0};
    json_t *json = json_loadb(item->content, item->size, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(json);
    assert_true(point_sheet_read(&again, json, &err));
    assert_true(snapshot_sheet(settings, 0, 1, &sheet, &err));
    assert_string_equal(sheet.point, "qinghe/sonde/dissolved_oxygen");
    assert_true(point_sheet_is_same(&sheet, &again));
    assert_string_equal(again.serial_number, "Y-17");
    assert_int_equal(again.since.ms, sheet.since.ms);
    assert_int_equal(again.rule_count, 1);
    assert_string_equal(again.rules[0].rule.title, "氨氮");
    assert_string_equal(again.rules[0].lanes.lane[0].stages[0].limit->standard, "GB 3838");
    assert_true(again.rules[0].lanes.lane[0].stages[0].bound.low == 3.0);
    assert_true(again.rules[0].lanes.lane[0].stages[0].limit == &again.rules[0].limits[0][0]);
    point_sheet_end(&again);
    point_sheet_end(&sheet);
    json_decref(json);
    settings_free(settings);
    snapshot_free(made);
}

static void a_sheet_names_the_digest_its_polls_carry(void **state)
{
    struct settings *settings;
    struct point_sheet sheet;
    struct error err = {0};
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_HEX];

    put_with("devices.conf", devices, "unit = 1;", "unit = 1; word_order = \"BADC\";");
    settings = load();
    assert_true(snapshot_sheet(settings, 0, 0, &sheet, &err));
    assert_true(settings_device_digest(&settings->devices[0], digest));
    assert_string_equal(sheet.decode, digest_hex(digest, hex));
    assert_memory_not_equal(digest, settings->devices[0].profile->digest, DIGEST_BYTES);
    point_sheet_end(&sheet);
    settings_free(settings);
}

static void a_simulated_device_is_sealed_as_one(void **state)
{
    struct configuration *made = take();
    const char *simulated = item_of(made, "points/mill/meter/la.json")->content;
    const char *real = item_of(made, "points/qinghe/sonde/ph.json")->content;

    assert_non_null(strstr(simulated, "\"simulated\":true"));
    assert_non_null(strstr(real, "\"simulated\":false"));
    snapshot_free(made);
}

static void no_secret_is_in_it(void **state)
{
    struct configuration *made = take();

    for (size_t i = 0; i < made->count; i++)
        assert_null(memmem(made->items[i].content, made->items[i].size, "hunter2", 7));
    snapshot_free(made);
}

/* The one place where people write one nevertheless is an address. */
static void a_secret_in_an_address_is_refused(void **state)
{
    static const struct {
        const char *conf, *fault;
    } cases[] = {
        {"outputs = ( { name = \"a\"; kind = \"line\"; url = "
         "\"https://db.example/write?db=x&u=me&p=hunter2\"; } );", "url: a password or token does not belong into the address"},
        {"outputs = ( { name = \"a\"; kind = \"line\"; url = "
         "\"https://db.example/write?Token=hunter2\"; } );",       "url: a password or token does not belong into the address"},
        {"seal = { time_stamp = \"https://tsa.example/?key=hunter2\"; };",
         "time_stamp: a password or token does not belong into the address"                                                            },
        {"seal = { time_stamp = \"http://192.168.1.300/\"; };",             "time_stamp: 192.168.1.300 is no"                          },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conf_faults *faults = conf_faults_new();
        char text[512];

        snprintf(text, sizeof text, "collector = { name = \"zj-01\"; };\n%s", cases[i].conf);
        put("collector.conf", text);
        assert_null(settings_load(folder, true, faults));
        assert_int_equal(conf_faults_count(faults), 1);
        if (strstr(conf_fault(faults, 0)->text, cases[i].fault) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", conf_fault(faults, 0)->text, cases[i].fault);
        assert_null(strstr(conf_fault(faults, 0)->text, "hunter2"));
        conf_faults_free(faults);
    }
}

static void a_time_stamp_server_is_taken(void **state)
{
    struct settings *settings;

    put("collector.conf", "collector = { name = \"zj-01\"; };\n"
                          "seal = { time_stamp = \"http://tsa.example:8318/tsr\"; };");
    settings = load();
    assert_string_equal(settings->time_stamp_url, "http://tsa.example:8318/tsr");
    settings_free(settings);
}

static void the_same_settings_give_the_same_digest_whatever_the_language(void **state)
{
    struct configuration *one = take();
    struct configuration *other;

    say_in(LANGUAGE_ZH);
    other = take();
    assert_memory_equal(one->digest, other->digest, DIGEST_BYTES);
    assert_string_equal(one->text, other->text);
    snapshot_free(one);
    snapshot_free(other);
}

/* Every change that bears on a reading or on its judgement is another configuration, and the sheet
 * of the point it bears on is another too. */
static void what_changes_how_a_point_is_read_or_judged_changes_its_sheet(void **state)
{
    static const struct {
        const char *file, *old, *new;
        const char *item; /* that changes with it */
    } cases[] = {
        {"devices.conf", "unit = 1;",          "unit = 1; every = \"30s\";",       "points/qinghe/sonde/ph.json"              },
        {"devices.conf", "unit = 1;",          "unit = 1; word_order = \"BADC\";",
         "points/qinghe/sonde/ph.json"                                                                                        },
        {"devices.conf", "unit = 1;",
         "unit = 1; ranges = ( { channel = \"ph\"; valid = [2, 12]; } );",         "points/qinghe/sonde/ph.json"              },
        {"devices.conf", "Y-17",               "Y-18",                             "points/qinghe/sonde/ph.json"              },
        {"devices.conf", "2026-03-01",         "2026-03-02",                       "points/qinghe/sonde/ph.json"              },
        {"devices.conf", "simulated = true;",  "",                                 "points/mill/meter/la.json"                },
        {"rules.conf",   "below = 5.5",        "below = 5.6",                      "points/qinghe/sonde/ph.json"              },
        {"rules.conf",   "10min",              "20min",                            "points/qinghe/sonde/ph.json"              },
        {"rules.conf",   "\"acid\"",           "\"acid-2\"",                       "points/qinghe/sonde/ph.json"              },
        {"rules.conf",   "\"4h\"",             "\"8h\"",                           "points/qinghe/sonde/dissolved_oxygen.json"},
        {"sites.conf",   "\"IV\"",             "\"III\"",                          "points/qinghe/sonde/dissolved_oxygen.json"},
        {"sites.conf",   "noise_zone = \"3\"", "noise_zone = \"2\"",               "points/mill/meter/la.json"                },
        {"sites.conf",   "清河断面",       "清河",                           "sites/qinghe.json"                        },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *words = strcmp(cases[i].file, "devices.conf") == 0 ? devices
                            : strcmp(cases[i].file, "rules.conf") == 0 ? rules
                                                                       : sites;
        struct configuration *one = take();
        struct configuration *other;

        put_with(cases[i].file, words, cases[i].old, cases[i].new);
        other = take();
        put(cases[i].file, words);
        if (memcmp(one->digest, other->digest, DIGEST_BYTES) == 0)
            fail_msg("%s for %s changes nothing", cases[i].new, cases[i].old);
        if (memcmp(item_of(one, cases[i].item)->digest, item_of(other, cases[i].item)->digest,
                   DIGEST_BYTES) == 0)
            fail_msg("%s for %s leaves %s as it is", cases[i].new, cases[i].old, cases[i].item);
        snapshot_free(one);
        snapshot_free(other);
    }
}

/* A copy of a shipped file beside the settings, with `old` in it replaced. */
static void edit_copy(const char *from, const char *to, const char *old, const char *new)
{
    char command[512];

    snprintf(command, sizeof command,
             "mkdir -p %s/profiles %s/standards && sed 's/%s/%s/' '%s/%s' > %s/%s && ! cmp -s "
             "'%s/%s' %s/%s",
             folder, folder, old, new, SOURCE_ROOT, from, folder, to, SOURCE_ROOT, from, folder,
             to);
    assert_int_equal(system(command), 0);
}

static void a_limit_or_scale_of_ones_own_changes_it(void **state)
{
    static const char *const point = "points/qinghe/sonde/dissolved_oxygen.json";
    struct configuration *shipped = take();
    struct configuration *profile, *standard;

    edit_copy("drivers/profiles/yosemitech_y4000.conf", "profiles/yosemitech_y4000.conf",
              "settle_ms.*=.*[0-9]", "settle_ms = 77");
    profile = take();
    assert_memory_not_equal(item_of(profile, point)->digest, item_of(shipped, point)->digest,
                            DIGEST_BYTES);
    edit_copy("config/standards/gb3838.conf", "standards/gb3838.conf", "\"5\", \"3\"",
              "\"5\", \"4\"");
    standard = take();
    assert_memory_not_equal(item_of(standard, point)->digest, item_of(profile, point)->digest,
                            DIGEST_BYTES);
    assert_memory_not_equal(item_of(standard, "standards/gb3838.conf")->digest,
                            item_of(profile, "standards/gb3838.conf")->digest, DIGEST_BYTES);
    snapshot_free(shipped);
    snapshot_free(profile);
    snapshot_free(standard);
}

static void an_item_is_found_in_the_text_by_its_whole_name(void **state)
{
    struct configuration *made = take();
    uint8_t digest[DIGEST_BYTES];

    for (size_t i = 0; i < made->count; i++) {
        assert_true(configuration_item(made->text, made->items[i].name, digest));
        assert_memory_equal(digest, made->items[i].digest, DIGEST_BYTES);
    }
    assert_false(configuration_item(made->text, "ledger.con", digest));
    assert_false(configuration_item(made->text, "edger.conf", digest));
    assert_false(configuration_item(made->text, "", digest));
    assert_false(configuration_item("", "ledger.conf", digest));
    assert_false(configuration_item("ledger.conf", "ledger.conf", digest));
    snapshot_free(made);
}

static void
more_rules_at_a_point_than_a_sheet_holds_are_refused_where_they_are_written(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    char text[8192];
    size_t used = (size_t)sprintf(text, "rules = (\n");

    for (int i = 0; i <= SHEET_RULES_MAX; i++)
        used += (size_t)sprintf(
            text + used, "%s{ name = \"r%d\"; points = ( \"qinghe/sonde/ph\" ); above = 9; }",
            i == 0 ? "" : ",\n", i);
    sprintf(text + used, ");");
    put("rules.conf", text);
    assert_null(settings_load(folder, true, faults));
    assert_int_equal(conf_faults_count(faults), 1);
    assert_non_null(strstr(conf_fault(faults, 0)->text,
                           "rules.conf:18: points: the point qinghe/sonde/ph has more than 16"));
    conf_faults_free(faults);
}

/* Devices with every channel of a sonde, each channel under a rule or two. */
static void each_point_of_a_hundred_devices_has_its_item(void **state)
{
    struct error err = {0};
    char *text = malloc(1 << 20);
    struct configuration *made;
    struct settings *settings;
    size_t points = 0;
    size_t used;

    assert_non_null(text);
    used =
        (size_t)sprintf(text, "links = ( { name = \"bus\"; kind = \"tcp\"; host = \"10.0.0.1\"; } "
                              ");\ndevices = (");
    for (int i = 0; i < 100; i++)
        used += (size_t)sprintf(text + used,
                                "%s{ site = \"qinghe\"; name = \"d%d\"; model = "
                                "\"yosemitech_y4000\"; link = \"bus\"; unit = %d; }",
                                i == 0 ? "" : ",\n", i, i % 247 + 1);
    sprintf(text + used, ");");
    put("devices.conf", text);
    put("rules.conf", "rules = ( { name = \"all\"; points = ( \"*/*/*\" ); limit = \"GB 3838\"; on "
                      "= \"4h\"; }, { name = \"acid\"; points = ( \"*/*/ph\" ); below = 5; } );");
    free(text);
    settings = load();
    made = snapshot_of(settings, &err);
    assert_non_null(made);
    for (size_t i = 0; i < made->count; i++)
        points += strncmp(made->items[i].name, "points/", 7) == 0;
    assert_int_equal(points, 100 * 7);
    snapshot_free(made);
    settings_free(settings);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_of_the_table_is_in_it),
        TEST(its_text_is_what_sha256sum_prints_sorted_by_name),
        TEST(a_file_is_sealed_as_it_stood_when_it_was_read),
        TEST(a_site_says_what_people_are_told_of_it),
        TEST(a_point_is_sealed_as_its_sheet),
        TEST(a_sheet_names_the_digest_its_polls_carry),
        TEST(a_simulated_device_is_sealed_as_one),
        TEST(no_secret_is_in_it),
        TEST(a_secret_in_an_address_is_refused),
        TEST(a_time_stamp_server_is_taken),
        TEST(the_same_settings_give_the_same_digest_whatever_the_language),
        TEST(what_changes_how_a_point_is_read_or_judged_changes_its_sheet),
        TEST(a_limit_or_scale_of_ones_own_changes_it),
        TEST(an_item_is_found_in_the_text_by_its_whole_name),
        TEST(more_rules_at_a_point_than_a_sheet_holds_are_refused_where_they_are_written),
        TEST(each_point_of_a_hundred_devices_has_its_item),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
