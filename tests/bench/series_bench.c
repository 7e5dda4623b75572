/* series_bench - how long one point over time takes the page's thread: a year of hours and a day of
 * seconds, each told in milliseconds of processor time.
 *
 *   series_bench [--runs N]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/past.h"
#include "page/route.h"
#include "store/reader.h"
#include "store/store.h"
#include "town/names.h"

enum { HOURS = 365 * 24, POINTS = 40, RUNS_MOST = 1000 };
#define POINT_NAME "site/probe/ph"

static const char collector_conf[] =
    "collector = { name = \"bench\"; };\nstore = { dir = \"%s\"; };\n";
static const char sites_conf[] =
    "sites = ( { name = \"site\"; title = \"bench\"; kind = \"other\"; } );\n";
static const char devices_conf[] =
    "links = ( { name = \"none\"; kind = \"tcp\"; host = \"127.0.0.1\"; } );\n"
    "devices = ( { site = \"site\"; name = \"probe\"; model = \"yosemitech_y4000\";"
    " link = \"none\"; unit = 1; every = \"1s\"; } );\n";

static void die(const struct error *err, const char *what)
{
    fprintf(stderr, "series_bench: %s: %s\n", what, err->text);
    exit(1);
}

static void put_file(const char *dir, const char *name, const char *text, const char *with)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "w");
    if (file == NULL || fprintf(file, text, with) < 0 || fclose(file) != 0)
        exit(1);
}

/* Hours of a year, as a station of many points has them. */
static void add_year(const char *dir, struct wall_time end)
{
    struct error err = {0};
    struct store *store = store_open(dir, "bench", end, &err);
    uint32_t points[POINTS];
    uint32_t device;

    if (store == NULL || !store_begin(store, &err))
        die(&err, dir);
    device = store_device(store, "site", "probe", end, &err);
    points[0] = store_point(store, device, "ph", &err);
    for (int i = 1; i < POINTS; i++) {
        char name[NAME_SIZE];

        snprintf(name, sizeof name, "other_%d", i);
        points[i] = store_point(store, device, name, &err);
    }
    for (int i = 0; i < HOURS; i++)
        for (int n = 0; n < POINTS; n++) {
            struct aggregate hour;

            aggregate_clear(&hour);
            hour.point = points[n];
            hour.period = PERIOD_1H;
            hour.start.ms = end.ms - (int64_t)(HOURS - i) * 3600000;
            hour.end.ms = hour.start.ms + 3600000;
            hour.version = 1;
            hour.expected = hour.count = hour.valid = 3600;
            hour.enough = true;
            hour.min = 6.5;
            hour.mean = 7.0 + i % 17 / 10.0;
            hour.max = 9.0;
            if (!store_add_aggregate(store, &hour, &err))
                die(&err, "aggregate");
        }
    if (!store_commit(store, &err))
        die(&err, "commit");
    store_close(store);
}

static void live_a_day(const struct settings *settings, struct wall_time begins)
{
    struct error err = {0};
    struct past *past = past_open(settings, begins, &err);
    struct reading readings[POLL_READINGS_MAX] = {{0}};

    if (past == NULL)
        die(&err, "past");
    for (int i = 0; i < 24 * 3600; i++) {
        for (size_t n = 0; n < settings->devices[0].channel_count; n++)
            readings[n].value = 7.0 + (i * 7919 + (int)n) % 1000 / 1000.0;
        if (!past_poll(past, 0, readings, &err) || !past_advance(past, 1000, &err))
            die(&err, "poll");
    }
    if (!past_close(past, &err))
        die(&err, "close");
}

static const struct route *route_of(const char *last)
{
    const struct route *route = series_routes;

    while (strcmp(strrchr(route->path, '/') + 1, last) != 0)
        route++;
    return route;
}

