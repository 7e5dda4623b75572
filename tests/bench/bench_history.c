/* How fast history passes through the recorder: a year of minute polls of one point, judged by one
 * rule, under a held clock; an hour of polls a commit, a segment an hour. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/version.h"
#include "record/recorder.h"

enum { MINUTE_MS = 60 * 1000, HOURS = 365 * 24 };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static void die(const struct error *err)
{
    fprintf(stderr, "bench_history: %s\n", err->text);
    exit(1);
}

/* A breach of an hour each week. */
static void push_hour(struct held_clock *clock, struct mailbox *mailbox, const struct poll *like,
                      int hour)
{
    for (int minute = 0; minute < 60; minute++) {
        struct reading reading = *like->readings;
        struct poll poll = *like;

        held_clock_advance(clock, MINUTE_MS);
        reading.value = hour % 168 == 100 ? 2.0 : 0.5 + (double)minute / 100;
        poll.readings = &reading;
        poll.time = clock->wall;
        poll.mono = clock->mono;
        if (!mailbox_push(mailbox, &poll))
            exit(1);
    }
}

int main(void)
{
    char dir[] = "/tmp/lookback-bench-XXXXXX";
    struct error err = {0};
    struct held_clock clock;
    struct parameter ammonia = {.key = "ammonia_nitrogen", .unit = "mg/L"};
    struct catalog_site site = {.name = "section"};
    struct catalog_device device = {
        .name = "sonde", .every_ms = MINUTE_MS, .active = true, .point_count = 1};
    struct catalog_point point = {.channel = "ammonia_nitrogen", .parameter = &ammonia};
    struct catalog catalog = {.collector = "bench",
                              .sites = &site,
                              .site_count = 1,
                              .devices = &device,
                              .device_count = 1,
                              .points = &point,
                              .point_count = 1};
    const struct bound bound = {.kind = BOUND_ABOVE, .high = 1.5, .decimals = DECIMALS_ALL};
    struct lanes lanes;
    const struct lanes *rule_lanes[] = {&lanes};
    struct rule rule = {.name = "nh3",
                        .gather_ms = 24 * 60 * MINUTE_MS,
                        .points = &point.id,
                        .lanes = rule_lanes,
                        .point_count = 1};
    struct recorder_setup setup = {.catalog = &catalog,
                                   .rules = &rule,
                                   .rule_count = 1,
                                   .clock = &clock.clock,
                                   .keep_ms = (int64_t)400 * 24 * 60 * MINUTE_MS,
                                   .seal_every_ms = 60 * MINUTE_MS,
                                   .patience_ms = 60 * MINUTE_MS};
    struct reading reading = {0};
    struct poll like = {.readings = &reading, .reading_count = 1};
    struct recorder *recorder;
    struct recorder_status status;
    double begun, took;

    lanes_of_bound(&lanes, &bound);
    if (mkdtemp(dir) == NULL)
        return 1;
    held_clock_init(&clock, (struct wall_time){1750003200000});
    setup.store = store_open(dir, NULL, clock.wall, &err);
    if (setup.store == NULL)
        die(&err);
    device.id = like.device = store_device(setup.store, "section", "sonde", clock.wall, &err);
    point.id = reading.point = store_point(setup.store, device.id, point.channel, &err);
    like.profile = store_profile(setup.store, (const uint8_t[32]){1}, "model", "text", &err);
    like.boot = store_boot(setup.store);
    setup.mailbox = mailbox_new(1 << 20);
    setup.trust = trust_new(TRUST_ALWAYS, &clock.clock, WALL_NONE);
    setup.notices = notices_new(&clock.clock);
    if (!catalog_index(&catalog) || (recorder = recorder_new(&setup, &err)) == NULL)
        die(&err);

    begun = seconds();
    for (int hour = 0; hour < HOURS; hour++) {
        push_hour(&clock, setup.mailbox, &like, hour);
        if (!recorder_step(recorder, &err))
            die(&err);
    }
    took = seconds() - begun;
    recorder_status(recorder, &status);
    printf("%d polls in %.1f s: %.0f polls/s, %d segments, %lld bytes on disk\n", HOURS * 60, took,
           HOURS * 60 / took, HOURS, (long long)status.size.bytes);

    recorder_free(recorder);
    notices_free(setup.notices);
    trust_free(setup.trust);
    mailbox_free(setup.mailbox);
    store_close(setup.store);
    free(catalog.device_of_id);
    free(catalog.point_of_id);
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
