/* Who may sign in to the page: a copy of what people.sqlite says, for other threads. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/say.h"
#include "record/inside.h"

#define NOTICE "users"

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

static void tell_unread(struct recorder *recorder, const struct error *why)
{
    if (!recorder->users_unread)
        log_error(SAY("网页用户读不出来，暂时谁都不能登录：%s",
                      "the users of the page cannot be read, so that nobody can sign in: %s"),
                  why->text);
    notice_raise(recorder->setup.notices, NOTICE, SAY("网页用户", "the users of the page"),
                 SAY("读不出来，暂时谁都不能登录：%s；每 %d s 再试一次",
                     "cannot be read, so that nobody can sign in: %s; trying again every %d s"),
                 why->text, USERS_AGAIN_MS / 1000);
    recorder->users_unread = true;
    recorder->users_again = clock_mono(recorder->setup.clock);
    recorder->users_again.ns += ns_from_ms(USERS_AGAIN_MS);
}

static void tell_read(struct recorder *recorder)
{
    if (!recorder->users_unread)
        return;
    recorder->users_unread = false;
    notice_end(recorder->setup.notices, NOTICE);
    log_notice("%s", SAY("网页用户又读得出来，可以登录",
                         "the users of the page can be read and sign in again"));
}

/* Who cannot be read may not sign in: a removed one must not stay because of it. */
static void look(struct recorder *recorder)
{
    struct user users[USERS_MAX];
    struct error err = {0};
    size_t count = 0;

    if (read_users(recorder, users, &count, &err)) {
        tell_read(recorder);
    } else {
        tell_unread(recorder, &err);
        count = 0;
    }
    pthread_mutex_lock(&recorder->users_lock);
    memcpy(recorder->users, users, count * sizeof users[0]);
    recorder->user_count = count;
    atomic_fetch_add(&recorder->users_version, 1);
    pthread_mutex_unlock(&recorder->users_lock);
}

void users_look(struct recorder *recorder, const char *act)
{
    if (act == NULL || strncmp(act, "user.", 5) == 0)
        look(recorder);
}

void users_look_again(struct recorder *recorder)
{
    if (recorder->users_unread && clock_mono(recorder->setup.clock).ns >= recorder->users_again.ns)
        look(recorder);
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
