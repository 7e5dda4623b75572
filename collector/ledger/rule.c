#include "ledger/rule.h"

#include "base/number.h"

static enum standing judge_above(const struct rule *rule, double value, bool at_least)
{
    double back = rule->has_recover ? rule->recover : rule->high;

    if (value > rule->high)
        return STANDING_BREACH;
    return value <= back && !at_least ? STANDING_GOOD : STANDING_BETWEEN;
}

/* "At least this" is below the bound perhaps, and back above it for certain once the mark is. */
static enum standing judge_below(const struct rule *rule, double value, bool at_least)
{
    double back = rule->has_recover ? rule->recover : rule->low;

    if (value < rule->low)
        return at_least ? STANDING_BETWEEN : STANDING_BREACH;
    return value >= back ? STANDING_GOOD : STANDING_BETWEEN;
}

static enum standing judge_between(const struct rule *rule, double value, bool at_least)
{
    if (value > rule->high)
        return STANDING_BREACH;
    if (at_least)
        return STANDING_BETWEEN;
    if (value < rule->low)
        return STANDING_BREACH;
    return value >= rule->low && value <= rule->high ? STANDING_GOOD : STANDING_BETWEEN;
}

enum standing rule_judge(const struct rule *rule, double value, enum quality quality)
{
    bool at_least = quality == QUALITY_OVER_RANGE;

    if (!quality_is_judged(quality))
        return STANDING_BETWEEN;
    switch (rule->bound) {
    case BOUND_ABOVE:
        return judge_above(rule, value, at_least);
    case BOUND_BELOW:
        return judge_below(rule, value, at_least);
    case BOUND_BETWEEN:
        return judge_between(rule, value, at_least);
    }
    return STANDING_BETWEEN;
}

uint64_t rule_meaning(const struct rule *rule)
{
    char words[256];
    struct text text;
    uint64_t sum = 0xcbf29ce484222325; /* FNV-1a, 64 bits */

    text_init(&text, words, sizeof words);
    text_format(&text, "%d %d ", (int)rule->bound, (int)rule->nature);
    if (rule->bound != BOUND_BELOW)
        text_add_number(&text, rule->high);
    text_add_char(&text, ' ');
    if (rule->bound != BOUND_ABOVE)
        text_add_number(&text, rule->low);
    text_add_char(&text, ' ');
    if (rule->has_recover && rule->bound != BOUND_BETWEEN)
        text_add_number(&text, rule->recover);
    text_format(&text, " %lld %lld", (long long)rule->for_ms, (long long)rule->recover_for_ms);
    for (size_t i = 0; i < text.used; i++)
        sum = (sum ^ (unsigned char)words[i]) * 0x100000001b3;
    return sum;
}

const char *rule_nature_word(enum rule_nature nature)
{
    return nature == NATURE_DOUBT ? "doubt" : "breach";
}
