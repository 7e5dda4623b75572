/* What the readings of one stretch come to: sums, extremes, and for noise how often each level. */
#include "ledger/tally_inside.h"

#include <string.h>

#define PICO 1000000000000

/* Beyond this no parameter is measured; a day of such values, ten a second, still fits the sum. */
static const double value_max = 1e12;
/* More is not put into a sum at once: only a store that somebody has written into holds it. */
static const double sum_max = 1e17;

/* A double carries 15 decimal digits: of 100000.1 no more than nine behind the point. */
static int64_t finest_of(double value)
{
    double size = fabs(value);
    int64_t finest = 1;

    while (size >= 1e3 && finest < PICO) {
        size /= 10.0;
        finest *= 10;
    }
    return finest;
}

struct sum sum_of(double value)
{
    int64_t finest, whole, pico;

    if (!(fabs(value) <= sum_max))
        return (struct sum){value > 0.0 ? (int64_t)sum_max : 0, 0};
    finest = finest_of(value);
    whole = (int64_t)value;
    pico = llrint((value - (double)whole) * (1e12 / (double)finest)) * finest;
    if (pico < 0) {
        pico += PICO;
        whole--;
    }
    if (pico >= PICO) {
        pico -= PICO;
        whole++;
    }
    return (struct sum){whole, pico};
}

void sum_add(struct sum *sum, struct sum other)
{
    sum->whole += other.whole;
    sum->pico += other.pico;
    if (sum->pico >= PICO) {
        sum->pico -= PICO;
        sum->whole++;
    }
}

static void sum_take(struct sum *sum, struct sum other)
{
    sum->whole -= other.whole;
    sum->pico -= other.pico;
    if (sum->pico < 0) {
        sum->pico += PICO;
        sum->whole--;
    }
}

/* Long division, six decimals at a time, so that nothing leaves 64 bits; the twelfth is rounded. */
double sum_over(struct sum sum, uint32_t count)
{
    const int64_t step = 1000000;
    bool negative = sum.whole < 0;
    struct sum left = {0, 0};
    int64_t whole, upper, lower, rest;

    if (count == 0)
        return NAN;
    if (negative)
        sum_take(&left, sum);
    else
        left = sum;
    whole = left.whole / count;
    rest = left.whole % count * step + left.pico / step;
    upper = rest / count;
    rest = rest % count * step + left.pico % step;
    lower = (rest + count / 2) / count;
    upper = upper * step + lower;
    /* below 9000 it is a whole number of 10^-12, so that one division gives the nearest double */
    if (whole < 9000)
        return (double)(whole * PICO + upper) / (negative ? -1e12 : 1e12);
    return ((double)whole + (double)upper / 1e12) * (negative ? -1.0 : 1.0);
}

/* Energies are counted from 30 dB: so that of 0 dB keeps nine digits, and a month of LEVEL_MAX_DB
 * fits the sum. */
static const double level_from = 30.0;

struct sum energy_of(double level, uint32_t times)
{
    return sum_of(times * exp2((level - level_from) * (0.1 / 0.30102999566398119521)));
}

/* Nine decimals are what the energies carry; so equal levels give their own level back. */
double level_of(struct sum energy, uint32_t count)
{
    double mean;

    if (count == 0)
        return NAN;
    mean = ((double)energy.whole + (double)energy.pico * 1e-12) / count;
    return rint((level_from + 10.0 * log10(mean)) * 1e9) / 1e9;
}

/* GB 3096-2008: the night weighs as if it were 10 dB louder. */
double level_of_day(double ld, double ln, const struct night *night)
{
    int minutes = (night->ends_min - night->begins_min + 24 * 60) % (24 * 60);
    double by_night = minutes * pow(10.0, 0.1 * (ln + 10.0));
    double by_day = (24 * 60 - minutes) * pow(10.0, 0.1 * ld);

    return rint(10.0 * log10((by_day + by_night) / (24 * 60)) * 1e9) / 1e9;
}

static const double degree = 3.14159265358979323846 / 180.0;

void vector_of(double direction, double length, struct sum *north, struct sum *east)
{
    *north = sum_of(length * cos(direction * degree));
    *east = sum_of(length * sin(direction * degree));
}

/* A resultant shorter than this is what rounding leaves of winds that cancel out. */
static const double resultant_min = 1e-9;

