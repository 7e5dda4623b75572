/* Tests of the poller: who answers, and devices that sleep or have to be woken. Names say what must
 * hold. */
#include "poller_bench.h"

enum { MODEL = 50, SERIAL = 60 };

/* How often a register was asked for, what it says, and whether the peer is deaf to it. */
static unsigned asked[100];
static uint16_t serial, serial_step; /* changes by so much each time it is said */
static unsigned deaf;                /* so many requests are not answered */
static bool deaf_to_names;
static int64_t woken_at, data_at;
static unsigned findings;
static enum identity_verdict last_verdict;
static bool last_is_news;
static char last_is[IDENTITY_TEXT];

static void answer(struct caller *caller, const uint8_t *request)
{
    unsigned address = (unsigned)(request[8] << 8 | request[9]);
    unsigned count = (unsigned)(request[10] << 8 | request[11]);
    uint8_t right[300];

    if (address < 100)
        asked[address]++;
    if (count == 0) {
        const uint8_t awake[] = {request[0], request[1], 0, 0, 0, 3, request[6], request[7], 0};

        woken_at = (int64_t)uv_hrtime();
        caller_say(caller, awake, sizeof awake);
        return;
    }
    if (data_at == 0)
        data_at = (int64_t)uv_hrtime();
    if (deaf > 0) {
        deaf--;
        return;
    }
    if (deaf_to_names && address >= MODEL)
        return;
    if (address == SERIAL) {
        size_t size = right_answer(request, 0, right);

        right[size - 2] = (uint8_t)(serial >> 8);
        right[size - 1] = (uint8_t)serial;
        serial = (uint16_t)(serial + serial_step);
        caller_say(caller, right, size);
        return;
    }
    answer_well(caller, request);
}

static void identified(void *self, size_t index, const struct identity_finding *finding)
{
    findings++;
    last_verdict = finding->verdict;
    last_is_news = finding->is_news;
    snprintf(last_is, sizeof last_is, "%s", finding->is);
}

static int set_up(void **state)
{
    memset(asked, 0, sizeof asked);
    serial = 7;
    serial_step = 0;
    deaf = 0;
    deaf_to_names = false;
    woken_at = data_at = 0;
    findings = 0;
    return bench_set_up(state);
}

static void start(int64_t every_ms)
{
    struct poller_setup setup;
    struct error err = {0};

    bench.answer = answer;
    add_channel(1);
    add_tcp("127.0.0.1", bench.port)->timeout_ms = 200;
    add_device(1, every_ms);
    setup = bench_setup();
    setup.identified = identified;
    bench.poller = poller_new(&bench.loop, &setup, &err);
    if (bench.poller == NULL)
        fail_msg("%s", err.text);
    poller_start(bench.poller);
}

static void have_identity(void)
{
    bench.profile.identity[0] = (struct identity_item){.name = "model",
                                                       .area = AREA_HOLDING_REGISTER,
                                                       .address = MODEL,
                                                       .words = 1,
                                                       .type = WORDS_UINT16,
                                                       .expect = "50"};
    bench.profile.identity[1] = (struct identity_item){.name = "serial_number",
                                                       .area = AREA_HOLDING_REGISTER,
                                                       .address = SERIAL,
                                                       .words = 1,
                                                       .type = WORDS_UINT16};
    bench.profile.identity_count = 2;
}

static size_t wanted_polls;

static bool so_many_polls(void)
{
    return bench.poll_count >= wanted_polls;
}

static void run_polls(size_t more)
{
    wanted_polls = bench.poll_count + more;
    run_until(so_many_polls);
}

static void a_device_is_asked_who_it_is_once_a_connection(void **state)
{
    peer_listen(0);
    have_identity();
    start(20);
    run_polls(5);
    assert_int_equal(asked[SERIAL], 1);
    assert_int_equal(findings, 1);
    assert_true(last_is_news);
    assert_string_equal(last_is, "model=50; serial_number=7");
    peer_hang_up();
    run_polls(3);
    assert_int_equal(asked[SERIAL], 2);
    assert_int_equal(asked[MODEL], 2);
    assert_int_equal(findings, 1); /* it is who it was */
    assert_int_equal(last_poll()->quality, QUALITY_NORMAL);
}

/* A profile that takes a measurement for a serial number; two instruments that answer in turn. */
static void one_that_is_another_each_time_is_told_a_few_times_an_hour_and_not_believed(void **state)
{
    peer_listen(0);
    have_identity();
    serial_step = 1;
    start(20);
    run_polls(1);
    peer_hang_up();
    run_polls(40);
    assert_in_range(asked[SERIAL], 30, 50);
    assert_in_range(findings, 2, 12);
    assert_int_equal(last_verdict, IDENTITY_CHANGED);
    serial_step = 0;
    serial = 7; /* the one it should be: for how long? */
    run_polls(2);
    assert_int_equal(last_poll()->quality, QUALITY_FAULT);
    bench.ahead_ns = ns_from_ms(3700 * 1000);
    run_polls(3);
    assert_int_equal(last_poll()->quality, QUALITY_NORMAL);
    assert_int_equal(last_verdict, IDENTITY_RIGHT);
}

