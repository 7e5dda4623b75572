/* link.h - what carries bytes to devices: a TCP connection or a serial port, opened again and
 * again.
 *
 * A link knows nothing of Modbus and has no patience of its own: its user says when to open and
 * when to give up. Nothing here blocks the loop: names are resolved in libuv's pool and remembered
 * until a connection fails. Everything runs in the loop's thread; one read buffer serves all its
 * links.
 */
#ifndef DRIVERS_LINK_H
#define DRIVERS_LINK_H

#include <sys/socket.h>
#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "model/quality.h"

struct link_user {
    void (*up)(void *self); /* open, bytes may be sent */
    /* It could not be opened, or it broke; `why` is one sentence, borrowed. It is shut now. */
    void (*down)(void *self, enum cause cause, const char *why);
    void (*bytes)(void *self, const uint8_t *bytes, size_t count);
    void (*wake)(void *self); /* the moment of link_wake_in() has come */
};

struct tcp_setup {
    char name[NAME_SIZE];
    char host[256];
    int port;
    bool allow_public; /* else only addresses that are not routed through the internet */
};

struct serial_setup {
    char name[NAME_SIZE];
    char path[256];
    int baud;
    char parity; /* 'N', 'E', 'O' */
    int stop_bits;
    bool rs485; /* direction switched by the kernel driver */
};

struct link;

/* Gives a link that is shut, ended with link_end(). `user` and `self` are borrowed for its life.
 * NULL: no memory. A serial link without a usable baud rate is refused here, with a sentence. */
struct link *link_tcp_new(uv_loop_t *loop, const struct tcp_setup *setup,
                          const struct link_user *user, void *self, struct error *err);
struct link *link_serial_new(uv_loop_t *loop, const struct serial_setup *setup,
                             const struct link_user *user, void *self, struct error *err);

/* Ends in up() or down(), perhaps before it returns; a link that is opening or open stays so. */
void link_open(struct link *link);
/* Back to shut, without a word to the user; may be opened again at once. */
void link_shut(struct link *link);
bool link_is_open(const struct link *link);

/* All or nothing; false: the link is of no more use and should be shut. */
bool link_send(struct link *link, const uint8_t *bytes, size_t count);
/* Hands in what waits in the kernel right now, some KiB at most. */
void link_pump(struct link *link);
/* A wake-up finer than the loop's milliseconds; false: this kind of link has none (TCP). A second
 * one replaces the first; < 0 takes it back. */
bool link_wake_in(struct link *link, int64_t ns);

/* Closes and frees the link, then calls `ended` (from the loop). */
void link_end(struct link *link, void (*ended)(void *), void *self);

/* Whether no router of the internet forwards to this address: private, loopback, link-local, shared
 * by a carrier's customers, unique local. */
bool address_is_private(const struct sockaddr *address);

bool baud_is_known(int baud);

#endif
