/* How fast a stored sequence is judged again: 1,000,000 readings of 1,000 points by 3,000 rules on
 * one core, with the rules alone and with every aggregate counted and written into a store; and
 * what judging costs a reading with 1, 30 and 365 days of minutes behind it.
 *
 *   bench_judge [--short]      --short: a tenth of it, to see that it runs
 */
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "record/judge.h"
#include "town/settings.h"

enum { MINUTE_MS = 60 * 1000, DEVICES = 100, CHANNELS = 10, POINTS = DEVICES * CHANNELS };
enum { RULES_A_POINT = 3, RULES = POINTS * RULES_A_POINT, ITEMS = 2048, REPEATS = 3 };

static const int64_t start_ms = 1790000000000 / 3600000 * 3600000;
/* Ten at a device, of every kind of mean. */
static const char *const channels[CHANNELS] = {
    "ammonia_nitrogen", "ph", "turbidity", "conductivity", "cod_mn", "pm10", "pm2_5", "so2", "no2",
    "air_temperature",
};

struct bench {
    char dir[64], other[64]; /* the sequence; what is concluded */
    struct parameters *parameters;
    struct tally_plans *plans;
    struct catalog catalog;
    struct catalog_site site;
    struct catalog_device devices[DEVICES];
    struct catalog_point points[POINTS];
    struct lanes lanes[RULES_A_POINT];
    struct rule *rules;
    uint32_t *rule_points;
    const struct lanes **rule_lanes;
    struct item *items;
    uint32_t profile;
};

static double seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_judge: %s\n", what);
    exit(3);
}

