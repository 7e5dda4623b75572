/* Acts, and who asks: POST /acts, GET /acts/{id}, /me, /health.
 *
 * What the page may have done stands in one table: nothing else, and above all no address of an
 * output or a link, can be set from here (A12).
 */
#include "page/acts.h"

#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "page/act_desk.h"
#include "page/gate.h"

/* What may be done ---------------------------------------------------------------------------- */

enum { ARGS_MAX = 4, ID_MAX = 64, POINT_MAX = 100, MOMENT_MAX = 40, NOTE_MAX = 4000 };

struct act_arg {
    const char *name;
    size_t most; /* bytes of its text; 0: true or false */
};

struct page_act {
    const char *name;
    enum role role;
    struct act_arg args[ARGS_MAX + 1];
};

static const struct page_act acts[] = {
    {"problem.acknowledge", ROLE_STEWARD, {{"uid", ID_MAX}}                                                                    },
    {"problem.close",       ROLE_OFFICE,  {{"uid", ID_MAX}, {"note", NOTE_MAX}}                                                },
    {"task.note",           ROLE_STEWARD, {{"id", ID_MAX}, {"note", NOTE_MAX}}                                                 },
    {"task.strike_off",     ROLE_OFFICE,  {{"id", ID_MAX}, {"note", NOTE_MAX}, {"even_so", 0}}                                 },
    {"device.maintenance",
     ROLE_STEWARD,                        {{"device", POINT_MAX}, {"from", MOMENT_MAX}, {"to", MOMENT_MAX}, {"note", NOTE_MAX}}},
    {"evidence.order",
     ROLE_STEWARD,                        {{"task", ID_MAX}, {"from", MOMENT_MAX}, {"to", MOMENT_MAX}, {"public", 0}}          },
};

static const struct page_act *find_act(const char *name)
{
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (strcmp(acts[i].name, name) == 0)
            return &acts[i];
    return NULL;
}

/* What was sent is not repeated: somebody may paste their token into the wrong field. */
static void refuse_unknown(struct call *call, const struct page_act *act)
{
    char known[80] = "";
    struct text text;

    text_init(&text, known, sizeof known);
    for (const struct act_arg *arg = act->args; arg->name != NULL; arg++)
        text_format(&text, "%s%s", arg == act->args ? "" : ", ", arg->name);
    call_refuse(call, ERROR_WRONG_USE, SAY("操作 %s 只有参数 %s", "the act %s takes only %s"),
                act->name, known);
}

/* Kind and size; whether it is there and what it means, the act's own check says. */
static bool check_arg(struct call *call, const struct page_act *act, const char *name,
                      const json_t *value)
{
    const struct act_arg *arg = act->args;

    while (arg->name != NULL && strcmp(arg->name, name) != 0)
        arg++;
    if (arg->name == NULL)
        refuse_unknown(call, act);
    else if (arg->most == 0 && !json_is_boolean(value))
        call_refuse(call, ERROR_WRONG_USE,
                    SAY("操作 %s：参数 %s 必须是 true 或 false",
                        "act %s: the argument %s must be true or false"),
                    act->name, name);
    else if (arg->most > 0 && (!json_is_string(value) || json_string_length(value) > arg->most))
        call_refuse(call, ERROR_WRONG_USE,
                    SAY("操作 %s：参数 %s 必须是至多 %zu 字节的文字",
                        "act %s: the argument %s must be text of at most %zu bytes"),
                    act->name, name, arg->most);
    else
        return true;
    return false;
}

static bool check_args(struct call *call, const struct page_act *act, const json_t *args)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)args, name, value)
    {
        if (!check_arg(call, act, name, value))
            return false;
    }
    return true;
}

static bool may(struct call *call, enum role least)
{
    struct visitor visitor = {.role = call->role};
    struct refusal_word refused;

    snprintf(visitor.person, sizeof visitor.person, "%s", call->person);
    if (gate_allows(&visitor, least, &refused))
        return true;
    answer_refuse_with(call->answer, refused.status, &refused.err);
    return false;
}

/* Answers ----------------------------------------------------------------------------------- */

