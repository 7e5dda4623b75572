#include "app/writer.h"

#include "town/snapshot.h"

static bool start_recorder(struct writer *writer, struct error *err)
{
    const struct settings *settings = writer->settings;
    struct configuration *configuration = snapshot_of(settings, err);
    const struct recorder_setup setup = {.store = writer->store,
                                         .mailbox = writer->mailbox,
                                         .catalog = &writer->names.catalog,
                                         .rules = writer->names.rules,
                                         .rule_count = writer->names.rule_count,
                                         .tallies = settings->tallies,
                                         .screens = settings->screens,
                                         .ledger = settings->ledger,
                                         .ledger_owner = settings_ledger_owner(settings),
                                         .terms = settings->terms,
                                         .clock = writer->clock,
                                         .trust = writer->trust,
                                         .notices = writer->notices,
                                         .keep_ms = settings->keep_ms,
                                         .hold_ms = settings->hold_ms,
                                         .max_bytes = settings->max_bytes,
                                         .seal_every_ms = settings->seal_every_ms,
                                         .patience_ms = settings->patience_ms,
                                         .configuration = configuration,
                                         .seals = true};

    if (configuration != NULL)
        writer->recorder = recorder_new(&setup, err);
    snapshot_free(configuration);
    return writer->recorder != NULL;
}

bool writer_open(struct writer *writer, const struct settings *settings,
                 const struct writer_ways *ways, struct error *err)
{
    struct wall_time now = clock_wall(ways->clock);

    *writer = (struct writer){.settings = settings, .clock = ways->clock};
    writer->store = store_open(settings->store_dir, ways->boot_id, now, err);
    if (writer->store == NULL)
        return false;
    writer->mailbox = mailbox_new(ways->mailbox_bytes);
    writer->trust = trust_new(ways->trust, ways->clock, store_newest(writer->store));
    writer->notices = notices_new(ways->clock);
    if (names_resolve(&writer->names, settings, writer->store, now, err) &&
        start_recorder(writer, err))
        return true;
    writer_close(writer);
    return false;
}

void writer_close(struct writer *writer)
{
    recorder_free(writer->recorder);
    notices_free(writer->notices);
    trust_free(writer->trust);
    mailbox_free(writer->mailbox);
    names_free(&writer->names);
    store_close(writer->store);
    *writer = (struct writer){0};
}

struct act_answer {
    bool done;
    uint64_t seq;
    struct error err;
};

static void act_done(void *self, uint64_t seq, const struct error *err)
{
    struct act_answer *answer = self;

    answer->done = true;
    answer->seq = seq;
    if (err != NULL)
        answer->err = *err;
}

bool writer_act(struct writer *writer, const char *name, json_t *args, const char *who,
                const char *by, uint64_t *seq, struct error *err)
{
    struct act_answer answer = {0};
    struct act act = {
        .name = name, .args = args, .who = who, .by = by, .done = act_done, .self = &answer};

    recorder_act(writer->recorder, &act);
    if (!recorder_step(writer->recorder, err) && !answer.done)
        return false;
    *seq = answer.seq;
    if (answer.err.kind != ERROR_NONE)
        *err = answer.err;
    return answer.done && answer.err.kind == ERROR_NONE;
}
