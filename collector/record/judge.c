#include "record/judge.h"

#include <assert.h>
#include <string.h>

#include "record/judge_inside.h"

static const int64_t remember_every_ms = 3600 * 1000;
static const uint64_t remember_every_readings = 200000;

bool judge_is_caught_up(const struct judge *judge)
{
    return !judge->behind;
}

uint64_t judge_cursor(const struct judge *judge)
{
    return judge->cursor;
}

size_t judge_open_problems(const struct judge *judge)
{
    size_t count = 0;

    for (size_t i = 0; i < judge->seat_count; i++)
        count += judge->seats[i].track.problem.state != PROBLEM_NONE;
    return count;
}

/* Concluding -------------------------------------------------------------------------------- */

static bool put_version(struct judge *judge, const struct problem *problem, struct error *err)
{
    struct problem_row row = {.version = problem->version,
                              .kind = problem_kind_word(problem->about.kind),
                              .nature = rule_nature_word(problem->nature),
                              .state = problem_state_word(problem->state),
                              .rule = problem->rule,
                              .point = problem->point,
                              .first = problem->first,
                              .last = problem->last,
                              .ended = problem->ended,
                              .body = judge->body};
    struct text text;

    memcpy(row.uid, problem->uid, sizeof row.uid);
    text_init(&text, judge->body, sizeof judge->body);
    problem_write(&text, problem, judge->catalog, judge->watch);
    assert(!text.full);
    return judge->sink.problem(judge->sink.self, &row, err);
}

static bool put_episodes(struct judge *judge, const struct track *track, struct error *err)
{
    struct track_episode of[TRACK_EPISODES];
    size_t count = track_episodes(track, of);

    for (size_t i = 0; i < count; i++) {
        const struct episode *episode = of[i].episode;
        bool ended = of[i].ended_by[0] != '\0';
        struct episode_row row = {.number = of[i].number,
                                  .first = episode->first,
                                  .last = episode->last,
                                  .ended = ended ? episode->ended : WALL_NONE,
                                  .worst = episode->worst == NO_VALUE ? NAN : episode->worst,
                                  .ended_by = of[i].ended_by};

        memcpy(row.uid, track->problem.uid, sizeof row.uid);
        if (!judge->sink.episode(judge->sink.self, &row, err))
            return false;
    }
    return true;
}

bool judge_put_marks(struct judge *judge, struct seat *seat, unsigned marks, struct error *err)
{
    if ((marks & TRACK_CHANGED) && !seat->changed) {
        seat->changed = true;
        judge->changed[judge->changed_count++] = seat;
    }
    if ((marks & TRACK_VERSION) && !put_version(judge, &seat->track.problem, err))
        return false;
    if ((marks & TRACK_EPISODE) && !put_episodes(judge, &seat->track, err))
        return false;
    track_settle(&seat->track);
    return true;
}

/* Values ------------------------------------------------------------------------------------ */

bool judge_step(struct judge *judge, struct seat *seat, const struct track_step *from, double value,
                enum quality quality, struct error *err)
{
    unsigned marks = track_step(&seat->track, from, value, quality);

    return marks == 0 || judge_put_marks(judge, seat, marks, err);
}

static bool judge_value(struct judge *judge, struct seat *seat, const struct poll *poll,
                        double value, enum quality quality, struct error *err)
{
    struct track_step of = {.rule = seat->rule,
                            .lanes = seat->lanes,
                            .catalog = judge->catalog,
                            .watch = judge->watch,
                            .point = seat->point,
                            .time = poll->time,
                            .seq = poll->seq};
    uint32_t device = judge->points[seat->point].device;

    of.gap_ms = device == NO_DEVICE ? episode_gap_ms(0) : judge->devices[device].gap_ms;
    for (of.lane = 0; of.lane < seat->lanes->count; of.lane++)
        if (seat->lanes->lane[of.lane].on == PERIOD_READING &&
            !track_stays(&seat->track, &of, value, quality) &&
            !judge_step(judge, seat, &of, value, quality, err))
            return false;
    return true;
}

bool judge_may(const struct judge *judge, const struct seat *seat)
{
    return seat->in_force && judge->now > seat->hold;
}

