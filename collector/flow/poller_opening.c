/* A line's link: made once, opened when somebody needs it, given up after its time, tried again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "flow/poller_parts.h"
#include "flow/timing.h"

enum { CALLS_MAX = 4, CALLS_IN_MS = 60000 };

static struct exchange_rules rules_of(const struct link_setup *setup)
{
    struct exchange_rules rules = {
        .wire = setup->kind == LINK_TCP ? WIRE_TCP : WIRE_RTU,
        .guard_ns = ns_from_ms(setup->guard_ms),
    };

    if (setup->kind == LINK_SERIAL)
        rules.char_ns = timing_char_ns(setup);
    rules.gap_ns = timing_gap_ns(setup);
    return rules;
}

static void line_up(void *self);
static void line_bytes(void *self, const uint8_t *bytes, size_t count);
static void line_woken(void *self);

static const struct link_user line_user = {line_up, line_fell, line_bytes, line_woken};

static struct link *make_dialin(struct line *line, struct error *err)
{
    struct dialin_setup dialin = {.id = line->setup.id};

    snprintf(dialin.name, sizeof dialin.name, "%s", line->setup.name);
    snprintf(dialin.listen, sizeof dialin.listen, "%s", line->setup.listen);
    return link_dialin_new(line->poller->hall, &dialin, &line_user, line, err);
}

static struct link *make_link(struct line *line, uv_loop_t *loop, struct error *err)
{
    const struct link_setup *setup = &line->setup;
    struct serial_setup serial = {.baud = setup->baud,
                                  .parity = setup->parity,
                                  .stop_bits = setup->stop_bits,
                                  .rs485 = setup->rs485};
    struct tcp_setup tcp = {.port = setup->port, .allow_public = setup->allow_public};

    if (setup->kind == LINK_SERIAL) {
        snprintf(serial.name, sizeof serial.name, "%s", setup->name);
        snprintf(serial.path, sizeof serial.path, "%s", setup->path);
        return link_serial_new(loop, &serial, &line_user, line, err);
    }
    if (setup->kind == LINK_DIALIN)
        return make_dialin(line, err);
    snprintf(tcp.name, sizeof tcp.name, "%s", setup->name);
    snprintf(tcp.host, sizeof tcp.host, "%s", setup->host);
    return link_tcp_new(loop, &tcp, &line_user, line, err);
}

static uint64_t seed_of(const char *name)
{
    uint64_t seed = 14695981039346656037u; /* FNV-1a: the same line jitters alike each time */

    for (; *name != '\0'; name++)
        seed = (seed ^ (unsigned char)*name) * 1099511628211u;
    return seed;
}

bool line_init(struct line *line, struct poller *poller, const struct link_setup *setup,
               struct error *err)
{
    struct exchange_rules rules = rules_of(setup);

    line->poller = poller;
    line->setup = *setup;
    line->last_unit = -1;
    line->seed = seed_of(setup->name);
    line->since = WALL_NONE;
    agenda_entry_init(&line->entry, DUE_LINE, line);
    if (rules.wire == WIRE_RTU) {
        line->doubts = calloc(EXCHANGE_UNITS, sizeof *line->doubts);
        if (line->doubts == NULL)
            return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    }
    exchange_init(&line->exchange, &rules, line->doubts, poller_now(poller));
    diagnosis_init(&line->diagnosis, rules.wire, setup->echo);
    line->link = make_link(line, poller->loop, err);
    return line->link != NULL;
}

void line_end(struct line *line, void (*ended)(void *), void *self)
{
    struct link *link = line->link;

    line->link = NULL;
    if (link != NULL)
        link_end(link, ended, self);
    else
        ended(self);
}

/* Up or down, once for each change. */
static void change(struct line *line, bool up, enum cause cause, const char *why,
                   struct mono_time now)
{
    char away[24];

    line->cause = (uint8_t)cause;
    if (up == line->up && line->since.ms != WALL_NONE_MS && strcmp(line->why, why) == 0)
        return;
    if (!up && line->setup.kind == LINK_DIALIN)
        log_warning(SAY("链路 %s：%s", "link %s: %s"), line->setup.name, why);
    else if (!up)
        log_warning(SAY("链路 %s：%s；最迟每 60 s 再试一次",
                        "link %s: %s; trying again at least every 60 s"),
                    line->setup.name, why);
    else if (!line->up && line->was_up && line->why[0] != '\0')
        log_notice(SAY("链路 %s 恢复，中断 %s", "link %s is up again after %s"), line->setup.name,
                   duration_text((now.ns - line->changed.ns) / 1000000000 * 1000, away));
    if (up != line->up || line->since.ms == WALL_NONE_MS) {
        line->since = clock_wall(line->poller->setup.clock);
        line->changed = now;
    }
    line->was_up |= up;
    line->up = up;
    snprintf(line->why, sizeof line->why, "%s", why);
}

