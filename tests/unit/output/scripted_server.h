/* scripted_server.h - an HTTP server on loopback that answers as the test's script says.
 *
 * One thread, one connection at a time, kept alive. Bodies are unpacked before the script sees
 * them.
 */
#ifndef TESTS_SCRIPTED_SERVER_H
#define TESTS_SCRIPTED_SERVER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { HEAD_MOST = 8192, BODY_MOST = 4 * 1024 * 1024 };

struct request {
    unsigned number; /* from 1 */
    char head[HEAD_MOST];
    char *body;
    size_t body_size;
    size_t lines;
    bool packed;
};

/* What the script says: the whole answer, head and body. One with zero bytes in it has its size in
 * server.answer_size. */
typedef const char *answer_script(const struct request *request);

static const char stored[] = "HTTP/1.1 204 No Content\r\n\r\n";
#define ANSWER(status, head, body) "HTTP/1.1 " status "\r\n" head "Connection: close\r\n\r\n" body

struct server {
    int socket;
    int port;
    atomic_int connection;
    pthread_t thread;
    answer_script *script;
    atomic_bool endless; /* the body of every answer has no end */
    bool mute;           /* no answer at all */
    size_t answer_size;
    atomic_uint requests;
    atomic_bool cut_off; /* the client broke an endless answer off */
    struct request request;
    char packed[BODY_MOST];
};

static struct server server;

static inline bool server_read(char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t got = read(server.connection, bytes, size);

        if (got <= 0)
            return false;
        bytes += got;
        size -= (size_t)got;
    }
    return true;
}

static inline void server_unpack(size_t size)
{
    struct request *request = &server.request;
    z_stream stream;

    memset(&stream, 0, sizeof stream);
    if (inflateInit2(&stream, 15 + 16) != Z_OK)
        abort();
    stream.next_in = (unsigned char *)server.packed;
    stream.avail_in = (uInt)size;
    stream.next_out = (unsigned char *)request->body;
    stream.avail_out = BODY_MOST - 1;
    if (inflate(&stream, Z_FINISH) != Z_STREAM_END)
        abort();
    request->body_size = stream.total_out;
    inflateEnd(&stream);
}

static inline bool server_read_request(void)
{
    struct request *request = &server.request;
    size_t used = 0;
    const char *length;
    size_t size;

    while (used < HEAD_MOST - 1 && server_read(request->head + used, 1)) {
        request->head[++used] = '\0';
        if (used >= 4 && strcmp(request->head + used - 4, "\r\n\r\n") == 0)
            break;
    }
    length = strcasestr(request->head, "content-length:");
    if (used < 4)
        return false;
    size = length == NULL ? 0 : strtoul(length + 15, NULL, 10);
    request->packed = strcasestr(request->head, "content-encoding: gzip") != NULL;
    if (size >= BODY_MOST || !server_read(request->packed ? server.packed : request->body, size))
        return false;
    request->body_size = size;
    if (request->packed)
        server_unpack(size);
    request->body[request->body_size] = '\0';
    request->lines = 0;
    for (size_t i = 0; i < request->body_size; i++)
        request->lines += request->body[i] == '\n';
    return true;
}

static inline bool server_write(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = send(server.connection, bytes, size, MSG_NOSIGNAL);

        if (put <= 0)
            return false;
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

/* Whether the connection is kept. */
static inline bool server_answer(void)
{
    const char *answer = server.script(&server.request);
    static const char filler[4096] = "and so on ";

    server.requests++; /* the script has seen it */
    if (!server_write(answer, server.answer_size > 0 ? server.answer_size : strlen(answer)))
        return false;
    if (!server.endless)
        return strstr(answer, "Connection: close") == NULL;
    while (server_write(filler, sizeof filler))
        ;
    server.cut_off = true;
    return false;
}

static inline void server_serve(void)
{
    while (server_read_request()) {
        server.request.number = server.requests + 1;
        if (server.mute) {
            char one;

            server.requests++;
            (void)!read(server.connection, &one, 1); /* until the client goes */
            return;
        }
        if (!server_answer())
            return;
    }
}

static inline void *server_run(void *self)
{
    (void)self;
    for (;;) {
        server.connection = accept(server.socket, NULL, NULL);
        if (server.connection < 0)
            return NULL;
        server_serve();
        close(server.connection);
    }
}

static inline void server_start(answer_script *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    char *body = server.request.body == NULL ? malloc(BODY_MOST) : server.request.body;

    memset(&server, 0, sizeof server);
    server.request.body = body;
    server.script = script;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server.socket, (struct sockaddr *)&address, size) != 0 ||
        listen(server.socket, 8) != 0 ||
        getsockname(server.socket, (struct sockaddr *)&address, &size) != 0 ||
        pthread_create(&server.thread, NULL, server_run, NULL) != 0)
        abort();
    server.port = ntohs(address.sin_port);
}

static inline void server_stop(void)
{
    shutdown(server.socket, SHUT_RDWR);
    shutdown(server.connection, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.socket);
    free(server.request.body);
    server.request.body = NULL;
}

#endif
