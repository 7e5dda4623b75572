/* Doubts, every exceedance, problems, the limits used, and what happened to station and settings.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "drawing/evidence.h"

static void say_none(struct page *page)
{
    page_say(page, TONE_BODY, "%s", SAY("没有。", "None."));
}

/* --- doubts -------------------------------------------------------------------------------------
 */

static void show_doubt(struct grid *grid, const json_t *doubt, bool differs)
{
    grid_cell(grid, "%s", shown_minute(doc_time(doubt, "time")));
    grid_cell(grid, "%s", doc_text(doubt, "point"));
    grid_cell(grid, "%s", doc_text_or_dash(doubt, SAY("zh", "en")));
    grid_cell(grid, "%s",
              differs || doc_true(doubt, "blocks") ? SAY("是", "yes") : SAY("否", "no"));
}

void evidence_doubts(struct page *page, const struct evidence *evidence)
{
    size_t count = doc_size(evidence->verdict, "doubts");
    size_t differs = doc_size(evidence->document, "differs");
    const struct column columns[] = {
        {SAY("时间",             "Time"),                17.0, ALIGN_LEFT},
        {SAY("监测点",          "Point"),               27.0, ALIGN_LEFT},
        {SAY("需核查的情况", "What needs checking"), 46.0, ALIGN_LEFT},
        {SAY("影响结论",       "Bears on the answer"), 10.0, ALIGN_LEFT},
    };
    struct grid *grid;

    page_heading(page, 1, "%s",
                 SAY("三、存疑（需核查，不是指控）", "3. Doubts (to be checked, no accusation)"));
    if (count + differs == 0) {
        say_none(page);
        return;
    }
    grid = grid_begin(page, columns, 4);
    for (size_t i = 0; i < differs; i++)
        show_doubt(grid, doc_at(evidence->document, "differs", i), true);
    for (size_t i = 0; i < count; i++)
        show_doubt(grid, doc_at(evidence->verdict, "doubts", i), false);
    grid_end(grid);
}

/* --- every exceedance ----------------------------------------------------------------------------
 */

static void show_exceedances_of(struct page *page, const struct evidence *evidence,
                                const json_t *point, const json_t *criterion)
{
    const char *unit = doc_text(point, "unit");
    int decimals = decimals_of(evidence, point);
    const struct column columns[] = {
        {SAY("序号",       "No."),        8.0,  ALIGN_RIGHT},
        {SAY("开始",       "Begin"),      24.0, ALIGN_LEFT },
        {SAY("结束",       "End"),        24.0, ALIGN_LEFT },
        {SAY("销号",       "Strike-off"), 16.0, ALIGN_LEFT },
        {SAY("数值",       "Value"),      18.0, ALIGN_RIGHT},
        {SAY("限值",       "Limit"),      16.0, ALIGN_RIGHT},
        {SAY("超标倍数", "Multiple"),   10.0, ALIGN_RIGHT},
    };
    struct grid *grid;

    if (doc_size(criterion, "exceedances") == 0)
        return;
    grid = grid_begin(page, columns, 7);
    for (size_t i = 0; i < doc_size(criterion, "exceedances"); i++) {
        const json_t *one = doc_at(criterion, "exceedances", i);
        bool after = wall_is_known(evidence->struck_off) &&
                     doc_time(one, "start").ms >= evidence->struck_off.ms;

        if (after)
            grid_strong(grid);
        grid_cell(grid, "%zu", i + 1);
        grid_cell(grid, "%s", shown_minute(doc_time(one, "start")));
        grid_cell(grid, "%s", shown_minute(doc_time(one, "end")));
        grid_cell(grid, "%s", after ? SAY("销号后", "after") : SAY("销号前", "before"));
        grid_cell(grid, "%s", shown_with_unit(doc_number(one, "value"), decimals, unit));
        grid_cell(grid, "%s", shown_with_unit(doc_number(one, "bound"), -1, unit));
        grid_cell(grid, "%s", shown_number(doc_number(one, "multiple"), 2));
    }
    grid_end(grid);
}

void evidence_exceedances(struct page *page, const struct evidence *evidence)
{
    page_heading(page, 1, "%s", SAY("四、全部超标记录", "4. Every exceedance"));
    page_say(
        page, TONE_SMALL, "%s",
        SAY("所示时段内每一个超过限值的统计时段都列在这里，一个不删。水温、pH、溶解氧没有超标"
            "倍数。",
            "Every period of the span beyond its limit stands here, none is left out; those after "
            "the strike-off are bold. Water "
            "temperature, pH and dissolved oxygen have no multiple."));
    for (size_t i = 0; i < doc_size(evidence->verdict, "points"); i++) {
        const json_t *point = doc_at(evidence->verdict, "points", i);

        for (size_t j = 0; j < doc_size(point, "criteria"); j++) {
            const json_t *criterion = doc_at(point, "criteria", j);
            const char *rule = doc_text(criterion, "title");
            char title[300];

            point_title(evidence, point, title, sizeof title);
            page_heading(page, 3, SAY("%s（%s）：%zu 个", "%s (%s): %zu"), title,
                         *rule == '\0' ? doc_text_or_dash(criterion, "rule") : rule,
                         doc_size(criterion, "exceedances"));
            show_exceedances_of(page, evidence, point, criterion);
        }
    }
}

