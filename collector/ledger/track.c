#include "ledger/track.h"

#include <math.h>
#include <string.h>

void track_clear(struct track *track, uint64_t meaning)
{
    *track =
        (struct track){.meaning = meaning, .calm = true, .prover = LANES_MAX, .newest = WALL_NONE};
    for (size_t i = 0; i < LANES_MAX; i++)
        lane_clear(&track->lane[i]);
    lane_clear(&track->cut);
}

static bool is_running(const struct track *track)
{
    for (size_t i = 0; i < LANES_MAX; i++)
        if (track->lane[i].episode.phase == EPISODE_RUNNING)
            return true;
    return false;
}

/* While nothing runs and there is no problem, values leave no trace. */
static void rest(struct track *track)
{
    track->calm = track->problem.state == PROBLEM_NONE;
    for (size_t i = 0; i < LANES_MAX; i++)
        track->calm = track->calm && lane_is_calm(&track->lane[i]);
    for (size_t i = 0; track->calm && i < LANES_MAX; i++)
        lane_clear(&track->lane[i]);
}

static unsigned tell(struct track *track)
{
    problem_tell(&track->problem);
    return TRACK_CHANGED | TRACK_VERSION | (track->told != 0 ? TRACK_EPISODE : 0);
}

/* A value ------------------------------------------------------------------------------------ */

struct turn {
    struct track *track;
    const struct track_step *step;
    const struct stage *stage; /* in force at the value's time, or NULL */
    struct lane_memory *memory;
    struct judged judged;
    bool tell; /* the problem gets a version at the end of the step */
};

static struct problem_cause cause_of(const struct turn *turn)
{
    return (struct problem_cause){.rule = turn->step->rule,
                                  .stage = turn->stage,
                                  .on = turn->memory->on,
                                  .episode = &turn->memory->episode};
}

/* An episode has ended; the problem only when no lane runs any more. */
static void ended(struct turn *turn, enum episode_end end, bool proven)
{
    struct track *track = turn->track;

    turn->memory->ended_by = end;
    track->told |= (uint8_t)(1u << turn->step->lane);
    if (is_running(track))
        return;
    problem_end(&track->problem, turn->memory->episode.ended, proven);
    track->prover = (uint8_t)turn->step->lane;
    track->proven_ms = 0;
    turn->tell = true;
}

/* An episode that ended before the value is judged: kept apart, as the value may open another. */
static void set_apart(struct turn *turn)
{
    turn->track->cut = *turn->memory;
    turn->track->told = 1u << LANES_MAX;
}

static bool is_judged_alike(const struct stage *one, const struct stage *other)
{
    return one != NULL && other != NULL && one->per_day == other->per_day &&
           bound_is_same(&one->bound, &other->bound);
}

/* Another edition is in force than the one that what is remembered was judged by. */
static void change_stage(struct turn *turn)
{
    struct lane_memory *memory = turn->memory;
    bool running = memory->episode.phase == EPISODE_RUNNING;

    if (memory->stage == turn->stage)
        return;
    if (is_judged_alike(memory->stage, turn->stage)) {
        struct problem_cause cause;

        memory->stage = turn->stage;
        cause = cause_of(turn);
        if (running && memory->number == turn->track->problem.episodes)
            problem_take_stage(&turn->track->problem, &cause);
        return;
    }
    if (running) {
        episode_end(&memory->episode, memory->episode.last);
        ended(turn, END_LIMIT_CHANGED, false);
        set_apart(turn);
    }
    lane_clear(memory);
    memory->stage = turn->stage;
}

/* A clock set back may show a moment again that has a problem already; its uid must not come twice.
 */
static void open_problem(struct turn *turn)
{
    const struct track_step *step = turn->step;
    const struct catalog_point *point = catalog_point(step->catalog, step->point);
    struct problem_cause cause = cause_of(turn);
    struct wall_time first = cause.episode->first;
    bool again = wall_is_known(turn->track->newest) && first.ms <= turn->track->newest.ms;
    struct watch_view about = {.kind = PROBLEM_NEW};
    char name[POINT_SIZE] = "";
    char uid[UID_SIZE];

    if (point != NULL)
        catalog_point_name(step->catalog, point, name);
    if (step->watch != NULL && step->rule->nature == NATURE_BREACH)
        watch_look(step->watch, step->point, first, &about);
    problem_uid(step->catalog->collector, step->rule->name, name, first, again ? step->seq : 0,
                uid);
    problem_begin(&turn->track->problem, uid, step->point, &about, &cause);
    if (!again)
        turn->track->newest = first;
}

static void opened(struct turn *turn)
{
    struct track *track = turn->track;

    turn->memory->on = turn->step->lanes->lane[turn->step->lane].on;
    turn->memory->ended_by = END_NONE;
    track->proven_ms = 0;
    if (track->problem.state == PROBLEM_NONE) {
        open_problem(turn);
    } else {
        struct problem_cause cause = cause_of(turn);

        problem_join(&track->problem, &cause);
    }
    turn->memory->number = track->problem.episodes;
    track->told |= (uint8_t)(1u << turn->step->lane);
    turn->tell = true;
}

/* A version tells of all that runs. */
static void went_on(struct turn *turn)
{
    struct track *track = turn->track;
    struct problem_cause cause = cause_of(turn);

    if (!problem_go_on(&track->problem, &cause))
        return;
    for (size_t i = 0; i < LANES_MAX; i++)
        if (track->lane[i].episode.phase == EPISODE_RUNNING)
            track->told |= (uint8_t)(1u << i);
    turn->tell = true;
}

/* A doubt is no problem of the ledger: no task holds it. */
static bool is_held(const struct track_step *step)
{
    return step->watch != NULL && step->rule->nature == NATURE_BREACH &&
           watch_holds(step->watch, step->point, step->time);
}

