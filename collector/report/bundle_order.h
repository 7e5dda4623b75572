/* bundle_order.h - rows of one point, sealed segment by segment, in the order of (time, seq).
 *
 * Where a clock was set back, a later segment holds earlier times. What may still be preceded is
 * held back: as much as the clock went back, no more. Rows without a time are passed over. One
 * thread at a time.
 */
#ifndef REPORT_BUNDLE_ORDER_H
#define REPORT_BUNDLE_ORDER_H

#include "base/error.h"
#include "model/reading.h"

struct bundle_order;

/* `each` takes the rows in order; false with `err` filled ends it. NULL: out of memory. */
struct bundle_order *bundle_order_new(bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                                   const struct reading *reading,
                                                   struct error *err),
                                      void *self);
void bundle_order_free(struct bundle_order *order);

/* A row, in the order of its leaf. */
bool bundle_order_add(struct bundle_order *order, uint64_t seq, struct wall_time time,
                      const struct reading *reading, struct error *err);
/* A segment has ended; `next` is the earliest time among all heads that follow (WALL_NONE: none
 * follows, or none has times): what is earlier is given. */
bool bundle_order_segment(struct bundle_order *order, struct wall_time next, struct error *err);

#endif
