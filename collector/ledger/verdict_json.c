/* verdict.json: what was concluded and everything it rests on, as VERDICT.md describes it. */
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "ledger/evaluation_inside.h"
#include "ledger/screen.h"
#include "ledger/verdict_json.h"

const char *verdict_word(enum verdict_answer answer)
{
    static const char *const words[] = {"held", "relapsed", "not_proven"};

    return words[answer];
}

const char *verdict_title(enum verdict_answer answer)
{
    static const char *const zh[] = {"已守住", "已回潮", "不能证明"};
    static const char *const en[] = {"held", "relapsed", "not proven"};

    return SAY(zh[answer], en[answer]);
}

/* Points ------------------------------------------------------------------------------------ */

static json_t *date(struct wall_time time)
{
    char text[DATE_SIZE];

    eval_date(time, text);
    return json_string(text);
}

static json_t *days_json(const struct evaluation *evaluation, const struct eval_point *point)
{
    static const char *const sides[] = {NULL, "before", "window"};
    json_t *list = json_array();

    for (size_t i = 0; i < evaluation->day_count; i++) {
        const struct eval_day *day = &evaluation->days[i];
        const struct day_row *row = &point->rows[i];

        json_array_append_new(
            list, json_pack("{s:s, s:s?, s:I, s:I, s:I, s:b, s:o, s:o, s:o}", "day", day->date,
                            "side", sides[day->side], "expected", (json_int_t)row->expected,
                            "count", (json_int_t)row->count, "valid", (json_int_t)row->valid,
                            "enough", row->enough, "min", verdict_real(row->min), "mean",
                            verdict_real(row->mean), "max", verdict_real(row->max)));
    }
    return list;
}

static json_t *weeks_json(const struct evaluation *evaluation, const struct eval_point *point)
{
    json_t *list = json_array();
    struct share week;

    for (size_t i = 0; i < evaluation->day_count; i++)
        if (point_week(evaluation, point, i, &week))
            json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:o}", "from",
                                                  evaluation->days[i].date, "expected",
                                                  (json_int_t)week.expected, "valid",
                                                  (json_int_t)week.valid, "completeness",
                                                  verdict_real(share_percent(week))));
    return list;
}

static json_t *gap_json(const struct evaluation *evaluation, const struct stretch_of_days *gap)
{
    if (gap->count == 0)
        return json_pack("{s:i, s:n, s:n}", "days", 0, "from", "to");
    return json_pack("{s:I, s:o, s:o}", "days", (json_int_t)gap->count, "from",
                     date(evaluation->days[gap->first].span.start), "to",
                     date(evaluation->days[gap->first + gap->count - 1].span.end));
}

/* Aggregates know nothing of letters. */
static json_t *letters_json(const struct eval_point *point)
{
    json_t *json = json_object();

    if (!point->has_letters) {
        json_decref(json);
        return json_null();
    }
    for (int i = QUALITY_NORMAL; i <= QUALITY_NO_ANSWER; i++) {
        const char key[2] = {quality_letter((enum quality)i), '\0'};

        json_object_set_new(json, key, json_integer((json_int_t)point->letters[i]));
    }
    return json;
}

static json_t *point_json(const struct evaluation *evaluation, int index)
{
    const struct eval_point *point = &evaluation->points[index];
    const struct point_sheet *sheet = point->sheet;
    json_t *criteria = json_array();
    struct point_findings found;
    json_t *json;

    point_find(evaluation, point, 0, &found);
    for (size_t i = 0; i < point->criterion_count; i++)
        json_array_append_new(criteria, verdict_criterion_json(evaluation, index, i));
    json = json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:i, s:b, s:s}", "point", sheet->point,
                     "parameter", sheet->parameter, "title", "zh", sheet->parameter_zh, "en",
                     sheet->parameter_en, "unit", sheet->unit, "decimals", sheet->decimals,
                     "simulated", sheet->simulated, "answer",
                     verdict_word(reasons_answer(evaluation, index, NULL)));
    json_object_update_new(
        json,
        json_pack("{s:I, s:I, s:I, s:o, s:o, s:{s:I, s:I, s:o}, s:o, s:o, s:o, s:o}", "expected",
                  (json_int_t)found.expected, "count", (json_int_t)found.count, "valid",
                  (json_int_t)found.valid, "completeness", verdict_real(share_percent(found.all)),
                  "weeks", weeks_json(evaluation, point), "night", "expected",
                  (json_int_t)found.night.expected, "valid", (json_int_t)found.night.valid,
                  "completeness", verdict_real(share_percent(found.night)), "longest_gap",
                  gap_json(evaluation, &found.gap), "letters", letters_json(point), "days",
                  days_json(evaluation, point), "criteria", criteria));
    return json;
}

