/* What of the settings is in force, as the sequence says it: how often each device is asked, what
 * is counted at which point, and which rule judges it with which meaning.
 *
 * At start the settings are compared with what the judge remembers of the sequence; each difference
 * becomes an event, so that a replay knows since when.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "record/judge_inside.h"

enum { POINTS_AT_ONCE = 64 }; /* in one event */

/* Reading ----------------------------------------------------------------------------------- */

static uint64_t meaning_of(const json_t *arguments)
{
    const char *words = json_string_value(json_object_get(arguments, "meaning"));

    return words == NULL ? 0 : strtoull(words, NULL, 16);
}

uint32_t judge_find_device(const struct judge *judge, const char *name)
{
    const struct catalog *catalog = judge->catalog;

    for (uint32_t i = 0; i < catalog->device_count; i++) {
        const char *site = catalog->sites[catalog->devices[i].site].name;
        size_t length = strlen(site);

        if (strncmp(name, site, length) == 0 && name[length] == '/' &&
            strcmp(name + length + 1, catalog->devices[i].name) == 0)
            return i;
    }
    return NO_DEVICE;
}

/* The store's number of a named point, 0: unknown. */
static uint32_t point_of(const struct judge *judge, const json_t *name)
{
    const char *words = json_string_value(name);
    const struct catalog_point *point =
        words == NULL ? NULL : catalog_find_point(judge->catalog, words);

    return point == NULL || point->id >= judge->point_limit ? 0 : point->id;
}

/* A device that is asked for the first time counts from when it is said to be there, however long
 * before, but for a month at most: each missing minute becomes a row. */
static const int64_t past_at_most_ms = (int64_t)31 * 24 * 3600 * 1000;

static bool note_reading(void *self, uint64_t seq, struct wall_time time,
                         const struct reading *reading)
{
    (void)seq, (void)time, (void)reading;
    *(bool *)self = true;
    return false;
}

/* What an older program stored and did not count is not missing: then it counts from now on. */
static bool has_past(struct judge *judge, const struct catalog_device *of, struct span span,
                     bool *past, struct error *err)
{
    *past = false;
    return of->point_count == 0 ||
           judge->sink.readings(judge->sink.self, judge->catalog->points[of->first_point].id, span,
                                judge->now, note_reading, past, err);
}

static bool since_when(struct judge *judge, struct judge_device *device, const char *words,
                       struct wall_time time, struct error *err)
{
    const struct catalog_device *of = &judge->catalog->devices[device - judge->devices];
    struct wall_time since = time;
    bool past = false;

    device->since = time;
    if (words == NULL || !device->is_new || !moment_parse(words, &since))
        return true;
    if (since.ms < time.ms - past_at_most_ms)
        since.ms = time.ms - past_at_most_ms;
    if (since.ms < time.ms && !has_past(judge, of, (struct span){since, time}, &past, err))
        return false;
    if (!past)
        device->since = since;
    return true;
}

void judge_note_asked(struct judge_device *device, struct wall_time from, int64_t every_ms)
{
    while (device->asked_count > 0 && device->asked[device->asked_count - 1].from.ms >= from.ms)
        device->asked_count--;
    if (device->asked_count == ASKED_MAX)
        memmove(&device->asked[0], &device->asked[1],
                --device->asked_count * sizeof device->asked[0]);
    device->asked[device->asked_count++] = (struct asked_since){from, every_ms};
}

static void tell_past(struct tally *tally, const struct judge_device *device)
{
    for (size_t i = 0; i < device->asked_count; i++)
        tally_every(tally, device->asked[i].from, device->asked[i].every_ms);
}

/* Other periods are kept than before, by the same plan: those that go on keep what is in them, and
 * those that are kept no more close if they have ended. */
static bool go_on(struct judge *judge, struct judge_point *point, struct tally *before,
                  struct wall_time time, struct error *err)
{
    const struct wall_time ended = {time.ms - LATENESS_MS};
    bool ahead = wall_is_known(judge->newest) && judge->newest.ms > time.ms;

