/* bench_drain.c - how fast a backlog is delivered, beside a bare sender of the same bytes.
 *
 * Fills a store with 1,000,000 readings (10 a poll), starts InfluxDB, VictoriaMetrics and mosquitto
 * itself in a temporary directory, and drains the store to each, in turn with a bare sender: the
 * same library, the same bodies, made beforehand. Usage: bench_drain [RUNS] [READINGS] [PEER] Ends
 * with 1 when a median ratio is below 0.7.
 */
#include <MQTTAsync.h>
#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/say.h"
#include "output/batch.h"
#include "output/gate.h"
#include "output/message.h"
#include "output/sender.h"
#include "record/recorder.h"
#include "store/reader.h"

enum { DEVICES = 100, CHANNELS = 10, BATCH = 5000, WINDOW = 100, RUNS_MOST = 20 };

#define GOAL 0.7

static size_t poll_count = 1000000 / CHANNELS;
static int runs = 3;
static char dir[] = "/tmp/lookback-drain-XXXXXX";

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench_drain: %s: %s\n", what, why);
    exit(3);
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The town. --------------------------------------------------------------------------------------
 */

static struct parameter parameters[CHANNELS];
static struct catalog_site site = {.name = "chuanyang-03", .title = "chuanyang-03"};
static struct catalog_device devices[DEVICES];
static struct catalog_point points[DEVICES * CHANNELS];
static struct catalog town = {.collector = "zj-01",
                              .sites = &site,
                              .site_count = 1,
                              .devices = devices,
                              .device_count = DEVICES,
                              .points = points,
                              .point_count = DEVICES * CHANNELS};
static struct store *store;

static void make_town(void)
{
    struct wall_time now = clock_wall(clock_system());
    struct error err = {0};

    for (int i = 0; i < CHANNELS; i++) {
        parameters[i].medium = MEDIUM_WATER;
        snprintf(parameters[i].key, sizeof parameters[i].key, "parameter_%d", i);
    }
    for (uint32_t i = 0; i < DEVICES; i++) {
        snprintf(devices[i].name, sizeof devices[i].name, "sonde-%u", i);
        devices[i].id = store_device(store, site.name, devices[i].name, now, &err);
        devices[i].active = true;
        devices[i].every_ms = 1000;
        devices[i].first_point = i * CHANNELS;
        devices[i].point_count = CHANNELS;
        for (uint32_t j = 0; j < CHANNELS; j++) {
            struct catalog_point *point = &points[i * CHANNELS + j];

            snprintf(point->channel, sizeof point->channel, "%s", parameters[j].key);
            point->id = store_point(store, devices[i].id, point->channel, &err);
            point->device = i;
            point->parameter = &parameters[j];
        }
    }
    if (err.text[0] != '\0' || !catalog_index(&town))
        fail("catalog", err.text);
}

static void make_poll(size_t number, struct poll *poll, struct reading *readings, int64_t start_ms)
{
    uint32_t device = (uint32_t)(number % DEVICES);

    for (uint32_t i = 0; i < CHANNELS; i++)
        readings[i] = (struct reading){.point = points[device * CHANNELS + i].id,
                                       .value = (double)((number * 7 + i * 131) % 10000) / 100};
    *poll = (struct poll){.device = devices[device].id,
                          .time = {start_ms + (int64_t)(number / DEVICES) * 1000},
                          .mono = {(int64_t)(number / DEVICES) * 1000000000},
                          .boot = store_boot(store),
                          .readings = readings,
                          .reading_count = CHANNELS};
}

static void fill_store(void)
{
    int64_t start_ms =
        clock_wall(clock_system()).ms - (int64_t)(poll_count / DEVICES) * 1000 - 60000;
    struct reading readings[CHANNELS];
    struct error err = {0};
    struct poll poll;

    for (size_t i = 0; i < poll_count;) {
        if (!store_begin(store, &err))
            fail("store", err.text);
        for (size_t end = i + 5000; i < end && i < poll_count; i++) {
            make_poll(i, &poll, readings, start_ms);
            if (!store_add_poll(store, &poll, &err))
                fail("store", err.text);
        }
        if (!store_commit(store, &err))
            fail("store", err.text);
    }
}

/* The peers. -------------------------------------------------------------------------------------
 */

enum { INFLUX, VICTORIA, MOSQUITTO, PEERS };

static const char *const peer_names[] = {"InfluxDB", "VictoriaMetrics", "mosquitto"};
static pid_t peers[PEERS];
static int ports[PEERS];

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        fail("port", "none free");
    close(fd);
    return ntohs(address.sin_port);
}

