/* Tests of output/mqtt_courier.c and mqtt.c against a broker on loopback that behaves as scripted.
 * Names say what must hold; the file reads as its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/output/memory_source.h"
#include "unit/output/pushed_clock.h"
#include "unit/output/scripted_broker.h"

/* Paho 1.3.12 now and then keeps the messages that were in flight when a broker hung up (about 200
 * bytes each, in a list of its own that nobody holds): not ours to free. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpaho-mqtt3as";
}

#define ROOT    "lookback/zj-01/"
#define READING ROOT "reading/chuanyang-03/sonde"

static struct output_setup output;
static struct notices *notices;
static struct sender *sender;

static bool start(struct error *err)
{
    struct sender_setup setup = {
        .output = &output, .catalog = &town, .notices = notices, .clock = &pushed};

    snprintf(output.url, sizeof output.url, "mqtt://127.0.0.1:%d", broker.port);
    sender = sender_start_on(&setup, &memory_source, err);
    return sender != NULL;
}

struct wanted {
    const char *topic, *holds;
    unsigned times;
};

static bool was_heard(void *self)
{
    const struct wanted *wanted = self;

    return broker_heard(wanted->topic, wanted->holds, NULL) >= wanted->times;
}

static bool hears(const char *topic, const char *holds, unsigned times)
{
    struct wanted wanted = {topic, holds, times};

    return comes_true(was_heard, &wanted);
}

static bool cursor_comes_to(uint64_t seq)
{
    return comes_true(cursor_is_at, &seq);
}

static bool state_is(void *state)
{
    struct sender_status status;

    sender_status(sender, &status);
    return status.state == *(enum sender_state *)state;
}

static struct sender_status status_once(enum sender_state state)
{
    struct sender_status status;

    assert_true(comes_true(state_is, &state));
    sender_status(sender, &status);
    return status;
}

static void every_poll_is_one_message_and_the_cursor_follows_the_confirmations(void **state)
{
    struct published last = {0};

    memory_fill(1000);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(1000));
    assert_int_equal(broker_heard(READING, NULL, &last), 1000);
    assert_string_equal(last.payload, "{\"seq\":1000,\"time\":\"2026-09-21T14:29:59.000Z\","
                                      "\"values\":{\"ph\":8},\"quality\":{\"ph\":\"N\"},"
                                      "\"cause\":{}}");
    assert_false(last.retained);
    assert_int_equal(status_once(SENDER_OK).sent, 1000);
    memory_grow(2);
    assert_true(cursor_comes_to(1002));
}

static void a_connection_begins_with_status_devices_and_a_will(void **state)
{
    struct published last = {0};

    memory_fill(1);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(1));
    assert_string_equal(broker.client_id, "lookback-zj-01-town");
    assert_string_equal(broker.will_topic, ROOT "status");
    assert_string_equal(broker.will, "{\"state\":\"offline\"}");
    assert_int_equal(broker.connect_flags & 0x3E, 0x02 | 0x04 | 0x08 | 0x20); /* clean, kept will */
    assert_int_equal(broker.keepalive, 60);
    assert_int_equal(broker_heard(ROOT "status", "\"state\":\"online\"", &last), 1);
    assert_true(last.retained);
    assert_int_equal(broker_heard(ROOT "device/chuanyang-03/sonde", "\"simulated\":true", &last),
                     1);
    assert_true(last.retained);
    assert_int_equal(broker_heard(ROOT "device/dock/probe", NULL, &last), 1);
    assert_string_equal(last.payload, ""); /* left the settings */
    assert_true(last.retained);
}

static bool goodbye_was_said(void *self)
{
    return broker.said_goodbye;
}

static void a_clean_stop_says_offline_and_goodbye(void **state)
{
    struct published last = {0};

    memory_fill(1);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(1));
    sender_stop(sender);
    sender = NULL;
    assert_int_equal(broker_heard(ROOT "status", "{\"state\":\"offline\"}", &last), 1);
    assert_true(last.retained);
    assert_true(comes_true(goodbye_was_said, NULL)); /* so the will is not needed */
}

static void a_stop_waits_for_a_broker_that_is_slow(void **state)
{
    memory_fill(10);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(10));
    broker.slow_ms = 60;
    memory_grow(10);
    assert_true(hears(READING, NULL, 12)); /* the others are on their way */
    sender_stop(sender);
    sender = NULL;
    assert_int_equal(memory.highest, 20);
    assert_int_equal(broker_heard(ROOT "status", "{\"state\":\"offline\"}", NULL), 1);
    assert_true(comes_true(goodbye_was_said, NULL));
}