static bool judge_by_rules(struct judge *judge, const struct judge_point *point,
                           const struct poll *poll, double value, enum quality quality,
                           struct error *err)
{
    if (!isfinite(value) || !quality_is_judged(quality))
        return true;
    for (uint32_t i = point->first_seat; i < point->end_seat; i++)
        if (judge->seats[i].on_readings && judge_may(judge, &judge->seats[i]) &&
            !judge_value(judge, &judge->seats[i], poll, value, quality, err))
            return false;
    return true;
}

/* One poll ---------------------------------------------------------------------------------- */

/* The value of another point in the same poll, if it is good enough to stand beside. */
static double beside(const struct poll *poll, uint32_t point)
{
    for (size_t i = 0; point != 0 && i < poll->reading_count; i++)
        if (poll->readings[i].point == point)
            return poll->readings[i].quality == QUALITY_NORMAL ? poll->readings[i].value : NAN;
    return NAN;
}

static bool put_finding(struct judge *judge, struct seat *seat, const struct poll *poll,
                        const struct screen_findings *findings, int test, struct error *err)
{
    bool doubt = findings->answer[test] == SCREEN_DOUBT;
    double value = findings->value[test];
    struct track_step of = {.rule = seat->rule,
                            .lanes = &judge->screening.lanes,
                            .catalog = judge->catalog,
                            .watch = judge->watch,
                            .point = seat->point,
                            .gap_ms = INT64_MAX,
                            .time = findings->at[test],
                            .seq = poll->seq};

    judge->screening.lanes.lane[0].stages[0].bound.high = doubt ? -DBL_MAX : DBL_MAX;
    return judge_step(judge, seat, &of, isfinite(value) ? value : NO_VALUE, QUALITY_NORMAL, err);
}

static bool screen_reading(struct judge *judge, const struct judge_point *point,
                           const struct poll *poll, double value, enum quality quality,
                           struct error *err)
{
    struct screen_findings findings;

    screen_step(point->screen, poll->time, value, beside(poll, point->screen_beside), quality,
                &findings);
    for (int test = 0; !judge->silent && test < SCREEN_COUNT; test++) {
        struct seat *seat = point->seats[test] == 0 ? NULL : &judge->seats[point->seats[test] - 1];

        if (findings.answer[test] == SCREEN_SAYS_NOTHING || seat == NULL || !judge_may(judge, seat))
            continue;
        if (!put_finding(judge, seat, poll, &findings, test, err))
            return false;
    }
    return true;
}

static bool feed_reading(struct judge *judge, const struct poll *poll,
                         const struct reading *reading, bool maintained, struct error *err)
{
    const struct judge_point *point = &judge->points[reading->point];
    enum quality quality = maintained ? QUALITY_MAINTENANCE : (enum quality)reading->quality;

    if (point->counted &&
        !tally_add(point->tally, poll->time, reading->value, beside(poll, point->tally_beside),
                   quality, &judge->world, err))
        return false;
    if (point->on_readings && !judge->silent &&
        !judge_by_rules(judge, point, poll, reading->value, quality, err))
        return false;
    return point->screen == NULL ||
           screen_reading(judge, point, poll, reading->value, quality, err);
}

/* Time passes for every point: closes what has ended where no reading came. */
static bool pass_time(struct judge *judge, struct error *err)
{
    struct wall_time now = {judge->newest.ms - LATENESS_MS};
    struct wall_time next = {INT64_MAX};

    if (wall_is_known(judge->next_pass) && now.ms < judge->next_pass.ms)
        return true;
    for (uint32_t i = 0; i < judge->point_limit; i++) {
        struct tally *tally = judge->points[i].counted ? judge->points[i].tally : NULL;
        struct wall_time at = tally == NULL ? WALL_NONE : tally_next(tally);

        if (wall_is_known(at) && at.ms <= now.ms) {
            if (!tally_pass(tally, now, &judge->world, err))
                return false;
            at = tally_next(tally);
        }
        if (wall_is_known(at) && at.ms < next.ms)
            next = at;
    }
    judge->next_pass = next;
    return true;
}

