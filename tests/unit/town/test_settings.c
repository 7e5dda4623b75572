/* Tests of town/settings*.c. The folder fixtures/settings_faulty holds one of every fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/say.h"
#include "town/settings.h"

/* A folder of settings that is good, less what a test changes. */
static char folder[64];

static const char *const good_collector = "collector = { name = \"zj-01\"; };";
static const char *const good_sites =
    "sites = ( { name = \"mill\"; title = \"磨坊\"; kind = \"enterprise\"; } );";
static const char *const good_links =
    "links = ( { name = \"bus\"; kind = \"serial\"; port = \"/dev/ttyS9\"; } );\n";
static const char *const good_device = "{ site = \"mill\"; name = \"ph\"; model = \"s_ph_01\"; "
                                       "link = \"bus\"; unit = 1; }";

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

static void put_devices(const char *links, const char *devices)
{
    char words[2048];

    snprintf(words, sizeof words, "%sdevices = ( %s );", links, devices);
    put("devices.conf", words);
}

static int begin(void **state)
{
    strcpy(folder, "/tmp/lookback-settings-XXXXXX");
    assert_non_null(mkdtemp(folder));
    put("collector.conf", good_collector);
    put("sites.conf", good_sites);
    put_devices(good_links, good_device);
    return 0;
}

