/* From when it could be proven, if what is measured goes on as of late and nothing new exceeds.
 *
 * Nothing is promised that does not follow: where what is missing cannot come at the present rate,
 * or only somebody's check can bring it, no day is named.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/evaluation_inside.h"

/* Where a window would begin ---------------------------------------------------------------- */

static void begin_behind(struct outlook *outlook, struct wall_time start)
{
    if (start.ms > outlook->start.ms)
        outlook->start = start;
    outlook->moved = true;
}

/* A gap that no further day fills, and a week that no further day belongs to. */
static void pass_point(const struct evaluation *evaluation, const struct eval_point *point,
                       struct outlook *outlook)
{
    const struct eval_day *days = evaluation->days;
    size_t run = 0;

    for (size_t i = 0; i < evaluation->day_count; i++) {
        struct share week;

        if (days[i].side != SIDE_WINDOW)
            continue;
        run = point->rows[i].enough ? 0 : run + 1;
        if (run > (size_t)evaluation->terms->gap_days) {
            begin_behind(outlook, days[i].span.end);
            outlook->never = outlook->never || i + 1 == evaluation->day_count;
        }
        if (point_week(evaluation, point, i, &week) && week.expected > 0 &&
            share_percent(week) < evaluation->terms->week)
            begin_behind(outlook, days[i + 6].span.end);
    }
}

bool outlook_heals(const struct eval_doubt *doubt)
{
    return wall_is_known(doubt->time) &&
           (strcmp(doubt->kind, "clock_step") == 0 || strcmp(doubt->kind, "settings_changed") == 0);
}

static void pass_doubts(const struct evaluation *evaluation, struct outlook *outlook)
{
    for (size_t i = 0; i < evaluation->doubt_count; i++) {
        const struct eval_doubt *doubt = &evaluation->doubts[i];

        if (doubt->blocks && outlook_heals(doubt))
            begin_behind(outlook, period_at(PERIOD_DAY, doubt->time, evaluation->night).end);
    }
    for (size_t i = 0; i < evaluation->problem_count; i++) {
        const struct eval_problem *problem = &evaluation->problems[i];

        if (problem->standing == PROBLEM_DOUBTS_AND_BLOCKS && problem->is_over)
            begin_behind(outlook, period_at(PERIOD_DAY, problem->last, evaluation->night).end);
    }
}

/* Where the days end: of the span's last whole day, or where it would. */
static struct wall_time last_end(const struct evaluation *evaluation)
{
    if (evaluation->day_count > 0)
        return evaluation->days[evaluation->day_count - 1].span.end;
    return period_at(PERIOD_DAY, evaluation->span.end, evaluation->night).start;
}

void outlook_make(const struct evaluation *evaluation, struct outlook *out)
{
    *out = (struct outlook){.start = evaluation->window.start, .full = WALL_NONE};
    for (size_t i = 0; i < evaluation->point_count; i++)
        pass_point(evaluation, &evaluation->points[i], out);
    pass_doubts(evaluation, out);
    while (out->moved && out->first < evaluation->day_count &&
           evaluation->days[out->first].span.start.ms < out->start.ms)
        out->first++;
    if (evaluation->watch_ms > 0)
        out->full = (struct wall_time){out->start.ms + evaluation->watch_ms};
}

/* How fast what is missing comes ------------------------------------------------------------ */

static struct wall_time days_on(const struct evaluation *evaluation, double days)
{
    struct span at = period_at(PERIOD_DAY, last_end(evaluation), evaluation->night);

    if (!(days <= (double)evaluation->terms->horizon_days))
        return WALL_NONE;
    for (int64_t left = (int64_t)days; left > 0; left--)
        at = period_next(PERIOD_DAY, at, evaluation->night);
    return at.start;
}

/* The first of the last `present_days` days, behind the outlook's first where that has moved. */
static size_t present_from(const struct evaluation *evaluation, const struct outlook *outlook)
{
    size_t most = (size_t)evaluation->terms->present_days;
    size_t first = evaluation->day_count > most ? evaluation->day_count - most : 0;

    return outlook->moved && first < outlook->first ? outlook->first : first;
}

static struct share present_share(const struct evaluation *evaluation,
                                  const struct outlook *outlook, const struct eval_point *point,
                                  bool night)
{
    struct share share = {0, 0};

    for (size_t i = present_from(evaluation, outlook); i < evaluation->day_count; i++) {
        const struct day_row *row = &point->rows[i];

        share.expected += night ? row->night_expected : row->expected;
        share.valid += night                        ? row->night_valid
                       : row->valid < row->expected ? row->valid
                                                    : row->expected;
    }
    return share;
}

struct wall_time outlook_complete(const struct evaluation *evaluation,
                                  const struct outlook *outlook, const struct eval_point *point,
                                  bool night)
{
    const struct verdict_terms *terms = evaluation->terms;
    const struct share present = present_share(evaluation, outlook, point, night);
    const size_t present_days = evaluation->day_count - present_from(evaluation, outlook);
    double percent = night ? terms->night : terms->completeness;
    double wanted = percent / 100.0;
    struct point_findings found;
    struct share share;
    double daily, rate;

    if (outlook->never || present.expected == 0)
        return WALL_NONE;
    point_find(evaluation, point, outlook->first, &found);
    share = night ? found.night : found.all;
    if (share.expected > 0 && share_percent(share) >= percent)
        return outlook->full;
    daily = (double)present.expected / (double)present_days;
    rate = (double)present.valid / (double)present.expected;
    if (share.expected == 0)
        return rate >= wanted ? last_end(evaluation) : WALL_NONE;
    if (rate <= wanted)
        return WALL_NONE;
    return days_on(evaluation, ceil((wanted * (double)share.expected - (double)share.valid) /
                                    (daily * (rate - wanted))));
}

