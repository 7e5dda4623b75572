/* agenda.h - what is due when: a heap of moments, and the grid they are rounded to. Pure.
 *
 * An entry lives in what it wakes and stands in at most one agenda, once. Moments are monotonic
 * nanoseconds. Nothing is allocated after agenda_init().
 */
#ifndef FLOW_AGENDA_H
#define FLOW_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AGENDA_NOWHERE SIZE_MAX
#define AGENDA_GRID_NS 10000000 /* wake-ups are the cost, not frames: 10 ms groups them */

struct agenda_entry {
    size_t place;  /* in the heap, or AGENDA_NOWHERE */
    int64_t order; /* among entries of one moment, the least first */
    void *owner;
    int kind; /* the owner's, for whoever takes entries out */
};

struct agenda_slot;

struct agenda {
    struct agenda_slot *slots;
    size_t used, size;
};

/* Room for `size` entries; false: no memory. */
bool agenda_init(struct agenda *agenda, size_t size);
void agenda_free(struct agenda *agenda);

void agenda_entry_init(struct agenda_entry *entry, int kind, void *owner);
bool agenda_has(const struct agenda_entry *entry);
/* When it is due; INT64_MAX: it is not in. */
int64_t agenda_at(const struct agenda *agenda, const struct agenda_entry *entry);

/* Puts the entry in, or moves it. More than `size` entries: asserted. */
void agenda_set(struct agenda *agenda, struct agenda_entry *entry, int64_t at_ns, int64_t order);
void agenda_remove(struct agenda *agenda, struct agenda_entry *entry); /* not in it: fine */

/* When the first is due; INT64_MAX: nothing is. */
int64_t agenda_first(const struct agenda *agenda);
/* Takes the first entry out if it is due at `now_ns`; NULL: none is. */
struct agenda_entry *agenda_take(struct agenda *agenda, int64_t now_ns);

/* `at_ns` rounded up to the 10 ms grid of the wall clock, which is `offset_ns` ahead of it. */
int64_t agenda_on_grid(int64_t at_ns, int64_t offset_ns);

/* Ticks of a device: its n-th is at wall time n x every + phase. The number of the last tick at or
 * before `wall_ms`, and the moment of one. */
int64_t tick_at(int64_t wall_ms, int64_t every_ms, int64_t phase_ms);
int64_t tick_moment(int64_t tick, int64_t every_ms, int64_t phase_ms);

/* The phase of the index-th of `count` devices: spread on the grid over as much of `every` as keeps
 * one device to a place, so that few devices stay near the full minute and many do not crowd. */
int64_t tick_phase(size_t index, size_t count, int64_t every_ms);

#endif