double direction_of(struct sum north, struct sum east, uint32_t count)
{
    double y = sum_over(north, count);
    double x = sum_over(east, count);
    double direction;

    if (count == 0 || hypot(x, y) < resultant_min)
        return NAN;
    direction = rint(atan2(x, y) / degree * 1e6) / 1e6;
    if (direction < 0.0)
        direction += 360.0;
    return direction >= 360.0 ? 0.0 : direction + 0.0;
}

void cell_clear(struct cell *cell)
{
    if (cell->classes != NULL && cell->lowest <= cell->highest)
        memset(&cell->classes[cell->lowest], 0,
               (size_t)(cell->highest - cell->lowest + 1) * sizeof cell->classes[0]);
    *cell = (struct cell){.min = INFINITY,
                          .max = -INFINITY,
                          .classes = cell->classes,
                          .lowest = LEVEL_CLASSES,
                          .highest = -1};
}

static bool is_plausible(enum mean mean, double value)
{
    if (mean == MEAN_ENERGY)
        return value >= 0.0 && value <= LEVEL_MAX_DB;
    return fabs(value) <= value_max;
}

struct portion portion_of(enum mean mean, double value, double beside, enum quality quality,
                          bool night)
{
    struct portion portion = {.counts = isfinite(value), .night = night, .value = value};

    portion.valid = portion.counts && quality == QUALITY_NORMAL && is_plausible(mean, value);
    if (!portion.valid)
        return portion;
    if (mean == MEAN_ENERGY) {
        portion.sum = energy_of(value, 1);
        portion.level = (int)lrint(value * 10.0);
    } else if (mean == MEAN_DIRECTION) {
        vector_of(value, isfinite(beside) && fabs(beside) < 1e3 ? beside : 1.0, &portion.sum,
                  &portion.other);
    } else {
        portion.sum = sum_of(value);
    }
    return portion;
}

static void add_level(struct cell *cell, const struct portion *portion)
{
    cell->classes[portion->level]++;
    if (portion->level < cell->lowest)
        cell->lowest = portion->level;
    if (portion->level > cell->highest)
        cell->highest = portion->level;
    if (portion->night) {
        cell->night_valid++;
        sum_add(&cell->other, portion->sum);
    }
}

void cell_add(struct cell *cell, const struct portion *portion)
{
    cell->count += portion->counts;
    if (!portion->valid)
        return;
    cell->valid++;
    sum_add(&cell->sum, portion->sum);
    if (portion->value < cell->min)
        cell->min = portion->value;
    if (portion->value > cell->max)
        cell->max = portion->value;
    if (cell->classes != NULL)
        add_level(cell, portion);
    else
        sum_add(&cell->other, portion->other);
}

/* The level that is exceeded `percent` of the time: of the levels in falling order, the one at
 * ceil(n x percent / 100). */
static double exceeded(const struct cell *cell, unsigned percent)
{
    uint64_t wanted = ((uint64_t)cell->valid * percent + 99) / 100;
    uint64_t passed = 0;

    for (int class_ = cell->highest; class_ >= cell->lowest; class_--) {
        passed += cell->classes[class_];
        if (passed >= wanted)
            return class_ / 10.0;
    }
    return NAN;
}

static void tell_levels(const struct cell *cell, enum period period, const struct night *night,
                        struct aggregate *out)
{
    struct sum by_day = cell->sum;

    out->mean = level_of(cell->sum, cell->valid);
    out->l10 = exceeded(cell, 10);
    out->l50 = exceeded(cell, 50);
    out->l90 = exceeded(cell, 90);
    if (period != PERIOD_DAY)
        return;
    sum_take(&by_day, cell->other);
    out->ld = level_of(by_day, cell->valid - cell->night_valid);
    out->ln = level_of(cell->other, cell->night_valid);
    out->ldn = level_of_day(out->ld, out->ln, night);
}

void cell_tell(const struct cell *cell, enum mean mean, enum period period,
               const struct night *night, struct aggregate *out)
{
    out->count = cell->count;
    out->valid = cell->valid;
    if (cell->valid == 0)
        return;
    out->min = cell->min;
    out->max = cell->max;
    if (mean == MEAN_ENERGY)
        tell_levels(cell, period, night, out);
    else if (mean == MEAN_DIRECTION)
        out->mean = direction_of(cell->sum, cell->other, cell->valid);
    else
        out->mean = sum_over(cell->sum, cell->valid);
}
