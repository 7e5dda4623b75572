#include "page/asking.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 4096 };

struct asking *asking_new(const char *target)
{
    struct asking *asking = calloc(1, sizeof *asking);
    size_t size = strlen(target);

    if (asking != NULL && size < sizeof asking->target)
        memcpy(asking->target, target, size + 1);
    return asking;
}

void asking_free(struct asking *asking)
{
    if (asking != NULL)
        free(asking->body);
    free(asking);
}

static bool make_room(struct asking *asking, size_t size)
{
    size_t room = asking->body_room == 0 ? ROOM_FIRST : asking->body_room;
    char *body;

    while (room < asking->body_size + size)
        room *= 2;
    if (room == asking->body_room)
        return true;
    body = realloc(asking->body, room);
    if (body == NULL)
        return false;
    asking->body = body;
    asking->body_room = room;
    return true;
}

bool asking_add(struct asking *asking, const char *bytes, size_t size)
{
    if (!make_room(asking, size))
        return false;
    memcpy(asking->body + asking->body_size, bytes, size);
    asking->body_size += size;
    return true;
}

void asking_line(struct asking_lines *lines, const char *name, size_t name_size, const char *value,
                 size_t value_size)
{
    uintptr_t begin = (uintptr_t)name, end = (uintptr_t)value;

    http_head_add(&lines->head, name, name_size, value == NULL ? "" : value, value_size);
    if (value == NULL || !lines->checked)
        return;
    if ((lines->expected != NULL && begin != (uintptr_t)lines->expected) ||
        end < begin + name_size + 1)
        lines->broken = true;
    lines->expected = value + value_size + 2;
}
