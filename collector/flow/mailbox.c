#include "flow/mailbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The ring holds entries {struct entry, readings, raw bytes, frames}, each in one piece and
 * aligned. Where an entry would not fit before the end, `end` marks where the used part of the ring
 * ends. */
struct entry {
    size_t size; /* of the whole entry */
    struct poll poll;
};

enum {
    ALIGNMENT = 16,
    ENTRY_MAX = sizeof(struct entry) + POLL_RAW_MAX + POLL_FRAMES_MAX +
                POLL_READINGS_MAX * sizeof(struct reading) + 3 * ALIGNMENT,
};

struct mailbox {
    pthread_mutex_t mutex;
    unsigned char *ring;
    size_t size;
    size_t head;  /* the next entry is written here */
    size_t tail;  /* the oldest entry not yet dropped */
    size_t next;  /* the oldest entry not yet taken */
    size_t end;   /* where head turned back to 0; `size` while it has not */
    size_t used;  /* bytes between tail and head, the unused end included */
    size_t taken; /* of these, bytes already taken */
    struct mailbox_gap gap;
    void (*wake)(void *);
    void *self;
};

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

struct mailbox *mailbox_new(size_t size)
{
    struct mailbox *mailbox = calloc(1, sizeof *mailbox);

    if (mailbox == NULL)
        return NULL;
    mailbox->size = aligned(size < 4 * ENTRY_MAX ? 4 * ENTRY_MAX : size);
    mailbox->end = mailbox->size;
    mailbox->ring = malloc(mailbox->size);
    if (mailbox->ring == NULL || pthread_mutex_init(&mailbox->mutex, NULL) != 0) {
        free(mailbox->ring);
        free(mailbox);
        return NULL;
    }
    return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
    if (mailbox == NULL)
        return;
    pthread_mutex_destroy(&mailbox->mutex);
    free(mailbox->ring);
    free(mailbox);
}

void mailbox_on_push(struct mailbox *mailbox, void (*wake)(void *), void *self)
{
    mailbox->wake = wake;
    mailbox->self = self;
}

static void lock(const struct mailbox *mailbox)
{
    pthread_mutex_lock(&((struct mailbox *)mailbox)->mutex);
}

static void unlock(const struct mailbox *mailbox)
{
    pthread_mutex_unlock(&((struct mailbox *)mailbox)->mutex);
}

size_t mailbox_used(const struct mailbox *mailbox)
{
    size_t used;

    lock(mailbox);
    used = mailbox->used;
    unlock(mailbox);
    return used;
}

/* Whether `size` bytes fit in one piece: behind the head, or in front of the tail. */
static bool fits(const struct mailbox *mailbox, size_t size)
{
    if (mailbox->used == 0)
        return size <= mailbox->size;
    if (mailbox->head <= mailbox->tail)
        return size <= mailbox->tail - mailbox->head;
    return size <= mailbox->size - mailbox->head || size <= mailbox->tail;
}

/* Polls under way are not counted one by one: an eighth of the ring is kept for them. */
bool mailbox_has_room(const struct mailbox *mailbox)
{
    size_t kept = mailbox->size / 8 > ENTRY_MAX ? mailbox->size / 8 : (size_t)ENTRY_MAX;
    bool has_room;

    lock(mailbox);
    has_room = fits(mailbox, kept);
    unlock(mailbox);
    return has_room;
}

/* Where `size` bytes fit in one piece the head is put; it turns back to the front if need be. */
static bool make_room(struct mailbox *mailbox, size_t size)
{
    size_t behind = mailbox->size - mailbox->head;

    if (!fits(mailbox, size))
        return false;
    if (mailbox->used == 0) {
        mailbox->head = mailbox->tail = mailbox->next = 0;
        mailbox->end = mailbox->size;
        return true;
    }
    if (mailbox->head <= mailbox->tail || size <= behind)
        return true;
    mailbox->end = mailbox->head;
    if (mailbox->next == mailbox->head) { /* all is taken: what comes next stands at the front */
        mailbox->next = 0;
        mailbox->taken += behind;
    }
    mailbox->used += behind;
    mailbox->head = 0;
    return true;
}

static void write_entry(struct mailbox *mailbox, const struct poll *poll, size_t size)
{
    unsigned char *at = mailbox->ring + mailbox->head;
    struct entry entry = {.size = size, .poll = *poll};
    unsigned char *readings = at + aligned(sizeof entry);
    unsigned char *raw = readings + poll->reading_count * sizeof *poll->readings;
    unsigned char *frames = raw + poll->raw_size;

    entry.poll.readings = (const struct reading *)(void *)readings;
    entry.poll.raw = raw;
    entry.poll.frames = poll->frames_size > 0 ? frames : NULL;
    memcpy(at, &entry, sizeof entry);
    if (poll->reading_count > 0)
        memcpy(readings, poll->readings, poll->reading_count * sizeof *poll->readings);
    if (poll->raw_size > 0)
        memcpy(raw, poll->raw, poll->raw_size);
    if (poll->frames_size > 0)
        memcpy(frames, poll->frames, poll->frames_size);
    mailbox->head += size;
    mailbox->used += size;
}

static void count_skip(struct mailbox *mailbox, struct wall_time time, struct mono_time mono)
{
    struct mailbox_gap *gap = &mailbox->gap;

    if (gap->count++ == 0) {
        gap->first = time;
        gap->first_mono = mono;
    }
    gap->last = time;
    gap->last_mono = mono;
}

bool mailbox_push(struct mailbox *mailbox, const struct poll *poll)
{
    size_t size = aligned(aligned(sizeof(struct entry)) + poll->raw_size + poll->frames_size +
                          poll->reading_count * sizeof *poll->readings);
    bool kept;

    lock(mailbox);
    kept = make_room(mailbox, size);
    if (kept)
        write_entry(mailbox, poll, size);
    unlock(mailbox);
    if (kept && mailbox->wake != NULL)
        mailbox->wake(mailbox->self);
    return kept;
}

void mailbox_skip(struct mailbox *mailbox, struct wall_time time, struct mono_time mono)
{
    lock(mailbox);
    count_skip(mailbox, time, mono);
    unlock(mailbox);
}

bool mailbox_take(struct mailbox *mailbox, struct poll *poll)
{
    struct entry entry;
    bool any;

    lock(mailbox);
    any = mailbox->taken < mailbox->used;
    if (any) {
        if (mailbox->next == mailbox->end) {
            mailbox->taken += mailbox->size - mailbox->end;
            mailbox->next = 0;
        }
        memcpy(&entry, mailbox->ring + mailbox->next, sizeof entry);
        *poll = entry.poll;
        mailbox->next += entry.size;
        mailbox->taken += entry.size;
    }
    unlock(mailbox);
    return any;
}

void mailbox_drop(struct mailbox *mailbox)
{
    lock(mailbox);
    if (mailbox->next < mailbox->tail)
        mailbox->end = mailbox->size; /* the turned end is behind us */
    mailbox->tail = mailbox->next;
    mailbox->used -= mailbox->taken;
    mailbox->taken = 0;
    unlock(mailbox);
}

void mailbox_rewind(struct mailbox *mailbox)
{
    lock(mailbox);
    mailbox->next = mailbox->tail;
    mailbox->taken = 0;
    unlock(mailbox);
}

bool mailbox_gap(struct mailbox *mailbox, struct mailbox_gap *gap)
{
    bool any;

    lock(mailbox);
    any = mailbox->gap.count > 0;
    if (any)
        *gap = mailbox->gap;
    mailbox->gap = (struct mailbox_gap){.count = 0};
    unlock(mailbox);
    return any;
}