static int end(void **state)
{
    static const char *const names[] = {"collector.conf", "sites.conf", "devices.conf",
                                        "rules.conf"};
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

/* The settings of the folder, which must be good. */
static struct settings *load_good(void)
{
    struct conf_faults *faults = conf_faults_new();
    struct settings *settings = settings_load(folder, true, faults);

    if (settings == NULL)
        fail_msg("%s", conf_fault(faults, 0)->text);
    conf_faults_free(faults);
    return settings;
}

/* The folder has one fault, which holds these words. */
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

static void every_fault_of_a_folder_is_said_in_one_run_with_its_line(void **state)
{
    static const char *const expected[] = {
        "collector.conf:2: name: \"Zhujing 01\"",
        "collector.conf:4: keep: \"400\"",
        "collector.conf:5: mailbox: \"1B\"",
        "collector.conf:7: trust: \"npt\" is not allowed, did you mean \"ntp\"?",
        "collector.conf:9: url: what goes to 203.0.113.9",
        "collector.conf:10: url: \"ftp://127.0.0.1/write\"",
        "collector.conf:11: kind: this version cannot do hook yet",
        "collector.conf:11: name: a stands here twice, the other in line 9",
        "collector.conf:12: timout: there is no such key here, did you mean timeout?",
        "devices.conf:2: baud: 9601",
        "devices.conf:3: port: the link bus (line 2)",
        "devices.conf:4: host: 8.8.8.8",
        "devices.conf:5: port: is missing",
        "devices.conf:8: site: in sites.conf there is no \"mil\", did you mean \"mill\"?",
        "devices.conf:9: unit: 0",
        "devices.conf:9: model: there is no profile of the model \"s_ph_1\", did you mean "
        "\"s_ph_01\"?",
        "devices.conf:10: every: \"50ms\"",
        "devices.conf:10: link: among the links there is no \"buss\", did you mean \"bus\"?",
        "devices.conf:11: unit: 3000000000",
        "devices.conf:11: name: mill/ec stands here twice, the other in line 10",
        "devices.conf:12: channels: supmea_sup_do7013 has no channel \"disolved_oxygen\", did you "
        "mean \"dissolved_oxygen\"?",
        "rules.conf:2: points: no point fits \"mill/ec/conductivty\", did you mean "
        "\"mill/ec/conductivity\"?",
        "rules.conf:3: two: exactly one of above, below, between and limit is wanted; here are 2",
        "rules.conf:4: recover: recovery cannot lie above",
        "rules.conf:4: points: \"mill/ec\" is no point",
        "rules.conf:5: for: one of for, count and per_day at most; here are 2",
        "rules.conf:6: limit: there is no standard (or edition) \"GB 3839\", did you mean \"GB "
        "3838\"?",
        "rules.conf:7: name: names that begin with screen- belong to the screening",
        "sites.conf:2: kind: \"enterprize\" is not allowed, did you mean \"enterprise\"?",
        "sites.conf:3: target: \"VI\" is not allowed",
        "sites.conf:4: location: [longitude, latitude]",
        "sites.conf:4: name: mill stands here twice, the other in line 2",
        "sites.conf:5: title: is missing",
    };
    struct conf_faults *faults = conf_faults_new();

    assert_null(settings_load(FIXTURES "/settings_faulty", true, faults));
    for (size_t i = 0; i < conf_faults_count(faults); i++) {
        const struct error *fault = conf_fault(faults, i);

        if (i >= sizeof expected / sizeof expected[0] || strstr(fault->text, expected[i]) == NULL)
            fail_msg("fault %zu is \"%s\"", i, fault->text);
        assert_int_equal(fault->kind, ERROR_SETTINGS);
        assert_memory_equal(fault->text, fault->where, strlen(fault->where));
    }
    assert_int_equal(conf_faults_count(faults), sizeof expected / sizeof expected[0]);
    conf_faults_free(faults);
}

static void the_example_town_has_no_fault(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    struct settings *settings = settings_load(SOURCE_ROOT "/config", true, faults);

    for (size_t i = 0; i < conf_faults_count(faults); i++)
        print_error("%s\n", conf_fault(faults, i)->text);
    assert_non_null(settings);
    assert_int_equal(settings->site_count, 8);
    assert_int_equal(settings->device_count, 10);
    assert_int_equal(settings->rule_count, 5);
    settings_free(settings);
    conf_faults_free(faults);
}

static void what_is_not_written_has_the_default_of_the_contract(void **state)
{
    struct settings *settings = load_good();
    const struct link_setup *link = &settings->links[0];
    const struct device_conf *device = &settings->devices[0];

    assert_string_equal(settings->timezone, "Asia/Shanghai");
    assert_string_equal(settings->store_dir, "/var/lib/lookback");
    assert_true(settings->ledger);
    assert_int_equal(settings->keep_ms, 400LL * 86400000);
    assert_int_equal(settings->hold_ms, 180LL * 86400000);
    assert_int_equal(settings->max_bytes, 8LL << 30);
    assert_int_equal(settings->reserve_bytes, 256LL << 20);
    assert_int_equal(settings->mailbox_bytes, 16LL << 20);
    assert_int_equal(settings->trust, TRUST_PLAUSIBLE);
    assert_int_equal(settings->patience_ms, 86400000);
    assert_int_equal(settings->seal_every_ms, 3600000);
    assert_int_equal(link->baud, 9600);
    assert_int_equal(link->parity, 'N');
    assert_int_equal(link->stop_bits, 1);
    assert_int_equal(link->timeout_ms, 1000);
    assert_int_equal(link->guard_ms, 1000);
    assert_int_equal(link->gap_us, 0);
    assert_false(link->echo);
    assert_int_equal(device->every_ms, 60000);
    assert_int_equal(device->timeout_ms, 0);
    assert_false(wall_is_known(device->since));
    assert_int_equal(device->channel_count, device->profile->channel_count);
    assert_int_equal(settings->output_count, 0);
    assert_int_equal(settings->rule_count, 0);
    settings_free(settings);
}

static void an_output_has_the_defaults_of_its_kind(void **state)
{
    struct settings *settings;

    put("collector.conf",
        "collector = { name = \"zj-01\"; }; outputs = ("
        "{ name = \"m\"; kind = \"mqtt\"; url = \"mqtt://127.0.0.1\"; },"
        "{ name = \"l\"; kind = \"line\"; url = \"https://ts.example/write\"; "
        "token_file = \"secrets/l\"; },"
        "{ name = \"r\"; kind = \"rectification\"; url = \"https://r.example/api\"; "
        "hmac_file = \"secrets/r\"; } );");
    settings = load_good();
    assert_int_equal(settings->outputs[2].kind, OUTPUT_RECTIFICATION);
    assert_int_equal(settings->outputs[2].pull_ms, 300000);
    assert_string_equal(settings->outputs[2].fields, "");
    assert_int_equal(settings->outputs[2].timeout_ms, 10000);
    assert_non_null(strstr(settings->outputs[2].hmac_file, "/secrets/r"));
    assert_int_equal(settings->outputs[0].kind, OUTPUT_MQTT);
    assert_true(settings->outputs[0].enabled);
    assert_true(settings->outputs[0].awaited);
    assert_string_equal(settings->outputs[0].root, "lookback");
    assert_string_equal(settings->outputs[0].client, "");
    assert_int_equal(settings->outputs[0].window, 100);
    assert_int_equal(settings->outputs[0].keepalive_ms, 60000);
    assert_int_equal(settings->outputs[0].timeout_ms, 10000);
    assert_int_equal(settings->outputs[1].kind, OUTPUT_LINE);
    assert_int_equal(settings->outputs[1].batch, 5000);
    assert_true(settings->outputs[1].gzip);
    /* a path is meant from the settings' own folder */
    assert_memory_equal(settings->outputs[1].token_file, folder, strlen(folder));
    assert_non_null(strstr(settings->outputs[1].token_file, "/secrets/l"));
    settings_free(settings);
}

static void a_relative_store_stands_beside_the_settings(void **state)
{
    struct settings *settings;

    put("collector.conf", "collector = { name = \"zj-01\"; }; store = { dir = \"../store\"; };");
    settings = load_good();
    assert_memory_equal(settings->store_dir, folder, strlen(folder));
    assert_string_equal(settings->store_dir + strlen(folder), "/../store");
    settings_free(settings);
}

static void the_keys_of_later_issues_are_known_and_their_ranges_checked(void **state)
{
    put("collector.conf", "collector = { name = \"zj-01\"; }; seal = { every = \"1h\"; };"
                          "page = { listen = \"127.0.0.1:8980\"; open = true; };");
    settings_free(load_good());
}

static void put_page(const char *keys)
{
    char words[400];

    snprintf(words, sizeof words, "collector = { name = \"zj-01\"; };\npage = {\n%s\n};", keys);
    put("collector.conf", words);
}

static void the_page_listens_at_an_address_and_a_port(void **state)
{
    static const char *const wrong[] = {"here",
                                        "127.0.0.1",
                                        ":8980",
                                        "127.0.0.1:",
                                        "127.0.0.1:0",
                                        "127.0.0.1:x",
                                        "127.0.0.1:65536",
                                        "127.1:8980",
                                        "0x7f.1:8980",
                                        "town.cn:8980",
                                        "::1:8980",
                                        "[::1:8980",
                                        "[::1]8980",
                                        "[here]:8980",
                                        "127.0.0.1:8980/x",
                                        "[]:8980",
                                        "127.0.0.1:000000000008980"};
    static const char *const good[] = {"127.0.0.1:8980", "127.0.0.9:1", "localhost:65535",
                                       "[::1]:8980", ""};
    char keys[80];

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(keys, sizeof keys, "listen = \"%s\";", wrong[i]);
        put_page(keys);
        assert_one_fault("collector.conf:3: listen: \"ADDRESS:PORT\"");
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(keys, sizeof keys, "listen = \"%s\"; open = true;", good[i]);
        put_page(keys);
        settings_free(load_good());
    }
}

