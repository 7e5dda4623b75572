/* Where the conclusions of a replay go, and what its tallies ask of the past: the store's own rows,
 * in the version the replay has come to. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "record/replay_inside.h"

/* Problems and episodes --------------------------------------------------------------------- */

/* Digests are even enough to be taken as they are. */
static size_t place_of(const struct replay *replay, const char *uid)
{
    char head[17];
    size_t place;

    assert(uid != NULL && replay->slot_count > 0);
    snprintf(head, sizeof head, "%.16s", uid);
    place = (size_t)(strtoull(head, NULL, 16) % replay->slot_count);
    while (replay->slots[place] != 0 &&
           strcmp(replay->again[replay->slots[place] - 1].uid, uid) != 0)
        place = (place + 1) % replay->slot_count;
    return place;
}

struct again *replay_again(struct replay *replay, const char *uid)
{
    uint32_t index = replay->slot_count == 0 ? 0 : replay->slots[place_of(replay, uid)];

    return index == 0 ? NULL : &replay->again[index - 1];
}

static bool spread(struct replay *replay)
{
    size_t count = replay->slot_count == 0 ? 1024 : replay->slot_count * 4;
    uint32_t *slots = calloc(count, sizeof *slots);

    if (slots == NULL)
        return false;
    free(replay->slots);
    replay->slots = slots;
    replay->slot_count = count;
    for (size_t i = 0; i < replay->again_count; i++)
        slots[place_of(replay, replay->again[i].uid)] = (uint32_t)i + 1;
    return true;
}

static struct again *add_again(struct replay *replay, const char *uid)
{
    struct again *again = replay_again(replay, uid);

    if (again != NULL)
        return again;
    if (replay->again_count * 2 >= replay->slot_count && !spread(replay))
        return NULL;
    if (!replay_room((void **)&replay->again, replay->again_count, &replay->again_room,
                     sizeof *again))
        return NULL;
    again = &replay->again[replay->again_count++];
    *again = (struct again){.version = 0};
    snprintf(again->uid, sizeof again->uid, "%s", uid);
    replay->slots[place_of(replay, uid)] = (uint32_t)replay->again_count;
    return again;
}

static bool take_problem(void *self, struct problem_row *row, struct error *err)
{
    struct again *again = add_again(self, row->uid);

    if (again == NULL)
        return replay_no_memory(err);
    free(again->body);
    again->body = strdup(row->body);
    again->version = row->version;
    return again->body != NULL || replay_no_memory(err);
}

static bool take_episode(void *self, const struct episode_row *row, struct error *err)
{
    struct again *again = add_again(self, row->uid);
    struct again_episode *larger;

    if (again == NULL || row->number == 0)
        return replay_no_memory(err);
    if (row->number > again->episode_count) {
        larger = realloc(again->episodes, row->number * sizeof *larger);
        if (larger == NULL)
            return replay_no_memory(err);
        memset(larger + again->episode_count, 0,
               (row->number - again->episode_count) * sizeof *larger);
        again->episodes = larger;
        again->episode_count = row->number;
    }
    again->episodes[row->number - 1].row = *row;
    snprintf(again->episodes[row->number - 1].ended_by, sizeof again->episodes->ended_by, "%s",
             row->ended_by);
    return true;
}

/* Aggregates -------------------------------------------------------------------------------- */

static uint64_t key_of(uint32_t point, enum period period, struct wall_time start)
{
    uint64_t key = (uint64_t)start.ms * 0x9e3779b97f4a7c15u;

    key = (key ^ key >> 29 ^ ((uint64_t)point << 8 | (uint64_t)period)) * 0xbf58476d1ce4e5b9u;
    return (key ^ key >> 32) | 1;
}

static struct given *given_at(const struct replay *replay, uint64_t key)
{
    size_t place = (size_t)(key % replay->given_room);

