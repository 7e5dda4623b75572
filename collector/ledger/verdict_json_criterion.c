/* A criterion in verdict.json: its stages, its numbers, what exceeded, and the comparison with
 * before.
 */
#include <stdio.h>
#include <string.h>

#include "ledger/problem.h"
#include "ledger/verdict_json.h"

/* Parts ------------------------------------------------------------------------------------- */

json_t *verdict_real(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

json_t *verdict_words(const char *text)
{
    return text[0] == '\0' ? json_null() : json_string(text);
}

json_t *verdict_moment(struct wall_time time)
{
    char text[WALL_TEXT];

    return verdict_words(wall_text(time, text));
}

static json_t *bound_json(const struct bound *bound)
{
    switch (bound->kind) {
    case BOUND_ABOVE:
        return json_pack("{s:o}", "above", verdict_real(bound->high));
    case BOUND_BELOW:
        return json_pack("{s:o}", "below", verdict_real(bound->low));
    case BOUND_BETWEEN:
        break;
    }
    return json_pack("{s:[o, o]}", "between", verdict_real(bound->low), verdict_real(bound->high));
}

static json_t *edition(const struct limit *limit)
{
    char text[STANDARD_SIZE + 20];

    if (limit == NULL)
        return json_null();
    snprintf(text, sizeof text, "%s-%s", limit->standard, limit->edition);
    return json_string(text);
}

static json_t *limit_json(const struct limit *limit)
{
    if (limit == NULL)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "standard", limit->standard, "edition",
                     limit->edition, "title", limit->title, "clause", limit->clause, "class",
                     limit->class_, "verified", limit->verified, "source", limit->source);
}

static json_t *stages_json(const struct lane *lane)
{
    json_t *list = json_array();

    for (size_t i = 0; i < lane->stage_count; i++) {
        const struct stage *stage = &lane->stages[i];

        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "from", verdict_moment(stage->from), "to",
                      verdict_moment(stage->to), "bound", bound_json(&stage->bound), "decimals",
                      stage->bound.decimals == DECIMALS_ALL ? json_null()
                                                            : json_integer(stage->bound.decimals),
                      "per_day", stage->per_day < 0 ? json_null() : json_integer(stage->per_day),
                      "limit", limit_json(stage->limit)));
    }
    return list;
}

/* Criteria ---------------------------------------------------------------------------------- */

static json_t *numbers_json(const struct evaluation *evaluation, const struct criterion *criterion,
                            enum side side)
{
    json_t *list = json_array();

    for (size_t i = 0; i < evaluation->day_count; i++) {
        const struct unit *unit = &criterion->units[i];

        if (evaluation->days[i].side == side && unit->judged)
            json_array_append_new(list,
                                  json_pack("{s:s, s:o, s:b, s:b}", "day", evaluation->days[i].date,
                                            "value", verdict_real(unit->value), "valid",
                                            unit->valid, "exceeded", unit->exceeded));
    }
    return list;
}

/* How far it was beyond an upper bound, as a multiple of it, where the field has one. */
static double multiple_of(const struct eval_point *point, const struct exceedance *exceedance)
{
    const struct bound *bound = &exceedance->stage->bound;

    if (bound->kind == BOUND_BELOW || !(bound->high > 0.0) || !(exceedance->value > bound->high) ||
        !parameter_has_multiple(point->parameter))
        return NAN;
    return (exceedance->value - bound->high) / bound->high;
}

static json_t *exceedances_json(const struct eval_point *point, const struct criterion *criterion)
{
    json_t *list = json_array();

    for (size_t i = 0; i < criterion->exceedance_count; i++) {
        const struct exceedance *exceedance = &criterion->exceedances[i];

        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o}", "start",
                                              verdict_moment(exceedance->span.start), "end",
                                              verdict_moment(exceedance->span.end), "value",
                                              verdict_real(exceedance->value), "bound",
                                              bound_json(&exceedance->stage->bound), "multiple",
                                              verdict_real(multiple_of(point, exceedance))));
    }
    return list;
}

static json_t *before_json(const struct evaluation *evaluation, const struct eval_point *point,
                           const struct criterion *criterion)
{
    struct comparison found;

    if (!criterion_compare(evaluation, point, criterion, &found) || !found.there)
        return json_null();
    return json_pack("{s:b, s:b, s:s?, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "tested",
                     found.tested, "needed", found.needed, "why", found.why, "valid_days",
                     (json_int_t)found.valid, "exceeded_days", (json_int_t)found.exceeded,
                     "edition", edition(criterion->last->limit), "median",
                     verdict_real(found.median), "median_after", verdict_real(found.median_after),
                     "u", verdict_real(found.u), "z", verdict_real(found.z), "p",
                     verdict_real(found.p), "shift", verdict_real(found.shift), "numbers",
                     numbers_json(evaluation, criterion, SIDE_BEFORE));
}

static json_t *percentile_json(const struct evaluation *evaluation,
                               const struct criterion *criterion,
                               const struct criterion_findings *found)
{
    double p = evaluation->terms->percentile;
    bool low = criterion->last->bound.kind != BOUND_ABOVE;
    bool high = criterion->last->bound.kind != BOUND_BELOW;

    return json_pack("{s:o, s:o, s:o, s:o}", "p", high ? verdict_real(p) : verdict_real(100.0 - p),
                     "value", high ? verdict_real(found->value) : verdict_real(found->low_value),
                     "low_p", high && low ? verdict_real(100.0 - p) : json_null(), "low_value",
                     high && low ? verdict_real(found->low_value) : json_null());
}

json_t *verdict_criterion_json(const struct evaluation *evaluation, int point, size_t index)
{
    static const char *const whens[] = {"always", "day", "night"};
    const struct eval_point *of = &evaluation->points[point];
    const struct criterion *criterion = &of->criteria[index];
    struct criterion_findings found;
    json_t *json;

    if (!criterion_find(evaluation, criterion, 0, &found))
        return NULL;
    json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s}", "rule", criterion->rule->rule.name,
                  "title", criterion->rule->rule.title, "period", period_word(criterion->period),
                  "statistic", statistic_word(criterion->statistic), "when", whens[criterion->when],
                  "rank", criterion->worst ? json_integer(criterion->rank) : json_null(), "stages",
                  stages_json(criterion->lane), "answer",
                  verdict_word(reasons_answer(evaluation, point, criterion)));
    json_object_update_new(
        json, json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:o, s:I}", "days",
                        (json_int_t)found.days, "valid_days", (json_int_t)found.valid,
                        "exceeded_days", (json_int_t)found.exceeded, "rate",
                        verdict_real(100.0 * (double)found.exceeded / (double)found.valid), "bound",
                        verdict_real(found.bound), "r", verdict_real(found.r), "n_eff",
                        (json_int_t)found.n_eff, "k_eff", (json_int_t)found.k_eff, "bound_eff",
                        verdict_real(found.bound_eff), "last_run", (json_int_t)found.last_run));
    json_object_update_new(
        json,
        json_pack("{s:o, s:o, s:s, s:o, s:I, s:o}", "percentile",
                  percentile_json(evaluation, criterion, &found), "numbers",
                  numbers_json(evaluation, criterion, SIDE_WINDOW), "exceedances_of",
                  period_word(criterion->listed), "exceedances", exceedances_json(of, criterion),
                  "exceedances_left_out", (json_int_t)criterion->exceedances_left_out, "before",
                  before_json(evaluation, of, criterion)));
    return json;
}
