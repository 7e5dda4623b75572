/* Tests of page/request.c and page/body.c: what is a request, and what is refused before anybody
 * looks at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "page/body.h"
#include "page/request.h"

static void an_address_is_taken_apart_as_it_stands(void **state)
{
    struct http_request request = {0};
    char words[] = "/api/v1/tasks/%2e?q=a%20b&c=d";

    assert_true(http_target(words, &request));
    assert_string_equal(request.path, "/api/v1/tasks/%2e");
    assert_string_equal(request.query, "q=a%20b&c=d");
}

static void what_is_no_address_of_ours_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",       "x",        "*",    "http://a/b", "/a b",  "/a\x01",
        "/a\xff", "/\"<i>\"", "/a#b", "/a\\b",      "/a{b}", "/a|b",
    };
    struct http_request request = {0};
    char words[HTTP_URL_MAX + 1];

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        strcpy(words, wrong[i]);
        assert_false(http_target(words, &request));
    }
    memset(words, 'a', sizeof words);
    words[0] = '/';
    words[HTTP_URL_MAX] = '\0';
    assert_false(http_target(words, &request));
    words[HTTP_URL_MAX - 1] = '\0';
    assert_true(http_target(words, &request));
}

/* Lines of a head, "Name: value", NULL-terminated; the status it is refused with, 0: none. */
static int judge(enum method method, const char *const *lines, struct http_request *request)
{
    struct http_head head = {.request = request};
    struct error err = {0};
    int status;

    *request = (struct http_request){.method = method};
    for (; *lines != NULL; lines++) {
        const char *colon = strchr(*lines, ':');

        http_head_add(&head, *lines, (size_t)(colon - *lines), colon + 2, strlen(colon + 2));
    }
    status = http_head_judge(&head, &err);
    assert_true((status == 0) == (err.text[0] == '\0'));
    return status;
}

static void a_head_says_what_it_says(void **state)
{
    const char *lines[] = {"HOST: a:1",
                           "origin: http://a",
                           "Authorization: Bearer x",
                           "X-Other: y",
                           "x-other: z",
                           "If-None-Match: \"a\"",
                           "Accept: *"
                           "/"
                           "*",
                           NULL};
    struct http_request request;

    assert_int_equal(judge(METHOD_GET, lines, &request), 0);
    assert_string_equal(request.host, "a:1");
    assert_string_equal(request.origin, "http://a");
    assert_string_equal(request.authorization, "Bearer x");
    assert_string_equal(request.if_none_match, "\"a\"");
    assert_null(request.fetch_site);
}

