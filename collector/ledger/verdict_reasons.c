/* Why it is not held: each reason as a word, and as a sentence in both languages. Those of the task
 * as a whole; verdict_shortfalls.c has those of its points.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "ledger/evaluation_inside.h"

static const char *const words[REASON_COUNT] = {
    [REASON_RELAPSED] = "relapsed",
    [REASON_NOT_STRUCK_OFF] = "not_struck_off",
    [REASON_NO_POINTS] = "no_points",
    [REASON_NO_RULE] = "no_rule",
    [REASON_NO_DATA] = "no_data",
    [REASON_BREACH] = "breach",
    [REASON_DOUBT] = "doubt",
    [REASON_PRUNED] = "pruned",
    [REASON_EXCEEDS_TOO_OFTEN] = "exceeds_too_often",
    [REASON_PERCENTILE] = "percentile",
    [REASON_GAP] = "gap",
    [REASON_INCOMPLETE] = "incomplete",
    [REASON_NO_IMPROVEMENT] = "no_improvement",
    [REASON_WATCH_NOT_OVER] = "watch_not_over",
    [REASON_TOO_FEW_DAYS] = "too_few_days",
    [REASON_LAST_RUN] = "last_run",
};

const char *reason_word(enum reason_kind kind)
{
    return words[kind];
}

struct reason *reason_add(struct evaluation *evaluation, enum reason_kind kind, int point,
                          int criterion, struct wall_time provable_from)
{
    struct reason *reason;

    if (!eval_grow((void **)&evaluation->reasons, evaluation->reason_count,
                   &evaluation->reason_room, sizeof *evaluation->reasons)) {
        evaluation->no_memory = true;
        return NULL;
    }
    reason = &evaluation->reasons[evaluation->reason_count++];
    *reason = (struct reason){
        .kind = kind, .point = point, .criterion = criterion, .provable_from = provable_from};
    return reason;
}

void reason_say(struct reason *reason, const struct both *before, const char *zh, const char *en,
                ...)
{
    size_t size = sizeof reason->zh;
    va_list args;

    if (reason == NULL)
        return;
    snprintf(reason->zh, size, "%s", before == NULL ? "" : before->zh);
    snprintf(reason->en, size, "%s", before == NULL ? "" : before->en);
    va_start(args, en);
    vsnprintf(reason->zh + strlen(reason->zh), size - strlen(reason->zh), zh, args);
    va_end(args);
    va_start(args, en);
    vsnprintf(reason->en + strlen(reason->en), size - strlen(reason->en), en, args);
    va_end(args);
    utf8_mend(reason->zh);
    utf8_mend(reason->en);
}

static void reason_of_rule(struct reason *reason, const char *rule)
{
    if (reason != NULL)
        snprintf(reason->rule, sizeof reason->rule, "%s", rule);
}

struct both both_of_point(const struct point_sheet *sheet)
{
    struct both both;

    snprintf(both.zh, sizeof both.zh, "%s（%s）：", sheet->parameter_zh, sheet->point);
    snprintf(both.en, sizeof both.en, "%s (%s): ", sheet->parameter_en, sheet->point);
    return both;
}

/* Problems ---------------------------------------------------------------------------------- */

static const char *rule_of(const struct eval_problem *problem)
{
    const char *rule = json_string_value(json_object_get(problem->body, "rule"));

    return rule == NULL ? "" : rule;
}

/* The problems of one rule at one point that stand alike: how many, and from when to when. */
struct group {
    size_t count;
    struct wall_time first, last;
};

static struct group group_of(const struct evaluation *evaluation, const struct eval_problem *like)
{
    struct group group = {0, like->first, like->last};

    for (size_t i = 0; i < evaluation->problem_count; i++) {
        const struct eval_problem *problem = &evaluation->problems[i];

        if (problem->standing != like->standing || problem->point != like->point ||
            strcmp(rule_of(problem), rule_of(like)) != 0)
            continue;
        group.count++;
        if (problem->first.ms < group.first.ms)
            group.first = problem->first;
        if (problem->last.ms > group.last.ms)
            group.last = problem->last;
    }
    return group;
}

static bool is_first_of_group(const struct evaluation *evaluation, size_t index)
{
    const struct eval_problem *like = &evaluation->problems[index];

    for (size_t i = 0; i < index; i++)
        if (evaluation->problems[i].standing == like->standing &&
            evaluation->problems[i].point == like->point &&
            strcmp(rule_of(&evaluation->problems[i]), rule_of(like)) == 0)
            return false;
    return true;
}

