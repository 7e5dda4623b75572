/* poller_parts.h - what the files of the poller share; for poller*.c alone.
 *
 * poller.c          devices: when they are due; start and stop
 * poller_line.c     a line: its exchange, the queue of devices that wait for it
 * poller_opening.c  its link: made, opened, given up, tried again
 * poller_asking.c   one poll: its requests in order, and what becomes of their answers
 * poller_refusals.c what a device refuses for good
 * poller_lessons.c  gaps of the read plan: tried, doubted, left out
 * poller_identity.c who answers: asked after each connection, and what follows from it
 * poller_guest.c    a request of somebody else, between two polls
 * poller_unit.c     whether a device answers, and what is said when that changes
 * poller_make.c     everything that is allocated, once
 * poller_status.c   what `status` shows, and what is counted for it
 *
 * A device costs about 600 bytes and 16 a channel, 500 more where its plan reads through gaps; a
 * TCP link with its exchange about 3.5 KiB.
 */
#ifndef FLOW_POLLER_PARTS_H
#define FLOW_POLLER_PARTS_H

#include "drivers/diagnosis.h"
#include "drivers/exchange.h"
#include "drivers/lessons.h"
#include "drivers/link.h"
#include "flow/agenda.h"
#include "flow/frames.h"
#include "flow/health.h"
#include "flow/poller.h"

enum { ANSWER_BUCKETS = 34, REFUSALS_MAX = 8, DUE_DEVICE = 1, DUE_LINE = 2 };

struct line;

/* Devices of one model and the same channels share these. */
struct plans {
    struct gaps gaps;
    struct plan full;    /* through all gaps */
    struct plan gapless; /* through none */
};

/* A request the device refuses for good. */
struct refusal {
    uint8_t area, cause;
    uint8_t times; /* in a row; 0: this place is free */
    uint16_t address, count;
    int64_t until_ns; /* left out until then */
};

/* Who a device is. Asked after the data of a poll, so that a dead unit costs no more for it. */
struct identifying {
    struct identity_terms terms;
    struct identity_heard heard; /* the last time it was asked */
    enum identity_verdict verdict;
    struct identity_heard wrong; /* as what it was told to be another */
    bool asked;                  /* ever, with an answer to every item */
    bool told;                   /* that what it should be cannot be read */
    unsigned changes;            /* that were told of since the first of them… */
    int64_t changes_until_ns;    /* …for an hour from there */
    unsigned failures;           /* askings in a row that left an item unread */
    uint32_t connection;         /* of the line, when it was last asked */
    int64_t again_ns;
};

struct device {
    struct device_setup setup;
    struct identifying *identifying; /* NULL: its profile has no identity */
    struct line *line;
    const struct plans *plans;
    bool owns_plans;
    const struct plan *plan; /* of its next poll: one of `plans`, or `own` */
    struct plan *own;        /* room for one that leaves some gaps out; NULL: it has none */
    uint64_t open;           /* the gaps `plan` reads through */
    struct taught taught;
    struct refusal refusals[REFUSALS_MAX];
    uint8_t all_refused; /* polls in a row that were refused whole */
    uint32_t told;       /* exceptions somebody was told of: bit (code modulo 32) */
    struct agenda_entry entry;
    int64_t phase_ms;
    int64_t ticked_ns;     /* the last tick that was polled, skipped or counted */
    int64_t due_ns;        /* of the tick it waits for the line with; 0: none */
    struct device *behind; /* in the line's queue */
    bool queued;
    bool owed;   /* was due while the link was down */
    bool silent; /* counted as such in the line's health */
    struct backoff backoff;
    enum device_state state;
    struct wall_time since, last_good, read_at;
    int64_t missed; /* polls missed or failed since the last answer */
    struct mono_time silent_since;
    int64_t warm_until_ns;
    uint64_t polls, skipped;
    uint32_t errors[CAUSE_COUNT];
    uint16_t answers[ANSWER_BUCKETS]; /* how long answers took, in half powers of two */
    struct reading *readings;         /* of the last poll */
    bool has_readings;
};

