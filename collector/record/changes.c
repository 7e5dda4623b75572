/* What the program itself adds to the sequence at its start: what has changed in the settings since
 * the last run, and the key that signs. */
#include <stdio.h>
#include <string.h>

#include "record/inside.h"

/* All of it at one moment. */
struct changing {
    struct recorder *recorder;
    struct wall_time time;
    struct mono_time mono;
    uint64_t seq; /* of the last event added */
};

static bool add_change(void *self, const char *kind, const char *arguments, struct error *err)
{
    struct changing *changing = self;
    struct recorder *recorder = changing->recorder;
    struct event event = {.kind = kind,
                          .time = changing->time,
                          .mono = changing->mono,
                          .who = "",
                          .arguments = arguments};

    if (!store_add_event(recorder->setup.store, &event, err))
        return false;
    changing->seq = event.seq;
    return judge_event(recorder->judge, event.seq, kind, event.time, arguments, err);
}

/* The settings as they will be sealed, when they are not those in force. */
static bool add_configuration(struct changing *changing, struct error *err)
{
    const struct recorder_setup *setup = &changing->recorder->setup;
    const struct configuration *configuration = setup->configuration;
    uint8_t known[DIGEST_BYTES];
    char arguments[96], hex[DIGEST_HEX];

    if (configuration == NULL || (store_configuration(setup->store, known) &&
                                  memcmp(known, configuration->digest, DIGEST_BYTES) == 0))
        return true;
    snprintf(arguments, sizeof arguments, "{\"digest\":\"%s\"}",
             digest_hex(configuration->digest, hex));
    return add_change(changing, "configuration", arguments, err) &&
           store_put_configuration(setup->store, changing->seq, configuration, err);
}

static bool add_all_changes(struct changing *changing, bool settings, struct error *err)
{
    struct recorder *recorder = changing->recorder;
    struct sealer *sealer = &recorder->sealer;

    return (!settings || (judge_changes(recorder->judge, add_change, changing, err) &&
                          add_configuration(changing, err))) &&
           (!sealer_owes(sealer) || sealer_announce(sealer, changing->time, err)) &&
           judge_flush(recorder->judge, err);
}

bool changes_add(struct recorder *recorder, bool settings, struct error *err)
{
    struct store *store = recorder->setup.store;
    struct changing changing = {recorder, recorder_wall(recorder),
                                clock_mono(recorder->setup.clock), 0};

    recorder->untimed = recorder->untimed || !recorder->trusted;
    if (!store_begin(store, err))
        return false;
    if (!add_all_changes(&changing, settings, err)) {
        store_rollback(store);
        judge_undo(recorder->judge);
        return false;
    }
    if (!store_commit(store, err)) {
        judge_undo(recorder->judge);
        return false;
    }
    judge_keep(recorder->judge);
    if (sealer_owes(&recorder->sealer))
        sealer_announced(&recorder->sealer);
    return true;
}
