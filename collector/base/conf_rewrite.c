#include "base/conf_inside.h"

#include <stdlib.h>
#include <string.h>

void rewrite_bytes(struct rewrite *to, const char *bytes, size_t count)
{
    if (to->room - to->used <= count) {
        size_t room = (to->room + count) * 2 + 64;
        char *grown = realloc(to->bytes, room);

        if (grown == NULL) {
            to->no_memory = true;
            return;
        }
        to->bytes = grown;
        to->room = room;
    }
    memcpy(to->bytes + to->used, bytes, count);
    to->used += count;
    to->bytes[to->used] = '\0';
}

void rewrite_newlines_held(struct rewrite *to)
{
    for (; to->newlines_held > 0; to->newlines_held--)
        rewrite_bytes(to, "\n", 1);
    to->holding = false;
}

/* A token that may close a text: it goes before the newlines that stood between. */
void rewrite_mark(struct rewrite *to, char mark)
{
    rewrite_bytes(to, &mark, 1);
    rewrite_newlines_held(to);
}

void rewrite_word(struct rewrite *to, const char *bytes, size_t count)
{
    rewrite_newlines_held(to);
    rewrite_bytes(to, bytes, count);
    rewrite_bytes(to, " ", 1);
}

void rewrite_newline(struct rewrite *to)
{
    if (to->holding)
        to->newlines_held++;
    else
        rewrite_bytes(to, "\n", 1);
}

void rewrite_told(struct rewrite *to)
{
    static const char told[] = {'"', TOLD_BYTE, '"'};

    rewrite_word(to, told, sizeof told);
}
