/* courier.h - what the thread of one output stands on: where entries come from, how it says how it
 * goes, how it waits.
 *
 * sender.c owns the thread, the status and the notices; a courier (line_courier.c, mqtt_courier.c,
 * rectification_courier.c) is what runs in it. The source is the store and the recorder; tests put
 * their own in its place.
 */
#ifndef OUTPUT_COURIER_H
#define OUTPUT_COURIER_H

#include "output/sender.h"
#include "store/reader.h"
#include "store/seals.h"

/* Where entries come from. items, move, refuse: the sender's thread only; `wait` too, and it is
 * woken by `wake` from any thread. backlog and quarantined: any thread. Semantics as in reader.h
 * and recorder.h. */
struct source {
    bool (*items)(void *self, uint64_t after, unsigned wanted, size_t most, struct item *items,
                  size_t *count, uint64_t *reached, struct error *err);
    bool (*problems)(void *self, const char *state, bool (*each)(void *of, const char *body),
                     void *of, struct error *err);
    uint64_t (*cursor)(void *self);
    uint64_t (*wait)(void *self, uint64_t seq, int64_t timeout_ms);
    void (*wake)(void *self);
    void (*move)(void *self, uint64_t seq);
    void (*refuse)(void *self, uint64_t seq, const char *reason);
    uint64_t (*backlog)(void *self, uint64_t after, struct wall_time *oldest);
    uint64_t (*quarantined)(void *self);
    void (*close)(void *self); /* may be NULL */
    /* The newest sealed head (without its path), for who leaves heads outside. False: none yet, or
     * it cannot be read. The sender's thread. */
    bool (*seal)(void *self, struct sealed *sealed);
    /* Whether the store knows that this head was left, as `kind`, under this name. The sender's
     * thread. */
    bool (*is_anchored)(void *self, uint64_t segment, const char *kind);
    /* A head was left, as recorder_anchor(), under the output's name. */
    void (*anchor)(void *self, uint64_t segment, const char *kind, const void *body, size_t size);
    /* Rectification only. `act`: as recorder_act(). `events`: the sender's thread, as
     * reader_events(). */
    void (*act)(void *self, struct act *act);
    bool (*events)(void *self, const char *kind,
                   bool (*each)(void *of, uint64_t seq, struct wall_time time, const char *who,
                                const char *arguments),
                   void *of, struct error *err);
    void *self;
};

/* The store and the recorder as a source: cursor, refusals and anchors go under `name`, which is
 * borrowed for life. */
bool store_source_open(const char *name, const char *store_dir, struct recorder *recorder,
                       struct source *source, struct error *err);

/* As sender_start(), with another source; it is taken, also on failure. */
struct sender *sender_start_on(const struct sender_setup *setup, const struct source *source,
                               struct error *err);

/* One kind of output. All calls come from the sender's thread but `wake` (any) and `open` (whoever
 * starts the sender). */
struct courier {
    void *(*open)(struct sender *sender, struct error *err);
    void (*run)(void *self); /* returns once sender_is_stopping() */
    void (*wake)(void *self);
    void (*close)(void *self);
};

extern const struct courier line_courier;
extern const struct courier mqtt_courier;
extern const struct courier rectification_courier;

const struct sender_setup *sender_its_setup(const struct sender *sender);
const struct source *sender_its_source(const struct sender *sender);
bool sender_is_stopping(struct sender *sender);
/* True once after sender_rewind(); `seq` gets where to start again. The cursor has been moved. */
bool sender_take_rewind(struct sender *sender, uint64_t *seq);

/* What is confirmed by now; not yet committed, perhaps. */
uint64_t sender_its_cursor(struct sender *sender);
/* The other side has everything up to `seq`; `readings` of them are new. */
void sender_confirm(struct sender *sender, uint64_t seq, uint64_t readings);
/* The other side refuses this entry for good: kept aside with its reason. */
void sender_quarantine(struct sender *sender, uint64_t seq, const char *reason);

/* It works, or works again: state ok, notice ended. */
void sender_works(struct sender *sender);
/* It does not. Waiting becomes a notice when it lasts more than 10 s, held at once. */
void sender_fails(struct sender *sender, enum sender_state state, const struct error *why);
/* Waits `ms`, or until stop or rewind. */
void sender_pause(struct sender *sender, int64_t ms);

#endif
