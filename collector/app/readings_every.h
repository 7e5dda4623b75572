/* readings_every.h - lookback readings --every: the aggregates of a point, period by period. */
#ifndef APP_READINGS_EVERY_H
#define APP_READINGS_EVERY_H

#include "app/command.h"
#include "store/reader.h"

enum form { FORM_TABLE, FORM_CSV, FORM_JSON };

/* What is asked for: the periods of a point that start in from <= time < to. */
struct every_asked {
    const struct settings *settings;
    const char *point;                 /* "SITE/DEVICE/CHANNEL" */
    uint32_t number;                   /* the store's */
    const struct parameter *parameter; /* NULL: not known */
    struct span span;
    enum form form;
};

/* Prints them; false with a sentence when the period is not kept there or the store cannot be read.
 */
bool every_print(const struct every_asked *asked, const char *words, struct reader *reader,
                 struct error *err);

#endif
