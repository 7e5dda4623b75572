/* rectification_pull.h - asks the rectification system what became of its tasks, every so often,
 * and has the recorder take them in, a page an act ("tasks.import").
 *
 * It never waits by itself: the sender's thread steps it between deliveries. What was asked for is
 * remembered in those acts, so that a start goes on where the last run was; nothing else is kept.
 * Trouble becomes a notice of its own and delays no problem. One thread, but for wake.
 */
#ifndef OUTPUT_RECTIFICATION_PULL_H
#define OUTPUT_RECTIFICATION_PULL_H

#include "output/courier.h"
#include "output/rectification_fields.h"

struct rectification_pull;

/* `fields` is borrowed for its life. NULL with a sentence when the settings cannot work. */
struct rectification_pull *rectification_pull_new(struct sender *sender,
                                                  const struct rectification_fields *fields,
                                                  struct error *err);
void rectification_pull_free(struct rectification_pull *pull); /* NULL is fine */

/* Does what can be done now. */
void rectification_pull_step(struct rectification_pull *pull);
/* Whether a request or an act is on its way: then step again soon. */
bool rectification_pull_is_busy(const struct rectification_pull *pull);
/* When the next one begins, on the monotonic clock. */
int64_t rectification_pull_due_ms(const struct rectification_pull *pull);
/* Waits for its answer, up to `ms`. */
void rectification_pull_wait(struct rectification_pull *pull, int64_t ms);
void rectification_pull_wake(struct rectification_pull *pull);

#endif
