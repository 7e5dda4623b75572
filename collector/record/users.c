/* Who may sign in to the page: a copy of what people.sqlite says, for other threads. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/say.h"
#include "record/inside.h"

/* The file comes to be with the first person in it. */
static bool is_there(const struct recorder *recorder)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/people.sqlite", store_dir(recorder->setup.store));
    return access(path, F_OK) == 0;
}

static bool read_users(const struct recorder *recorder, struct user users[USERS_MAX], size_t *count,
                       struct error *err)
{
    struct people *people;
    bool good;

    *count = 0;
    if (!is_there(recorder))
        return true;
    people = people_open(store_dir(recorder->setup.store), err);
    good = people != NULL && people_users(people, users, count, err);
    people_close(people);
    return good;
}

/* Who cannot be read may not sign in: a removed one must not stay because of it. */
void users_look(struct recorder *recorder, const char *act)
{
    struct user users[USERS_MAX];
    struct error err = {0};
    size_t count = 0;

    if (act != NULL && strncmp(act, "user.", 5) != 0)
        return;
    if (!read_users(recorder, users, &count, &err)) {
        log_error(SAY("网页用户读不出来，暂时谁都不能登录：%s",
                      "the users of the page cannot be read, so that nobody can sign in: %s"),
                  err.text);
        count = 0;
    }
    pthread_mutex_lock(&recorder->users_lock);
    memcpy(recorder->users, users, count * sizeof users[0]);
    recorder->user_count = count;
    atomic_fetch_add(&recorder->users_version, 1);
    pthread_mutex_unlock(&recorder->users_lock);
}

uint64_t recorder_users(struct recorder *recorder, struct user *users, size_t *count)
{
    uint64_t version;

    pthread_mutex_lock(&recorder->users_lock);
    memcpy(users, recorder->users, recorder->user_count * sizeof users[0]);
    *count = recorder->user_count;
    version = atomic_load(&recorder->users_version);
    pthread_mutex_unlock(&recorder->users_lock);
    return version;
}
