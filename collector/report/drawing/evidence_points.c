/* Who and what is watched, and each parameter: chart, statistics, before and after, weeks. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "base/text.h"
#include "drawing/evidence.h"

/* --- identity ----------------------------------------------------------------------------------
 */

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

/* --- statistics --------------------------------------------------------------------------------
 */

/* Whether a reason of this word stands against the point (and rule, "" for any). */
static bool is_against(const struct evidence *evidence, const json_t *point, const char *rule,
                       const char *word)
{
    for (size_t i = 0; i < doc_size(evidence->verdict, "reasons"); i++) {
        const json_t *reason = doc_at(evidence->verdict, "reasons", i);

        if (strcmp(doc_text(reason, "reason"), word) == 0 &&
            strcmp(doc_text(reason, "point"), doc_text(point, "point")) == 0 &&
            (*rule == '\0' || strcmp(doc_text(reason, "rule"), rule) == 0))
            return true;
    }
    return false;
}

struct statistics {
    const struct evidence *evidence;
    const json_t *point;
    struct grid *grid;
};

/* One line: what, how it is, what is asked for, and whether that is so. */
static void line(const struct statistics *all, const char *rule, const char *word, const char *what,
                 const char *is, const char *asked)
{
    bool against = is_against(all->evidence, all->point, rule, word);

    grid_cell(all->grid, "%s", what);
    grid_cell(all->grid, "%s", is);
    grid_cell(all->grid, "%s", asked);
    grid_sign(all->grid, against ? SIGN_UNKNOWN : SIGN_GOOD,
              against ? SAY("不满足", "no") : SAY("满足", "yes"));
}

static const char *at_least(const char *words)
{
    static char out[100];

    snprintf(out, sizeof out, SAY("不低于 %s", "at least %s"), words);
    return out;
}

static const char *at_most(const char *words)
{
    static char out[100];

    snprintf(out, sizeof out, SAY("不高于 %s", "at most %s"), words);
    return out;
}

static double worst_week(const json_t *point, const char **when)
{
    double worst = NAN;

    *when = "";
    for (size_t i = 0; i < doc_size(point, "weeks"); i++) {
        const json_t *week = doc_at(point, "weeks", i);
        double share = doc_number(week, "completeness");

        if (isfinite(share) && !(share >= worst)) {
            worst = share;
            *when = doc_text(week, "week");
        }
    }
    return worst;
}

static void completeness_lines(const struct statistics *all)
{
    const json_t *point = all->point;
    const json_t *terms = all->evidence->terms;
    const char *when;
    double week = worst_week(point, &when);
    char is[160];

    snprintf(is, sizeof is, SAY("%s（应有 %s 个，有效 %s 个）", "%s (%s expected, %s valid)"),
             shown_percent(doc_number(point, "completeness")), shown_count(point, "expected"),
             shown_count(point, "valid"));
    line(all, "", "completeness", SAY("数据完整率", "Completeness"), is,
         at_least(shown_percent(doc_number(terms, "completeness"))));
    snprintf(is, sizeof is,
             *when == '\0' ? "%s" : SAY("%s（%s 起的一周）", "%s (the week from %s)"),
             shown_percent(week), when);
    line(all, "", "week", SAY("最不完整的一周", "The least complete week"), is,
         at_least(shown_percent(doc_number(terms, "week"))));
    line(all, "", "night", SAY("夜间完整率", "Completeness by night"),
         shown_percent(doc_number(point, "night")),
         at_least(shown_percent(doc_number(terms, "night"))));
    snprintf(is, sizeof is, SAY("%s 天", "%s days"),
             shown_number(doc_number(point, "longest_gap"), 0));
    {
        char asked[60];

        snprintf(asked, sizeof asked, SAY("%s 天", "%s days"), shown_count(terms, "gap_days"));
        line(all, "", "gap",
             SAY("最长连续多少天没有有效日", "Longest run of days without a valid one"), is,
             at_most(asked));
    }
}

static void rate_lines(const struct statistics *all, const json_t *criterion)
{
    const json_t *terms = all->evidence->terms;
    const char *rule = doc_text(criterion, "rule");
    char is[200];

    snprintf(is, sizeof is, SAY("%s 个有效日，其中 %s 天超标", "%s valid days, %s of them exceed"),
             shown_count(criterion, "valid_days"), shown_count(criterion, "exceeded_days"));
    grid_cell(all->grid, "%s", SAY("有效日与超标日", "Valid days, and those that exceed"));
    grid_cell(all->grid, "%s", is);
    grid_cell(all->grid, "%s", "");
    grid_cell(all->grid, "%s", "");
    snprintf(is, sizeof is,
             SAY("实际 %s，%s 把握下不超过 %s", "%s seen; with %s confidence at most %s"),
             shown_percent(doc_number(criterion, "rate")),
             shown_percent(doc_number(terms, "confidence")),
             shown_percent(doc_number(criterion, "bound")));
    line(all, rule, "rate", SAY("超标日占比", "Share of days that exceed"), is,
         at_most(shown_percent(doc_number(terms, "rate_bound"))));
    snprintf(
        is, sizeof is,
        SAY("%s（折合 %s 个独立日，其中 %s 天超标）", "%s (as of %s independent days, %s exceed)"),
        shown_percent(doc_number(criterion, "bound_eff")), shown_count(criterion, "n_eff"),
        shown_count(criterion, "k_eff"));
    if (!doc_true(terms, "decide_by_effective")) {
        grid_cell(all->grid, "%s",
                  SAY("同上，考虑相邻日相似", "The same, as neighbouring days are alike"));
        grid_cell(all->grid, "%s", is);
        grid_cell(all->grid, "%s", SAY("只印出，不据此判定", "shown, does not decide"));
        grid_cell(all->grid, "%s", "");
    } else {
        line(all, rule, "rate_effective",
             SAY("同上，考虑相邻日相似", "The same, as neighbouring days are alike"), is,
             at_most(shown_percent(doc_number(terms, "rate_bound"))));
    }
}

