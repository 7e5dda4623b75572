#include "flow/agenda.h"

#include <assert.h>
#include <stdlib.h>

struct agenda_slot {
    int64_t at;
    struct agenda_entry *entry;
};

bool agenda_init(struct agenda *agenda, size_t size)
{
    *agenda = (struct agenda){.size = size};
    agenda->slots = calloc(size > 0 ? size : 1, sizeof *agenda->slots);
    return agenda->slots != NULL;
}

void agenda_free(struct agenda *agenda)
{
    free(agenda->slots);
    *agenda = (struct agenda){.slots = NULL};
}

void agenda_entry_init(struct agenda_entry *entry, int kind, void *owner)
{
    *entry = (struct agenda_entry){.place = AGENDA_NOWHERE, .kind = kind, .owner = owner};
}

bool agenda_has(const struct agenda_entry *entry)
{
    return entry->place != AGENDA_NOWHERE;
}

int64_t agenda_at(const struct agenda *agenda, const struct agenda_entry *entry)
{
    return agenda_has(entry) ? agenda->slots[entry->place].at : INT64_MAX;
}

static bool comes_before(const struct agenda_slot *one, const struct agenda_slot *other)
{
    return one->at < other->at || (one->at == other->at && one->entry->order < other->entry->order);
}

static void put(struct agenda *agenda, size_t place, struct agenda_slot slot)
{
    agenda->slots[place] = slot;
    slot.entry->place = place;
}

static void rise(struct agenda *agenda, size_t place)
{
    struct agenda_slot slot = agenda->slots[place];

    while (place > 0 && comes_before(&slot, &agenda->slots[(place - 1) / 2])) {
        put(agenda, place, agenda->slots[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(agenda, place, slot);
}

static void sink(struct agenda *agenda, size_t place)
{
    struct agenda_slot slot = agenda->slots[place];

    for (;;) {
        size_t child = 2 * place + 1;

        if (child + 1 < agenda->used &&
            comes_before(&agenda->slots[child + 1], &agenda->slots[child]))
            child++;
        if (child >= agenda->used || !comes_before(&agenda->slots[child], &slot))
            break;
        put(agenda, place, agenda->slots[child]);
        place = child;
    }
    put(agenda, place, slot);
}

void agenda_set(struct agenda *agenda, struct agenda_entry *entry, int64_t at_ns, int64_t order)
{
    if (!agenda_has(entry)) {
        assert(agenda->used < agenda->size);
        entry->place = agenda->used++;
    }
    entry->order = order;
    agenda->slots[entry->place] = (struct agenda_slot){at_ns, entry};
    sink(agenda, entry->place);
    rise(agenda, entry->place);
}

void agenda_remove(struct agenda *agenda, struct agenda_entry *entry)
{
    size_t place = entry->place;

    if (!agenda_has(entry))
        return;
    entry->place = AGENDA_NOWHERE;
    agenda->used--;
    if (place == agenda->used)
        return;
    put(agenda, place, agenda->slots[agenda->used]);
    sink(agenda, place);
    rise(agenda, place);
}

int64_t agenda_first(const struct agenda *agenda)
{
    return agenda->used > 0 ? agenda->slots[0].at : INT64_MAX;
}

struct agenda_entry *agenda_take(struct agenda *agenda, int64_t now_ns)
{
    struct agenda_entry *entry;

    if (agenda_first(agenda) > now_ns || agenda->used == 0)
        return NULL;
    entry = agenda->slots[0].entry;
    agenda_remove(agenda, entry);
    return entry;
}

int64_t agenda_on_grid(int64_t at_ns, int64_t offset_ns)
{
    int64_t over = (at_ns + offset_ns) % AGENDA_GRID_NS;

    if (over < 0)
        over += AGENDA_GRID_NS;
    return over == 0 ? at_ns : at_ns + AGENDA_GRID_NS - over;
}

int64_t tick_at(int64_t wall_ms, int64_t every_ms, int64_t phase_ms)
{
    int64_t since = wall_ms - phase_ms;

    return since >= 0 ? since / every_ms : -((every_ms - 1 - since) / every_ms);
}

int64_t tick_moment(int64_t tick, int64_t every_ms, int64_t phase_ms)
{
    return tick * every_ms + phase_ms;
}

int64_t tick_phase(size_t index, size_t count, int64_t every_ms)
{
    int64_t places = every_ms / 10;

    if ((int64_t)count < places)
        places = (int64_t)count;
    return places > 1 ? (int64_t)(index % (size_t)places) * 10 : 0;
}
