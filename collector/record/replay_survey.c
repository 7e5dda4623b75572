/* What the store says before the replay begins: which rule changed when, which problems there were,
 * and from where on each can be concluded again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "record/replay_inside.h"

static int by_rule_and_point(const void *one, const void *other)
{
    const struct pair *a = one, *b = other;
    int order = strcmp(a->rule, b->rule);

    if (order != 0)
        return order;
    return (a->point > b->point) - (a->point < b->point);
}

/* qsort(), also of an array that was never made. */
static void sort(void *array, size_t count, size_t size, int (*order)(const void *, const void *))
{
    if (count > 0)
        qsort(array, count, size, order);
}

static struct pair *pair_of(struct replay *replay, const char *rule, uint32_t point)
{
    struct pair wanted = {.point = point};

    if (replay->pair_count == 0)
        return NULL;
    snprintf(wanted.rule, sizeof wanted.rule, "%s", rule);
    return bsearch(&wanted, replay->pairs, replay->pair_count, sizeof wanted, by_rule_and_point);
}

static int by_uid(const void *one, const void *other)
{
    const struct told *a = one, *b = other;
    int order = strcmp(a->uid, b->uid);

    return order != 0 ? order : (a->version > b->version) - (a->version < b->version);
}

static int uid_only(const void *one, const void *other)
{
    return strcmp(((const struct told *)one)->uid, ((const struct told *)other)->uid);
}

struct told *replay_told(struct replay *replay, const char *uid)
{
    struct told wanted = {.version = 0};

    if (replay->told_count == 0)
        return NULL;
    snprintf(wanted.uid, sizeof wanted.uid, "%s", uid);
    return bsearch(&wanted, replay->told, replay->told_count, sizeof wanted, uid_only);
}

/* Events ------------------------------------------------------------------------------------ */

static bool no_problem(void *self, struct problem_row *row, struct error *err)
{
    (void)self, (void)row, (void)err;
    return true;
}

static bool no_episode(void *self, const struct episode_row *row, struct error *err)
{
    (void)self, (void)row, (void)err;
    return true;
}

static bool no_aggregate(void *self, const struct aggregate *aggregate, struct error *err)
{
    (void)self, (void)aggregate, (void)err;
    return true;
}

static bool no_readings(void *self, uint32_t point, struct span span, uint64_t last_seq,
                        bool (*each)(void *of, uint64_t seq, struct wall_time time,
                                     const struct reading *reading),
                        void *of, struct error *err)
{
    (void)self, (void)point, (void)span, (void)last_seq, (void)each, (void)of, (void)err;
    return true;
}

static bool no_aggregates(void *self, uint32_t point, enum period period, struct span span,
                          bool (*each)(void *of, const struct aggregate *aggregate), void *of,
                          struct error *err)
{
    (void)self, (void)point, (void)period, (void)span, (void)each, (void)of, (void)err;
    return true;
}

static bool add_pair(struct replay *replay, const char *rule, uint32_t point, struct error *err)
{
    struct pair *pair;

    if (!replay_room((void **)&replay->pairs, replay->pair_count, &replay->pair_room, sizeof *pair))
        return replay_no_memory(err);
    pair = &replay->pairs[replay->pair_count++];
    *pair = (struct pair){.point = point};
    snprintf(pair->rule, sizeof pair->rule, "%s", rule);
    return true;
}

/* Every rule at every point that an event names. */
static bool add_pairs(struct replay *replay, const char *arguments, struct error *err)
{
    json_t *read = json_loads(arguments, 0, NULL);
    const json_t *names = json_object_get(read, "points");
    const char *rule = json_string_value(json_object_get(read, "rule"));
    bool good = true;

    for (size_t i = 0; rule != NULL && good && i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));

        if (name != NULL)
            good = add_pair(replay, rule, reader_point(replay->asks, name), err);
    }
    json_decref(read);
    return good;
}

static void merge_pairs(struct replay *replay)
{
    size_t kept = 0;

    sort(replay->pairs, replay->pair_count, sizeof *replay->pairs, by_rule_and_point);
    for (size_t i = 0; i < replay->pair_count; i++)
        if (kept == 0 || by_rule_and_point(&replay->pairs[kept - 1], &replay->pairs[i]) != 0)
            replay->pairs[kept++] = replay->pairs[i];
    replay->pair_count = kept;
}

static bool see_events(struct replay *replay, struct judge *judge, struct error *err)
{
    uint64_t after = 0, reached = 0;

    for (;;) {
        size_t count = 0;

        if (!reader_items(replay->items, after, 1u << ITEM_EVENT, 512, replay->piece, &count,
                          &reached, err))
            return false;
        for (size_t i = 0; i < count && replay->piece[i].seq <= replay->end; i++)
            if (!judge_item(judge, &replay->piece[i], err) ||
                (strcmp(replay->piece[i].event, "rule.changed") == 0 &&
                 !add_pairs(replay, replay->piece[i].body, err)))
                return false;
        if (reached == after || reached >= replay->end)
            return true;
        after = reached;
    }
}

static void note_since(struct replay *replay, const struct judge *judge)
{
    merge_pairs(replay);
    for (size_t i = 0; i < replay->pair_count; i++) {
        struct pair *pair = &replay->pairs[i];

        pair->ours = judge_rule_since(judge, pair->rule, pair->point, &pair->since, &pair->at);
        pair->hold = pair->ours ? pair->since : UINT64_MAX;
    }
    for (uint32_t i = 0; i < replay->point_limit; i++) {
        struct wall_time oldest = replay->answer->oldest, since;

        replay->counts[i] = judge_counts_since(judge, i, &since);
        if (!replay->counts[i])
            since = WALL_NONE;
        replay->from_of[i] =
            wall_is_known(oldest) && (!wall_is_known(since) || oldest.ms > since.ms) ? oldest
                                                                                     : since;
    }
}

