/* history.h - a year of the demo's town before the demo: the story's readings and deeds go through
 * the same recorder, judge and store as live ones. */
#ifndef APP_HISTORY_H
#define APP_HISTORY_H

#include "town/settings.h"

/* Fills the store of `settings` (their devices' intervals are the story's meanwhile) with the
 * `lasts_ms` that end at `end`, told by the story in `path`. `begin` is called once with the open
 * past, at its first moment: to load the ledger. `progress` gets the share done, now and then. */
struct past;
struct history {
    const char *path;
    struct wall_time end;
    int64_t lasts_ms;
    bool (*begin)(void *self, struct past *past, struct error *err);
    void (*progress)(void *self, double share, struct wall_time now);
    void *self;
};
bool history_fill(struct settings *settings, const struct history *history, struct error *err);

#endif
