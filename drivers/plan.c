#include "drivers/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/profile_parts.h"

enum {
    BITS_MAX = 2000,    /* of one request: Modbus application protocol 1.1b3, 6.1 */
    RAW_BLOCK_HEAD = 5, /* function, address, count: what reading.h keeps before the bytes */
    SPANS_MAX = 4 * POLL_READINGS_MAX + PROFILE_STATES_MAX, /* with three registers beside each */
};

/* Addresses that must come in one request. */
struct span {
    enum register_area area;
    uint32_t from, to; /* `to` is not part of it */
};

uint8_t area_function(enum register_area area)
{
    switch (area) {
    case AREA_COIL:
        return 1;
    case AREA_DISCRETE_INPUT:
        return 2;
    case AREA_INPUT_REGISTER:
        return 4;
    case AREA_HOLDING_REGISTER:
        break;
    }
    return 3;
}

const char *area_word(enum register_area area)
{
    switch (area) {
    case AREA_COIL:
        return "coil";
    case AREA_DISCRETE_INPUT:
        return "discrete";
    case AREA_INPUT_REGISTER:
        return "input";
    case AREA_HOLDING_REGISTER:
        break;
    }
    return "holding";
}

static bool state_is_wanted(const struct state *state, const struct channel *const *channels,
                            size_t count)
{
    if (state->channel[0] == '\0')
        return count > 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(state->channel, channels[i]->name) == 0)
            return true;
    return false;
}

static size_t add_beside(struct span *spans, size_t used, const struct beside *beside,
                         unsigned words)
{
    if (!beside->is_there)
        return used;
    spans[used] = (struct span){beside->area, beside->address, beside->address + words};
    return used + 1;
}

/* A value, and what has to be known to read it. */
static size_t add_channel(struct span *spans, size_t used, const struct channel *channel)
{
    unsigned words = channel_word_count(channel);

    spans[used++] = (struct span){channel->area, channel->address, channel->address + words};
    used = add_beside(spans, used, &channel->decimals, 1);
    used = add_beside(spans, used, &channel->unit_setting, 1);
    return add_beside(spans, used, &channel->absent_register, words);
}

static size_t collect_spans(struct span *spans, const struct profile *profile,
                            const struct channel *const *channels, size_t count)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++)
        used = add_channel(spans, used, channels[i]);
    for (size_t i = 0; i < profile->state_count; i++) {
        const struct state *state = &profile->states[i];

        if (state_is_wanted(state, channels, count))
            spans[used++] = (struct span){state->area, state->address, state->address + 1U};
    }
    return used;
}

static int span_compare(const void *one, const void *other)
{
    const struct span *a = one;
    const struct span *b = other;

    if (a->area != b->area)
        return a->area < b->area ? -1 : 1;
    return a->from < b->from ? -1 : a->from > b->from;
}

/* Spans in order; the wanted channels are few enough. */
static size_t order_spans(struct span *spans, const struct profile *profile,
                          const struct channel *const *channels, size_t count)
{
    size_t used = collect_spans(spans, profile, channels, count);

    qsort(spans, used, sizeof spans[0], span_compare);
    return used;
}

void plan_gaps(struct gaps *gaps, const struct profile *profile,
               const struct channel *const *channels, size_t count)
{
    struct span spans[SPANS_MAX];
    size_t used;
    uint32_t end = 0;

    gaps->count = 0;
    if (count > POLL_READINGS_MAX || profile->max_gap <= 0)
        return;
    used = order_spans(spans, profile, channels, count);
    for (size_t i = 0; i < used && gaps->count < LESSONS_MAX; i++) {
        const struct span *span = &spans[i];
        bool same_area = i > 0 && spans[i - 1].area == span->area;

        if (same_area && span->from > end && span->from - end <= (uint32_t)profile->max_gap)
            gaps->at[gaps->count++] =
                (struct gap){span->area, (uint16_t)end, (uint16_t)(span->from - end)};
        end = same_area && end > span->to ? end : span->to;
    }
}

static bool is_open(const struct gaps *gaps, uint64_t open, enum register_area area, uint32_t from)
{
    for (size_t i = 0; i < gaps->count; i++)
        if (gaps->at[i].area == area && gaps->at[i].address == from)
            return (open >> i & 1) != 0;
    return false;
}

/* Takes the span into the request if it may; the request then ends where the later of both does. */
static bool request_takes(struct planned *request, const struct span *span, uint32_t limit,
                          const struct gaps *gaps, uint64_t open)
{
    uint32_t end = (uint32_t)request->address + request->count;
    uint32_t joined_end = span->to > end ? span->to : end;

    if (request->count == 0 || request->area != span->area ||
        joined_end - request->address > limit ||
        (span->from > end && !is_open(gaps, open, span->area, end)))
        return false;
    request->has_gap = request->has_gap || span->from > end;
    request->count = (uint16_t)(joined_end - request->address);
    return true;
}

