#include "ledger/track.h"

#include <string.h>

void track_clear(struct track *track, uint64_t meaning)
{
    *track = (struct track){.meaning = meaning, .newest = WALL_NONE};
    episode_clear(&track->episode);
}

/* A clock set back may show a moment again that has a problem already; its uid must not come twice.
 */
static void open_problem(struct track *track, const struct track_step *step)
{
    const struct catalog_point *point = catalog_point(step->catalog, step->point);
    struct wall_time first = track->episode.first;
    bool again = wall_is_known(track->newest) && first.ms <= track->newest.ms;
    char name[POINT_SIZE] = "";
    char uid[UID_SIZE];

    if (point != NULL)
        catalog_point_name(step->catalog, point, name);
    problem_uid(step->catalog->collector, step->rule->name, name, first, again ? step->seq : 0,
                uid);
    problem_begin(&track->problem, uid, step->rule, step->point, &track->episode);
    if (!again)
        track->newest = first;
}

static unsigned tell(struct track *track)
{
    problem_tell(&track->problem);
    return TRACK_CHANGED | TRACK_VERSION;
}

static unsigned opened(struct track *track, const struct track_step *step)
{
    track->proven_ms = 0;
    if (track->problem.state == PROBLEM_NONE)
        open_problem(track, step);
    else
        problem_join(&track->problem, step->rule, &track->episode);
    return tell(track) | TRACK_EPISODE;
}

static unsigned recovered(struct track *track, struct wall_time ended)
{
    problem_end(&track->problem, ended, true);
    track->proven_ms = track->episode.seen.ms - track->episode.good_since.ms;
    return tell(track);
}

/* A good reading, and no episode runs. `more_ms` of proven recovery came with it. */
static unsigned stood_good(struct track *track, const struct track_step *step, int64_t more_ms)
{
    if (track->problem.state == PROBLEM_OPEN)
        return episode_is_over(&track->episode, step->rule)
                   ? recovered(track, track->episode.good_since)
                   : 0;
    if (track->problem.state != PROBLEM_RECOVERED)
        return 0;
    track->proven_ms += more_ms;
    if (track->proven_ms < step->rule->gather_ms || step->watched)
        return 0;
    problem_close(&track->problem);
    return tell(track);
}

/* While nothing runs and there is no problem, readings leave no trace. */
static bool is_calm(const struct track *track)
{
    return track->problem.state == PROBLEM_NONE && track->episode.phase == EPISODE_NONE;
}

static unsigned conclude(struct track *track, const struct track_step *step,
                         const struct episode *before, enum episode_change change)
{
    const struct episode *now = &track->episode;
    bool unbroken =
        wall_is_known(before->good_since) && before->good_since.ms == now->good_since.ms;

    switch (change) {
    case EPISODE_OPENED:
        return opened(track, step);
    case EPISODE_WENT_ON:
        return problem_go_on(&track->problem, step->rule, now) ? tell(track) | TRACK_EPISODE : 0;
    case EPISODE_ENDED:
        return recovered(track, now->ended) | TRACK_EPISODE;
    case EPISODE_UNCHANGED:
        break;
    }
    if (!wall_is_known(now->good_since) || now->phase != EPISODE_NONE)
        return 0;
    return stood_good(track, step, unbroken ? now->seen.ms - before->seen.ms : 0);
}

unsigned track_step(struct track *track, const struct track_step *step,
                    const struct reading *reading)
{
    struct episode before = track->episode;
    bool calm = is_calm(track);
    enum episode_change change;
    unsigned marks;

    if (!reading_has_value(reading) || !quality_is_judged(reading->quality))
        return 0;
    change = episode_step(&track->episode, step->rule, step->gap_ms, step->time, reading->value,
                          reading->quality);
    marks = conclude(track, step, &before, change);
    if (is_calm(track)) {
        episode_clear(&track->episode);
        return calm ? 0 : marks | TRACK_CHANGED;
    }
    return marks | TRACK_CHANGED;
}

unsigned track_rule_changed(struct track *track, uint64_t meaning)
{
    bool running = track->episode.phase == EPISODE_RUNNING;
    struct wall_time last = track->episode.last;

    track->meaning = meaning;
    track->episode.phase = EPISODE_NONE;
    track->episode.good_since = WALL_NONE;
    if (!running)
        return TRACK_CHANGED;
    track->episode.ended = last;
    problem_end(&track->problem, last, false);
    return tell(track) | TRACK_EPISODE;
}

/* Cut between characters, never inside one. */
static void take_name(char *out, size_t size, const char *name)
{
    size_t used = strnlen(name, size);

    if (used == size) {
        used--;
        while (used > 0 && ((unsigned char)name[used] & 0xc0) == 0x80)
            used--;
    }
    memcpy(out, name, used);
    out[used] = '\0';
}

unsigned track_acknowledge(struct track *track, const char *by, struct wall_time time)
{
    track->problem.acknowledged = time;
    take_name(track->problem.acknowledged_by, sizeof track->problem.acknowledged_by, by);
    return tell(track);
}

unsigned track_close(struct track *track)
{
    problem_close(&track->problem);
    return tell(track);
}

void track_settle(struct track *track)
{
    if (track->problem.state == PROBLEM_CLOSED) {
        track->problem = (struct problem){.state = PROBLEM_NONE};
        track->proven_ms = 0;
    }
    if (is_calm(track))
        episode_clear(&track->episode);
}

bool track_is_empty(const struct track *track)
{
    return is_calm(track) && !wall_is_known(track->newest);
}
