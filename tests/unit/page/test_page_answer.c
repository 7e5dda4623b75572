/* Tests of page/page_answer.c: the way of a request from the gate to its answer. */
#include "unit/page/page_town.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/number.h"
#include "page/assets.h"
#include "page/page_inside.h"

/* A page over a new store, and nothing listens. */
struct world {
    struct page_town town;
    struct page page;
};

static struct world *begin(void)
{
    static const struct page_setup setup = {.listen = "127.0.0.1:8980", .open = true};
    struct world *world = calloc(1, sizeof *world);
    struct error err = {0};

    page_town_open(&world->town, "series", "2026-02-28 08:00");
    page_town_start(&world->town);
    world->page = (struct page){.users_seen = UINT64_MAX,
                                .run = 7,
                                .host = world->town.host,
                                .reader = world->town.reader,
                                .gate = gate_new(&setup, NULL, &world->town.clock.clock, &err),
                                .shelf = shelf_new(),
                                .shares = shares_new(&world->town.clock.clock)};
    assert_non_null(world->page.gate);
    return world;
}

static void end(struct world *world)
{
    shelf_free(world->page.shelf);
    shares_free(world->page.shares);
    gate_free(world->page.gate);
    page_town_end(&world->town);
    free(world);
}

static struct http_answer ask(struct world *world, struct http_request request)
{
    struct http_answer answer = ANSWER_EMPTY;

    request.host = "127.0.0.1:8980";
    page_answer(&world->page, &request, &answer);
    return answer;
}

#define SEALS .path = "/api/v1/seals" /* a route that knows its version */

static void who_has_it_costs_no_query(void **state)
{
    struct world *world = begin();
    struct reader *reader = world->page.reader;
    struct http_answer first = ask(world, (struct http_request){SEALS}), again;

    assert_int_equal(first.status, 200);
    assert_true(first.etag[0] == '"');
    shelf_free(world->page.shelf); /* nor can it be lying there */
    world->page.shelf = shelf_new();
    world->page.reader = NULL; /* a handler would not survive it */
    again = ask(world, (struct http_request){SEALS, .if_none_match = first.etag});
    assert_int_equal(again.status, 304);
    assert_string_equal(again.etag, first.etag);
    assert_int_equal(again.size, 0);
    world->page.reader = reader;
    answer_end(&again);
    answer_end(&first);
    end(world);
}

static void fifty_that_ask_the_same_cost_one_making(void **state)
{
    struct world *world = begin();
    struct reader *reader = world->page.reader;
    struct http_answer first = ask(world, (struct http_request){SEALS}), again;

    world->page.reader = NULL;
    for (int i = 0; i < 50; i++) {
        again = ask(world, (struct http_request){SEALS, .accept_encoding = "gzip"});
        assert_int_equal(again.status, 200);
        assert_int_equal(again.size, first.size);
        assert_memory_equal(again.fixed, first.bytes, first.size);
        answer_end(&again);
    }
    world->page.reader = reader;
    answer_end(&first);
    end(world);
}

static void another_question_language_or_run_is_another_answer(void **state)
{
    struct world *world = begin();
    struct http_answer first = ask(world, (struct http_request){SEALS}), other;
    const struct http_request others[] = {
        {SEALS, .query = "limit=5"},
        {.path = "/api/v1/problems"    },
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        other = ask(world, others[i]);
        assert_int_equal(other.status, 200);
        assert_string_not_equal(other.etag, first.etag);
        answer_end(&other);
    }
    say_in_here(LANGUAGE_EN);
    other = ask(world, (struct http_request){SEALS});
    assert_string_not_equal(other.etag, first.etag);
    answer_end(&other);
    say_in_here(LANGUAGE_ZH);
    shelf_free(world->page.shelf); /* the program starts again */
    world->page.shelf = shelf_new();
    world->page.run++;
    other = ask(world, (struct http_request){SEALS, .if_none_match = first.etag});
    assert_int_equal(other.status, 200);
    answer_end(&other);
    answer_end(&first);
    end(world);
}

