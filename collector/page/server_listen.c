/* The socket a server listens at. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/say.h"
#include "page/server_inside.h"

/* More than may be connected: whoever finds no place here tries again after a second. */
enum { BACKLOG = 1024 };

/* "ADDRESS:PORT", "[ADDRESS]:PORT", "localhost:PORT": no name is looked up, nothing waits. */
static struct addrinfo *find_address(const char *listen_at)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    const char *colon = strrchr(listen_at, ':');
    struct addrinfo *found = NULL;
    char host[128];
    size_t size;

    if (colon == NULL || (size_t)(colon - listen_at) >= sizeof host)
        return NULL;
    size = (size_t)(colon - listen_at);
    memcpy(host, listen_at, size);
    host[size] = '\0';
    if (size > 2 && host[0] == '[' && host[size - 1] == ']') {
        memmove(host, host + 1, size - 2);
        host[size - 2] = '\0';
    } else if (strcmp(host, "localhost") == 0) {
        strcpy(host, "127.0.0.1");
    }
    return getaddrinfo(host, colon + 1, &wanted, &found) == 0 ? found : NULL;
}

static bool open_socket(const struct addrinfo *at, int *fd)
{
    const int yes = 1;

    *fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return false;
    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    /* Connections inherit it. What the TLS library says in two writes must not wait in between for
     * the other side to acknowledge the first: a round trip of each handshake. */
    setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (at->ai_family == AF_INET6)
        setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    return bind(*fd, at->ai_addr, at->ai_addrlen) == 0 && listen(*fd, BACKLOG) == 0;
}

int server_listen(const char *listen_at, struct error *err)
{
    struct addrinfo *at = find_address(listen_at);
    int fd = -1;

    if (at == NULL) {
        error_set(
            err, ERROR_SETTINGS,
            SAY("page.listen：%s 不是 \"地址:端口\"", "page.listen: %s is no \"ADDRESS:PORT\""),
            listen_at);
        return -1;
    }
    if (!open_socket(at, &fd)) {
        error_set(err, ERROR_PEER,
                  SAY("网页无法在 %s 监听：%s", "the page cannot listen at %s: %s"), listen_at,
                  errno == EADDRINUSE ? SAY("端口已被占用", "the port is in use")
                                      : strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(at);
    return fd;
}
