/* server_inside.h - what the files of the server share. */
#ifndef PAGE_SERVER_INSIDE_H
#define PAGE_SERVER_INSIDE_H

#include "page/server.h"

/* A listening socket; -1 with ERROR_PEER (cannot now) or ERROR_SETTINGS (never will). */
int server_listen(const char *listen_at, struct error *err);

/* Gives every header of the answer, one after the other; `secure`: it goes over TLS. */
void server_headers(const struct http_answer *answer, bool secure,
                    void (*give)(void *self, const char *name, const char *value), void *self);

/* An answer of bytes as it goes over a wire, its connection ending after it: for where the library
 * sends none. How many bytes; 0: it does not fit. */
size_t server_words(const struct http_answer *answer, const char *status, char *out, size_t size);

#endif