    point->counted_by = point->tally_meaning;
    return tally_pass(before, ended, &judge->world, err) &&
           tally_take_over(point->tally, before, ahead ? judge->newest : time, &judge->world, err);
}

/* What is counted and screened may be another thing when a device is asked more or less often.
 * Where it was not counted, it begins when the sequence says with what. */
static bool ask_anew(struct judge *judge, uint32_t id, struct wall_time time, struct error *err)
{
    struct judge_point *point = &judge->points[id];
    const struct judge_device *device = &judge->devices[point->device];
    struct tally *before = point->tally;
    uint64_t meaning = point->tally_meaning;
    bool good;

    point->tally = NULL;
    good = judge_make_tally(judge, id, err) && judge_make_screen(judge, id, err);
    if (good && before != NULL && point->tally_meaning == meaning) {
        tally_free(point->tally);
        point->tally = before;
        before = NULL;
    } else {
        point->counted =
            point->counted && before != NULL && point->tally != NULL && device->every_ms > 0;
        good = good && (!point->counted || go_on(judge, point, before, time, err));
    }
    if (good && point->counted)
        tally_every(point->tally, device->since, device->every_ms);
    tally_free(before);
    return good;
}

/* {"device":"SITE/DEVICE","every_ms":60000,"since":T|null} */
bool judge_every(struct judge *judge, const json_t *arguments, struct wall_time time,
                 struct error *err)
{
    const char *name = json_string_value(json_object_get(arguments, "device"));
    const char *since = json_string_value(json_object_get(arguments, "since"));
    uint32_t index = name == NULL ? NO_DEVICE : judge_find_device(judge, name);
    struct judge_device *device = index == NO_DEVICE ? NULL : &judge->devices[index];
    const struct catalog_device *of = index == NO_DEVICE ? NULL : &judge->catalog->devices[index];
    int64_t every_ms = json_integer_value(json_object_get(arguments, "every_ms"));

    if (device == NULL || (wall_is_known(device->told) && device->every_ms == every_ms))
        return true;
    device->every_ms = every_ms;
    device->gap_ms = episode_gap_ms(device->every_ms);
    device->is_new = !wall_is_known(device->told);
    if (!since_when(judge, device, since, time, err))
        return false;
    device->told = time;
    judge_note_asked(device, device->since, every_ms);
    for (uint32_t i = 0; i < of->point_count; i++)
        if (!ask_anew(judge, judge->catalog->points[of->first_point + i].id, time, err))
            return false;
    judge->next_pass = WALL_NONE;
    judge->force_changed = judge->snapshot_due = true;
    return true;
}

/* A new device begins with its first period. Where it was there before and is now counted
 * otherwise, or only now at all, what is open now is filled with what is stored; what has closed
 * stays as it was counted then. `otherwise`: that may have closed, or may not yet have, what others
 * may still come late to. */
static bool begin_counting(struct judge *judge, struct judge_point *point, struct wall_time time,
                           bool otherwise, struct error *err)
{
    const struct judge_device *device = &judge->devices[point->device];
    struct wall_time newest = wall_is_known(judge->newest) ? judge->newest : time;
    struct span recent = {{newest.ms - (otherwise ? LATENESS_MS : 0)}, newest};

    judge->next_pass = WALL_NONE;
    if (device->is_new && device->told.ms == time.ms && !otherwise) {
        tell_past(point->tally, device);
        return true;
    }
    if (otherwise && !tally_respect(point->tally, recent, &judge->world, err))
        return false;
    tally_open(point->tally, recent.start);
    tell_past(point->tally, device);
    return tally_fill(point->tally, newest, &judge->world, err);
}

static bool count_by(struct judge *judge, uint32_t id, uint64_t meaning, struct wall_time time,
                     struct error *err)
{
    struct judge_point *point = &judge->points[id];
    bool ours = point->tally_meaning != 0 && meaning == point->tally_meaning;
    bool otherwise = point->foreign;