static void fail_device(struct line *line, struct device *device, enum cause cause,
                        struct mono_time now)
{
    if (device_has_room(device))
        asking_fail(line, device, cause, now);
    if (line->setup.kind == LINK_DIALIN)
        device->owed = true;
    device_schedule(device, false, now);
}

/* A poll without an answer for each device that waits; the link is tried again later. A unit that
 * dials in cannot be tried: it stays shut, so that each poll that is due says so until it comes. */
static void give_up_opening(struct line *line, enum cause cause, const char *why,
                            struct mono_time now)
{
    struct device *asked = line->asking.device;
    struct device *device;

    exchange_give_up(&line->exchange, cause, now);
    if (line->health.units == 0) { /* only a guest wants it: tried again when the next one asks */
        line->state = LINE_SHUT;
        snprintf(line->why, sizeof line->why, "%s", why);
        guest_fail(line, cause, now);
        return;
    }
    change(line, false, cause, why, now);
    if (line->setup.kind != LINK_DIALIN) {
        line->state = LINE_DOWN;
        backoff_fail(&line->backoff, line_period_ms(line), &line->seed, now);
        poller_wake_at(line->poller, &line->entry, line->backoff.next.ns, 0);
    }
    line->asking = (struct asking){.device = NULL};
    guest_fail(line, cause, now);
    if (asked != NULL)
        fail_device(line, asked, cause, now);
    while ((device = line_next_in_queue(line)) != NULL)
        fail_device(line, device, cause, now);
}

/* A unit that dials in again and again would be asked each time, and lose each poll: after a few
 * times in a minute its devices wait for the next one, or their own ticks. */
static int64_t calls_at(struct line *line, struct mono_time now)
{
    if (line->setup.kind != LINK_DIALIN)
        return now.ns;
    if (now.ns >= line->calls_until_ns) {
        line->calls = 0;
        line->calls_until_ns = now.ns + ns_from_ms(CALLS_IN_MS);
    }
    return ++line->calls <= CALLS_MAX ? now.ns : line->calls_until_ns;
}

/* What was missed while the link was down is due at once. */
static void call_all(struct line *line, struct mono_time now)
{
    int64_t at = calls_at(line, now);

    for (size_t i = 0; i < line->health.units; i++) {
        struct device *device = line->devices[i];

        if (device->queued || device == line->asking.device)
            continue;
        if (!device->owed && device->state != DEVICE_SILENT)
            continue;
        device->owed = false;
        backoff_clear(&device->backoff);
        line->health.silent -= device->silent;
        device->silent = false;
        if (at > now.ns) {
            if (agenda_at(&line->poller->agenda, &device->entry) > at)
                poller_wake_at(line->poller, &device->entry, at, 0);
            continue;
        }
        agenda_remove(&line->poller->agenda, &device->entry);
        line_queue(line, device);
    }
}

/* A request that is asked again over a new connection has no more time than it had. */
static bool is_resuming(const struct line *line)
{
    return line->exchange.resumed && exchange_is_under_way(&line->exchange) &&
           line->exchange.deadline != 0;
}

void line_open(struct line *line, struct mono_time now)
{
    int64_t until = now.ns + ns_from_ms(line->setup.timeout_ms);

    if (is_resuming(line) && line->exchange.deadline < until)
        until = line->exchange.deadline;
    line->state = LINE_OPENING;
    poller_wake_at(line->poller, &line->entry, until, 0);
    link_open(line->link); /* may have called line_up() or line_fell() when it returns */
}

static void start_work(struct line *line, struct mono_time now)
{
    bool was_down = !line->up;

    line->state = LINE_UP;
    line->wakes_at = 0; /* a link that was shut has forgotten it */
    line->connection++;
    agenda_remove(&line->poller->agenda, &line->entry);
    backoff_clear(&line->backoff);
    change(line, true, CAUSE_NONE, "", now);
    exchange_connected(&line->exchange, now);
    diagnosis_connected(&line->diagnosis, now);
    if (was_down)
        call_all(line, now);
    line_go(line, now);
}