static void say_problems(struct evaluation *evaluation, size_t index)
{
    const struct eval_problem *problem = &evaluation->problems[index];
    const struct both before = both_of_point(evaluation->points[problem->point].sheet);
    bool relapse = problem->standing == PROBLEM_RELAPSES;
    struct group group = group_of(evaluation, problem);
    char first[DATE_SIZE], last[DATE_SIZE];
    struct reason *reason;

    eval_date(group.first, first);
    eval_date(group.last, last);
    reason = reason_add(evaluation, relapse ? REASON_RELAPSED : REASON_BREACH, (int)problem->point,
                        NONE, WALL_NONE);
    reason_of_rule(reason, rule_of(problem));
    if (relapse)
        reason_say(
            reason, &before, "销号后又超标，回潮问题 %zu 个，首次 %s，最近 %s",
            "exceeded again after the strike-off, %zu of its problems are relapses, first on "
            "%s, last on %s",
            group.count, first, last);
    else
        reason_say(reason, &before, "期间有不算回潮的超标问题 %zu 个，首次 %s，最近 %s",
                   "%zu problems inside this time are no relapse of the task, first on %s, last on "
                   "%s",
                   group.count, first, last);
}

static void find_problems(struct evaluation *evaluation)
{
    for (size_t i = 0; i < evaluation->problem_count; i++)
        if ((evaluation->problems[i].standing == PROBLEM_RELAPSES ||
             evaluation->problems[i].standing == PROBLEM_BREACH) &&
            is_first_of_group(evaluation, i))
            say_problems(evaluation, i);
}

/* Doubts ------------------------------------------------------------------------------------ */

static int point_named(const struct evaluation *evaluation, const char *name)
{
    for (size_t i = 0; i < evaluation->point_count; i++)
        if (strcmp(evaluation->points[i].sheet->point, name) == 0)
            return (int)i;
    return NONE;
}

static bool is_same_doubt(const struct eval_doubt *one, const struct eval_doubt *other)
{
    return one->blocks && other->blocks && strcmp(one->kind, other->kind) == 0 &&
           strcmp(one->point, other->point) == 0;
}

static bool is_pruned(const struct eval_doubt *doubt)
{
    return strcmp(doubt->kind, "pruned") == 0 || strcmp(doubt->kind, "rows_removed") == 0;
}

/* One of each kind at each point, with how many there are. */
static void say_doubt(struct evaluation *evaluation, const struct outlook *outlook, size_t index)
{
    const struct eval_doubt *doubt = &evaluation->doubts[index];
    bool healed = !outlook->never && outlook_heals(doubt);
    size_t count = 0;
    struct reason *reason;
    struct both before;

    for (size_t i = 0; i < evaluation->doubt_count; i++) {
        if (!is_same_doubt(&evaluation->doubts[i], doubt))
            continue;
        if (i < index)
            return;
        count++;
    }
    reason =
        reason_add(evaluation, is_pruned(doubt) ? REASON_PRUNED : REASON_DOUBT,
                   point_named(evaluation, doubt->point), NONE, healed ? outlook->full : WALL_NONE);
    snprintf(before.zh, sizeof before.zh, "%s", doubt->zh);
    snprintf(before.en, sizeof before.en, "%s", doubt->en);
    if (count > 1)
        reason_say(reason, &before, "（这类共 %zu 处）", " (%zu of this kind)", count);
    else
        reason_say(reason, &before, "", "");
}

static void find_doubts(struct evaluation *evaluation, const struct outlook *outlook)
{
    for (size_t i = 0; i < evaluation->doubt_count; i++)
        if (evaluation->doubts[i].blocks)
            say_doubt(evaluation, outlook, i);
}

/* A doubt of the screening or of a rule is a problem that nobody has answered for yet. */
static void say_open_doubt(struct evaluation *evaluation, const struct outlook *outlook,
                           const struct eval_problem *problem)
{
    const struct point_sheet *sheet = evaluation->points[problem->point].sheet;
    const struct both about = eval_doubt_sentence(sheet, rule_of(problem));
    bool healed = problem->is_over && !outlook->never;
    struct both before = both_of_point(sheet);
    char first[DATE_SIZE], last[DATE_SIZE];
    struct reason *reason;

    eval_date(problem->first, first);
    eval_date(problem->last, last);
    snprintf(before.zh + strlen(before.zh), sizeof before.zh - strlen(before.zh), "%s", about.zh);
    snprintf(before.en + strlen(before.en), sizeof before.en - strlen(before.en), "%s", about.en);
    reason = reason_add(evaluation, REASON_DOUBT, (int)problem->point, NONE,
                        healed ? outlook->full : WALL_NONE);
    reason_of_rule(reason, rule_of(problem));
    if (problem->is_over)
        reason_say(reason, &before, "；%s 至 %s，没有人确认过",
                   "; from %s to %s, nobody has answered for it", first, last);
    else
        reason_say(reason, &before, "；%s 起，还没有恢复", "; since %s, not over yet", first);
}

