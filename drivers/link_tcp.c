/* A TCP connection as a link. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/link_parts.h"

enum {
    ADDRESSES_MAX = 4,
    KEEP_IDLE_S = 30, /* a peer without power says nothing: it is asked after this silence, */
    KEEP_EVERY_S = 10,
    KEEP_TRIES = 3,
    UNACKNOWLEDGED_MS = 30000, /* and given up once it has acknowledged nothing for this long */
};

enum tcp_state { TCP_SHUT, TCP_RESOLVING, TCP_CONNECTING, TCP_OPEN };

struct tcp_link {
    struct link link;
    struct tcp_setup setup;
    uv_tcp_t handle;
    uv_connect_t connecting;
    uv_getaddrinfo_t resolving;
    struct sockaddr_storage addresses[ADDRESSES_MAX];
    size_t address_count; /* 0: to be resolved */
    size_t address;       /* the next one to try */
    enum tcp_state state;
    bool handle_lives;  /* between uv_tcp_init() and its close callback */
    bool handle_closes; /* uv_close() was called */
    bool resolves;      /* the pool still works on a name, perhaps of an attempt given up */
    bool ending;
};

static struct tcp_link *tcp_of(struct link *link)
{
    return (struct tcp_link *)link;
}

static void connect_next(struct tcp_link *tcp);

static void end_if_done(struct tcp_link *tcp)
{
    void (*ended)(void *) = tcp->link.ended;
    void *self = tcp->link.ended_self;

    if (!tcp->ending || tcp->handle_lives || tcp->resolves)
        return;
    free(tcp);
    if (ended != NULL)
        ended(self);
}

static void handle_closed(uv_handle_t *handle)
{
    struct tcp_link *tcp = handle->data;

    tcp->handle_lives = tcp->handle_closes = false;
    if (!tcp->ending && tcp->state == TCP_CONNECTING)
        connect_next(tcp); /* it was opened again while the old connection was being closed */
    else
        end_if_done(tcp);
}

static void close_handle(struct tcp_link *tcp, bool reset)
{
    if (!tcp->handle_lives || tcp->handle_closes)
        return;
    tcp->handle_closes = true;
    if (!reset || uv_tcp_close_reset(&tcp->handle, handle_closed) != 0)
        uv_close((uv_handle_t *)&tcp->handle, handle_closed);
}

/* The next address is tried; after the last the name is asked for again. */
static void leave_address(struct tcp_link *tcp)
{
    if (++tcp->address >= tcp->address_count)
        tcp->address = tcp->address_count = 0;
}

/* Its user has lost patience. A reset, so that requests the kernel still holds do not reach the
 * device when it comes back, and its place for a connection is free at once. */
static void tcp_shut(struct link *link)
{
    struct tcp_link *tcp = tcp_of(link);

    if (tcp->state == TCP_CONNECTING)
        leave_address(tcp);
    else if (tcp->state == TCP_OPEN)
        tcp->address = tcp->address_count = 0; /* perhaps the name has moved to another host */
    close_handle(tcp, tcp->state == TCP_OPEN);
    tcp->state = TCP_SHUT;
}

static void go_down(struct tcp_link *tcp, enum cause cause, const char *why)
{
    close_handle(tcp, false);
    tcp->state = TCP_SHUT;
    tcp->link.user->down(tcp->link.self, cause, why);
}

/* What a person does about it differs, so each has its own words. */
static const char *say_status(int status)
{
    switch (status) {
    case UV_ECONNREFUSED:
        return SAY("主机在，但这个端口没有程序接听；请核对端口号，或设备的 Modbus TCP 是否启用",
                   "the host is there, but nothing listens on this port; check the port, and "
                   "whether Modbus TCP is switched on in the device");
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
        return SAY("网络到不了这个地址；请检查网线、路由和地址",
                   "the network does not reach this address; check cable, route and address");
    case UV_ETIMEDOUT:
        return SAY("没有应答；请检查设备电源、网线和地址",
                   "no answer; check the device's power, the cable and the address");
    case UV_ECONNRESET:
        return SAY("对方中断了连接；设备允许的连接数可能已用完",
                   "the peer broke it off; perhaps the device has no connection left to give");
    default:
        return uv_strerror(status);
    }
}