/* The task ---------------------------------------------------------------------------------- */

static json_t *reasons_json(const struct evaluation *evaluation)
{
    json_t *list = json_array();

    for (size_t i = 0; i < evaluation->reason_count; i++) {
        const struct reason *reason = &evaluation->reasons[i];
        const struct eval_point *point =
            reason->point == NONE ? NULL : &evaluation->points[reason->point];
        const char *rule = point == NULL || reason->criterion == NONE
                               ? reason->rule
                               : point->criteria[reason->criterion].rule->rule.name;

        json_array_append_new(
            list,
            json_pack("{s:s, s:s?, s:o, s:o, s:s, s:s, s:o}", "reason", reason_word(reason->kind),
                      "point", point == NULL ? NULL : point->sheet->point, "rule",
                      verdict_words(rule), "part", verdict_words(reason->part), "zh", reason->zh,
                      "en", reason->en, "provable_from", verdict_moment(reason->provable_from)));
    }
    return list;
}

static json_t *problems_json(const struct evaluation *evaluation)
{
    static const char *const copied[] = {"uid",   "point", "rule",  "kind",     "state",
                                         "first", "last",  "ended", "episodes", "worst"};
    json_t *list = json_array();

    for (size_t i = 0; i < evaluation->problem_count; i++) {
        const struct eval_problem *problem = &evaluation->problems[i];
        json_t *json = json_object();

        if (problem->standing == PROBLEM_DOUBTS || problem->standing == PROBLEM_DOUBTS_AND_BLOCKS) {
            json_decref(json);
            continue;
        }
        for (size_t j = 0; j < sizeof copied / sizeof copied[0]; j++)
            json_object_set(json, copied[j], json_object_get(problem->body, copied[j]));
        json_object_set_new(json, "relapse", json_boolean(problem->standing == PROBLEM_RELAPSES));
        json_array_append_new(list, json);
    }
    return list;
}

/* Cannot be NULL where the two are one text. */
struct both eval_doubt_sentence(const struct point_sheet *sheet, const char *rule)
{
    const char *zh = rule;
    const char *en = rule;
    struct both both;

    for (size_t i = 0; i < sheet->rule_count; i++)
        if (strcmp(sheet->rules[i].rule.name, rule) == 0 && sheet->rules[i].rule.title[0] != '\0')
            zh = en = sheet->rules[i].rule.title;
    screen_sentences(rule, &zh, &en);
    snprintf(both.zh, sizeof both.zh, "%s", zh);
    snprintf(both.en, sizeof both.en, "%s", en);
    return both;
}

static json_t *doubt_json(const char *kind, bool blocks, struct wall_time time, const char *point,
                          const char *zh, const char *en)
{
    return json_pack("{s:s, s:b, s:o, s:o, s:s, s:s}", "kind", kind, "blocks", blocks, "time",
                     verdict_moment(time), "point", verdict_words(point), "zh", zh, "en", en);
}

static json_t *doubts_json(const struct evaluation *evaluation)
{
    json_t *list = json_array();

    for (size_t i = 0; i < evaluation->problem_count; i++) {
        const struct eval_problem *problem = &evaluation->problems[i];
        const struct point_sheet *sheet = evaluation->points[problem->point].sheet;
        const char *rule = json_string_value(json_object_get(problem->body, "rule"));
        struct both both;

        if (problem->standing != PROBLEM_DOUBTS && problem->standing != PROBLEM_DOUBTS_AND_BLOCKS)
            continue;
        both = eval_doubt_sentence(sheet, rule == NULL ? "" : rule);
        json_array_append_new(list, doubt_json(rule == NULL ? "" : rule,
                                               problem->standing == PROBLEM_DOUBTS_AND_BLOCKS,
                                               problem->first, sheet->point, both.zh, both.en));
    }
    for (size_t i = 0; i < evaluation->doubt_count; i++) {
        const struct eval_doubt *doubt = &evaluation->doubts[i];

        json_array_append_new(list, doubt_json(doubt->kind, doubt->blocks, doubt->time,
                                               doubt->point, doubt->zh, doubt->en));
    }
    return list;
}

