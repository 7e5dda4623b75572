/* The tests that look at one reading and the few before it. */
#include <math.h>

#include "ledger/screen_inside.h"

#define HOUR_MS 3600000.0

static bool is_outside(double value, double low, double high, bool only_above)
{
    return value > high || (value < low && !only_above);
}

/* A value over range stands for any higher one: it can leave the span, and never proves it is in
 * it. */
void screen_span(struct screen *screen, const struct screen_at *at)
{
    const struct screen_plan *plan = screen->plan;

    if (is_outside(at->value, plan->span_low, plan->span_high, at->over))
        screen_doubt(screen, SCREEN_SPAN, at, at->ms, at->value);
    else if (at->normal)
        screen_pass(screen, SCREEN_SPAN, at);
}

static bool is_long(const struct screen *screen, int64_t since_ms, int64_t least_ms)
{
    return since_ms >= least_ms && since_ms > screen->gap_ms;
}

/* No value at all, or for much longer only values that carry a mark. A hole that a valid value ends
 * is told of with that value, and is over with the next. */
void screen_silence(struct screen *screen, const struct screen_at *at)
{
    struct silence_memory *memory = &screen->memory.silence;
    bool silent;

    if (memory->valued_ms == NEVER_MS)
        memory->valued_ms = memory->valid_ms = at->ms;
    silent = is_long(screen, at->ms - memory->valued_ms, screen->shared->silence_ms) ||
             is_long(screen, at->ms - memory->valid_ms, screen->shared->marked_ms);
    if (silent)
        screen_doubt(screen, SCREEN_SILENCE, at,
                     screen_is_doubting(screen, SCREEN_SILENCE) ? at->ms : memory->valid_ms,
                     memory->valid);
    if (at->valued)
        memory->valued_ms = at->ms;
    if (!at->normal && !at->over)
        return;
    memory->valid_ms = at->ms;
    memory->valid = at->value;
    if (!silent)
        screen_pass(screen, SCREEN_SILENCE, at);
}

/* Far from both neighbours and on the same side of both: a step is no spike. */
static bool stands_out(const struct screen_plan *plan, double before, double value, double after)
{
    double from = value - before;
    double to = value - after;
    double near = (fabs(before) + fabs(after)) / 2.0;
    double allowed = higher_of(plan->spike, plan->spike_percent / 100.0 * near);

    return (from > 0.0) == (to > 0.0) && screen_exceeds(lower_of(fabs(from), fabs(to)), allowed);
}

void screen_spike(struct screen *screen, const struct screen_at *at)
{
    struct spike_memory *memory = &screen->memory.spike;
    bool near_before =
        memory->time_ms[0] != NEVER_MS && memory->time_ms[1] - memory->time_ms[0] <= screen->gap_ms;
    bool near_after =
        memory->time_ms[1] != NEVER_MS && at->ms - memory->time_ms[1] <= screen->gap_ms;

    if (near_before && near_after) {
        if (stands_out(screen->plan, memory->value[0], memory->value[1], at->value))
            screen_doubt(screen, SCREEN_SPIKE, at, memory->time_ms[1], memory->value[1]);
        else
            screen_pass(screen, SCREEN_SPIKE, at);
    }
    memory->time_ms[0] = memory->time_ms[1];
    memory->value[0] = memory->value[1];
    memory->time_ms[1] = at->ms;
    memory->value[1] = at->value;
}

/* The mean of a bucket without its highest and lowest value: a single spike is no change. */
static double bucket_mean(const struct rate_memory *memory)
{
    if (memory->count < 3)
        return memory->sum / (double)memory->count;
    return (memory->sum - memory->low - memory->high) / (double)(memory->count - 2);
}

static bool is_too_fast(const struct screen *screen, double mean, double before, int64_t apart_ms)
{
    const struct screen_plan *plan = screen->plan;
    double hours = higher_of((double)apart_ms, (double)screen->shared->rate_ms) / HOUR_MS;
    double per_hour =
        higher_of(plan->rate_per_hour, plan->rate_percent_per_hour / 100.0 * fabs(before));

    return screen_exceeds(fabs(mean - before), per_hour * hours);
}

