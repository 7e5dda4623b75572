/* Making a judge: a seat for each rule at each point, a tally and a screen for each point that is
 * to have one. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "record/judge_inside.h"

bool judge_no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s",
                     SAY("内存不足，无法按规则判定", "out of memory for judging by rules"));
}

/* Seats ------------------------------------------------------------------------------------- */

static int by_point(const void *one, const void *other)
{
    const struct seat *a = one, *b = other;

    if (a->point != b->point)
        return a->point < b->point ? -1 : 1;
    return strcmp(a->rule_name, b->rule_name);
}

static void add_seat(struct judge *judge, const struct rule *rule, const struct lanes *lanes,
                     uint32_t point)
{
    struct seat *seat = &judge->seats[judge->seat_count++];

    assert(judge->seat_count <= judge->seat_room);
    *seat = (struct seat){.rule = rule, .lanes = lanes, .point = point};
    memcpy(seat->rule_name, rule->name, sizeof seat->rule_name);
    seat->meaning = rule_meaning(rule, lanes) | 1; /* 0 is no rule */
    for (size_t i = 0; i < lanes->count && lanes != &judge->screening.lanes; i++) {
        seat->on_readings = seat->on_readings || lanes->lane[i].on == PERIOD_READING;
        seat->on_periods = seat->on_periods || lanes->lane[i].on != PERIOD_READING;
    }
}

/* A rule whose patterns name a point twice judges it once. */
static void drop_doubles(struct judge *judge)
{
    size_t kept = 0;

    for (size_t i = 0; i < judge->seat_count; i++)
        if (i == 0 || by_point(&judge->seats[kept - 1], &judge->seats[i]) != 0)
            judge->seats[kept++] = judge->seats[i];
    judge->seat_count = kept;
}

static void sort_seats(struct judge *judge)
{
    qsort(judge->seats, judge->seat_count, sizeof *judge->seats, by_point);
    drop_doubles(judge);
    judge->ruled = judge->seat_count;
}

static void seat_rules(struct judge *judge)
{
    for (size_t i = 0; i < judge->setup.rule_count; i++) {
        const struct rule *rule = &judge->setup.rules[i];

        for (size_t n = 0; n < rule->point_count; n++)
            if (rule->points[n] < judge->point_limit)
                add_seat(judge, rule, rule->lanes[n], rule->points[n]);
    }
    sort_seats(judge);
}

static void index_seats(struct judge *judge)
{
    uint32_t seat = 0;

    for (uint32_t id = 0; id < judge->point_limit; id++) {
        struct judge_point *point = &judge->points[id];

        point->first_seat = seat;
        point->on_readings = false;
        while (seat < judge->ruled && judge->seats[seat].point == id) {
            point->on_readings = point->on_readings || judge->seats[seat].on_readings;
            seat++;
        }
        point->end_seat = seat;
    }
}

struct seat *judge_find_seat(const struct judge *judge, const char *rule, uint32_t point)
{
    struct seat wanted = {.point = point};
    struct seat *found;

    if (strlen(rule) >= NAME_SIZE)
        return NULL;
    memcpy(wanted.rule_name, rule, strlen(rule));
    found = bsearch(&wanted, judge->seats, judge->ruled, sizeof *judge->seats, by_point);
    for (size_t i = judge->ruled; found == NULL && i < judge->seat_count; i++)
        if (by_point(&judge->seats[i], &wanted) == 0)
            found = &judge->seats[i];
    return found;
}

static bool make_room(struct judge *judge, size_t room)
{
    struct seat *seats = realloc(judge->seats, (room + 1) * sizeof *seats);
    struct seat **changed;

    if (seats == NULL)
        return false;
    judge->seats = seats;
    changed = realloc(judge->changed, (room + 1) * sizeof *changed);
    if (changed == NULL)
        return false;
    judge->changed = changed;
    judge->seat_room = room;
    return true;
}

struct seat *judge_add_gone(struct judge *judge, const char *rule, uint32_t point)
{
    struct seat *seat;

    assert(judge->changed_count == 0); /* they point at seats */
    if (judge->seat_count == judge->seat_room && !make_room(judge, judge->seat_room * 2 + 16))
        return NULL;
    seat = &judge->seats[judge->seat_count++];
    *seat = (struct seat){.point = point};
    snprintf(seat->rule_name, sizeof seat->rule_name, "%s", rule);
    track_clear(&seat->track, 0);
    return seat;
}

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

/* Once: what the settings want, and whose values go along. */
static bool want_tally(struct judge *judge, uint32_t id, struct error *err)
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
static uint64_t screen_rule_meaning(const struct judge *judge, const struct seat *seat,
                                    uint64_t screen)
{
    uint64_t meaning = rule_meaning(seat->rule, &judge->screening.plain) ^ screen;

    return (meaning * 0x100000001b3) | 1;
}

uint64_t judge_meaning(const struct judge *judge, const struct seat *seat)
{
    uint64_t screen = judge->points[seat->point].screen_meaning;

    if (seat->rule == NULL || seat->lanes != &judge->screening.lanes)
        return seat->meaning;
    return screen == 0 ? 0 : screen_rule_meaning(judge, seat, screen);
}

