/* Counting again what has closed, from the store: when readings came late, or when it is said later
 * that a device was in maintenance. What comes out different is written as its next version.
 */
#include "ledger/tally_inside.h"

enum { BLOCK_MAX = 60 };

/* The periods of one kind that are counted in one go: those of an hour, or a single longer one. */
struct block {
    struct tally *tally;
    struct stretch *stretch;
    struct aggregate results[BLOCK_MAX];
    struct aggregate before[BLOCK_MAX]; /* their newest version; version 0: there is none */
    size_t count;
    size_t at; /* the result that readings go into */
    const struct tally_world *world;
};

static struct aggregate blank(const struct tally *tally, enum period period, struct span span)
{
    struct aggregate aggregate;

    aggregate_clear(&aggregate);
    aggregate.point = tally->point;
    aggregate.period = period;
    aggregate.start = span.start;
    aggregate.end = span.end;
    return aggregate;
}

/* Lays out the periods from `first` on that have closed and start before `to`. */
static struct span lay_out(struct block *block, struct span first, int64_t to)
{
    const struct stretch *stretch = block->stretch;
    struct span span = first;

    block->count = block->at = 0;
    while (block->count < BLOCK_MAX && span.start.ms < to && span.end.ms <= stretch->closed_to) {
        block->before[block->count] = block->results[block->count] =
            blank(block->tally, stretch->period, span);
        block->count++;
        span = period_next(stretch->period, span, &block->tally->night);
    }
    return span;
}

static bool keep_before(void *of, const struct aggregate *aggregate)
{
    struct block *block = of;

    for (size_t i = 0; i < block->count; i++)
        if (block->before[i].start.ms == aggregate->start.ms)
            block->before[i] = *aggregate;
    return true;
}

static struct span span_of_block(const struct block *block)
{
    return (struct span){block->results[0].start, block->results[block->count - 1].end};
}

/* What is expected stands as it was: the history of the device's interval may be forgotten. */
static bool conclude(struct block *block, size_t index, struct error *err)
{
    struct aggregate *result = &block->results[index];
    const struct aggregate *before = &block->before[index];
    const struct span span = {result->start, result->end};
    struct asked asked = tally_asked(block->tally, span);

    if (span.start.ms < block->tally->forgotten_to)
        asked.covered_ms = span.end.ms - span.start.ms;
    result->expected = before->version > 0 ? before->expected : asked.expected;
    return tally_conclude(block->tally, block->stretch, &block->tally->scratch, asked.covered_ms,
                          result, block->world, err);
}

/* The cell is told to every result that has ended by `time`. */
static bool finish_to(struct block *block, int64_t time, struct error *err)
{
    for (; block->at < block->count && block->results[block->at].end.ms <= time; block->at++) {
        if (!conclude(block, block->at, err))
            return false;
        cell_clear(&block->tally->scratch);
    }
    return true;
}

struct feed {
    struct block *block;
    struct error *err;
};

static bool feed_reading(void *of, struct wall_time time, double value, double beside,
                         enum quality quality)
{
    struct feed *feed = of;
    struct tally *tally = feed->block->tally;
    struct portion portion = tally_portion(tally, time, value, beside, quality);

    if (!finish_to(feed->block, time.ms, feed->err))
        return false;
    if (feed->block->at < feed->block->count)
        cell_add(&tally->scratch, &portion);
    return true;
}

static bool count_block(struct block *block, struct error *err)
{
    const struct tally_world *world = block->world;
    struct feed feed = {block, err};

    cell_clear(&block->tally->scratch);
    if (made_of_readings(block->stretch) &&
        !world->readings(world->self, block->tally->point, span_of_block(block), feed_reading,
                         &feed, err))
        return false;
    return finish_to(block, INT64_MAX, err);
}

static bool same(double one, double other)
{
    return one == other || (isnan(one) && isnan(other));
}

static bool is_same(const struct aggregate *one, const struct aggregate *other)
{
    return one->expected == other->expected && one->count == other->count &&
           one->valid == other->valid && one->enough == other->enough &&
           same(one->min, other->min) && same(one->mean, other->mean) &&
           same(one->max, other->max) && same(one->l10, other->l10) && same(one->l50, other->l50) &&
           same(one->l90, other->l90) && same(one->ld, other->ld) && same(one->ln, other->ln) &&
           same(one->ldn, other->ldn) && same(one->max_8h, other->max_8h);
}

