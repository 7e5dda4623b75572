/* What sealing costs while readings come in: 100 devices x 10 points once a second, a commit a
 * second, and between two commits the keeper, as the recorder runs it. The seconds are simulated
 * and the work between them is not, so shares are of a core at 1,000 readings a second; the longest
 * a commit waits is by the wall.
 *
 * Arguments: minutes of data (default 60), directory (default /tmp).
 */
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "record/judge.h"
#include "record/keeper.h"
#include "store/seals.h"

enum { DEVICES = 100, POINTS = 10, A_SECOND = DEVICES * POINTS, LONGEST_MS = 200, TURN_MS = 150 };

static const int64_t start_ms = 1790000000000 / 3600000 * 3600000;
static int minutes = 60;
static char dir[256];

/* The wall clock is simulated, the other one is real: the keeper measures its own steps. */
static struct wall_time simulated;

static struct wall_time wall_of(const struct clock *clock)
{
    (void)clock;
    return simulated;
}

static struct mono_time mono_of(const struct clock *clock)
{
    (void)clock;
    return clock_mono(clock_system());
}

static const struct clock mixed = {.wall = wall_of, .mono = mono_of};

struct cost {
    double store_s, move_s, seal_s; /* of a processor */
    double longest_ms;              /* one turn of the keeper */
    double bytes;                   /* of the database, in the end */
    uint64_t segments, leaves;
};

static double cpu_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void stop(const char *what)
{
    fprintf(stderr, "bench_seal: %s\n", what);
    exit(3);
}

static void check(bool done, const struct error *err)
{
    if (!done)
        stop(err->text);
}

static void clear_place(void)
{
    char command[300];

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0)
        stop("the directory cannot be cleared");
}

/* As a town's sensors would: two decimals, now and then a failed poll. */
static struct reading reading_of(int second, int device, int point)
{
    unsigned x = ((unsigned)(second * DEVICES + device) * POINTS + (unsigned)point) * 2654435761U;

    if (second % 997 == device)
        return (struct reading){.value = NAN, .quality = QUALITY_NO_ANSWER, .cause = CAUSE_TIMEOUT};
    return (struct reading){.value = (double)(700 + (x >> 16) % 100) / 100.0};
}

static void store_second(struct store *store, int second)
{
    static const uint8_t raw[5 + 2 * POINTS] = {3, 0, 0, 0, POINTS};
    struct reading readings[POINTS];
    struct error err = {0};

    check(store_begin(store, &err), &err);
    for (int d = 0; d < DEVICES; d++) {
        struct poll poll = {.device = (uint32_t)d + 1,
                            .time = {simulated.ms + d},
                            .mono = {ns_from_ms((int64_t)second * 1000 + d)},
                            .boot = 1,
                            .profile = 1,
                            .raw = raw,
                            .raw_size = sizeof raw,
                            .readings = readings,
                            .reading_count = POINTS};

        for (int p = 0; p < POINTS; p++) {
            readings[p] = reading_of(second, d, p);
            readings[p].point = (uint32_t)(d * POINTS + p + 1);
        }
        check(store_add_poll(store, &poll, &err), &err);
    }
    check(store_commit(store, &err), &err);
}

static void name_all(struct store *store)
{
    struct error err = {0};
    char name[33];

    check(store_begin(store, &err), &err);
    if (store_profile(store, (const uint8_t[32]){1}, "model", "text", &err) == 0)
        stop(err.text);
    for (int d = 0; d < DEVICES; d++) {
        uint32_t device;

        snprintf(name, sizeof name, "station-%03d", d);
        device = store_device(store, "chuanyang", name, simulated, &err);
        for (int p = 0; p < POINTS; p++) {
            snprintf(name, sizeof name, "ammonia_nitrogen.%d", p);
            if (store_point(store, device, name, &err) == 0)
                stop(err.text);
        }
    }
    check(store_commit(store, &err), &err);
}

/* One turn between two commits. What it seals after having moved counts as moving: one turn of a
 * segment at the most. */
static void turn(struct keeper *keeper, struct cost *cost)
{
    struct mono_time begun = clock_mono(&mixed);
    struct mono_time until = {begun.ns + ns_from_ms(TURN_MS)};
    double before = cpu_now();
    bool moving = keeper->moving;
    struct error err = {0};
    bool more;
    double ms;

    check(keeper_work(keeper, true, until, &more, &err), &err);
    *(moving ? &cost->move_s : &cost->seal_s) += cpu_now() - before;
    ms = (double)(clock_mono(&mixed).ns - begun.ns) / 1e6;
    if (ms > cost->longest_ms)
        cost->longest_ms = ms;
}

