#include "ledger/section.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/rule.h"

enum { CLASSES = 5 };

/* --- numbers --------------------------------------------------------------------------------- */

double oxygen_saturated(double temperature)
{
    return temperature > -5.0 && temperature < 60.0 ? 468.0 / (31.6 + temperature) : (double)NAN;
}

/* |DO_f - DO| / (DO_f - DO_s). Less than the last digit of a reading between saturation and limit
 * would make any value a huge one. */
static double index_by_saturation(double oxygen, double limit, double saturated)
{
    double room = saturated - limit;

    return room >= 0.01 ? fabs(saturated - oxygen) / room : (double)NAN;
}

double oxygen_index(enum oxygen_form form, double oxygen, double limit, double temperature)
{
    double saturated = oxygen_saturated(temperature);

    if (!(oxygen >= 0.0) || !(limit > 0.0))
        return NAN;
    if (form == OXYGEN_FORM_B)
        return oxygen < limit ? 10.0 - 9.0 * oxygen / limit
                              : index_by_saturation(oxygen, limit, saturated);
    if (isnan(saturated) || oxygen == 0.0)
        return NAN;
    return oxygen <= saturated ? limit / oxygen : index_by_saturation(oxygen, limit, saturated);
}

double acid_index(double ph, double low, double high)
{
    if (isnan(ph) || !(low < 7.0) || !(high > 7.0))
        return NAN;
    return ph <= 7.0 ? (7.0 - ph) / (7.0 - low) : (ph - 7.0) / (high - 7.0);
}

double exceedance_multiple(double value, double limit)
{
    double multiple = limit > 0.0 ? (value - limit) / limit : (double)NAN;

    return multiple > 0.0 ? multiple : (double)NAN;
}

/* --- one item -------------------------------------------------------------------------------- */

/* The rows of one item, class I … V. */
struct ladder {
    const struct limit *rows[CLASSES];
};

/* False when the standard does not class by this parameter here. */
static bool find_ladder(struct ladder *ladder, const struct standards *standards,
                        const struct section_question *question, const char *parameter)
{
    for (int class_ = 1; class_ <= CLASSES; class_++) {
        struct place place = {.water_class = class_};
        const struct limit *rows[16];
        const struct limit *found = NULL;
        size_t count;

        strncpy(place.water_body, question->body, sizeof place.water_body - 1);
        count = standards_pick(standards, question->standard, &place, parameter, rows, 16);
        for (size_t i = 0; i < count && i < 16; i++)
            if (rows[i]->where.water_class == class_ && limit_is_in_force(rows[i], question->at))
                found = rows[i];
        if (found == NULL)
            return false;
        ladder->rows[class_ - 1] = found;
    }
    return true;
}

static bool is_met(const struct limit *row, double value)
{
    static const struct rule plain = {.count_n = 0};
    struct bound bound = {
        .kind = row->bound, .low = row->low, .high = row->high, .decimals = row->decimals};

    return rule_judge(&plain, &bound, value, QUALITY_NORMAL) == STANDING_GOOD;
}

static bool is_saturated(const struct limit *row, double value, double temperature)
{
    return value / oxygen_saturated(temperature) * 100.0 >= row->or_saturation;
}

static void find_class(struct section_item *item, const struct ladder *ladder, double temperature)
{
    item->class_ = WORSE_THAN_V;
    for (int class_ = CLASSES; class_ >= 1; class_--) {
        const struct limit *row = ladder->rows[class_ - 1];
        bool met = is_met(row, item->value);

        if (!met && !is_saturated(row, item->value, temperature))
            continue;
        item->class_ = class_;
        item->by_saturation = !met;
    }
}

static double index_of(const struct section_item *item, enum oxygen_form form, double temperature)
{
    const struct limit *limit = item->limit;

    if (limit->bound == BOUND_BETWEEN)
        return acid_index(item->value, limit->low, limit->high);
    if (limit->bound == BOUND_BELOW)
        return oxygen_index(form, item->value, limit->low, temperature);
    return limit->high > 0.0 ? item->value / limit->high : (double)NAN;
}

/* Water temperature, pH and dissolved oxygen have no multiple. */
static double multiple_of(double value, const struct limit *limit)
{
    return limit->bound == BOUND_ABOVE ? exceedance_multiple(value, limit->high) : (double)NAN;
}

static void fill_item(struct section_item *item, const struct section_question *question,
                      const struct ladder *ladder, double temperature)
{
    item->limit = ladder->rows[question->target - 1];
    item->apart = item->limit->apart;
    find_class(item, ladder, temperature);
    item->exceeds = item->class_ > question->target;
    item->multiple = item->exceeds ? multiple_of(item->value, item->limit) : (double)NAN;
    item->multiple_iii = item->class_ > 3 ? multiple_of(item->value, ladder->rows[2]) : (double)NAN;
    item->index = index_of(item, question->form, temperature);
}

/* --- the section ----------------------------------------------------------------------------- */

/* Whether `one` is named before `other`: cyanide and heavy metals, then the worse class, then the
 * greater multiple of class III; what has none comes after what has. */
static bool goes_before(const struct section_item *one, const struct section_item *other)
{
    double a = isnan(one->multiple_iii) ? 0.0 : one->multiple_iii;
    double b = isnan(other->multiple_iii) ? 0.0 : other->multiple_iii;

    if (one->limit->foremost != other->limit->foremost)
        return one->limit->foremost;
    return one->class_ != other->class_ ? one->class_ > other->class_ : a > b;
}

/* Puts an item among the main ones, in order, the last falling out. */
static void add_main(struct section_class *out, size_t index)
{
    size_t at = out->main_count;

    while (at > 0 && goes_before(&out->items[index], &out->items[out->main[at - 1]]))
        at--;
    if (at == MAIN_ITEMS_MAX)
        return;
    if (out->main_count < MAIN_ITEMS_MAX)
        out->main_count++;
    memmove(&out->main[at + 1], &out->main[at], (out->main_count - 1 - at) * sizeof out->main[0]);
    out->main[at] = index;
}

static double temperature_of(const struct section_question *question)
{
    for (size_t i = 0; i < question->count; i++)
        if (strcmp(question->values[i].parameter, "water_temperature") == 0)
            return question->values[i].value;
    return NAN;
}

void section_classify(const struct standards *standards, const struct section_question *question,
                      struct section_class *out)
{
    double temperature = temperature_of(question);

    *out = (struct section_class){.class_ = 0};
    for (size_t i = 0; i < question->count && out->count < SECTION_ITEMS_MAX; i++) {
        struct section_item *item = &out->items[out->count];
        struct ladder ladder;

        if (!isfinite(question->values[i].value) ||
            !find_ladder(&ladder, standards, question, question->values[i].parameter))
            continue;
        *item = (struct section_item){.value = question->values[i].value};
        fill_item(item, question, &ladder, temperature);
        out->count++;
        if (item->apart)
            continue;
        out->taking_part++;
        if (item->class_ > out->class_)
            out->class_ = item->class_;
    }
    for (size_t i = 0; out->class_ > 3 && i < out->count; i++)
        if (out->items[i].class_ > 3 && !out->items[i].apart)
            add_main(out, i);
    out->meets = out->class_ > 0 && out->class_ <= question->target;
}
