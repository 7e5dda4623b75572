/* demo_ledger.h - the sample ledger, config/tasks-sample.csv, for the demo's town. */
#ifndef APP_DEMO_LEDGER_H
#define APP_DEMO_LEDGER_H

#include <jansson.h>

#include "town/settings.h"

/* The arguments of the act tasks.import at that moment: what the sample says was struck off later
 * is still being rectified then. NULL with a sentence; the caller ends it. */
json_t *demo_ledger(const struct settings *settings, struct wall_time now, struct error *err);

/* Takes it into the store now, while no collector runs on it. After a history only what nothing
 * watches here: the others are as the history has left them. */
bool demo_ledger_load(const struct settings *settings, bool after_history, struct error *err);

#endif