static void find_open_doubts(struct evaluation *evaluation, const struct outlook *outlook)
{
    for (size_t i = 0; i < evaluation->problem_count; i++)
        if (evaluation->problems[i].standing == PROBLEM_DOUBTS_AND_BLOCKS)
            say_open_doubt(evaluation, outlook, &evaluation->problems[i]);
}

/* The task ---------------------------------------------------------------------------------- */

static void find_watch(struct evaluation *evaluation, const struct outlook *outlook)
{
    const int64_t day_ms = 86400000;
    struct wall_time full = {evaluation->window.start.ms + evaluation->watch_ms};
    char from[DATE_SIZE], until[DATE_SIZE];

    if (!wall_is_known(evaluation->struck_off)) {
        reason_say(reason_add(evaluation, REASON_NOT_STRUCK_OFF, NONE, NONE, WALL_NONE), NULL,
                   "任务没有销号，巩固期还没有开始",
                   "the task is not struck off: no watch period has begun");
        return;
    }
    if (evaluation->window.end.ms >= full.ms)
        return;
    eval_date(evaluation->window.start, from);
    eval_date(full, until);
    reason_say(reason_add(evaluation, REASON_WATCH_NOT_OVER, NONE, NONE,
                          outlook->never ? WALL_NONE : outlook->full),
               NULL, "从 %s 算起要满 %d 天，到 %s 才满",
               "counted from %s it takes %d days, which are full on %s", from,
               (int)((evaluation->watch_ms + day_ms / 2) / day_ms), until);
}

/* By kind; those of a kind as they were found. */
static void sort_reasons(struct evaluation *evaluation)
{
    struct reason *list = evaluation->reasons;

    for (size_t i = 1; i < evaluation->reason_count; i++) {
        struct reason one = list[i];
        size_t place = i;

        for (; place > 0 && list[place - 1].kind > one.kind; place--)
            list[place] = list[place - 1];
        list[place] = one;
    }
}

bool reasons_find(struct evaluation *evaluation, const struct outlook *outlook)
{
    evaluation->reason_count = 0;
    find_watch(evaluation, outlook);
    if (evaluation->point_count == 0)
        reason_say(reason_add(evaluation, REASON_NO_POINTS, NONE, NONE, WALL_NONE), NULL,
                   "没有监测点盯着这项任务", "no point watches this task");
    find_problems(evaluation);
    find_open_doubts(evaluation, outlook);
    find_doubts(evaluation, outlook);
    for (size_t i = 0; i < evaluation->point_count; i++)
        reasons_of_point(evaluation, outlook, (int)i);
    sort_reasons(evaluation);
    if (evaluation->reason_count > 0 && evaluation->reasons[0].kind == REASON_RELAPSED)
        for (size_t i = 0; i < evaluation->reason_count; i++)
            evaluation->reasons[i].provable_from = WALL_NONE; /* no day undoes it */
    return !evaluation->no_memory;
}

/* What is said of the whole task is said of each of its points, and so on. */
enum verdict_answer reasons_answer(const struct evaluation *evaluation, int point,
                                   const struct criterion *criterion)
{
    enum verdict_answer answer = VERDICT_HELD;

    for (size_t i = 0; i < evaluation->reason_count; i++) {
        const struct reason *reason = &evaluation->reasons[i];
        bool elsewhere =
            (point != NONE && reason->point != NONE && reason->point != point) ||
            (criterion != NULL && reason->criterion != NONE &&
             &evaluation->points[point].criteria[reason->criterion] != criterion) ||
            (criterion != NULL && reason->criterion == NONE && reason->rule[0] != '\0' &&
             reason->kind != REASON_DOUBT && strcmp(reason->rule, criterion->rule->rule.name) != 0);

        if (elsewhere)
            continue;
        if (reason->kind == REASON_RELAPSED)
            return VERDICT_RELAPSED;
        answer = VERDICT_NOT_PROVEN;
    }
    return answer;
}
