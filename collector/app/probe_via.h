/* probe_via.h - the running collector asks in our place, between its polls (act link.probe). */
#ifndef APP_PROBE_VIA_H
#define APP_PROBE_VIA_H

#include "app/probe_scan.h"
#include "app/probe_target.h"

struct probe_via {
    const char *store_dir;
    const char *link;
    int64_t timeout_ms; /* 0: the link's */
    bool shows;         /* progress */
    bool stopped;       /* by Ctrl-C */
    struct error *err;
};

/* Sets up Ctrl-C: what was answered until then is kept. */
void probe_via_begin(struct probe_via *via);

/* A probe_way: `self` is the probe_via. One act for all questions, which name one unit. */
bool probe_via_ask(void *self, const struct request *requests, size_t count,
                   struct probe_answer *answers, struct error *err);

/* Asks for the units of the options on the line as the collector has it. */
bool probe_via_scan(struct probe_via *via, struct probe_scan *scan, struct error *err);

#endif
