/* Acts on what leaves the store: sending again, and seals. */
#include <string.h>

#include "base/say.h"
#include "record/acts_inside.h"
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

const struct act_kind output_acts[] = {
    {"output.resend", check_resend, do_resend},
    {"seal.close",    check_seal,   do_seal  },
    {NULL,            NULL,         NULL     },
};