static void a_broker_that_confirms_nothing_still_gets_the_last_word(void **state)
{
    memory_fill(10);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(10));
    broker.hush = true;
    memory_grow(5);
    assert_true(hears(READING, NULL, 15));
    sender_stop(sender);
    sender = NULL;
    assert_int_equal(memory.highest, 10);
    assert_true(hears(ROOT "status", "{\"state\":\"offline\"}", 1));
}

static void the_cursor_never_passes_what_is_not_confirmed(void **state)
{
    broker.hush_over = "\"seq\":5,";
    memory_fill(20);
    assert_true(start(NULL));
    assert_true(hears(READING, NULL, 20));
    assert_true(cursor_comes_to(4));
    memory_grow(10);
    assert_true(hears(READING, "\"seq\":30,", 1));
    assert_int_equal(memory.highest, 4);
}

static void a_broken_connection_starts_again_behind_the_last_confirmed(void **state)
{
    broker.hang_up_at = "\"seq\":8,";
    memory_fill(20);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(20));
    assert_int_equal(broker.connections, 2);
    for (unsigned seq = 1; seq <= 20; seq++) {
        char holds[32];

        snprintf(holds, sizeof holds, "\"seq\":%u,", seq);
        assert_in_range(broker_heard(READING, holds, NULL), 1, 2);
    }
    assert_int_equal(broker_heard(READING, "\"seq\":8,", NULL), 2);
    assert_int_equal(broker_heard(ROOT "status", "online", NULL), 2);
}

static void a_broker_that_stops_confirming_is_left_and_asked_anew(void **state)
{
    unsigned before;

    memory_fill(10);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(10));
    broker.hush = true;
    memory_grow(5);
    assert_true(hears(READING, "\"seq\":15,", 1));
    before = broker.connections;
    pushed_ms += 91 * 1000; /* 1.5 times the keepalive */
    broker.hush = false;
    assert_true(cursor_comes_to(15));
    assert_int_equal(broker.connections, before + 1);
    assert_int_equal(broker_heard(READING, "\"seq\":15,", NULL), 2);
    assert_int_equal(broker_heard(READING, "\"seq\":10,", NULL), 1);
}

static void a_broker_that_does_not_want_us_is_held_with_a_notice(void **state)
{
    struct notice notice[2];

    broker.refuse_with = 5;
    memory_fill(1);
    assert_true(start(NULL));
    assert_non_null(strstr(status_once(SENDER_HELD).text, "password_file"));
    assert_int_equal(notices_open(notices, notice, 2), 1);
    assert_string_equal(notice[0].id, "output-town");
    assert_int_equal(broker.connections, 1);
}

static bool has_connected(void *self)
{
    return broker.connections > 0;
}

static void a_broker_is_waited_for_until_it_has_welcomed_us(void **state)
{
    struct sender_status status;

    broker.mute = true;
    memory_fill(1);
    assert_true(start(NULL));
    assert_true(comes_true(has_connected, NULL));
    sender_status(sender, &status);
    assert_int_equal(status.state, SENDER_WAITING);
    assert_non_null(strstr(status.text, " yet; "));
    sender_stop(sender);
    sender = NULL;
    assert_int_equal(memory.highest, 0);
}

static bool text_names_the_access_list(void *self)
{
    struct sender_status status;

    sender_status(sender, &status);
    return strstr(status.text, "access list lets us publish below root") != NULL;
}

static void a_broker_that_hangs_up_at_each_publish_points_to_its_access_list(void **state)
{
    broker.bars = "lookback/";
    memory_fill(1);
    assert_true(start(NULL));
    assert_true(comes_true(text_names_the_access_list, NULL));
    assert_int_equal(memory.highest, 0);
}

static void *stop_it(void *one)
{
    sender_stop(one);
    return NULL;
}

static void many_outputs_stop_side_by_side(void **state)
{
    enum { OUTPUTS = 4 };
    pthread_t threads[OUTPUTS];
    struct sender *senders[OUTPUTS];

    memory_fill(1);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < OUTPUTS; i++) {
            assert_true(start(NULL));
            senders[i] = sender;
        }
        sender = NULL;
        for (int i = 0; i < OUTPUTS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, stop_it, senders[i]), 0);
        for (int i = 0; i < OUTPUTS; i++)
            pthread_join(threads[i], NULL);
    }
    assert_true(start(NULL)); /* and the library is there for the next */
    memory_grow(1);
    assert_true(cursor_comes_to(2));
}

