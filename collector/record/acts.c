#include "record/acts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/conf.h"
#include "base/say.h"
#include "base/text.h"
#include "ledger/sheet.h"
#include "record/acts_inside.h"
#include "record/orders.h"
#include "store/people.h"

enum { NOTE_MAX = 4000 };

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s",
                     SAY("内存不足，操作未执行", "out of memory; the act was not done"));
}

/* Arguments --------------------------------------------------------------------------------- */

/* What would speak to a terminal, or turn round the words beside it: control characters but for
 * tabs and ends of lines (C0, C1), and U+2028 to U+202E, U+2066 to U+2069. */
static bool is_control(const unsigned char *at)
{
    if (at[0] < 0x20 || at[0] == 0x7f)
        return strchr("\t\r\n", at[0]) == NULL;
    if (at[0] == 0xc2)
        return at[1] < 0xa0;
    return at[0] == 0xe2 && ((at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) ||
                             (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

static bool is_plain(const char *words)
{
    size_t length;

    for (; *words != '\0'; words += length) {
        length = utf8_length(words);
        if (length == 0 || is_control((const unsigned char *)words))
            return false;
    }
    return true;
}

const char *act_text(struct act_call *call, const char *key, struct error *err)
{
    const char *words = json_string_value(json_object_get(call->args, key));

    if (words == NULL || words[0] == '\0' || strlen(words) > NOTE_MAX) {
        error_set(err, ERROR_WRONG_USE,
                  SAY("操作 %s：参数 %s 必须是 1 到 %d 字节的文字",
                      "act %s: the argument %s must be text of 1 to %d bytes"),
                  call->name, key, (int)NOTE_MAX);
        return NULL;
    }
    if (!is_plain(words)) {
        error_set(err, ERROR_WRONG_USE,
                  SAY("操作 %s：参数 %s 里有看不见的控制字符，请去掉再试",
                      "act %s: invisible control characters stand in the argument %s; take them "
                      "out"),
                  call->name, key);
        return NULL;
    }
    json_object_set_new(call->recorded, key, json_string(words));
    return words;
}

const char *act_note(struct act_call *call, struct error *err)
{
    const char *note = act_text(call, "note", err);

    if (note == NULL || !sheet_names_a_person(note))
        return note;
    error_set(err, ERROR_REFUSED, "%s",
              SAY("备注里有手机号或身份证号，备注人人可见，不存个人信息；请删去再试",
                  "a mobile or identity number stands in the note, which everybody may read; take "
                  "it out"));
    return NULL;
}

bool act_moment(struct act_call *call, const char *key, struct wall_time *time, struct error *err)
{
    const char *words = act_text(call, key, err);
    char utc[WALL_TEXT];

    if (words == NULL)
        return false;
    if (!moment_parse(words, time))
        return error_set(err, ERROR_WRONG_USE,
                         SAY("操作 %s：%s 不是时刻：%.60s；写作 2026-11-22 08:00 或 "
                             "2026-11-22T08:00:00+08:00",
                             "act %s: %s is not a moment: %.60s; write 2026-11-22 08:00 or "
                             "2026-11-22T08:00:00+08:00"),
                         call->name, key, words);
    json_object_set_new(call->recorded, key, json_string(wall_text(*time, utc)));
    return true;
}

char *act_local_time(struct wall_time time, char out[WALL_TEXT])
{
    time_t seconds = (time_t)(time.ms / 1000);
    struct tm local;

    out[0] = '\0';
    if (wall_is_known(time) && localtime_r(&seconds, &local) != NULL)
        strftime(out, WALL_TEXT, "%Y-%m-%d %H:%M:%S", &local);
    return out;
}

bool act_in_time(const struct act_call *call, const char *what, struct error *err)
{
    return (call->trusted && judge_is_caught_up(call->judge)) ||
           error_set(err, ERROR_REFUSED,
                     SAY("%.60s：时钟尚不可信，其前的读数还未判定；时钟可信后再试",
                         "%.60s: the clock is not trusted yet and readings before this act are "
                         "not judged; try again when it is"),
                     what);
}

/* Running one ------------------------------------------------------------------------------- */

static const struct act_kind *const kinds[] = {problem_acts, device_acts, tasks_acts,   output_acts,
                                               link_acts,    user_acts,   evidence_acts};

static const struct act_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (const struct act_kind *kind = kinds[i]; kind->name != NULL; kind++)
            if (strcmp(kind->name, name) == 0)
                return kind;
    return NULL;
}

static bool add_event(struct act_call *call, const char *arguments, struct error *err)
{
    struct event event = {.kind = call->name,
                          .time = call->time,
                          .mono = clock_mono(call->clock),
                          .who = call->who,
                          .arguments = arguments};

    if (!store_add_event(call->store, &event, err))
        return false;
    call->seq = event.seq;
    return judge_event(call->judge, event.seq, event.kind, event.time, arguments, err);
}

/* Event and effect become durable together or not at all. */
static bool commit(struct act_call *call, const struct act_kind *kind, const char *arguments,
                   struct error *err)
{
    bool good = false;

    if (!store_begin(call->store, err))
        return false;
    if (add_event(call, arguments, err) && (kind->apply == NULL || kind->apply(call, err)) &&
        judge_flush(call->judge, err))
        good = store_commit(call->store, err);
    else
        store_rollback(call->store);
    if (good)
        judge_keep(call->judge);
    else
        judge_undo(call->judge);
    call->committed = good;
    return good && (call->people == NULL || people_commit(call->people, err));
}

/* In the words of who asks: a check says sentences, and writes none into the record. */
static bool check(struct act_call *call, const struct act_kind *kind, struct error *err)
{
    int before = say_as(call->language);
    bool good = kind->check(call, err);

    say_as(before);
    return good;
}

/* Who says so belongs to what is recorded: a replay shows the same name. */
static bool run(struct act_call *call, const struct act_kind *kind, struct error *err)
{
    const char *by = call->by[0] != '\0' ? call->by : call->who;
    char *arguments;
    bool good;

    if (json_object_set_new(call->recorded, "by", json_string(by)) != 0)
        json_object_set_new(call->recorded, "by", json_string("?"));
    if (!check(call, kind, err))
        return false;
    call->seq = store_last_seq(call->store);
    if (call->nothing)
        return true;
    arguments = json_dumps(call->recorded, JSON_COMPACT);
    good = arguments == NULL ? no_memory(err) : commit(call, kind, arguments, err);
    free(arguments);
    if (good && call->ordered)
        orders_wake(store_dir(call->store));
    return good;
}

bool act_run(struct act_call *call, struct error *err)
{
    const struct act_kind *kind = find_kind(call->name);
    bool good;

    if (kind == NULL)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("没有名为 %.60s 的操作", "there is no act %.60s"), call->name);
    call->time = call->trusted ? clock_wall(call->clock) : WALL_NONE;
    call->recorded = json_object();
    good = call->recorded == NULL ? no_memory(err) : run(call, kind, err);
    people_close(call->people);
    call->people = NULL;
    json_decref(call->recorded);
    call->recorded = NULL;
    return good;
}
