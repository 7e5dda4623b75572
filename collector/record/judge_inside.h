/* judge_inside.h - what the files of the judge share. Inside record/ only.
 *
 * judge.c feeds and writes, judge_world.c is what tallies tell and ask, judge_events.c does what
 * events say, judge_force.c knows what of the settings is in force since when, judge_memory.c
 * carries it over a restart, judge_make.c puts it together.
 */
#ifndef RECORD_JUDGE_INSIDE_H
#define RECORD_JUDGE_INSIDE_H

#include <float.h>
#include <jansson.h>

#include "record/judge.h"

enum { BODY_SIZE = 32768, PIECE = 2048 };
#define NO_DEVICE UINT32_MAX
/* Polls of other devices may be this much behind the newest one and still be in time. */
enum { LATENESS_MS = 2 * 60 * 1000 };

/* One rule at one point. */
struct seat {
    const struct rule *rule; /* NULL: the rule is gone, the problem is not */
    const struct lanes *lanes;
    uint64_t meaning; /* that the settings give it; 0: gone */
    uint64_t hold;    /* judged only after this number of the sequence */
    uint64_t since;   /* it had another meaning up to this number; 0: never, as far as is known */
    struct wall_time since_at;
    uint32_t point;
    bool in_force;                /* its track was begun with this meaning */
    bool on_readings, on_periods; /* what its lanes judge; neither: screening */
    bool changed;                 /* since the last flush: its row must be written */
    char rule_name[NAME_SIZE];
    struct track track;
};

/* A screen that doubts without a value: what it says is no number. */
#define NO_VALUE DBL_MAX

struct window {
    struct wall_time from, to;
};

/* What was measured beside a reading that is counted again. */
struct beside {
    struct wall_time time;
    uint64_t seq;
    double value;
};

/* A device is asked every so often from then on. One more of them than a tally keeps in mind. */
struct asked_since {
    struct wall_time from;
    int64_t every_ms;
};
enum { ASKED_MAX = 9 };

struct judge_device {
    uint32_t id;
    int64_t every_ms; /* as the sequence says; 0: not asked */
    struct wall_time since;
    struct asked_since asked[ASKED_MAX]; /* in order; the last is `since` and `every_ms` */
    size_t asked_count;
    struct wall_time told; /* when the sequence said so */
    bool is_new;           /* it was never there before */
    int64_t gap_ms;
    struct window *windows; /* of maintenance */
    size_t window_count, window_room;
};

struct judge_point {
    uint32_t first_seat, end_seat; /* with a rule */
    uint32_t device;               /* index of `devices`, NO_DEVICE: unknown */
    uint32_t tally_beside;         /* point whose value of the same poll goes along; 0: none */
    uint32_t screen_beside;
    bool on_readings;               /* a seat judges single readings */
    bool counted;                   /* the tally is in force */
    bool foreign;                   /* counted by something that the settings are not */
    bool taken, watched;            /* tally, screen: taken up from memory */
    struct tally *tally;            /* NULL: no aggregates */
    struct screen *screen;          /* NULL: no screening */
    uint64_t wanted;                /* meaning of the tally the settings want; 0: none */
    uint64_t tally_meaning;         /* of the tally there is; 0: none */
    uint64_t screen_meaning;        /* of the screen there is; 0: none */
    uint64_t counted_by;            /* the meaning the sequence says */
    struct wall_time counted_since; /* it was another one before; WALL_NONE: never */
    uint32_t seats[SCREEN_COUNT];   /* of the screening, + 1; 0: none */
};

/* The rules of screening: made here, one a test. */
struct screen_rules {
    struct rule rule[SCREEN_COUNT];
    struct lanes lanes; /* one lane; its bound is set anew for each finding */
    struct lanes plain; /* as it is before any */
};

struct judge {
    struct judge_setup setup;
    const struct catalog *catalog;
    struct store *store; /* NULL: a replay */
    struct judge_sink sink;
    struct watch *watch;
    struct screen_rules screening;
    struct seat *seats; /* in the order of points and names; those without a rule at the end */
    size_t seat_count, seat_room;
    size_t ruled; /* seats with a rule */
    struct judge_point *points;
    uint32_t point_limit;
    struct judge_device *devices; /* as in the catalog */
    struct seat **changed;
    size_t changed_count;
    struct tally_world world;
    struct beside *besides;
    size_t beside_count, beside_room;