static bool text_says_cannot_connect(void *self)
{
    struct sender_status status;

    sender_status(sender, &status);
    return strstr(status.text, "cannot connect to 127.0.0.1") != NULL;
}

static void a_broker_that_is_away_is_waited_for(void **state)
{
    memory_fill(1);
    broker_stop();
    assert_true(start(NULL));
    assert_true(comes_true(text_says_cannot_connect, NULL));
    status_once(SENDER_WAITING);
    sender_stop(sender);
    sender = NULL;
    assert_int_equal(memory.highest, 0);
    broker_start();
}

static void notices_are_kept_by_the_broker_and_emptied_when_they_end(void **state)
{
    struct published last = {0};

    notice_raise(notices, "disk", "disk", "the disk is full");
    memory_fill(1);
    assert_true(start(NULL));
    assert_true(hears(ROOT "notice/disk", "the disk is full", 1));
    assert_true(cursor_comes_to(1));
    notice_end(notices, "disk");
    memory_grow(1);
    assert_true(hears(ROOT "notice/disk", NULL, 2));
    broker_heard(ROOT "notice/disk", NULL, &last);
    assert_string_equal(last.payload, "");
    assert_true(last.retained);
}

static void a_notice_left_over_from_before_is_emptied(void **state)
{
    struct published last = {0};

    broker.keeps = ROOT "notice/stale";
    memory_fill(1);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(1));
    memory_grow(1);
    assert_true(hears(ROOT "notice/stale", NULL, 1));
    broker_heard(ROOT "notice/stale", NULL, &last);
    assert_string_equal(last.payload, "");
}

static void problems_are_kept_and_old_closed_ones_emptied(void **state)
{
    struct published last = {0};

    memory_fill(3);
    memory.items[1] = (struct item){.kind = ITEM_PROBLEM,
                                    .seq = 2,
                                    .uid = "cafe",
                                    .version = 1,
                                    .body = "{\"uid\":\"cafe\",\"state\":\"open\"}"};
    assert_true(start(NULL));
    assert_true(cursor_comes_to(3));
    assert_int_equal(
        broker_heard(ROOT "problem/cafe", "{\"uid\":\"cafe\",\"state\":\"open\"}", &last), 1);
    assert_true(last.retained);
    assert_true(hears(ROOT "problem/0123", NULL, 1)); /* closed in 2020, says the store */
    broker_heard(ROOT "problem/0123", NULL, &last);
    assert_string_equal(last.payload, "");
}

static void a_doubt_is_told_to_nobody_and_holds_nothing_up(void **state)
{
    memory_fill(3);
    memory.items[1] = (struct item){.kind = ITEM_PROBLEM,
                                    .seq = 2,
                                    .uid = "d0bb",
                                    .version = 1,
                                    .nature = "doubt",
                                    .body = "{\"uid\":\"d0bb\",\"state\":\"open\"}"};
    assert_true(start(NULL));
    assert_true(cursor_comes_to(3));
    assert_int_equal(broker_heard(READING, "\"seq\":3,", NULL), 1);
    assert_int_equal(broker_heard(ROOT "problem/d0bb", NULL, NULL), 0);
}

static bool canary_notice_is_open(void *self)
{
    struct notice notice[2];

    return notices_open(notices, notice, 2) == 1 && strcmp(notice[0].id, "output-town-canary") == 0;
}

static void a_canary_that_does_not_come_back_raises_a_notice(void **state)
{
    broker.deaf = true;
    memory_fill(1);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(1));
    pushed_ms += 30001;
    memory_grow(1);
    assert_true(comes_true(canary_notice_is_open, NULL));
    broker.deaf = false;
    pushed_ms += 24 * 3600 * 1000;
    memory_grow(1);
    assert_true(hears(ROOT "canary", NULL, 2));
    memory_grow(1);
    assert_true(cursor_comes_to(4));
}

/* Heads ------------------------------------------------------------------------------------- */

#define HEAD_7 "7777777777777777777777777777777777777777777777777777777777777777"

static bool anchors_come_to(size_t count)
{
    return comes_true(anchors_are, &count);
}

/* A second passes, and something is committed. */
static void let_it_look(void)
{
    pushed_ms += 1001;
    memory_grow(1);
}

