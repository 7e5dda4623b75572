#include "liar_link.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

enum {
    TCP_REQUEST = 12,
    RTU_REQUEST = 8,
    CHUNK_NS = 500000, /* bytes that are due leave together, at most so often */
    RETRY_NS = 50000000,
};

static bool is_pty(const struct liar_link *link)
{
    return link->path[0] != '\0';
}

static bool watch(struct caller *caller, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = caller};

    caller->fd = fd;
    caller->used = 0;
    return fd >= 0 && epoll_ctl(caller->link->common->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_port(struct liar_link *link)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)link->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0 || !watch(&link->listener, fd)) {
        if (fd >= 0)
            close(fd);
        link->listener.fd = -1;
        return false;
    }
    link->port = ntohs(at.sin_port);
    return true;
}

static bool open_terminal(struct liar_link *link)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios raw;
    char name[64];

    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 ||
        ptsname_r(master, name, sizeof name) != 0)
        return false;
    link->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (link->slave < 0 || tcgetattr(link->slave, &raw) != 0)
        return false;
    cfmakeraw(&raw);
    if (tcsetattr(link->slave, TCSANOW, &raw) != 0)
        return false;
    unlink(link->path);
    if (symlink(name, link->path) != 0 || !watch(&link->callers[0], master))
        return false;
    link->callers[0].connection = ++link->connections;
    return true;
}

bool liar_link_open(struct liar_link *link)
{
    link->back_at = INT64_MAX;
    link->slave = link->listener.fd = -1;
    link->listener.link = link;
    for (size_t i = 0; i < LIAR_CALLERS; i++) {
        link->callers[i].link = link;
        link->callers[i].fd = -1;
    }
    return is_pty(link) ? open_terminal(link) : open_port(link);
}

static void drop_first(struct liar_link *link)
{
    struct piece *piece = link->out;

    link->out = piece->next;
    link->begun_ns = 0;
    free(piece);
}

/* What was to be said to somebody who has gone is not said to the next. */
static void drop_pieces(struct liar_link *link, unsigned connection)
{
    if (link->out != NULL && link->out->connection == connection)
        link->begun_ns = 0;
    for (struct piece **at = &link->out; *at != NULL;) {
        struct piece *piece = *at;

        if (piece->connection == connection) {
            *at = piece->next;
            free(piece);
        } else {
            at = &piece->next;
        }
    }
}

