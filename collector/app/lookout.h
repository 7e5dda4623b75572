/* lookout.h - how other threads see the station: copies of its status, taken by the loop's thread
 * when one is asked for and never otherwise, so that a loop nobody asks stays asleep.
 */
#ifndef APP_LOOKOUT_H
#define APP_LOOKOUT_H

#include <uv.h>

#include "report/status.h"

struct lookout;

/* The loop's thread. `look` gives the view of the moment, in the loop's thread. NULL with a
 * sentence. */
struct lookout *lookout_new(uv_loop_t *loop, const struct status_view *(*look)(void *self),
                            void *self, struct error *err);
/* The loop's thread: from now on the newest copy is given, however old; `closed` is called from the
 * loop, or at once when there was no lookout. */
void lookout_close(struct lookout *lookout, void (*closed)(void *self), void *self);
/* After `closed`, and after every copy was released. NULL is fine. */
void lookout_free(struct lookout *lookout);

/* The loop's thread: a copy of this moment. NULL: no memory. */
const struct status_copy *lookout_now(struct lookout *lookout);

/* Any other thread: the newest copy, at most `fresh_ms` old unless the loop has not made another
 * within LOOKOUT_WAIT_MS; NULL: there is none yet. To be released. `lookout` is a struct lookout:
 * this is the `status` of a page_host whose `self` it is. */
enum { LOOKOUT_WAIT_MS = 300 };
const struct status_copy *lookout_copy(void *lookout, int64_t fresh_ms);

#endif
