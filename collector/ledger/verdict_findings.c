/* What is found at a point and by each of its criteria over the days of the window. */
#include <stdlib.h>
#include <string.h>

#include "ledger/evaluation_inside.h"

/* Points ------------------------------------------------------------------------------------ */

double share_percent(struct share share)
{
    return share.expected == 0 ? NAN : (double)share.valid / (double)share.expected * 100.0;
}

static uint32_t at_most(uint32_t valid, uint32_t expected)
{
    return valid < expected ? valid : expected;
}

static void add_day(struct share *share, const struct day_row *row)
{
    share->expected += row->expected;
    share->valid += at_most(row->valid, row->expected);
}

static void find_gap(const struct evaluation *evaluation, const struct eval_point *point,
                     size_t first, struct stretch_of_days *gap)
{
    size_t run = 0;

    *gap = (struct stretch_of_days){0, 0};
    for (size_t i = first; i < evaluation->day_count; i++) {
        if (evaluation->days[i].side != SIDE_WINDOW)
            continue;
        run = point->rows[i].enough ? 0 : run + 1;
        if (run > gap->count)
            *gap = (struct stretch_of_days){i + 1 - run, run};
    }
}

void point_find(const struct evaluation *evaluation, const struct eval_point *point, size_t first,
                struct point_findings *out)
{
    *out = (struct point_findings){0};
    for (size_t i = first; i < evaluation->day_count; i++) {
        const struct day_row *row = &point->rows[i];

        if (evaluation->days[i].side != SIDE_WINDOW)
            continue;
        out->expected += row->expected;
        out->count += row->count;
        out->valid += row->valid;
        add_day(&out->all, row);
        out->night.expected += row->night_expected;
        out->night.valid += row->night_valid;
    }
    find_gap(evaluation, point, first, &out->gap);
}

bool point_week(const struct evaluation *evaluation, const struct eval_point *point, size_t index,
                struct share *share)
{
    *share = (struct share){0, 0};
    if (!evaluation->days[index].monday || index + 7 > evaluation->day_count ||
        evaluation->days[index].side != SIDE_WINDOW)
        return false;
    for (size_t i = index; i < index + 7; i++)
        add_day(share, &point->rows[i]);
    return true;
}

/* Criteria ---------------------------------------------------------------------------------- */

/* The numbers of valid days of one side from `first` on, in order of time. */
static size_t gather(const struct evaluation *evaluation, const struct criterion *criterion,
                     enum side side, size_t first, double *values)
{
    size_t count = 0;

    for (size_t i = first; i < evaluation->day_count; i++)
        if (evaluation->days[i].side == side && criterion->units[i].valid)
            values[count++] = criterion->units[i].value;
    return count;
}

static void count_days(const struct evaluation *evaluation, const struct criterion *criterion,
                       size_t first, struct criterion_findings *out)
{
    for (size_t i = first; i < evaluation->day_count; i++) {
        const struct unit *unit = &criterion->units[i];

        if (evaluation->days[i].side != SIDE_WINDOW || !unit->judged)
            continue;
        out->days++;
        out->valid += unit->valid;
        out->exceeded += unit->exceeded;
        out->percentile_over +=
            unit->valid && criterion_exceeds(criterion, criterion->last, unit->value);
    }
}

static uint32_t last_run(const struct evaluation *evaluation, const struct criterion *criterion,
                         size_t first)
{
    uint32_t run = 0;

    for (size_t i = evaluation->day_count; i-- > first;) {
        const struct unit *unit = &criterion->units[i];

        if (evaluation->days[i].side != SIDE_WINDOW || !unit->judged)
            continue;
        if (unit->exceeded || (!unit->valid && !evaluation->terms->run_skips_invalid))
            break;
        run += unit->valid;
    }
    return run;
}

/* Days in order, one place a day: what is missing parts its neighbours. */
static double correlate(const struct evaluation *evaluation, const struct criterion *criterion,
                        size_t first, double *values)
{
    size_t count = 0;

    for (size_t i = first; i < evaluation->day_count; i++)
        if (evaluation->days[i].side == SIDE_WINDOW)
            values[count++] = criterion->units[i].valid ? criterion->units[i].value : NAN;
    return neighbour_correlation(values, count);
}

static void find_percentiles(const struct verdict_terms *terms, const struct criterion *criterion,
                             double *values, size_t count, struct criterion_findings *out)
{
    const struct bound *bound = &criterion->last->bound;

    out->value = out->low_value = NAN;
    out->percentile_good = count > 0;
    if (count == 0)
        return;
    sort_ascending(values, count);
    if (bound->kind != BOUND_BELOW) {
        out->value = percentile_of(values, count, terms->percentile / 100.0);
        out->percentile_good = !criterion_exceeds(criterion, criterion->last, out->value);
    }
    if (bound->kind != BOUND_ABOVE) {
        out->low_value = percentile_of(values, count, (100.0 - terms->percentile) / 100.0);
        out->percentile_good =
            out->percentile_good && !criterion_exceeds(criterion, criterion->last, out->low_value);
    }
}

