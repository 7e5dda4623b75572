/* Tests of drivers/link_dialin*.c: who is let in, who is shut out, and that nothing grows. Callers
 * are sockets of this process; the loop is turned until something has happened.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/link_dialin.h"

enum { SILENCE_MS = 20, DIALLED_MAX = 700 };

static uv_loop_t loop;
static uv_timer_t patience;
static struct dialin_hall *hall;
static struct link *link_a;
static int port;
static int dialled[DIALLED_MAX];
static size_t dialled_count, ups, downs, told;
static enum cause last_cause;
static char last_why[200];
static char heard[64];
static size_t heard_size;

static void went_up(void *self)
{
    ups++;
}

static void went_down(void *self, enum cause cause, const char *why)
{
    downs++;
    last_cause = cause;
    snprintf(last_why, sizeof last_why, "%s", why);
}

static void heard_bytes(void *self, const uint8_t *bytes, size_t count)
{
    assert_true(heard_size + count <= sizeof heard);
    memcpy(heard + heard_size, bytes, count);
    heard_size += count;
}

static void woken(void *self)
{
}

static const struct link_user user = {went_up, went_down, heard_bytes, woken};

static void strangers_changed(void *self)
{
    told++;
}

static int free_port(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t size = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &size), 0);
    close(fd);
    return ntohs(any.sin_port);
}

static int set_up_with(int64_t patience_ms)
{
    const struct dialin_hall_setup setup = {.clock = clock_system(),
                                            .silence_ms = SILENCE_MS,
                                            .patience_ms = patience_ms,
                                            .strangers_changed = strangers_changed};
    struct dialin_setup dialin = {.name = "a"};
    struct error err = {0};

    uv_loop_init(&loop);
    uv_timer_init(&loop, &patience);
    ups = downs = told = dialled_count = heard_size = 0;
    port = free_port();
    hall = dialin_hall_new(&loop, &setup, &err);
    snprintf(dialin.listen, sizeof dialin.listen, "127.0.0.1:%d", port);
    assert_true(registration_id_of_text("A1", &dialin.id));
    link_a = link_dialin_new(hall, &dialin, &user, NULL, &err);
    assert_true(dialin_hall_ready(hall, &err));
    dialin_hall_open(hall);
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(60 * 1000);
}

static int set_up_impatient(void **state)
{
    return set_up_with(60);
}

static int tear_down(void **state)
{
    uv_close((uv_handle_t *)&patience, NULL);
    link_end(link_a, NULL, NULL);
    dialin_hall_end(hall, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < dialled_count; i++)
        close(dialled[i]);
    return uv_loop_close(&loop);
}

static int dial_from(uint32_t source, const char *words, size_t size)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    from.sin_addr.s_addr = htonl(source);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_true(dialled_count < DIALLED_MAX);
    dialled[dialled_count++] = fd;
    if (size > 0)
        assert_int_equal(send(fd, words, size, MSG_NOSIGNAL), size);
    return fd;
}

static int dial(const char *words, size_t size)
{
    return dial_from(INADDR_LOOPBACK, words, size);
}

static void patience_ended(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

/* Ten seconds without it are a failure. */
static void run_until_(bool (*happened)(void), const char *what)
{
    bool too_late = false;

    patience.data = &too_late;
    uv_timer_start(&patience, patience_ended, 10000, 0);
    while (!happened()) {
        uv_run(&loop, UV_RUN_ONCE);
        if (too_late)
            fail_msg("%s did not happen", what);
    }
    uv_timer_stop(&patience);
}
#define run_until(happened) run_until_(happened, #happened)

static bool is_shut_out(int fd)
{
    char byte;
    ssize_t count = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

    return count == 0 || (count < 0 && errno != EAGAIN);
}

static bool is_up(void)
{
    return link_is_open(link_a);
}

static bool went_up_twice(void)
{
    return ups == 2;
}

static bool last_is_shut_out(void)
{
    return is_shut_out(dialled[dialled_count - 1]);
}

static bool first_is_shut_out(void)
{
    return is_shut_out(dialled[0]);
}

static bool heard_three(void)
{
    return heard_size >= 3;
}

static bool one_was_turned_away(void)
{
    return dialin_hall_turned_away(hall) == 1;
}

static bool flood_is_over(void)
{
    return dialin_hall_turned_away(hall) > 0 && last_is_shut_out();
}

static void a_unit_is_let_in_by_its_name_and_bytes_pass(void **state)
{
    char got[8] = "";
    int fd;

    link_open(link_a);
    assert_int_equal(last_cause, CAUSE_NOT_CONNECTED);
    fd = dial("A1\r\n", 4);
    run_until(is_up);
    assert_true(link_send(link_a, (const uint8_t *)"ask", 3));
    assert_int_equal(recv(fd, got, sizeof got, 0), 3);
    assert_memory_equal(got, "ask", 3);
    assert_int_equal(send(fd, "yes", 3, MSG_NOSIGNAL), 3);
    run_until(heard_three);
    assert_memory_equal(heard, "yes", 3);
}

static void a_name_in_pieces_is_awaited_to_its_end(void **state)
{
    int fd = dial("A", 1);

    uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(send(fd, "12\n", 3, MSG_NOSIGNAL), 3);
    run_until(last_is_shut_out);
    assert_int_equal(ups, 0);
    dial("A1", 2); /* nothing more comes: it is all */
    run_until(is_up);
}

static void the_newest_connection_of_a_unit_wins(void **state)
{
    int old = dial("A1;", 3), again;

    run_until(is_up);
    again = dial("A1;", 3);
    run_until(went_up_twice);
    assert_int_equal(downs, 1);
    assert_int_equal(last_cause, CAUSE_DISCONNECTED);
    run_until(first_is_shut_out);
    assert_int_not_equal(send(old, "old", 3, MSG_NOSIGNAL), 0); /* into the void */
    assert_int_equal(send(again, "new", 3, MSG_NOSIGNAL), 3);
    run_until(heard_three);
    assert_int_equal(heard_size, 3);
    assert_memory_equal(heard, "new", 3);
}

