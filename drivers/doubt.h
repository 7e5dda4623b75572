/* doubt.h - a request of one unit on a serial line that may still be answered late, and how long
 * another request of that unit has to wait for it. Pure; exchange.c keeps one for each unit.
 */
#ifndef DRIVERS_DOUBT_H
#define DRIVERS_DOUBT_H

#include "base/clock.h"
#include "drivers/frame.h"

struct exchange_doubt {
    struct request asked;
    bool open;
    bool several; /* different ones: then every request but the last waits */
    int64_t from; /* ns: one guard from here, the late answer is taken to be over */
};

/* Until when (ns) this request waits; 0: it need not. The doubtful request itself never does. */
int64_t doubt_until(const struct exchange_doubt *doubt, const struct request *request,
                    int64_t guard_ns);
/* `request` was asked and not answered; the line is left alone until `from` (ns). */
void doubt_open(struct exchange_doubt *doubt, const struct request *request, int64_t from);
/* The unit has answered `request`, asked once or `repeated` after a timeout. */
void doubt_answered(struct exchange_doubt *doubt, const struct request *request, bool repeated,
                    struct mono_time now);

#endif
