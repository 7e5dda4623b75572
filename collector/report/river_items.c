/* What was measured at a section, what was not, and what follows for its target. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/river_inside.h"

void river_counts(const struct river_month *month, const struct river_measured *item,
                  uint32_t expected_and_valid[2])
{
    expected_and_valid[0] = item->has_month ? item->month.expected : 0;
    expected_and_valid[1] = item->has_month ? item->month.valid : 0;
    for (int i = 0; !item->has_month && i < month->days; i++) {
        expected_and_valid[0] += item->days[i].expected;
        expected_and_valid[1] += item->days[i].valid;
    }
}

/* --- items ----------------------------------------------------------------------------------- */

static json_t *title_json(const struct parameter *parameter)
{
    return river_both(parameter->title_zh, parameter->title_en);
}

static void limit_text(const struct limit *limit, char *out, size_t size)
{
    if (limit->bound == BOUND_BETWEEN)
        snprintf(out, size, "%s – %s", limit->low_text, limit->high_text);
    else if (limit->bound == BOUND_BELOW)
        snprintf(out, size, "≥ %s", limit->low_text);
    else
        snprintf(out, size, "≤ %s", limit->high_text);
}

static json_t *limit_json(const struct limit *limit)
{
    char words[48];

    limit_text(limit, words, sizeof words);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "standard", limit->standard, "edition",
                     limit->edition, "clause", limit->clause, "class", limit->class_, "text", words,
                     "verified", limit->verified);
}

/* The classed item of a parameter; NULL: it is in no class this month. */
static const struct section_item *classed(const struct section_class *now, const char *parameter)
{
    for (size_t i = 0; i < now->count; i++)
        if (strcmp(now->items[i].limit->parameter, parameter) == 0)
            return &now->items[i];
    return NULL;
}

static void add_extremes(json_t *object, const struct river_month *month,
                         const struct river_measured *item)
{
    double least = NAN;
    double greatest = NAN;

    for (int i = 0; i < month->days; i++) {
        double mean = item->days[i].enough ? item->days[i].mean : (double)NAN;

        least = fmin(least, mean);
        greatest = fmax(greatest, mean);
    }
    json_object_set_new(object, "least", river_number(least));
    json_object_set_new(object, "greatest", river_number(greatest));
}

static void add_counts(json_t *object, const struct river_month *month,
                       const struct river_measured *item)
{
    uint32_t counts[2];

    river_counts(month, item, counts);
    json_object_set_new(object, "valid_days", json_integer(river_valid_days(month, item)));
    json_object_set_new(object, "days", json_integer(month->days));
    json_object_set_new(object, "expected", json_integer(counts[0]));
    json_object_set_new(object, "valid", json_integer(counts[1]));
    json_object_set_new(object, "completeness",
                        counts[0] > 0 ? json_real(100.0 * counts[1] / counts[0]) : json_null());
}

static json_t *item_json(const struct river_month *month, const struct river_measured *item,
                         const struct limit *limit, const struct section_item *of_class)
{
    json_t *object = json_pack("{s:s, s:o, s:s, s:i, s:s, s:o, s:o, s:b, s:b, s:o}", "parameter",
                               item->parameter->key, "title", title_json(item->parameter), "unit",
                               item->parameter->unit, "decimals", item->parameter->decimals,
                               "point", item->point, "mean", river_number(river_mean(month, item)),
                               "class", river_class_json(of_class == NULL ? 0 : of_class->class_),
                               "takes_part", !limit->apart, "enough", river_is_enough(month, item),
                               "limit", limit_json(limit));

    add_counts(object, month, item);
    add_extremes(object, month, item);
    json_object_set_new(object, "exceeds",
                        of_class == NULL ? json_null() : json_boolean(of_class->exceeds));
    json_object_set_new(object, "by_saturation",
                        json_boolean(of_class != NULL && of_class->by_saturation));
    json_object_set_new(object, "multiple",
                        river_number(of_class == NULL ? (double)NAN : of_class->multiple));
    json_object_set_new(object, "index",
                        river_number(of_class == NULL ? (double)NAN : of_class->index));
    return object;
}

static json_t *beside_json(const struct river_month *month, const struct river_measured *item)
{
    return json_pack("{s:s, s:o, s:s, s:i, s:o, s:i}", "parameter", item->parameter->key, "title",
                     title_json(item->parameter), "unit", item->parameter->unit, "decimals",
                     item->parameter->decimals, "mean", river_number(river_mean(month, item)),
                     "valid_days", river_valid_days(month, item));
}

