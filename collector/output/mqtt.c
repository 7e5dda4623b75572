#include "output/mqtt.h"

#include <MQTTAsync.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "output/gate.h"
#include "output/shown.h"
#include "output/url.h"

enum {
    SILENCE_LEAST_MS = 20 * 1000,
    SLICE_MS = 1000,
    SESSIONS = 8, /* a late callback of a client that is gone finds its own session, not ours */
};

struct session;

/* One message in flight. */
struct flight {
    struct session *session;
    uint64_t seq;
    uint32_t readings;
    bool confirmed;
};

/* What one client object's callbacks write to. */
struct session {
    struct mqtt *mqtt;
    struct flight *flights; /* a ring of `window` */
    uint64_t head, tail;    /* [head, tail) are in flight */
    bool connected, ended;  /* ended: lost or never made */
    int code;               /* why not made, as the broker says */
    char why[200];
};

struct mqtt {
    struct mqtt_setup setup;
    struct url url;
    char address[300]; /* as Paho wants it */
    char password[1024];
    size_t window;
    MQTTAsync client; /* NULL: none */
    struct gate gate; /* guards the sessions and what follows */
    struct session sessions[SESSIONS];
    struct session *session; /* of `client` */
    unsigned turn;
    bool woken;
    size_t wanted; /* the waiter sleeps until less is in flight; SIZE_MAX: any news */
    uint64_t confirmed;
    uint64_t readings;
    int64_t news_ms; /* last confirmation, or first message into an empty window; monotonic */
};

static int64_t now_ms(const struct mqtt *mqtt)
{
    return clock_mono(mqtt->setup.clock).ns / 1000000;
}

/* Callbacks: library threads. They write to their own session and leave. ------------------------
 */

/* What OpenSSL said before says more than Paho; Paho's own negative codes say nothing to a person.
 */
static void note_why(struct session *session, int code, const char *why)
{
    struct text text;

    if (session->why[0] != '\0')
        return;
    text_init(&text, session->why, sizeof session->why);
    if (why != NULL)
        text_add_shown(&text, why, strlen(why));
    if (code > 0)
        text_format(&text, " %d", code);
}

static void note_end(struct session *session, int code, const char *why)
{
    gate_enter(&session->mqtt->gate);
    if (!session->ended) {
        session->ended = true;
        session->code = code;
        note_why(session, code, why);
    }
    gate_signal(&session->mqtt->gate);
    gate_leave(&session->mqtt->gate);
}

static void on_connected(void *context, MQTTAsync_successData *data)
{
    struct session *session = context;

    (void)data;
    gate_enter(&session->mqtt->gate);
    session->connected = true;
    gate_signal(&session->mqtt->gate);
    gate_leave(&session->mqtt->gate);
}

static void on_refused(void *context, MQTTAsync_failureData *data)
{
    note_end(context, data == NULL ? 0 : data->code, data == NULL ? NULL : data->message);
}

static void on_lost(void *context, char *cause)
{
    note_end(context, 0, cause);
}

/* Advances over the confirmed prefix; wakes the sender only when it has waited for that much. */
static void on_confirmed(void *context, MQTTAsync_successData *data)
{
    struct flight *flight = context;
    struct session *session = flight->session;
    struct mqtt *mqtt = session->mqtt;

    (void)data;
    gate_enter(&mqtt->gate);
    flight->confirmed = true;
    while (session->head < session->tail) {
        const struct flight *first = &session->flights[session->head % mqtt->window];

        if (!first->confirmed)
            break;
        session->head++;
        if (session == mqtt->session && first->seq != 0)
            mqtt->confirmed = first->seq;
        if (session == mqtt->session)
            mqtt->readings += first->readings;
    }
    if (session == mqtt->session) {
        mqtt->news_ms = now_ms(mqtt);
        if (session->tail - session->head < mqtt->wanted)
            gate_signal(&mqtt->gate);
    }
    gate_leave(&mqtt->gate);
}

static void on_unsent(void *context, MQTTAsync_failureData *data)
{
    struct flight *flight = context;

    note_end(flight->session, data == NULL ? 0 : data->code, data == NULL ? NULL : data->message);
}