static void end_peers(void)
{
    char command[128];

    for (int i = 0; i < PEERS; i++)
        if (peers[i] > 0) {
            kill(peers[i], SIGTERM);
            waitpid(peers[i], NULL, 0);
        }
    snprintf(command, sizeof command, "rm -rf %s", dir);
    if (system(command) != 0)
        fprintf(stderr, "bench_drain: %s is left\n", dir);
}

static void start_peer(int peer, char *const arguments[])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)ports[peer])};
    double until = now_s() + 30;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peers[peer] = fork();
    if (peers[peer] == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    while (now_s() < until) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        bool open = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;

        close(fd);
        if (open)
            return;
        poll(NULL, 0, 50);
    }
    fail(arguments[0], "does not listen");
}

static void write_file(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void write_file(const char *path, const char *format, ...)
{
    FILE *file = fopen(path, "w");
    va_list arguments;

    if (file == NULL)
        fail(path, "cannot be written");
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fclose(file);
}

static void start_peers(void)
{
    char conf[256], listen[64], data[128];

    for (int i = 0; i < PEERS; i++)
        ports[i] = free_port();
    snprintf(conf, sizeof conf, "%s/influxdb.conf", dir);
    write_file(conf,
               "reporting-disabled = true\nbind-address = \"127.0.0.1:%d\"\n"
               "[meta]\ndir = \"%s/influx/meta\"\n"
               "[data]\ndir = \"%s/influx/data\"\nwal-dir = \"%s/influx/wal\"\n"
               "[http]\nbind-address = \"127.0.0.1:%d\"\nlog-enabled = false\n",
               free_port(), dir, dir, dir, ports[INFLUX]);
    start_peer(INFLUX, (char *[]){"influxd", "-config", conf, NULL});
    snprintf(listen, sizeof listen, "-httpListenAddr=127.0.0.1:%d", ports[VICTORIA]);
    snprintf(data, sizeof data, "-storageDataPath=%s/victoria", dir);
    start_peer(VICTORIA, (char *[]){"victoria-metrics", listen, data, "-retentionPeriod=10y",
                                    "-dedup.minScrapeInterval=1ms", NULL});
    snprintf(conf, sizeof conf, "%s/mosquitto.conf", dir);
    write_file(conf, "listener %d 127.0.0.1\nallow_anonymous true\npersistence false\n",
               ports[MOSQUITTO]);
    start_peer(MOSQUITTO, (char *[]){"/usr/sbin/mosquitto", "-c", conf, NULL});
}

static size_t ignore_answer(char *bytes, size_t one, size_t count, void *self)
{
    (void)bytes;
    (void)self;
    return one * count;
}

static void post(CURL *curl, const char *url, const void *body, size_t size, long want)
{
    long status = 0;

    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)size);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_answer);
    if (curl_easy_perform(curl) != CURLE_OK ||
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != want)
        fail(url, "not stored");
}

/* Every run writes to a database of its own. */
static void make_url(int peer, int run, char kind, char *url, size_t size)
{
    char query[256];
    CURL *curl;

    if (peer == MOSQUITTO) {
        snprintf(url, size, "mqtt://127.0.0.1:%d", ports[peer]);
        return;
    }
    snprintf(url, size, "http://127.0.0.1:%d/write?db=%c%d", ports[peer], kind, run);
    if (peer == VICTORIA)
        return;
    curl = curl_easy_init();
    snprintf(query, sizeof query, "http://127.0.0.1:%d/query?q=CREATE%%20DATABASE%%20%c%d",
             ports[peer], kind, run);
    post(curl, query, "", 0, 200);
    curl_easy_cleanup(curl);
}

/* The bare sender.
 * --------------------------------------------------------------------------------- */

struct body {
    char topic[96];
    void *bytes;
    size_t size;
};

static struct body *bodies;
static size_t body_count;

static void keep_body(const void *bytes, size_t size, const char *topic)
{
    struct body *body = &bodies[body_count++];

    body->bytes = malloc(size);
    memcpy(body->bytes, bytes, size);
    body->size = size;
    snprintf(body->topic, sizeof body->topic, "%s", topic);
}

static void keep_batch(struct batch *batch)
{
    if (batch->count == 0)
        return;
    batch_pack(batch, 0, batch->count);
    keep_body(batch->packed, batch->packed_size, "");
    batch_clear(batch, 0);
}

static void keep_message(const struct poll *poll)
{
    const struct catalog_device *device = catalog_device(&town, poll->device);
    char topic_bytes[96], payload_bytes[4096];
    struct text topic, payload;

    text_init(&topic, topic_bytes, sizeof topic_bytes);
    text_init(&payload, payload_bytes, sizeof payload_bytes);
    message_topic(&topic, "lookback", town.collector, "reading", site.name, device->name);
    message_reading(&payload, &town, poll);
    keep_body(payload.bytes, payload.used, topic.bytes);
}

