/* probe_scan_parts.h - what the two files of the search share; for probe_scan*.c alone. */
#ifndef APP_PROBE_SCAN_PARTS_H
#define APP_PROBE_SCAN_PARTS_H

#include "app/probe_scan.h"

enum { LIKELY = 5, RECENT = 4 /* who may have answered late */, QUESTIONS_MAX = 256 };

extern const uint8_t scan_likely[LIKELY]; /* unit ids as delivered */

struct asked {
    uint8_t unit;
    struct request question;
};

/* A search under way. */
struct search {
    struct probe_scan *scan;
    struct error *err;
    struct probe_line *line; /* NULL: none is open */
    struct link_setup setup;
    struct probe_progress progress;
    struct probe_framing framings[PROBE_LINES_MAX];
    size_t framing_count, framing;
    struct request question; /* what units are asked; its unit is filled in */
    struct request known[QUESTIONS_MAX];
    const struct profile *known_of[QUESTIONS_MAX];
    size_t known_count;
    bool was_asked[256]; /* `question`, at this line setting */
    struct asked recent[RECENT];
    size_t recent_count;
    unsigned slow_rounds;
    bool bytes_came; /* at this line setting */
    bool settled;    /* somebody was found: the rest is reckoned anew */
    bool failed;     /* the line cannot be used any more */
};

/* probe_scan_ask.c: one line setting, one question. -------------------------------------------- */

bool scan_is_serial(const struct search *search);
/* What one question costs that nobody answers, in milliseconds. */
double scan_cost_of(const struct search *search);
/* Opens the line with the framing of this index; false: it cannot be used any more. */
bool scan_open(struct search *search, size_t framing);
/* It cannot be used any more, or Ctrl-C came. */
bool scan_is_over(const struct search *search);
/* Asks the unit, keeps it when it answers, and asks again those that may have answered late. */
void scan_ask(struct search *search, uint8_t unit, const struct request *question);

#endif
