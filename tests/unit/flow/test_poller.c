/* Tests of the poller over TCP (collector/flow/poller*.c): what must hold whatever a peer does. */
#include "poller_bench.h"

#include <dlfcn.h>
#include <netinet/tcp.h>
#include <semaphore.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static bool one_poll(void)
{
    return bench.poll_count >= 1;
}

static bool five_polls(void)
{
    return bench.poll_count >= 5;
}

static bool last_is_good(void)
{
    return bench.poll_count > 0 && last_poll()->quality == QUALITY_NORMAL;
}

static bool device_is_silent(void)
{
    return status_of(0).state == DEVICE_SILENT;
}

static void a_device_that_answers_gives_good_readings_and_its_raw_words(void **state)
{
    peer_listen(0);
    add_channel(40);
    add_channel(41);
    add_tcp("127.0.0.1", bench.port);
    add_device(5, 100);
    start_polling();
    run_until(five_polls);
    assert_int_equal(last_poll()->quality, QUALITY_NORMAL);
    assert_true(last_poll()->value == 40.0);
    assert_int_equal(last_poll()->raw_size, 5 + 4);
    assert_int_equal(last_poll()->reading_count, 2);
    assert_true(wall_is_known(last_poll()->time));
    assert_int_equal(bench.connections, 1);
    assert_int_equal(status_of(0).state, DEVICE_ANSWERING);
    assert_true(status_of(0).readings[1].value == 41.0);
    assert_true(status_of(0).answer_ms_p99 >= 1);
    assert_true(link_of(0).up);
}

static uint64_t sum_of(const uint64_t *classes, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += classes[i];
    return sum;
}

static void answers_are_counted_by_their_time_and_ticks_by_how_late_they_were_asked(void **state)
{
    struct poller_totals totals;

    peer_listen(0);
    add_channel(40);
    add_tcp("127.0.0.1", bench.port);
    add_device(5, 100);
    start_polling();
    run_until(five_polls);
    poller_totals(bench.poller, &totals);
    assert_true(sum_of(totals.answers, ANSWER_CLASSES) >= totals.polls);
    assert_true(sum_of(totals.answers, ANSWER_CLASSES) <= totals.requests);
    assert_int_equal(sum_of(totals.late, LATE_CLASSES), totals.polls);
    assert_true(totals.answers_us > 0);
    assert_true(totals.late_most_us <= totals.late_us);
    assert_true(totals.late_us <= totals.late_most_us * totals.polls);
}

static void what_cannot_be_sent_is_neither_an_answer_nor_late(void **state)
{
    struct poller_totals totals;

    add_channel(40);
    add_tcp("127.0.0.1", 1); /* nobody listens there */
    add_device(5, 100);
    start_polling();
    run_until(one_poll);
    poller_totals(bench.poller, &totals);
    assert_int_equal(sum_of(totals.answers, ANSWER_CLASSES), 0);
    assert_int_equal(sum_of(totals.late, LATE_CLASSES), 0);
}

/* Four in a row, a period apart each; a machine that is busy for a while may cost some before. */
static bool polls_are_in_step(void)
{
    size_t in_step = 0;

    for (size_t i = 1; i < bench.poll_count; i++) {
        int64_t apart = bench.polls[i].at_ns - bench.polls[i - 1].at_ns;

        in_step = apart > ns_from_ms(150) && apart < ns_from_ms(250) ? in_step + 1 : 0;
        if (in_step == 3)
            return true;
    }
    return false;
}

static void polls_stand_a_period_apart(void **state)
{
    peer_listen(0);
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 200);
    start_polling();
    run_until(polls_are_in_step);
}

static void no_two_polls_of_a_device_bear_the_same_moment(void **state)
{
    peer_listen(0);
    bench.coarse_ms = 250;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(five_polls);
    for (size_t i = 1; i < bench.poll_count; i++)
        assert_true(bench.polls[i].time.ms > bench.polls[i - 1].time.ms);
}

static void an_untrusted_clock_leaves_the_wall_time_out(void **state)
{
    peer_listen(0);
    bench.trusted = false;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_false(wall_is_known(last_poll()->time));
    assert_int_equal(last_poll()->quality, QUALITY_NORMAL);
}

static void a_refused_connection_is_a_poll_without_a_value(void **state)
{
    peer_listen(0);
    peer_leave();
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->quality, QUALITY_NO_ANSWER);
    assert_int_equal(last_poll()->cause, CAUSE_REFUSED);
    assert_true(isnan(last_poll()->value));
    assert_false(link_of(0).up);
    assert_int_equal(link_of(0).cause, CAUSE_REFUSED);
    assert_true(wall_is_known(link_of(0).next_attempt));
}

static void a_link_that_comes_back_is_found_by_itself(void **state)
{
    int port;

    peer_listen(0);
    port = bench.port;
    peer_leave();
    add_channel(9);
    add_tcp("127.0.0.1", port);
    add_device(1, 60000);
    start_polling();
    run_until(one_poll);
    peer_listen(port);
    run_until(last_is_good);
    assert_true(last_poll()->value == 9.0);
    assert_true(link_of(0).up);
    assert_int_equal(status_of(0).state, DEVICE_ANSWERING);
}