/* --- problems and maintenance
 * --------------------------------------------------------------------- */

static const char *kind_words(const char *kind)
{
    if (strcmp(kind, "relapse") == 0)
        return SAY("回潮", "relapse");
    if (strcmp(kind, "ongoing") == 0)
        return SAY("整改中", "ongoing");
    return strcmp(kind, "new") == 0 ? SAY("新增", "new") : DASH;
}

static const char *state_words(const char *state)
{
    if (strcmp(state, "open") == 0)
        return SAY("超标中", "open");
    if (strcmp(state, "recovered") == 0)
        return SAY("已恢复", "recovered");
    return strcmp(state, "closed") == 0 ? SAY("已关闭", "closed") : DASH;
}

static void show_problem(struct grid *grid, const json_t *problem)
{
    const json_t *worst = json_object_get(problem, "worst");
    const json_t *parameter = json_object_get(problem, "parameter");
    bool doubt = strcmp(doc_text(problem, "nature"), "doubt") == 0;

    grid_cell(grid, "%.12s", doc_text_or_dash(problem, "uid"));
    grid_cell(grid, "%s", doubt ? SAY("存疑", "doubt") : kind_words(doc_text(problem, "kind")));
    grid_cell(grid, "%s", state_words(doc_text(problem, "state")));
    grid_cell(grid, "%s", doc_text(problem, "point"));
    grid_cell(grid, "%s", shown_minute(doc_time(problem, "first")));
    grid_cell(grid, "%s", shown_minute(doc_time(problem, "last")));
    grid_cell(grid, "%s", shown_count(problem, "episodes"));
    grid_cell(grid, "%s",
              shown_with_unit(doc_number(worst, "value"), -1, doc_text(parameter, "unit")));
}

static void show_maintenance(struct page *page, const struct evidence *evidence)
{
    size_t count = doc_size(evidence->verdict, "maintenance");
    const struct column columns[] = {
        {SAY("设备或监测点", "Device or point"), 32.0, ALIGN_LEFT},
        {SAY("从",                "From"),            18.0, ALIGN_LEFT},
        {SAY("到",                "To"),              18.0, ALIGN_LEFT},
        {SAY("事由",             "Note"),            32.0, ALIGN_LEFT},
    };
    struct grid *grid;

    page_heading(page, 2, "%s", SAY("维护", "Maintenance"));
    if (count == 0) {
        say_none(page);
        return;
    }
    grid = grid_begin(page, columns, 4);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = doc_at(evidence->verdict, "maintenance", i);
        const char *device = doc_text(one, "device");

        grid_cell(grid, "%s", *device == '\0' ? doc_text(one, "point") : device);
        grid_cell(grid, "%s", shown_minute(doc_time(one, "from")));
        grid_cell(grid, "%s", shown_minute(doc_time(one, "to")));
        grid_cell(grid, "%s", doc_text(one, "note"));
    }
    grid_end(grid);
}

void evidence_problems(struct page *page, const struct evidence *evidence)
{
    size_t count = doc_size(evidence->document, "problems");
    const struct column columns[] = {
        {SAY("问题",    "Problem"),  14.0, ALIGN_LEFT },
        {SAY("性质",    "Kind"),     8.0,  ALIGN_LEFT },
        {SAY("状态",    "State"),    8.0,  ALIGN_LEFT },
        {SAY("监测点", "Point"),    24.0, ALIGN_LEFT },
        {SAY("首次",    "First"),    15.0, ALIGN_LEFT },
        {SAY("最近",    "Last"),     15.0, ALIGN_LEFT },
        {SAY("次数",    "Episodes"), 7.0,  ALIGN_RIGHT},
        {SAY("最重",    "Worst"),    13.0, ALIGN_RIGHT},
    };
    struct grid *grid;

    page_heading(page, 1, "%s", SAY("五、问题与维护", "5. Problems and maintenance"));
    if (count == 0) {
        say_none(page);
    } else {
        grid = grid_begin(page, columns, 8);
        for (size_t i = 0; i < count; i++)
            show_problem(grid, doc_at(evidence->document, "problems", i));
        grid_end(grid);
    }
    show_maintenance(page, evidence);
}

