/* probe_options.h - what was asked of `lookback probe`. */
#ifndef APP_PROBE_OPTIONS_H
#define APP_PROBE_OPTIONS_H

#include "app/command.h"
#include "app/probe_match.h"

enum { PROBE_LINES_MAX = 24 };

/* How a serial line is set. */
struct probe_framing {
    int baud;
    char parity; /* 'N', 'E', 'O' */
};

struct probe_options {
    const char *link;
    int unit; /* -1: not said */
    bool scan, all, via;
    bool units[256]; /* to be scanned; none: all */
    bool some_units;
    bool reads;
    struct probe_range range;
    struct expected expected[EXPECTED_MAX];
    size_t expected_count;
    int64_t timeout_ms;                             /* 0: not said */
    struct probe_framing framings[PROBE_LINES_MAX]; /* --baud and --parity */
    size_t framing_count;                           /* 0: not said */
};

/* 0, or the exit code after the fault was printed. */
int probe_options_read(struct probe_options *options, const struct typed *typed);

#endif