static void free_bodies(void)
{
    for (size_t i = 0; i < body_count; i++)
        free(bodies[i].bytes);
    body_count = 0;
}

/* From the store, as the sender itself reads. */
static void make_bodies(int peer)
{
    static struct item items[1000];
    struct error err = {0};
    struct reader *reader = reader_open(store_dir(store), &err);
    struct line_keys *keys = line_keys_new(&town);
    struct batch batch;
    size_t count = 0;
    uint64_t reached, after = 0;

    if (reader == NULL || !batch_init(&batch, BATCH))
        fail("reader", err.text);
    free_bodies();
    do {
        if (!reader_items(reader, after, 1U << ITEM_POLL, 1000, items, &count, &reached, &err))
            fail("reader", err.text);
        for (size_t i = 0; i < count; i++) {
            if (peer == MOSQUITTO) {
                keep_message(&items[i].poll);
            } else if (!batch_add(&batch, keys, &items[i].poll, BATCH)) {
                keep_batch(&batch);
                batch_add(&batch, keys, &items[i].poll, BATCH);
            }
        }
        after = reached;
    } while (count > 0);
    keep_batch(&batch);
    batch_end(&batch);
    line_keys_free(keys);
    reader_close(reader);
}

static void bare_http(const char *url)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Encoding: gzip");

    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    for (size_t i = 0; i < body_count; i++)
        post(curl, url, bodies[i].bytes, bodies[i].size, 204);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}

static struct gate gate;
static size_t confirmed;
static bool connected;

static void on_connected(void *context, MQTTAsync_successData *data)
{
    (void)context;
    (void)data;
    gate_enter(&gate);
    connected = true;
    gate_signal(&gate);
    gate_leave(&gate);
}

static void on_confirmed(void *context, MQTTAsync_successData *data)
{
    (void)context;
    (void)data;
    gate_enter(&gate);
    confirmed++;
    gate_signal(&gate);
    gate_leave(&gate);
}

static void on_failed(void *context, MQTTAsync_failureData *data)
{
    (void)context;
    (void)data;
    fail("mosquitto", "not confirmed");
}

static void bare_publish(MQTTAsync client, size_t index)
{
    MQTTAsync_message message = MQTTAsync_message_initializer;
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;

    gate_enter(&gate);
    while (index - confirmed >= WINDOW)
        gate_wait(&gate, 1000);
    gate_leave(&gate);
    message.payload = bodies[index].bytes;
    message.payloadlen = (int)bodies[index].size;
    message.qos = 1;
    response.onSuccess = on_confirmed;
    response.onFailure = on_failed;
    if (MQTTAsync_sendMessage(client, bodies[index].topic, &message, &response) !=
        MQTTASYNC_SUCCESS)
        fail("mosquitto", "not sent");
}

static void bare_mqtt(void)
{
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
    MQTTAsync client;
    char address[64];

    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", ports[MOSQUITTO]);
    confirmed = 0;
    connected = false;
    options.maxInflight = WINDOW + 16;
    options.onSuccess = on_connected;
    options.onFailure = on_failed;
    if (MQTTAsync_create(&client, address, "bare", MQTTCLIENT_PERSISTENCE_NONE, NULL) !=
            MQTTASYNC_SUCCESS ||
        MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS)
        fail("mosquitto", "no connection");
    gate_enter(&gate);
    while (!connected)
        gate_wait(&gate, 1000);
    gate_leave(&gate);
    for (size_t i = 0; i < body_count; i++)
        bare_publish(client, i);
    gate_enter(&gate);
    while (confirmed < body_count)
        gate_wait(&gate, 1000);
    gate_leave(&gate);
    MQTTAsync_destroy(&client);
}

/* Ours.
 * ---------------------------------------------------------------------------------------------- */

static void drain(int peer, int run, const char *url, struct recorder *recorder,
                  struct notices *notices)
{
    struct output_setup output = {.kind = peer == MOSQUITTO ? OUTPUT_MQTT : OUTPUT_LINE,
                                  .enabled = true,
                                  .timeout_ms = 60000,
                                  .batch = BATCH,
                                  .gzip = true,
                                  .root = "lookback",
                                  .window = WINDOW,
                                  .keepalive_ms = 60000};
    struct sender_setup setup = {.output = &output,
                                 .store_dir = store_dir(store),
                                 .catalog = &town,
                                 .recorder = recorder,
                                 .notices = notices,
                                 .clock = clock_system()};
    enum { WELCOME_WAITS = 500 }; /* of 20 ms */
    struct sender_status status = {0};
    struct error err = {0};
    struct sender *sender;
    int waits = 0;

