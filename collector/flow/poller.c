#include "flow/poller.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "flow/poller_parts.h"

enum {
    CLOCK_SLACK_MS = 20,  /* the wall clock may run away this far before the grid follows */
    FIRST_WAIT_MS = 2000, /* a tick nearer than this is waited for; else the first poll is now */
    TIMER_SLACK_NS = 1000000, /* the loop's timers are good to a millisecond */
};

struct mono_time poller_now(const struct poller *poller)
{
    return clock_mono(poller->setup.clock);
}

struct wall_time poller_wall(const struct poller *poller)
{
    if (!poller->setup.clock_is_trusted(poller->setup.self))
        return WALL_NONE;
    return clock_wall(poller->setup.clock);
}

void poller_wake_at(struct poller *poller, struct agenda_entry *entry, int64_t at_ns, int64_t order)
{
    if (poller->running)
        agenda_set(&poller->agenda, entry, agenda_on_grid(at_ns, poller->offset_ns), order);
}

/* A small drift is left alone, so that moments of one place on the grid stay together. */
static void follow_clock(struct poller *poller, struct mono_time now)
{
    int64_t offset = clock_wall(poller->setup.clock).ms * 1000000 - now.ns;
    int64_t off = offset - poller->offset_ns;

    if (off > ns_from_ms(CLOCK_SLACK_MS) || off < -ns_from_ms(CLOCK_SLACK_MS))
        poller->offset_ns = offset;
}

void device_skip(struct device *device)
{
    device->skipped++;
    device->line->poller->totals.skipped++;
    device->missed += device->missed > 0;
}

bool device_has_room(struct device *device)
{
    const struct poller *poller = device->line->poller;

    if (poller->setup.has_room(poller->setup.self, poller_wall(poller)))
        return true;
    device_skip(device);
    return false;
}

/* Ticks that passed unasked are counted by the monotonic clock: a wall clock that was set is not a
 * thousand missed polls. */
static void count_ticks(struct device *device, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        device_skip(device);
}

/* The timer may ring a little early: half a place on the grid counts as the place. */
static void schedule_tick(struct device *device, struct mono_time now)
{
    struct poller *poller = device->line->poller;
    int64_t every = device->setup.every_ms;
    int64_t wall_ms = (now.ns + AGENDA_GRID_NS / 2 + poller->offset_ns) / 1000000;
    int64_t tick = tick_at(wall_ms, every, device->phase_ms) + 1;
    int64_t moment = ns_from_ms(tick_moment(tick, every, device->phase_ms));

    poller_wake_at(poller, &device->entry, moment - poller->offset_ns, 0);
}

/* A unit that is silent is asked at its backoff; on a shared line the dead also wait for their
 * share of it, whoever has waited longest first. */
static void schedule_probe(struct device *device)
{
    struct mono_time wanted = device->backoff.next;
    struct mono_time at = wanted;

    if (device->silent)
        at = line_probe_time(&device->line->health, wanted);
    poller_wake_at(device->line->poller, &device->entry, at.ns, wanted.ns);
}

void device_schedule(struct device *device, bool polled, struct mono_time now)
{
    struct line *line = device->line;
    bool down = line->state == LINE_DOWN;

    if (device->backoff.failures > 0 && !down)
        schedule_probe(device);
    else if (device->setup.every_ms == 0 && down)
        device->owed = true;
    else if (device->setup.every_ms == 0 && polled)
        line_queue(line, device);
    else if (device->setup.every_ms == 0)
        poller_wake_at(line->poller, &device->entry, now.ns + AGENDA_GRID_NS, 0);
    else if (!agenda_has(&device->entry))
        schedule_tick(device, now);
}

/* The line is busy with this very device, or down: the tick is skipped and counted. */
static void miss_tick(struct device *device, struct mono_time now)
{
    device_skip(device);
    device->ticked_ns = now.ns;
    if (device->line->state == LINE_DOWN)
        device->owed = true;
    if (device->setup.every_ms > 0)
        schedule_tick(device, now);
}

static void keep_tick(struct device *device, struct mono_time now)
{
    int64_t every = ns_from_ms(device->setup.every_ms);

    if (every == 0)
        return;
    count_ticks(device, (now.ns - device->ticked_ns + every / 2) / every - 1);
    device->ticked_ns = now.ns;
    schedule_tick(device, now);
}

/* Ticks since the last one that were given up because the device is silent. */
static void keep_probe(struct device *device, struct mono_time now)
{
    struct line *line = device->line;
    int64_t every = ns_from_ms(device->setup.every_ms);
    int64_t missed = every > 0 ? (now.ns - device->ticked_ns) / every : 0;

    count_ticks(device, missed);
    device->ticked_ns += missed * every;
    if (device->silent && !line_is_dead(&line->health))
        line_probed(&line->health, line_probe_cost_ns(line, device), now);
}

