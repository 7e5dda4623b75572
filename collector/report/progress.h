/* progress.h - how far long work has come: a bar that moves on a terminal, else a line each tenth.
 *
 * Goes to standard error, so that an answer on standard output stays clean. One thread.
 */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

struct progress {
    FILE *to;
    bool moves;    /* a terminal */
    int shown;     /* permille shown last; -1: nothing yet */
    char what[64]; /* "导入" / "import" */
};

void progress_begin(struct progress *progress, const char *what);
/* `share` 0..1; `text` says where it is now, "" for nothing. Cheap when nothing would change. */
void progress_show(struct progress *progress, double share, const char *text);
/* Leaves a full bar, or (`done` false) the bar where it stopped, and a line end. */
void progress_end(struct progress *progress, bool done);

#endif
