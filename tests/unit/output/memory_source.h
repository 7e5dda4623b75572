/* memory_source.h - a sender's source that stands in memory: polls to be given, and what became of
 * them. Seqs run 1, 2, 3, …; every test waits for something that happens, with a deadline. */
#ifndef TESTS_MEMORY_SOURCE_H
#define TESTS_MEMORY_SOURCE_H

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output/courier.h"
#include "output/gate.h"
#include "unit/output/small_town.h"

enum { DEADLINE_MS = 20000 };

struct memory {
    struct gate gate;
    struct item *items;
    struct reading *readings;
    size_t count;
    uint64_t cursor;
    uint64_t highest; /* cursor ever reached */
    uint64_t refused[256];
    char reason[320]; /* of the last one */
    size_t refused_count;
    uint64_t sealed; /* the newest sealed segment, 0: none; every digit of its head is its last */
    struct memory_anchor {
        uint64_t segment;
        char kind[16];
        size_t size;
        char body[40]; /* its beginning */
    } anchors[32];
    size_t anchor_count;
};

static struct memory memory;

/* True once `holds()` is; false when DEADLINE_MS have passed. */
static inline bool comes_true(bool (*holds)(void *self), void *self)
{
    struct timespec now, until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DEADLINE_MS / 1000;
    while (!holds(self)) {
        poll(NULL, 0, 2);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec > until.tv_sec)
            return false;
    }
    return true;
}

static inline bool memory_items(void *self, uint64_t after, unsigned wanted, size_t most,
                                struct item *items, size_t *count, uint64_t *reached,
                                struct error *err)
{
    (void)self;
    (void)err;
    gate_enter(&memory.gate);
    *count = 0;
    for (*reached = after; *count < most && *reached < memory.count; ++*reached)
        if (wanted & 1U << memory.items[*reached].kind)
            items[(*count)++] = memory.items[*reached];
    gate_leave(&memory.gate);
    return true;
}

static inline bool memory_problems(void *self, const char *state,
                                   bool (*each)(void *of, const char *body), void *of,
                                   struct error *err)
{
    (void)self;
    (void)state;
    (void)err;
    return each(of, "{\"uid\":\"0123\",\"state\":\"closed\",\"ended\":\"2020-01-01T00:00:00Z\"}");
}

static inline uint64_t memory_cursor(void *self)
{
    (void)self;
    return memory.cursor;
}

static inline uint64_t memory_wait(void *self, uint64_t seq, int64_t timeout_ms)
{
    (void)self;
    gate_enter(&memory.gate);
    if (memory.count <= seq)
        gate_wait(&memory.gate, timeout_ms);
    seq = memory.count;
    gate_leave(&memory.gate);
    return seq;
}

static inline void memory_wake(void *self)
{
    (void)self;
    gate_enter(&memory.gate);
    gate_signal(&memory.gate);
    gate_leave(&memory.gate);
}

static inline void memory_move(void *self, uint64_t seq)
{
    (void)self;
    gate_enter(&memory.gate);
    memory.cursor = seq;
    if (seq > memory.highest)
        memory.highest = seq;
    gate_leave(&memory.gate);
}

static inline void memory_refuse(void *self, uint64_t seq, const char *reason)
{
    (void)self;
    gate_enter(&memory.gate);
    if (memory.refused_count < 256)
        memory.refused[memory.refused_count++] = seq;
    snprintf(memory.reason, sizeof memory.reason, "%s", reason);
    gate_leave(&memory.gate);
}

static inline uint64_t memory_backlog(void *self, uint64_t after, struct wall_time *oldest)
{
    uint64_t count;

    (void)self;
    *oldest = WALL_NONE;
    gate_enter(&memory.gate);
    count = memory.count - after;
    gate_leave(&memory.gate);
    return count;
}

static inline uint64_t memory_quarantined(void *self)
{
    uint64_t count;

    (void)self;
    gate_enter(&memory.gate);
    count = memory.refused_count;
    gate_leave(&memory.gate);
    return count;
}

