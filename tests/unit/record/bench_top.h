/* bench_top.h - a recorder on a table: a store in a folder of its own, a clock that is held, one
 * device with one point, and one rule (ammonia above 1.5 mg/L, closed after an hour of recovery).
 */
#ifndef TESTS_BENCH_TOP_H
#define TESTS_BENCH_TOP_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <ftw.h>

#include "base/version.h"
#include "record/recorder.h"
#include "store/reader.h"

enum { MINUTE_MS = 60 * 1000 };

struct bench {
    char dir[64];
    struct held_clock clock;
    struct parameter ammonia;
    struct catalog_site site;
    struct catalog_device device;
    struct catalog_point point;
    struct catalog catalog;
    struct rule rule;
    size_t rule_count;
    struct lanes lanes; /* of the rule */
    uint32_t rule_points[1];
    const struct lanes *rule_lanes[1];
    const char *awaited[1];
    size_t awaited_count;
    int64_t keep_ms, hold_ms, max_bytes;
    int64_t reserve_bytes;
    enum trust_by trust_by;
    bool ledger;
    const char *ledger_owner;
    const struct terms *terms;
    bool seals;
    const struct configuration *configuration;
    struct store *store;
    struct mailbox *mailbox;
    struct trust *trust;
    struct notices *notices;
    struct recorder *recorder;
    uint64_t began; /* numbers taken by what the first start has to say about the settings */
    const struct clock *used_clock;
    uint32_t profile;
    char resent[NAME_SIZE];
    uint64_t resent_after;
    bool watches;         /* what it was told of its device last */
    unsigned watch_times; /* and how often */
};

static inline struct wall_time bench_start(void)
{
    return (struct wall_time){(version_built().ms / 3600000 + 24) * 3600000};
}

static inline void bench_resend(void *self, const char *output, uint64_t seq)
{
    struct bench *bench = self;

    snprintf(bench->resent, sizeof bench->resent, "%s", output);
    bench->resent_after = seq;
}

static inline void bench_watches(void *self, size_t index, bool watches)
{
    struct bench *bench = self;

    assert_int_equal(index, 0);
    bench->watches = watches;
    bench->watch_times++;
}

static inline void bench_init(struct bench *bench)
{
    const struct parameter ammonia = {
        .key = "ammonia_nitrogen", .unit = "mg/L", .medium = MEDIUM_WATER};
    const struct catalog_site site = {.name = "zj-03", .title = "川杨河"};
    const struct catalog_device device = {
        .name = "sonde", .every_ms = MINUTE_MS, .active = true, .point_count = 1};
    const struct catalog_point point = {.channel = "ammonia_nitrogen"};
    const struct rule rule = {.name = "nh3", .gather_ms = 60 * MINUTE_MS};
    const struct bound bound = {.kind = BOUND_ABOVE, .high = 1.5, .decimals = DECIMALS_ALL};

    *bench = (struct bench){.dir = "/tmp/lookback-record-XXXXXX",
                            .ammonia = ammonia,
                            .site = site,
                            .device = device,
                            .point = point,
                            .rule = rule,
                            .rule_count = 1,
                            .trust_by = TRUST_ALWAYS};
    lanes_of_bound(&bench->lanes, &bound);
    assert_non_null(mkdtemp(bench->dir));
    held_clock_init(&bench->clock, bench_start());
    bench->used_clock = &bench->clock.clock;
}

static inline void bench_open(struct bench *bench)
{
    struct error err = {0};
    struct recorder_setup setup;

    bench->store = store_open(bench->dir, "boot-one", clock_wall(bench->used_clock), &err);
    if (bench->store == NULL)
        fail_msg("%s", err.text);
    bench->device.id = store_device(bench->store, "zj-03", "sonde", bench_start(), &err);
    bench->point.id = store_point(bench->store, bench->device.id, "ammonia_nitrogen", &err);
    bench->profile = store_profile(bench->store, (const uint8_t[32]){1}, "model", "text", &err);
    bench->point.parameter = &bench->ammonia;
    bench->rule_points[0] = bench->point.id;
    bench->rule_lanes[0] = &bench->lanes;
    bench->rule.points = bench->rule_points;
    bench->rule.lanes = bench->rule_lanes;
    bench->rule.point_count = 1;
    bench->catalog = (struct catalog){.collector = "zj-01",
                                      .sites = &bench->site,
                                      .site_count = 1,
                                      .devices = &bench->device,
                                      .device_count = 1,
                                      .points = &bench->point,
                                      .point_count = 1};
    assert_true(catalog_index(&bench->catalog));
    bench->mailbox = mailbox_new(1 << 20);
    bench->trust = trust_new(bench->trust_by, bench->used_clock, store_newest(bench->store));
    bench->notices = notices_new(bench->used_clock);
    setup = (struct recorder_setup){.store = bench->store,
                                    .mailbox = bench->mailbox,
                                    .catalog = &bench->catalog,
                                    .rules = &bench->rule,
                                    .rule_count = bench->rule_count,
                                    .ledger = bench->ledger,
                                    .ledger_owner = bench->ledger_owner,
                                    .terms = bench->terms,
                                    .clock = bench->used_clock,
                                    .trust = bench->trust,
                                    .notices = bench->notices,
                                    .keep_ms = bench->keep_ms,
                                    .hold_ms = bench->hold_ms,
                                    .max_bytes = bench->max_bytes,
                                    .reserve_bytes = bench->reserve_bytes,
                                    .seal_every_ms = 60 * MINUTE_MS,
                                    .patience_ms = 60 * MINUTE_MS,
                                    .awaited = bench->awaited,
                                    .awaited_count = bench->awaited_count,
                                    .configuration = bench->configuration,
                                    .seals = bench->seals,
                                    .resend = bench_resend,
                                    .watches = bench_watches,
                                    .self = bench};
    bench->recorder = recorder_new(&setup, &err);
    if (bench->recorder == NULL)
        fail_msg("%s", err.text);
    if (bench->began == 0)
        bench->began = recorder_committed(bench->recorder);
}

