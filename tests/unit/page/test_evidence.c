/* Tests of page/evidence.c: what the page says of bundles, and which bytes it gives. */
#include "unit/record/ledger_top.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/say.h"
#include "page/route.h"
#include "record/orders.h"

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct desk {
    struct bench bench;
    struct settings settings;
    struct page_host host;
    struct reader *reader;
    struct http_query query;
    struct http_answer answer;
    struct call call;
};

static int set_up(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct error err = {0};
    static const char tasks[] =
        "[{\"id\":\"37\",\"category\":\"river\",\"title\":\"水黑\",\"state\":\"rectifying\","
        "\"points\":[\"zj-03/sonde/ammonia_nitrogen\"]}]";

    ledger_bench_init(&desk->bench);
    bench_open(&desk->bench);
    snprintf(desk->settings.store_dir, sizeof desk->settings.store_dir, "%s", desk->bench.dir);
    desk->reader = reader_open(desk->bench.dir, &err);
    desk->host = (struct page_host){.settings = &desk->settings, .recorder = desk->bench.recorder};
    *state = desk;
    return bench_import(&desk->bench, tasks).err.kind != ERROR_NONE;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;

    answer_end(&desk->answer);
    reader_close(desk->reader);
    bench_end(&desk->bench);
    free(desk);
    return 0;
}

static uint64_t order(struct desk *desk)
{
    struct wall_time now = clock_wall(desk->bench.used_clock);
    char from[WALL_TEXT], to[WALL_TEXT];
    struct bench_answer answer =
        bench_act(&desk->bench, "evidence.order",
                  json_pack("{s:s, s:s, s:s, s:b}", "task", "37", "from",
                            wall_text((struct wall_time){now.ms - 86400000}, from), "to",
                            wall_text(now, to), "public", 0));

    assert_int_equal(answer.err.kind, ERROR_NONE);
    return answer.seq;
}

static void put_file(const struct desk *desk, uint64_t id, const char *ending, const char *words)
{
    char path[128];
    FILE *out;

    snprintf(path, sizeof path, "%s/bundles/%lu.%s", desk->bench.dir, (unsigned long)id, ending);
    out = fopen(path, "w");
    assert_non_null(out);
    fputs(words, out);
    assert_int_equal(fclose(out), 0);
}

/* Asks as the server does; the JSON of the answer, borrowed by nobody; its status in the answer. */
static json_t *ask(struct desk *desk, const char *path, const char *query)
{
    unsigned allowed;
    const struct route *route;
    static json_t *json;

    answer_end(&desk->answer);
    assert_true(http_query_read(&desk->query, query));
    desk->call = (struct call){.query = &desk->query,
                               .host = &desk->host,
                               .reader = desk->reader,
                               .role = ROLE_READER,
                               .person = "",
                               .answer = &desk->answer};
    route = route_find(METHOD_GET, path, desk->call.vars, &allowed);
    assert_non_null(route);
    assert_int_equal(route->role, ROLE_READER);
    route->answer(&desk->call);
    json_decref(json);
    json = desk->answer.bytes == NULL ? NULL
                                      : json_loadb(desk->answer.bytes, desk->answer.size, 0, NULL);
    return json;
}

static json_t *ask_one(struct desk *desk, uint64_t id)
{
    char path[64];

    snprintf(path, sizeof path, "/api/v1/bundles/%lu", (unsigned long)id);
    return json_object_get(ask(desk, path, NULL), "bundle");
}

static void ask_file(struct desk *desk, const char *id)
{
    char path[128];

    snprintf(path, sizeof path, "/api/v1/bundles/%s/file", id);
    ask(desk, path, NULL);
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "(none)" : text;
}

static void an_order_waits_and_everything_not_known_is_null(void **state)
{
    struct desk *desk = *state;
    static const char *const unknown[] = {"error", "file",    "manifest",  "verdict", "key",
                                          "head",  "segment", "simulated", "expires"};
    uint64_t id = order(desk);
    json_t *bundle = ask_one(desk, id);

    assert_string_equal(text_at(bundle, "state"), "waiting");
    assert_string_equal(text_at(bundle, "task"), "37");
    assert_string_equal(text_at(bundle, "form"), "full");
    assert_string_equal(text_at(bundle, "by"), "li");
    assert_string_equal(text_at(bundle, "text"), "waits for lookback work, which does not run");
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_true(json_is_null(json_object_get(bundle, unknown[i])));
    assert_int_equal(json_object_size(bundle), 10 + 9);
}

