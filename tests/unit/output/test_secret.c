/* Tests of output/secret.c. Names say what must hold; the file reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/say.h"
#include "output/sender.h"

static char dir[] = "/tmp/lookback-secret-XXXXXX";
static char path[256];
static char secret[64];
static struct error err;

static void write_secret(const char *words, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(words, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void one_line_is_read_without_its_end(void **state)
{
    static const char *const written[] = {"s3cret", "s3cret\n", "s3cret\r\n"};

    for (size_t i = 0; i < 3; i++) {
        write_secret(written[i], 0600);
        assert_true(secret_read(path, secret, sizeof secret, &err));
        assert_string_equal(secret, "s3cret");
    }
}

static void a_file_others_can_touch_is_refused_with_what_to_do(void **state)
{
    static const mode_t loose[] = {0640, 0604, 0660, 0666, 0610, 0700};

    for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++) {
        write_secret("s3cret\n", loose[i]);
        assert_false(secret_read(path, secret, sizeof secret, &err));
        assert_int_equal(err.kind, ERROR_SETTINGS);
        assert_non_null(strstr(err.text, "chmod 0600"));
        assert_null(strstr(err.text, "s3cret"));
        assert_string_equal(secret, "");
    }
    write_secret("s3cret\n", 0400);
    assert_true(secret_read(path, secret, sizeof secret, &err));
}

static void a_strangers_file_is_refused(void **state)
{
    write_secret("s3cret\n", 0600);
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(path, 12345, 12345), 0);
    assert_false(secret_read(path, secret, sizeof secret, &err));
    assert_non_null(strstr(err.text, "12345"));
    assert_int_equal(chown(path, 0, 0), 0);
}

static void links_pipes_and_directories_are_refused(void **state)
{
    char other[300];

    write_secret("s3cret\n", 0600);
    snprintf(other, sizeof other, "%s.link", path);
    assert_int_equal(symlink(path, other), 0);
    assert_false(secret_read(other, secret, sizeof secret, &err));
    assert_non_null(strstr(err.text, "symbolic link"));
    unlink(other);
    assert_int_equal(mkfifo(other, 0600), 0);
    assert_false(secret_read(other, secret, sizeof secret, &err));
    unlink(other);
    assert_false(secret_read(dir, secret, sizeof secret, &err));
    assert_false(secret_read("/no/such/secret", secret, sizeof secret, &err));
}

static void what_is_not_one_line_is_refused(void **state)
{
    static const char *const written[] = {
        "", "\n", "two\nlines\n", "carriage\rreturn\n",
        "much too long for the room it was given, which is sixty-four bytes and not one more\n"};

    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        write_secret(written[i], 0600);
        assert_false(secret_read(path, secret, sizeof secret, &err));
        assert_string_equal(secret, "");
    }
}

static void a_credential_comes_from_the_service_managers_directory(void **state)
{
    write_secret("from systemd\n", 0440);
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_false(secret_read("credential:secret", secret, sizeof secret, &err));
    assert_non_null(strstr(err.text, "LoadCredential"));
    setenv("CREDENTIALS_DIRECTORY", dir, 1);
    assert_true(secret_read("credential:secret", secret, sizeof secret, &err));
    assert_string_equal(secret, "from systemd");
    assert_false(secret_read("credential:../secret", secret, sizeof secret, &err));
    assert_false(secret_read("credential:..", secret, sizeof secret, &err));
    assert_false(secret_read("credential:", secret, sizeof secret, &err));
}

static int make_dir(void **state)
{
    say_in(LANGUAGE_EN);
    if (mkdtemp(dir) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/secret", dir);
    return 0;
}

static int remove_dir(void **state)
{
    unlink(path);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_is_read_without_its_end),
        cmocka_unit_test(a_file_others_can_touch_is_refused_with_what_to_do),
        cmocka_unit_test(a_strangers_file_is_refused),
        cmocka_unit_test(links_pipes_and_directories_are_refused),
        cmocka_unit_test(what_is_not_one_line_is_refused),
        cmocka_unit_test(a_credential_comes_from_the_service_managers_directory),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
