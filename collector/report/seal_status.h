/* seal_status.h - what is sealed and by whom, as the store tells: the `seal` of the status object.
 */
#ifndef REPORT_SEAL_STATUS_H
#define REPORT_SEAL_STATUS_H

#include <jansson.h>

#include "store/seals.h"

/* {"segment","head","time","anchored":[names],"key","waiting"}: the newest seal, where its head was
 * left outside, and how many closed segments are not sealed yet. null: nothing is sealed. The
 * caller ends it. NULL with a sentence. */
json_t *seal_status(struct reader *reader, struct error *err);

/* The fingerprint of the key that signs from now on; null: there is none yet. The same. */
json_t *seal_key_status(struct reader *reader, struct error *err);

#endif
