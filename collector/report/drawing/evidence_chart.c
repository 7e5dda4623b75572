/* One criterion of a point as a chart: the day's number that is judged, with what bounds it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drawing/chart.h"
#include "drawing/chart_axis.h"
#include "drawing/evidence.h"

enum { LIMITS_MAX = 8, LABEL_SIZE = 160 };

struct gathered {
    struct chart_value *values;
    size_t value_count;
    struct chart_limit limits[LIMITS_MAX];
    char labels[LIMITS_MAX][LABEL_SIZE];
    size_t limit_count;
    struct chart_mark *marks;
    size_t mark_count;
    struct chart_stretch *maintenance;
    size_t maintenance_count;
};

static void *rows(size_t count, size_t size)
{
    void *list = calloc(count + 1, size);

    if (list == NULL)
        abort();
    return list;
}

/* The number that is judged, of days that have one; both lists are in order of their days. */
static void take_numbers(struct gathered *all, const json_t *numbers)
{
    size_t next = 0;

    for (size_t i = 0; i < json_array_size(numbers); i++) {
        const json_t *number = json_array_get(numbers, i);
        struct wall_time day = doc_time(number, "day");

        while (next < all->value_count && all->values[next].start.ms < day.ms)
            next++;
        if (next == all->value_count || all->values[next].start.ms != day.ms)
            continue;
        all->values[next].mean = doc_number(number, "value");
        all->values[next].valid = doc_true(number, "valid") && isfinite(all->values[next].mean);
    }
}

/* Every day of the span. */
static void gather_values(struct gathered *all, const json_t *point, const json_t *criterion,
                          bool with_band)
{
    size_t count = doc_size(point, "days");

    all->values = rows(count, sizeof *all->values);
    for (size_t i = 0; i < count; i++) {
        const json_t *day = doc_at(point, "days", i);
        struct wall_time start = doc_time(day, "day");
        struct chart_value *value = &all->values[all->value_count];

        if (!wall_is_known(start))
            continue;
        *value = (struct chart_value){.start = start, .end = local_midnight(start, 1)};
        value->mean = doc_number(day, "mean");
        value->min = with_band ? doc_number(day, "min") : (double)NAN;
        value->max = with_band ? doc_number(day, "max") : (double)NAN;
        /* a day that is no whole one of either side is judged by nobody, and shown as it was */
        value->valid = (criterion == NULL || (with_band && *doc_text(day, "side") == '\0')) &&
                       doc_true(day, "enough") && isfinite(value->mean);
        all->value_count++;
    }
    take_numbers(all, json_object_get(json_object_get(criterion, "before"), "numbers"));
    take_numbers(all, json_object_get(criterion, "numbers"));
}

static void gather_limits(struct gathered *all, const json_t *point, const json_t *criterion)
{
    for (size_t i = 0; i < doc_size(criterion, "stages") && all->limit_count < LIMITS_MAX; i++) {
        const json_t *stage = doc_at(criterion, "stages", i);
        char *label = all->labels[all->limit_count];
        char bound[80];
        char limit[120];

        bound_words(stage, doc_text(point, "unit"), bound, sizeof bound);
        limit_words(stage, limit, sizeof limit);
        snprintf(label, LABEL_SIZE, "%s  %s", bound,
                 limit[0] == '\0' ? SAY("规则自定", "the rule's own") : limit);
        all->limits[all->limit_count] = (struct chart_limit){
            .label = label, .from = doc_time(stage, "from"), .to = doc_time(stage, "to")};
        bound_of(stage, &all->limits[all->limit_count].low, &all->limits[all->limit_count].high);
        all->limit_count++;
    }
}

/* Days whose number exceeds, at noon, where the curve passes. */
static void add_marks(struct gathered *all, const json_t *numbers, bool before)
{
    for (size_t i = 0; i < json_array_size(numbers); i++) {
        const json_t *number = json_array_get(numbers, i);
        struct wall_time day = doc_time(number, "day");

        if (doc_true(number, "exceeded") && wall_is_known(day))
            all->marks[all->mark_count++] = (struct chart_mark){
                {day.ms + INT64_C(12) * 3600 * 1000}, doc_number(number, "value"), before};
    }
}

static void gather_marks(struct gathered *all, const json_t *criterion)
{
    const json_t *before = json_object_get(criterion, "before");

    all->marks =
        rows(doc_size(criterion, "numbers") + doc_size(before, "numbers"), sizeof *all->marks);
    add_marks(all, json_object_get(before, "numbers"), true);
    add_marks(all, json_object_get(criterion, "numbers"), false);
}

/* Windows of this point. */
static void gather_maintenance(struct gathered *all, const struct evidence *evidence,
                               const json_t *point)
{
    size_t count = doc_size(evidence->verdict, "maintenance");
    const char *name = doc_text(point, "point");

    all->maintenance = rows(count, sizeof *all->maintenance);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = doc_at(evidence->verdict, "maintenance", i);

        if (strcmp(doc_text(one, "point"), name) == 0 && wall_is_known(doc_time(one, "from")) &&
            wall_is_known(doc_time(one, "to")))
            all->maintenance[all->maintenance_count++] = (struct chart_stretch){
                doc_time(one, "from"), doc_time(one, "to"), SAY("维护", "maintenance")};
    }
}

/* The hours of the night that its rule goes by; for noise. */
static void find_night(struct chart *chart, const json_t *sheet, const json_t *criterion)
{
    for (size_t i = 0; i < doc_size(sheet, "rules"); i++) {
        const json_t *rule = doc_at(sheet, "rules", i);

        if (strcmp(doc_text(rule, "name"), doc_text(criterion, "rule")) != 0)
            continue;
        chart->night_begins = (int)doc_int(rule, "night_begins_min", 0);
        chart->night_ends = (int)doc_int(rule, "night_ends_min", 0);
    }
}

void evidence_chart(struct page *page, const struct evidence *evidence, const json_t *point,
                    const json_t *criterion, double height)
{
    const json_t *sheet = sheet_of(evidence, doc_text(point, "point"));
    bool noise = strcmp(doc_text(sheet, "medium"), "noise") == 0;
    struct gathered all = {.value_count = 0};
    char title[300];
    struct chart chart = {.title = title,
                          .unit = doc_text(point, "unit"),
                          .from = evidence->from,
                          .to = evidence->to,
                          .struck_off = evidence->struck_off,
                          .height = height};

    if (!wall_is_known(chart.from) || !wall_is_known(chart.to) || chart.to.ms <= chart.from.ms)
        return;
    point_title(evidence, point, title, sizeof title);
    gather_values(&all, point, criterion, !noise);
    gather_limits(&all, point, criterion);
    gather_marks(&all, criterion);
    gather_maintenance(&all, evidence, point);
    if (noise)
        find_night(&chart, sheet, criterion);
    chart.mean_word = number_words(evidence, point, criterion);
    chart.band_word = noise ? NULL : SAY("当日最低到最高", "least to greatest of the day");
    chart.values = all.values;
    chart.value_count = all.value_count;
    chart.limits = all.limits;
    chart.limit_count = all.limit_count;
    chart.marks = all.marks;
    chart.mark_count = all.mark_count;
    chart.maintenance = all.maintenance;
    chart.maintenance_count = all.maintenance_count;
    chart_draw(page, &chart);
    free(all.values);
    free(all.marks);
    free(all.maintenance);
}