static void ticks_of_a_lost_link_are_skipped_and_counted(void **state)
{
    peer_listen(0);
    peer_leave();
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    while (bench.poll_count < 2)
        uv_run(&bench.loop, UV_RUN_ONCE);
    assert_true(status_of(0).skipped >= 4); /* a second at 100 ms, less the two attempts */
}

/* A port whose queue of connections is full: the kernel drops every further SYN without a word. */
static struct {
    int listener, waiting[4];
    int port;
} hole;

/* On 127.0.0.`host`; port 0: any. */
static void hole_dig(unsigned host, int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof to;
    const int yes = 1;

    to.sin_addr.s_addr = htonl(0x7F000000 + host);
    hole.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(hole.listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    assert_int_equal(bind(hole.listener, (struct sockaddr *)&to, size), 0);
    assert_int_equal(listen(hole.listener, 0), 0);
    assert_int_equal(getsockname(hole.listener, (struct sockaddr *)&to, &size), 0);
    hole.port = ntohs(to.sin_port);
    for (size_t i = 0; i < sizeof hole.waiting / sizeof hole.waiting[0]; i++) {
        hole.waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(hole.waiting[i], (struct sockaddr *)&to, size);
    }
}

static void hole_fill(void)
{
    for (size_t i = 0; i < sizeof hole.waiting / sizeof hole.waiting[0]; i++)
        close(hole.waiting[i]);
    close(hole.listener);
}

static const struct seen_poll *first_poll_of(size_t device)
{
    for (size_t i = 0; i < bench.poll_count; i++)
        if (bench.polls[i].device == bench.devices[device].id)
            return &bench.polls[i];
    return NULL;
}

static size_t good_polls_before(size_t device, int64_t ns)
{
    size_t count = 0;

    for (size_t i = 0; i < bench.poll_count; i++)
        count += bench.polls[i].device == bench.devices[device].id &&
                 bench.polls[i].quality == QUALITY_NORMAL && bench.polls[i].at_ns < ns;
    return count;
}

static bool second_was_polled(void)
{
    return status_of(1).polls > 0;
}

static void a_black_hole_costs_its_timeout_and_nobody_else_anything(void **state)
{
    const struct seen_poll *lost;
    int64_t begun;

    peer_listen(0);
    hole_dig(1, 0);
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 50);
    add_tcp("127.0.0.1", hole.port)->timeout_ms = 1000;
    add_device(1, 60000);
    begun = clock_mono(clock_system()).ns;
    start_polling();
    run_until(second_was_polled);
    lost = first_poll_of(1);
    assert_int_equal(lost->quality, QUALITY_NO_ANSWER);
    assert_int_equal(lost->cause, CAUSE_TIMEOUT);
    assert_true(isnan(lost->value));
    assert_true(lost->at_ns - begun >= ns_from_ms(1000));
    assert_true(lost->at_ns - begun <
                ns_from_ms(8000)); /* the kernel alone would try for two minutes */
    assert_in_range(good_polls_before(0, lost->at_ns), 8, BENCH_POLLS); /* of 20, at the least */
    assert_int_equal(status_of(0).state, DEVICE_ANSWERING);
    assert_int_equal(link_of(1).cause, CAUSE_TIMEOUT);
    assert_true(wall_is_known(link_of(1).next_attempt));
    hole_fill();
}

static void a_public_address_is_not_asked(void **state)
{
    add_channel(1);
    add_tcp("8.8.8.8", 502);
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->cause, CAUSE_REFUSED);
}

static void a_host_without_an_address_is_unresolved(void **state)
{
    add_channel(1);
    add_tcp("no-such-host.invalid", 502)->timeout_ms = 20000;
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->cause, CAUSE_UNRESOLVED);
}

/* Names below "slow.invalid" are looked up until the test lets them be found, here; the wait has
 * an end so that a loop that waits for them fails a test and does not hang it. */
static sem_t may_be_found;
static const char *moved_to; /* where "moved.invalid" is now */

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    struct timespec until;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (strcmp(host, "moved.invalid") == 0)
        return real(moved_to, service, hints, found);
    if (strcmp(host, "slow.invalid") != 0)
        return real(host, service, hints, found);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    (void)sem_timedwait(&may_be_found, &until);
    return real("127.0.0.1", service, hints, found);
}

static bool second_answers(void)
{
    return status_of(1).state == DEVICE_ANSWERING;
}

