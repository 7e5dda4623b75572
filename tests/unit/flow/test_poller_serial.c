/* Tests of the poller on a serial line, over a pty pair: no late answer is ever taken for another
 * block's, and a port that is absent, held or unplugged is said to be so and found again. */
#include "poller_bench.h"

#include <fcntl.h>
#include <math.h>
#include <pty.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "drivers/frame.h"

enum { TIMEOUT_MS = 100, GUARD_MS = 100 };

/* The slave at the other end of the line. */
static struct {
    int fd, keep;
    char path[256]; /* a symlink, as udev gives one */
    uv_poll_t poll;
    uv_timer_t timer;
    bool lives;
    uint8_t heard[64];
    size_t used;
    uint8_t late[64];
    size_t late_size;
    size_t requests;
    bool (*is_late)(void); /* whether this answer waits until the timeout is over */
    const char *noise;     /* sent before each answer */
    bool echoes;
    bool damages;
    uint8_t dead_unit;
    uint8_t doubled_unit; /* two slaves have this id */
} slave;

static size_t slave_answer(const uint8_t *request, uint8_t *out)
{
    unsigned address = (unsigned)request[2] << 8 | request[3];
    unsigned count = (unsigned)request[4] << 8 | request[5];
    uint16_t crc;

    out[0] = request[0];
    out[1] = request[1];
    out[2] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        out[3 + 2 * i] = (uint8_t)((address + i) >> 8);
        out[4 + 2 * i] = (uint8_t)(address + i);
    }
    crc = frame_crc(out, 3 + 2 * count);
    out[3 + 2 * count] = (uint8_t)crc;
    out[4 + 2 * count] = (uint8_t)(crc >> 8);
    return 5 + 2 * count;
}

static void slave_say(const void *bytes, size_t count)
{
    assert_int_equal(write(slave.fd, bytes, count), count);
}

static void say_late(uv_timer_t *timer)
{
    slave_say(slave.late, slave.late_size);
}

static void slave_hears(uv_poll_t *poll, int status, int events)
{
    uint8_t answer[64];
    ssize_t count;
    size_t size;

    if (status != 0)
        return;
    count = read(slave.fd, slave.heard + slave.used, sizeof slave.heard - slave.used);
    if (count <= 0)
        return;
    if (slave.echoes)
        slave_say(slave.heard + slave.used, (size_t)count);
    slave.used += (size_t)count;
    if (slave.used < 8)
        return;
    slave.used = 0;
    slave.requests++;
    if (slave.heard[0] == slave.dead_unit)
        return;
    size = slave_answer(slave.heard, answer);
    if (slave.damages)
        answer[3] ^= 1;
    if (slave.noise != NULL)
        slave_say(slave.noise, strlen(slave.noise));
    if (slave.is_late == NULL || !slave.is_late()) {
        slave_say(answer, size);
        if (slave.heard[0] == slave.doubled_unit)
            slave_say(answer, size);
        return;
    }
    memcpy(slave.late, answer, size);
    slave.late_size = size;
    uv_timer_start(&slave.timer, say_late, TIMEOUT_MS + GUARD_MS / 2, 0);
}

static void slave_plug_in(void)
{
    char name[128];
    struct termios raw;

    assert_int_equal(openpty(&slave.fd, &slave.keep, name, NULL, NULL), 0);
    tcgetattr(slave.keep, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave.keep, TCSANOW, &raw);
    fcntl(slave.fd, F_SETFL, O_NONBLOCK);
    unlink(slave.path);
    assert_int_equal(symlink(name, slave.path), 0);
    uv_poll_init(&bench.loop, &slave.poll, slave.fd);
    uv_poll_start(&slave.poll, UV_READABLE, slave_hears);
    slave.lives = true;
}

static void slave_unplug(void)
{
    if (!slave.lives)
        return;
    uv_poll_stop(&slave.poll);
    uv_close((uv_handle_t *)&slave.poll, NULL);
    close(slave.keep);
    close(slave.fd);
    unlink(slave.path);
    slave.lives = false;
}

static int line_set_up(void **state)
{
    bench_set_up(state);
    memset(&slave, 0, sizeof slave);
    snprintf(slave.path, sizeof slave.path, "/tmp/lookback-test-port-%d", (int)getpid());
    uv_timer_init(&bench.loop, &slave.timer);
    return 0;
}

static int line_tear_down(void **state)
{
    slave_unplug();
    uv_close((uv_handle_t *)&slave.timer, NULL);
    return bench_tear_down(state);
}

static struct link_setup *add_serial(void)
{
    struct link_setup *link = add_tcp("", 0);

