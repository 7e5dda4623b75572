#include "app/probe_progress.h"

#include <stdio.h>

#include "base/say.h"

enum { SAY_EVERY_S = 3 };

void probe_progress_begin(struct probe_progress *progress, const char *what, bool shows)
{
    *progress = (struct probe_progress){.shows = shows};
    progress->begun = progress->said = clock_mono(clock_system());
    progress_begin(&progress->bar, what);
}

/* By what was reckoned and what it really took so far. */
static int seconds_left(const struct probe_progress *progress, struct mono_time now)
{
    double took = (double)(now.ns - progress->begun.ns) / 1e9;
    double share = progress->done / progress->total;

    return share > 0.0 ? (int)(took / share - took + 0.5) : 0;
}

void probe_progress_step(struct probe_progress *progress, double cost_ms, const char *where)
{
    struct mono_time now = clock_mono(clock_system());
    char words[200];
    int left;

    progress->done += cost_ms;
    if (!progress->shows || progress->total <= 0.0)
        return;
    if (!progress->bar.moves && now.ns - progress->said.ns < (int64_t)SAY_EVERY_S * 1000000000)
        return;
    progress->said = now;
    left = seconds_left(progress, now);
    if (left >= 120)
        snprintf(words, sizeof words, SAY("%s，约还需 %d 分钟", "%s, about %d min left"), where,
                 (left + 59) / 60);
    else
        snprintf(words, sizeof words, SAY("%s，约还需 %d 秒", "%s, about %d s left"), where, left);
    if (!progress->bar.moves)
        progress->bar.shown = -1; /* the bar itself speaks at each tenth only */
    progress_show(&progress->bar, progress->done / progress->total, words);
}

void probe_progress_end(struct probe_progress *progress, bool done)
{
    if (progress->shows && progress->bar.shown >= 0)
        progress_end(&progress->bar, done && progress->bar.moves);
}
