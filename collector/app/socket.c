#include "app/socket.h"

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/shown.h"
#include "app/station.h"
#include "base/say.h"
#include "record/recorder.h"

enum { PATIENCE_MS = 5000, BY_MAX = 64, LINE_FIRST = 64 << 10 };

struct peer {
    uv_pipe_t pipe;
    uv_timer_t patience; /* for the whole line: a peer that says nothing may not keep its place */
    uv_write_t write;
    struct socket_server *server;
    char *line; /* what was read so far */
    size_t used, room;
    char *answer; /* being written; the peer is closed after it */
    int open_handles;
    bool in_use;
    bool waiting; /* an act of it is with the recorder */
    bool gone;
    char who[64];
};

struct socket_server {
    uv_pipe_t listener;
    uv_async_t answered;
    struct station *station;
    pthread_mutex_t lock;          /* guards ready[] */
    char *ready[SOCKET_PEERS_MAX]; /* answers from the recorder, by peer */
    struct peer peers[SOCKET_PEERS_MAX];
    size_t line_bytes; /* room of all lines */
    char path[300];
    int open_handles;
    bool stopping;
    void (*stopped)(void *self);
    void *self;
};

static void line_free(struct peer *peer)
{
    peer->server->line_bytes -= peer->room;
    free(peer->line);
    peer->line = NULL;
    peer->used = peer->room = 0;
}

/* Room for more of the line. False: all lines together are as long as they may be. */
static bool line_grow(struct peer *peer)
{
    size_t room = peer->room == 0 ? LINE_FIRST : peer->room * 2;
    char *grown;

    if (peer->used < peer->room)
        return true;
    if (peer->server->line_bytes - peer->room + room > SOCKET_LINE_MAX)
        return false;
    grown = realloc(peer->line, room);
    if (grown == NULL)
        return false;
    peer->server->line_bytes += room - peer->room;
    peer->line = grown;
    peer->room = room;
    return true;
}

static void server_closed_one(struct socket_server *server)
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

/* The pipe or the timer; the place is free when both are closed. */
static void peer_closed(uv_handle_t *handle)
{
    struct peer *peer = handle->data;

    if (--peer->open_handles > 0) {
        server_closed_one(peer->server);
        return;
    }
    free(peer->answer);
    peer->answer = NULL;
    line_free(peer);
    peer->gone = true;
    peer->in_use = peer->waiting; /* the slot is free once its act was answered */
    server_closed_one(peer->server);
}

static void peer_close(struct peer *peer)
{
    if (uv_is_closing((uv_handle_t *)&peer->pipe))
        return;
    uv_close((uv_handle_t *)&peer->pipe, peer_closed);
    uv_close((uv_handle_t *)&peer->patience, peer_closed);
}

static void peer_written(uv_write_t *write, int status)
{
    (void)status;
    peer_close(write->data);
}

/* Takes `text` (one JSON object), writes it with its line end, then closes. */
static void peer_answer(struct peer *peer, char *text)
{
    uv_buf_t buffers[2];

    if (text == NULL || peer->gone || uv_is_closing((uv_handle_t *)&peer->pipe)) {
        free(text);
        return;
    }
    peer->answer = text;
    buffers[0] = uv_buf_init(text, (unsigned)strlen(text));
    buffers[1] = uv_buf_init("\n", 1);
    peer->write.data = peer;
    if (uv_write(&peer->write, (uv_stream_t *)&peer->pipe, buffers, 2, peer_written) != 0)
        peer_close(peer);
}

static char *error_text(const struct error *err)
{
    json_t *object = error_object(err);
    char *text = json_dumps(object, JSON_COMPACT);

    json_decref(object);
    return text;
}

static char *done_text(uint64_t seq)
{
    char *text = NULL;

    return asprintf(&text, "{\"done\":{\"seq\":%llu}}", (unsigned long long)seq) < 0 ? NULL : text;
}

/* From the recorder's thread. */
static void act_done(void *self, uint64_t seq, const struct error *err)
{
    struct peer *peer = self;
    struct socket_server *server = peer->server;

    pthread_mutex_lock(&server->lock);
    server->ready[peer - server->peers] = err == NULL ? done_text(seq) : error_text(err);
    pthread_mutex_unlock(&server->lock);
    uv_async_send(&server->answered);
}

/* In the loop: hands out what the recorder answered. */
static void answers_ready(uv_async_t *async)
{
    struct socket_server *server = async->data;

    for (size_t i = 0; i < SOCKET_PEERS_MAX; i++) {
        struct peer *peer = &server->peers[i];
        char *text;

        pthread_mutex_lock(&server->lock);
        text = server->ready[i];
        server->ready[i] = NULL;
        pthread_mutex_unlock(&server->lock);
        if (text == NULL)
            continue;
        peer->waiting = false;
        if (peer->gone)
            peer->in_use = false;
        peer_answer(peer, text);
    }
}

static void peer_refuse(struct peer *peer, enum error_kind kind, const char *sentence)
{
    struct error err = {0};

    error_set(&err, kind, "%s", sentence);
    peer_answer(peer, error_text(&err));
}

static void peer_status(struct peer *peer)
{
    json_t *object = json_object();

    json_object_set_new(object, "done", station_status(peer->server->station));
    peer_answer(peer, json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)));
    json_decref(object);
}

