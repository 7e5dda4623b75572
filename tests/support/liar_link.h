/* liar_link.h - one line of a liar: a TCP port, an RTU port or a pseudo terminal, its callers, and
 * the pieces that still have to leave.
 */
#ifndef TESTS_LIAR_LINK_H
#define TESTS_LIAR_LINK_H

#include "liar_answer.h"

enum { LIAR_CALLERS = 64, LIAR_INBOX = 64 };

struct liar_link;

/* What epoll hands back. */
struct caller {
    struct liar_link *link;
    int fd; /* -1: nobody */
    unsigned connection;
    size_t used;
    uint8_t inbox[LIAR_INBOX];
};

/* What all links of one liar share. */
struct liar_common {
    int epoll;
    const struct fault_rules *rules;
    bool units[256], dead[256];
    struct liar_registers *set, *then_set; /* NULL: cells everywhere */
    FILE *log;                             /* NULL: none */
    uint64_t asked, by_fault[FAULT_COUNT];
};

struct liar_link {
    struct liar_common *common;
    struct speaker speaker;
    int port;        /* of the two kinds of port; 0: any, until it listens */
    char path[200];  /* of a pseudo terminal: a link to it */
    int64_t char_ns; /* what a character takes; 0: no time */
    int slave;       /* held, so that the terminal stays up while no collector has it */
    struct caller listener;
    struct caller callers[LIAR_CALLERS]; /* of a pseudo terminal the first alone */
    unsigned connections;
    uint32_t asked;
    struct piece *out; /* in the order they leave */
    int64_t begun_ns;  /* the first of them; 0: not yet */
    int64_t free_ns;   /* when the line has carried all that was said */
    int64_t hole_until;
    int64_t back_at; /* INT64_MAX: it is not away */
};

/* False: it can not be had. */
bool liar_link_open(struct liar_link *link);
void liar_link_close(struct liar_link *link);
void liar_link_heard(struct caller *caller);
/* Sends what is due, comes back from a cut; returns when it wants to be called again. */
int64_t liar_link_go(struct liar_link *link, int64_t now_ns);
/* Gone until `until_ns`, or for ever (INT64_MAX - 1) until it is opened again. */
void liar_link_cut(struct liar_link *link, int64_t until_ns);

#endif
