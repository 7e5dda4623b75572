/* The tests that count over days and weeks: ceilings, gaps that hide, nights. */
#include <math.h>

#include "ledger/screen_inside.h"

#define DAY_MS 86400000

/* A window is over, or lies in a future that was taken back. */
static bool is_past(int64_t from_ms, int64_t length_ms, int64_t ms)
{
    return from_ms == NEVER_MS || ms < from_ms || ms - from_ms >= length_ms;
}

/* ---- ceilings ---- */

static void count_top(struct clip_memory *memory, const struct screen_at *at)
{
    if (memory->top_count == 0 || at->value > memory->top) {
        memory->next = memory->top;
        memory->next_count = memory->top_count;
        memory->top = at->value;
        memory->top_count = 0;
    }
    if (at->value == memory->top) {
        memory->top_count++;
        memory->top_ms = at->ms;
    } else if (memory->next_count == 0 || at->value > memory->next) {
        memory->next = at->value;
        memory->next_count = 1;
    } else if (at->value == memory->next) {
        memory->next_count++;
    }
}

/* Three bands of one width: above the limit, just below it, and beneath that. */
static void count_near_limit(struct clip_memory *memory, double limit, double band,
                             const struct screen_at *at)
{
    if (at->value > limit + band || at->value <= limit - 2.0 * band)
        return;
    if (at->value > limit) {
        memory->above++;
    } else if (at->value <= limit - band) {
        memory->beneath++;
    } else {
        memory->below++;
        memory->below_value = at->value;
        memory->below_ms = at->ms;
    }
}

/* Many at exactly one highest value and hardly any at the next lower one: a smooth day has a peak
 * too, but it does not end like a table. One value only is a matter of SCREEN_FLAT. */
static bool is_at_ceiling(const struct screen *screen, double share)
{
    const struct clip_memory *memory = &screen->memory.clip;

    return (double)memory->top_count > share && memory->next_count > 0 &&
           (double)memory->top_count >= screen->shared->clip_drop * (double)memory->next_count &&
           !screen_rests(screen->plan, memory->top);
}

/* Crowded below the limit, with hardly any above and hardly any beneath: neither a smooth peak that
 * ends there by chance nor a level that lies there as a whole. */
static bool is_below_limit(const struct screen *screen, double share)
{
    const struct screen_shared *shared = screen->shared;
    const struct clip_memory *memory = &screen->memory.clip;
    double below = (double)memory->below;

    return below > share && below >= shared->clip_drop * (double)memory->above &&
           below >= shared->clip_drop * (double)memory->beneath &&
           below <= (double)memory->count * shared->clip_most / 100.0;
}

static void judge_clip(struct screen *screen, const struct screen_at *at)
{
    const struct clip_memory *memory = &screen->memory.clip;
    double share = (double)memory->count * screen->shared->clip_share / 100.0;

    if (memory->count < screen->shared->clip_least)
        return;
    if ((double)memory->over > share)
        screen_doubt(screen, SCREEN_CLIP, at, memory->over_ms, memory->over_value);
    else if (is_at_ceiling(screen, share))
        screen_doubt(screen, SCREEN_CLIP, at, memory->top_ms, memory->top);
    else if (is_below_limit(screen, share))
        screen_doubt(screen, SCREEN_CLIP, at, memory->below_ms, memory->below_value);
    else
        screen_pass(screen, SCREEN_CLIP, at);
}

/* Values over range stand at the ceiling whatever the sensor sends for them. */
void screen_clip(struct screen *screen, const struct screen_at *at)
{
    struct clip_memory *memory = &screen->memory.clip;

    if (is_past(memory->from_ms, screen->shared->clip_ms, at->ms)) {
        if (memory->from_ms != NEVER_MS && at->ms >= memory->from_ms)
            judge_clip(screen, at);
        *memory = (struct clip_memory){.from_ms = at->ms};
    }
    memory->count++;
    if (at->over) {
        memory->over++;
        memory->over_ms = at->ms;
        memory->over_value = at->value;
        return;
    }
    count_top(memory, at);
    if (screen->limit > 0.0)
        count_near_limit(memory, screen->limit, screen->band, at);
}

/* ---- gaps that begin when values rise ---- */

/* The day's counts; days that come anew are emptied, and all when the clock went far either way. */
static struct hidden_day *day_of(struct hidden_memory *memory, int64_t ms)
{
    int64_t day = memory->newest;
    int64_t first = day + 1;

    if (day != NEVER_MS && ms >= day * DAY_MS && ms < first * DAY_MS)
        return &memory->days[day % HIDDEN_DAYS_MAX];
    day = ms / DAY_MS;
    if (memory->newest == NEVER_MS || day - memory->newest >= HIDDEN_DAYS_MAX ||
        memory->newest - day >= HIDDEN_DAYS_MAX)
        first = day - HIDDEN_DAYS_MAX + 1;
    else if (day < memory->newest)
        return &memory->days[day % HIDDEN_DAYS_MAX];
    for (int64_t i = first; i <= day; i++)
        memory->days[(i + HIDDEN_DAYS_MAX) % HIDDEN_DAYS_MAX] = (struct hidden_day){0};
    memory->newest = day;
    return &memory->days[day % HIDDEN_DAYS_MAX];
}

/* How likely at least `high` of `gaps` are if each is high with this share alone. Sums the other
 * end, so that what is too small for a double makes it likely and not unlikely. */