static void a_name_server_that_is_slow_holds_up_its_own_link_only(void **state)
{
    const struct seen_poll *lost;

    sem_init(&may_be_found, 0, 0);
    peer_listen(0);
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 50);
    add_tcp("slow.invalid", bench.port)->timeout_ms = 1000;
    add_device(1, 60000);
    start_polling();
    run_until(second_was_polled);
    lost = first_poll_of(1);
    assert_int_equal(lost->cause, CAUSE_TIMEOUT);
    assert_in_range(good_polls_before(0, lost->at_ns), 8, BENCH_POLLS); /* of 20, at the least */
    sem_post(&may_be_found);
    run_until(second_answers); /* with the answer to the attempt before, or a later one */
    sem_post(&may_be_found);
}

/* T27. Where the name pointed at first somebody else's machine drops every SYN. */
static void a_host_that_moved_is_found_at_its_new_address(void **state)
{
    moved_to = "127.0.0.2";
    peer_listen(0);
    hole_dig(2, bench.port);
    add_channel(4);
    add_tcp("moved.invalid", bench.port)->timeout_ms = 300;
    add_device(1, 60000);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->cause, CAUSE_TIMEOUT);
    moved_to = "127.0.0.1";
    run_until(last_is_good);
    hole_fill();
}

static bool link_is_down(void)
{
    return !link_of(0).up;
}

/* T27. Here the old address still takes connections, and never answers. */
static void a_connection_given_up_asks_for_the_name_again(void **state)
{
    moved_to = "127.0.0.1";
    peer_listen(0);
    bench.answer = answer_nothing;
    add_channel(4);
    add_tcp("moved.invalid", bench.port)->timeout_ms = 100;
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    moved_to = "127.0.0.2";
    run_until(link_is_down);
    assert_int_equal(link_of(0).cause, CAUSE_REFUSED); /* nobody listens at the new one yet */
    assert_int_equal(bench.connections, 1);
}

static void a_name_is_resolved_without_holding_the_loop(void **state)
{
    peer_listen(0);
    add_channel(3);
    add_tcp("localhost", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(last_is_good);
    assert_true(last_poll()->value == 3.0);
}

static void a_device_that_goes_silent_is_said_to_be_so_and_found_again(void **state)
{
    peer_listen(0);
    add_channel(1);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 100;
    add_device(1, 100);
    start_polling();
    run_until(last_is_good);
    bench.answer = answer_nothing;
    run_until(device_is_silent);
    assert_int_equal(last_poll()->quality, QUALITY_NO_ANSWER);
    assert_int_equal(last_poll()->cause, CAUSE_TIMEOUT);
    assert_true(isnan(last_poll()->value));
    assert_true(status_of(0).errors[CAUSE_TIMEOUT] >= 2);
    assert_true(status_of(0).skipped >= 1);
    bench.answer = NULL;
    run_until(last_is_good);
    assert_int_equal(status_of(0).state, DEVICE_ANSWERING);
}

static void lose_the_second(struct caller *caller, const uint8_t *request)
{
    if (bench.requests != 2)
        answer_well(caller, request);
}

/* T5, T6: the fault costs its own reading; the next comes a period later, not a backoff later. */
static void one_lost_answer_costs_one_reading(void **state)
{
    peer_listen(0);
    bench.answer = lose_the_second;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 100;
    add_device(1, 100);
    start_polling();
    run_until(five_polls);
    assert_int_equal(bench.polls[0].quality, QUALITY_NORMAL);
    assert_int_equal(bench.polls[1].quality, QUALITY_NO_ANSWER);
    assert_int_equal(bench.polls[2].quality, QUALITY_NORMAL);
    assert_true(bench.polls[2].at_ns - bench.polls[1].at_ns < ns_from_ms(700));
    assert_int_equal(bench.connections, 1);
}

/* The poller's own end of a connection to the peer; -1: there is none. */
static int descriptor_to_peer(void)
{
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_in to;
        socklen_t size = sizeof to;

        if (getpeername(fd, (struct sockaddr *)&to, &size) == 0 && to.sin_family == AF_INET &&
            ntohs(to.sin_port) == bench.port)
            return fd;
    }
    return -1;
}

static int option_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;

    assert_int_equal(getsockopt(fd, level, option, &value, &size), 0);
    return value;
}

/* T3. */
static void a_peer_without_power_is_found_out_by_the_kernel_too(void **state)
{
    int fd;

    peer_listen(0);
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    fd = descriptor_to_peer();
    assert_int_equal(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_in_range(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 1, 60);
    assert_in_range(option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 1000, 60000);
}

static bool a_connection_ended(void)
{
    return bench.ended_with != 0;
}

/* T3. At most two requests wait in a peer that takes bytes and answers nothing, and a reset takes
 * even these back: when it wakes up it has nothing old to answer. */
static void a_silent_peer_is_left_by_reset_after_two_requests(void **state)
{
    peer_listen(0);
    bench.answer = answer_nothing;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 100;
    add_device(1, 100);
    start_polling();
    run_until(a_connection_ended);
    assert_int_equal(bench.ended_with, UV_ECONNRESET);
    assert_int_equal(bench.requests, 2);
}

static uint64_t asked_at;

static void leave_a_hole(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, NULL);
    peer_leave();
    hole_dig(1, bench.port);
}