static void hang_up(struct caller *caller, bool reset)
{
    const struct linger hard = {.l_onoff = 1};

    if (caller->fd < 0)
        return;
    if (reset && !is_pty(caller->link))
        setsockopt(caller->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(caller->fd);
    caller->fd = -1;
    drop_pieces(caller->link, caller->connection);
}

void liar_link_cut(struct liar_link *link, int64_t until_ns)
{
    for (size_t i = 0; i < LIAR_CALLERS; i++)
        hang_up(&link->callers[i], true);
    if (link->listener.fd >= 0)
        close(link->listener.fd);
    if (link->slave >= 0)
        close(link->slave);
    if (is_pty(link))
        unlink(link->path);
    link->listener.fd = link->slave = -1;
    link->back_at = until_ns;
}

void liar_link_close(struct liar_link *link)
{
    liar_link_cut(link, INT64_MAX);
    while (link->out != NULL)
        drop_first(link);
    free(link->speaker.held);
    link->speaker.held = NULL;
}

/* Behind everything that leaves no later. */
static void put_out(struct liar_link *link, struct piece *piece)
{
    struct piece **at = &link->out;

    if (link->begun_ns != 0) /* the first is under way */
        at = &link->out->next;
    while (*at != NULL && (*at)->at_ns <= piece->at_ns)
        at = &(*at)->next;
    piece->next = *at;
    *at = piece;
}

static void write_log(const struct liar_link *link, const struct liar_request *request,
                      const char *fault, long value)
{
    if (link->common->log != NULL)
        fprintf(link->common->log, "%u %u %u %u %u %u %lld %s %ld\n", link->speaker.link,
                request->number, request->unit, request->function, request->address, request->count,
                (long long)(request->heard_ns / 1000), fault, value);
}

static void take_request(struct liar_link *link, struct liar_request *request)
{
    struct liar_common *common = link->common;
    struct fault fault;

    request->number = link->asked++;
    request->heard_ns = liar_now_ns();
    common->asked++;
    if (request->heard_ns < link->hole_until || !common->units[request->unit] ||
        common->dead[request->unit]) {
        write_log(link, request, request->heard_ns < link->hole_until ? "in_hole" : "absent", -1);
        return;
    }
    request->heard_ns += RTU_REQUEST * link->char_ns; /* it is on the line for so long */
    fault = fault_of(common->rules, link->speaker.wire, link->speaker.link, request->number,
                     request->unit, request->address, request->count);
    common->by_fault[fault.kind]++;
    write_log(link, request, fault_entry(fault.kind)->name, fault.value);
    for (struct piece *piece = answer_compose(&link->speaker, request, &fault); piece != NULL;) {
        struct piece *next = piece->next;

        if (piece->act == ACT_SEND && piece->spread_ns == 0)
            piece->spread_ns = (int64_t)piece->size * link->char_ns;
        put_out(link, piece);
        piece = next;
    }
}

static unsigned word_of(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void read_body(const uint8_t *body, struct liar_request *request)
{
    request->unit = body[0];
    request->function = body[1];
    request->address = (uint16_t)word_of(body + 2);
    request->count = (uint16_t)word_of(body + 4);
}

static void forget(struct caller *caller, size_t count)
{
    caller->used -= count;
    memmove(caller->inbox, caller->inbox + count, caller->used);
}

static void take_inbox(struct caller *caller)
{
    bool tcp = caller->link->speaker.wire == LIAR_TCP;
    size_t whole = tcp ? TCP_REQUEST : RTU_REQUEST;

    while (caller->fd >= 0 && caller->used >= whole) {
        struct liar_request request = {.connection = caller->connection};
        const uint8_t *bytes = caller->inbox;

        if (tcp && (word_of(bytes + 2) != 0 || word_of(bytes + 4) != 6)) {
            hang_up(caller, true); /* no read request looks like this */
            return;
        }
        if (!tcp && liar_crc(bytes, 6) != (bytes[6] | bytes[7] << 8)) {
            forget(caller, 1);
            continue;
        }
        request.tid = (uint16_t)word_of(bytes);
        read_body(tcp ? bytes + 6 : bytes, &request);
        forget(caller, whole);
        take_request(caller->link, &request);
    }
}

static void greet(struct liar_link *link)
{
    int yes = 1;
    int fd;

    while ((fd = accept4(link->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        size_t i = 0;

        while (i < LIAR_CALLERS && link->callers[i].fd >= 0)
            i++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (i == LIAR_CALLERS || !watch(&link->callers[i], fd)) {
            close(fd);
            continue;
        }
        link->callers[i].connection = ++link->connections;
    }
}

void liar_link_heard(struct caller *caller)
{
    ssize_t count;

    if (caller->fd < 0)
        return;
    if (caller == &caller->link->listener) {
        greet(caller->link);
        return;
    }
    while (caller->fd >= 0) {
        count = read(caller->fd, caller->inbox + caller->used, LIAR_INBOX - caller->used);
        if (count > 0) {
            caller->used += (size_t)count;
            take_inbox(caller);
            continue;
        }
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        hang_up(caller, false);
    }
}

static struct caller *caller_of(struct liar_link *link, unsigned connection)
{
    for (size_t i = 0; i < LIAR_CALLERS; i++)
        if (link->callers[i].fd >= 0 && link->callers[i].connection == connection)
            return &link->callers[i];
    return NULL;
}

/* What the peer takes no more (its buffer is full, or it has gone) is lost, as on a wire. */
static void send_bytes(struct caller *caller, struct piece *piece, size_t until)
{
    if (until <= piece->sent)
        return;
    if (is_pty(caller->link))
        (void)!write(caller->fd, piece->bytes + piece->sent, until - piece->sent);
    else
        (void)send(caller->fd, piece->bytes + piece->sent, until - piece->sent, MSG_NOSIGNAL);
    piece->sent = until;
}

static void do_act(struct liar_link *link, const struct piece *piece)
{
    struct caller *caller = caller_of(link, piece->connection);

    switch (piece->act) {
    case ACT_FIN:
    case ACT_RST:
        if (caller != NULL && !is_pty(link))
            hang_up(caller, piece->act == ACT_RST);
        return;
    case ACT_HOLE:
        link->hole_until = piece->at_ns + piece->lasts_ns;
        return;
    case ACT_REBOOT:
        link->speaker.map++;
        if (link->common->then_set != NULL)
            link->speaker.set = link->common->then_set;
        liar_link_cut(link, piece->at_ns + piece->lasts_ns);
        return;
    case ACT_REFUSE:
    case ACT_CUT:
        liar_link_cut(link, piece->at_ns + piece->lasts_ns);
        return;
    case ACT_SEND:
        return;
    }
}

/* Bytes of the first piece that are due; returns when the next are, or 0 when it is done. */
static int64_t send_first(struct liar_link *link, int64_t now_ns)
{
    struct piece *piece = link->out;
    struct caller *caller = caller_of(link, piece->connection);
    int64_t each = piece->size > 0 ? piece->spread_ns / (int64_t)piece->size : 0;
    int64_t last, next;
    size_t due;

    if (caller == NULL)
        return 0;
    if (link->begun_ns == 0)
        link->begun_ns = piece->at_ns > link->free_ns ? piece->at_ns : link->free_ns;
    due = each > 0 ? (size_t)((now_ns - link->begun_ns) / each) : piece->size;
    if (now_ns < link->begun_ns)
        due = 0;
    send_bytes(caller, piece, due < piece->size ? due : piece->size);
    last = link->begun_ns + each * (int64_t)piece->size;
    if (piece->sent < piece->size) {
        next = link->begun_ns + each * (int64_t)(piece->sent + 1);
        next = next > now_ns + CHUNK_NS ? next : now_ns + CHUNK_NS;
        return next < last ? next : last;
    }
    if (link->char_ns > 0)
        link->free_ns = last;
    return 0;
}

static void come_back(struct liar_link *link, int64_t now_ns)
{
    link->free_ns = 0;
    if (!liar_link_open(link))
        liar_link_cut(link, now_ns + RETRY_NS);
}

int64_t liar_link_go(struct liar_link *link, int64_t now_ns)
{
    if (link->back_at <= now_ns)
        come_back(link, now_ns);
    while (link->out != NULL && link->out->at_ns <= now_ns) {
        if (link->out->act == ACT_SEND) {
            int64_t again = send_first(link, now_ns);

            if (again != 0)
                return again < link->back_at ? again : link->back_at;
            drop_first(link);
            continue;
        }
        struct piece *piece = link->out;

        link->out = piece->next;
        link->begun_ns = 0;
        do_act(link, piece);
        free(piece);
    }
    if (link->out != NULL && link->out->at_ns < link->back_at)
        return link->out->at_ns;
    return link->back_at;
}
