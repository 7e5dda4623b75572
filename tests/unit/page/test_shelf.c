/* Tests of page/shelf.c and page/assets.c: what is made once and given often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/gzip.h"
#include "page/assets.h"
#include "page/shelf.h"

#define JSON "application/json; charset=utf-8"

static struct http_answer made(const char *words, size_t times)
{
    struct http_answer answer = ANSWER_EMPTY;
    size_t size = strlen(words);

    answer.type = JSON;
    answer.size = size * times;
    answer.bytes = malloc(answer.size + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(answer.bytes + i * size, words, size);
    strcpy(answer.etag, "\"tag\"");
    return answer;
}

static void put(struct shelf *shelf, const char *key, uint64_t version, size_t bytes)
{
    struct http_answer answer = made("x", bytes);

    shelf_put(shelf, key, version, &answer);
    answer_end(&answer);
}

static bool has(struct shelf *shelf, const char *key, uint64_t version)
{
    struct http_answer answer = ANSWER_EMPTY;
    bool found = shelf_find(shelf, key, version, false, &answer);

    answer_end(&answer);
    return found;
}

static void what_was_put_is_found_under_its_key_and_version_alone(void **state)
{
    struct shelf *shelf = shelf_new();
    struct http_answer answer = made("abc", 1), found = ANSWER_EMPTY;

    shelf_put(shelf, "a", 1, &answer);
    assert_non_null(answer.bytes); /* still the caller's */
    assert_false(has(shelf, "b", 1));
    assert_false(has(shelf, "a", 2));
    assert_true(shelf_find(shelf, "a", 1, false, &found));
    assert_int_equal(found.size, 3);
    assert_memory_equal(found.fixed, "abc", 3);
    assert_string_equal(found.etag, "\"tag\"");
    assert_string_equal(found.type, JSON);
    answer_end(&found);
    answer_end(&answer);
    shelf_free(shelf);
}

static void a_table_keeps_the_name_it_is_saved_under(void **state)
{
    struct shelf *shelf = shelf_new();
    struct http_answer answer = made("abc", 1), found = ANSWER_EMPTY;

    strcpy(answer.download, "east-yard_station_pm10.csv");
    shelf_put(shelf, "a", 1, &answer);
    assert_true(shelf_find(shelf, "a", 1, false, &found));
    assert_string_equal(found.download, "east-yard_station_pm10.csv");
    answer_end(&found);
    answer_end(&answer);
    shelf_free(shelf);
}

static void a_newer_version_takes_the_place_of_the_older(void **state)
{
    struct shelf *shelf = shelf_new();

    put(shelf, "a", 1, 100);
    put(shelf, "a", 2, 50);
    assert_false(has(shelf, "a", 1));
    assert_true(has(shelf, "a", 2));
    assert_int_equal(shelf_bytes(shelf), 50);
    shelf_free(shelf);
}

static void what_was_given_away_outlives_its_place(void **state)
{
    struct shelf *shelf = shelf_new();
    struct http_answer found = ANSWER_EMPTY;

    put(shelf, "a", 1, 100);
    assert_true(shelf_find(shelf, "a", 1, false, &found));
    put(shelf, "a", 2, 100);
    shelf_free(shelf);
    assert_memory_equal(found.fixed, "xxxxxxxxxx", 10); /* the address sanitizer looks on */
    answer_end(&found);
}

static void who_was_asked_for_longest_ago_goes_first(void **state)
{
    struct shelf *shelf = shelf_new();
    char key[8];

    for (int i = 0; i < SHELF_PLACES; i++) {
        snprintf(key, sizeof key, "%d", i);
        put(shelf, key, 1, 10);
    }
    assert_true(has(shelf, "0", 1));
    put(shelf, "another", 1, 10);
    assert_true(has(shelf, "0", 1));
    assert_false(has(shelf, "1", 1));
    assert_true(has(shelf, "2", 1));
    shelf_free(shelf);
}

static void the_shelf_never_holds_more_bytes_than_it_may(void **state)
{
    struct shelf *shelf = shelf_new();
    char key[8];

    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof key, "%d", i);
        put(shelf, key, 1, SHELF_ONE);
        assert_true(shelf_bytes(shelf) <= SHELF_BYTES);
    }
    assert_true(has(shelf, "19", 1));
    assert_false(has(shelf, "0", 1));
    put(shelf, "too much", 1, SHELF_ONE + 1);
    assert_false(has(shelf, "too much", 1));
    shelf_free(shelf);
}

static void gzip_is_made_once_and_gives_the_same_bytes(void **state)
{
    struct shelf *shelf = shelf_new();
    struct http_answer answer = made("{\"a\":1}", 1000), first = ANSWER_EMPTY,
                       second = ANSWER_EMPTY;
    char *opened = malloc(answer.size);

    shelf_put(shelf, "a", 1, &answer);
    assert_true(shelf_find(shelf, "a", 1, true, &first));
    assert_true(first.is_gzip);
    assert_true(first.size < answer.size / 10);
    assert_true(gzip_open(first.fixed, first.size, opened, answer.size));
    assert_memory_equal(opened, answer.bytes, answer.size);
    assert_true(shelf_find(shelf, "a", 1, true, &second));
    assert_ptr_equal(first.fixed, second.fixed);
    answer_end(&first);
    answer_end(&second);
    answer_end(&answer);
    free(opened);
    shelf_free(shelf);
}

