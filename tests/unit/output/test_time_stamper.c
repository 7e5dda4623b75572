/* Tests of output/time_stamper.c against OpenSSL's own responder behind a server on loopback that
 * misbehaves as scripted. Names say what must hold; the file reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/say.h"
#include "output/time_stamp.h"
#include "output/time_stamper.h"
#include "unit/output/memory_source.h"
#include "unit/output/pushed_clock.h"
#include "unit/output/scripted_server.h"
#include "unit/output/stamp_authority.h"

#define NOW_S 1790000000

/* The authority ------------------------------------------------------------------------------- */

enum way {
    WELL,
    OTHER_NONCE,
    OTHER_DIGEST,
    REJECTS,
    BROKEN,
    GARBAGE,
    REDIRECTS,
    FORGED,
    AN_OLD_ONE,
    AN_EMPTY_ONE,
    WAYS,
};

static struct authority authority;
static _Atomic enum way way;
static const char *_Atomic words; /* instead of any of these */
static uint8_t *old_answer;
static size_t old_size;
static char head[HEAD_MOST]; /* of the last request */
static char whole[AUTHORITY_RESPONSE_MOST + 512];

static const char *answer_with(const uint8_t *body, size_t size)
{
    int used = snprintf(whole, sizeof whole,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n"
                        "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                        size);

    memcpy(whole + used, body, size);
    server.answer_size = (size_t)used + size;
    return whole;
}

/* Another request than ours: one byte of its digest or of its nonce is changed. */
static void change(uint8_t *request, size_t size, enum way how)
{
    for (size_t i = 0; i + DIGEST_BYTES + 2 < size; i++)
        if (request[i] == 0x04 && request[i + 1] == DIGEST_BYTES) {
            request[i + 2 + (how == OTHER_DIGEST ? 3 : DIGEST_BYTES + 5)] ^= 1;
            return;
        }
}

static const char *authority_script(const struct request *request)
{
    enum way now = way;
    uint8_t asked[TIME_STAMP_REQUEST_MOST];
    const char *answer;
    uint8_t *response;
    size_t size;

    server.answer_size = 0;
    memcpy(head, request->head, sizeof head);
    if (words != NULL)
        return words;
    if (now == BROKEN)
        return ANSWER("500 Internal Server Error", "Content-Length: 4\r\n", "oops");
    if (now == GARBAGE)
        return ANSWER("200 OK", "Content-Length: 9\r\n", "<html>hi!");
    if (now == REDIRECTS)
        return ANSWER("302 Found", "Location: https://example.org/\r\nContent-Length: 0\r\n", "");
    if (now == AN_EMPTY_ONE)
        return ANSWER("200 OK", "Content-Length: 0\r\n", "");
    if (now == AN_OLD_ONE && old_answer != NULL)
        return answer_with(old_answer, old_size);
    memcpy(asked, request->body, request->body_size);
    if (now == OTHER_NONCE || now == OTHER_DIGEST)
        change(asked, request->body_size, now);
    if (now == REJECTS)
        asked[0] = 0;
    response = authority_answer(&authority, asked, request->body_size, EVP_sha256(), &size);
    if (now == FORGED)
        response[size - 1] ^= 1; /* of the signature */
    answer = answer_with(response, size);
    if (now == WELL) {
        free(old_answer);
        old_answer = response;
        old_size = size;
    } else {
        free(response);
    }
    return answer;
}

/* The stamper --------------------------------------------------------------------------------- */

static struct notices *notices;
static struct time_stamper *stamper;
static atomic_uint looks; /* at the monotonic clock */
static bool uncommitted;  /* the store does not show anchors yet */

static struct mono_time watched_mono(const struct clock *clock)
{
    looks++;
    return pushed_mono(clock);
}

static const struct clock watched = {pushed_wall, watched_mono};
static uint8_t kept[TIME_STAMP_MOST]; /* the last response that was left with the recorder */
static size_t kept_size;

static void keep(void *self, uint64_t segment, const char *kind, const void *body, size_t size)
{
    assert_in_range(size, 1, sizeof kept);
    memcpy(kept, body, size);
    kept_size = size;
    memory_keep_anchor(self, segment, kind, body, size);
}

static bool is_shown(void *self, uint64_t segment, const char *kind)
{
    return !uncommitted && memory_is_anchored(self, segment, kind);
}

static bool start_at(const char *url, struct error *err)
{
    const struct time_stamper_setup setup = {
        .url = url, .timeout_ms = 5000, .notices = notices, .clock = &watched};
    struct source source = memory_source;

    source.anchor = keep;
    source.is_anchored = is_shown;
    stamper = time_stamper_start_on(&setup, &source, err);
    return stamper != NULL;
}

static void start(void)
{
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d/tsa", server.port);
    assert_true(start_at(url, NULL));
}

static bool anchors_come_to(size_t count)
{
    return comes_true(anchors_are, &count);
}

static bool looked_at(void *count)
{
    return looks >= *(const unsigned *)count;
}

/* It looks at the clock as it stands now, and goes on waiting: it would not look while it asks, and
 * a failed answer takes five looks until it waits. */
static bool keeps_waiting(void)
{
    unsigned count = looks + 6;

    return comes_true(looked_at, &count);
}

static bool requests_are(void *count)
{
    return server.requests >= *(const unsigned *)count;
}

static bool requests_come_to(unsigned count)
{
    return comes_true(requests_are, &count);
}

/* What is kept is a good stamp of that segment's head. */
static void expect_stamp_of(uint64_t segment)
{
    struct time_stamp_said said;
    struct sealed sealed;

    memory_seals(segment);
    memory_seal(NULL, &sealed);
    assert_true(time_stamp_check(kept, kept_size, sealed.digest, "", &said, NULL));
    assert_int_equal(said.time.ms, NOW_S * 1000LL);
}

/* What must hold ------------------------------------------------------------------------------ */

static void the_newest_head_is_stamped_and_the_response_kept(void **state)
{
    memory.sealed = 7;
    start();
    assert_true(anchors_come_to(1));
    assert_int_equal(memory.anchors[0].segment, 7);
    assert_string_equal(memory.anchors[0].kind, "time_stamp");
    expect_stamp_of(7);
    assert_true(requests_come_to(1));
    assert_non_null(strstr(head, "POST /tsa HTTP/1.1\r\n"));
    assert_non_null(strstr(head, "Content-Type: application/timestamp-query\r\n"));
}

static void each_new_head_is_stamped_once(void **state)
{
    uncommitted = true;
    memory.sealed = 7;
    start();
    assert_true(anchors_come_to(1));
    memory_seals(9);
    memory_grow(1);
    assert_true(anchors_come_to(2));
    assert_int_equal(memory.anchors[1].segment, 9); /* 8 is covered by it */
    memory_grow(1);
    memory_seals(10);
    memory_grow(1);
    assert_true(anchors_come_to(3));
    assert_int_equal(server.requests, 3);
    expect_stamp_of(10);
}

static void what_the_last_run_had_stamped_is_not_asked_for_again(void **state)
{
    memory.sealed = 7;
    memory_keep_anchor(NULL, 7, "time_stamp", "der", 3);
    start();
    memory_seals(8);
    memory_grow(1);
    assert_true(anchors_come_to(2));
    assert_int_equal(memory.anchors[1].segment, 8);
    assert_int_equal(server.requests, 1);
}

static void
no_authority_that_misbehaves_leaves_a_stamp_and_it_is_asked_until_it_behaves(void **state)
{
    memory.sealed = 6;
    start();
    assert_true(anchors_come_to(1)); /* so that there is an old one */
    for (enum way each = OTHER_NONCE; each < WAYS; each++) {
        unsigned before = server.requests;

        way = each;
        memory_seals(6 + (uint64_t)each);
        memory_grow(1);
        assert_true(requests_come_to(before + 1));
        pushed_ms += 3600 * 1000;
        assert_true(requests_come_to(before + 2));
        assert_int_equal(memory_anchor_count(), (size_t)each);
        way = WELL;
        pushed_ms += 3600 * 1000;
        assert_true(anchors_come_to((size_t)each + 1));
        expect_stamp_of(6 + (uint64_t)each);
    }
}

static void an_answer_without_end_is_broken_off(void **state)
{
    server.endless = true;
    words = "HTTP/1.1 200 OK\r\n\r\n";
    memory.sealed = 7;
    start();
    assert_true(requests_come_to(1));
    words = NULL;
    server.endless = false;
    pushed_ms += 3600 * 1000;
    assert_true(anchors_come_to(1));
    assert_true(server.cut_off);
}

static void an_authority_that_says_when_is_not_asked_before(void **state)
{
    words = ANSWER("503 Later", "Retry-After: 900\r\nContent-Length: 0\r\n", "");
    memory.sealed = 7;
    start();
    assert_true(requests_come_to(1));
    assert_true(keeps_waiting()); /* the answer is read, by the clock as it stands */
    words = NULL;
    pushed_ms += 800 * 1000; /* longer than we wait by ourselves */
    memory_seals(8);
    memory_grow(1);
    assert_true(keeps_waiting());
    assert_int_equal(server.requests, 1);
    pushed_ms += 101 * 1000;
    assert_true(anchors_come_to(1));
    assert_int_equal(memory.anchors[0].segment, 8); /* the newest by then */
    assert_int_equal(server.requests, 2);
}

static bool notice_is_open(void *holds)
{
    struct notice open[2];

    return notices_open(notices, open, 2) == 1 && strcmp(open[0].id, "time-stamp") == 0 &&
           strstr(open[0].text, holds) != NULL;
}

static bool no_notice_is_open(void *self)
{
    struct notice open[2];

    return notices_open(notices, open, 2) == 0;
}

static void a_day_without_a_stamp_is_told_to_a_person_until_there_is_one(void **state)
{
    way = BROKEN;
    memory.sealed = 7;
    start();
    assert_true(requests_come_to(1));
    assert_true(keeps_waiting()); /* since the clock as it stands */
    pushed_ms += 23 * 3600 * 1000;
    assert_true(requests_come_to(2));
    assert_true(keeps_waiting());
    assert_true(no_notice_is_open(NULL));
    pushed_ms += 3600 * 1000 + 1000;
    assert_true(comes_true(notice_is_open, "127.0.0.1 answered 500 (oops)"));
    way = WELL;
    pushed_ms += 3600 * 1000;
    assert_true(comes_true(no_notice_is_open, NULL));
    assert_int_equal(memory_anchor_count(), 1);
}

static void a_stop_waits_for_no_authority(void **state)
{
    struct timespec from, to;

    server.mute = true;
    memory.sealed = 7;
    start();
    assert_true(requests_come_to(1));
    clock_gettime(CLOCK_MONOTONIC, &from);
    time_stamper_stop(stamper);
    stamper = NULL;
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_in_range(to.tv_sec - from.tv_sec, 0, 2);
    assert_int_equal(memory_anchor_count(), 0);
}

static void an_address_that_cannot_be_used_is_refused_at_the_start(void **state)
{
    struct error err = {0};

    assert_false(start_at("ftp://127.0.0.1/", &err));
    assert_int_equal(err.kind, ERROR_SETTINGS);
    assert_false(start_at("https://", &err));
    assert_int_equal(err.kind, ERROR_SETTINGS);
}

/* --------------------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    say_in(LANGUAGE_EN);
    town_open();
    memory_fill(16);
    memory.count = 0;
    notices = notices_new(&pushed);
    authority_open(&authority, NOW_S, NOW_S + 86400, "critical,timeStamping");
    way = WELL;
    words = NULL;
    kept_size = 0;
    uncommitted = false;
    server_start(authority_script);
    return notices == NULL;
}

static int tear_down(void **state)
{
    time_stamper_stop(stamper);
    stamper = NULL;
    server_stop();
    authority_close(&authority);
    free(old_answer);
    old_answer = NULL;
    notices_free(notices);
    memory_empty();
    town_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_newest_head_is_stamped_and_the_response_kept),
        TEST(each_new_head_is_stamped_once),
        TEST(what_the_last_run_had_stamped_is_not_asked_for_again),
        TEST(no_authority_that_misbehaves_leaves_a_stamp_and_it_is_asked_until_it_behaves),
        TEST(an_answer_without_end_is_broken_off),
        TEST(an_authority_that_says_when_is_not_asked_before),
        TEST(a_day_without_a_stamp_is_told_to_a_person_until_there_is_one),
        TEST(a_stop_waits_for_no_authority),
        TEST(an_address_that_cannot_be_used_is_refused_at_the_start),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
