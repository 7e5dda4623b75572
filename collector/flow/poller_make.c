/* Everything a poller needs is allocated here, once. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "flow/poller_parts.h"

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY,
                     SAY("内存不足，无法启动采集", "no memory to start polling"));
}

static bool same_channels(const struct device_setup *one, const struct device_setup *other)
{
    return one->profile == other->profile && one->channel_count == other->channel_count &&
           (one->channels == other->channels ||
            memcmp(one->channels, other->channels, one->channel_count * sizeof *one->channels) ==
                0);
}

static bool make_plans(struct plans *plans, const struct device_setup *setup, struct error *err)
{
    plan_gaps(&plans->gaps, setup->profile, setup->channels, setup->channel_count);
    return plan_make(&plans->full, setup->profile, setup->channels, setup->channel_count,
                     &plans->gaps, GAPS_ALL, err) &&
           plan_make(&plans->gapless, setup->profile, setup->channels, setup->channel_count,
                     &plans->gaps, 0, err);
}

static bool share_plans(struct poller *poller, struct device *device, struct error *err)
{
    struct plans *made;

    for (struct device *other = poller->devices; other < device; other++)
        if (same_channels(&device->setup, &other->setup)) {
            device->plans = other->plans;
            return true;
        }
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return no_memory(err);
    device->plans = made;
    device->owns_plans = true;
    return make_plans(made, &device->setup, err);
}

/* A plan of its own needs room only where there are gaps to leave out. */
static bool plan_device(struct poller *poller, struct device *device, struct error *err)
{
    if (!share_plans(poller, device, err))
        return false;
    device->plan = &device->plans->full;
    if (device->plans->gaps.count == 0)
        return true;
    device->own = calloc(1, sizeof *device->own);
    if (device->own == NULL)
        return no_memory(err);
    lessons_begin(device);
    return true;
}

static bool check_device(const struct device *device, struct error *err)
{
    const struct device_setup *setup = &device->setup;

    if (setup->channel_count > POLL_READINGS_MAX ||
        plan_raw_size(&device->plans->gapless) > POLL_RAW_MAX ||
        plan_raw_size(&device->plans->full) > POLL_RAW_MAX)
        return error_set(err, ERROR_SETTINGS,
                         SAY("%s：一次采集取不下这么多通道（最多 %d 个、%d 字节）",
                             "%s: more channels than one poll holds (at most %d, and %d bytes)"),
                         setup->label, POLL_READINGS_MAX, POLL_RAW_MAX);
    return true;
}

static bool init_devices(struct poller *poller, const struct poller_setup *setup, struct error *err)
{
    size_t channels = 0, used = 0;

    for (size_t i = 0; i < setup->device_count; i++) {
        struct device *device = &poller->devices[i];

        device->setup = setup->devices[i];
        assert(device->setup.link < setup->link_count);
        device->line = &poller->lines[device->setup.link];
        device->line->health.units++;
        device->phase_ms = tick_phase(i, setup->device_count, device->setup.every_ms);
        device->since = device->last_good = device->read_at = WALL_NONE;
        agenda_entry_init(&device->entry, DUE_DEVICE, device);
        if (!plan_device(poller, device, err) || !check_device(device, err))
            return false;
        if (!identity_init(device))
            return no_memory(err);
        channels += device->setup.channel_count;
    }
    poller->readings = calloc(channels > 0 ? channels : 1, sizeof *poller->readings);
    if (poller->readings == NULL)
        return no_memory(err);
    for (size_t i = 0; i < setup->device_count; i++) {
        poller->devices[i].readings = poller->readings + used;
        used += poller->devices[i].setup.channel_count;
    }
    return true;
}

static size_t larger(size_t one, size_t other)
{
    return one > other ? one : other;
}

/* The raw words of whatever plan: all that is asked for, and every gap. */
static size_t most_raw(const struct plans *plans)
{
    size_t most = plan_raw_size(&plans->gapless);

    for (size_t i = 0; i < plans->gaps.count; i++)
        most += 2u * plans->gaps.at[i].count;
    return most < POLL_RAW_MAX ? most : POLL_RAW_MAX;
}

/* A plan that is cut where requests had reached their limit takes a few more than the one without
 * gaps. */
static size_t most_blocks(const struct plans *plans)
{
    size_t most = plans->gapless.count;

    if (plans->gaps.count > 0)
        most += plans->full.count;
    return most < PLAN_REQUESTS_MAX ? most : PLAN_REQUESTS_MAX;
}

