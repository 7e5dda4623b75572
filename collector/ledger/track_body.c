/* How a track is kept in the store over a restart: one JSON object, times as milliseconds, absent
 * times as null, numbers in the shortest form that reads back to the same double. */
#include <inttypes.h>

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
    write_time(text, "first", episode->first);
    write_time(text, "last", episode->last);
    write_time(text, "ended", episode->ended);
    write_time(text, "worst_at", episode->worst_at);
    write_number(text, "worst", episode->worst);
    write_time(text, "seen", episode->seen);
    write_time(text, "good_since", episode->good_since);
    text_format(text, "\"phase\":%d,", (int)episode->phase);
}

/* How many breaches each lane has room for. */
static size_t share_of(const struct track *track)
{
    return (size_t)(COUNT_MAX / (track->lanes == 0 ? 1 : track->lanes));
}

/* The breaches of a window stand in the order of the window's bits. */
static void write_window(struct text *text, const struct lane_memory *memory,
                         const struct breach *breaches, size_t share)
{
    size_t count = (size_t)__builtin_popcountll(memory->window);

    text_format(text, "\"window\":\"%016" PRIx64 "\",\"breaches\":[", memory->window);
    for (size_t i = 0; i < count && i < share; i++) {
        text_format(text, "%s[%" PRId64 ",", i == 0 ? "" : ",", breaches[i].time.ms);
        text_add_number(text, breaches[i].value);
        text_add_char(text, ']');
    }
    text_add(text, "],");
}

static void write_lane(struct text *text, const struct track *track, size_t lane)
{
    const struct lane_memory *memory = &track->lane[lane];
    size_t share = share_of(track);

    text_format(text, "{\"lane\":%zu,", lane);
    write_episode(text, &memory->episode);
    write_window(text, memory, track->breaches + lane * share, share);
    write_time(text, "day", memory->day);
    if (memory->stage == NULL)
        text_add(text, "\"stage\":false,");
    else
        write_time(text, "stage", memory->stage->from);
    text_format(text, "\"day_count\":%u,\"number\":%u,\"on\":%d}", memory->day_count,
                memory->number, (int)memory->on);
}

/* One that nothing was seen of yet is not written. */
static void write_lanes(struct text *text, const struct track *track)
{
    bool first = true;

    text_format(text, "\"lane_count\":%d,\"lanes\":[", track->lanes);
    for (size_t i = 0; i < LANES_MAX; i++) {
        if (!wall_is_known(track->lane[i].episode.seen))
            continue;
        if (!first)
            text_add_char(text, ',');
        write_lane(text, track, i);
        first = false;
    }
    text_add(text, "],");
}

static void write_words(struct text *text, const char *key, const char *words)
{
    text_format(text, "\"%s\":", key);
    text_add_json(text, words);
    text_add_char(text, ',');
}

static void write_limit(struct text *text, const struct problem_limit *limit)
{
    text_add(text, "\"limit\":{");
    write_words(text, "standard", limit->standard);
    write_words(text, "edition", limit->edition);
    write_words(text, "clause", limit->clause);
    write_words(text, "class", limit->class_);
    text_format(text, "\"period\":%d,\"verified\":%d},", (int)limit->period, (int)limit->verified);
}

static void write_about(struct text *text, const struct watch_view *about,
                        const struct watch *watch)
{
    text_format(text, "\"kind\":%d,\"tasks\":[", (int)about->kind);
    for (unsigned i = 0; watch != NULL && i < about->task_count; i++) {
        text_add(text, i == 0 ? "[" : ",[");
        text_add_json(text, watch_task(watch, about->tasks[i])->id);
        text_format(text, ",%d]", about->relapse >> i & 1);
    }
    text_add(text, "],");
}

static void write_problem(struct text *text, const struct problem *problem,
                          const struct watch *watch)
{
    text_format(text, "\"uid\":\"%s\",\"version\":%u,\"point\":%u,\"rule\":\"%s\",", problem->uid,
                problem->version, problem->point, problem->rule);
    text_format(text, "\"nature\":%d,\"bound\":%d,\"episodes\":%u,", (int)problem->nature,
                (int)problem->bound, problem->episodes);
    write_about(text, &problem->about, watch);
    write_limit(text, &problem->limit);
    write_number(text, "worst_low", problem->worst_low);
    write_number(text, "worst_high", problem->worst_high);
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

void track_write(struct text *text, const struct track *track, const struct watch *watch)
{
    text_format(text, "{\"meaning\":\"%016" PRIx64 "\",\"proven_ms\":%" PRId64 ",\"prover\":%d,",
                track->meaning, track->proven_ms, track->prover);
    write_time(text, "newest", track->newest);
    write_lanes(text, track);
    text_add(text, "\"problem\":");
    if (track->problem.state == PROBLEM_NONE) {
        text_add(text, "null}");
        return;
    }
    text_add_char(text, '{');
    write_problem(text, &track->problem, watch);
    text_add(text, "}}");
}
