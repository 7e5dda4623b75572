/* Tests of town/settings_links.c: what each kind of link takes, and what is refused with its line.
 */
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

static char folder[64];

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

/* The links, from line 2 on, and no device. */
static void put_links(const char *links)
{
    char words[2048];

    snprintf(words, sizeof words, "links = (\n%s\n);\ndevices = ();\n", links);
    put("devices.conf", words);
}

static int begin(void **state)
{
    strcpy(folder, "/tmp/lookback-links-XXXXXX");
    assert_non_null(mkdtemp(folder));
    put("collector.conf", "collector = { name = \"zj-01\"; };");
    put("sites.conf", "sites = ( { name = \"mill\"; title = \"磨坊\"; kind = \"enterprise\"; } );");
    return 0;
}

static int end(void **state)
{
    static const char *const names[] = {"collector.conf", "sites.conf", "devices.conf"};
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
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

static void a_serial_server_has_host_and_port(void **state)
{
    struct settings *settings;
    const struct link_setup *link;

    put_links("{ name = \"moxa\"; kind = \"rtu_tcp\"; host = \"192.168.1.30\"; port = 4001;\n"
              "  timeout = \"2s\"; guard = \"3s\"; gap = \"20ms\"; after_connect = \"100ms\"; }");
    settings = load_good();
    link = &settings->links[0];
    assert_int_equal(link->kind, LINK_RTU_TCP);
    assert_string_equal(link->host, "192.168.1.30");
    assert_int_equal(link->port, 4001);
    assert_int_equal(link->timeout_ms, 2000);
    assert_int_equal(link->guard_ms, 3000);
    assert_int_equal(link->gap_us, 20000);
    assert_int_equal(link->after_connect_ms, 100);
    assert_false(link->allow_public);
    settings_free(settings);
}

static void a_serial_server_has_no_usual_port(void **state)
{
    put_links("{ name = \"moxa\"; kind = \"rtu_tcp\"; host = \"192.168.1.30\"; }");
    assert_one_fault("devices.conf:2: port: is missing");
    put_links("{ name = \"moxa\"; kind = \"rtu_tcp\"; port = 4001; }");
    assert_one_fault("devices.conf:2: host: is missing");
    put_links("{ name = \"moxa\"; kind = \"rtu_tcp\"; host = \"8.8.8.8\"; port = 4001; }");
    assert_one_fault("devices.conf:2: host: 8.8.8.8 is an address of the public internet");
}

static void keys_of_another_kind_are_not_known(void **state)
{
    put_links(
        "{ name = \"a\"; kind = \"rtu_tcp\"; host = \"10.0.0.1\"; port = 4001; baud = 9600; }");
    assert_one_fault("devices.conf:2: baud: ");
    put_links("{ name = \"a\"; kind = \"serial\"; port = \"/dev/ttyS9\"; host = \"10.0.0.1\"; }");
    assert_one_fault("devices.conf:2: host: ");
}

static void a_gateway_has_one_link(void **state)
{
    put_links("{ name = \"one\"; kind = \"tcp\"; host = \"10.0.0.1\"; },\n"
              "{ name = \"two\"; kind = \"tcp\"; host = \"10.0.0.1\"; port = 503; },\n"
              "{ name = \"three\"; kind = \"rtu_tcp\"; host = \"10.0.0.2\"; port = 502; }");
    settings_free(load_good());
    put_links("{ name = \"one\"; kind = \"tcp\"; host = \"Plc.local\"; },\n"
              "{ name = \"two\"; kind = \"rtu_tcp\"; host = \"plc.LOCAL\"; port = 502; }");
    assert_one_fault("devices.conf:3: host: the link one (line 2) has this host and port already");
}

static void a_port_has_one_link_whatever_it_is_called(void **state)
{
    put_links("{ name = \"one\"; kind = \"serial\"; port = \"/dev/null\"; },\n"
              "{ name = \"two\"; kind = \"serial\"; port = \"/dev/../dev/null\"; }");
    assert_one_fault("devices.conf:3: port: the link one (line 2) has this port already");
}

static void a_baud_rate_must_be_one_the_port_is_really_set_to(void **state)
{
    static const struct {
        long long baud;
        bool refused;
    } cases[] = {
        {300,          false},
        {1800,         true },
        {9600,         false},
        {9601,         true },
        {14400,        true },
        {921600,       false},
        {4294976896LL, true }
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char links[128];

        snprintf(links, sizeof links,
                 "{ name = \"bus\"; kind = \"serial\"; port = \"/dev/ttyS9\"; baud = %lldL; }",
                 cases[i].baud);
        put_links(links);
        if (cases[i].refused)
            assert_one_fault("devices.conf:2: baud: ");
        else
            settings_free(load_good());
    }
}

static void a_unit_that_dials_in_has_one_id_and_an_address_to_call(void **state)
{
    struct settings *settings;

    put_links("{ name = \"a\"; kind = \"dialin\"; listen = \"0.0.0.0:9100\"; id = \"ZJ-07\"; },\n"
              "{ name = \"b\"; kind = \"dialin\"; listen = \"[::]:9101\"; id_hex = \"7e 0102\"; }");
    settings = load_good();
    assert_int_equal(settings->links[0].kind, LINK_DIALIN);
    assert_string_equal(settings->links[0].listen, "0.0.0.0:9100");
    assert_int_equal(settings->links[0].id.size, 5);
    assert_memory_equal(settings->links[0].id.bytes, "ZJ-07", 5);
    assert_int_equal(settings->links[1].id.size, 3);
    assert_memory_equal(settings->links[1].id.bytes, "\x7e\1\2", 3);
    assert_int_equal(settings->links[0].guard_ms, 1000);
    assert_int_equal(settings->links[0].gap_us, 0);
    settings_free(settings);
}

static void what_is_wrong_in_a_dialin_link_is_said(void **state)
{
    static const struct {
        const char *keys, *fault;
    } cases[] = {
        {"id = \"A1\";",                                                        "2: listen: is missing"      },
        {"listen = \"9100\"; id = \"A1\";",                                     "2: listen: \"ADDRESS:PORT\""},
        {"listen = \":9100\"; id = \"A1\";",                                    "2: listen: \"ADDRESS:PORT\""},
        {"listen = \"gateway:9100\"; id = \"A1\";",                             "2: listen: \"ADDRESS:PORT\""},
        {"listen = \"0.0.0.0:0\"; id = \"A1\";",                                "2: listen: \"ADDRESS:PORT\""},
        {"listen = \"0.0.0.0:65536\"; id = \"A1\";",                            "2: listen: \"ADDRESS:PORT\""},
        {"listen = \"0.0.0.0:9100\";",                                          "2: id: one of id and id_hex"},
        {"listen = \"0.0.0.0:9100\"; id = \"\";",                               "2: id: one of id and id_hex"},
        {"listen = \"0.0.0.0:9100\"; id = \"A\"; id_hex = \"41\";",             "2: id: one of id and id_hex"},
        {"listen = \"0.0.0.0:9100\"; id_hex = \"7e0\";",                        "2: id_hex: pairs of hex"    },
        {"listen = \"0.0.0.0:9100\"; id_hex = \"7g\";",                         "2: id_hex: pairs of hex"    },
 /* unit 1 says that its register is 666 */
        {"listen = \"0.0.0.0:9100\"; id_hex = \"01 03 02 02 9a 39 4f\";",
         "2: id_hex: is a Modbus frame"                                                                      },
        {"listen = \"0.0.0.0:9100\"; id_hex = \"7e 01 03 02 02 9a 39 4f 7e\";",
         "2: id_hex: is a Modbus frame"                                                                      },
        {"listen = \"0.0.0.0:9100\"; id = \"A1\"; port = 9100;",                "2: port: "                  },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char links[256];

        snprintf(links, sizeof links, "{ name = \"a\"; kind = \"dialin\"; %s }", cases[i].keys);
        put_links(links);
        assert_one_fault(cases[i].fault);
    }
}

static void an_id_stands_once_at_an_address_and_is_never_taken_for_another(void **state)
{
    static const struct {
        const char *first, *second, *fault;
    } cases[] = {
        {"id = \"A1\";",     "id = \"A12\";",          NULL                                 },
        {"id = \"A1\";",     "id = \"B1\";",           NULL                                 },
        {"id = \"A1\";",     "id_hex = \"4131\";",     "3: id: the link a (line 2) has this"},
        {"id = \"DTU\";",    "id = \"DTU;7\";",        "3: id: a unit of this id would be"  },
        {"id = \"A1A1\";",   "id = \"A1\";",           "2: id: a unit of this id would be"  },
        {"id_hex = \"7e\";", "id_hex = \"7e 0d 01\";", "3: id: a unit of this id would be"  },
        {"id_hex = \"7e\";", "id_hex = \"7e 00 01\";", NULL                                 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char links[512];

        snprintf(links, sizeof links,
                 "{ name = \"a\"; kind = \"dialin\"; listen = \"0.0.0.0:9100\"; %s },\n"
                 "{ name = \"b\"; kind = \"dialin\"; listen = \"0.0.0.0:9100\"; %s }",
                 cases[i].first, cases[i].second);
        put_links(links);
        if (cases[i].fault != NULL)
            assert_one_fault(cases[i].fault);
        else
            settings_free(load_good());
    }
    put_links("{ name = \"a\"; kind = \"dialin\"; listen = \"0.0.0.0:9100\"; id = \"A1\"; },\n"
              "{ name = \"b\"; kind = \"dialin\"; listen = \"0.0.0.0:9101\"; id = \"A1\"; }");
    settings_free(load_good());
}

#define settings_test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        settings_test(a_serial_server_has_host_and_port),
        settings_test(a_serial_server_has_no_usual_port),
        settings_test(keys_of_another_kind_are_not_known),
        settings_test(a_gateway_has_one_link),
        settings_test(a_port_has_one_link_whatever_it_is_called),
        settings_test(a_unit_that_dials_in_has_one_id_and_an_address_to_call),
        settings_test(what_is_wrong_in_a_dialin_link_is_said),
        settings_test(an_id_stands_once_at_an_address_and_is_never_taken_for_another),
        settings_test(a_baud_rate_must_be_one_the_port_is_really_set_to),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