void river_items(const struct river_setup *setup, const struct river_place *place,
                 const struct river_month *month, const struct section_class *now, json_t *section)
{
    json_t *items = json_array();
    json_t *beside = json_array();
    json_t *missing = json_array();

    for (size_t i = 0; i < month->count; i++) {
        const struct river_measured *item = &month->items[i];
        const struct limit *limit = river_limit(setup, place, month, item->parameter->key);

        if (limit == NULL)
            json_array_append_new(beside, beside_json(month, item));
        else
            json_array_append_new(
                items, item_json(month, item, limit, classed(now, item->parameter->key)));
    }
    for (size_t i = 0; i < parameters_count(setup->parameters); i++) {
        const struct parameter *parameter = parameter_at(setup->parameters, i);
        const struct limit *limit = river_limit(setup, place, month, parameter->key);

        if (limit != NULL && !limit->apart && river_find(month, parameter->key) == NULL)
            json_array_append_new(missing, json_pack("{s:s, s:o}", "parameter", parameter->key,
                                                     "title", title_json(parameter)));
    }
    json_object_set_new(section, "items", items);
    json_object_set_new(section, "beside", beside);
    json_object_set_new(section, "missing", missing);
}

/* --- the answer ------------------------------------------------------------------------------ */

struct sentence {
    char zh[600], en[600];
    struct text of_zh, of_en;
};

static void begin(struct sentence *sentence)
{
    text_init(&sentence->of_zh, sentence->zh, sizeof sentence->zh);
    text_init(&sentence->of_en, sentence->en, sizeof sentence->en);
}

static void add_name(struct sentence *sentence, const struct parameter *parameter, size_t before)
{
    text_format(&sentence->of_zh, "%s%s", before == 0 ? "" : "、", parameter->title_zh);
    text_format(&sentence->of_en, "%s%s", before == 0 ? "" : ", ", parameter->title_en);
}

/* Adds the names of the items that exceed the target; gives how many. */
static size_t name_exceeding(struct sentence *sentence, const struct river_month *month,
                             const struct section_class *now)
{
    size_t count = 0;

    for (size_t i = 0; i < now->count; i++) {
        const struct river_measured *item = river_find(month, now->items[i].limit->parameter);

        if (now->items[i].exceeds && !now->items[i].apart && item != NULL)
            add_name(sentence, item->parameter, count++);
    }
    return count;
}

/* Adds the names of items that take part, are measured and are not enough; gives how many. */
static size_t name_lacking(struct sentence *sentence, const struct river_setup *setup,
                           const struct river_place *place, const struct river_month *month)
{
    size_t count = 0;

    for (size_t i = 0; i < month->count; i++) {
        const struct river_measured *item = &month->items[i];
        const struct limit *limit = river_limit(setup, place, month, item->parameter->key);

        if (limit != NULL && !limit->apart && !river_is_enough(month, item))
            add_name(sentence, item->parameter, count++);
    }
    return count;
}

static void put(json_t *section, const char *answer, const struct sentence *why)
{
    json_object_set_new(section, "answer", json_string(answer));
    json_object_set_new(section, "why", river_both(why->zh, why->en));
}

static void say_running(const struct section_class *now, struct sentence *why)
{
    text_add(&why->of_zh, "这个月还没有结束");
    text_add(&why->of_en, "the month is not over");
    if (now->class_ == 0)
        return;
    text_format(&why->of_zh, "，到目前为止%s目标", now->meets ? "达到" : "未达到");
    text_format(&why->of_en, "; so far the target is %s", now->meets ? "met" : "missed");
}

static void say_lacking(struct sentence *why)
{
    text_add(&why->of_zh, "：有效数据不够，月均值不成立");
    text_add(&why->of_en, ": not enough valid data for a mean of the month");
}

void river_answer(const struct river_setup *setup, const struct river_place *place,
                  const struct river_month *month, const struct section_class *now, json_t *section)
{
    struct sentence why;

    begin(&why);
    if (!month->over) {
        say_running(now, &why);
        put(section, "not_provable", &why);
        return;
    }
    if (name_exceeding(&why, month, now) > 0) {
        text_add(&why.of_zh, "劣于目标类别");
        text_add(&why.of_en, ": worse than the target class");
        put(section, "missed", &why);
        return;
    }
    if (name_lacking(&why, setup, place, month) > 0) {
        say_lacking(&why);
        put(section, "not_provable", &why);
        return;
    }
    if (now->taking_part == 0) {
        text_add(&why.of_zh, "没有监测任何一项参评指标");
        text_add(&why.of_en, "no item of the standard is measured here");
        put(section, "not_provable", &why);
        return;
    }
    text_format(&why.of_zh, "参评的 %zu 项都符合目标类别", now->taking_part);
    text_format(&why.of_en, "all %zu items measured meet the target class", now->taking_part);
    put(section, "met", &why);
}
