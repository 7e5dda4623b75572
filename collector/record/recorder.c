#include "record/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "record/acts.h"
#include "record/inside.h"

static const int64_t commit_every_ms = 1000;
static const int64_t measure_every_ms = 60 * 1000;
static const int64_t upkeep_retry_ms = 60 * 1000;
static const int64_t untrusted_look_ms = 10 * 1000;
static const int64_t budget_ms = 200; /* of anything between two commits */

static int64_t ms_since(const struct recorder *recorder, struct mono_time then)
{
    return (clock_mono(recorder->setup.clock).ns - then.ns) / 1000000;
}

static struct mono_time in_budget(const struct recorder *recorder)
{
    struct mono_time until = clock_mono(recorder->setup.clock);

    until.ns += ns_from_ms(budget_ms);
    return until;
}

/* What others see --------------------------------------------------------------------------- */

static int by_size(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

static double median_commit_ms(const struct recorder *recorder)
{
    double sorted[COMMIT_TIMES];
    size_t count = recorder->commit_count < COMMIT_TIMES ? recorder->commit_count : COMMIT_TIMES;

    memcpy(sorted, recorder->commit_ms, sizeof sorted);
    qsort(sorted, count, sizeof sorted[0], by_size);
    return count == 0 ? 0.0 : sorted[count / 2];
}

static void publish(struct recorder *recorder)
{
    struct recorder_status now = {.committed = store_last_seq(recorder->setup.store),
                                  .commit_ms_p50 = median_commit_ms(recorder),
                                  .commit_ms_max = recorder->commit_ms_max,
                                  .open_problems = judge_open_problems(recorder->judge)};

    now.size = recorder->status.size;
    if (!recorder->measured || ms_since(recorder, recorder->last_measure) >= measure_every_ms) {
        recorder->measured = store_measure(recorder->setup.store, &now.size);
        recorder->last_measure = clock_mono(recorder->setup.clock);
    }
    pthread_mutex_lock(&recorder->status_lock);
    recorder->status = now;
    pthread_mutex_unlock(&recorder->status_lock);
    desk_publish(recorder->desk, now.committed);
}

void commit_succeeded(struct recorder *recorder, struct mono_time begun)
{
    double ms;

    recorder->last_commit = clock_mono(recorder->setup.clock);
    ms = (double)(recorder->last_commit.ns - begun.ns) / 1e6;
    recorder->commit_ms[recorder->commit_count++ % COMMIT_TIMES] = ms;
    if (ms > recorder->commit_ms_max)
        recorder->commit_ms_max = ms;
    if (recorder->failing) {
        log_notice(SAY("存储 %s：恢复写入，暂存在内存中的数据已存入",
                       "store %s: writing again; the polls that waited in memory are stored"),
                   store_dir(recorder->setup.store));
        notice_end(recorder->setup.notices, "disk");
    }
    recorder->failing = false;
    publish(recorder);
}

void commit_failed(struct recorder *recorder, const struct error *err)
{
    const char *dir = store_dir(recorder->setup.store);
    char since[WALL_TEXT];

    recorder->last_commit = clock_mono(recorder->setup.clock);
    if (!recorder->failing) {
        recorder->failing_since = clock_wall(recorder->setup.clock);
        log_error(
            SAY("存储 %s：无法写入（%s）；数据暂存内存，每秒重试",
                "store %s: cannot write (%s); polls wait in memory, trying again each second"),
            dir, err->text);
    }
    recorder->failing = true;
    notice_raise(recorder->setup.notices, "disk", SAY("存储", "store"),
                 SAY("自 %s 起无法写入存储 %s（%s）；新数据暂存在有限的内存里，每秒重试；"
                     "请检查磁盘空间、权限和磁盘状况",
                     "since %s nothing can be written to the store %s (%s); new polls wait in "
                     "bounded memory and it is tried again each second; check free space, "
                     "permissions and the disk's health"),
                 wall_text(recorder->failing_since, since), dir, err->text);
}

/* The clock --------------------------------------------------------------------------------- */

static void tell_untrusted(struct recorder *recorder)
{
    char now[WALL_TEXT];

    if (recorder->clock_notice ||
        ms_since(recorder, trust_since(recorder->setup.trust)) < recorder->setup.patience_ms)
        return;
    recorder->clock_notice = true;
    notice_raise(
        recorder->setup.notices, "clock", SAY("时钟", "clock"),
        SAY("本机时钟（现为 %s）已有 %lld 分钟不可信；数据照常保存，但不判定、不发送；"
            "请校正时间或检查网络对时",
            "the clock (now %s) has not been trusted for %lld min; readings are stored but "
            "neither judged nor sent; set the time or check the time server"),
        wall_text(clock_wall(recorder->setup.clock), now),
        (long long)(ms_since(recorder, trust_since(recorder->setup.trust)) / 60000));
}

static void clock_look(struct recorder *recorder)
{
    bool trusted = trust_now(recorder->setup.trust);
    int64_t by_ms = 0;
    unsigned steps = trust_steps(recorder->setup.trust, &by_ms);

    if (steps > 0) {
        recorder->owed.steps += steps;
        recorder->owed.stepped_by_ms = by_ms;
    }
    recorder->trusted = trusted;
    if (!trusted) {
        tell_untrusted(recorder);
    } else if (recorder->clock_notice) {
        recorder->clock_notice = false;
        notice_end(recorder->setup.notices, "clock");
    }
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
        if (limit_ms >= 0 && ms_since(recorder, begun) >= limit_ms)
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
                            .clock = recorder->setup.clock,
                            .trusted = recorder->trusted,
                            .name = errand->name,
                            .args = errand->args,
                            .who = errand->who,
                            .by = errand->by};
    struct error err = {0};

    recorder->untimed = recorder->untimed || !recorder->trusted;
    if (!act_run(&call, &err)) {
        errand_end(errand, 0, &err);
        return;
    }
    if (call.output != NULL)
        desk_forget_cursor(recorder->desk, call.output);
    if (call.output != NULL && recorder->setup.resend != NULL)
        recorder->setup.resend(recorder->setup.self, call.output, call.after);
    recorder->keeper.moving = recorder->keeper.moving || call.closed_segment;
    commit_succeeded(recorder, begun);
    errand_end(errand, call.seq, NULL);
}

