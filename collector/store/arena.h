/* arena.h - memory for what a reader lends until its next call. Inside store/ only.
 *
 * Blocks stay where they are, so what was given never moves. arena_empty() keeps the blocks for the
 * next use; a block made for one giant entry is let go.
 */
#ifndef STORE_ARENA_H
#define STORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

enum { ARENA_BLOCK = 256 * 1024, ARENA_BLOCKS_MAX = 16 };

struct arena {
    struct arena_block *blocks[ARENA_BLOCKS_MAX];
    size_t block_count; /* how many exist */
    size_t block;       /* the one that is being filled */
    size_t used;        /* bytes of it */
    struct arena_block *giants;
    size_t total; /* bytes given since arena_empty() */
};

/* Aligned to 8 bytes; NULL: no memory. */
void *arena_get(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *bytes, size_t size);
/* What fits into ARENA_BLOCKS_MAX blocks is the most it keeps: 4 MiB. */
bool arena_is_full(const struct arena *arena);
void arena_empty(struct arena *arena);
void arena_free(struct arena *arena);

#endif
