/* trust.h - whether the wall clock may be believed now. Pure but for its lock; any thread.
 *
 * "plausible": later than the build and (less a minute) the newest stored time, at most ten years
 * after the build. What was not plausible before, or stepped by more than a minute, must also have
 * been steady for 10 s. "ntp": the kernel says synchronised. "always": yes.
 */
#ifndef RECORD_TRUST_H
#define RECORD_TRUST_H

#include "base/clock.h"

enum trust_by { TRUST_PLAUSIBLE, TRUST_NTP, TRUST_ALWAYS };

struct trust;

struct trust *trust_new(enum trust_by by, const struct clock *clock,
                        struct wall_time newest_stored);
void trust_free(struct trust *trust);

/* Looks at the clocks now. Noticing a step of the wall clock against the monotonic one (> 1 s)
 * makes it look at everything again. */
bool trust_now(struct trust *trust);

/* wall - mono in ms at the last look that trusted the clock (0: none did); what an empty time is
 * filled with. */
int64_t trust_offset_ms(const struct trust *trust);

/* Steps seen since the last call; `by_ms` the last one's size (later minus earlier). */
unsigned trust_steps(struct trust *trust, int64_t *by_ms);

/* At the last look the clock was not trusted and more than a minute behind the newest time stored
 * or trusted before, which is given: under "plausible" it stays so until then. */
bool trust_is_behind(const struct trust *trust, struct wall_time *newest);

/* For status: since when (mono) it is as it is. */
struct mono_time trust_since(const struct trust *trust);

#endif
