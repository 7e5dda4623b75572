/* link_dialin_parts.h - what the files of dial-in links share; for link_dialin*.c alone.
 *
 * link_dialin.c            a link: its unit's connection, if it is there
 * link_dialin_hall.c       what is due when, beginning and end
 * link_dialin_doors.c      listeners, and who is let in
 * link_dialin_callers.c    connections, and who they are
 * link_dialin_strangers.c  callers nobody knows
 */
#ifndef DRIVERS_LINK_DIALIN_PARTS_H
#define DRIVERS_LINK_DIALIN_PARTS_H

#include "drivers/link_dialin.h"
#include "drivers/link_parts.h"

struct dialin_link;

/* One address where we listen. */
struct dialin_door {
    struct dialin_hall *hall;
    char listen[DIALIN_ADDRESS_TEXT];
    struct sockaddr_storage address;
    int fd; /* -1: the address cannot be had now */
    uv_poll_t poll;
    bool poll_lives;
    char why[200]; /* it does not listen */
    struct registration_id *ids;
    struct dialin_link **links; /* of ids[i] */
    size_t count;
};

/* One connection, of nobody yet or of a link. */
struct dialin_caller {
    struct dialin_hall *hall;
    struct dialin_door *door;
    struct dialin_link *link; /* NULL: not named yet */
    int fd;                   /* -1: closed; its room is free once the loop has let go of it */
    uv_poll_t poll;
    uint8_t source[16]; /* its address, cut to what one source has */
    char from[DIALIN_ADDRESS_TEXT];
    int64_t came_ms, heard_ms; /* by the loop's clock */
    uint8_t packet[REGISTRATION_MAX];
    size_t size;
    struct dialin_caller *next, *previous; /* among the unnamed, or the free rooms */
};

struct dialin_link {
    struct link link;
    struct dialin_setup setup;
    struct dialin_hall *hall;
    struct dialin_door *door;
    struct dialin_caller *caller; /* NULL: its unit is away */
    bool told_up;
    struct dialin_link *next; /* of the hall */
};

struct dialin_hall {
    uv_loop_t *loop;
    struct dialin_hall_setup setup;
    struct dialin_link *links; /* in no order */
    size_t link_count;
    struct dialin_door *doors;
    size_t door_count;
    struct dialin_caller *callers, *free_rooms, *unnamed;
    size_t caller_count, unnamed_count;
    uv_timer_t timer; /* for the unnamed, for doors that are shut, for strangers; else still */
    size_t handles;   /* that the loop still holds */
    int reserve;      /* a descriptor to show somebody out with when all others are taken */
    bool flooded, opened, ending;
    int64_t flooded_ms; /* when somebody was turned away last, by the loop's clock */
    uint64_t turned_away, told_away;
    struct dialin_stranger strangers[DIALIN_STRANGERS_MAX]; /* the newest first */
    size_t stranger_count;
    void (*ended)(void *);
    void *ended_self;
};

/* link_dialin.c: the caller is this link's unit; bytes of it; it is gone. */
void dialin_link_take(struct dialin_link *link, struct dialin_caller *caller);
void dialin_link_bytes(struct dialin_link *link, const uint8_t *bytes, size_t count);
void dialin_link_lost(struct dialin_link *link, const char *why);

/* link_dialin_hall.c */
void dialin_hall_end_if_done(struct dialin_hall *hall);
/* Sets the timer to the next moment anything is due. */
void dialin_hall_arm(struct dialin_hall *hall);

/* link_dialin_doors.c */
bool dialin_doors_make(struct dialin_hall *hall);
void dialin_door_open(struct dialin_door *door); /* or says why not, in `why` */
void dialin_door_close(struct dialin_door *door);

/* link_dialin_callers.c */
bool dialin_rooms_make(struct dialin_hall *hall);
void dialin_caller_put(struct dialin_caller **list, struct dialin_caller *caller);
void dialin_caller_take(struct dialin_caller **list, struct dialin_caller *caller);
void dialin_caller_readable(uv_poll_t *poll, int status, int events);
/* True: the question who it is has an answer, one way or the other. */
bool dialin_caller_settle(struct dialin_caller *caller, bool ended);
void dialin_caller_close(struct dialin_caller *caller);

/* link_dialin_strangers.c */
void dialin_stranger_note(struct dialin_hall *hall, const struct dialin_caller *caller);
/* Forgets those that have not called for long; when the next is to be forgotten, INT64_MAX: none is
 * left. Both in ms of the wall clock. */
int64_t dialin_strangers_forget(struct dialin_hall *hall);

#endif