static void device_due(struct device *device, struct mono_time now)
{
    struct line *line = device->line;
    bool fails = device->backoff.failures > 0;

    if (device->queued || line->asking.device == device || line->state == LINE_DOWN) {
        miss_tick(device, now);
        return;
    }
    if (device->silent &&
        line_probe_time(&line->health, device->backoff.next).ns > now.ns + AGENDA_GRID_NS) {
        schedule_probe(device);
        return;
    }
    if (fails)
        keep_probe(device, now);
    else
        keep_tick(device, now);
    line_queue(line, device);
    if (line->asking.device == NULL)
        line_go(line, now);
}

static void timer_rang(uv_timer_t *timer)
{
    struct poller *poller = timer->data;
    struct mono_time now = poller_now(poller);
    struct agenda_entry *entry;

    poller->armed_ns = INT64_MAX;
    follow_clock(poller, now);
    while ((entry = agenda_take(&poller->agenda, now.ns + TIMER_SLACK_NS)) != NULL) {
        if (entry->kind == DUE_DEVICE)
            device_due(entry->owner, now);
        else
            line_due(entry->owner, now);
    }
}

/* Once a turn of the loop, whatever was moved in the agenda during it. */
static void arm_timer(uv_prepare_t *prepare)
{
    struct poller *poller = prepare->data;
    int64_t first = agenda_first(&poller->agenda);
    int64_t wait;

    if (first == poller->armed_ns)
        return;
    poller->armed_ns = first;
    if (first == INT64_MAX) {
        uv_timer_stop(&poller->timer);
        return;
    }
    uv_update_time(poller->loop);
    wait = first - poller_now(poller).ns;
    uv_timer_start(&poller->timer, timer_rang, wait > 0 ? (uint64_t)((wait + 999999) / 1000000) : 0,
                   0);
}

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

/* Devices of one model share their plans: two entries of `plans`, with gaps and without. */
static bool plan_device(struct poller *poller, struct device *device, struct error *err)
{
    const struct device_setup *setup = &device->setup;
    struct plan *made;

    for (struct device *other = poller->devices; other < device; other++)
        if (same_channels(setup, &other->setup)) {
            device->plan = other->plan;
            device->gapless_plan = other->gapless_plan;
            return true;
        }
    made = calloc(2, sizeof *made);
    if (made == NULL)
        return no_memory(err);
    device->plan = &made[0];
    device->gapless_plan = &made[1];
    device->owns_plans = true;
    return plan_make(&made[0], setup->profile, setup->channels, setup->channel_count, true, err) &&
           plan_make(&made[1], setup->profile, setup->channels, setup->channel_count, false, err);
}

static size_t raw_size_of(const struct plan *plan)
{
    size_t size = 0;

    for (size_t i = 0; i < plan->count; i++) {
        const struct request request = {.function = area_function(plan->requests[i].area),
                                        .count = plan->requests[i].count};

        size += 5 + request_data_size(&request);
    }
    return size;
}

