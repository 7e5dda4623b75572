#include "page/act_desk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/say.h"
#include "store/people.h"

/* One place. It is the recorder's until it has answered, then whoever asks next may have it. */
struct place {
    struct act_desk *desk;
    bool used;
    struct mono_time since;
    struct asked_act act;
};

/* How much one person has asked for: as the time in which it is forgotten. */
struct pace {
    char person[NAME_SIZE];
    struct mono_time owes_until; /* each act adds its part of a minute, and a minute is the most */
};

struct act_desk {
    struct pace paces[USERS_MAX]; /* of the page's thread */
    pthread_mutex_t lock;
    const struct clock *clock;
    size_t holders; /* the page, and each act that waits */
    struct place places[ACTS_MAX];
};

struct act_desk *act_desk_new(const struct clock *clock)
{
    struct act_desk *desk = calloc(1, sizeof *desk);

    if (desk == NULL)
        return NULL;
    pthread_mutex_init(&desk->lock, NULL);
    desk->clock = clock;
    desk->holders = 1;
    for (size_t i = 0; i < ACTS_MAX; i++)
        desk->places[i].desk = desk;
    return desk;
}

/* With the lock held, which it lets go. */
static void let_go(struct act_desk *desk)
{
    bool last = --desk->holders == 0;

    pthread_mutex_unlock(&desk->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&desk->lock);
    free(desk);
}

void act_desk_close(struct act_desk *desk)
{
    if (desk == NULL)
        return;
    pthread_mutex_lock(&desk->lock);
    let_go(desk);
}

static bool is_over(const struct place *place, struct mono_time now)
{
    return place->act.state != ACT_WAITING && now.ns - place->since.ns >= ns_from_ms(ACTS_KEPT_MS);
}

/* One that nobody needs any more, else the oldest that was answered; NULL: too many wait. */
static struct place *take_place(struct act_desk *desk, struct mono_time now)
{
    struct place *oldest = NULL;

    if (desk->holders > ACTS_WAITING_MAX) /* the page is one of them */
        return NULL;
    for (size_t i = 0; i < ACTS_MAX; i++) {
        struct place *place = &desk->places[i];

        if (!place->used || is_over(place, now))
            return place;
        if (place->act.state != ACT_WAITING &&
            (oldest == NULL || place->since.ns < oldest->since.ns))
            oldest = place;
    }
    return oldest;
}

/* Theirs, else that of who has owed nothing for longest. */
static struct pace *pace_of(struct act_desk *desk, const char *person)
{
    struct pace *pace = &desk->paces[0];

    for (size_t i = 0; i < USERS_MAX; i++) {
        if (strcmp(desk->paces[i].person, person) == 0)
            return &desk->paces[i];
        if (desk->paces[i].owes_until.ns < pace->owes_until.ns)
            pace = &desk->paces[i];
    }
    *pace = (struct pace){0};
    snprintf(pace->person, sizeof pace->person, "%s", person);
    return pace;
}

bool act_desk_admits(struct act_desk *desk, const char *person, int *retry_s)
{
    const int64_t minute_ns = ns_from_ms(60 * 1000), one_ns = minute_ns / ACTS_A_MINUTE;
    struct mono_time now = clock_mono(desk->clock);
    struct pace *pace = pace_of(desk, person);
    int64_t owed_ns = pace->owes_until.ns < now.ns ? 0 : pace->owes_until.ns - now.ns;

    *retry_s = 0;
    if (owed_ns + one_ns > minute_ns) {
        *retry_s = (int)((owed_ns + one_ns - minute_ns + 999999999) / 1000000000);
        return false;
    }
    pace->owes_until.ns = now.ns + owed_ns + one_ns;
    return true;
}

static bool make_id(char id[ACT_ID_SIZE], struct error *err)
{
    unsigned char bytes[(ACT_ID_SIZE - 1) / 2];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return error_set(err, ERROR_STORE, "%s",
                         SAY("内核没有给出随机数", "the kernel gave no random bytes"));
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

/* The recorder's thread. */
static void answered(void *self, uint64_t seq, const struct error *err)
{
    struct place *place = self;
    struct act_desk *desk = place->desk;

    pthread_mutex_lock(&desk->lock);
    place->act.state = err == NULL ? ACT_DONE : ACT_REFUSED;
    place->act.seq = seq;
    if (err != NULL)
        place->act.err = *err;
    let_go(desk);
}

static struct place *begin(struct act_desk *desk, const struct asked_act *act)
{
    struct mono_time now = clock_mono(desk->clock);
    struct place *place;

    pthread_mutex_lock(&desk->lock);
    place = take_place(desk, now);
    if (place != NULL) {
        place->used = true;
        place->since = now;
        place->act = *act;
        desk->holders++;
    }
    pthread_mutex_unlock(&desk->lock);
    return place;
}

bool act_desk_ask(struct act_desk *desk, struct recorder *recorder, const char *name,
                  const char *person, json_t *args, struct asked_act *asked, struct error *err)
{
    enum language language = say_language();
    char who[8 + NAME_SIZE];
    struct place *place = NULL;

    *asked = (struct asked_act){.state = ACT_WAITING};
    snprintf(asked->name, sizeof asked->name, "%s", name);
    snprintf(asked->person, sizeof asked->person, "%s", person);
    if (make_id(asked->id, err) && (place = begin(desk, asked)) == NULL)
        error_set(err, ERROR_STORE, "%s",
                  SAY("还有太多操作没有写入存储，暂不能再接受；请稍后再试",
                      "too many acts still wait for the store and no other is taken; try again in "
                      "a moment"));
    if (place == NULL) {
        json_decref(args);
        return false;
    }
    snprintf(who, sizeof who, "page:%s", person);
    recorder_act(recorder, &(struct act){.name = name,
                                         .args = args,
                                         .who = who,
                                         .by = "",
                                         .language = &language,
                                         .done = answered,
                                         .self = place});
    return true;
}

bool act_desk_find(struct act_desk *desk, const char *id, const char *person,
                   struct asked_act *asked)
{
    struct mono_time now = clock_mono(desk->clock);
    bool found = false;

    pthread_mutex_lock(&desk->lock);
    for (size_t i = 0; i < ACTS_MAX && !found; i++) {
        const struct place *place = &desk->places[i];

        found = place->used && !is_over(place, now) && strcmp(place->act.id, id) == 0 &&
                strcmp(place->act.person, person) == 0;
        if (found)
            *asked = place->act;
    }
    pthread_mutex_unlock(&desk->lock);
    return found;
}