/* The poll under way on a line. */
struct asking {
    struct device *device; /* NULL: none */
    const struct plan *plan;
    size_t at;   /* the request under way */
    bool paused; /* the device is busy, asleep or waking; asked (again) at `resume_ns` */
    unsigned busy_tries, first_tries;
    bool identifying; /* the data is in; `item` of its identity is asked */
    size_t item;
    bool withheld;   /* it is not the device it should be */
    uint64_t blamed; /* gaps of the request that failed and was cut; 0: none */
    uint8_t blamed_cause;
    size_t cut_at, cut_end; /* its pieces in the plan */
    unsigned pieces_answered, pieces_refused;
    bool leaves_out;                   /* what the device refuses for good */
    bool heard;                        /* the unit said something */
    unsigned asked, answered, refused; /* requests that want data */
    int64_t resume_ns;
    int64_t begun_ns;
    struct wall_time time; /* of the first answer */
    struct mono_time mono;
    bool stamped;
    size_t block_count;
    size_t raw_size;
};

/* The one guest of a line. */
struct line_guest {
    struct poller_guest asked;
    bool waiting;   /* for its turn */
    bool under_way; /* the exchange is its */
    bool went_last; /* the last exchange but was its: a device that waits goes first now */
    bool telling;   /* it is being told; the line goes on by itself afterwards */
    bool failing;   /* it is being told that the link cannot be had */
};

enum line_state {
    LINE_SHUT, /* not open, for no bad reason */
    LINE_OPENING,
    LINE_RESTING, /* open, and given `after_connect` to settle */
    LINE_UP,
    LINE_DOWN, /* it could not be opened; tried again at backoff.next */
};

struct line {
    struct poller *poller;
    struct link_setup setup;
    struct link *link;
    struct exchange exchange;
    struct exchange_doubt *doubts;
    struct diagnosis diagnosis;
    struct finding finding; /* as it was last told */
    enum line_state state;
    unsigned calls; /* dialin: how often it came back, and its devices were due at once… */
    int64_t calls_until_ns; /* …in a minute that ends here */
    uint32_t connection;    /* rises with each one */
    bool pumping;
    bool nought_told;
    struct agenda_entry entry;
    int64_t wakes_at;            /* what its own timer is set for; 0: nothing */
    struct device **devices;     /* the line's, `health.units` of them */
    struct device *first, *last; /* those that wait for it */
    struct asking asking;
    struct line_guest guest;
    int last_unit;       /* asked on it; -1: none yet */
    struct plan *detour; /* of the poll under way, once a read through gaps failed in it */
    size_t block_room, raw_room;
    struct block *blocks;
    uint8_t *raw;
    struct frames frames; /* of the poll under way */
    struct line_health health;
    struct backoff backoff;
    uint64_t seed;
    bool up, was_up;
    struct wall_time since;
    struct mono_time changed; /* up or down */
    uint8_t cause;
    char why[200];
    int64_t busy_ns;
};

struct poller {
    uv_loop_t *loop;
    struct poller_setup setup;
    struct line *lines;
    struct dialin_hall *hall; /* NULL: no link is dialled in to */
    struct device *devices;
    struct reading *readings; /* all devices' */
    struct device **devices_by_line;
    uint8_t *frames; /* all lines'; a page is used when a line's frames are first kept */
    struct agenda agenda;
    uv_timer_t timer;
    uv_prepare_t prepare;
    int64_t armed_ns;  /* what the timer is set for; INT64_MAX: nothing */
    int64_t offset_ns; /* wall clock minus monotonic clock, followed in steps */
    struct mono_time started;
    bool running;
    size_t open_handles; /* while stopping */
    void (*stopped)(void *);
    void *stopped_self;
    struct poller_totals totals;
    struct reading scratch[POLL_READINGS_MAX];
};

/* poller.c ------------------------------------------------------------------------------------ */
struct mono_time poller_now(const struct poller *poller);
struct wall_time poller_wall(const struct poller *poller); /* WALL_NONE while not trusted */
void poller_wake_at(struct poller *poller, struct agenda_entry *entry, int64_t at_ns,
                    int64_t order);
/* The device's poll is over or was not begun: when is it due again? */
void device_schedule(struct device *device, bool polled, struct mono_time now);
void device_skip(struct device *device);
bool device_has_room(struct device *device); /* false: the poll is skipped and counted */

/* poller_line.c ------------------------------------------------------------------------------- */
/* Does what can be done on the line now. */
void line_go(struct line *line, struct mono_time now);
void line_queue(struct line *line, struct device *device);
struct device *line_next_in_queue(struct line *line); /* taken out; NULL: nobody waits */
/* How long asking a dead unit takes the line, at most. */
int64_t line_probe_cost_ns(const struct line *line, const struct device *device);
int64_t line_guard_ns(const struct line *line);
/* How often the device asked most often on it is asked. */
int64_t line_period_ms(const struct line *line);

