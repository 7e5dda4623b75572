#include "base/conf_inside.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

enum {
    FAULTS_SHOWN_MAX = 1000 /* a person mends these first; the rest is only counted */
};

struct fault {
    struct error error;
    char *path; /* of the file, for sorting; NULL sorts first */
    unsigned line;
    size_t order;
};

struct conf_faults {
    struct fault *all;
    size_t count; /* kept in `all` */
    size_t room;
    size_t left_out;
    bool sorted;
    void (*witness)(void *self, const char *path, const char *bytes, size_t size);
    void *self; /* the witness's */
};

struct conf_faults *conf_faults_new(void)
{
    return calloc(1, sizeof(struct conf_faults));
}

void conf_faults_free(struct conf_faults *faults)
{
    if (faults == NULL)
        return;
    for (size_t i = 0; i < faults->count; i++)
        free(faults->all[i].path);
    free(faults->all);
    free(faults);
}

void conf_faults_witness(struct conf_faults *faults,
                         void (*each)(void *self, const char *path, const char *bytes, size_t size),
                         void *self)
{
    faults->witness = each;
    faults->self = self;
}

void conf_witness(const struct conf_faults *faults, const char *path, const char *bytes,
                  size_t size)
{
    if (faults->witness != NULL)
        faults->witness(faults->self, path, bytes, size);
}

size_t conf_faults_count(const struct conf_faults *faults)
{
    return faults->count + faults->left_out;
}

/* Room for one fault more; NULL when it is only counted. */
static struct fault *fault_add(struct conf_faults *faults)
{
    struct fault *grown;

    if (faults->count == FAULTS_SHOWN_MAX)
        goto left_out;
    if (faults->count == faults->room) {
        size_t room = faults->room == 0 ? 16 : faults->room * 2;

        grown = realloc(faults->all, room * sizeof *grown);
        if (grown == NULL)
            goto left_out;
        faults->all = grown;
        faults->room = room;
    }
    faults->sorted = false;
    faults->all[faults->count] = (struct fault){.order = faults->count};
    return &faults->all[faults->count++];
left_out:
    faults->left_out++;
    return NULL;
}

/* A sentence repeats what stands in the file, and is one line of a terminal or a log. */
static void keep_to_one_line(char *sentence)
{
    for (; *sentence != '\0'; sentence++)
        if ((unsigned char)*sentence < ' ' || *sentence == 0x7f)
            *sentence = '?';
}

__attribute__((format(printf, 5, 0))) static bool complain(struct conf_faults *faults,
                                                           const char *path, unsigned line,
                                                           const char *key, const char *format,
                                                           va_list args)
{
    struct fault *fault = fault_add(faults);
    char sentence[640];

    if (fault == NULL)
        return false;
    vsnprintf(sentence, sizeof sentence, format, args);
    keep_to_one_line(sentence);
    fault->path = strdup(path);
    fault->line = line == 0 ? 1 : line;
    if (key == NULL || *key == '\0')
        return error_set_at(&fault->error, ERROR_SETTINGS, path, fault->line, "%s", sentence);
    return error_set_at(&fault->error, ERROR_SETTINGS, path, fault->line, "%s: %s", key, sentence);
}

bool conf_complain_line(struct conf_faults *faults, const char *path, unsigned line,
                        const char *key, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(faults, path, line, key, format, args);
    va_end(args);
    return false;
}

bool conf_complain(struct conf_faults *faults, struct conf_at at, const char *key,
                   const char *format, ...)
{
    va_list args;

    if (conf_kind(at) == KIND_TOLD)
        return false;
    va_start(args, format);
    complain(faults, conf_path(at.conf), conf_line(at), key, format, args);
    va_end(args);
    return false;
}

bool conf_complain_whole(struct conf_faults *faults, const char *path, const char *format, ...)
{
    struct fault *fault = fault_add(faults);
    char sentence[640];
    va_list args;

    if (fault == NULL)
        return false;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    fault->path = strdup(path);
    error_set(&fault->error, ERROR_SETTINGS, "%s", sentence);
    snprintf(fault->error.where, sizeof fault->error.where, "%s", path);
    return false;
}

static int fault_compare(const void *one, const void *other)
{
    const struct fault *a = one;
    const struct fault *b = other;
    int files = strcmp(a->path == NULL ? "" : a->path, b->path == NULL ? "" : b->path);

    if (files != 0)
        return files;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

const struct error *conf_fault(struct conf_faults *faults, size_t index)
{
    static const struct error more = {
        .kind = ERROR_SETTINGS,
        .text =
            "还有更多错误未列出，请先改正以上各处 (more faults are not shown: mend these first)",
    };

    assert(index < conf_faults_count(faults));
    if (!faults->sorted) {
        qsort(faults->all, faults->count, sizeof faults->all[0], fault_compare);
        faults->sorted = true;
    }
    return index < faults->count ? &faults->all[index].error : &more;
}
