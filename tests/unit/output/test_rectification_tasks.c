/* Tests of output/rectification_tasks.c. Names say what must hold; the file reads as its
 * specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "output/rectification_tasks.h"

static struct conf_faults *faults;
static struct rectification_fields *fields;
static struct rectification_tasks page;
static struct error err;

static bool read_page(const char *words)
{
    memset(&err, 0, sizeof err);
    return rectification_tasks_read(&page, fields, words, strlen(words), &err);
}

static void expect_tasks(const char *wanted)
{
    char *words = json_dumps(page.tasks, JSON_COMPACT | JSON_SORT_KEYS);

    assert_string_equal(words, wanted);
    free(words);
    rectification_tasks_end(&page);
}

static void a_page_gives_its_tasks_its_moment_and_the_mark_of_the_next(void **state)
{
    assert_true(
        read_page("{\"tasks\":[{\"id\":\"37\",\"title\":\"臭水\\n沟\",\"points\":[\"a/b/c\"],"
                  "\"extended\":true,\"struck_off\":null}],\"next\":\"abc\","
                  "\"as_of\":\"2026-11-22T08:00:00Z\"}"));
    assert_string_equal(page.next, "abc");
    assert_int_equal(page.as_of.ms, 1795334400000);
    expect_tasks("[{\"extended\":true,\"id\":\"37\",\"points\":[\"a/b/c\"],\"struck_off\":null,"
                 "\"title\":\"臭水\\n沟\"}]");
}

static void without_next_and_moment_it_is_the_last_page_and_says_nothing_of_when(void **state)
{
    assert_true(read_page("{\"tasks\":[],\"next\":null}"));
    assert_string_equal(page.next, "");
    assert_false(wall_is_known(page.as_of));
    expect_tasks("[]");
}

static void a_number_for_an_id_is_its_digits(void **state)
{
    assert_true(read_page("{\"tasks\":[{\"id\":37}]}"));
    expect_tasks("[{\"id\":\"37\"}]");
}

static void who_complained_does_not_come_in(void **state)
{
    assert_true(read_page("{\"tasks\":[{\"id\":\"1\",\"petitioner\":\"Li\",\"telephone\":\"139\","
                          "\"owner\":{\"person\":\"Wang\",\"mobile\":\"138\"}}]}"));
    expect_tasks("[{\"id\":\"1\",\"owner\":{\"person\":\"Wang\"}}]");
}

static void anything_else_is_refused_whole_with_a_sentence(void **state)
{
    static const struct {
        const char *answer, *why;
    } cases[] = {
        {"",                                                       "not the JSON of the API"},
        {"<html>",                                                 "not the JSON of the API"},
        {"[]",                                                     "not the JSON of the API"},
        {"{\"tasks\":[],\"tasks\":[]}",                            "not the JSON of the API"},
        {"{}",                                                     "no list tasks"          },
        {"{\"tasks\":{}}",                                         "no list tasks"          },
        {"{\"tasks\":[null]}",                                     "task 1 has no id"       },
        {"{\"tasks\":[{\"id\":\"1\"},{}]}",                        "task 2 has no id"       },
        {"{\"tasks\":[{\"id\":\"\"}]}",                            "task 1 has no id"       },
        {"{\"tasks\":[{\"id\":1.5}]}",                             "task 1 has no id"       },
        {"{\"tasks\":[{\"id\":\"7\",\"title\":5}]}",               "task 7: title"          },
        {"{\"tasks\":[{\"id\":\"7\",\"title\":\"\\u001b[31m\"}]}", "task 7: title"          },
        {"{\"tasks\":[{\"id\":\"7\",\"extended\":\"yes\"}]}",      "task 7: extended"       },
        {"{\"tasks\":[{\"id\":\"7\",\"points\":\"a/b/c\"}]}",      "task 7: points"         },
        {"{\"tasks\":[{\"id\":\"7\",\"points\":[1]}]}",            "task 7: points"         },
        {"{\"tasks\":[{\"id\":\"7\",\"owner\":{\"lead\":[]}}]}",   "task 7: owner"          },
        {"{\"tasks\":[],\"next\":5}",                              "next is no mark"        },
        {"{\"tasks\":[],\"as_of\":\"soon\"}",                      "as_of is no moment"     },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(read_page(cases[i].answer));
        assert_null(page.tasks);
        assert_int_equal(err.kind, ERROR_PEER);
        assert_non_null(strstr(err.text, cases[i].why));
        assert_null(strchr(err.text, '\x1b'));
    }
}

static void a_page_has_an_end(void **state)
{
    json_t *answer = json_pack("{s:[]}", "tasks");
    char *words;

    for (int i = 0; i <= TASKS_PAGE_MOST; i++)
        json_array_append_new(json_object_get(answer, "tasks"), json_pack("{s:i}", "id", i));
    words = json_dumps(answer, JSON_COMPACT);
    assert_false(read_page(words));
    free(words);
    json_array_remove(json_object_get(answer, "tasks"), 0);
    words = json_dumps(answer, JSON_COMPACT);
    assert_true(read_page(words));
    free(words);
    json_decref(answer);
    rectification_tasks_end(&page);
}

static int set_up(void **state)
{
    say_in(LANGUAGE_EN);
    faults = conf_faults_new();
    fields = rectification_fields_load("", faults);
    return fields == NULL;
}

static int tear_down(void **state)
{
    rectification_fields_free(fields);
    conf_faults_free(faults);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_gives_its_tasks_its_moment_and_the_mark_of_the_next),
        cmocka_unit_test(without_next_and_moment_it_is_the_last_page_and_says_nothing_of_when),
        cmocka_unit_test(a_number_for_an_id_is_its_digits),
        cmocka_unit_test(who_complained_does_not_come_in),
        cmocka_unit_test(anything_else_is_refused_whole_with_a_sentence),
        cmocka_unit_test(a_page_has_an_end),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