/* A connection that could not be made: the name is asked for again, the next address tried. */
static void fail_connect(struct tcp_link *tcp, int status)
{
    char why[500];

    leave_address(tcp);
    snprintf(why, sizeof why, SAY("连接 %s:%d 失败：%s", "connecting to %s:%d failed: %s"),
             tcp->setup.host, tcp->setup.port, say_status(status));
    go_down(tcp, status == UV_ETIMEDOUT ? CAUSE_TIMEOUT : CAUSE_REFUSED, why);
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static _Thread_local char bytes[4096]; /* emptied before the next read of this loop */

    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(bytes, sizeof bytes);
}

static void take_bytes(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct tcp_link *tcp = stream->data;

    if (tcp->state != TCP_OPEN || count == 0)
        return;
    if (count > 0) {
        tcp->link.user->bytes(tcp->link.self, (const uint8_t *)buffer->base, (size_t)count);
        return;
    }
    go_down(tcp, CAUSE_DISCONNECTED,
            count == UV_EOF ? SAY("对方关闭了连接", "the peer closed the connection")
                            : say_status((int)count));
}

/* A half-open connection (power cut, no word of parting) is found out by the kernel even while
 * nothing is asked. What a system refuses here is done without: the exchange has its own deadline.
 */
static void watch_peer(const struct tcp_link *tcp)
{
    static const struct {
        int level, option, value;
    } options[] = {
        {SOL_SOCKET,  SO_KEEPALIVE,     1                },
        {IPPROTO_TCP, TCP_KEEPIDLE,     KEEP_IDLE_S      },
        {IPPROTO_TCP, TCP_KEEPINTVL,    KEEP_EVERY_S     },
        {IPPROTO_TCP, TCP_KEEPCNT,      KEEP_TRIES       },
        {IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS},
    };
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)&tcp->handle, &fd) != 0)
        return;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        (void)setsockopt(fd, options[i].level, options[i].option, &options[i].value,
                         sizeof options[i].value);
}

static void connected(uv_connect_t *request, int status)
{
    struct tcp_link *tcp = request->handle->data;

    if (status == UV_ECANCELED || tcp->state != TCP_CONNECTING || tcp->handle_closes)
        return;
    if (status == 0)
        status = uv_tcp_nodelay(&tcp->handle, 1);
    if (status == 0)
        status = uv_read_start((uv_stream_t *)&tcp->handle, lend_buffer, take_bytes);
    if (status != 0) {
        fail_connect(tcp, status);
        return;
    }
    watch_peer(tcp);
    tcp->state = TCP_OPEN;
    tcp->link.user->up(tcp->link.self);
}

static void connect_next(struct tcp_link *tcp)
{
    const struct sockaddr *to = (const struct sockaddr *)&tcp->addresses[tcp->address];
    int status;

    tcp->state = TCP_CONNECTING;
    if (tcp->handle_lives)
        return; /* handle_closed() goes on */
    status = uv_tcp_init(tcp->link.loop, &tcp->handle);
    if (status == 0) {
        tcp->handle.data = tcp;
        tcp->handle_lives = true;
        status = uv_tcp_connect(&tcp->connecting, &tcp->handle, to, connected);
    }
    if (status != 0)
        fail_connect(tcp, status);
}

/* Keeps the addresses that may be asked; false: there are some, and none may. */
static bool keep_addresses(struct tcp_link *tcp, const struct addrinfo *found)
{
    bool any = false;

    tcp->address = tcp->address_count = 0;
    for (; found != NULL && tcp->address_count < ADDRESSES_MAX; found = found->ai_next) {
        any = true;
        if (!tcp->setup.allow_public && !address_is_private(found->ai_addr))
            continue;
        memcpy(&tcp->addresses[tcp->address_count++], found->ai_addr, found->ai_addrlen);
    }
    return tcp->address_count > 0 || !any;
}

static void refuse_public(struct tcp_link *tcp)
{
    char why[500];

    snprintf(why, sizeof why,
             SAY("%s 是公网地址，不予连接；确实需要时在链路中写 allow_public = true",
                 "%s is a public address and is not asked; if it must be, write "
                 "allow_public = true in the link"),
             tcp->setup.host);
    go_down(tcp, CAUSE_REFUSED, why);
}

static void resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct tcp_link *tcp = request->data;
    bool allowed = status != 0 || keep_addresses(tcp, found);
    char why[400];

    uv_freeaddrinfo(found);
    tcp->resolves = false;
    if (tcp->ending || tcp->state != TCP_RESOLVING) {
        end_if_done(tcp);
        return;
    }
    if (!allowed) {
        refuse_public(tcp);
        return;
    }
    if (tcp->address_count > 0) {
        connect_next(tcp);
        return;
    }
    snprintf(why, sizeof why, SAY("查不到 %s 的地址：%s", "%s has no address: %s"), tcp->setup.host,
             status != 0 ? uv_strerror(status) : "-");
    go_down(tcp, CAUSE_UNRESOLVED, why);
}