static int on_message(void *context, char *topic, int length, MQTTAsync_message *message)
{
    struct session *session = context;
    char name[256];

    snprintf(name, sizeof name, "%.*s", length > 0 ? length : (int)sizeof name - 1, topic);
    session->mqtt->setup.heard(session->mqtt->setup.self, name, message->payloadlen == 0);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

/* OpenSSL's own words, of which the last are the reason. */
static int on_tls_error(const char *words, size_t size, void *context)
{
    struct session *session = context;
    struct text text;

    gate_enter(&session->mqtt->gate);
    text_init(&text, session->why, sizeof session->why);
    text_add_shown(&text, words, size < 150 ? size : 150);
    gate_leave(&session->mqtt->gate);
    return 1;
}

/* The sender's thread. ---------------------------------------------------------------------------
 */

static bool make_address(struct mqtt *mqtt, struct error *err)
{
    const struct output_setup *output = mqtt->setup.output;
    struct url *url = &mqtt->url;
    bool tls, six;

    if (!url_parse(output->url, url, err))
        return false;
    tls = strcmp(url->scheme, "mqtts") == 0;
    six = strchr(url->host, ':') != NULL;
    if (!tls && strcmp(url->scheme, "mqtt") != 0)
        return error_set(err, ERROR_SETTINGS,
                         SAY("输出 %s：%s 应是 mqtt:// 或 mqtts://",
                             "output %s: %s should be mqtt:// or mqtts://"),
                         output->name, output->url);
    if (!tls && !output->plaintext && !url_is_loopback(url))
        return error_set(err, ERROR_SETTINGS,
                         SAY("输出 %s：%s 不加密；请用 mqtts，或写明 plaintext = true",
                             "output %s: %s is not encrypted; use mqtts or say plaintext = true"),
                         output->name, output->url);
    if (url->port == 0)
        url->port = tls ? 8883 : 1883;
    snprintf(mqtt->address, sizeof mqtt->address, "%s://%s%s%s:%d", tls ? "ssl" : "tcp",
             six ? "[" : "", url->host, six ? "]" : "", url->port);
    return true;
}

static bool check_files(const struct output_setup *output, struct error *err)
{
    const char *files[] = {output->ca, output->certificate, output->key_file};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (*files[i] != '\0' && access(files[i], R_OK) != 0)
            return error_set(err, ERROR_SETTINGS,
                             SAY("输出 %s：读不到文件 %s", "output %s: cannot read %s"),
                             output->name, files[i]);
    return true;
}

struct mqtt *mqtt_new(const struct mqtt_setup *setup, struct error *err)
{
    const struct output_setup *output = setup->output;
    struct mqtt *mqtt = calloc(1, sizeof *mqtt);

    if (mqtt == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        return NULL;
    }
    gate_init(&mqtt->gate);
    mqtt->setup = *setup;
    mqtt->window = output->window > 0 ? (size_t)output->window : 100;
    for (size_t i = 0; i < SESSIONS; i++) {
        mqtt->sessions[i].mqtt = mqtt;
        mqtt->sessions[i].flights = calloc(mqtt->window, sizeof *mqtt->sessions[i].flights);
        if (mqtt->sessions[i].flights == NULL) {
            error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
            mqtt_free(mqtt);
            return NULL;
        }
    }
    if (!make_address(mqtt, err) || !check_files(output, err) ||
        (output->password_file[0] != '\0' &&
         !secret_read(output->password_file, mqtt->password, sizeof mqtt->password, err))) {
        mqtt_free(mqtt);
        return NULL;
    }
    return mqtt;
}

/* From here on callbacks of the client find a session that is nobody's. */
static void drop_client(struct mqtt *mqtt)
{
    MQTTAsync client = mqtt->client;

    gate_enter(&mqtt->gate);
    mqtt->session = NULL;
    mqtt->client = NULL;
    gate_leave(&mqtt->gate);
    if (client != NULL)
        MQTTAsync_destroy(&client);
}

void mqtt_free(struct mqtt *mqtt)
{
    if (mqtt == NULL)
        return;
    drop_client(mqtt);
    for (size_t i = 0; i < SESSIONS; i++)
        free(mqtt->sessions[i].flights);
    explicit_bzero(mqtt->password, sizeof mqtt->password);
    gate_end(&mqtt->gate);
    free(mqtt);
}

static struct session *next_session(struct mqtt *mqtt)
{
    struct session *session = &mqtt->sessions[mqtt->turn++ % SESSIONS];

    gate_enter(&mqtt->gate);
    session->head = session->tail = 0;
    session->connected = session->ended = false;
    session->code = 0;
    session->why[0] = '\0';
    memset(session->flights, 0, mqtt->window * sizeof *session->flights);
    for (size_t i = 0; i < mqtt->window; i++)
        session->flights[i].session = session;
    mqtt->session = session;
    mqtt->confirmed = 0;
    mqtt->readings = 0;
    gate_leave(&mqtt->gate);
    return session;
}

/* A name server that is away holds up this thread, and not the lock of Paho which all MQTT outputs
 * share. */
static bool resolve(const struct mqtt *mqtt, struct error *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(mqtt->url.host, NULL, &hints, &found);

    if (failed != 0)
        return error_set(
            err, ERROR_PEER,
            SAY("输出 %s：找不到主机 %s 的地址：%s", "output %s: no address for host %s: %s"),
            mqtt->setup.output->name, mqtt->url.host, gai_strerror(failed));
    freeaddrinfo(found);
    return true;
}

static bool begin_connect(struct mqtt *mqtt, struct session *session, struct error *err)
{
    const struct output_setup *output = mqtt->setup.output;
    MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer;
    MQTTAsync_connectOptions connect = MQTTAsync_connectOptions_initializer;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    MQTTAsync_SSLOptions ssl = MQTTAsync_SSLOptions_initializer;
    int failed;

    failed = MQTTAsync_createWithOptions(&mqtt->client, mqtt->address, mqtt->setup.client,
                                         MQTTCLIENT_PERSISTENCE_NONE, NULL, &create);
    signal(SIGPIPE, SIG_IGN); /* Paho's TLS start may have set it back */
    if (failed == MQTTASYNC_SUCCESS)
        failed = MQTTAsync_setCallbacks(mqtt->client, session, on_lost, on_message, NULL);
    will.topicName = mqtt->setup.will_topic;
    will.message = mqtt->setup.will;
    will.retained = 1;
    will.qos = 1;
    ssl.trustStore = output->ca[0] != '\0' ? output->ca : NULL;
    ssl.keyStore = output->certificate[0] != '\0' ? output->certificate : NULL;
    ssl.privateKey = output->key_file[0] != '\0' ? output->key_file : NULL;
    ssl.enableServerCertAuth = 1;
    ssl.verify = 1;
    ssl.ssl_error_cb = on_tls_error;
    ssl.ssl_error_context = session;
    connect.MQTTVersion = MQTTVERSION_3_1_1;
    connect.cleansession = 1;
    connect.keepAliveInterval = (int)((output->keepalive_ms + 999) / 1000);
    connect.maxInflight = (int)mqtt->window + 16;
    connect.connectTimeout = (int)((output->timeout_ms + 999) / 1000);
    connect.will = &will;
    connect.ssl = strcmp(mqtt->url.scheme, "mqtts") == 0 ? &ssl : NULL;
    connect.username = output->user[0] != '\0' ? output->user : NULL;
    connect.password = mqtt->password[0] != '\0' ? mqtt->password : NULL;
    connect.onSuccess = on_connected;
    connect.onFailure = on_refused;
    connect.context = session;
    if (failed == MQTTASYNC_SUCCESS)
        failed = MQTTAsync_connect(mqtt->client, &connect);
    return failed == MQTTASYNC_SUCCESS ||
           error_set(err, ERROR_PEER,
                     SAY("输出 %s：MQTT 客户端无法启动（%d）",
                         "output %s: the MQTT client does not start (%d)"),
                     output->name, failed);
}

static bool end_connect(struct mqtt *mqtt, struct session *session, bool *refused,
                        struct error *err)
{
    int64_t until = now_ms(mqtt) + mqtt->setup.output->timeout_ms + 2000;
    bool connected;

    gate_enter(&mqtt->gate);
    mqtt->wanted = 0;
    while (!session->connected && !session->ended && !mqtt->woken && now_ms(mqtt) < until)
        gate_wait(&mqtt->gate, SLICE_MS);
    connected = session->connected && !session->ended;
    mqtt->news_ms = now_ms(mqtt);
    *refused = session->code == 2 || session->code == 4 || session->code == 5;
    if (!connected)
        error_set(err, ERROR_PEER,
                  SAY("输出 %s：连不上 %s:%d：%s", "output %s: cannot connect to %s:%d: %s"),
                  mqtt->setup.output->name, mqtt->url.host, mqtt->url.port,
                  session->why[0] != '\0' ? session->why : SAY("没有应答", "no answer"));
    gate_leave(&mqtt->gate);
    return connected;
}

bool mqtt_connect(struct mqtt *mqtt, bool *refused, struct error *err)
{
    struct session *session;

    *refused = false;
    drop_client(mqtt);
    if (!resolve(mqtt, err))
        return false;
    session = next_session(mqtt);
    if (begin_connect(mqtt, session, err) && end_connect(mqtt, session, refused, err))
        return true;
    drop_client(mqtt);
    return false;
}

/* Inside the gate. */
static size_t in_flight(const struct mqtt *mqtt)
{
    return mqtt->session == NULL ? 0 : (size_t)(mqtt->session->tail - mqtt->session->head);
}

static int64_t silence_allowed_ms(const struct mqtt *mqtt)
{
    int64_t ms = mqtt->setup.output->keepalive_ms * 3 / 2;

    return ms > SILENCE_LEAST_MS ? ms : SILENCE_LEAST_MS;
}

/* Inside the gate. */
static bool is_alive(const struct mqtt *mqtt)
{
    return mqtt->session != NULL && !mqtt->session->ended &&
           (in_flight(mqtt) == 0 || now_ms(mqtt) - mqtt->news_ms <= silence_allowed_ms(mqtt));
}

bool mqtt_is_alive(struct mqtt *mqtt, struct error *err)
{
    bool alive;

    gate_enter(&mqtt->gate);
    alive = is_alive(mqtt);
    if (!alive && mqtt->session != NULL && mqtt->session->ended)
        error_set(
            err, ERROR_PEER,
            SAY("输出 %s：与 %s:%d 的连接断了：%s", "output %s: the connection to %s:%d broke: %s"),
            mqtt->setup.output->name, mqtt->url.host, mqtt->url.port,
            mqtt->session->why[0] != '\0' ? mqtt->session->why
                                          : SAY("对方关闭", "closed by the other side"));
    else if (!alive)
        error_set(err, ERROR_PEER,
                  SAY("输出 %s：%s:%d 已 %lld 秒没有确认任何消息，重新连接",
                      "output %s: %s:%d has confirmed nothing for %lld s, connecting anew"),
                  mqtt->setup.output->name, mqtt->url.host, mqtt->url.port,
                  (long long)((now_ms(mqtt) - mqtt->news_ms) / 1000));
    gate_leave(&mqtt->gate);
    /* A broker that throws us out may not be told to us by connectionLost. */
    if (alive && !MQTTAsync_isConnected(mqtt->client))
        return error_set(
            err, ERROR_PEER,
            SAY("输出 %s：与 %s:%d 的连接断了", "output %s: the connection to %s:%d broke"),
            mqtt->setup.output->name, mqtt->url.host, mqtt->url.port);
    return alive;
}

/* Waits for room and takes the next place; NULL: not alive, or woken. */
static struct flight *take_place(struct mqtt *mqtt, uint64_t seq, uint32_t readings)
{
    struct flight *flight = NULL;

    gate_enter(&mqtt->gate);
    /* Each confirmation lets one message go at once. To wait until many are free would cost 40 ms
     * each time: the broker holds its next confirmations back until we send something (Nagle). */
    mqtt->wanted = mqtt->window;
    while (in_flight(mqtt) == mqtt->window && is_alive(mqtt) && !mqtt->woken)
        gate_wait(&mqtt->gate, SLICE_MS);
    if (in_flight(mqtt) < mqtt->window && is_alive(mqtt) && !mqtt->woken) {
        if (in_flight(mqtt) == 0)
            mqtt->news_ms = now_ms(mqtt);
        flight = &mqtt->session->flights[mqtt->session->tail++ % mqtt->window];
        flight->seq = seq;
        flight->readings = readings;
        flight->confirmed = false;
    }
    mqtt->wanted = 0;
    gate_leave(&mqtt->gate);
    return flight;
}

bool mqtt_publish(struct mqtt *mqtt, const char *topic, const void *payload, size_t size,
                  bool retained, uint64_t seq, uint32_t readings)
{
    MQTTAsync_message message = MQTTAsync_message_initializer;
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    struct flight *flight = take_place(mqtt, seq, readings);

    if (flight == NULL)
        return false;
    message.payload = (void *)(uintptr_t)payload; /* Paho copies it and leaves it as it is */
    message.payloadlen = (int)size;
    message.qos = 1;
    message.retained = retained;
    response.onSuccess = on_confirmed;
    response.onFailure = on_unsent;
    response.context = flight;
    if (MQTTAsync_sendMessage(mqtt->client, topic, &message, &response) == MQTTASYNC_SUCCESS)
        return true;
    note_end(flight->session, 0, NULL);
    return false;
}

bool mqtt_subscribe(struct mqtt *mqtt, const char *topic)
{
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;

    return MQTTAsync_subscribe(mqtt->client, topic, 1, &response) == MQTTASYNC_SUCCESS;
}

uint64_t mqtt_confirmed(struct mqtt *mqtt, uint64_t *readings)
{
    uint64_t confirmed;

    gate_enter(&mqtt->gate);
    confirmed = mqtt->confirmed;
    *readings = mqtt->readings;
    mqtt->readings = 0;
    gate_leave(&mqtt->gate);
    return confirmed;
}

size_t mqtt_in_flight(struct mqtt *mqtt)
{
    size_t count;

    gate_enter(&mqtt->gate);
    count = in_flight(mqtt);
    gate_leave(&mqtt->gate);
    return count;
}

void mqtt_wait(struct mqtt *mqtt, size_t below, int64_t ms)
{
    int64_t until = now_ms(mqtt) + ms;

    gate_enter(&mqtt->gate);
    mqtt->wanted = below;
    while (in_flight(mqtt) >= below && is_alive(mqtt) && !mqtt->woken && now_ms(mqtt) < until)
        gate_wait(&mqtt->gate, ms < SLICE_MS ? ms : SLICE_MS);
    mqtt->wanted = 0;
    gate_leave(&mqtt->gate);
}

void mqtt_wake(struct mqtt *mqtt)
{
    gate_enter(&mqtt->gate);
    mqtt->woken = true;
    gate_signal(&mqtt->gate);
    gate_leave(&mqtt->gate);
}

void mqtt_disconnect(struct mqtt *mqtt, int64_t ms)
{
    if (mqtt->client == NULL)
        return;
    mqtt_wait(mqtt, 1, ms);
    drop_client(mqtt); /* sends DISCONNECT */
}

void mqtt_resume(struct mqtt *mqtt)
{
    gate_enter(&mqtt->gate);
    mqtt->woken = false;
    gate_leave(&mqtt->gate);
}

void mqtt_forget(struct mqtt *mqtt)
{
    gate_enter(&mqtt->gate);
    mqtt->confirmed = 0;
    if (mqtt->session != NULL)
        for (uint64_t i = mqtt->session->head; i < mqtt->session->tail; i++)
            mqtt->session->flights[i % mqtt->window].seq = 0;
    gate_leave(&mqtt->gate);
}