static json_t *act_json(const struct asked_act *asked)
{
    static const char *const states[] = {"waiting", "done", "refused"};

    return json_pack("{s:{s:s, s:s, s:s, s:o, s:o}}", "act", "id", asked->id, "act", asked->name,
                     "state", states[asked->state], "seq",
                     asked->state == ACT_DONE ? json_integer((json_int_t)asked->seq) : json_null(),
                     "error",
                     asked->state == ACT_REFUSED ? answer_problem(&asked->err) : json_null());
}

static bool is_in_time(struct call *call)
{
    struct error err = {0};

    if (act_desk_admits(call->acts, call->person, &call->answer->retry_after_s))
        return true;
    error_set(&err, ERROR_REFUSED,
              SAY("一分钟最多 %d 个操作；请在 %d 秒后再试",
                  "at most %d acts a minute: try again in %d s"),
              (int)ACTS_A_MINUTE, call->answer->retry_after_s);
    answer_refuse_with(call->answer, 429, &err);
    return false;
}

void page_act(struct call *call, const char *name, const json_t *args)
{
    const struct page_act *act = find_act(name);
    struct asked_act asked;
    struct error err = {0};

    if (act == NULL) {
        call_refuse(call, ERROR_WRONG_USE, "%s",
                    SAY("网页上没有这个操作", "there is no such act on the page"));
        return;
    }
    if (!may(call, act->role) || !check_args(call, act, args) || !is_in_time(call))
        return;
    if (!act_desk_ask(call->acts, call->host->recorder, act->name, call->person,
                      json_deep_copy(args), &asked, &err)) {
        call->answer->retry_after_s = 5;
        answer_refuse(call->answer, &err);
        return;
    }
    answer_json(call->answer, act_json(&asked));
    call->answer->status = 202;
    call->answer->no_store = true;
    snprintf(call->answer->location, sizeof call->answer->location, "/api/v1/acts/%s", asked.id);
}

/* {"act":…,"args":{…}} and nothing else. */
static void answer_acts(struct call *call)
{
    const char *name = json_string_value(json_object_get(call->body, "act"));
    const json_t *args = json_object_get(call->body, "args");

    if (name == NULL || !json_is_object(args) || json_object_size(call->body) != 2)
        call_refuse(call, ERROR_WRONG_USE, "%s",
                    SAY("请求应为 {\"act\":\"…\",\"args\":{…}}",
                        "a request is {\"act\":\"…\",\"args\":{…}}"));
    else
        page_act(call, name, args);
}

static void answer_act(struct call *call)
{
    struct asked_act asked;

    call->answer->no_store = true;
    if (call->person[0] != '\0' && act_desk_find(call->acts, call->vars[0], call->person, &asked))
        answer_json(call->answer, act_json(&asked));
    else
        call_refuse(call, ERROR_NOT_FOUND, "%s",
                    SAY("没有这个操作，或已过去 10 分钟；结果在事件里",
                        "there is no such act, or it was more than 10 minutes ago; what came of it "
                        "stands among the events"));
}

/* Who asks ---------------------------------------------------------------------------------- */

static void answer_me(struct call *call)
{
    const struct settings *settings = call->host->settings;
    bool known = call->role > ROLE_PUBLIC;

    answer_json(call->answer,
                json_pack("{s:s?, s:s, s:b, s:s?, s:s?, s:s}", "name",
                          call->person[0] == '\0' ? NULL : call->person, "role",
                          role_words[call->role], "open", (int)settings->page.open, "collector",
                          known ? settings->name : NULL, "title",
                          known && settings->title[0] != '\0' ? settings->title : NULL, "language",
                          settings->language == LANGUAGE_EN ? "en" : "zh"));
    call->answer->no_store = true;
}

/* All that a stranger learns (A16). */
static void answer_health(struct call *call)
{
    bool up = recorder_can_commit(call->host->recorder);

    answer_json(call->answer, json_pack("{s:s}", "state", up ? "up" : "down"));
    call->answer->status = up ? 200 : 503;
    call->answer->no_store = true;
}

/* clang-format off */
const struct route act_routes[] = {
    {METHOD_GET,  ROLE_PUBLIC,  "/api/v1/health",    NULL, answer_health},
    {METHOD_GET,  ROLE_PUBLIC,  "/api/v1/me",        NULL, answer_me},
    {METHOD_POST, ROLE_STEWARD, "/api/v1/acts",      NULL, answer_acts},
    {METHOD_GET,  ROLE_READER,  "/api/v1/acts/{id}", NULL, answer_act},
    {0},
};
/* clang-format on */
