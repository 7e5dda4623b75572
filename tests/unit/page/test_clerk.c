/* Tests of page/clerk.h: who asks gets the last answer made, and no more is made than is asked for.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/say.h"
#include "page/clerk.h"

/* --- what is made here ----------------------------------------------------------------------- */

static atomic_ulong news;       /* what the answers are made of */
static atomic_uint made_count;  /* how many were made in all */
static atomic_bool fails;       /* they cannot be made */
static atomic_bool is_in_work;  /* the endless one has begun */
static atomic_bool was_stopped; /* … and was told to end */

static uint64_t count_news(const struct page_host *host, struct wall_time now)
{
    return atomic_load(&news);
}

static bool make_words(const struct clerk_work *work, struct pieces *pieces, struct error *err)
{
    atomic_fetch_add(&made_count, 1);
    if (atomic_load(&fails))
        return error_set(err, ERROR_STORE, "%s", SAY("坏了", "it is broken"));
    pieces_add(pieces, "{\"words\":\"");
    pieces_add(pieces, SAY("中文", "English"));
    pieces_add(pieces, work->arguments);
    pieces_add(pieces, "\"}");
    json_object_set_new(work->details, "37", json_string(work->arguments));
    return true;
}

static bool make_without_end(const struct clerk_work *work, struct pieces *pieces,
                             struct error *err)
{
    atomic_store(&is_in_work, true);
    while (!work->is_stopped(work->self))
        sched_yield();
    atomic_store(&was_stopped, true);
    return false;
}

static const struct clerk_kind words = {"words", count_news, make_words};
static const struct clerk_kind endless = {"endless", count_news, make_without_end};

/* --- the desk -------------------------------------------------------------------------------- */

struct desk {
    struct held_clock clock;
    struct page_host host;
    struct clerk *clerk;
    struct http_answer answer;
};

static int set_up(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct error err = {0};

    held_clock_init(&desk->clock, (struct wall_time){1790000000000});
    desk->host = (struct page_host){.clock = &desk->clock.clock};
    desk->answer = ANSWER_EMPTY;
    desk->clerk = clerk_start(&desk->host, &err);
    atomic_store(&news, 1);
    atomic_store(&made_count, 0);
    atomic_store(&fails, false);
    say_in(LANGUAGE_EN);
    *state = desk;
    return desk->clerk == NULL;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;

    clerk_stop(desk->clerk);
    answer_end(&desk->answer);
    free(desk);
    return 0;
}

/* Asks until another one is made than `before`. */
static uint64_t wait_number(struct desk *desk, const char *arguments, uint64_t before)
{
    time_t latest = time(NULL) + 20;
    uint64_t number;

    while ((number = clerk_number(desk->clerk, &words, arguments)) == before) {
        assert_true(time(NULL) < latest);
        sched_yield();
    }
    return number;
}

static void ask(struct desk *desk, const struct clerk_kind *kind, const char *arguments)
{
    answer_end(&desk->answer);
    clerk_answer(desk->clerk, kind, arguments, &desk->answer);
}

