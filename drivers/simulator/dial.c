/* dial.c - units that dial in: they call, say who they are, and say it again as a heartbeat. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "drivers/simulator/serve_parts.h"

enum { DIAL_AGAIN_MS = 1000 }; /* a unit that was turned away or cut off calls again */

static int64_t now_ms(void)
{
    return clock_mono(clock_system()).ns / 1000000;
}

/* What it says ends with a line feed, unless it is no text. */
static void say_id(const struct sim_link *link, int fd)
{
    uint8_t bytes[REGISTRATION_ID_MAX + 2];
    size_t size = link->registration.size;

    memcpy(bytes, link->registration.bytes, size);
    if (link->id_hex[0] == '\0') {
        bytes[size++] = '\r';
        bytes[size++] = '\n';
    }
    (void)!send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Waits a second for the connection at most: what is played here is on this machine. */
static void dial(struct serve *serve, uint32_t index)
{
    const struct sim_link *link = &serve->town->links[index];
    struct dialler *dialler = &serve->diallers[index];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)link->port)};
    const struct timeval second = {.tv_sec = 1};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    dialler->due_ms = now_ms() + DIAL_AGAIN_MS;
    if (fd < 0)
        return;
    if (inet_pton(AF_INET, link->host, &address.sin_addr) == 1 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second) == 0 &&
        connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        dialler->door = serve_door_new(serve, DOOR_CLIENT, fd, index);
    if (dialler->door == NULL || !serve_wait_on(serve, dialler->door)) {
        if (dialler->door != NULL)
            serve_door_close(serve, dialler->door);
        else
            close(fd);
        return;
    }
    say_id(link, fd);
    dialler->due_ms = link->heartbeat_ms > 0 ? now_ms() + link->heartbeat_ms : INT64_MAX;
}

int dialler_turn(struct serve *serve)
{
    int64_t next = INT64_MAX;

    for (uint32_t i = 0; i < serve->town->link_count; i++) {
        const struct sim_link *link = &serve->town->links[i];
        struct dialler *dialler = &serve->diallers[i];

        if (link->kind != SIM_DIALIN)
            continue;
        if (dialler->due_ms <= now_ms() && dialler->door == NULL) {
            dial(serve, i);
        } else if (dialler->due_ms <= now_ms()) {
            say_id(link, dialler->door->fd);
            dialler->due_ms = now_ms() + link->heartbeat_ms;
        }
        next = dialler->due_ms < next ? dialler->due_ms : next;
    }
    if (next == INT64_MAX)
        return -1;
    return next > now_ms() ? (int)(next - now_ms()) : 0;
}

void dialler_lost(struct serve *serve, const struct door *door)
{
    struct dialler *dialler = &serve->diallers[door->link];

    if (dialler->door == door)
        *dialler = (struct dialler){NULL, now_ms() + DIAL_AGAIN_MS};
}
