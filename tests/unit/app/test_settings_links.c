/* Tests of app/settings_links.c: what each kind of link takes, and what is refused with its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/settings.h"
#include "base/say.h"

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

#define settings_test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        settings_test(a_serial_server_has_host_and_port),
        settings_test(a_serial_server_has_no_usual_port),
        settings_test(keys_of_another_kind_are_not_known),
        settings_test(a_gateway_has_one_link),
        settings_test(a_port_has_one_link_whatever_it_is_called),
        settings_test(a_baud_rate_must_be_one_the_port_is_really_set_to),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
