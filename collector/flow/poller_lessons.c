/* What a device teaches about the gaps of its read plan: drivers/lessons.h, played on the wire. */
#include <stdio.h>

#include "base/log.h"
#include "base/say.h"
#include "flow/poller_parts.h"

/* The plan of the next poll. Where none can be made that leaves out just these gaps, all are. */
static void plan_next(struct device *device)
{
    const struct plans *plans = device->plans;
    const struct device_setup *setup = &device->setup;

    device->plan = &plans->gapless;
    device->open = taught_open(&device->taught);
    if (plan_make(device->own, setup->profile, setup->channels, setup->channel_count, &plans->gaps,
                  device->open, NULL))
        device->plan = device->own;
}

void lessons_begin(struct device *device)
{
    taught_begin(&device->taught, &device->plans->gaps, device->setup.lessons,
                 device->setup.lesson_count);
    plan_next(device);
}

/* Whoever is believed to be dead is asked without gaps: one may have become a hole meanwhile. */
const struct plan *lessons_plan(const struct device *device)
{
    return device_is_probed(device) ? &device->plans->gapless : device->plan;
}

static uint64_t crossed_now(const struct asking *asking)
{
    return plan_crossed(&asking->device->plans->gaps, &asking->plan->requests[asking->at]);
}

static bool has_room(const struct line *line)
{
    return line->detour->count <= line->block_room && plan_raw_size(line->detour) <= line->raw_room;
}

/* The rest of the poll reads through no gap, so there is but one such try in it. */
bool lessons_cut(struct line *line, const struct exchange_result *result)
{
    struct asking *asking = &line->asking;
    const struct device *device = asking->device;
    uint64_t crossed = crossed_now(asking);
    size_t pieces;

    if (result->answered || device->state == DEVICE_REFUSING || device->state == DEVICE_CHANGED ||
        !taught_blames(&device->taught, crossed, (enum cause)result->cause) ||
        !plan_detour(line->detour, asking->plan, asking->at, &device->plans->gaps, &pieces) ||
        !has_room(line))
        return false;
    asking->blamed = crossed;
    asking->blamed_cause = result->cause;
    asking->cut_at = asking->at;
    asking->cut_end = asking->at + pieces;
    asking->plan = line->detour;
    asking->busy_tries = 0;
    return true;
}

void lessons_note(struct line *line, const struct exchange_result *result)
{
    struct asking *asking = &line->asking;
    uint64_t crossed = crossed_now(asking);

    if (crossed != 0 && result->answered)
        taught_answered(&asking->device->taught, crossed);
    if (asking->at < asking->cut_at || asking->at >= asking->cut_end)
        return;
    asking->pieces_answered += result->answered;
    asking->pieces_refused += result->is_exception;
}

static void tell(const struct device *device, const struct lesson *lesson)
{
    log_notice(
        SAY("链路 %s：%s 的 %s 寄存器 %d 起 %d 个（其中没有监测值）读不出：%s；今后绕开",
            "link %s: %s does not let us read through the unused %s registers from %d, %d of "
            "them (%s); from now on they are left out"),
        device->line->setup.name, device->setup.label, area_word(lesson->area), lesson->address,
        lesson->count, cause_title((enum cause)lesson->cause));
}

static void learn(struct device *device)
{
    struct poller *poller = device->line->poller;
    struct lesson lesson;

    if (!taught_hole(&device->taught, &device->plans->gaps, &lesson))
        return;
    tell(device, &lesson);
    if (poller->setup.learned != NULL)
        poller->setup.learned(poller->setup.self, (size_t)(device - poller->devices), &lesson);
}

void lessons_conclude(struct line *line)
{
    const struct asking *asking = &line->asking;
    struct device *device = asking->device;

    if (device->own == NULL)
        return;
    if (asking->blamed != 0 && asking->pieces_answered == asking->cut_end - asking->cut_at)
        taught_failed(&device->taught, asking->blamed, (enum cause)asking->blamed_cause);
    else if (asking->blamed != 0 && asking->pieces_answered > 0 && asking->pieces_refused > 0)
        taught_unclear(&device->taught, asking->blamed);
    learn(device);
    if (taught_open(&device->taught) != device->open)
        plan_next(device);
}

void lessons_came_back(struct device *device)
{
    device->taught.was_away = true;
}
