#include "drawing/evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "base/text.h"
#include "drawing/report.h"

/* --- words ----------------------------------------------------------------------------------- */

enum sign answer_sign(const char *answer)
{
    if (strcmp(answer, "held") == 0)
        return SIGN_GOOD;
    return strcmp(answer, "relapsed") == 0 ? SIGN_BAD : SIGN_UNKNOWN;
}

const char *answer_words(const char *answer)
{
    if (strcmp(answer, "held") == 0)
        return SAY("已守住", "Held");
    if (strcmp(answer, "relapsed") == 0)
        return SAY("已回潮", "Relapsed");
    return SAY("不能证明", "Not proven");
}

const json_t *sheet_of(const struct evidence *evidence, const char *point)
{
    for (size_t i = 0; i < doc_size(evidence->document, "sheets"); i++) {
        const json_t *sheet = doc_at(evidence->document, "sheets", i);

        if (strcmp(doc_text(sheet, "point"), point) == 0)
            return sheet;
    }
    return NULL;
}

const json_t *site_of(const struct evidence *evidence, const char *name)
{
    for (size_t i = 0; i < doc_size(evidence->document, "sites"); i++) {
        const json_t *site = doc_at(evidence->document, "sites", i);

        if (strcmp(doc_text(site, "name"), name) == 0)
            return site;
    }
    return NULL;
}

int decimals_of(const struct evidence *evidence, const json_t *point)
{
    return (int)doc_int(sheet_of(evidence, doc_text(point, "point")), "decimals", -1);
}

void point_title(const struct evidence *evidence, const json_t *point, char *out, size_t size)
{
    const char *name = doc_text(point, "point");
    char site[64];
    const char *title;

    snprintf(site, sizeof site, "%.*s", (int)strcspn(name, "/"), name);
    title = doc_text(site_of(evidence, site), "title");
    snprintf(out, size, "%s · %s", doc_said(point, "title"), *title == '\0' ? site : title);
}

/* A number, or one that is written as text, as in a sealed sheet. */
static double number_or_text(const json_t *object, const char *key)
{
    double number = doc_number(object, key);

    return isfinite(number) || !number_parse(doc_text(object, key), &number)
               ? doc_number(object, key)
               : number;
}

/* A bound of verdict.json is {"above":1.5}; one of a sealed sheet has its kind, low and high. */
void bound_of(const json_t *stage, double *low, double *high)
{
    const json_t *bound =
        json_is_object(json_object_get(stage, "bound")) ? json_object_get(stage, "bound") : NULL;
    const char *kind = doc_text(stage, "bound");

    *low = bound != NULL ? doc_number(bound, "below") : number_or_text(stage, "low");
    *high = bound != NULL ? doc_number(bound, "above") : number_or_text(stage, "high");
    if (doc_size(bound, "between") == 2) {
        *low = json_number_value(doc_at(bound, "between", 0));
        *high = json_number_value(doc_at(bound, "between", 1));
    }
    if (strcmp(kind, "above") == 0)
        *low = NAN;
    if (strcmp(kind, "below") == 0)
        *high = NAN;
}

/* As the standard prints it, where that is known. */
static const char *printed(const json_t *stage, const char *key, double value)
{
    const char *text = doc_text(json_object_get(stage, "limit"), key);

    return *text != '\0' ? text : shown_number(value, -1);
}

void bound_words(const json_t *stage, const char *unit, char *out, size_t size)
{
    const char *gap = *unit == '\0' ? "" : " ";
    double low;
    double high;

    bound_of(stage, &low, &high);
    if (isfinite(low) && isfinite(high))
        snprintf(out, size, "%s – %s%s%s", printed(stage, "low_text", low),
                 printed(stage, "high_text", high), gap, unit);
    else if (isfinite(low))
        snprintf(out, size, "≥ %s%s%s", printed(stage, "low_text", low), gap, unit);
    else
        snprintf(out, size, "≤ %s%s%s", printed(stage, "high_text", high), gap, unit);
}

/* The air standard has 一类区 and 二类区, and for them limits of 一级 and 二级; the others have 类.
 */
