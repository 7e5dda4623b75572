/* Tests of page/route.c, page/call.c and page/answer.c: which address is whose, and how it is
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "page/route.h"

static char vars[ROUTE_VARS_MAX][VAR_SIZE];
static unsigned allowed;

static void an_address_is_found_with_its_names(void **state)
{
    const struct route *route = route_find(METHOD_GET, "/api/v1/tasks/37", vars, &allowed);

    assert_non_null(route);
    assert_string_equal(route->path, "/api/v1/tasks/{id}");
    assert_string_equal(vars[0], "37");
    route = route_find(METHOD_HEAD, "/api/v1/points/east-yard/st_1/pm2_5.max", vars, &allowed);
    assert_non_null(route);
    assert_string_equal(vars[0], "east-yard");
    assert_string_equal(vars[2], "pm2_5.max");
    assert_non_null(route_find(METHOD_GET, "/api/v1/tasks/%33%37", vars, &allowed));
    assert_string_equal(vars[0], "37");
    assert_non_null(route_find(METHOD_GET, "/api/v1/tasks/%E4%BF%A1-2", vars, &allowed));
    assert_string_equal(vars[0], "信-2");
}

static void another_method_is_told_which_are_allowed(void **state)
{
    assert_null(route_find(METHOD_OTHER, "/api/v1/tasks", vars, &allowed));
    assert_int_equal(allowed, 1u << METHOD_GET);
    assert_null(route_find(METHOD_OTHER, "/api/v1/bundles", vars, &allowed));
    assert_int_equal(allowed, 1u << METHOD_GET | 1u << METHOD_POST);
}

/* In the place of a name stands every way to leave a folder that we know of (A1). */
static void no_path_ever_comes_out_of_a_name(void **state)
{
    static const char *const ways[] = {
        "..",         ".",     "%2e%2e", "%2E%2e", ".%2e",   "%2e",
        "%252e%252e", "..%2f", "%2f",    "%2Fetc", "%5c",    "..\\",
        "%00",        "a%00",  "%2500",  "a%0a",   "%c0%ae", "%e0%80%ae",
        "%u002e",     "%",     "%2",     "%zz",    "",       "a%20b",
        "~",          "a;b",   "a:b",    "a@b",    "..;",    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "%25%32%65",  "a%2fb", "a+b",    "a,b",    "$",      "a%7f",
        "%ff",
    };
    char path[512];
    size_t asked = 0;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        static const char *const forms[] = {"/api/v1/tasks/%s", "/api/v1/problems/%s",
                                            "/api/v1/bundles/%s/file", "/api/v1/points/%s/a/b",
                                            "/api/v1/points/a/b/%s"};

        for (size_t j = 0; j < sizeof forms / sizeof forms[0]; j++, asked++) {
            snprintf(path, sizeof path, forms[j], ways[i]);
            if (route_find(METHOD_GET, path, vars, &allowed) != NULL || allowed != 0)
                fail_msg("%s", path);
        }
    }
    assert_true(asked >= 180);
}

