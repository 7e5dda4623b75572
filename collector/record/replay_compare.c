/* What the replay has concluded against what stands in the store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "record/replay_inside.h"

/* Problems ---------------------------------------------------------------------------------- */

static bool same_body(const char *one, const char *other)
{
    /* Titles are not compared: they may be edited at any time. */
    static const char *const keys[] = {
        "version", "kind",  "nature",     "state", "acknowledged", "point", "rule",     "bound",
        "tasks",   "first", "relapse_of", "last",  "ended",        "worst", "episodes",
    };
    json_t *a = json_loads(one, 0, NULL), *b = json_loads(other, 0, NULL);
    bool same = true;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && same; i++)
        same = json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i]));
    json_decref(a);
    json_decref(b);
    return same;
}

static bool lanes_gather(const struct lanes *lanes)
{
    for (size_t i = 0; i < lanes->count; i++)
        if (lanes->lane[i].on != PERIOD_READING)
            return true;
    return false;
}

/* Whether the rule judges aggregates at that point. */
static bool judges_aggregates(const struct replay *replay, const struct pair *pair)
{
    const struct judge_setup *judge = &replay->setup->judge;

    for (size_t i = 0; i < judge->rule_count; i++)
        for (size_t n = 0; n < judge->rules[i].point_count; n++)
            if (judge->rules[i].points[n] == pair->point &&
                strcmp(judge->rules[i].name, pair->rule) == 0)
                return lanes_gather(judge->rules[i].lanes[n]);
    return false;
}

/* Whether what a problem says can be concluded again by the rules as they are, and, where it comes
 * from aggregates, whether these can. */
static bool told_is_provable(const struct replay *replay, const struct told *told)
{
    const struct pair *pair = told->pair == 0 ? NULL : &replay->pairs[told->pair - 1];

    if (pair == NULL || told->born <= pair->hold)
        return false;
    return !judges_aggregates(replay, pair) ||
           (pair->point < replay->point_limit && replay->counts[pair->point] &&
            (!wall_is_known(replay->from_of[pair->point]) ||
             told->first.ms >= replay->from_of[pair->point].ms));
}

static void name_told(const struct replay *replay, const struct told *told, char *out, size_t size)
{
    const struct pair *pair = &replay->pairs[told->pair - 1];
    char name[POINT_SIZE], first[WALL_TEXT];

    snprintf(out, size, "%.12s… %s %s %s", told->uid, pair->rule,
             replay_point_name(replay, pair->point, name), wall_text(told->first, first));
}

static void compare_version(struct replay *replay, struct told *told, const struct item *item)
{
    const struct again *again = replay_again(replay, told->uid);
    struct replay_count *count = &replay->answer->problems;
    char words[250];

    if (again == NULL || again->version != item->version)
        return;
    told->matched = true;
    if (same_body(again->body, item->body)) {
        count->same++;
        return;
    }
    name_told(replay, told, words, sizeof words);
    replay_differs(replay, count,
                   SAY("问题 %s：第 %u 版与复算不同", "problem %s: version %u is not as replayed"),
                   words, item->version);
}

static bool compare_versions(struct replay *replay, struct error *err)
{
    uint64_t after = 0, reached = 0;

    for (;;) {
        size_t count = 0;

        if (!reader_items(replay->items, after, 1u << ITEM_PROBLEM, 512, replay->piece, &count,
                          &reached, err))
            return false;
        for (size_t i = 0; i < count && replay->piece[i].seq <= replay->fed; i++) {
            struct told *told = replay_told(replay, replay->piece[i].uid);

            if (told != NULL && told_is_provable(replay, told) &&
                replay_in_range(replay, told->first,
                                wall_is_known(told->ended) ? told->ended : told->last))
                compare_version(replay, told, &replay->piece[i]);
        }
        if (reached == after || reached > replay->fed)
            return true;
        after = reached;
    }
}

/* Not asked for, or made of a period that reaches back to before the oldest reading. */
static bool is_asked(const struct replay *replay, const struct again *again)
{
    const struct episode_row *first = again->episode_count == 0 ? NULL : &again->episodes[0].row;
    struct wall_time oldest = replay->answer->oldest;

    if (first == NULL)
        return true;
    return replay_in_range(replay, first->first, WALL_NONE) &&
           (!wall_is_known(oldest) || first->first.ms >= oldest.ms);
}