    uint64_t cursor, cursor_kept;
    bool behind; /* an entry without a time stands in the way, or something was not read yet */
    bool behind_kept;
    bool stale;  /* after an undo: everything is to be taken up from the store again */
    bool fed;    /* since the last keep */
    bool silent; /* tallies and screens are fed again; nothing is concluded */
    bool feeds;  /* there are tallies or screens */

    uint64_t refed;              /* tallies and screens stand here; at most `cursor` */
    uint64_t now;                /* number of the entry that is looked at */
    struct wall_time newest;     /* of all polls there were */
    struct wall_time next_pass;  /* no tally closes before this; WALL_NONE: to be found out */
    struct wall_time remembered; /* `newest` at the last snapshot */
    uint64_t readings;           /* since the last snapshot */
    bool force_changed;          /* what is in force must be written */
    bool snapshot_due;

    struct item *items;
    void *bytes; /* for tallies and screens on their way to the store */
    size_t bytes_size;
    char body[BODY_SIZE];
};

/* judge.c */

/* A track was stepped: its versions and episodes go to the sink. */
bool judge_put_marks(struct judge *judge, struct seat *seat, unsigned marks, struct error *err);
bool judge_feed_poll(struct judge *judge, const struct poll *poll, struct error *err);
/* One value of a lane; and whether a seat judges what is looked at now. */
bool judge_step(struct judge *judge, struct seat *seat, const struct track_step *from, double value,
                enum quality quality, struct error *err);
bool judge_may(const struct judge *judge, const struct seat *seat);
struct seat *judge_seat_of_uid(const struct judge *judge, const char *uid);

/* judge_world.c */
void judge_make_world(struct judge *judge);

/* judge_events.c */
bool judge_feed_event(struct judge *judge, uint64_t seq, const char *kind, struct wall_time time,
                      const char *arguments, struct error *err);
bool judge_add_window(struct judge_device *device, const struct window *window, struct error *err);
/* Whether the device is under maintenance at a time, as far as has been said. */
bool judge_is_maintained(const struct judge *judge, uint32_t device, struct wall_time time);

/* judge_force.c */

/* Events that change what is in force. */
bool judge_every(struct judge *judge, const json_t *arguments, struct wall_time time,
                 struct error *err);
bool judge_counted(struct judge *judge, const json_t *arguments, struct wall_time time,
                   struct error *err);
bool judge_ruled(struct judge *judge, const json_t *arguments, struct wall_time time,
                 struct error *err);
/* One more interval of a device; those that begin at or after it are void. */
void judge_note_asked(struct judge_device *device, struct wall_time from, int64_t every_ms);
/* Index of "SITE/DEVICE", or NO_DEVICE. */
uint32_t judge_find_device(const struct judge *judge, const char *name);

/* judge_memory.c */

/* Everything from the store, as it stands there now. */
bool judge_take_up(struct judge *judge, struct error *err);
/* Tallies and screens as they are now, and what is in force. */
bool judge_remember(struct judge *judge, struct error *err);

/* judge_points.c */

/* New, empty tallies and screens, for a device that is asked as often as is in force. */
bool judge_make_tally(struct judge *judge, uint32_t point, struct error *err);
bool judge_make_screen(struct judge *judge, uint32_t point, struct error *err);
/* Once: what the settings want to be counted there, and whose values go along. */
bool judge_want_tally(struct judge *judge, uint32_t point, struct error *err);
/* A screen as the settings want it, which the caller ends; NULL also where there is none to be. */
bool judge_want_screen(struct judge *judge, uint32_t point, struct screen **screen,
                       uint64_t *meaning, struct error *err);
/* What a seat must be said to mean, so that it judges; of a test in a screen of that meaning. */
uint64_t judge_meaning(const struct judge *judge, const struct seat *seat);
uint64_t judge_screen_meaning(const struct judge *judge, const struct seat *seat, uint64_t screen);

/* judge_make.c */

/* Of a rule that is there, or was when its memory was taken up; NULL: none. */
struct seat *judge_find_seat(const struct judge *judge, const char *rule, uint32_t point);
/* One for a rule that is gone; NULL: no memory. */
struct seat *judge_add_gone(struct judge *judge, const char *rule, uint32_t point);
bool judge_no_memory(struct error *err);

#endif
