/* The judge's memory over a restart: tracks (a row each), what is in force (one row), tallies and
 * screens (a row each, now and then, all at the same number of the sequence). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "record/judge_inside.h"

/* Writing ----------------------------------------------------------------------------------- */

static void write_force(FILE *to, const struct judge *judge)
{
    for (size_t i = 0; i < judge->catalog->device_count; i++) {
        const struct judge_device *device = &judge->devices[i];

        if (device->every_ms > 0 || wall_is_known(device->since))
            fprintf(to, "every %u %" PRId64 " %" PRId64 " %" PRId64 " %d\n", device->id,
                    device->every_ms, device->since.ms, device->told.ms, device->is_new);
        for (size_t n = 0; n + 1 < device->asked_count; n++)
            fprintf(to, "earlier %u %" PRId64 " %" PRId64 "\n", device->id,
                    device->asked[n].every_ms, device->asked[n].from.ms);
        for (size_t n = 0; n < device->window_count; n++)
            fprintf(to, "window %u %" PRId64 " %" PRId64 "\n", device->id,
                    device->windows[n].from.ms, device->windows[n].to.ms);
    }
    for (uint32_t id = 0; id < judge->point_limit; id++)
        if (judge->points[id].counted_by != 0)
            fprintf(to, "counted %u %016" PRIx64 "\n", id, judge->points[id].counted_by);
    for (size_t i = 0; i < judge->seat_count; i++)
        if (judge->seats[i].track.meaning != 0)
            fprintf(to, "rule %u %016" PRIx64 " %s\n", judge->seats[i].point,
                    judge->seats[i].track.meaning, judge->seats[i].rule_name);
}

static bool put_force(struct judge *judge, struct error *err)
{
    char *body = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&body, &size);
    bool good;

    if (to == NULL)
        return judge_no_memory(err);
    write_force(to, judge);
    good = fclose(to) == 0 || judge_no_memory(err);
    good = good && judge->sink.memory(judge->sink.self, "force", judge->cursor, body, size, err);
    free(body);
    return good;
}

static bool put_bytes(struct judge *judge, const char *kind, uint32_t point, size_t size,
                      struct error *err)
{
    char name[32];

    snprintf(name, sizeof name, "%s/%u", kind, point);
    return judge->sink.memory(judge->sink.self, name, judge->cursor, judge->bytes, size, err);
}

static bool put_point(struct judge *judge, uint32_t id, struct error *err)
{
    const struct judge_point *point = &judge->points[id];

    if (point->counted &&
        !put_bytes(judge, "tally", id, tally_write(point->tally, judge->bytes, judge->bytes_size),
                   err))
        return false;
    return point->screen == NULL ||
           put_bytes(judge, "screen", id,
                     screen_write(point->screen, judge->bytes, judge->bytes_size), err);
}

static bool put_snapshot(struct judge *judge, struct error *err)
{
    char newest[32];

    for (uint32_t id = 0; id < judge->point_limit; id++)
        if (!put_point(judge, id, err))
            return false;
    snprintf(newest, sizeof newest, "%" PRId64, judge->newest.ms);
    if (!judge->sink.memory(judge->sink.self, "newest", judge->cursor, newest, strlen(newest), err))
        return false;
    judge->remembered = judge->newest;
    judge->readings = 0;
    judge->snapshot_due = false;
    return true;
}

bool judge_remember(struct judge *judge, struct error *err)
{
    if (judge->force_changed && !put_force(judge, err))
        return false;
    judge->force_changed = false;
    return !judge->feeds || put_snapshot(judge, err);
}

/* Taking up --------------------------------------------------------------------------------- */

struct taking {
    struct judge *judge;
    struct error *err;
    bool good;
    uint64_t stands; /* number the tallies and screens stand at */
    char *force;
};

static bool not_whole(struct taking *taking, const char *what)
{
    taking->good = false;
    return error_set(taking->err, ERROR_STORE,
                     SAY("判定状态无法读取（%.80s）：数据库可能已损坏，请用备份恢复",
                         "the judge's memory cannot be read (%.80s): the database may be damaged; "
                         "restore it from a backup"),
                     what);
}

static bool take_task(void *self, const char *id, const char *body)
{
    struct taking *taking = self;
    json_t *read = json_loads(body, 0, NULL);
    struct task task;

    taking->good =
        task_read(&task, read, taking->err) && watch_put(taking->judge->watch, &task, taking->err);
    (void)id;
    json_decref(read);
    return taking->good;
}