/* --- limits and terms
 * ------------------------------------------------------------------------------ */

static const char *period_words(const char *period)
{
    /* clang-format off */
    static const char *const words[][3] = {
        {"reading", "单个读数", "reading"}, {"1min", "1 分钟", "1 min"}, {"5min", "5 分钟", "5 min"},
        {"10min", "10 分钟", "10 min"}, {"15min", "15 分钟", "15 min"}, {"1h", "1 小时", "1 h"},
        {"4h", "4 小时", "4 h"}, {"8h", "8 小时", "8 h"}, {"day", "日", "day"},
        {"month", "月", "month"}, {"daytime", "昼间", "daytime"}, {"night", "夜间", "night"},
        {"year", "年", "year"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(period, words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return period;
}

/* Since when and until when a stage holds. */
static const char *force_words(const json_t *stage)
{
    static char out[100];
    struct wall_time from = doc_time(stage, "from");
    struct wall_time to = doc_time(stage, "to");

    if (!wall_is_known(from) && !wall_is_known(to))
        return SAY("一直", "always");
    snprintf(out, sizeof out, SAY("%s 起，到 %s", "from %s to %s"),
             wall_is_known(from) ? shown_day(from) : SAY("最初", "ever"),
             wall_is_known(to) ? shown_day(to) : SAY("现在", "now"));
    return out;
}

static void show_stage(struct grid *grid, const json_t *sheet, const json_t *rule,
                       const json_t *lane, const json_t *stage)
{
    const json_t *limit = json_object_get(stage, "limit");
    const char *title = doc_text(rule, "title");
    char bound[80];
    char named[200];

    bound_words(stage, doc_text(sheet, "unit"), bound, sizeof bound);
    limit_words(stage, named, sizeof named);
    grid_cell(grid, "%s", *title == '\0' ? doc_text(rule, "name") : title);
    grid_cell(grid, "%s", doc_text(sheet, "point"));
    grid_cell(grid, "%s", bound);
    grid_cell(grid, "%s", period_words(doc_text(lane, "on")));
    grid_cell(grid, "%s", named[0] == '\0' ? SAY("规则自定", "the rule's own") : named);
    grid_cell(grid, "%s", force_words(stage));
    grid_cell(grid, "%s",
              !json_is_object(limit)        ? DASH
              : doc_true(limit, "verified") ? SAY("已核实", "verified")
                                            : SAY("未核实", "unverified"));
}

static void show_rules(struct grid *grid, const json_t *sheet)
{
    for (size_t i = 0; i < doc_size(sheet, "rules"); i++) {
        const json_t *rule = doc_at(sheet, "rules", i);

        for (size_t j = 0; j < doc_size(rule, "lanes"); j++) {
            const json_t *lane = doc_at(rule, "lanes", j);

            for (size_t k = 0; k < doc_size(lane, "stages"); k++)
                show_stage(grid, sheet, rule, lane, doc_at(lane, "stages", k));
        }
    }
}

/* What a key of verdict.conf is called; the key itself where it is not known here. */
static const char *term_words(const char *key)
{
    /* clang-format off */
    static const char *const words[][3] = {
        {"completeness", "数据完整率不低于（%）", "completeness at least (%)"},
        {"week", "每个整周的完整率不低于（%）", "of each whole week at least (%)"},
        {"night", "夜间完整率不低于（%）", "of the nights at least (%)"},
        {"gap_days", "连续没有有效日不超过（天）", "days on end without a valid one at most"},
        {"rate_bound", "超标日占比的可信上限不高于（%）", "upper bound of the share of days that exceed (%)"},
        {"confidence", "可信上限的把握（%）", "confidence of that bound (%)"},
        {"decide_by_effective", "按相关性折减后的天数判定", "decide by the effective number of days"},
        {"percentile", "日值百分位", "percentile of the days' values"},
        {"last_run", "末段连续达标不少于（天）", "compliant days in a row at the end, at least"},
        {"run_skips_invalid", "连续达标时跳过无效日", "invalid days do not break that run"},
        {"comparison", "销号前后比较", "before and after"},
        {"reading_as", "单个读数的规则按此时段看", "a rule on readings looks at"},
        {"present_days", "推算何时可证明所看的天数", "days the outlook goes by"},
        {"horizon_days", "推算最远（天）", "the outlook reaches (days)"},
        {"doubts", "存疑怎样影响结论", "what doubts do"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(key, words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return key;
}

static void show_terms(struct page *page, const struct evidence *evidence)
{
    struct grid *facts;
    const char *key;
    json_t *value;

    page_heading(page, 2, "%s",
                 SAY("判定用的参数（verdict.conf）", "Terms of the verdict (verdict.conf)"));
    page_say(page, TONE_SMALL, "%s",
             SAY("统计方法通行，数字由本项目选定，没有法规原文依据，可按本地要求改。怎样判定见 "
                 "VERDICT.md。",
                 "The statistics are standard; the numbers are our choice, no law prints them. How "
                 "the verdict is reached: VERDICT.md."));
    facts = facts_begin(page);
    json_object_foreach((json_t *)evidence->terms, key, value)
    {
        char *words = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS |
                                            JSON_REAL_PRECISION(6));

        fact(facts, term_words(key), "%s", words == NULL ? "" : words);
        free(words);
    }
    grid_end(facts);
}

void evidence_limits(struct page *page, const struct evidence *evidence)
{
    const struct column columns[] = {
        {SAY("规则",                            "Rule"),                             15.0, ALIGN_LEFT},
        {SAY("监测点",                         "Point"),                            22.0, ALIGN_LEFT},
        {SAY("要求",                            "Bound"),                            12.0, ALIGN_LEFT},
        {SAY("看什么时段",                   "Judged on"),                        9.0,  ALIGN_LEFT},
        {SAY("标准、版本、条款、类别", "Standard, edition, clause, class"), 20.0, ALIGN_LEFT},
        {SAY("适用",                            "In force"),                         14.0, ALIGN_LEFT},
        {SAY("核实",                            "Verified"),                         8.0,  ALIGN_LEFT},
    };
    struct grid *grid;

    page_heading(page, 1, "%s", SAY("六、限值、版本与判定参数", "6. Limits, editions, terms"));
    page_say(page, TONE_SMALL, "%s",
             SAY("“未核实”：数字没有同标准原文核对过，使用前请核对。比较前按 GB/T 8170 修约一次。",
                 "Unverified: the number was not checked against the standard's own text; check it "
                 "before relying on it. Values are rounded once (GB/T 8170) before comparison."));
    grid = grid_begin(page, columns, 7);
    for (size_t i = 0; i < doc_size(evidence->document, "sheets"); i++)
        show_rules(grid, doc_at(evidence->document, "sheets", i));
    grid_end(grid);
    show_terms(page, evidence);
}

/* --- events
 * ---------------------------------------------------------------------------------------- */

static const char *event_words(const char *kind)
{
    /* clang-format off */
    static const char *const words[][3] = {
        {"started", "采集器启动", "collector started"}, {"stopped", "采集器停止", "collector stopped"},
        {"gap", "采集中断", "gap in the record"}, {"configuration", "配置生效", "configuration in force"},
        {"key.made", "新的签名钥匙", "signing key made"},
        {"device.maintenance", "设备维护", "device under maintenance"},
        {"device.every", "采集间隔生效", "interval in force"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(kind, words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return strncmp(kind, "clock.", 6) == 0 ? SAY("时钟", "clock") : "";
}

static void show_event(struct grid *grid, const json_t *event)
{
    const char *kind = doc_text(event, "kind");
    char *arguments =
        json_dumps(json_object_get(event, "arguments"),
                   JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(6));

    grid_cell(grid, "%s", shown_count(event, "seq"));
    grid_cell(grid, "%s", shown_minute(doc_time(event, "time")));
    grid_cell(grid, *event_words(kind) == '\0' ? "%s%s" : "%s (%s)",
              *event_words(kind) == '\0' ? kind : event_words(kind),
              *event_words(kind) == '\0' ? "" : kind);
    grid_cell(grid, "%s", doc_text(event, "who"));
    grid_cell(grid, "%.600s", arguments == NULL ? "" : arguments);
    free(arguments);
}

void evidence_events(struct page *page, const struct evidence *evidence)
{
    const struct column columns[] = {
        {SAY("序号", "Seq"),   9.0,  ALIGN_RIGHT},
        {SAY("时间", "Time"),  15.0, ALIGN_LEFT },
        {SAY("事件", "Event"), 20.0, ALIGN_LEFT },
        {SAY("何人", "Who"),   10.0, ALIGN_LEFT },
        {SAY("内容", "What"),  46.0, ALIGN_LEFT },
    };
    size_t count = doc_size(evidence->document, "events");
    struct grid *grid;

    page_heading(page, 1, "%s",
                 SAY("七、配置、时钟与采集器事件", "7. Settings, clock and collector"));
    if (count == 0) {
        say_none(page);
        return;
    }
    grid = grid_begin(page, columns, 5);
    for (size_t i = 0; i < count; i++)
        show_event(grid, doc_at(evidence->document, "events", i));
    grid_end(grid);
}