    link->kind = LINK_SERIAL;
    link->baud = 9600;
    link->parity = 'N';
    link->stop_bits = 1;
    link->timeout_ms = TIMEOUT_MS;
    link->guard_ms = GUARD_MS;
    snprintf(link->path, sizeof link->path, "%s", slave.path);
    return link;
}

static bool five_polls(void)
{
    return bench.poll_count >= 5;
}

static bool one_poll(void)
{
    return bench.poll_count >= 1;
}

static bool last_is_good(void)
{
    return bench.poll_count > 0 && last_poll()->quality == QUALITY_NORMAL;
}

static bool last_is_bad(void)
{
    return bench.poll_count > 0 && last_poll()->quality == QUALITY_NO_ANSWER;
}

static void a_serial_device_gives_good_readings(void **state)
{
    slave_plug_in();
    add_channel(40);
    add_serial();
    add_device(5, 100);
    start_polling();
    run_until(five_polls);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(bench.polls[i].quality, QUALITY_NORMAL);
        assert_true(bench.polls[i].value == 40.0);
    }
}

static bool every_third(void)
{
    return slave.requests % 3 == 1;
}

static void a_late_answer_is_never_taken_for_another_block(void **state)
{
    size_t marked = 0;

    slave_plug_in();
    slave.is_late = every_third;
    add_channel(40);
    add_channel(90); /* two requests of one shape */
    add_serial();
    add_device(5, 0);
    start_polling();
    while (bench.poll_count < 12)
        uv_run(&bench.loop, UV_RUN_ONCE);
    for (size_t i = 0; i < 12; i++) {
        if (bench.polls[i].quality != QUALITY_NORMAL)
            continue;
        assert_true(bench.polls[i].value == 40.0);
        marked += bench.polls[i].cause == CAUSE_AFTER_TIMEOUT ||
                  bench.polls[i].last_cause == CAUSE_AFTER_TIMEOUT;
    }
    assert_true(marked >= 4);
    assert_true(status_of(0).readings[1].value == 90.0);
}

static size_t guests_told;

static void guest_told(void *self, const struct exchange_result *result)
{
    assert_false(result->answered);
    guests_told++;
}

static bool guest_is_told(void)
{
    return guests_told > 0;
}

static bool asks_for_ninety(void)
{
    return slave.heard[3] == 90;
}

static void a_late_answer_to_a_guest_is_never_taken_for_a_devices_value(void **state)
{
    const struct poller_guest guest = {
        .request = {.unit = 5, .function = 3, .address = 90, .count = 1},
        .over = guest_told,
    };
    struct error err;

    slave_plug_in();
    slave.is_late = asks_for_ninety;
    guests_told = 0;
    add_channel(40); /* of the same shape */
    add_serial();
    add_device(5, 0);
    start_polling();
    run_until(five_polls);
    assert_true(poller_ask(bench.poller, &guest, &err));
    run_until(guest_is_told);
    bench.poll_count = 0;
    run_until(five_polls);
    for (size_t i = 0; i < 5; i++)
        assert_true(bench.polls[i].quality != QUALITY_NORMAL || bench.polls[i].value == 40.0);
    assert_true(last_poll()->value == 40.0);
}

static void noise_echo_and_damage_give_no_false_value(void **state)
{
    slave_plug_in();
    slave.noise = "\xFF\xFE";
    slave.echoes = true;
    add_channel(40);
    add_serial()->echo = true;
    add_device(5, 100);
    start_polling();
    run_until(five_polls);
    for (size_t i = 0; i < 5; i++)
        assert_true(bench.polls[i].value == 40.0);
    slave.damages = true;
    run_until(last_is_bad);
    assert_int_equal(last_poll()->cause, CAUSE_CRC);
    assert_true(isnan(last_poll()->value));
}

static void an_absent_port_is_refused_and_found_when_it_is_plugged_in(void **state)
{
    add_channel(40);
    add_serial();
    add_device(5, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->cause, CAUSE_REFUSED);
    assert_false(link_of(0).up);
    slave_plug_in();
    run_until(last_is_good);
    assert_true(link_of(0).up);
}

static void an_unplugged_port_is_noticed_and_found_again_under_its_path(void **state)
{
    slave_plug_in();
    add_channel(40);
    add_serial();
    add_device(5, 100);
    start_polling();
    run_until(last_is_good);
    slave_unplug();
    run_until(last_is_bad);
    assert_false(link_of(0).up);
    slave_plug_in();
    run_until(last_is_good);
    assert_true(last_poll()->value == 40.0);
}

