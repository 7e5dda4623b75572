/* story.h - what happens in a year that is made up: deploy/demo/history.conf, as data.
 *
 * Each point has a calm value that follows the day; happenings lie over it for a while: a level, a
 * slow drift, nights only, a value that stands still, silence, evenings that fall silent just when
 * values rise. Deeds are what people do meanwhile. Times are counted back from the end.
 *
 * Pure after loading: the same moment gives the same value.
 */
#ifndef APP_STORY_H
#define APP_STORY_H

#include "drivers/simvalue.h"
#include "model/reading.h"
#include "town/settings.h"

enum happening_kind {
    HAPPENING_LEVEL,  /* stands at `to` */
    HAPPENING_DRIFT,  /* goes from calm to `to`, in a straight line */
    HAPPENING_NIGHT,  /* `to`, but from 23:00 to 04:00 only */
    HAPPENING_STUCK,  /* the value of its first moment, unchanged */
    HAPPENING_SILENT, /* no answer */
    HAPPENING_HIDING, /* each evening it rises towards `to` and falls silent on the way, until 23:30
                       */
};

struct happening {
    char point[POINT_SIZE];
    int kind;
    struct wall_time from, until;
    double to;
};

enum deed_kind { DEED_STRIKE_OFF, DEED_MAINTENANCE, DEED_CLOCK };

struct deed {
    int kind;
    struct wall_time at;
    char task[48];
    char device[2 * NAME_SIZE];
    int64_t lasts_ms; /* maintenance */
    int64_t by_ms;    /* clock: set forward; a negative one is written with `back` */
    char note[256];
};

struct calm {
    char point[POINT_SIZE];
    struct simvalue value;
};

struct story {
    int64_t every_ms; /* of every device, meanwhile */
    struct calm *calms;
    size_t calm_count;
    struct happening *happenings;
    size_t happening_count;
    struct deed *deeds; /* in order of time */
    size_t deed_count;
};

/* Gives the story that ends at `end`; NULL with every fault in `faults`. */
struct story *story_load(const char *path, struct wall_time end, struct conf_faults *faults);
void story_free(struct story *story);

/* The calm value of a point, or NULL: then nothing is known of it and it has no readings. */
const struct simvalue *story_calm(const struct story *story, const char *point);
/* What the point shows at that moment; `point` of the reading is left alone. */
void story_reading(const struct story *story, const char *point, const struct simvalue *calm,
                   struct wall_time time, struct reading *reading);

#endif
