/* page_inside.h - what the files of the page's own share. */
#ifndef PAGE_PAGE_INSIDE_H
#define PAGE_PAGE_INSIDE_H

#include <pthread.h>

#include "page/act_desk.h"
#include "page/clerk.h"
#include "page/gate.h"
#include "page/page.h"
#include "page/server.h"
#include "page/shares.h"
#include "page/shelf.h"
#include "store/reader.h"

struct page {
    struct page_host host;
    struct reader *reader; /* of the server's thread, as all up to `lock` */
    struct gate *gate;
    struct act_desk *acts;
    struct clerk *clerk;
    struct shelf *shelf;
    struct shares *shares;
    uint64_t run;        /* by chance: this start of the program, and no other */
    uint64_t users_seen; /* recorder_news(NEWS_USERS) when the gate was told; UINT64_MAX: never */
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;                     /* under `lock`, as the next */
    struct server *server;             /* NULL: the address is not ours yet */
    struct wall_time certificate_ends; /* of the one it shows; WALL_NONE: none */
    pthread_t waiter; /* tries again while there is no server, looks at the certificate's end */
    bool waits;       /* it was started */
};

/* The way of a request, in the server's thread: `self` is the page. */
void page_answer(void *self, const struct http_request *request, struct http_answer *answer);

#endif
