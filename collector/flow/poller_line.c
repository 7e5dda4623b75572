/* A line: devices wait for it in turn, and it is asked one request at a time. */
#include <assert.h>

#include "base/log.h"
#include "base/say.h"
#include "flow/poller_parts.h"

int64_t line_guard_ns(const struct line *line)
{
    return line->exchange.rules.wire == WIRE_RTU ? line->exchange.rules.guard_ns : 0;
}

int64_t line_probe_cost_ns(const struct line *line, const struct device *device)
{
    const struct profile *profile = device->setup.profile;
    int64_t once = device_timeout_ns(device) + line_guard_ns(line);

    return once + profile->first_tries * (once + ns_from_ms(profile->first_pause_ms));
}

int64_t line_period_ms(const struct line *line)
{
    int64_t shortest = BACKOFF_MOST_MS;

    for (size_t i = 0; i < line->health.units; i++)
        if (line->devices[i]->setup.every_ms < shortest)
            shortest = line->devices[i]->setup.every_ms;
    return shortest;
}

void line_queue(struct line *line, struct device *device)
{
    assert(!device->queued);
    device->queued = true;
    device->behind = NULL;
    if (line->first == NULL)
        line->first = device;
    else
        line->last->behind = device;
    line->last = device;
}

struct device *line_next_in_queue(struct line *line)
{
    struct device *device = line->first;

    if (device == NULL)
        return NULL;
    line->first = device->behind;
    device->queued = false;
    return device;
}

/* An entry that is due earlier is left: it rings, finds that there is time, and is moved then. So a
 * line that is asked again and again moves its entry once a timeout, not once a request. */
static void wait_until(struct line *line, int64_t at_ns, struct mono_time now)
{
    if (line->wakes_at == at_ns || agenda_at(&line->poller->agenda, &line->entry) <= at_ns)
        return;
    line->wakes_at = at_ns;
    if (link_wake_in(line->link, at_ns > now.ns ? at_ns - now.ns : 0))
        return;
    line->wakes_at = 0;
    poller_wake_at(line->poller, &line->entry, at_ns, 0);
}

/* Bytes that wait in the kernel came before the request and answer something else. */
static bool pump(struct line *line)
{
    line->pumping = true;
    link_pump(line->link);
    line->pumping = false;
    return line->state == LINE_UP;
}

static bool is_same_finding(const struct finding *one, const struct finding *other)
{
    return one->kind == other->kind && one->unit == other->unit && one->other == other->other;
}

/* What the bytes of the line say about it, told when that changes. */
static void tell_finding(struct line *line)
{
    const struct poller_setup *setup = &line->poller->setup;
    struct finding finding = diagnosis_finding(&line->diagnosis);
    bool same;
    char settings[LINK_SETTINGS], sentence[400];

    if (finding.kind == FINDING_EXTRA_BYTES && line->setup.kind == LINK_DIALIN)
        finding = (struct finding){.kind = FINDING_NONE}; /* its heartbeats */
    same = is_same_finding(&finding, &line->finding);
    line->finding = finding;
    if (same)
        return;
    if (finding.kind != FINDING_NONE) {
        finding_say(&finding, line->setup.name, link_settings_text(&line->setup, settings), "",
                    sentence, sizeof sentence);
        log_warning("%s", sentence);
    } else {
        log_notice(
            SAY("链路 %s：收到的数据又正常了", "link %s: the bytes that come are well again"),
            line->setup.name);
    }
    if (setup->found != NULL)
        setup->found(setup->self, (size_t)(line - line->poller->lines), &finding);
}

static void tell_nought(struct line *line)
{
    if (line->nought_told || !line->exchange.nought_noticed)
        return;
    line->nought_told = true;
    log_warning(SAY("链路 %s：设备每次都用事务号 0 回答，迟到的回答与正确的分不开，所以不予采用；"
                    "请升级设备或网关的程序，或改用串口透传（rtu_tcp）",
                    "link %s: the device answers with transaction 0 each time, so late answers "
                    "cannot be told from right ones and none is taken; update the device or "
                    "gateway, or use it as a transparent serial server (rtu_tcp)"),
                line->setup.name);
}

/* One send; false: the line has to be looked at again, or has been already. */
static bool send_request(struct line *line, struct mono_time now)
{
    if (line->exchange.rules.wire == WIRE_RTU) {
        int64_t before = line->exchange.last_byte;

        if (!pump(line))
            return false;
        if (line->exchange.last_byte != before) {
            line_go(line, poller_now(line->poller));
            return false;
        }
    }
    if (link_send(line->link, line->exchange.tx, line->exchange.tx_size)) {
        frames_sent(&line->frames, line->exchange.tx, line->exchange.tx_size);
        exchange_sent(&line->exchange, now);
        asking_sent(line);
        diagnosis_sent(&line->diagnosis, &line->exchange.request, line->exchange.tx,
                       line->exchange.tx_size, now);
        tell_finding(line);
        return true;
    }
    link_shut(line->link);
    line_fell(
        line, CAUSE_DISCONNECTED,
        SAY("发送失败：对方或驱动不再接收", "sending failed: the peer or driver takes nothing"));
    return false;
}

/* The next device in the queue that there is room for, or a guest; false: nobody waits. */
static bool begin_next(struct line *line, struct mono_time now)
{
    struct device *device;

    if (guest_goes_first(line))
        return guest_begin(line, now);
    while ((device = line_next_in_queue(line)) != NULL) {
        if (device_has_room(device)) {
            line->guest.went_last = false;
            asking_begin(line, device, now);
            return true;
        }
        device_schedule(device, false, now);
    }
    return guest_begin(line, now);
}

/* The result is taken in; a stream that is lost is closed now, not at the next request. */
static void end_exchange(struct line *line, struct mono_time now)
{
    bool lost = exchange_is_lost(&line->exchange);

    tell_nought(line);
    if (lost) {
        link_shut(line->link);
        line->state = LINE_SHUT;
    }
    if (line->guest.under_way)
        guest_over(line, now);
    else
        asking_go_on(line, now);
}

void line_go(struct line *line, struct mono_time now)
{
    if (line->state == LINE_OPENING || line->state == LINE_RESTING || line->state == LINE_DOWN)
        return;
    for (;;) {
        if (line->asking.device == NULL && !line->guest.under_way && !begin_next(line, now)) {
            agenda_remove(&line->poller->agenda, &line->entry); /* nothing to wake for */
            return;
        }
        if (line->asking.paused && line->asking.resume_ns > now.ns) {
            poller_wake_at(line->poller, &line->entry, line->asking.resume_ns, 0);
            return;
        }
        if (line->asking.paused)
            asking_resume(line, now);
        if (line->exchange.state != EXCHANGE_OVER && line->state != LINE_UP) {
            line_open(line, now);
            return;
        }
        switch (exchange_step(&line->exchange, now)) {
        case EXCHANGE_WAIT:
            wait_until(line, line->exchange.wake, now);
            return;
        case EXCHANGE_SEND:
            if (!send_request(line, now))
                return;
            break;
        case EXCHANGE_RECONNECT:
            link_shut(line->link);
            line->state = LINE_SHUT;
            break;
        case EXCHANGE_DONE:
            end_exchange(line, now);
            break;
        }
    }
}
