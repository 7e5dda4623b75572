/* What the recorder tells: its status, who may read on, and the notices about clock and
 * upkeep. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/say.h"
#include "record/inside.h"

static const int64_t measure_every_ms = 60 * 1000;
static const int64_t upkeep_retry_ms = 60 * 1000;

int64_t recorder_ms_since(const struct recorder *recorder, struct mono_time then)
{
    return (clock_mono(recorder->setup.clock).ns - then.ns) / 1000000;
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

static void measure(struct recorder *recorder, struct store_size *size)
{
    recorder->measured = store_measure(recorder->setup.store, size);
    recorder->last_measure = clock_mono(recorder->setup.clock);
    if (recorder->measured)
        disk_measured(&recorder->disk, size->free_bytes);
}

static void tell_seal(const struct recorder *recorder, struct recorder_status *now)
{
    const struct seal_mark *seal = store_newest_seal(recorder->setup.store);
    const struct seal_key *key = recorder->sealer.key;

    now->sealed = seal->segment;
    now->seal_time = seal->sealed;
    if (seal->segment > 0)
        digest_hex(seal->head, now->seal_head);
    memcpy(now->seal_key, key != NULL ? seal_key_fingerprint(key) : seal->key, DIGEST_HEX);
}

static void raise_news(struct recorder *recorder, enum news kind)
{
    atomic_fetch_add_explicit(&recorder->news[kind], 1, memory_order_release);
}

void recorder_tell_news(struct recorder *recorder)
{
    static const enum news of[CHANGE_COUNT] = {
        [CHANGE_READINGS] = NEWS_READINGS, [CHANGE_AGGREGATES] = NEWS_AGGREGATES,
        [CHANGE_PROBLEMS] = NEWS_PROBLEMS, [CHANGE_TASKS] = NEWS_TASKS,
        [CHANGE_SEALS] = NEWS_SEALS,       [CHANGE_EVENTS] = NEWS_EVENTS,
    };
    unsigned changed = store_changes(recorder->setup.store);

    for (int change = 0; change < CHANGE_COUNT; change++)
        if (changed >> change & 1)
            raise_news(recorder, of[change]);
}

void recorder_publish(struct recorder *recorder)
{
    struct recorder_status now = {.committed = store_last_seq(recorder->setup.store),
                                  .commit_ms_p50 = median_commit_ms(recorder),
                                  .commit_ms_max = recorder->commit_ms_max,
                                  .held = recorder->keeper.held,
                                  .open_problems = judge_open_problems(recorder->judge)};

    tell_seal(recorder, &now);
    now.size = recorder->status.size;
    if (!recorder->measured ||
        recorder_ms_since(recorder, recorder->last_measure) >= measure_every_ms)
        measure(recorder, &now.size);
    pthread_mutex_lock(&recorder->status_lock);
    recorder->status = now;
    pthread_mutex_unlock(&recorder->status_lock);
    recorder_tell_news(recorder);
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
    disk_succeeded(&recorder->disk);
    atomic_store(&recorder->cannot_commit, false);
    watching_tell(recorder);
    recorder_publish(recorder);
}

void commit_failed(struct recorder *recorder, const struct error *err)
{
    struct store_size size;
    bool measured = store_measure(recorder->setup.store, &size);

    recorder->last_commit = clock_mono(recorder->setup.clock);
    atomic_store(&recorder->cannot_commit, true);
    disk_failed(&recorder->disk, err, measured ? size.free_bytes : -1);
}

/* The clock --------------------------------------------------------------------------------- */

struct wall_time recorder_wall(const struct recorder *recorder)
{
    if (!recorder->trusted)
        return WALL_NONE;
    return (struct wall_time){clock_mono(recorder->setup.clock).ns / 1000000 +
                              trust_offset_ms(recorder->setup.trust)};
}

/* Said once; again only when the clock was set and is still behind. */
static void tell_behind(struct recorder *recorder, struct wall_time newest)
{
    char now[WALL_TEXT], stored[WALL_TEXT];

    notice_raise(
        recorder->setup.notices, "clock", SAY("时钟", "clock"),
        SAY("本机时钟 %s 早于已存的最新时间 %s：数据照常保存，但不判定、不发送；请校正本机时间。"
            "若本机时间正确、是曾误存了未来时间：该时间不会改动，到 %s 才恢复判定；"
            "设 clock.trust = \"always\" 并重启则立即恢复",
            "the clock, %s, is behind the newest stored time, %s: readings are stored but neither "
            "judged nor sent; set the clock. If it is right and a future time was stored by "
            "mistake: that time stands, and readings are judged again from %s on, or at once with "
            "clock.trust = \"always\" and a restart"),
        wall_text(clock_wall(recorder->setup.clock), now), wall_text(newest, stored), stored);
    recorder->clock_notice = true;
    recorder->clock_behind = true;
}

static void tell_long_untrusted(struct recorder *recorder)
{
    int64_t ms = recorder_ms_since(recorder, trust_since(recorder->setup.trust));
    char now[WALL_TEXT];

    if (recorder->clock_notice || ms < recorder->setup.patience_ms)
        return;
    recorder->clock_notice = true;
    notice_raise(
        recorder->setup.notices, "clock", SAY("时钟", "clock"),
        SAY("本机时钟（现为 %s）已有 %lld 分钟不可信；数据照常保存，但不判定、不发送；"
            "请校正时间或检查网络对时",
            "the clock (now %s) has not been trusted for %lld min; readings are stored but "
            "neither judged nor sent; set the time or check the time server"),
        wall_text(clock_wall(recorder->setup.clock), now), (long long)(ms / 60000));
}

static void tell_untrusted(struct recorder *recorder, bool stepped)
{
    struct wall_time newest;

    if (!trust_is_behind(recorder->setup.trust, &newest))
        tell_long_untrusted(recorder);
    else if (!recorder->clock_behind || stepped)
        tell_behind(recorder, newest);
}

static void end_clock_notice(struct recorder *recorder)
{
    if (recorder->clock_notice)
        notice_end(recorder->setup.notices, "clock");
    recorder->clock_notice = false;
    recorder->clock_behind = false;
}

void clock_look(struct recorder *recorder)
{
    bool trusted = trust_now(recorder->setup.trust);
    int64_t by_ms = 0;
    unsigned steps = trust_steps(recorder->setup.trust, &by_ms);

    if (steps > 0) {
        recorder->owed.steps += steps;
        recorder->owed.stepped_by_ms = by_ms;
    }
    recorder->trusted = trusted;
    if (trusted)
        end_clock_notice(recorder);
    else
        tell_untrusted(recorder, steps > 0);
}

/* Upkeep ------------------------------------------------------------------------------------ */

void upkeep_failed(struct recorder *recorder, const struct error *err)
{
    if (!recorder->upkeep_failing)
        log_error(SAY("补判、封存或清理失败（%s）；每分钟重试",
                      "judging what was left, closing or removing segments failed (%s); trying "
                      "again each minute"),
                  err->text);
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
