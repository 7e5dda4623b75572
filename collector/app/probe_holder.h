/* probe_holder.h - who has a serial port open now: two masters on one line spoil each other's
 * frames, so a port that somebody uses is left to him.
 */
#ifndef APP_PROBE_HOLDER_H
#define APP_PROBE_HOLDER_H

#include <stdbool.h>
#include <sys/types.h>

struct holder {
    pid_t pid;
    bool locks; /* it has locked the port, not just opened it */
    char program[64];
    char store[256];    /* of a collector of ours, else "" */
    char collector[64]; /* its name, where it answers */
};

enum holding {
    PORT_FREE,
    PORT_SHARED, /* open elsewhere, without a lock: it may be listened to, or asked */
    PORT_LOCKED, /* somebody wants it for himself alone */
};

/* Looks at the port's locks, and through /proc for another process that has it open, under whatever
 * name. Processes of other users are only seen by root: then `holder->pid` is 0. */
enum holding probe_holder_find(const char *port, struct holder *holder);

#endif
