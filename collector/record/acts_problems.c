/* Acts on problems: they are checked here and done by judge_event(). */
#include <stdio.h>

#include "base/say.h"
#include "record/acts_inside.h"
#include "store/reader.h"

static bool note_state(void *self, const char *body)
{
    (void)body;
    *(bool *)self = true;
    return true;
}

/* No problem of this uid waits: was there one? */
static bool refuse_uid(struct act_call *call, const char *uid, struct error *err)
{
    struct reader *reader = reader_open(store_dir(call->store), err);
    bool known = false;
    bool asked =
        reader != NULL && reader_problems(reader, NULL, NULL, NULL, uid, note_state, &known, err);

    reader_close(reader);
    if (!asked)
        return false;
    if (known)
        return error_set(err, ERROR_REFUSED,
                         SAY("问题 %.40s 已经关闭；再次超标会是一个新问题",
                             "problem %.40s is closed; another breach will be a new problem"),
                         uid);
    return error_set(err, ERROR_NOT_FOUND,
                     SAY("没有编号为 %.40s 的问题；用 lookback problems 查看全部编号",
                         "there is no problem %.40s; lookback problems lists them all"),
                     uid);
}

/* The problem the act is about; NULL with a sentence. */
static const struct problem *take_problem(struct act_call *call, struct error *err)
{
    const char *uid = act_text(call, "uid", err);
    const struct problem *problem;
    char what[80];

    if (uid == NULL)
        return NULL;
    snprintf(what, sizeof what, SAY("问题 %.40s", "problem %.40s"), uid);
    if (!act_in_time(call, what, err))
        return NULL;
    problem = judge_problem(call->judge, uid);
    if (problem == NULL)
        refuse_uid(call, uid, err);
    return problem;
}

static bool check_acknowledge(struct act_call *call, struct error *err)
{
    const struct problem *problem = take_problem(call, err);
    char since[WALL_TEXT];

    if (problem == NULL)
        return false;
    return !wall_is_known(problem->acknowledged) ||
           error_set(err, ERROR_REFUSED,
                     SAY("问题 %s 已由 %s 于 %s 确认", "problem %s was acknowledged by %s at %s"),
                     problem->uid, problem->acknowledged_by,
                     act_local_time(problem->acknowledged, since));
}

static bool check_close(struct act_call *call, struct error *err)
{
    const struct problem *problem = take_problem(call, err);
    char first[WALL_TEXT];

    if (problem == NULL || act_note(call, err) == NULL)
        return false;
    return !problem_is_running(problem) ||
           error_set(
               err, ERROR_REFUSED,
               SAY("问题 %s 仍在超标（始于 %s），不能关闭；待读数恢复后再关闭",
                   "problem %s is still being breached (since %s) and cannot be closed; close "
                   "it when readings have recovered"),
               problem->uid, act_local_time(problem->first, first));
}

const struct act_kind problem_acts[] = {
    {"problem.acknowledge", check_acknowledge, NULL},
    {"problem.close",       check_close,       NULL},
    {NULL,                  NULL,              NULL},
};