static void answer_and_leave_later(struct caller *caller, const uint8_t *request)
{
    static uv_timer_t timer;

    if (asked_at != 0)
        return;
    asked_at = uv_hrtime();
    uv_timer_init(&bench.loop, &timer);
    uv_timer_start(&timer, leave_a_hole, 700, 0);
}

/* T3: nor does a connection that breaks and cannot be made again stretch the deadline. */
static void asking_again_over_a_new_connection_has_no_more_time(void **state)
{
    asked_at = 0;
    peer_listen(0);
    bench.answer = answer_and_leave_later;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 1000;
    add_device(1, 60000);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->cause, CAUSE_DISCONNECTED);
    assert_in_range(last_poll()->at_ns - (int64_t)asked_at, ns_from_ms(700), ns_from_ms(1400));
    hole_fill();
}

static void flood(uv_timer_t *timer)
{
    static const uint8_t late[9] = {0x77, 0x77, 0, 0, 0, 3, 1, 0x83, 2};

    for (int i = 0; i < 5000; i++)
        caller_say(timer->data, late, sizeof late);
    uv_close((uv_handle_t *)timer, NULL);
}

static void answer_and_flood_later(struct caller *caller, const uint8_t *request)
{
    static uv_timer_t timer;

    answer_well(caller, request);
    uv_timer_init(&bench.loop, &timer);
    timer.data = caller;
    uv_timer_start(&timer, flood, 100, 0);
}

/* T30. The poll is over when the flood comes: nobody would have looked before the next one. */
static void a_peer_that_floods_unasked_is_hung_up_at_once(void **state)
{
    peer_listen(0);
    bench.answer = answer_and_flood_later;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 24 * 3600 * 1000);
    start_polling();
    run_until(a_connection_ended);
    assert_int_equal(bench.requests, 1);
    assert_int_equal(bench.polls[0].quality, QUALITY_NORMAL);
}

static void hang_up_when_idle(struct caller *caller, const uint8_t *request)
{
    answer_well(caller, request);
    caller_close(caller);
}

static void a_peer_that_closes_idle_connections_costs_no_reading(void **state)
{
    peer_listen(0);
    bench.answer = hang_up_when_idle;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(five_polls);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(bench.polls[i].quality, QUALITY_NORMAL);
    assert_true(bench.connections >= 5);
}

static bool hung_up;

static void hang_up_once_unheard(struct caller *caller, const uint8_t *request)
{
    if (!hung_up)
        caller_close(caller);
    else
        answer_well(caller, request);
    hung_up = true;
}

static void a_connection_that_breaks_unheard_is_asked_again_in_the_same_poll(void **state)
{
    hung_up = false;
    peer_listen(0);
    bench.answer = hang_up_once_unheard;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(bench.polls[0].quality, QUALITY_NORMAL);
    assert_int_equal(bench.connections, 2);
}

static void hang_up_always(struct caller *caller, const uint8_t *request)
{
    caller_close(caller);
}

static void a_connection_that_always_breaks_is_disconnected(void **state)
{
    peer_listen(0);
    bench.answer = hang_up_always;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->quality, QUALITY_NO_ANSWER);
    assert_int_equal(last_poll()->cause, CAUSE_DISCONNECTED);
    assert_int_equal(bench.connections, 2);
}

static void say_surplus(struct caller *caller, const uint8_t *request)
{
    uint8_t answer[300];
    size_t size = right_answer(request, 0, answer);

    memcpy(answer + size, "\xDE\xAD\xBE\xEF", 4);
    caller_say(caller, answer, size + 4);
}

static void surplus_bytes_cost_a_new_connection_and_no_reading(void **state)
{
    peer_listen(0);
    bench.answer = say_surplus;
    add_channel(12);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(five_polls);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(bench.polls[i].quality, QUALITY_NORMAL);
        assert_true(bench.polls[i].value == 12.0);
    }
    assert_int_equal(bench.connections, 5);
}

static void answer_wrong_unit(struct caller *caller, const uint8_t *request)
{
    uint8_t answer[300];
    size_t size = right_answer(request, 0, answer);

    answer[6] = 77;
    caller_say(caller, answer, size);
}

static void another_units_answer_is_never_ours(void **state)
{
    peer_listen(0);
    bench.answer = answer_wrong_unit;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 100;
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->quality, QUALITY_NO_ANSWER);
    assert_int_equal(last_poll()->cause, CAUSE_WRONG_UNIT);
}

static void refuse_gaps(struct caller *caller, const uint8_t *request)
{
    if (request[11] > 1)
        answer_exception(caller, request, 2);
    else
        answer_well(caller, request);
}

static void a_device_that_refuses_gaps_is_read_without_them_from_then_on(void **state)
{
    peer_listen(0);
    bench.answer = refuse_gaps;
    bench.profile.max_gap = 10;
    add_channel(1);
    add_channel(5);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(five_polls);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(bench.polls[i].quality, QUALITY_NORMAL);
    assert_int_equal(bench.requests, 1 + 5 * 2);
    assert_int_equal(status_of(0).state, DEVICE_ANSWERING);
}

