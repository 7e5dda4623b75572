/* scripted_broker.h - a broker on loopback that confirms, keeps silent or hangs up as a test says.
 *
 * Just enough of MQTT 3.1.1 for one client at a time. Everything published is noted.
 */
#ifndef TESTS_SCRIPTED_BROKER_H
#define TESTS_SCRIPTED_BROKER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PUBLISHED_MOST = 8192, PACKET_MOST = 65536 };

struct published {
    char topic[128];
    char payload[1024];
    bool retained;
    unsigned connection; /* from 1 */
};

struct broker {
    int socket;
    int port;
    atomic_int client;
    pthread_t thread;
    /* The script; set before anything connects, or atomic. */
    uint8_t refuse_with;            /* CONNACK code; 0: welcome */
    atomic_bool hush;               /* no PUBACK */
    const char *_Atomic hush_over;  /* no PUBACK for what holds this in its payload */
    const char *_Atomic hang_up_at; /* close instead of confirming it, once */
    const char *_Atomic bars;       /* close whenever this is in the topic */
    atomic_bool mute;               /* no CONNACK */
    atomic_int slow_ms;             /* before each PUBACK */
    atomic_bool deaf;               /* the canary does not come back */
    const char *keeps;              /* "TOPIC" of a retained message it has from before */
    /* What happened. */
    atomic_uint connections;
    atomic_bool said_goodbye; /* DISCONNECT, not just a closed socket */
    char client_id[128], user[64], password[64], will_topic[128], will[128];
    uint8_t connect_flags;
    uint16_t keepalive;
    pthread_mutex_t lock;
    struct published *published;
    size_t count;
};

static struct broker broker;

