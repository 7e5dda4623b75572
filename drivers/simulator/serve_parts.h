/* serve_parts.h - what the files of the server share; for serve.c and dial.c alone. */
#ifndef SIMULATOR_SERVE_PARTS_H
#define SIMULATOR_SERVE_PARTS_H

#include "drivers/simulator/answer.h"
#include "drivers/simulator/serve.h"

enum door_kind { DOOR_LISTEN, DOOR_CLIENT, DOOR_LINE };

/* One descriptor we wait on. Clients form a list, so that they can be closed at the end. */
struct door {
    enum door_kind kind;
    int fd;
    uint32_t link;
    bool asleep; /* a pseudo terminal nobody has open: out of the epoll set until somebody has */
    struct mono_time heard;
    struct inbox inbox;
    struct door *next, *previous;
};

/* A unit that dials in. */
struct dialler {
    struct door *door; /* NULL: not connected */
    int64_t due_ms;    /* calls, or says its heartbeat; INT64_MAX: never */
};

struct serve {
    struct town *town;
    struct door *doors;       /* all of them */
    struct dialler *diallers; /* one a link; those of other kinds stay empty */
    modbus_t *tcp, *rtu;
    int epoll;
};

bool serve_wait_on(struct serve *serve, struct door *door);
/* Takes the descriptor; NULL: it could not. */
struct door *serve_door_new(struct serve *serve, enum door_kind kind, int fd, uint32_t link);
void serve_door_close(struct serve *serve, struct door *door);

/* dial.c: calls and heartbeats that are due; how long until the next, in ms; -1: there is none. */
int dialler_turn(struct serve *serve);
/* The door is closed; if it was a unit's that dials in, it calls again. */
void dialler_lost(struct serve *serve, const struct door *door);

#endif
