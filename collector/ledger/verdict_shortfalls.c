/* What a point and its criteria lack: reasons with the numbers in them. */
#include <stdio.h>
#include <string.h>

#include "ledger/evaluation_inside.h"

/* What every reason of a point is said with. */
struct saying {
    struct evaluation *evaluation;
    const struct outlook *outlook;
    const struct eval_point *of;
    int point;
    struct both before; /* of what: parameter and point, of a criterion its rule too */
};

static struct wall_time when_full(const struct saying *saying)
{
    return saying->outlook->never ? WALL_NONE : saying->outlook->full;
}

static struct reason *add(const struct saying *saying, enum reason_kind kind, int criterion,
                          struct wall_time provable_from)
{
    return reason_add(saying->evaluation, kind, saying->point, criterion, provable_from);
}

/* Completeness ------------------------------------------------------------------------------ */

static void say_share(const struct saying *saying, bool night, struct share share, double wanted)
{
    struct reason *reason;

    if (share.expected == 0 || share_percent(share) >= wanted)
        return;
    reason = add(saying, REASON_INCOMPLETE, NONE,
                 outlook_complete(saying->evaluation, saying->outlook, saying->of, night));
    reason_say(reason, &saying->before,
               night ? "夜间完整率 %.1f%%，要求 %g%%" : "完整率 %.1f%%，要求 %g%%",
               night ? "by night %.1f %% complete, %g %% wanted" : "%.1f %% complete, %g %% wanted",
               share_percent(share), wanted);
    if (reason != NULL)
        snprintf(reason->part, sizeof reason->part, night ? "night" : "all");
}

static void say_weeks(const struct saying *saying)
{
    const struct evaluation *evaluation = saying->evaluation;
    double wanted = evaluation->terms->week;
    double worst = NAN;
    size_t at = 0;
    size_t thin = 0;
    struct share week;
    struct reason *reason;

    for (size_t i = 0; i < evaluation->day_count; i++) {
        if (!point_week(evaluation, saying->of, i, &week) || week.expected == 0 ||
            share_percent(week) >= wanted)
            continue;
        thin++;
        if (isnan(worst) || share_percent(week) < worst) {
            worst = share_percent(week);
            at = i;
        }
    }
    if (thin == 0)
        return;
    reason = add(saying, REASON_INCOMPLETE, NONE, when_full(saying));
    reason_say(reason, &saying->before, "%zu 周的完整率低于 %g%%，最低的是 %s 起的一周，%.1f%%",
               "%zu weeks are less than %g %% complete; the thinnest begins on %s, %.1f %%", thin,
               wanted, evaluation->days[at].date, worst);
    if (reason != NULL)
        snprintf(reason->part, sizeof reason->part, "week");
}

static void say_gap(const struct saying *saying, const struct stretch_of_days *gap)
{
    const struct evaluation *evaluation = saying->evaluation;

    if (gap->count <= (size_t)evaluation->terms->gap_days)
        return;
    reason_say(add(saying, REASON_GAP, NONE, when_full(saying)), &saying->before,
               "%s 起连续 %zu 天没有有效数据，最多允许 %d 天",
               "from %s on %zu days without enough data, at most %d are allowed",
               evaluation->days[gap->first].date, gap->count, (int)evaluation->terms->gap_days);
}

/* Criteria ---------------------------------------------------------------------------------- */

static void say_bound(const struct saying *saying, int index,
                      const struct criterion_findings *found)
{
    const struct verdict_terms *terms = saying->evaluation->terms;
    const struct criterion *criterion = &saying->of->criteria[index];
    uint32_t needed = outlook_days_for_bound(terms, found);
    bool often = (double)found->exceeded * 100.0 > terms->rate_bound * (double)found->valid;
    struct reason *reason;

    if (criterion_is_bounded(terms, found))
        return;
    reason = add(saying, often ? REASON_EXCEEDS_TOO_OFTEN : REASON_TOO_FEW_DAYS, index,
                 outlook_criterion(saying->evaluation, saying->outlook, criterion, REQUIRE_BOUND));
    if (needed == 0)
        reason_say(reason, &saying->before, "%u 个有效日中 %u 天超标，多于可证明的不超过 %g%%",
                   "of %u valid days %u exceed, more than lets at most %g %% be proven",
                   found->valid, found->exceeded, terms->rate_bound);
    else if (often)
        reason_say(reason, &saying->before,
                   "%u 个有效日中 %u 天超标，太多；此后再无超标，也要满 %u 个有效日",
                   "of %u valid days %u exceed, too many; with none after them it still "
                   "takes %u valid days",
                   found->valid, found->exceeded, needed);
    else
        reason_say(reason, &saying->before,
                   "有效日 %u 天，其中 %u 天超标；至少要 %u 个有效日，才能证明超标天数不超过 %g%%",
                   "%u valid days, of which %u exceed; at least %u are needed to prove "
                   "that at most %g %% exceed",
                   found->valid, found->exceeded, needed, terms->rate_bound);
}

