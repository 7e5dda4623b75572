/* Somebody else's request on a line (`lookback probe --via-collector`): asked between two polls,
 * through the same exchange, so every rule about late answers holds for it and after it. */
#include <assert.h>

#include "base/say.h"
#include "flow/poller_parts.h"

bool guest_goes_first(const struct line *line)
{
    return line->guest.waiting && !line->guest.went_last;
}

/* The quiet time its model needs, where the unit asked is a device of ours. */
static int64_t settle_ns_of(const struct line *line, uint8_t unit)
{
    if (line->last_unit != unit)
        return 0;
    for (size_t i = 0; i < line->health.units; i++)
        if (line->devices[i]->setup.unit == unit)
            return ns_from_ms(line->devices[i]->setup.profile->settle_ms);
    return 0;
}

bool guest_begin(struct line *line, struct mono_time now)
{
    const struct poller_guest *asked = &line->guest.asked;
    int64_t timeout_ms = asked->timeout_ms > 0 ? asked->timeout_ms : line->setup.timeout_ms;
    int64_t settle_ns = settle_ns_of(line, asked->request.unit);

    if (!line->guest.waiting)
        return false;
    line->guest.waiting = false;
    line->guest.under_way = line->guest.went_last = true;
    line->last_unit = asked->request.unit;
    line->poller->totals.requests++;
    exchange_begin(&line->exchange, &asked->request, ns_from_ms(timeout_ms), settle_ns, false, now);
    return true;
}

/* The guest may ask its next question in the call. */
static void tell(struct line *line, const struct exchange_result *result)
{
    line->guest.waiting = line->guest.under_way = false;
    line->guest.telling = true;
    line->guest.asked.over(line->guest.asked.self, result);
    line->guest.telling = false;
}

void guest_over(struct line *line, struct mono_time now)
{
    line->busy_ns += now.ns - line->exchange.begun;
    tell(line, &line->exchange.result);
}

void guest_fail(struct line *line, enum cause cause, struct mono_time now)
{
    const struct exchange_result result = {.cause = (uint8_t)cause, .at = now};

    if (!line->guest.waiting && !line->guest.under_way)
        return;
    line->guest.failing = true;
    tell(line, &result);
    line->guest.failing = false;
}

static bool refuse(const struct line *line, const char *why, struct error *err)
{
    return error_set(err, ERROR_REFUSED, SAY("链路 %s：%s", "link %s: %s"), line->setup.name, why);
}

bool poller_ask(struct poller *poller, const struct poller_guest *guest, struct error *err)
{
    struct line *line = &poller->lines[guest->link];

    assert(guest->link < poller->setup.link_count && request_is_valid(&guest->request));
    if (!poller->running)
        return refuse(line, SAY("采集正在停止", "polling is being stopped"), err);
    if (line->guest.waiting || line->guest.under_way)
        return refuse(line,
                      SAY("正有另一个探测在这条链路上，请等它结束",
                          "another probe is on this link; wait for its end"),
                      err);
    if (line->state == LINE_DOWN || line->guest.failing)
        return refuse(line, line->why, err);
    line->guest.asked = *guest;
    line->guest.waiting = true;
    if (!line->guest.telling && line->asking.device == NULL)
        line_go(line, poller_now(poller));
    return true;
}
