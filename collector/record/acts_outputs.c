/* Acts on what leaves the store: sending again, seals, and evidence. */
#include <string.h>

#include "base/say.h"
#include "record/acts_inside.h"
#include "record/sealer.h"
#include "store/reader.h"

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
                                 act_local_time(from, words));
}

static bool check_resend(struct act_call *call, struct error *err)
{
    struct wall_time from, to;
    uint64_t cursor, seq;

    call->output = act_text(call, "output", err);
    if (call->output == NULL || !act_moment(call, "from", &from, err))
        return false;
    if (json_object_get(call->args, "to") != NULL && !act_moment(call, "to", &to, err))
        return false;
    cursor = strcmp(call->output, JUDGE_CURSOR) == 0 ? 0 : store_cursor(call->store, call->output);
    if (cursor == 0)
        return error_set(
            err, ERROR_NOT_FOUND,
            SAY("输出 %.40s 还没有送达过任何数据，或没有这个输出；lookback status 列出全部输出",
                "output %.40s has delivered nothing yet, or does not exist; lookback "
                "status lists them"),
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

/* Seals ------------------------------------------------------------------------------------- */

static bool may_seal(const struct act_call *call, struct error *err)
{
    if (!call->trusted)
        return error_set(
            err, ERROR_REFUSED, "%s",
            SAY("时钟尚不可信，不能封存；时钟可信后再试",
                "the clock is not trusted yet and nothing can be sealed; try again when it is"));
    return sealer_can(call->sealer, err);
}

static bool check_seal(struct act_call *call, struct error *err)
{
    const json_t *new_key = json_object_get(call->args, "new_key");

    if (new_key != NULL && !json_is_boolean(new_key))
        return error_set(err, ERROR_WRONG_USE,
                         SAY("操作 %s：参数 %s 必须是 true 或 false",
                             "act %s: the argument %s must be true or false"),
                         call->name, "new_key");
    if (!may_seal(call, err))
        return false;
    if (!json_is_true(new_key))
        return true;
    json_object_set_new(call->recorded, "new_key", json_true());
    return sealer_prepare(call->sealer, err);
}

static bool close_segment(struct act_call *call, struct error *err)
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

/* The event of a new key stands in the first segment it signs. */
static bool do_seal(struct act_call *call, struct error *err)
{
    if (json_is_true(json_object_get(call->recorded, "new_key")) &&
        !sealer_add_next(call->sealer, call->time, err))
        return false;
    return close_segment(call, err);
}

/* Evidence ---------------------------------------------------------------------------------- */

static bool check_word(struct act_call *call, const char *key, const char *const *allowed,
                       struct error *err)
{
    const char *word = act_text(call, key, err);

    if (word == NULL)
        return false;
    for (; *allowed != NULL; allowed++)
        if (strcmp(word, *allowed) == 0)
            return true;
    return error_set(
        err, ERROR_WRONG_USE,
        SAY("操作 %s：参数 %s 不能是 %.40s", "act %s: the argument %s cannot be %.40s"), call->name,
        key, word);
}

static bool check_manifest(struct act_call *call, struct error *err)
{
    const char *hex = act_text(call, "manifest", err);
    uint8_t digest[DIGEST_BYTES];

    return hex != NULL && (hex_read(hex, digest, sizeof digest) ||
                           error_set(err, ERROR_WRONG_USE,
                                     SAY("操作 %s：参数 %s 必须是 64 位小写十六进制数",
                                         "act %s: the argument %s must be 64 lower-case "
                                         "hexadecimal digits"),
                                     call->name, "manifest"));
}

static bool check_task(struct act_call *call, struct error *err)
{
    const char *id = act_text(call, "task", err);

    return id != NULL && (watch_find(judge_watch(call->judge), id, NULL) != NULL ||
                          error_set(err, ERROR_NOT_FOUND,
                                    SAY("没有编号为 %.60s 的任务；用 lookback tasks 查看全部编号",
                                        "there is no task %.60s; lookback tasks lists them all"),
                                    id));
}

/* Only a digest is recorded: nothing is signed on request. */
static bool check_issue(struct act_call *call, struct error *err)
{
    static const char *const forms[] = {"full", "public", NULL};
    static const char *const verdicts[] = {"held", "relapsed", "not_proven", NULL};
    struct wall_time from, to;

    if (!check_word(call, "form", forms, err) || !act_moment(call, "from", &from, err) ||
        !check_manifest(call, err) || !check_task(call, err) || !act_moment(call, "to", &to, err) ||
        !check_word(call, "verdict", verdicts, err))
        return false;
    if (from.ms >= to.ms)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("操作 %s：from 必须早于 to", "act %s: from must be before to"),
                         call->name);
    return may_seal(call, err);
}

const struct act_kind output_acts[] = {
    {"output.resend",  check_resend, do_resend    },
    {"seal.close",     check_seal,   do_seal      },
    {"evidence.issue", check_issue,  close_segment},
    {NULL,             NULL,         NULL         },
};
