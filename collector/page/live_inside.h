/* live_inside.h - what the live views remember between questions. Inside page/ only.
 *
 * Made of the recorder's latest readings and a copy of the station, both from memory, and of two
 * short queries that are asked again only when a commit has changed what they read. One thread's;
 * it ends with its thread.
 */
#ifndef PAGE_LIVE_INSIDE_H
#define PAGE_LIVE_INSIDE_H

#include "page/route.h"
#include "record/latest.h"
#include "report/bytes.h"
#include "report/status.h"

#define LIVE_JSON "application/json; charset=utf-8"

enum {
    LIVE_FRESH_MS = 1000, /* a copy of the station serves so long */
    LIVE_ROW_SIZE = 1024, /* a row as JSON, at most */
};

/* A limit in force: NAN where there is none on that side. */
struct live_limit {
    double low, high;
    enum period on; /* what is held against it: a reading, or a mean of an hour, a day */
};

/* One that is not closed. */
struct live_problem {
    size_t json, json_size; /* as /now shows it: where in `problem_words` */
    json_t *body;           /* the whole of it, until it stands there */
    uint32_t site;
    bool open, doubt, relapse;
    struct wall_time opened; /* the last time it began */
    struct wall_time ended;
    json_t *relapse_of; /* ids of tasks; NULL: none */
};

struct live_tasks {
    unsigned open, watching, relapsed, overdue;
};

struct live {
    struct page_host host;
    uint64_t salt;                 /* of this run's versions */
    struct latest_reading *latest; /* by the point's place in the catalog */
    struct live_limit *limits;     /* likewise, at `limits_day` and by day or night */
    struct wall_time limits_day;
    bool limits_night;
    uint32_t *devices;                  /* places of the active devices, site by site */
    uint32_t *site_devices;             /* where each site's begin; one more at the end */
    const struct device_copy **status;  /* of the device at each place, in the copy looked at now */
    uint64_t problems_news, tasks_news; /* + 1; 0: never read */
    struct wall_time tasks_day;
    struct live_problem *problems; /* newest first */
    size_t problem_count, problem_room;
    struct bytes problem_words; /* of all, one after the other: there may be thousands */
    char (*doubts)[NAME_SIZE];  /* by the point's place: the newest open doubt's word, "" */
    json_t **point_tasks;       /* by the point's place: ids; NULL: none */
    struct live_tasks *tasks;   /* by site */
    int64_t stale_ns;           /* when the next value goes stale, INT64_MAX: none will */
    uint64_t stales;            /* rises when one has */
    uint64_t held;              /* the part of live_version_held() that stands until `held_until` */
    struct mono_time held_since, held_until;
};

/* Of this thread and host. NULL: no memory. It ends with the thread, which ends before the host;
 * live_forget() ends it sooner. */
struct live *live_of(const struct page_host *host);
void live_forget(void);

/* At most once a day and once a night. */
void live_look_up_limits(struct live *live);

/* Each answers for itself and gives false when it cannot. */
struct live *live_begin(struct call *call); /* live_of(), with latest and limits of the moment */
bool live_read_problems(struct live *live, struct call *call);
bool live_read_tasks(struct live *live, struct call *call);

/* A number that differs when anything of the latest readings, problems, tasks, notices or states
 * may have changed. */
uint64_t live_version(const struct call *call);
/* The same, but where making an answer is dear, readings and problems change it only when the one
 * before has stood for a while: two seconds at most. */
uint64_t live_version_held(const struct call *call);
void live_hold(struct live *live, struct mono_time began); /* making it has just ended */
struct wall_time live_now(const struct page_host *host);   /* WALL_NONE while not trusted */

/* Nothing for three of its intervals, and for ten seconds at least; nothing in this run; nothing
 * ever. */
bool live_is_stale(const struct live *live, uint32_t place, struct mono_time now);
/* Finds out when the next value goes stale. */
void live_note_stale(struct live *live, struct mono_time now);
/* The point's row; `text` has LIVE_ROW_SIZE bytes left. */
void live_row(const struct live *live, uint32_t place, struct mono_time now, struct text *text);
void live_add_time(struct text *text, struct wall_time time);

/* A copy of the station to be released; NULL: there is none yet, which has been answered. */
const struct status_copy *live_copy(struct call *call);
/* Ends the answer with `json`, taken, numbers as short as `lookback status` has them. */
void live_answer(struct call *call, json_t *json);

/* live_now.c, live_lists.c, live_town.c */
void live_answer_now(struct call *call);
void live_answer_latest(struct call *call);
void live_answer_points(struct call *call);
void live_answer_devices(struct call *call);
void live_answer_town(struct call *call);
void live_answer_plan(struct call *call);

#endif