static void make_screen_rules(struct judge *judge)
{
    struct lane *lane = &judge->screening.lanes.lane[0];

    judge->screening.lanes.count = 1;
    lane->stage_count = 1;
    lane->stages[0] = (struct stage){
        .from = WALL_NONE,
        .to = WALL_NONE,
        .bound = {.kind = BOUND_ABOVE, .decimals = DECIMALS_ALL},
        .per_day = -1
    };
    judge->screening.plain = judge->screening.lanes;
    for (int test = 0; test < SCREEN_COUNT; test++) {
        struct rule *rule = &judge->screening.rule[test];

        snprintf(rule->name, sizeof rule->name, "screen-%s", screen_word((enum screen_test)test));
        snprintf(rule->title, sizeof rule->title, "%s", screen_title((enum screen_test)test));
        rule->nature = NATURE_DOUBT;
        rule->gather_ms = (int64_t)24 * 3600 * 1000;
    }
}

/* Seats for the tests of every screen the settings want. */
static bool seat_screens(struct judge *judge, struct error *err)
{
    bool good = make_room(judge, judge->seat_room + (size_t)judge->point_limit * SCREEN_COUNT) ||
                judge_no_memory(err);

    for (uint32_t id = 0; id < judge->point_limit && good; id++) {
        struct judge_point *point = &judge->points[id];
        struct screen *screen = NULL;
        uint64_t meaning = 0;

        if (point->device != NO_DEVICE)
            good = new_screen(judge, id, device_of(judge, id)->every_ms, &screen, &meaning, err);
        for (int test = 0; good && screen != NULL && test < SCREEN_COUNT; test++)
            if (screen_tests(screen) >> test & 1) {
                struct seat *seat;

                add_seat(judge, &judge->screening.rule[test], &judge->screening.lanes, id);
                seat = &judge->seats[judge->seat_count - 1];
                seat->meaning = screen_rule_meaning(judge, seat, meaning);
            }
        if (screen != NULL && screen_beside(screen) != NULL)
            point->screen_beside = neighbour(judge, id, screen_beside(screen));
        screen_free(screen);
    }
    sort_seats(judge);
    index_seats(judge);
    for (uint32_t i = 0; i < judge->ruled; i++)
        for (int test = 0; test < SCREEN_COUNT; test++)
            if (judge->seats[i].rule == &judge->screening.rule[test])
                judge->points[judge->seats[i].point].seats[test] = i + 1;
    return good;
}

/* Life -------------------------------------------------------------------------------------- */

static size_t count_seats(const struct judge *judge)
{
    size_t count = 0;

    for (size_t i = 0; i < judge->setup.rule_count; i++)
        count += judge->setup.rules[i].point_count;
    return count;
}

static bool make_tables(struct judge *judge, struct error *err)
{
    const struct catalog *catalog = judge->catalog;

    judge->point_limit = catalog->point_id_limit;
    judge->points = calloc((size_t)judge->point_limit + 1, sizeof *judge->points);
    judge->devices = calloc(catalog->device_count + 1, sizeof *judge->devices);
    judge->items = calloc(PIECE, sizeof *judge->items);
    if (judge->points == NULL || judge->devices == NULL || judge->items == NULL ||
        !make_room(judge, count_seats(judge)))
        return judge_no_memory(err);
    for (uint32_t id = 0; id < judge->point_limit; id++) {
        const struct catalog_point *point = catalog_point(catalog, id);

        judge->points[id].device = point == NULL ? NO_DEVICE : point->device;
    }
    for (size_t i = 0; i < catalog->device_count; i++)
        judge->devices[i].id = catalog->devices[i].id;
    return true;
}

static bool make(struct judge *judge, struct error *err)
{
    if (!make_tables(judge, err))
        return false;
    make_screen_rules(judge);
    seat_rules(judge);
    index_seats(judge);
    for (uint32_t id = 0; id < judge->point_limit; id++)
        if (!want_tally(judge, id, err))
            return false;
    return seat_screens(judge, err) && judge_take_up(judge, err);
}

struct judge *judge_new(const struct judge_setup *setup, struct store *store,
                        const struct judge_sink *sink, struct error *err)
{
    struct judge *judge = calloc(1, sizeof *judge);

    if (judge == NULL) {
        judge_no_memory(err);
        return NULL;
    }
    judge->setup = *setup;
    judge->catalog = setup->catalog;
    judge->store = store;
    judge->sink = *sink;
    judge_make_world(judge);
    if (!make(judge, err)) {
        judge_free(judge);
        return NULL;
    }
    return judge;
}

void judge_free(struct judge *judge)
{
    if (judge == NULL)
        return;
    for (uint32_t id = 0; judge->points != NULL && id < judge->point_limit; id++) {
        tally_free(judge->points[id].tally);
        screen_free(judge->points[id].screen);
    }
    for (size_t i = 0; judge->devices != NULL && i < judge->catalog->device_count; i++)
        free(judge->devices[i].windows);
    watch_free(judge->watch);
    free(judge->points);
    free(judge->devices);
    free(judge->seats);
    free(judge->changed);
    free(judge->items);
    free(judge->bytes);
    free(judge->besides);
    free(judge);
}
