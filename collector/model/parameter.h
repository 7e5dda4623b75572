/* parameter.h - what can be measured: the table config/parameters.conf, as data.
 *
 * Loaded once before threads start, then only read.
 */
#ifndef MODEL_PARAMETER_H
#define MODEL_PARAMETER_H

#include <stddef.h>

#include "base/conf.h"
#include "base/number.h"

enum medium { MEDIUM_WATER, MEDIUM_AIR, MEDIUM_NOISE, MEDIUM_WEATHER };

struct parameter {
    char key[NAME_SIZE]; /* "ph" */
    char title_zh[64];
    char title_en[64];
    char unit[16];  /* of every stored value of it, "mg/L"; "" for none (pH) */
    int decimals;   /* shown to people */
    int medium;     /* enum medium */
    char hj212[16]; /* factor code, "w01001"; "" where none is known */
};

struct parameters; /* the table */

/* Gives the table; NULL when the file cannot be read. Faults are added to `faults`. */
struct parameters *parameters_load(const char *path, struct conf_faults *faults);
void parameters_free(struct parameters *parameters);

/* Borrowed; NULL if there is none of that key. */
const struct parameter *parameter_find(const struct parameters *parameters, const char *key);
size_t parameters_count(const struct parameters *parameters);
const struct parameter *parameter_at(const struct parameters *parameters, size_t index);
/* The key nearest to a misspelt one, or NULL. */
const char *parameter_nearest(const struct parameters *parameters, const char *wrong);

const char *medium_word(enum medium medium); /* "water", … : the measurement of the line protocol */
const char *parameter_title(const struct parameter *parameter); /* in the language of the moment */

#endif
