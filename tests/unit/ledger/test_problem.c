/* Tests of ledger/problem.c: what others are told of a problem. */
#include "unit/ledger/point_story.h"

#include <math.h>

#include <jansson.h>

static void the_uid_is_the_digest_of_the_documented_bytes(void **state)
{
    char uid[UID_SIZE];

    /* printf 'zj-01\nnh3\nzj-03/sonde/ammonia_nitrogen\n2026-09-21T14:13:20.000Z' | sha256sum */
    problem_uid("zj-01", "nh3", "zj-03/sonde/ammonia_nitrogen", (struct wall_time){1790000000000},
                0, uid);
    assert_string_equal(uid, "1c327b45e0ff498c8d218a1d7c901256");
}

/* Its JSON; decref it. */
static json_t *told(const struct story *story)
{
    char body[4096];
    json_t *json;

    story_body(story, &story->track, body, sizeof body);
    json = json_loads(body, 0, NULL);
    assert_non_null(json);
    return json;
}

static void assert_member(const json_t *json, const char *key, const char *wanted)
{
    char *words = json_dumps(json_object_get(json, key),
                             JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(5));

    assert_non_null(words);
    assert_string_equal(words, wanted);
    free(words);
}

static void the_body_is_the_contracts(void **state)
{
    static const char *const keys[] = {
        "uid",   "version",   "collector", "kind",  "nature",    "state", "acknowledged", "site",
        "point", "parameter", "rule",      "limit", "bound",     "tasks", "relapse_of",   "first",
        "last",  "ended",     "episodes",  "worst", "simulated", "seal"};
    struct story story;
    json_t *json;

    story_begin(&story, 1.5);
    snprintf(story.site.title, sizeof story.site.title, "川\"杨河");
    story_step(&story, at("2026-03-02 08:00"), 2.31);
    json = told(&story);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_non_null(json_object_get(json, keys[i]));
    assert_int_equal(json_object_size(json), sizeof keys / sizeof keys[0]);
    assert_member(json, "kind", "\"new\"");
    assert_member(json, "point", "\"zj-03/air/pm2_5\"");
    assert_member(json, "first", "\"2026-03-02T00:00:00.000Z\"");
    assert_member(json, "ended", "null");
    assert_member(json, "site",
                  "{\"name\":\"zj-03\",\"title\":\"川\\\"杨河\",\"village\":null,\"grid\":null}");
    assert_member(json, "limit", "null");
    assert_member(json, "bound", "{\"above\":1.5}");
    assert_member(json, "tasks", "[]");
    assert_member(json, "relapse_of", "[]");
    assert_member(json, "worst",
                  "{\"time\":\"2026-03-02T00:00:00.000Z\",\"value\":2.31,\"multiple\":0.54}");
    json_decref(json);
    story_end(&story);
}

static void the_limit_is_told_as_the_contract_says(void **state)
{
    struct limit limit = {.standard = "GB 3096",
                          .edition = "2008",
                          .clause = "5.1",
                          .class_ = "2",
                          .on = PERIOD_NIGHT,
                          .verified = true};
    struct story story;
    json_t *json;

    story_begin(&story, 50.0);
    story.lanes.lane[0].on = PERIOD_10MIN;
    story.lanes.lane[0].stages[0].limit = &limit;
    story_step(&story, at("2026-03-02 23:00"), 52.0);
    json = told(&story);
    assert_member(
        json, "limit",
        "{\"standard\":\"GB 3096\",\"edition\":\"2008\",\"clause\":\"5.1\",\"class\":\"2\","
        "\"period\":\"night\",\"verified\":true}");
    json_decref(json);
    story_end(&story);
}

/* The standard names no period: what is judged is the rule's `on`. */
static void a_limit_without_period_clause_and_class_says_so(void **state)
{
    struct limit limit = {.standard = "DB31/844", .edition = "2014", .on = PERIOD_READING};
    struct story story;
    json_t *json;

    story_begin(&story, 1.0);
    story.lanes.lane[0].on = PERIOD_10MIN;
    story.lanes.lane[0].stages[0].limit = &limit;
    story_step(&story, at("2026-03-02 12:00"), 1.4);
    json = told(&story);
    assert_member(json, "limit",
                  "{\"standard\":\"DB31/844\",\"edition\":\"2014\",\"clause\":null,\"class\":null,"
                  "\"period\":\"10min\",\"verified\":false}");
    json_decref(json);
    story_end(&story);
}

