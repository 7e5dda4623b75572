#include "record/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "record/acts.h"
#include "record/inside.h"

static const int64_t commit_every_ms = 1000;
static const int64_t untrusted_look_ms = 10 * 1000;
static const int64_t budget_ms = 200; /* of anything between two commits */
static const int64_t keep_ms = 150; /* of keeping house: its last step may be longer than thought */
static const int64_t stop_ms =
    3000; /* of moving and sealing at the stop; the next start does the rest */
static const int64_t seal_patience_ms = 30 * 1000;
static const int64_t key_look_ms = 60 * 1000;

static struct mono_time in_ms(const struct recorder *recorder, int64_t ms)
{
    struct mono_time until = clock_mono(recorder->setup.clock);

    until.ns += ns_from_ms(ms);
    return until;
}

/* One round --------------------------------------------------------------------------------- */

static bool open_reader(struct recorder *recorder, struct error *err)
{
    if (recorder->reader == NULL)
        recorder->reader = reader_open(store_dir(recorder->setup.store), err);
    return recorder->reader != NULL;
}

static bool catch_up(struct recorder *recorder, int64_t limit_ms, struct error *err)
{
    struct mono_time begun = clock_mono(recorder->setup.clock);
    bool more = !judge_is_caught_up(recorder->judge);

    while (more) {
        if (!open_reader(recorder, err) ||
            !judge_catch_up(recorder->judge, recorder->reader, &more, err))
            return false;
        if (limit_ms >= 0 && recorder_ms_since(recorder, begun) >= limit_ms)
            break;
    }
    recorder->catching_up = more;
    return true;
}

static void run_act(struct recorder *recorder, struct errand *errand)
{
    struct mono_time begun = clock_mono(recorder->setup.clock);
    struct act_call call = {.store = recorder->setup.store,
                            .judge = recorder->judge,
                            .sealer = &recorder->sealer,
                            .catalog = recorder->setup.catalog,
                            .ledger = recorder->setup.ledger,
                            .owner = recorder->setup.ledger_owner,
                            .terms = recorder->setup.terms,
                            .clock = recorder->setup.clock,
                            .trusted = recorder->trusted,
                            .name = errand->name,
                            .args = errand->args,
                            .who = errand->who,
                            .by = errand->by,
                            .language = errand->language};
    struct error err = {0};
    bool done;

    recorder->untimed = recorder->untimed || !recorder->trusted;
    done = act_run(&call, &err);
    sealer_settle(&recorder->sealer, done);
    users_look(recorder, call.name);
    if (call.committed && !done)
        commit_succeeded(recorder, begun);
    if (!done) {
        errand_end(errand, 0, &err);
        return;
    }
    if (call.output != NULL)
        desk_forget_cursor(recorder->desk, call.output);
    if (call.output != NULL && recorder->setup.resend != NULL)
        recorder->setup.resend(recorder->setup.self, call.output, call.after);
    if (call.closed_segment) {
        keeper_closed(&recorder->keeper);
        recorder->keeper_more = recorder->act_waits = true;
    }
    commit_succeeded(recorder, begun);
    errand_end(errand, call.seq, NULL);
}

static int64_t next_commit_ms(const struct recorder *recorder)
{
    int64_t ms = commit_every_ms - recorder_ms_since(recorder, recorder->last_commit);

    return ms < 0 ? 0 : ms;
}

static bool polls_are_due(const struct recorder *recorder)
{
    return next_commit_ms(recorder) == 0 && mailbox_used(recorder->setup.mailbox) > 0;
}

/* Each is a commit of its own, and none puts off that of the polls: who asks without end keeps no
 * reading out of the store. */
static void run_acts(struct recorder *recorder)
{
    const struct mono_time polls = recorder->last_commit;
    struct errand *errand = desk_next_act(recorder->desk);

    recorder->acts_more = false;
    while (errand != NULL) {
        run_act(recorder, errand);
        recorder->last_commit = polls;
        recorder->acts_more = polls_are_due(recorder);
        errand = recorder->acts_more ? NULL : desk_next_act(recorder->desk);
    }
}

static bool judge_rest(struct recorder *recorder, struct error *err)
{
    struct mono_time begun = clock_mono(recorder->setup.clock);
    uint64_t before = judge_cursor(recorder->judge);

    recorder->catching_up = false;
    if (!recorder->trusted || judge_is_caught_up(recorder->judge))
        return true;
    if (!catch_up(recorder, budget_ms, err))
        return false;
    if (judge_cursor(recorder->judge) != before)
        commit_succeeded(recorder, begun);
    return true;
}

