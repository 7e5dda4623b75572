#include "page/exposition.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"

enum { VALUE_TEXT = 64 };

static void add(struct exposition *out, const char *words)
{
    struct error err = {0};

    if (!bytes_words(&out->bytes, words, &err))
        out->failed = true;
}

void exposition_family(struct exposition *out, const char *name, enum family family,
                       const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};

    out->name = name;
    add(out, "# HELP ");
    add(out, name);
    add(out, " ");
    add(out, help);
    add(out, "\n# TYPE ");
    add(out, name);
    add(out, " ");
    add(out, types[family]);
    add(out, "\n");
}

/* Backslash, quotation mark and line end are the three that are escaped. */
static void add_value(struct exposition *out, const char *value)
{
    struct error err = {0};

    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\\')
            add(out, "\\\\");
        else if (*at == '"')
            add(out, "\\\"");
        else if (*at == '\n')
            add(out, "\\n");
        else if (!bytes_add(&out->bytes, at, 1, &err))
            out->failed = true;
    }
}

static void add_name(struct exposition *out, const char *ending, const struct label *labels)
{
    const char *between = "{";

    add(out, out->name);
    add(out, ending);
    for (; labels != NULL && labels->name != NULL; labels++, between = ",") {
        add(out, between);
        add(out, labels->name);
        add(out, "=\"");
        add_value(out, labels->value);
        add(out, "\"");
    }
    add(out, *between == ',' ? "} " : " ");
}

static void add_number(struct exposition *out, double value)
{
    char words[VALUE_TEXT];
    struct text text;

    text_init(&text, words, sizeof words);
    text_add_number(&text, value);
    add(out, words);
    add(out, "\n");
}

void exposition_sample(struct exposition *out, const struct label *labels, double value)
{
    if (!isfinite(value))
        return;
    add_name(out, "", labels);
    add_number(out, value);
}

static void add_count(struct exposition *out, uint64_t value)
{
    char words[VALUE_TEXT];

    snprintf(words, sizeof words, "%" PRIu64 "\n", value);
    add(out, words);
}

void exposition_count(struct exposition *out, const struct label *labels, uint64_t value)
{
    add_name(out, "", labels);
    add_count(out, value);
}

void exposition_time(struct exposition *out, const struct label *labels, struct wall_time time)
{
    exposition_sample(out, labels, wall_is_known(time) ? (double)time.ms / 1e3 : NAN);
}

void exposition_histogram(struct exposition *out, const double *bounds_ms, const uint64_t *counts,
                          size_t bound_count, double sum_ms)
{
    uint64_t total = 0;

    for (size_t i = 0; i <= bound_count; i++) {
        char bound[VALUE_TEXT];
        struct text text;

        total += counts[i];
        text_init(&text, bound, sizeof bound);
        if (i < bound_count)
            text_add_number(&text, bounds_ms[i] / 1e3);
        else
            text_add(&text, "+Inf");
        add_name(out, "_bucket",
                 (struct label[]){
                     {"le", bound},
                     {NULL, NULL }
        });
        add_count(out, total);
    }
    add_name(out, "_sum", NULL);
    add_number(out, sum_ms / 1e3);
    add_name(out, "_count", NULL);
    add_count(out, total);
}

char *exposition_end(struct exposition *out, size_t *size)
{
    char *text = out->bytes.at;

    if (out->failed || text == NULL) {
        free(text);
        text = NULL;
    }
    *size = out->bytes.used;
    *out = (struct exposition){0};
    return text;
}
