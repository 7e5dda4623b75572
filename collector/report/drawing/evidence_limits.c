/* The limits and editions used, and the terms of the verdict. */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "base/text.h"
#include "drawing/evidence.h"

const char *period_words(const char *period)
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
    if (!wall_is_known(to))
        snprintf(out, sizeof out, SAY("%s 起", "from %s"), shown_day(from));
    else
        snprintf(out, sizeof out, SAY("%s 至 %s", "%s to %s"),
                 wall_is_known(from) ? shown_day(from) : SAY("最初", "ever"), shown_day(to));
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
        {"comparison.least_days", "前后比较：每侧至少有效日（天）", "before and after: valid days a side, at least"},
        {"comparison.normal_from", "前后比较：正态近似每侧至少（天）", "before and after: normal approximation from (days)"},
        {"comparison.p", "前后比较：p 小于", "before and after: p below"},
        {"comparison.required", "前后比较：检验了就必须通过", "before and after: must be passed where tested"},
        {"comparison.where_exceeded", "前后比较：只在销号前超标时要求", "before and after: only where it exceeded before"},
        {"reading_as", "单个读数的规则按此时段看", "a rule on readings looks at"},
        {"present_days", "推算何时可证明所看的天数", "days the outlook goes by"},
        {"horizon_days", "推算最远（天）", "the outlook reaches (days)"},
        {"doubts.block", "哪些存疑使结论只能是不能证明", "doubts that let nothing be proven"},
        {"doubts.until", "筛查和规则的存疑，算哪些", "doubts of screening and rules that count"},
        {"doubts.lasting", "要有人确认过才不算的筛查", "screening that counts until acknowledged"},
        {"doubts.clock_step_ms", "时钟跳变不小于此算存疑", "a clock step is a doubt from"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(key, words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return key;
}

/* What a word that is a value of verdict.conf means; the word itself where it is not known here. */
static const char *one_word(const char *word)
{
    /* clang-format off */
    static const char *const words[][3] = {
        {"screening", "数据筛查的存疑", "doubts of screening"}, {"rule", "规则的存疑", "doubts of rules"},
        {"clock_step", "时钟跳变", "a step of the clock"},
        {"settings_changed", "期间改过监测点的设置", "settings of a point changed"},
        {"unsealed", "有未封存的记录", "records not sealed"},
        {"open", "期末仍未恢复的", "those not recovered at the end"}, {"closed", "尚未结束的", "those not closed"},
        {"flat", "长时间不变", "unchanged for long"}, {"clip", "集中在上限", "crowded at a ceiling"},
        {"contradiction", "互相矛盾", "contradictory"}, {"hidden", "升高后缺测", "gaps when values rise"},
        {"night", "夜间数据少", "few data by night"}, {"silence", "长时间没有数据", "no data for long"},
        {"span", "超出通常范围", "outside the usual span"}, {"spike", "单个突跳", "a single value stands out"},
        {"rate", "变化过快", "changes too fast"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return period_words(word);
}

/* A value of verdict.conf as a person writes it. */
static void say_value(const char *key, const json_t *value, struct text *out)
{
    char duration[24];

    if (json_is_boolean(value))
        text_add(out, json_is_true(value) ? SAY("是", "yes") : SAY("否", "no"));
    else if (json_is_integer(value) && strcmp(key, "clock_step_ms") == 0)
        text_add(out, duration_text(json_integer_value(value), duration));
    else if (json_is_number(value))
        text_format(out, "%.6g", json_number_value(value));
    else if (json_is_string(value))
        text_add(out, one_word(json_string_value(value)));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *word = json_string_value(json_array_get(value, i));

        text_format(out, "%s%s", i == 0 ? "" : SAY("、", ", "), one_word(word ? word : ""));
    }
}

/* One fact a key; a group's keys have its name before them. */
static void show_terms_of(struct grid *facts, const char *group, const json_t *terms)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)terms, key, value)
    {
        char name[80];
        char words[600];
        struct text text;

        snprintf(name, sizeof name, "%s%s%s", group, *group == '\0' ? "" : ".", key);
        if (json_is_object(value) && *group == '\0')
            show_terms_of(facts, key, value);
        else {
            text_init(&text, words, sizeof words);
            say_value(key, value, &text);
            fact(facts, term_words(name), "%s", words);
        }
    }
}

static void show_terms(struct page *page, const struct evidence *evidence)
{
    struct grid *facts;

    page_heading(page, 2, "%s",
                 SAY("判定用的参数（verdict.conf）", "Terms of the verdict (verdict.conf)"));
    page_say(page, TONE_SMALL, "%s",
             SAY("统计方法通行，数字由本项目选定，没有法规原文依据，可按本地要求改。怎样判定见 "
                 "VERDICT.md。",
                 "The statistics are standard; the numbers are our choice, no law prints them. How "
                 "the verdict is reached: VERDICT.md."));
    facts = facts_begin(page);
    show_terms_of(facts, "", evidence->terms);
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
