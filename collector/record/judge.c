#include "record/judge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

enum { BODY_SIZE = 16384, PIECE = 2048 };

/* One rule at one point. */
struct seat {
    const struct rule *rule; /* NULL: the rule is gone, the problem is not */
    char rule_name[NAME_SIZE];
    uint32_t point;
    int64_t gap_ms;
    bool touched; /* since the last commit; then `kept` is what stands in the store */
    bool changed; /* and its row must be written */
    struct track track;
    struct track kept;
};

struct judge {
    struct store *store;
    const struct catalog *catalog;
    const struct rule *rules;
    size_t rule_count;
    struct seat *seats; /* in the order of points; those without a rule at the end */
    size_t seat_count, seat_room;
    size_t ruled;            /* seats with a rule */
    uint64_t *has_rule;      /* a bit a point */
    uint32_t *seat_of_point; /* first seat; the next point's entry ends it */
    uint32_t point_limit;
    struct seat **touched;
    size_t touched_count;
    uint64_t cursor, cursor_kept;
    bool behind; /* a poll without a time stands in the way, or nothing was read yet */
    bool behind_kept;
    struct item *items;
    char body[BODY_SIZE];
};

/* Making ------------------------------------------------------------------------------------ */

static int by_point(const void *one, const void *other)
{
    const struct seat *a = one, *b = other;

    if (a->point != b->point)
        return a->point < b->point ? -1 : 1;
    return strcmp(a->rule_name, b->rule_name);
}

static int64_t gap_of_point(const struct judge *judge, uint32_t id)
{
    const struct catalog_point *point = catalog_point(judge->catalog, id);

    return episode_gap_ms(point == NULL ? 0 : judge->catalog->devices[point->device].every_ms);
}

static struct seat *add_seat(struct judge *judge, const struct rule *rule, const char *name,
                             uint32_t point)
{
    struct seat *seat = &judge->seats[judge->seat_count++];

    assert(judge->seat_count <= judge->seat_room);
    *seat = (struct seat){.rule = rule, .point = point, .gap_ms = gap_of_point(judge, point)};
    memcpy(seat->rule_name, name, strnlen(name, NAME_SIZE - 1));
    track_clear(&seat->track, rule == NULL ? 0 : rule_meaning(rule));
    return seat;
}

/* A rule whose patterns name a point twice judges it once. */
static void drop_doubles(struct judge *judge)
{
    size_t kept = 0;

    for (size_t i = 0; i < judge->seat_count; i++)
        if (i == 0 || by_point(&judge->seats[kept - 1], &judge->seats[i]) != 0)
            judge->seats[kept++] = judge->seats[i];
    judge->seat_count = kept;
}

static void seat_rules(struct judge *judge)
{
    for (size_t i = 0; i < judge->rule_count; i++)
        for (size_t n = 0; n < judge->rules[i].point_count; n++)
            add_seat(judge, &judge->rules[i], judge->rules[i].name, judge->rules[i].points[n]);
    qsort(judge->seats, judge->seat_count, sizeof *judge->seats, by_point);
    drop_doubles(judge);
    judge->ruled = judge->seat_count;
}

static void index_points(struct judge *judge)
{
    size_t seat = 0;

    for (uint32_t id = 0; id < judge->point_limit; id++) {
        judge->seat_of_point[id] = (uint32_t)seat;
        while (seat < judge->ruled && judge->seats[seat].point == id) {
            judge->has_rule[id / 64] |= (uint64_t)1 << (id % 64);
            seat++;
        }
    }
    judge->seat_of_point[judge->point_limit] = (uint32_t)seat;
}

static struct seat *find_seat(struct judge *judge, const char *rule, uint32_t point)
{
    struct seat wanted = {.point = point};

    if (strlen(rule) >= NAME_SIZE)
        return NULL;
    memcpy(wanted.rule_name, rule, strlen(rule));
    return bsearch(&wanted, judge->seats, judge->ruled, sizeof *judge->seats, by_point);
}

static bool count_remembered(void *self, const char *rule, uint32_t point, const void *body,
                             size_t size)
{
    (void)rule, (void)point, (void)body, (void)size;
    ++*(size_t *)self;
    return true;
}

struct remembering {
    struct judge *judge;
    struct error *err;
    bool good;
};

static bool remember(void *self, const char *rule, uint32_t point, const void *body, size_t size)
{
    struct remembering *to = self;
    struct seat *seat = find_seat(to->judge, rule, point);
    struct error err = {0};

    if (seat == NULL)
        seat = add_seat(to->judge, NULL, rule, point);
    to->good = track_read(&seat->track, body, size, &err);
    if (!to->good)
        error_set(to->err, err.kind,
                  SAY("规则 %s，监测点编号 %u：%s", "rule %s, point number %u: %s"), rule, point,
                  err.text);
    return to->good;
}

static size_t ruled_seats(const struct judge *judge)
{
    size_t count = 0;

    for (size_t i = 0; i < judge->rule_count; i++)
        count += judge->rules[i].point_count;
    return count;
}

