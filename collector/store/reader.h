/* reader.h - reading the store without disturbing the writer: outputs, commands, pictures.
 *
 * A reader is a read-only connection of its own; any number may be open, in any process. No call
 * holds a transaction longer than its own work (<= 1 s). One thread at a time per reader.
 */
#ifndef STORE_READER_H
#define STORE_READER_H

#include "base/error.h"
#include "model/aggregate.h"
#include "model/catalog.h"
#include "model/reading.h"

struct reader;

/* NULL with ERROR_STORE: no database, not ours, newer than this program. */
struct reader *reader_open(const char *dir, struct error *err);
void reader_close(struct reader *reader);

/* One entry of the sequence. */
enum item_kind { ITEM_POLL, ITEM_EVENT, ITEM_PROBLEM };

struct item {
    enum item_kind kind;
    uint64_t seq;
    struct poll poll;      /* ITEM_POLL */
    const char *event;     /* ITEM_EVENT: its kind */
    const char *uid;       /* ITEM_PROBLEM */
    uint32_t version;      /* ITEM_PROBLEM */
    const char *nature;    /* ITEM_PROBLEM: "breach" or "doubt"; a doubt is sent to nobody */
    struct wall_time time; /* of the event; of a poll see poll.time */
    const char *body;      /* JSON: the problem, or the event's arguments */
};

/* The entries after `after`, in order, at most `most` of them and about 4 MiB. `wanted` is a bit
 * set of 1 << ITEM_*. Polls of this boot without a wall time (and what follows them) are held back
 * until they are filled; polls of earlier boots that never got one are left out. Everything is
 * borrowed until the next call. `reached` is the last seq that was looked at: an unbroken prefix up
 * to it has been given or left out on purpose. False: an error.
 *
 * Items whose poll was pruned do not exist any more; the prefix simply goes on. */
bool reader_items(struct reader *reader, uint64_t after, unsigned wanted, size_t most,
                  struct item *items, size_t *count, uint64_t *reached, struct error *err);

uint64_t reader_last_seq(struct reader *reader);
uint64_t reader_cursor(struct reader *reader, const char *name);
/* How many polls stand after `after` (bounded work: an estimate from the sequence), and the wall
 * time of the first of them. */
uint64_t reader_backlog(struct reader *reader, uint64_t after, struct wall_time *oldest);
uint64_t reader_quarantined(struct reader *reader, const char *output);

/* Readings of one point, from <= time < to, by (time, seq). */
bool reader_readings(struct reader *reader, uint32_t point, struct wall_time from,
                     struct wall_time to,
                     bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                  const struct reading *reading),
                     void *self, struct error *err);
/* Whether retention has removed readings. */
bool reader_is_pruned(struct reader *reader);
/* The seq of the first poll at or after a time; 0: none. */
uint64_t reader_seq_at(struct reader *reader, struct wall_time time);

/* Problems, newest first; NULL matches all. `nature` is "breach" or "doubt". `body` is the
 * contract's JSON. */
bool reader_problems(struct reader *reader, const char *state, const char *kind, const char *nature,
                     const char *uid, bool (*each)(void *self, const char *body), void *self,
                     struct error *err);

/* As the writer's, from what is committed. */
bool reader_aggregates(struct reader *reader, uint32_t point, enum period period, struct span span,
                       bool (*each)(void *self, const struct aggregate *aggregate), void *self,
                       struct error *err);
/* One version of one period: called once, or never when it is not there. */
bool reader_aggregate_at(struct reader *reader, uint32_t point, enum period period,
                         struct wall_time start, uint32_t version,
                         bool (*each)(void *self, const struct aggregate *aggregate), void *self,
                         struct error *err);
/* Which periods of a kind that start in the span have rows: called for every version. `judged` is
 * how far the judge had come when they stood so. */
bool reader_aggregate_keys(struct reader *reader, enum period period, struct span span,
                           bool (*each)(void *self, uint32_t point, struct wall_time start),
                           void *self, uint64_t *judged, struct error *err);
/* Every version of every aggregate, by (point, period, start, version): to compare two stores. */
bool reader_every_aggregate(struct reader *reader,
                            bool (*each)(void *self, const struct aggregate *aggregate), void *self,
                            struct error *err);

/* Tasks in the order of their ids (numbers as numbers); NULL `id`: all. `relapses` is a JSON list
 * of the uids of problems that are a relapse of it. */
bool reader_tasks(struct reader *reader, const char *id,
                  bool (*each)(void *self, const char *body, const char *relapses), void *self,
                  struct error *err);

/* Those that were struck off once. */
bool reader_struck_off(struct reader *reader,
                       bool (*each)(void *self, const char *body, const char *relapses), void *self,
                       struct error *err);

/* Problems and doubts that are not closed, newest first, with the store's number of their point. */
bool reader_unclosed(struct reader *reader,
                     bool (*each)(void *self, uint32_t point, const char *body), void *self,
                     struct error *err);
