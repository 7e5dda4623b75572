/* How a track is read back from the store; track_body.c says how it is written. Every byte may be
 * damaged: what is not whole is refused whole.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/say.h"
#include "ledger/track.h"

/* How many breaches each lane has room for. */
static size_t share_of(const struct track *track)
{
    return (size_t)(COUNT_MAX / (track->lanes == 0 ? 1 : track->lanes));
}

static bool read_int(const json_t *from, const char *key, int64_t least, int64_t most, int64_t *out)
{
    const json_t *at = json_object_get(from, key);

    if (!json_is_integer(at) || json_integer_value(at) < least || json_integer_value(at) > most)
        return false;
    *out = json_integer_value(at);
    return true;
}

/* Between the years 1 and 9999: all that is reckoned with it stays within 64 bits. */
static const int64_t earliest_ms = -62135596800000, latest_ms = 253402300799999;

static bool read_time(const json_t *from, const char *key, struct wall_time *out)
{
    if (json_is_null(json_object_get(from, key))) {
        *out = WALL_NONE;
        return true;
    }
    return read_int(from, key, earliest_ms, latest_ms, &out->ms);
}

static bool read_number(const json_t *from, const char *key, double *out)
{
    const json_t *at = json_object_get(from, key);

    *out = json_number_value(at);
    return json_is_number(at) && isfinite(*out);
}

static bool read_words(const json_t *from, const char *key, char *out, size_t size)
{
    const char *words = json_string_value(json_object_get(from, key));

    if (words == NULL || strlen(words) >= size)
        return false;
    snprintf(out, size, "%s", words);
    return true;
}

/* A name from outside may have grown when its invalid bytes were made harmless: it is cut. */
static bool read_name(const json_t *from, const char *key, char *out, size_t size)
{
    const char *words = json_string_value(json_object_get(from, key));

    if (words != NULL)
        snprintf(out, size, "%s", words);
    return words != NULL;
}

/* What pends or runs has a beginning. */
static bool episode_is_whole(const struct episode *episode)
{
    return wall_is_known(episode->seen) &&
           (episode->phase == EPISODE_NONE ||
            (wall_is_known(episode->first) && wall_is_known(episode->last) &&
             wall_is_known(episode->worst_at)));
}

static bool read_episode(const json_t *from, struct episode *episode)
{
    int64_t phase;

    if (!read_int(from, "phase", EPISODE_NONE, EPISODE_RUNNING, &phase))
        return false;
    episode->phase = (enum episode_phase)phase;
    return read_time(from, "first", &episode->first) && read_time(from, "last", &episode->last) &&
           read_time(from, "ended", &episode->ended) &&
           read_time(from, "worst_at", &episode->worst_at) &&
           read_number(from, "worst", &episode->worst) && read_time(from, "seen", &episode->seen) &&
           read_time(from, "good_since", &episode->good_since) && episode_is_whole(episode);
}

static bool read_hex(const json_t *from, const char *key, uint64_t *out)
{
    char words[17];

    return read_words(from, key, words, sizeof words) && sscanf(words, "%" SCNx64, out) == 1;
}

static bool read_breach(const json_t *from, struct breach *out)
{
    const json_t *time = json_array_get(from, 0), *value = json_array_get(from, 1);

    out->time.ms = json_integer_value(time);
    out->value = json_number_value(value);
    return json_array_size(from) == 2 && json_is_integer(time) && out->time.ms >= earliest_ms &&
           out->time.ms <= latest_ms && json_is_number(value) && isfinite(out->value);
}

static bool read_window(const json_t *from, struct lane_memory *memory, struct breach *breaches,
                        size_t share)
{
    const json_t *list = json_object_get(from, "breaches");
    size_t count;

    if (!read_hex(from, "window", &memory->window))
        return false;
    count = (size_t)__builtin_popcountll(memory->window);
    if (!json_is_array(list) || json_array_size(list) != (count < share ? count : share))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!read_breach(json_array_get(list, i), &breaches[i]))
            return false;
    return true;
}

