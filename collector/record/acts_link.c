/* The act on a link: it was probed between polls, by whom, and what was asked. The questions and
 * their answers are the poller's; here it becomes an event. */
#include <string.h>

#include "base/say.h"
#include "record/acts_inside.h"

enum { LISTED_MAX = 1024 };

static bool keep_list(struct act_call *call, const char *key, struct error *err)
{
    json_t *list = json_object_get(call->args, key);

    if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > LISTED_MAX)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("操作 %s：参数 %s 必须是 1 到 %d 项的列表",
                             "act %s: the argument %s must be a list of 1 to %d"),
                         call->name, key, (int)LISTED_MAX);
    json_object_set(call->recorded, key, list);
    return true;
}

static bool keep_number(struct act_call *call, const char *key, struct error *err)
{
    json_t *number = json_object_get(call->args, key);

    if (!json_is_integer(number) || json_integer_value(number) < 0)
        return error_set(
            err, ERROR_WRONG_USE,
            SAY("操作 %s：参数 %s 必须是数", "act %s: the argument %s must be a number"),
            call->name, key);
    json_object_set(call->recorded, key, number);
    return true;
}

static bool check_probe(struct act_call *call, struct error *err)
{
    return act_text(call, "link", err) != NULL && keep_list(call, "units", err) &&
           keep_list(call, "reads", err) && keep_number(call, "asked", err) &&
           keep_number(call, "answered", err);
}

const struct act_kind link_acts[] = {
    {"link.probe", check_probe, NULL},
    {NULL,         NULL,        NULL},
};
