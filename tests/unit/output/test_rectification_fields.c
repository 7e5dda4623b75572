/* Tests of output/rectification_fields.c. Names say what must hold; the file reads as its
 * specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/say.h"
#include "output/rectification_fields.h"
#include "output/rectification_text.h"

static struct conf_faults *faults;
static char path[] = "/tmp/lookback-fields-XXXXXX";

static struct rectification_fields *load(const char *words)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(words, out);
    fclose(out);
    return rectification_fields_load(path, faults);
}

/* What becomes of a problem by this file, as JSON with sorted keys. */
static void expect_out(const char *words, const char *problem, const char *wanted)
{
    struct rectification_fields *fields = load(words);
    json_t *ours = json_loads(problem, 0, NULL);
    json_t *theirs;
    char *text;

    assert_non_null(fields);
    theirs = rectification_fields_out(fields, ours);
    text = json_dumps(theirs, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(theirs);
    json_decref(ours);
    rectification_fields_free(fields);
}

static void what_is_not_named_keeps_its_name(void **state)
{
    expect_out("problem = ( { ours = \"uid\"; theirs = \"no\"; } );",
               "{\"uid\":\"1\",\"rule\":\"r\",\"limit\":null}",
               "{\"limit\":null,\"no\":\"1\",\"rule\":\"r\"}");
}

static void fields_move_into_and_out_of_others_and_may_be_left_out(void **state)
{
    expect_out("problem = ( { ours = \"site.name\"; theirs = \"code\"; },"
               " { ours = \"point\"; theirs = \"at.point\"; },"
               " { ours = \"seal\"; theirs = \"\"; },"
               " { ours = \"worst.value\"; theirs = \"at.value\"; } );",
               "{\"site\":{\"name\":\"a\",\"title\":\"A\"},\"point\":\"p\",\"seal\":{},"
               "\"worst\":null}",
               "{\"at\":{\"point\":\"p\",\"value\":null},\"code\":\"a\",\"site\":{\"title\":\"A\"},"
               "\"worst\":null}");
}

static void two_fields_may_change_names(void **state)
{
    expect_out("problem = ( { ours = \"first\"; theirs = \"last\"; },"
               " { ours = \"last\"; theirs = \"first\"; } );",
               "{\"first\":1,\"last\":2}", "{\"first\":2,\"last\":1}");
}

static void a_value_goes_out_by_the_text_it_has_everywhere(void **state)
{
    static const char words[] =
        "{\"z\":2.31,\"a\":[0.54,1e-7,100,-0.5],\"m\":{\"mean\":0.3333333333333333,\"title\":"
        "\"排口 \\\"1\\\"\",\"none\":null,\"yes\":true,\"empty\":[{}]}}";
    json_t *value = json_loads(words, 0, NULL);
    char *text = rectification_text(value);

    assert_string_equal(text, words);
    free(text);
    json_decref(value);
}

static void what_the_server_says_is_found_by_our_names(void **state)
{
    struct rectification_fields *fields =
        load("problem = ( { ours = \"version\"; theirs = \"meta.rev\"; } );");
    json_t *theirs = json_loads("{\"uid\":\"u\",\"meta\":{\"rev\":7}}", 0, NULL);

    assert_int_equal(json_integer_value(rectification_fields_of_problem(fields, theirs, "version")),
                     7);
    assert_string_equal(json_string_value(rectification_fields_of_problem(fields, theirs, "uid")),
                        "u");
    assert_null(rectification_fields_of_problem(fields, json_null(), "uid"));
    json_decref(theirs);
    rectification_fields_free(fields);
}

static void of_a_task_only_the_contracts_fields_come_in(void **state)
{
    struct rectification_fields *fields = load("task = ( { ours = \"id\"; theirs = \"no\"; },"
                                               " { ours = \"owner.lead\"; theirs = \"boss\"; } );");
    json_t *theirs = json_loads("{\"no\":\"37\",\"id\":\"other\",\"boss\":\"Wang\",\"telephone\":"
                                "\"139\",\"owner\":{\"unit\":\"U\",\"wife\":\"W\"},"
                                "\"verdict\":{},\"deadline\":null}",
                                0, NULL);
    json_t *task = rectification_fields_task(fields, theirs);
    char *text = json_dumps(task, JSON_COMPACT | JSON_SORT_KEYS);

    assert_string_equal(text, "{\"deadline\":null,\"id\":\"37\",\"owner\":{\"lead\":\"Wang\","
                              "\"unit\":\"U\"}}");
    free(text);
    json_decref(task);
    task = rectification_fields_task(fields, json_null());
    assert_int_equal(json_object_size(task), 0);
    json_decref(task);
    json_decref(theirs);
    rectification_fields_free(fields);
}

static void every_mistake_is_said_with_its_line(void **state)
{
    /* clang-format off */
    static const struct {
        const char *file, *fault;
    } cases[] = {
        {"problem = ( { ours = \"frist\"; theirs = \"x\"; } );",
         ":1: ours: we have no field \"frist\"; \"first\" is near"},
        {"problem = (\n{ ours = \"uid\"; theirs = \"\"; } );",
         ":2: theirs: uid cannot be left out"},
        {"task = ( { ours = \"id\"; theirs = \"\"; } );",
         ":1: theirs: id cannot be left out"},
        {"task = ( { ours = \"verdict\"; theirs = \"v\"; } );",
         ":1: ours: we have no field"},
        {"problem = ( { ours = \"uid\"; theirs = \"a..b\"; } );",
         "\"a..b\" is no field"},
        {"problem = ( { ours = \"uid\"; theirs = \"a.b.c.d.e\"; } );",
         "is no field"},
        {"problem = ( { ours = \"uid\"; theirs = \"rule\"; } );",
         "\"rule\" is the name of another field of ours"},
        {"problem = ( { ours = \"uid\"; theirs = \"a\"; },\n"
         "{ ours = \"rule\"; theirs = \"a\"; } );",
         ":2: theirs: \"a\" is taken by \"uid\""},
        {"problem = ( { ours = \"site\"; theirs = \"a\"; },\n"
         "{ ours = \"site.name\"; theirs = \"b\"; } );",
         ":2: ours: \"site.name\" is, or is part of, \"site\""},
        {"problem = ( { our = \"uid\"; theirs = \"a\"; } );", "ours"},
        {"problems = ();", "problems"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conf_faults *mine = conf_faults_new();
        struct conf_faults *before = faults;
        bool found = false;

        faults = mine;
        assert_null(load(cases[i].file));
        faults = before;
        for (size_t j = 0; j < conf_faults_count(mine); j++)
            found = found || strstr(conf_fault(mine, j)->text, cases[i].fault) != NULL;
        if (!found)
            print_message("%s\n", conf_fault(mine, 0)->text);
        assert_true(found);
        conf_faults_free(mine);
    }
}

static void without_a_file_every_name_is_the_contracts(void **state)
{
    struct rectification_fields *fields = rectification_fields_load("", faults);
    json_t *problem = json_loads("{\"uid\":\"1\",\"site\":{\"name\":\"a\"}}", 0, NULL);
    json_t *theirs = rectification_fields_out(fields, problem);

    assert_true(json_equal(problem, theirs));
    json_decref(problem);
    json_decref(theirs);
    rectification_fields_free(fields);
}

static void the_example_is_good(void **state)
{
    struct rectification_fields *fields =
        rectification_fields_load(SOURCE_ROOT "/config/rectification-fields.conf", faults);

    assert_non_null(fields);
    rectification_fields_free(fields);
}

static int set_up(void **state)
{
    int file = mkstemp(path);

    say_in(LANGUAGE_EN);
    faults = conf_faults_new();
    return file < 0 || close(file) != 0 || faults == NULL;
}

static int tear_down(void **state)
{
    conf_faults_free(faults);
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_named_keeps_its_name),
        cmocka_unit_test(fields_move_into_and_out_of_others_and_may_be_left_out),
        cmocka_unit_test(two_fields_may_change_names),
        cmocka_unit_test(a_value_goes_out_by_the_text_it_has_everywhere),
        cmocka_unit_test(what_the_server_says_is_found_by_our_names),
        cmocka_unit_test(of_a_task_only_the_contracts_fields_come_in),
        cmocka_unit_test(every_mistake_is_said_with_its_line),
        cmocka_unit_test(without_a_file_every_name_is_the_contracts),
        cmocka_unit_test(the_example_is_good),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
