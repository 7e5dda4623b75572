/* rest.h - what the store knows of a station while no collector runs. */
#ifndef APP_REST_H
#define APP_REST_H

#include <jansson.h>

#include "town/settings.h"

/* The contract's status object, "state" "stopped": what only a running collector knows is null.
 * Gives it, and in `*points` an array {"point", "parameter", "value", "time"} of the last value
 * each point had in the last 30 days (null: none). NULL with a sentence. */
json_t *rest_status(const struct settings *settings, json_t **points, struct error *err);

/* The points as a table. */
void rest_print(const json_t *points);

#endif
