/* probe_direct.h - the command asks on a line of its own. */
#ifndef APP_PROBE_DIRECT_H
#define APP_PROBE_DIRECT_H

#include "app/probe_line.h"
#include "app/probe_progress.h"
#include "app/probe_read.h"

struct probe_direct {
    struct probe_line *line; /* NULL: none is open */
    struct link_setup setup;
    bool silent; /* the last question had no answer: the next one is asked once */
    bool shows;  /* progress, of long work */
    bool stopped;
};

/* Refuses, with the holder's name, a serial port that somebody else has locked; says on standard
 * error (`shows`) when somebody just has it open. */
bool probe_direct_may_open(const struct link_setup *link, bool shows, struct error *err);

/* Opens the line so set, or leaves it where it is so set already. */
bool probe_direct_open(struct probe_direct *direct, const struct link_setup *setup,
                       struct error *err);
void probe_direct_close(struct probe_direct *direct);

/* A probe_way: `self` is the probe_direct, its line open. */
bool probe_direct_ask(void *self, const struct request *requests, size_t count,
                      struct probe_answer *answers, struct error *err);

#endif