static size_t raw_size(const struct planned *request)
{
    size_t bytes = area_is_bits(request->area) ? (request->count + 7U) / 8U : 2U * request->count;

    return RAW_BLOCK_HEAD + bytes;
}

size_t plan_raw_size(const struct plan *plan)
{
    size_t size = 0;

    for (size_t i = 0; i < plan->count; i++)
        size += raw_size(&plan->requests[i]);
    return size;
}

static bool plan_fits_poll(const struct plan *plan, const struct profile *profile,
                           struct error *err)
{
    size_t size = plan_raw_size(plan);

    return size <= POLL_RAW_MAX ||
           error_set(err, ERROR_SETTINGS,
                     SAY("%s: 一次采集要读 %zu 字节，最多 %d；请减小 max_gap 或减少通道",
                         "%s: one poll would read %zu bytes, at most %d; lower max_gap or name "
                         "fewer channels"),
                     profile->model, size, (int)POLL_RAW_MAX);
}

static bool too_many(const struct profile *profile, struct error *err)
{
    return error_set(err, ERROR_SETTINGS,
                     SAY("%s: 一次采集要超过 %d 个请求；请减少通道或放宽 max_gap",
                         "%s: one poll would take more than %d requests; name fewer channels or "
                         "allow a larger max_gap"),
                     profile->model, (int)PLAN_REQUESTS_MAX);
}

bool plan_make(struct plan *plan, const struct profile *profile,
               const struct channel *const *channels, size_t count, const struct gaps *gaps,
               uint64_t open, struct error *err)
{
    struct span spans[SPANS_MAX];
    size_t span_count;

    plan->count = 0;
    if (count > POLL_READINGS_MAX)
        return too_many(profile, err);
    if (profile->has_wake)
        plan->requests[plan->count++] =
            (struct planned){profile->wake_area, profile->wake_address, 0, false};
    span_count = order_spans(spans, profile, channels, count);
    for (size_t i = 0; i < span_count; i++) {
        const struct span *span = &spans[i];
        uint32_t limit = area_is_bits(span->area) ? BITS_MAX : (uint32_t)profile->max_registers;

        if (plan->count > 0 &&
            request_takes(&plan->requests[plan->count - 1], span, limit, gaps, open))
            continue;
        if (plan->count == PLAN_REQUESTS_MAX)
            return too_many(profile, err);
        assert(span->to - span->from <= limit);
        plan->requests[plan->count++] = (struct planned){span->area, (uint16_t)span->from,
                                                         (uint16_t)(span->to - span->from), false};
    }
    return plan_fits_poll(plan, profile, err);
}

uint64_t plan_crossed(const struct gaps *gaps, const struct planned *request)
{
    uint32_t end = (uint32_t)request->address + request->count;
    uint64_t crossed = 0;

    for (size_t i = 0; request->has_gap && i < gaps->count; i++) {
        const struct gap *gap = &gaps->at[i];

        if (gap->area == request->area && gap->address > request->address && gap->address < end)
            crossed |= UINT64_C(1) << i;
    }
    return crossed;
}

/* Appends the request, cut at all its gaps. */
static bool append_cut(struct plan *to, const struct planned *request, const struct gaps *gaps)
{
    uint64_t crossed = plan_crossed(gaps, request);
    struct planned rest = *request;

    rest.has_gap = false;
    for (size_t i = 0; i < gaps->count; i++) {
        const struct gap *gap = &gaps->at[i];
        struct planned piece = rest;

        if ((crossed >> i & 1) == 0)
            continue;
        if (to->count == PLAN_REQUESTS_MAX)
            return false;
        piece.count = (uint16_t)(gap->address - rest.address);
        to->requests[to->count++] = piece;
        rest.count = (uint16_t)(rest.count - piece.count - gap->count);
        rest.address = (uint16_t)(gap->address + gap->count);
    }
    if (to->count == PLAN_REQUESTS_MAX)
        return false;
    to->requests[to->count++] = rest;
    return true;
}

bool plan_detour(struct plan *to, const struct plan *from, size_t at, const struct gaps *gaps,
                 size_t *pieces)
{
    assert(at < from->count && to != from);
    to->count = at;
    memcpy(to->requests, from->requests, at * sizeof to->requests[0]);
    for (size_t i = at; i < from->count; i++) {
        if (!append_cut(to, &from->requests[i], gaps))
            return false;
        if (i == at)
            *pieces = to->count - at;
    }
    return true;
}
