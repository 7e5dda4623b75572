/* Tests of page/guests.c: how long a connection may ask and take, and who goes when it is full. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "page/guests.h"

static struct held_clock held;
static int cut_fds[1024];
static size_t cut_count;

static void note_cut(void *self, int fd)
{
    cut_fds[cut_count++] = fd;
}

static struct guests *begin(void)
{
    held_clock_init(&held, (struct wall_time){1790000000000});
    cut_count = 0;
    return guests_new(&held.clock, note_cut, NULL);
}

static struct guest *come(struct guests *guests, int fd, const char *from)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, from, &four.sin_addr) == 1)
        return guests_come(guests, fd, (struct sockaddr *)&four);
    assert_int_equal(inet_pton(AF_INET6, from, &six.sin6_addr), 1);
    return guests_come(guests, fd, (struct sockaddr *)&six);
}

static int64_t ms_until(struct mono_time at)
{
    return (at.ns - held.mono.ns) / 1000000;
}

static void nobody_is_nobodys_deadline(void **state)
{
    struct guests *guests = begin();

    assert_int_equal(guests_sweep(guests).ns, GUESTS_NEVER.ns);
    guests_free(guests);
}

static void who_has_not_asked_within_10_s_is_cut_at_that_moment(void **state)
{
    struct guests *guests = begin();

    come(guests, 7, "192.0.2.1");
    assert_int_equal(ms_until(guests_sweep(guests)), 10000);
    held_clock_advance(&held, 9999);
    assert_int_equal(ms_until(guests_sweep(guests)), 1);
    assert_int_equal(cut_count, 0);
    held_clock_advance(&held, 1);
    assert_int_equal(guests_sweep(guests).ns, GUESTS_NEVER.ns);
    assert_int_equal(cut_count, 1);
    assert_int_equal(cut_fds[0], 7);
    guests_free(guests);
}

static void who_has_asked_has_60_s_to_take_and_then_10_to_ask_again(void **state)
{
    struct guests *guests = begin();
    struct guest *guest = come(guests, 7, "192.0.2.1");

    held_clock_advance(&held, 9000);
    guests_take(guests, guest, 100);
    held_clock_advance(&held, 59999);
    assert_int_equal(ms_until(guests_sweep(guests)), 1);
    guests_ask(guests, guest);
    assert_int_equal(ms_until(guests_sweep(guests)), 10000);
    held_clock_advance(&held, 2000);
    guests_take(guests, guest, 100);
    held_clock_advance(&held, 60000);
    guests_sweep(guests);
    assert_int_equal(cut_count, 1);
    guests_free(guests);
}

static void what_is_long_may_take_longer(void **state)
{
    struct guests *guests = begin();
    struct guest *guest = come(guests, 7, "192.0.2.1");

    guests_take(guests, guest, 100 * GUEST_BYTES_A_SECOND);
    assert_int_equal(ms_until(guests_sweep(guests)), 160000);
    guests_free(guests);
}

static void a_cut_one_is_cut_once_and_its_place_is_free_when_it_has_gone(void **state)
{
    struct guests *guests = begin();
    struct guest *guest = come(guests, 7, "192.0.2.1");
    struct guests_count count;

    held_clock_advance(&held, 10000);
    guests_sweep(guests);
    guests_sweep(guests);
    guests_take(guests, guest, 1); /* what was on its way when it was cut */
    guests_ask(guests, guest);
    held_clock_advance(&held, 100000);
    guests_sweep(guests);
    assert_int_equal(cut_count, 1);
    guests_go(guests, guest);
    guests_count(guests, &count);
    assert_int_equal(count.now, 0);
    assert_int_equal(count.slow, 1);
    assert_ptr_equal(come(guests, 8, "192.0.2.1"), guest);
    guests_free(guests);
}

