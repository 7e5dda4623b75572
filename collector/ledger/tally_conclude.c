/* What a closed period comes to: from its readings or from the periods it is made of, and whether
 * that is enough.
 */
#include "ledger/tally_inside.h"

/* The closed periods of one kind inside a span. */
struct gathering {
    const struct tally *tally;
    struct aggregate *into;
    struct cell cell; /* sums of means; its counts are of what made them */
    uint32_t expected;
    uint32_t enough, enough_day, enough_night;
    double highest;
};

static bool is_inside(const struct gathering *gathering, const struct aggregate *part)
{
    return part->end.ms <= gathering->into->end.ms;
}

static void add_mean(struct gathering *gathering, const struct aggregate *part)
{
    struct cell *cell = &gathering->cell;
    struct sum sum = {0, 0};
    struct sum other = {0, 0};

    switch (gathering->tally->mean) {
    case MEAN_ENERGY: /* over samples, however many each part had */
        sum = energy_of(part->mean, part->valid);
        cell->valid += part->valid - 1;
        break;
    case MEAN_DIRECTION:
        vector_of(part->mean, 1.0, &sum, &other);
        break;
    case MEAN_ARITHMETIC:
        sum = sum_of(part->mean);
        break;
    }
    cell->valid++;
    sum_add(&cell->sum, sum);
    sum_add(&cell->other, other);
}

/* The numbers are made of valid parts; counts and extremes of all readings there were. */
static bool gather_part(void *of, const struct aggregate *part)
{
    struct gathering *gathering = of;
    struct aggregate *into = gathering->into;

    if (!is_inside(gathering, part))
        return true;
    into->count += part->count;
    into->valid += part->valid;
    gathering->expected += part->expected;
    into->min = fmin(into->min, part->min);
    into->max = fmax(into->max, part->max);
    if (part->enough && !isnan(part->mean))
        add_mean(gathering, part);
    return true;
}

static bool count_part(void *of, const struct aggregate *part)
{
    struct gathering *gathering = of;

    if (!part->enough || !is_inside(gathering, part))
        return true;
    gathering->enough++;
    if (period_is_night(part->start, &gathering->tally->night))
        gathering->enough_night++;
    else
        gathering->enough_day++;
    gathering->highest = fmax(gathering->highest, part->mean);
    return true;
}

static bool each_part(const struct tally *tally, enum period of, struct gathering *gathering,
                      bool (*each)(void *of, const struct aggregate *part),
                      const struct tally_world *world, struct error *err)
{
    const struct span span = {gathering->into->start, gathering->into->end};

    return world->aggregates(world->self, tally->point, of, span, each, gathering, err);
}

static bool gather(const struct tally *tally, const struct recipe *recipe, struct aggregate *into,
                   const struct tally_world *world, struct error *err)
{
    struct gathering gathering = {.tally = tally, .into = into};
    const struct cell *cell = &gathering.cell;

    if (!each_part(tally, recipe->of, &gathering, gather_part, world, err))
        return false;
    /* Where the interval divides no part, the whole has more in it than its parts, each rounded
     * down; where the device's past is forgotten, only the parts still know. */
    if (gathering.expected > into->expected)
        into->expected = gathering.expected;
    if (tally->mean == MEAN_ENERGY)
        into->mean = level_of(cell->sum, cell->valid);
    else if (tally->mean == MEAN_DIRECTION)
        into->mean = direction_of(cell->sum, cell->other, cell->valid);
    else
        into->mean = sum_over(cell->sum, cell->valid);
    return true;
}

/* As a share of the whole period: one that the device was in force for a part of only has that part
 * of its readings expected, and still lacks the rest. */
static bool readings_are_enough(const struct aggregate *aggregate, int share, int64_t covered_ms)
{
    int64_t length = aggregate->end.ms - aggregate->start.ms;
    uint32_t valid =
        aggregate->valid < aggregate->expected ? aggregate->valid : aggregate->expected;

    if (aggregate->expected == 0)
        return false;
    if (covered_ms >= length)
        return (uint64_t)valid * 100 >= (uint64_t)aggregate->expected * (uint64_t)share;
    /* One more than was expected makes the part no longer. */
    return (double)valid * (double)covered_ms * 100.0 >=
           (double)aggregate->expected * (double)length * share;
}

static int need_of(const struct recipe *recipe, const struct aggregate *aggregate)
{
    const int64_t longest_february = 29 * (int64_t)24 * 60 * 60 * 1000;

    if (recipe->need_february > 0 && aggregate->end.ms - aggregate->start.ms <= longest_february)
        return recipe->need_february;
    return recipe->need;
}

static bool parts_are_enough(const struct recipe *recipe, const struct aggregate *aggregate,
                             const struct gathering *parts)
{
    int64_t length = aggregate->end.ms - aggregate->start.ms;
    int64_t one = plan_length_ms(recipe->by);
    int64_t possible = (length + one / 2) / one;

    return (int64_t)parts->enough * 100 >= possible * recipe->share &&
           parts->enough >= (uint32_t)need_of(recipe, aggregate) &&
           parts->enough_day >= (uint32_t)recipe->need_day &&
           parts->enough_night >= (uint32_t)recipe->need_night;
}

static bool count_windows(const struct tally *tally, const struct recipe *recipe,
                          struct aggregate *into, const struct tally_world *world,
                          struct error *err)
{
    struct gathering windows = {.tally = tally, .into = into, .highest = NAN};

    if (recipe->windows == 0)
        return true;
    if (!each_part(tally, PERIOD_8H, &windows, count_part, world, err))
        return false;
    into->max_8h = windows.highest;
    into->enough = into->enough && windows.enough >= (uint32_t)recipe->windows;
    return true;
}

bool tally_conclude(const struct tally *tally, const struct stretch *stretch,
                    const struct cell *cell, int64_t covered_ms, struct aggregate *aggregate,
                    const struct tally_world *world, struct error *err)
{
    const struct recipe *recipe = &stretch->recipe;
    struct gathering parts = {.tally = tally, .into = aggregate, .highest = NAN};

    if (made_of_readings(stretch))
        cell_tell(cell, tally->mean, stretch->period, &tally->night, aggregate);
    else if (!gather(tally, recipe, aggregate, world, err))
        return false;
    if (recipe->by == PERIOD_READING) {
        aggregate->enough = readings_are_enough(aggregate, recipe->share, covered_ms);
    } else {
        if (!each_part(tally, recipe->by, &parts, count_part, world, err))
            return false;
        aggregate->enough = parts_are_enough(recipe, aggregate, &parts);
    }
    return count_windows(tally, recipe, aggregate, world, err);
}
