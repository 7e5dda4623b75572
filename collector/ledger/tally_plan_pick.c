/* Which row of the plan holds for a point, and which periods it asks for. */
#include "ledger/tally_plans.h"

#include <string.h>

const struct night *tally_night(const struct tally_plans *plans)
{
    return &plans->night;
}

const struct silence *tally_silence(const struct tally_plans *plans)
{
    return &plans->silence;
}

/* How closely a row speaks of a parameter: 3 by its name, 2 by its medium, 1 of everything, 0: of
 * others. */
static int closeness(const struct whom *whom, const struct parameter *parameter)
{
    if (whom->parameter[0] != '\0')
        return strcmp(whom->parameter, parameter->key) == 0 ? 3 : 0;
    if (whom->medium == MEDIUM_ANY)
        return 1;
    return whom->medium == parameter->medium ? 2 : 0;
}

bool plan_recipe(const struct tally_plans *plans, const struct parameter *parameter,
                 enum period period, struct recipe *recipe)
{
    const struct plan_row *best = NULL;
    int near = 0;

    for (size_t i = 0; i < plans->row_count; i++) {
        const struct plan_row *row = &plans->rows[i];

        if (row->period != (int)period || closeness(&row->whom, parameter) <= near)
            continue;
        near = closeness(&row->whom, parameter);
        best = row;
    }
    if (best == NULL)
        return false;
    *recipe = (struct recipe){.of = (enum period)best->of,
                              .by = (enum period)best->by,
                              .kept = best->kept,
                              .share = (int)best->share,
                              .need = (int)best->need,
                              .need_february = (int)best->need_february,
                              .need_day = (int)best->need_day,
                              .need_night = (int)best->need_night,
                              .windows = (int)best->windows};
    return true;
}

enum mean tally_mean(const struct tally_plans *plans, const struct parameter *parameter)
{
    enum mean mean = MEAN_ARITHMETIC;
    int near = 0;

    for (size_t i = 0; i < plans->mean_count; i++) {
        if (closeness(&plans->means[i].whom, parameter) <= near)
            continue;
        near = closeness(&plans->means[i].whom, parameter);
        mean = (enum mean)plans->means[i].mean;
    }
    return mean;
}

int64_t plan_length_ms(enum period period)
{
    static const int minutes[PERIOD_COUNT] = {
        [PERIOD_1MIN] = 1,          [PERIOD_5MIN] = 5,       [PERIOD_10MIN] = 10,
        [PERIOD_15MIN] = 15,        [PERIOD_1H] = 60,        [PERIOD_4H] = 240,
        [PERIOD_8H] = 480,          [PERIOD_DAY] = 24 * 60,  [PERIOD_MONTH] = 28 * 24 * 60,
        [PERIOD_DAYTIME] = 12 * 60, [PERIOD_NIGHT] = 8 * 60, [PERIOD_YEAR] = 365 * 24 * 60,
    };

    return (int64_t)minutes[period] * 60 * 1000;
}

/* What other periods a recipe asks for. */
static unsigned ingredients(const struct recipe *recipe)
{
    unsigned wanted = 1u << recipe->of | 1u << recipe->by;

    if (recipe->windows > 0)
        wanted |= 1u << PERIOD_8H;
    return wanted & ~(1u << PERIOD_READING);
}

unsigned tally_plan_kept(const struct tally_plans *plans, const struct parameter *parameter,
                         unsigned wanted, int64_t every_ms)
{
    unsigned kept = 0;
    struct recipe recipe;

    /* from the longest down, so that what each is made of is asked for in time; the halves of a day
     * stand behind the month, and 8h behind 4h, which is no ingredient of it */
    for (int period = PERIOD_COUNT - 1; period > PERIOD_READING; period--) {
        bool asked = (wanted >> period & 1u) != 0;

        if (!plan_recipe(plans, parameter, (enum period)period, &recipe) ||
            !(asked || (recipe.kept && plan_length_ms((enum period)period) > every_ms)))
            continue;
        kept |= 1u << period;
        wanted |= ingredients(&recipe);
    }
    return kept;
}
