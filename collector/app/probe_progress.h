/* probe_progress.h - how far a search has come and how long it will still take.
 *
 * On a terminal a line that is written anew; else a line every few seconds; for a program nothing.
 */
#ifndef APP_PROBE_PROGRESS_H
#define APP_PROBE_PROGRESS_H

#include "report/progress.h"

#include "base/clock.h"

struct probe_progress {
    struct progress bar;
    bool shows;
    double done, total; /* milliseconds, as they were reckoned */
    struct mono_time begun, said;
};

void probe_progress_begin(struct probe_progress *progress, const char *what, bool shows);
/* `cost_ms` more is done; `where` says what is asked now. */
void probe_progress_step(struct probe_progress *progress, double cost_ms, const char *where);
void probe_progress_end(struct probe_progress *progress, bool done);

#endif
