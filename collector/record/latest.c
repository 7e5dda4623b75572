#include "record/latest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

struct latest {
    const struct catalog *catalog;
    uint32_t boot;
    pthread_mutex_t lock;
    struct latest_reading *shown; /* under the lock; catalog->point_count of each */
    struct latest_reading *noted; /* the recorder's own: `shown` and what the transaction adds */
    uint32_t *touched;            /* places of `noted` that differ, each once */
    bool *is_touched;
    size_t touched_count;
    uint64_t shown_counts[LATEST_QUALITIES]; /* under the lock */
    uint64_t noted_counts[LATEST_QUALITIES];
};

struct latest *latest_new(const struct catalog *catalog, uint32_t boot)
{
    struct latest *latest = calloc(1, sizeof *latest);
    size_t room = catalog->point_count + 1;

    if (latest == NULL)
        return NULL;
    latest->catalog = catalog;
    latest->boot = boot;
    pthread_mutex_init(&latest->lock, NULL);
    latest->shown = calloc(room, sizeof *latest->shown);
    latest->noted = calloc(room, sizeof *latest->noted);
    latest->touched = calloc(room, sizeof *latest->touched);
    latest->is_touched = calloc(room, sizeof *latest->is_touched);
    if (latest->shown == NULL || latest->noted == NULL || latest->touched == NULL ||
        latest->is_touched == NULL) {
        latest_free(latest);
        return NULL;
    }
    for (size_t i = 0; i < room; i++)
        latest->shown[i] = latest->noted[i] =
            (struct latest_reading){.time = WALL_NONE, .since = WALL_NONE, .value = NAN};
    return latest;
}

void latest_free(struct latest *latest)
{
    if (latest == NULL)
        return;
    pthread_mutex_destroy(&latest->lock);
    free(latest->shown);
    free(latest->noted);
    free(latest->touched);
    free(latest->is_touched);
    free(latest);
}

/* What is noted ------------------------------------------------------------------------------- */

/* False: the catalog has no such point. */
static bool place_of(const struct latest *latest, uint32_t point, uint32_t *place)
{
    const struct catalog *catalog = latest->catalog;

    if (point >= catalog->point_id_limit || catalog->point_of_id[point] == 0)
        return false;
    *place = catalog->point_of_id[point] - 1;
    return true;
}

static void touch(struct latest *latest, uint32_t place)
{
    if (!latest->is_touched[place])
        latest->touched[latest->touched_count++] = place;
    latest->is_touched[place] = true;
}

static void note(struct latest *latest, const struct poll *poll, const struct reading *reading)
{
    struct latest_reading *at;
    uint32_t place;
    bool same;

    if (!place_of(latest, reading->point, &place))
        return;
    at = &latest->noted[place];
    same = at->seq != 0 && at->quality == reading->quality;
    touch(latest, place);
    at->seq = poll->seq;
    at->time = poll->time;
    at->mono = poll->boot == latest->boot ? poll->mono : (struct mono_time){0};
    at->value = reading->value;
    at->quality = reading->quality;
    at->cause = reading->cause;
    at->of_this_run = true;
    if (same)
        return;
    at->since = at->time;
    at->since_mono = at->mono;
}

void latest_note(struct latest *latest, const struct poll *poll)
{
    for (size_t i = 0; i < poll->reading_count; i++) {
        note(latest, poll, &poll->readings[i]);
        if (poll->readings[i].quality < LATEST_QUALITIES)
            latest->noted_counts[poll->readings[i].quality]++;
    }
}

static bool fill_time(struct wall_time *time, struct mono_time mono, int64_t offset_ms)
{
    if (wall_is_known(*time) || mono.ns == 0)
        return false;
    time->ms = mono.ns / 1000000 + offset_ms;
    return true;
}

void latest_note_times(struct latest *latest, int64_t offset_ms)
{
    for (uint32_t i = 0; i < latest->catalog->point_count; i++) {
        struct latest_reading *at = &latest->noted[i];
        bool read = fill_time(&at->time, at->mono, offset_ms);
        bool begun = fill_time(&at->since, at->since_mono, offset_ms);

        if (read || begun)
            touch(latest, i);
    }
}

static void settle(struct latest *latest, bool keep)
{
    pthread_mutex_lock(&latest->lock);
    for (size_t i = 0; i < latest->touched_count; i++) {
        uint32_t place = latest->touched[i];

        if (keep)
            latest->shown[place] = latest->noted[place];
        else
            latest->noted[place] = latest->shown[place];
        latest->is_touched[place] = false;
    }
    memcpy(keep ? latest->shown_counts : latest->noted_counts,
           keep ? latest->noted_counts : latest->shown_counts, sizeof latest->shown_counts);
    pthread_mutex_unlock(&latest->lock);
    latest->touched_count = 0;
}

void latest_keep(struct latest *latest)
{
    settle(latest, true);
}

void latest_undo(struct latest *latest)
{
    settle(latest, false);
}

/* What the store knows ------------------------------------------------------------------------ */

static void take(struct latest *latest, uint32_t place, const struct newest_reading *newest)
{
    bool this_boot = newest->boot == latest->boot;

    if (newest->seq == 0)
        return;
    touch(latest, place);
    latest->noted[place] = (struct latest_reading){
        .seq = newest->seq,
        .time = newest->time,
        .mono = this_boot ? newest->mono : (struct mono_time){0},
        .value = newest->reading.value,
        .quality = newest->reading.quality,
        .cause = newest->reading.cause,
        .since = WALL_NONE,
    };
}

bool latest_fill(struct latest *latest, struct reader *reader, struct error *err)
{
    size_t count = latest->catalog->point_count, wanted = 0;
    uint32_t *points = calloc(count + 1, sizeof *points);
    uint32_t *places = calloc(count + 1, sizeof *places);
    struct newest_reading *found = calloc(count + 1, sizeof *found);
    bool done = false;

    if (points == NULL || places == NULL || found == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        goto done;
    }
    for (uint32_t i = 0; i < count; i++)
        if (latest->noted[i].seq == 0) {
            points[wanted] = latest->catalog->points[i].id;
            places[wanted++] = i;
        }
    done = reader_newest(reader, points, wanted, found, err);
    for (size_t i = 0; i < wanted && done; i++)
        take(latest, places[i], &found[i]);
    latest_keep(latest);
done:
    free(points);
    free(places);
    free(found);
    return done;
}

/* Who asks ------------------------------------------------------------------------------------ */

bool latest_of(struct latest *latest, uint32_t point, struct latest_reading *out)
{
    uint32_t place;

    if (!place_of(latest, point, &place))
        return false;
    pthread_mutex_lock(&latest->lock);
    *out = latest->shown[place];
    pthread_mutex_unlock(&latest->lock);
    return true;
}

void latest_all(struct latest *latest, struct latest_reading *out, size_t room)
{
    size_t count = latest->catalog->point_count;

    pthread_mutex_lock(&latest->lock);
    memcpy(out, latest->shown, (count < room ? count : room) * sizeof *out);
    pthread_mutex_unlock(&latest->lock);
}

void latest_counts(struct latest *latest, uint64_t counts[LATEST_QUALITIES])
{
    pthread_mutex_lock(&latest->lock);
    memcpy(counts, latest->shown_counts, sizeof latest->shown_counts);
    pthread_mutex_unlock(&latest->lock);
}
