/* The tally and the screen of a point: made for what is in force, each with a number that says what
 * decides it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/judge_inside.h"

/* Points ------------------------------------------------------------------------------------ */

static const struct catalog_device *device_of(const struct judge *judge, uint32_t id)
{
    uint32_t device = judge->points[id].device;

    return device == NO_DEVICE ? NULL : &judge->catalog->devices[device];
}

/* The point of the same device that measures this, with the same suffix if there is one. */
static uint32_t neighbour(const struct judge *judge, uint32_t id, const char *parameter)
{
    const struct catalog_device *device = device_of(judge, id);
    const char *suffix = strchr(catalog_point(judge->catalog, id)->channel, '.');
    uint32_t found = 0;

    for (uint32_t i = 0; i < device->point_count; i++) {
        const struct catalog_point *point = &judge->catalog->points[device->first_point + i];
        const char *its = strchr(point->channel, '.');
        bool same = strcmp(its == NULL ? "" : its, suffix == NULL ? "" : suffix) == 0;

        if (point->parameter != NULL && strcmp(point->parameter->key, parameter) == 0 &&
            (found == 0 || same))
            found = point->id;
    }
    return found;
}

static unsigned wanted_periods(const struct judge *judge, const struct judge_point *point)
{
    unsigned wanted = 0;

    for (uint32_t i = point->first_seat; i < point->end_seat; i++)
        for (size_t n = 0; judge->seats[i].on_periods && n < judge->seats[i].lanes->count; n++)
            if (judge->seats[i].lanes->lane[n].on != PERIOD_READING)
                wanted |= 1u << judge->seats[i].lanes->lane[n].on;
    return wanted;
}

static bool make_bytes(struct judge *judge, size_t size, struct error *err)
{
    void *larger;

    if (size <= judge->bytes_size)
        return true;
    larger = realloc(judge->bytes, size);
    if (larger == NULL)
        return judge_no_memory(err);
    judge->bytes = larger;
    judge->bytes_size = size;
    return true;
}

/* What decides a tally or screen, as one number: its memory while it is empty. */
static uint64_t sum_of_bytes(const struct judge *judge, size_t size, uint64_t sum)
{
    const unsigned char *bytes = judge->bytes;

    for (size_t i = 0; i < size; i++) /* FNV-1a, 64 bits */
        sum = (sum ^ bytes[i]) * 0x100000001b3;
    return sum | 1;
}

/* As often as the sequence says, or as the settings say while it says nothing. */
static int64_t every_of(const struct judge *judge, uint32_t id)
{
    const struct judge_device *device = &judge->devices[judge->points[id].device];

    return device->every_ms > 0 ? device->every_ms : device_of(judge, id)->every_ms;
}

/* A tally with its meaning; NULL also where there is none to be. */
static bool new_tally(struct judge *judge, uint32_t id, int64_t every_ms, struct tally **tally,
                      uint64_t *meaning, struct error *err)
{
    const struct catalog_device *device = device_of(judge, id);
    const struct catalog_point *of = catalog_point(judge->catalog, id);

    *tally = NULL;
    *meaning = 0;
    if (judge->setup.tallies == NULL || device == NULL || !device->active || of->parameter == NULL)
        return true;
    *tally = tally_new(judge->setup.tallies, of->parameter, id,
                       wanted_periods(judge, &judge->points[id]), every_ms);
    if (*tally == NULL)
        return true;
    if (!make_bytes(judge, tally_size(*tally), err))
        return false;
    *meaning = sum_of_bytes(judge, tally_write(*tally, judge->bytes, judge->bytes_size),
                            0xcbf29ce484222325);
    return true;
}

bool judge_make_tally(struct judge *judge, uint32_t id, struct error *err)
{
    struct judge_point *point = &judge->points[id];

    tally_free(point->tally);
    point->tally = NULL;
    if (point->device == NO_DEVICE)
        return true;
    if (!new_tally(judge, id, every_of(judge, id), &point->tally, &point->tally_meaning, err))
        return false;
    judge->feeds = judge->feeds || point->tally != NULL;
    return true;
}

