/* One poll: the requests of a device's plan in order, and what becomes of their answers. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "flow/poller_parts.h"

enum {
    BUSY_TRIES = 2, /* exceptions 5 and 6: "not yet" */
    BUSY_PAUSE_MS = 100,
};

static const struct planned *planned_of(const struct asking *asking)
{
    return &asking->plan->requests[asking->at];
}

int64_t device_timeout_ns(const struct device *device)
{
    int64_t own = device->setup.timeout_ms;

    return ns_from_ms(own > 0 ? own : device->line->setup.timeout_ms);
}

static void begin_request(struct line *line, struct mono_time now)
{
    struct device *device = line->asking.device;
    const struct planned planned =
        line->asking.identifying ? identity_request(&line->asking) : *planned_of(&line->asking);
    const struct request request = {
        .unit = device->setup.unit,
        .function = area_function(planned.area),
        .address = planned.address,
        .count = planned.count,
    };
    bool same_unit = line->last_unit == device->setup.unit;

    line->last_unit = device->setup.unit;
    line->poller->totals.requests++;
    exchange_begin(&line->exchange, &request, device_timeout_ns(device),
                   same_unit ? ns_from_ms(device->setup.profile->settle_ms) : 0,
                   !device_is_probed(device), now);
}

static bool keeps_frames(const struct poller *poller, const struct device *device)
{
    return poller->setup.keeps_frames != NULL &&
           poller->setup.keeps_frames(poller->setup.self, (size_t)(device - poller->devices));
}

static void prepare_asking(struct line *line, struct device *device, struct mono_time now)
{
    frames_begin(&line->frames, keeps_frames(line->poller, device));
    line->asking =
        (struct asking){.device = device, .plan = lessons_plan(device), .begun_ns = now.ns};
}

void asking_resume(struct line *line, struct mono_time now)
{
    line->asking.paused = false;
    begin_request(line, now);
}

/* `at` may be a while ago: after a timeout (exchange.h). Both clocks then say the same moment. */
static void stamp(struct line *line, struct mono_time at, struct mono_time now)
{
    struct asking *asking = &line->asking;

    if (asking->stamped)
        return;
    asking->stamped = true;
    asking->mono = at;
    asking->time = poller_wall(line->poller);
    if (wall_is_known(asking->time))
        asking->time.ms -= (now.ns - at.ns) / 1000000;
}

static uint8_t *put_head(uint8_t *out, const struct planned *planned)
{
    out[0] = area_function(planned->area);
    out[1] = (uint8_t)(planned->address >> 8);
    out[2] = (uint8_t)planned->address;
    out[3] = (uint8_t)(planned->count >> 8);
    out[4] = (uint8_t)planned->count;
    return out + 5;
}

/* One request's block, with its bytes or without. The wake step carries nothing to decode. */
static void keep_block(struct line *line, const struct planned *planned, enum cause cause,
                       const uint8_t *data, size_t size)
{
    struct asking *asking = &line->asking;
    struct block *block;
    uint8_t *bytes;

    if (planned->count == 0)
        return;
    block = &line->blocks[asking->block_count++];
    *block = (struct block){.area = planned->area,
                            .address = planned->address,
                            .count = planned->count,
                            .answered = data != NULL,
                            .cause = (uint8_t)cause};
    if (data == NULL)
        return;
    bytes = put_head(line->raw + asking->raw_size, planned);
    memcpy(bytes, data, size);
    block->bytes = bytes;
    asking->raw_size += 5 + size;
}

/* From the request under way on, nothing has an answer. */
static void leave_rest(struct line *line, enum cause cause)
{
    for (; line->asking.at < line->asking.plan->count; line->asking.at++)
        keep_block(line, planned_of(&line->asking), cause, NULL, 0);
}

/* Steps over what the device refuses for good; false: nothing is left to be asked. */
static bool step_over_refused(struct line *line, struct mono_time now)
{
    struct asking *asking = &line->asking;
    enum cause cause;

    for (; asking->at < asking->plan->count; asking->at++) {
        if (!asking->leaves_out ||
            !refusals_leave_out(asking->device, planned_of(asking), now, &cause))
            return true;
        keep_block(line, planned_of(asking), cause, NULL, 0);
    }
    return false;
}

void asking_sent(struct line *line)
{
    struct device *device = line->asking.device;

    if (device == NULL || device->due_ns == 0)
        return;
    totals_late(&line->poller->totals, poller_now(line->poller).ns - device->due_ns);
    device->due_ns = 0;
}

