#include "app/users.h"

#include <stdio.h>
#include <unistd.h>

#include "app/ask.h"
#include "base/say.h"

json_t *users_json(const struct user *users, size_t count)
{
    json_t *rows = json_array();
    char made[WALL_TEXT];

    for (size_t i = 0; i < count; i++) {
        json_t *time = wall_is_known(users[i].made) ? json_string(wall_text(users[i].made, made))
                                                    : json_null();

        json_array_append_new(rows, json_pack("{s:s, s:s, s:o, s:s}", "name", users[i].name, "role",
                                              users[i].role, "made", time, "by", users[i].by));
    }
    return json_pack("{s:o}", "users", rows);
}

/* No file: nobody was ever added, and looking does not make it. */
static json_t *read_users(const char *dir, struct error *err)
{
    static struct user users[USERS_MAX];
    struct people *people = NULL;
    json_t *listed = NULL;
    char path[300];
    size_t count = 0;

    snprintf(path, sizeof path, "%s/people.sqlite", dir);
    if (access(path, F_OK) != 0)
        return users_json(users, 0);
    people = people_open(dir, err);
    if (people != NULL && people_users(people, users, &count, err))
        listed = users_json(users, count);
    people_close(people);
    return listed;
}

json_t *users_asked(const struct settings *settings, struct error *err)
{
    json_t *args = json_object();
    json_t *answer = NULL;
    enum asked asked = ask_collector(settings->store_dir, "users", args, &answer, err);

    json_decref(args);
    if (asked == ASKED_NOBODY)
        return read_users(settings->store_dir, err);
    return asked == ASKED_DONE ? answer : NULL;
}
