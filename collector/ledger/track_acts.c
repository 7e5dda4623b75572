/* What a track does without a value: an edited rule, a strike-off, a person, the end. */
#include "ledger/track_inside.h"

#include <string.h>

/* Ends what runs with its latest breached value and forgets what is pending or counted; whether
 * anything ran. */
static bool cut_all(struct track *track, enum episode_end end)
{
    track->told = 0;
    for (size_t i = 0; i < LANES_MAX; i++) {
        struct lane_memory *memory = &track->lane[i];

        if (memory->episode.phase != EPISODE_RUNNING) {
            lane_clear(memory);
            continue;
        }
        episode_end(&memory->episode, memory->episode.last);
        memory->ended_by = end;
        memory->episode.good_since = WALL_NONE;
        memory->window = 0;
        memory->day_count = 0;
        memory->day = WALL_NONE;
        track->told |= (uint8_t)(1u << i);
    }
    track->prover = LANES_MAX;
    if (track->told != 0)
        problem_end(&track->problem, track->problem.last, false);
    return track->told != 0;
}

unsigned track_rule_changed(struct track *track, uint64_t meaning)
{
    track->meaning = meaning;
    if (cut_all(track, END_RULE_CHANGED) || track->problem.untold)
        return track_tell(track);
    track_rest(track);
    return TRACK_CHANGED;
}

unsigned track_struck_off(struct track *track)
{
    if (track->calm)
        return 0;
    cut_all(track, END_STRUCK_OFF);
    if (track->problem.state == PROBLEM_NONE) {
        track_rest(track);
        return TRACK_CHANGED;
    }
    problem_close(&track->problem);
    return track_tell(track);
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
    track->told = 0;
    track->problem.acknowledged = time;
    take_name(track->problem.acknowledged_by, sizeof track->problem.acknowledged_by, by);
    return track_tell(track);
}

unsigned track_close(struct track *track)
{
    track->told = 0;
    if (track_is_running(track))
        cut_all(track, END_CLOSED);
    problem_close(&track->problem);
    return track_tell(track);
}

void track_settle(struct track *track)
{
    if (track->problem.state == PROBLEM_CLOSED) {
        track->problem = (struct problem){.state = PROBLEM_NONE};
        track->proven_ms = 0;
        track->prover = LANES_MAX;
    }
    track_rest(track);
}

bool track_is_empty(const struct track *track)
{
    return track->calm && !wall_is_known(track->newest);
}
