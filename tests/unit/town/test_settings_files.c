/* Tests of town/settings_files.c: what the settings were read from is kept as it stood, under the
 * names of SEAL.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/say.h"
#include "town/settings.h"

static char folder[64];

static void put(const char *name, const char *words)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(words, file);
    fclose(file);
}

static void make_folder(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

/* Copies a shipped file into the folder. */
static void copy(const char *from, const char *to)
{
    char command[512];

    snprintf(command, sizeof command, "cp '%s/%s' '%s/%s'", SOURCE_ROOT, from, folder, to);
    assert_int_equal(system(command), 0);
}

static int begin(void **state)
{
    strcpy(folder, "/tmp/lookback-files-XXXXXX");
    assert_non_null(mkdtemp(folder));
    put("collector.conf", "collector = { name = \"zj-01\"; };\r\n# 尾注");
    put("sites.conf", "sites = ( { name = \"mill\"; title = \"厂\"; kind = \"enterprise\"; } );");
    put("devices.conf",
        "links = ( { name = \"bus\"; kind = \"tcp\"; host = \"10.0.0.1\"; } );\n"
        "devices = ( { site = \"mill\"; name = \"ph\"; model = \"s_ph_01\"; link = \"bus\"; "
        "unit = 3; } );");
    return 0;
}

static int end(void **state)
{
    char command[128];

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

static void every_file_is_kept_byte_by_byte(void **state)
{
    struct settings *settings = load();
    const struct settings_file *file = settings_file(settings, "settings/collector.conf");

    put("collector.conf", "collector = { name = \"other\"; };"); /* changes nothing any more */
    assert_non_null(file);
    assert_string_equal(file->bytes, "collector = { name = \"zj-01\"; };\r\n# 尾注");
    assert_int_equal(file->size, strlen(file->bytes));
    settings_free(settings);
}

static void each_kind_of_file_has_its_name_and_what_is_not_there_has_none(void **state)
{
    static const char *const there[] = {"settings/collector.conf",
                                        "settings/sites.conf",
                                        "settings/devices.conf",
                                        "parameters.conf",
                                        "aggregates.conf",
                                        "screening.conf",
                                        "ledger.conf",
                                        "standards/gb3838.conf",
                                        "profiles/s_ph_01.conf"};
    struct settings *settings = load();

    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
        if (settings_file(settings, there[i]) == NULL)
            fail_msg("%s was not kept", there[i]);
    assert_null(settings_file(settings, "settings/rules.conf"));
    assert_null(settings_file(settings, "profiles/s_ec_01.conf")); /* no device names it */
    settings_free(settings);
}

static void a_profile_is_kept_once_however_many_devices_name_it(void **state)
{
    struct settings *settings;
    size_t count = 0;

    put("devices.conf",
        "links = ( { name = \"bus\"; kind = \"tcp\"; host = \"10.0.0.1\"; } );\n"
        "devices = ( { site = \"mill\"; name = \"a\"; model = \"s_ph_01\"; link = \"bus\"; unit = "
        "3; }, { site = \"mill\"; name = \"b\"; model = \"s_ph_01\"; link = \"bus\"; unit = 4; } "
        ");");
    settings = load();
    for (size_t i = 0; i < settings->file_count; i++)
        count += strcmp(settings->files[i].name, "profiles/s_ph_01.conf") == 0;
    assert_int_equal(count, 1);
    settings_free(settings);
}

static void ones_own_file_is_kept_in_place_of_the_shipped_one(void **state)
{
    struct settings *settings;
    char wanted[128];

    copy("config/ledger.conf", "ledger.conf");
    make_folder("profiles");
    copy("drivers/profiles/s_ph_01.conf", "profiles/s_ph_01.conf");
    settings = load();
    snprintf(wanted, sizeof wanted, "%s/ledger.conf", folder);
    assert_string_equal(settings_file(settings, "ledger.conf")->path, wanted);
    snprintf(wanted, sizeof wanted, "%s/profiles/s_ph_01.conf", folder);
    assert_string_equal(settings_file(settings, "profiles/s_ph_01.conf")->path, wanted);
    settings_free(settings);
}

static void a_shipped_standard_that_gave_way_is_not_kept(void **state)
{
    struct settings *settings;
    char wanted[128];

    make_folder("standards");
    copy("config/standards/gb3838.conf", "standards/ours.conf");
    settings = load();
    assert_null(settings_file(settings, "standards/gb3838.conf"));
    snprintf(wanted, sizeof wanted, "%s/standards/ours.conf", folder);
    assert_string_equal(settings_file(settings, "standards/ours.conf")->path, wanted);
    settings_free(settings);
}

static void two_standards_in_files_of_one_name_are_both_kept(void **state)
{
    struct settings *settings;
    char wanted[128];

    make_folder("standards");
    copy("config/standards/gb12348.conf", "standards/gb3838.conf"); /* GB 12348 under that name */
    settings = load();
    snprintf(wanted, sizeof wanted, "%s/standards/gb3838.conf", folder);
    assert_string_equal(settings_file(settings, "standards/gb3838.conf")->path, wanted);
    assert_non_null(settings_file(settings, "standards/shipped/gb3838.conf"));
    assert_null(settings_file(settings, "standards/gb12348.conf"));
    settings_free(settings);
}

static void a_file_whose_name_breaks_a_line_is_refused(void **state)
{
    struct conf_faults *faults = conf_faults_new();

    make_folder("standards");
    copy("config/standards/gb12348.conf", "standards/a\nb.conf");
    assert_null(settings_load(folder, true, faults));
    assert_int_equal(conf_faults_count(faults), 1);
    assert_non_null(strstr(conf_fault(faults, 0)->text, "has a control character"));
    conf_faults_free(faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_file_is_kept_byte_by_byte, begin, end),
        cmocka_unit_test_setup_teardown(
            each_kind_of_file_has_its_name_and_what_is_not_there_has_none, begin, end),
        cmocka_unit_test_setup_teardown(a_profile_is_kept_once_however_many_devices_name_it, begin,
                                        end),
        cmocka_unit_test_setup_teardown(ones_own_file_is_kept_in_place_of_the_shipped_one, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_shipped_standard_that_gave_way_is_not_kept, begin, end),
        cmocka_unit_test_setup_teardown(two_standards_in_files_of_one_name_are_both_kept, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_file_whose_name_breaks_a_line_is_refused, begin, end),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