static void check(bool done, const struct error *err)
{
    if (!done)
        die(err->text);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static void make_folder(char *dir)
{
    strcpy(dir, "/tmp/lookback-bench-XXXXXX");
    if (mkdtemp(dir) == NULL)
        die("no folder in /tmp");
}

static void remove_folder(const char *dir)
{
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void stay_on_one_core(void)
{
    cpu_set_t allowed;

    CPU_ZERO(&allowed);
    CPU_SET((size_t)sched_getcpu(), &allowed);
    sched_setaffinity(0, sizeof allowed, &allowed);
}

/* The town ------------------------------------------------------------------------------------- */

static void load(struct bench *bench)
{
    struct conf_faults *faults = conf_faults_new();
    char path[512];

    if (!conf_zone("Asia/Shanghai") ||
        !settings_data_path("config/parameters.conf", path, sizeof path))
        die("config/parameters.conf is not there");
    bench->parameters = parameters_load(path, faults);
    settings_data_path("config/aggregates.conf", path, sizeof path);
    bench->plans = tally_plans_load(path, bench->parameters, faults);
    if (conf_faults_count(faults) > 0)
        die(conf_fault(faults, 0)->text);
    conf_faults_free(faults);
}

static void name_points(struct bench *bench, struct store *store)
{
    struct error err = {0};

    check(store_begin(store, &err), &err);
    bench->profile = store_profile(store, (const uint8_t[32]){1}, "model", "text", &err);
    strcpy(bench->site.name, "town");
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct catalog_device *device = &bench->devices[i];

        *device = (struct catalog_device){.every_ms = MINUTE_MS,
                                          .active = true,
                                          .first_point = i * CHANNELS,
                                          .point_count = CHANNELS};
        snprintf(device->name, sizeof device->name, "device-%u", i);
        device->id = store_device(store, "town", device->name, (struct wall_time){start_ms}, &err);
        for (uint32_t n = 0; n < CHANNELS; n++) {
            struct catalog_point *point = &bench->points[i * CHANNELS + n];

            *point = (struct catalog_point){
                .device = i, .parameter = parameter_find(bench->parameters, channels[n])};
            if (point->parameter == NULL)
                die(channels[n]);
            snprintf(point->channel, sizeof point->channel, "%s", channels[n]);
            point->id = store_point(store, device->id, channels[n], &err);
        }
    }
    check(store_commit(store, &err), &err);
    bench->catalog = (struct catalog){.collector = "bench",
                                      .sites = &bench->site,
                                      .site_count = 1,
                                      .devices = bench->devices,
                                      .device_count = DEVICES,
                                      .points = bench->points,
                                      .point_count = POINTS};
    if (!catalog_index(&bench->catalog))
        die("out of memory");
}

/* Each point has an upper bound, a lower one, and one that must be broken for ten minutes. */
static void make_rules(struct bench *bench)
{
    static const struct bound bounds[RULES_A_POINT] = {
        {.kind = BOUND_ABOVE, .high = 90.0, .decimals = DECIMALS_ALL},
        {.kind = BOUND_BELOW, .low = 5.0,   .decimals = DECIMALS_ALL},
        {.kind = BOUND_ABOVE, .high = 80.0, .decimals = 1           },
    };

    bench->rules = calloc(RULES, sizeof *bench->rules);
    bench->rule_points = calloc(RULES, sizeof *bench->rule_points);
    bench->rule_lanes = calloc(RULES, sizeof *bench->rule_lanes);
    for (int n = 0; n < RULES_A_POINT; n++)
        lanes_of_bound(&bench->lanes[n], &bounds[n]);
    for (int i = 0; i < RULES; i++) {
        struct rule *rule = &bench->rules[i];

        snprintf(rule->name, sizeof rule->name, "rule-%d", i);
        rule->gather_ms = (int64_t)24 * 60 * MINUTE_MS;
        rule->for_ms = i % RULES_A_POINT == 2 ? 10 * MINUTE_MS : 0;
        bench->rule_points[i] = bench->points[i / RULES_A_POINT].id;
        bench->rule_lanes[i] = &bench->lanes[i % RULES_A_POINT];
        rule->points = &bench->rule_points[i];
        rule->lanes = &bench->rule_lanes[i];
        rule->point_count = 1;
    }
}

/* Calm, but for a quarter of an hour each day at each point. */
static double value_of(uint32_t point, int64_t minute)
{
    int64_t at = (minute + point * 7) % 1440;

    if (at < 15)
        return 95.0 + (double)(at % 5);
    return 20.0 + (double)((minute * 31 + point * 17) % 500) / 10.0;
}

static void fill_poll(const struct bench *bench, uint32_t device, uint32_t count, int64_t minute,
                      struct reading *readings, struct poll *poll)
{
    const struct catalog_device *of = &bench->devices[device];

    for (uint32_t n = 0; n < count; n++)
        readings[n] = (struct reading){.point = bench->points[of->first_point + n].id,
                                       .value = value_of(of->first_point + n, minute)};
    *poll = (struct poll){.device = of->id,
                          .time = {start_ms + minute * MINUTE_MS + device * 500},
                          .mono = {(int64_t)minute * 60 * 1000000000},
                          .boot = 1,
                          .profile = bench->profile,
                          .raw = (const uint8_t *)"\x03\x00\x00\x00\x01\x00\x07",
                          .raw_size = 7,
                          .readings = readings,
                          .reading_count = count};
}

static void fill_store(struct bench *bench, struct store *store, int minutes)
{
    struct reading readings[CHANNELS];
    struct error err = {0};
    struct poll poll;

    for (int minute = 0; minute < minutes; minute++) {
        check(store_begin(store, &err), &err);
        for (uint32_t device = 0; device < DEVICES; device++) {
            fill_poll(bench, device, CHANNELS, minute, readings, &poll);
            check(store_add_poll(store, &poll, &err), &err);
        }
        check(store_commit(store, &err), &err);
    }
}

/* A replay ------------------------------------------------------------------------------------- */

struct counts {
    unsigned long long versions, episodes, aggregates;
    struct judge_sink to; /* writes, where it has a store */
};

static bool count_problem(void *self, struct problem_row *row, struct error *err)
{
    struct counts *counts = self;

    counts->versions++;
    return counts->to.problem == NULL || counts->to.problem(counts->to.self, row, err);
}

static bool count_episode(void *self, const struct episode_row *row, struct error *err)
{
    struct counts *counts = self;

    counts->episodes++;
    return counts->to.episode == NULL || counts->to.episode(counts->to.self, row, err);
}

static bool count_aggregate(void *self, const struct aggregate *aggregate, struct error *err)
{
    struct counts *counts = self;

    counts->aggregates++;
    return counts->to.aggregate == NULL || counts->to.aggregate(counts->to.self, aggregate, err);
}

static bool ask_aggregates(void *self, uint32_t point, enum period period, struct span span,
                           bool (*each)(void *of, const struct aggregate *aggregate), void *of,
                           struct error *err)
{
    const struct counts *counts = self;

    return counts->to.aggregates == NULL ||
           counts->to.aggregates(counts->to.self, point, period, span, each, of, err);
}

static bool no_readings(void *self, uint32_t point, struct span span, uint64_t last_seq,
                        bool (*each)(void *of, uint64_t seq, struct wall_time time,
                                     const struct reading *reading),
                        void *of, struct error *err)
{
    (void)self, (void)point, (void)span, (void)last_seq, (void)each, (void)of, (void)err;
    return true;
}

struct bringing {
    struct judge *judge;
    uint64_t seq;
};

/* What the settings are, as the first start says it. */
static bool bring(void *self, const char *kind, const char *arguments, struct error *err)
{
    struct bringing *to = self;

    return judge_event(to->judge, ++to->seq, kind, (struct wall_time){start_ms}, arguments, err);
}

static unsigned long long feed(struct bench *bench, struct judge *judge, struct reader *reader,
                               struct store *store)
{
    uint64_t after = 0, reached = 0;
    unsigned long long readings = 0;
    struct error err = {0};

    for (;;) {
        size_t count = 0;

        check(reader_items(reader, after, 1u << ITEM_POLL | 1u << ITEM_EVENT, ITEMS, bench->items,
                           &count, &reached, &err),
              &err);
        if (reached == after)
            return readings;
        check(store == NULL || store_begin(store, &err), &err);
        for (size_t i = 0; i < count; i++) {
            check(judge_item(judge, &bench->items[i], &err), &err);
            readings += bench->items[i].poll.reading_count;
        }
        check(store == NULL || store_commit(store, &err), &err);
        after = reached;
    }
}

/* Readings a second. */
static double replay(struct bench *bench, bool aggregates, struct counts *counts)
{
    const struct judge_setup setup = {.catalog = &bench->catalog,
                                      .rules = bench->rules,
                                      .rule_count = RULES,
                                      .tallies = aggregates ? bench->plans : NULL};
    struct judge_sink sink = {count_problem, count_episode, count_aggregate, NULL,  NULL,
                              NULL,          no_readings,   ask_aggregates,  counts};
    struct error err = {0};
    struct store *store = NULL;
    struct reader *reader = reader_open(bench->dir, &err);
    struct bringing bringing = {0};
    unsigned long long readings;
    double begun;

    check(reader != NULL, &err);
    *counts = (struct counts){0};
    if (aggregates) {
        make_folder(bench->other);
        store = store_open(bench->other, NULL, (struct wall_time){start_ms}, &err);
        check(store != NULL, &err);
        counts->to = judge_store_sink(store);
    }
    bringing.judge = judge_new(&setup, NULL, &sink, &err);
    check(bringing.judge != NULL, &err);
    check(judge_changes(bringing.judge, bring, &bringing, &err), &err);
    begun = seconds(CLOCK_MONOTONIC);
    readings = feed(bench, bringing.judge, reader, store);
    begun = seconds(CLOCK_MONOTONIC) - begun;
    judge_free(bringing.judge);
    reader_close(reader);
    store_close(store);
    if (aggregates)
        remove_folder(bench->other);
    return (double)readings / begun;
}

static int by_size(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

static void print_rate(struct bench *bench, const char *what, bool aggregates, double aim)
{
    double rates[REPEATS];
    struct counts counts;

    for (int i = 0; i < REPEATS; i++)
        rates[i] = replay(bench, aggregates, &counts);
    qsort(rates, REPEATS, sizeof rates[0], by_size);
    printf("%-34s %10.0f readings/s (%.0f … %.0f)  aim %.0f: %s\n", what, rates[REPEATS / 2],
           rates[0], rates[REPEATS - 1], aim, rates[REPEATS / 2] >= aim ? "met" : "NOT MET");
    printf("%34s %llu versions of problems, %llu changes of episodes, %llu aggregates\n", "",
           counts.versions, counts.episodes, counts.aggregates);
}

/* Over the years ------------------------------------------------------------------------------- */

/* One device of three points, judged as it is stored: an hour a commit. CPU of the judge alone. */
static void grow(struct bench *bench, int days)
{
    const struct judge_setup setup = {.catalog = &bench->catalog,
                                      .rules = bench->rules,
                                      .rule_count = 3 * RULES_A_POINT,
                                      .tallies = bench->plans};
    struct error err = {0};
    struct store *store;
    struct judge_sink sink;
    struct bringing bringing = {0};
    double day_s = 0.0;
    unsigned long long readings = 0;

    make_folder(bench->other);
    store = store_open(bench->other, NULL, (struct wall_time){start_ms}, &err);
    check(store != NULL, &err);
    name_points(bench, store);
    bench->catalog.device_count = 1;
    bench->catalog.point_count = bench->devices[0].point_count = 3;
    if (!catalog_index(&bench->catalog))
        die("out of memory");
    sink = judge_store_sink(store);
    bringing.judge = judge_new(&setup, store, &sink, &err);
    check(bringing.judge != NULL, &err);
    check(store_begin(store, &err) && judge_changes(bringing.judge, bring, &bringing, &err) &&
              judge_flush(bringing.judge, &err) && store_commit(store, &err),
          &err);
    judge_keep(bringing.judge);
    for (int day = 1; day <= days; day++) {
        bool shown = day == 1 || day == 30 || day == 365 || (day == days && days < 365);

        if (day == 1 || shown)
            day_s = 0.0, readings = 0;
        for (int hour = 0; hour < 24; hour++) {
            check(store_begin(store, &err), &err);
            for (int minute = 0; minute < 60; minute++) {
                struct reading values[3];
                struct poll poll;
                double begun;

                fill_poll(bench, 0, 3, ((int64_t)(day - 1) * 24 + hour) * 60 + minute, values,
                          &poll);
                check(store_add_poll(store, &poll, &err), &err);
                begun = seconds(CLOCK_PROCESS_CPUTIME_ID);
                check(judge_poll(bringing.judge, &poll, &err), &err);
                day_s += seconds(CLOCK_PROCESS_CPUTIME_ID) - begun;
                readings += 3;
            }
            day_s -= seconds(CLOCK_PROCESS_CPUTIME_ID);
            check(judge_flush(bringing.judge, &err), &err);
            day_s += seconds(CLOCK_PROCESS_CPUTIME_ID);
            check(store_commit(store, &err), &err);
            judge_keep(bringing.judge);
        }
        if (shown)
            printf("with %3d days of minutes stored: judging and counting %6.2f us CPU a reading\n",
                   day, day_s * 1e6 / (double)readings);
    }
    judge_free(bringing.judge);
    store_close(store);
    remove_folder(bench->other);
}

int main(int count, char **words)
{
    static struct bench bench;
    bool short_ = count > 1 && strcmp(words[1], "--short") == 0;
    int minutes = short_ ? 100 : 1000;
    struct error err = {0};
    struct store *store;

    setvbuf(stdout, NULL, _IOLBF, 0);
    stay_on_one_core();
    load(&bench);
    make_folder(bench.dir);
    bench.items = calloc(ITEMS, sizeof *bench.items);
    store = store_open(bench.dir, NULL, (struct wall_time){start_ms}, &err);
    check(store != NULL && bench.items != NULL, &err);
    name_points(&bench, store);
    make_rules(&bench);
    fill_store(&bench, store, minutes);
    store_close(store);
    printf("== judge: %d readings of %d points by %d rules, one core; median of %d\n",
           minutes * POINTS, POINTS, RULES, REPEATS);
    print_rate(&bench, "replay, rules alone", false, 1e6);
    print_rate(&bench, "replay, aggregates written", true, 2e5);
    grow(&bench, short_ ? 30 : 365);
    remove_folder(bench.dir);
    return 0;
}