static void keep_silent_over_gaps(struct caller *caller, const uint8_t *request)
{
    if (request[11] == 1)
        answer_well(caller, request);
}

static void a_device_that_is_silent_over_gaps_is_read_without_them_from_then_on(void **state)
{
    peer_listen(0);
    bench.answer = keep_silent_over_gaps;
    bench.profile.max_gap = 10;
    add_channel(1);
    add_channel(5);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 300;
    add_device(1, 100);
    start_polling();
    run_until(five_polls);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(bench.polls[i].quality, QUALITY_NORMAL);
    assert_int_equal(bench.requests, 1 + 5 * 2);
}

static void gaps_that_have_worked_are_not_blamed_for_a_timeout(void **state)
{
    peer_listen(0);
    bench.answer = lose_the_second;
    bench.profile.max_gap = 10;
    add_channel(1);
    add_channel(5);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 300;
    add_device(1, 100);
    start_polling();
    run_until(five_polls);
    assert_int_equal(bench.polls[1].quality, QUALITY_NO_ANSWER);
    assert_int_equal(bench.polls[1].cause, CAUSE_TIMEOUT);
    assert_int_equal(bench.polls[4].quality, QUALITY_NORMAL);
    assert_int_equal(bench.requests, 5); /* a read through the gap each, the lost one too */
}

static void refuse_all(struct caller *caller, const uint8_t *request)
{
    answer_exception(caller, request, 2);
}

static void a_device_that_refuses_everything_is_refusing(void **state)
{
    peer_listen(0);
    bench.answer = refuse_all;
    add_channel(1);
    add_channel(50);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(status_of(0).state, DEVICE_REFUSING);
    assert_int_equal(last_poll()->cause, CAUSE_EXCEPTION_1 + 1);
    assert_int_equal(last_poll()->last_cause, CAUSE_EXCEPTION_1 + 1);
    assert_int_equal(bench.requests, 2);
}

static size_t asked_of_first, asked_of_last;

/* The block at 1 does not exist, that at 50 does; `code`s differ in what a person does. */
static void refuse_first_for_good(struct caller *caller, const uint8_t *request)
{
    asked_of_first += request[9] == 1;
    asked_of_last += request[9] == 50;
    if (request[9] == 1)
        answer_exception(caller, request, (uint8_t)(1 + bench.requests % 3));
    else
        answer_well(caller, request);
}

static bool last_asked_ten_times(void)
{
    return asked_of_last >= 10;
}

static bool first_refused_again(void)
{
    const struct device_status status = status_of(0);

    return status.errors[CAUSE_EXCEPTION_1] + status.errors[CAUSE_EXCEPTION_1 + 1] +
               status.errors[CAUSE_EXCEPTION_1 + 2] >
           3;
}

static bool last_is_whole(void)
{
    return bench.poll_count > 0 && last_poll()->cause == CAUSE_NONE &&
           last_poll()->last_cause == CAUSE_NONE;
}

/* T18. */
static void what_a_device_refuses_for_good_is_asked_seldom_and_the_rest_at_its_period(void **state)
{
    peer_listen(0);
    bench.answer = refuse_first_for_good;
    asked_of_first = asked_of_last = 0;
    add_channel(1);
    add_channel(50);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 50);
    start_polling();
    run_until(last_asked_ten_times);
    assert_int_equal(asked_of_first, 3); /* a device may refuse while it starts */
    assert_int_equal(last_poll()->quality, QUALITY_NO_ANSWER);
    assert_in_range(last_poll()->cause, CAUSE_EXCEPTION_1, CAUSE_EXCEPTION_1 + 2);
    assert_int_equal(last_poll()->last_cause, CAUSE_NONE);
    assert_int_equal(status_of(0).state, DEVICE_ANSWERING);
    bench.ahead_ns = ns_from_ms(5 * 60 * 1000 + 1000);
    run_until(first_refused_again);
    bench.answer = NULL; /* the register is there after all */
    bench.ahead_ns *= 2;
    run_until(last_is_whole);
}

static void refuse_unit_one(struct caller *caller, const uint8_t *request)
{
    asked_of_first += request[6] == 1;
    asked_of_last += request[6] == 2;
    if (request[6] == 1)
        answer_exception(caller, request, 2);
    else
        answer_well(caller, request);
}

