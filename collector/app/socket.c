#include "app/socket_parts.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"

void socket_closed_one(struct socket_server *server)
{
    void (*stopped)(void *self) = server->stopped;
    void *self = server->self;

    if (--server->open_handles > 0 || !server->stopping)
        return;
    for (size_t i = 0; i < SOCKET_PEERS_MAX; i++) {
        free(server->ready[i]);
        free(server->peers[i].line);
        free(server->peers[i].answer);
    }
    pthread_mutex_destroy(&server->lock);
    free(server);
    stopped(self);
}

static struct peer *free_peer(struct socket_server *server)
{
    for (size_t i = 0; i < SOCKET_PEERS_MAX; i++) {
        struct peer *peer = &server->peers[i];

        if (peer->in_use)
            continue;
        peer->server = server;
        return socket_line_grow(peer) ? peer : NULL;
    }
    return NULL;
}

static void drop_closed(uv_handle_t *handle)
{
    struct socket_server *server = handle->data;

    free(handle);
    socket_closed_one(server);
}

static void say_busy(uv_stream_t *pipe)
{
    struct error err = {0};
    char *text;
    uv_buf_t buffers[2];

    error_set(&err, ERROR_REFUSED, "%s",
              SAY("采集器正忙于回答其他命令，请稍后再试",
                  "the collector is busy with other commands, try again in a moment"));
    text = socket_error_text(&err);
    if (text == NULL)
        return;
    buffers[0] = uv_buf_init(text, (unsigned)strlen(text));
    buffers[1] = uv_buf_init("\n", 1);
    uv_try_write(pipe, buffers, 2);
    free(text);
}

/* Nobody may hang in the queue because all places are taken: accepted and dropped. */
static void drop_one(struct socket_server *server)
{
    uv_pipe_t *pipe = malloc(sizeof *pipe);

    if (pipe == NULL)
        return;
    uv_pipe_init(server->listener.loop, pipe, 0);
    pipe->data = server;
    server->open_handles++;
    if (uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)pipe) == 0)
        say_busy((uv_stream_t *)pipe);
    uv_close((uv_handle_t *)pipe, drop_closed);
}

static void peer_arrives(uv_stream_t *listener, int status)
{
    struct socket_server *server = listener->data;
    struct peer *peer = free_peer(server);

    if (status < 0)
        return;
    if (peer == NULL) {
        drop_one(server);
        return;
    }
    socket_peer_begin(peer, listener);
}

int socket_reachable(const char *path, char *out)
{
    const char *name = strrchr(path, '/');
    char folder[300];
    int dir;

    snprintf(out, SOCKET_PATH_SIZE, "%s", path);
    if (strlen(path) < SOCKET_PATH_SIZE || name == NULL)
        return -1;
    snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
    dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    snprintf(out, SOCKET_PATH_SIZE, "/proc/self/fd/%d%s", dir, name);
    return dir;
}

/* 0660, group lookback: office staff in that group may act, others may not. */
static void share_with_group(const char *path)
{
    const struct group *group = getgrnam("lookback");

    chmod(path, 0660);
    if (group != NULL && chown(path, (uid_t)-1, group->gr_gid) != 0)
        return; /* not ours to give: then only our own user may act */
}

static bool listen_here(struct socket_server *server, uv_loop_t *loop, struct error *err)
{
    char reachable[SOCKET_PATH_SIZE];
    mode_t old;
    int result;
    int dir;

    unlink(server->path); /* we hold the store's lock: nobody serves it */
    dir = socket_reachable(server->path, reachable);
    uv_pipe_init(loop, &server->listener, 0);
    uv_async_init(loop, &server->answered, socket_answers_ready);
    server->listener.data = server;
    server->answered.data = server;
    server->open_handles = 2;
    old = umask(0177);
    result = uv_pipe_bind(&server->listener, reachable);
    umask(old);
    if (dir >= 0)
        close(dir);
    if (result == 0)
        result = uv_listen((uv_stream_t *)&server->listener, 16, peer_arrives);
    if (result != 0)
        return error_set(err, ERROR_STORE, SAY("%s: 无法建立命令入口：%s", "%s: cannot listen: %s"),
                         server->path, uv_strerror(result));
    share_with_group(server->path);
    return true;
}

static void fixed_closed(uv_handle_t *handle)
{
    socket_closed_one(handle->data);
}

static void nothing(void *self)
{
    (void)self;
}

struct socket_server *socket_serve(uv_loop_t *loop, struct station *station, const char *store_dir,
                                   struct error *err)
{
    struct socket_server *server = calloc(1, sizeof *server);

    if (server == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    server->station = station;
    pthread_mutex_init(&server->lock, NULL);
    snprintf(server->path, sizeof server->path, "%s/lookback.sock", store_dir);
    if (!listen_here(server, loop, err)) {
        socket_stop(server, nothing, NULL);
        uv_run(loop, UV_RUN_NOWAIT); /* lets the two handles close */
        return NULL;
    }
    return server;
}

void socket_stop(struct socket_server *server, void (*stopped)(void *self), void *self)
{
    server->stopping = true;
    server->stopped = stopped;
    server->self = self;
    unlink(server->path);
    socket_answers_ready(&server->answered);
    for (size_t i = 0; i < SOCKET_PEERS_MAX; i++)
        if (server->peers[i].in_use && !server->peers[i].gone)
            socket_peer_close(&server->peers[i]);
    uv_close((uv_handle_t *)&server->answered, fixed_closed);
    uv_close((uv_handle_t *)&server->listener, fixed_closed);
}
