#include "app/past.h"

#include <stdlib.h>
#include <string.h>

#include "app/writer.h"
#include "base/say.h"

enum { MAILBOX_BYTES = 16 << 20 };

static const int64_t commit_every_ms = 3600 * 1000;

struct past {
    struct held_clock clock;
    struct writer writer;
    struct mono_time committed;
};

struct past *past_open(const struct settings *settings, struct wall_time start, struct error *err)
{
    struct past *past = calloc(1, sizeof *past);
    struct writer_ways ways = {
        .trust = TRUST_ALWAYS, .boot_id = "history", .mailbox_bytes = MAILBOX_BYTES};

    if (past == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足，无法启动", "out of memory at start"));
        return NULL;
    }
    held_clock_init(&past->clock, start);
    ways.clock = &past->clock.clock;
    if (writer_open(&past->writer, settings, &ways, err))
        return past;
    free(past);
    return NULL;
}

static bool commit(struct past *past, struct error *err)
{
    past->committed = past->clock.mono;
    return recorder_step(past->writer.recorder, err);
}

bool past_close(struct past *past, struct error *err)
{
    bool good;

    if (past == NULL)
        return true;
    good = commit(past, err);
    writer_close(&past->writer);
    free(past);
    return good;
}

struct wall_time past_now(const struct past *past)
{
    return past->clock.wall;
}

bool past_advance(struct past *past, int64_t ms, struct error *err)
{
    held_clock_advance(&past->clock, ms);
    if (past->clock.mono.ns - past->committed.ns < ns_from_ms(commit_every_ms))
        return true;
    return commit(past, err);
}

void past_step_clock(struct past *past, int64_t by_ms)
{
    past->clock.wall.ms += by_ms;
}

bool past_poll(struct past *past, size_t device, const struct reading *readings, struct error *err)
{
    const struct device_setup *setup = &past->writer.names.devices[device];
    struct reading numbered[POLL_READINGS_MAX];
    const struct poll poll = {.device = setup->id,
                              .time = past->clock.wall,
                              .mono = past->clock.mono,
                              .boot = store_boot(past->writer.store),
                              .profile = setup->profile_id,
                              .readings = numbered,
                              .reading_count = setup->channel_count};

    memcpy(numbered, readings, setup->channel_count * sizeof *readings);
    for (size_t i = 0; i < setup->channel_count; i++)
        numbered[i].point = setup->points[i];
    if (!mailbox_has_room(past->writer.mailbox) && !commit(past, err))
        return false;
    return mailbox_push(past->writer.mailbox, &poll) ||
           error_set(
               err, ERROR_MEMORY, "%s",
               SAY("一小时的采集数据放不进内存", "an hour of polls does not fit into memory"));
}

bool past_act(struct past *past, const char *name, json_t *args, const char *by, struct error *err)
{
    uint64_t seq;

    past->committed = past->clock.mono;
    return writer_act(&past->writer, name, args, by, by, &seq, err);
}