/* What the database holds, without the room it has to spare. */
static double bytes_used(void)
{
    static const char ask[] = "SELECT (page_count - freelist_count) * page_size FROM"
                              " pragma_page_count, pragma_freelist_count, pragma_page_size";
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    char path[300];
    double bytes;

    snprintf(path, sizeof path, "%s/lookback.db", dir);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, ask, -1, &row, NULL) != SQLITE_OK || sqlite3_step(row) != SQLITE_ROW)
        stop(sqlite3_errmsg(db));
    bytes = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return bytes;
}

static bool count_leaves(void *self, const struct sealed *sealed)
{
    *(uint64_t *)self += sealed->head.leaves;
    return true;
}

static struct cost run(bool seals)
{
    struct cost cost = {0};
    struct error err = {0};
    struct catalog catalog = {.collector = "bench"};
    struct notices *notices = notices_new(&mixed);
    struct store *store = store_open(dir, "bench", simulated, &err);
    struct recorder_setup setup = {.store = store,
                                   .clock = &mixed,
                                   .catalog = &catalog,
                                   .notices = notices,
                                   .seal_every_ms = 3600 * 1000,
                                   .seals = seals};
    struct reader *reader;
    struct sealer sealer;
    struct keeper keeper;

    if (store == NULL)
        stop(err.text);
    name_all(store);
    sealer_init(&sealer, &setup);
    sealer_look(&sealer);
    if (sealer_owes(&sealer)) {
        check(store_begin(store, &err) && sealer_announce(&sealer, simulated, &err) &&
                  store_commit(store, &err),
              &err);
        sealer_announced(&sealer);
    }
    keeper_init(&keeper, &setup, &sealer);
    for (int second = 0; second < minutes * 60; second++) {
        double before = cpu_now();

        simulated.ms = start_ms + (int64_t)second * 1000;
        store_second(store, second);
        cost.store_s += cpu_now() - before;
        turn(&keeper, &cost);
    }
    simulated.ms += 3600 * 1000;
    for (int i = 0; i < 1000 && (keeper.moving || (seals && keeper.sealing) || i == 0); i++)
        turn(&keeper, &cost);
    sealer_end(&sealer);
    store_close(store);
    notices_free(notices);
    cost.bytes = bytes_used();
    reader = reader_open(dir, &err);
    if (reader == NULL)
        stop(err.text);
    check(reader_sealed(reader, 1, 0, count_leaves, &cost.leaves, &err), &err);
    reader_close(reader);
    clear_place();
    return cost;
}

int main(int count, char **words)
{
    struct cost bare, sealed;
    double readings, simulated_s;
    cpu_set_t one;

    if (count > 1)
        minutes = atoi(words[1]);
    if (minutes < 1)
        stop("minutes of data, from 1 on");
    snprintf(dir, sizeof dir, "%s/lookback-bench-seal-%d", count > 2 ? words[2] : "/tmp",
             (int)getpid());
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one);
    simulated_s = minutes * 60.0;
    readings = simulated_s * A_SECOND;
    bare = run(false);
    sealed = run(true);
    printf("== sealing at %d readings/s, %d min of them (%d devices x %d points)\n", (int)A_SECOND,
           minutes, (int)DEVICES, (int)POINTS);
    printf("   storing                %6.2f %% of a core (%.2f µs a reading)\n",
           sealed.store_s / simulated_s * 100, sealed.store_s / readings * 1e6);
    printf("   moving                 %6.2f %% of a core (%.2f µs a reading)\n",
           sealed.move_s / simulated_s * 100, sealed.move_s / readings * 1e6);
    printf("   sealing                %6.2f %% of a core (%.2f µs a reading)   aim <= 1 %%\n",
           sealed.seal_s / simulated_s * 100, sealed.seal_s / readings * 1e6);
    printf("   longest wait of a commit  %5.0f ms, without seals %.0f ms   aim <= %d ms\n",
           sealed.longest_ms, bare.longest_ms, (int)LONGEST_MS);
    printf("   on disk                %6.1f bytes a reading, without seals %.1f (%.2f x), %llu "
           "leaves\n",
           sealed.bytes / readings, bare.bytes / readings, sealed.bytes / bare.bytes,
           (unsigned long long)sealed.leaves);
    return 0;
}