static bool check_device(const struct device *device, struct error *err)
{
    const struct device_setup *setup = &device->setup;

    if (setup->channel_count > POLL_READINGS_MAX ||
        raw_size_of(device->gapless_plan) > POLL_RAW_MAX ||
        raw_size_of(device->plan) > POLL_RAW_MAX)
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

/* What one poll at a time needs on each line: room for its largest. */
static bool init_line_room(struct line *line, struct error *err)
{
    size_t blocks = 1, raw = 1;

    for (size_t i = 0; i < line->health.units; i++) {
        const struct plan *plans[] = {line->devices[i]->plan, line->devices[i]->gapless_plan};

        for (size_t j = 0; j < 2; j++) {
            blocks = plans[j]->count > blocks ? plans[j]->count : blocks;
            raw = raw_size_of(plans[j]) > raw ? raw_size_of(plans[j]) : raw;
        }
    }
    line->blocks = calloc(blocks, sizeof *line->blocks);
    line->raw = calloc(raw, 1);
    return (line->blocks != NULL && line->raw != NULL) || no_memory(err);
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
    for (size_t i = 0; i < setup->link_count; i++)
        if (!init_line_room(&poller->lines[i], err) ||
            !line_init(&poller->lines[i], poller, &setup->links[i], err))
            return false;
    return true;
}

static bool make_room(struct poller *poller, const struct poller_setup *setup)
{
    poller->lines = calloc(setup->link_count + 1, sizeof *poller->lines);
    poller->devices = calloc(setup->device_count + 1, sizeof *poller->devices);
    poller->devices_by_line = calloc(setup->device_count + 1, sizeof *poller->devices_by_line);
    return poller->lines != NULL && poller->devices != NULL && poller->devices_by_line != NULL &&
           agenda_init(&poller->agenda, setup->device_count + setup->link_count);
}

/* One that was never started: its links were never opened, but have handles in the loop. */
static void give_up(struct poller *poller)
{
    for (size_t i = 0; poller->lines != NULL && i < poller->setup.link_count; i++)
        if (poller->lines[i].link != NULL)
            link_end(poller->lines[i].link, NULL, NULL);
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

/* The first poll comes soon, whatever the period: somebody waits for the first value. */
static void schedule_first(struct poller *poller, size_t index, struct mono_time now)
{
    struct device *device = &poller->devices[index];
    int64_t soon = now.ns + (int64_t)(index % 100) * AGENDA_GRID_NS;

    device->ticked_ns = now.ns;
    if (device->setup.every_ms > 0) {
        schedule_tick(device, now);
        if (agenda_at(&poller->agenda, &device->entry) <= now.ns + ns_from_ms(FIRST_WAIT_MS))
            return;
    }
    poller_wake_at(poller, &device->entry, soon, 0);
}

void poller_start(struct poller *poller)
{
    struct mono_time now = poller_now(poller);

    poller->running = true;
    poller->started = now;
    follow_clock(poller, now);
    uv_timer_init(poller->loop, &poller->timer);
    uv_prepare_init(poller->loop, &poller->prepare);
    poller->timer.data = poller->prepare.data = poller;
    uv_prepare_start(&poller->prepare, arm_timer);
    for (size_t i = 0; i < poller->setup.device_count; i++)
        schedule_first(poller, i, now);
}

static void one_closed(void *self)
{
    struct poller *poller = self;

    if (--poller->open_handles == 0 && poller->stopped != NULL)
        poller->stopped(poller->stopped_self);
}

static void handle_closed(uv_handle_t *handle)
{
    one_closed(handle->data);
}

void poller_stop(struct poller *poller, void (*stopped)(void *), void *self)
{
    assert(poller->running);
    poller->running = false;
    poller->stopped = stopped;
    poller->stopped_self = self;
    poller->open_handles = poller->setup.link_count + 2;
    for (size_t i = 0; i < poller->setup.link_count; i++)
        line_end(&poller->lines[i], one_closed, poller);
    uv_close((uv_handle_t *)&poller->timer, handle_closed);
    uv_close((uv_handle_t *)&poller->prepare, handle_closed);
}

void poller_free(struct poller *poller)
{
    if (poller == NULL)
        return;
    for (size_t i = 0; poller->devices != NULL && i < poller->setup.device_count; i++)
        if (poller->devices[i].owns_plans)
            free((void *)(uintptr_t)poller->devices[i].plan);
    for (size_t i = 0; poller->lines != NULL && i < poller->setup.link_count; i++) {
        free(poller->lines[i].blocks);
        free(poller->lines[i].raw);
        free(poller->lines[i].doubts);
    }
    agenda_free(&poller->agenda);
    free(poller->devices_by_line);
    free(poller->readings);
    free(poller->devices);
    free(poller->lines);
    free(poller);
}

size_t poller_link_count(const struct poller *poller)
{
    return poller->setup.link_count;
}

size_t poller_device_count(const struct poller *poller)
{
    return poller->setup.device_count;
}

static struct wall_time wall_of(const struct poller *poller, int64_t at_ns)
{
    struct wall_time wall = poller_wall(poller);

    if (at_ns == INT64_MAX || !wall_is_known(wall))
        return WALL_NONE;
    wall.ms += (at_ns - poller_now(poller).ns) / 1000000;
    return wall;
}

void poller_link_status(const struct poller *poller, size_t index, struct link_status *status)
{
    const struct line *line = &poller->lines[index];
    int64_t since_start = poller_now(poller).ns - poller->started.ns;

    *status = (struct link_status){
        .name = line->setup.name,
        .kind = line->setup.kind,
        .used = line->health.units > 0,
        .up = line->up,
        .since = line->since,
        .load = since_start > 0 ? (double)line->busy_ns / (double)since_start : 0.0,
        .next_attempt =
            line->state == LINE_DOWN ? wall_of(poller, line->backoff.next.ns) : WALL_NONE,
        .cause = line->cause,
    };
}

void poller_device_status(const struct poller *poller, size_t index, struct device_status *status)
{
    const struct device *device = &poller->devices[index];

    *status = (struct device_status){
        .id = device->setup.id,
        .link = device->setup.link,
        .unit = device->setup.unit,
        .state = device->state,
        .since = device->since,
        .last_good = device->last_good,
        .next_attempt = wall_of(poller, agenda_at(&poller->agenda, &device->entry)),
        .polls = device->polls,
        .skipped = device->skipped,
        .readings = device->has_readings ? device->readings : NULL,
        .reading_count = device->has_readings ? device->setup.channel_count : 0,
        .read_at = device->read_at,
    };
    device_sum_up(device, status);
}

void poller_totals(const struct poller *poller, struct poller_totals *totals)
{
    *totals = poller->totals;
}

const char *device_state_word(enum device_state state)
{
    static const char *const words[] = {"unasked", "answering", "silent", "refusing", "changed"};

    return words[state];
}

const char *link_kind_word(enum link_kind kind)
{
    static const char *const words[] = {"serial", "tcp", "rtu_tcp", "dialin"};

    return words[kind];
}