static inline bool broker_read(void *bytes, size_t size)
{
    char *at = bytes;

    while (size > 0) {
        ssize_t got = recv(broker.client, at, size, 0);

        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static inline void broker_write(const void *bytes, size_t size)
{
    (void)!send(broker.client, bytes, size, MSG_NOSIGNAL);
}

/* One packet: its first byte, its rest in `packet`. */
static inline bool broker_packet(uint8_t *first, uint8_t *packet, size_t *size)
{
    uint8_t byte;
    unsigned shift = 0;

    *size = 0;
    if (!broker_read(first, 1))
        return false;
    do {
        if (!broker_read(&byte, 1) || shift > 21)
            return false;
        *size |= (size_t)(byte & 0x7F) << shift;
        shift += 7;
    } while (byte & 0x80);
    return *size < PACKET_MOST && broker_read(packet, *size);
}

static inline const uint8_t *broker_text(const uint8_t *at, char *out, size_t size)
{
    size_t length = (size_t)at[0] << 8 | at[1];

    snprintf(out, size, "%.*s", (int)length, (const char *)at + 2);
    return at + 2 + length;
}

static inline bool broker_connect(const uint8_t *packet)
{
    const uint8_t answer[] = {0x20, 2, 0, broker.refuse_with};
    const uint8_t *at = packet + 10;

    broker.connect_flags = packet[7];
    broker.keepalive = (uint16_t)(packet[8] << 8 | packet[9]);
    at = broker_text(at, broker.client_id, sizeof broker.client_id);
    if (broker.connect_flags & 0x04) {
        at = broker_text(at, broker.will_topic, sizeof broker.will_topic);
        at = broker_text(at, broker.will, sizeof broker.will);
    }
    if (broker.connect_flags & 0x80)
        at = broker_text(at, broker.user, sizeof broker.user);
    if (broker.connect_flags & 0x40)
        broker_text(at, broker.password, sizeof broker.password);
    if (!broker.mute)
        broker_write(answer, sizeof answer);
    return broker.refuse_with == 0;
}

/* To the client, at QoS 0. */
static inline void broker_send(const char *topic, const char *payload, bool retained)
{
    size_t topic_size = strlen(topic), size = strlen(payload);
    uint8_t packet[512] = {(uint8_t)(0x30 | retained), (uint8_t)(2 + topic_size + size), 0,
                           (uint8_t)topic_size};

    memcpy(packet + 4, topic, topic_size);
    memcpy(packet + 4 + topic_size, payload, size);
    broker_write(packet, 4 + topic_size + size);
}

static inline void broker_subscribe(const uint8_t *packet)
{
    const uint8_t answer[] = {0x90, 3, packet[0], packet[1], 1};
    char topic[128];

    broker_text(packet + 2, topic, sizeof topic);
    broker_write(answer, sizeof answer);
    if (broker.keeps != NULL && strstr(topic, "notice/") != NULL)
        broker_send(broker.keeps, "{\"id\":\"stale\"}", true);
}

/* False: hang up. */
static inline bool broker_publish(uint8_t first, const uint8_t *packet, size_t size)
{
    struct published one = {.retained = first & 1, .connection = broker.connections};
    const uint8_t *at = broker_text(packet, one.topic, sizeof one.topic);
    const uint8_t answer[] = {0x40, 2, at[0], at[1]};
    const char *hang_up = broker.hang_up_at;
    const char *hush = broker.hush_over;
    const char *bars = broker.bars;

    at += 2;
    snprintf(one.payload, sizeof one.payload, "%.*s", (int)(packet + size - at), (const char *)at);
    pthread_mutex_lock(&broker.lock);
    if (broker.count < PUBLISHED_MOST)
        broker.published[broker.count++] = one;
    pthread_mutex_unlock(&broker.lock);
    if (bars != NULL && strstr(one.topic, bars) != NULL)
        return false;
    if (hang_up != NULL && strstr(one.payload, hang_up) != NULL) {
        broker.hang_up_at = NULL;
        return false;
    }
    if (broker.slow_ms > 0)
        poll(NULL, 0, broker.slow_ms);
    if (!broker.hush && (hush == NULL || strstr(one.payload, hush) == NULL))
        broker_write(answer, sizeof answer);
    if (!broker.deaf && strstr(one.topic, "/canary") != NULL)
        broker_send(one.topic, "{}", false);
    return true;
}

static inline void broker_serve(uint8_t *packet)
{
    static const uint8_t pong[] = {0xD0, 0};
    uint8_t first;
    size_t size;

    while (broker_packet(&first, packet, &size)) {
        switch (first >> 4) {
        case 1:
            if (!broker_connect(packet))
                return;
            break;
        case 3:
            if (!broker_publish(first, packet, size))
                return;
            break;
        case 8:
            broker_subscribe(packet);
            break;
        case 12:
            broker_write(pong, sizeof pong);
            break;
        case 14:
            broker.said_goodbye = true;
            return;
        default:
            break;
        }
    }
}

static inline void *broker_run(void *self)
{
    uint8_t *packet = malloc(PACKET_MOST);

    (void)self;
    for (;;) {
        broker.client = accept(broker.socket, NULL, NULL);
        if (broker.client < 0)
            break;
        broker.connections++;
        broker_serve(packet);
        close(broker.client);
    }
    free(packet);
    return NULL;
}

static inline void broker_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;

    memset(&broker, 0, sizeof broker);
    pthread_mutex_init(&broker.lock, NULL);
    broker.published = calloc(PUBLISHED_MOST, sizeof *broker.published);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    broker.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(broker.socket, (struct sockaddr *)&address, size) != 0 ||
        listen(broker.socket, 8) != 0 ||
        getsockname(broker.socket, (struct sockaddr *)&address, &size) != 0 ||
        pthread_create(&broker.thread, NULL, broker_run, NULL) != 0)
        abort();
    broker.port = ntohs(address.sin_port);
}

static inline void broker_stop(void)
{
    shutdown(broker.socket, SHUT_RDWR);
    shutdown(broker.client, SHUT_RDWR);
    pthread_join(broker.thread, NULL);
    close(broker.socket);
    pthread_mutex_destroy(&broker.lock);
    free(broker.published);
}

/* How often this topic (NULL: any) was published with this in its payload (NULL: anything). The
 * last one is copied to `last` (may be NULL). */
static inline unsigned broker_heard(const char *topic, const char *holds, struct published *last)
{
    unsigned times = 0;

    pthread_mutex_lock(&broker.lock);
    for (size_t i = 0; i < broker.count; i++) {
        const struct published *one = &broker.published[i];

        if ((topic != NULL && strcmp(one->topic, topic) != 0) ||
            (holds != NULL && strstr(one->payload, holds) == NULL))
            continue;
        times++;
        if (last != NULL)
            *last = *one;
    }
    pthread_mutex_unlock(&broker.lock);
    return times;
}

#endif
