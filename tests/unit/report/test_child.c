/* Tests of report/child.c on small scripts in the place of lookback-report. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/say.h"
#include "report/child.h"
#include "report/nameless.h"

static char folder[64];
static char program[128];

static int begin(void **state)
{
    say_in(LANGUAGE_EN);
    signal(SIGPIPE, SIG_IGN);
    snprintf(folder, sizeof folder, "/tmp/child-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(program, sizeof program, "%s/draw", folder);
    return 0;
}

static int end(void **state)
{
    unlink(program);
    return rmdir(folder); /* fails when anything else was left there */
}

static void script(const char *words)
{
    FILE *file = fopen(program, "w");

    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", words);
    fclose(file);
    assert_int_equal(chmod(program, 0755), 0);
}

/* Runs it on `words`, many times over when `often`; what it drew goes to `drawn`. */
static bool draw(const char *words, int often, char drawn[100], struct error *err)
{
    int out = nameless_file(program, err);
    struct child child;
    bool done = child_begin(&child, program, "readings", program, out, err);

    assert_true(out >= 0);
    for (int i = 0; i < often && done; i++)
        done = child_give(&child, words, strlen(words), err);
    done = done && child_end(&child, err);
    child_kill(&child);
    memset(drawn, 0, 100);
    assert_true(pread(out, drawn, 99, 0) >= 0);
    close(out);
    return done;
}

static void what_it_is_given_is_drawn_into_a_file_without_a_name(void **state)
{
    struct error err = {0};
    char drawn[100];

    script("read line; echo \"$1 $line\" > $2");
    assert_true(draw("words\n", 1, drawn, &err));
    assert_string_equal(drawn, "readings words\n");
}

static void its_own_sentence_is_repeated(void **state)
{
    struct error err = {0};
    char drawn[100];

    script("cat > /dev/null; echo 'lookback-report: no paper' >&2; exit 1");
    assert_false(draw("words\n", 1, drawn, &err));
    assert_int_equal(err.kind, ERROR_STORE);
    assert_string_equal(err.text, "drawing the report failed: no paper");
}

static void one_that_says_nothing_or_is_killed_is_named(void **state)
{
    struct error err = {0};
    char drawn[100];

    script("cat > /dev/null; exit 7");
    assert_false(draw("words\n", 1, drawn, &err));
    assert_non_null(strstr(err.text, program));
    assert_non_null(strstr(err.text, "exit 7"));
    script("kill -9 $$");
    assert_false(draw("words\n", 1, drawn, &err));
    assert_non_null(strstr(err.text, "signal 9"));
}

/* More than a pipe holds: without an end of its own our writing would wait for ever. */
static void one_that_does_not_listen_ends_and_says_why(void **state)
{
    struct error err = {0};
    char drawn[100];

    script("exec 0<&-; echo 'not in the mood' >&2; exit 1");
    assert_false(draw("many words of the same kind\n", 100000, drawn, &err));
    assert_non_null(strstr(err.text, "not in the mood"));
}

static void its_libraries_are_asked(void **state)
{
    struct error err = {0};
    json_t *versions;

    script("echo '{\"cairo\":\"1.16.0\"}'");
    versions = child_versions(program, program, &err);
    assert_string_equal(json_string_value(json_object_get(versions, "cairo")), "1.16.0");
    json_decref(versions);
    script("echo draw 1.0");
    assert_null(child_versions(program, program, &err));
    assert_non_null(strstr(err.text, "another version"));
}

static void where_it_was_looked_for_is_said(void **state)
{
    char path[PATH_MAX];
    struct error err = {0};

    setenv("LOOKBACK_REPORT", "/nowhere/draw", 1);
    assert_false(child_find(path, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nowhere/draw"));
    script("true");
    setenv("LOOKBACK_REPORT", program, 1);
    assert_true(child_find(path, &err));
    assert_string_equal(path, program);
    unsetenv("LOOKBACK_REPORT");
    assert_false(child_find(path, &err)); /* there is none beside this test */
    assert_non_null(strstr(err.text, "libexec/lookback"));
}

int main(void)
{
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(what_it_is_given_is_drawn_into_a_file_without_a_name),
        IN_A_FOLDER(its_own_sentence_is_repeated),
        IN_A_FOLDER(one_that_says_nothing_or_is_killed_is_named),
        IN_A_FOLDER(one_that_does_not_listen_ends_and_says_why),
        IN_A_FOLDER(its_libraries_are_asked),
        IN_A_FOLDER(where_it_was_looked_for_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