/* A stage that is no longer there is none: the rule or standard was edited, which ends what ran. */
static bool read_stage(const json_t *from, const struct lane *lane, struct lane_memory *memory)
{
    struct wall_time start;

    if (json_is_false(json_object_get(from, "stage")))
        return true;
    if (!read_time(from, "stage", &start))
        return false;
    for (size_t i = 0; lane != NULL && i < lane->stage_count; i++)
        if (lane->stages[i].from.ms == start.ms)
            memory->stage = &lane->stages[i];
    return true;
}

static bool read_lane(const json_t *from, struct track *track, const struct lanes *lanes)
{
    size_t share = share_of(track);
    struct lane_memory *memory;
    int64_t lane, day_count, number, on;

    if (!read_int(from, "lane", 0, LANES_MAX - 1, &lane) ||
        !read_int(from, "day_count", 0, UINT32_MAX, &day_count) ||
        !read_int(from, "number", 0, UINT32_MAX, &number) ||
        !read_int(from, "on", 0, PERIOD_COUNT - 1, &on) || ((size_t)lane + 1) * share > COUNT_MAX)
        return false;
    memory = &track->lane[lane];
    memory->day_count = (uint32_t)day_count;
    memory->number = (uint32_t)number;
    memory->on = (enum period)on;
    return read_episode(from, &memory->episode) &&
           read_window(from, memory, track->breaches + (size_t)lane * share, share) &&
           read_time(from, "day", &memory->day) &&
           wall_is_known(memory->day) == (memory->day_count > 0) &&
           read_stage(from,
                      lanes == NULL || (size_t)lane >= lanes->count ? NULL : &lanes->lane[lane],
                      memory);
}

static bool read_lanes(const json_t *from, struct track *track, const struct lanes *lanes)
{
    const json_t *list = json_object_get(from, "lanes");
    int64_t count;

    if (!read_int(from, "lane_count", 0, LANES_MAX, &count) || !json_is_array(list))
        return false;
    track->lanes = (uint8_t)count;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!read_lane(json_array_get(list, i), track, lanes))
            return false;
    return true;
}

static bool read_limit(const json_t *from, struct problem_limit *limit)
{
    int64_t period, verified;

    if (!read_int(from, "period", 0, PERIOD_COUNT - 1, &period) ||
        !read_int(from, "verified", 0, 1, &verified))
        return false;
    limit->period = (enum period)period;
    limit->verified = verified == 1;
    return read_words(from, "standard", limit->standard, sizeof limit->standard) &&
           read_words(from, "edition", limit->edition, sizeof limit->edition) &&
           read_words(from, "clause", limit->clause, sizeof limit->clause) &&
           read_words(from, "class", limit->class_, sizeof limit->class_);
}

static bool read_about(const json_t *from, const struct watch *watch, struct watch_view *about)
{
    const json_t *list = json_object_get(from, "tasks");
    int64_t kind;

    if (!read_int(from, "kind", PROBLEM_NEW, PROBLEM_RELAPSE, &kind) || !json_is_array(list) ||
        json_array_size(list) > WATCH_TASKS_MAX)
        return false;
    about->kind = (enum problem_kind)kind;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *task = json_array_get(list, i), *relapse = json_array_get(task, 1);
        const char *id = json_string_value(json_array_get(task, 0));
        uint32_t slot;

        if (id == NULL || !json_is_integer(relapse))
            return false;
        if (watch == NULL || watch_find(watch, id, &slot) == NULL)
            continue;
        if (json_integer_value(relapse) != 0)
            about->relapse |= (uint8_t)(1u << about->task_count);
        about->tasks[about->task_count++] = slot;
    }
    return true;
}