static void add_class(struct text *text, const char *standard, const char *class_)
{
    bool is_air = strcmp(standard, "GB 3095") == 0;

    if (is_air && strcmp(class_, "1") == 0)
        text_add(text, SAY(" 一级", " grade 1"));
    else if (is_air && strcmp(class_, "2") == 0)
        text_add(text, SAY(" 二级", " grade 2"));
    else
        text_format(text, SAY(" %s 类", " class %s"), class_);
}

void limit_words(const json_t *stage, char *out, size_t size)
{
    const json_t *limit = json_object_get(stage, "limit");
    const char *class_ = doc_text(limit, "class");
    struct text text;

    text_init(&text, out, size);
    if (!json_is_object(limit))
        return;
    text_format(&text, "%s-%s %s", doc_text(limit, "standard"), doc_text(limit, "edition"),
                doc_text(limit, "clause"));
    if (*class_ != '\0')
        add_class(&text, doc_text(limit, "standard"), class_);
    if (!doc_true(limit, "verified"))
        text_add(&text, SAY("（未核实）", " (unverified)"));
}

const char *number_words(const struct evidence *evidence, const json_t *point,
                         const json_t *criterion)
{
    const json_t *sheet = sheet_of(evidence, doc_text(point, "point"));
    const char *medium = doc_text(sheet, "medium");
    const char *when = doc_text(criterion, "when");
    bool is_max = strcmp(doc_text(criterion, "statistic"), "max") == 0;

    if (strcmp(medium, "noise") == 0 && strcmp(when, "night") == 0)
        return is_max ? SAY("夜间最大声级", "greatest level of the night")
                      : SAY("夜间等效声级", "Leq of the night");
    if (strcmp(medium, "noise") == 0 && strcmp(when, "day") == 0)
        return is_max ? SAY("昼间最大声级", "greatest level of the daytime")
                      : SAY("昼间等效声级", "Leq of the daytime");
    if (strcmp(medium, "water") == 0 || strcmp(doc_text(criterion, "period"), "day") == 0)
        return is_max ? SAY("日最大值", "greatest of the day") : SAY("日均值", "mean of the day");
    return SAY("当日用于判定的值", "the day's value that is judged");
}

/* --- all of it ------------------------------------------------------------------------------- */

static void draw(struct page *page, const void *self)
{
    const struct evidence *evidence = self;

    evidence_first_page(page, evidence);
    page_break(page);
    evidence_identity(page, evidence);
    evidence_points(page, evidence);
    evidence_doubts(page, evidence);
    evidence_exceedances(page, evidence);
    evidence_problems(page, evidence);
    evidence_limits(page, evidence);
    evidence_events(page, evidence);
    evidence_seals(page, evidence);
    evidence_bounds(page, evidence);
}

bool report_evidence(FILE *from, const char *path, struct error *err)
{
    json_t *document = document_read(from, err);
    struct evidence evidence = {.document = document};
    struct page_setup setup = {.path = path};
    char title[200];
    char foot[200];
    bool drawn;

    if (document == NULL)
        return false;
    evidence.verdict = json_object_get(document, "verdict");
    evidence.terms = json_object_get(evidence.verdict, "terms");
    evidence.task = json_object_get(document, "task");
    evidence.simulated = doc_true(document, "simulated");
    evidence.from = doc_time(document, "from");
    evidence.to = doc_time(document, "to");
    evidence.struck_off = doc_time(evidence.verdict, "struck_off");
    setup.made = doc_time(document, "made");
    snprintf(title, sizeof title, SAY("整改成效佐证材料%s · 任务 %s", "Evidence%s · task %s"),
             strcmp(doc_text(document, "form"), "public") == 0 ? SAY("（公开版）", " (public form)")
                                                               : "",
             doc_text_or_dash(evidence.verdict, "task"));
    snprintf(foot, sizeof foot,
             SAY("采集器 %s · 任务 %s · 数据截至 %s", "collector %s · task %s · data up to %s"),
             doc_text_or_dash(document, "collector"), doc_text_or_dash(evidence.verdict, "task"),
             shown_minute(setup.made));
    setup.title = title;
    setup.foot = foot;
    setup.stamp =
        evidence.simulated ? SAY("模拟数据 SIMULATED DATA", "SIMULATED DATA 模拟数据") : NULL;
    drawn = page_print(&setup, draw, &evidence, err);
    json_decref(document);
    return drawn;
}
