/* socket_parts.h - what the two files of the acts socket share: its peers and its server. */
#ifndef APP_SOCKET_PARTS_H
#define APP_SOCKET_PARTS_H

#include <jansson.h>
#include <pthread.h>

#include "app/socket.h"
#include "app/station.h"

enum { PATIENCE_MS = 5000, BY_MAX = 64, LINE_FIRST = 64 << 10 };

struct peer {
    uv_pipe_t pipe;
    uv_timer_t patience; /* for the whole line: a peer that says nothing may not keep its place */
    uv_write_t write;
    struct socket_server *server;
    char *line; /* what was read so far */
    size_t used, room;
    char *answer; /* being written; the peer is closed after it */
    int open_handles;
    bool in_use;
    bool waiting; /* an act of it is with the recorder */
    bool gone;
    char who[64];
};

struct socket_server {
    uv_pipe_t listener;
    uv_async_t answered;
    struct station *station;
    pthread_mutex_t lock;          /* guards ready[] */
    char *ready[SOCKET_PEERS_MAX]; /* answers from the recorder, by peer */
    struct peer peers[SOCKET_PEERS_MAX];
    size_t line_bytes; /* room of all lines */
    char path[300];
    int open_handles;
    bool stopping;
    void (*stopped)(void *self);
    void *self;
};

/* socket_peer.c: one peer, from its first byte to its answer. --------------------------------- */

/* Room for more of the line. False: all lines together are as long as they may be. */
bool socket_line_grow(struct peer *peer);
/* Takes the peer in from the listener and begins to read. */
void socket_peer_begin(struct peer *peer, uv_stream_t *listener);
void socket_peer_close(struct peer *peer);
/* {"error":{…}}, ended with free(); NULL: out of memory. */
char *socket_error_text(const struct error *err);
/* Writes one line more before the answer; what the peer does not take at once ends it. */
void socket_peer_say(struct peer *peer, const char *text);
/* Leaves the answer (taken) for the loop to write; any thread. */
void socket_peer_ready(struct peer *peer, char *text);
/* Answers of acts are ready: they are written from the loop's thread. */
void socket_answers_ready(uv_async_t *async);

/* socket_probe.c: link.probe, whose questions the poller asks between its polls. --------------- */
void socket_probe(struct peer *peer, json_t *args, const char *by);

/* socket.c: one handle has closed; after the last one a stopping server ends. */
void socket_closed_one(struct socket_server *server);

#endif
