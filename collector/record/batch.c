/* One commit: the events that are owed, the polls in the mailbox, empty times, cursors, refusals,
 * and what the judge concludes from them. Nothing is allocated here. */
#include <inttypes.h>

#include "base/text.h"
#include "base/version.h"
#include "record/inside.h"

static bool add_event(struct recorder *recorder, const char *kind, const char *arguments,
                      struct error *err)
{
    struct event event = {.kind = kind,
                          .time = recorder_wall(recorder),
                          .mono = clock_mono(recorder->setup.clock),
                          .who = "",
                          .arguments = arguments};

    if (!recorder->trusted)
        recorder->untimed = true;
    return store_add_event(recorder->setup.store, &event, err);
}

static void add_time(struct text *text, const char *key, struct wall_time time)
{
    char words[WALL_TEXT];

    text_format(text, ",\"%s\":", key);
    if (wall_is_known(time))
        text_add_json(text, wall_text(time, words));
    else
        text_add(text, "null");
}

static bool add_started(struct recorder *recorder, struct error *err)
{
    char bytes[512];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add(&text, "{\"version\":");
    text_add_json(&text, version_text());
    text_format(&text, ",\"boot\":%u,\"settings\":", store_boot(recorder->setup.store));
    if (recorder->setup.settings == NULL)
        text_add(&text, "null");
    else
        text_add_json(&text, recorder->setup.settings);
    text_add_char(&text, '}');
    return add_event(recorder, "started", bytes, err);
}

static bool add_gap(struct recorder *recorder, struct error *err)
{
    const struct mailbox_gap *gap = &recorder->owed.gap;
    char bytes[160];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_format(&text, "{\"skipped\":%" PRIu64, gap->count);
    add_time(&text, "first", gap->first);
    add_time(&text, "last", gap->last);
    text_add_char(&text, '}');
    return add_event(recorder, "gap", bytes, err);
}

static bool add_step(struct recorder *recorder, struct error *err)
{
    char bytes[96];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_format(&text, "{\"by_ms\":%" PRId64 ",\"steps\":%u}", recorder->owed.stepped_by_ms,
                recorder->owed.steps);
    return add_event(recorder, "clock.step", bytes, err);
}

static bool add_owed(struct recorder *recorder, struct error *err)
{
    const struct owed *owed = &recorder->owed;

    return (!owed->started || add_started(recorder, err)) &&
           (owed->steps == 0 || add_step(recorder, err)) &&
           (owed->gap.count == 0 || add_gap(recorder, err));
}

static bool add_polls(struct recorder *recorder, struct poll *poll, struct error *err)
{
    do {
        if (!wall_is_known(poll->time))
            recorder->untimed = true;
        if (!store_add_poll(recorder->setup.store, poll, err) ||
            !judge_poll(recorder->judge, poll, err))
            return false;
        latest_note(recorder->latest, poll);
    } while (mailbox_take(recorder->setup.mailbox, poll));
    return true;
}

/* Once the clock is trusted, what was taken before gets its time from the monotonic clock. */
static bool fill_times(struct recorder *recorder, bool *timed, struct error *err)
{
    int64_t offset_ms = trust_offset_ms(recorder->setup.trust);
    uint64_t filled = 0;
    char bytes[96];
    struct text text;

    if (!recorder->trusted || !recorder->untimed)
        return true;
    *timed = true;
    if (!store_fill_times(recorder->setup.store, recorder->boot, offset_ms, &filled, err))
        return false;
    latest_note_times(recorder->latest, offset_ms);
    text_init(&text, bytes, sizeof bytes);
    text_format(&text, "{\"offset_ms\":%" PRId64 ",\"polls\":%" PRIu64 "}", offset_ms, filled);
    return filled == 0 || add_event(recorder, "clock.filled", bytes, err);
}

static bool add_found(struct recorder *recorder, const struct device_finding *found,
                      struct error *err)
{
    struct store *store = recorder->setup.store;
    struct wall_time now = recorder_wall(recorder);

    return add_event(recorder, found->event, found->arguments, err) &&
           (found->lesson == NULL ||
            store_put_lesson(store, found->device, found->profile, found->lesson, now, err)) &&
           (found->identity == NULL ||
            store_put_identity(store, found->device, found->profile, found->identity, now, err));
}

static bool put_load(struct recorder *recorder, struct error *err)
{
    struct store *store = recorder->setup.store;
    const struct desk_load *load = &recorder->load;
    struct wall_time now = recorder_wall(recorder);

    for (const struct refusal *at = load->refusals; at != NULL; at = at->next)
        if (!store_add_quarantine(store, at->output, at->seq, at->reason, now, err))
            return false;
    for (const struct outside *at = load->anchors; at != NULL; at = at->next)
        if (!store_add_anchor(store, at->segment, at->kind, at->name, now, at->body, at->size, err))
            return false;
    for (const struct found *at = load->found; at != NULL; at = at->next)
        if (!add_found(recorder, &at->finding, err))
            return false;
    for (size_t i = 0; i < load->move_count; i++)
        if (!store_put_cursor(store, load->moves[i].name, load->moves[i].seq, err))
            return false;
    return true;
}

static bool write_all(struct recorder *recorder, struct poll *poll, bool *timed, struct error *err)
{
    return add_owed(recorder, err) && (poll == NULL || add_polls(recorder, poll, err)) &&
           fill_times(recorder, timed, err) && put_load(recorder, err) &&
           (!recorder->owed.stopped || add_event(recorder, "stopped", "{}", err)) &&
           judge_flush(recorder->judge, err);
}

/* Gaps are handed over once, so they are kept here until a commit has written them. */
static void take_gap(struct recorder *recorder)
{
    struct mailbox_gap *kept = &recorder->owed.gap;
    struct mailbox_gap gap;

    if (!mailbox_gap(recorder->setup.mailbox, &gap))
        return;
    if (kept->count > 0) {
        gap.count += kept->count;
        gap.first = kept->first;
        gap.first_mono = kept->first_mono;
    }
    *kept = gap;
}

static bool is_owed(const struct owed *owed)
{
    return owed->started || owed->stopped || owed->steps > 0 || owed->gap.count > 0;
}

static bool commit_all(struct recorder *recorder, struct poll *poll, bool *timed, struct error *err)
{
    struct store *store = recorder->setup.store;

    if (!store_begin(store, err))
        return false;
    if (!write_all(recorder, poll, timed, err)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store, err);
}

bool batch_run(struct recorder *recorder, struct error *err)
{
    struct mono_time begun = clock_mono(recorder->setup.clock);
    bool loaded = desk_collect(recorder->desk, &recorder->load);
    struct poll poll;
    bool taken = mailbox_take(recorder->setup.mailbox, &poll);
    bool timed = false;

    take_gap(recorder);
    if (!taken && !loaded && !is_owed(&recorder->owed) && !(recorder->trusted && recorder->untimed))
        return true;
    if (!commit_all(recorder, taken ? &poll : NULL, &timed, err)) {
        mailbox_rewind(recorder->setup.mailbox);
        judge_undo(recorder->judge);
        latest_undo(recorder->latest);
        desk_return(recorder->desk, &recorder->load);
        commit_failed(recorder, err);
        return false;
    }
    mailbox_drop(recorder->setup.mailbox);
    judge_keep(recorder->judge);
    latest_keep(recorder->latest);
    desk_done(recorder->desk, &recorder->load);
    recorder->owed = (struct owed){0};
    if (timed)
        recorder->untimed = false;
    commit_succeeded(recorder, begun);
    return true;
}
