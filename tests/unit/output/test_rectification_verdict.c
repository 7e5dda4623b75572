/* Tests of output/rectification_verdict.c and of the signature. Names say what must hold; the file
 * reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/rectification_peer.h"

#define UID  "0123456789abcdef0123456789abcdef"
#define THIS "{\"uid\":\"" UID "\",\"version\":3,\"worst\":{\"value\":2.0},\"tasks\":[\"1\"]}"

static uint32_t version;

/* Pairs of names as in the file of fields. */
static struct rectification_fields *load(const char *pairs)
{
    char path[] = "/tmp/lookback-verdict-XXXXXX";
    struct conf_faults *faults = conf_faults_new();
    struct rectification_fields *fields;
    FILE *out = fdopen(mkstemp(path), "w");

    assert_non_null(out);
    fputs(pairs, out);
    fclose(out);
    fields = rectification_fields_load(path, faults);
    assert_non_null(fields);
    unlink(path);
    conf_faults_free(faults);
    return fields;
}

static enum rectification_verdict judge(const char *method, long status, const char *body)
{
    struct conf_faults *faults = conf_faults_new();
    struct rectification_fields *fields = rectification_fields_load("", faults);
    const struct web_answer answer = {.status = status, .body = body, .size = strlen(body)};
    json_t *problem = json_loads(THIS, 0, NULL);
    enum rectification_verdict verdict =
        rectification_judge(fields, &answer, method, problem, &version);

    json_decref(problem);
    rectification_fields_free(fields);
    conf_faults_free(faults);
    return verdict;
}

static void a_success_is_believed_when_it_shows_the_problem(void **state)
{
    assert_int_equal(judge("POST", 201, THIS), VERDICT_THERE);
    assert_int_equal(judge("POST", 200, THIS), VERDICT_THERE);
    assert_int_equal(judge("PATCH", 200, "{\"uid\":\"" UID "\",\"version\":3}"), VERDICT_THERE);
    assert_int_equal(judge("PATCH", 200, "{\"uid\":\"" UID "\",\"version\":9}"), VERDICT_THERE);
    assert_int_equal(version, 9);
}

static void created_and_no_content_need_no_words_and_ok_does(void **state)
{
    assert_int_equal(judge("POST", 201, ""), VERDICT_THERE);
    assert_int_equal(judge("PATCH", 204, ""), VERDICT_THERE);
    assert_int_equal(judge("POST", 200, ""), VERDICT_UNCLEAR);
    assert_int_equal(judge("GET", 204, ""), VERDICT_UNCLEAR);
}

