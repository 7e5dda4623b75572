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

/* Screening --------------------------------------------------------------------------------- */

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
static bool seat_screen(struct judge *judge, uint32_t id, struct error *err)
{
    struct screen *screen;
    uint64_t meaning;

    if (!judge_want_screen(judge, id, &screen, &meaning, err))
        return false;
    for (int test = 0; screen != NULL && test < SCREEN_COUNT; test++)
        if (screen_tests(screen) >> test & 1) {
            struct seat *seat;

            add_seat(judge, &judge->screening.rule[test], &judge->screening.lanes, id);
            seat = &judge->seats[judge->seat_count - 1];
            seat->meaning = judge_screen_meaning(judge, seat, meaning);
        }
    screen_free(screen);
    return true;
}

static bool seat_screens(struct judge *judge, struct error *err)
{
    if (!make_room(judge, judge->seat_room + (size_t)judge->point_limit * SCREEN_COUNT))
        return judge_no_memory(err);
    for (uint32_t id = 0; id < judge->point_limit; id++)
        if (!seat_screen(judge, id, err))
            return false;
    sort_seats(judge);
    index_seats(judge);
    for (uint32_t i = 0; i < judge->ruled; i++)
        for (int test = 0; test < SCREEN_COUNT; test++)
            if (judge->seats[i].rule == &judge->screening.rule[test])
                judge->points[judge->seats[i].point].seats[test] = i + 1;
    return true;
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
        if (!judge_want_tally(judge, id, err))
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