static bool keep_house(struct recorder *recorder, struct error *err)
{
    bool good;

    recorder->keeper_more = false;
    good = keeper_work(&recorder->keeper, recorder->trusted, in_ms(recorder, keep_ms),
                       &recorder->keeper_more, err);
    if (recorder->keeper.sealed)
        recorder_publish(recorder);
    recorder->keeper.sealed = false;
    return good;
}

/* A key that could not be opened when the program started, and now can. */
static bool look_at_key(struct recorder *recorder, struct error *err)
{
    sealer_look(&recorder->sealer);
    return !sealer_owes(&recorder->sealer) || changes_add(recorder, false, err);
}

/* What is no commit of polls: its failing is trouble of its own, while polls are stored as ever. */
static void do_upkeep(struct recorder *recorder)
{
    struct error err = {0};

    if (recorder->upkeep_failing &&
        clock_mono(recorder->setup.clock).ns < recorder->upkeep_retry.ns)
        return;
    if (!judge_rest(recorder, &err) || !look_at_key(recorder, &err) ||
        !keep_house(recorder, &err)) {
        upkeep_failed(recorder, &err);
        return;
    }
    if (recorder->upkeep_failing)
        notice_end(recorder->setup.notices, "upkeep");
    recorder->upkeep_failing = false;
}

/* `commit`: a commit of what waits is due, not only acts. Acts come last, so that they meet
 * problems as the readings before them have left them. */
static bool run_round(struct recorder *recorder, bool commit, struct error *err)
{
    bool good;

    clock_look(recorder);
    good = !commit || batch_run(recorder, err);
    disk_look(&recorder->disk);
    users_look_again(recorder);
    if (good)
        do_upkeep(recorder);
    recorder_tell_news(recorder);
    run_acts(recorder);
    return good;
}

/* Whoever steps gives the answer to an act and goes: a segment that it closed is sealed before. */
static bool waits_for_seal(struct recorder *recorder, struct mono_time begun)
{
    recorder->act_waits = recorder->act_waits && recorder->keeper_more &&
                          !recorder->upkeep_failing &&
                          recorder_ms_since(recorder, begun) < seal_patience_ms;
    return recorder->act_waits;
}

bool recorder_step(struct recorder *recorder, struct error *err)
{
    struct mono_time begun = clock_mono(recorder->setup.clock);
    bool good;

    do
        good = run_round(recorder, true, err);
    while (good &&
           (recorder->catching_up || recorder->acts_more || waits_for_seal(recorder, begun)));
    return good;
}

/* The thread -------------------------------------------------------------------------------- */

static int64_t idle_ms(const struct recorder *recorder)
{
    int64_t ms = keeper_idle_ms(&recorder->keeper);

    if (recorder->catching_up || recorder->keeper_more)
        return 0;
    if (recorder->disk.failing && next_commit_ms(recorder) < ms)
        ms = next_commit_ms(recorder);
    if (disk_idle_ms(&recorder->disk) < ms)
        ms = disk_idle_ms(&recorder->disk);
    if (!recorder->trusted && untrusted_look_ms < ms)
        ms = untrusted_look_ms;
    if (recorder->users_unread && USERS_AGAIN_MS < ms)
        ms = USERS_AGAIN_MS;
    if (recorder->setup.seals && recorder->sealer.key == NULL && key_look_ms < ms)
        ms = key_look_ms;
    return ms;
}

static void *run(void *self)
{
    struct recorder *recorder = self;
    struct error err = {0};

    do
        run_round(recorder, next_commit_ms(recorder) == 0, &err);
    while (desk_sleep(recorder->desk, next_commit_ms(recorder), idle_ms(recorder)));
    return NULL;
}

static void wake(void *self)
{
    desk_tell_news(self);
}

bool recorder_start(struct recorder *recorder, struct error *err)
{
    int code;

    if (!open_reader(recorder, err) || !latest_fill(recorder->latest, recorder->reader, err))
        return false;
    recorder->owed.started = true;
    recorder->last_commit.ns -= ns_from_ms(commit_every_ms);
    mailbox_on_push(recorder->setup.mailbox, wake, recorder->desk);
    code = pthread_create(&recorder->thread, NULL, run, recorder);
    if (code != 0)
        return error_set(err, ERROR_MEMORY,
                         SAY("无法启动记录线程：%s", "cannot start the recorder's thread: %s"),
                         strerror(code));
    recorder->running = true;
    return true;
}

