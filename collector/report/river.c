#include "report/river.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "report/river_inside.h"

/* --- months ---------------------------------------------------------------------------------- */

static struct wall_time month_begin(int year, int month)
{
    struct tm local = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 1, .tm_isdst = -1};

    return (struct wall_time){(int64_t)mktime(&local) * 1000};
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (leap && month == 2);
}

static bool read_month(const char *words, int *year, int *month)
{
    if (strlen(words) != 7 || strspn(words, "0123456789") != 4 || words[4] != '-' ||
        strspn(words + 5, "0123456789") != 2)
        return false;
    *year = atoi(words);
    *month = atoi(words + 5);
    return *year >= 1970 && *month >= 1 && *month <= 12;
}

bool river_month_of(const char *words, struct wall_time now, struct river_month *month)
{
    int year;
    int number;

    *month = (struct river_month){.days = 0};
    if (!read_month(words, &year, &number))
        return false;
    memcpy(month->name, words, 8);
    month->span.start = month_begin(year, number);
    month->span.end = month_begin(year, number + 1);
    month->days = days_of(year, number);
    month->over = now.ms >= month->span.end.ms;
    return true;
}

void river_month_before(const struct river_month *month, int months, char out[8])
{
    int year = 1970;
    int number = 1;

    read_month(month->name, &year, &number);
    number = year * 12 + number - 1 - months;
    snprintf(out, 8, "%04d-%02d", number / 12 % 10000, number % 12 + 1);
}

int river_day(const struct river_month *month, struct wall_time time)
{
    time_t seconds = (time_t)(time.ms / 1000);
    struct tm local;

    if (time.ms < month->span.start.ms || time.ms >= month->span.end.ms ||
        localtime_r(&seconds, &local) == NULL)
        return -1;
    return local.tm_mday - 1;
}

/* --- one parameter in one month -------------------------------------------------------------- */

int river_valid_days(const struct river_month *month, const struct river_measured *item)
{
    int count = 0;

    for (int i = 0; i < month->days; i++)
        count += item->days[i].enough && isfinite(item->days[i].mean);
    return count;
}

/* The mean of the valid days; of a month that is over, as it was concluded. */
double river_mean(const struct river_month *month, const struct river_measured *item)
{
    double sum = 0.0;
    int count = river_valid_days(month, item);

    if (item->has_month && isfinite(item->month.mean))
        return item->month.mean;
    for (int i = 0; i < month->days; i++)
        if (item->days[i].enough && isfinite(item->days[i].mean))
            sum += item->days[i].mean;
    return count == 0 ? (double)NAN : sum / count;
}

bool river_is_enough(const struct river_month *month, const struct river_measured *item)
{
    return month->over && item->has_month && item->month.enough && isfinite(item->month.mean);
}

/* What may class the section: of a month that is over what is enough, else what there is so far. */
static double value_of(const struct river_month *month, const struct river_measured *item)
{
    if (month->over && !river_is_enough(month, item))
        return NAN;
    return river_mean(month, item);
}

/* The class of a month (`day` -1) or of one of its days. */
static void classify(const struct river_setup *setup, const struct river_place *place,
                     const struct river_month *month, int day, struct section_class *out)
{
    struct section_value *values = calloc(month->count + 1, sizeof *values);
    struct section_question question = {.standard = setup->terms->standard,
                                        .body = place->body,
                                        .target = place->target,
                                        .at = month->span.start,
                                        .form = setup->terms->oxygen,
                                        .values = values,
                                        .count = values == NULL ? 0 : month->count};

    for (size_t i = 0; i < question.count; i++) {
        const struct river_measured *item = &month->items[i];
        const struct aggregate *of_day = day < 0 ? NULL : &item->days[day];

        values[i].parameter = item->parameter->key;
        values[i].value = of_day == NULL   ? value_of(month, item)
                          : of_day->enough ? of_day->mean
                                           : (double)NAN;
    }
    section_classify(setup->standards, &question, out);
    free(values);
}

/* --- what the standard knows ----------------------------------------------------------------- */

const struct limit *river_limit(const struct river_setup *setup, const struct river_place *place,
                                const struct river_month *month, const char *parameter)
{
    struct place where = {.water_class = place->target};
    const struct limit *rows[16];
    size_t count;

    snprintf(where.water_body, sizeof where.water_body, "%s", place->body);
    count = standards_pick(setup->standards, setup->terms->standard, &where, parameter, rows, 16);
    for (size_t i = 0; i < count && i < 16; i++)
        if (rows[i]->where.water_class == place->target &&
            limit_is_in_force(rows[i], month->span.start))
            return rows[i];
    return NULL;
}

const struct river_measured *river_find(const struct river_month *month, const char *parameter)
{
    for (size_t i = 0; month != NULL && i < month->count; i++)
        if (strcmp(month->items[i].parameter->key, parameter) == 0)
            return &month->items[i];
    return NULL;
}

static const char *class_word(int class_)
{
    return class_ >= 1 && class_ <= 5 ? water_classes[class_ - 1]
           : class_ == WORSE_THAN_V   ? "worse_than_V"
                                      : NULL;
}

json_t *river_class_json(int class_)
{
    const char *word = class_word(class_);

    return word == NULL ? json_null() : json_string(word);
}

json_t *river_both(const char *zh, const char *en)
{
    return json_pack("{s:s, s:s}", "zh", zh, "en", en);
}