static void what_two_readers_could_read_differently_is_refused(void **state)
{
    static const struct {
        enum method method;
        const char *lines[4];
        int status;
    } cases[] = {
        {METHOD_GET,   {"Host: a", "Host: b"},                                       400},
        {METHOD_GET,   {"Host: a", "hOST: a"},                                       400},
        {METHOD_GET,   {"Authorization: a", "Authorization: a"},                     400},
        {METHOD_GET,   {"Origin: a", "Origin: a"},                                   400},
        {METHOD_GET,   {"Sec-Fetch-Site: a", "Sec-Fetch-Site: a"},                   400},
        {METHOD_POST,  {"Content-Length: 5", "Content-Length: 5"},                   400},
        {METHOD_POST,  {"Content-Length: 5", "Content-Length: 6"},                   400},
        {METHOD_POST,  {"Content-Length: 5", "Transfer-Encoding: chunked"},          400},
        {METHOD_POST,  {"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}, 400},
        {METHOD_POST,  {"Transfer-Encoding: gzip, chunked"},                         400},
        {METHOD_POST,  {"Transfer-Encoding: xchunked"},                              400},
        {METHOD_POST,  {"Transfer-Encoding: "},                                      400},
        {METHOD_POST,  {"Content-Length: +5"},                                       400},
        {METHOD_POST,  {"Content-Length: 5,5"},                                      400},
        {METHOD_POST,  {"Content-Length: 0x5"},                                      400},
        {METHOD_POST,  {"Content-Length: "},                                         400},
        {METHOD_POST,  {"Content-Length: -1"},                                       400},
        {METHOD_POST,  {"Content-Length : 5"},                                       400},
        {METHOD_GET,   {"X y: 5"},                                                   400},
        {METHOD_GET,   {"X\x01: 5"},                                                 400},
        {METHOD_GET,   {"X: \x01"},                                                  400},
        {METHOD_GET,   {"X: a\rb"},                                                  400},
        {METHOD_GET,   {"Content-Length: 5"},                                        400},
        {METHOD_HEAD,  {"Content-Length: 5"},                                        400},
        {METHOD_OTHER, {"Content-Length: 5"},                                        400},
        {METHOD_GET,   {"Transfer-Encoding: chunked"},                               400},
        {METHOD_POST,  {"Content-Length: 262145"},                                   413},
        {METHOD_POST,  {"Content-Length: 18446744073709551617"},                     413},
        {METHOD_POST,  {"Content-Length: 99999999999999999999999999"},               413},
        {METHOD_POST,  {"Content-Length: 262144"},                                   0  },
        {METHOD_POST,  {"Transfer-Encoding: Chunked"},                               0  },
        {METHOD_GET,   {"Content-Length: 0"},                                        0  },
        {METHOD_GET,   {"Accept-Encoding: gzip", "Accept-Encoding: br"},             0  },
        {METHOD_GET,   {"X: \xe5\x9b\x9e"},                                          0  },
    };
    struct http_request request;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (judge(cases[i].method, cases[i].lines, &request) != cases[i].status)
            fail_msg("case %zu: %s", i, cases[i].lines[0]);
}

static void gzip_is_given_to_who_takes_it(void **state)
{
    static const struct {
        const char *words;
        bool takes;
    } cases[] = {
        {NULL,                   false},
        {"",                     false},
        {"gzip",                 true },
        {"deflate, gzip, br",    true },
        {"br;q=1.0, GZIP;q=0.8", true },
        {"gzip;q=0",             false},
        {"gzip; q=0.000",        false},
        {"gzip;q=0.1",           true },
        {"xgzip",                false},
        {"identity",             false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct http_request request = {.accept_encoding = cases[i].words};

        if (http_takes_gzip(&request) != cases[i].takes)
            fail_msg("%s", cases[i].words);
    }
}

static void what_a_browser_has_is_known_in_every_form(void **state)
{
    static const struct {
        const char *words;
        bool has;
    } cases[] = {
        {NULL,                    false},
        {"",                      false},
        {"\"abc\"",               true },
        {"W/\"abc\"",             true },
        {"\"abc.z\"",             true },
        {"\"abd\"",               false},
        {"abc",                   false},
        {"\"ab\"",                false},
        {"\"x\", \"abc\"",        true },
        {"*",                     false},
        {"\"abc.y\"",             false},
        {"\"x\" , W/\"abc.z\"\t", true },
        {"\"abcabc\"",            false},
        {",,,",                   false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct http_request request = {.if_none_match = cases[i].words};

        if (http_has(&request, "\"abc\"") != cases[i].has)
            fail_msg("%s", cases[i].words);
    }
}

static void a_query_is_decoded_once(void **state)
{
    struct http_query query;

    assert_true(http_query_read(&query, "q=%E5%9B%9E%20a+b&x=%2541&y=&&z=1=2"));
    assert_string_equal(http_query_get(&query, "q"), "回 a b");
    assert_string_equal(http_query_get(&query, "x"), "%41");
    assert_string_equal(http_query_get(&query, "y"), "");
    assert_string_equal(http_query_get(&query, "z"), "1=2");
    assert_null(http_query_get(&query, "w"));
    assert_true(http_query_read(&query, NULL));
    assert_null(http_query_get(&query, "q"));
}

static void a_query_that_is_none_is_refused(void **state)
{
    static const char *const wrong[] = {"a=1&a=2", "a=%0",      "a=%",        "a=%zz",
                                        "a=%00",   "a=%ff",     "a",          "=1",
                                        "a=%c3",   "a=1&%61=2", "a=%ed%a0%80"};
    char many[256] = "", long_one[HTTP_URL_MAX + 2];
    struct http_query query;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (http_query_read(&query, wrong[i]))
            fail_msg("%s", wrong[i]);
    for (int i = 0; i <= HTTP_PAIRS_MAX; i++)
        sprintf(many + strlen(many), "&n%d=1", i);
    assert_false(http_query_read(&query, many));
    memset(long_one, 'a', sizeof long_one);
    long_one[1] = '=';
    long_one[HTTP_URL_MAX] = '\0';
    assert_false(http_query_read(&query, long_one));
}

static json_t *read_body(const char *type, const char *bytes, size_t size, int *status)
{
    const struct http_request request = {
        .method = METHOD_POST, .content_type = type, .body = bytes, .body_size = size};
    struct error err = {0};
    json_t *body = body_read(&request, status, &err);

    assert_true((body == NULL) == (err.text[0] != '\0'));
    return body;
}

static void a_body_is_one_json_object(void **state)
{
    int status = 0;
    json_t *body = read_body("Application/JSON; charset=utf-8", "{\"a\":[1]}", 9, &status);

    assert_true(json_is_object(body));
    json_decref(body);
}

static void malformed_json_is_400(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "1",
        "{",
        "{\"a\":1,\"a\":2}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":1e999}",
        "{\"a\":123456789012345678901234567890}",
        "{\"a\":\"\xff\"}",
        "{} {}",
        "{\"a\":NaN}",
        "\xef\xbb\xbf{}",
    };
    int status = 0;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (read_body("application/json", wrong[i], strlen(wrong[i]), &status) != NULL)
            fail_msg("%s", wrong[i]);
        assert_int_equal(status, 400);
    }
    assert_null(read_body("application/json", "{}\0", 3, &status));
}

static void depth_ends_at_32_and_brackets_in_words_do_not_count(void **state)
{
    char deep[256] = "", words[300];
    json_t *body;
    int status = 0;

    for (int i = 0; i < HTTP_DEPTH_MAX; i++)
        strcat(deep, "{\"a\":");
    strcat(deep, "1");
    for (int i = 0; i < HTTP_DEPTH_MAX; i++)
        strcat(deep, "}");
    body = read_body("application/json", deep, strlen(deep), &status);
    assert_non_null(body);
    json_decref(body);
    sprintf(words, "{\"a\":%s}", deep);
    assert_null(read_body("application/json", words, strlen(words), &status));
    assert_int_equal(status, 400);
    strcpy(words, "{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}");
    body = read_body("application/json", words, strlen(words), &status);
    assert_non_null(body);
    json_decref(body);
}

static void a_million_brackets_are_refused_before_the_parser(void **state)
{
    size_t size = 1000000;
    char *many = malloc(size);
    int status = 0;

    memset(many, '[', size);
    assert_null(read_body("application/json", many, size, &status));
    assert_int_equal(status, 400);
    free(many);
}

static void another_type_is_415(void **state)
{
    static const char *const wrong[] = {NULL,
                                        "",
                                        "text/plain",
                                        "application/jsonx",
                                        "application/x-www-form-urlencoded",
                                        "multipart/form-data"};
    int status = 0;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(read_body(wrong[i], "{}", 2, &status));
        assert_int_equal(status, 415);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_taken_apart_as_it_stands),
        cmocka_unit_test(what_is_no_address_of_ours_is_refused),
        cmocka_unit_test(a_head_says_what_it_says),
        cmocka_unit_test(what_two_readers_could_read_differently_is_refused),
        cmocka_unit_test(gzip_is_given_to_who_takes_it),
        cmocka_unit_test(what_a_browser_has_is_known_in_every_form),
        cmocka_unit_test(a_query_is_decoded_once),
        cmocka_unit_test(a_query_that_is_none_is_refused),
        cmocka_unit_test(a_body_is_one_json_object),
        cmocka_unit_test(malformed_json_is_400),
        cmocka_unit_test(depth_ends_at_32_and_brackets_in_words_do_not_count),
        cmocka_unit_test(a_million_brackets_are_refused_before_the_parser),
        cmocka_unit_test(another_type_is_415),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
