/* bench_poll.c - the poll engine alone (flow/poller.h): how fast it asks, and what an answer costs
 * it.
 *
 *   bench_poll --port P [--connections N] [--addresses A] [--every MS] [--seconds S]
 *
 * N devices, one on each TCP connection, ten channels in ten neighbouring registers, so one request
 * a poll; what is polled is only counted. The options and the printed object are those of
 * bench_bare.c, the peer that does nothing but send and receive the same frames. poll.py runs both
 * in turn and prints the ratios; aims: at least 0.7 of its rate, at most 1.6 x its processor time a
 * request, and 2 x when 1,000 devices are asked once a second.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "flow/poller.h"

enum { CHANNELS = 10, WARM_MS = 2000 };

struct bench {
    long port, count, addresses, every_ms, seconds;
    struct parameters *parameters;
    struct profile *profile;
    const struct channel *channels[CHANNELS];
    uint32_t points[CHANNELS];
    struct link_setup *links;
    struct device_setup *devices;
    uv_loop_t loop;
    uv_timer_t timer;
    struct poller *poller;
    bool measuring;
    uint64_t polls, absent; /* absent: polls with a reading that has no value */
    struct poller_totals from;
    uint64_t from_polls, from_absent, from_ns;
    double from_cpu;
};

static void give_up(const char *what, struct conf_faults *faults)
{
    fprintf(stderr, "bench_poll: %s\n", what);
    for (size_t i = 0; faults != NULL && i < conf_faults_count(faults); i++)
        fprintf(stderr, "  %s\n", conf_fault(faults, i)->text);
    exit(3);
}

