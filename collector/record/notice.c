#include "record/notice.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

/* The last place is kept for the one that says how many found none. */
enum { PLACES = NOTICES_MAX - 1 };

struct notices {
    pthread_mutex_t lock;
    const struct clock *clock;
    uint64_t revision;
    size_t uncounted;                 /* raised while the board was full */
    struct notice board[NOTICES_MAX]; /* id "": free */
};

struct notices *notices_new(const struct clock *clock)
{
    struct notices *notices = calloc(1, sizeof *notices);

    if (notices == NULL)
        return NULL;
    pthread_mutex_init(&notices->lock, NULL);
    notices->clock = clock;
    return notices;
}

void notices_free(struct notices *notices)
{
    if (notices == NULL)
        return;
    pthread_mutex_destroy(&notices->lock);
    free(notices);
}

static struct notice *find(struct notices *notices, const char *id)
{
    for (size_t i = 0; i < NOTICES_MAX; i++)
        if (strcmp(notices->board[i].id, id) == 0)
            return &notices->board[i];
    return NULL;
}

/* A free place, else that of the notice which ended longest ago; NULL when all are open. */
static struct notice *place(struct notices *notices)
{
    struct notice *oldest = NULL;

    for (size_t i = 0; i < PLACES; i++) {
        struct notice *at = &notices->board[i];

        if (at->id[0] == '\0')
            return at;
        if (at->ended && (oldest == NULL || at->revision < oldest->revision))
            oldest = at;
    }
    return oldest;
}

static void put(struct notices *notices, struct notice *at, const char *id, const char *subject,
                const char *text)
{
    bool is_open = strcmp(at->id, id) == 0 && !at->ended;

    if (is_open && strcmp(at->text, text) == 0 && strcmp(at->subject, subject) == 0)
        return;
    if (!is_open)
        at->since = clock_wall(notices->clock);
    at->ended = false;
    snprintf(at->id, sizeof at->id, "%s", id);
    snprintf(at->subject, sizeof at->subject, "%s", subject);
    snprintf(at->text, sizeof at->text, "%s", text);
    at->revision = ++notices->revision;
}

static void put_on_full_board(struct notices *notices)
{
    char text[sizeof notices->board[0].text];

    notices->uncounted++;
    snprintf(text, sizeof text,
             SAY("运行告警已满 %d 条，另有 %zu 次未列出；请先处理已列出的告警",
                 "%d notices are open and %zu more found no room; see to those that are listed "
                 "first"),
             (int)PLACES, notices->uncounted);
    put(notices, &notices->board[PLACES], "notices", SAY("运行告警", "notices"), text);
}

void notice_raise(struct notices *notices, const char *id, const char *subject, const char *format,
                  ...)
{
    char text[sizeof notices->board[0].text];
    struct notice *at;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pthread_mutex_lock(&notices->lock);
    at = find(notices, id);
    if (at == NULL)
        at = place(notices);
    if (at != NULL)
        put(notices, at, id, subject, text);
    else
        put_on_full_board(notices);
    pthread_mutex_unlock(&notices->lock);
}

static void end_at(struct notices *notices, struct notice *at)
{
    at->ended = true;
    at->revision = ++notices->revision;
}

void notice_end(struct notices *notices, const char *id)
{
    struct notice *at;
    struct notice *rest = &notices->board[PLACES];

    pthread_mutex_lock(&notices->lock);
    at = find(notices, id);
    if (at != NULL && !at->ended) {
        end_at(notices, at);
        if (at != rest && rest->id[0] != '\0' && !rest->ended)
            end_at(notices, rest);
        notices->uncounted = 0;
    }
    pthread_mutex_unlock(&notices->lock);
}

/* The notice changed first after `revision`. */
static const struct notice *next(const struct notices *notices, uint64_t revision)
{
    const struct notice *found = NULL;

    for (size_t i = 0; i < NOTICES_MAX; i++) {
        const struct notice *at = &notices->board[i];

        if (at->id[0] != '\0' && at->revision > revision &&
            (found == NULL || at->revision < found->revision))
            found = at;
    }
    return found;
}

size_t notices_since(struct notices *notices, uint64_t *revision, struct notice *out, size_t most)
{
    const struct notice *at;
    size_t count = 0;

    pthread_mutex_lock(&notices->lock);
    while (count < most && (at = next(notices, *revision)) != NULL) {
        out[count++] = *at;
        *revision = at->revision;
    }
    pthread_mutex_unlock(&notices->lock);
    return count;
}

uint64_t notices_revision(struct notices *notices)
{
    uint64_t revision;

    pthread_mutex_lock(&notices->lock);
    revision = notices->revision;
    pthread_mutex_unlock(&notices->lock);
    return revision;
}

size_t notices_count(struct notices *notices)
{
    size_t count = 0;

    pthread_mutex_lock(&notices->lock);
    for (size_t i = 0; i < NOTICES_MAX; i++)
        count += notices->board[i].id[0] != '\0' && !notices->board[i].ended;
    pthread_mutex_unlock(&notices->lock);
    return count;
}

size_t notices_open(struct notices *notices, struct notice *out, size_t most)
{
    uint64_t revision = 0;
    const struct notice *at;
    size_t count = 0;

    pthread_mutex_lock(&notices->lock);
    while (count < most && (at = next(notices, revision)) != NULL) {
        revision = at->revision;
        if (!at->ended)
            out[count++] = *at;
    }
    pthread_mutex_unlock(&notices->lock);
    return count;
}
