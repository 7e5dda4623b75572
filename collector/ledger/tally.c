#include "ledger/tally_inside.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a: says whether memory is of the same plan, and guards against nobody. */
static uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++)
        digest = (digest ^ at[i]) * 1099511628211u;
    return digest;
}

static uint64_t digest_int(uint64_t digest, int64_t number)
{
    return digest_bytes(digest, &number, sizeof number);
}

static uint64_t digest_of(const struct tally *tally, const struct parameter *parameter)
{
    uint64_t digest = digest_bytes(14695981039346656037u, parameter->key, strlen(parameter->key));

    digest = digest_int(digest, tally->point);
    digest = digest_int(digest, tally->mean);
    digest = digest_int(digest, tally->night.begins_min);
    digest = digest_int(digest, tally->night.ends_min);
    digest = digest_int(digest, tally->silence.short_ms);
    digest = digest_int(digest, tally->silence.long_ms);
    for (size_t i = 0; i < tally->count; i++) {
        const struct recipe *recipe = &tally->stretches[i].recipe;
        const int numbers[] = {(int)tally->stretches[i].period,
                               (int)recipe->of,
                               (int)recipe->by,
                               recipe->share,
                               recipe->need,
                               recipe->need_february,
                               recipe->need_day,
                               recipe->need_night,
                               recipe->windows};

        for (size_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++)
            digest = digest_int(digest, numbers[j]);
    }
    return digest;
}

/* Noise needs to know how often each level was: one set a stretch, and one for counting again. */
static bool add_classes(struct tally *tally)
{
    size_t sets = 1;

    for (size_t i = 0; i < tally->count; i++)
        sets += made_of_readings(&tally->stretches[i]);
    tally->classes = calloc(sets * LEVEL_CLASSES, sizeof tally->classes[0]);
    if (tally->classes == NULL)
        return false;
    tally->scratch.classes = tally->classes;
    sets = 1;
    for (size_t i = 0; i < tally->count; i++)
        if (made_of_readings(&tally->stretches[i]))
            tally->stretches[i].cell.classes = &tally->classes[sets++ * LEVEL_CLASSES];
    return true;
}

void tally_clear(struct tally *tally)
{
    for (size_t i = 0; i < tally->count; i++) {
        struct stretch *stretch = &tally->stretches[i];

        stretch->open = false;
        stretch->closed_to = INT64_MIN;
        cell_clear(&stretch->cell);
    }
    cell_clear(&tally->scratch);
    tally->force_count = tally->late_count = 0;
    tally->forgotten_to = INT64_MIN;
    tally_settle(tally);
}

struct tally *tally_new(const struct tally_plans *plans, const struct parameter *parameter,
                        uint32_t point, unsigned wanted, int64_t every_ms)
{
    struct tally *tally;
    unsigned kept;

    if (plans == NULL || parameter == NULL)
        return NULL;
    kept = tally_plan_kept(plans, parameter, wanted, every_ms);
    tally = kept == 0 ? NULL : calloc(1, sizeof *tally);
    if (tally == NULL)
        return NULL;
    tally->point = point;
    tally->mean = tally_mean(plans, parameter);
    tally->night = *tally_night(plans);
    tally->silence = *tally_silence(plans);
    for (int period = 0; period < PERIOD_COUNT; period++) {
        struct stretch *stretch = &tally->stretches[tally->count];

        if ((kept >> period & 1u) == 0)
            continue;
        stretch->period = (enum period)period;
        plan_recipe(plans, parameter, (enum period)period, &stretch->recipe);
        tally->count++;
    }
    tally->digest = digest_of(tally, parameter);
    if (tally->mean == MEAN_ENERGY && !add_classes(tally)) {
        tally_free(tally);
        return NULL;
    }
    tally_clear(tally);
    return tally;
}

void tally_free(struct tally *tally)
{
    if (tally == NULL)
        return;
    free(tally->classes);
    free(tally);
}

void tally_settle(struct tally *tally)
{
    tally->next = INT64_MAX;
    tally->safe = INT64_MIN;
    tally->all_open = true;
    for (size_t i = 0; i < tally->count; i++) {
        const struct stretch *stretch = &tally->stretches[i];

        if (stretch->open && stretch->span.end.ms < tally->next)
            tally->next = stretch->span.end.ms;
        if (stretch->closed_to > tally->safe)
            tally->safe = stretch->closed_to;
        tally->all_open = tally->all_open && stretch->open;
    }
}

