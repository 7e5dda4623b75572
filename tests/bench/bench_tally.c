/* bench_tally.c - what it costs to count a value: 1,000 points with every period that is kept by
 * default, a minute a turn and a second a turn; concluded aggregates are counted and thrown away.
 *
 *   bench_tally PARAMETERS.conf AGGREGATES.conf    (of this process's own time: others may run)
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ledger/tally.h"

enum { POINTS = 1000 };

static size_t concluded;

static bool closed(void *self, const struct aggregate *aggregate, struct error *err)
{
    (void)self, (void)aggregate, (void)err;
    concluded++;
    return true;
}

static bool readings(void *self, uint32_t point, struct span span,
                     bool (*each)(void *of, struct wall_time time, double value, double beside,
                                  enum quality quality),
                     void *of, struct error *err)
{
    (void)self, (void)point, (void)span, (void)each, (void)of, (void)err;
    return true;
}

static bool aggregates(void *self, uint32_t point, enum period period, struct span span,
                       bool (*each)(void *of, const struct aggregate *aggregate), void *of,
                       struct error *err)
{
    (void)self, (void)point, (void)period, (void)span, (void)each, (void)of, (void)err;
    return true;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(const struct tally_plans *plans, const struct parameter *parameter,
                int64_t every_ms, int turns)
{
    const struct tally_world world = {closed, readings, aggregates, NULL};
    const struct wall_time start = {1764000000000 / 3600000 * 3600000};
    struct tally *tallies[POINTS];
    struct error err = {0};
    double began, took;

    for (uint32_t i = 0; i < POINTS; i++) {
        tallies[i] = tally_new(plans, parameter, i + 1, 0, every_ms);
        if (tallies[i] == NULL)
            exit(1);
        tally_every(tallies[i], start, every_ms);
    }
    concluded = 0;
    began = seconds();
    for (int turn = 0; turn < turns; turn++) {
        struct wall_time time = {start.ms + turn * every_ms};

        for (uint32_t i = 0; i < POINTS; i++)
            if (!tally_add(tallies[i], time, 40.0 + (double)(turn * 7 + (int)i) * 0.1 / 40.0, 1.5,
                           QUALITY_NORMAL, &world, &err))
                exit(1);
    }
    took = seconds() - began;
    printf(
        "%-15s every %2d s: %6.1f ns a reading, %.3f aggregates a reading, %zu bytes of memory\n",
        parameter->key, (int)(every_ms / 1000), took * 1e9 / turns / POINTS,
        (double)concluded / turns / POINTS, tally_size(tallies[0]));
    for (size_t i = 0; i < POINTS; i++)
        tally_free(tallies[i]);
}

int main(int count, char **words)
{
    static const char *const keys[] = {"so2", "o3", "ph", "la", "wind_direction"};
    struct conf_faults *faults = conf_faults_new();
    struct parameters *parameters;
    struct tally_plans *plans;

    if (count < 3 || !conf_zone("Asia/Shanghai")) {
        fputs("bench_tally PARAMETERS.conf AGGREGATES.conf\n", stderr);
        return 2;
    }
    parameters = parameters_load(words[1], faults);
    plans = parameters == NULL ? NULL : tally_plans_load(words[2], parameters, faults);
    for (size_t i = 0; i < conf_faults_count(faults); i++)
        fprintf(stderr, "%s\n", conf_fault(faults, i)->text);
    for (size_t i = 0; plans != NULL && i < sizeof keys / sizeof keys[0]; i++) {
        run(plans, parameter_find(parameters, keys[i]), 60000, 3000);
        run(plans, parameter_find(parameters, keys[i]), 1000, 3000);
    }
    tally_plans_free(plans);
    parameters_free(parameters);
    conf_faults_free(faults);
    return plans == NULL ? 1 : 0;
}
