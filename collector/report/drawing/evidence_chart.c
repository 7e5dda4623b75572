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

/* The days' own means; then, where the criterion has a number for the day, that. Both lists are in
 * order of their days. */
static void gather_values(struct gathered *all, const json_t *point, const json_t *criterion,
                          bool with_band)
{
    size_t count = doc_size(point, "days");
    size_t next = 0;

    all->values = rows(count, sizeof *all->values);
    for (size_t i = 0; i < count; i++) {
        const json_t *day = doc_at(point, "days", i);
        struct wall_time start = doc_time(day, "day");
        struct chart_value *value = &all->values[all->value_count];
        const json_t *number = doc_at(criterion, "numbers", next);

        if (!wall_is_known(start))
            continue;
        *value = (struct chart_value){.start = start, .end = local_midnight(start, 1)};
        value->mean = doc_number(day, "mean");
        value->min = with_band ? doc_number(day, "min") : (double)NAN;
        value->max = with_band ? doc_number(day, "max") : (double)NAN;
        value->valid = doc_number(day, "valid") > 0.0 && isfinite(value->mean);
        while (number != NULL && strcmp(doc_text(number, "day"), doc_text(day, "day")) < 0)
            number = doc_at(criterion, "numbers", ++next);
        if (number != NULL && strcmp(doc_text(number, "day"), doc_text(day, "day")) == 0) {
            value->mean = doc_number(number, "value");
            value->valid = doc_true(number, "valid") && isfinite(value->mean);
        }
        all->value_count++;
    }
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
                 limit[0] == '\0' ? SAY("本规则自定", "the rule's own") : limit);
        all->limits[all->limit_count++] = (struct chart_limit){.label = label,
                                                               .low = doc_number(stage, "low"),
                                                               .high = doc_number(stage, "high"),
                                                               .from = doc_time(stage, "from"),
                                                               .to = doc_time(stage, "to")};
    }
}

/* Days whose number exceeds, at noon, where the curve passes. */
static void gather_marks(struct gathered *all, const json_t *criterion, struct wall_time struck_off)
{
    size_t count = doc_size(criterion, "numbers");

    all->marks = rows(count, sizeof *all->marks);
    for (size_t i = 0; i < count; i++) {
        const json_t *number = doc_at(criterion, "numbers", i);
        struct wall_time day = doc_time(number, "day");

        if (doc_true(number, "exceeded") && wall_is_known(day))
            all->marks[all->mark_count++] =
                (struct chart_mark){{day.ms + INT64_C(12) * 3600 * 1000},
                                    doc_number(number, "value"),
                                    wall_is_known(struck_off) && day.ms < struck_off.ms};
    }
}

/* Of its device; `device` is "SITE/DEVICE". */
static void gather_maintenance(struct gathered *all, const struct evidence *evidence,
                               const json_t *point)
{
    size_t count = doc_size(evidence->verdict, "maintenance");
    const char *name = doc_text(point, "point");

    all->maintenance = rows(count, sizeof *all->maintenance);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = doc_at(evidence->verdict, "maintenance", i);
        const char *device = doc_text(one, "device");
        const char *at = doc_text(one, "point");
        bool ours = strcmp(at, name) == 0 ||
                    (*device != '\0' && strncmp(name, device, strlen(device)) == 0 &&
                     name[strlen(device)] == '/');

        if (ours && wall_is_known(doc_time(one, "from")) && wall_is_known(doc_time(one, "to")))
            all->maintenance[all->maintenance_count++] = (struct chart_stretch){
                doc_time(one, "from"), doc_time(one, "to"), SAY("维护", "maintenance")};
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
    gather_marks(&all, criterion, evidence->struck_off);
    gather_maintenance(&all, evidence, point);
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
