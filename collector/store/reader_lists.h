/* reader_lists.h - problems, tasks and what people did, a page at a time: for a browser, while a
 * town may have a hundred thousand of each.
 *
 * A page goes on behind the last row of the one before, so rows that come or go between two pages
 * make no row appear twice or be passed over. The work of a call is bounded: it looks at no more
 * than LIST_LOOKED rows, so a page of a narrow wish may hold few rows, or none, and yet not be the
 * last. As reader.h: one thread at a time, nothing held between calls.
 */
#ifndef STORE_READER_LISTS_H
#define STORE_READER_LISTS_H

#include "store/reader.h"

enum { LIST_LOOKED = 2000, LIST_UID_SIZE = 33, LIST_ID_SIZE = 64 };

/* Behind which problem a page begins; LIST_FIRST: the newest. A uid of "": there is no next page.
 */
struct problem_place {
    int64_t first_ms;
    char uid[LIST_UID_SIZE];
};
#define LIST_FIRST ((struct problem_place){.first_ms = INT64_MAX})

struct problems_wish {
    const char *nature;                               /* "breach" or "doubt" */
    const char *state, *kind, *site, *village, *task; /* NULL: any */
    const bool *acknowledged;                         /* NULL: either */
    struct problem_place behind;
    size_t most;
};
/* Newest first. `body` is the contract's JSON. */
bool reader_problem_page(struct reader *reader, const struct problems_wish *wish,
                         bool (*each)(void *self, const char *body), void *self,
                         struct problem_place *next, struct error *err);
/* Problems whose uid begins with `digits` (lower case), by uid, at most `most`. */
bool reader_problem_uids(struct reader *reader, const char *digits, size_t most,
                         bool (*each)(void *self, const char *uid, const char *body), void *self,
                         struct error *err);
/* The newest `most` breaches that name a task or stand at its points, newest first. */
bool reader_task_problems(struct reader *reader, const char *task, const char *const *points,
                          size_t point_count, size_t most,
                          bool (*each)(void *self, const char *body), void *self,
                          struct error *err);
/* The last `most` episodes of a problem, in order. */
struct episode_row;
bool reader_newest_episodes(struct reader *reader, const char *uid, size_t most,
                            bool (*each)(void *self, const struct episode_row *row), void *self,
                            struct error *err);

struct tasks_wish {
    const char *state, *category, *village, *owner, *site; /* NULL: any */
    const char *states;                /* NULL, or a JSON list of states it must be one of */
    const char *due_from, *due_before; /* NULL, or from which deadline to before which */
    const char *words;                 /* NULL, or what stands in id, title, measure or owner */
    const char *behind;                /* an id, which need not exist; "": from the first */
    size_t most;
};
/* In the order of their ids. `relapses` as of reader_tasks(), at most the newest LIST_RELAPSES. A
 * `next` of "": there is no next page. */
enum { LIST_RELAPSES = 200 };
bool reader_task_page(struct reader *reader, const struct tasks_wish *wish,
                      bool (*each)(void *self, const char *body, const char *relapses), void *self,
                      char next[LIST_ID_SIZE], struct error *err);
/* The same of one task: called once, or never when there is none. */
bool reader_task(struct reader *reader, const char *id,
                 bool (*each)(void *self, const char *body, const char *relapses), void *self,
                 struct error *err);

/* How many tasks there are of each state, and of them with a deadline before `today`, and from
 * today to `soon`. */
bool reader_due_counts(struct reader *reader, const char *today, const char *soon,
                       bool (*each)(void *self, const char *state, int64_t count, int64_t past,
                                    int64_t due),
                       void *self, struct error *err);
/* The different villages of tasks; who they are asked of (the unit, else the lead, else the
 * person). By their bytes, at most `most`. */
bool reader_task_villages(struct reader *reader, size_t most,
                          bool (*each)(void *self, const char *words), void *self,
                          struct error *err);
bool reader_task_owners(struct reader *reader, size_t most,
                        bool (*each)(void *self, const char *words), void *self, struct error *err);

/* The last `most` acts of people on a problem (its uid), a task (its id) or a device
 * ("SITE/DEVICE", its maintenance), in order. */
bool reader_deeds(struct reader *reader, const char *subject, size_t most,
                  bool (*each)(void *self, uint64_t seq, const char *kind, struct wall_time time,
                               const char *who, const char *arguments),
                  void *self, struct error *err);

/* The first and the last day that any of these points has an aggregate of; WALL_NONE: none has. */
bool reader_days(struct reader *reader, const uint32_t *points, size_t count,
                 struct wall_time *first, struct wall_time *last, struct error *err);

#endif