/* T18. The other one keeps the clock going. */
static void a_device_that_refuses_everything_is_asked_every_five_minutes(void **state)
{
    int64_t wait_ms;

    peer_listen(0);
    bench.answer = refuse_unit_one;
    asked_of_first = asked_of_last = 0;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 50);
    add_device(2, 50);
    start_polling();
    run_until(last_asked_ten_times);
    assert_int_equal(asked_of_first, 3);
    assert_int_equal(status_of(0).state, DEVICE_REFUSING);
    wait_ms = status_of(0).next_attempt.ms - wall_ahead(NULL).ms;
    assert_in_range(wait_ms, 4 * 60 * 1000, 5 * 60 * 1000 + 100);
    bench.answer = NULL;
    bench.ahead_ns = ns_from_ms(5 * 60 * 1000 + 1000);
    while (status_of(0).state != DEVICE_ANSWERING)
        uv_run(&bench.loop, UV_RUN_ONCE);
    asked_of_first = status_of(0).polls;
    assert_in_range(status_of(0).skipped, 5900, 6100); /* five minutes at 50 ms */
    while (status_of(0).polls < asked_of_first + 5)    /* at its period again */
        uv_run(&bench.loop, UV_RUN_ONCE);
}

static void fail_for_now(struct caller *caller, const uint8_t *request)
{
    answer_exception(caller, request, bench.requests % 2 == 0 ? 4 : 8);
}

/* T19. */
static void a_failure_of_the_device_itself_is_asked_again_at_its_period(void **state)
{
    peer_listen(0);
    bench.answer = fail_for_now;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 50);
    start_polling();
    run_until(five_polls);
    bench.answer = NULL;
    run_until(last_is_good);
    assert_int_equal(status_of(0).state, DEVICE_ANSWERING);
    assert_true(bench.poll_count < 20);
}

static bool all_three_known(void)
{
    return status_of(2).state == DEVICE_SILENT && status_of(0).polls >= 10;
}

/* What a gateway says of unit 3, which is not there; and of unit 2, whose line is not. */
static void answer_as_gateway(struct caller *caller, const uint8_t *request)
{
    if (request[6] == 1)
        answer_well(caller, request);
    else
        answer_exception(caller, request, request[6] == 2 ? 10 : 11);
}

/* T22. */
static void
a_unit_missing_behind_a_gateway_costs_neither_the_connection_nor_the_others(void **state)
{
    peer_listen(0);
    bench.answer = answer_as_gateway;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    for (uint8_t unit = 1; unit <= 3; unit++)
        add_device(unit, 100);
    start_polling();
    run_until(all_three_known);
    assert_int_equal(bench.connections, 1);
    assert_int_equal(status_of(0).state, DEVICE_ANSWERING);
    assert_int_equal(status_of(1).readings[0].cause, CAUSE_EXCEPTION_1 + 9);
    assert_int_equal(status_of(2).readings[0].cause, CAUSE_EXCEPTION_11);
    assert_in_range(status_of(1).polls + status_of(2).polls, 2, 6); /* of 20 ticks: backed off */
    assert_int_equal(status_of(0).errors[CAUSE_EXCEPTION_11], 0);
}

static uint8_t held[64];
static size_t held_size;

/* Two requests wait for each other: each is answered with what belongs to the other. */
static void swap_units(struct caller *caller, const uint8_t *request)
{
    uint8_t answer[300];
    size_t size = right_answer(request, 100u * request[6], answer);

    if (held_size > 0) {
        memcpy(held, request, 2); /* the other unit's answer, under this transaction */
        caller_say(caller, held, held_size);
    }
    memcpy(held, answer, size);
    held_size = size;
}

/* T24. */
static void answers_of_two_units_swapped_by_a_gateway_are_neithers(void **state)
{
    peer_listen(0);
    bench.answer = swap_units;
    held_size = 0;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 100;
    add_device(1, 200);
    add_device(2, 200);
    start_polling();
    while (status_of(0).errors[CAUSE_WRONG_UNIT] + status_of(1).errors[CAUSE_WRONG_UNIT] < 2)
        uv_run(&bench.loop, UV_RUN_ONCE);
    for (size_t i = 0; i < bench.poll_count; i++)
        if (bench.polls[i].quality == QUALITY_NORMAL)
            assert_true(bench.polls[i].value == 1.0 + 100 * (bench.polls[i].device - 99));
}

static void refuse_first_block(struct caller *caller, const uint8_t *request)
{
    if (request[9] == 1)
        answer_exception(caller, request, 4);
    else
        answer_well(caller, request);
}

static void an_exception_hurts_its_own_block_only(void **state)
{
    peer_listen(0);
    bench.answer = refuse_first_block;
    add_channel(1);
    add_channel(50);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->cause, CAUSE_EXCEPTION_1 + 3);
    assert_int_equal(last_poll()->last_cause, CAUSE_NONE);
    assert_int_equal(last_poll()->raw_size, 5 + 2);
}

static void answer_first_block(struct caller *caller, const uint8_t *request)
{
    if (request[9] == 1)
        answer_well(caller, request);
}

static void after_a_timeout_the_rest_of_the_poll_is_not_asked(void **state)
{
    peer_listen(0);
    bench.answer = answer_nothing;
    add_channel(1);
    add_channel(50);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 100;
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(bench.requests, 1);
    assert_int_equal(last_poll()->cause, CAUSE_TIMEOUT);
    assert_int_equal(last_poll()->last_cause, CAUSE_TIMEOUT);
    bench.answer = answer_first_block;
    run_until(last_is_good);
    assert_int_equal(last_poll()->last_cause, CAUSE_TIMEOUT);
}