static inline bool memory_seal(void *self, struct sealed *sealed)
{
    (void)self;
    *sealed = (struct sealed){
        .head = {.sealed = {1790000000000}, .key = "5e5e"}
    };
    gate_enter(&memory.gate);
    sealed->head.segment = memory.sealed;
    gate_leave(&memory.gate);
    memset(sealed->digest, (int)(sealed->head.segment % 10 * 0x11), sizeof sealed->digest);
    memset(sealed->head.previous, (int)((sealed->head.segment + 9) % 10 * 0x11),
           sizeof sealed->head.previous);
    memset(sealed->signature, 0x5a, sizeof sealed->signature);
    return sealed->head.segment > 0;
}

static inline bool memory_is_anchored(void *self, uint64_t segment, const char *kind)
{
    bool is = false;

    (void)self;
    gate_enter(&memory.gate);
    for (size_t i = 0; i < memory.anchor_count; i++)
        is = is ||
             (memory.anchors[i].segment == segment && strcmp(memory.anchors[i].kind, kind) == 0);
    gate_leave(&memory.gate);
    return is;
}

static inline void memory_keep_anchor(void *self, uint64_t segment, const char *kind,
                                      const void *body, size_t size)
{
    struct memory_anchor one = {.segment = segment, .size = size};

    (void)self;
    snprintf(one.kind, sizeof one.kind, "%s", kind);
    if (size > 0)
        memcpy(one.body, body, size < sizeof one.body ? size : sizeof one.body - 1);
    gate_enter(&memory.gate);
    if (memory.anchor_count < 32)
        memory.anchors[memory.anchor_count++] = one;
    gate_leave(&memory.gate);
}

static const struct source memory_source = {.items = memory_items,
                                            .problems = memory_problems,
                                            .cursor = memory_cursor,
                                            .wait = memory_wait,
                                            .wake = memory_wake,
                                            .move = memory_move,
                                            .refuse = memory_refuse,
                                            .backlog = memory_backlog,
                                            .quarantined = memory_quarantined,
                                            .seal = memory_seal,
                                            .is_anchored = memory_is_anchored,
                                            .anchor = memory_keep_anchor};

/* A newer segment is sealed; who waits for news is woken. */
static inline void memory_seals(uint64_t segment)
{
    gate_enter(&memory.gate);
    memory.sealed = segment;
    gate_signal(&memory.gate);
    gate_leave(&memory.gate);
}

static inline size_t memory_anchor_count(void)
{
    size_t count;

    gate_enter(&memory.gate);
    count = memory.anchor_count;
    gate_leave(&memory.gate);
    return count;
}

static inline bool anchors_are(void *count)
{
    return memory_anchor_count() == *(const size_t *)count;
}

/* `count` polls of the sonde, a second apart, pH 7 + seq / 1000; room for more. */
static inline void memory_fill(size_t count)
{
    memset(&memory, 0, sizeof memory);
    gate_init(&memory.gate);
    memory.items = calloc(count * 2 + 16, sizeof *memory.items);
    memory.readings = calloc(count * 2 + 16, sizeof *memory.readings);
    for (size_t i = 0; i < count * 2 + 16; i++) {
        memory.readings[i] = (struct reading){.point = PH, .value = 7 + (double)(i + 1) / 1000};
        memory.items[i] = (struct item){
            .kind = ITEM_POLL,
            .seq = i + 1,
            .poll = {.seq = i + 1,
                     .device = SONDE,
                     .time = {1790000000000 + (int64_t)i * 1000},
                     .readings = &memory.readings[i],
                     .reading_count = 1}
        };
    }
    memory.count = count;
}

/* `count` more of them are committed. */
static inline void memory_grow(size_t count)
{
    gate_enter(&memory.gate);
    memory.count += count;
    gate_signal(&memory.gate);
    gate_leave(&memory.gate);
}

static inline void memory_empty(void)
{
    free(memory.items);
    free(memory.readings);
    gate_end(&memory.gate);
}

static inline bool cursor_is_at(void *seq)
{
    bool there;

    gate_enter(&memory.gate);
    there = memory.cursor == *(const uint64_t *)seq;
    gate_leave(&memory.gate);
    return there;
}

#endif
