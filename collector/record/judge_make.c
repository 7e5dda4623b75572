/* Making a judge: a seat for each rule at each point, with what the store remembers of it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "record/judge_inside.h"

static int by_point(const void *one, const void *other)
{
    const struct seat *a = one, *b = other;

    if (a->point != b->point)
        return a->point < b->point ? -1 : 1;
    return strcmp(a->rule_name, b->rule_name);
}

static int64_t gap_of_point(const struct judge *judge, uint32_t id)
{
    const struct catalog_point *point = catalog_point(judge->catalog, id);

    return episode_gap_ms(point == NULL ? 0 : judge->catalog->devices[point->device].every_ms);
}

static struct seat *add_seat(struct judge *judge, const struct rule *rule,
                             const struct lanes *lanes, const char *name, uint32_t point)
{
    struct seat *seat = &judge->seats[judge->seat_count++];

    assert(judge->seat_count <= judge->seat_room);
    *seat = (struct seat){
        .rule = rule, .lanes = lanes, .point = point, .gap_ms = gap_of_point(judge, point)};
    memcpy(seat->rule_name, name, strnlen(name, NAME_SIZE - 1));
    track_clear(&seat->track, rule == NULL ? 0 : rule_meaning(rule, lanes));
    return seat;
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

static void seat_rules(struct judge *judge)
{
    for (size_t i = 0; i < judge->rule_count; i++)
        for (size_t n = 0; n < judge->rules[i].point_count; n++)
            add_seat(judge, &judge->rules[i], judge->rules[i].lanes[n], judge->rules[i].name,
                     judge->rules[i].points[n]);
    qsort(judge->seats, judge->seat_count, sizeof *judge->seats, by_point);
    drop_doubles(judge);
    judge->ruled = judge->seat_count;
}

static void index_points(struct judge *judge)
{
    size_t seat = 0;

    for (uint32_t id = 0; id < judge->point_limit; id++) {
        judge->seat_of_point[id] = (uint32_t)seat;
        while (seat < judge->ruled && judge->seats[seat].point == id) {
            judge->has_rule[id / 64] |= (uint64_t)1 << (id % 64);
            seat++;
        }
    }
    judge->seat_of_point[judge->point_limit] = (uint32_t)seat;
}

static struct seat *find_seat(struct judge *judge, const char *rule, uint32_t point)
{
    struct seat wanted = {.point = point};

    if (strlen(rule) >= NAME_SIZE)
        return NULL;
    memcpy(wanted.rule_name, rule, strlen(rule));
    return bsearch(&wanted, judge->seats, judge->ruled, sizeof *judge->seats, by_point);
}

static bool count_remembered(void *self, const char *rule, uint32_t point, const void *body,
                             size_t size)
{
    (void)rule, (void)point, (void)body, (void)size;
    ++*(size_t *)self;
    return true;
}

struct remembering {
    struct judge *judge;
    struct error *err;
    bool good;
};

static bool remember(void *self, const char *rule, uint32_t point, const void *body, size_t size)
{
    struct remembering *to = self;
    struct seat *seat = find_seat(to->judge, rule, point);
    struct error err = {0};

    if (seat == NULL)
        seat = add_seat(to->judge, NULL, NULL, rule, point);
    to->good = track_read(&seat->track, seat->lanes, to->judge->watch, body, size, &err);
    if (!to->good)
        error_set(to->err, err.kind,
                  SAY("规则 %s，监测点编号 %u：%s", "rule %s, point number %u: %s"), rule, point,
                  err.text);
    return to->good;
}

static size_t ruled_seats(const struct judge *judge)
{
    size_t count = 0;

    for (size_t i = 0; i < judge->rule_count; i++)
        count += judge->rules[i].point_count;
    return count;
}

static bool make_tables(struct judge *judge, struct error *err)
{
    size_t remembered = 0;

    if (!store_each_judged(judge->store, count_remembered, &remembered, err))
        return false;
    judge->point_limit = judge->catalog->point_id_limit;
    judge->seat_room = ruled_seats(judge) + remembered;
    judge->seats = calloc(judge->seat_room + 1, sizeof *judge->seats);
    judge->touched = calloc(judge->seat_room + 1, sizeof *judge->touched);
    judge->has_rule = calloc(judge->point_limit / 64 + 1, sizeof *judge->has_rule);
    judge->seat_of_point = calloc(judge->point_limit + 1, sizeof *judge->seat_of_point);
    judge->items = calloc(PIECE, sizeof *judge->items);
    if (judge->seats == NULL || judge->touched == NULL || judge->has_rule == NULL ||
        judge->seat_of_point == NULL || judge->items == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，无法按规则判定", "out of memory for judging by rules"));
    return true;
}

struct judge *judge_new(struct store *store, const struct catalog *catalog,
                        const struct rule *rules, size_t rule_count, struct error *err)
{
    struct judge *judge = calloc(1, sizeof *judge);
    struct remembering to = {.judge = judge, .err = err, .good = true};

    if (judge == NULL) {
        error_set(err, ERROR_MEMORY, "%s",
                  SAY("内存不足，无法按规则判定", "out of memory for judging by rules"));
        return NULL;
    }
    judge->store = store;
    judge->catalog = catalog;
    judge->rules = rules;
    judge->rule_count = rule_count;
    judge->watch = watch_new(catalog);
    if (judge->watch == NULL || !make_tables(judge, err)) {
        judge_free(judge);
        return NULL;
    }
    seat_rules(judge);
    index_points(judge);
    judge->cursor = judge->cursor_kept = store_cursor(store, JUDGE_CURSOR);
    judge->behind = judge->behind_kept = judge->cursor < store_last_seq(store);
    if (!store_each_judged(store, remember, &to, err) || !to.good) {
        judge_free(judge);
        return NULL;
    }
    return judge;
}

void judge_free(struct judge *judge)
{
    if (judge == NULL)
        return;
    watch_free(judge->watch);
    free(judge->seats);
    free(judge->touched);
    free(judge->has_rule);
    free(judge->seat_of_point);
    free(judge->items);
    free(judge);
}