static void the_65th_of_an_address_cuts_the_one_of_it_that_has_asked_longest(void **state)
{
    struct guests *guests = begin();
    struct guest *first = come(guests, 1000, "192.0.2.9"); /* another's, older than all */
    struct guest *mine[GUESTS_AN_ADDRESS];

    (void)first;
    for (int i = 0; i < GUESTS_AN_ADDRESS; i++) {
        held_clock_advance(&held, 1);
        mine[i] = come(guests, i, "192.0.2.1");
    }
    guests_take(guests, mine[0], 100); /* it takes: others go before it */
    guests_take(guests, mine[1], 100);
    held_clock_advance(&held, 1);
    guests_ask(guests, mine[1]); /* it begins anew */
    assert_int_equal(cut_count, 0);
    come(guests, 100, "192.0.2.1");
    assert_int_equal(cut_count, 1);
    assert_int_equal(cut_fds[0], 2);
    come(guests, 101, "192.0.2.2");
    assert_int_equal(cut_count, 1);
    guests_free(guests);
}

static void where_all_take_who_has_taken_longest_goes(void **state)
{
    struct guests *guests = begin();

    for (int i = 0; i < GUESTS_AN_ADDRESS; i++) {
        guests_take(guests, come(guests, i, "192.0.2.1"), 1);
        held_clock_advance(&held, 1);
    }
    come(guests, 100, "192.0.2.1");
    assert_int_equal(cut_count, 1);
    assert_int_equal(cut_fds[0], 0);
    guests_free(guests);
}

static void the_513th_cuts_whoever_has_asked_longest(void **state)
{
    struct guests *guests = begin();
    struct guests_count count;
    char from[32];

    for (int i = 0; i < 512; i++) {
        snprintf(from, sizeof from, "192.0.2.%d", 1 + i % 100);
        come(guests, i, from);
        held_clock_advance(&held, 1);
    }
    assert_int_equal(cut_count, 0);
    come(guests, 600, "198.51.100.1");
    assert_int_equal(cut_count, 1);
    assert_int_equal(cut_fds[0], 0);
    guests_count(guests, &count);
    assert_int_equal(count.now, 512);
    assert_int_equal(count.most, 512);
    assert_int_equal(count.crowded, 1);
    guests_free(guests);
}

static void those_on_their_way_out_leave_places_for_others_and_have_an_end(void **state)
{
    struct guests *guests = begin();
    struct guest *last = NULL;

    for (int i = 0; i < GUESTS_AN_ADDRESS + GUESTS_MAX - GUESTS_AN_ADDRESS; i++)
        assert_non_null(come(guests, i, "192.0.2.1"));
    for (int i = 0; i < GUESTS_LINGER; i++)
        assert_non_null(last = come(guests, i, "192.0.2.1"));
    assert_null(come(guests, 1, "192.0.2.1"));
    guests_go(guests, last);
    assert_non_null(come(guests, 1, "192.0.2.1"));
    guests_free(guests);
}

static void a_network_of_ipv6_counts_as_one_address(void **state)
{
    struct guests *guests = begin();
    char from[64];

    for (int i = 0; i <= GUESTS_AN_ADDRESS; i++) {
        snprintf(from, sizeof from, "2001:db8:1:2:%x::1", i + 1);
        come(guests, i, from);
    }
    assert_int_equal(cut_count, 1);
    come(guests, 100, "2001:db8:1:3::1");
    assert_int_equal(cut_count, 1);
    guests_free(guests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_nobodys_deadline),
        cmocka_unit_test(who_has_not_asked_within_10_s_is_cut_at_that_moment),
        cmocka_unit_test(who_has_asked_has_60_s_to_take_and_then_10_to_ask_again),
        cmocka_unit_test(what_is_long_may_take_longer),
        cmocka_unit_test(a_cut_one_is_cut_once_and_its_place_is_free_when_it_has_gone),
        cmocka_unit_test(the_65th_of_an_address_cuts_the_one_of_it_that_has_asked_longest),
        cmocka_unit_test(where_all_take_who_has_taken_longest_goes),
        cmocka_unit_test(the_513th_cuts_whoever_has_asked_longest),
        cmocka_unit_test(those_on_their_way_out_leave_places_for_others_and_have_an_end),
        cmocka_unit_test(a_network_of_ipv6_counts_as_one_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
