/* The first page answers alone: which task and points, the verdict and why, what was asked for and
 * reached, and the curve.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "drawing/evidence.h"

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

/* The title of a rule as the criteria of a point have it; "" where none has. */
static const char *rule_title(const struct evidence *evidence, const char *rule)
{
    for (size_t i = 0; i < doc_size(evidence->verdict, "points"); i++) {
        const json_t *point = doc_at(evidence->verdict, "points", i);

        for (size_t j = 0; j < doc_size(point, "criteria"); j++)
            if (strcmp(doc_text(doc_at(point, "criteria", j), "rule"), rule) == 0)
                return doc_text(doc_at(point, "criteria", j), "title");
    }
    return "";
}

/* The title of a point's site, where that alone tells it from every other point of its parameter.
 */
static const char *place_title(const struct evidence *evidence, const char *name)
{
    char site[64];
    char titles[2][300] = {""};

    for (size_t i = 0; i < doc_size(evidence->verdict, "points"); i++)
        if (strcmp(doc_text(doc_at(evidence->verdict, "points", i), "point"), name) == 0)
            point_title(evidence, doc_at(evidence->verdict, "points", i), titles[0], 300);
    for (size_t i = 0; i < doc_size(evidence->verdict, "points"); i++) {
        const json_t *other = doc_at(evidence->verdict, "points", i);

        point_title(evidence, other, titles[1], 300);
        if (strcmp(doc_text(other, "point"), name) != 0 && strcmp(titles[0], titles[1]) == 0)
            return "";
    }
    snprintf(site, sizeof site, "%.*s", (int)strcspn(name, "/"), name);
    return doc_text(site_of(evidence, site), "title");
}

/* `words` with the first `name` in it said as `title`; as it is where either is not known. */
static void say_instead(const char *words, const char *name, const char *title, char *out,
                        size_t size)
{
    const char *at = *name == '\0' || *title == '\0' ? NULL : strstr(words, name);

    if (at == NULL)
        snprintf(out, size, "%s", words);
    else
        snprintf(out, size, "%.*s%s%s", (int)(at - words), words, title, at + strlen(name));
}

/* A reason's sentence, with the site's and the rule's titles for their names. */
static void say_reason(struct page *page, const struct evidence *evidence, const json_t *reason)
{
    const char *point = doc_text(reason, "point");
    const char *rule = doc_text(reason, "rule");
    char named[900];
    char words[900];

    say_instead(doc_text_or_dash(reason, SAY("zh", "en")), point, place_title(evidence, point),
                named, sizeof named);
    say_instead(named, rule, rule_title(evidence, rule), words, sizeof words);
    page_say(page, TONE_POINT, SAY("%s。", "%s."), words);
}

/* From when it could be proven. A day that is over already asks for a bundle of its own. */
static void say_provable(struct page *page, const struct evidence *evidence)
{
    struct wall_time provable = doc_time(evidence->verdict, "provable_from");
    struct wall_time start = doc_time(evidence->verdict, "provable_start");

    if (!wall_is_known(provable))
        page_say(page, TONE_STRONG, "%s",
                 SAY("照目前的情况，看不出何时可以证明。",
                     "As things go now, no day can be named from which it could be proven."));
    else if (wall_is_known(start) && provable.ms <= evidence->to.ms)
        page_say(page, TONE_STRONG,
                 SAY("从 %s 起另算一段，%s 起已经可以证明：导出时把 --from 写成 %s。",
                     "Counted anew from %s on, it can be proven since %s: export with --from %s."),
                 shown_day(start), shown_day(provable), shown_day(start));
    else if (wall_is_known(start))
        page_say(page, TONE_STRONG,
                 SAY("照目前的情况，从 %s 起另算一段，最早 %s 可以证明。",
                     "As things go now, counted anew from %s on, it can be proven from %s on."),
                 shown_day(start), shown_day(provable));
    else
        page_say(page, TONE_STRONG,
                 SAY("照目前的情况，最早 %s 可以证明。",
                     "As things go now, it can be proven from %s on."),
                 shown_day(provable));
}

static void say_reasons(struct page *page, const struct evidence *evidence)
{
    size_t count = doc_size(evidence->verdict, "reasons");

    page_say(page, TONE_STRONG, "%s", SAY("理由", "Reasons"));
    for (size_t i = 0; i < count; i++)
        say_reason(page, evidence, doc_at(evidence->verdict, "reasons", i));
    if (count == 0 && *doc_text(evidence->verdict, SAY("zh", "en")) != '\0')
        page_say(page, TONE_POINT, SAY("%s。", "%s."),
                 doc_text(evidence->verdict, SAY("zh", "en")));
    if (strcmp(doc_text(evidence->verdict, "answer"), "not_proven") == 0)
        say_provable(page, evidence);
}

