/* bench_verdict.c - what a verdict over a point-year of minutes costs: 525,600 readings, four
 * rules.
 *
 *   bench_verdict CONFIG-DIRECTORY    (parameters.conf, aggregates.conf, verdict.conf; own time)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ledger/evaluation.h"

enum { MINUTES = 525600 };

struct loaded {
    struct parameters *parameters;
    struct tally_plans *tallies;
    struct verdict_terms *terms;
};

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool load(const char *folder, struct loaded *loaded)
{
    struct conf_faults *faults = conf_faults_new();
    char path[512];
    bool good;

    snprintf(path, sizeof path, "%s/parameters.conf", folder);
    loaded->parameters = parameters_load(path, faults);
    snprintf(path, sizeof path, "%s/aggregates.conf", folder);
    loaded->tallies =
        loaded->parameters == NULL ? NULL : tally_plans_load(path, loaded->parameters, faults);
    snprintf(path, sizeof path, "%s/verdict.conf", folder);
    loaded->terms = verdict_terms_load(path, faults);
    for (size_t i = 0; i < conf_faults_count(faults); i++)
        fprintf(stderr, "%s\n", conf_fault(faults, i)->text);
    good = conf_faults_count(faults) == 0;
    conf_faults_free(faults);
    return good;
}

/* A rule on single readings, on a quarter of an hour, on the hour and on the day. */
static void make_sheet(struct point_sheet *sheet, const struct parameter *parameter)
{
    static const enum period on[] = {PERIOD_READING, PERIOD_15MIN, PERIOD_1H, PERIOD_DAY};

    *sheet = (struct point_sheet){.every_ms = 60000, .since = WALL_NONE};
    snprintf(sheet->point, POINT_SIZE, "site/device/%s", parameter->key);
    snprintf(sheet->parameter, NAME_SIZE, "%s", parameter->key);
    sheet->rules = calloc(4, sizeof *sheet->rules);
    for (size_t i = 0; i < 4; i++) {
        struct sheet_rule *rule = &sheet->rules[sheet->rule_count++];

        snprintf(rule->rule.name, NAME_SIZE, "rule-%zu", i);
        rule->rule.night = (struct night){1320, 360};
        lanes_of_bound(&rule->lanes, &(struct bound){BOUND_ABOVE, 0.0, 70.0, DECIMALS_ALL});
        rule->lanes.lane[0].on = on[i];
    }
}

static void run(const struct loaded *loaded, const char *key)
{
    const struct wall_time start = {1735660800000}; /* midnight in Shanghai */
    const struct wall_time end = {start.ms + (int64_t)MINUTES * 60000};
    const struct evaluation_setup setup = {
        .terms = loaded->terms,
        .tallies = loaded->tallies,
        .parameters = loaded->parameters,
        .task = "1",
        .category = "",
        .struck_off = {start.ms + (int64_t)90 * 86400000},
        .watch_until = {     start.ms + (int64_t)270 * 86400000                                },
        .span = { start,                                 end}
    };
    struct point_sheet sheet;
    struct rusage usage;
    double began = seconds();
    double fed;
    struct evaluation *evaluation = evaluation_new(&setup, NULL);
    json_t *verdict;

    make_sheet(&sheet, parameter_find(loaded->parameters, key));
    evaluation_begin_point(evaluation, &sheet, NULL);
    evaluation_every(evaluation, start, 60000, NULL);
    for (int i = 0; i < MINUTES; i++)
        evaluation_reading(evaluation, (struct wall_time){start.ms + (int64_t)i * 60000},
                           40.0 + (double)(i % 997) / 100.0, QUALITY_NORMAL, NULL);
    evaluation_end_point(evaluation, NULL);
    fed = seconds();
    verdict = evaluation_conclude(evaluation, NULL);
    getrusage(RUSAGE_SELF, &usage);
    printf("%-16s %.3f s for %d readings, %.3f s to conclude; %s; peak %ld KiB\n", key, fed - began,
           MINUTES, seconds() - fed, json_string_value(json_object_get(verdict, "answer")),
           usage.ru_maxrss);
    json_decref(verdict);
    evaluation_free(evaluation);
    point_sheet_end(&sheet);
}

int main(int count, char **words)
{
    struct loaded loaded;

    if (count < 2 || !conf_zone("Asia/Shanghai") || !load(words[1], &loaded)) {
        fputs("bench_verdict CONFIG-DIRECTORY\n", stderr);
        return 2;
    }
    run(&loaded, "ammonia_nitrogen");
    run(&loaded, "pm2_5");
    run(&loaded, "la");
    verdict_terms_free(loaded.terms);
    tally_plans_free(loaded.tallies);
    parameters_free(loaded.parameters);
    return 0;
}
