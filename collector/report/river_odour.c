/* Screening for black-and-odorous water (guide of 2015, 2.3): what share of the data lies beyond
 * the bounds of light and heavy.
 */
#include <math.h>
#include <string.h>

#include "ledger/rule.h"
#include "report/river_inside.h"

static const char *const items[] = {"transparency", "dissolved_oxygen", "orp", "ammonia_nitrogen"};

enum { ITEMS = sizeof items / sizeof items[0] };

struct shares {
    double light[ITEMS], heavy[ITEMS]; /* percent of the valid days; NAN: none */
    int days;                          /* of the item with most */
};

/* Whether a day's mean lies beyond the bound of the standard. */
static bool is_beyond(const struct river_setup *setup, const char *standard, const char *parameter,
                      struct wall_time at, double value)
{
    static const struct rule plain = {.count_n = 0};
    static const struct place anywhere;
    const struct limit *rows[4];
    size_t count = standards_pick(setup->standards, standard, &anywhere, parameter, rows, 4);

    for (size_t i = 0; i < count && i < 4; i++) {
        struct bound bound = {.kind = rows[i]->bound,
                              .low = rows[i]->low,
                              .high = rows[i]->high,
                              .decimals = rows[i]->decimals};

        if (limit_is_in_force(rows[i], at) &&
            rule_judge(&plain, &bound, value, QUALITY_NORMAL) == STANDING_BREACH)
            return true;
    }
    return false;
}

static void count_shares(const struct river_setup *setup, const struct river_month *month,
                         struct shares *shares)
{
    for (size_t i = 0; i < ITEMS; i++) {
        const struct river_measured *item = river_find(month, items[i]);
        int valid = item == NULL ? 0 : river_valid_days(month, item);
        int light = 0;
        int heavy = 0;

        for (int day = 0; valid > 0 && day < month->days; day++) {
            const struct aggregate *of_day = &item->days[day];

            if (!of_day->enough || !isfinite(of_day->mean))
                continue;
            light += is_beyond(setup, setup->terms->light, items[i], of_day->start, of_day->mean);
            heavy += is_beyond(setup, setup->terms->heavy, items[i], of_day->start, of_day->mean);
        }
        shares->light[i] = valid > 0 ? 100.0 * light / valid : (double)NAN;
        shares->heavy[i] = valid > 0 ? 100.0 * heavy / valid : (double)NAN;
        shares->days = valid > shares->days ? valid : shares->days;
    }
}

/* One item in so much of the data, or two in so much each. */
static bool reaches(const struct river_terms *terms, const double share[ITEMS])
{
    int two = 0;

    for (size_t i = 0; i < ITEMS; i++) {
        if (share[i] >= terms->one_item)
            return true;
        two += share[i] >= terms->two_items;
    }
    return two >= 2;
}

static json_t *unscreened(int days, const char *zh, const char *en)
{
    return json_pack("{s:b, s:n, s:o, s:i, s:[]}", "screened", 0, "answer", "why",
                     river_both(zh, en), "days", days, "items");
}

static json_t *shares_json(const struct river_month *month, const struct shares *shares)
{
    json_t *list = json_array();

    for (size_t i = 0; i < ITEMS; i++) {
        const struct river_measured *item = river_find(month, items[i]);

        if (item != NULL)
            json_array_append_new(
                list, json_pack("{s:s, s:o, s:o, s:o}", "parameter", items[i], "title",
                                river_both(item->parameter->title_zh, item->parameter->title_en),
                                "light_share", river_number(shares->light[i]), "heavy_share",
                                river_number(shares->heavy[i])));
    }
    return list;
}

/* Valid days of a parameter. */
static int days_with(const struct river_month *month, const char *parameter)
{
    const struct river_measured *item = river_find(month, parameter);

    return item == NULL ? 0 : river_valid_days(month, item);
}

json_t *river_black_odour(const struct river_setup *setup, const struct river_place *place,
                          const struct river_month *month)
{
    const struct river_terms *terms = setup->terms;
    struct shares shares = {.days = 0};
    const char *answer = "none";
    const char *zh = "未见黑臭特征";
    const char *en = "no sign of black-and-odorous water";

    (void)place;
    if (river_find(month, "transparency") == NULL)
        return unscreened(0, "没有监测透明度（浊度不能换算）",
                          "transparency is not measured (turbidity does not stand for it)");
    if (river_find(month, "orp") == NULL)
        return unscreened(0, "没有监测氧化还原电位", "redox potential is not measured");
    count_shares(setup, month, &shares);
    if (days_with(month, "transparency") < terms->least || days_with(month, "orp") < terms->least)
        return unscreened(shares.days, "有效日太少", "too few valid days");
    if (reaches(terms, shares.heavy)) {
        answer = "heavy";
        zh = "疑似重度黑臭，需现场核查";
        en = "suspected heavily black-and-odorous, to be checked on site";
    } else if (reaches(terms, shares.light)) {
        answer = "light";
        zh = "疑似轻度黑臭，需现场核查";
        en = "suspected lightly black-and-odorous, to be checked on site";
    }
    return json_pack("{s:b, s:s, s:o, s:i, s:o}", "screened", 1, "answer", answer, "why",
                     river_both(zh, en), "days", shares.days, "items", shares_json(month, &shares));
}