static void find_bounds(const struct verdict_terms *terms, struct criterion_findings *out)
{
    double confidence = terms->confidence / 100.0;

    out->bound = share_upper_bound(out->exceeded, out->valid, confidence) * 100.0;
    out->n_eff = effective_count(out->valid, out->r);
    out->k_eff =
        out->valid == 0
            ? 0
            : (uint32_t)(((uint64_t)out->exceeded * out->n_eff + out->valid - 1) / out->valid);
    out->bound_eff = share_upper_bound(out->k_eff, out->n_eff, confidence) * 100.0;
}

bool criterion_is_bounded(const struct verdict_terms *terms, const struct criterion_findings *found)
{
    return found->bound <= terms->rate_bound &&
           (!terms->decide_by_effective || found->bound_eff <= terms->rate_bound);
}

bool criterion_find(const struct evaluation *evaluation, const struct criterion *criterion,
                    size_t first, struct criterion_findings *out)
{
    double *values = calloc(evaluation->day_count + 1, sizeof *values);
    size_t count;

    *out = (struct criterion_findings){0};
    if (values == NULL)
        return false;
    count_days(evaluation, criterion, first, out);
    out->last_run = last_run(evaluation, criterion, first);
    out->r = correlate(evaluation, criterion, first, values);
    find_bounds(evaluation->terms, out);
    count = gather(evaluation, criterion, SIDE_WINDOW, first, values);
    find_percentiles(evaluation->terms, criterion, values, count, out);
    free(values);
    return true;
}

/* Before and after -------------------------------------------------------------------------- */

/* Whether the point was described otherwise before: then its values are of another making. */
static bool was_changed_before(const struct evaluation *evaluation, const struct eval_point *point)
{
    for (size_t i = 0; i < evaluation->doubt_count; i++) {
        const struct eval_doubt *doubt = &evaluation->doubts[i];

        if (strcmp(doubt->kind, "settings_changed") == 0 &&
            strcmp(doubt->point, point->sheet->point) == 0 &&
            (!wall_is_known(doubt->time) || doubt->time.ms < evaluation->window.start.ms))
            return true;
    }
    return false;
}

static void compare(const struct evaluation *evaluation, const struct criterion *criterion,
                    double *before, double *after, size_t after_count, double *room,
                    struct comparison *out)
{
    bool lower = criterion->last->bound.kind == BOUND_ABOVE;
    struct rank_test test;

    rank_test(after, after_count, before, out->valid, lower ? SHIFT_LOWER : SHIFT_HIGHER, room,
              &test);
    sort_ascending(before, out->valid);
    sort_ascending(after, after_count);
    out->tested = true;
    out->u = test.u;
    out->z = test.z;
    out->p = test.p;
    out->median = percentile_of(before, out->valid, 0.5);
    out->median_after = percentile_of(after, after_count, 0.5);
    out->shift = shift_estimate(after, after_count, before, out->valid);
    out->better = out->p < evaluation->terms->p &&
                  (lower ? out->median_after < out->median : out->median_after > out->median);
}

static void look_before(const struct evaluation *evaluation, const struct criterion *criterion,
                        struct comparison *out)
{
    for (size_t i = 0; i < evaluation->day_count; i++) {
        const struct unit *unit = &criterion->units[i];

        if (evaluation->days[i].side != SIDE_BEFORE)
            continue;
        out->there = true;
        if (!unit->valid)
            continue;
        out->valid++;
        out->exceeded += criterion_exceeds(criterion, criterion->last, unit->value);
    }
}

bool criterion_compare(const struct evaluation *evaluation, const struct eval_point *point,
                       const struct criterion *criterion, struct comparison *out)
{
    size_t days = evaluation->day_count + 1;
    double *values = calloc(4 * days, sizeof *values);
    size_t after_count;

    *out = (struct comparison){
        .median = NAN, .median_after = NAN, .u = NAN, .z = NAN, .p = NAN, .shift = NAN};
    if (values == NULL)
        return false;
    look_before(evaluation, criterion, out);
    gather(evaluation, criterion, SIDE_BEFORE, 0, values);
    after_count = gather(evaluation, criterion, SIDE_WINDOW, 0, values + days);
    if (criterion->last->bound.kind == BOUND_BETWEEN)
        out->why = "two_bounds";
    else if (was_changed_before(evaluation, point))
        out->why = "settings_changed";
    else if (out->valid < (uint64_t)evaluation->terms->least_days ||
             after_count < (uint64_t)evaluation->terms->least_days)
        out->why = "too_few_days";
    else
        compare(evaluation, criterion, values, values + days, after_count, values + 2 * days, out);
    out->needed =
        out->tested && evaluation->terms->required &&
        (!evaluation->terms->where_exceeded ||
         100.0 * (double)out->exceeded > evaluation->terms->rate_bound * (double)out->valid);
    free(values);
    return true;
}
