/* How a track is kept in the store over a restart: one JSON object, times as milliseconds, absent
 * times as null, numbers in the shortest form that reads back to the same double. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/say.h"
#include "ledger/track.h"

static void write_time(struct text *text, const char *key, struct wall_time time)
{
    if (wall_is_known(time))
        text_format(text, "\"%s\":%" PRId64 ",", key, time.ms);
    else
        text_format(text, "\"%s\":null,", key);
}

static void write_number(struct text *text, const char *key, double number)
{
    text_format(text, "\"%s\":", key);
    text_add_number(text, number);
    text_add_char(text, ',');
}

static void write_episode(struct text *text, const struct episode *episode)
{
    text_add(text, "\"episode\":{");
    write_time(text, "first", episode->first);
    write_time(text, "last", episode->last);
    write_time(text, "ended", episode->ended);
    write_time(text, "worst_at", episode->worst_at);
    write_number(text, "worst", episode->worst);
    write_time(text, "seen", episode->seen);
    write_time(text, "good_since", episode->good_since);
    text_format(text, "\"phase\":%d}", (int)episode->phase);
}

static void write_problem(struct text *text, const struct problem *problem)
{
    text_format(text, "\"uid\":\"%s\",\"version\":%u,\"point\":%u,\"rule\":\"%s\",", problem->uid,
                problem->version, problem->point, problem->rule);
    text_format(text, "\"nature\":%d,\"bound\":%d,\"episodes\":%u,", (int)problem->nature,
                (int)problem->bound, problem->episodes);
    write_number(text, "low", problem->low);
    write_number(text, "high", problem->high);
    write_time(text, "first", problem->first);
    write_time(text, "last", problem->last);
    write_time(text, "ended", problem->ended);
    write_number(text, "worst", problem->worst);
    write_time(text, "worst_at", problem->worst_at);
    write_time(text, "told", problem->told);
    write_number(text, "told_worst", problem->told_worst);
    write_time(text, "acknowledged", problem->acknowledged);
    text_add(text, "\"acknowledged_by\":");
    text_add_json(text, problem->acknowledged_by);
    text_format(text, ",\"state\":%d", (int)problem->state);
}

void track_write(struct text *text, const struct track *track)
{
    text_format(text, "{\"meaning\":\"%016" PRIx64 "\",\"proven_ms\":%" PRId64 ",", track->meaning,
                track->proven_ms);
    write_time(text, "newest", track->newest);
    write_episode(text, &track->episode);
    text_add(text, ",\"problem\":");
    if (track->problem.state == PROBLEM_NONE) {
        text_add(text, "null}");
        return;
    }
    text_add_char(text, '{');
    write_problem(text, &track->problem);
    text_add(text, "}}");
}

static bool read_int(const json_t *from, const char *key, int64_t least, int64_t most, int64_t *out)
{
    const json_t *at = json_object_get(from, key);

    if (!json_is_integer(at) || json_integer_value(at) < least || json_integer_value(at) > most)
        return false;
    *out = json_integer_value(at);
    return true;
}

static bool read_time(const json_t *from, const char *key, struct wall_time *out)
{
    const json_t *at = json_object_get(from, key);

    if (json_is_null(at)) {
        *out = WALL_NONE;
        return true;
    }
    out->ms = json_integer_value(at);
    return json_is_integer(at);
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
           read_time(from, "good_since", &episode->good_since);
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

static bool read_problem(const json_t *from, struct problem *problem)
{
    *problem = (struct problem){.state = PROBLEM_NONE};
    if (json_is_null(from))
        return true;
    return read_counts(from, problem) && read_words(from, "uid", problem->uid, UID_SIZE) &&
           read_words(from, "rule", problem->rule, NAME_SIZE) &&
           read_number(from, "low", &problem->low) && read_number(from, "high", &problem->high) &&
           read_time(from, "first", &problem->first) && read_time(from, "last", &problem->last) &&
           read_time(from, "ended", &problem->ended) &&
           read_number(from, "worst", &problem->worst) &&
           read_time(from, "worst_at", &problem->worst_at) &&
           read_time(from, "told", &problem->told) &&
           read_number(from, "told_worst", &problem->told_worst) &&
           read_time(from, "acknowledged", &problem->acknowledged) &&
           read_name(from, "acknowledged_by", problem->acknowledged_by,
                     sizeof problem->acknowledged_by);
}

static bool read_whole(const json_t *from, struct track *track)
{
    char meaning[17];

    if (!read_words(from, "meaning", meaning, sizeof meaning) ||
        sscanf(meaning, "%" SCNx64, &track->meaning) != 1)
        return false;
    return read_int(from, "proven_ms", 0, INT64_MAX, &track->proven_ms) &&
           read_time(from, "newest", &track->newest) &&
           read_episode(json_object_get(from, "episode"), &track->episode) &&
           read_problem(json_object_get(from, "problem"), &track->problem);
}

bool track_read(struct track *track, const char *body, size_t size, struct error *err)
{
    json_error_t where;
    json_t *whole = json_loadb(body, size, 0, &where);
    bool good = whole != NULL && read_whole(whole, track);

    json_decref(whole);
    return good || error_set(err, ERROR_STORE, "%s",
                             SAY("判定状态无法读取：内容不完整，数据库可能已损坏，请用备份恢复",
                                 "the judge's memory cannot be read: it is not whole, the database "
                                 "may be damaged; restore it from a backup"));
}
