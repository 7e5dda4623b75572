/* Strike-off, and notes on a task: whether a person may, before it is recorded. */
#include "base/say.h"
#include "ledger/terms.h"
#include "record/acts_inside.h"

bool acts_ledger_is_there(const struct act_call *call, struct error *err)
{
    return call->terms != NULL ||
           error_set(err, ERROR_SETTINGS, "%s",
                     SAY("没有 ledger.conf，不能操作台账", "there is no ledger.conf: no act on the "
                                                           "ledger can be done"));
}

static const struct task *find_task(struct act_call *call, struct error *err)
{
    const char *id = act_text(call, "id", err);
    const struct task *task = id == NULL ? NULL : watch_find(judge_watch(call->judge), id, NULL);

    if (id != NULL && task == NULL)
        error_set(err, ERROR_NOT_FOUND,
                  SAY("没有编号为 %.60s 的任务；用 lookback tasks 查看全部编号",
                      "there is no task %.60s; lookback tasks lists them all"),
                  id);
    return task;
}

/* The ledger is owned in one place. */
static bool may_strike_off(const struct act_call *call, const char *id, struct error *err)
{
    if (call->owner != NULL)
        return error_set(
            err, ERROR_REFUSED,
            SAY("任务 %s：台账在整改系统里（输出 %s），请在那里销号，随后自动同步到这里",
                "task %s: the ledger is kept in the rectification system (output %s); "
                "strike it off there, and it will be fetched"),
            id, call->owner);
    return call->ledger ||
           error_set(err, ERROR_REFUSED,
                     SAY("任务 %s：台账不在这台采集器（collector.conf 里 ledger = "
                         "false），请在管理台账的那台销号",
                         "task %s: the ledger is not kept by this collector (ledger = false in "
                         "collector.conf); strike it off where it is kept"),
                     id);
}

static bool check_standing(const struct task *task, struct error *err)
{
    char since[WALL_TEXT];

    if (task_is_open(task))
        return true;
    if (wall_is_known(task->struck_off))
        return error_set(
            err, ERROR_REFUSED,
            SAY("任务 %s 已于 %s 销号，现在是“%s”", "task %s was struck off at %s and is %s"),
            task->id, act_local_time(task->struck_off, since), task_state_title(task->state));
    return error_set(err, ERROR_REFUSED,
                     SAY("任务 %s 现在是“%s”，不能销号", "task %s is %s and cannot be struck off"),
                     task->id, task_state_title(task->state));
}

static bool check_running(struct act_call *call, const struct task *task, struct error *err)
{
    const char *uid = judge_running_at(call->judge, task);
    const struct problem *problem = uid == NULL ? NULL : judge_problem(call->judge, uid);
    char since[WALL_TEXT] = "";

    if (uid == NULL)
        return true;
    if (json_is_true(json_object_get(call->args, "even_so"))) {
        json_object_set_new(call->recorded, "even_so", json_true());
        json_object_set_new(call->recorded, "running", json_string(uid));
        return true;
    }
    return error_set(err, ERROR_REFUSED,
                     SAY("任务 %s 的监测点仍在超标（问题 %.12s，始于 %s），不能销号；确要销号请加 "
                         "--even-so",
                         "a point of task %s is still being breached (problem %.12s, since %s) and "
                         "it cannot be struck off; insist with --even-so"),
                     task->id, uid, problem == NULL ? "?" : act_local_time(problem->first, since));
}

/* A breach that is not proven yet would be cut in two halves by the strike-off, neither long
 * enough.
 */
static bool check_pending(struct act_call *call, const struct task *task, struct error *err)
{
    struct wall_time since = WALL_NONE;
    const char *point = judge_pending_at(call->judge, task, &since);
    char words[WALL_TEXT];

    if (point == NULL || json_is_true(json_object_get(call->args, "even_so"))) {
        if (point != NULL)
            json_object_set_new(call->recorded, "even_so", json_true());
        return true;
    }
    return error_set(err, ERROR_REFUSED,
                     SAY("任务 %s 的监测点 %s 自 %s 起超过界限，是否算超标尚未定论，请稍后再销号；"
                         "确要销号请加 --even-so",
                         "task %s: its point %s is over its bound since %s, not yet long enough to "
                         "count; strike it off a little later, or insist with --even-so"),
                     task->id, point, act_local_time(since, words));
}

bool acts_check_strike_off(struct act_call *call, struct error *err)
{
    const struct task *task = find_task(call, err);
    const struct category *category;
    struct task after;
    json_t *tasks;

    if (task == NULL || act_note(call, err) == NULL || !acts_ledger_is_there(call, err) ||
        !may_strike_off(call, task->id, err) || !act_in_time(call, task->id, err) ||
        !check_standing(task, err) || !check_running(call, task, err) ||
        !check_pending(call, task, err))
        return false;
    category = terms_category(call->terms, task->category);
    after = *task;
    after.state = TASK_STRUCK_OFF;
    after.struck_off = call->time;
    after.watch_until.ms =
        call->time.ms + (category == NULL ? call->terms->watch_ms : category->watch_ms);
    tasks = json_array();
    json_array_append_new(tasks, task_json(&after));
    return json_object_set_new(call->recorded, "tasks", tasks) == 0 ||
           error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

bool acts_check_note(struct act_call *call, struct error *err)
{
    return find_task(call, err) != NULL && act_note(call, err) != NULL;
}
