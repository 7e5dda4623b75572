/* Who dials in and is not known: the newest are remembered, so that their name can be copied. */
#include <string.h>

#include "drivers/link_dialin_parts.h"

static bool is_same(const struct dialin_stranger *stranger, const struct dialin_caller *caller)
{
    return strcmp(stranger->from, caller->from) == 0 &&
           strcmp(stranger->listen, caller->door->listen) == 0 && stranger->size == caller->size &&
           memcmp(stranger->packet, caller->packet, caller->size) == 0;
}

/* Its place; the oldest one's when it is new and there is no other. */
static size_t place_of(struct dialin_hall *hall, const struct dialin_caller *caller, bool *is_new)
{
    *is_new = false;
    for (size_t i = 0; i < hall->stranger_count; i++)
        if (is_same(&hall->strangers[i], caller))
            return i;
    *is_new = true;
    if (hall->stranger_count < DIALIN_STRANGERS_MAX)
        hall->stranger_count++;
    return hall->stranger_count - 1;
}

void dialin_stranger_note(struct dialin_hall *hall, const struct dialin_caller *caller)
{
    struct wall_time now = clock_wall(hall->setup.clock);
    bool is_new;
    size_t place = place_of(hall, caller, &is_new);
    struct dialin_stranger stranger = hall->strangers[place];

    if (is_new) {
        stranger = (struct dialin_stranger){.size = caller->size, .since = now};
        memcpy(stranger.listen, caller->door->listen, sizeof stranger.listen);
        memcpy(stranger.from, caller->from, sizeof stranger.from);
        memcpy(stranger.packet, caller->packet, caller->size);
    }
    stranger.last = now;
    stranger.times++;
    memmove(hall->strangers + 1, hall->strangers, place * sizeof stranger);
    hall->strangers[0] = stranger;
    if (is_new && hall->setup.strangers_changed != NULL)
        hall->setup.strangers_changed(hall->setup.self);
}

int64_t dialin_strangers_forget(struct dialin_hall *hall)
{
    int64_t now = clock_wall(hall->setup.clock).ms;
    size_t before = hall->stranger_count;

    while (hall->stranger_count > 0 &&
           hall->strangers[hall->stranger_count - 1].last.ms + DIALIN_STRANGER_S * 1000 <= now)
        hall->stranger_count--;
    if (hall->stranger_count == 0 && before > 0 && hall->setup.strangers_changed != NULL)
        hall->setup.strangers_changed(hall->setup.self);
    return hall->stranger_count == 0
               ? INT64_MAX
               : hall->strangers[hall->stranger_count - 1].last.ms + DIALIN_STRANGER_S * 1000;
}

size_t dialin_hall_strangers(const struct dialin_hall *hall, struct dialin_stranger *out,
                             size_t most)
{
    size_t count = hall->stranger_count < most ? hall->stranger_count : most;

    memcpy(out, hall->strangers, count * sizeof *out);
    return count;
}