static bool make_tables(struct judge *judge, struct error *err)
{
    size_t remembered = 0;

    if (!store_each_judged(judge->store, count_remembered, &remembered, err))
        return false;
    judge->point_limit = judge->catalog->point_id_limit;
    judge->seat_room = ruled_seats(judge) + remembered;
    judge->seats = calloc(judge->seat_room + 1, sizeof *judge->seats);
    judge->touched = calloc(judge->seat_room + 1, sizeof *judge->touched);
    judge->has_rule = calloc(judge->point_limit / 64 + 1, sizeof *judge->has_rule);
    judge->seat_of_point = calloc(judge->point_limit + 1, sizeof *judge->seat_of_point);
    judge->items = calloc(PIECE, sizeof *judge->items);
    if (judge->seats == NULL || judge->touched == NULL || judge->has_rule == NULL ||
        judge->seat_of_point == NULL || judge->items == NULL)
        return error_set(err, ERROR_MEMORY, "%s",
                         SAY("内存不足，无法按规则判定", "out of memory for judging by rules"));
    return true;
}

struct judge *judge_new(struct store *store, const struct catalog *catalog,
                        const struct rule *rules, size_t rule_count, struct error *err)
{
    struct judge *judge = calloc(1, sizeof *judge);
    struct remembering to = {.judge = judge, .err = err, .good = true};

    if (judge == NULL) {
        error_set(err, ERROR_MEMORY, "%s",
                  SAY("内存不足，无法按规则判定", "out of memory for judging by rules"));
        return NULL;
    }
    judge->store = store;
    judge->catalog = catalog;
    judge->rules = rules;
    judge->rule_count = rule_count;
    if (!make_tables(judge, err)) {
        judge_free(judge);
        return NULL;
    }
    seat_rules(judge);
    index_points(judge);
    judge->cursor = judge->cursor_kept = store_cursor(store, JUDGE_CURSOR);
    judge->behind = judge->behind_kept = judge->cursor < store_last_seq(store);
    if (!store_each_judged(store, remember, &to, err) || !to.good) {
        judge_free(judge);
        return NULL;
    }
    return judge;
}

void judge_free(struct judge *judge)
{
    if (judge == NULL)
        return;
    free(judge->seats);
    free(judge->touched);
    free(judge->has_rule);
    free(judge->seat_of_point);
    free(judge->items);
    free(judge);
}

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
                              .kind = "new",
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
    problem_write(&text, problem, judge->catalog);
    assert(!text.full);
    return store_put_problem(judge->store, &row, err);
}

static bool put_episode(struct judge *judge, const struct track *track, const char *ended_by,
                        struct error *err)
{
    const struct episode *episode = &track->episode;
    struct episode_row row = {.number = track->problem.episodes,
                              .first = episode->first,
                              .last = episode->last,
                              .ended = episode->phase == EPISODE_NONE ? episode->ended : WALL_NONE,
                              .worst = episode->worst,
                              .ended_by = episode->phase == EPISODE_NONE ? ended_by : ""};

    memcpy(row.uid, track->problem.uid, sizeof row.uid);
    return store_put_episode(judge->store, &row, err);
}

static bool put_marks(struct judge *judge, struct seat *seat, unsigned marks, const char *ended_by,
                      struct error *err)
{
    if (marks & TRACK_CHANGED)
        seat->changed = true;
    if ((marks & TRACK_VERSION) && !put_version(judge, &seat->track.problem, err))
        return false;
    if ((marks & TRACK_EPISODE) && !put_episode(judge, &seat->track, ended_by, err))
        return false;
    track_settle(&seat->track);
    return true;
}

bool judge_settle_rules(struct judge *judge, struct error *err)
{
    for (size_t i = 0; i < judge->seat_count; i++) {
        struct seat *seat = &judge->seats[i];
        uint64_t meaning = seat->rule == NULL ? 0 : rule_meaning(seat->rule);

        if (seat->track.meaning == meaning)
            continue;
        touch(judge, seat);
        if (!put_marks(judge, seat, track_rule_changed(&seat->track, meaning), "rule_changed", err))
            return false;
    }
    return true;
}

static bool judge_reading(struct judge *judge, const struct poll *poll,
                          const struct reading *reading, struct error *err)
{
    uint32_t end = judge->seat_of_point[reading->point + 1];

    for (uint32_t i = judge->seat_of_point[reading->point]; i < end; i++) {
        struct seat *seat = &judge->seats[i];
        struct track_step step = {.rule = seat->rule,
                                  .catalog = judge->catalog,
                                  .point = reading->point,
                                  .gap_ms = seat->gap_ms,
                                  .time = poll->time,
                                  .seq = poll->seq,
                                  .watched = false}; /* no ledger: no task watches */

        touch(judge, seat);
        if (!put_marks(judge, seat, track_step(&seat->track, &step, reading), "recovered", err))
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
    track_write(&text, &seat->track);
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

bool judge_acknowledge(struct judge *judge, const char *uid, const char *by, struct wall_time time,
                       struct error *err)
{
    struct seat *seat = seat_of_uid(judge, uid);

    touch(judge, seat);
    return put_marks(judge, seat, track_acknowledge(&seat->track, by, time), "", err);
}

bool judge_close(struct judge *judge, const char *uid, struct error *err)
{
    struct seat *seat = seat_of_uid(judge, uid);

    touch(judge, seat);
    return put_marks(judge, seat, track_close(&seat->track), "", err);
}