static void the_newest_head_stands_at_the_broker(void **state)
{
    struct published last = {0};

    memory_fill(3);
    memory.sealed = 7;
    assert_true(start(NULL));
    assert_true(cursor_comes_to(3));
    assert_int_equal(broker_heard(ROOT "seal", NULL, &last), 1);
    assert_true(last.retained);
    assert_non_null(strstr(last.payload, "{\"segment\":7,\"head\":\"" HEAD_7 "\",\"previous\":"));
    memory_seals(8);
    let_it_look();
    assert_true(hears(ROOT "seal", "\"segment\":8,", 1));
    let_it_look();
    assert_true(cursor_comes_to(5));
    assert_int_equal(broker_heard(ROOT "seal", NULL, NULL), 2);
}

static void nothing_sealed_is_nothing_said(void **state)
{
    memory_fill(3);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(3));
    assert_int_equal(broker_heard(ROOT "seal", NULL, NULL), 0);
}

/* What is confirmed while time passes is news to the courier: then as much has to pass again. */
static bool is_anchored_as_time_passes(void *self)
{
    unsigned *looks = self;

    if ((*looks)++ % 1500 == 0)
        pushed_ms += 91 * 1000;
    return memory_anchor_count() == 1;
}

static void a_head_counts_as_left_when_the_broker_has_confirmed_it(void **state)
{
    unsigned looks = 0;

    broker.hush_over = "\"segment\":7,";
    memory_fill(1);
    memory.sealed = 7;
    assert_true(start(NULL));
    assert_true(hears(READING, NULL, 1));
    let_it_look();
    assert_true(hears(READING, NULL, 2));
    assert_int_equal(memory_anchor_count(), 0);
    broker.hush_over = NULL;
    assert_true(comes_true(is_anchored_as_time_passes, &looks)); /* it is left and asked anew */
    assert_int_equal(memory.anchors[0].segment, 7);
    assert_string_equal(memory.anchors[0].kind, "mqtt");
    let_it_look();
    let_it_look();
    assert_true(cursor_comes_to(4));
    assert_int_equal(memory_anchor_count(), 1); /* once a head */
}

static void a_head_that_a_broker_confirms_and_throws_away_is_not_called_left(void **state)
{
    broker.deaf = true;
    memory_fill(1);
    memory.sealed = 7;
    assert_true(start(NULL));
    for (uint64_t seq = 2; seq < 6; seq++) {
        let_it_look();
        assert_true(cursor_comes_to(seq));
    }
    assert_int_equal(broker_heard(ROOT "seal", NULL, NULL), 1);
    assert_int_equal(memory_anchor_count(), 0);
}

static void of_heads_sealed_while_the_broker_was_away_only_the_newest_goes(void **state)
{
    broker.hang_up_at = "\"seq\":2,";
    memory_fill(1);
    memory.sealed = 7;
    assert_true(start(NULL));
    assert_true(anchors_come_to(1));
    memory_seals(11);
    memory_grow(1);
    assert_true(cursor_comes_to(2));
    assert_true(anchors_come_to(2));
    assert_int_equal(memory.anchors[1].segment, 11);
    assert_int_equal(broker_heard(ROOT "seal", "\"segment\":11,", NULL), 1);
    assert_int_equal(broker_heard(ROOT "seal", NULL, NULL), 2);
}

static void a_new_connection_is_told_the_head_again_and_it_is_not_left_twice(void **state)
{
    broker.hang_up_at = "\"seq\":2,";
    memory_fill(1);
    memory.sealed = 7;
    assert_true(start(NULL));
    assert_true(anchors_come_to(1));
    memory_grow(1);
    assert_true(cursor_comes_to(2));
    assert_int_equal(broker_heard(ROOT "seal", "\"segment\":7,", NULL), 2);
    let_it_look();
    assert_true(cursor_comes_to(3));
    assert_int_equal(memory_anchor_count(), 1);
}

static void a_problem_carries_the_newest_head(void **state)
{
    memory_fill(3);
    memory.sealed = 7;
    memory.items[1] = (struct item){.kind = ITEM_PROBLEM,
                                    .seq = 2,
                                    .uid = "cafe",
                                    .version = 1,
                                    .body = "{\"uid\":\"cafe\",\"seal\":null}"};
    assert_true(start(NULL));
    assert_true(hears(ROOT "problem/cafe",
                      "{\"uid\":\"cafe\",\"seal\":{\"segment\":7,\"head\":\"" HEAD_7 "\"}}", 1));
}

