#include "page/server.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/say.h"
#include "page/asking.h"
#include "page/server_inside.h"
#include "page/warden.h"

enum {
    POOL = 32 << 10,                               /* a request's head must fit into it */
    CONNECTIONS_MOST = GUESTS_MAX + GUESTS_LINGER, /* guests.h decides before the library does */
    CALM = 10,                                     /* nice: whoever polls goes first */
    REST_MS = 100,
    BODIES_MOST = 8 << 20, /* that come in at a time; then only small ones are taken … */
    BODY_SMALL = 4096      /* … as most acts are */
};

/* TLS 1.2 and 1.3, with forward secrecy and authenticated encryption alone. X25519 comes first: all
 * browsers send a share for it, and a share for another group is a round trip more. */
#define PRIORITIES                                                                                 \
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:"   \
    "+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519:"        \
    "+GROUP-SECP256R1:+GROUP-SECP384R1:%SERVER_PRECEDENCE"

struct server {
    void (*answer)(void *self, const struct http_request *request, struct http_answer *answer);
    void *self;
    bool secure; /* TLS */
    struct MHD_Daemon *daemon;
    struct warden *warden;
    pthread_t starter; /* whose thread starts it */
    char said[256];    /* by the library, in that thread */
    size_t bodies;     /* memory of those that come in: of the server's thread */
    atomic_ullong requests, not_modified, refused;
};

/* Answering ----------------------------------------------------------------------------------- */

static void add(void *response, const char *name, const char *value)
{
    MHD_add_response_header(response, name, value);
}

/* Takes the answer's bytes; the answer is still to be ended. */
static struct MHD_Response *make_response(struct http_answer *answer)
{
    struct MHD_Response *response;

    if (answer->fd >= 0) {
        response = MHD_create_response_from_fd64(answer->size, answer->fd);
        if (response != NULL)
            answer->fd = -1;
    } else if (answer->release != NULL) {
        response = MHD_create_response_from_buffer_with_free_callback_cls(
            answer->size, (void *)(uintptr_t)answer->fixed, answer->release, answer->held);
        if (response != NULL)
            answer->release = NULL;
    } else if (answer->fixed != NULL) {
        response = MHD_create_response_from_buffer(answer->size, (void *)(uintptr_t)answer->fixed,
                                                   MHD_RESPMEM_PERSISTENT);
    } else {
        response = MHD_create_response_from_buffer(answer->bytes == NULL ? 0 : answer->size,
                                                   answer->bytes, MHD_RESPMEM_MUST_FREE);
        if (response != NULL)
            answer->bytes = NULL;
    }
    return response;
}

static struct guest *guest_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *about =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return about == NULL ? NULL : about->socket_context;
}

static enum MHD_Result send_answer(struct server *server, struct MHD_Connection *connection,
                                   struct http_answer *answer)
{
    struct MHD_Response *response = make_response(answer);
    enum MHD_Result sent = MHD_NO;

    if (response != NULL) {
        server_headers(answer, server->secure, add, response);
        warden_take(server->warden, guest_of(connection), answer->size);
        sent = MHD_queue_response(connection, (unsigned)answer->status, response);
        MHD_destroy_response(response);
    }
    if (answer->status == 304)
        atomic_fetch_add(&server->not_modified, 1);
    else if (answer->status >= 400)
        atomic_fetch_add(&server->refused, 1);
    answer_end(answer);
    return sent;
}

/* What is no good request is answered before the rest of it is read; the library closes then. */
static enum MHD_Result refuse(struct server *server, struct MHD_Connection *connection, int status,
                              const struct error *err)
{
    struct http_answer answer = ANSWER_EMPTY;

    answer_refuse_with(&answer, status, err);
    answer.closes = true;
    return send_answer(server, connection, &answer);
}

/* Asking -------------------------------------------------------------------------------------- */

/* The request line, before the library undoes its escapes. */
static void *line_read(void *self, const char *target, struct MHD_Connection *connection)
{
    (void)self;
    (void)connection;
    return asking_new(target);
}

static enum MHD_Result line_add(void *self, enum MHD_ValueKind kind, const char *name,
                                size_t name_size, const char *value, size_t value_size)
{
    (void)kind;
    asking_line(self, name, name_size, value, value_size);
    return MHD_YES;
}

