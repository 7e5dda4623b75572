/* probe_run.h - one run of `lookback probe`: what its files share. */
#ifndef APP_PROBE_RUN_H
#define APP_PROBE_RUN_H

#include <jansson.h>
#include <stdio.h>

#include "app/command.h"
#include "app/probe_conf.h"
#include "app/probe_direct.h"
#include "app/probe_known.h"
#include "app/probe_scan.h"
#include "app/probe_via.h"

enum { UNASKED_RANGE = 64 /* registers read of an area when none are named */ };

/* One run of the command. */
struct probing {
    const struct typed *typed;
    struct probe_options options;
    struct probe_target target;
    struct shelf *shelf;
    struct probe_direct direct;
    struct probe_via via; /* instead, with --via-collector */
    struct probe_way way;
    struct probe_scan scan;
    struct conf_pieces pieces;
    struct conf_device devices[FOUND_MAX];
    size_t device_count;
    bool answered; /* anybody, anything */
    struct overheard heard;
    json_t *units;
};

/* probe_unit.c: works on one unit, shows what was learned or adds it to the JSON, and adds its
 * pieces of settings. */
bool probe_unit(struct probing *probing, struct found_unit *found, struct error *err);

/* probe_say.c */
void probe_say_silence(const struct probing *probing, FILE *to);
void probe_say_scan(const struct probing *probing);
/* What a person with the display before them can do now about what is not known. */
void probe_say_next(const struct probing *probing);

bool probe_is_search(const struct probing *probing);   /* more than the units that were named */
bool probe_was_stopped(const struct probing *probing); /* by Ctrl-C */

#endif
