#include "page/clerk.h"

#include <assert.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/say.h"

/* One answer. While `making` only the clerk's thread changes it, and nobody takes it away. */
struct entry {
    const struct clerk_kind *kind; /* NULL: free */
    enum language language;
    char arguments[CLERK_ARGUMENTS];
    bool wanted, making;
    struct wall_time now; /* when it was wanted, by both clocks */
    struct mono_time since;
    uint64_t asked;   /* the newest question, by count */
    uint64_t number;  /* of what was made, 0: nothing yet */
    uint64_t version; /* what it was made of */
    json_t *details;
    uint64_t details_number;
    int64_t took_ns;
    struct pieces made; /* empty: it could not be made … */
    struct error err;   /* … and why */
};

struct clerk {
    struct page_host host;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    atomic_bool stopping;
    uint64_t questions, numbers;
    struct entry entries[CLERK_KEPT];
};

static void empty(struct entry *entry)
{
    pieces_end(&entry->made);
    json_decref(entry->details);
    *entry = (struct entry){0};
}

/* --- the thread ------------------------------------------------------------------------------ */

static bool is_stopped(void *self)
{
    return atomic_load(&((struct clerk *)self)->stopping);
}

/* Who waits longest comes first. */
static struct entry *next_wanted(struct clerk *clerk)
{
    struct entry *next = NULL;

    for (size_t i = 0; i < CLERK_KEPT; i++) {
        struct entry *entry = &clerk->entries[i];

        if (entry->kind != NULL && entry->wanted &&
            (next == NULL || entry->since.ns < next->since.ns))
            next = entry;
    }
    return next;
}

/* `lock` is held, but while it is made. */
static void make(struct clerk *clerk, struct entry *entry)
{
    const struct clerk_work work = {.details = json_object(),
                                    .host = &clerk->host,
                                    .arguments = entry->arguments,
                                    .now = entry->now,
                                    .is_stopped = is_stopped,
                                    .self = clerk};
    const struct clerk_kind *kind = entry->kind;
    struct pieces made = {0};
    struct error err = {0};
    struct mono_time begun = clock_mono(clock_system());
    uint64_t version;

    entry->wanted = false;
    entry->making = true;
    pthread_mutex_unlock(&clerk->lock);
    say_in_here(entry->language);
    version = kind->version(&clerk->host, work.now); /* what comes meanwhile makes it out of date */
    if (!kind->make(&work, &made, &err) || made.failed) {
        if (err.kind == ERROR_NONE)
            error_set(&err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        pieces_end(&made);
    }
    malloc_trim(0); /* what a sweep over the whole history took is not kept for the next one */
    pthread_mutex_lock(&clerk->lock);
    pieces_end(&entry->made);
    entry->made = made;
    entry->took_ns = clock_mono(clock_system()).ns - begun.ns;
    entry->err = err;
    entry->version = version;
    entry->number = ++clerk->numbers;
    if (!json_equal(entry->details, work.details))
        entry->details_number = entry->number;
    json_decref(entry->details);
    entry->details = work.details;
    entry->making = false;
}

static void *work_on(void *self)
{
    struct clerk *clerk = self;

    /* Of this thread alone: polling and the page's own answers go first. */
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10);
    pthread_mutex_lock(&clerk->lock);
    while (!is_stopped(clerk)) {
        struct entry *entry = next_wanted(clerk);

        if (entry == NULL)
            pthread_cond_wait(&clerk->work, &clerk->lock);
        else
            make(clerk, entry);
    }
    pthread_mutex_unlock(&clerk->lock);
    return NULL;
}

struct clerk *clerk_start(const struct page_host *host, struct error *err)
{
    struct clerk *clerk = calloc(1, sizeof *clerk);

    if (clerk == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足，无法启动", "out of memory at start"));
        return NULL;
    }
    clerk->host = *host;
    clerk->numbers = (uint64_t)clock_wall(host->clock).ms << 10; /* not those of a former run */
    pthread_mutex_init(&clerk->lock, NULL);
    pthread_cond_init(&clerk->work, NULL);
    if (pthread_create(&clerk->thread, NULL, work_on, clerk) == 0)
        return clerk;
    error_set(err, ERROR_MEMORY, "%s",
              SAY("系统不能再建立线程，无法启动", "the system gives no thread: cannot start"));
    pthread_cond_destroy(&clerk->work);
    pthread_mutex_destroy(&clerk->lock);
    free(clerk);
    return NULL;
}

void clerk_stop(struct clerk *clerk)
{
    if (clerk == NULL)
        return;
    pthread_mutex_lock(&clerk->lock);
    atomic_store(&clerk->stopping, true);
    pthread_cond_signal(&clerk->work);
    pthread_mutex_unlock(&clerk->lock);
    pthread_join(clerk->thread, NULL);
    for (size_t i = 0; i < CLERK_KEPT; i++)
        empty(&clerk->entries[i]);
    pthread_cond_destroy(&clerk->work);
    pthread_mutex_destroy(&clerk->lock);
    free(clerk);
}

