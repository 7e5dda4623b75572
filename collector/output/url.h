/* url.h - the address of a peer, taken apart. Pure. */
#ifndef OUTPUT_URL_H
#define OUTPUT_URL_H

#include <stdbool.h>

#include "base/error.h"

struct url {
    char scheme[8]; /* "https" */
    char host[256]; /* an IPv6 address without its brackets */
    int port;       /* 0: the scheme's own */
};

/* False with ERROR_SETTINGS: no scheme or host, a bad port, control characters, or a user or
 * password in it (secrets stand in files). What follows the host is not looked at. */
bool url_parse(const char *words, struct url *url, struct error *err);

/* "localhost", 127.0.0.0/8 or ::1. */
bool url_is_loopback(const struct url *url);

#endif