static void a_page_that_others_reach_is_encrypted(void **state)
{
    static const char *const elsewhere[] = {"0.0.0.0:8980",     "[::]:8980",
                                            "192.168.1.4:8980", "[fd00::5]:8980",
                                            "128.0.0.1:8980",   "[::ffff:10.0.0.1]:8980"};
    struct settings *settings;
    char keys[160];

    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        snprintf(keys, sizeof keys, "listen = \"%s\";", elsewhere[i]);
        put_page(keys);
        assert_one_fault("collector.conf:3: listen: ");
        snprintf(keys, sizeof keys,
                 "listen = \"%s\"; certificate = \"page.pem\"; key_file = \"credential:page\";",
                 elsewhere[i]);
        put_page(keys);
        settings = load_good();
        /* a path is meant from the settings' own folder */
        assert_memory_equal(settings->page.certificate, folder, strlen(folder));
        assert_string_equal(settings->page.key_file, "credential:page");
        settings_free(settings);
    }
    put_page("listen = \"0.0.0.0:8980\"; key_file = \"k\";");
    assert_one_fault("collector.conf:3: listen: ");
    put_page("listen = \"0.0.0.0:8980\"; certificate = \"c\";");
    assert_one_fault("collector.conf:3: listen: ");
}

static void a_page_that_needs_no_token_is_a_local_one(void **state)
{
    put_page("listen = \"0.0.0.0:8980\"; certificate = \"c\"; key_file = \"k\";\nopen = true;");
    assert_one_fault("collector.conf:4: open: ");
    put_page("open = true;"); /* the default address */
    settings_free(load_good());
}