bool judge_want_tally(struct judge *judge, uint32_t id, struct error *err)
{
    struct judge_point *point = &judge->points[id];
    struct tally *tally;
    bool made;

    if (point->device == NO_DEVICE)
        return true;
    made = new_tally(judge, id, device_of(judge, id)->every_ms, &tally, &point->wanted, err);
    if (tally != NULL && strncmp(catalog_point(judge->catalog, id)->parameter->key,
                                 "wind_direction", sizeof "wind_direction") == 0)
        point->tally_beside = neighbour(judge, id, "wind_speed");
    tally_free(tally);
    return made;
}

/* Screening --------------------------------------------------------------------------------- */

/* The lowest upper bound that is judged at the point; NAN: none. */
static double lowest_limit(const struct judge *judge, const struct judge_point *point)
{
    double lowest = NAN;

    for (uint32_t i = point->first_seat; i < point->end_seat; i++) {
        const struct seat *seat = &judge->seats[i];

        for (size_t n = 0; n < seat->lanes->count && seat->rule->nature == NATURE_BREACH; n++)
            for (size_t s = 0; s < seat->lanes->lane[n].stage_count; s++)
                if (seat->lanes->lane[n].stages[s].bound.kind != BOUND_BELOW)
                    lowest = fmin(lowest, seat->lanes->lane[n].stages[s].bound.high);
    }
    return lowest;
}

static bool new_screen(struct judge *judge, uint32_t id, int64_t every_ms, struct screen **screen,
                       uint64_t *meaning, struct error *err)
{
    static const struct night usual = {22 * 60, 6 * 60};
    const struct tally_plans *plans = judge->setup.tallies;
    const struct catalog_device *device = device_of(judge, id);
    const struct catalog_point *of = catalog_point(judge->catalog, id);
    struct error why = {0};

    *screen = NULL;
    *meaning = 0;
    if (judge->setup.screens == NULL || device == NULL || !device->active || of->parameter == NULL)
        return true;
    *screen = screen_new(judge->setup.screens, of->parameter, every_ms,
                         lowest_limit(judge, &judge->points[id]),
                         plans == NULL ? &usual : tally_night(plans), &why);
    if (*screen == NULL)
        return why.kind == ERROR_NONE || error_set(err, why.kind, "%s", why.text);
    if (!make_bytes(judge, screen_size(*screen), err))
        return false;
    *meaning = sum_of_bytes(judge, screen_write(*screen, judge->bytes, judge->bytes_size),
                            0xcbf29ce484222325);
    return true;
}

bool judge_make_screen(struct judge *judge, uint32_t id, struct error *err)
{
    struct judge_point *point = &judge->points[id];

    screen_free(point->screen);
    point->screen = NULL;
    if (point->device == NO_DEVICE)
        return true;
    if (!new_screen(judge, id, every_of(judge, id), &point->screen, &point->screen_meaning, err))
        return false;
    judge->feeds = judge->feeds || point->screen != NULL;
    return true;
}

/* A change of a test's parameters is a change of the rule. */
uint64_t judge_screen_meaning(const struct judge *judge, const struct seat *seat, uint64_t screen)
{
    uint64_t meaning = rule_meaning(seat->rule, &judge->screening.plain) ^ screen;

    return (meaning * 0x100000001b3) | 1;
}

uint64_t judge_meaning(const struct judge *judge, const struct seat *seat)
{
    uint64_t screen = judge->points[seat->point].screen_meaning;

    if (seat->rule == NULL || seat->lanes != &judge->screening.lanes)
        return seat->meaning;
    return screen == 0 ? 0 : judge_screen_meaning(judge, seat, screen);
}

bool judge_want_screen(struct judge *judge, uint32_t id, struct screen **screen, uint64_t *meaning,
                       struct error *err)
{
    struct judge_point *point = &judge->points[id];

    *screen = NULL;
    *meaning = 0;
    if (point->device == NO_DEVICE)
        return true;
    if (!new_screen(judge, id, device_of(judge, id)->every_ms, screen, meaning, err))
        return false;
    if (*screen != NULL && screen_beside(*screen) != NULL)
        point->screen_beside = neighbour(judge, id, screen_beside(*screen));
    return true;
}