static size_t busy_times;

static void be_busy(struct caller *caller, const uint8_t *request)
{
    if (busy_times > 0)
        answer_exception(caller, request, 6);
    else
        answer_well(caller, request);
    busy_times -= busy_times > 0;
}

static void a_busy_device_is_asked_again_within_the_poll(void **state)
{
    peer_listen(0);
    bench.answer = be_busy;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 60000);
    busy_times = 2;
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->quality, QUALITY_NORMAL);
    assert_int_equal(bench.requests, 3);
}

static void a_device_that_stays_busy_is_busy(void **state)
{
    peer_listen(0);
    bench.answer = be_busy;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 60000);
    busy_times = 3;
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->quality, QUALITY_NO_ANSWER);
    assert_int_equal(last_poll()->cause, CAUSE_BUSY);
    assert_int_equal(bench.requests, 3);
}

static void without_room_a_poll_is_not_begun_and_its_tick_counted(void **state)
{
    peer_listen(0);
    bench.no_room = true;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    while (bench.skipped_for_room < 3)
        uv_run(&bench.loop, UV_RUN_ONCE);
    assert_int_equal(bench.requests, 0);
    assert_int_equal(bench.poll_count, 0);
    assert_true(status_of(0).skipped >= 3);
    bench.no_room = false;
    run_until(last_is_good);
}

static uint8_t first_count;

static void note_first(struct caller *caller, const uint8_t *request)
{
    if (bench.requests == 1)
        first_count = request[11];
    answer_well(caller, request);
}

static void the_wake_step_of_no_registers_goes_first(void **state)
{
    first_count = 99;
    peer_listen(0);
    bench.answer = note_first;
    bench.profile.has_wake = true;
    bench.profile.wake_area = AREA_HOLDING_REGISTER;
    bench.profile.wake_address = 0x2500;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(first_count, 0);
    assert_int_equal(bench.requests, 2);
    assert_int_equal(last_poll()->quality, QUALITY_NORMAL);
}

static void a_probe_that_warms_up_is_not_good_yet(void **state)
{
    peer_listen(0);
    bench.profile.warm_up_ms = 600;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->quality, QUALITY_FAULT);
    assert_int_equal(last_poll()->cause, CAUSE_WARMING_UP);
    run_until(last_is_good);
}

static bool all_units_asked(void)
{
    return status_of(0).polls > 0 && status_of(1).polls > 0 && status_of(2).polls > 0;
}

static void devices_of_one_connection_share_it_in_turn(void **state)
{
    uint64_t before[3];

    peer_listen(0);
    add_channel(1);
    add_tcp("127.0.0.1", bench.port);
    for (uint8_t unit = 1; unit <= 3; unit++)
        add_device(unit, 0);
    start_polling();
    run_until(all_units_asked);
    for (size_t i = 0; i < 3; i++)
        before[i] = status_of(i).polls;
    while (status_of(0).polls < before[0] + 100)
        uv_run(&bench.loop, UV_RUN_ONCE);
    assert_int_equal(bench.connections, 1);
    for (size_t i = 0; i < 3; i++)
        assert_in_range(status_of(i).polls - before[i], 98, 101);
}

/* Unit 3 is dead. */
static void answer_but_three(struct caller *caller, const uint8_t *request)
{
    if (request[6] != 3)
        answer_well(caller, request);
}

static bool third_is_silent(void)
{
    return status_of(2).state == DEVICE_SILENT && status_of(2).errors[CAUSE_TIMEOUT] >= 2;
}

/* Where its last poll stands in bench.polls. */
static size_t last_poll_of(size_t device)
{
    size_t last = 0;

    for (size_t i = 1; i < bench.poll_count; i++)
        if (bench.polls[i].device == bench.devices[device].id)
            last = i;
    return last;
}

/* What asking it took lies between the timeout and the time since the poll before it, however busy
 * the machine is. */
static void a_dead_unit_takes_a_twentieth_of_a_shared_line_at_most(void **state)
{
    const struct seen_poll *asked;
    int64_t wait_ms, took_ms;

    peer_listen(0);
    bench.answer = answer_but_three;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 200;
    for (uint8_t unit = 1; unit <= 3; unit++)
        add_device(unit, 100);
    start_polling();
    run_until(third_is_silent);
    asked = &bench.polls[last_poll_of(2)];
    took_ms = (asked->at_ns - asked[-1].at_ns) / 1000000 + 1;
    wait_ms = status_of(2).next_attempt.ms - asked->time.ms;
    assert_in_range(wait_ms, 19 * 200 - 30, 19 * took_ms + 30); /* 30: clocks and grid */
}

static bool all_are_silent(void)
{
    return status_of(0).state == DEVICE_SILENT && status_of(1).state == DEVICE_SILENT;
}

