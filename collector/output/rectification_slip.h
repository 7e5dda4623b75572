/* rectification_slip.h - what became of an act that another thread does. It lives until both the
 * one who waits and the recorder have let go of it. */
#ifndef OUTPUT_RECTIFICATION_SLIP_H
#define OUTPUT_RECTIFICATION_SLIP_H

#include <jansson.h>

#include "output/courier.h"

struct rectification_slip;

/* Has the recorder do it; `args` is taken. NULL: out of memory. */
struct rectification_slip *rectification_slip_act(const struct source *source, const char *name,
                                                  json_t *args, const char *by);
/* Whether it was answered; then `*good`, or a sentence. */
bool rectification_slip_is_answered(struct rectification_slip *slip, bool *good, struct error *err);
/* Waits for the answer, up to `ms`. */
void rectification_slip_wait(struct rectification_slip *slip, int64_t ms);
void rectification_slip_drop(struct rectification_slip *slip); /* NULL is fine */

#endif