static bool take_track(void *self, const char *rule, uint32_t point, const void *body, size_t size)
{
    struct taking *taking = self;
    struct judge *judge = taking->judge;
    struct seat *seat = judge_find_seat(judge, rule, point);
    struct error err = {0};

    if (seat == NULL)
        seat = judge_add_gone(judge, rule, point);
    if (seat == NULL) {
        taking->good = judge_no_memory(taking->err);
        return false;
    }
    taking->good = track_read(&seat->track, seat->lanes, judge->watch, body, size, &err);
    if (!taking->good)
        error_set(taking->err, err.kind,
                  SAY("规则 %s，监测点编号 %u：%s", "rule %s, point number %u: %s"), rule, point,
                  err.text);
    return taking->good;
}

static uint32_t number_after(const char *name, const char *kind)
{
    size_t length = strlen(kind);

    if (strncmp(name, kind, length) != 0 || name[length] != '/')
        return 0;
    return (uint32_t)strtoul(name + length + 1, NULL, 10);
}

/* Bytes of another plan are not taken: the point is counted anew, from where that one stopped. */
static void take_tally(struct judge *judge, uint32_t id, const void *body, size_t size)
{
    struct judge_point *point = &judge->points[id];

    point->taken = point->tally != NULL && tally_read(point->tally, body, size);
}

static bool find_force(void *self, const char *name, uint64_t seq, const void *body, size_t size)
{
    struct taking *taking = self;

    (void)seq;
    if (strcmp(name, "force") != 0)
        return true;
    taking->force = strndup(body, size);
    taking->good = taking->force != NULL || judge_no_memory(taking->err);
    return taking->good;
}

static bool take_memory(void *self, const char *name, uint64_t seq, const void *body, size_t size)
{
    struct taking *taking = self;
    struct judge *judge = taking->judge;
    uint32_t tally = number_after(name, "tally");
    uint32_t screen = number_after(name, "screen");

    if (strcmp(name, "newest") == 0) {
        char words[32] = "";

        memcpy(words, body, size < sizeof words ? size : sizeof words - 1);
        judge->newest.ms = strtoll(words, NULL, 10);
        taking->stands = seq;
    }
    if (tally > 0 && tally < judge->point_limit)
        take_tally(judge, tally, body, size);
    if (screen > 0 && screen < judge->point_limit && judge->points[screen].screen != NULL)
        judge->points[screen].watched = screen_read(judge->points[screen].screen, body, size);
    return true;
}

/* Lines of what is in force: each of the five says whether the line was one of its own. */
static bool force_every(struct judge *judge, const char *line)
{
    struct judge_device read;
    const struct catalog_device *of;
    int is_new;

    if (sscanf(line, "every %u %" SCNd64 " %" SCNd64 " %" SCNd64 " %d", &read.id, &read.every_ms,
               &read.since.ms, &read.told.ms, &is_new) != 5)
        return false;
    of = catalog_device(judge->catalog, read.id);
    if (of != NULL) {
        struct judge_device *device = &judge->devices[of - judge->catalog->devices];

        device->every_ms = read.every_ms;
        device->gap_ms = episode_gap_ms(read.every_ms);
        device->since = read.since;
        device->told = read.told;
        device->is_new = is_new != 0;
        judge_note_asked(device, read.since, read.every_ms);
    }
    return true;
}

/* Stands behind the line of how it is now. */
static bool force_earlier(struct judge *judge, const char *line)
{
    struct asked_since read;
    const struct catalog_device *of;
    struct judge_device *device;
    uint32_t id;

    if (sscanf(line, "earlier %u %" SCNd64 " %" SCNd64, &id, &read.every_ms, &read.from.ms) != 3)
        return false;
    of = catalog_device(judge->catalog, id);
    device = of == NULL ? NULL : &judge->devices[of - judge->catalog->devices];
    if (device == NULL || device->asked_count == 0 || device->asked_count == ASKED_MAX)
        return device == NULL;
    device->asked[device->asked_count] = device->asked[device->asked_count - 1];
    device->asked[device->asked_count - 1] = read;
    device->asked_count++;
    return true;
}

static bool force_window(struct judge *judge, const char *line, struct error *err)
{
    struct window window;
    uint32_t id;
    const struct catalog_device *of;

    if (sscanf(line, "window %u %" SCNd64 " %" SCNd64, &id, &window.from.ms, &window.to.ms) != 3)
        return false;
    of = catalog_device(judge->catalog, id);
    return of == NULL ||
           judge_add_window(&judge->devices[of - judge->catalog->devices], &window, err);
}

