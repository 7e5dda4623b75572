/* server.h - the wire: HTTP/1.1 on one listening socket, in one thread.
 *
 * What is asked comes as plain data (request.h), what is answered goes as plain data (answer.h).
 * libmicrohttpd reads and writes behind it, in server.c alone.
 */
#ifndef PAGE_SERVER_H
#define PAGE_SERVER_H

#include "page/answer.h"
#include "page/page.h"
#include "page/request.h"

struct server;

struct server_setup {
    const char *listen;      /* "127.0.0.1:8980", "[::1]:8980" */
    const char *certificate; /* PEM; NULL: no TLS */
    const char *key;
    const struct clock *clock;
    /* In the server's thread, the language set: fills an empty answer. */
    void (*answer)(void *self, const struct http_request *request, struct http_answer *answer);
    void *self;
};

/* Texts are borrowed until it returns. NULL with ERROR_PEER when it cannot listen (now), with
 * ERROR_SETTINGS when it never will. */
struct server *server_start(const struct server_setup *setup, struct error *err);
/* Ends every connection and the thread; NULL is fine. */
void server_stop(struct server *server);

/* Any thread. */
void server_status(struct server *server, struct page_status *status);

#endif