static void resolve(struct tcp_link *tcp)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    char port[16];
    int status;

    tcp->state = TCP_RESOLVING;
    if (tcp->resolves)
        return; /* the answer to the attempt before will do */
    snprintf(port, sizeof port, "%d", tcp->setup.port);
    tcp->resolving.data = tcp;
    status =
        uv_getaddrinfo(tcp->link.loop, &tcp->resolving, resolved, tcp->setup.host, port, &hints);
    if (status != 0)
        go_down(tcp, CAUSE_UNRESOLVED, uv_strerror(status));
    else
        tcp->resolves = true;
}

/* An address in digits needs no resolver; scoped IPv6 ("fe80::1%eth0") is read by libuv. */
static bool take_digits(struct tcp_link *tcp)
{
    struct sockaddr_storage *to = &tcp->addresses[0];

    if (uv_ip4_addr(tcp->setup.host, tcp->setup.port, (struct sockaddr_in *)(void *)to) != 0 &&
        uv_ip6_addr(tcp->setup.host, tcp->setup.port, (struct sockaddr_in6 *)(void *)to) != 0)
        return false;
    tcp->address = 0;
    tcp->address_count = 1;
    return true;
}

static void tcp_open(struct link *link)
{
    struct tcp_link *tcp = tcp_of(link);

    if (tcp->state != TCP_SHUT || tcp->ending)
        return;
    if (tcp->address_count > 0) {
        connect_next(tcp);
        return;
    }
    if (!take_digits(tcp)) {
        resolve(tcp);
        return;
    }
    if (!tcp->setup.allow_public &&
        !address_is_private((const struct sockaddr *)&tcp->addresses[0])) {
        tcp->address_count = 0;
        refuse_public(tcp);
        return;
    }
    connect_next(tcp);
}

static bool tcp_is_open(const struct link *link)
{
    return ((const struct tcp_link *)link)->state == TCP_OPEN;
}

/* Twelve bytes always fit, unless the peer has taken nothing for a long time. */
static bool tcp_send(struct link *link, const uint8_t *bytes, size_t count)
{
    struct tcp_link *tcp = tcp_of(link);
    uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)count);

    return tcp->state == TCP_OPEN &&
           uv_try_write((uv_stream_t *)&tcp->handle, &buffer, 1) == (int)count;
}

/* Bounded, so that a peer that talks without end can not hold the loop; how a connection ends is
 * seen by the loop. */
static void tcp_pump(struct link *link)
{
    struct tcp_link *tcp = tcp_of(link);
    uint8_t bytes[1024];
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)&tcp->handle, &fd) != 0)
        return;
    for (int turns = 0; turns < 8 && tcp->state == TCP_OPEN; turns++) {
        ssize_t count = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

        if (count <= 0)
            return;
        tcp->link.user->bytes(tcp->link.self, bytes, (size_t)count);
    }
}

static void tcp_end(struct link *link)
{
    struct tcp_link *tcp = tcp_of(link);

    tcp->ending = true;
    tcp->state = TCP_SHUT;
    close_handle(tcp, false);
    if (tcp->resolves)
        uv_cancel((uv_req_t *)&tcp->resolving); /* too late is fine: its callback comes anyway */
    if (!tcp->handle_lives && !tcp->resolves)
        end_if_done(tcp);
}

struct link *link_tcp_new(uv_loop_t *loop, const struct tcp_setup *setup,
                          const struct link_user *user, void *self, struct error *err)
{
    static const struct link_way way = {
        .open = tcp_open,
        .shut = tcp_shut,
        .is_open = tcp_is_open,
        .send = tcp_send,
        .pump = tcp_pump,
        .end = tcp_end,
    };
    struct tcp_link *tcp = calloc(1, sizeof *tcp);

    if (tcp == NULL) {
        error_set(err, ERROR_MEMORY, SAY("链路 %s：内存不足", "link %s: out of memory"),
                  setup->name);
        return NULL;
    }
    tcp->link = (struct link){.way = &way, .user = user, .self = self, .loop = loop};
    tcp->setup = *setup;
    return &tcp->link;
}