static bool is_strict_itself(void)
{
    const char *version = MHD_get_version();

    return atoi(version) >= 1;
}

static int read_head(struct server *server, struct MHD_Connection *connection, const char *method,
                     struct asking *asking, struct error *err)
{
    const union MHD_ConnectionInfo *about =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct asking_lines lines = {.head.request = &asking->request, .checked = !is_strict_itself()};
    bool good = http_target(asking->target, &asking->request);

    asking->request.method = http_method(method);
    asking->request.from = about == NULL ? NULL : about->client_addr;
    asking->request.tls = server->secure;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, line_add, &lines);
    say_in_here(http_language(&asking->request));
    if (!good || lines.broken) {
        error_set(err, ERROR_WRONG_USE, "%s",
                  good ? SAY("请求头的行不完整", "the lines of the head are broken")
                       : SAY("地址有误或太长", "the address is wrong or too long"));
        return 400;
    }
    return http_head_judge(&lines.head, err);
}

static enum MHD_Result begin(struct server *server, struct MHD_Connection *connection,
                             const char *method, struct asking *asking)
{
    struct error err = {0};
    int status = read_head(server, connection, method, asking, &err);

    asking->begun = true;
    atomic_fetch_add(&server->requests, 1);
    return status == 0 ? MHD_YES : refuse(server, connection, status, &err);
}

/* Chunks without end: the library answers nothing in the middle of a body, so the answer is written
 * past it before the connection ends; not into TLS, where the connection just ends. */
static void cut_short(struct server *server, struct MHD_Connection *connection,
                      const struct asking *asking)
{
    const union MHD_ConnectionInfo *about =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct http_answer answer = ANSWER_EMPTY;
    struct error err = {0};
    char words[4096];

    atomic_fetch_add(&server->refused, 1);
    if (about == NULL || server->secure)
        return;
    say_in_here(http_language(&asking->request));
    answer_refuse_with(&answer, http_body_too_long(&err), &err);
    answer.closes = true;
    (void)!send(about->connect_fd, words,
                server_words(&answer, "Content Too Large", words, sizeof words),
                MSG_NOSIGNAL | MSG_DONTWAIT);
    answer_end(&answer);
}

static enum MHD_Result take_body(struct server *server, struct MHD_Connection *connection,
                                 struct asking *asking, const char *bytes, size_t *size)
{
    bool good;

    if (asking->body_size + *size > HTTP_BODY_MAX) {
        cut_short(server, connection, asking);
        return MHD_NO;
    }
    if (server->bodies > BODIES_MOST && asking->body_size + *size > BODY_SMALL)
        return MHD_NO; /* nobody has looked yet at who sends it */
    server->bodies -= asking->body_room;
    good = asking_add(asking, bytes, *size);
    server->bodies += asking->body_room;
    if (!good)
        return MHD_NO;
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result answer(struct server *server, struct MHD_Connection *connection,
                              struct asking *asking)
{
    struct http_answer made = ANSWER_EMPTY;

    asking->request.body = asking->body == NULL ? "" : asking->body;
    asking->request.body_size = asking->body_size;
    say_in_here(http_language(&asking->request));
    server->answer(server->self, &asking->request, &made);
    return send_answer(server, connection, &made);
}

static enum MHD_Result handle(void *self, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *bytes,
                              size_t *size, void **of_request)
{
    struct asking *asking = *of_request;

    (void)url;
    (void)version;
    if (asking == NULL)
        return MHD_NO;
    if (!asking->begun)
        return begin(self, connection, method, asking);
    if (*size > 0)
        return take_body(self, connection, asking, bytes, size);
    return answer(self, connection, asking);
}

/* Whether its answer was sent or not; where the connection ends now, warden_go() follows. */
static void request_ended(void *self, struct MHD_Connection *connection, void **of_request,
                          enum MHD_RequestTerminationCode how)
{
    struct server *server = self;
    struct asking *asking = *of_request;

    if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        warden_ask(server->warden, guest_of(connection));
    if (asking != NULL)
        server->bodies -= asking->body_room;
    asking_free(asking);
    *of_request = NULL;
}

/* Life ---------------------------------------------------------------------------------------- */

/* Once, in the server's thread: whoever polls goes first. */
static void calm_down(void)
{
    static _Thread_local bool calm;

    if (!calm)
        setpriority(PRIO_PROCESS, (id_t)gettid(), CALM);
    calm = true;
}

/* The library tells of an end before it closes the descriptor. */
static void connection_changed(void *self, struct MHD_Connection *connection, void **of_connection,
                               enum MHD_ConnectionNotificationCode how)
{
    struct server *server = self;
    const union MHD_ConnectionInfo *fd, *from;

