/* Who and what is watched; each parameter with its criteria and weeks. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "base/text.h"
#include "drawing/evidence.h"

/* --- identity -------------------------------------------------------------------------------- */

static void show_task(struct page *page, const struct evidence *evidence)
{
    const json_t *task = evidence->task;
    const json_t *owner = json_object_get(task, "owner");
    struct grid *facts = facts_begin(page);

    fact(facts, SAY("任务", "Task"), "%s", doc_text_or_dash(task, "id"));
    fact(facts, SAY("问题", "Found"), "%s", doc_text(task, "title"));
    fact(facts, SAY("类别", "Category"), "%s", doc_said(evidence->document, "category"));
    fact(facts, SAY("整改措施", "Measure"), "%s", doc_text(task, "measure"));
    fact(facts, SAY("牵头部门 / 责任单位", "Lead / responsible unit"), "%s / %s",
         doc_text_or_dash(owner, "lead"), doc_text_or_dash(owner, "unit"));
    fact(facts, SAY("整改时限", "Deadline"), "%s", doc_text(task, "deadline"));
    fact(facts, SAY("销号", "Struck off"), "%s", shown_minute(evidence->struck_off));
    fact(facts, SAY("巩固期至", "Watched until"), "%s",
         shown_minute(doc_time(evidence->verdict, "watch_until")));
    fact(facts, SAY("所示时段", "Span shown"), SAY("%s 至 %s（不含）", "%s to %s (not included)"),
         shown_minute(evidence->from), shown_minute(evidence->to));
    grid_end(facts);
}

static const json_t *counts_of(const struct evidence *evidence, const char *point)
{
    for (size_t i = 0; i < doc_size(evidence->document, "counts"); i++) {
        const json_t *one = doc_at(evidence->document, "counts", i);

        if (strcmp(doc_text(one, "point"), point) == 0)
            return one;
    }
    return NULL;
}

static void show_place(const struct evidence *evidence, const json_t *sheet, struct grid *facts)
{
    const json_t *site = site_of(evidence, doc_text(sheet, "site"));
    char words[600];
    struct text text;
    static const char *const keys[] = {"title", "village", "grid", "address", "credit_code"};

    text_init(&text, words, sizeof words);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (*doc_text(site, keys[i]) != '\0')
            text_format(&text, "%s%s", text.used == 0 ? "" : SAY("，", ", "),
                        doc_text(site, keys[i]));
    fact(facts, SAY("点位", "Site"), "%s", words);
}

static void show_instrument(const json_t *sheet, struct grid *facts)
{
    const char *title = doc_text(sheet, "device_title");
    long long every_ms = doc_int(sheet, "every_ms", -1);
    char every[24] = "";

    fact(facts, SAY("仪器", "Instrument"),
         SAY("%s%s型号 %s，出厂编号 %s", "%s%smodel %s, serial number %s"), title,
         *title == '\0' ? "" : SAY("，", ", "), doc_text_or_dash(sheet, "model"),
         doc_text_or_dash(sheet, "serial_number"));
    if (every_ms >= 0)
        duration_text(every_ms, every);
    fact(facts, SAY("采集间隔", "Asked every"), "%s", every);
    fact(facts, SAY("启用", "In use since"), "%s", shown_minute(doc_time(sheet, "since")));
    if (doc_true(sheet, "simulated"))
        fact(facts, SAY("注意", "Mind"), "%s",
             SAY("模拟仪器，数据是模拟的", "a simulated instrument, its data are simulated"));
}

