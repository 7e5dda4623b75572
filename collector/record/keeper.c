#include "record/keeper.h"

#include "base/log.h"
#include "base/say.h"
#include "record/judge.h"
#include "record/notice.h"

enum {
    STEP_LEAST = 1000,
    STEP_MOST = 32000,
    /* A segment that holds more is closed early: each step of a move looks through all its polls.
     */
    SEGMENT_READINGS = 500000,
};

static const int64_t step_ms = 100;

static const int64_t first_prune_ms = 10 * 60 * 1000;
static const int64_t prune_every_ms = 60 * 60 * 1000;
static const int64_t prune_at_most_ms = (int64_t)2 * 24 * 3600 * 1000;

void keeper_init(struct keeper *keeper, const struct recorder_setup *setup, struct sealer *sealer)
{
    *keeper = (struct keeper){.store = setup->store,
                              .clock = setup->clock,
                              .notices = setup->notices,
                              .keep_ms = setup->keep_ms,
                              .hold_ms = setup->hold_ms,
                              .max_bytes = setup->max_bytes,
                              .seal_every_ms = setup->seal_every_ms,
                              .awaited = setup->awaited,
                              .awaited_count = setup->awaited_count,
                              .step_readings = STEP_LEAST,
                              .step_sealed = STEP_LEAST,
                              .moving = true,
                              .sealing = true,
                              .sealer = sealer};
    keeper->next_prune = clock_mono(setup->clock);
    keeper->next_prune.ns += ns_from_ms(first_prune_ms);
}

void keeper_closed(struct keeper *keeper)
{
    keeper->moving = true;
    keeper->sealing = true;
}

static bool close_segment(struct keeper *keeper, struct error *err)
{
    struct wall_time now = clock_wall(keeper->clock);
    bool closed = false;

    if (keeper->seal_every_ms <= 0 ||
        !store_segment_due(keeper->store, now, keeper->seal_every_ms, SEGMENT_READINGS))
        return true;
    if (!store_close_segment(keeper->store, now, &closed, err))
        return false;
    if (closed)
        keeper_closed(keeper);
    return true;
}

/* By the judge, the awaited outputs, and the seals. */
static uint64_t confirmed_by_all(struct keeper *keeper)
{
    uint64_t least = store_cursor(keeper->store, JUDGE_CURSOR);

    for (size_t i = 0; i < keeper->awaited_count; i++) {
        uint64_t seq = store_cursor(keeper->store, keeper->awaited[i]);

        if (seq < least)
            least = seq;
    }
    if (keeper->sealer->on && store_newest_seal(keeper->store)->last_seq < least)
        least = store_newest_seal(keeper->store)->last_seq;
    return least;
}

/* Retention --------------------------------------------------------------------------------- */

static bool is_too_large(const struct keeper *keeper)
{
    struct store_size size;

    return keeper->max_bytes > 0 && store_measure(keeper->store, &size) &&
           size.used_bytes > keeper->max_bytes;
}

/* Said when it begins and when it ends; how much it is stands in the status. */
static void tell_held(struct keeper *keeper, uint64_t held)
{
    if (held > 0 && keeper->held == 0)
        log_notice(SAY("超过 store.keep 的 %llu 个封存段仍保留：其中的监测点正用于整改任务，"
                       "到巩固期结束再过 store.hold 为止",
                       "%llu segments older than store.keep are kept: their points watch tasks, "
                       "until the watch period has ended and store.hold more"),
                   (unsigned long long)held);
    else if (held == 0 && keeper->held > 0)
        log_notice("%s", SAY("不再有因整改任务而超期保留的封存段",
                             "no segment is kept for a task beyond store.keep any more"));
    keeper->held = held;
}

/* After a round: what could go is gone. */
static void tell_too_large(struct keeper *keeper, bool too_large)
{
    if (too_large)
        notice_raise(
            keeper->notices, "store-max", SAY("存储", "store"),
            SAY("存储 %s 超过上限 store.max（%lld MiB），能删的旧数据都已删：余下的由整改任务"
                "保留，或还没有被每个 awaited 输出确认；请加大 store.max，或查看这些输出",
                "the store in %s is larger than store.max (%lld MiB) and all that may go is gone: "
                "the rest is held for tasks, or not every awaited output has confirmed it; raise "
                "store.max, or look at these outputs"),
            store_dir(keeper->store), (long long)(keeper->max_bytes >> 20));
    else if (keeper->too_large)
        notice_end(keeper->notices, "store-max");
    keeper->too_large = too_large;
}