struct wall_time tally_next(const struct tally *tally)
{
    return tally->next == INT64_MAX ? WALL_NONE : (struct wall_time){tally->next};
}

/* Whole periods expect length / interval, rounded down, so that no more is expected than can come
 * whatever the phase of the device's ticks; parts of one in proportion. A device slower than the
 * period has its ticks counted, at whole multiples of its interval. */
static double asked_of(const struct force *force, int64_t from, int64_t to, int64_t length)
{
    int64_t every = force->every_ms;
    int64_t ticks;

    if (every <= length)
        return (double)(to - from) / (double)every;
    ticks = (to + every - 1) / every - (from + every - 1) / every;
    return (double)ticks;
}

struct asked tally_asked(const struct tally *tally, struct span span)
{
    return forces_asked(tally->forces, tally->force_count, span);
}

struct asked forces_asked(const struct force *forces, size_t count, struct span span)
{
    struct asked asked = {0, 0};
    double sum = 0.0;

    for (size_t i = 0; i < count; i++) {
        const struct force *force = &forces[i];
        int64_t from = force->from > span.start.ms ? force->from : span.start.ms;
        int64_t to = i + 1 < count && force[1].from < span.end.ms ? force[1].from : span.end.ms;

        if (force->every_ms <= 0 || from >= to)
            continue;
        asked.covered_ms += to - from;
        sum += asked_of(force, from, to, span.end.ms - span.start.ms);
    }
    asked.expected = (uint32_t)(sum + 1e-6);
    return asked;
}

/* Whether the device is to be asked at any time from this moment on, as far as is known. */
static bool in_force_after(const struct tally *tally, int64_t ms)
{
    for (size_t i = tally->force_count; i-- > 0;)
        if (tally->forces[i].every_ms > 0 &&
            (i + 1 == tally->force_count || tally->forces[i + 1].from > ms))
            return true;
    return false;
}

/* Nothing before what has closed is opened again. Of daytimes and nights the next may lie ahead. */
static void stretch_open(struct tally *tally, struct stretch *stretch, int64_t at)
{
    if (at < stretch->closed_to)
        at = stretch->closed_to;
    stretch->span = period_at(stretch->period, (struct wall_time){at}, &tally->night);
    stretch->open = true;
    if (stretch->span.start.ms <= at && stretch->period != PERIOD_8H)
        stretch->closed_to = stretch->span.start.ms;
}

static void open_all(struct tally *tally, int64_t at)
{
    for (size_t i = 0; i < tally->count; i++)
        if (!tally->stretches[i].open)
            stretch_open(tally, &tally->stretches[i], at);
    tally_settle(tally);
}

void tally_open(struct tally *tally, struct wall_time at)
{
    open_all(tally, at.ms);
}

static bool is_written(const struct tally *tally, const struct aggregate *aggregate)
{
    if (aggregate->count == 0 && tally->sparse && aggregate->period < PERIOD_1H)
        return false;
    return aggregate->count > 0 || aggregate->expected > 0;
}

static bool close_one(struct tally *tally, struct stretch *stretch, const struct tally_world *world,
                      struct error *err)
{
    struct asked asked = tally_asked(tally, stretch->span);
    struct aggregate aggregate;

    aggregate_clear(&aggregate);
    aggregate.point = tally->point;
    aggregate.period = stretch->period;
    aggregate.start = stretch->span.start;
    aggregate.end = stretch->span.end;
    aggregate.version = 1;
    aggregate.expected = asked.expected;
    if (!tally_conclude(tally, stretch, &stretch->cell, asked.covered_ms, &aggregate, world, err))
        return false;
    if (is_written(tally, &aggregate) && !world->closed(world->self, &aggregate, err))
        return false;
    cell_clear(&stretch->cell);
    stretch->closed_to = stretch->span.end.ms;
    stretch->open = in_force_after(tally, stretch->span.end.ms);
    if (stretch->open)
        stretch->span = period_next(stretch->period, stretch->span, &tally->night);
    return true;
}

/* Closes what ends at the next end there is, the short before the long: hours stand when the day is
 * made of them, and what came late to them has been counted by then. */
