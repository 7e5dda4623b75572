/* What is no normal reading: stretches of one letter, and where nothing is. */
#include <stdlib.h>

#include "page/series_inside.h"

/* From so many intervals on, nothing between two readings is a gap. */
enum { GAP_INTERVALS = 3 };
/* A device that does not answer is asked again at least so often. */
static const int64_t asked_again_ms = 120000;

bool series_add_gap(struct series_rows *rows, int64_t from_ms, int64_t to_ms)
{
    struct span *last = rows->gap_count == 0 ? NULL : &rows->gaps[rows->gap_count - 1];

    if (to_ms <= from_ms)
        return true;
    if (last != NULL && last->end.ms >= from_ms) {
        if (to_ms > last->end.ms)
            last->end.ms = to_ms;
        return true;
    }
    if (!series_grow((void **)&rows->gaps, rows->gap_count, &rows->gap_room, sizeof *rows->gaps))
        return false;
    rows->gaps[rows->gap_count++] = (struct span){{from_ms}, {to_ms}};
    return true;
}

static struct series_band *new_band(struct series_rows *rows)
{
    if (!series_grow((void **)&rows->bands, rows->band_count, &rows->band_room,
                     sizeof *rows->bands))
        return NULL;
    return &rows->bands[rows->band_count++];
}

static bool is_of(const struct series_band *band, const struct reading *reading)
{
    return band->quality == reading->quality && band->cause == (enum cause)reading->cause &&
           band->has_value == reading_has_value(reading);
}

/* A reading that is no normal one: `apart_ms` after the last of its kind it is of the same band, if
 * that is open still. */
static bool add_band(struct series_rows *rows, const struct series_past *past,
                     struct wall_time time, const struct reading *reading, int64_t apart_ms)
{
    struct series_band *last = rows->band_count == 0 ? NULL : &rows->bands[rows->band_count - 1];
    int64_t every_ms = series_every(past, time);

    if (last == NULL || !rows->band_is_open || !is_of(last, reading) ||
        time.ms - last->to.ms > apart_ms) {
        if (last != NULL && last->to.ms > time.ms)
            last->to = time;
        last = new_band(rows);
        if (last == NULL)
            return false;
        *last = (struct series_band){.from = time,
                                     .quality = reading->quality,
                                     .cause = (enum cause)reading->cause,
                                     .has_value = reading_has_value(reading)};
    }
    last->to.ms = time.ms + (every_ms > 0 ? every_ms : 1);
    rows->band_is_open = true;
    return true;
}

/* A normal reading ends the band before it. */
static void end_band(struct series_rows *rows, struct wall_time time)
{
    struct series_band *last = rows->band_count == 0 ? NULL : &rows->bands[rows->band_count - 1];

    if (last != NULL && rows->band_is_open && last->to.ms > time.ms)
        last->to = time;
    rows->band_is_open = false;
}

struct reading_of {
    struct series_rows *rows;
    const struct series_asked *asked;
    size_t left;
    bool full, no_memory;
};

static bool take_odd(void *self, uint64_t seq, struct wall_time time, const struct reading *reading)
{
    struct reading_of *of = self;

    (void)seq;
    of->full = of->left-- == 0;
    if (of->full)
        return false;
    /* what is narrower than a bucket cannot be seen */
    of->no_memory = !add_band(of->rows, of->asked->past, time, reading,
                              of->rows->step_ms + series_every(of->asked->past, time) / 2);
    return !of->no_memory;
}

bool series_bands_read(struct series_rows *rows, const struct series_asked *asked, struct span span,
                       bool *full, struct error *err)
{
    enum { MOST = 4000 };
    struct reading_of of = {.rows = rows, .asked = asked, .left = MOST};
    struct series_band *mixed;

    if (!reader_odd_readings(asked->reader, asked->point->point->id, span, take_odd, &of, err))
        return false;
    *full = of.full;
    if (of.full && !of.no_memory) {
        mixed = new_band(rows);
        of.no_memory = mixed == NULL;
        if (mixed != NULL)
            *mixed = (struct series_band){span.start, span.end, SERIES_MIXED, CAUSE_NONE, true};
        if (mixed != NULL && rows->band_count > 1 && mixed[-1].to.ms > mixed->from.ms)
            mixed->from = mixed[-1].to;
    }
    return !of.no_memory || series_no_memory(err);
}

/* Readings one by one ---------------------------------------------------------------------------
 */

struct raw {
    struct series_rows *rows;
    const struct series_asked *asked;
    size_t most, seen;
    int64_t last_ms; /* up to here something was there; the span's start before the first */
    bool absent;     /* the last reading had no value */
    bool too_many, no_memory;
};

/* From the last reading that had a value to this one there was nothing to see. */
static bool note_gap(struct raw *raw, int64_t time_ms, bool has_value)
{
    int64_t every_ms = series_every(raw->asked->past, (struct wall_time){raw->last_ms});
    bool gap = raw->absent ||
               (every_ms > 0 && time_ms - raw->last_ms >= every_ms * GAP_INTERVALS + every_ms / 2);

    if (gap && !series_add_gap(raw->rows, raw->last_ms, time_ms))
        return false;
    raw->absent = !has_value;
    raw->last_ms = time_ms;
    return true;
}

static bool note_letter(struct raw *raw, struct wall_time time, const struct reading *reading)
{
    int64_t apart_ms = series_every(raw->asked->past, time) * GAP_INTERVALS;

    if (reading->quality != QUALITY_NORMAL)
        return add_band(raw->rows, raw->asked->past, time, reading,
                        apart_ms > asked_again_ms ? apart_ms : asked_again_ms);
    end_band(raw->rows, time);
    return true;
}

static bool take_raw(void *self, uint64_t seq, struct wall_time time, const struct reading *reading)
{
    struct raw *raw = self;
    struct series_rows *rows = raw->rows;
    bool usable = reading_has_value(reading) && quality_is_judged((enum quality)reading->quality) &&
                  !series_is_maintained(raw->asked->past, time);

    (void)seq;
    raw->too_many = raw->seen++ >= raw->most;
    if (raw->too_many)
        return false;
    raw->no_memory =
        !note_gap(raw, time.ms, reading_has_value(reading)) || !note_letter(raw, time, reading);
    if (usable && !raw->no_memory)
        rows->rows[rows->row_count++] =
            (struct series_row){.time_ms = time.ms,
                                .count = 1,
                                .valid = reading->quality == QUALITY_NORMAL,
                                .expected = -1,
                                .min = reading->value,
                                .mean = reading->value,
                                .max = reading->value};
    return !raw->no_memory;
}

bool series_raw_make(struct series_rows *rows, const struct series_asked *asked, bool *fits,
                     struct error *err)
{
    size_t most = 2 * (size_t)asked->width;
    struct raw raw = {.rows = rows, .asked = asked, .most = most, .last_ms = asked->span.start.ms};
    int64_t end_ms = asked->now.ms < asked->span.end.ms ? asked->now.ms : asked->span.end.ms;

    rows->rows = calloc(most, sizeof *rows->rows);
    if (rows->rows == NULL)
        return series_no_memory(err);
    if (!reader_readings(asked->reader, asked->point->point->id, asked->span.start, asked->span.end,
                         take_raw, &raw, err))
        return false;
    *fits = !raw.too_many;
    if (raw.too_many)
        return true;
    if (!raw.no_memory && raw.seen == 0)
        raw.no_memory = !series_add_gap(rows, asked->span.start.ms, asked->span.end.ms);
    else if (!raw.no_memory)
        raw.no_memory = !note_gap(&raw, end_ms, true);
    return !raw.no_memory || series_no_memory(err);
}
