/* The cells of a standard's table: bounds as printed, their digits kept. */
#include "ledger/standard_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"

/* What a cell of a table may be: digits with a point perhaps, no exponent, no words. */
static bool bound_parse(const char *words, double *value, int *decimals)
{
    const char *point = strchr(words, '.');
    size_t length = strlen(words);

    *decimals = point == NULL ? 0 : (int)strlen(point + 1);
    return length > 0 && length < sizeof((struct limit *)0)->low_text &&
           strspn(words, "-0123456789.") == length && number_parse(words, value) &&
           isfinite(*value);
}

static bool complain_bound(struct conf_at at, const char *key, struct conf_faults *faults)
{
    const char *words = conf_text(at);

    return conf_complain(
        faults, at, key,
        SAY("“%s”不是限值；照标准写双引号中的十进制数，例如 \"1.0\"",
            "\"%s\" is no limit; a decimal number in double quotes as the standard "
            "prints it, as \"1.0\""),
        words == NULL ? "?" : words);
}

/* The cell of a class: the only one of the list stands for all. "" gives an element whose text is
 * "". */
static struct conf_at cell_of(struct conf_at list, size_t column)
{
    return conf_element(list, conf_length(list) == 1 ? 0 : column);
}

static bool check_cells(const struct table *table, struct conf_at list, const char *key,
                        struct conf_faults *faults)
{
    size_t count = conf_length(list);
    bool good = conf_is_list(list) && (count == 1 || count == table->class_count);
    double value;
    int decimals;

    if (!good)
        return conf_complain(faults, list, key,
                             SAY("要写 %zu 个值，每类一个；各类相同时写一个：[ \"…\" ]",
                                 "%zu values are wanted, one a class; one alone stands for all: "
                                 "[ \"…\" ]"),
                             table->class_count);
    for (size_t i = 0; i < count; i++) {
        struct conf_at cell = conf_element(list, i);
        const char *words = conf_text(cell);

        if (words == NULL || (*words != '\0' && !bound_parse(words, &value, &decimals)))
            good = complain_bound(cell, key, faults);
    }
    return good;
}

static bool check_span(struct conf_at span, struct conf_faults *faults)
{
    double ends[2] = {0.0, 0.0};
    int decimals;
    bool good = conf_is_list(span) && conf_length(span) == 2;

    for (size_t i = 0; good && i < 2; i++) {
        const char *words = conf_text(conf_element(span, i));

        if (words == NULL || !bound_parse(words, &ends[i], &decimals))
            return complain_bound(conf_element(span, i), "between", faults);
    }
    if (good && ends[0] < ends[1])
        return true;
    return conf_complain(faults, span, "between",
                         SAY("要写 [ \"低\", \"高\" ]，且低小于高",
                             "[ \"low\", \"high\" ] is wanted, low below high"));
}

bool cells_check(const struct table *table, struct conf_at at, struct conf_faults *faults)
{
    static const char *const keys[] = {"above", "below", "between"};
    struct conf_at saturation = conf_member(at, "or_saturation");
    int count = 0;

    for (size_t i = 0; i < ROWS(keys); i++)
        count += conf_is_there(conf_member(at, keys[i]));
    if (count != 1)
        return conf_complain(faults, at, NULL,
                             SAY("above、below、between 要写且只写一个，这里有 %d 个",
                                 "exactly one of above, below and between is wanted; here are %d"),
                             count);
    if (conf_is_there(saturation) && !check_cells(table, saturation, "or_saturation", faults))
        return false;
    if (conf_is_there(conf_member(at, "between")))
        return check_span(conf_member(at, "between"), faults);
    for (size_t i = 0; i < 2; i++)
        if (conf_is_there(conf_member(at, keys[i])) &&
            !check_cells(table, conf_member(at, keys[i]), keys[i], faults))
            return false;
    return true;
}

static double saturation_of(struct conf_at at, size_t column)
{
    struct conf_at list = conf_member(at, "or_saturation");
    const char *words = conf_is_there(list) ? conf_text(cell_of(list, column)) : "";
    double value = NAN;
    int decimals;

    return words != NULL && bound_parse(words, &value, &decimals) ? value : (double)NAN;
}

bool cells_take(struct limit *limit, struct conf_at at, size_t column)
{
    static const char *const keys[] = {"above", "below"};
    struct conf_at span = conf_member(at, "between");
    int low_decimals = 0;
    int high_decimals = 0;

    if (conf_is_there(span)) {
        limit->bound = BOUND_BETWEEN;
        snprintf(limit->low_text, sizeof limit->low_text, "%s", conf_text(conf_element(span, 0)));
        snprintf(limit->high_text, sizeof limit->high_text, "%s", conf_text(conf_element(span, 1)));
    }
    for (int i = 0; i < 2; i++) {
        struct conf_at list = conf_member(at, keys[i]);
        char *to = i == 0 ? limit->high_text : limit->low_text;

        if (!conf_is_there(list))
            continue;
        limit->bound = i == 0 ? BOUND_ABOVE : BOUND_BELOW;
        snprintf(to, sizeof limit->low_text, "%s", conf_text(cell_of(list, column)));
        if (*to == '\0')
            return false;
    }
    if (limit->bound != BOUND_ABOVE)
        bound_parse(limit->low_text, &limit->low, &low_decimals);
    if (limit->bound != BOUND_BELOW)
        bound_parse(limit->high_text, &limit->high, &high_decimals);
    limit->decimals = low_decimals > high_decimals ? low_decimals : high_decimals;
    limit->or_saturation = saturation_of(at, column);
    return true;
}
