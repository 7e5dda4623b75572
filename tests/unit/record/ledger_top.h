/* ledger_top.h - a bench whose recorder keeps the town's ledger, on the terms that are shipped. */
#ifndef TESTS_LEDGER_TOP_H
#define TESTS_LEDGER_TOP_H

#include "unit/record/bench_top.h"

static struct terms *terms; /* while a group of tests runs: load_terms() to free_terms() */

static inline int load_terms(void **state)
{
    struct conf_faults *faults = conf_faults_new();

    terms = terms_load(SOURCE_ROOT "/config/ledger.conf", faults);
    conf_faults_free(faults);
    return terms == NULL;
}

static inline int free_terms(void **state)
{
    terms_free(terms);
    return 0;
}

/* As bench_init(): not open yet. */
static inline void ledger_bench_init(struct bench *bench)
{
    bench_init(bench);
    bench->terms = terms;
    bench->ledger = true;
}

static inline struct bench_answer bench_import(struct bench *bench, const char *tasks)
{
    json_t *args = json_pack("{s:o}", "tasks", json_loads(tasks, 0, NULL));

    return bench_act(bench, "tasks.import", args);
}

#endif