/* Fewer readings than before: they have left the store since, and what was counted of them stands.
 */
static bool is_news(const struct aggregate *result, const struct aggregate *before)
{
    if (before->version == 0)
        return result->count > 0;
    return result->count >= before->count && !is_same(result, before);
}

static bool write_news(struct block *block, const char *cause, struct error *err)
{
    for (size_t i = 0; i < block->count; i++) {
        if (!is_news(&block->results[i], &block->before[i]))
            continue;
        block->results[i].version = block->before[i].version + 1;
        block->results[i].cause = cause;
        if (!block->world->closed(block->world->self, &block->results[i], err))
            return false;
    }
    return true;
}

static bool again_block(struct block *block, const char *cause, struct error *err)
{
    const struct tally_world *world = block->world;

    if (block->count == 0)
        return true;
    return world->aggregates(world->self, block->tally->point, block->stretch->period,
                             span_of_block(block), keep_before, block, err) &&
           count_block(block, err) && write_news(block, cause, err);
}

/* The first period is the one that holds the start of the span; the moving 8 hours that hold a
 * later hour of it follow by themselves. */
static bool again_stretch(struct block *block, const struct span *spans, size_t count,
                          const char *cause, struct error *err)
{
    const struct stretch *stretch = block->stretch;
    int64_t done_to = INT64_MIN; /* starts before it have been counted */

    for (size_t i = 0; i < count; i++) {
        struct span next = period_at(stretch->period, spans[i].start, &block->tally->night);
        int64_t end = spans[i].end.ms;

        while (next.start.ms < done_to)
            next = period_next(stretch->period, next, &block->tally->night);
        while (next.start.ms < end && next.end.ms <= stretch->closed_to) {
            int64_t to = next.start.ms + 1;

            if (stretch->period <= PERIOD_1H)
                to = period_at(PERIOD_1H, next.start, &block->tally->night).end.ms;
            next = lay_out(block, next, to < end ? to : end);
            if (!again_block(block, cause, err))
                return false;
            done_to = next.start.ms;
        }
    }
    return true;
}

struct refill {
    struct tally *tally;
    struct cell *cell;
};

static bool refill_reading(void *of, struct wall_time time, double value, double beside,
                           enum quality quality)
{
    struct refill *refill = of;
    struct tally *tally = refill->tally;
    struct portion portion = tally_portion(tally, time, value, beside, quality);

    cell_add(refill->cell, &portion);
    return true;
}

/* What is open and touched is fed anew, with the letters as they are now. */
bool tally_refill(struct tally *tally, struct stretch *stretch, struct span touched,
                  const struct tally_world *world, struct error *err)
{
    struct refill refill = {tally, &stretch->cell};

    if (!stretch->open || !made_of_readings(stretch) || touched.end.ms <= stretch->span.start.ms ||
        touched.start.ms >= stretch->span.end.ms)
        return true;
    cell_clear(&stretch->cell);
    return world->readings(world->self, tally->point, stretch->span, refill_reading, &refill, err);
}

bool tally_count_again(struct tally *tally, const struct span *spans, size_t count, bool rebuild,
                       const char *cause, const struct tally_world *world, struct error *err)
{
    for (size_t i = 0; i < tally->count; i++) {
        struct block block = {.tally = tally, .stretch = &tally->stretches[i], .world = world};

        if (!again_stretch(&block, spans, count, cause, err))
            return false;
        if (rebuild && !tally_refill(tally, &tally->stretches[i], spans[0], world, err))
            return false;
    }
    return true;
}

bool tally_count_late(struct tally *tally, const struct tally_world *world, struct error *err)
{
    struct span hours[LATE_MAX];
    size_t count = tally->late_count;

    for (size_t i = 0; i < count; i++)
        hours[i] = period_at(PERIOD_1H, (struct wall_time){tally->late[i]}, &tally->night);
    tally->late_count = 0;
    return count == 0 || tally_count_again(tally, hours, count, false, "late", world, err);
}

bool tally_recount(struct tally *tally, struct span span, const char *cause,
                   const struct tally_world *world, struct error *err)
{
    if (span.start.ms >= span.end.ms)
        return true;
    return tally_count_again(tally, &span, 1, true, cause, world, err);
}