static bool both_answer(void)
{
    return status_of(0).state == DEVICE_ANSWERING && status_of(1).state == DEVICE_ANSWERING;
}

static void the_first_answer_on_a_dead_line_makes_all_due(void **state)
{
    size_t first;

    peer_listen(0);
    bench.answer = answer_nothing;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 50;
    add_device(1, 100);
    add_device(2, 100);
    start_polling();
    while (!all_are_silent() || status_of(0).errors[CAUSE_TIMEOUT] < 3)
        uv_run(&bench.loop, UV_RUN_ONCE);
    bench.answer = NULL;
    run_until(last_is_good);
    first = bench.poll_count;
    run_until(both_answer);
    assert_in_range(bench.poll_count - first, 1, 3); /* the other is next, not a backoff later */
}

static bool everyone_answered(void)
{
    for (size_t i = 0; i < bench.device_count; i++)
        if (status_of(i).state != DEVICE_ANSWERING)
            return false;
    return true;
}

static void descriptors_beyond_a_thousand_are_ordinary(void **state)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < 2500)
        skip();
    peer_listen(0);
    add_channel(1);
    for (size_t i = 0; i < 1100; i++) {
        add_tcp("127.0.0.1", bench.port)->timeout_ms = 10000;
        add_device(1, 1000);
    }
    start_polling();
    run_until(everyone_answered);
    assert_int_equal(bench.connections, 1100);
}

#define poller_test(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        poller_test(a_device_that_answers_gives_good_readings_and_its_raw_words),
        poller_test(answers_are_counted_by_their_time_and_ticks_by_how_late_they_were_asked),
        poller_test(what_cannot_be_sent_is_neither_an_answer_nor_late),
        poller_test(polls_stand_a_period_apart),
        poller_test(no_two_polls_of_a_device_bear_the_same_moment),
        poller_test(an_untrusted_clock_leaves_the_wall_time_out),
        poller_test(a_refused_connection_is_a_poll_without_a_value),
        poller_test(a_link_that_comes_back_is_found_by_itself),
        poller_test(ticks_of_a_lost_link_are_skipped_and_counted),
        poller_test(a_black_hole_costs_its_timeout_and_nobody_else_anything),
        poller_test(a_public_address_is_not_asked),
        poller_test(a_host_without_an_address_is_unresolved),
        poller_test(a_name_server_that_is_slow_holds_up_its_own_link_only),
        poller_test(a_host_that_moved_is_found_at_its_new_address),
        poller_test(a_connection_given_up_asks_for_the_name_again),
        poller_test(one_lost_answer_costs_one_reading),
        poller_test(a_peer_without_power_is_found_out_by_the_kernel_too),
        poller_test(a_silent_peer_is_left_by_reset_after_two_requests),
        poller_test(asking_again_over_a_new_connection_has_no_more_time),
        poller_test(a_peer_that_floods_unasked_is_hung_up_at_once),
        poller_test(a_name_is_resolved_without_holding_the_loop),
        poller_test(a_device_that_goes_silent_is_said_to_be_so_and_found_again),
        poller_test(a_peer_that_closes_idle_connections_costs_no_reading),
        poller_test(a_connection_that_breaks_unheard_is_asked_again_in_the_same_poll),
        poller_test(a_connection_that_always_breaks_is_disconnected),
        poller_test(surplus_bytes_cost_a_new_connection_and_no_reading),
        poller_test(another_units_answer_is_never_ours),
        poller_test(a_device_that_refuses_gaps_is_read_without_them_from_then_on),
        poller_test(a_device_that_is_silent_over_gaps_is_read_without_them_from_then_on),
        poller_test(gaps_that_have_worked_are_not_blamed_for_a_timeout),
        poller_test(a_device_that_refuses_everything_is_refusing),
        poller_test(what_a_device_refuses_for_good_is_asked_seldom_and_the_rest_at_its_period),
        poller_test(a_device_that_refuses_everything_is_asked_every_five_minutes),
        poller_test(a_failure_of_the_device_itself_is_asked_again_at_its_period),
        poller_test(a_unit_missing_behind_a_gateway_costs_neither_the_connection_nor_the_others),
        poller_test(answers_of_two_units_swapped_by_a_gateway_are_neithers),
        poller_test(an_exception_hurts_its_own_block_only),
        poller_test(after_a_timeout_the_rest_of_the_poll_is_not_asked),
        poller_test(a_busy_device_is_asked_again_within_the_poll),
        poller_test(a_device_that_stays_busy_is_busy),
        poller_test(without_room_a_poll_is_not_begun_and_its_tick_counted),
        poller_test(the_wake_step_of_no_registers_goes_first),
        poller_test(a_probe_that_warms_up_is_not_good_yet),
        poller_test(devices_of_one_connection_share_it_in_turn),
        poller_test(a_dead_unit_takes_a_twentieth_of_a_shared_line_at_most),
        poller_test(the_first_answer_on_a_dead_line_makes_all_due),
        poller_test(descriptors_beyond_a_thousand_are_ordinary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