static void line_up(void *self)
{
    struct line *line = self;
    struct mono_time now = poller_now(line->poller);

    if (line->setup.after_connect_ms <= 0) {
        start_work(line, now);
        return;
    }
    line->state = LINE_RESTING;
    poller_wake_at(line->poller, &line->entry, now.ns + ns_from_ms(line->setup.after_connect_ms),
                   0);
}

/* The unit has hung up, or dials in anew: the link is down from now on, but nobody is told before a
 * poll is missed. What was sent is given up, because what comes over the next connection may answer
 * anything; it is asked at once when the unit is there. */
static void unit_left(struct line *line, struct mono_time now)
{
    if (line->up) {
        line->up = false;
        line->since = clock_wall(line->poller->setup.clock);
        line->changed = now;
        line->cause = CAUSE_NOT_CONNECTED;
    }
    if (line->asking.device != NULL)
        line->asking.device->owed = true;
    if (line->exchange.state == EXCHANGE_ASKED)
        exchange_give_up(&line->exchange, CAUSE_DISCONNECTED, now);
    else
        exchange_broken(&line->exchange, now);
    line_go(line, now);
}

/* A connection that ends while nobody waits is nobody's trouble: it is made again when needed. */
void line_fell(void *self, enum cause cause, const char *why)
{
    struct line *line = self;
    struct mono_time now = poller_now(line->poller);
    bool opening = line->state == LINE_OPENING;
    bool serial = line->setup.kind == LINK_SERIAL;

    agenda_remove(&line->poller->agenda, &line->entry);
    line->state = LINE_SHUT;
    if (opening || serial) {
        give_up_opening(line, cause, why, now);
        return;
    }
    if (line->setup.kind == LINK_DIALIN) {
        unit_left(line, now);
        return;
    }
    exchange_broken(&line->exchange, now);
    line_go(line, now);
}

/* A peer that talks without end while nobody asks it costs its own connection, and no time. */
static void close_idle(struct line *line)
{
    if (line->state != LINE_UP || line->asking.device != NULL || line->guest.under_way)
        return;
    agenda_remove(&line->poller->agenda, &line->entry);
    link_shut(line->link);
    line->state = LINE_SHUT;
}

/* A unit that dials in says its name again to keep the connection: no fault of its line. */
static bool is_heartbeat(const struct line *line, const uint8_t *bytes, size_t count)
{
    const struct registration_id *id = &line->setup.id;

    return line->setup.kind == LINK_DIALIN && count >= id->size &&
           memcmp(bytes, id->bytes, id->size) == 0 &&
           registration_fits(bytes, count, id->size, true);
}

static void line_bytes(void *self, const uint8_t *bytes, size_t count)
{
    struct line *line = self;
    struct mono_time now = poller_now(line->poller);

    frames_heard(&line->frames, bytes, count);
    if (!is_heartbeat(line, bytes, count))
        diagnosis_heard(&line->diagnosis, bytes, count, now);
    exchange_bytes(&line->exchange, bytes, count, now);
    if (!line->pumping && line->state == LINE_UP)
        line_go(line, now);
    if (exchange_is_lost(&line->exchange))
        close_idle(line);
}

static void line_woken(void *self)
{
    struct line *line = self;

    line->wakes_at = 0;
    if (line->state == LINE_UP)
        line_go(line, poller_now(line->poller));
}

/* The poll ends with its deadline; whether the link is down, the next one finds out. */
static void end_resumed(struct line *line, struct mono_time now)
{
    line->state = LINE_SHUT;
    exchange_give_up(&line->exchange, CAUSE_DISCONNECTED, now);
    line_go(line, now);
}

void line_due(struct line *line, struct mono_time now)
{
    char why[400];

    switch (line->state) {
    case LINE_OPENING:
        link_shut(line->link);
        if (is_resuming(line)) {
            end_resumed(line, now);
            return;
        }
        snprintf(why, sizeof why,
                 SAY("%s:%d 没有应答连接；请检查设备电源、网线和地址",
                     "%s:%d does not answer the connection; check its power, cable and address"),
                 line->setup.host, line->setup.port);
        give_up_opening(line, CAUSE_TIMEOUT, why, now);
        return;
    case LINE_RESTING:
        start_work(line, now);
        return;
    case LINE_DOWN:
        for (size_t i = 0; i < line->health.units; i++) {
            struct device *device = line->devices[i];

            if (device->owed && !device->queued)
                line_queue(line, device);
            device->owed = false;
        }
        line_open(line, now);
        return;
    case LINE_SHUT:
    case LINE_UP:
        line_go(line, now);
        return;
    }
}