static void a_certificate_and_its_key_come_together(void **state)
{
    put_page("certificate = \"c\";");
    assert_one_fault("collector.conf:3: certificate: ");
    put_page("key_file = \"k\";");
    assert_one_fault("collector.conf:3: key_file: ");
}

static void an_unencrypted_peer_elsewhere_must_be_wanted(void **state)
{
    static const char *const format = "collector = { name = \"zj-01\"; }; outputs = ( "
                                      "{ name = \"m\"; kind = \"mqtt\"; url = \"%s\"; %s } );";
    char words[256];

    snprintf(words, sizeof words, format, "mqtt://broker.example", "");
    put("collector.conf", words);
    assert_one_fault("would be unencrypted");
    snprintf(words, sizeof words, format, "mqtt://broker.example", "plaintext = true;");
    put("collector.conf", words);
    settings_free(load_good());
    snprintf(words, sizeof words, format, "mqtt://127.0.0.1:1883", "");
    put("collector.conf", words);
    settings_free(load_good());
    snprintf(words, sizeof words, format, "mqtts://user:secret@broker.example", "");
    put("collector.conf", words);
    assert_one_fault("without user or password in it");
}

static void a_public_host_must_be_wanted(void **state)
{
    static const struct {
        const char *host;
        bool refused;
    } cases[] = {
        {"10.1.2.3",        false},
        {"172.16.0.1",      false},
        {"172.32.0.1",      true },
        {"192.168.1.1",     false},
        {"192.169.1.1",     true },
        {"127.0.0.1",       false},
        {"100.64.0.1",      false},
        {"100.128.0.1",     true },
        {"169.254.3.4",     false},
        {"1.2.3.4",         true },
        {"plc.local",       false},
        {"::1",             false},
        {"fd00::1",         false},
        {"2001:db8::1",     true },
        {"::ffff:8.8.8.8",  true },
        {"::ffff:10.1.2.3", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char links[256];

        snprintf(links, sizeof links,
                 "links = ( { name = \"bus\"; kind = \"tcp\"; host = \"%s\"; } );\n",
                 cases[i].host);
        put_devices(links, good_device);
        if (cases[i].refused)
            assert_one_fault("devices.conf:1: host: ");
        else
            settings_free(load_good());
    }
    put_devices("links = ( { name = \"bus\"; kind = \"tcp\"; host = \"1.2.3.4\"; "
                "allow_public = true; } );\n",
                good_device);
    settings_free(load_good());
}

static void assert_host_refused(const char *host)
{
    char links[256];

    snprintf(links, sizeof links,
             "links = ( { name = \"bus\"; kind = \"tcp\"; host = \"%s\"; } );\n", host);
    put_devices(links, good_device);
    assert_one_fault("devices.conf:1: host: ");
    assert_one_fault(" is no IPv4 address: four numbers from 0 to 255");
}

static void a_host_of_digits_is_an_ipv4_address(void **state)
{
    assert_host_refused("192.168.1.300");
    assert_host_refused("192.168.1");
    assert_host_refused("192.168.1.1.1");
    assert_host_refused("10");
    put("collector.conf", "collector = { name = \"zj-01\"; }; outputs = ( { name = \"m\"; "
                          "kind = \"mqtt\"; url = \"mqtt://192.168.1.300:1883\"; } );");
    put_devices(good_links, good_device);
    assert_one_fault("collector.conf:1: url: 192.168.1.300 is no IPv4 address");
}

static void a_line_address_is_the_whole_write_address(void **state)
{
    static const struct {
        const char *rest;
        bool refused;
    } cases[] = {
        {"",                             true },
        {"/",                            true },
        {"?db=lookback",                 true },
        {"/?db=lookback",                true },
        {"/write",                       false},
        {"/write?db=lookback",           false},
        {"/api/v2/write?org=a&bucket=b", false},
        {"/insert/0/influx/write",       false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[256];

        snprintf(words, sizeof words,
                 "collector = { name = \"zj-01\"; }; outputs = ( { name = \"l\"; kind = \"line\"; "
                 "url = \"http://127.0.0.1:8086%s\"; } );",
                 cases[i].rest);
        put("collector.conf", words);
        if (cases[i].refused)
            assert_one_fault("give the whole write address, its path as InfluxDB 1.x "
                             "/write?db=NAME, 2.x /api/v2/write?");
        else
            settings_free(load_good());
    }
}

static void an_address_without_a_scheme_is_answered_with_the_kinds_own(void **state)
{
    static const char *const format = "collector = { name = \"zj-01\"; }; outputs = ( "
                                      "{ name = \"m\"; kind = \"%s\"; url = \"127.0.0.1\"; } );";
    char words[256];

    snprintf(words, sizeof words, format, "mqtt");
    put("collector.conf", words);
    assert_one_fault("an address, as \"mqtt://host:1883\"");
    snprintf(words, sizeof words, format, "line");
    put("collector.conf", words);
    assert_one_fault("an address, as \"http://host/path\"");
}

static void a_mistyped_kind_is_named(void **state)
{
    put_devices("links = ( { name = \"bus\";\nknid = \"tcp\"; host = \"10.0.0.1\"; } );\n",
                good_device);
    assert_one_fault("devices.conf:2: knid: there is no such key here, did you mean kind? The key "
                     "kind is required and missing; give one of \"serial\"");
    put_devices("links = ( { name = \"bus\"; host = \"10.0.0.1\"; } );\n", good_device);
    assert_one_fault("devices.conf:1: kind: is missing; give one of \"serial\"");
}

static void a_folder_that_is_not_there_is_one_fault(void **state)
{
    char whole[64];

    strcpy(whole, folder);
    strcpy(folder, "/nowhere/lookback");
    assert_one_fault("folder /nowhere/lookback does not exist: name the folder of the settings");
    say_in(LANGUAGE_ZH);
    assert_one_fault("配置目录 /nowhere/lookback 不存在");
    say_in(LANGUAGE_EN);
    strcpy(folder, "/dev/null");
    assert_one_fault("/dev/null is no folder");
    strcpy(folder, whole);
}

static void a_pattern_that_fits_nothing_is_answered_with_the_nearest_point(void **state)
{
    static const char *const cases[][2] = {
        {"mill/ph/hp",         "no point fits \"mill/ph/hp\", did you mean \"mill/ph/ph\"?"},
        {"mil/ph/ph",          "no point fits \"mil/ph/ph\", did you mean \"mill/ph/ph\"?" },
        {"*/ph/hp",            "no point fits \"*/ph/hp\", did you mean \"*/ph/ph\"?"      },
        {"mill/p/*",           "no point fits \"mill/p/*\", did you mean \"mill/ph/*\"?"   },
        {"harbour/crane/rain",
         "no point fits \"harbour/crane/rain\"; the nearest point there is is "
         "\"mill/ph/"                                                                      },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[256];

        snprintf(words, sizeof words,
                 "rules = ( { name = \"r\"; points = ( \"%s\" ); above = 1; } );", cases[i][0]);
        put("rules.conf", words);
        assert_one_fault(cases[i][1]);
    }
}

static void a_unit_fits_its_kind_of_link(void **state)
{
    static const char *const tcp =
        "links = ( { name = \"bus\"; kind = \"tcp\"; host = \"10.0.0.1\"; } );\n";
    static const char *const format =
        "{ site = \"mill\"; name = \"ph\"; model = \"s_ph_01\"; link = \"bus\"; unit = %d; }";
    char device[256];

    snprintf(device, sizeof device, format, 0);
    put_devices(good_links, device);
    assert_one_fault("unit: 0 cannot stand on a serial line");
    put_devices(tcp, device);
    settings_free(load_good());
    snprintf(device, sizeof device, format, 255);
    put_devices(tcp, device);
    settings_free(load_good());
    put_devices(good_links, device);
    settings_free(load_good());
    snprintf(device, sizeof device, format, 256);
    put_devices(tcp, device);
    assert_one_fault("unit: 256 is not allowed. Allowed: a whole number, from 0 to 255");
}

static void a_device_may_choose_channels_and_override_its_profile(void **state)
{
    const struct device_conf *device;
    struct settings *settings;

    put_devices(good_links,
                "{ site = \"mill\"; name = \"ph\"; model = \"s_ph_01\"; link = \"bus\"; unit = 1;"
                " channels = ( \"ph\" ); word_order = \"BADC\"; timeout = \"300ms\";"
                " ranges = ( { channel = \"ph\"; valid = [5, 9.5]; } ); since = \"2026-12-01\"; }");
    settings = load_good();
    device = &settings->devices[0];
    assert_int_equal(device->channel_count, 1);
    assert_string_equal(device->channels[0]->name, "ph");
    assert_int_equal(device->channels[0]->order, ORDER_BADC);
    assert_true(device->channels[0]->valid_min == 5.0 && device->channels[0]->valid_max == 9.5);
    assert_true(profile_channel(device->profile, "ph")->valid_max != 9.5);
    assert_int_equal(device->timeout_ms, 300);
    assert_int_equal(device->since.ms, 1796054400000); /* 2026-12-01 00:00 in Shanghai */
    settings_free(settings);
}

/* The digest and the overrides of the one device with these keys. */
static void digest_when(const char *keys, uint8_t digest[32], char overrides[256])
{
    struct settings *settings;
    char device[512];
    char *words;

    snprintf(
        device, sizeof device,
        "{ site = \"mill\"; name = \"ph\"; model = \"s_ph_01\"; link = \"bus\"; unit = 1; %s }",
        keys);
    put_devices(good_links, device);
    settings = load_good();
    words = settings_device_overrides(&settings->devices[0]);
    assert_non_null(words);
    snprintf(overrides, 256, "%s", words);
    free(words);
    assert_true(settings_device_digest(&settings->devices[0], digest));
    if (*overrides == '\0')
        assert_memory_equal(digest, settings->devices[0].profile->digest, 32);
    else
        assert_memory_not_equal(digest, settings->devices[0].profile->digest, 32);
    settings_free(settings);
}

static void what_is_put_over_a_profile_is_in_the_digest_of_its_device(void **state)
{
    uint8_t swapped[32];
    uint8_t narrow[32];
    uint8_t again[32];
    uint8_t plain[32];
    char words[256];

    digest_when("title = \"pH\"; channels = ( \"ph\" );", plain, words);
    assert_string_equal(words, "");
    digest_when("ranges = ( { channel = \"ph\"; valid = [5, 9.5]; } );", narrow, words);
    assert_string_equal(words, "ph ABCD 5 9.5\n");
    digest_when("channels = ( \"ph\" ); ranges = ( { channel = \"ph\"; valid = [5.0, 9.5]; } );",
                again, words);
    assert_memory_equal(again, narrow, 32);
    digest_when("channels = ( \"ph\" ); word_order = \"BADC\";", swapped, words);
    assert_string_equal(words, "ph BADC 0 14\n");
    assert_memory_not_equal(swapped, narrow, 32);
}

static void a_rule_is_read_with_its_bound_and_its_points(void **state)
{
    const struct rule *rule;
    const struct bound *bound;
    struct settings *settings;

    put("rules.conf",
        "rules = ( { name = \"acid\"; points = [ \"*/ph/ph\" ]; below = 6; recover = 6.5; "
        "for = \"5min\"; recover_for = \"10min\"; nature = \"doubt\"; },"
        "{ name = \"band\"; points = ( \"mill/ph/ph\" ); between = [6, 9.0]; } );");
    settings = load_good();
    rule = &settings->rules[0].rule;
    bound = &settings->rules[0].lanes.lane[0].stages[0].bound;
    assert_int_equal(bound->kind, BOUND_BELOW);
    assert_true(bound->low == 6.0 && rule->has_recover && rule->recover == 6.5);
    assert_int_equal(rule->for_ms, 300000);
    assert_int_equal(rule->recover_for_ms, 600000);
    assert_int_equal(rule->gather_ms, 86400000);
    assert_int_equal(rule->nature, NATURE_DOUBT);
    assert_string_equal(settings->rules[0].patterns[0], "*/ph/ph");
    rule = &settings->rules[1].rule;
    bound = &settings->rules[1].lanes.lane[0].stages[0].bound;
    assert_int_equal(bound->kind, BOUND_BETWEEN);
    assert_true(bound->low == 6.0 && bound->high == 9.0 && !rule->has_recover);
    assert_int_equal(rule->nature, NATURE_BREACH);
    settings_free(settings);
}

static void a_file_that_cannot_be_read_blames_no_other(void **state)
{
    put("sites.conf", "sites = ( {");
    assert_one_fault("sites.conf:1: the \"{\" opened here is never closed");
}

/* Copies the shipped profile s_ph_01 to DIR/profiles/NAME.conf. */
static void put_own_profile(const char *name)
{
    char command[512];

    snprintf(command, sizeof command,
             "mkdir -p %s/profiles && cp %s/drivers/profiles/s_ph_01.conf %s/profiles/%s.conf",
             folder, SOURCE_ROOT, folder, name);
    assert_int_equal(system(command), 0);
}

static void remove_own_profiles(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -r %s/profiles", folder);
    assert_int_equal(system(command), 0);
}

static void a_profile_beside_the_settings_comes_before_the_shipped_one(void **state)
{
    struct settings *settings;

    put_own_profile("s_ph_01");
    settings = load_good();
    assert_memory_equal(settings->devices[0].profile->path, folder, strlen(folder));
    settings_free(settings);
    remove_own_profiles();
}

static void a_profile_is_named_as_its_model(void **state)
{
    put_own_profile("my_ph");
    put_devices(good_links, "{ site = \"mill\"; name = \"ph\"; model = \"my_ph\"; "
                            "link = \"bus\"; unit = 1; }");
    assert_one_fault("devices.conf:2: model: the file ");
    remove_own_profiles();
}

static void a_model_is_never_a_path(void **state)
{
    put_devices(good_links, "{ site = \"mill\"; name = \"ph\"; model = \"../profiles/s_ph_01\"; "
                            "link = \"bus\"; unit = 1; }");
    assert_one_fault("devices.conf:2: model: there is no profile of the model");
}

/* The whole text of a file of the example town; freed by the caller. */
static char *example(const char *name, size_t *size)
{
    char *words = calloc(1, 1 << 16);
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/config/%s", SOURCE_ROOT, name);
    file = fopen(path, "r");
    assert_non_null(file);
    *size = fread(words, 1, (1 << 16) - 1, file);
    fclose(file);
    return words;
}

static void a_file_cut_anywhere_is_refused_or_whole_and_never_crashes(void **state)
{
    static const char *const names[] = {"collector.conf", "sites.conf", "devices.conf",
                                        "rules.conf"};
    unsigned refused = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size;
        char *words = example(names[i], &size);

        put(names[i], words);
        for (size_t cut = size; cut > 97; cut -= 97) {
            struct conf_faults *faults = conf_faults_new();
            struct settings *settings;

            words[cut - 1] = '\0';
            put(names[i], words);
            settings = settings_load(folder, true, faults);
            assert_true((settings == NULL) == (conf_faults_count(faults) > 0));
            refused += settings == NULL;
            settings_free(settings);
            conf_faults_free(faults);
        }
        free(words);
    }
    assert_true(refused > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_of_a_folder_is_said_in_one_run_with_its_line),
        cmocka_unit_test(the_example_town_has_no_fault),
        cmocka_unit_test_setup_teardown(what_is_not_written_has_the_default_of_the_contract, begin,
                                        end),
        cmocka_unit_test_setup_teardown(an_output_has_the_defaults_of_its_kind, begin, end),
        cmocka_unit_test_setup_teardown(a_relative_store_stands_beside_the_settings, begin, end),
        cmocka_unit_test_setup_teardown(the_keys_of_later_issues_are_known_and_their_ranges_checked,
                                        begin, end),
        cmocka_unit_test_setup_teardown(the_page_listens_at_an_address_and_a_port, begin, end),
        cmocka_unit_test_setup_teardown(a_page_that_others_reach_is_encrypted, begin, end),
        cmocka_unit_test_setup_teardown(a_page_that_needs_no_token_is_a_local_one, begin, end),
        cmocka_unit_test_setup_teardown(a_certificate_and_its_key_come_together, begin, end),
        cmocka_unit_test_setup_teardown(an_unencrypted_peer_elsewhere_must_be_wanted, begin, end),
        cmocka_unit_test_setup_teardown(a_public_host_must_be_wanted, begin, end),
        cmocka_unit_test_setup_teardown(a_host_of_digits_is_an_ipv4_address, begin, end),
        cmocka_unit_test_setup_teardown(a_line_address_is_the_whole_write_address, begin, end),
        cmocka_unit_test_setup_teardown(an_address_without_a_scheme_is_answered_with_the_kinds_own,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_mistyped_kind_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_one_fault, begin, end),
        cmocka_unit_test_setup_teardown(
            a_pattern_that_fits_nothing_is_answered_with_the_nearest_point, begin, end),
        cmocka_unit_test_setup_teardown(what_is_put_over_a_profile_is_in_the_digest_of_its_device,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_unit_fits_its_kind_of_link, begin, end),
        cmocka_unit_test_setup_teardown(a_device_may_choose_channels_and_override_its_profile,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_rule_is_read_with_its_bound_and_its_points, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_blames_no_other, begin, end),
        cmocka_unit_test_setup_teardown(a_profile_beside_the_settings_comes_before_the_shipped_one,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_profile_is_named_as_its_model, begin, end),
        cmocka_unit_test_setup_teardown(a_model_is_never_a_path, begin, end),
        cmocka_unit_test_setup_teardown(a_file_cut_anywhere_is_refused_or_whole_and_never_crashes,
                                        begin, end),
    };

    setenv("LOOKBACK_DATA", SOURCE_ROOT, 1);
    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
