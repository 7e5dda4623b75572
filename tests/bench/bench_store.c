/* What the store costs: readings a second and bytes on disk a reading, at the shape it is made for,
 * beside bare SQLite with the same statements, run in turn.
 *
 * 1,000 devices x 10 points, a poll of each a second, 10,000 readings a commit, synchronous=FULL.
 * Arguments: seconds of data (default 100), runs (default 3), directory (default /tmp).
 */
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "store/reader.h"
#include "store/store.h"

enum { DEVICES = 1000, POINTS = 10, EACH_COMMIT = DEVICES * POINTS, RUNS_MAX = 20, ITEMS = 2000 };

static const int64_t noon_ms = 1790000000000;
static int seconds = 100;
static char dir[256];

struct meter {
    struct timespec wall;
    double cpu_s;
    long long written;
};

struct cost {
    double rate;   /* readings/s by the wall */
    double cpu_us; /* a reading */
    double bytes;  /* written to disk, a reading */
};

static double cpu_now(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static long long written_now(void)
{
    FILE *file = fopen("/proc/self/io", "r");
    char line[128];
    long long written = 0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        sscanf(line, "write_bytes: %lld", &written);
    if (file != NULL)
        fclose(file);
    return written;
}

static void meter_start(struct meter *meter)
{
    clock_gettime(CLOCK_MONOTONIC, &meter->wall);
    meter->cpu_s = cpu_now();
    meter->written = written_now();
}

static struct cost meter_stop(const struct meter *meter, uint64_t readings)
{
    struct timespec now;
    double n = (double)readings;
    double wall_s;

    clock_gettime(CLOCK_MONOTONIC, &now);
    wall_s = (double)(now.tv_sec - meter->wall.tv_sec) +
             (double)(now.tv_nsec - meter->wall.tv_nsec) / 1e9;
    return (struct cost){n / wall_s, (cpu_now() - meter->cpu_s) * 1e6 / n,
                         (double)(written_now() - meter->written) / n};
}

static void stop(const char *what)
{
    fprintf(stderr, "bench_store: %s\n", what);
    exit(3);
}

static void check(bool done, const struct error *err)
{
    if (!done)
        stop(err->text);
}

static double value_of(int second, int device, int point)
{
    return 7.32 + (double)((second * 7 + device + point) % 1000) / 100.0;
}

static const uint8_t raw[5 + 2 * POINTS] = {3, 0, 0, 0, POINTS};

static void store_second(struct store *store, int second)
{
    struct error err = {0};
    struct reading readings[POINTS];

    check(store_begin(store, &err), &err);
    for (int d = 0; d < DEVICES; d++) {
        struct poll poll = {.device = (uint32_t)d + 1,
                            .time = {noon_ms + second * 1000 + d},
                            .mono = {ns_from_ms(second * 1000 + d)},
                            .boot = 1,
                            .profile = 1,
                            .raw = raw,
                            .raw_size = sizeof raw,
                            .readings = readings,
                            .reading_count = POINTS};

        for (int p = 0; p < POINTS; p++)
            readings[p] = (struct reading){.point = (uint32_t)(d * POINTS + p + 1),
                                           .value = value_of(second, d, p)};
        check(store_add_poll(store, &poll, &err), &err);
    }
    check(store_commit(store, &err), &err);
}

static void sql(sqlite3 *db, const char *words)
{
    if (sqlite3_exec(db, words, NULL, NULL, NULL) != SQLITE_OK)
        stop(sqlite3_errmsg(db));
}

static void clear_place(void)
{
    char command[300];

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0)
        stop("the directory cannot be cleared");
}