static void show_identity(struct page *page, const struct evidence *evidence, const json_t *point)
{
    const char *name = doc_text(point, "point");
    const json_t *sheet = sheet_of(evidence, name);
    const json_t *counts = counts_of(evidence, name);
    struct grid *facts = facts_begin(page);

    fact(facts, SAY("监测点", "Point"), "%s", name);
    show_place(evidence, sheet, facts);
    fact(facts, SAY("监测因子", "Parameter"),
         *doc_text(point, "unit") == '\0' ? "%s%s" : SAY("%s，单位 %s", "%s, in %s"),
         doc_said(point, "title"), doc_text(point, "unit"));
    show_instrument(sheet, facts);
    fact(facts, SAY("读数", "Readings"),
         SAY("时段内 %s 个，其中正常 %s 个；封存的行 %s",
             "%s in the span, %s of them normal; %s sealed rows"),
         shown_count(counts, "readings"), shown_count(counts, "usable"),
         shown_count(counts, "rows"));
    grid_end(facts);
}

void evidence_identity(struct page *page, const struct evidence *evidence)
{
    page_heading(page, 1, "%s", SAY("一、任务与监测点", "1. The task and its points"));
    show_task(page, evidence);
    for (size_t i = 0; i < doc_size(evidence->verdict, "points"); i++) {
        char title[300];

        point_title(evidence, doc_at(evidence->verdict, "points", i), title, sizeof title);
        page_heading(page, 3, "%s", title);
        show_identity(page, evidence, doc_at(evidence->verdict, "points", i));
    }
}

/* --- weeks ----------------------------------------------------------------------------------- */

enum { WEEKS_ABREAST = 3 };

/* Completeness of every week, three abreast, those below what is asked for marked by a word. */
static void show_weeks(struct page *page, const struct evidence *evidence, const json_t *point)
{
    static struct column columns[2 * WEEKS_ABREAST];
    size_t count = doc_size(point, "weeks");
    size_t deep = (count + WEEKS_ABREAST - 1) / WEEKS_ABREAST;
    double asked = doc_number(evidence->terms, "week");
    struct grid *grid;

    if (count == 0)
        return;
    for (size_t i = 0; i < WEEKS_ABREAST; i++) {
        columns[2 * i] =
            (struct column){SAY("周（周一起）", "Week (from Monday)"), 15.0, ALIGN_LEFT};
        columns[2 * i + 1] = (struct column){SAY("完整率", "Complete"), 18.0, ALIGN_LEFT};
    }
    grid = grid_begin(page, columns, 2 * WEEKS_ABREAST);
    for (size_t i = 0; i < deep * WEEKS_ABREAST; i++) {
        size_t at = i % WEEKS_ABREAST * deep + i / WEEKS_ABREAST;
        const json_t *week = at < count ? doc_at(point, "weeks", at) : NULL;
        double share = doc_number(week, "completeness");

        if (week == NULL) {
            grid_cell(grid, " ");
            grid_cell(grid, " ");
            continue;
        }
        grid_cell(grid, "%s", doc_text(week, "from"));
        if (share < asked)
            grid_cell(grid, SAY("%s 不足", "%s too little"), shown_percent(share));
        else
            grid_cell(grid, "%s", shown_percent(share));
    }
    grid_end(grid);
}

void evidence_points(struct page *page, const struct evidence *evidence)
{
    page_keep(page, 380.0);
    page_heading(page, 1, "%s", SAY("二、各监测因子", "2. Each parameter"));
    for (size_t i = 0; i < doc_size(evidence->verdict, "points"); i++) {
        const json_t *point = doc_at(evidence->verdict, "points", i);
        char title[300];

        point_title(evidence, point, title, sizeof title);
        page_keep(page, 330.0); /* its first chart stands below its name */
        page_heading(page, 2, SAY("%s：%s", "%s: %s"), title,
                     answer_words(doc_text(point, "answer")));
        for (size_t j = 0; j < doc_size(point, "criteria"); j++)
            evidence_criterion(page, evidence, point, doc_at(point, "criteria", j));
        if (doc_size(point, "criteria") == 0)
            page_say(page, TONE_BODY, "%s",
                     SAY("没有规则判定这个监测点。", "No rule judges this point."));
        evidence_completeness(page, evidence, point);
        show_weeks(page, evidence, point);
    }
}
