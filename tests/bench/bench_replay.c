/* What the judge's questions cost the store: reading the sequence again, from `fresh` and from
 * `kept`, with ten readings a poll and with one; adding an hour of aggregates a point; and a
 * point-year of hours read back.
 *
 * 1,000 points, one commit a second. Arguments: readings (default 1,000,000), hours of aggregates
 * (default 8,760), directory (default /tmp).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store/reader.h"
#include "store/store.h"

enum { POINTS = 1000, ITEMS = 2000, HOUR_MS = 3600 * 1000 };

static const int64_t noon_ms = 1790000000000;
static char dir[256];
static uint32_t devices[POINTS], points[POINTS];

static void stop(const char *what)
{
    fprintf(stderr, "bench_replay: %s\n", what);
    exit(3);
}

static void check(bool done, const struct error *err)
{
    if (!done)
        stop(err->text);
}

static double cpu_s(void)
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

static struct store *begin_anew(void)
{
    char command[300];
    struct error err = {0};
    struct store *store;

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0)
        stop("the directory cannot be cleared");
    store = store_open(dir, "bench", (struct wall_time){noon_ms}, &err);
    if (store == NULL)
        stop(err.text);
    return store;
}

/* 1,000 points of devices of `each` points. */
static void name_points(struct store *store, int each)
{
    struct error err = {0};
    char name[33];

    check(store_begin(store, &err), &err);
    for (int p = 0; p < POINTS; p++) {
        snprintf(name, sizeof name, "dev-%d", p / each);
        devices[p] = store_device(store, "site", name, (struct wall_time){noon_ms}, &err);
        snprintf(name, sizeof name, "ph.%d", p % each);
        points[p] = store_point(store, devices[p], name, &err);
        if (points[p] == 0)
            stop(err.text);
    }
    check(store_commit(store, &err), &err);
}

/* Every device once a second. */
static void add_second(struct store *store, int second, int each)
{
    static const uint8_t raw[] = {3, 0, 0, 0, 1, 2, 220};
    struct reading readings[POLL_READINGS_MAX];
    struct error err = {0};

    check(store_begin(store, &err), &err);
    for (int first = 0; first < POINTS; first += each) {
        struct poll poll = {.device = devices[first],
                            .time = {noon_ms + second * 1000LL + first},
                            .mono = {ns_from_ms(second * 1000LL + first)},
                            .boot = 1,
                            .profile = 1,
                            .raw = raw,
                            .raw_size = sizeof raw,
                            .readings = readings,
                            .reading_count = (size_t)each};

        for (int i = 0; i < each; i++)
            readings[i] = (struct reading){.point = points[first + i],
                                           .value = 7.32 + (second * 7 + first + i) % 1000 / 100.0};
        check(store_add_poll(store, &poll, &err), &err);
    }
    check(store_commit(store, &err), &err);
}

static double drain(uint64_t wanted)
{
    static struct item items[ITEMS];
    struct error err = {0};
    struct reader *reader = reader_open(dir, &err);
    double from = cpu_s();
    uint64_t after = 0;
    uint64_t before;
    uint64_t readings = 0;
    double sum = 0;
    size_t count;

    if (reader == NULL)
        stop(err.text);
    do {
        before = after;
        check(reader_items(reader, before, 1 << ITEM_POLL | 1 << ITEM_EVENT, ITEMS, items, &count,
                           &after, &err),
              &err);
        for (size_t i = 0; i < count; i++)
            for (size_t r = 0; r < items[i].poll.reading_count; r++, readings++)
                sum += items[i].poll.readings[r].value;
    } while (after > before);
    from = cpu_s() - from;
    reader_close(reader);
    if (readings != wanted || !(sum > 0))
        stop("the sequence did not give every reading");
    return (double)readings / from;
}

/* The best of three; by the CPU, because others may be on it. */
static void show_drain(const char *where, int each, uint64_t wanted)
{
    double best = 0;

    for (int i = 0; i < 3; i++) {
        double rate = drain(wanted);

        best = rate > best ? rate : best;
    }
    printf("sequence from %-5s, %2d readings a poll: %10.0f readings/s of CPU\n", where, each,
           best);
    fflush(stdout);
}