static void a_port_another_program_has_locked_is_left_alone(void **state)
{
    int other;

    slave_plug_in();
    other = open(slave.path, O_RDWR | O_NOCTTY);
    assert_true(other >= 0);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    add_channel(40);
    add_serial();
    add_device(5, 100);
    start_polling();
    run_until(one_poll);
    assert_int_equal(last_poll()->cause, CAUSE_REFUSED);
    assert_int_equal(slave.requests, 0);
    close(other);
    run_until(last_is_good);
}

static void our_port_is_locked_against_a_second_collector(void **state)
{
    int other;

    slave_plug_in();
    add_channel(40);
    add_serial();
    add_device(5, 100);
    start_polling();
    run_until(last_is_good);
    other = open(slave.path, O_RDWR | O_NOCTTY | O_NONBLOCK); /* root may open it even so */
    if (other < 0)
        return;
    assert_int_not_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    close(other);
}

static void an_unknown_baud_rate_is_refused_at_the_start(void **state)
{
    struct poller_setup setup;
    struct error err = {0};

    add_channel(40);
    add_serial()->baud = 9601;
    add_device(5, 100);
    setup = bench_setup();
    assert_null(poller_new(&bench.loop, &setup, &err));
    assert_non_null(strstr(err.text, "9601"));
}

static bool dead_is_known(void)
{
    return status_of(1).state == DEVICE_SILENT && status_of(1).errors[CAUSE_TIMEOUT] >= 3;
}

static void a_dead_slave_does_not_stop_the_living(void **state)
{
    uint64_t before;
    int64_t begun;

    slave_plug_in();
    slave.dead_unit = 9;
    add_channel(40);
    add_serial();
    add_device(5, 100);
    add_device(9, 100);
    start_polling();
    run_until(dead_is_known);
    before = status_of(0).polls;
    begun = clock_mono(clock_system()).ns;
    while (clock_mono(clock_system()).ns - begun < ns_from_ms(2000))
        uv_run(&bench.loop, UV_RUN_ONCE);
    assert_true(status_of(0).polls - before >= 10); /* of 20, on a busy machine too */
}

static bool is_withheld(void)
{
    return bench.poll_count > 0 && last_poll()->device == 101 &&
           last_poll()->quality == QUALITY_FAULT;
}

static bool is_good_again(void)
{
    return last_poll()->device == 101 && last_poll()->quality == QUALITY_NORMAL;
}

static size_t good_of(uint32_t device)
{
    size_t count = 0;

    for (size_t i = 0; i < bench.poll_count; i++)
        count += bench.polls[i].device == device && bench.polls[i].quality == QUALITY_NORMAL;
    return count;
}

/* Nobody can say which of the two it is, so it is nobody's value; the words are kept. */
static void while_two_slaves_answer_as_one_unit_its_values_are_withheld(void **state)
{
    size_t good;

    slave_plug_in();
    slave.doubled_unit = 2;
    add_channel(10);
    add_serial();
    add_device(1, 100);
    add_device(2, 100);
    start_polling();
    run_until(is_withheld);
    assert_int_equal(last_poll()->cause, CAUSE_WRONG_UNIT);
    assert_true(isnan(last_poll()->value));
    assert_true(last_poll()->raw_size > 0);
    good = good_of(101);
    assert_true(good <= 4); /* the finding takes three, and the one under way */
    for (size_t end = bench.poll_count + 20; bench.poll_count < end;)
        uv_run(&bench.loop, UV_RUN_ONCE);
    assert_int_equal(good_of(101), good);
    assert_true(good_of(100) >= 10); /* the other one's are as good as ever */
    slave.doubled_unit = 0;
    run_until(is_good_again);
    assert_int_equal(link_of(0).finding.kind, FINDING_NONE);
}

#define line_test(name) cmocka_unit_test_setup_teardown(name, line_set_up, line_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        line_test(a_serial_device_gives_good_readings),
        line_test(a_late_answer_is_never_taken_for_another_block),
        line_test(a_late_answer_to_a_guest_is_never_taken_for_a_devices_value),
        line_test(noise_echo_and_damage_give_no_false_value),
        line_test(an_absent_port_is_refused_and_found_when_it_is_plugged_in),
        line_test(an_unplugged_port_is_noticed_and_found_again_under_its_path),
        line_test(a_port_another_program_has_locked_is_left_alone),
        line_test(our_port_is_locked_against_a_second_collector),
        line_test(an_unknown_baud_rate_is_refused_at_the_start),
        line_test(a_dead_slave_does_not_stop_the_living),
        line_test(while_two_slaves_answer_as_one_unit_its_values_are_withheld),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
