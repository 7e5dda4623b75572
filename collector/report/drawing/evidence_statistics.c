/* What was measured against what is asked for: each line says what, how it is, what is wanted, and
 * whether that is so.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "drawing/evidence.h"

/* Whether a reason of this word (and part, and rule; "" for any) stands against the point. */
static bool is_against(const struct evidence *evidence, const json_t *point, const char *rule,
                       const char *word, const char *part)
{
    for (size_t i = 0; i < doc_size(evidence->verdict, "reasons"); i++) {
        const json_t *reason = doc_at(evidence->verdict, "reasons", i);

        if (strcmp(doc_text(reason, "reason"), word) == 0 &&
            strcmp(doc_text(reason, "point"), doc_text(point, "point")) == 0 &&
            (*part == '\0' || strcmp(doc_text(reason, "part"), part) == 0) &&
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

/* Whether something asked for is so. */
enum met { MET, NOT_MET, NOT_KNOWN };

/* One line: what, how it is, what is asked for, and whether that is so. */
static void line(const struct statistics *all, enum met met, const char *what, const char *is,
                 const char *asked)
{
    grid_cell(all->grid, "%s", what);
    grid_cell(all->grid, "%s", is);
    grid_cell(all->grid, "%s", asked);
    if (met == NOT_KNOWN)
        grid_cell(all->grid, "%s", DASH);
    else
        grid_sign(all->grid, met == MET ? SIGN_GOOD : SIGN_BAD,
                  met == MET ? SAY("满足", "yes") : SAY("不满足", "no"));
}

/* The number decides; where it is printed equal to what is asked for, the reasons do. */
static enum met met_at_least(double is, double asked, bool against)
{
    if (!isfinite(is) || !isfinite(asked))
        return NOT_KNOWN;
    return is < asked || (is == asked && against) ? NOT_MET : MET;
}

static enum met met_at_most(double is, double asked, bool against)
{
    return met_at_least(-is, -asked, against);
}

/* What is only told. */
static void told(const struct statistics *all, const char *what, const char *is, const char *asked)
{
    grid_cell(all->grid, "%s", what);
    grid_cell(all->grid, "%s", is);
    grid_cell(all->grid, "%s", asked);
    grid_cell(all->grid, " ");
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

static const json_t *worst_week(const json_t *point)
{
    const json_t *worst = NULL;

    for (size_t i = 0; i < doc_size(point, "weeks"); i++) {
        const json_t *week = doc_at(point, "weeks", i);

        if (isfinite(doc_number(week, "completeness")) &&
            !(doc_number(week, "completeness") >= doc_number(worst, "completeness")))
            worst = week;
    }
    return worst;
}

static void gap_line(const struct statistics *all)
{
    const json_t *gap = json_object_get(all->point, "longest_gap");
    char is[160];
    char asked[60];

    if (doc_int(gap, "days", 0) > 0)
        snprintf(is, sizeof is, SAY("%s 天（%s 起）", "%s days (from %s)"),
                 shown_count(gap, "days"), doc_text_or_dash(gap, "from"));
    else
        snprintf(is, sizeof is, SAY("%s 天", "%s days"), shown_count(gap, "days"));
    snprintf(asked, sizeof asked, SAY("%s 天", "%s days"),
             shown_count(all->evidence->terms, "gap_days"));
    line(all,
         met_at_most(doc_number(gap, "days"), doc_number(all->evidence->terms, "gap_days"),
                     is_against(all->evidence, all->point, "", "gap", "")),
         SAY("最长连续多少天没有有效日", "Longest run of days without a valid one"), is,
         at_most(asked));
}

static void completeness_lines(const struct statistics *all)
{
    const json_t *point = all->point;
    const json_t *terms = all->evidence->terms;
    const json_t *week = worst_week(point);
    const json_t *night = json_object_get(point, "night");
    char is[160];

    snprintf(is, sizeof is, SAY("%s（应有 %s 个，有效 %s 个）", "%s (%s expected, %s valid)"),
             shown_percent(doc_number(point, "completeness")), shown_count(point, "expected"),
             shown_count(point, "valid"));
    line(all,
         met_at_least(doc_number(point, "completeness"), doc_number(terms, "completeness"),
                      is_against(all->evidence, point, "", "incomplete", "all")),
         SAY("数据完整率", "Completeness"), is,
         at_least(shown_percent(doc_number(terms, "completeness"))));
    snprintf(is, sizeof is, week == NULL ? "%s" : SAY("%s（%s 起的一周）", "%s (the week from %s)"),
             shown_percent(doc_number(week, "completeness")), doc_text(week, "from"));
    line(all,
         met_at_least(doc_number(week, "completeness"), doc_number(terms, "week"),
                      is_against(all->evidence, point, "", "incomplete", "week")),
         SAY("最不完整的一周", "The least complete week"), is,
         at_least(shown_percent(doc_number(terms, "week"))));
    line(all,
         met_at_least(doc_number(night, "completeness"), doc_number(terms, "night"),
                      is_against(all->evidence, point, "", "incomplete", "night")),
         SAY("夜间完整率", "Completeness by night"),
         shown_percent(doc_number(night, "completeness")),
         at_least(shown_percent(doc_number(terms, "night"))));
    gap_line(all);
}

/* Whether a reason of its rule stands against a criterion; it may be of the rule's other lane. */
static bool has_reason(const struct statistics *all, const json_t *criterion, const char *word)
{
    return is_against(all->evidence, all->point, doc_text(criterion, "rule"), word, "");
}

static void rate_lines(const struct statistics *all, const json_t *criterion)
{
    const json_t *terms = all->evidence->terms;
    double allowed = doc_number(terms, "rate_bound");
    bool decides = doc_true(terms, "decide_by_effective");
    bool against = has_reason(all, criterion, "exceeds_too_often") ||
                   has_reason(all, criterion, "too_few_days");
    char is[200];

    snprintf(is, sizeof is, SAY("%s 个有效日，其中 %s 天超标", "%s valid days, %s of them exceed"),
             shown_count(criterion, "valid_days"), shown_count(criterion, "exceeded_days"));
    told(all, SAY("有效日与超标日", "Valid days, and those that exceed"), is, " ");
    snprintf(is, sizeof is,
             SAY("实际 %s；%s 的把握说不超过 %s", "%s seen; with %s confidence at most %s"),
             shown_percent(doc_number(criterion, "rate")),
             shown_percent(doc_number(terms, "confidence")),
             shown_percent(doc_number(criterion, "bound")));
    line(all, met_at_most(doc_number(criterion, "bound"), allowed, against && !decides),
         SAY("超标日占比", "Share of days that exceed"), is, at_most(shown_percent(allowed)));
    snprintf(is, sizeof is,
             SAY("不超过 %s（折合 %s 个独立日，其中 %s 天超标）",
                 "at most %s (as of %s independent days, %s exceed)"),
             shown_percent(doc_number(criterion, "bound_eff")), shown_count(criterion, "n_eff"),
             shown_count(criterion, "k_eff"));
    if (decides)
        line(all, met_at_most(doc_number(criterion, "bound_eff"), allowed, against),
             SAY("同上，计入相邻日相似", "The same, as neighbouring days are alike"), is,
             at_most(shown_percent(allowed)));
    else
        told(all, SAY("同上，计入相邻日相似", "The same, as neighbouring days are alike"), is,
             SAY("只印出，不据此判定", "shown, does not decide"));
}

/* "1.53 mg/L", and what it is compared as (GB/T 8170) where that differs. */
static double rounded_words(double value, const json_t *stage, const char *unit, char *out,
                            size_t size)
{
    long long decimals = doc_int(stage, "decimals", -1);
    double rounded = value;

    if (isfinite(value) && decimals >= 0)
        rounded = decimal_to_double(decimal_round(decimal_from_double(value), (int)decimals));
    snprintf(out, size, "%s", shown_with_unit(value, -1, unit));
    if (isfinite(rounded) && rounded != value)
        snprintf(out + strlen(out), size - strlen(out), SAY("，修约后 %s", ", rounded %s"),
                 shown_number(rounded, (int)decimals));
    return rounded;
}

static void percentile_line(const struct statistics *all, const json_t *criterion)
{
    const json_t *percentile = json_object_get(criterion, "percentile");
    const json_t *last = doc_at(criterion, "stages", doc_size(criterion, "stages") - 1);
    const char *unit = doc_text(all->point, "unit");
    double lower = doc_number(percentile, "low_value");
    double value;
    double low;
    double high;
    char what[100];
    char is[200];
    char bound[100];

    bound_of(last, &low, &high);
    bound_words(last, unit, bound, sizeof bound);
    snprintf(what, sizeof what, SAY("日值的第 %s 百分位数", "Percentile %s of the days' values"),
             shown_number(doc_number(percentile, "p"), -1));
    value = rounded_words(doc_number(percentile, "value"), last, unit, is, sizeof is);
    if (isfinite(lower)) {
        snprintf(is + strlen(is), sizeof is - strlen(is),
                 SAY("；第 %s 百分位数 ", "; percentile %s "),
                 shown_number(doc_number(percentile, "low_p"), -1));
        lower = rounded_words(lower, last, unit, is + strlen(is), sizeof is - strlen(is));
    }
    line(all,
         !isfinite(value)                             ? NOT_KNOWN
         : value > high || value < low || lower < low ? NOT_MET
                                                      : MET,
         what, is, bound);
}

static void run_line(const struct statistics *all, const json_t *criterion)
{
    const json_t *terms = all->evidence->terms;
    char is[60];
    char asked[60];

    snprintf(is, sizeof is, SAY("%s 个有效日", "%s valid days"),
             shown_count(criterion, "last_run"));
    snprintf(asked, sizeof asked, SAY("%s 个", "%s"), shown_count(terms, "last_run"));
    line(all,
         met_at_least(doc_number(criterion, "last_run"), doc_number(terms, "last_run"),
                      has_reason(all, criterion, "last_run")),
         SAY("到最后一天为止连续达标", "Compliant days in a row up to the end"), is,
         at_least(asked));
}

/* Why the two sides were not compared. */
static const char *why_words(const struct evidence *evidence, const json_t *before)
{
    static char out[160];
    const char *why = doc_text(before, "why");

    if (strcmp(why, "two_bounds") == 0)
        return SAY("上下都有限值，没有“变好”的方向",
                   "it has a bound on either side, so there is no better direction");
    if (strcmp(why, "settings_changed") == 0)
        return SAY("销号前后监测点的设置不同，不能比较",
                   "the point was set otherwise before, so the two do not compare");
    if (strcmp(why, "too_few_days") != 0)
        return SAY("销号前没有完整的日数据", "no whole day stands before the strike-off");
    snprintf(out, sizeof out,
             SAY("有效日太少，每侧至少要 %s 个；销号前有 %s 个",
                 "too few valid days, each side wants %s; %s stand before"),
             shown_count(json_object_get(evidence->terms, "comparison"), "least_days"),
             shown_count(before, "valid_days"));
    return out;
}

/* Whether the median went the good way. */
static bool is_better(const json_t *criterion)
{
    const json_t *before = json_object_get(criterion, "before");
    double low;
    double high;

    bound_of(doc_at(criterion, "stages", doc_size(criterion, "stages") - 1), &low, &high);
    return isfinite(high) ? doc_number(before, "median_after") < doc_number(before, "median")
                          : doc_number(before, "median_after") > doc_number(before, "median");
}

static void before_line(const struct statistics *all, const json_t *criterion)
{
    const json_t *before = json_object_get(criterion, "before");
    const json_t *terms = json_object_get(all->evidence->terms, "comparison");
    const char *what = SAY("销号前后比较（秩和检验）", "Before and after the strike-off "
                                                       "(Mann-Whitney)");
    const char *unit = doc_text(all->point, "unit");
    const char *edition = doc_text(before, "edition");
    char is[400];
    char asked[100];

    if (!doc_true(before, "tested")) {
        snprintf(is, sizeof is, SAY("没有检验：%s", "not tested: %s"),
                 why_words(all->evidence, before));
        told(all, what, is, " ");
        return;
    }
    snprintf(
        is, sizeof is,
        SAY("中位数：前 %s，后 %s（相差 %s）；销号前 %s 个有效日中 %s 天超标；p = %s；两侧同用 %s",
            "median %s before, %s after (shift %s); of %s valid days before %s exceed; p = "
            "%s; both by %s"),
        shown_with_unit(doc_number(before, "median"), -1, unit),
        shown_with_unit(doc_number(before, "median_after"), -1, unit),
        shown_with_unit(doc_number(before, "shift"), -1, unit), shown_count(before, "valid_days"),
        shown_count(before, "exceeded_days"), shown_number(doc_number(before, "p"), -1),
        *edition == '\0' ? SAY("同一条规则", "one rule") : edition);
    snprintf(asked, sizeof asked, SAY("变好，且 p 小于 %s", "better, and p below %s"),
             shown_number(doc_number(terms, "p"), -1));
    if (doc_true(before, "needed"))
        line(all,
             !(doc_number(before, "p") < doc_number(terms, "p")) ||
                     (has_reason(all, criterion, "no_improvement") && !is_better(criterion))
                 ? NOT_MET
                 : MET,
             what, is, asked);
    else
        told(all, what, is, SAY("只印出，不据此判定", "shown, does not decide"));
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

void evidence_criterion(struct page *page, const struct evidence *evidence, const json_t *point,
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

void evidence_completeness(struct page *page, const struct evidence *evidence, const json_t *point)
{
    struct statistics all = {evidence, point, NULL};

    page_heading(page, 3, "%s", SAY("数据够不够", "Whether there is enough data"));
    all.grid = grid_begin(page, statistic_columns(), 4);
    completeness_lines(&all);
    grid_end(all.grid);
}