static void run_acts(struct recorder *recorder)
{
    struct errand *errand;

    while ((errand = desk_next_act(recorder->desk)) != NULL)
        run_act(recorder, errand);
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
    recorder->keeper_more = false;
    return keeper_work(&recorder->keeper, recorder->trusted, in_budget(recorder),
                       &recorder->keeper_more, err);
}

static void upkeep_failed(struct recorder *recorder, const struct error *err)
{
    if (!recorder->upkeep_failing)
        log_error(SAY("存储 %s：补判、封存或清理失败（%s）；每分钟重试",
                      "store %s: judging what was left, closing or removing segments failed (%s); "
                      "trying again each minute"),
                  store_dir(recorder->setup.store), err->text);
    notice_raise(
        recorder->setup.notices, "upkeep", SAY("存储", "store"),
        SAY("补判、封存或清理旧数据失败（%s）；数据照常保存，每分钟重试；请检查磁盘空间",
            "judging what was left, closing or removing old segments failed (%s); readings "
            "are stored, and it is tried again each minute; check free space"),
        err->text);
    recorder->upkeep_failing = true;
    recorder->upkeep_retry = clock_mono(recorder->setup.clock);
    recorder->upkeep_retry.ns += ns_from_ms(upkeep_retry_ms);
}

/* What is no commit of polls: its failing is trouble of its own, while polls are stored as ever. */
static void do_upkeep(struct recorder *recorder)
{
    struct error err = {0};

    if (recorder->upkeep_failing &&
        clock_mono(recorder->setup.clock).ns < recorder->upkeep_retry.ns)
        return;
    if (!judge_rest(recorder, &err) || !keep_house(recorder, &err)) {
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
    if (good)
        do_upkeep(recorder);
    run_acts(recorder);
    return good;
}

bool recorder_step(struct recorder *recorder, struct error *err)
{
    bool good;

    do
        good = run_round(recorder, true, err);
    while (good && recorder->catching_up);
    return good;
}

/* The thread -------------------------------------------------------------------------------- */

static int64_t next_commit_ms(const struct recorder *recorder)
{
    int64_t ms = commit_every_ms - ms_since(recorder, recorder->last_commit);

    return ms < 0 ? 0 : ms;
}

static int64_t idle_ms(const struct recorder *recorder)
{
    int64_t ms = keeper_idle_ms(&recorder->keeper);

    if (recorder->catching_up || recorder->keeper_more)
        return 0;
    if (recorder->failing && next_commit_ms(recorder) < ms)
        ms = next_commit_ms(recorder);
    if (!recorder->trusted && untrusted_look_ms < ms)
        ms = untrusted_look_ms;
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

    recorder->owed.started = true;
    recorder->last_commit.ns -= ns_from_ms(commit_every_ms);
    mailbox_on_push(recorder->setup.mailbox, wake, recorder->desk);
    code = pthread_create(&recorder->thread, NULL, run, recorder);
    if (code != 0)
        return error_set(err, ERROR_MEMORY,
                         SAY("无法启动记录线程：%s", "cannot start the "
                                                     "recorder's thread: %s"),
                         strerror(code));
    recorder->running = true;
    return true;
}

/* What the mailbox still holds, the end of the story, and the segment. */
static void finish(struct recorder *recorder)
{
    struct error err = {0};
    bool closed = false;

    clock_look(recorder);
    recorder->owed.stopped = true;
    if (!batch_run(recorder, &err)) {
        log_error(SAY("存储 %s：停止时仍无法写入（%s），内存中 %zu 字节的采集数据丢失",
                      "store %s: still cannot write at the stop (%s); %zu bytes of polls in memory "
                      "are lost"),
                  store_dir(recorder->setup.store), err.text,
                  mailbox_used(recorder->setup.mailbox));
        return;
    }
    if (recorder->trusted && !store_close_segment(recorder->setup.store,
                                                  clock_wall(recorder->setup.clock), &closed, &err))
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
    finish(recorder);
    desk_wake_all(recorder->desk);
}

/* Life -------------------------------------------------------------------------------------- */

static bool settle_rules(struct recorder *recorder, struct error *err)
{
    struct store *store = recorder->setup.store;

    if (!store_begin(store, err))
        return false;
    if (!judge_settle_rules(recorder->judge, err) || !judge_flush(recorder->judge, err)) {
        store_rollback(store);
        return false;
    }
    if (!store_commit(store, err))
        return false;
    judge_keep(recorder->judge);
    return true;
}

static bool begin(struct recorder *recorder, struct error *err)
{
    const struct recorder_setup *setup = &recorder->setup;

    recorder->desk = desk_new();
    if (recorder->desk == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，无法记录", "out of memory for recording"));
    recorder->judge = judge_new(setup->store, setup->catalog, setup->rules, setup->rule_count, err);
    if (recorder->judge == NULL || !settle_rules(recorder, err))
        return false;
    keeper_init(&recorder->keeper, setup);
    clock_look(recorder);
    return catch_up(recorder, -1, err);
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
    pthread_mutex_init(&recorder->status_lock, NULL);
    if (!begin(recorder, err)) {
        recorder_free(recorder);
        return NULL;
    }
    publish(recorder);
    return recorder;
}

void recorder_free(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    recorder_stop(recorder);
    desk_free(recorder->desk);
    judge_free(recorder->judge);
    reader_close(recorder->reader);
    pthread_mutex_destroy(&recorder->status_lock);
    free(recorder);
}

/* Any thread -------------------------------------------------------------------------------- */

uint64_t recorder_committed(const struct recorder *recorder)
{
    return desk_committed(recorder->desk);
}

uint64_t recorder_wait(struct recorder *recorder, uint64_t seq, int64_t timeout_ms)
{
    return desk_wait(recorder->desk, seq, timeout_ms);
}

void recorder_wake_all(struct recorder *recorder)
{
    desk_wake_all(recorder->desk);
}

void recorder_move_cursor(struct recorder *recorder, const char *name, uint64_t seq)
{
    desk_move_cursor(recorder->desk, name, seq);
}

void recorder_quarantine(struct recorder *recorder, const char *output, uint64_t seq,
                         const char *reason)
{
    desk_refuse(recorder->desk, output, seq, reason);
}

void recorder_act(struct recorder *recorder, struct act *act)
{
    desk_act(recorder->desk, act);
}

void recorder_status(struct recorder *recorder, struct recorder_status *status)
{
    pthread_mutex_lock(&recorder->status_lock);
    *status = recorder->status;
    pthread_mutex_unlock(&recorder->status_lock);
    status->mailbox_bytes = mailbox_used(recorder->setup.mailbox);
}