static double processor_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int by_size(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

static void measure(const struct page_host *host, struct reader *reader, const char *what,
                    const char *last, const char *text, int runs)
{
    const struct route *route = route_of(last);
    static double ms[RUNS_MOST];
    size_t bytes = 0;
    int status = 0;

    for (int i = 0; i < runs; i++) {
        struct http_query query;
        struct http_answer answer = ANSWER_EMPTY;
        struct call call = {
            .query = &query,
            .host = host,
            .reader = reader,
            .role = ROLE_READER,
            .person = "",
            .answer = &answer,
            .vars = {"site", "probe", "ph"}
        };
        double begun = processor_ms();

        if (!http_query_read(&query, text))
            exit(1);
        route->answer(&call);
        ms[i] = processor_ms() - begun;
        bytes = answer.size;
        status = answer.status;
        answer_end(&answer);
    }
    qsort(ms, (size_t)runs, sizeof ms[0], by_size);
    printf("%-36s %d %8zu bytes  p50 %7.2f ms  p99 %7.2f ms\n", what, status, bytes, ms[runs / 2],
           ms[runs * 99 / 100]);
}

static void ask_all(const struct page_host *host, const char *dir, int runs)
{
    struct error err = {0};
    struct reader *reader = reader_open(dir, &err);

    if (reader == NULL)
        die(&err, dir);
    measure(host, reader, "a year of hours, 800 wide", "series",
            "from=2025-11-22&to=2026-11-22&width=800", runs);
    measure(host, reader, "a year of hours, 365 wide", "series",
            "from=2025-11-22&to=2026-11-22&width=365", runs);
    measure(host, reader, "ten years, 800 wide", "series",
            "from=2016-11-22&to=2026-11-22&width=800", runs);
    measure(host, reader, "a day of seconds, 800 wide", "series",
            "from=2026-11-22&to=2026-11-23&width=800", runs);
    measure(host, reader, "a day of seconds, 4000 wide", "series",
            "from=2026-11-22&to=2026-11-23&width=4000", runs);
    measure(host, reader, "the last quarter of an hour", "series",
            "from=2026-11-22T15:45:00Z&to=2026-11-22T16:00:00Z&width=800", runs);
    measure(host, reader, "1000 readings", "readings", "from=2026-11-22&to=2026-11-23&limit=1000",
            runs);
    measure(host, reader, "the point itself", "{channel}", "", runs);
    reader_close(reader);
}

int main(int count, char **words)
{
    char dir[] = "/tmp/lookback-series-bench-XXXXXX";
    struct conf_faults *faults = conf_faults_new();
    struct wall_time begins = WALL_NONE;
    struct held_clock clock;
    struct settings *settings;
    struct names names;
    struct reader *reader;
    struct error err = {0};
    char command[100];
    int runs = count == 3 && strcmp(words[1], "--runs") == 0 ? atoi(words[2]) : 100;

    if (runs < 1 || runs > RUNS_MOST || mkdtemp(dir) == NULL)
        return 2;
    put_file(dir, "collector.conf", collector_conf, dir);
    put_file(dir, "sites.conf", sites_conf, "");
    put_file(dir, "devices.conf", devices_conf, "");
    settings = settings_load(dir, true, faults);
    if (settings == NULL) {
        fprintf(stderr, "series_bench: %s\n", conf_fault(faults, 0)->text);
        return 1;
    }
    moment_parse("2026-11-22", &begins);
    add_year(dir, begins);
    live_a_day(settings, begins);
    held_clock_init(&clock, (struct wall_time){begins.ms + 86400000});
    reader = reader_open(dir, &err);
    if (reader == NULL || !names_look(&names, settings, reader, &err))
        die(&err, dir);
    ask_all(
        &(struct page_host){
            .settings = settings, .catalog = &names.catalog, .clock = &clock.clock, .boot = 1},
        dir, runs);
    names_free(&names);
    reader_close(reader);
    settings_free(settings);
    conf_faults_free(faults);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? 0 : 1;
}
