#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "record/judge_inside.h"

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

/* Writing ----------------------------------------------------------------------------------- */

static void touch(struct judge *judge, struct seat *seat)
{
    if (seat->touched)
        return;
    seat->touched = true;
    seat->kept = seat->track;
    judge->touched[judge->touched_count++] = seat;
}

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
    return store_put_problem(judge->store, &row, err);
}

static bool put_episodes(struct judge *judge, const struct track *track, struct error *err)
{
    struct track_episode changed[TRACK_EPISODES];
    size_t count = track_episodes(track, changed);

    for (size_t i = 0; i < count; i++) {
        const struct episode *episode = changed[i].episode;
        bool running = episode->phase == EPISODE_RUNNING;
        struct episode_row row = {.number = changed[i].number,
                                  .first = episode->first,
                                  .last = episode->last,
                                  .ended = running ? WALL_NONE : episode->ended,
                                  .worst = episode->worst,
                                  .ended_by = changed[i].ended_by};

        memcpy(row.uid, track->problem.uid, sizeof row.uid);
        if (!store_put_episode(judge->store, &row, err))
            return false;
    }
    return true;
}

static bool put_marks(struct judge *judge, struct seat *seat, unsigned marks, struct error *err)
{
    if (marks & TRACK_CHANGED)
        seat->changed = true;
    if ((marks & TRACK_VERSION) && !put_version(judge, &seat->track.problem, err))
        return false;
    if ((marks & TRACK_EPISODE) && !put_episodes(judge, &seat->track, err))
        return false;
    track_settle(&seat->track);
    return true;
}

bool judge_settle_rules(struct judge *judge, struct error *err)
{
    for (size_t i = 0; i < judge->seat_count; i++) {
        struct seat *seat = &judge->seats[i];
        uint64_t meaning = seat->rule == NULL ? 0 : rule_meaning(seat->rule, seat->lanes);

        if (seat->track.meaning == meaning)
            continue;
        touch(judge, seat);
        if (!put_marks(judge, seat, track_rule_changed(&seat->track, meaning), err))
            return false;
    }
    return true;
}

static bool judge_value(struct judge *judge, struct seat *seat, const struct track_step *step,
                        const struct reading *reading, struct error *err)
{
    double value = reading_has_value(reading) ? reading->value : NAN;

    if (track_stays(&seat->track, step, value, reading->quality))
        return true;
    touch(judge, seat);
    return put_marks(judge, seat, track_step(&seat->track, step, value, reading->quality), err);
}

static bool judge_reading(struct judge *judge, const struct poll *poll,
                          const struct reading *reading, struct error *err)
{
    uint32_t end = judge->seat_of_point[reading->point + 1];

    for (uint32_t i = judge->seat_of_point[reading->point]; i < end; i++) {
        struct seat *seat = &judge->seats[i];
        struct track_step step = {.rule = seat->rule,
                                  .lanes = seat->lanes,
                                  .catalog = judge->catalog,
                                  .watch = judge->watch,
                                  .point = reading->point,
                                  .gap_ms = seat->gap_ms,
                                  .time = poll->time,
                                  .seq = poll->seq};

        for (; step.lane < seat->lanes->count; step.lane++)
            if (seat->lanes->lane[step.lane].on == PERIOD_READING &&
                !judge_value(judge, seat, &step, reading, err))
                return false;
    }
    return true;
}

static bool judge_readings(struct judge *judge, const struct poll *poll, struct error *err)
{
    for (size_t i = 0; i < poll->reading_count; i++) {
        uint32_t point = poll->readings[i].point;

        if (point >= judge->point_limit || !(judge->has_rule[point / 64] >> (point % 64) & 1))
            continue;
        if (!judge_reading(judge, poll, &poll->readings[i], err))
            return false;
    }
    return true;
}

bool judge_poll(struct judge *judge, const struct poll *poll, struct error *err)
{
    if (!wall_is_known(poll->time))
        judge->behind = true;
    return judge->behind || judge_readings(judge, poll, err);
}

static bool put_memory(struct judge *judge, const struct seat *seat, struct error *err)
{
    struct text text;

    if (track_is_empty(&seat->track))
        return store_put_judged(judge->store, seat->rule_name, seat->point, "", 0, err);
    text_init(&text, judge->body, sizeof judge->body);
    track_write(&text, &seat->track, judge->watch);
    assert(!text.full);
    return store_put_judged(judge->store, seat->rule_name, seat->point, text.bytes, text.used, err);
}

bool judge_flush(struct judge *judge, struct error *err)
{
    for (size_t i = 0; i < judge->touched_count; i++)
        if (judge->touched[i]->changed && !put_memory(judge, judge->touched[i], err))
            return false;
    if (!judge->behind)
        judge->cursor = store_last_seq(judge->store);
    return judge->cursor == judge->cursor_kept ||
           store_put_cursor(judge->store, JUDGE_CURSOR, judge->cursor, err);
}

static void end_transaction(struct judge *judge, bool undo)
{
    for (size_t i = 0; i < judge->touched_count; i++) {
        struct seat *seat = judge->touched[i];

        if (undo)
            seat->track = seat->kept;
        seat->touched = seat->changed = false;
    }
    judge->touched_count = 0;
}