static json_t *maintenance_json(const struct evaluation *evaluation)
{
    json_t *list = json_array();

    for (size_t i = 0; i < evaluation->point_count; i++)
        for (size_t j = 0; j < evaluation->points[i].window_count; j++) {
            const struct span *window = &evaluation->points[i].windows[j];

            if (window->end.ms > evaluation->span.start.ms &&
                window->start.ms < evaluation->span.end.ms)
                json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "point",
                                                      evaluation->points[i].sheet->point, "from",
                                                      verdict_moment(window->start), "to",
                                                      verdict_moment(window->end)));
        }
    return list;
}

static size_t count_side(const struct evaluation *evaluation, enum side side)
{
    size_t count = 0;

    for (size_t i = 0; i < evaluation->day_count; i++)
        count += evaluation->days[i].side == side;
    return count;
}

static json_t *side_json(struct span span, size_t days)
{
    return json_pack("{s:o, s:o, s:I}", "from", verdict_moment(span.start), "to",
                     verdict_moment(span.end), "days", (json_int_t)days);
}

static json_t *before_side_json(const struct evaluation *evaluation)
{
    const struct wall_time off = evaluation->struck_off;
    struct span before = {evaluation->span.start, off};

    if (!wall_is_known(off) || off.ms <= evaluation->span.start.ms)
        return json_null();
    if (off.ms > evaluation->span.end.ms)
        before.end = evaluation->span.end;
    return side_json(before, count_side(evaluation, SIDE_BEFORE));
}

/* One sentence for who reads no more. */
static void summarise(const struct evaluation *evaluation, struct reason *out)
{
    char from[DATE_SIZE], to[DATE_SIZE];

    *out = (struct reason){0};
    eval_date(evaluation->window.start, from);
    eval_date(evaluation->window.end, to);
    if (evaluation->reason_count == 0) {
        reason_say(out, NULL, "%s 至 %s，%zu 个监测点的各项要求全部满足",
                   "from %s to %s, all that is wanted holds at all %zu points", from, to,
                   evaluation->point_count);
        return;
    }
    *out = evaluation->reasons[0];
}

json_t *verdict_write(const struct evaluation *evaluation, const struct outlook *outlook)
{
    enum verdict_answer answer = reasons_answer(evaluation, NONE, NULL);
    struct wall_time provable =
        answer == VERDICT_NOT_PROVEN ? outlook_all(evaluation, outlook) : WALL_NONE;
    json_t *points = json_array();
    struct reason summary;
    json_t *json;

    summarise(evaluation, &summary);
    for (size_t i = 0; i < evaluation->point_count; i++)
        json_array_append_new(points, point_json(evaluation, (int)i));
    json = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s}", "answer", verdict_word(answer), "zh",
        summary.zh, "en", summary.en, "reasons", reasons_json(evaluation), "provable_from",
        verdict_moment(provable), "provable_start",
        verdict_moment(wall_is_known(provable) && outlook->moved ? outlook->start : WALL_NONE),
        "task", evaluation->task, "category", evaluation->category);
    json_object_update_new(
        json,
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "from",
                  verdict_moment(evaluation->span.start), "to",
                  verdict_moment(evaluation->span.end), "struck_off",
                  verdict_moment(evaluation->struck_off), "watch_until",
                  verdict_moment(evaluation->watch_until), "window",
                  side_json(evaluation->window, count_side(evaluation, SIDE_WINDOW)), "before",
                  before_side_json(evaluation), "terms", verdict_terms_json(evaluation->terms),
                  "points", points, "problems", problems_json(evaluation), "doubts",
                  doubts_json(evaluation), "maintenance", maintenance_json(evaluation)));
    return json;
}

/* Short ------------------------------------------------------------------------------------- */

const char *verdict_reason_text(const json_t *reason)
{
    const char *text = json_string_value(json_object_get(reason, SAY("zh", "en")));

    return text == NULL ? "" : text;
}

json_t *verdict_brief(const json_t *verdict)
{
    return json_pack("{s:O, s:s, s:O}", "answer", json_object_get(verdict, "answer"), "reason",
                     verdict_reason_text(verdict), "provable_from",
                     json_object_get(verdict, "provable_from"));
}