/* Behind a gateway another unit may answer while the connection stands. */
static void it_is_asked_again_after_an_hour_at_the_latest(void **state)
{
    peer_listen(0);
    have_identity();
    start(20);
    run_polls(2);
    serial = 8;
    run_polls(2);
    assert_int_equal(asked[SERIAL], 1);
    bench.ahead_ns = ns_from_ms(3600000 + 1000);
    run_polls(2);
    assert_true(asked[SERIAL] >= 2);
    assert_int_equal(bench.connections, 1);
    assert_int_equal(last_verdict, IDENTITY_CHANGED);
    assert_int_equal(last_poll()->cause, CAUSE_IDENTITY_CHANGED);
    assert_int_equal(status_of(0).state, DEVICE_CHANGED);
}

static bool is_good(void)
{
    return bench.poll_count > 0 && last_poll()->quality == QUALITY_NORMAL;
}

static void the_poll_that_finds_the_right_one_back_is_not_yet_believed(void **state)
{
    size_t before;

    peer_listen(0);
    have_identity();
    serial = 8;
    start(20);
    run_polls(1);
    assert_true(is_good());
    serial = 9;
    peer_hang_up();
    run_polls(2);
    assert_int_equal(last_poll()->cause, CAUSE_IDENTITY_CHANGED);
    assert_int_equal(findings, 2);
    serial = 8;
    before = bench.poll_count;
    run_until(is_good);
    assert_true(bench.poll_count >= before + 2); /* its words came before its name */
    assert_int_equal(last_verdict, IDENTITY_RIGHT);
    assert_int_equal(findings, 3);
    assert_int_equal(status_of(0).state, DEVICE_ANSWERING);
}

static void a_withheld_value_is_absent_and_a_fault_and_its_words_are_kept(void **state)
{
    peer_listen(0);
    have_identity();
    bench.profile.identity[0].expect[0] = '9';
    start(20);
    run_polls(1);
    assert_int_equal(last_verdict, IDENTITY_OTHER_MODEL);
    assert_int_equal(last_poll()->quality, QUALITY_FAULT);
    assert_int_equal(last_poll()->cause, CAUSE_IDENTITY_CHANGED);
    assert_true(isnan(last_poll()->value));
    assert_int_equal(last_poll()->raw_size, 5 + 2);
}

static void a_dead_device_costs_no_more_for_its_identity(void **state)
{
    peer_listen(0);
    have_identity();
    deaf = 1;
    start(60000);
    run_polls(1);
    assert_int_equal(bench.requests, 1);
    assert_int_equal(asked[SERIAL], 0);
}

static void silence_at_its_identity_costs_one_timeout_a_poll_and_three_polls_an_hour(void **state)
{
    peer_listen(0);
    have_identity();
    deaf_to_names = true;
    start(20);
    run_polls(6);
    assert_int_equal(asked[MODEL], 3);
    assert_int_equal(asked[SERIAL], 0);
    assert_true(is_good()); /* it is no change */
    assert_int_equal(findings, 0);
}

static void a_sleeper_that_misses_its_first_request_has_not_failed(void **state)
{
    peer_listen(0);
    bench.profile.first_tries = 1;
    bench.profile.first_pause_ms = 20;
    deaf = 1;
    start(60000);
    run_polls(1);
    assert_true(is_good());
    assert_int_equal(bench.requests, 2);
    assert_true(status_of(0).errors[CAUSE_TIMEOUT] == 0);
}

static void without_such_a_habit_a_missed_request_is_a_failed_poll(void **state)
{
    peer_listen(0);
    deaf = 1;
    start(60000);
    run_polls(1);
    assert_int_equal(last_poll()->quality, QUALITY_NO_ANSWER);
    assert_int_equal(bench.requests, 1);
}

static void a_sleeper_that_is_dead_is_asked_so_often_and_not_more(void **state)
{
    peer_listen(0);
    bench.profile.first_tries = 2;
    deaf = 1000;
    start(60000);
    run_polls(1);
    assert_int_equal(last_poll()->quality, QUALITY_NO_ANSWER);
    assert_int_equal(last_poll()->cause, CAUSE_TIMEOUT);
    assert_int_equal(bench.requests, 3);
}

static void data_is_asked_for_when_the_woken_device_is_ready(void **state)
{
    peer_listen(0);
    bench.profile.has_wake = true;
    bench.profile.wake_area = AREA_HOLDING_REGISTER;
    bench.profile.wake_address = 90;
    bench.profile.wake_wait_ms = 150;
    start(60000);
    run_polls(1);
    assert_true(is_good());
    assert_int_equal(asked[90], 1);
    assert_true(data_at - woken_at >= ns_from_ms(149));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_device_is_asked_who_it_is_once_a_connection),
        TEST(one_that_is_another_each_time_is_told_a_few_times_an_hour_and_not_believed),
        TEST(it_is_asked_again_after_an_hour_at_the_latest),
        TEST(the_poll_that_finds_the_right_one_back_is_not_yet_believed),
        TEST(a_withheld_value_is_absent_and_a_fault_and_its_words_are_kept),
        TEST(a_dead_device_costs_no_more_for_its_identity),
        TEST(silence_at_its_identity_costs_one_timeout_a_poll_and_three_polls_an_hour),
        TEST(a_sleeper_that_misses_its_first_request_has_not_failed),
        TEST(without_such_a_habit_a_missed_request_is_a_failed_poll),
        TEST(a_sleeper_that_is_dead_is_asked_so_often_and_not_more),
        TEST(data_is_asked_for_when_the_woken_device_is_ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