static void one_being_made_is_said_so_only_while_somebody_works(void **state)
{
    struct desk *desk = *state;
    struct error err = {0};
    uint64_t id = order(desk);
    json_t *bundle;
    int lock;

    put_file(desk, id, "json",
             "{\"state\":\"making\",\"share\":0.4,\"text_zh\":\"读数\",\"text_en\":\"readings\"}");
    assert_string_equal(text_at(ask_one(desk, id), "state"), "waiting");
    assert_true(json_is_false(json_object_get(ask(desk, "/api/v1/bundles", NULL), "working")));
    lock = orders_serve(desk->bench.dir, &err);
    bundle = ask_one(desk, id);
    assert_string_equal(text_at(bundle, "state"), "making");
    assert_string_equal(text_at(bundle, "text"), "readings");
    assert_float_equal(json_number_value(json_object_get(bundle, "share")), 0.4, 1e-9);
    assert_true(json_is_true(json_object_get(ask(desk, "/api/v1/bundles", NULL), "working")));
    say_in_here(LANGUAGE_ZH);
    assert_string_equal(text_at(ask_one(desk, id), "text"), "读数");
    say_in_here(LANGUAGE_EN);
    close(lock);
}

static void the_newest_stands_first_and_the_rest_on_the_next_page(void **state)
{
    struct desk *desk = *state;
    uint64_t ids[3] = {order(desk), order(desk), order(desk)};
    char next[24], query[64];
    json_t *page = ask(desk, "/api/v1/bundles", "limit=2");
    json_t *list = json_object_get(page, "bundles");

    assert_int_equal(json_array_size(list), 2);
    snprintf(next, sizeof next, "%lu", (unsigned long)ids[2]);
    assert_string_equal(text_at(json_array_get(list, 0), "id"), next);
    snprintf(next, sizeof next, "%lu", (unsigned long)ids[1]);
    assert_string_equal(text_at(page, "next"), next);
    snprintf(query, sizeof query, "limit=2&after=%s", next);
    page = ask(desk, "/api/v1/bundles", query);
    snprintf(next, sizeof next, "%lu", (unsigned long)ids[0]);
    assert_int_equal(json_array_size(json_object_get(page, "bundles")), 1);
    assert_string_equal(text_at(json_array_get(json_object_get(page, "bundles"), 0), "id"), next);
    assert_true(json_is_null(json_object_get(page, "next")));
    ask(desk, "/api/v1/bundles", "limit=0");
    assert_int_equal(desk->answer.status, 400);
    ask(desk, "/api/v1/bundles", "after=x");
    assert_int_equal(desk->answer.status, 400);
}

static void only_a_number_of_an_order_names_one(void **state)
{
    struct desk *desk = *state;
    static const char *const wrong[] = {"%lu.json", "0%lu", "%lu0", "-%lu", "%lu.zip", "1%lu"};
    uint64_t id = order(desk);

    put_file(desk, id, "json", "{\"state\":\"done\"}");
    put_file(desk, id, "zip", "PK");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char name[64];

        snprintf(name, sizeof name, wrong[i], (unsigned long)id);
        ask_file(desk, name);
        if (desk->answer.status != 404)
            fail_msg("%s", name);
    }
}

static void a_file_is_given_by_its_descriptor_under_a_harmless_name(void **state)
{
    static const struct {
        const char *name, *saved;
    } names[] = {
        {"lookback-37-2026-11-01-2026-11-23.zip", "lookback-37-2026-11-01-2026-11-23.zip"},
        {"../../x.zip",                           NULL                                   },
        {"a\\\"; b.zip",                          NULL                                   },
        {"a\\r\\nSet-Cookie: x",                  NULL                                   },
        {".bashrc",                               NULL                                   },
        {"佐证.zip",                            NULL                                   },
    };
    struct desk *desk = *state;
    uint64_t id = order(desk);
    char words[400], plain[64], bytes[8] = "", number[24];

    snprintf(number, sizeof number, "%lu", (unsigned long)id);
    snprintf(plain, sizeof plain, "lookback-%lu.zip", (unsigned long)id);
    put_file(desk, id, "zip", "PKxy");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(words, sizeof words,
                 "{\"state\":\"done\",\"file\":{\"name\":\"%s\",\"size\":4,\"sha256\":\"" DIGEST
                 "\"}}",
                 names[i].name);
        put_file(desk, id, "json", words);
        ask_file(desk, number);
        assert_int_equal(desk->answer.status, 200);
        assert_string_equal(desk->answer.download, names[i].saved == NULL ? plain : names[i].saved);
        assert_string_equal(desk->answer.etag, "\"" DIGEST "\"");
        assert_string_equal(desk->answer.type, "application/zip");
        assert_int_equal(desk->answer.size, 4);
        assert_int_equal(read(desk->answer.fd, bytes, sizeof bytes), 4);
        assert_string_equal(bytes, "PKxy");
    }
}

