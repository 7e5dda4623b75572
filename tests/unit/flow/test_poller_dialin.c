/* Tests of the poller with units that dial in: what their devices read while they are away, what
 * heartbeats may not disturb, and whose bytes answer what. The unit is a socket on the same loop.
 */
#include "poller_bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/frame.h"

enum { GUARD_MS = 100, UNITS = 3 };

static struct unit {
    int fd;
    uv_poll_t poll;
    bool lives, hung_up;
    uint8_t heard[64];
    size_t used;
} units[UNITS];

/* How each request is answered: `before`, the answer and `after` in one packet, unless `silent`. */
static struct script {
    bool silent, apart; /* apart: in three packets */
    const char *before, *after;
    size_t before_size, after_size;
} script;
static size_t requests;
static uint8_t last_answer[64];
static size_t last_size;
static int port;

static int set_up(void **state)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t size = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(units, 0, sizeof units);
    script = (struct script){.before = "", .after = ""};
    requests = 0;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &size), 0);
    port = ntohs(any.sin_port);
    close(fd);
    return bench_set_up(state);
}

static void hang_up(struct unit *unit)
{
    if (!unit->lives)
        return;
    uv_close((uv_handle_t *)&unit->poll, NULL);
    close(unit->fd);
    unit->lives = false;
}

static int tear_down(void **state)
{
    for (size_t i = 0; i < UNITS; i++)
        hang_up(&units[i]);
    return bench_tear_down(state);
}

static void say(const struct unit *unit, const void *bytes, size_t count)
{
    assert_int_equal(send(unit->fd, bytes, count, MSG_NOSIGNAL), count);
}

static size_t answer_to(const uint8_t *request, uint8_t *out)
{
    uint16_t crc;

    out[0] = request[0];
    out[1] = request[1];
    out[2] = 2;
    out[3] = request[2];
    out[4] = request[3];
    crc = frame_crc(out, 5);
    out[5] = (uint8_t)crc;
    out[6] = (uint8_t)(crc >> 8);
    return 7;
}

static void obey(const struct unit *unit, const uint8_t *request)
{
    uint8_t bytes[128];
    size_t size = 0;

    requests++;
    last_size = answer_to(request, last_answer);
    if (script.silent)
        return;
    if (script.apart) {
        say(unit, script.before, script.before_size);
        say(unit, last_answer, last_size);
        say(unit, script.after, script.after_size);
        return;
    }
    memcpy(bytes, script.before, script.before_size);
    size = script.before_size;
    memcpy(bytes + size, last_answer, last_size);
    size += last_size;
    memcpy(bytes + size, script.after, script.after_size);
    say(unit, bytes, size + script.after_size);
}

static void unit_hears(uv_poll_t *poll, int status, int events)
{
    struct unit *unit = poll->data;
    ssize_t count =
        recv(unit->fd, unit->heard + unit->used, sizeof unit->heard - unit->used, MSG_DONTWAIT);

    if (count <= 0) {
        unit->hung_up = true;
        uv_poll_stop(poll);
        return;
    }
    unit->used += (size_t)count;
    while (unit->used >= 8) {
        uint8_t request[8];

        memcpy(request, unit->heard, 8);
        unit->used -= 8;
        memmove(unit->heard, unit->heard + 8, unit->used);
        obey(unit, request);
    }
}

static void dial(struct unit *unit, const void *registration, size_t count)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    unit->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(unit->fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(uv_poll_init(&bench.loop, &unit->poll, unit->fd), 0);
    unit->poll.data = unit;
    unit->lives = true;
    uv_poll_start(&unit->poll, UV_READABLE, unit_hears);
    say(unit, registration, count);
}

static struct link_setup *add_dialin(const char *id)
{
    struct link_setup *link = add_tcp("", 0);

    link->kind = LINK_DIALIN;
    link->timeout_ms = 500;
    link->guard_ms = GUARD_MS;
    snprintf(link->listen, sizeof link->listen, "127.0.0.1:%d", port);
    assert_true(registration_id_of_text(id, &link->id));
    return link;
}

static bool three_polls(void)
{
    return bench.poll_count >= 3;
}

static bool one_poll(void)
{
    return bench.poll_count >= 1;
}

static bool two_polls(void)
{
    return bench.poll_count >= 2;
}

static bool is_up(void)
{
    return link_of(0).up;
}

static bool is_down(void)
{
    return !link_of(0).up;
}

static bool was_asked(void)
{
    return requests >= 1;
}

