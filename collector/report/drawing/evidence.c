#include "drawing/evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

/* A bound of verdict.json is {"above":1.5}; one of a sealed sheet has its kind, low and high. */
void bound_of(const json_t *stage, double *low, double *high)
{
    const json_t *bound =
        json_is_object(json_object_get(stage, "bound")) ? json_object_get(stage, "bound") : NULL;
    const char *kind = doc_text(stage, "bound");

    *low = bound != NULL ? doc_number(bound, "below") : doc_number(stage, "low");
    *high = bound != NULL ? doc_number(bound, "above") : doc_number(stage, "high");
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
        text_format(&text, SAY(" %s 类", " class %s"), class_);
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

/* --- the first page -------------------------------------------------------------------------- */

static void say_answer(struct page *page, const struct evidence *evidence)
{
    const char *answer = doc_text(evidence->verdict, "answer");
    char about[600];
    struct text text;

    text_init(&text, about, sizeof about);
    if (wall_is_known(evidence->struck_off))
        text_format(&text, SAY("任务 %s 于 %s 销号。", "Task %s was struck off on %s. "),
                    doc_text_or_dash(evidence->task, "id"), shown_day(evidence->struck_off));
    else
        text_format(&text, SAY("任务 %s 还没有销号。", "Task %s has not been struck off. "),
                    doc_text_or_dash(evidence->task, "id"));
    if (strcmp(answer, "held") == 0)
        text_add(&text, SAY("此后到所示期末，各监测点的数据足以证明改善保持住了。",
                            "From then to the end of the span shown, the data of every point "
                            "prove that the improvement has held."));
    else if (strcmp(answer, "relapsed") == 0)
        text_add(&text,
                 SAY("此后同一问题再次出现。", "Since then the same problem has come back."));
    else
        text_add(&text, SAY("现有数据既不足以证明守住了，也没有认定回潮；原因如下。",
                            "The data do not prove that it has held, and no relapse was found; "
                            "the reasons stand below."));
    page_answer(page, answer_sign(answer), answer_words(answer), about);
}

static void say_reasons(struct page *page, const struct evidence *evidence)
{
    struct wall_time provable = doc_time(evidence->verdict, "provable_from");
    struct wall_time start = doc_time(evidence->verdict, "provable_start");
    size_t count = doc_size(evidence->verdict, "reasons");

    page_say(page, TONE_STRONG, "%s", SAY("理由", "Reasons"));
    for (size_t i = 0; i < count; i++) {
        const json_t *reason = doc_at(evidence->verdict, "reasons", i);

        page_say(page, TONE_POINT, SAY("%s。", "%s."), doc_text_or_dash(reason, SAY("zh", "en")));
    }
    if (count == 0 && *doc_text(evidence->verdict, SAY("zh", "en")) != '\0')
        page_say(page, TONE_POINT, SAY("%s。", "%s."),
                 doc_text(evidence->verdict, SAY("zh", "en")));
    if (strcmp(doc_text(evidence->verdict, "answer"), "not_proven") != 0)
        return;
    if (wall_is_known(provable) && wall_is_known(start))
        page_say(page, TONE_STRONG,
                 SAY("照目前的情况，从 %s 重新算起，最早 %s 可以证明。",
                     "As things go now, counted anew from %s, it can be proven from %s on."),
                 shown_day(start), shown_day(provable));
    else if (wall_is_known(provable))
        page_say(page, TONE_STRONG,
                 SAY("照目前的情况，最早 %s 可以证明。",
                     "As things go now, it can be proven from %s on."),
                 shown_day(provable));
    else
        page_say(page, TONE_STRONG, "%s",
                 SAY("照目前的情况，看不出何时可以证明。",
                     "As things go now, no day can be named from which it could be proven."));
}

/* Of all criteria: the bound of the rate nearest to what is allowed, as the worst stands for all.
 */
static const json_t *worst_criterion(const json_t *point)
{
    const json_t *worst = doc_at(point, "criteria", 0);

    for (size_t i = 1; i < doc_size(point, "criteria"); i++) {
        const json_t *one = doc_at(point, "criteria", i);

        if (doc_number(one, "bound") > doc_number(worst, "bound"))
            worst = one;
    }
    return worst;
}

static void show_points(struct page *page, const struct evidence *evidence)
{
    const struct column columns[] = {
        {SAY("监测因子 · 点位", "Parameter · site"),  34.0, ALIGN_LEFT },
        {SAY("结论",                 "Answer"),             17.0, ALIGN_LEFT },
        {SAY("数据完整率",        "Complete"),           13.0, ALIGN_RIGHT},
        {SAY("有效日",              "Valid days"),         11.0, ALIGN_RIGHT},
        {SAY("超标日",              "Days that exceed"),   12.0, ALIGN_RIGHT},
        {SAY("超标占比上限",     "Share, upper bound"), 16.0, ALIGN_RIGHT},
    };
    struct grid *grid = grid_begin(page, columns, 6);

    for (size_t i = 0; i < doc_size(evidence->verdict, "points"); i++) {
        const json_t *point = doc_at(evidence->verdict, "points", i);
        const json_t *worst = worst_criterion(point);
        const char *answer = doc_text(point, "answer");
        char title[300];

        point_title(evidence, point, title, sizeof title);
        grid_cell(grid, "%s", title);
        grid_sign(grid, answer_sign(answer), answer_words(answer));
        grid_cell(grid, "%s", shown_percent(doc_number(point, "completeness")));
        grid_cell(grid, "%s", shown_count(worst, "valid_days"));
        grid_cell(grid, "%s", shown_count(worst, "exceeded_days"));
        grid_cell(grid, "%s", shown_percent(doc_number(worst, "bound")));
    }
    grid_end(grid);
    page_say(page, TONE_SMALL,
             SAY("超标占比上限：有 %s 的把握说，超标的日子不多于这个比例；要求不高于 %s。",
                 "Share, upper bound: with %s confidence no more of the days exceed; at most %s is "
                 "asked for."),
             shown_percent(doc_number(evidence->terms, "confidence")),
             shown_percent(doc_number(evidence->terms, "rate_bound")));
}

static void show_head(struct page *page, const struct evidence *evidence)
{
    const char *title = doc_text(evidence->task, "title");

    page_heading(page, 1, SAY("任务 %s 整改成效佐证材料", "Evidence on task %s"),
                 doc_text_or_dash(evidence->verdict, "task"));
    if (*title != '\0')
        page_say(page, TONE_BODY, "%s", title);
    else
        page_say(page, TONE_SMALL, "%s",
                 SAY("公开版不列任务内容。", "The public form leaves out what the task says."));
}

static void show_small_charts(struct page *page, const struct evidence *evidence)
{
    size_t count = doc_size(evidence->verdict, "points");
    double room = page_room(page) - 40.0; /* the closing words stand below */
    double each = count == 0 ? 0.0 : room / (double)count - 6.0;

    each = each > 270.0 ? 270.0 : each < 150.0 ? 150.0 : each;
    for (size_t i = 0; i < count && (double)(i + 1) * (each + 6.0) <= room; i++) {
        const json_t *point = doc_at(evidence->verdict, "points", i);

        evidence_chart(page, evidence, point, worst_criterion(point), each);
    }
}

void evidence_first_page(struct page *page, const struct evidence *evidence)
{
    show_head(page, evidence);
    say_answer(page, evidence);
    say_reasons(page, evidence);
    page_say(page, TONE_SMALL,
             SAY("数据时段 %s 至 %s（不含），时区 %s。",
                 "Data from %s to %s (not included), times of %s."),
             shown_minute(evidence->from), shown_minute(evidence->to),
             doc_text_or_dash(evidence->document, "timezone"));
    show_points(page, evidence);
    show_small_charts(page, evidence);
    page_say(page, TONE_SMALL, "%s",
             SAY("传感器数据是指示性数据；与有资质机构的采样监测不一致时，以采样监测为准。"
                 "不相信送材料的人，也可以自己核对：见压缩包中的 VERIFY.md。",
                 "Sensor data are indicative; where accredited sampling says otherwise, it wins. "
                 "You need not trust whoever gave you this: see VERIFY.md in the archive."));
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
