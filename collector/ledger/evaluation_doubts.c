/* What problems and doubts mean to the verdict: a relapse, an exceedance that is none, something
 * that somebody must answer for.
 */
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "ledger/evaluation_inside.h"

static const char *words_of(const json_t *from, const char *key)
{
    const char *words = json_string_value(json_object_get(from, key));

    return words == NULL ? "" : words;
}

static struct wall_time moment_of(const json_t *from, const char *key)
{
    struct wall_time time;

    return moment_parse(words_of(from, key), &time) ? time : WALL_NONE;
}

static size_t find_point(const struct evaluation *evaluation, const char *name)
{
    for (size_t i = 0; i < evaluation->point_count; i++)
        if (strcmp(evaluation->points[i].sheet->point, name) == 0)
            return i;
    return evaluation->point_count;
}

static bool is_relapse_of(const json_t *problem, const char *task)
{
    const json_t *list = json_object_get(problem, "relapse_of");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));

        if (id != NULL && strcmp(id, task) == 0)
            return true;
    }
    return false;
}

/* Whether it says that what was measured meanwhile is worth nothing, and nobody has looked at it.
 */
static bool is_lasting(const struct verdict_terms *terms, const json_t *doubt)
{
    const char *rule = words_of(doubt, "rule");

    for (int i = 0; i < SCREEN_COUNT; i++)
        if ((terms->lasting >> i & 1u) != 0 && screen_is_rule((enum screen_test)i, rule))
            return !json_is_object(json_object_get(doubt, "acknowledged"));
    return false;
}

/* Whether somebody must still answer for a doubt. */
static bool is_unanswered(const struct verdict_terms *terms, const json_t *doubt)
{
    const char *state = words_of(doubt, "state");
    bool screening = strncmp(words_of(doubt, "rule"), "screen-", strlen("screen-")) == 0;

    if (!terms->blocks[screening ? DOUBT_SCREENING : DOUBT_RULE])
        return false;
    if (terms->until == UNTIL_OPEN ? strcmp(state, "open") == 0 : strcmp(state, "closed") != 0)
        return true;
    return is_lasting(terms, doubt);
}

static enum problem_standing standing_of(const struct evaluation *evaluation,
                                         const struct eval_problem *problem)
{
    const json_t *body = problem->body;
    const char *state = words_of(body, "state");
    bool touches = problem->first.ms < evaluation->window.end.ms &&
                   (problem->last.ms >= evaluation->window.start.ms || strcmp(state, "open") == 0);

    if (strcmp(words_of(body, "nature"), "doubt") == 0)
        return touches && is_unanswered(evaluation->terms, body) ? PROBLEM_DOUBTS_AND_BLOCKS
                                                                 : PROBLEM_DOUBTS;
    if (wall_is_known(evaluation->struck_off) && problem->first.ms >= evaluation->struck_off.ms &&
        problem->first.ms < evaluation->window.end.ms && is_relapse_of(body, evaluation->task))
        return PROBLEM_RELAPSES;
    return touches ? PROBLEM_BREACH : PROBLEM_ELSEWHEN;
}

bool evaluation_problem(struct evaluation *evaluation, const json_t *body, struct error *err)
{
    struct eval_problem problem = {.first = moment_of(body, "first"),
                                   .last = moment_of(body, "last"),
                                   .point = find_point(evaluation, words_of(body, "point"))};

    if (!wall_is_known(problem.first) || !wall_is_known(problem.last) ||
        words_of(body, "uid")[0] == '\0')
        return error_set(
            err, ERROR_WRONG_USE,
            SAY("问题 %.40s 缺少 uid、first 或 last", "problem %.40s: no uid, first or last"),
            words_of(body, "uid"));
    if (problem.point == evaluation->point_count || problem.first.ms >= evaluation->span.end.ms)
        return true;
    if (!eval_grow((void **)&evaluation->problems, evaluation->problem_count,
                   &evaluation->problem_room, sizeof *evaluation->problems) ||
        (problem.body = json_deep_copy(body)) == NULL)
        return eval_no_memory(err);
    problem.standing = standing_of(evaluation, &problem);
    problem.is_over = strcmp(words_of(body, "state"), "open") != 0;
    evaluation->problems[evaluation->problem_count++] = problem;
    return true;
}

/* verdict.conf decides of what it speaks of; how large a step of the clock is knows the caller. */
static bool does_block(const struct verdict_terms *terms, const char *kind, bool blocks)
{
    if (strcmp(kind, "clock_step") == 0)
        return blocks && terms->blocks[DOUBT_CLOCK_STEP];
    if (strcmp(kind, "settings_changed") == 0)
        return terms->blocks[DOUBT_SETTINGS_CHANGED];
    if (strcmp(kind, "unsealed") == 0)
        return terms->blocks[DOUBT_UNSEALED];
    return blocks;
}

bool evaluation_doubt(struct evaluation *evaluation, const char *kind, bool blocks,
                      struct wall_time time, const char *point, const char *zh, const char *en,
                      struct error *err)
{
    struct eval_doubt *doubt;

    if (!eval_grow((void **)&evaluation->doubts, evaluation->doubt_count, &evaluation->doubt_room,
                   sizeof *evaluation->doubts))
        return eval_no_memory(err);
    doubt = &evaluation->doubts[evaluation->doubt_count++];
    *doubt =
        (struct eval_doubt){.blocks = does_block(evaluation->terms, kind, blocks), .time = time};
    if (wall_is_known(time) &&
        (time.ms < evaluation->window.start.ms || time.ms >= evaluation->window.end.ms))
        doubt->blocks = false;
    snprintf(doubt->kind, sizeof doubt->kind, "%s", kind);
    snprintf(doubt->point, sizeof doubt->point, "%s", point);
    snprintf(doubt->zh, sizeof doubt->zh, "%s", zh);
    snprintf(doubt->en, sizeof doubt->en, "%s", en);
    utf8_mend(doubt->zh);
    utf8_mend(doubt->en);
    return true;
}
