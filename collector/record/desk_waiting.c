/* Acts that wait for the recorder, and those who wait for a commit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/say.h"
#include "record/desk_parts.h"

/* Acts -------------------------------------------------------------------------------------- */

void errand_end(struct errand *errand, uint64_t seq, const struct error *err)
{
    if (errand->done != NULL)
        errand->done(errand->self, seq, err);
    json_decref(errand->args);
    free(errand->name);
    free(errand->who);
    free(errand->by);
    free(errand);
}

static void refuse_errand(struct errand *errand)
{
    int before = say_as(errand->language);
    struct error err;

    error_set(&err, ERROR_REFUSED, "%s",
              SAY("采集程序正在停止，操作未执行；请在其重新启动后再试",
                  "the collector is stopping and the act was not done; try again when it has "
                  "started"));
    say_as(before);
    errand_end(errand, 0, &err);
}

void desk_refuse_acts(struct desk *desk)
{
    struct errand *errand;

    while ((errand = desk_next_act(desk)) != NULL)
        refuse_errand(errand);
}

/* False when the recorder is stopping: nobody would see to it. */
static bool take_errand(struct desk *desk, struct errand *errand)
{
    bool stopping;

    pthread_mutex_lock(&desk->lock);
    stopping = desk->stopping;
    if (!stopping) {
        *desk->last_errand = errand;
        desk->last_errand = &errand->next;
        pthread_cond_signal(&desk->for_recorder);
    }
    pthread_mutex_unlock(&desk->lock);
    return !stopping;
}

void desk_act(struct desk *desk, struct act *act)
{
    struct errand *errand = calloc(1, sizeof *errand);
    struct error err;

    error_set(&err, ERROR_MEMORY, "%s",
              SAY("内存不足，操作未执行", "out of memory; the act was not done"));
    if (errand == NULL) {
        if (act->done != NULL)
            act->done(act->self, 0, &err);
        json_decref(act->args);
        return;
    }
    *errand = (struct errand){.name = strdup(act->name),
                              .who = strdup(act->who == NULL ? "" : act->who),
                              .by = strdup(act->by == NULL ? "" : act->by),
                              .language = act->language == NULL ? -1 : (int)*act->language,
                              .args = act->args,
                              .done = act->done,
                              .self = act->self};
    if (errand->name == NULL || errand->who == NULL || errand->by == NULL) {
        errand_end(errand, 0, &err);
        return;
    }
    if (!take_errand(desk, errand))
        refuse_errand(errand);
}

struct errand *desk_next_act(struct desk *desk)
{
    struct errand *errand;

    pthread_mutex_lock(&desk->lock);
    errand = desk->errands;
    if (errand != NULL)
        desk->errands = errand->next;
    if (desk->errands == NULL)
        desk->last_errand = &desk->errands;
    pthread_mutex_unlock(&desk->lock);
    return errand;
}

/* Waiting ----------------------------------------------------------------------------------- */

void desk_tell_news(struct desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    desk_tell(desk);
    pthread_mutex_unlock(&desk->lock);
}

void desk_tell_stop(struct desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    desk->stopping = true;
    pthread_cond_signal(&desk->for_recorder);
    pthread_mutex_unlock(&desk->lock);
}

void desk_publish(struct desk *desk, uint64_t committed)
{
    pthread_mutex_lock(&desk->lock);
    if (committed != desk->committed)
        pthread_cond_broadcast(&desk->for_readers);
    desk->committed = committed;
    pthread_mutex_unlock(&desk->lock);
}

uint64_t desk_committed(const struct desk *desk)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&desk->lock;
    uint64_t committed;

    pthread_mutex_lock(lock);
    committed = desk->committed;
    pthread_mutex_unlock(lock);
    return committed;
}

static struct timespec in_ms(int64_t ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(ms / 1000);
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

uint64_t desk_wait(struct desk *desk, uint64_t seq, int64_t timeout_ms)
{
    struct timespec until = in_ms(timeout_ms < 0 ? 0 : timeout_ms);
    uint64_t woken, committed;
    int code = 0;

    pthread_mutex_lock(&desk->lock);
    woken = desk->woken;
    while (desk->committed <= seq && desk->woken == woken && code != ETIMEDOUT) {
        if (timeout_ms < 0)
            code = pthread_cond_wait(&desk->for_readers, &desk->lock);
        else
            code = pthread_cond_timedwait(&desk->for_readers, &desk->lock, &until);
    }
    committed = desk->committed;
    pthread_mutex_unlock(&desk->lock);
    return committed;
}

void desk_wake_all(struct desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    desk->woken++;
    pthread_cond_broadcast(&desk->for_readers);
    pthread_mutex_unlock(&desk->lock);
}

bool desk_sleep(struct desk *desk, int64_t commit_ms, int64_t wake_ms)
{
    struct timespec commit_at = in_ms(commit_ms < wake_ms ? commit_ms : wake_ms);
    struct timespec wake_at = in_ms(wake_ms);
    int code = 0;
    bool stopping;

    pthread_mutex_lock(&desk->lock);
    while (!desk->stopping && desk->errands == NULL && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&desk->for_recorder, &desk->lock,
                                      desk->news ? &commit_at : &wake_at);
    stopping = desk->stopping;
    pthread_mutex_unlock(&desk->lock);
    return !stopping;
}