json_t *river_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* --- change ---------------------------------------------------------------------------------- */

/* I and II are one grade; so many there are. */
static int grade_of(int class_)
{
    return class_ <= 2 ? 0 : class_ - 2;
}

static json_t *grade_json(int class_)
{
    static const char *const grades[][2] = {
        {"优",          "excellent"          },
        {"良好",       "good"               },
        {"轻度污染", "slightly polluted"  },
        {"中度污染", "moderately polluted"},
        {"重度污染", "heavily polluted"   },
    };

    if (class_ == 0)
        return json_null();
    return river_both(grades[grade_of(class_)][0], grades[grade_of(class_)][1]);
}

/* Whether both months were classed by the same parameters. */
static bool is_same_items(const struct section_class *one, const struct section_class *other)
{
    size_t found = 0;

    for (size_t i = 0; i < one->count; i++)
        for (size_t j = 0; j < other->count && !one->items[i].apart; j++)
            found += strcmp(one->items[i].limit->parameter, other->items[j].limit->parameter) == 0;
    return one->taking_part == other->taking_part && found == one->taking_part;
}

static json_t *change_json(const struct river_setup *setup, const struct river_place *place,
                           const struct section_class *now, const struct river_month *other)
{
    static const char *const words[] = {"clearly_better", "better", "none", "worse",
                                        "clearly_worse"};
    struct section_class then;
    int step;

    classify(setup, place, other, -1, &then);
    if (now->class_ == 0 || then.class_ == 0)
        return json_pack("{s:s, s:o, s:n, s:b}", "month", other->name, "class",
                         river_class_json(then.class_), "change", "same_items", 0);
    step = grade_of(now->class_) - grade_of(then.class_);
    step = step < -2 ? -2 : step > 2 ? 2 : step;
    return json_pack("{s:s, s:o, s:s, s:b}", "month", other->name, "class",
                     river_class_json(then.class_), "change", words[step + 2], "same_items",
                     is_same_items(now, &then));
}

/* --- calendar -------------------------------------------------------------------------------- */

static json_t *calendar_json(const struct river_setup *setup, const struct river_place *place,
                             const struct river_month *month, int *worse)
{
    json_t *days = json_array();

    *worse = 0;
    for (int i = 0; i < month->days; i++) {
        struct section_class class_;

        classify(setup, place, month, i, &class_);
        *worse += class_.class_ == WORSE_THAN_V;
        json_array_append_new(
            days, json_pack("{s:i, s:o}", "day", i + 1, "class", river_class_json(class_.class_)));
    }
    return days;
}

/* --- the section ----------------------------------------------------------------------------- */

static json_t *main_items_json(const struct section_class *now)
{
    json_t *list = json_array();

    for (size_t i = 0; i < now->main_count; i++)
        json_array_append_new(list, json_string(now->items[now->main[i]].limit->parameter));
    return list;
}

static json_t *chiefs_json(const struct river_place *place)
{
    json_t *list = json_array();

    for (size_t i = 0; i < place->chief_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "tier", place->chiefs[i].tier, "name",
                                              place->chiefs[i].name));
    return list;
}

/* Readings of all its items that were expected and are valid. */
static json_t *completeness_json(const struct river_setup *setup, const struct river_place *place,
                                 const struct river_month *month)
{
    double expected = 0.0;
    double valid = 0.0;

    for (size_t i = 0; i < month->count; i++) {
        const struct river_measured *item = &month->items[i];
        uint32_t of_item[2];

        if (river_limit(setup, place, month, item->parameter->key) == NULL)
            continue;
        river_counts(month, item, of_item);
        expected += of_item[0];
        valid += of_item[1];
    }
    return expected > 0.0 ? json_real(100.0 * valid / expected) : json_null();
}

json_t *river_section_json(const struct river_setup *setup, const struct river_place *place,
                           const struct river_month *month, const struct river_month *last_month,
                           const struct river_month *last_year)
{
    json_t *section =
        json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:b}", "site", place->site, "title",
                  place->title, "village", place->village, "river", "name", place->river, "title",
                  place->river_title, "body", place->body, "target",
                  water_classes[place->target - 1], "simulated", place->simulated);
    struct section_class now;
    int worse;

    if (section == NULL)
        return NULL;
    classify(setup, place, month, -1, &now);
    json_object_set_new(section, "chiefs", chiefs_json(place));
    river_answer(setup, place, month, &now, section);
    json_object_set_new(section, "class", river_class_json(now.class_));
    json_object_set_new(section, "grade", grade_json(now.class_));
    json_object_set_new(section, "worse_than_V", json_boolean(now.class_ == WORSE_THAN_V));
    river_items(setup, place, month, &now, section);
    json_object_set_new(section, "main_items", main_items_json(&now));
    json_object_set_new(section, "change",
                        json_pack("{s:o, s:o}", "last_month",
                                  change_json(setup, place, &now, last_month), "last_year",
                                  change_json(setup, place, &now, last_year)));
    json_object_set_new(section, "black_odour", river_black_odour(setup, place, month));
    json_object_set_new(section, "completeness", completeness_json(setup, place, month));
    json_object_set_new(section, "calendar", calendar_json(setup, place, month, &worse));
    json_object_set_new(section, "days_worse_than_V", json_integer(worse));
    return section;
}