static void any_other_success_is_none(void **state)
{
    static const char *const bodies[] = {
        "<html>please log in</html>",
        "[1,2,3]",
        "null",
        "{}",
        "{\"uid\":\"" UID "\"}",
        "{\"uid\":\"" UID "\",\"version\":\"3\"}",
        "{\"uid\":\"" UID "\",\"version\":2}",
        "{\"uid\":\"" UID "\",\"version\":-1}",
        "{\"uid\":\"" UID "\",\"version\":99999999999}",
        "{\"uid\":\"ffffffffffffffffffffffffffffffff\",\"version\":3}",
        "{\"uid\":\"" UID "\",\"version\":3",
        "{\"uid\":\"x\",\"uid\":\"" UID "\",\"version\":3}",
        "\xff\xfe",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        for (int method = 0; method < 2; method++)
            assert_int_equal(judge(method == 0 ? "POST" : "PATCH", 200, bodies[i]),
                             VERDICT_UNCLEAR);
}

static void a_look_tells_older_other_and_the_same_apart(void **state)
{
    assert_int_equal(judge("GET", 200, THIS), VERDICT_THERE);
    assert_int_equal(judge("GET", 200,
                           "{\"tasks\":[\"1\"],\"worst\":{\"value\":2,\"more\":1},\"version\":3,"
                           "\"uid\":\"" UID "\",\"theirs\":true}"),
                     VERDICT_THERE);
    assert_int_equal(judge("GET", 200, "{\"uid\":\"" UID "\",\"version\":2}"), VERDICT_OLDER);
    assert_int_equal(version, 2);
    assert_int_equal(judge("GET", 200, "{\"uid\":\"" UID "\",\"version\":4}"), VERDICT_THERE);
    assert_int_equal(judge("GET", 200,
                           "{\"uid\":\"" UID "\",\"version\":3,\"worst\":{\"value\":2.5},"
                           "\"tasks\":[\"1\"]}"),
                     VERDICT_OTHER);
    assert_int_equal(judge("GET", 200,
                           "{\"uid\":\"" UID "\",\"version\":3,\"worst\":{\"value\":2.0},"
                           "\"tasks\":[]}"),
                     VERDICT_OTHER);
}

#define SEALED(body, head) body ",\"seal\":{\"segment\":7,\"head\":" head "}}"
#define OPEN               "{\"uid\":\"" UID "\",\"version\":3"

static bool is_seen_as_same(const char *pairs, const char *ours, const char *theirs)
{
    const struct web_answer answer = {.status = 200, .body = theirs, .size = strlen(theirs)};
    struct rectification_fields *fields = load(pairs);
    json_t *problem = json_loads(ours, 0, NULL);
    enum rectification_verdict verdict =
        rectification_judge(fields, &answer, "GET", problem, &version);

    json_decref(problem);
    rectification_fields_free(fields);
    return verdict == VERDICT_THERE;
}

static void the_head_that_came_along_makes_no_other_problem(void **state)
{
    static const char moved[] = "problem = ( { ours = \"seal.head\"; theirs = \"proof.seal\"; } );";

    assert_true(is_seen_as_same("", SEALED(OPEN, "\"a\""), SEALED(OPEN, "\"b\"")));
    assert_true(is_seen_as_same("", SEALED(OPEN, "\"a\""), OPEN ",\"seal\":null}"));
    assert_true(is_seen_as_same("", SEALED(OPEN, "\"a\""), OPEN "}"));
    assert_true(is_seen_as_same(moved, SEALED(OPEN, "\"a\""),
                                OPEN ",\"seal\":{\"segment\":6},\"proof\":{\"seal\":\"b\"}}"));
    assert_false(is_seen_as_same("", SEALED(OPEN ",\"rule\":\"r\"", "\"a\""),
                                 SEALED(OPEN ",\"rule\":\"s\"", "\"a\"")));
}

static bool has_head(const char *pairs, const char *theirs, bool taken)
{
    const struct web_answer answer = {.status = 200, .body = theirs, .size = strlen(theirs)};
    struct rectification_fields *fields = load(pairs);
    json_t *problem = json_loads(SEALED(OPEN, "\"a\""), 0, NULL);
    bool has = rectification_has_head(fields, &answer, problem, taken);

    json_decref(problem);
    rectification_fields_free(fields);
    return has;
}

static void a_server_has_the_head_it_shows_or_took_without_a_word(void **state)
{
    static const char moved[] = "problem = ( { ours = \"seal.head\"; theirs = \"proof\"; } );";
    static const char dropped[] = "problem = ( { ours = \"seal\"; theirs = \"\"; } );";

    assert_true(has_head("", SEALED(OPEN, "\"a\""), false));
    assert_true(has_head("", OPEN "}", true));
    assert_true(has_head("", "", true)); /* 201, 204 */
    assert_true(has_head(moved, OPEN ",\"proof\":\"a\"}", false));
    assert_false(has_head("", SEALED(OPEN, "\"b\""), true));
    assert_false(has_head("", OPEN ",\"seal\":null}", true));
    assert_false(has_head("", OPEN "}", false));
    assert_false(has_head(moved, OPEN ",\"proof\":\"b\"}", true));
    assert_false(has_head(dropped, OPEN "}", true)); /* it never came */
}

static void every_status_has_its_meaning(void **state)
{
    static const struct {
        long status;
        enum rectification_verdict verdict;
    } cases[] = {
        {0,   VERDICT_UNCLEAR },
        {301, VERDICT_AWAY    },
        {400, VERDICT_REFUSED },
        {401, VERDICT_HELD    },
        {403, VERDICT_HELD    },
        {404, VERDICT_MISSING },
        {405, VERDICT_HELD    },
        {408, VERDICT_UNCLEAR },
        {409, VERDICT_CONFLICT},
        {410, VERDICT_MISSING },
        {413, VERDICT_REFUSED },
        {422, VERDICT_REFUSED },
        {429, VERDICT_AWAY    },
        {500, VERDICT_UNCLEAR },
        {501, VERDICT_HELD    },
        {502, VERDICT_AWAY    },
        {503, VERDICT_AWAY    },
        {504, VERDICT_AWAY    },
        {599, VERDICT_UNCLEAR },
        {999, VERDICT_UNCLEAR },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(judge("POST", cases[i].status, THIS), cases[i].verdict);
}

static void what_is_nested_too_deep_is_not_parsed(void **state)
{
    char deep[200] = "{\"a\":";
    json_t *object;

    memset(deep + 5, '[', 31);
    memset(deep + 36, ']', 31);
    strcpy(deep + 67, "}");
    object = rectification_object(deep, strlen(deep));
    assert_non_null(object);
    json_decref(object);
    memset(deep + 5, '[', 32);
    memset(deep + 37, ']', 32);
    strcpy(deep + 69, "}");
    assert_null(rectification_object(deep, strlen(deep)));
    /* In a text they are letters. */
    object = rectification_object("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[\"}", 49);
    assert_non_null(object);
    json_decref(object);
    assert_null(rectification_object(NULL, 0));
}

/* The figure is `printf 'POST\n/api/problems\n2026-11-22T08:00:00.000Z\n{"uid":"1"}' | openssl dgst
 * -sha256 -hmac sesame`. */
static void the_signature_is_the_one_openssl_makes(void **state)
{
    char signature[65];

    assert_true(rectification_sign("sesame", "POST", "/api/problems", "2026-11-22T08:00:00.000Z",
                                   "{\"uid\":\"1\"}", signature));
    assert_string_equal(signature,
                        "b894e95129264f960c9784797e95b7d5d97392e233371a1465b1c1531f4ddf08");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_success_is_believed_when_it_shows_the_problem),
        cmocka_unit_test(created_and_no_content_need_no_words_and_ok_does),
        cmocka_unit_test(any_other_success_is_none),
        cmocka_unit_test(a_look_tells_older_other_and_the_same_apart),
        cmocka_unit_test(the_head_that_came_along_makes_no_other_problem),
        cmocka_unit_test(a_server_has_the_head_it_shows_or_took_without_a_word),
        cmocka_unit_test(every_status_has_its_meaning),
        cmocka_unit_test(what_is_nested_too_deep_is_not_parsed),
        cmocka_unit_test(the_signature_is_the_one_openssl_makes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
