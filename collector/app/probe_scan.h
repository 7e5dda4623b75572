/* probe_scan.h - who is on a line: unit ids asked one after another, on a serial line over several
 * line settings, the likely ones first.
 *
 * A unit is found when it answers, be it with a refusal; only a gateway's word that nobody is
 * behind it (exceptions 10 and 11) is none. The search ends with the line setting that gave
 * answers, unless all are wanted: units set otherwise stay unfound, which is said.
 */
#ifndef APP_PROBE_SCAN_H
#define APP_PROBE_SCAN_H

#include "app/probe_line.h"
#include "app/probe_options.h"
#include "app/probe_progress.h"
#include "app/shelf.h"

enum { FOUND_MAX = 256 };

struct found_unit {
    uint8_t unit;
    bool answered;          /* it was searched for, not just named */
    struct link_setup line; /* as it was set then */
    bool refused;           /* it answered with an exception */
    uint8_t exception;
    int64_t took_ms;
};

struct probe_scan {
    /* given */
    const struct probe_options *options;
    const struct link_setup *link;
    bool named; /* the link is in the settings: its own line setting goes first */
    const struct shelf *shelf;
    bool shows; /* progress */
    /* found out */
    struct found_unit found[FOUND_MAX];
    size_t count;
    bool ignores_units; /* TCP: it answers as whichever unit is asked */
    bool stopped;       /* by Ctrl-C */
    size_t lines_tried, lines_left;
    struct overheard heard; /* where nobody answered */
    size_t noisy;           /* line settings at which bytes came and no unit was found */
};

/* False with a sentence when the port or host cannot be had at all. */
bool probe_scan(struct probe_scan *scan, struct error *err);

/* How long a unit is waited for in a search, when nothing else is said. */
int64_t probe_scan_timeout_ms(const struct link_setup *link);
/* What a search asks: --read, else the first holding register. */
struct probe_range probe_scan_question(const struct probe_options *options);
/* Whether an answer means that somebody is there. */
bool probe_is_somebody(const struct probe_answer *answer);

/* Unit ids in the order they are tried; returns how many. `wanted` (256) may leave some out. */
size_t probe_scan_units(bool tcp, const bool *wanted, uint8_t units[256]);

/* "9600 8N1"; "" where a link has none. */
char *probe_framing_text(const struct link_setup *link, char *out, size_t size);

#endif