static void answer_is(struct desk *desk, const char *arguments, const char *wanted)
{
    ask(desk, &words, arguments);
    assert_int_equal(desk->answer.status, 200);
    assert_string_equal(desk->answer.bytes, wanted);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void who_asks_first_asks_again_in_a_second_and_then_has_it(void **state)
{
    struct desk *desk = *state;

    ask(desk, &words, "a");
    assert_int_equal(desk->answer.status, 202);
    assert_int_equal(desk->answer.retry_after_s, 1);
    assert_int_not_equal(wait_number(desk, "a", 0), 0);
    answer_is(desk, "a", "{\"words\":\"Englisha\"}");
    assert_int_equal(atomic_load(&made_count), 1);
}

static void what_still_holds_is_not_made_again(void **state)
{
    struct desk *desk = *state;
    uint64_t first = wait_number(desk, "a", 0);

    held_clock_advance(&desk->clock, 60000);
    assert_int_equal(clerk_number(desk->clerk, &words, "a"), first);
    wait_number(desk, "b", 0); /* the thread has been at work since */
    answer_is(desk, "a", "{\"words\":\"Englisha\"}");
    assert_int_equal(clerk_number(desk->clerk, &words, "a"), first);
    assert_int_equal(atomic_load(&made_count), 2);
}

static void what_is_out_of_date_is_made_anew_every_ten_seconds_at_most(void **state)
{
    struct desk *desk = *state;
    uint64_t first = wait_number(desk, "a", 0);

    atomic_store(&news, 2);
    held_clock_advance(&desk->clock, CLERK_EVERY_MS - 1);
    assert_int_equal(clerk_number(desk->clerk, &words, "a"), first);
    wait_number(desk, "b", 0);
    assert_int_equal(clerk_number(desk->clerk, &words, "a"), first);
    answer_is(desk, "a", "{\"words\":\"Englisha\"}"); /* the last one meanwhile */
    held_clock_advance(&desk->clock, 1);
    assert_true(wait_number(desk, "a", first) > first);
    assert_int_equal(atomic_load(&made_count), 3);
}

static void what_nobody_asks_for_is_not_made(void **state)
{
    struct desk *desk = *state;

    wait_number(desk, "a", 0);
    atomic_store(&news, 2);
    held_clock_advance(&desk->clock, 10 * CLERK_EVERY_MS);
    wait_number(desk, "b", 0);
    assert_int_equal(atomic_load(&made_count), 2);
}

static void each_language_has_its_own(void **state)
{
    struct desk *desk = *state;

    wait_number(desk, "a", 0);
    say_in(LANGUAGE_ZH);
    wait_number(desk, "a", 0);
    answer_is(desk, "a", "{\"words\":\"中文a\"}");
    say_in(LANGUAGE_EN);
    answer_is(desk, "a", "{\"words\":\"Englisha\"}");
    assert_int_equal(atomic_load(&made_count), 2);
}

static void so_many_are_kept_and_the_one_not_asked_for_longest_goes(void **state)
{
    struct desk *desk = *state;
    uint64_t numbers[CLERK_KEPT];
    char name[16];

    for (int i = 0; i < CLERK_KEPT; i++) {
        snprintf(name, sizeof name, "%d", i);
        numbers[i] = wait_number(desk, name, 0);
    }
    assert_int_equal(clerk_number(desk->clerk, &words, "0"), numbers[0]);
    wait_number(desk, "one more", 0); /* in the place of "1" */
    assert_int_equal(clerk_number(desk->clerk, &words, "0"), numbers[0]);
    assert_int_equal(clerk_number(desk->clerk, &words, "2"), numbers[2]);
    assert_true(wait_number(desk, "1", 0) > numbers[CLERK_KEPT - 1]);
}

static void what_everybody_asks_for_stays_however_many_others_somebody_wants(void **state)
{
    struct desk *desk = *state;
    uint64_t number = wait_number(desk, "", 0);
    char name[8];

    for (int i = 0; i < 3 * CLERK_KEPT; i++) {
        snprintf(name, sizeof name, "%d", i);
        clerk_number(desk->clerk, &words, name);
    }
    assert_int_equal(clerk_number(desk->clerk, &words, ""), number);
}

static void what_cannot_be_made_says_why_and_is_tried_again(void **state)
{
    struct desk *desk = *state;
    uint64_t first;

    atomic_store(&fails, true);
    first = wait_number(desk, "a", 0);
    ask(desk, &words, "a");
    assert_int_equal(desk->answer.status, 503);
    assert_int_equal(desk->answer.retry_after_s, 10);
    assert_non_null(strstr(desk->answer.bytes, "it is broken"));
    assert_int_equal(clerk_number(desk->clerk, &words, "a"), first);
    atomic_store(&fails, false);
    held_clock_advance(&desk->clock, CLERK_EVERY_MS);
    wait_number(desk, "a", first);
    answer_is(desk, "a", "{\"words\":\"Englisha\"}");
}

static void details_have_a_number_of_their_own(void **state)
{
    struct desk *desk = *state;
    uint64_t first = wait_number(desk, "a", 0);
    uint64_t details = clerk_details_number(desk->clerk, &words, "a");
    json_t *detail = clerk_detail(desk->clerk, &words, "a", "37");

    assert_string_equal(json_string_value(detail), "a");
    json_decref(detail);
    assert_null(clerk_detail(desk->clerk, &words, "a", "38"));
    atomic_store(&news, 2);
    held_clock_advance(&desk->clock, CLERK_EVERY_MS);
    wait_number(desk, "a", first);
    assert_int_equal(clerk_details_number(desk->clerk, &words, "a"), details);
}

static void a_page_that_ends_does_not_wait_for_the_whole_work(void **state)
{
    struct desk *desk = *state;
    time_t latest = time(NULL) + 20;

    ask(desk, &endless, "");
    while (!atomic_load(&is_in_work)) {
        assert_true(time(NULL) < latest);
        sched_yield();
    }
    clerk_stop(desk->clerk);
    desk->clerk = NULL;
    assert_true(atomic_load(&was_stopped));
}

/* What the sanitizer for threads looks at: questions of several, while it works. */
static void *ask_much(void *self)
{
    struct desk *desk = self;
    struct http_answer answer = ANSWER_EMPTY;
    char name[16];

    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "%d", i % (CLERK_KEPT + 3));
        clerk_answer(desk->clerk, &words, name, &answer);
        answer_end(&answer);
        json_decref(clerk_detail(desk->clerk, &words, name, "37"));
        atomic_fetch_add(&news, 1);
    }
    return NULL;
}

static void it_may_be_asked_by_several_threads(void **state)
{
    pthread_t threads[3];

    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_much, *state), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_true(wait_number(*state, "last", 0) > 0);
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_DESK(who_asks_first_asks_again_in_a_second_and_then_has_it),
        AT_DESK(what_still_holds_is_not_made_again),
        AT_DESK(what_is_out_of_date_is_made_anew_every_ten_seconds_at_most),
        AT_DESK(what_nobody_asks_for_is_not_made),
        AT_DESK(each_language_has_its_own),
        AT_DESK(so_many_are_kept_and_the_one_not_asked_for_longest_goes),
        AT_DESK(what_everybody_asks_for_stays_however_many_others_somebody_wants),
        AT_DESK(what_cannot_be_made_says_why_and_is_tried_again),
        AT_DESK(details_have_a_number_of_their_own),
        AT_DESK(a_page_that_ends_does_not_wait_for_the_whole_work),
        AT_DESK(it_may_be_asked_by_several_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
