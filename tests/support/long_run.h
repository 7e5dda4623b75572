/* long_run.h - what the parts of the long run share; for long_run*.c alone.
 *
 * long_run.c           options, the run itself, the verdict
 * long_run_judge.c     each poll and each exchange, as it ends
 * long_run_town.c      links, devices and liars, and the profile that reads their cells
 * long_run_recovery.c  after the run: the liars' logs, faults by kind, how soon a good reading came
 */
#ifndef TESTS_LONG_RUN_H
#define TESTS_LONG_RUN_H

#include "flow/poller.h"
#include "liar_oracle.h"

enum {
    RUN_LINKS = 200,
    RUN_CELLS = 5, /* a device is asked for five cells in four requests */
    RUN_CHANNELS = RUN_CELLS * CELL_WORDS,
    RUN_LIARS = 2, /* the first lies all the time, the second once in a while */
    LIAR_STORM = 0,
    LIAR_CALM = 1,
    GRID_MS = 10, /* the loop's own places: a timeout on TCP is noticed that much later at most */
};

struct run_options {
    long exchanges, seconds; /* whichever is first */
    uint64_t seed;
    long tcp, pty, rtu_tcp; /* links of each liar */
    long units;             /* devices on each link */
    long timeout_ms, guard_ms, every_ms, calm;
    double rate;
    const char *faults;
    const char *dir; /* of the liars' logs; NULL: a temporary one, removed */
    bool verbose;
};

/* From one moment to another: an exchange that took too long; a time a process was not let run; a
 * false value, from when it was asked for to when it was called good. */
struct span {
    int64_t from_ns, to_ns, limit_ns;
};

struct spans {
    struct span *list;
    size_t count, room;
};

/* A good poll of one device. */
struct run_device {
    size_t liar;
    unsigned link; /* of its liar */
    uint8_t unit;
    enum liar_wire wire;
    int64_t *good_ns;
    size_t good_count, good_room;
};

/* One child process. */
struct run_liar {
    int pid;
    int mouth; /* its standard input: it ends when this is closed */
    char log[300];
    struct spans stalls; /* of the liar itself */
    struct spans false_values;
    enum liar_wire wires[RUN_LINKS];
    size_t link_count;
};

struct run {
    struct run_options options;
    char dir[200];
    struct run_liar liars[RUN_LIARS];
    struct link_setup *links;
    size_t link_count;
    struct device_setup *devices;
    struct run_device *facts;
    size_t device_count;
    struct profile profile;
    struct channel channels[RUN_CHANNELS];
    const struct channel *wanted[RUN_CHANNELS];
    uint32_t points[RUN_CHANNELS];
    uv_loop_t loop;
    struct poller *poller;
    uint64_t cells, falsehoods[FALSE_COUNT];
    uint64_t exchanges, by_cause[CAUSE_COUNT];
    int64_t longest_ns;
    struct spans overdue, stalls;
    int64_t last_turn_ns, ended_ns;
};

/* long_run_town.c ------------------------------------------------------------------------------ */
/* Which cell is where: unit's function and address of each. */
uint8_t run_cell_function(size_t cell);
uint16_t run_cell_address(size_t cell);
void run_build(struct run *run); /* ends the program when it cannot */
void run_end_liars(struct run *run);

/* long_run_recovery.c -------------------------------------------------------------------------- */
/* Reads the liars' logs; prints faults by kind and recoveries. Returns how many faults were not
 * those of the seed, or were followed by a good reading too late. */
size_t run_recovery(struct run *run);

/* long_run_judge.c ----------------------------------------------------------------------------- */
/* What the poller calls. */
void run_poll_done(void *self, const struct poll *poll);
void run_exchange_done(void *self, size_t device, const struct exchange_result *result);
/* What an exchange may take from its first byte sent to its end. */
int64_t run_deadline_ns(const struct run *run, enum liar_wire wire);
void keep_span(struct spans *spans, int64_t from_ns, int64_t to_ns, int64_t limit_ns);
/* How much of a span lies in these. */
int64_t spans_within(const struct spans *spans, const struct span *span);

#endif
