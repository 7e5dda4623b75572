#include "ledger/rule.h"

#include <inttypes.h>
#include <math.h>

#include "base/number.h"

/* One unit of the last digit: a value farther away than that stands on the same side of the bound
 * before and after rounding. */
static double last_digit(int decimals)
{
    static const double units[] = {1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9};

    return decimals >= 0 && decimals < 10 ? units[decimals] : pow(10.0, -decimals);
}

/* The value as it is compared (GB/T 8170-2008: rounded once, on its decimal text). */
static double as_compared(const struct rule *rule, const struct bound *bound, double value)
{
    double unit;
    bool close;

    if (bound->decimals == DECIMALS_ALL)
        return value;
    unit = last_digit(bound->decimals);
    close = (bound->kind != BOUND_BELOW && fabs(value - bound->high) <= unit) ||
            (bound->kind != BOUND_ABOVE && fabs(value - bound->low) <= unit) ||
            (rule->has_recover && fabs(value - rule->recover) <= unit);
    if (!close)
        return value;
    return decimal_to_double(decimal_round(decimal_from_double(value), bound->decimals));
}

static enum standing judge_above(const struct rule *rule, const struct bound *bound, double value,
                                 bool at_least)
{
    double back = rule->has_recover ? rule->recover : bound->high;

    if (value > bound->high)
        return STANDING_BREACH;
    return value <= back && !at_least ? STANDING_GOOD : STANDING_BETWEEN;
}

/* "At least this" is below the bound perhaps, and back above it for certain once the mark is. */
static enum standing judge_below(const struct rule *rule, const struct bound *bound, double value,
                                 bool at_least)
{
    double back = rule->has_recover ? rule->recover : bound->low;

    if (value < bound->low)
        return at_least ? STANDING_BETWEEN : STANDING_BREACH;
    return value >= back ? STANDING_GOOD : STANDING_BETWEEN;
}

static enum standing judge_between(const struct bound *bound, double value, bool at_least)
{
    if (value > bound->high)
        return STANDING_BREACH;
    if (at_least)
        return STANDING_BETWEEN;
    if (value < bound->low)
        return STANDING_BREACH;
    return value >= bound->low && value <= bound->high ? STANDING_GOOD : STANDING_BETWEEN;
}

enum standing rule_judge(const struct rule *rule, const struct bound *bound, double value,
                         enum quality quality)
{
    bool at_least = quality == QUALITY_OVER_RANGE;

    if (!quality_is_judged(quality) || !isfinite(value))
        return STANDING_BETWEEN;
    value = as_compared(rule, bound, value);
    switch (bound->kind) {
    case BOUND_ABOVE:
        return judge_above(rule, bound, value, at_least);
    case BOUND_BELOW:
        return judge_below(rule, bound, value, at_least);
    case BOUND_BETWEEN:
        return judge_between(bound, value, at_least);
    }
    return STANDING_BETWEEN;
}

/* FNV-1a, 64 bits, over the words; they are emptied. */
static uint64_t add_words(uint64_t sum, struct text *text)
{
    for (size_t i = 0; i < text->used; i++)
        sum = (sum ^ (unsigned char)text->bytes[i]) * 0x100000001b3;
    text_cut(text, 0);
    return sum;
}

static void write_stage(struct text *text, const struct stage *stage)
{
    const struct bound *bound = &stage->bound;

    text_format(text, ",%" PRId64 " %" PRId64 " %d %d %d ", stage->from.ms, stage->to.ms,
                (int)bound->kind, bound->decimals, stage->per_day);
    if (bound->kind != BOUND_BELOW)
        text_add_number(text, bound->high);
    text_add_char(text, ' ');
    if (bound->kind != BOUND_ABOVE)
        text_add_number(text, bound->low);
}

static void write_keys(struct text *text, const struct rule *rule)
{
    text_format(text, "%d %" PRId64 " %" PRId64 " %d %d ", (int)rule->nature, rule->for_ms,
                rule->recover_for_ms, rule->count_m, rule->count_n);
    if (rule->has_recover)
        text_add_number(text, rule->recover);
}

uint64_t rule_meaning(const struct rule *rule, const struct lanes *lanes)
{
    char words[256];
    struct text text;
    uint64_t sum = 0xcbf29ce484222325;

    text_init(&text, words, sizeof words);
    write_keys(&text, rule);
    for (size_t i = 0; i < lanes->count; i++) {
        const struct lane *lane = &lanes->lane[i];

        text_format(&text, ";%d %d %d", (int)lane->on, (int)lane->statistic, (int)lane->when);
        if (lane->when != WHEN_ALWAYS)
            text_format(&text, " %d %d", rule->night.begins_min, rule->night.ends_min);
        for (size_t n = 0; n < lane->stage_count; n++) {
            sum = add_words(sum, &text);
            write_stage(&text, &lane->stages[n]);
        }
    }
    return add_words(sum, &text);
}

const char *rule_nature_word(enum rule_nature nature)
{
    return nature == NATURE_DOUBT ? "doubt" : "breach";
}