/* What only one of them has. */
static void compare_rest(struct replay *replay)
{
    struct replay_count *count = &replay->answer->problems;
    char words[250];

    for (size_t i = 0; i < replay->told_count; i++) {
        struct told *told = &replay->told[i];
        const struct again *again = replay_again(replay, told->uid);

        if (told->matched ||
            !replay_in_range(replay, told->first,
                             wall_is_known(told->ended) ? told->ended : told->last))
            continue;
        if (!told_is_provable(replay, told)) {
            count->unprovable++;
            continue;
        }
        name_told(replay, told, words, sizeof words);
        if (again == NULL)
            replay_differs(replay, count,
                           SAY("问题 %s：存储中有，复算没有得出",
                               "problem %s: the store has it, the replay does not give it"),
                           words);
        else
            replay_differs(replay, count,
                           SAY("问题 %s：存储 %u 版，复算 %u 版",
                               "problem %s: %u versions in the store, %u in the replay"),
                           words, told->version, again->version);
    }
    for (size_t i = 0; i < replay->again_count; i++)
        if (replay_told(replay, replay->again[i].uid) == NULL &&
            is_asked(replay, &replay->again[i]))
            replay_differs(replay, count,
                           SAY("问题 %s：复算得出，存储中没有",
                               "problem %s: the replay gives it, the store has none"),
                           replay->again[i].uid);
}

/* Episodes ---------------------------------------------------------------------------------- */

static bool same_episode(const struct again_episode *again, const struct episode_row *row)
{
    return again->row.first.ms == row->first.ms && again->row.last.ms == row->last.ms &&
           again->row.ended.ms == row->ended.ms &&
           replay_same_number(again->row.worst, row->worst) &&
           strcmp(again->ended_by, row->ended_by) == 0;
}

/* One that runs while the collector does may have gone on since. */
static bool may_have_gone_on(const struct replay *replay, const struct told *told)
{
    return told->died == 0 && reader_cursor(replay->asks, JUDGE_CURSOR) != replay->fed;
}

static bool compare_episode(void *self, const struct episode_row *row)
{
    struct replay *replay = self;
    struct replay_count *count = &replay->answer->episodes;
    struct told *told = replay_told(replay, row->uid);
    const struct again *again = replay_again(replay, row->uid);
    char words[250];

    if (told == NULL ||
        !replay_in_range(replay, row->first, wall_is_known(row->ended) ? row->ended : row->last))
        return true; /* of a problem that came meanwhile, or not asked for */
    if (!told_is_provable(replay, told)) {
        count->unprovable++;
        return true;
    }
    if (again != NULL && row->number >= 1 && row->number <= again->episode_count) {
        again->episodes[row->number - 1].met = true;
        if (same_episode(&again->episodes[row->number - 1], row)) {
            count->same++;
            return true;
        }
    }
    if (may_have_gone_on(replay, told))
        return true;
    name_told(replay, told, words, sizeof words);
    replay_differs(
        replay, count,
        SAY("问题 %s：第 %u 段超标与复算不同", "problem %s: episode %u is not as replayed"), words,
        row->number);
    return true;
}

static void name_missing_episodes(struct replay *replay, const struct told *told)
{
    const struct again *again = replay_again(replay, told->uid);
    char words[250];

    for (size_t i = 0; again != NULL && i < again->episode_count; i++) {
        const struct episode_row *row = &again->episodes[i].row;

        if (again->episodes[i].met ||
            !replay_in_range(replay, row->first,
                             wall_is_known(row->ended) ? row->ended : row->last))
            continue;
        name_told(replay, told, words, sizeof words);
        replay_differs(replay, &replay->answer->episodes,
                       SAY("问题 %s：第 %u 段超标，复算得出，存储中没有",
                           "problem %s: episode %u: the replay gives it, the store has none"),
                       words, (unsigned)(i + 1));
    }
}

/* The table of problems -------------------------------------------------------------------- */

