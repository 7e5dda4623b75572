#include "record/acts.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/say.h"

enum { NOTE_MAX = 4000 };

/* Arguments --------------------------------------------------------------------------------- */

/* A text argument, also put into the record. NULL with a sentence when it is not there. */
static const char *take_text(struct act_call *call, const char *key, struct error *err)
{
    const char *words = json_string_value(json_object_get(call->args, key));

    if (words == NULL || words[0] == '\0' || strlen(words) > NOTE_MAX) {
        error_set(err, ERROR_WRONG_USE,
                  SAY("操作 %s：参数 %s 必须是 1 到 %d 字节的文字",
                      "act %s: the argument %s must be text of 1 to %d bytes"),
                  call->name, key, (int)NOTE_MAX);
        return NULL;
    }
    json_object_set_new(call->recorded, key, json_string(words));
    return words;
}

static bool take_moment(struct act_call *call, const char *key, struct wall_time *time,
                        struct error *err)
{
    const char *words = take_text(call, key, err);

    if (words == NULL)
        return false;
    return moment_parse(words, time) ||
           error_set(err, ERROR_WRONG_USE,
                     SAY("操作 %s：%s 不是时刻：%.60s；写作 2026-11-22 08:00 或 "
                         "2026-11-22T08:00:00+08:00",
                         "act %s: %s is not a moment: %.60s; write 2026-11-22 08:00 or "
                         "2026-11-22T08:00:00+08:00"),
                     call->name, key, words);
}

/* Problems ---------------------------------------------------------------------------------- */

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
        reader != NULL && reader_problems(reader, NULL, NULL, uid, note_state, &known, err);

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

/* The problem the act is about; NULL with a sentence. While the clock is not trusted nothing is
 * judged, and an act now would overtake readings that come before it. */
static const struct problem *take_problem(struct act_call *call, struct error *err)
{
    const char *uid = take_text(call, "uid", err);
    const struct problem *problem;

    if (uid == NULL)
        return NULL;
    if (!call->trusted || !judge_is_caught_up(call->judge)) {
        error_set(err, ERROR_REFUSED,
                  SAY("问题 %.40s：时钟尚不可信，其前的读数还未判定；时钟可信后再试",
                      "problem %.40s: the clock is not trusted yet and readings before this act "
                      "are not judged; try again when it is"),
                  uid);
        return NULL;
    }
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
                     wall_text(problem->acknowledged, since));
}

static bool do_acknowledge(struct act_call *call, struct error *err)
{
    const char *uid = json_string_value(json_object_get(call->args, "uid"));

    return judge_acknowledge(call->judge, uid, call->by[0] != '\0' ? call->by : call->who,
                             clock_wall(call->clock), err);
}

static bool check_close(struct act_call *call, struct error *err)
{
    const struct problem *problem = take_problem(call, err);
    char first[WALL_TEXT];

    if (problem == NULL || take_text(call, "note", err) == NULL)
        return false;
    return !problem_is_running(problem) ||
           error_set(
               err, ERROR_REFUSED,
               SAY("问题 %s 仍在超标（始于 %s），不能关闭；待读数恢复后再关闭",
                   "problem %s is still being breached (since %s) and cannot be closed; close "
                   "it when readings have recovered"),
               problem->uid, wall_text(problem->first, first));
}

static bool do_close(struct act_call *call, struct error *err)
{
    return judge_close(call->judge, json_string_value(json_object_get(call->args, "uid")), err);
}

/* Outputs and seals ------------------------------------------------------------------------- */

static bool first_seq_from(struct act_call *call, struct wall_time from, uint64_t *seq,
                           struct error *err)
{
    struct reader *reader = reader_open(store_dir(call->store), err);
    char words[WALL_TEXT];

    if (reader == NULL)
        return false;
    *seq = reader_seq_at(reader, from);
    reader_close(reader);
    return *seq > 0 || error_set(err, ERROR_REFUSED,
                                 SAY("%s 之后没有已存的数据，无可重发",
                                     "nothing is stored from %s on, so there "
                                     "is nothing to send again"),
                                 wall_text(from, words));
}