static void peer_line(struct peer *peer)
{
    json_error_t where;
    json_t *object = json_loadb(peer->line, peer->used, JSON_REJECT_DUPLICATES, &where);
    const char *name = json_string_value(json_object_get(object, "act"));
    const char *by = json_string_value(json_object_get(object, "by"));
    json_t *args = json_object_get(object, "args");
    struct act act;

    if (name == NULL || (args != NULL && !json_is_object(args)) ||
        (by != NULL && strlen(by) > BY_MAX)) {
        peer_refuse(peer, ERROR_WRONG_USE,
                    SAY("请求应为一行 JSON：{\"act\":…,\"args\":{…}}",
                        "a request is one line of JSON: {\"act\":…,\"args\":{…}}"));
    } else if (strcmp(name, "status") == 0) {
        peer_status(peer);
    } else {
        act = (struct act){.name = name,
                           .args = args == NULL ? json_object() : json_incref(args),
                           .who = peer->who,
                           .by = by == NULL ? "" : by,
                           .done = act_done,
                           .self = peer};
        peer->waiting = true;
        recorder_act(station_recorder(peer->server->station), &act);
    }
    json_decref(object);
    line_free(peer);
}

static void peer_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    struct peer *peer = handle->data;

    (void)wanted;
    *buffer = uv_buf_init(peer->line + peer->used, (unsigned)(peer->room - peer->used));
}

static void peer_says_nothing(uv_timer_t *timer)
{
    peer_close(timer->data);
}

static void peer_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct peer *peer = stream->data;
    size_t room = peer->room;
    const char *end;

    (void)buffer;
    if (count < 0) {
        peer_close(peer);
        return;
    }
    end = memchr(peer->line + peer->used, '\n', (size_t)count);
    peer->used += (size_t)count;
    if (end != NULL) {
        peer->used = (size_t)(end - peer->line);
        uv_read_stop(stream);
        uv_timer_stop(&peer->patience);
        peer_line(peer);
    } else if (!line_grow(peer)) {
        uv_read_stop(stream);
        peer_refuse(peer, ERROR_REFUSED,
                    SAY("请求太长，或同时有别的长请求；请稍后再试",
                        "the request is too long, or others are that are sent now; try again in a "
                        "moment"));
    } else if (peer->room > room) { /* a long line gets its time again each time it doubles */
        uv_timer_start(&peer->patience, peer_says_nothing, PATIENCE_MS, 0);
    }
}

/* The user at the other end, from the kernel: a name where there is one. */
static void peer_identify(struct peer *peer)
{
    struct ucred user = {0};
    socklen_t size = sizeof user;
    struct passwd known;
    struct passwd *found = NULL;
    char room[1024];
    uv_os_fd_t fd;

    snprintf(peer->who, sizeof peer->who, "?");
    if (uv_fileno((uv_handle_t *)&peer->pipe, &fd) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &user, &size) != 0)
        return;
    if (getpwuid_r(user.uid, &known, room, sizeof room, &found) == 0 && found != NULL)
        snprintf(peer->who, sizeof peer->who, "%s", known.pw_name);
    else
        snprintf(peer->who, sizeof peer->who, "uid %u", user.uid);
}

static struct peer *free_peer(struct socket_server *server)
{
    for (size_t i = 0; i < SOCKET_PEERS_MAX; i++) {
        struct peer *peer = &server->peers[i];

        if (peer->in_use)
            continue;
        peer->server = server;
        return line_grow(peer) ? peer : NULL;
    }
    return NULL;
}

static void drop_closed(uv_handle_t *handle)
{
    struct socket_server *server = handle->data;

    free(handle);
    server_closed_one(server);
}

static void say_busy(uv_stream_t *pipe)
{
    struct error err = {0};
    char *text;
    uv_buf_t buffers[2];

    error_set(&err, ERROR_REFUSED, "%s",
              SAY("采集器正忙于回答其他命令，请稍后再试",
                  "the collector is busy with other commands, try again in a moment"));
    text = error_text(&err);
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
    uv_pipe_init(listener->loop, &peer->pipe, 0);
    uv_timer_init(listener->loop, &peer->patience);
    server->open_handles += 2;
    peer->open_handles = 2;
    peer->pipe.data = peer->patience.data = peer;
    peer->server = server;
    peer->in_use = true;
    peer->waiting = false;
    peer->gone = false;
    peer->used = 0;
    if (uv_accept(listener, (uv_stream_t *)&peer->pipe) != 0) {
        peer_close(peer);
        return;
    }
    peer_identify(peer);
    uv_timer_start(&peer->patience, peer_says_nothing, PATIENCE_MS, 0);
    uv_read_start((uv_stream_t *)&peer->pipe, peer_room, peer_read);
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
    uv_async_init(loop, &server->answered, answers_ready);
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
    server_closed_one(handle->data);
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
    answers_ready(&server->answered);
    for (size_t i = 0; i < SOCKET_PEERS_MAX; i++)
        if (server->peers[i].in_use && !server->peers[i].gone)
            peer_close(&server->peers[i]);
    uv_close((uv_handle_t *)&server->answered, fixed_closed);
    uv_close((uv_handle_t *)&server->listener, fixed_closed);
}
