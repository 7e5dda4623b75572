/* The source every running sender has: the store's reader and the recorder. */
#include "output/courier.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

struct store_source {
    const char *name; /* of the output, and so of its cursor */
    struct recorder *recorder;
    struct reader *reader;  /* the sender's thread */
    struct reader *counter; /* whoever asks for the status, one at a time */
    pthread_mutex_t counting;
};

static bool items(void *self, uint64_t after, unsigned wanted, size_t most, struct item *out,
                  size_t *count, uint64_t *reached, struct error *err)
{
    struct store_source *source = self;

    return reader_items(source->reader, after, wanted, most, out, count, reached, err);
}

static bool problems(void *self, const char *state, bool (*each)(void *of, const char *body),
                     void *of, struct error *err)
{
    struct store_source *source = self;

    return reader_problems(source->reader, state, NULL, "breach", NULL, each, of, err);
}

static uint64_t cursor(void *self)
{
    struct store_source *source = self;

    return reader_cursor(source->reader, source->name);
}

static uint64_t wait_for(void *self, uint64_t seq, int64_t timeout_ms)
{
    return recorder_wait(((struct store_source *)self)->recorder, seq, timeout_ms);
}

static void wake(void *self)
{
    recorder_wake_all(((struct store_source *)self)->recorder);
}

static void move(void *self, uint64_t seq)
{
    struct store_source *source = self;

    recorder_move_cursor(source->recorder, source->name, seq);
}

static void refuse(void *self, uint64_t seq, const char *reason)
{
    struct store_source *source = self;

    recorder_quarantine(source->recorder, source->name, seq, reason);
}

static uint64_t backlog(void *self, uint64_t after, struct wall_time *oldest)
{
    struct store_source *source = self;
    uint64_t count;

    pthread_mutex_lock(&source->counting);
    count = reader_backlog(source->counter, after, oldest);
    pthread_mutex_unlock(&source->counting);
    return count;
}

static uint64_t quarantined(void *self)
{
    struct store_source *source = self;
    uint64_t count;

    pthread_mutex_lock(&source->counting);
    count = reader_quarantined(source->counter, source->name);
    pthread_mutex_unlock(&source->counting);
    return count;
}

static void act(void *self, struct act *what)
{
    recorder_act(((struct store_source *)self)->recorder, what);
}

static bool events(void *self, const char *kind,
                   bool (*each)(void *of, uint64_t seq, struct wall_time time, const char *who,
                                const char *arguments),
                   void *of, struct error *err)
{
    return reader_events(((struct store_source *)self)->reader, kind, each, of, err);
}

static void close_it(void *self)
{
    struct store_source *source = self;

    if (source->reader != NULL)
        reader_close(source->reader);
    if (source->counter != NULL)
        reader_close(source->counter);
    pthread_mutex_destroy(&source->counting);
    free(source);
}

static bool open_it(const struct sender_setup *setup, struct source *out, struct error *err)
{
    struct store_source *source = calloc(1, sizeof *source);

    if (source == NULL)
        return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    pthread_mutex_init(&source->counting, NULL);
    source->name = setup->output->name;
    source->recorder = setup->recorder;
    source->reader = reader_open(setup->store_dir, err);
    source->counter = source->reader == NULL ? NULL : reader_open(setup->store_dir, err);
    if (source->counter == NULL) {
        close_it(source);
        return false;
    }
    *out = (struct source){.items = items,
                           .problems = problems,
                           .cursor = cursor,
                           .wait = wait_for,
                           .wake = wake,
                           .move = move,
                           .refuse = refuse,
                           .backlog = backlog,
                           .quarantined = quarantined,
                           .close = close_it,
                           .act = act,
                           .events = events,
                           .self = source};
    return true;
}

struct sender *sender_start(const struct sender_setup *setup, struct error *err)
{
    struct source source;

    if (!open_it(setup, &source, err))
        return NULL;
    return sender_start_on(setup, &source, err);
}