void asking_begin(struct line *line, struct device *device, struct mono_time now)
{
    prepare_asking(line, device, now);
    line->asking.leaves_out = refusals_apply(device, line->asking.plan, now);
    step_over_refused(line, now);
    begin_request(line, now);
}

/* After a silence a probe may have been without power: its first values are not yet true. */
static void mark_warming(const struct device *device, struct mono_time at, struct reading *readings)
{
    if (at.ns >= device->warm_until_ns)
        return;
    for (size_t i = 0; i < device->setup.channel_count; i++) {
        if (readings[i].quality == QUALITY_NO_ANSWER || !reading_has_value(&readings[i]))
            continue;
        readings[i].quality = QUALITY_FAULT;
        readings[i].cause = CAUSE_WARMING_UP;
    }
}

/* What another instrument measures is nobody's value here; its raw words stay with the poll. */
static void withhold(const struct device *device, enum cause cause, struct reading *readings)
{
    for (size_t i = 0; i < device->setup.channel_count; i++)
        if (readings[i].quality != QUALITY_NO_ANSWER)
            readings[i] = (struct reading){.point = readings[i].point,
                                           .quality = QUALITY_FAULT,
                                           .cause = (uint8_t)cause,
                                           .value = NAN};
}

static void report(struct line *line, struct device *device)
{
    struct poller *poller = line->poller;
    const struct asking *asking = &line->asking;
    const struct device_setup *setup = &device->setup;
    size_t frames_size = frames_end(&line->frames);
    struct reading *readings = poller->scratch;
    const struct poll poll = {
        .device = setup->id,
        .time = asking->time,
        .mono = asking->mono,
        .boot = poller->setup.boot,
        .profile = setup->profile_id,
        .raw = line->raw,
        .raw_size = asking->raw_size,
        .frames = frames_size > 0 ? line->frames.bytes : NULL,
        .frames_size = frames_size,
        .readings = readings,
        .reading_count = setup->channel_count,
    };

    profile_decode(setup->profile, setup->channels, setup->channel_count, line->blocks,
                   asking->block_count, readings);
    mark_warming(device, asking->mono, readings);
    if (asking->withheld)
        withhold(device, CAUSE_IDENTITY_CHANGED, readings);
    else if (diagnosis_is_doubled(&line->diagnosis, setup->unit))
        withhold(device, CAUSE_WRONG_UNIT, readings);
    for (size_t i = 0; i < setup->channel_count; i++) {
        readings[i].point = setup->points[i];
        device->readings[i] = readings[i];
        if (reading_has_value(&readings[i]))
            device->last_good = asking->time;
    }
    device->has_readings = true;
    device->read_at = asking->time;
    device->polls++;
    poller->totals.polls++;
    poller->totals.failed += asking->answered == 0;
    poller->totals.readings += setup->channel_count;
    poller->setup.done(poller->setup.self, &poll);
    frames_begin(&line->frames, false);
}

static void end_poll(struct line *line, struct mono_time now)
{
    struct device *device = line->asking.device;
    bool was_silent = device->silent;

    lessons_conclude(line);
    refusals_conclude(device, &line->asking);
    stamp(line, now, now);
    identity_conclude(line, now);
    if (line->asking.heard)
        device_answered(line, device, now);
    else
        device_failed(line, device, now);
    if (was_silent || device->silent) /* what asking the dead took of the time of the living */
        line_probed(&line->health, now.ns - line->asking.begun_ns + line_guard_ns(line), now);
    report(line, device);
    line->asking.device = NULL;
    device_schedule(device, true, now);
}

void asking_fail(struct line *line, struct device *device, enum cause cause, struct mono_time now)
{
    prepare_asking(line, device, now);
    stamp(line, now, now);
    leave_rest(line, cause);
    device->errors[cause]++;
    device_unreached(device, now);
    device->due_ns = 0; /* it was not sent */
    report(line, device);
    line->asking.device = NULL;
}

/* Half powers of two of a millisecond: good to 20 % from 1 ms to a minute, in 68 bytes. */
static void count_answer(struct device *device, int64_t took_ns)
{
    int64_t square = took_ns / 1000000 * (took_ns / 1000000);
    size_t bucket = 0;

    while (bucket + 1 < ANSWER_BUCKETS && square > (int64_t)1 << bucket)
        bucket++;
    if (device->answers[bucket] == UINT16_MAX)
        for (size_t i = 0; i < ANSWER_BUCKETS; i++)
            device->answers[i] /= 2;
    device->answers[bucket]++;
    totals_answer(&device->line->poller->totals, took_ns);
}