/* A good value while no episode runs. `more_ms` of proven recovery came with it. */
static void stood_good(struct turn *turn, int64_t more_ms)
{
    struct track *track = turn->track;
    const struct episode *episode = &turn->memory->episode;

    if (track->prover != LANES_MAX && track->prover != turn->step->lane)
        return;
    if (track->problem.state == PROBLEM_OPEN && episode_is_over(episode, turn->step->rule)) {
        problem_end(&track->problem, episode->good_since, true);
        track->prover = (uint8_t)turn->step->lane;
        track->proven_ms = episode->seen.ms - episode->good_since.ms;
        turn->tell = true;
    } else if (track->problem.state == PROBLEM_RECOVERED) {
        track->proven_ms += more_ms;
        if (track->proven_ms < turn->step->rule->gather_ms || is_held(turn->step))
            return;
        problem_close(&track->problem);
        turn->tell = true;
    }
}

static void judge_value(struct turn *turn)
{
    struct track *track = turn->track;
    const struct episode *now = &turn->memory->episode;
    struct wall_time seen = now->seen, good_since = now->good_since;
    size_t share = COUNT_MAX / turn->step->lanes->count;

    track->lanes = (uint8_t)turn->step->lanes->count;
    switch (lane_step(turn->memory, turn->step->rule, turn->stage, turn->step->gap_ms,
                      &turn->judged, track->breaches + turn->step->lane * share, share)) {
    case EPISODE_OPENED:
        opened(turn);
        return;
    case EPISODE_WENT_ON:
        went_on(turn);
        return;
    case EPISODE_ENDED:
        ended(turn, END_RECOVERED, true);
        if (turn->tell)
            track->proven_ms = now->seen.ms - now->good_since.ms;
        return;
    case EPISODE_UNCHANGED:
        break;
    }
    if (turn->judged.standing == STANDING_GOOD && !is_running(track))
        stood_good(turn, wall_is_known(good_since) && good_since.ms == now->good_since.ms
                             ? now->seen.ms - seen.ms
                             : 0);
}

static bool is_for_lane(const struct track_step *step, double value, enum quality quality)
{
    enum when when = step->lanes->lane[step->lane].when;

    return quality_is_judged(quality) && isfinite(value) &&
           (when == WHEN_ALWAYS ||
            (when == WHEN_NIGHT) == period_is_night(step->time, &step->rule->night));
}

static enum standing stand(const struct track_step *step, const struct stage *stage, double value,
                           enum quality quality)
{
    return stage == NULL ? STANDING_BETWEEN : rule_judge(step->rule, &stage->bound, value, quality);
}

bool track_stays(const struct track *track, const struct track_step *step, double value,
                 enum quality quality)
{
    const struct stage *stage = lane_stage(&step->lanes->lane[step->lane], step->time);

    if (track->calm && stand(step, stage, value, quality) != STANDING_BREACH)
        return true;
    return !is_for_lane(step, value, quality);
}

unsigned track_step(struct track *track, const struct track_step *step, double value,
                    enum quality quality)
{
    const struct stage *stage = lane_stage(&step->lanes->lane[step->lane], step->time);
    struct turn turn = {
        .track = track,
        .step = step,
        .stage = stage,
        .memory = &track->lane[step->lane],
        .judged = {stand(step, stage, value, quality), step->time, value}
    };

    if (track->calm && turn.judged.standing != STANDING_BREACH)
        return 0;
    if (!is_for_lane(step, value, quality))
        return 0;
    track->told = 0;
    change_stage(&turn);
    if (lane_turns_day(turn.memory, step->rule, step->time)) {
        ended(&turn, END_RECOVERED, true);
        set_apart(&turn);
    }
    if (stage != NULL)
        judge_value(&turn);
    rest(track);
    return turn.tell ? tell(track) : TRACK_CHANGED | (track->told != 0 ? TRACK_EPISODE : 0);
}

size_t track_episodes(const struct track *track, struct track_episode *out)
{
    size_t count = 0;

    for (size_t i = 0; i <= LANES_MAX; i++) {
        size_t lane = i == 0 ? LANES_MAX : i - 1; /* what was cut came first */
        const struct lane_memory *memory = i == 0 ? &track->cut : &track->lane[lane];

        if (!(track->told >> lane & 1))
            continue;
        out[count++] = (struct track_episode){.episode = &memory->episode,
                                              .number = memory->number,
                                              .ended_by = episode_end_word(memory->ended_by),
                                              .stage = memory->stage,
                                              .on = memory->on};
    }
    return count;
}

/* What is no value --------------------------------------------------------------------------- */

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
    if (cut_all(track, END_RULE_CHANGED))
        return tell(track);
    rest(track);
    return TRACK_CHANGED;
}

unsigned track_struck_off(struct track *track)
{
    if (track->calm)
        return 0;
    cut_all(track, END_STRUCK_OFF);
    if (track->problem.state == PROBLEM_NONE) {
        rest(track);
        return TRACK_CHANGED;
    }
    problem_close(&track->problem);
    return tell(track);
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
    return tell(track);
}

unsigned track_close(struct track *track)
{
    track->told = 0;
    if (is_running(track))
        cut_all(track, END_CLOSED);
    problem_close(&track->problem);
    return tell(track);
}

void track_settle(struct track *track)
{
    if (track->problem.state == PROBLEM_CLOSED) {
        track->problem = (struct problem){.state = PROBLEM_NONE};
        track->proven_ms = 0;
        track->prover = LANES_MAX;
    }
    rest(track);
}

bool track_is_empty(const struct track *track)
{
    return track->calm && !wall_is_known(track->newest);
}