/* The same statements without anything of ours around them. */
static void bare_second(sqlite3 *db, sqlite3_stmt *poll, sqlite3_stmt *reading, int second)
{
    sql(db, "BEGIN IMMEDIATE");
    for (int d = 0; d < DEVICES; d++) {
        int64_t seq = (int64_t)second * DEVICES + d + 1;

        sqlite3_bind_int64(poll, 1, seq);
        sqlite3_bind_int64(poll, 2, d + 1);
        sqlite3_bind_int64(poll, 3, noon_ms + second * 1000 + d);
        sqlite3_bind_int64(poll, 4, second * 1000 + d);
        sqlite3_bind_int64(poll, 5, 1);
        sqlite3_bind_int64(poll, 6, 1);
        sqlite3_bind_blob(poll, 7, raw, sizeof raw, SQLITE_STATIC);
        sqlite3_step(poll);
        sqlite3_reset(poll);
        sqlite3_bind_int64(reading, 1, seq);
        for (int p = 0; p < POINTS; p++) {
            sqlite3_bind_int64(reading, 2, d * POINTS + p + 1);
            sqlite3_bind_double(reading, 3, value_of(second, d, p));
            sqlite3_bind_int(reading, 4, 0);
            sqlite3_bind_int(reading, 5, 0);
            sqlite3_step(reading);
            sqlite3_reset(reading);
        }
    }
    sql(db, "COMMIT");
}

/* An empty store with its names, closed again: the bare run writes into the same tables. */
static void make_place(void)
{
    struct error err = {0};
    struct store *store;
    char path[300];
    sqlite3 *db;

    clear_place();
    store = store_open(dir, "bench", (struct wall_time){noon_ms}, &err);
    if (store == NULL)
        stop(err.text);
    store_close(store);
    snprintf(path, sizeof path, "%s/lookback.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        stop(sqlite3_errmsg(db));
    sql(db, "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
            " INSERT INTO device SELECT i, 'site', 'dev-' || i, 0 FROM n");
    sql(db, "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)"
            " INSERT INTO point SELECT i + 1, i / 10 + 1, 'ph.' || i, 'site/dev/ph.' || i FROM n");
    sqlite3_close(db);
}

static struct cost append_bare(void)
{
    char path[300];
    struct meter meter;
    struct cost cost;
    sqlite3 *db;
    sqlite3_stmt *poll;
    sqlite3_stmt *reading;

    make_place();
    snprintf(path, sizeof path, "%s/lookback.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        stop(sqlite3_errmsg(db));
    sql(db, "PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF; PRAGMA cache_size = -3072;"
            "PRAGMA wal_autocheckpoint = 1000");
    sqlite3_prepare_v2(db, "INSERT INTO poll VALUES(?, ?, ?, ?, ?, ?, ?)", -1, &poll, NULL);
    sqlite3_prepare_v2(db, "INSERT INTO fresh VALUES(?, ?, ?, ?, ?)", -1, &reading, NULL);
    meter_start(&meter);
    for (int s = 0; s < seconds; s++)
        bare_second(db, poll, reading, s);
    cost = meter_stop(&meter, (uint64_t)seconds * EACH_COMMIT);
    sqlite3_finalize(poll);
    sqlite3_finalize(reading);
    sqlite3_close(db);
    return cost;
}

static struct cost append_store(struct store **store)
{
    struct error err = {0};
    struct meter meter;

    make_place();
    *store = store_open(dir, "bench", (struct wall_time){noon_ms}, &err);
    if (*store == NULL)
        stop(err.text);
    meter_start(&meter);
    for (int s = 0; s < seconds; s++)
        store_second(*store, s);
    return meter_stop(&meter, (uint64_t)seconds * EACH_COMMIT);
}

static struct cost move(struct store *store)
{
    struct error err = {0};
    struct meter meter;
    bool closed;
    bool more = true;

    meter_start(&meter);
    check(store_close_segment(store, (struct wall_time){noon_ms}, &closed, &err), &err);
    while (more)
        check(store_move_step(store, 50000, &more, &err), &err);
    return meter_stop(&meter, (uint64_t)seconds * EACH_COMMIT);
}

/* A sender draining everything, `most` polls at a time. */
static struct cost drain(size_t most)
{
    static struct item items[ITEMS];
    struct error err = {0};
    struct reader *reader = reader_open(dir, &err);
    struct meter meter;
    struct cost cost;
    uint64_t after = 0;
    uint64_t before;
    uint64_t readings = 0;
    size_t count;

    if (reader == NULL)
        stop(err.text);
    meter_start(&meter);
    do {
        before = after;
        check(reader_items(reader, before, 1 << ITEM_POLL, most, items, &count, &after, &err),
              &err);
        for (size_t i = 0; i < count; i++)
            readings += items[i].poll.reading_count;
    } while (after > before);
    cost = meter_stop(&meter, readings);
    if (readings != (uint64_t)seconds * EACH_COMMIT)
        stop("the drain did not give every reading");
    reader_close(reader);
    return cost;
}

static int by_size(const void *one, const void *other)
{
    double a = *(const double *)one;
    double b = *(const double *)other;

    return a < b ? -1 : a > b;
}

static double show(const char *what, const struct cost *costs, int runs)
{
    double rates[RUNS_MAX];

    for (int i = 0; i < runs; i++)
        rates[i] = costs[i].rate;
    qsort(rates, (size_t)runs, sizeof rates[0], by_size);
    printf("%-34s %10.0f readings/s (%.0f to %.0f), %.2f us CPU, %.1f bytes written a reading\n",
           what, rates[runs / 2], rates[0], rates[runs - 1], costs[runs - 1].cpu_us,
           costs[runs - 1].bytes);
    return rates[runs / 2];
}

static void show_machine(void)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    cpu_set_t allowed;

    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "model name", 10) == 0) {
            printf("CPU: %d of %s", CPU_COUNT(&allowed), strchr(line, ':') + 2);
            break;
        }
    if (file != NULL)
        fclose(file);
    printf("SQLite %s; %d devices x %d points, %d readings a commit, %d commits\n",
           sqlite3_libversion(), DEVICES, POINTS, EACH_COMMIT, seconds);
}