static void percentile_line(const struct statistics *all, const json_t *criterion)
{
    const json_t *percentile = json_object_get(criterion, "percentile");
    const json_t *last = doc_at(criterion, "stages", doc_size(criterion, "stages") - 1);
    const char *unit = doc_text(all->point, "unit");
    char what[100];
    char bound[100];

    bound_words(last, unit, bound, sizeof bound);
    snprintf(what, sizeof what, SAY("第 %s 百分位日值", "Percentile %s of the days' values"),
             shown_number(doc_number(percentile, "p"), -1));
    line(all, doc_text(criterion, "rule"), "percentile", what,
         shown_with_unit(doc_number(percentile, "value"), -1, unit), bound);
}

static void run_line(const struct statistics *all, const json_t *criterion)
{
    char is[60];
    char asked[60];

    snprintf(is, sizeof is, SAY("%s 天", "%s days"), shown_count(criterion, "last_run"));
    snprintf(asked, sizeof asked, SAY("%s 天", "%s days"),
             shown_count(all->evidence->terms, "last_run"));
    line(all, doc_text(criterion, "rule"), "last_run",
         SAY("到最后一天为止连续达标", "Compliant days in a row up to the end"), is,
         at_least(asked));
}

static void before_line(const struct statistics *all, const json_t *criterion)
{
    const json_t *before = json_object_get(criterion, "before");
    const json_t *terms = json_object_get(all->evidence->terms, "comparison");
    const char *unit = doc_text(all->point, "unit");
    char is[400];
    char asked[100];

    if (!doc_true(before, "tested")) {
        grid_cell(all->grid, "%s", SAY("销号前后比较", "Before and after the strike-off"));
        grid_cell(all->grid, SAY("没有检验：%s", "not tested: %s"), doc_said(before, "why"));
        grid_cell(all->grid, "%s", "");
        grid_cell(all->grid, "%s", "");
        return;
    }
    snprintf(
        is, sizeof is,
        SAY("中位数：前 %s（%s 个有效日，%s 天超标），后 %s；相差 %s；p = %s；两侧同用 %s",
            "median %s before (%s valid days, %s exceed), %s after; shift %s; p = %s; both by %s"),
        shown_with_unit(doc_number(before, "median"), -1, unit), shown_count(before, "valid_days"),
        shown_count(before, "exceeded_days"),
        shown_with_unit(doc_number(before, "median_after"), -1, unit),
        shown_with_unit(doc_number(before, "shift"), -1, unit),
        shown_number(doc_number(before, "p"), -1), doc_text_or_dash(before, "edition"));
    snprintf(asked, sizeof asked, SAY("变好，且 p 小于 %s", "better, and p below %s"),
             shown_number(doc_number(terms, "p"), -1));
    line(all, doc_text(criterion, "rule"), "before_after",
         SAY("销号前后比较（秩和检验）", "Before and after the strike-off (Mann-Whitney)"), is,
         asked);
}

static const struct column *statistic_columns(void)
{
    static struct column columns[4];

    columns[0] = (struct column){SAY("看什么", "What"), 27.0, ALIGN_LEFT};
    columns[1] = (struct column){SAY("是多少", "How it is"), 40.0, ALIGN_LEFT};
    columns[2] = (struct column){SAY("要求", "Asked for"), 21.0, ALIGN_LEFT};
    columns[3] = (struct column){SAY("满足吗", "Met"), 12.0, ALIGN_LEFT};
    return columns;
}

static void show_criterion(struct page *page, const struct evidence *evidence, const json_t *point,
                           const json_t *criterion)
{
    const char *title = doc_text(criterion, "title");
    struct statistics all = {evidence, point, NULL};

    page_keep(page, 290.0);
    page_heading(page, 3, SAY("%s：看%s", "%s: by the %s"),
                 *title == '\0' ? doc_text_or_dash(criterion, "rule") : title,
                 number_words(evidence, point, criterion));
    evidence_chart(page, evidence, point, criterion, 205.0);
    all.grid = grid_begin(page, statistic_columns(), 4);
    rate_lines(&all, criterion);
    percentile_line(&all, criterion);
    run_line(&all, criterion);
    before_line(&all, criterion);
    grid_end(all.grid);
}

/* --- weeks --------------------------------------------------------------------------------------
 */

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
        grid_cell(grid, "%s", doc_text(week, "week"));
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
        struct statistics all = {evidence, point, NULL};
        char title[300];

        point_title(evidence, point, title, sizeof title);
        page_keep(page, 330.0); /* its first chart stands below its name */
        page_heading(page, 2, SAY("%s：%s", "%s: %s"), title,
                     answer_words(doc_text(point, "answer")));
        for (size_t j = 0; j < doc_size(point, "criteria"); j++)
            show_criterion(page, evidence, point, doc_at(point, "criteria", j));
        if (doc_size(point, "criteria") == 0)
            page_say(page, TONE_BODY, "%s",
                     SAY("没有规则判定这个监测点。", "No rule judges this point."));
        page_heading(page, 3, "%s", SAY("数据够不够", "Whether there is enough data"));
        all.grid = grid_begin(page, statistic_columns(), 4);
        completeness_lines(&all);
        grid_end(all.grid);
        show_weeks(page, evidence, point);
    }
}