static bool read_counts(const json_t *from, struct problem *problem)
{
    int64_t state, version, point, nature, bound, episodes;

    if (!read_int(from, "state", PROBLEM_OPEN, PROBLEM_RECOVERED, &state) ||
        !read_int(from, "version", 1, UINT32_MAX, &version) ||
        !read_int(from, "point", 1, UINT32_MAX, &point) ||
        !read_int(from, "nature", NATURE_BREACH, NATURE_DOUBT, &nature) ||
        !read_int(from, "bound", BOUND_ABOVE, BOUND_BETWEEN, &bound) ||
        !read_int(from, "episodes", 1, UINT32_MAX, &episodes))
        return false;
    problem->state = (enum problem_state)state;
    problem->version = (uint32_t)version;
    problem->point = (uint32_t)point;
    problem->nature = (enum rule_nature)nature;
    problem->bound = (enum bound_kind)bound;
    problem->episodes = (uint32_t)episodes;
    return true;
}

static bool read_problem(const json_t *from, const struct watch *watch, struct problem *problem)
{
    *problem = (struct problem){.state = PROBLEM_NONE};
    if (json_is_null(from))
        return true;
    return read_counts(from, problem) && read_words(from, "uid", problem->uid, UID_SIZE) &&
           read_words(from, "rule", problem->rule, NAME_SIZE) &&
           read_about(from, watch, &problem->about) &&
           read_limit(json_object_get(from, "limit"), &problem->limit) &&
           read_number(from, "worst_low", &problem->worst_low) &&
           read_number(from, "worst_high", &problem->worst_high) &&
           read_number(from, "low", &problem->low) && read_number(from, "high", &problem->high) &&
           read_time(from, "first", &problem->first) && read_time(from, "last", &problem->last) &&
           read_time(from, "ended", &problem->ended) &&
           read_number(from, "worst", &problem->worst) &&
           read_time(from, "worst_at", &problem->worst_at) &&
           read_time(from, "told", &problem->told) && wall_is_known(problem->told) &&
           wall_is_known(problem->first) && wall_is_known(problem->last) &&
           read_number(from, "told_worst", &problem->told_worst) &&
           read_time(from, "acknowledged", &problem->acknowledged) &&
           read_name(from, "acknowledged_by", problem->acknowledged_by,
                     sizeof problem->acknowledged_by);
}

/* What runs belongs to a problem that is open; a damaged memory is refused before it is believed.
 */
static bool fits_problem(const struct track *track)
{
    for (size_t i = 0; i < LANES_MAX; i++)
        if (track->lane[i].episode.phase == EPISODE_RUNNING && !problem_is_running(&track->problem))
            return false;
    return true;
}

static bool read_whole(const json_t *from, const struct lanes *lanes, const struct watch *watch,
                       struct track *track)
{
    uint64_t meaning;
    int64_t prover;

    if (!read_hex(from, "meaning", &meaning) || !read_int(from, "prover", 0, LANES_MAX, &prover))
        return false;
    track_clear(track, meaning);
    track->prover = (uint8_t)prover;
    if (!read_int(from, "proven_ms", 0, latest_ms, &track->proven_ms) ||
        !read_time(from, "newest", &track->newest) || !read_lanes(from, track, lanes) ||
        !read_problem(json_object_get(from, "problem"), watch, &track->problem) ||
        !fits_problem(track))
        return false;
    track_settle(track);
    return true;
}

bool track_read(struct track *track, const struct lanes *lanes, const struct watch *watch,
                const char *body, size_t size, struct error *err)
{
    json_error_t where;
    json_t *whole = json_loadb(body, size, 0, &where);
    bool good = whole != NULL && read_whole(whole, lanes, watch, track);

    json_decref(whole);
    return good || error_set(err, ERROR_STORE, "%s",
                             SAY("判定状态无法读取：内容不完整，数据库可能已损坏，请用备份恢复",
                                 "the judge's memory cannot be read: it is not whole, the database "
                                 "may be damaged; restore it from a backup"));
}