bool tally_close_next(struct tally *tally, const struct tally_world *world, struct error *err)
{
    struct wall_time end = {tally->next};

    for (size_t i = 0; i < tally->count; i++) {
        struct stretch *stretch = &tally->stretches[i];

        if (!stretch->open || stretch->span.end.ms != end.ms)
            continue;
        if (stretch->period > PERIOD_1H && !tally_count_late(tally, world, err))
            return false;
        if (!close_one(tally, stretch, world, err))
            return false;
    }
    tally_settle(tally);
    return tally->late_count == 0 || period_at(PERIOD_1H, end, &tally->night).start.ms != end.ms ||
           tally_count_late(tally, world, err);
}

static bool close_up_to(struct tally *tally, int64_t ms, const struct tally_world *world,
                        struct error *err)
{
    while (tally->next <= ms)
        if (!tally_close_next(tally, world, err))
            return false;
    return true;
}

/* Months are whole on both sides of what is left out, so that nothing is made of halves. */
static bool pass_silence(struct tally *tally, struct wall_time now, const struct tally_world *world,
                         struct error *err)
{
    const struct wall_time silent = {tally->next};
    const int64_t from = period_at(PERIOD_MONTH, silent, &tally->night).end.ms;
    const struct wall_time last = {now.ms - tally->silence.long_ms};
    const int64_t to = period_at(PERIOD_MONTH, last, &tally->night).start.ms;

    if (to <= from)
        return true;
    if (!close_up_to(tally, from, world, err))
        return false;
    for (size_t i = 0; i < tally->count; i++)
        if (tally->stretches[i].open && tally->stretches[i].span.start.ms < to)
            stretch_open(tally, &tally->stretches[i], to);
    tally_settle(tally);
    return true;
}

bool tally_pass(struct tally *tally, struct wall_time now, const struct tally_world *world,
                struct error *err)
{
    bool good;

    if (tally->next > now.ms)
        return true;
    tally->sparse = now.ms - tally->next > tally->silence.short_ms;
    good = (!tally->sparse || pass_silence(tally, now, world, err)) &&
           close_up_to(tally, now.ms, world, err);
    tally->sparse = false;
    return good;
}

void tally_every(struct tally *tally, struct wall_time from, int64_t every_ms)
{
    size_t count = tally->force_count;

    while (count > 0 && tally->forces[count - 1].from >= from.ms)
        count--;
    tally->force_count = count;
    if (count == 0 ? every_ms <= 0 : tally->forces[count - 1].every_ms == every_ms)
        return;
    if (count == FORCES_MAX) {
        memmove(&tally->forces[0], &tally->forces[1], (FORCES_MAX - 1) * sizeof tally->forces[0]);
        tally->forgotten_to = tally->forces[0].from;
        tally->force_count = --count;
    }
    tally->forces[count] = (struct force){from.ms, every_ms};
    tally->force_count++;
    if (every_ms > 0)
        open_all(tally, from.ms);
}

/* The hour is counted again when the next one closes, or when what comes late has left it. */
static bool note_late(struct tally *tally, struct wall_time time, const struct tally_world *world,
                      struct error *err)
{
    int64_t hour = period_at(PERIOD_1H, time, &tally->night).start.ms;
    size_t place;

    for (size_t i = 0; i < tally->late_count; i++)
        if (tally->late[i] == hour)
            return true;
    if (tally->late_count == LATE_MAX ||
        (tally->late_count > 0 && tally->late[tally->late_count - 1] < hour))
        if (!tally_count_late(tally, world, err))
            return false;
    for (place = tally->late_count++; place > 0 && tally->late[place - 1] > hour; place--)
        tally->late[place] = tally->late[place - 1];
    tally->late[place] = hour;
    return true;
}

bool tally_add(struct tally *tally, struct wall_time time, double value, double beside,
               enum quality quality, const struct tally_world *world, struct error *err)
{
    struct portion portion;

    if (!wall_is_known(time))
        return true;
    if (time.ms >= tally->next && !tally_pass(tally, time, world, err))
        return false;
    if (!tally->all_open)
        open_all(tally, time.ms);
    if (time.ms < tally->safe && !note_late(tally, time, world, err))
        return false;
    portion = tally_portion(tally, time, value, beside, quality);
    for (size_t i = 0; i < tally->count; i++) {
        struct stretch *stretch = &tally->stretches[i];

        if (made_of_readings(stretch) && time.ms >= stretch->span.start.ms)
            cell_add(&stretch->cell, &portion);
    }
    return true;
}