    snprintf(output.name, sizeof output.name, "drain-%d-%d", peer, run);
    snprintf(output.url, sizeof output.url, "%s", url);
    sender = sender_start(&setup, &err);
    if (sender == NULL)
        fail("sender", err.text);
    while (status.sent < poll_count * CHANNELS) {
        poll(NULL, 0, 20); /* a status costs a query */
        sender_status(sender, &status);
        /* Only the broker's first welcome is waited for, and that not for ever. */
        if (status.state != SENDER_OK && (status.sent > 0 || ++waits > WELCOME_WAITS))
            fail(peer_names[peer], status.text);
    }
    sender_stop(sender);
}

static int by_value(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

static double median(double *values)
{
    qsort(values, (size_t)runs, sizeof *values, by_value);
    return runs % 2 == 1 ? values[runs / 2] : (values[runs / 2 - 1] + values[runs / 2]) / 2;
}

/* In turn, the other one first each time: whatever else the machine does hits both. */
static bool measure(int peer, struct recorder *recorder, struct notices *notices)
{
    double bare[RUNS_MOST], ours[RUNS_MOST], ratios[RUNS_MOST], ratio;
    double readings = (double)(poll_count * CHANNELS);

    make_bodies(peer);
    for (int run = 0; run < runs; run++)
        for (int turn = 0; turn < 2; turn++) {
            bool is_bare = (run + turn) % 2 == 0;
            char url[128];
            double start;

            make_url(peer, run, is_bare ? 'b' : 'o', url, sizeof url);
            start = now_s();
            if (!is_bare)
                drain(peer, run, url, recorder, notices);
            else if (peer == MOSQUITTO)
                bare_mqtt();
            else
                bare_http(url);
            (is_bare ? bare : ours)[run] = readings / (now_s() - start);
        }
    for (int run = 0; run < runs; run++)
        ratios[run] = ours[run] / bare[run];
    ratio = median(ratios);
    median(bare);
    median(ours);
    printf("%-16s %12.0f (%.0f-%.0f) %12.0f (%.0f-%.0f)  %.2f (%.2f-%.2f)  %s\n", peer_names[peer],
           median(bare), bare[0], bare[runs - 1], median(ours), ours[0], ours[runs - 1], ratio,
           ratios[0], ratios[runs - 1], ratio >= GOAL ? "met" : "NOT MET");
    fflush(stdout);
    return ratio >= GOAL;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct recorder_setup setup = {.catalog = &town, .clock = clock_system()};
    struct recorder *recorder;
    char store_path[128];
    bool met = true;

    runs = argc > 1 ? atoi(argv[1]) : runs;
    poll_count = argc > 2 ? (size_t)atol(argv[2]) / CHANNELS : poll_count;
    if (runs < 1 || runs > RUNS_MOST || poll_count < 1 || mkdtemp(dir) == NULL)
        fail("usage", "bench_drain [RUNS] [READINGS] [PEER]");
    say_in(LANGUAGE_EN);
    signal(SIGPIPE, SIG_IGN);
    gate_init(&gate);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    atexit(end_peers);
    start_peers();
    snprintf(store_path, sizeof store_path, "%s/store", dir);
    setup.store = store = store_open(store_path, NULL, clock_wall(clock_system()), &err);
    if (store == NULL)
        fail("store", err.text);
    make_town();
    fill_store();
    bodies = calloc(poll_count + 1, sizeof *bodies);
    setup.mailbox = mailbox_new(1 << 20);
    setup.trust = trust_new(TRUST_ALWAYS, setup.clock, store_newest(store));
    setup.notices = notices_new(setup.clock);
    setup.keep_ms = 400LL * 86400000;
    setup.seal_every_ms = 86400000;
    setup.patience_ms = 86400000;
    recorder = recorder_new(&setup, &err);
    if (recorder == NULL || !recorder_start(recorder, &err))
        fail("recorder", err.text);
    printf("%zu readings, %d a poll; readings/s, median of %d (least-most); goal %.1f\n",
           poll_count * CHANNELS, CHANNELS, runs, GOAL);
    printf("%-16s %12s %30s %24s\n", "", "bare", "lookback", "ratio");
    for (int peer = 0; peer < PEERS; peer++)
        if (argc <= 3 || strcasecmp(argv[3], peer_names[peer]) == 0)
            met = measure(peer, recorder, setup.notices) && met;
    recorder_stop(recorder);
    recorder_free(recorder);
    store_close(store);
    free_bodies();
    free(bodies);
    return met ? 0 : 1;
}