static double chance_of(double high, double gaps, double share)
{
    double term = 1.0;
    double fewer = 0.0;

    for (int i = 0; i < gaps; i++)
        term *= 1.0 - share;
    for (int k = 0; k < high; k++) {
        fewer += term;
        term *= (gaps - k) / (k + 1.0) * share / (1.0 - share);
    }
    return 1.0 - fewer;
}

/* Often enough, and hardly by chance: at a point that is high anyway every gap begins so. */
static bool is_hiding(const struct screen *screen)
{
    const struct screen_shared *shared = screen->shared;
    double readings = 0.0;
    double near = 0.0;
    double gaps = 0.0;
    double high = 0.0;

    for (int64_t i = 0; i < shared->hidden_days; i++) {
        int64_t number = screen->memory.hidden.newest - i + HIDDEN_DAYS_MAX;
        const struct hidden_day *day = &screen->memory.hidden.days[number % HIDDEN_DAYS_MAX];

        readings += day->readings;
        near += day->near;
        gaps += day->gaps;
        high += day->high;
    }
    return high >= (double)shared->hidden_count && near < readings &&
           chance_of(high, gaps, near / readings) * 100.0 <= shared->hidden_chance;
}

static void count_gap(struct screen *screen, const struct screen_at *at, struct hidden_day *day)
{
    struct hidden_memory *memory = &screen->memory.hidden;

    memory->counted = 1;
    day->gaps++;
    if (memory->high_ms == NEVER_MS ||
        memory->valid_ms - memory->high_ms > screen->shared->hidden_within_ms)
        return;
    day->high++;
    if (is_hiding(screen))
        screen_doubt(screen, SCREEN_HIDDEN, at, memory->valid_ms, memory->valid);
}

/* A gap is whatever stands between two valid readings, if it is long: no answer, no call, or marks
 * of calibration, maintenance, standstill and fault. A value entered by hand explains itself. */
void screen_hidden(struct screen *screen, const struct screen_at *at, bool explained)
{
    const struct screen_shared *shared = screen->shared;
    struct hidden_memory *memory = &screen->memory.hidden;
    struct hidden_day *day = day_of(memory, at->ms);

    if (memory->valid_ms != NEVER_MS && !memory->counted &&
        at->ms - memory->valid_ms >= screen->every_ms + shared->hidden_gap_ms)
        count_gap(screen, at, day);
    if (explained && memory->valid_ms != NEVER_MS)
        memory->counted = 1;
    if (!at->normal && !at->over)
        return;
    memory->valid_ms = at->ms;
    memory->valid = at->value;
    memory->counted = 0;
    day->readings++;
    if (screen_exceeds(at->value, screen->limit * shared->hidden_high / 100.0))
        memory->high_ms = at->ms;
    if (memory->high_ms != NEVER_MS && at->ms - memory->high_ms <= shared->hidden_within_ms)
        day->near++;
    if (day->readings == 1 && screen_is_doubting(screen, SCREEN_HIDDEN) && !is_hiding(screen))
        screen_pass(screen, SCREEN_HIDDEN, at);
}

/* ---- nights ---- */

static void enter_stretch(struct screen *screen, int64_t ms)
{
    struct night_memory *memory = &screen->memory.night;
    struct wall_time time = {ms};
    bool dark = period_is_night(time, &screen->night);
    struct span span = period_at(dark ? PERIOD_NIGHT : PERIOD_DAYTIME, time, &screen->night);

    memory->dark = dark;
    memory->ends_ms = span.end.ms > ms ? span.end.ms : ms + 1;
}

static void open_window(struct screen *screen, int64_t ms)
{
    screen->memory.night = (struct night_memory){.from_ms = ms, .upto_ms = ms};
    enter_stretch(screen, ms);
}

static void pass_time(struct screen *screen, int64_t ms)
{
    struct night_memory *memory = &screen->memory.night;

    while (ms >= memory->ends_ms) {
        memory->elapsed_ms[memory->dark] += memory->ends_ms - memory->upto_ms;
        memory->upto_ms = memory->ends_ms;
        enter_stretch(screen, memory->ends_ms);
    }
    memory->elapsed_ms[memory->dark] += ms - memory->upto_ms;
    memory->upto_ms = ms;
}

static void judge_night(struct screen *screen, const struct screen_at *at, int64_t about_ms)
{
    const struct night_memory *memory = &screen->memory.night;
    double percent[2];

    for (int i = 0; i < 2; i++) {
        double expected = (double)memory->elapsed_ms[i] / (double)screen->every_ms;

        if (expected < (double)screen->shared->night_least)
            return;
        percent[i] = fmin(100.0, (double)memory->present[i] * 100.0 / expected);
    }
    if (screen_exceeds(percent[0] - percent[1], screen->shared->night_points))
        screen_doubt(screen, SCREEN_NIGHT, at, about_ms, memory->latest);
    else
        screen_pass(screen, SCREEN_NIGHT, at);
}

/* Values of any letter are there; only what is missing counts. A hole longer than the window says
 * nothing about nights. */
void screen_night(struct screen *screen, const struct screen_at *at)
{
    struct night_memory *memory = &screen->memory.night;
    int64_t window_ms = screen->shared->night_ms;

    if (memory->from_ms == NEVER_MS || at->ms < memory->upto_ms ||
        at->ms - memory->upto_ms >= window_ms)
        open_window(screen, at->ms);
    else if (at->ms >= memory->ends_ms || at->ms - memory->from_ms >= window_ms)
        pass_time(screen, at->ms);
    if (at->ms - memory->from_ms >= window_ms) {
        judge_night(screen, at, at->ms);
        open_window(screen, at->ms);
    }
    if (!at->valued)
        return;
    memory->present[memory->dark]++;
    memory->latest = at->value;
}
