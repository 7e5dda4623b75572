#include "flow/poller.h"

#include <assert.h>

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
static int64_t next_tick_ns(const struct device *device, struct mono_time now)
{
    const struct poller *poller = device->line->poller;
    int64_t every = device->setup.every_ms;
    int64_t wall_ms = (now.ns + AGENDA_GRID_NS / 2 + poller->offset_ns) / 1000000;
    int64_t tick = tick_at(wall_ms, every, device->phase_ms) + 1;

    return ns_from_ms(tick_moment(tick, every, device->phase_ms)) - poller->offset_ns;
}

static void schedule_tick(struct device *device, struct mono_time now)
{
    poller_wake_at(device->line->poller, &device->entry, next_tick_ns(device, now), 0);
}

/* A unit that is silent is asked at its backoff; on a shared line the dead also wait for their
 * share of it, whoever has waited longest first. One lost answer is not yet silence: then the next
 * tick is not waited past. */
static void schedule_probe(struct device *device, struct mono_time now)
{
    struct mono_time wanted = device->backoff.next;
    struct mono_time at = wanted;

    if (device->silent)
        at = line_probe_time(&device->line->health, wanted);
    else if (!device_is_probed(device) && device->setup.every_ms > 0 &&
             next_tick_ns(device, now) < at.ns)
        at.ns = next_tick_ns(device, now);
    poller_wake_at(device->line->poller, &device->entry, at.ns, wanted.ns);
}

/* A unit that dials in and is away cannot be tried again: its devices wait for it. */
static bool is_out_of_reach(const struct line *line)
{
    return line->state == LINE_DOWN ||
           (line->setup.kind == LINK_DIALIN && line->state == LINE_SHUT);
}

void device_schedule(struct device *device, bool polled, struct mono_time now)
{
    struct line *line = device->line;
    bool down = is_out_of_reach(line);

    if (device->backoff.failures > 0 && !down)
        schedule_probe(device, now);
    else if (device->setup.every_ms == 0 && down)
        device->owed = true;
    else if (device->setup.every_ms == 0 && polled)
        line_queue(line, device);
    else if (device->setup.every_ms == 0)
        poller_wake_at(line->poller, &device->entry, now.ns + AGENDA_GRID_NS, 0);
    else if (polled && refusals_wait_ns(device) > 0)
        schedule_tick(device, (struct mono_time){now.ns + refusals_wait_ns(device)});
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

/* Two polls of one millisecond would be one to a time-series store: the later overwrites. It takes
 * an answer that came a whole period late, and the next one at once. */
static bool was_read_this_moment(const struct device *device)
{
    return wall_is_known(device->read_at) &&
           device->read_at.ms == poller_wall(device->line->poller).ms;
}

static void device_due(struct device *device, struct mono_time now, int64_t due_ns)
{
    struct line *line = device->line;

    if (device->queued || line->asking.device == device || line->state == LINE_DOWN) {
        miss_tick(device, now);
        return;
    }
    if (device->silent &&
        line_probe_time(&line->health, device->backoff.next).ns > now.ns + AGENDA_GRID_NS) {
        schedule_probe(device, now);
        return;
    }
    if (was_read_this_moment(device)) {
        poller_wake_at(line->poller, &device->entry, now.ns + AGENDA_GRID_NS, 0);
        return;
    }
    if (device_is_probed(device))
        keep_probe(device, now);
    else
        keep_tick(device, now);
    device->due_ns = device_is_probed(device) ? 0 : due_ns;
    line_queue(line, device);
    if (line->asking.device == NULL)
        line_go(line, now);
}

/* Whoever is called a little early is told its own moment, so that it finds it has come. Each entry
 * is taken at most once a turn of the loop: nothing here can go round in a circle. */
static void timer_rang(uv_timer_t *timer)
{
    struct poller *poller = timer->data;
    struct mono_time now = poller_now(poller);
    size_t most = poller->setup.device_count + poller->setup.link_count;

    poller->armed_ns = INT64_MAX;
    follow_clock(poller, now);
    for (size_t i = 0; i < most; i++) {
        int64_t at = agenda_first(&poller->agenda);
        struct mono_time due = {at > now.ns ? at : now.ns};
        struct agenda_entry *entry = agenda_take(&poller->agenda, now.ns + TIMER_SLACK_NS);

        if (entry == NULL)
            return;
        if (entry->kind == DUE_DEVICE)
            device_due(entry->owner, due, at);
        else
            line_due(entry->owner, due);
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
    if (poller->hall != NULL)
        dialin_hall_open(poller->hall);
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
    bool started = poller->timer.data != NULL; /* one that never was may be stopped too */

    assert(poller->stopped == NULL);
    poller->running = false;
    poller->stopped = stopped;
    poller->stopped_self = self;
    poller->open_handles = poller->setup.link_count + 1 + (started ? 2 : 0);
    poller->open_handles += poller->hall != NULL;
    for (size_t i = 0; i < poller->setup.link_count; i++) {
        guest_fail(&poller->lines[i], CAUSE_DISCONNECTED, poller_now(poller));
        line_end(&poller->lines[i], one_closed, poller);
    }
    if (poller->hall != NULL)
        dialin_hall_end(poller->hall, one_closed, poller);
    poller->hall = NULL;
    if (started) {
        uv_close((uv_handle_t *)&poller->timer, handle_closed);
        uv_close((uv_handle_t *)&poller->prepare, handle_closed);
    }
    one_closed(poller); /* this call's own share: also without a link it ends */
}