    calm_down();
    if (how == MHD_CONNECTION_NOTIFY_CLOSED) {
        warden_go(server->warden, *of_connection);
        return;
    }
    fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    from = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (fd != NULL && from != NULL)
        *of_connection = warden_come(server->warden, fd->connect_fd, from->client_addr);
}

/* When it can take nobody in and has nobody who could go, the library asks again at once, for as
 * long as the process has no descriptor left. What it says then (0.9.75) is all we hear of it. */
static void rest_if_it_spins(const char *format)
{
    const struct timespec rest = {.tv_nsec = REST_MS * 1000000L};

    if (strstr(format, "busy waiting") != NULL)
        nanosleep(&rest, NULL);
}

/* What the library says while it starts explains why it did not. Its own thread speaks of what
 * strangers send, which is theirs to know and no line of our log. */
static void library_says(void *self, const char *format, va_list list)
{
    struct server *server = self;

    if (pthread_equal(pthread_self(), server->starter))
        vsnprintf(server->said, sizeof server->said, format, list);
    else
        rest_if_it_spins(format);
}

static size_t keep_escapes(void *self, struct MHD_Connection *connection, char *words)
{
    (void)self;
    (void)connection;
    return strlen(words);
}

static struct MHD_Daemon *start_daemon(struct server *server, const struct server_setup *setup,
                                       int listening)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY,    0, (void *)(uintptr_t)setup->key        },
        {MHD_OPTION_HTTPS_MEM_CERT,   0, (void *)(uintptr_t)setup->certificate},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES        },
        {MHD_OPTION_END,              0, NULL                                 },
    };
    /* With epoll the library asks for the rest of a half handshake over and over (0.9.75). */
    unsigned waiting =
        server->secure ? MHD_USE_TLS | MHD_USE_POLL_INTERNAL_THREAD : MHD_USE_EPOLL_INTERNAL_THREAD;

    if (!server->secure)
        tls[0] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(
        waiting | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, server, MHD_OPTION_EXTERNAL_LOGGER,
        library_says, server, MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MOST, MHD_OPTION_URI_LOG_CALLBACK, line_read, server,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, server, MHD_OPTION_NOTIFY_COMPLETED,
        request_ended, server, MHD_OPTION_NOTIFY_CONNECTION, connection_changed, server,
        MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static void end(struct server *server)
{
    if (server == NULL)
        return;
    warden_stop(server->warden);
    free(server);
}

struct server *server_start(const struct server_setup *setup, struct error *err)
{
    int listening = server_listen(setup->listen, err), given;
    struct server *server;

    if (listening < 0)
        return NULL;
    server = calloc(1, sizeof *server);
    /* The library closes its descriptor when it stops, and mostly when it does not start. */
    given = server == NULL ? -1 : fcntl(listening, F_DUPFD_CLOEXEC, 0);
    if (given >= 0 && (server->warden = warden_start(setup->clock, err)) != NULL) {
        server->answer = setup->answer;
        server->self = setup->self;
        server->secure = setup->certificate != NULL;
        server->starter = pthread_self();
        server->daemon = start_daemon(server, setup, given);
    } else if (given >= 0) {
        close(given);
    }
    close(listening);
    if (server != NULL && server->daemon != NULL)
        return server;
    error_set(err, ERROR_PEER, SAY("网页无法启动：%s", "the page cannot start: %s"),
              server == NULL || given < 0 ? SAY("内存不足", "out of memory") : server->said);
    end(server);
    return NULL;
}

void server_stop(struct server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    end(server);
}

void server_status(struct server *server, struct page_status *status)
{
    struct guests_count count;

    warden_count(server->warden, &count);
    *status = (struct page_status){
        .connections = count.now,
        .connections_most = count.most,
        .requests = atomic_load(&server->requests),
        .not_modified = atomic_load(&server->not_modified),
        .refused = atomic_load(&server->refused),
        .closed_slow = count.slow,
        .crowded_out = count.crowded,
    };
}
