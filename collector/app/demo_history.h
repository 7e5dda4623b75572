/* demo_history.h - `demo --history`: the year before the demo, with a progress bar. */
#ifndef APP_DEMO_HISTORY_H
#define APP_DEMO_HISTORY_H

#include "app/command.h"

/* Fills the store of the settings in typed->dir with what ends now. `filled`: there is a store
 * already, which a history cannot be put before. An exit code, with everything said. */
int demo_history(const struct typed *typed, bool filled, int64_t history_ms);

#endif