/* Begins a round of retention when one is due. */
static bool begin_pruning(struct keeper *keeper, struct error *err)
{
    struct mono_time now = clock_mono(keeper->clock);
    int64_t wall_ms = clock_wall(keeper->clock).ms;
    struct retention_look look;
    int64_t at_most_ms;

    if (keeper->pruning || keeper->keep_ms <= 0 || now.ns < keeper->next_prune.ns)
        return true;
    keeper->next_prune.ns = now.ns + ns_from_ms(prune_every_ms);
    keeper->retention = (struct retention){.before = {wall_ms - keeper->keep_ms},
                                           .watched = {wall_ms - keeper->hold_ms}};
    if (!store_retention_look(keeper->store, &keeper->retention, &look, err))
        return false;
    tell_held(keeper, look.held);
    at_most_ms = look.oldest.ms + prune_at_most_ms;
    if (!wall_is_known(look.oldest))
        keeper->retention.before = WALL_NONE;
    else if (keeper->retention.before.ms > at_most_ms)
        keeper->retention.before.ms = at_most_ms;
    keeper->pruning = true;
    return true;
}

static bool prune_step(struct keeper *keeper, struct error *err)
{
    struct retention retention = keeper->retention;
    bool too_large = is_too_large(keeper);

    retention.confirmed = confirmed_by_all(keeper);
    if (too_large)
        retention.before = clock_wall(keeper->clock);
    if (!store_prune_step(keeper->store, &retention, keeper->step_readings, &keeper->pruning, err))
        return false;
    if (!keeper->pruning)
        tell_too_large(keeper, too_large);
    return true;
}

/* ------------------------------------------------------------------------------------------- */

static bool seal_step(struct keeper *keeper, struct error *err)
{
    bool sealed;

    if (!store_seal_step(keeper->store, keeper->sealer->collector, keeper->sealer->key,
                         clock_wall(keeper->clock), keeper->step_sealed, &sealed, &keeper->sealing,
                         err))
        return false;
    keeper->sealed = keeper->sealed || sealed;
    return true;
}

static bool one_step(struct keeper *keeper, bool sealing, struct error *err)
{
    if (keeper->moving)
        return store_move_step(keeper->store, keeper->step_readings, &keeper->moving, err);
    if (sealing)
        return seal_step(keeper, err);
    return prune_step(keeper, err);
}

/* A small board with a slow card takes small steps, a server large ones with fewer syncs. A step of
 * sealing is cheaper than one of the others and says nothing about them. */
static void adapt(struct keeper *keeper, bool sealing, struct mono_time begun)
{
    size_t *step = sealing ? &keeper->step_sealed : &keeper->step_readings;
    int64_t took_ms = (clock_mono(keeper->clock).ns - begun.ns) / 1000000;

    if (took_ms > step_ms && *step > STEP_LEAST)
        *step /= 2;
    else if (took_ms < step_ms / 2 && *step < STEP_MOST)
        *step *= 2;
}

/* The next step takes about as long as the one that began then, or twice that where it also takes
 * the log into the database. */
static bool next_would_end_after(const struct keeper *keeper, struct mono_time begun,
                                 struct mono_time until)
{
    int64_t now_ns = clock_mono(keeper->clock).ns;

    return now_ns + 2 * (now_ns - begun.ns) > until.ns;
}

/* What waits to be sealed waits for a key and for a time to put on it. */
static bool may_seal(const struct keeper *keeper, bool trusted)
{
    return keeper->sealing && trusted && sealer_may_sign(keeper->sealer);
}

bool keeper_work(struct keeper *keeper, bool trusted, struct mono_time until, bool *more,
                 struct error *err)
{
    bool sealing;

    *more = false;
    if (trusted && !close_segment(keeper, err))
        return false;
    if (trusted && !begin_pruning(keeper, err))
        return false;
    sealing = may_seal(keeper, trusted);
    while (keeper->moving || sealing || keeper->pruning) {
        struct mono_time begun = clock_mono(keeper->clock);

        bool seals = sealing && !keeper->moving;

        if (!one_step(keeper, sealing, err)) {
            keeper->pruning = false;
            return false;
        }
        adapt(keeper, seals, begun);
        sealing = may_seal(keeper, trusted);
        if (next_would_end_after(keeper, begun, until))
            break;
    }
    *more = keeper->moving || sealing || keeper->pruning;
    return true;
}

int64_t keeper_idle_ms(const struct keeper *keeper)
{
    int64_t ms = (keeper->next_prune.ns - clock_mono(keeper->clock).ns) / 1000000;
    int64_t wall_ms = clock_wall(keeper->clock).ms;

    if (keeper->seal_every_ms > 0 && wall_ms > 0) {
        int64_t boundary_ms = keeper->seal_every_ms - wall_ms % keeper->seal_every_ms;

        if (boundary_ms < ms)
            ms = boundary_ms;
    }
    return ms < 1000 ? 1000 : ms;
}
