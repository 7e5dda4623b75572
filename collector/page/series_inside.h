/* series_inside.h - what the files about one point over time share. Inside page/ only. */
#ifndef PAGE_SERIES_INSIDE_H
#define PAGE_SERIES_INSIDE_H

#include "ledger/tally.h"
#include "page/route.h"
#include "town/point_setup.h"

/* Who the point is -------------------------------------------------------------------------------
 */

struct series_point {
    char name[POINT_SIZE];             /* "SITE/DEVICE/CHANNEL" */
    char device_name[2 * NAME_SIZE];   /* "SITE/DEVICE" */
    const struct catalog_point *point; /* borrowed from the host, as all of these */
    const struct catalog_device *device;
    bool is_set_up; /* false: it left the settings, `setup` is empty */
    struct point_setup setup;
    const struct parameter *parameter; /* NULL: of a parameter that is not known any more */
    enum mean mean;
    unsigned kept; /* periods of which there may be aggregates: 1 << enum period */
};

/* The point of the path; false: there is none, the call has its 404. */
bool series_point_find(struct series_point *point, struct call *call);
const char *series_unit(const struct series_point *point);

/* What was said of its device in the past -------------------------------------------------------
 */

struct series_interval {
    struct wall_time from;
    int64_t every_ms; /* 0: not asked */
};

/* Something to be shown at a moment: an event, or a stretch of maintenance. */
struct series_note {
    struct wall_time time, until; /* `until` WALL_NONE: a moment */
    const char *kind;             /* "maintenance", "identity", "settings": static */
    uint64_t seq;
    char rule[NAME_SIZE]; /* whose change it is; "": none's */
    char text[200];
};

struct series_past {
    struct series_interval *intervals; /* in order of time */
    size_t interval_count, interval_room;
    struct series_note *notes; /* in the order of the sequence */
    size_t note_count, note_room;
    int64_t every_ms; /* where no interval is known: the settings' */
    bool no_memory;
};

/* Ended with series_past_end() in both cases. */
bool series_past_read(struct series_past *past, const struct series_point *point,
                      struct reader *reader, struct error *err);
void series_past_end(struct series_past *past);
/* How often it is asked at that moment; before it was first asked: as then. 0: it is not. */
int64_t series_every(const struct series_past *past, struct wall_time time);
/* How many readings there should be in a stretch of time. */
int64_t series_expected(const struct series_past *past, struct span span);
bool series_is_maintained(const struct series_past *past, struct wall_time time);

/* Its values over a span, sized to be shown -----------------------------------------------------
 */

struct series_asked {
    struct reader *reader;
    const struct series_point *point;
    const struct series_past *past;
    struct span span;
    int width;
    struct wall_time now;
};

/* One reading, or what a bucket of them comes to. */
struct series_row {
    int64_t time_ms;
    uint32_t count, valid; /* with a value; of these normal */
    int64_t expected;
    double min, mean, max; /* NAN: nothing valid */
};

struct series_band {
    struct wall_time from, to;
    int quality; /* enum quality, or SERIES_MIXED: more than were looked through */
    enum cause cause;
    bool has_value;
};
#define SERIES_MIXED (-1)

struct series_rows {
    enum period source; /* PERIOD_READING: readings */
    int64_t step_ms;    /* 0: each row is one reading */
    struct series_row *rows;
    size_t row_count;
    struct series_band *bands;
    size_t band_count, band_room;
    bool band_is_open; /* nothing else was read since the last one's end */
    struct span *gaps;
    size_t gap_count, gap_room;
};

/* Ended with series_rows_end() in both cases. False: with a sentence. */
bool series_rows_make(struct series_rows *rows, const struct series_asked *asked,
                      struct error *err);
void series_rows_end(struct series_rows *rows);

/* Parts of the above, each in a file of its own. */
bool series_raw_make(struct series_rows *rows, const struct series_asked *asked, bool *fits,
                     struct error *err);
/* `periods_only`: its readings are gone, if there ever were any. */
bool series_buckets_make(struct series_rows *rows, const struct series_asked *asked,
                         bool periods_only, struct error *err);
/* The bands of a stretch of time, of what is no normal reading; `*full` when there were more than
 * were wanted. */
bool series_bands_read(struct series_rows *rows, const struct series_asked *asked, struct span span,
                       bool *full, struct error *err);
bool series_add_gap(struct series_rows *rows, int64_t from_ms, int64_t to_ms);

/* What stands beside them: JSON, ended by the caller; NULL: out of memory or an error -----------
 */

json_t *series_lines(const struct series_point *point, const struct settings *settings,
                     struct span span);
json_t *series_marks(const struct series_asked *asked, const struct settings *settings,
                     struct error *err);
json_t *series_nights(const struct series_asked *asked, const struct settings *settings);
/* The doubts of the rows that are readings. */
json_t *series_doubts(const struct series_rows *rows, const struct series_asked *asked,
                      struct error *err);
json_t *series_time(struct wall_time time);
json_t *series_bound(const struct bound *bound);
/* How many decimals a value is rounded to before it is compared; null: none, it is compared whole.
 */
json_t *series_decimals(const struct bound *bound);
const char *series_when(enum when when);

/* Room for one more at the end of an array. */
bool series_grow(void **all, size_t count, size_t *room, size_t size);
bool series_no_memory(struct error *err);

#endif