static void what_was_packed_before_is_found_by_who_takes_it_alone(void **state)
{
    struct shelf *shelf = shelf_new();
    struct http_answer answer = made("{\"a\":1}", 200000), found = ANSWER_EMPTY;
    struct http_answer plain = made("{\"a\":1}", 200000);

    assert_true(shelf_is_too_much(&answer));
    answer_pack(&answer);
    shelf_put(shelf, "a", 1, &answer);
    assert_false(has(shelf, "a", 1));
    shelf_put(shelf, "a", 1, &plain); /* for who takes none: it does not drive out what is kept */
    assert_true(shelf_find(shelf, "a", 1, true, &found));
    assert_true(found.is_gzip);
    assert_int_equal(found.size, answer.size);
    assert_int_equal(shelf_bytes(shelf), answer.size);
    answer_end(&found);
    shelf_put(shelf, "a", 2, &plain); /* what is old goes */
    assert_int_equal(shelf_bytes(shelf), 0);
    answer_end(&answer);
    answer_end(&plain);
    shelf_free(shelf);
}

static void what_is_short_or_no_text_is_not_packed(void **state)
{
    struct http_answer brief = made("abc", 1), zip = made("a", 5000), json = made("a", 5000);

    zip.type = "application/zip";
    answer_pack(&brief);
    answer_pack(&zip);
    answer_pack(&json);
    assert_false(brief.is_gzip);
    assert_false(zip.is_gzip);
    assert_true(json.is_gzip);
    answer_end(&brief);
    answer_end(&zip);
    answer_end(&json);
}

/* Assets -------------------------------------------------------------------------------------- */

static struct http_answer ask(const char *path, const char *encoding, bool *ours)
{
    const struct http_request request = {
        .method = METHOD_GET, .path = path, .accept_encoding = encoding};
    struct http_answer answer = ANSWER_EMPTY;

    *ours = assets_answer(&request, &answer);
    return answer;
}

static void index_names_assets_by_the_digest_of_all_and_each_is_there(void **state)
{
    bool ours;
    struct http_answer index = ask("/", NULL, &ours);
    char *words, *end;
    size_t named = 0;

    assert_true(ours);
    assert_int_equal(index.status, 200);
    assert_false(index.lasting);
    words = strndup(index.bytes, index.size);
    assert_null(strstr(words, "@DIGEST@"));
    for (char *at = words; (at = strstr(at, "\"/app/")) != NULL; at = end + 1) {
        struct http_answer asset;

        end = strchr(++at, '"');
        *end = '\0';
        asset = ask(at, "gzip", &ours);
        if (asset.status != 200 || !asset.lasting || !asset.is_gzip)
            fail_msg("%s: %d", at, asset.status);
        answer_end(&asset);
        named++;
    }
    assert_true(named > 0);
    free(words);
    answer_end(&index);
}

static void every_asset_unpacks_to_what_it_says(void **state)
{
    size_t count = 0;

    for (const struct asset *asset = assets; asset->name != NULL; asset++, count++) {
        char path[256];
        bool ours;
        struct http_answer answer;

        snprintf(path, sizeof path, "/app/%s/%s", assets_digest, asset->name);
        answer = ask(path, NULL, &ours);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.size, asset->size);
        assert_string_equal(answer.type, asset->type);
        answer_end(&answer);
    }
    assert_non_null(asset_find("dygraph.js"));
    assert_true(count > 1);
}

static void an_older_digest_or_another_name_is_not_found_and_not_kept(void **state)
{
    static const char *const wrong[] = {"/app/",
                                        "/app/x",
                                        "/app/0000000000000000/index.html",
                                        "/app/../index.html",
                                        "/app/index.html",
                                        "/app//index.html"};
    char path[256];
    bool ours;
    struct http_answer answer;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        answer = ask(wrong[i], NULL, &ours);
        assert_true(ours);
        assert_int_equal(answer.status, 404);
        assert_true(answer.no_store);
        answer_end(&answer);
    }
    snprintf(path, sizeof path, "/app/%s/../index.html", assets_digest);
    answer = ask(path, NULL, &ours);
    assert_int_equal(answer.status, 404);
    answer_end(&answer);
    snprintf(path, sizeof path, "/app/%sxindex.html", assets_digest);
    answer = ask(path, NULL, &ours);
    assert_int_equal(answer.status, 404);
    answer_end(&answer);
    answer = ask("/api/v1/me", NULL, &ours);
    assert_false(ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_under_its_key_and_version_alone),
        cmocka_unit_test(a_table_keeps_the_name_it_is_saved_under),
        cmocka_unit_test(a_newer_version_takes_the_place_of_the_older),
        cmocka_unit_test(what_was_given_away_outlives_its_place),
        cmocka_unit_test(who_was_asked_for_longest_ago_goes_first),
        cmocka_unit_test(the_shelf_never_holds_more_bytes_than_it_may),
        cmocka_unit_test(gzip_is_made_once_and_gives_the_same_bytes),
        cmocka_unit_test(what_was_packed_before_is_found_by_who_takes_it_alone),
        cmocka_unit_test(what_is_short_or_no_text_is_not_packed),
        cmocka_unit_test(index_names_assets_by_the_digest_of_all_and_each_is_there),
        cmocka_unit_test(every_asset_unpacks_to_what_it_says),
        cmocka_unit_test(an_older_digest_or_another_name_is_not_found_and_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