/* A poll may open periods that end before all those that were open. */
static void look_ahead(struct judge *judge, const struct poll *poll)
{
    for (size_t i = 0; wall_is_known(judge->next_pass) && i < poll->reading_count; i++) {
        uint32_t id = poll->readings[i].point;
        struct wall_time at;

        if (id >= judge->point_limit || !judge->points[id].counted)
            continue;
        at = tally_next(judge->points[id].tally);
        if (wall_is_known(at) && at.ms < judge->next_pass.ms)
            judge->next_pass = at;
    }
}

bool judge_feed_poll(struct judge *judge, const struct poll *poll, struct error *err)
{
    const struct catalog_device *device = catalog_device(judge->catalog, poll->device);
    bool maintained =
        device != NULL &&
        judge_is_maintained(judge, (uint32_t)(device - judge->catalog->devices), poll->time);

    judge->now = poll->seq;
    judge->fed = true;
    judge->readings += poll->reading_count;
    for (size_t i = 0; i < poll->reading_count; i++)
        if (poll->readings[i].point < judge->point_limit &&
            !feed_reading(judge, poll, &poll->readings[i], maintained, err))
            return false;
    if (!wall_is_known(judge->newest) || poll->time.ms > judge->newest.ms)
        judge->newest = poll->time;
    look_ahead(judge, poll);
    return pass_time(judge, err);
}

bool judge_poll(struct judge *judge, const struct poll *poll, struct error *err)
{
    if (!wall_is_known(poll->time))
        judge->behind = true;
    return judge->behind || judge_feed_poll(judge, poll, err);
}

/* The transaction --------------------------------------------------------------------------- */

static bool put_memory(struct judge *judge, const struct seat *seat, struct error *err)
{
    struct text text;

    if (track_is_empty(&seat->track))
        return judge->sink.judged(judge->sink.self, seat->rule_name, seat->point, "", 0, err);
    text_init(&text, judge->body, sizeof judge->body);
    track_write(&text, &seat->track, judge->watch);
    assert(!text.full);
    return judge->sink.judged(judge->sink.self, seat->rule_name, seat->point, text.bytes, text.used,
                              err);
}

static bool snapshot_is_due(const struct judge *judge)
{
    if (!judge->feeds)
        return false;
    if (judge->snapshot_due || judge->readings >= remember_every_readings)
        return true;
    return wall_is_known(judge->newest) &&
           (!wall_is_known(judge->remembered) ||
            judge->newest.ms - judge->remembered.ms >= remember_every_ms);
}

bool judge_flush(struct judge *judge, struct error *err)
{
    if (judge->stale || judge->store == NULL)
        return true;
    for (size_t i = 0; i < judge->changed_count; i++) {
        if (!put_memory(judge, judge->changed[i], err))
            return false;
        judge->changed[i]->changed = false;
    }
    judge->changed_count = 0;
    if (!judge->behind)
        judge->cursor = judge->refed = store_last_seq(judge->store);
    if (judge->fed && (judge->force_changed || snapshot_is_due(judge)) &&
        !judge_remember(judge, err))
        return false;
    return judge->cursor == judge->cursor_kept ||
           store_put_cursor(judge->store, JUDGE_CURSOR, judge->cursor, err);
}

void judge_keep(struct judge *judge)
{
    judge->fed = false;
    judge->cursor_kept = judge->cursor;
    judge->behind_kept = judge->behind;
}

/* Nothing was fed: nothing to take back but where it stands. */
void judge_undo(struct judge *judge)
{
    judge->cursor = judge->cursor_kept;
    judge->stale = judge->stale || judge->fed;
    judge->behind = judge->behind_kept || judge->stale;
    judge->fed = false;
}

/* Asked by acts ----------------------------------------------------------------------------- */

struct seat *judge_seat_of_uid(const struct judge *judge, const char *uid)
{
    for (size_t i = 0; i < judge->seat_count; i++)
        if (judge->seats[i].track.problem.state != PROBLEM_NONE &&
            strcmp(judge->seats[i].track.problem.uid, uid) == 0)
            return &judge->seats[i];
    return NULL;
}

void judge_hold(struct judge *judge, const char *rule, uint32_t point, uint64_t until)
{
    struct seat *seat = judge_find_seat(judge, rule, point);

    if (seat != NULL)
        seat->hold = until;
}