/* What stands beside the body of each task, site by site; and the points that watch tasks, each
 * one's tasks in the order of reader_tasks(). Borrowed for the call. */
struct task_brief {
    const char *id, *state, *site, *deadline;
    struct wall_time struck_off, watch_until;
};
bool reader_task_briefs(struct reader *reader,
                        bool (*each)(void *self, const struct task_brief *task), void *self,
                        struct error *err);
bool reader_task_points(struct reader *reader,
                        bool (*each)(void *self, uint32_t point, const char *task), void *self,
                        struct error *err);

/* How many problems that are not closed there are of each kind, nature and state; and tasks by
 * state. */
bool reader_problem_counts(struct reader *reader,
                           void (*each)(void *self, const char *kind, const char *nature,
                                        const char *state, uint64_t count),
                           void *self, struct error *err);
bool reader_task_counts(struct reader *reader,
                        void (*each)(void *self, const char *state, uint64_t count), void *self,
                        struct error *err);

/* Episodes of every problem, or of one, by (uid, number). */
struct episode_row;
bool reader_episodes(struct reader *reader, const char *uid,
                     bool (*each)(void *self, const struct episode_row *row), void *self,
                     struct error *err);
/* Events of a kind (NULL: all), in order. */
bool reader_events(struct reader *reader, const char *kind,
                   bool (*each)(void *self, uint64_t seq, struct wall_time time, const char *who,
                                const char *arguments),
                   void *self, struct error *err);
/* Those after `after`: for who looks again. */
bool reader_events_after(struct reader *reader, uint64_t after, const char *kind,
                         bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                      const char *who, const char *arguments),
                         void *self, struct error *err);

/* What one poll really heard: device, profile, raw and frames of `poll`, borrowed until the next
 * call. `found` false: there is no such poll (any more). */
bool reader_raw(struct reader *reader, uint64_t seq, struct poll *poll, bool *found,
                struct error *err);
/* The first poll that has frames; UINT64_MAX: none has. */
uint64_t reader_first_frame(struct reader *reader);
/* Polls that have no wall time (yet): reader_items() leaves them out. */
uint64_t reader_untimed(struct reader *reader);
/* A profile by the store's number: its digest, and its text, which the caller frees; NULL where
 * there is none. */
bool reader_profile(struct reader *reader, uint32_t number, uint8_t digest[32], char **text,
                    struct error *err);
/* A point's channel, or "SITE/DEVICE/CHANNEL", in `out`, which is returned; "" and "? (N)" where it
 * has no name. */
char *reader_channel(struct reader *reader, uint32_t point, char out[CHANNEL_SIZE]);
char *reader_point_name(struct reader *reader, uint32_t point, char out[POINT_SIZE]);

/* What there is about one point, asked by index (reader_point.c). -------------------------------
 */

/* As reader_readings(), without the normal ones. */
bool reader_odd_readings(struct reader *reader, uint32_t point, struct span span,
                         bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                      const struct reading *reading),
                         void *self, struct error *err);
/* When the first and the last reading that is still stored stand, of any letter; WALL_NONE: there
 * is none. */
struct span reader_point_span(struct reader *reader, uint32_t point);
/* As reader_aggregates(), at most `most` of them, without `cause`. */
bool reader_point_aggregates(struct reader *reader, uint32_t point, enum period period,
                             struct span span, size_t most,
                             bool (*each)(void *self, const struct aggregate *aggregate),
                             void *self, struct error *err);
/* Problems and doubts that touch the span, newest first. Borrowed for the call. */
struct point_problem {
    const char *uid, *kind, *nature, *state, *rule;
    struct wall_time first, last, ended; /* `ended` WALL_NONE: not yet */
    uint32_t episodes;
};
bool reader_point_problems(struct reader *reader, uint32_t point, struct span span, size_t most,
                           bool (*each)(void *self, const struct point_problem *problem),
                           void *self, struct error *err);
/* The ledger's rows that name the point ("SITE/DEVICE/CHANNEL"), by id. */
bool reader_point_tasks(struct reader *reader, const char *point,
                        bool (*each)(void *self, const char *body), void *self, struct error *err);
/* Events of its device ("SITE/DEVICE"): device.every, device.maintenance, device.identity; and of
 * rules that changed at it: rule.changed; in order. Borrowed for the call. */
struct point_event {
    uint64_t seq;
    struct wall_time time;
    const char *kind, *who, *arguments;
};
bool reader_point_events(struct reader *reader, const char *device, const char *point,
                         bool (*each)(void *self, const struct point_event *event), void *self,
                         struct error *err);

/* Names from the store alone, for commands that run without settings' devices: the number of
 * "SITE/DEVICE/CHANNEL", 0 when it has no rows. */
uint32_t reader_point(struct reader *reader, const char *name);
/* Of a device, likewise. */
uint32_t reader_device(struct reader *reader, const char *site, const char *name);

#endif