/* A judge that is told the events alone says which rule has been as it is since when. */
static bool read_events(struct replay *replay, struct error *err)
{
    const struct judge_sink sink = {.problem = no_problem,
                                    .episode = no_episode,
                                    .aggregate = no_aggregate,
                                    .readings = no_readings,
                                    .aggregates = no_aggregates};
    struct judge *judge = judge_new(&replay->setup->judge, NULL, &sink, err);
    bool good = judge != NULL && see_events(replay, judge, err);

    if (good)
        note_since(replay, judge);
    judge_free(judge);
    return good;
}

/* Problems ---------------------------------------------------------------------------------- */

static struct wall_time time_of(const json_t *body, const char *key)
{
    const char *words = json_string_value(json_object_get(body, key));
    struct wall_time time;

    return words != NULL && moment_parse(words, &time) ? time : WALL_NONE;
}

static void note_version(struct replay *replay, const struct item *item, struct told *told)
{
    json_t *body = json_loads(item->body, 0, NULL);
    const char *rule = json_string_value(json_object_get(body, "rule"));
    const char *point = json_string_value(json_object_get(body, "point"));
    const char *state = json_string_value(json_object_get(body, "state"));
    struct pair *pair = rule == NULL || point == NULL
                            ? NULL
                            : pair_of(replay, rule, reader_point(replay->asks, point));

    *told = (struct told){.pair = pair == NULL ? 0 : (size_t)(pair - replay->pairs) + 1,
                          .first = time_of(body, "first"),
                          .last = time_of(body, "last"),
                          .ended = time_of(body, "ended"),
                          .born = item->seq,
                          .version = item->version};
    if (state != NULL && strcmp(state, "closed") == 0)
        told->died = item->seq;
    snprintf(told->uid, sizeof told->uid, "%s", item->uid);
    json_decref(body);
}

static void merge_told(struct replay *replay)
{
    size_t kept = 0;

    sort(replay->told, replay->told_count, sizeof *replay->told, by_uid);
    for (size_t i = 0; i < replay->told_count; i++) {
        struct told *told = &replay->told[i];

        if (kept > 0 && uid_only(&replay->told[kept - 1], told) == 0) {
            told->born = replay->told[kept - 1].born;
            kept--;
        }
        replay->told[kept++] = *told;
    }
    replay->told_count = kept;
}

bool replay_read_problems(struct replay *replay, uint64_t up_to, struct error *err)
{
    uint64_t after = 0, reached = 0;

    replay->told_count = 0;

    for (;;) {
        size_t count = 0;

        if (!reader_items(replay->items, after, 1u << ITEM_PROBLEM, 512, replay->piece, &count,
                          &reached, err))
            return false;
        for (size_t i = 0; i < count && replay->piece[i].seq <= up_to; i++) {
            if (!replay_room((void **)&replay->told, replay->told_count, &replay->told_room,
                             sizeof *replay->told))
                return replay_no_memory(err);
            note_version(replay, &replay->piece[i], &replay->told[replay->told_count++]);
        }
        if (reached == after || reached >= up_to)
            break;
        after = reached;
    }
    merge_told(replay);
    return true;
}

/* From where on ----------------------------------------------------------------------------- */

/* A problem that lived when the replay can begin is not concluded again, nor what joined it: the
 * pair is held until it was closed. */
static void hold_for(struct replay *replay, const struct told *told)
{
    struct pair *pair = told->pair == 0 ? NULL : &replay->pairs[told->pair - 1];
    struct wall_time oldest = replay->answer->oldest;
    uint64_t begins;
    bool before;

    if (pair == NULL)
        return;
    begins = pair->hold;
    if (wall_is_known(oldest) && replay->first_poll > begins)
        begins = replay->first_poll;
    before = told->born <= begins || (wall_is_known(oldest) && told->first.ms < oldest.ms) ||
             (pair->since > 0 && wall_is_known(pair->at) && told->first.ms < pair->at.ms);
    if (before && told->died == 0)
        pair->hold = UINT64_MAX;
    else if (before && told->died > pair->hold)
        pair->hold = told->died;
}

static int by_birth(const void *one, const void *other)
{
    const struct told *a = one, *b = other;

    return (a->born > b->born) - (a->born < b->born);
}

bool replay_survey(struct replay *replay, struct error *err)
{
    uint64_t reached = 0;
    size_t count = 0;

    replay->end = reader_cursor(replay->asks, JUDGE_CURSOR);
    if (!reader_items(replay->items, 0, 1u << ITEM_POLL, 1, replay->piece, &count, &reached, err))
        return false;
    if (count > 0) {
        replay->first_poll = replay->piece[0].seq;
        if (reader_is_pruned(replay->asks))
            replay->answer->oldest = replay->piece[0].poll.time;
    }
    if (!read_events(replay, err) || !replay_read_problems(replay, replay->end, err))
        return false;
    sort(replay->told, replay->told_count, sizeof *replay->told, by_birth);
    for (size_t i = 0; i < replay->told_count; i++)
        hold_for(replay, &replay->told[i]);
    sort(replay->told, replay->told_count, sizeof *replay->told, by_uid);
    return true;
}