/* poller_opening.c ---------------------------------------------------------------------------- */
bool line_init(struct line *line, struct poller *poller, const struct link_setup *setup,
               struct error *err);
void line_end(struct line *line, void (*ended)(void *), void *self);
/* May have gone on, or failed, when it returns. */
void line_open(struct line *line, struct mono_time now);
/* The link is shut, for this reason (struct link_user). */
void line_fell(void *self, enum cause cause, const char *why);
void line_due(struct line *line, struct mono_time now); /* its entry in the agenda */

/* poller_asking.c ----------------------------------------------------------------------------- */
int64_t device_timeout_ns(const struct device *device);
void asking_begin(struct line *line, struct device *device, struct mono_time now);
/* A request has been sent: the first of a poll says how late its tick is. */
void asking_sent(struct line *line);
/* The exchange is over: takes its result in, begins the next request or ends the poll. */
void asking_go_on(struct line *line, struct mono_time now);
void asking_resume(struct line *line, struct mono_time now); /* after a busy device's pause */
/* The link cannot be had: a poll without answers for this device. */
void asking_fail(struct line *line, struct device *device, enum cause cause, struct mono_time now);

/* poller_status.c ----------------------------------------------------------------------------- */
void totals_answer(struct poller_totals *totals, int64_t took_ns);
void totals_late(struct poller_totals *totals, int64_t late_ns);

/* poller_lessons.c ---------------------------------------------------------------------------- */
/* What it taught before. */
void lessons_begin(struct device *device);
/* The plan a poll begins with. */
const struct plan *lessons_plan(const struct device *device);
/* A read through gaps failed: true when the poll goes on without them. */
bool lessons_cut(struct line *line, const struct exchange_result *result);
/* A request of the plan was answered or refused; `asking.at` is still on it. */
void lessons_note(struct line *line, const struct exchange_result *result);
/* The poll is over: what it taught, and how the next one asks. */
void lessons_conclude(struct line *line);
/* It answers again after a silence. */
void lessons_came_back(struct device *device);

/* poller_guest.c ------------------------------------------------------------------------------ */
bool guest_goes_first(const struct line *line);
bool guest_begin(struct line *line, struct mono_time now); /* false: none waits */
void guest_over(struct line *line, struct mono_time now);  /* the exchange is, its result stands */
/* The link cannot be had, or the poller stops: nothing happens when there is no guest. */
void guest_fail(struct line *line, enum cause cause, struct mono_time now);

/* poller_refusals.c --------------------------------------------------------------------------- */
/* Exceptions 1 to 3. */
bool refusal_is_permanent(const struct exchange_result *result);
/* What came of one request for data. */
void refusals_note(struct device *device, const struct planned *planned,
                   const struct exchange_result *result, struct mono_time now);
/* Whether requests of this poll may be left out at all; and whether this one is, with its cause. */
bool refusals_apply(struct device *device, const struct plan *plan, struct mono_time now);
bool refusals_leave_out(struct device *device, const struct planned *planned, struct mono_time now,
                        enum cause *cause);
void refusals_conclude(struct device *device, const struct asking *asking);
/* How long a device that refuses everything is left alone; 0: it does not. */
int64_t refusals_wait_ns(const struct device *device);
void refusals_forget(struct device *device); /* it was away: perhaps it is another one now */

/* poller_identity.c --------------------------------------------------------------------------- */
bool identity_init(struct device *device); /* false: no memory */
/* The data of a poll is in: whether its device is to be asked who it is, in the same poll. */
bool identity_is_due(const struct line *line, struct mono_time now);
void identity_begin(struct line *line);
struct planned identity_request(const struct asking *asking);
/* Takes one answer in; true: there is another item to ask. */
bool identity_take(struct line *line, const struct exchange_result *result);
/* The poll is over: what was heard is judged, remembered and told. */
void identity_conclude(struct line *line, struct mono_time now);
bool identity_is_wrong(const struct device *device);

/* poller_unit.c ------------------------------------------------------------------------------- */
/* Believed to be dead: one asking is enough, and it costs the line less. */
bool device_is_probed(const struct device *device);
/* A poll of it is over, with a word of the unit or without. */
void device_answered(struct line *line, struct device *device, struct mono_time now);
void device_failed(struct line *line, struct device *device, struct mono_time now);
/* Its link could not be had: nothing is known of the unit itself. */
void device_unreached(struct device *device, struct mono_time now);

#endif
