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

static bool copy_seal(void *self, const struct sealed *sealed)
{
    struct sealed *copy = self;

    *copy = *sealed;
    copy->path = NULL;
    copy->path_length = 0;
    return true;
}

static bool seal(void *self, struct sealed *sealed)
{
    struct store_source *source = self;
    uint64_t newest = 0, waiting, from;

    sealed->head.segment = 0;
    return reader_seal_state(source->reader, &newest, &waiting, &from, NULL) && newest > 0 &&
           reader_sealed(source->reader, newest, newest, copy_seal, sealed, NULL) &&
           sealed->head.segment == newest;
}

struct sought {
    const char *kind, *name;
    bool found;
};

static bool is_sought(void *self, uint64_t segment, const char *kind, const char *name,
                      struct wall_time time, const void *body, size_t size)
{
    struct sought *sought = self;

    (void)segment;
    (void)time;
    (void)body;
    (void)size;
    sought->found = strcmp(kind, sought->kind) == 0 && strcmp(name, sought->name) == 0;
    return !sought->found;
}

static bool is_anchored(void *self, uint64_t segment, const char *kind)
{
    struct store_source *source = self;
    struct sought sought = {.kind = kind, .name = source->name};

    return reader_anchors(source->reader, segment, segment, is_sought, &sought, NULL) &&
           sought.found;
}

static void anchor(void *self, uint64_t segment, const char *kind, const void *body, size_t size)
{
    struct store_source *source = self;

    recorder_anchor(source->recorder, segment, kind, source->name, body, size);
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

bool store_source_open(const char *name, const char *store_dir, struct recorder *recorder,
                       struct source *out, struct error *err)
{
    struct store_source *source = calloc(1, sizeof *source);

    if (source == NULL)
        return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    pthread_mutex_init(&source->counting, NULL);
    source->name = name;
    source->recorder = recorder;
    source->reader = reader_open(store_dir, err);
    source->counter = source->reader == NULL ? NULL : reader_open(store_dir, err);
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
                           .seal = seal,
                           .is_anchored = is_anchored,
                           .anchor = anchor,
                           .act = act,
                           .events = events,
                           .self = source};
    return true;
}

struct sender *sender_start(const struct sender_setup *setup, struct error *err)
{
    struct source source;

    if (!store_source_open(setup->output->name, setup->store_dir, setup->recorder, &source, err))
        return NULL;
    return sender_start_on(setup, &source, err);
}
