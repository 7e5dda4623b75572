/* station.h - a whole collector, put together from its settings: store, recorder, poller, outputs.
 *
 * The one place besides main that knows every room. `lookback run` and the demo start the same
 * station on their own event loop. Everything here runs in the loop's thread.
 */
#ifndef APP_STATION_H
#define APP_STATION_H

#include <jansson.h>
#include <uv.h>

#include "report/status.h"
#include "town/settings.h"

struct station;

/* Opens the store, matches names, starts recorder, outputs, poller and the acts socket.
 * `settings` must outlive the station. NULL with a sentence; then nothing is left running. */
struct station *station_start(uv_loop_t *loop, const struct settings *settings, struct error *err);

/* Stops polling first, then the outputs, then commits what is left; `stopped` is called from the
 * loop when it is safe to free. */
void station_stop(struct station *station, void (*stopped)(void *self), void *self);
void station_free(struct station *station);

/* The contract's status object; the caller ends it. */
json_t *station_status(struct station *station);

/* What `status` and the demo's picture look at: valid as long as the station. */
const struct status_view *station_view(struct station *station);
const char *station_store_dir(const struct station *station);
struct recorder *station_recorder(struct station *station);
struct poller *station_poller(struct station *station);
const struct settings *station_settings(const struct station *station);

#endif
