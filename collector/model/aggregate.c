#include "model/aggregate.h"

#include <string.h>

void aggregate_clear(struct aggregate *aggregate)
{
    *aggregate = (struct aggregate){.start = WALL_NONE,
                                    .end = WALL_NONE,
                                    .min = NAN,
                                    .mean = NAN,
                                    .max = NAN,
                                    .l10 = NAN,
                                    .l50 = NAN,
                                    .l90 = NAN,
                                    .ld = NAN,
                                    .ln = NAN,
                                    .ldn = NAN,
                                    .max_8h = NAN,
                                    .cause = ""};
}

size_t aggregate_numbers(const struct aggregate *aggregate, bool noise,
                         struct aggregate_number numbers[AGGREGATE_NUMBERS])
{
    const struct aggregate_number all[AGGREGATE_NUMBERS] = {
        {"min",  aggregate->min },
        {"mean", aggregate->mean},
        {"max",  aggregate->max },
        {"leq",  aggregate->mean},
        {"l10",  aggregate->l10 },
        {"l50",  aggregate->l50 },
        {"l90",  aggregate->l90 },
    };

    memcpy(numbers, all, sizeof all);
    return noise ? AGGREGATE_NUMBERS : AGGREGATE_PLAIN;
}

const char *statistic_word(enum statistic statistic)
{
    static const char *const words[STATISTIC_COUNT] = {"mean", "max", "max_8h"};

    return words[statistic];
}

double aggregate_value(const struct aggregate *aggregate, enum statistic statistic)
{
    switch (statistic) {
    case STATISTIC_MEAN:
        return aggregate->mean;
    case STATISTIC_MAX:
        return aggregate->max;
    case STATISTIC_MAX_8H:
        return aggregate->max_8h;
    case STATISTIC_COUNT:
        break;
    }
    return NAN;
}