static bool force_counted(struct judge *judge, const char *line)
{
    struct judge_point *point;
    uint64_t meaning;
    uint32_t id;

    if (sscanf(line, "counted %u %" SCNx64, &id, &meaning) != 2)
        return false;
    if (id >= judge->point_limit)
        return true;
    point = &judge->points[id];
    if (point->taken || point->tally == NULL) {
        point->counted_by = meaning;
        point->counted = meaning != 0 && meaning == point->tally_meaning;
    }
    point->foreign = point->tally != NULL && meaning != 0 && !point->counted;
    return true;
}

static bool force_rule(struct judge *judge, const char *line)
{
    char name[NAME_SIZE];
    struct seat *seat;
    uint64_t meaning;
    uint32_t point;

    if (sscanf(line, "rule %u %" SCNx64 " %31s", &point, &meaning, name) != 3)
        return false;
    seat = judge_find_seat(judge, name, point);
    if (seat == NULL)
        seat = judge_add_gone(judge, name, point);
    if (seat == NULL)
        return false;
    /* A screen that was not taken up again begins anew, and that is said. */
    if (seat->lanes == &judge->screening.lanes && !judge->points[point].watched)
        meaning = 0;
    seat->track.meaning = meaning;
    seat->in_force = seat->rule != NULL && meaning != 0 && meaning == judge_meaning(judge, seat);
    return true;
}

/* How often devices are asked comes first: tallies and screens are made for that. */
static bool take_force(struct taking *taking, bool devices)
{
    struct judge *judge = taking->judge;
    char *copy = taking->force == NULL ? NULL : strdup(taking->force);
    char *rest = copy;
    char *line;
    bool good = true;

    if (copy == NULL)
        return taking->force == NULL || judge_no_memory(taking->err);
    while (good && (line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        bool device = line[0] == 'e' || line[0] == 'w';

        if (device == devices)
            good = device ? force_every(judge, line) || force_earlier(judge, line) ||
                                force_window(judge, line, taking->err)
                          : force_counted(judge, line) || force_rule(judge, line);
        if (!good)
            not_whole(taking, line);
    }
    free(copy);
    return good;
}

static bool make_fresh(struct judge *judge, struct error *err)
{
    for (uint32_t id = 0; id < judge->point_limit; id++)
        if (!judge_make_tally(judge, id, err) || !judge_make_screen(judge, id, err))
            return false;
    return true;
}

static bool clear(struct judge *judge, struct error *err)
{
    judge->seat_count = judge->ruled;
    judge->changed_count = 0;
    watch_free(judge->watch);
    judge->watch = watch_new(judge->catalog);
    if (judge->watch == NULL)
        return judge_no_memory(err);
    for (size_t i = 0; i < judge->seat_count; i++) {
        track_clear(&judge->seats[i].track, 0);
        judge->seats[i].in_force = judge->seats[i].changed = false;
    }
    for (size_t i = 0; i < judge->catalog->device_count; i++) {
        struct judge_device *device = &judge->devices[i];

        device->every_ms = 0;
        device->gap_ms = episode_gap_ms(0);
        device->since = device->told = WALL_NONE;
        device->is_new = false;
        device->window_count = device->asked_count = 0;
    }
    for (uint32_t id = 0; id < judge->point_limit; id++) {
        struct judge_point *point = &judge->points[id];

        point->counted = point->taken = point->watched = point->foreign = false;
        point->counted_by = 0;
        point->counted_since = WALL_NONE;
    }
    judge->newest = judge->next_pass = judge->remembered = WALL_NONE;
    judge->readings = 0;
    judge->force_changed = judge->snapshot_due = false;
    return true;
}

static bool take_all(struct taking *taking)
{
    struct store *store = taking->judge->store;

    return store_each_memory(store, find_force, taking, taking->err) && taking->good &&
           take_force(taking, true) && make_fresh(taking->judge, taking->err) &&
           store_each_task(store, take_task, taking, taking->err) && taking->good &&
           store_each_judged(store, take_track, taking, taking->err) && taking->good &&
           store_each_memory(store, take_memory, taking, taking->err) && taking->good &&
           take_force(taking, false);
}

bool judge_take_up(struct judge *judge, struct error *err)
{
    struct taking taking = {.judge = judge, .err = err, .good = true};
    bool good;

    if (!clear(judge, err))
        return false;
    if (judge->store == NULL)
        return make_fresh(judge, err);
    good = take_all(&taking);
    free(taking.force);
    if (!good)
        return false;
    judge->remembered = judge->newest;
    judge->cursor = judge->cursor_kept = store_cursor(judge->store, JUDGE_CURSOR);
    judge->refed = judge->feeds && taking.stands > 0 ? taking.stands : judge->cursor;
    judge->behind = judge->refed < judge->cursor || judge->cursor < store_last_seq(judge->store);
    judge->behind_kept = judge->behind;
    judge->stale = judge->fed = false;
    return true;
}