/* --- questions ------------------------------------------------------------------------------- */

static bool is_of(const struct entry *entry, const struct clerk_kind *kind, const char *arguments)
{
    return entry->kind == kind && entry->language == say_language() &&
           strcmp(entry->arguments, arguments) == 0;
}

/* What has no arguments there is one of, and everybody asks for it: who asks for many others must
 * not make it go. */
static bool may_go(const struct entry *entry)
{
    return !entry->making && (entry->kind == NULL || entry->arguments[0] != '\0');
}

/* The place of an answer, or of the one that was not asked for longest. */
static struct entry *find(struct clerk *clerk, const struct clerk_kind *kind, const char *arguments)
{
    struct entry *oldest = NULL;

    for (size_t i = 0; i < CLERK_KEPT; i++) {
        struct entry *entry = &clerk->entries[i];

        if (is_of(entry, kind, arguments))
            return entry;
        if (may_go(entry) && (oldest == NULL || entry->asked < oldest->asked))
            oldest = entry;
    }
    assert(strlen(arguments) < CLERK_ARGUMENTS);
    empty(oldest);
    *oldest = (struct entry){.kind = kind, .language = say_language()};
    snprintf(oldest->arguments, sizeof oldest->arguments, "%s", arguments);
    return oldest;
}

/* A large ledger is not made all the time: the clerk takes a twentieth of one core at most. */
static int64_t pause_ns(const struct entry *entry)
{
    const int64_t least = ns_from_ms(CLERK_EVERY_MS);

    return 20 * entry->took_ns > least ? 20 * entry->took_ns : least;
}

static bool is_due(const struct clerk *clerk, const struct entry *entry, struct wall_time now,
                   struct mono_time since)
{
    if (entry->wanted || entry->making)
        return false;
    if (entry->number == 0)
        return true;
    return since.ns - entry->since.ns >= pause_ns(entry) &&
           (entry->err.kind != ERROR_NONE ||
            entry->version != entry->kind->version(&clerk->host, now));
}

/* `lock` is held. */
static struct entry *ask(struct clerk *clerk, const struct clerk_kind *kind, const char *arguments)
{
    struct entry *entry = find(clerk, kind, arguments);
    struct wall_time now = clock_wall(clerk->host.clock);
    struct mono_time since = clock_mono(clerk->host.clock);

    entry->asked = ++clerk->questions;
    if (is_due(clerk, entry, now, since)) {
        entry->now = now;
        entry->since = since;
        entry->wanted = true;
        pthread_cond_signal(&clerk->work);
    }
    return entry;
}

uint64_t clerk_number(struct clerk *clerk, const struct clerk_kind *kind, const char *arguments)
{
    uint64_t number;

    pthread_mutex_lock(&clerk->lock);
    number = ask(clerk, kind, arguments)->number;
    pthread_mutex_unlock(&clerk->lock);
    return number;
}

static void give(const struct entry *entry, struct http_answer *answer)
{
    struct pieces copy = {0};
    struct error err = entry->err;

    if (err.kind == ERROR_NONE && entry->number != 0) {
        pieces_add(&copy, entry->made.bytes);
        pieces_answer(&copy, answer);
        return;
    }
    if (entry->number == 0) { /* no error: a browser would log one */
        answer_json(answer, json_pack("{s:b}", "making", 1));
        answer->status = 202;
        answer->retry_after_s = 1;
        answer->no_store = true;
        return;
    }
    answer->retry_after_s = CLERK_EVERY_MS / 1000;
    answer_refuse_with(answer, 503, &err);
}

void clerk_answer(struct clerk *clerk, const struct clerk_kind *kind, const char *arguments,
                  struct http_answer *answer)
{
    pthread_mutex_lock(&clerk->lock);
    give(ask(clerk, kind, arguments), answer);
    pthread_mutex_unlock(&clerk->lock);
}

json_t *clerk_detail(struct clerk *clerk, const struct clerk_kind *kind, const char *arguments,
                     const char *key)
{
    json_t *detail;

    pthread_mutex_lock(&clerk->lock);
    detail = json_deep_copy(json_object_get(ask(clerk, kind, arguments)->details, key));
    pthread_mutex_unlock(&clerk->lock);
    return detail;
}

uint64_t clerk_details_number(struct clerk *clerk, const struct clerk_kind *kind,
                              const char *arguments)
{
    uint64_t number;

    pthread_mutex_lock(&clerk->lock);
    number = ask(clerk, kind, arguments)->details_number;
    pthread_mutex_unlock(&clerk->lock);
    return number;
}
