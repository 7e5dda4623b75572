#include <MQTTAsync.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "output/mqtt_parts.h"

/* Callbacks: library threads. They write to their own session and leave. ------------------------
 */

static void on_connected(void *context, MQTTAsync_successData *data)
{
    (void)data;
    session_connected(context);
}

static void on_refused(void *context, MQTTAsync_failureData *data)
{
    session_ended(context, data == NULL ? 0 : data->code, data == NULL ? NULL : data->message);
}

static void on_lost(void *context, char *cause)
{
    session_ended(context, 0, cause);
}

static void on_confirmed(void *context, MQTTAsync_successData *data)
{
    (void)data;
    flight_confirmed(context);
}

static void on_unsent(void *context, MQTTAsync_failureData *data)
{
    struct flight *flight = context;

    session_ended(flight->session, data == NULL ? 0 : data->code,
                  data == NULL ? NULL : data->message);
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
    text_add_blanked(&text, session->mqtt->blank, words, size);
    gate_leave(&session->mqtt->gate);
    return 1;
}

/* The sender's thread. ---------------------------------------------------------------------------
 */

/* From here on callbacks of the client find a session that is nobody's. */
void mqtt_drop_client(struct mqtt *mqtt)
{
    MQTTAsync client = mqtt->client;

    gate_enter(&mqtt->gate);
    mqtt->session = NULL;
    mqtt->client = NULL;
    gate_leave(&mqtt->gate);
    if (client != NULL)
        MQTTAsync_destroy(&client);
}

/* Paho takes its threads and lists down with its last client, and a client made or ended meanwhile
 * by another output would meet them half gone. One that never connects keeps them standing. */
static void keep_library_up(void)
{
    static MQTTAsync anchor;

    (void)MQTTAsync_create(&anchor, "tcp://127.0.0.1:1883", "lookback-anchor",
                           MQTTCLIENT_PERSISTENCE_NONE, NULL);
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
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int failed;

    pthread_once(&once, keep_library_up);
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
    bool connected = session_wait(session, mqtt->setup.output->timeout_ms + 2000);

    gate_enter(&mqtt->gate);
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
    mqtt_drop_client(mqtt);
    if (!resolve(mqtt, err))
        return false;
    session = mqtt_next_session(mqtt);
    if (begin_connect(mqtt, session, err) && end_connect(mqtt, session, refused, err))
        return true;
    mqtt_drop_client(mqtt);
    return false;
}

bool mqtt_is_alive(struct mqtt *mqtt, struct error *err)
{
    bool alive;

    gate_enter(&mqtt->gate);
    alive = mqtt_confirms(mqtt);
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
                  (long long)((mqtt_now_ms(mqtt) - mqtt->news_ms) / 1000));
    gate_leave(&mqtt->gate);
    /* A broker that throws us out may not be told to us by connectionLost. */
    if (alive && !MQTTAsync_isConnected(mqtt->client))
        return error_set(
            err, ERROR_PEER,
            SAY("输出 %s：与 %s:%d 的连接断了", "output %s: the connection to %s:%d broke"),
            mqtt->setup.output->name, mqtt->url.host, mqtt->url.port);
    return alive;
}

bool mqtt_publish(struct mqtt *mqtt, const char *topic, const void *payload, size_t size,
                  bool retained, uint64_t seq, uint32_t readings)
{
    MQTTAsync_message message = MQTTAsync_message_initializer;
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    struct flight *flight = mqtt_take_place(mqtt, seq, readings);

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
    session_ended(flight->session, 0, NULL);
    return false;
}

bool mqtt_subscribe(struct mqtt *mqtt, const char *topic)
{
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;

    return MQTTAsync_subscribe(mqtt->client, topic, 1, &response) == MQTTASYNC_SUCCESS;
}

void mqtt_disconnect(struct mqtt *mqtt, int64_t ms)
{
    if (mqtt->client == NULL)
        return;
    mqtt_wait(mqtt, 1, ms);
    mqtt_drop_client(mqtt); /* sends DISCONNECT */
}
