/* doubt.h - a request of one unit on a serial line that may still be answered, late or a second
 * time, and how long another request of that unit has to wait for it. Pure; exchange.c keeps one
 * for each unit.
 *
 * Where two devices have one id, the second answer to a request can stand where the answer to the
 * next is looked for. So after the first answers of a unit another block that looks the same waits
 * one guard; then the unit is known to answer once, until it is heard to answer twice.
 */
#ifndef DRIVERS_DOUBT_H
#define DRIVERS_DOUBT_H

#include "base/clock.h"
#include "drivers/frame.h"

struct exchange_doubt {
    struct request asked;
    bool open : 1;
    bool several : 1; /* different ones: then every request but the last waits */
    bool watched : 1; /* open because a second answer may come */
    bool once : 1;    /* the unit is known to answer once */
    uint8_t twice;    /* answers for which it is still taken to answer twice */
    int64_t from;     /* ns: one guard from here, the late answer is taken to be over */
};

/* Until when (ns) this request waits; 0: it need not. */
int64_t doubt_until(const struct exchange_doubt *doubt, const struct request *request,
                    int64_t guard_ns);
/* `request` was asked and not answered; the line is left alone until `from` (ns). */
void doubt_open(struct exchange_doubt *doubt, const struct request *request, int64_t from);
/* The unit has answered, asked once or `repeated` after a timeout: then a second answer may come
 * until a guard after `over` (ns), the end of what was to be waited for it. */
void doubt_answered(struct exchange_doubt *doubt, bool repeated, int64_t over, int64_t guard_ns,
                    struct mono_time now);
/* Behind doubt_answered(): whether a second answer to `request`, sent at `sent` (ns), may come. */
void doubt_watch(struct exchange_doubt *doubt, const struct request *request, int64_t sent,
                 int64_t guard_ns, struct mono_time now);
/* An answer of the unit was heard that nobody waits for. */
void doubt_second_heard(struct exchange_doubt *doubt);

#endif