/* Compares a bucket with those of the window before it (of a slow device: with the one before). */
static void close_bucket(struct screen *screen, const struct screen_at *at, int64_t bucket_ms)
{
    struct rate_memory *memory = &screen->memory.rate;
    double mean = bucket_mean(memory);
    bool compared = false;
    bool fast = false;

    if (memory->count * 2 * screen->every_ms < bucket_ms)
        return; /* less than half of it is there */
    for (int i = 0; i < RATE_BUCKETS; i++) {
        int64_t apart_ms;

        if (memory->number[i] == NEVER_MS || memory->number[i] >= memory->bucket)
            continue;
        apart_ms = (memory->bucket - memory->number[i]) * bucket_ms;
        if (apart_ms > screen->shared->rate_ms && apart_ms > screen->gap_ms)
            continue;
        compared = true;
        fast = fast || is_too_fast(screen, mean, memory->mean[i], apart_ms);
    }
    if (fast)
        screen_doubt(screen, SCREEN_RATE, at, memory->last_ms, memory->last);
    else if (compared)
        screen_pass(screen, SCREEN_RATE, at);
    memory->number[memory->bucket % RATE_BUCKETS] = memory->bucket;
    memory->mean[memory->bucket % RATE_BUCKETS] = mean;
}

void screen_rate(struct screen *screen, const struct screen_at *at)
{
    struct rate_memory *memory = &screen->memory.rate;
    int64_t bucket_ms = screen->shared->rate_ms / RATE_BUCKETS;
    int64_t begins_ms = memory->bucket == NEVER_MS ? 0 : memory->bucket * bucket_ms;

    if (memory->bucket == NEVER_MS || at->ms < begins_ms || at->ms - begins_ms >= bucket_ms) {
        if (memory->bucket != NEVER_MS)
            close_bucket(screen, at, bucket_ms);
        memory->bucket = at->ms / bucket_ms;
        memory->count = 0;
        memory->sum = 0.0;
        memory->low = memory->high = at->value;
    }
    memory->count++;
    memory->last_ms = at->ms;
    memory->last = at->value;
    memory->sum += at->value;
    memory->low = lower_of(memory->low, at->value);
    memory->high = higher_of(memory->high, at->value);
}

bool screen_rests(const struct screen_plan *plan, double value)
{
    for (int64_t i = 0; i < plan->rest_count; i++)
        if (plan->rests_at[i] == value)
            return true;
    return false;
}

/* A stretch goes on as long as its values lie within the tolerance; only observed time counts, so a
 * gap, or a clock that was set, makes no stretch longer. */
void screen_flat(struct screen *screen, const struct screen_at *at)
{
    const struct screen_plan *plan = screen->plan;
    struct flat_memory *memory = &screen->memory.flat;
    double low = lower_of(memory->low, at->value);
    double high = higher_of(memory->high, at->value);
    int64_t step_ms = memory->count == 0 ? 0 : at->ms - memory->seen_ms;

    memory->seen_ms = at->ms;
    if (memory->count == 0 || screen_exceeds(high - low, plan->flat_within)) {
        memory->low = memory->high = at->value;
        memory->count = 1;
        memory->covered_ms = screen->every_ms;
        screen_pass(screen, SCREEN_FLAT, at);
        return;
    }
    memory->low = low;
    memory->high = high;
    memory->count++;
    if (step_ms > 0 && step_ms <= screen->gap_ms)
        memory->covered_ms += step_ms;
    if (memory->count < plan->flat_least || memory->covered_ms < plan->flat_ms)
        return;
    if (!screen_rests(plan, low) || !screen_rests(plan, high))
        screen_doubt(screen, SCREEN_FLAT, at, at->ms, at->value);
}

/* More oxygen than water of this temperature holds. Rarely comes as far as asking for the night. */
static bool is_too_much_oxygen(const struct screen *screen, const struct screen_at *at)
{
    const struct screen_shared *shared = screen->shared;
    double below = shared->oxygen_plus + at->beside;
    double saturation = shared->oxygen_numerator / below;
    bool dark;

    if (below <= 0.0 || !screen_exceeds(at->value, saturation * shared->oxygen_night / 100.0))
        return false;
    dark = screen->night.begins_min != screen->night.ends_min &&
           period_is_night((struct wall_time){at->ms}, &screen->night);
    return dark || screen_exceeds(at->value, saturation * shared->oxygen_day / 100.0);
}

static bool contradicts(const struct screen *screen, const struct screen_at *at)
{
    const struct screen_plan *plan = screen->plan;
    double most = at->beside * plan->times;

    if (plan->oxygen != 0)
        return is_too_much_oxygen(screen, at);
    return screen_exceeds(at->value,
                          most + plan->tolerance + plan->tolerance_percent / 100.0 * fabs(most));
}

void screen_contradiction(struct screen *screen, const struct screen_at *at)
{
    const struct screen_plan *plan = screen->plan;
    bool has_pair = plan->beside[0] != '\0';
    bool has_beside = has_pair && isfinite(at->beside);

    if (is_outside(at->value, plan->possible_low, plan->possible_high, at->over) ||
        (has_beside && contradicts(screen, at)))
        screen_doubt(screen, SCREEN_CONTRADICTION, at, at->ms, at->value);
    else if (at->normal && has_pair == has_beside)
        screen_pass(screen, SCREEN_CONTRADICTION, at);
}
