/* child.h - lookback-report at work: a program of its own that draws what it is given.
 *
 * Started without a shell. What it draws goes into a file without a name, so that nothing is left
 * behind when either of us is killed. One thread.
 */
#ifndef REPORT_CHILD_H
#define REPORT_CHILD_H

#include <jansson.h>
#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct child {
    char program[PATH_MAX];
    const char *kind;
    pid_t pid;   /* 0: none runs */
    int to;      /* its standard input */
    int said;    /* what it wrote to standard error */
    bool broken; /* it no longer listens */
};

/* Where the program is: $LOOKBACK_REPORT, else beside ours (a build), else in
 * PREFIX/libexec/lookback. False with a sentence that says where it was looked for. */
bool child_find(char path[PATH_MAX], struct error *err);

/* The libraries it draws with, {"cairo":"1.16.0",…}; the caller ends it. */
json_t *child_versions(const char *program, const char *beside, struct error *err);

/* Starts it on `kind`; `out` (a descriptor, borrowed) is where it draws, `beside` where room for
 * temporary files is. Ended with child_end() or child_kill(). */
bool child_begin(struct child *child, const char *program, const char *kind, const char *beside,
                 int out, struct error *err);
/* A child that no longer listens is no error here: child_end() says why. */
bool child_give(struct child *child, const void *bytes, size_t size, struct error *err);
/* All is given: waits for it. False with its own sentence when it failed. */
bool child_end(struct child *child, struct error *err);
/* Ends one that may still run; fine on one that was never begun. */
void child_kill(struct child *child);

#endif
