/* tally_world.h - a store in memory for tests of the tally: what was fed, and what was concluded.
 */
#ifndef TESTS_TALLY_WORLD_H
#define TESTS_TALLY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/conf.h"
#include "ledger/tally.h"

enum { POINT = 7, MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

struct fed {
    struct wall_time time;
    double value, beside;
    enum quality quality;
    size_t seq;
};

static struct parameters *parameters;
static struct tally_plans *plans;
static struct tally *tally;
static struct fed *fed;
static size_t fed_count, fed_size;
static struct aggregate *rows;
static size_t row_count, row_size;
static bool silent; /* conclusions are known already, as after a restart */
static bool broken; /* the store takes nothing */

static struct wall_time at(const char *words)
{
    struct wall_time time;

    assert_true(moment_parse(words, &time));
    return time;
}

static inline struct wall_time after(struct wall_time time, int64_t ms)
{
    return (struct wall_time){time.ms + ms};
}

static bool world_closed(void *self, const struct aggregate *aggregate, struct error *err)
{
    assert_int_equal(aggregate->point, POINT);
    assert_true(aggregate->start.ms < aggregate->end.ms);
    if (broken)
        return error_set(err, ERROR_STORE, "the disk is full");
    if (silent)
        return true;
    if (row_count == row_size) {
        row_size = 2 * row_size + 1000;
        rows = realloc(rows, row_size * sizeof rows[0]);
    }
    rows[row_count++] = *aggregate;
    return true;
}

static int by_time(const void *one, const void *other)
{
    const struct fed *a = *(const struct fed *const *)one;
    const struct fed *b = *(const struct fed *const *)other;

    if (a->time.ms != b->time.ms)
        return a->time.ms < b->time.ms ? -1 : 1;
    return a->seq < b->seq ? -1 : 1;
}

static bool world_readings(void *self, uint32_t point, struct span span,
                           bool (*each)(void *of, struct wall_time time, double value,
                                        double beside, enum quality quality),
                           void *of, struct error *err)
{
    const struct fed **found = calloc(fed_count + 1, sizeof found[0]);
    size_t count = 0;
    bool good = true;

    assert_int_equal(point, POINT);
    for (size_t i = 0; i < fed_count; i++)
        if (fed[i].time.ms >= span.start.ms && fed[i].time.ms < span.end.ms)
            found[count++] = &fed[i];
    qsort(found, count, sizeof found[0], by_time);
    for (size_t i = 0; i < count && good; i++)
        good = each(of, found[i]->time, found[i]->value, found[i]->beside, found[i]->quality);
    free(found);
    return good;
}

static int by_start(const void *one, const void *other)
{
    const struct aggregate *a = *(const struct aggregate *const *)one;
    const struct aggregate *b = *(const struct aggregate *const *)other;

    return (a->start.ms > b->start.ms) - (a->start.ms < b->start.ms);
}

static const struct aggregate *row_of(enum period period, struct wall_time start, uint32_t version)
{
    const struct aggregate *found = NULL;

    for (size_t i = 0; i < row_count; i++)
        if (rows[i].period == period && rows[i].start.ms == start.ms &&
            (version == 0 || rows[i].version == version))
            found = &rows[i];
    return found;
}

static bool world_aggregates(void *self, uint32_t point, enum period period, struct span span,
                             bool (*each)(void *of, const struct aggregate *aggregate), void *of,
                             struct error *err)
{
    const struct aggregate **found = calloc(row_count + 1, sizeof found[0]);
    size_t count = 0;
    bool good = true;

    assert_int_equal(point, POINT);
    for (size_t i = 0; i < row_count; i++)
        if (rows[i].period == period && rows[i].start.ms >= span.start.ms &&
            rows[i].start.ms < span.end.ms && row_of(period, rows[i].start, 0) == &rows[i])
            found[count++] = &rows[i];
    qsort(found, count, sizeof found[0], by_start);
    for (size_t i = 0; i < count && good; i++)
        good = each(of, found[i]);
    free(found);
    return good;
}

static const struct tally_world world = {
    .closed = world_closed, .readings = world_readings, .aggregates = world_aggregates};

static int world_begin(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    size_t wrong;

    conf_zone("Asia/Shanghai");
    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    plans = tally_plans_load(SOURCE_ROOT "/config/aggregates.conf", parameters, faults);
    for (size_t i = 0; i < conf_faults_count(faults); i++)
        print_message("%s\n", conf_fault(faults, i)->text);
    wrong = conf_faults_count(faults);
    conf_faults_free(faults);
    return wrong > 0 || plans == NULL ? -1 : 0;
}

static int world_end(void **state)
{
    tally_free(tally);
    tally = NULL;
    tally_plans_free(plans);
    parameters_free(parameters);
    free(fed);
    free(rows);
    fed = NULL;
    rows = NULL;
    fed_count = fed_size = row_count = row_size = 0;
    silent = broken = false;
    return 0;
}

static inline void watch(const char *parameter, unsigned wanted, const char *from, int64_t every_ms)
{
    tally_free(tally);
    tally = tally_new(plans, parameter_find(parameters, parameter), POINT, wanted, every_ms);
    assert_non_null(tally);
    if (from != NULL)
        tally_every(tally, at(from), every_ms);
}

static void remember(struct wall_time time, double value, double beside, enum quality quality)
{
    if (fed_count == fed_size) {
        fed_size = 2 * fed_size + 1000;
        fed = realloc(fed, fed_size * sizeof fed[0]);
    }
    fed[fed_count] = (struct fed){time, value, beside, quality, fed_count};
    fed_count++;
}

static void feed_all(struct wall_time time, double value, double beside, enum quality quality)
{
    struct error err = {0};

    remember(time, value, beside, quality);
    assert_true(tally_add(tally, time, value, beside, quality, &world, &err));
}

static inline void feed(struct wall_time time, double value)
{
    feed_all(time, value, NAN, isnan(value) ? QUALITY_NO_ANSWER : QUALITY_NORMAL);
}

/* A reading each `every_ms` in from <= time < to. */
static inline void feed_from(const char *from, const char *to, int64_t every_ms, double value)
{
    for (struct wall_time time = at(from); time.ms < at(to).ms; time.ms += every_ms)
        feed(time, value);
}

static inline void pass(const char *now)
{
    struct error err = {0};

    assert_true(tally_pass(tally, at(now), &world, &err));
}

/* The newest version of a period. */
static inline const struct aggregate *newest(enum period period, const char *start)
{
    const struct aggregate *row = row_of(period, at(start), 0);

    if (row == NULL)
        print_message("no %s of %s\n", period_word(period), start);
    assert_non_null(row);
    return row;
}

static inline size_t rows_of(enum period period)
{
    size_t count = 0;

    for (size_t i = 0; i < row_count; i++)
        count += rows[i].period == period;
    return count;
}

#endif