static bool check_resend(struct act_call *call, struct error *err)
{
    struct wall_time from, to;
    uint64_t cursor, seq;

    call->output = take_text(call, "output", err);
    if (call->output == NULL || !take_moment(call, "from", &from, err))
        return false;
    if (json_object_get(call->args, "to") != NULL && !take_moment(call, "to", &to, err))
        return false;
    cursor = strcmp(call->output, JUDGE_CURSOR) == 0 ? 0 : store_cursor(call->store, call->output);
    if (cursor == 0)
        return error_set(err, ERROR_NOT_FOUND,
                         SAY("输出 %.40s 还没有送达过任何数据，或没有这个输出",
                             "output %.40s has delivered nothing yet, or does not exist"),
                         call->output);
    if (!first_seq_from(call, from, &seq, err))
        return false;
    call->after = seq - 1;
    return call->after < cursor ||
           error_set(err, ERROR_REFUSED,
                     SAY("输出 %.40s 尚未送达到那一时刻，之后的数据本来就会发送",
                         "output %.40s has not come that far; what follows will be sent anyway"),
                     call->output);
}

/* The cursor goes back with the act, so that a crash after it does not undo it. */
static bool do_resend(struct act_call *call, struct error *err)
{
    return store_put_cursor(call->store, call->output, call->after, err);
}

static bool check_seal(struct act_call *call, struct error *err)
{
    return call->trusted ||
           error_set(
               err, ERROR_REFUSED, "%s",
               SAY("时钟尚不可信，不能封存；时钟可信后再试",
                   "the clock is not trusted yet and nothing can be sealed; try again when it "
                   "is"));
}

static bool do_seal(struct act_call *call, struct error *err)
{
    if (!store_close_segment(call->store, clock_wall(call->clock), &call->closed_segment, err))
        return false;
    return call->closed_segment ||
           error_set(
               err, ERROR_REFUSED, "%s",
               SAY("还有没有时刻的记录，不能封存；时钟可信并补上时刻后再试",
                   "there are entries without a time and nothing can be sealed; try again when "
                   "their times have been filled"));
}

/* ------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool (*check)(struct act_call *call, struct error *err);
    bool (*apply)(struct act_call *call, struct error *err);
} acts[] = {
    {"problem.acknowledge", check_acknowledge, do_acknowledge},
    {"problem.close",       check_close,       do_close      },
    {"output.resend",       check_resend,      do_resend     },
    {"seal.close",          check_seal,        do_seal       },
};

static bool add_event(struct act_call *call, struct error *err)
{
    char *arguments = json_dumps(call->recorded, JSON_COMPACT);
    struct event event = {.kind = call->name,
                          .time = call->trusted ? clock_wall(call->clock) : WALL_NONE,
                          .mono = clock_mono(call->clock),
                          .who = call->who,
                          .arguments = arguments};
    bool added;

    if (arguments == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，操作未执行", "out of memory; the act was not done"));
    added = store_add_event(call->store, &event, err);
    call->seq = event.seq;
    free(arguments);
    return added;
}

/* Event and effect become durable together or not at all. */
static bool commit(struct act_call *call, bool (*apply)(struct act_call *, struct error *),
                   struct error *err)
{
    bool good = false;

    if (!store_begin(call->store, err))
        return false;
    if (add_event(call, err) && apply(call, err) && judge_flush(call->judge, err))
        good = store_commit(call->store, err);
    else
        store_rollback(call->store);
    if (good)
        judge_keep(call->judge);
    else
        judge_undo(call->judge);
    return good;
}

static bool run(struct act_call *call, size_t index, struct error *err)
{
    call->recorded = json_object();
    if (call->recorded == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，操作未执行", "out of memory; the act was not done"));
    if (call->by[0] != '\0')
        json_object_set_new(call->recorded, "by", json_string(call->by));
    return acts[index].check(call, err) && commit(call, acts[index].apply, err);
}

bool act_run(struct act_call *call, struct error *err)
{
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        bool good;

        if (strcmp(acts[i].name, call->name) != 0)
            continue;
        good = run(call, i, err);
        json_decref(call->recorded);
        call->recorded = NULL;
        return good;
    }
    return error_set(err, ERROR_WRONG_USE, SAY("没有名为 %.60s 的操作", "there is no act %.60s"),
                     call->name);
}