static void what_is_not_the_same_letter_by_letter_is_another_address(void **state)
{
    static const char *const wrong[] = {
        "/api/v1/tasks/",  "/api/v1//tasks",     "//api/v1/tasks", "/api/v1/Tasks",
        "/api/v1/%74asks", "/api/v1/tasks/37/x", "/api/v1/tasksx", "/api/v1",
        "/api/v1/./tasks", "/x/../api/v1/tasks", "api/v1/tasks",   "",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (route_find(METHOD_GET, wrong[i], vars, &allowed) != NULL)
            fail_msg("%s", wrong[i]);
}

static void a_name_has_letters_of_any_script_and_is_whole(void **state)
{
    assert_non_null(route_find(METHOD_GET, "/api/v1/tasks/%E4%BF%A1-2", vars, &allowed));
    assert_string_equal(vars[0], "信-2");
    assert_null(route_find(METHOD_GET, "/api/v1/tasks/%E4%BF", vars, &allowed));
    assert_null(route_find(METHOD_GET, "/api/v1/tasks/%C0%AF", vars, &allowed)); /* a long "/" */
    assert_null(route_find(METHOD_GET, "/api/v1/tasks/%FF", vars, &allowed));
}

static void a_name_that_does_not_fit_is_none(void **state)
{
    char path[VAR_SIZE + 32] = "/api/v1/tasks/";
    size_t begin = strlen(path);

    memset(path + begin, 'a', VAR_SIZE);
    path[begin + VAR_SIZE] = '\0';
    assert_null(route_find(METHOD_GET, path, vars, &allowed));
    path[begin + VAR_SIZE - 1] = '\0';
    assert_non_null(route_find(METHOD_GET, path, vars, &allowed));
}

struct asked {
    struct http_query query;
    struct http_answer answer;
    struct call call;
};

static struct asked *ask(const char *query)
{
    struct asked *asked = calloc(1, sizeof *asked);

    asked->answer = ANSWER_EMPTY;
    asked->call.query = &asked->query;
    asked->call.answer = &asked->answer;
    assert_true(http_query_read(&asked->query, query));
    return asked;
}

static void finish(struct asked *asked)
{
    answer_end(&asked->answer);
    free(asked);
}

static void arguments_are_taken_or_refused_with_a_sentence(void **state)
{
    static const char *const words[] = {"open", "closed", NULL};
    struct asked *asked = ask("limit=20&from=2026-11-22T08:00:00Z&state=closed&a=1x&b=%2B1&c=-5");
    struct wall_time time;
    const char *word;
    long number;

    assert_true(call_number(&asked->call, "limit", 1, 1000, 200, &number));
    assert_int_equal(number, 20);
    assert_true(call_number(&asked->call, "most", 1, 1000, 200, &number));
    assert_int_equal(number, 200);
    assert_true(call_moment(&asked->call, "from", WALL_NONE, &time));
    assert_int_equal(time.ms, 1795334400000);
    assert_true(call_moment(&asked->call, "to", (struct wall_time){7}, &time));
    assert_int_equal(time.ms, 7);
    assert_true(call_word(&asked->call, "state", words, &word));
    assert_ptr_equal(word, words[1]);
    assert_true(call_word(&asked->call, "kind", words, &word));
    assert_null(word);
    assert_int_equal(asked->answer.status, 200);
    assert_false(call_number(&asked->call, "limit", 1, 10, 5, &number));
    assert_int_equal(asked->answer.status, 400);
    assert_false(call_number(&asked->call, "a", 1, 10, 5, &number));
    assert_false(call_number(&asked->call, "b", 1, 10, 5, &number));
    assert_false(call_number(&asked->call, "c", 0, 10, 5, &number));
    assert_false(call_moment(&asked->call, "state", WALL_NONE, &time));
    assert_false(call_word(&asked->call, "a", words, &word));
    assert_non_null(strstr(asked->answer.bytes, "open, closed"));
    finish(asked);
}

static void a_refusal_is_problem_details(void **state)
{
    static const struct {
        enum error_kind kind;
        int status;
    } cases[] = {
        {ERROR_WRONG_USE, 400},
        {ERROR_NOT_FOUND, 404},
        {ERROR_REFUSED,   409},
        {ERROR_STORE,     503},
        {ERROR_PEER,      503},
        {ERROR_MEMORY,    500},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_answer answer = ANSWER_EMPTY;
        struct error err = {.kind = cases[i].kind, .text = "a \"sentence\" \xe5\x9b"};
        const char *type, *title, *detail, *kind;
        int status;
        json_t *problem, *where;

        answer_refuse(&answer, &err);
        assert_int_equal(answer.status, cases[i].status);
        assert_string_equal(answer.type, "application/problem+json");
        assert_true(answer.no_store);
        problem = json_loadb(answer.bytes, answer.size, 0, NULL);
        assert_int_equal(json_unpack(problem, "{s:s,s:s,s:i,s:s,s:s,s:o}", "type", &type, "title",
                                     &title, "status", &status, "detail", &detail, "kind", &kind,
                                     "where", &where),
                         0);
        assert_int_equal(json_object_size(problem), 6);
        assert_int_equal(status, cases[i].status);
        assert_string_equal(kind, error_word(cases[i].kind));
        assert_memory_equal(type, "urn:lookback:", 13);
        assert_string_equal(type + 13, kind);
        assert_true(json_is_null(where));
        assert_string_equal(detail, "a \"sentence\" "); /* the half character is gone */
        json_decref(problem);
        answer_end(&answer);
    }
}

static void a_refusal_speaks_the_language_of_its_thread(void **state)
{
    struct http_answer answer = ANSWER_EMPTY;
    struct error err = {.kind = ERROR_NOT_FOUND, .where = "sites.conf:7", .text = "x"};

    say_in_here(LANGUAGE_ZH);
    answer_refuse(&answer, &err);
    assert_non_null(strstr(answer.bytes, "没有找到"));
    say_in_here(LANGUAGE_EN);
    answer_refuse(&answer, &err);
    assert_non_null(strstr(answer.bytes, "not found"));
    assert_non_null(strstr(answer.bytes, "\"where\":\"sites.conf:7\""));
    answer_end(&answer);
}

static bool released;

static void note_release(void *held)
{
    released = true;
}

static void an_answer_that_is_refused_after_all_lets_go_of_what_it_held(void **state)
{
    struct http_answer answer = ANSWER_EMPTY;
    struct error err = {.kind = ERROR_STORE};

    answer.fixed = "x";
    answer.size = 1;
    answer.release = note_release;
    answer_refuse(&answer, &err);
    assert_true(released);
    assert_null(answer.fixed);
    answer_end(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_found_with_its_names),
        cmocka_unit_test(another_method_is_told_which_are_allowed),
        cmocka_unit_test(no_path_ever_comes_out_of_a_name),
        cmocka_unit_test(what_is_not_the_same_letter_by_letter_is_another_address),
        cmocka_unit_test(a_name_has_letters_of_any_script_and_is_whole),
        cmocka_unit_test(a_name_that_does_not_fit_is_none),
        cmocka_unit_test(arguments_are_taken_or_refused_with_a_sentence),
        cmocka_unit_test(a_refusal_is_problem_details),
        cmocka_unit_test(a_refusal_speaks_the_language_of_its_thread),
        cmocka_unit_test(an_answer_that_is_refused_after_all_lets_go_of_what_it_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
