#include "report/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

bool bytes_add(struct bytes *bytes, const void *more, size_t size, struct error *err)
{
    size_t room = bytes->room == 0 ? 4096 : bytes->room;
    char *larger;

    while (room - bytes->used < size + 1)
        room *= 2;
    if (room != bytes->room) {
        larger = realloc(bytes->at, room);
        if (larger == NULL)
            return no_memory(err);
        bytes->at = larger;
        bytes->room = room;
    }
    if (size > 0)
        memcpy(bytes->at + bytes->used, more, size);
    bytes->used += size;
    bytes->at[bytes->used] = '\0';
    return true;
}

bool bytes_words(struct bytes *bytes, const char *words, struct error *err)
{
    return bytes_add(bytes, words, strlen(words), err);
}

bool bytes_format(struct bytes *bytes, struct error *err, const char *format, ...)
{
    char words[512];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return length >= 0 && bytes_add(bytes, words, (size_t)length, err);
}

bool list_room(void *rows, size_t count, size_t *room, size_t size, struct error *err)
{
    size_t more = *room == 0 ? 16 : 2 * *room;
    void *old, *larger;

    if (count < *room)
        return true;
    memcpy(&old, rows, sizeof old);
    larger = realloc(old, more * size);
    if (larger == NULL)
        return no_memory(err);
    memcpy(rows, &larger, sizeof larger);
    *room = more;
    return true;
}
