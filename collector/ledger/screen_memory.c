/* What a screen remembers, as bytes: a head that says whose they are, the numbers as they lie in
 * memory, and a digest of both. They are read by the machine that wrote them. */
#include <string.h>

#include "ledger/screen_inside.h"

struct head {
    uint64_t magic; /* of another byte order it is another number */
    uint64_t size;
    uint64_t meaning;
};

#define MAGIC 0x4C42534352454531U

_Static_assert(sizeof(struct screen_memory) % 8 == 0 &&
                   sizeof(struct screen_memory) ==
                       8 * (2 + SCREEN_COUNT + 3 + 4 + 7 + 2 * RATE_BUCKETS + 5 + 15 + 5 +
                            2 * HIDDEN_DAYS_MAX + 9),
               "a memory has no holes");

static uint64_t digested(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t digest = 0xCBF29CE484222325U;

    for (size_t i = 0; i < size; i++)
        digest = (digest ^ at[i]) * 0x100000001B3U;
    return digest;
}

size_t screen_size(const struct screen *screen)
{
    return sizeof(struct head) + sizeof screen->memory + sizeof(uint64_t);
}

size_t screen_write(const struct screen *screen, void *bytes, size_t size)
{
    const struct head head = {MAGIC, screen_size(screen), screen->meaning};
    unsigned char *at = bytes;
    uint64_t digest;

    if (size < head.size)
        return 0;
    memcpy(at, &head, sizeof head);
    memcpy(at + sizeof head, &screen->memory, sizeof screen->memory);
    digest = digested(at, head.size - sizeof digest);
    memcpy(at + head.size - sizeof digest, &digest, sizeof digest);
    return head.size;
}

/* A time of a collector, or none, as screen_step() lets in. */
static bool is_time(int64_t ms)
{
    return ms == NEVER_MS || (ms >= 0 && ms < MOMENT_END_MS);
}

static bool is_count(int64_t count)
{
    return count >= 0 && count < INT64_MAX / 4;
}

/* The digest does not stop a hand that writes its own: what steps count with or index by is held in
 * its range. */
static bool is_sound(const struct screen *screen, const struct screen_memory *memory)
{
    const int64_t last_bucket = MOMENT_END_MS / (screen->shared->rate_ms / RATE_BUCKETS + 1);
    const int64_t times[] = {
        memory->seen_ms,          memory->silence.valued_ms, memory->silence.valid_ms,
        memory->spike.time_ms[0], memory->spike.time_ms[1],  memory->rate.bucket,
        memory->rate.last_ms,     memory->flat.seen_ms,      memory->clip.from_ms,
        memory->clip.top_ms,      memory->clip.over_ms,      memory->clip.below_ms,
        memory->hidden.valid_ms,  memory->hidden.high_ms,    memory->hidden.newest,
        memory->night.from_ms,    memory->night.upto_ms,     memory->night.ends_ms};
    const int64_t counts[] = {
        memory->rate.count,       memory->flat.count,          memory->flat.covered_ms,
        memory->clip.count,       memory->clip.over,           memory->clip.top_count,
        memory->clip.next_count,  memory->clip.above,          memory->clip.below,
        memory->clip.beneath,     memory->night.elapsed_ms[0], memory->night.elapsed_ms[1],
        memory->night.present[0], memory->night.present[1]};

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (!is_time(times[i]))
            return false;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (!is_count(counts[i]))
            return false;
    for (int i = 0; i < RATE_BUCKETS; i++)
        if (!is_time(memory->rate.number[i]) || memory->rate.number[i] > last_bucket)
            return false;
    return memory->rate.bucket <= last_bucket &&
           memory->hidden.newest < MOMENT_END_MS / (24 * 60 * 60 * 1000) &&
           (memory->night.dark | 1) == 1;
}

bool screen_read(struct screen *screen, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    struct screen_memory memory;
    struct head head;
    uint64_t digest;

    if (size != screen_size(screen))
        return false;
    memcpy(&head, at, sizeof head);
    memcpy(&memory, at + sizeof head, sizeof memory);
    memcpy(&digest, at + size - sizeof digest, sizeof digest);
    if (head.magic != MAGIC || head.size != size || head.meaning != screen->meaning ||
        digest != digested(at, size - sizeof digest) || !is_sound(screen, &memory))
        return false;
    screen->memory = memory;
    return true;
}
