#include "store/arena.h"

#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next; /* of giants */
    max_align_t bytes[];
};

static struct arena_block *block_new(size_t size)
{
    struct arena_block *block = malloc(sizeof *block + size);

    if (block != NULL)
        block->next = NULL;
    return block;
}

static void *giant_get(struct arena *arena, size_t size)
{
    struct arena_block *block = block_new(size);

    if (block == NULL)
        return NULL;
    block->next = arena->giants;
    arena->giants = block;
    return block->bytes;
}

void *arena_get(struct arena *arena, size_t size)
{
    char *bytes;

    size = (size + 7) & ~(size_t)7;
    arena->total += size;
    if (size > ARENA_BLOCK / 4)
        return giant_get(arena, size);
    if (arena->block < arena->block_count && arena->used + size > ARENA_BLOCK) {
        arena->block++;
        arena->used = 0;
    }
    if (arena->block == ARENA_BLOCKS_MAX)
        return giant_get(arena, size);
    if (arena->block == arena->block_count) {
        arena->blocks[arena->block] = block_new(ARENA_BLOCK);
        if (arena->blocks[arena->block] == NULL)
            return NULL;
        arena->block_count++;
    }
    bytes = (char *)arena->blocks[arena->block]->bytes + arena->used;
    arena->used += size;
    return bytes;
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    void *copy = arena_get(arena, size);

    if (copy != NULL && size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

bool arena_is_full(const struct arena *arena)
{
    return arena->total >= (size_t)ARENA_BLOCK * (ARENA_BLOCKS_MAX - 1);
}

void arena_empty(struct arena *arena)
{
    while (arena->giants != NULL) {
        struct arena_block *next = arena->giants->next;

        free(arena->giants);
        arena->giants = next;
    }
    arena->block = 0;
    arena->used = 0;
    arena->total = 0;
}

void arena_free(struct arena *arena)
{
    arena_empty(arena);
    for (size_t i = 0; i < arena->block_count; i++)
        free(arena->blocks[i]);
    arena->block_count = 0;
}