static double cpu_seconds(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void write_parameters(const char *path)
{
    FILE *out = fopen(path, "we");

    if (out == NULL)
        give_up(path, NULL);
    fprintf(out, "parameters = ( { key = \"ph\"; title_zh = \"pH\"; title_en = \"pH\"; unit = \"\";"
                 " decimals = 2; medium = \"water\"; } );\n");
    fclose(out);
}

static void write_profile(const char *path)
{
    FILE *out = fopen(path, "we");

    if (out == NULL)
        give_up(path, NULL);
    fprintf(out, "model = \"bench\"; title = \"bench\"; source = \"made here\";\n"
                 "word_order = \"ABCD\";\nchannels = (\n");
    for (int i = 0; i < CHANNELS; i++)
        fprintf(out,
                "  { parameter = \"ph\"; suffix = \"n%d\"; unit = \"pH\"; area = \"holding\";"
                " address = %d; type = \"uint16\"; scale = 0.01; valid = [0.0, 655.35]; }%s\n",
                i, i, i + 1 < CHANNELS ? "," : "");
    fprintf(out, ");\n");
    fclose(out);
}

static void load_profile(struct bench *bench)
{
    struct conf_faults *faults = conf_faults_new();
    char dir[] = "/tmp/bench-poll-XXXXXX";
    char path[64];

    if (mkdtemp(dir) == NULL)
        give_up("no temporary folder", NULL);
    snprintf(path, sizeof path, "%s/parameters.conf", dir);
    write_parameters(path);
    bench->parameters = parameters_load(path, faults);
    unlink(path);
    snprintf(path, sizeof path, "%s/bench.conf", dir);
    write_profile(path);
    if (bench->parameters != NULL)
        bench->profile = profile_load(path, bench->parameters, false, faults);
    unlink(path);
    rmdir(dir);
    if (bench->profile == NULL || bench->profile->channel_count != CHANNELS)
        give_up("its own profile does not load", faults);
    conf_faults_free(faults);
    for (uint32_t i = 0; i < CHANNELS; i++) {
        bench->channels[i] = &bench->profile->channels[i];
        bench->points[i] = i + 1;
    }
}

static void make_devices(struct bench *bench)
{
    bench->links = calloc((size_t)bench->count, sizeof *bench->links);
    bench->devices = calloc((size_t)bench->count, sizeof *bench->devices);
    if (bench->links == NULL || bench->devices == NULL)
        give_up("out of memory", NULL);
    for (long i = 0; i < bench->count; i++) {
        uint32_t address = 0x7F000001U + (uint32_t)(i % bench->addresses);
        struct link_setup *link = &bench->links[i];
        struct device_setup *device = &bench->devices[i];

        snprintf(link->name, sizeof link->name, "l%ld", i);
        link->kind = LINK_TCP;
        snprintf(link->host, sizeof link->host, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
                 address >> 8 & 255, address & 255);
        link->port = (int)bench->port;
        link->timeout_ms = link->guard_ms = 1000;
        device->id = (uint32_t)i + 1;
        device->link = (uint32_t)i;
        device->unit = 1;
        device->every_ms = bench->every_ms;
        device->profile = bench->profile;
        device->profile_id = 1;
        device->channels = bench->channels;
        device->points = bench->points;
        device->channel_count = CHANNELS;
        snprintf(device->label, sizeof device->label, "bench %ld", i);
    }
}

static bool always(void *self)
{
    (void)self;
    return true;
}

static bool room(void *self, struct wall_time due)
{
    (void)self;
    (void)due;
    return true;
}

static void count_poll(void *self, const struct poll *poll)
{
    struct bench *bench = self;

    bench->polls++;
    bench->absent += poll->reading_count == 0 || !reading_has_value(&poll->readings[0]);
}

static void make_poller(struct bench *bench)
{
    const struct poller_setup setup = {
        .links = bench->links,
        .link_count = (size_t)bench->count,
        .devices = bench->devices,
        .device_count = (size_t)bench->count,
        .boot = 1,
        .clock = clock_system(),
        .clock_is_trusted = always,
        .has_room = room,
        .done = count_poll,
        .self = bench,
    };
    struct error err = {0};

    bench->poller = poller_new(&bench->loop, &setup, &err);
    if (bench->poller == NULL)
        give_up(err.text, NULL);
}

static void stopped(void *self)
{
    (void)self;
}

static void report(struct bench *bench)
{
    double cpu = cpu_seconds() - bench->from_cpu;
    double seconds = (double)(uv_hrtime() - bench->from_ns) / 1e9;
    struct poller_totals now;
    struct rusage used;

    poller_totals(bench->poller, &now);
    getrusage(RUSAGE_SELF, &used);
    printf("{\"requests\":%llu,\"seconds\":%.6f,\"cpu\":%.6f,\"failed\":%llu,\"skipped\":%llu,"
           "\"polls\":%llu,\"absent\":%llu,\"rss_kib\":%ld}\n",
           (unsigned long long)(now.requests - bench->from.requests), seconds, cpu,
           (unsigned long long)(now.failed - bench->from.failed),
           (unsigned long long)(now.skipped - bench->from.skipped),
           (unsigned long long)(bench->polls - bench->from_polls),
           (unsigned long long)(bench->absent - bench->from_absent), used.ru_maxrss);
}

static void time_is_up(uv_timer_t *timer)
{
    struct bench *bench = timer->data;

    if (bench->measuring) {
        report(bench);
        uv_close((uv_handle_t *)timer, NULL);
        poller_stop(bench->poller, stopped, bench);
        return;
    }
    bench->measuring = true;
    poller_totals(bench->poller, &bench->from);
    bench->from_polls = bench->polls;
    bench->from_absent = bench->absent;
    bench->from_cpu = cpu_seconds();
    bench->from_ns = uv_hrtime();
    uv_timer_start(timer, time_is_up, (uint64_t)bench->seconds * 1000, 0);
}

static void read_arguments(struct bench *bench, int argc, char **argv)
{
    static const struct option options[] = {
        {"port",        required_argument, NULL, 'p'},
        {"connections", required_argument, NULL, 'n'},
        {"addresses",   required_argument, NULL, 'a'},
        {"every",       required_argument, NULL, 'e'},
        {"seconds",     required_argument, NULL, 's'},
        {NULL,          0,                 NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        long number = optarg != NULL ? strtol(optarg, NULL, 10) : -1;

        if (option == 'p')
            bench->port = number;
        else if (option == 'n' && number > 0)
            bench->count = number;
        else if (option == 'a' && number > 0)
            bench->addresses = number;
        else if (option == 'e' && number >= 0)
            bench->every_ms = number;
        else if (option == 's' && number > 0)
            bench->seconds = number;
        else
            exit(2);
    }
}

int main(int argc, char **argv)
{
    static struct bench bench = {.count = 1, .addresses = 1, .seconds = 5};

    read_arguments(&bench, argc, argv);
    load_profile(&bench);
    make_devices(&bench);
    uv_loop_init(&bench.loop);
    make_poller(&bench);
    uv_timer_init(&bench.loop, &bench.timer);
    bench.timer.data = &bench;
    uv_timer_start(&bench.timer, time_is_up, WARM_MS, 0);
    poller_start(bench.poller);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    poller_free(bench.poller);
    uv_loop_close(&bench.loop);
    profile_free(bench.profile);
    parameters_free(bench.parameters);
    free(bench.links);
    free(bench.devices);
    return 0;
}
