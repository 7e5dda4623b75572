/* exposition.h - numbers as Prometheus reads them: its text format, version 0.0.4
 * (prometheus.io/docs/instrumenting/exposition_formats).
 *
 * A family is begun once and then holds its samples. What is absent gets no sample: never 0. Out of
 * memory is remembered and said by exposition_end(). One thread.
 */
#ifndef PAGE_EXPOSITION_H
#define PAGE_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "report/bytes.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum family { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM };

struct exposition {
    struct bytes bytes;
    const char *name; /* of the family begun last */
    bool failed;
};

/* `help` has no line ends. */
void exposition_family(struct exposition *out, const char *name, enum family family,
                       const char *help);

/* A label; NULL `name` ends a list of them. Any bytes may stand in a value. */
struct label {
    const char *name, *value;
};
/* clang-format off */
#define LABELS(...) ((const struct label[]){__VA_ARGS__, {NULL, NULL}})
/* clang-format on */

/* NAN: absent, no sample. `labels` NULL: none. */
void exposition_sample(struct exposition *out, const struct label *labels, double value);
void exposition_count(struct exposition *out, const struct label *labels, uint64_t value);
/* Seconds since 1970; an unknown time has no sample. */
void exposition_time(struct exposition *out, const struct label *labels, struct wall_time time);

/* `bounds_ms` in rising order; `counts` holds one more, for what is beyond the last; each bucket on
 * its own, not cumulated. The family is in seconds. */
void exposition_histogram(struct exposition *out, const double *bounds_ms, const uint64_t *counts,
                          size_t bound_count, double sum_ms);

/* Gives the text; NULL: out of memory. */
char *exposition_end(struct exposition *out, size_t *size);

#endif