/* What commands and the page read: the latest version once more. */
static bool compare_listed(void *self, const char *body)
{
    struct replay *replay = self;
    json_t *problem = json_loads(body, 0, NULL);
    const char *uid = json_string_value(json_object_get(problem, "uid"));
    struct told *told = uid == NULL ? NULL : replay_told(replay, uid);
    const struct again *again = told == NULL ? NULL : replay_again(replay, uid);
    char words[250];

    json_decref(problem);
    if (told == NULL)
        return true;
    told->listed = true;
    if (!told->matched || again == NULL || same_body(again->body, body) ||
        may_have_gone_on(replay, told))
        return true;
    name_told(replay, told, words, sizeof words);
    replay_differs(replay, &replay->answer->problems,
                   SAY("问题 %s：问题表中的内容与复算不同",
                       "problem %s: the table of problems does not say what is replayed"),
                   words);
    return true;
}

static bool see_one(void *self, const char *body)
{
    (void)body;
    *(bool *)self = true;
    return true;
}

/* The columns by which others choose problems say the same as the body. */
static bool look_up(struct replay *replay, const struct told *told, bool *found, struct error *err)
{
    const struct again *again = replay_again(replay, told->uid);
    json_t *body = again == NULL ? NULL : json_loads(again->body, 0, NULL);
    bool read;

    *found = false;
    read = reader_problems(replay->asks, json_string_value(json_object_get(body, "state")),
                           json_string_value(json_object_get(body, "kind")),
                           json_string_value(json_object_get(body, "nature")), told->uid, see_one,
                           found, err);
    json_decref(body);
    return read;
}

static bool compare_table(struct replay *replay, struct error *err)
{
    char words[250];
    bool found = true;

    if (!reader_problems(replay->asks, NULL, NULL, NULL, NULL, compare_listed, replay, err))
        return false;
    for (size_t i = 0; i < replay->told_count; i++, found = true) {
        const struct told *told = &replay->told[i];

        if (!told->matched)
            continue;
        if (!may_have_gone_on(replay, told)) {
            name_missing_episodes(replay, told);
            if (!look_up(replay, told, &found, err))
                return false;
        }
        if (told->listed && found)
            continue;
        name_told(replay, told, words, sizeof words);
        replay_differs(replay, &replay->answer->problems,
                       SAY("问题 %s：问题表中没有", "problem %s: not in the table of problems"),
                       words);
    }
    return true;
}

/* ------------------------------------------------------------------------------------------- */

static bool add_changed(struct replay *replay, const struct pair *pair, struct wall_time since,
                        struct error *err)
{
    struct replay_answer *answer = replay->answer;
    struct replay_changed *last =
        answer->changed_count == 0 ? NULL : &answer->changed[answer->changed_count - 1];
    struct replay_changed *larger;

    if (last != NULL && strcmp(last->rule, pair->rule) == 0) {
        last->points++;
        if (!wall_is_known(since) || (wall_is_known(last->since) && since.ms > last->since.ms))
            last->since = since;
        return true;
    }
    larger = realloc(answer->changed, (answer->changed_count + 1) * sizeof *larger);
    if (larger == NULL)
        return replay_no_memory(err);
    answer->changed = larger;
    larger[answer->changed_count] = (struct replay_changed){.since = since, .points = 1};
    snprintf(larger[answer->changed_count].rule, NAME_SIZE, "%s", pair->rule);
    answer->changed_count++;
    return true;
}

static bool list_changed(struct replay *replay, struct error *err)
{
    for (size_t i = 0; i < replay->pair_count; i++) {
        const struct pair *pair = &replay->pairs[i];

        if ((!pair->ours || pair->since > 0) &&
            !add_changed(replay, pair, pair->ours ? pair->at : WALL_NONE, err))
            return false;
    }
    return true;
}

bool replay_compare(struct replay *replay, bool (*feed)(struct replay *, uint64_t, struct error *),
                    struct error *err)
{
    if (!replay_aggregates(replay, feed, err) || !replay_read_problems(replay, replay->fed, err) ||
        !compare_versions(replay, err))
        return false;
    compare_rest(replay);
    return reader_episodes(replay->asks, NULL, compare_episode, replay, err) &&
           compare_table(replay, err) && list_changed(replay, err);
}
