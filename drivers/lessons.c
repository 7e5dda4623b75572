#include "drivers/lessons.h"

static bool overlap(const struct gap *gap, const struct lesson *lesson)
{
    return gap->area == lesson->area && gap->address < (uint32_t)lesson->address + lesson->count &&
           lesson->address < (uint32_t)gap->address + gap->count;
}

void taught_begin(struct taught *taught, const struct gaps *gaps, const struct lesson *lessons,
                  size_t count)
{
    *taught = (struct taught){0};
    for (size_t i = 0; i < gaps->count; i++)
        for (size_t j = 0; j < count; j++)
            if (overlap(&gaps->at[i], &lessons[j]))
                taught->holes |= UINT64_C(1) << i;
}

/* The lower half of a set of two and more. */
static uint64_t half_of(uint64_t set)
{
    int wanted = __builtin_popcountll(set) / 2;
    uint64_t half = 0;

    for (; wanted > 0; wanted--) {
        uint64_t lowest = set & -set;

        half |= lowest;
        set &= ~lowest;
    }
    return half;
}

uint64_t taught_open(const struct taught *taught)
{
    uint64_t shut = taught->holes | taught->rested;

    if (taught->doubted != 0)
        return (taught->fine | half_of(taught->doubted)) & ~shut;
    return ~shut;
}

bool taught_blames(const struct taught *taught, uint64_t crossed, enum cause cause)
{
    if (cause == CAUSE_EXCEPTION_1 + 1 || cause == CAUSE_EXCEPTION_1 + 2)
        return crossed != 0;
    return cause == CAUSE_TIMEOUT && ((crossed & ~taught->fine) != 0 || taught->was_away) &&
           crossed != 0;
}

void taught_answered(struct taught *taught, uint64_t crossed)
{
    taught->fine |= crossed;
    taught->doubted &= ~crossed;
    if (crossed != 0)
        taught->was_away = false;
}

void taught_failed(struct taught *taught, uint64_t crossed, enum cause cause)
{
    uint64_t unproven = crossed & ~taught->fine;

    taught->fine &= ~crossed;
    taught->was_away = false;
    if (unproven == 0)
        return;
    taught->doubted = unproven;
    taught->cause = (uint8_t)cause;
}

void taught_unclear(struct taught *taught, uint64_t crossed)
{
    taught->rested |= crossed;
    taught->doubted = 0;
    taught->was_away = false;
}

bool taught_hole(struct taught *taught, const struct gaps *gaps, struct lesson *lesson)
{
    const struct gap *gap;

    if (__builtin_popcountll(taught->doubted) != 1)
        return false;
    gap = &gaps->at[__builtin_ctzll(taught->doubted)];
    *lesson = (struct lesson){gap->area, gap->address, gap->count, taught->cause};
    taught->holes |= taught->doubted;
    taught->doubted = 0;
    return true;
}
