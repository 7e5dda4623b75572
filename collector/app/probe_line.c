#include "app/probe_line.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/say.h"
#include "drivers/diagnosis.h"
#include "drivers/link.h"

enum {
    CHARACTER_BITS = 11,
    FAST_BAUD = 19200,
    FAST_GAP_NS = 1750000,
    CONNECT_MS = 3000, /* a connection is given this much, whatever an answer is */
};

struct probe_line {
    uv_loop_t loop;
    uv_timer_t timer;
    uv_signal_t interrupt;
    struct link_setup setup;
    struct link *link;
    struct exchange exchange;
    struct exchange_doubt doubts[EXCHANGE_UNITS];
    struct diagnosis diagnosis;
    int64_t timeout_ms;
    int64_t open_until; /* ns; while it is being opened */
    bool opening, pumping, stopped, broken, ended;
    char why[400];
};

static struct mono_time now_of(void)
{
    return clock_mono(clock_system());
}

/* As flow/poller_opening.c has them: 3.5 characters of silence, 1.75 ms above 19,200 Bd. */
static struct exchange_rules rules_of(const struct link_setup *setup)
{
    struct exchange_rules rules = {.wire = setup->kind == LINK_TCP ? WIRE_TCP : WIRE_RTU,
                                   .guard_ns = ns_from_ms(setup->guard_ms)};

    if (setup->kind == LINK_SERIAL && setup->baud > 0)
        rules.char_ns = (int64_t)CHARACTER_BITS * 1000000000 / setup->baud;
    if (setup->gap_us > 0)
        rules.gap_ns = setup->gap_us * 1000;
    else if (setup->kind == LINK_SERIAL)
        rules.gap_ns = setup->baud > FAST_BAUD ? FAST_GAP_NS : rules.char_ns * 7 / 2;
    return rules;
}

static void go_on(struct probe_line *line);

static void wake(void *self)
{
    go_on(self);
}

static void timer_rang(uv_timer_t *timer)
{
    go_on(timer->data);
}

static void interrupted(uv_signal_t *handle, int number)
{
    struct probe_line *line = handle->data;

    (void)number;
    line->stopped = true;
    exchange_give_up(&line->exchange, CAUSE_DISCONNECTED, now_of());
}

static void wait_until(struct probe_line *line, int64_t at_ns)
{
    int64_t wait = at_ns - now_of().ns;

    if (wait < 0)
        wait = 0;
    if (!link_is_open(line->link) || !link_wake_in(line->link, wait)) {
        uv_update_time(&line->loop);
        uv_timer_start(&line->timer, timer_rang, (uint64_t)((wait + 999999) / 1000000), 0);
    }
}

static void break_off(struct probe_line *line, const char *why)
{
    snprintf(line->why, sizeof line->why, "%s", why);
    line->broken = true;
    line->opening = false;
    exchange_give_up(&line->exchange, CAUSE_DISCONNECTED, now_of());
}

static void open_link(struct probe_line *line)
{
    line->opening = true;
    line->open_until = now_of().ns + ns_from_ms(CONNECT_MS);
    wait_until(line, line->open_until);
    link_open(line->link); /* may be up, or down, when it returns */
}

static void link_up(void *self)
{
    struct probe_line *line = self;

    line->opening = false;
    exchange_connected(&line->exchange, now_of());
    diagnosis_connected(&line->diagnosis, now_of());
    go_on(line);
}

/* A connection that ends between two questions is made again for the next one. */
static void link_down(void *self, enum cause cause, const char *why)
{
    struct probe_line *line = self;
    bool again = !line->opening && line->setup.kind != LINK_SERIAL;

    (void)cause;
    if (!again) {
        break_off(line, why);
        return;
    }
    exchange_broken(&line->exchange, now_of());
    go_on(line);
}

static void link_bytes(void *self, const uint8_t *bytes, size_t count)
{
    struct probe_line *line = self;

    diagnosis_heard(&line->diagnosis, bytes, count, now_of());
    exchange_bytes(&line->exchange, bytes, count, now_of());
    if (!line->pumping)
        go_on(line);
}

/* Bytes that wait in the kernel came before the request and answer something else. False: the line
 * broke, or has to be silent first. */
static bool pump(struct probe_line *line)
{
    int64_t before = line->exchange.last_byte;

    if (line->setup.kind != LINK_SERIAL)
        return true;
    line->pumping = true;
    link_pump(line->link);
    line->pumping = false;
    return !line->broken && line->exchange.last_byte == before;
}

static void send_request(struct probe_line *line)
{
    if (!pump(line))
        return;
    if (link_send(line->link, line->exchange.tx, line->exchange.tx_size)) {
        diagnosis_sent(&line->diagnosis, &line->exchange.request, line->exchange.tx,
                       line->exchange.tx_size, now_of());
        exchange_sent(&line->exchange, now_of());
        return;
    }
    break_off(line, SAY("发送失败：对方或驱动不再接收",
                        "sending failed: the peer or driver takes nothing"));
}

static void look_at_opening(struct probe_line *line)
{
    char why[360];

    if (now_of().ns < line->open_until) {
        wait_until(line, line->open_until);
        return;
    }
    link_shut(line->link);
    snprintf(why, sizeof why,
             SAY("%s:%d 没有应答连接：请核对地址、端口、网线和电源",
                 "%s:%d does not answer the connection: check address, port, cable and power"),
             line->setup.host, line->setup.port);
    break_off(line, why);
}