static void measure_sequence(int each, int seconds)
{
    struct store *store = begin_anew();
    struct error err = {0};
    bool closed;
    bool more = true;

    name_points(store, each);
    for (int s = 0; s < seconds; s++)
        add_second(store, s, each);
    show_drain("fresh", each, (uint64_t)seconds * POINTS);
    check(store_close_segment(store, (struct wall_time){noon_ms}, &closed, &err), &err);
    while (more)
        check(store_move_step(store, 0, &more, &err), &err);
    show_drain("kept", each, (uint64_t)seconds * POINTS);
    store_close(store);
}

static void add_hour(struct store *store, uint32_t point, int hour)
{
    struct error err = {0};
    struct aggregate aggregate = {.point = point,
                                  .period = PERIOD_1H,
                                  .start = {noon_ms + (int64_t)hour * HOUR_MS},
                                  .end = {noon_ms + (int64_t)(hour + 1) * HOUR_MS},
                                  .version = 1,
                                  .expected = 60,
                                  .count = 60,
                                  .valid = 60,
                                  .enough = true,
                                  .min = 7 + hour % 100 / 100.0,
                                  .mean = 7.3 + hour % 100 / 100.0,
                                  .max = 7.5 + hour % 100 / 100.0,
                                  .l10 = NAN,
                                  .l50 = NAN,
                                  .l90 = NAN,
                                  .ld = NAN,
                                  .ln = NAN,
                                  .ldn = NAN,
                                  .max_8h = NAN,
                                  .cause = ""};

    check(store_add_aggregate(store, &aggregate, &err), &err);
}

/* The points whose devices were asked in one second, of the sixty an hour's closing is spread over.
 * `scattered`: neighbours in number are asked at different moments. */
static void add_hours(struct store *store, int first, int hours, int commits, bool scattered)
{
    struct error err = {0};

    for (int hour = first; hour < first + hours; hour++)
        for (int part = 0; part < commits; part++) {
            check(store_begin(store, &err), &err);
            for (int p = 0; p < POINTS; p++)
                if ((scattered ? p % commits : p * commits / POINTS) == part)
                    add_hour(store, points[p], hour);
            check(store_commit(store, &err), &err);
        }
}

static void show_cost(struct store *store, const char *what, int first, int hours, int commits,
                      bool scattered)
{
    long long written = written_now();
    double cpu = cpu_s();
    double rows = (double)hours * POINTS;

    add_hours(store, first, hours, commits, scattered);
    printf("aggregates, %-44s %7.1f bytes written, %.2f us CPU a row\n", what,
           (double)(written_now() - written) / rows, (cpu_s() - cpu) * 1e6 / rows);
    fflush(stdout);
}

static bool count_one(void *self, const struct aggregate *aggregate)
{
    ++*(int *)self;
    return aggregate->valid > 0;
}

static void measure_year(int hours)
{
    struct error err = {0};
    struct reader *reader = reader_open(dir, &err);
    struct span span = {{0}, {INT64_MAX}};

    if (reader == NULL)
        stop(err.text);
    for (int run = 0; run < 3; run++) {
        double from = cpu_s();
        int count = 0;

        check(
            reader_aggregates(reader, points[500 + run], PERIOD_1H, span, count_one, &count, &err),
            &err);
        if (count != hours)
            stop("hours are missing");
        printf("one point's %d hours among %d points: %.1f ms of CPU\n", count, POINTS,
               (cpu_s() - from) * 1e3);
    }
    reader_close(reader);
}

int main(int argc, char **argv)
{
    int readings = argc > 1 ? atoi(argv[1]) : 1000000;
    int hours = argc > 2 ? atoi(argv[2]) : 8760;
    struct store *store;

    if (readings < POINTS || hours < 200)
        stop("bench_replay [READINGS >= 1000] [HOURS >= 200] [DIR]");
    snprintf(dir, sizeof dir, "%s/lookback-bench-%ld", argc > 3 ? argv[3] : "/tmp", (long)getpid());
    measure_sequence(10, readings / POINTS);
    measure_sequence(1, readings / POINTS);
    store = begin_anew();
    name_points(store, 10);
    show_cost(store, "an hour's closing in one commit", 0, hours - 100, 1, false);
    show_cost(store, "in 60 commits, neighbours together", hours - 100, 50, 60, false);
    show_cost(store, "in 60 commits, neighbours apart", hours - 50, 50, 60, true);
    measure_year(hours);
    store_close(store);
    return 0;
}