/* As kill -9 leaves it: what was not committed is gone. */
static inline void bench_kill(struct bench *bench)
{
    recorder_free(bench->recorder);
    notices_free(bench->notices);
    trust_free(bench->trust);
    mailbox_free(bench->mailbox);
    store_close(bench->store);
    free(bench->catalog.device_of_id);
    free(bench->catalog.point_of_id);
    bench->recorder = NULL;
}

static inline int bench_remove(const char *path, const struct stat *info, int kind,
                               struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static inline void bench_end(struct bench *bench)
{
    if (bench->recorder != NULL)
        bench_kill(bench);
    nftw(bench->dir, bench_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void bench_push_at(struct bench *bench, struct wall_time time, double value,
                                 enum quality quality)
{
    struct reading reading = {
        .point = bench->point.id, .quality = (uint8_t)quality, .value = value};
    struct poll poll = {.device = bench->device.id,
                        .time = time,
                        .mono = clock_mono(bench->used_clock),
                        .boot = store_boot(bench->store),
                        .profile = bench->profile,
                        .raw = (const uint8_t *)"\x03\x00\x00\x00\x01\x00\x07",
                        .raw_size = 7,
                        .readings = &reading,
                        .reading_count = 1};

    assert_true(mailbox_push(bench->mailbox, &poll));
}

/* A poll of this moment. */
static inline void bench_push(struct bench *bench, double value)
{
    bench_push_at(bench, clock_wall(bench->used_clock), value, QUALITY_NORMAL);
}

static inline void bench_step(struct bench *bench)
{
    struct error err = {0};

    if (!recorder_step(bench->recorder, &err))
        fail_msg("%s", err.text);
}

/* A minute passes, with a reading that is committed. */
static inline void bench_minute(struct bench *bench, double value)
{
    held_clock_advance(&bench->clock, MINUTE_MS);
    bench_push(bench, value);
    bench_step(bench);
}

/* The sequence after the first start in words, one line an entry, numbered from there; `wanted` as
 * for reader_items(). Free it. */
static inline char *bench_story(struct bench *bench, unsigned wanted)
{
    static struct item items[256];
    struct error err = {0};
    struct reader *reader = reader_open(bench->dir, &err);
    uint64_t after = bench->began, reached = 0;
    size_t count, size;
    char *words = NULL;
    FILE *to = open_memstream(&words, &size);

    assert_non_null(reader);
    for (;;) {
        assert_true(reader_items(reader, after, wanted, 256, items, &count, &reached, &err));
        for (size_t i = 0; i < count; i++) {
            const struct item *item = &items[i];

            fprintf(to, "%llu %d ", (unsigned long long)(item->seq - bench->began),
                    (int)item->kind);
            if (item->kind == ITEM_POLL)
                fprintf(to, "%lld %g\n", (long long)item->poll.time.ms,
                        item->poll.readings[0].value);
            else if (item->kind == ITEM_EVENT)
                fprintf(to, "%s %s\n", item->event, item->body);
            else
                fprintf(to, "%s %u %s\n", item->uid, item->version, item->body);
        }
        if (reached == after)
            break;
        after = reached;
    }
    reader_close(reader);
    fclose(to);
    return words;
}

static inline bool bench_take_body(void *self, const char *body)
{
    char *first = self;

    if (first[0] == '\0')
        snprintf(first, 4096, "%s", body);
    return true;
}

/* The newest problem as JSON; NULL: there is none. */
static inline json_t *bench_problem(struct bench *bench)
{
    struct error err = {0};
    struct reader *reader = reader_open(bench->dir, &err);
    char body[4096] = "";

    assert_non_null(reader);
    assert_true(reader_problems(reader, NULL, NULL, NULL, NULL, bench_take_body, body, &err));
    reader_close(reader);
    return body[0] == '\0' ? NULL : json_loads(body, 0, NULL);
}

struct bench_answer {
    bool given;
    uint64_t seq;
    struct error err;
};

static inline void bench_answered(void *self, uint64_t seq, const struct error *err)
{
    struct bench_answer *answer = self;

    answer->given = true;
    answer->seq = seq;
    if (err != NULL)
        answer->err = *err;
}

static inline struct bench_answer bench_act(struct bench *bench, const char *name, json_t *args)
{
    struct bench_answer answer = {0};
    struct act act = {
        .name = name, .args = args, .who = "li", .by = "", .done = bench_answered, .self = &answer};

    recorder_act(bench->recorder, &act);
    bench_step(bench);
    assert_true(answer.given);
    return answer;
}

/* A bench for each test, in *state. */
static inline int bench_set_up(void **state)
{
    struct bench *bench = *state = malloc(sizeof *bench);

    bench_init(bench);
    bench_open(bench);
    return 0;
}

static inline int bench_tear_down(void **state)
{
    bench_end(*state);
    free(*state);
    return 0;
}

#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_set_up, bench_tear_down)

#endif
