/* work_state.h - what has become of an order, as `lookback work` writes it: STORE/bundles/ID.json.
 *
 *   {"id":"812","state":"making","begun":1,"share":0.4,"text_zh","text_en","error":null,
 *    "file":null,"manifest":null,"verdict":null,"key":null,"head":null,"segment":null,
 *    "simulated":null,"expires":null}
 *
 * A file is replaced whole. record/orders.h reads it. One thread.
 */
#ifndef APP_WORK_STATE_H
#define APP_WORK_STATE_H

#include "record/orders.h"

/* One that was cut off is begun again until it was begun so often. */
enum { WORK_BEGUN_MOST = 3 };

/* A state in which nothing is known yet but the words; the caller ends it. */
json_t *work_state_new(const struct order *order, const char *state, long begun, const char *zh,
                       const char *en);
/* Failed for this reason. */
json_t *work_state_failed(const struct order *order, long begun, const struct error *why);
/* How often it was begun. */
long work_state_begun(const json_t *state);

/* `state` is taken. `durable`: on the disk when this returns, as an end is and progress need not
 * be. False with a sentence. */
bool work_state_put(const char *store_dir, uint64_t id, json_t *state, bool durable,
                    struct error *err);

#endif