void judge_keep(struct judge *judge)
{
    end_transaction(judge, false);
    judge->cursor_kept = judge->cursor;
    judge->behind_kept = judge->behind;
}

void judge_undo(struct judge *judge)
{
    end_transaction(judge, true);
    judge->cursor = judge->cursor_kept;
    judge->behind = judge->behind_kept;
}

/* Catching up ------------------------------------------------------------------------------- */

static bool judge_piece(struct judge *judge, size_t count, uint64_t reached, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!judge_readings(judge, &judge->items[i].poll, err))
            return false;
    judge->cursor = reached;
    return judge_flush(judge, err);
}

bool judge_catch_up(struct judge *judge, struct reader *reader, bool *more, struct error *err)
{
    uint64_t reached = judge->cursor;
    uint64_t end = reader_last_seq(reader); /* numbers given in vain are not waited for */
    size_t count = 0;

    *more = false;
    if (!judge->behind)
        return true;
    if (!reader_items(reader, judge->cursor, 1u << ITEM_POLL, PIECE, judge->items, &count, &reached,
                      err))
        return false;
    if (reached == judge->cursor && reached < end)
        return true; /* polls without a time stand in the way */
    /* Up to the end: what the judge itself adds now needs no judging. */
    judge->behind = reached < end;
    *more = judge->behind;
    if (!store_begin(judge->store, err)) {
        judge_undo(judge);
        return false;
    }
    if (!judge_piece(judge, count, reached, err)) {
        store_rollback(judge->store);
        judge_undo(judge);
        return false;
    }
    if (!store_commit(judge->store, err)) {
        judge_undo(judge);
        return false;
    }
    judge_keep(judge);
    return true;
}

/* Acts -------------------------------------------------------------------------------------- */

static struct seat *seat_of_uid(const struct judge *judge, const char *uid)
{
    for (size_t i = 0; i < judge->seat_count; i++)
        if (judge->seats[i].track.problem.state != PROBLEM_NONE &&
            strcmp(judge->seats[i].track.problem.uid, uid) == 0)
            return &judge->seats[i];
    return NULL;
}

const struct problem *judge_problem(const struct judge *judge, const char *uid)
{
    const struct seat *seat = seat_of_uid(judge, uid);

    return seat == NULL ? NULL : &seat->track.problem;
}

static bool tell_marks(struct judge *judge, struct seat *seat, unsigned marks, struct error *err)
{
    return put_marks(judge, seat, marks, err);
}

/* An act was checked against the problem before it was recorded; one that is gone meets nothing. */
static bool do_problem(struct judge *judge, const char *kind, struct wall_time time,
                       const json_t *arguments, struct error *err)
{
    const char *uid = json_string_value(json_object_get(arguments, "uid"));
    const char *by = json_string_value(json_object_get(arguments, "by"));
    struct seat *seat = uid == NULL ? NULL : seat_of_uid(judge, uid);

    if (seat == NULL)
        return true;
    touch(judge, seat);
    if (strcmp(kind, "problem.close") == 0)
        return tell_marks(judge, seat, track_close(&seat->track), err);
    return tell_marks(judge, seat, track_acknowledge(&seat->track, by == NULL ? "" : by, time),
                      err);
}

static bool do_tasks(struct judge *judge, const json_t *arguments, struct error *err)
{
    const json_t *tasks = json_object_get(arguments, "tasks");
    struct task task;

    for (size_t i = 0; i < json_array_size(tasks); i++)
        if (!task_read(&task, json_array_get(tasks, i), err) ||
            !watch_put(judge->watch, &task, err))
            return false;
    return true;
}

bool judge_event(struct judge *judge, uint64_t seq, const char *kind, struct wall_time time,
                 const char *arguments, struct error *err)
{
    json_t *read = json_loads(arguments, 0, NULL);
    bool good;

    (void)seq;
    if (strcmp(kind, "problem.acknowledge") == 0 || strcmp(kind, "problem.close") == 0)
        good = do_problem(judge, kind, time, read, err);
    else
        good = do_tasks(judge, read, err);
    json_decref(read);
    return good;
}

const struct watch *judge_watch(const struct judge *judge)
{
    return judge->watch;
}

/* Of a running problem at that point, or NULL. */
static const char *running_at(const struct judge *judge, const char *name)
{
    const struct catalog_point *point = catalog_find_point(judge->catalog, name);

    for (size_t i = 0; point != NULL && i < judge->seat_count; i++)
        if (judge->seats[i].point == point->id &&
            judge->seats[i].track.problem.state != PROBLEM_NONE &&
            problem_is_running(&judge->seats[i].track.problem))
            return judge->seats[i].track.problem.uid;
    return NULL;
}

const char *judge_running_at(const struct judge *judge, const struct task *task)
{
    const char *uid = NULL;

    for (size_t i = 0; uid == NULL && i < task->point_count; i++)
        uid = running_at(judge, task->points[i]);
    return uid;
}