static void a_refusal_is_never_kept_and_has_no_etag(void **state)
{
    struct world *world = begin();
    static const struct {
        struct http_request request;
        int status;
    } cases[] = {
        {{SEALS, .query = "limit=x"},                      400},
        {{SEALS, .query = "limit=1&limit=2"},              400},
        {{.path = "/api/v1/bundles/nothing"},              404},
        {{.path = "/nothing"},                             404},
        {{.path = "/api/v1/seals", .method = METHOD_POST}, 405},
    };

    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            struct http_answer answer = ask(world, cases[i].request);

            assert_int_equal(answer.status, cases[i].status);
            assert_string_equal(answer.etag, "");
            assert_true(answer.no_store);
            answer_end(&answer);
        }
    assert_int_equal(shelf_bytes(world->page.shelf), 0);
    end(world);
}

static void a_foreign_name_gets_nothing_not_even_assets(void **state)
{
    struct world *world = begin();
    struct http_answer answer = ANSWER_EMPTY;

    page_answer(&world->page, &(struct http_request){.path = "/", .host = "evil.example"}, &answer);
    assert_int_equal(answer.status, 421);
    answer_end(&answer);
    end(world);
}

static void what_lasts_still_lasts_when_it_was_there_already(void **state)
{
    struct world *world = begin();
    char path[128];
    struct http_answer first, again;

    snprintf(path, sizeof path, "/app/%s/base.js", assets_digest);
    first = ask(world, (struct http_request){.path = path});
    assert_int_equal(first.status, 200);
    assert_true(first.lasting);
    again = ask(world, (struct http_request){.path = path, .if_none_match = first.etag});
    assert_int_equal(again.status, 304);
    assert_true(again.lasting);
    answer_end(&again);
    answer_end(&first);
    end(world);
}

static void who_has_the_packed_one_is_told_of_the_packed_one(void **state)
{
    static const char *const paths[] = {"/", "/api/v1/town"}; /* by its digest, by its version */
    struct world *world = begin();

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct http_request request = {.path = paths[i], .accept_encoding = "gzip"};
        struct http_answer first = ask(world, request), again;

        assert_true(first.is_gzip);
        assert_non_null(strstr(first.etag, ".z\""));
        request.if_none_match = first.etag;
        again = ask(world, request);
        assert_int_equal(again.status, 304);
        assert_string_equal(again.etag, first.etag);
        answer_end(&again);
        answer_end(&first);
    }
    end(world);
}

static void who_asked_too_much_is_told_when_to_ask_again_and_keeps_the_page_itself(void **state)
{
    struct world *world = begin();
    const struct sockaddr_in one = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002)},
                             other = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000003)};
    const struct sockaddr *greedy = (const struct sockaddr *)(const void *)&one,
                          *modest = (const struct sockaddr *)(const void *)&other;
    struct http_answer answer = ask(world, (struct http_request){SEALS, .from = modest});

    answer_end(&answer);
    shares_spend(world->page.shares, shares_of(world->page.shares, "", greedy),
                 ns_from_ms(SHARES_WINDOW_MS));
    answer = ask(world, (struct http_request){SEALS, .from = greedy});
    assert_int_equal(answer.status, 503);
    assert_int_equal(answer.retry_after_s, 1);
    answer_end(&answer);
    answer = ask(world, (struct http_request){.path = "/", .from = greedy});
    assert_int_equal(answer.status, 200);
    answer_end(&answer);
    answer = ask(world, (struct http_request){SEALS, .from = modest});
    assert_int_equal(answer.status, 200);
    answer_end(&answer);
    end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_it_costs_no_query),
        cmocka_unit_test(fifty_that_ask_the_same_cost_one_making),
        cmocka_unit_test(another_question_language_or_run_is_another_answer),
        cmocka_unit_test(a_refusal_is_never_kept_and_has_no_etag),
        cmocka_unit_test(a_foreign_name_gets_nothing_not_even_assets),
        cmocka_unit_test(what_lasts_still_lasts_when_it_was_there_already),
        cmocka_unit_test(who_has_the_packed_one_is_told_of_the_packed_one),
        cmocka_unit_test(who_asked_too_much_is_told_when_to_ask_again_and_keeps_the_page_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