static void both_bounds_of_a_band_are_told(void **state)
{
    struct story story;
    json_t *json;

    story_begin(&story, 9.0);
    story.lanes.lane[0].stages[0].bound = (struct bound){BOUND_BETWEEN, 6.0, 9.0, DECIMALS_ALL};
    story_step(&story, at("2026-03-02 12:00"), 5.5);
    json = told(&story);
    assert_member(json, "bound", "{\"between\":[6,9]}");
    assert_member(json, "worst",
                  "{\"time\":\"2026-03-02T04:00:00.000Z\",\"value\":5.5,\"multiple\":null}");
    json_decref(json);
    story_end(&story);
}

/* 75.4 is 75 by the digits of the limit and no breach; 75.6 is 76, kept and told as measured. */
static void a_breach_by_rounding_is_told_with_the_value_as_measured(void **state)
{
    struct story story;
    json_t *json;

    story_begin(&story, 75.0);
    story.lanes.lane[0].stages[0].bound.decimals = 0;
    story_step(&story, at("2026-03-02 08:00"), 75.4);
    assert_int_equal(story.problem.state, PROBLEM_NONE);
    story_step(&story, at("2026-03-02 08:01"), 75.6);
    json = told(&story);
    assert_member(json, "worst",
                  "{\"time\":\"2026-03-02T00:01:00.000Z\",\"value\":75.6,\"multiple\":0.008}");
    json_decref(json);
    story_end(&story);
}

static void multiples_exist_only_where_the_field_has_them(void **state)
{
    static const struct {
        const char *key;
        int medium;
        enum bound_kind bound;
        double worst;
        double multiple; /* NAN: none */
    } cases[] = {
        {"ammonia_nitrogen",  MEDIUM_WATER,   BOUND_ABOVE,   3.0,  0.5},
        {"ammonia_nitrogen",  MEDIUM_WATER,   BOUND_BELOW,   1.0,  NAN},
        {"ammonia_nitrogen",  MEDIUM_WATER,   BOUND_BETWEEN, 0.5,  NAN},
        {"pm10",              MEDIUM_AIR,     BOUND_BETWEEN, 3.0,  0.5},
        {"ph",                MEDIUM_WATER,   BOUND_BETWEEN, 9.5,  NAN},
        {"water_temperature", MEDIUM_WATER,   BOUND_ABOVE,   40.0, NAN},
        {"dissolved_oxygen",  MEDIUM_WATER,   BOUND_ABOVE,   20.0, NAN},
        {"laeq",              MEDIUM_NOISE,   BOUND_ABOVE,   70.0, NAN},
        {"air_temperature",   MEDIUM_WEATHER, BOUND_ABOVE,   40.0, NAN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parameter parameter = {.medium = cases[i].medium};
        struct problem problem = {
            .bound = cases[i].bound, .worst_low = 1.0, .worst_high = 2.0, .worst = cases[i].worst};
        double multiple;

        strcpy(parameter.key, cases[i].key);
        multiple = problem_multiple(&problem, &parameter);
        if (isnan(cases[i].multiple))
            assert_true(isnan(multiple));
        else
            assert_true(multiple == cases[i].multiple);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_uid_is_the_digest_of_the_documented_bytes),
        cmocka_unit_test(the_body_is_the_contracts),
        cmocka_unit_test(the_limit_is_told_as_the_contract_says),
        cmocka_unit_test(a_limit_without_period_clause_and_class_says_so),
        cmocka_unit_test(both_bounds_of_a_band_are_told),
        cmocka_unit_test(a_breach_by_rounding_is_told_with_the_value_as_measured),
        cmocka_unit_test(multiples_exist_only_where_the_field_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