static void who_says_nothing_is_shut_out_and_shown(void **state)
{
    struct dialin_stranger stranger;

    dial("", 0);
    run_until(last_is_shut_out);
    assert_int_equal(dialin_hall_strangers(hall, &stranger, 1), 1);
    assert_int_equal(stranger.size, 0);
    assert_int_equal(stranger.times, 1);
    assert_int_equal(told, 1);
}

static void the_newest_strangers_are_kept_and_counted(void **state)
{
    struct dialin_stranger strangers[2 * DIALIN_STRANGERS_MAX];
    char name[16];

    for (int i = 0; i < DIALIN_STRANGERS_MAX + 4; i++) {
        dial(name, (size_t)snprintf(name, sizeof name, "B%02d", i));
        run_until(last_is_shut_out);
    }
    dial("B18", 3);
    run_until(last_is_shut_out);
    assert_int_equal(dialin_hall_strangers(hall, strangers, 2 * DIALIN_STRANGERS_MAX),
                     DIALIN_STRANGERS_MAX);
    assert_memory_equal(strangers[0].packet, "B18", 3);
    assert_int_equal(strangers[0].times, 2);
    assert_memory_equal(strangers[1].packet, "B19", 3);
    assert_memory_equal(strangers[DIALIN_STRANGERS_MAX - 1].packet, "B04", 3);
    assert_int_equal(told, DIALIN_STRANGERS_MAX + 4); /* not for the one that called again */
}

static void a_packet_without_end_is_cut(void **state)
{
    struct dialin_stranger stranger;
    char flood[4096];

    memset(flood, 'x', sizeof flood);
    dial(flood, sizeof flood);
    run_until(last_is_shut_out);
    assert_int_equal(dialin_hall_strangers(hall, &stranger, 1), 1);
    assert_int_equal(stranger.size, REGISTRATION_MAX);
}

static void one_source_has_no_more_than_its_share_and_no_unit_loses_by_it(void **state)
{
    dial("A1\n", 3);
    run_until(is_up);
    for (int i = 0; i <= DIALIN_OF_SOURCE_MAX; i++)
        dial_from(INADDR_LOOPBACK + 1, "", 0);
    run_until(one_was_turned_away);
    assert_true(is_up());
    dial_from(INADDR_LOOPBACK + 2, "A1\n", 3); /* another source is let in meanwhile */
    run_until(went_up_twice);
}

static void all_sources_together_are_bounded(void **state)
{
    dial("A1\n", 3);
    run_until(is_up);
    for (uint32_t i = 0; i <= DIALIN_UNNAMED_MAX; i++)
        dial_from(INADDR_LOOPBACK + 1 + i % 32, "", 0);
    run_until(flood_is_over);
    assert_true(is_up());
    assert_int_equal(ups, 1);
    assert_false(is_shut_out(dialled[0]));
}

/* The accepted end of a connection whose other end is `fd`. */
static int accepted_of(int fd)
{
    struct sockaddr_in own, peer;
    socklen_t size = sizeof own;

    getsockname(fd, (struct sockaddr *)&own, &size);
    for (int other = 3; other < 1024; other++) {
        size = sizeof peer;
        if (other != fd && getpeername(other, (struct sockaddr *)&peer, &size) == 0 &&
            peer.sin_family == AF_INET && peer.sin_port == own.sin_port)
            return other;
    }
    return -1;
}

static void a_dead_connection_is_noticed_by_the_kernel(void **state)
{
    int fd = accepted_of((dial("A1\n", 3), run_until_(is_up, "up"), dialled[0]));
    int value = 0;
    socklen_t size = sizeof value;

    assert_true(fd >= 0);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size), 0);
    assert_true(value != 0);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &value, &size), 0);
    assert_int_equal(value, 60);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &size), 0);
    assert_int_equal(value, 30000);
}

static void an_address_that_is_taken_is_said(void **state)
{
    const struct dialin_hall_setup setup = {.clock = clock_system()};
    struct dialin_setup dialin = {.name = "b"};
    struct error err = {0};
    struct dialin_hall *second = dialin_hall_new(&loop, &setup, &err);
    struct link *link;

    snprintf(dialin.listen, sizeof dialin.listen, "127.0.0.1:%d", port);
    assert_true(registration_id_of_text("A1", &dialin.id));
    link = link_dialin_new(second, &dialin, &user, NULL, &err);
    assert_true(dialin_hall_ready(second, &err));
    dialin_hall_open(second);
    link_open(link);
    assert_int_equal(last_cause, CAUSE_REFUSED);
    assert_non_null(strstr(last_why, dialin.listen));
    link_end(link, NULL, NULL);
    dialin_hall_end(second, NULL, NULL);
}

#define dialin_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        dialin_test(a_unit_is_let_in_by_its_name_and_bytes_pass),
        dialin_test(a_name_in_pieces_is_awaited_to_its_end),
        dialin_test(the_newest_connection_of_a_unit_wins),
        cmocka_unit_test_setup_teardown(who_says_nothing_is_shut_out_and_shown, set_up_impatient,
                                        tear_down),
        dialin_test(the_newest_strangers_are_kept_and_counted),
        dialin_test(a_packet_without_end_is_cut),
        dialin_test(one_source_has_no_more_than_its_share_and_no_unit_loses_by_it),
        dialin_test(all_sources_together_are_bounded),
        dialin_test(a_dead_connection_is_noticed_by_the_kernel),
        dialin_test(an_address_that_is_taken_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
