/* gate_inside.h - what the files of the gate share; for gate*.c alone.
 *
 * gate.c        the order of questions, people and their roles
 * gate_names.c  what the page is called, and whose page sends a request
 * gate_wrong.c  how many wrong tokens come, and from where
 */
#ifndef PAGE_GATE_INSIDE_H
#define PAGE_GATE_INSIDE_H

#include <arpa/inet.h>
#include <openssl/x509.h>

#include "page/gate.h"

enum {
    WRONG_A_MINUTE = 10,       /* from one address */
    WRONG_IN_ALL = 60,         /* a minute, from all of them */
    WRONG_ADDRESSES = 256,     /* remembered; then the one that waited longest is forgotten */
    WRONG_QUIET_MS = 60 * 1000 /* without one, and it is over */
};

/* A name or address of a request, without its port and brackets. */
struct host_name {
    char text[256];
    bool is_v4, is_v6;
    struct in_addr v4;
    struct in6_addr v6;
};

/* How many may still be wrong, as the time that would let so many in. */
struct bucket {
    struct mono_time filled;
    int64_t left_ns;
};

struct wrong_address {
    uint8_t key[16]; /* an IPv4 address as ::ffff:a.b.c.d; of IPv6 the first half alone */
    bool used;
    struct bucket bucket;
};

struct wrong_tokens {
    const struct clock *clock;
    struct bucket in_all;
    struct wrong_address addresses[WRONG_ADDRESSES];
    bool siege;       /* more come than are answered */
    uint64_t refused; /* of the siege */
    struct mono_time began, last;
};

struct gate {
    bool open;
    struct host_name listen;
    X509 *certificate; /* NULL: no TLS */
    struct user users[USERS_MAX];
    enum role roles[USERS_MAX];
    size_t user_count;
    struct wrong_tokens wrong;
};

/* gate_names.c */

/* "NAME", "NAME:PORT", "[IPv6]:PORT"; false: none of them. */
bool gate_read_host(const char *words, struct host_name *host);
bool gate_is_our_name(const struct gate *gate, const struct host_name *host);
/* Whether a request that may change something comes from our own page, or from none. */
bool gate_is_our_page(const struct http_request *request);

/* gate_wrong.c */

void wrong_init(struct wrong_tokens *wrong, const struct clock *clock);
/* One more. True: it may be answered as a wrong one; false: too many, for `*retry_s`. */
bool wrong_count(struct wrong_tokens *wrong, const struct sockaddr *from, int *retry_s);
void wrong_sweep(struct wrong_tokens *wrong);

#endif