static bool close_and_seal(struct recorder *recorder, struct error *err)
{
    struct mono_time until = in_ms(recorder, stop_ms);
    bool closed = false;

    if (!store_close_segment(recorder->setup.store, clock_wall(recorder->setup.clock), &closed,
                             err))
        return false;
    if (closed)
        keeper_closed(&recorder->keeper);
    return keeper_work(&recorder->keeper, true, until, &recorder->keeper_more, err);
}

/* What the mailbox still holds, the end of the story, and the segment. */
static void finish(struct recorder *recorder)
{
    struct error err = {0};

    clock_look(recorder);
    recorder->owed.stopped = true;
    if (!batch_run(recorder, &err)) {
        log_error(SAY("停止时仍无法写入（%s），内存中 %zu 字节的采集数据丢失",
                      "still cannot write at the stop (%s); %zu bytes of polls in memory are lost"),
                  err.text, mailbox_used(recorder->setup.mailbox));
        return;
    }
    if (recorder->trusted && !close_and_seal(recorder, &err))
        log_warning("%s", err.text);
}

void recorder_stop(struct recorder *recorder)
{
    if (!recorder->running)
        return;
    desk_tell_stop(recorder->desk);
    pthread_join(recorder->thread, NULL);
    recorder->running = false;
    mailbox_on_push(recorder->setup.mailbox, NULL, NULL);
    desk_refuse_acts(recorder->desk);
    finish(recorder);
    desk_wake_all(recorder->desk);
}

/* Life -------------------------------------------------------------------------------------- */

static struct judge *make_judge(const struct recorder_setup *setup, struct error *err)
{
    const struct judge_setup of = {.catalog = setup->catalog,
                                   .rules = setup->rules,
                                   .rule_count = setup->rule_count,
                                   .tallies = setup->tallies,
                                   .screens = setup->screens};
    const struct judge_sink sink = judge_store_sink(setup->store);

    return judge_new(&of, setup->store, &sink, err);
}

static bool begin(struct recorder *recorder, struct error *err)
{
    const struct recorder_setup *setup = &recorder->setup;

    recorder->desk = desk_new();
    if (recorder->desk == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，无法记录", "out of memory for recording"));
    recorder->latest = latest_new(setup->catalog, recorder->boot);
    if (recorder->latest == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，无法记录", "out of memory for recording"));
    recorder->judge = make_judge(setup, err);
    if (recorder->judge == NULL)
        return false;
    sealer_init(&recorder->sealer, setup);
    keeper_init(&recorder->keeper, setup, &recorder->sealer);
    clock_look(recorder);
    sealer_look(&recorder->sealer);
    users_look(recorder, NULL);
    return catch_up(recorder, -1, err) && changes_add(recorder, true, err);
}

struct recorder *recorder_new(const struct recorder_setup *setup, struct error *err)
{
    struct recorder *recorder = calloc(1, sizeof *recorder);

    if (recorder == NULL) {
        error_set(err, ERROR_MEMORY, "%s",
                  SAY("内存不足，无法记录", "out of memory for recording"));
        return NULL;
    }
    recorder->setup = *setup;
    recorder->boot = store_boot(setup->store);
    recorder->untimed = true; /* of this boot, from a run before this one */
    recorder->last_commit = clock_mono(setup->clock);
    disk_init(&recorder->disk, setup->clock, setup->notices, store_dir(setup->store),
              setup->reserve_bytes);
    pthread_mutex_init(&recorder->status_lock, NULL);
    pthread_mutex_init(&recorder->users_lock, NULL);
    if (!begin(recorder, err)) {
        recorder_free(recorder);
        return NULL;
    }
    recorder->setup.configuration = NULL; /* its owner may end it */
    watching_tell(recorder);
    recorder_publish(recorder);
    return recorder;
}

void recorder_free(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    recorder_stop(recorder);
    desk_free(recorder->desk);
    sealer_end(&recorder->sealer);
    judge_free(recorder->judge);
    latest_free(recorder->latest);
    reader_close(recorder->reader);
    pthread_mutex_destroy(&recorder->users_lock);
    pthread_mutex_destroy(&recorder->status_lock);
    free(recorder);
}
