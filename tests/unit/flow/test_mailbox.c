/* Tests of collector/flow/mailbox.c: what went in comes out, in order, until it is dropped. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/mailbox.h"

enum { SMALL = 1 }; /* the least a mailbox may be */

static struct reading readings[POLL_READINGS_MAX];
static uint8_t raw[POLL_RAW_MAX];
static uint8_t frames[POLL_FRAMES_MAX];

/* The n-th poll: its sizes and bytes follow from n. */
static struct poll nth(uint32_t n)
{
    size_t raw_size = (n * 2654435761u) % 3000;
    size_t frames_size = n % 3 == 0 ? (n * 40503u) % 5000 : 0;
    size_t count = 1 + n % 20;

    for (size_t i = 0; i < count; i++)
        readings[i] = (struct reading){.point = n, .value = n + (double)i};
    memset(raw, (int)(n & 0xFF), raw_size);
    memset(frames, (int)(n & 0xFF) ^ 0xFF, frames_size);
    return (struct poll){.device = n,
                         .mono = {(int64_t)n * 10},
                         .raw = raw,
                         .raw_size = raw_size,
                         .frames = frames_size > 0 ? frames : NULL,
                         .frames_size = frames_size,
                         .readings = readings,
                         .reading_count = count};
}

static void assert_is_nth(const struct poll *poll, uint32_t n)
{
    assert_int_equal(poll->device, n);
    assert_int_equal(poll->mono.ns, (int64_t)n * 10);
    assert_int_equal(poll->raw_size, (n * 2654435761u) % 3000);
    assert_int_equal(poll->reading_count, 1 + n % 20);
    for (size_t i = 0; i < poll->raw_size; i++)
        if (poll->raw[i] != (uint8_t)n)
            fail_msg("raw byte %zu of poll %u", i, n);
    assert_int_equal(poll->frames_size, n % 3 == 0 ? (n * 40503u) % 5000 : 0);
    assert_true((poll->frames != NULL) == (poll->frames_size > 0));
    for (size_t i = 0; i < poll->frames_size; i++)
        if (poll->frames[i] != (uint8_t)(n ^ 0xFF))
            fail_msg("frame byte %zu of poll %u", i, n);
    assert_true(poll->readings[poll->reading_count - 1].value == n + (double)(n % 20));
}

static void polls_come_out_whole_and_in_order_however_it_is_used(void **state)
{
    struct mailbox *mailbox = mailbox_new(SMALL);
    uint32_t in = 0, out = 0, dropped = 0;
    struct poll poll;

    srand(7);
    while (in < 50000) {
        switch (rand() % 8) {
        case 0: /* the commit fails */
            mailbox_rewind(mailbox);
            out = dropped;
            break;
        case 1:
            mailbox_drop(mailbox);
            dropped = out;
            break;
        case 2:
        case 3:
        case 4:
            if (mailbox_take(mailbox, &poll))
                assert_is_nth(&poll, out++);
            else
                assert_int_equal(out, in);
            break;
        default:
            poll = nth(in);
            in += mailbox_push(mailbox, &poll);
        }
    }
    while (mailbox_take(mailbox, &poll))
        assert_is_nth(&poll, out++);
    assert_int_equal(out, in);
    mailbox_drop(mailbox);
    assert_int_equal(mailbox_used(mailbox), 0);
    mailbox_free(mailbox);
}

static void a_full_mailbox_refuses_and_counts_and_loses_nothing_it_took(void **state)
{
    struct mailbox *mailbox = mailbox_new(SMALL);
    struct mailbox_gap gap;
    struct poll poll = nth(0);
    uint32_t in = 0;

    while (mailbox_push(mailbox, &poll)) {
        in++;
        poll = nth(in);
    }
    assert_false(mailbox_has_room(mailbox));
    mailbox_skip(mailbox, poll.time, poll.mono);
    mailbox_skip(mailbox, (struct wall_time){5}, (struct mono_time){in * 10 + 6});
    assert_true(mailbox_gap(mailbox, &gap));
    assert_int_equal(gap.count, 2);
    assert_int_equal(gap.first_mono.ns, in * 10);
    assert_int_equal(gap.last_mono.ns, in * 10 + 6);
    assert_int_equal(gap.last.ms, 5);
    assert_false(mailbox_gap(mailbox, &gap));
    for (uint32_t i = 0; i < in; i++) {
        assert_true(mailbox_take(mailbox, &poll));
        assert_is_nth(&poll, i);
    }
    assert_false(mailbox_take(mailbox, &poll));
    assert_false(mailbox_has_room(mailbox));
    mailbox_drop(mailbox);
    assert_true(mailbox_has_room(mailbox));
    mailbox_free(mailbox);
}

static void where_there_is_room_the_largest_poll_fits(void **state)
{
    struct mailbox *mailbox = mailbox_new(SMALL);
    struct poll largest = {.raw = raw,
                           .raw_size = POLL_RAW_MAX,
                           .frames = frames,
                           .frames_size = POLL_FRAMES_MAX,
                           .readings = readings,
                           .reading_count = POLL_READINGS_MAX};
    struct poll taken;

    for (uint32_t i = 0; i < 3000; i++) {
        const struct poll small = nth(i);

        while (!mailbox_has_room(mailbox)) {
            assert_true(mailbox_take(mailbox, &taken));
            mailbox_drop(mailbox);
        }
        assert_true(mailbox_push(mailbox, i % 3 == 0 ? &largest : &small));
    }
    mailbox_free(mailbox);
}

static void count_wake(void *self)
{
    ++*(int *)self;
}

static void the_consumer_is_woken_by_each_push(void **state)
{
    struct mailbox *mailbox = mailbox_new(SMALL);
    struct poll poll = nth(1);
    int woken = 0;

    mailbox_on_push(mailbox, count_wake, &woken);
    assert_true(mailbox_push(mailbox, &poll));
    assert_int_equal(woken, 1);
    mailbox_free(mailbox);
}

enum { ACROSS = 20000 };

static void *push_all(void *self)
{
    static struct reading one[1];
    struct poll poll = {.readings = one, .reading_count = 1};

    for (uint32_t i = 0; i < ACROSS;) {
        poll.device = i;
        if (mailbox_has_room(self) && mailbox_push(self, &poll))
            i++;
        else
            sched_yield();
    }
    return NULL;
}

static void two_threads_may_share_it(void **state)
{
    struct mailbox *mailbox = mailbox_new(SMALL);
    struct poll poll;
    pthread_t producer;
    uint32_t next = 0;

    pthread_create(&producer, NULL, push_all, mailbox);
    while (next < ACROSS) {
        if (!mailbox_take(mailbox, &poll)) {
            mailbox_drop(mailbox);
            sched_yield();
            continue;
        }
        assert_int_equal(poll.device, next++);
    }
    pthread_join(producer, NULL);
    mailbox_free(mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polls_come_out_whole_and_in_order_however_it_is_used),
        cmocka_unit_test(a_full_mailbox_refuses_and_counts_and_loses_nothing_it_took),
        cmocka_unit_test(where_there_is_room_the_largest_poll_fits),
        cmocka_unit_test(the_consumer_is_woken_by_each_push),
        cmocka_unit_test(two_threads_may_share_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