/* Which task, whose, which points, and which days: two facts abreast. */
static void show_case(struct page *page, const struct evidence *evidence)
{
    const json_t *owner = json_object_get(evidence->task, "owner");
    struct grid *facts = facts_abreast(page);
    char points[600];
    struct text text;

    text_init(&text, points, sizeof points);
    for (size_t i = 0; i < doc_size(evidence->verdict, "points"); i++)
        text_format(&text, "%s%s", i == 0 ? "" : SAY("、", ", "),
                    doc_text(doc_at(evidence->verdict, "points", i), "point"));
    if (*doc_text(evidence->task, "title") != '\0') {
        fact(facts, SAY("类别", "Category"), "%s", doc_said(evidence->document, "category"));
        fact(facts, SAY("责任单位", "Unit"), "%s", doc_text(owner, "unit"));
        fact(facts, SAY("整改措施", "Measure"), "%s", doc_text(evidence->task, "measure"));
        fact(facts, SAY("整改时限", "Deadline"), "%s", doc_text(evidence->task, "deadline"));
    }
    fact(facts, SAY("销号", "Struck off"), "%s", shown_minute(evidence->struck_off));
    fact(facts, SAY("巩固期至", "Watched until"), "%s",
         shown_minute(doc_time(evidence->verdict, "watch_until")));
    fact(facts, SAY("监测点", "Points"), "%s", points);
    fact(facts, SAY("数据时段", "Data"), SAY("%s 至 %s（不含）", "%s to %s (not included)"),
         shown_minute(evidence->from), shown_minute(evidence->to));
    grid_end(facts);
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

/* Compliant days in a row up to the end: the shortest of all criteria. */
static const json_t *shortest_run(const json_t *point)
{
    const json_t *shortest = doc_at(point, "criteria", 0);

    for (size_t i = 1; i < doc_size(point, "criteria"); i++) {
        const json_t *one = doc_at(point, "criteria", i);

        if (doc_number(one, "last_run") < doc_number(shortest, "last_run"))
            shortest = one;
    }
    return shortest;
}

static void show_asked(struct grid *grid, const struct evidence *evidence)
{
    const json_t *terms = evidence->terms;

    grid_cell(grid, "%s", SAY("要求", "Asked for"));
    grid_cell(grid, " ");
    grid_cell(grid, "≥ %s", shown_percent(doc_number(terms, "completeness")));
    grid_cell(grid, " ");
    grid_cell(grid, " ");
    grid_cell(grid, "≤ %s", shown_percent(doc_number(terms, "rate_bound")));
    grid_cell(grid, SAY("≥ %s 天", "≥ %s days"), shown_count(terms, "last_run"));
}

static void show_point(struct grid *grid, const struct evidence *evidence, const json_t *point)
{
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
    grid_cell(grid, SAY("%s 天", "%s days"), shown_count(shortest_run(point), "last_run"));
}

static void show_points(struct page *page, const struct evidence *evidence)
{
    const struct column columns[] = {
        {SAY("监测因子 · 点位", "Parameter · site"),    30.0, ALIGN_LEFT },
        {SAY("结论",                 "Answer"),               15.0, ALIGN_LEFT },
        {SAY("数据完整率",        "Complete"),             13.0, ALIGN_RIGHT},
        {SAY("有效日",              "Valid days"),           9.0,  ALIGN_RIGHT},
        {SAY("超标日",              "Days that exceed"),     9.0,  ALIGN_RIGHT},
        {SAY("超标占比上限",     "Share, upper bound"),   14.0, ALIGN_RIGHT},
        {SAY("末段连续达标",     "Compliant at the end"), 14.0, ALIGN_RIGHT},
    };
    struct grid *grid = grid_begin(page, columns, 7);

    for (size_t i = 0; i < doc_size(evidence->verdict, "points"); i++)
        show_point(grid, evidence, doc_at(evidence->verdict, "points", i));
    show_asked(grid, evidence);
    grid_end(grid);
    page_say(page, TONE_SMALL,
             SAY("超标占比上限：有 %s 的把握说，超标的日子不多于这个比例。",
                 "Share, upper bound: with %s confidence no more of the days exceed."),
             shown_percent(doc_number(evidence->terms, "confidence")));
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

    each = each > 270.0 ? 270.0 : each < 120.0 ? 120.0 : each;
    for (size_t i = 0; i < count && (double)(i + 1) * (each + 6.0) <= room; i++) {
        const json_t *point = doc_at(evidence->verdict, "points", i);

        evidence_chart(page, evidence, point, worst_criterion(point), each);
    }
}

void evidence_first_page(struct page *page, const struct evidence *evidence)
{
    show_head(page, evidence);
    say_answer(page, evidence);
    show_case(page, evidence);
    say_reasons(page, evidence);
    show_points(page, evidence);
    show_small_charts(page, evidence);
    page_say(page, TONE_SMALL, "%s",
             SAY("传感器数据是指示性数据；与有资质机构的采样监测不一致时，以采样监测为准。"
                 "不相信送材料的人，也可以自己核对：见压缩包中的 VERIFY.md。",
                 "Sensor data are indicative; where accredited sampling says otherwise, it wins. "
                 "You need not trust whoever gave you this: see VERIFY.md in the archive."));
}
