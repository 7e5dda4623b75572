/* Tests of page/shares.c: who asks dear questions without end keeps nobody waiting. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "page/shares.h"

static struct held_clock held;

static int start(void **state)
{
    held_clock_init(&held, (struct wall_time){0});
    *state = shares_new(&held.clock);
    return *state == NULL;
}

static int stop(void **state)
{
    shares_free(*state);
    return 0;
}

static struct sockaddr_in address(unsigned last)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(0x7f000000u + last)};
}

/* A question that takes so long, if it may; the thread is busy meanwhile. */
static bool ask_as(struct shares *shares, const char *person, const struct sockaddr *from, int ms)
{
    struct share *share = shares_of(shares, person, from);

    if (!shares_allow(shares, share))
        return false;
    held_clock_advance(&held, ms);
    shares_spend(shares, share, ns_from_ms(ms));
    return true;
}

static bool ask_from(struct shares *shares, unsigned last, int ms)
{
    struct sockaddr_in from = address(last);

    return ask_as(shares, "", (struct sockaddr *)&from, ms);
}

static void who_asks_alone_may_use_all_of_the_thread(void **state)
{
    for (int i = 0; i < 1000; i++)
        assert_true(ask_from(*state, 2, 60));
}

static void who_asks_little_is_answered_whatever_the_others_ask(void **state)
{
    int dear = 0, of = 0;

    ask_from(*state, 1, 1);
    for (int round = 0; round < 1000; round++) {
        for (unsigned other = 2; other < 10; other++, of++)
            dear += ask_from(*state, other, 60);
        assert_true(ask_from(*state, 1, 1));
        held_clock_advance(&held, 20);
    }
    assert_true(dear > 0 && dear < of / 4);
}

static void together_they_use_half_of_the_thread(void **state)
{
    int64_t began = clock_mono(&held.clock).ns, busy_ms = 0;

    ask_from(*state, 1, 1);
    while (clock_mono(&held.clock).ns - began < ns_from_ms(60000)) {
        ask_from(*state, 1, 1);
        for (unsigned other = 2; other < 10; other++)
            busy_ms += ask_from(*state, other, 60) ? 60 : 0;
        held_clock_advance(&held, 1);
    }
    assert_in_range(busy_ms, 60000 / 3, 60000 * 6 / 10);
}

static void many_lines_of_one_person_are_one_share(void **state)
{
    struct sockaddr_in here = address(1);
    int answered = 0;

    ask_as(*state, "li", (struct sockaddr *)&here, 1);
    for (unsigned other = 2; other < 200; other++) {
        struct sockaddr_in from = address(other);

        answered += ask_as(*state, "wang", (struct sockaddr *)&from, 60);
    }
    assert_in_range(answered, 1, 30);
    assert_true(ask_as(*state, "li", (struct sockaddr *)&here, 1));
}

static void a_network_of_IPv6_is_one_share(void **state)
{
    struct sockaddr_in6 from = {.sin6_family = AF_INET6};
    int answered = 0;

    inet_pton(AF_INET6, "2001:db8::1", &from.sin6_addr);
    ask_from(*state, 1, 1);
    for (unsigned i = 0; i < 200; i++) {
        from.sin6_addr.s6_addr[15] = (uint8_t)i;
        answered += ask_as(*state, "", (struct sockaddr *)&from, 60);
    }
    assert_in_range(answered, 1, 30);
}

static void who_was_told_to_wait_is_answered_when_it_is_quiet_again(void **state)
{
    ask_from(*state, 1, 1);
    while (ask_from(*state, 2, 60))
        ;
    held_clock_advance(&held, 1000);
    ask_from(*state, 1, 1);
    assert_true(ask_from(*state, 2, 60));
}

static void more_addresses_than_are_remembered_hide_nobody(void **state)
{
    ask_from(*state, 1, 1);
    while (ask_from(*state, 2, 60))
        ;
    for (unsigned other = 10; other < 10 + 2 * SHARES_MAX; other++)
        assert_true(ask_from(*state, other, 0));
    assert_false(ask_from(*state, 2, 60));
}

#define WITH_SHARES(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHARES(who_asks_alone_may_use_all_of_the_thread),
        WITH_SHARES(who_asks_little_is_answered_whatever_the_others_ask),
        WITH_SHARES(together_they_use_half_of_the_thread),
        WITH_SHARES(many_lines_of_one_person_are_one_share),
        WITH_SHARES(a_network_of_IPv6_is_one_share),
        WITH_SHARES(who_was_told_to_wait_is_answered_when_it_is_quiet_again),
        WITH_SHARES(more_addresses_than_are_remembered_hide_nobody),
    };

    return cmocka_run_group_tests_name("page/shares", tests, NULL, NULL);
}
