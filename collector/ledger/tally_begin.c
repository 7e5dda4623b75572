/* A tally that goes on where another of the same point stood: when a device is asked more or less
 * often, or when other periods are kept than before.
 */
#include "ledger/tally_inside.h"

#include <string.h>

static void take_cell(struct cell *cell, const struct cell *before)
{
    uint32_t *classes = cell->classes;

    if (classes != NULL)
        memcpy(classes, before->classes, LEVEL_CLASSES * sizeof classes[0]);
    *cell = *before;
    cell->classes = classes;
}

static const struct stretch *same_kind(const struct tally *tally, enum period period)
{
    for (size_t i = 0; i < tally->count; i++)
        if (tally->stretches[i].period == period)
            return &tally->stretches[i];
    return NULL;
}

static void take_stretch(struct stretch *stretch, const struct stretch *before)
{
    stretch->open = before->open;
    stretch->span = before->span;
    stretch->closed_to = before->closed_to;
    take_cell(&stretch->cell, &before->cell);
}

static bool refill(struct tally *tally, struct stretch *stretch, const struct tally_world *world,
                   struct error *err)
{
    return tally_refill(tally, stretch, stretch->span, world, err);
}

bool tally_take_over(struct tally *tally, const struct tally *before, struct wall_time at,
                     const struct tally_world *world, struct error *err)
{
    tally_open(tally, at);
    memcpy(tally->forces, before->forces, sizeof tally->forces);
    tally->force_count = before->force_count;
    tally->forgotten_to = before->forgotten_to;
    memcpy(tally->late, before->late, sizeof tally->late);
    tally->late_count = before->late_count;
    for (size_t i = 0; i < tally->count; i++) {
        struct stretch *stretch = &tally->stretches[i];
        const struct stretch *same = same_kind(before, stretch->period);

        if (same != NULL)
            take_stretch(stretch, same);
        else if (!refill(tally, stretch, world, err))
            return false;
    }
    tally_settle(tally);
    return true;
}

/* The last end there is a row of, up to a moment. */
struct last {
    int64_t end, up_to;
};

static bool see_row(void *of, const struct aggregate *aggregate)
{
    struct last *last = of;

    if (aggregate->end.ms <= last->up_to && aggregate->end.ms > last->end)
        last->end = aggregate->end.ms;
    return true;
}

bool tally_respect(struct tally *tally, struct span recent, const struct tally_world *world,
                   struct error *err)
{
    for (size_t i = 0; i < tally->count; i++) {
        struct stretch *stretch = &tally->stretches[i];
        struct span first = period_at(stretch->period, recent.start, &tally->night);
        const struct span rows = {first.start, {recent.end.ms + 1}};
        struct last last = {stretch->closed_to, recent.end.ms};

        if (!world->aggregates(world->self, tally->point, stretch->period, rows, see_row, &last,
                               err))
            return false;
        stretch->closed_to = last.end;
    }
    tally_settle(tally);
    return true;
}

bool tally_fill(struct tally *tally, struct wall_time to, const struct tally_world *world,
                struct error *err)
{
    int64_t filled[PERIOD_COUNT];

    for (size_t i = 0; i < PERIOD_COUNT; i++)
        filled[i] = INT64_MIN;
    for (;;) {
        for (size_t i = 0; i < tally->count; i++) {
            struct stretch *stretch = &tally->stretches[i];

            if (!stretch->open || stretch->span.start.ms == filled[i])
                continue;
            filled[i] = stretch->span.start.ms;
            if (!refill(tally, stretch, world, err))
                return false;
        }
        if (tally->next > to.ms)
            return true;
        if (!tally_close_next(tally, world, err))
            return false;
    }
}
