/* Acts on who may sign in to the page. The event says who, which role, and by whom; the digest of
 * a token stands in people.sqlite alone.
 *
 * The change is made by the check, inside a transaction of people.sqlite that ends after the
 * event's: nobody gets in without an event that says so.
 */
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "record/acts_inside.h"
#include "store/people.h"
#include "store/seals.h"

/* acts_text() would put it into the record. */
static bool read_token(const struct act_call *call, struct user *user, struct error *err)
{
    const char *hex = json_string_value(json_object_get(call->args, "token_sha256"));

    return (hex != NULL && hex_read(hex, user->token, sizeof user->token)) ||
           error_set(err, ERROR_WRONG_USE,
                     SAY("操作 %s：参数 %s 必须是 64 位小写十六进制数",
                         "act %s: the argument %s must be 64 lower-case hexadecimal digits"),
                     call->name, "token_sha256");
}

static bool read_name(struct act_call *call, struct user *user, struct error *err)
{
    const char *name = act_text(call, "name", err);

    if (name == NULL)
        return false;
    if (!name_is_valid(name))
        return error_set(
            err, ERROR_WRONG_USE,
            SAY("用户名 %.40s：只用小写字母、数字、_ 和 -，以字母或数字开头，最多 32 个",
                "user name %.40s: lower-case letters, digits, _ and -, a letter or "
                "digit first, at most 32"),
            name);
    memcpy(user->name, name, strlen(name) + 1);
    return true;
}

static bool read_role(struct act_call *call, struct user *user, struct error *err)
{
    static const char *const roles[] = {"reader", "steward", "office"};
    const char *role = act_text(call, "role", err);

    for (size_t i = 0; role != NULL && i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(role, roles[i]) == 0) {
            memcpy(user->role, role, strlen(role) + 1);
            return true;
        }
    return role != NULL && error_set(err, ERROR_WRONG_USE,
                                     SAY("角色没有 %.40s；只有 reader、steward、office",
                                         "there is no role %.40s; reader, steward or office"),
                                     role);
}

static bool open_people(struct act_call *call, struct error *err)
{
    call->people = people_open(store_dir(call->store), err);
    return call->people != NULL && people_begin(call->people, err);
}

static bool check_add(struct act_call *call, struct error *err)
{
    const char *by = json_string_value(json_object_get(call->recorded, "by"));
    struct user user = {.made = call->time};

    snprintf(user.by, sizeof user.by, "%s", by == NULL ? "" : by);
    utf8_mend(user.by);
    return read_name(call, &user, err) && read_role(call, &user, err) &&
           read_token(call, &user, err) && open_people(call, err) &&
           people_put_user(call->people, &user, err);
}

static bool check_remove(struct act_call *call, struct error *err)
{
    struct user user = {0};

    return read_name(call, &user, err) && open_people(call, err) &&
           people_remove_user(call->people, user.name, err);
}

const struct act_kind user_acts[] = {
    {"user.add",    check_add,    NULL},
    {"user.remove", check_remove, NULL},
    {NULL,          NULL,         NULL},
};