/* What one poll at a time needs on each line: room for its largest. */
static bool init_line_room(struct line *line, struct error *err)
{
    bool has_gaps = false;

    line->block_room = line->raw_room = 1;
    for (size_t i = 0; i < line->health.units; i++) {
        const struct plans *plans = line->devices[i]->plans;

        line->block_room = larger(line->block_room, most_blocks(plans));
        line->raw_room = larger(line->raw_room, most_raw(plans));
        has_gaps |= plans->gaps.count > 0;
    }
    line->blocks = calloc(line->block_room, sizeof *line->blocks);
    line->raw = calloc(line->raw_room, 1);
    line->detour = has_gaps ? calloc(1, sizeof *line->detour) : NULL;
    return (line->blocks != NULL && line->raw != NULL && (!has_gaps || line->detour != NULL)) ||
           no_memory(err);
}

static void strangers_changed(void *self)
{
    const struct poller *poller = self;

    if (poller->setup.strangers_changed != NULL)
        poller->setup.strangers_changed(poller->setup.self);
}

static bool make_hall(struct poller *poller, const struct poller_setup *setup, struct error *err)
{
    const struct dialin_hall_setup hall = {
        .clock = setup->clock,
        .strangers_changed = strangers_changed,
        .self = poller,
    };

    for (size_t i = 0; poller->hall == NULL && i < setup->link_count; i++) {
        if (setup->links[i].kind != LINK_DIALIN)
            continue;
        poller->hall = dialin_hall_new(poller->loop, &hall, err);
        if (poller->hall == NULL)
            return false;
    }
    return true;
}

static bool init_lines(struct poller *poller, const struct poller_setup *setup, struct error *err)
{
    struct device **next = poller->devices_by_line;

    for (size_t i = 0; i < setup->link_count; i++) {
        poller->lines[i].devices = next;
        next += poller->lines[i].health.units;
        poller->lines[i].health.units = 0;
    }
    for (size_t i = 0; i < setup->device_count; i++) {
        struct line *line = poller->devices[i].line;

        line->devices[line->health.units++] = &poller->devices[i];
    }
    if (!make_hall(poller, setup, err))
        return false;
    for (size_t i = 0; i < setup->link_count; i++) {
        poller->lines[i].frames.bytes = poller->frames + i * POLL_FRAMES_MAX;
        if (!init_line_room(&poller->lines[i], err) ||
            !line_init(&poller->lines[i], poller, &setup->links[i], err))
            return false;
    }
    return poller->hall == NULL || dialin_hall_ready(poller->hall, err);
}

static bool make_room(struct poller *poller, const struct poller_setup *setup)
{
    poller->lines = calloc(setup->link_count + 1, sizeof *poller->lines);
    poller->devices = calloc(setup->device_count + 1, sizeof *poller->devices);
    poller->devices_by_line = calloc(setup->device_count + 1, sizeof *poller->devices_by_line);
    poller->frames = calloc(setup->link_count + 1, POLL_FRAMES_MAX);
    return poller->lines != NULL && poller->devices != NULL && poller->devices_by_line != NULL &&
           poller->frames != NULL &&
           agenda_init(&poller->agenda, setup->device_count + setup->link_count);
}

void poller_free(struct poller *poller)
{
    if (poller == NULL)
        return;
    for (size_t i = 0; poller->devices != NULL && i < poller->setup.device_count; i++) {
        if (poller->devices[i].owns_plans)
            free((void *)(uintptr_t)poller->devices[i].plans);
        free(poller->devices[i].own);
        free(poller->devices[i].identifying);
    }
    for (size_t i = 0; poller->lines != NULL && i < poller->setup.link_count; i++) {
        free(poller->lines[i].blocks);
        free(poller->lines[i].detour);
        free(poller->lines[i].raw);
        free(poller->lines[i].doubts);
    }
    agenda_free(&poller->agenda);
    free(poller->devices_by_line);
    free(poller->frames);
    free(poller->readings);
    free(poller->devices);
    free(poller->lines);
    free(poller);
}

/* One that was never started: its links were never opened, but have handles in the loop. */
static void give_up(struct poller *poller)
{
    for (size_t i = 0; poller->lines != NULL && i < poller->setup.link_count; i++)
        if (poller->lines[i].link != NULL)
            link_end(poller->lines[i].link, NULL, NULL);
    if (poller->hall != NULL)
        dialin_hall_end(poller->hall, NULL, NULL);
    poller_free(poller);
}

struct poller *poller_new(uv_loop_t *loop, const struct poller_setup *setup, struct error *err)
{
    struct poller *poller = calloc(1, sizeof *poller);

    if (poller == NULL) {
        no_memory(err);
        return NULL;
    }
    poller->loop = loop;
    poller->setup = *setup;
    poller->armed_ns = INT64_MAX;
    poller->started = clock_mono(setup->clock);
    if (!make_room(poller, setup)) {
        no_memory(err);
        give_up(poller);
        return NULL;
    }
    if (!init_devices(poller, setup, err) || !init_lines(poller, setup, err)) {
        give_up(poller);
        return NULL;
    }
    poller->setup.links = NULL; /* the caller's arrays may go now */
    poller->setup.devices = NULL;
    return poller;
}