    if (!ours || point->counted) {
        point->counted = ours;
        point->foreign = !ours && meaning != 0;
        point->counted_by = meaning;
        return true;
    }
    if (point->foreign)
        point->counted_since = time;
    point->foreign = false;
    point->counted_by = meaning;
    point->counted = true;
    return judge_make_tally(judge, id, err) && begin_counting(judge, point, time, otherwise, err);
}

/* {"points":["SITE/DEVICE/CHANNEL",…],"meaning":"0123456789abcdef"|null} */
bool judge_counted(struct judge *judge, const json_t *arguments, struct wall_time time,
                   struct error *err)
{
    const json_t *names = json_object_get(arguments, "points");

    for (size_t i = 0; i < json_array_size(names); i++) {
        uint32_t id = point_of(judge, json_array_get(names, i));

        if (id != 0 && !count_by(judge, id, meaning_of(arguments), time, err))
            return false;
    }
    judge->force_changed = judge->snapshot_due = true;
    return true;
}

/* A screen begins anew with its rules. */
static bool rule_at(struct judge *judge, struct seat *seat, uint64_t meaning, struct wall_time time,
                    struct error *err)
{
    uint64_t before = seat->track.meaning;
    bool was = seat->in_force;

    seat->in_force = seat->rule != NULL && meaning != 0 && meaning == judge_meaning(judge, seat);
    if (before == meaning && was == seat->in_force && seat->lanes != &judge->screening.lanes)
        return true;
    if (seat->in_force && before != 0 && !was) {
        seat->since = judge->now;
        seat->since_at = time;
    }
    if (!judge_put_marks(judge, seat, track_rule_changed(&seat->track, meaning), err))
        return false;
    return !seat->in_force || seat->lanes != &judge->screening.lanes ||
           judge_make_screen(judge, seat->point, err);
}

/* {"rule":"nh3","points":["SITE/DEVICE/CHANNEL",…],"meaning":"0123456789abcdef"|null} */
bool judge_ruled(struct judge *judge, const json_t *arguments, struct wall_time time,
                 struct error *err)
{
    const json_t *names = json_object_get(arguments, "points");
    const char *rule = json_string_value(json_object_get(arguments, "rule"));

    for (size_t i = 0; rule != NULL && i < json_array_size(names); i++) {
        uint32_t id = point_of(judge, json_array_get(names, i));
        struct seat *seat = id == 0 ? NULL : judge_find_seat(judge, rule, id);

        if (seat != NULL && !rule_at(judge, seat, meaning_of(arguments), time, err))
            return false;
    }
    judge->force_changed = judge->snapshot_due = true;
    return true;
}

bool judge_rule_since(const struct judge *judge, const char *rule, uint32_t point, uint64_t *since,
                      struct wall_time *at)
{
    const struct seat *seat = judge_find_seat(judge, rule, point);

    if (seat == NULL || !seat->in_force)
        return false;
    *since = seat->since;
    *at = seat->since_at;
    return true;
}

bool judge_counts_since(const struct judge *judge, uint32_t point, struct wall_time *at)
{
    if (point >= judge->point_limit || !judge->points[point].counted)
        return false;
    *at = judge->points[point].counted_since;
    return true;
}

/* Comparing --------------------------------------------------------------------------------- */

/* One rule, or what is counted (rule ""), at one point. */
struct difference {
    const char *rule;
    uint64_t meaning;
    uint32_t point;
};

struct adding {
    bool (*add)(void *self, const char *kind, const char *arguments, struct error *err);
    void *self;
};

static int by_rule(const void *one, const void *other)
{
    const struct difference *a = one, *b = other;
    int order = strcmp(a->rule, b->rule);

    if (order != 0)
        return order;
    if (a->meaning != b->meaning)
        return a->meaning < b->meaning ? -1 : 1;
    return (a->point > b->point) - (a->point < b->point);
}