static void go_on(struct probe_line *line)
{
    while (exchange_is_under_way(&line->exchange) && !line->broken) {
        if (line->opening) {
            look_at_opening(line);
            return;
        }
        if (!link_is_open(line->link)) {
            open_link(line);
            return;
        }
        switch (exchange_step(&line->exchange, now_of())) {
        case EXCHANGE_WAIT:
            wait_until(line, line->exchange.wake);
            return;
        case EXCHANGE_SEND:
            send_request(line);
            break;
        case EXCHANGE_RECONNECT:
            link_shut(line->link);
            break;
        case EXCHANGE_DONE:
            return;
        }
    }
}

static bool make_link(struct probe_line *line, struct error *err)
{
    static const struct link_user user = {link_up, link_down, link_bytes, wake};
    const struct link_setup *setup = &line->setup;
    struct serial_setup serial = {.baud = setup->baud,
                                  .parity = setup->parity,
                                  .stop_bits = setup->stop_bits,
                                  .rs485 = setup->rs485};
    struct tcp_setup tcp = {.port = setup->port, .allow_public = setup->allow_public};

    snprintf(serial.name, sizeof serial.name, "%s", setup->name);
    snprintf(serial.path, sizeof serial.path, "%s", setup->path);
    snprintf(tcp.name, sizeof tcp.name, "%s", setup->name);
    snprintf(tcp.host, sizeof tcp.host, "%s", setup->host);
    line->link = setup->kind == LINK_SERIAL
                     ? link_serial_new(&line->loop, &serial, &user, line, err)
                     : link_tcp_new(&line->loop, &tcp, &user, line, err);
    return line->link != NULL;
}

struct probe_line *probe_line_open(const struct link_setup *setup, struct error *err)
{
    struct probe_line *line = calloc(1, sizeof *line);
    struct exchange_rules rules = rules_of(setup);

    if (line == NULL || uv_loop_init(&line->loop) != 0) {
        free(line);
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    line->setup = *setup;
    line->timeout_ms = setup->timeout_ms;
    uv_timer_init(&line->loop, &line->timer);
    uv_signal_init(&line->loop, &line->interrupt);
    line->timer.data = line->interrupt.data = line;
    uv_signal_start(&line->interrupt, interrupted, SIGINT);
    exchange_init(&line->exchange, &rules, line->doubts, now_of());
    diagnosis_init(&line->diagnosis, rules.wire, setup->echo);
    if (!make_link(line, err)) {
        probe_line_close(line);
        return NULL;
    }
    open_link(line);
    while (line->opening && !line->stopped)
        uv_run(&line->loop, UV_RUN_ONCE);
    if (!line->broken)
        return line;
    error_set(err, ERROR_DEVICE, "%s", line->why);
    probe_line_close(line);
    return NULL;
}

static void ended(void *self)
{
    ((struct probe_line *)self)->ended = true;
}

void probe_line_close(struct probe_line *line)
{
    if (line == NULL)
        return;
    uv_close((uv_handle_t *)&line->timer, NULL);
    uv_close((uv_handle_t *)&line->interrupt, NULL);
    if (line->link != NULL)
        link_end(line->link, ended, line);
    uv_run(&line->loop, UV_RUN_DEFAULT);
    uv_loop_close(&line->loop);
    free(line);
}

void probe_line_patience(struct probe_line *line, int64_t timeout_ms, int64_t guard_ms)
{
    line->timeout_ms = timeout_ms;
    line->exchange.rules.guard_ns = ns_from_ms(guard_ms);
    line->exchange.quiet_until = now_of().ns + ns_from_ms(guard_ms);
}

bool probe_line_stopped(const struct probe_line *line)
{
    return line->stopped;
}

bool probe_line_finding(struct probe_line *line, char *out, size_t size)
{
    char settings[32] = "", place[300];
    struct finding finding;

    diagnosis_settle(&line->diagnosis, now_of());
    finding = diagnosis_finding(&line->diagnosis);
    if (finding.kind == FINDING_NONE)
        return false;
    if (line->setup.kind == LINK_SERIAL)
        snprintf(settings, sizeof settings, "%d 8%c%d", line->setup.baud, line->setup.parity,
                 line->setup.stop_bits);
    snprintf(place, sizeof place, "%s",
             line->setup.name[0] != '\0'       ? line->setup.name
             : line->setup.kind == LINK_SERIAL ? line->setup.path
                                               : line->setup.host);
    finding_say(&finding, place, settings, "", out, size);
    return true;
}

static void take(const struct exchange *exchange, struct probe_answer *answer)
{
    const struct exchange_result *result = &exchange->result;

    answer->asked = true;
    answer->answered = result->answered;
    answer->is_exception = result->is_exception;
    answer->exception = result->exception;
    answer->cause = result->cause;
    answer->heard = exchange->heard;
    answer->took_ms = result->took_ns / 1000000;
    if (!result->answered || result->size > sizeof answer->data)
        return;
    answer->size = (uint16_t)result->size;
    memcpy(answer->data, result->data, result->size);
}

bool probe_line_ask(struct probe_line *line, const struct request *request, bool repeat,
                    struct probe_answer *answer, struct error *err)
{
    *answer = (struct probe_answer){.cause = CAUSE_DISCONNECTED};
    if (!line->stopped && !line->broken) {
        exchange_begin(&line->exchange, request, ns_from_ms(line->timeout_ms), 0, repeat, now_of());
        go_on(line);
        while (exchange_is_under_way(&line->exchange))
            uv_run(&line->loop, UV_RUN_ONCE);
    }
    if (line->stopped)
        return error_set(err, ERROR_REFUSED, "%s", SAY("已中断", "interrupted"));
    if (line->broken)
        return error_set(err, ERROR_DEVICE, "%s", line->why);
    take(&line->exchange, answer);
    return true;
}