int main(int argc, char **argv)
{
    static struct cost bare[RUNS_MAX], ours[RUNS_MAX], moved[RUNS_MAX], fresh[RUNS_MAX],
        kept[RUNS_MAX], kept_few[RUNS_MAX];
    int runs = argc > 2 ? atoi(argv[2]) : 3;
    struct rusage use;
    double ratio;

    seconds = argc > 1 ? atoi(argv[1]) : 100;
    if (seconds < 1 || runs < 1 || runs > RUNS_MAX)
        stop("bench_store [SECONDS] [RUNS] [DIR]");
    snprintf(dir, sizeof dir, "%s/lookback-bench-%ld", argc > 3 ? argv[3] : "/tmp", (long)getpid());
    show_machine();
    for (int i = 0; i < runs; i++) {
        struct store *store;

        bare[i] = append_bare();
        ours[i] = append_store(&store);
        fresh[i] = drain(500);
        moved[i] = move(store);
        kept[i] = drain(ITEMS);
        kept_few[i] = drain(500);
        store_close(store);
    }
    clear_place();
    getrusage(RUSAGE_SELF, &use);
    ratio = show("append, bare SQLite", bare, runs);
    ratio = show("append, store", ours, runs) / ratio;
    show("close, move, sweep", moved, runs);
    show("drain from fresh, 500 polls a time", fresh, runs);
    show("drain from kept, 2,000 polls", kept, runs);
    show("drain from kept, 500 polls", kept_few, runs);
    printf("store / bare SQLite: %.2f; append and move together: %.1f bytes a reading\n", ratio,
           ours[runs - 1].bytes + moved[runs - 1].bytes);
    printf("writer and reader in one process: %.1f MiB at the most\n",
           (double)use.ru_maxrss / 1024);
    return 0;
}
