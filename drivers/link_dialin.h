/* link_dialin.h - links whose unit connects to us: a 4G unit dials in and names itself.
 *
 * A hall listens at each address the links name, once, however many share it. Who connects says a
 * registration packet (registration.h) and becomes the link of that name; who is not known is shut
 * out and remembered as a stranger, for the steward to copy its name into the settings. A unit that
 * comes back while its old connection still looks alive is taken, and the old connection closed.
 *
 * Nothing grows with who connects: rooms for the unnamed are counted, per source address and in
 * all, and a link that has its unit never loses it to a flood of them. All in the loop's thread.
 */
#ifndef DRIVERS_LINK_DIALIN_H
#define DRIVERS_LINK_DIALIN_H

#include "drivers/link.h"
#include "drivers/registration.h"

enum {
    DIALIN_UNNAMED_MAX = 512,  /* connections that have not named themselves yet */
    DIALIN_OF_SOURCE_MAX = 64, /* of them, from one address (IPv6: from one /64) */
    DIALIN_STRANGERS_MAX = 16, /* the newest are remembered */
    DIALIN_ADDRESS_TEXT = 64,  /* "[fe80::1]:9100" */
    DIALIN_STRANGER_S = 3600,  /* how long one is remembered that does not call again */
};

struct dialin_setup {
    char name[NAME_SIZE];
    char listen[DIALIN_ADDRESS_TEXT]; /* "ADDR:PORT", as dialin_address_read() takes it */
    struct registration_id id;
};

/* Digits and a port from 1 to 65535: "0.0.0.0:9100", "[::]:9100"; false: it is not. */
bool dialin_address_read(const char *text, struct sockaddr_storage *address);

/* Somebody who named itself as nobody we know, or not at all. */
struct dialin_stranger {
    char listen[DIALIN_ADDRESS_TEXT];
    char from[DIALIN_ADDRESS_TEXT]; /* its address, without the port */
    uint8_t packet[REGISTRATION_MAX];
    size_t size;                  /* 0: it said nothing */
    struct wall_time since, last; /* when it called first and last */
    uint64_t times;
};

struct dialin_hall_setup {
    const struct clock *clock;
    int64_t silence_ms;  /* after which a packet is whole; 0: 300 ms */
    int64_t patience_ms; /* in which a caller names itself; 0: 10 s */
    /* A stranger called that is not remembered yet, or the last one is forgotten. May be NULL. */
    void (*strangers_changed)(void *self);
    void *self;
};

struct dialin_hall;

/* Gives a hall, ended with dialin_hall_end(); NULL: no memory. */
struct dialin_hall *dialin_hall_new(uv_loop_t *loop, const struct dialin_hall_setup *setup,
                                    struct error *err);
/* After its last link was made: makes room for them and their callers. False: no memory. */
bool dialin_hall_ready(struct dialin_hall *hall, struct error *err);
/* Listens. An address that cannot be had is tried again; its links say so meanwhile. */
void dialin_hall_open(struct dialin_hall *hall);
/* After its links were ended. Closes and frees all, then calls `ended` (from the loop). */
void dialin_hall_end(struct dialin_hall *hall, void (*ended)(void *), void *self);

/* Copies them, the newest first; returns how many. */
size_t dialin_hall_strangers(const struct dialin_hall *hall, struct dialin_stranger *out,
                             size_t most);
/* How many connections were closed because there were too many without a name. */
uint64_t dialin_hall_turned_away(const struct dialin_hall *hall);

/* As link_tcp_new(). The hall outlives its links. The link calls up() whenever its unit comes,
 * also without link_open(); link_open() ends in down(CAUSE_NOT_CONNECTED) while it is away. When
 * another connection takes the place of an open one, down() comes before up(). */
struct link *link_dialin_new(struct dialin_hall *hall, const struct dialin_setup *setup,
                             const struct link_user *user, void *self, struct error *err);

#endif