static size_t find_differences(const struct judge *judge, struct difference *out)
{
    size_t count = 0;

    assert(out != NULL);
    for (uint32_t id = 0; id < judge->point_limit; id++)
        if (judge->points[id].wanted != judge->points[id].counted_by)
            out[count++] = (struct difference){"", judge->points[id].wanted, id};
    for (size_t i = 0; i < judge->seat_count; i++) {
        const struct seat *seat = &judge->seats[i];

        if (seat->meaning != seat->track.meaning)
            out[count++] = (struct difference){seat->rule_name, seat->meaning, seat->point};
    }
    qsort(out, count, sizeof *out, by_rule);
    return count;
}

static void write_meaning(struct text *text, uint64_t meaning)
{
    if (meaning == 0)
        text_add(text, "\"meaning\":null");
    else
        text_format(text, "\"meaning\":\"%016" PRIx64 "\"", meaning);
}

/* As many of the same rule and meaning as go into one event; returns how many. */
static size_t write_group(const struct judge *judge, const struct difference *from, size_t count,
                          struct text *text)
{
    size_t done = 0;
    char name[POINT_SIZE];

    text_add_char(text, '{');
    if (from->rule[0] != '\0') {
        text_add(text, "\"rule\":");
        text_add_json(text, from->rule);
        text_add_char(text, ',');
    }
    write_meaning(text, from->meaning);
    text_add(text, ",\"points\":[");
    while (done < count && done < POINTS_AT_ONCE && from[done].meaning == from->meaning &&
           strcmp(from[done].rule, from->rule) == 0) {
        const struct catalog_point *point = catalog_point(judge->catalog, from[done].point);

        if (done > 0)
            text_add_char(text, ',');
        text_add_json(text, point == NULL ? "" : catalog_point_name(judge->catalog, point, name));
        done++;
    }
    text_add(text, "]}");
    return done;
}

static bool add_differences(struct judge *judge, const struct difference *all, size_t count,
                            const struct adding *to, struct error *err)
{
    char bytes[POINTS_AT_ONCE * (POINT_SIZE + 3) + 128];

    assert(all != NULL);
    for (size_t done = 0; done < count;) {
        struct text text;
        const char *kind = all[done].rule[0] == '\0' ? "aggregates.changed" : "rule.changed";

        text_init(&text, bytes, sizeof bytes);
        done += write_group(judge, all + done, count - done, &text);
        if (!to->add(to->self, kind, bytes, err))
            return false;
    }
    return true;
}

static bool add_every(struct judge *judge, uint32_t index, int64_t every_ms,
                      const struct adding *to, struct error *err)
{
    const struct catalog_device *device = &judge->catalog->devices[index];
    bool comes = judge->devices[index].every_ms == 0 && device->since_ms != 0;
    char bytes[256], since[WALL_TEXT];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_format(&text, "{\"device\":\"%s/%s\",\"every_ms\":%" PRId64 ",\"since\":",
                judge->catalog->sites[device->site].name, device->name, every_ms);
    if (comes)
        text_add_json(&text, wall_text((struct wall_time){device->since_ms}, since));
    else
        text_add(&text, "null");
    text_add_char(&text, '}');
    return to->add(to->self, "device.every", bytes, err);
}

bool judge_changes(struct judge *judge,
                   bool (*add)(void *self, const char *kind, const char *arguments,
                               struct error *err),
                   void *self, struct error *err)
{
    const struct adding to = {add, self};
    struct difference *all = calloc(judge->point_limit + judge->seat_count + 1, sizeof *all);
    bool good = all != NULL || judge_no_memory(err);
    size_t count = good ? find_differences(judge, all) : 0;

    for (uint32_t i = 0; good && i < judge->catalog->device_count; i++) {
        const struct catalog_device *device = &judge->catalog->devices[i];
        int64_t every_ms = device->active ? device->every_ms : 0;

        if (judge->devices[i].every_ms != every_ms)
            good = add_every(judge, i, every_ms, &to, err);
    }
    good = good && add_differences(judge, all, count, &to, err);
    free(all);
    return good;
}