    while (replay->given[place].key != 0 && replay->given[place].key != key)
        place = (place + 1) % replay->given_room;
    return &replay->given[place];
}

static bool note_given(struct replay *replay, const struct aggregate *aggregate)
{
    if (aggregate->version < 2)
        return true;
    if (replay->given_count * 2 >= replay->given_room) {
        struct replay before = *replay;

        replay->given_room = before.given_room == 0 ? 1024 : before.given_room * 4;
        replay->given = calloc(replay->given_room, sizeof *replay->given);
        for (size_t i = 0; replay->given != NULL && i < before.given_room; i++)
            if (before.given[i].key != 0)
                *given_at(replay, before.given[i].key) = before.given[i];
        free(before.given);
        if (replay->given == NULL) {
            replay->given_room = replay->given_count = 0;
            return false;
        }
    }
    {
        struct given *given =
            given_at(replay, key_of(aggregate->point, aggregate->period, aggregate->start));

        replay->given_count += given->key == 0;
        given->key = key_of(aggregate->point, aggregate->period, aggregate->start);
        given->version = aggregate->version;
    }
    return true;
}

static bool take_aggregate(void *self, const struct aggregate *aggregate, struct error *err)
{
    struct replay *replay = self;

    if (!note_given(replay, aggregate))
        return replay_no_memory(err);
    return replay_aggregate(replay, aggregate, err);
}

struct asking {
    struct replay *replay;
    uint64_t last_seq;
    bool (*each_reading)(void *of, uint64_t seq, struct wall_time time,
                         const struct reading *reading);
    bool (*each_aggregate)(void *of, const struct aggregate *aggregate);
    void *of;
    struct error *err;
    bool good, more;
};

static bool give_reading(void *self, uint64_t seq, struct wall_time time,
                         const struct reading *reading)
{
    struct asking *asking = self;

    return seq > asking->last_seq || asking->each_reading(asking->of, seq, time, reading);
}

static bool each_reading(void *self, uint32_t point, struct span span, uint64_t last_seq,
                         bool (*each)(void *of, uint64_t seq, struct wall_time time,
                                      const struct reading *reading),
                         void *of, struct error *err)
{
    struct replay *replay = self;
    struct asking asking = {.last_seq = last_seq, .each_reading = each, .of = of};

    return reader_readings(replay->asks, point, span.start, span.end, give_reading, &asking, err);
}

static bool give_version(void *self, const struct aggregate *aggregate)
{
    struct asking *asking = self;

    asking->more = asking->each_aggregate(asking->of, aggregate);
    return asking->more;
}

/* The store may have a later version than the replay has come to. */
static bool give_newest(void *self, const struct aggregate *newest)
{
    struct asking *asking = self;
    const struct replay *replay = asking->replay;
    const struct given *given =
        replay->given_room == 0
            ? NULL
            : given_at(replay, key_of(newest->point, newest->period, newest->start));
    uint32_t version = given == NULL || given->key == 0 ? 1 : given->version;

    if (newest->version <= version)
        return give_version(self, newest);
    asking->good = reader_aggregate_at(replay->asks, newest->point, newest->period, newest->start,
                                       version, give_version, asking, asking->err);
    return asking->good && asking->more;
}

static bool each_aggregate(void *self, uint32_t point, enum period period, struct span span,
                           bool (*each)(void *of, const struct aggregate *aggregate), void *of,
                           struct error *err)
{
    struct asking asking = {
        .replay = self, .each_aggregate = each, .of = of, .err = err, .good = true, .more = true};
    struct replay *replay = self;

    return reader_aggregates(replay->asks, point, period, span, give_newest, &asking, err) &&
           asking.good;
}

struct judge_sink replay_sink(struct replay *replay)
{
    return (struct judge_sink){.problem = take_problem,
                               .episode = take_episode,
                               .aggregate = take_aggregate,
                               .readings = each_reading,
                               .aggregates = each_aggregate,
                               .self = replay};
}