/* What share of the days is valid, of late. */
static double present_rate(const struct evaluation *evaluation, const struct outlook *outlook,
                           const struct criterion *criterion)
{
    double there = 0.0;
    double valid = 0.0;

    for (size_t i = present_from(evaluation, outlook); i < evaluation->day_count; i++) {
        there += criterion->units[i].judged;
        valid += criterion->units[i].valid;
    }
    return there > 0.0 ? valid / there : 0.0;
}

/* What is wanted ---------------------------------------------------------------------------- */

/* The least number of valid days from which the bound holds with as many that exceed as now, and as
 * alike as now where that decides. 0: beyond the horizon. */
uint32_t outlook_days_for_bound(const struct verdict_terms *terms,
                                const struct criterion_findings *found)
{
    double bound = terms->rate_bound / 100.0;
    double confidence = terms->confidence / 100.0;
    uint32_t most = found->valid + (uint32_t)terms->horizon_days;
    uint32_t least = share_least_n(found->exceeded, bound, confidence, most);

    if (!terms->decide_by_effective || least == 0)
        return least;
    for (uint32_t n = least > found->valid ? least : found->valid; n <= most; n++) {
        uint32_t n_eff = effective_count(n, found->r);
        uint32_t k_eff = n == 0 ? 0 : (uint32_t)(((uint64_t)found->exceeded * n_eff + n - 1) / n);

        if (share_upper_bound(k_eff, n_eff, confidence) <= bound)
            return n;
    }
    return 0;
}

/* The least number from which the percentile surely lies among the good ones: when the value next
 * above it does. */
static uint32_t days_for_percentile(const struct verdict_terms *terms,
                                    const struct criterion_findings *found)
{
    uint32_t most = found->valid + (uint32_t)terms->horizon_days;
    double p = terms->percentile / 100.0;

    for (uint32_t n = found->valid > 0 ? found->valid : 1; n <= most; n++)
        if (ceil(1.0 + (double)(n - 1) * p) <= (double)(n - found->percentile_over))
            return n;
    return 0;
}

/* How many more valid days a requirement wants; below 0: no number of them is enough. */
static double days_wanted(const struct verdict_terms *terms, const struct criterion_findings *found,
                          enum requirement requirement, double rate)
{
    uint32_t least = 0;

    switch (requirement) {
    case REQUIRE_BOUND:
        if (criterion_is_bounded(terms, found))
            return 0.0;
        least = outlook_days_for_bound(terms, found);
        break;
    case REQUIRE_PERCENTILE:
        if (found->percentile_good)
            return 0.0;
        least = days_for_percentile(terms, found);
        break;
    case REQUIRE_RUN:
        if (!terms->run_skips_invalid && rate < 1.0 && found->last_run < terms->last_run)
            return -1.0;
        return found->last_run >= terms->last_run ? 0.0
                                                  : (double)(terms->last_run - found->last_run);
    }
    return least == 0 ? -1.0 : (double)least - (double)found->valid;
}

struct wall_time outlook_criterion(const struct evaluation *evaluation,
                                   const struct outlook *outlook, const struct criterion *criterion,
                                   enum requirement requirement)
{
    double rate = present_rate(evaluation, outlook, criterion);
    struct criterion_findings found;
    double wanted;

    if (outlook->never || !criterion_find(evaluation, criterion, outlook->first, &found))
        return WALL_NONE;
    wanted = days_wanted(evaluation->terms, &found, requirement, rate);
    if (wanted == 0.0)
        return outlook->full;
    if (wanted < 0.0 || rate <= 0.0)
        return WALL_NONE;
    return days_on(evaluation, ceil(wanted / rate));
}

/* All of it --------------------------------------------------------------------------------- */

static void wait_for(struct wall_time *until, bool *never, struct wall_time time)
{
    if (!wall_is_known(time))
        *never = true;
    else if (!wall_is_known(*until) || time.ms > until->ms)
        *until = time;
}

struct wall_time outlook_all(const struct evaluation *evaluation, const struct outlook *outlook)
{
    struct wall_time until = outlook->full;
    bool never = outlook->never || !wall_is_known(outlook->full);

    for (size_t i = 0; i < evaluation->reason_count; i++)
        wait_for(&until, &never, evaluation->reasons[i].provable_from);
    for (size_t i = 0; i < evaluation->point_count && !never; i++) {
        const struct eval_point *point = &evaluation->points[i];

        wait_for(&until, &never, outlook_complete(evaluation, outlook, point, false));
        wait_for(&until, &never, outlook_complete(evaluation, outlook, point, true));
        for (size_t j = 0; j < point->criterion_count; j++)
            for (int k = REQUIRE_BOUND; k <= REQUIRE_RUN; k++)
                wait_for(&until, &never,
                         outlook_criterion(evaluation, outlook, &point->criteria[j],
                                           (enum requirement)k));
    }
    return never ? WALL_NONE : until;
}