static void what_is_not_done_has_no_file(void **state)
{
    static const char *const words[] = {"waiting", "making", "failed", "expired"};
    struct desk *desk = *state;
    uint64_t id = order(desk);
    char json[64], number[24];

    snprintf(number, sizeof number, "%lu", (unsigned long)id);
    put_file(desk, id, "zip", "PKxy");
    for (size_t i = 0; i < 4; i++) {
        snprintf(json, sizeof json, "{\"state\":\"%s\"}", words[i]);
        put_file(desk, id, "json", json);
        ask_file(desk, number);
        assert_int_equal(desk->answer.status, 404);
        assert_int_equal(desk->answer.fd, -1);
    }
}

static void a_link_among_the_bundles_is_not_given(void **state)
{
    struct desk *desk = *state;
    uint64_t id = order(desk);
    char path[128], number[24];

    snprintf(number, sizeof number, "%lu", (unsigned long)id);
    snprintf(path, sizeof path, "%s/bundles/%s.zip", desk->bench.dir, number);
    put_file(desk, id, "json", "{\"state\":\"done\"}");
    assert_int_equal(symlink("/etc/passwd", path), 0);
    ask_file(desk, number);
    assert_int_equal(desk->answer.status, 404);
    assert_int_equal(desk->answer.fd, -1);
}

static void a_state_file_of_other_kinds_of_values_becomes_nulls(void **state)
{
    struct desk *desk = *state;
    uint64_t id = order(desk);
    json_t *bundle;

    put_file(desk, id, "json",
             "{\"state\":\"done\",\"share\":1e999,\"text_en\":7,\"file\":\"x\",\"error\":[],"
             "\"manifest\":{},\"verdict\":1,\"segment\":\"1\",\"simulated\":\"yes\"}");
    bundle = ask_one(desk, id); /* no JSON at all, by its number that is none */
    assert_string_equal(text_at(bundle, "state"), "waiting");
    put_file(desk, id, "json",
             "{\"state\":\"done\",\"share\":-3,\"text_en\":7,\"file\":\"x\",\"error\":[],"
             "\"manifest\":{},\"verdict\":1,\"segment\":\"1\",\"simulated\":\"yes\"}");
    bundle = ask_one(desk, id);
    assert_string_equal(text_at(bundle, "state"), "done");
    assert_true(json_number_value(json_object_get(bundle, "share")) == 0.0);
    assert_true(json_is_null(json_object_get(bundle, "file")));
    assert_true(json_is_null(json_object_get(bundle, "error")));
    assert_true(json_is_null(json_object_get(bundle, "manifest")));
    assert_true(json_is_null(json_object_get(bundle, "verdict")));
    assert_true(json_is_null(json_object_get(bundle, "segment")));
    assert_true(json_is_null(json_object_get(bundle, "simulated")));
}

/* As if the folder had last changed so many seconds ago. */
static void age_folder(const struct desk *desk, long seconds)
{
    char path[128];
    struct timespec times[2];

    snprintf(path, sizeof path, "%s/bundles", desk->bench.dir);
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= seconds;
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static uint64_t version_now(struct desk *desk)
{
    unsigned allowed;

    return route_find(METHOD_GET, "/api/v1/bundles", desk->call.vars, &allowed)
        ->version(&desk->call);
}

static void the_version_stands_still_until_something_changes(void **state)
{
    struct desk *desk = *state;
    struct error err = {0};
    uint64_t before;
    int lock;

    order(desk);
    ask(desk, "/api/v1/bundles", NULL);
    age_folder(desk, 60);
    before = version_now(desk);
    assert_true(version_now(desk) == before);
    lock = orders_serve(desk->bench.dir, &err);
    assert_true(version_now(desk) != before); /* somebody works */
    close(lock);
    assert_true(version_now(desk) == before);
    age_folder(desk, 30); /* a state was put */
    assert_true(version_now(desk) != before);
    before = version_now(desk);
    order(desk);
    age_folder(desk, 0); /* just now: another change may follow in the same step of its clock */
    assert_true(version_now(desk) != before);
    assert_true(version_now(desk) != version_now(desk));
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_DESK(an_order_waits_and_everything_not_known_is_null),
        AT_DESK(one_being_made_is_said_so_only_while_somebody_works),
        AT_DESK(the_newest_stands_first_and_the_rest_on_the_next_page),
        AT_DESK(only_a_number_of_an_order_names_one),
        AT_DESK(a_file_is_given_by_its_descriptor_under_a_harmless_name),
        AT_DESK(what_is_not_done_has_no_file),
        AT_DESK(a_link_among_the_bundles_is_not_given),
        AT_DESK(a_state_file_of_other_kinds_of_values_becomes_nulls),
        AT_DESK(the_version_stands_still_until_something_changes),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, load_terms, free_terms);
}
