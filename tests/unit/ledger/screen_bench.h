/* screen_bench.h - one point under screening, fed reading by reading; shared by the tests of
 * ledger/screen.h. The numbers are those of config/screening.conf. */
#ifndef TESTS_SCREEN_BENCH_H
#define TESTS_SCREEN_BENCH_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/conf.h"
#include "ledger/screen.h"

#define SECOND_MS 1000LL
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

/* 2026-06-01 06:00 in China: a Monday, and the end of a night. */
#define MORNING_MS 1780264800000LL

static const struct night night_of_town = {22 * 60, 6 * 60};

struct bench {
    struct screen *screen;
    int64_t ms, every_ms; /* the next reading stands at `ms` */
    struct screen_findings latest;
    unsigned doubts[SCREEN_COUNT], goods[SCREEN_COUNT];
    int64_t first_ms[SCREEN_COUNT]; /* what the first doubt is about; 0: none */
};

static struct parameters *bench_parameters;
static struct screen_plans *bench_plans;

static inline int bench_load(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    bool good;

    (void)state;
    conf_zone("Asia/Shanghai");
    bench_parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    bench_plans = screen_plans_load(SOURCE_ROOT "/config/screening.conf", bench_parameters, faults);
    for (size_t i = 0; i < conf_faults_count(faults); i++)
        fprintf(stderr, "%s\n", conf_fault(faults, i)->text);
    good = bench_plans != NULL && conf_faults_count(faults) == 0;
    conf_faults_free(faults);
    return good ? 0 : 1;
}

static inline int bench_unload(void **state)
{
    (void)state;
    screen_plans_free(bench_plans);
    parameters_free(bench_parameters);
    return 0;
}

static inline struct bench bench_with(const char *parameter, int64_t every_ms, double limit)
{
    struct bench bench = {.ms = MORNING_MS, .every_ms = every_ms};

    bench.screen = screen_new(bench_plans, parameter_find(bench_parameters, parameter), every_ms,
                              limit, &night_of_town, NULL);
    assert_non_null(bench.screen);
    return bench;
}

static inline void bench_end(struct bench *bench)
{
    screen_free(bench->screen);
}

/* One reading with all it may carry. */
static inline void give(struct bench *bench, double value, double beside, enum quality quality)
{
    screen_step(bench->screen, (struct wall_time){bench->ms}, value, beside, quality,
                &bench->latest);
    for (int i = 0; i < SCREEN_COUNT; i++) {
        if (bench->latest.answer[i] == SCREEN_GOOD)
            bench->goods[i]++;
        if (bench->latest.answer[i] != SCREEN_DOUBT)
            continue;
        if (bench->doubts[i]++ == 0)
            bench->first_ms[i] = bench->latest.at[i].ms;
    }
    bench->ms += bench->every_ms;
}

static inline void feed(struct bench *bench, double value)
{
    give(bench, value, NAN, QUALITY_NORMAL);
}

static inline void feed_times(struct bench *bench, double value, int times)
{
    for (int i = 0; i < times; i++)
        feed(bench, value);
}

static inline void feed_marked(struct bench *bench, double value, enum quality quality, int times)
{
    for (int i = 0; i < times; i++)
        give(bench, value, NAN, quality);
}

static inline void feed_nothing(struct bench *bench, int times)
{
    feed_marked(bench, NAN, QUALITY_NO_ANSWER, times);
}

/* Values that move, as a living sensor's do, `step` apart. */
static inline void feed_lively(struct bench *bench, double value, double step, int times)
{
    static const int turn[] = {0, 2, 1, 3, 1, 0, 3, 2};

    for (int i = 0; i < times; i++)
        feed(bench, value + step * turn[bench->ms / bench->every_ms % 8]);
}

static inline unsigned doubts_of_all(const struct bench *bench)
{
    unsigned all = 0;

    for (int i = 0; i < SCREEN_COUNT; i++)
        all += bench->doubts[i];
    return all;
}

static inline bool wants(const struct bench *bench, enum screen_test test)
{
    return (screen_tests(bench->screen) >> test & 1U) != 0;
}

/* Even throws that are the same everywhere. */
static inline uint64_t thrown(uint64_t *seed)
{
    uint64_t bits = *seed += 0x9E3779B97F4A7C15U;

    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9U;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBU;
    return bits ^ (bits >> 31);
}

/* -1 .. 1 */
static inline double thrown_unit(uint64_t *seed)
{
    return (double)(thrown(seed) >> 11) / 4503599627370496.0 - 1.0;
}

#endif
