/* Tests of app/digest.c. Names say what must hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "town/digest.h"

static struct settings settings;

static int begin(void **state)
{
    char template[] = "/tmp/lookback-digest-XXXXXX";

    memset(&settings, 0, sizeof settings);
    if (mkdtemp(template) == NULL)
        return 1;
    strcpy(settings.dir, template);
    return 0;
}

static void put(const char *name, const char *text)
{
    char path[600];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", settings.dir, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int end(void **state)
{
    static const char *const names[] = {"collector.conf", "sites.conf", "standards/own.conf"};
    char path[600];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", settings.dir, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/standards", settings.dir);
    rmdir(path);
    return rmdir(settings.dir);
}

/* printf 'collector.conf\n3\nabcsites.conf\n2\nde' | sha256sum */
static void the_digest_can_be_made_with_sha256sum(void **state)
{
    char out[DIGEST_TEXT];

    put("collector.conf", "abc");
    put("sites.conf", "de");
    assert_string_equal(settings_digest(&settings, out),
                        "a505e3795a0fcbc9303002abd472b404ff3aa8c4cbd643cd6b7dbf1a6957582a");
}

static void a_byte_moved_to_the_next_file_changes_it(void **state)
{
    char one[DIGEST_TEXT];
    char other[DIGEST_TEXT];

    put("collector.conf", "abc");
    put("sites.conf", "de");
    settings_digest(&settings, one);
    put("collector.conf", "ab");
    put("sites.conf", "cde");
    assert_string_not_equal(settings_digest(&settings, other), one);
}

static void a_standard_of_ones_own_is_part_of_it(void **state)
{
    char path[600];
    char one[DIGEST_TEXT];
    char other[DIGEST_TEXT];

    put("collector.conf", "abc");
    settings_digest(&settings, one);
    snprintf(path, sizeof path, "%s/standards", settings.dir);
    assert_int_equal(mkdir(path, 0700), 0);
    put("standards/own.conf", "limits = ();");
    assert_string_not_equal(settings_digest(&settings, other), one);
    put("standards/own.conf", "limits = ( );");
    assert_string_not_equal(settings_digest(&settings, one), other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_digest_can_be_made_with_sha256sum, begin, end),
        cmocka_unit_test_setup_teardown(a_byte_moved_to_the_next_file_changes_it, begin, end),
        cmocka_unit_test_setup_teardown(a_standard_of_ones_own_is_part_of_it, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