static bool first_hung_up(void)
{
    return units[0].hung_up;
}

static void assert_good(const struct seen_poll *poll, double value)
{
    assert_int_equal(poll->quality, QUALITY_NORMAL);
    assert_int_equal(poll->cause, CAUSE_NONE);
    assert_float_equal(poll->value, value, 0);
}

static void while_its_unit_is_away_each_poll_says_so(void **state)
{
    add_channel(7);
    add_dialin("A1");
    add_device(1, 100);
    start_polling();
    run_until(three_polls);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bench.polls[i].quality, QUALITY_NO_ANSWER);
        assert_int_equal(bench.polls[i].cause, CAUSE_NOT_CONNECTED);
    }
    assert_false(link_of(0).up);
    assert_false(wall_is_known(link_of(0).next_attempt));
    assert_int_equal(link_of(0).cause, CAUSE_NOT_CONNECTED);
    assert_int_equal(status_of(0).state, DEVICE_SILENT);
}

static void what_is_owed_is_asked_at_once_when_it_comes(void **state)
{
    add_channel(7);
    add_dialin("A1");
    add_device(1, 3600 * 1000);
    start_polling();
    run_until(one_poll);
    dial(&units[0], "A1\r\n", 4);
    run_until(two_polls);
    assert_good(last_poll(), 7);
    assert_true(link_of(0).up);
    assert_int_equal(status_of(0).state, DEVICE_ANSWERING);
}

static void a_unit_gets_its_rest_after_connecting(void **state)
{
    uint64_t dialled;

    add_channel(7);
    add_dialin("A1")->after_connect_ms = 60;
    add_device(1, 3600 * 1000);
    start_polling();
    run_until(one_poll);
    dialled = uv_hrtime();
    dial(&units[0], "A1;", 3);
    run_until(was_asked);
    assert_true(uv_hrtime() - dialled >= 55 * 1000000u);
    run_until(two_polls);
    assert_good(last_poll(), 7);
}

static void two_units_at_one_address_are_each_their_own(void **state)
{
    add_channel(7);
    add_dialin("A1");
    add_device(1, 3600 * 1000);
    add_dialin("A12");
    add_device(2, 3600 * 1000);
    start_polling();
    run_until(two_polls);
    dial(&units[0], "A12\n", 4);
    run_until(three_polls);
    assert_int_equal(last_poll()->device, 101);
    assert_good(last_poll(), 7);
    assert_true(link_of(1).up);
    assert_false(link_of(0).up);
}

static void heartbeats_disturb_no_exchange(void **state)
{
    static const struct {
        const char *name, *before, *after;
        size_t before_size, after_size;
    } cases[] = {
        {"the registration again, inside the wait", "A1",       "",     2, 0},
        {"a heartbeat after the answer",            "",         "A1",   0, 2},
        {"glued on both sides",                     "A1\r\n",   "A1;",  4, 3},
        {"like the beginning of an answer",         "\1\3\2",   "",     3, 0},
        {"like the beginning of a longer answer",   "\1\3\10",  "",     3, 0},
        {"like another unit's answer",              "\2\3\2\0", "",     4, 0},
        {"one byte that could be a unit id",        "\1",       "\1",   1, 1},
        {"unit and function",                       "\1\3",     "\1\3", 2, 2},
        {"bytes above all",                         "\xfe\xfe", "\xfe", 2, 1},
        {"the refusal's function code",             "\1\203",   "",     2, 0},
    };

    add_channel(7);
    add_dialin("A1")->timeout_ms = 100;
    add_device(1, 0);
    start_polling();
    run_until(one_poll);
    dial(&units[0], "A1\r\n", 4);
    run_until(is_up);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int apart = 0; apart <= 1; apart++) {
            script = (struct script){.apart = apart == 1,
                                     .before = cases[i].before,
                                     .after = cases[i].after,
                                     .before_size = cases[i].before_size,
                                     .after_size = cases[i].after_size};
            bench.poll_count = 0;
            run_until(two_polls); /* the first may have been asked before */
            say(&units[0], "A1\r\n", 4);
            run_until(three_polls);
            for (size_t j = 0; j < 3; j++)
                if (bench.polls[j].quality != QUALITY_NORMAL || bench.polls[j].cause != CAUSE_NONE)
                    fail_msg("%s: cause %d", cases[i].name, bench.polls[j].cause);
            assert_good(last_poll(), 7);
        }
}