/* A gateway's word that the unit behind it is not there. */
static bool is_unit_missing(const struct exchange_result *result)
{
    return result->is_exception && (result->exception == 10 || result->exception == 11);
}

static void pause_asking(struct asking *asking, int64_t pause_ms, struct mono_time now)
{
    asking->paused = true;
    asking->resume_ns = now.ns + ns_from_ms(pause_ms);
}

static bool wait_for_busy(struct line *line, const struct exchange_result *result,
                          struct mono_time now)
{
    struct asking *asking = &line->asking;

    if (!result->is_exception || result->cause != CAUSE_BUSY || asking->busy_tries >= BUSY_TRIES)
        return false;
    asking->busy_tries++;
    pause_asking(asking, BUSY_PAUSE_MS, now);
    return true;
}

/* A probe that sleeps misses the request that wakes it. */
static bool wait_for_sleeper(struct line *line, const struct exchange_result *result,
                             struct mono_time now)
{
    struct asking *asking = &line->asking;
    const struct profile *profile = asking->device->setup.profile;

    if (asking->heard || result->is_exception || result->cause != CAUSE_TIMEOUT ||
        asking->first_tries >= (unsigned)profile->first_tries)
        return false;
    asking->first_tries++;
    pause_asking(asking, profile->first_pause_ms, now);
    return true;
}

/* Takes one result in; true: the poll goes on with its next request. */
static bool take_result(struct line *line, const struct exchange_result *result,
                        struct mono_time now)
{
    struct asking *asking = &line->asking;
    bool wants_data = planned_of(asking)->count > 0;

    if (!result->answered && (!result->is_exception || is_unit_missing(result))) {
        leave_rest(line, result->cause);
        return false;
    }
    asking->heard = true;
    lessons_note(line, result);
    asking->asked += wants_data;
    asking->answered += wants_data && result->answered;
    asking->refused += wants_data && refusal_is_permanent(result);
    if (wants_data)
        refusals_note(asking->device, planned_of(asking), result, now);
    keep_block(line, planned_of(asking), result->cause, result->answered ? result->data : NULL,
               result->size);
    asking->at++;
    asking->busy_tries = 0;
    return step_over_refused(line, now);
}

/* The next request of the poll, after the wake step when the probe is ready; false: there is none.
 */
static bool begin_next(struct line *line, bool woken, struct mono_time now)
{
    struct asking *asking = &line->asking;
    int64_t wake_wait_ms = asking->device->setup.profile->wake_wait_ms;

    if (woken && wake_wait_ms > 0)
        pause_asking(asking, wake_wait_ms, now);
    else
        begin_request(line, now);
    return true;
}

static bool go_on_with_data(struct line *line, const struct exchange_result *result,
                            struct mono_time now)
{
    struct asking *asking = &line->asking;
    bool woken = result->answered && planned_of(asking)->count == 0;

    if (lessons_cut(line, result) || take_result(line, result, now))
        return begin_next(line, woken, now);
    if (!identity_is_due(line, now))
        return false;
    identity_begin(line);
    return begin_next(line, false, now);
}

static bool go_on(struct line *line, const struct exchange_result *result, struct mono_time now)
{
    if (!line->asking.identifying)
        return go_on_with_data(line, result, now);
    return identity_take(line, result) && begin_next(line, false, now);
}

void asking_go_on(struct line *line, struct mono_time now)
{
    const struct exchange_result *result = &line->exchange.result;
    struct device *device = line->asking.device;
    const struct poller *poller = line->poller;

    if (poller->setup.exchanged != NULL)
        poller->setup.exchanged(poller->setup.self, (size_t)(device - poller->devices), result);
    line->busy_ns += now.ns - line->exchange.begun;
    if (wait_for_sleeper(line, result, now))
        return;
    if (result->cause != CAUSE_NONE)
        device->errors[result->cause]++;
    if (result->answered || result->is_exception) {
        count_answer(device, result->took_ns);
        stamp(line, result->at, now);
    }
    if (!wait_for_busy(line, result, now) && !go_on(line, result, now))
        end_poll(line, now);
}
