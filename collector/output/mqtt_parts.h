/* mqtt_parts.h - what the files of one connection to a broker share; for mqtt.c and mqtt_*.c of it.
 *
 * mqtt.c         Paho: connecting, sending, its callbacks
 * mqtt_make.c    settings, secrets, memory
 * mqtt_window.c  what is in flight, what is confirmed, and how long to wait for it
 */
#ifndef OUTPUT_MQTT_PARTS_H
#define OUTPUT_MQTT_PARTS_H

#include "output/blank.h"
#include "output/gate.h"
#include "output/mqtt.h"
#include "output/url.h"

enum {
    SESSIONS = 8
}; /* a late callback of a client that is gone finds its own session, not ours */

struct session;

/* One message in flight. */
struct flight {
    struct session *session;
    uint64_t seq;
    uint32_t readings;
    bool confirmed;
};

/* What one client object's callbacks write to. */
struct session {
    struct mqtt *mqtt;
    struct flight *flights; /* a ring of `window` */
    uint64_t head, tail;    /* [head, tail) are in flight */
    bool connected, ended;  /* ended: lost or never made */
    int code;               /* why not made, as the broker says */
    char why[200];
};

struct mqtt {
    struct mqtt_setup setup;
    struct url url;
    char address[300]; /* as Paho wants it */
    char password[1024];
    struct blank *blank; /* what no text we keep may hold */
    size_t window;
    void *client;     /* Paho's; NULL: none */
    struct gate gate; /* guards the sessions and what follows */
    struct session sessions[SESSIONS];
    struct session *session; /* of `client` */
    unsigned turn;
    bool woken;
    bool parting;  /* nobody wakes us any more */
    size_t wanted; /* the waiter sleeps until less is in flight; SIZE_MAX: any news */
    uint64_t confirmed;
    uint64_t readings;
    int64_t news_ms; /* last confirmation, or first message into an empty window; monotonic */
};

/* mqtt.c -------------------------------------------------------------------------------------- */
void mqtt_drop_client(struct mqtt *mqtt);

/* mqtt_window.c ------------------------------------------------------------------------------- */
int64_t mqtt_now_ms(const struct mqtt *mqtt);
/* A fresh session, nothing in flight. */
struct session *mqtt_next_session(struct mqtt *mqtt);
/* Waits until the session is connected; false: it ended, somebody woke us, or `ms` passed. */
bool session_wait(struct session *session, int64_t ms);
/* From a callback. */
void session_connected(struct session *session);
void session_ended(struct session *session, int code, const char *why);
void flight_confirmed(struct flight *flight);
/* Inside the gate: connected, and what is in flight is not overdue. */
bool mqtt_confirms(const struct mqtt *mqtt);
/* Waits for room and takes the next place; NULL: not alive, or woken. */
struct flight *mqtt_take_place(struct mqtt *mqtt, uint64_t seq, uint32_t readings);

#endif