static void rewinding_sends_again_from_there(void **state)
{
    memory_fill(10);
    assert_true(start(NULL));
    assert_true(cursor_comes_to(10));
    sender_rewind(sender, 4);
    memory_grow(1);
    assert_true(cursor_comes_to(11));
    assert_int_equal(broker_heard(READING, "\"seq\":4,", NULL), 1);
    assert_int_equal(broker_heard(READING, "\"seq\":5,", NULL), 2);
    assert_int_equal(broker_heard(READING, "\"seq\":11,", NULL), 1);
}

static void stopping_does_not_wait_for_a_broker_that_hangs(void **state)
{
    struct timespec from, to;

    broker.hush = true;
    memory_fill(500);
    assert_true(start(NULL));
    assert_true(hears(READING, NULL, 50));
    clock_gettime(CLOCK_MONOTONIC, &from);
    sender_stop(sender);
    sender = NULL;
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_in_range(to.tv_sec - from.tv_sec, 0, 5);
    assert_int_equal(memory.highest, 0);
}

static void settings_that_cannot_work_are_refused_at_the_start(void **state)
{
    static const char *const wrong[] = {"mqtt://192.0.2.1", "http://127.0.0.1", "mqtt://"};
    struct sender_setup setup = {.output = &output, .catalog = &town, .clock = &pushed};
    struct error err = {0};

    memory_fill(1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(output.url, sizeof output.url, "%s", wrong[i]);
        assert_null(sender_start_on(&setup, &memory_source, &err));
        assert_int_equal(err.kind, ERROR_SETTINGS);
    }
    snprintf(output.ca, sizeof output.ca, "/no/such/ca.pem");
    assert_false(start(&err));
    assert_non_null(strstr(err.text, "/no/such/ca.pem"));
}

static int before(void **state)
{
    town_open();
    notices = notices_new(clock_system());
    broker_start();
    output = (struct output_setup){.name = "town",
                                   .kind = OUTPUT_MQTT,
                                   .enabled = true,
                                   .timeout_ms = 10000,
                                   .root = "lookback",
                                   .window = 100,
                                   .keepalive_ms = 60000};
    return notices == NULL;
}

static int after(void **state)
{
    sender_stop(sender);
    sender = NULL;
    broker_stop();
    memory_empty();
    notices_free(notices);
    town_close();
    return 0;
}

#define held_test(name) cmocka_unit_test_setup_teardown(name, before, after)

int main(void)
{
    const struct CMUnitTest tests[] = {
        held_test(every_poll_is_one_message_and_the_cursor_follows_the_confirmations),
        held_test(a_connection_begins_with_status_devices_and_a_will),
        held_test(a_clean_stop_says_offline_and_goodbye),
        held_test(a_stop_waits_for_a_broker_that_is_slow),
        held_test(a_broker_that_confirms_nothing_still_gets_the_last_word),
        held_test(the_cursor_never_passes_what_is_not_confirmed),
        held_test(a_broken_connection_starts_again_behind_the_last_confirmed),
        held_test(a_broker_that_stops_confirming_is_left_and_asked_anew),
        held_test(a_broker_that_does_not_want_us_is_held_with_a_notice),
        held_test(a_broker_is_waited_for_until_it_has_welcomed_us),
        held_test(a_broker_that_hangs_up_at_each_publish_points_to_its_access_list),
        held_test(many_outputs_stop_side_by_side),
        held_test(a_broker_that_is_away_is_waited_for),
        held_test(notices_are_kept_by_the_broker_and_emptied_when_they_end),
        held_test(a_notice_left_over_from_before_is_emptied),
        held_test(problems_are_kept_and_old_closed_ones_emptied),
        held_test(a_doubt_is_told_to_nobody_and_holds_nothing_up),
        held_test(a_canary_that_does_not_come_back_raises_a_notice),
        held_test(the_newest_head_stands_at_the_broker),
        held_test(nothing_sealed_is_nothing_said),
        held_test(a_head_counts_as_left_when_the_broker_has_confirmed_it),
        held_test(a_head_that_a_broker_confirms_and_throws_away_is_not_called_left),
        held_test(of_heads_sealed_while_the_broker_was_away_only_the_newest_goes),
        held_test(a_new_connection_is_told_the_head_again_and_it_is_not_left_twice),
        held_test(a_problem_carries_the_newest_head),
        held_test(rewinding_sends_again_from_there),
        held_test(stopping_does_not_wait_for_a_broker_that_hangs),
        held_test(settings_that_cannot_work_are_refused_at_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
