/* One peer of the acts socket: its line, the act it asks for, its answer. */
#include "app/socket_parts.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/users.h"
#include "base/say.h"
#include "record/recorder.h"
#include "town/shown.h"

static void line_free(struct peer *peer)
{
    peer->server->line_bytes -= peer->room;
    free(peer->line);
    peer->line = NULL;
    peer->used = peer->room = 0;
}

/* Room for more of the line. False: all lines together are as long as they may be. */
bool socket_line_grow(struct peer *peer)
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

/* The pipe or the timer; the place is free when both are closed. */
static void peer_closed(uv_handle_t *handle)
{
    struct peer *peer = handle->data;

    if (--peer->open_handles > 0) {
        socket_closed_one(peer->server);
        return;
    }
    free(peer->answer);
    peer->answer = NULL;
    line_free(peer);
    peer->gone = true;
    peer->in_use = peer->waiting; /* the slot is free once its act was answered */
    socket_closed_one(peer->server);
}

void socket_peer_close(struct peer *peer)
{
    if (uv_is_closing((uv_handle_t *)&peer->pipe))
        return;
    uv_close((uv_handle_t *)&peer->pipe, peer_closed);
    uv_close((uv_handle_t *)&peer->patience, peer_closed);
}

static void peer_written(uv_write_t *write, int status)
{
    (void)status;
    socket_peer_close(write->data);
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
        socket_peer_close(peer);
}

char *socket_error_text(const struct error *err)
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

void socket_peer_ready(struct peer *peer, char *text)
{
    struct socket_server *server = peer->server;

    pthread_mutex_lock(&server->lock);
    server->ready[peer - server->peers] = text;
    pthread_mutex_unlock(&server->lock);
    uv_async_send(&server->answered);
}

/* From the recorder's thread. */
static void act_done(void *self, uint64_t seq, const struct error *err)
{
    socket_peer_ready(self, err == NULL ? done_text(seq) : socket_error_text(err));
}

/* In the loop: hands out what the recorder answered. */
void socket_answers_ready(uv_async_t *async)
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

void socket_peer_say(struct peer *peer, const char *text)
{
    size_t size = strlen(text);
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)text, (unsigned)size);

    if (peer->gone || uv_is_closing((uv_handle_t *)&peer->pipe))
        return;
    if (uv_try_write((uv_stream_t *)&peer->pipe, &buffer, 1) != (int)size)
        socket_peer_close(peer);
}

static void peer_refuse(struct peer *peer, enum error_kind kind, const char *sentence)
{
    struct error err = {0};

    error_set(&err, kind, "%s", sentence);
    peer_answer(peer, socket_error_text(&err));
}

static void peer_status(struct peer *peer)
{
    json_t *object = json_object();

    json_object_set_new(object, "done", station_status(peer->server->station));
    peer_answer(peer, json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)));
    json_decref(object);
}

static void peer_users(struct peer *peer)
{
    static struct user users[USERS_MAX]; /* the loop's thread alone */
    json_t *object = json_object();
    size_t count;

    recorder_users(station_recorder(peer->server->station), users, &count);
    json_object_set_new(object, "done", users_json(users, count));
    peer_answer(peer, json_dumps(object, JSON_COMPACT));
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
    } else if (strcmp(name, "users") == 0) {
        peer_users(peer);
    } else if (strcmp(name, "link.probe") == 0) {
        socket_probe(peer, args, by == NULL ? "" : by);
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
    socket_peer_close(timer->data);
}

static void peer_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct peer *peer = stream->data;
    size_t room = peer->room;
    const char *end;

    (void)buffer;
    if (count < 0) {
        socket_peer_close(peer);
        return;
    }
    end = memchr(peer->line + peer->used, '\n', (size_t)count);
    peer->used += (size_t)count;
    if (end != NULL) {
        peer->used = (size_t)(end - peer->line);
        uv_read_stop(stream);
        uv_timer_stop(&peer->patience);
        peer_line(peer);
    } else if (!socket_line_grow(peer)) {
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

void socket_peer_begin(struct peer *peer, uv_stream_t *listener)
{
    uv_pipe_init(listener->loop, &peer->pipe, 0);
    uv_timer_init(listener->loop, &peer->patience);
    peer->server->open_handles += 2;
    peer->open_handles = 2;
    peer->pipe.data = peer->patience.data = peer;
    peer->in_use = true;
    peer->waiting = false;
    peer->gone = false;
    peer->used = 0;
    if (uv_accept(listener, (uv_stream_t *)&peer->pipe) != 0) {
        socket_peer_close(peer);
        return;
    }
    peer_identify(peer);
    uv_timer_start(&peer->patience, peer_says_nothing, PATIENCE_MS, 0);
    uv_read_start((uv_stream_t *)&peer->pipe, peer_room, peer_read);
}