static void the_new_connection_wins_and_answers_nothing_that_was_asked_over_the_old(void **state)
{
    struct unit *old = &units[0];
    struct unit *again = &units[1];

    add_channel(7);
    add_dialin("A1");
    add_device(1, 3600 * 1000);
    start_polling();
    run_until(one_poll);
    script.silent = true;
    dial(old, "A1\r\n", 4);
    run_until(was_asked);
    script.silent = false;
    last_answer[4] = 66; /* the answer to what was asked before, and a false one */
    last_size = 7;
    {
        uint16_t crc = frame_crc(last_answer, 5);

        last_answer[5] = (uint8_t)crc;
        last_answer[6] = (uint8_t)(crc >> 8);
    }
    dial(again, "A1\r\n", 4);
    say(again, last_answer, last_size);
    run_until(two_polls);
    assert_int_equal(last_poll()->quality, QUALITY_NO_ANSWER);
    assert_int_equal(last_poll()->cause, CAUSE_DISCONNECTED);
    run_until(three_polls);
    assert_good(last_poll(), 7);
    run_until(first_hung_up);
    assert_int_equal(requests, 2);
    assert_true(link_of(0).up);
}

static void
a_unit_that_hangs_up_in_the_middle_of_a_poll_is_missed_once_until_its_next_tick(void **state)
{
    add_channel(7);
    add_dialin("A1");
    add_device(1, 3600 * 1000);
    start_polling();
    run_until(one_poll);
    script.silent = true;
    dial(&units[0], "A1\r\n", 4);
    run_until(was_asked);
    hang_up(&units[0]);
    run_until(two_polls);
    assert_int_equal(last_poll()->cause, CAUSE_DISCONNECTED);
    for (int i = 0; i < 10; i++) {
        bench.ahead_ns += ns_from_ms(1000);
        uv_run(&bench.loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(bench.poll_count, 2);
    script.silent = false;
    dial(&units[1], "A1\r\n", 4);
    run_until(three_polls);
    assert_good(last_poll(), 7);
}

/* Each time it dials in again while it is asked, the poll is lost: by every call it would be one
 * more. */
static void a_unit_that_dials_in_again_and_again_costs_no_poll_each_time(void **state)
{
    add_channel(7);
    add_dialin("A1");
    add_device(1, 3600 * 1000);
    start_polling();
    run_until(one_poll);
    script.silent = true;
    for (int i = 0; i < 30; i++) {
        hang_up(&units[i % UNITS]);
        uv_run(&bench.loop, UV_RUN_NOWAIT);
        units[i % UNITS] = (struct unit){.fd = -1};
        dial(&units[i % UNITS], "A1\r\n", 4);
        for (int turn = 0; turn < 8; turn++)
            uv_run(&bench.loop, UV_RUN_NOWAIT);
    }
    assert_in_range(bench.poll_count, 2, 6);
    script.silent = false;
    for (int i = 0; i < UNITS; i++)
        hang_up(&units[i]);
    run_until(is_down);
    bench.ahead_ns = ns_from_ms(61 * 1000);
    bench.poll_count = 0;
    units[0] = (struct unit){.fd = -1};
    dial(&units[0], "A1\r\n", 4);
    run_until(one_poll);
    assert_good(last_poll(), 7);
}

static bool asks_the_second_block(void)
{
    struct poller_totals totals;

    poller_totals(bench.poller, &totals);
    return bench.poll_count == 1 && totals.requests == 3;
}

static bool asked_once(void)
{
    return requests == 1;
}

/* Two answers to the first block, the second while the whole process is kept from running until the
 * second block is due: what waits in the socket came before the request and answers something else.
 */
static void what_came_before_a_request_is_not_its_answer_when_the_loop_was_held_up(void **state)
{
    uint64_t held;

    add_channel(7);
    add_channel(9);
    add_dialin("A1")->timeout_ms = 100;
    add_device(1, 3600 * 1000);
    start_polling();
    run_until(one_poll);
    script.silent = true;
    dial(&units[0], "A1\r\n", 4);
    run_until(asked_once);
    script.silent = false;
    run_until(asks_the_second_block);
    uv_run(&bench.loop, UV_RUN_NOWAIT); /* its moment is set */
    say(&units[0], last_answer, last_size);
    for (held = uv_hrtime(); uv_hrtime() - held < (GUARD_MS + 20) * 1000000u;)
        continue;
    run_until(two_polls);
    assert_int_equal(bench.polls[1].cause, CAUSE_AFTER_TIMEOUT);
    assert_float_equal(bench.polls[1].value, 7, 0);
    assert_float_equal(bench.polls[1].last_value, 9, 0);
}

static void a_unit_that_hangs_up_is_down_at_once_and_asked_when_it_is_back(void **state)
{
    add_channel(7);
    add_dialin("A1");
    add_device(1, 100);
    start_polling();
    dial(&units[0], "A1\r\n", 4);
    run_until(is_up);
    hang_up(&units[0]);
    run_until(is_down);
    bench.poll_count = 0;
    run_until(one_poll);
    assert_int_equal(last_poll()->cause, CAUSE_NOT_CONNECTED);
    dial(&units[1], "A1\r\n", 4);
    run_until(is_up);
    bench.poll_count = 0;
    run_until(one_poll);
    assert_good(last_poll(), 7);
}

static bool both_answered(void)
{
    return status_of(0).state == DEVICE_ANSWERING && status_of(1).state == DEVICE_ANSWERING;
}

static bool four_polls(void)
{
    return bench.poll_count >= 4;
}

/* Neither is called silent for one missed poll, and neither waits for its next one. */
static void one_missed_poll_is_made_up_when_the_unit_is_back(void **state)
{
    add_channel(7);
    add_dialin("A1");
    add_device(1, 1000);
    add_device(2, 1000);
    bench.devices[0].link = bench.devices[1].link = 0;
    start_polling();
    dial(&units[0], "A1\r\n", 4);
    run_until(both_answered);
    script.silent = true;
    requests = bench.poll_count = 0;
    run_until(was_asked);
    hang_up(&units[0]);
    run_until(is_down);
    while (link_of(0).cause != CAUSE_NOT_CONNECTED || bench.poll_count < 2)
        uv_run(&bench.loop, UV_RUN_ONCE); /* the second device's turn may still come */
    assert_int_equal(bench.polls[0].cause, CAUSE_DISCONNECTED);
    assert_int_equal(bench.polls[1].cause, CAUSE_NOT_CONNECTED);
    assert_true(both_answered());
    script.silent = false;
    dial(&units[1], "A1\r\n", 4);
    run_until(four_polls);
    for (size_t i = 2; i < 4; i++) {
        assert_good(&bench.polls[i], 7);
        assert_true(bench.polls[i].at_ns - bench.polls[1].at_ns < 600000000);
    }
}

static bool there_is_a_stranger(void)
{
    struct dialin_stranger one;

    return poller_strangers(bench.poller, &one, 1) == 1;
}

static size_t strangers_told;

static void strangers_changed(void *self)
{
    strangers_told++;
}

static void a_stranger_is_shut_out_and_shown(void **state)
{
    struct poller_setup setup;
    struct dialin_stranger one;
    struct error err = {0};

    add_channel(7);
    add_dialin("A1");
    add_device(1, 3600 * 1000);
    setup = bench_setup();
    setup.strangers_changed = strangers_changed;
    strangers_told = 0;
    bench.poller = poller_new(&bench.loop, &setup, &err);
    assert_non_null(bench.poller);
    poller_start(bench.poller);
    dial(&units[0], "A12\r\n", 5);
    run_until(there_is_a_stranger);
    assert_int_equal(strangers_told, 1);
    assert_int_equal(poller_strangers(bench.poller, &one, 1), 1);
    assert_int_equal(one.size, 5);
    assert_memory_equal(one.packet, "A12\r\n", 5);
    assert_string_equal(one.from, "127.0.0.1");
    run_until(first_hung_up);
    assert_false(link_of(0).up);
}

#define dialin_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        dialin_test(while_its_unit_is_away_each_poll_says_so),
        dialin_test(what_is_owed_is_asked_at_once_when_it_comes),
        dialin_test(a_unit_gets_its_rest_after_connecting),
        dialin_test(two_units_at_one_address_are_each_their_own),
        dialin_test(heartbeats_disturb_no_exchange),
        dialin_test(the_new_connection_wins_and_answers_nothing_that_was_asked_over_the_old),
        dialin_test(what_came_before_a_request_is_not_its_answer_when_the_loop_was_held_up),
        dialin_test(
            a_unit_that_hangs_up_in_the_middle_of_a_poll_is_missed_once_until_its_next_tick),
        dialin_test(a_unit_that_dials_in_again_and_again_costs_no_poll_each_time),
        dialin_test(a_unit_that_hangs_up_is_down_at_once_and_asked_when_it_is_back),
        dialin_test(one_missed_poll_is_made_up_when_the_unit_is_back),
        dialin_test(a_stranger_is_shut_out_and_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