static void say_percentile(const struct saying *saying, int index,
                           const struct criterion_findings *found)
{
    const struct verdict_terms *terms = saying->evaluation->terms;
    const struct criterion *criterion = &saying->of->criteria[index];
    const struct bound *bound = &criterion->last->bound;
    bool high = !isnan(found->value) && criterion_exceeds(criterion, criterion->last, found->value);

    if (found->percentile_good || found->valid == 0)
        return;
    reason_say(
        add(saying, REASON_PERCENTILE, index,
            outlook_criterion(saying->evaluation, saying->outlook, criterion, REQUIRE_PERCENTILE)),
        &saying->before,
        high ? "日值的第 %g 百分位数 %g，高于限值 %g" : "日值的第 %g 百分位数 %g，低于限值 %g",
        high ? "percentile %g of the days' values is %g, above the limit %g"
             : "percentile %g of the days' values is %g, below the limit %g",
        high ? terms->percentile : 100.0 - terms->percentile,
        high ? found->value : found->low_value, high ? bound->high : bound->low);
}

static void say_run(const struct saying *saying, int index, const struct criterion_findings *found)
{
    const struct verdict_terms *terms = saying->evaluation->terms;
    const struct criterion *criterion = &saying->of->criteria[index];

    if (found->last_run >= terms->last_run)
        return;
    reason_say(add(saying, REASON_LAST_RUN, index,
                   outlook_criterion(saying->evaluation, saying->outlook, criterion, REQUIRE_RUN)),
               &saying->before, "到最后一天为止连续达标 %u 个有效日，要求 %d 个",
               "%u compliant valid days in a row up to the end, %d wanted", found->last_run,
               (int)terms->last_run);
}

static void say_comparison(const struct saying *saying, int index)
{
    struct evaluation *evaluation = saying->evaluation;
    struct comparison comparison;

    if (!criterion_compare(evaluation, saying->of, &saying->of->criteria[index], &comparison)) {
        evaluation->no_memory = true;
        return;
    }
    if (!comparison.needed || comparison.better)
        return;
    reason_say(add(saying, REASON_NO_IMPROVEMENT, index, WALL_NONE), &saying->before,
               "与销号前相比没有证明变好：中位数 %g → %g，p = %.3g，要求小于 %g",
               "not proven better than before the strike-off: median %g → %g, p = %.3g, "
               "wanted below %g",
               comparison.median, comparison.median_after, comparison.p, evaluation->terms->p);
}

static void name_criterion(struct saying *saying, const struct criterion *criterion)
{
    static const char *const zh[] = {"", "，昼间", "，夜间"};
    static const char *const en[] = {"", ", by day", ", by night"};
    const struct point_sheet *sheet = saying->of->sheet;
    bool max = criterion->statistic == STATISTIC_MAX;

    snprintf(saying->before.zh, sizeof saying->before.zh, "%s（%s，%s%s%s）：", sheet->parameter_zh,
             sheet->point, criterion->rule->rule.name, zh[criterion->when], max ? "，最大值" : "");
    snprintf(saying->before.en, sizeof saying->before.en, "%s (%s, %s%s%s): ", sheet->parameter_en,
             sheet->point, criterion->rule->rule.name, en[criterion->when], max ? ", maximum" : "");
}

static void say_criterion(struct saying *saying, int index)
{
    const struct criterion *criterion = &saying->of->criteria[index];
    struct criterion_findings found;

    name_criterion(saying, criterion);
    if (!criterion_find(saying->evaluation, criterion, 0, &found)) {
        saying->evaluation->no_memory = true;
        return;
    }
    say_bound(saying, index, &found);
    say_percentile(saying, index, &found);
    say_run(saying, index, &found);
    say_comparison(saying, index);
}

/* ------------------------------------------------------------------------------------------- */

static size_t window_days(const struct evaluation *evaluation)
{
    size_t count = 0;

    for (size_t i = 0; i < evaluation->day_count; i++)
        count += evaluation->days[i].side == SIDE_WINDOW;
    return count;
}

void reasons_of_point(struct evaluation *evaluation, const struct outlook *outlook, int point)
{
    struct saying saying = {evaluation, outlook, &evaluation->points[point], point,
                            both_of_point(evaluation->points[point].sheet)};
    struct point_findings found;

    if (saying.of->criterion_count == 0) {
        reason_say(add(&saying, REASON_NO_RULE, NONE, WALL_NONE), &saying.before,
                   "没有限值或规则来判断它",
                   "no limit stands on it, and no rule that can be broken");
        return;
    }
    point_find(evaluation, saying.of, 0, &found);
    if (found.valid == 0 && window_days(evaluation) > 0) {
        reason_say(add(&saying, REASON_NO_DATA, NONE, WALL_NONE), &saying.before,
                   "没有一个有效读数", "not one valid reading");
        return;
    }
    say_share(&saying, false, found.all, evaluation->terms->completeness);
    say_weeks(&saying);
    say_share(&saying, true, found.night, evaluation->terms->night);
    say_gap(&saying, &found.gap);
    for (size_t i = 0; i < saying.of->criterion_count; i++)
        say_criterion(&saying, (int)i);
}
