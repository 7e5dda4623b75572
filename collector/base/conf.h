/* conf.h - reads our .conf files by table, and says everything that is wrong in one run.
 *
 * libconfig 1.5 parses; it also bends numbers (50 is not found where 50.0 is asked for, 3000000000
 * becomes negative, 1e999 infinite) and does not mind unknown words. So a scanner of ours reads the
 * same text first and refuses what libconfig would bend, and a table of keys reads the result:
 * every key has a type, a range, a default and a sentence, and a word that is in no table is a
 * fault with the nearest word suggested. libconfig.h is included by conf.c alone.
 *
 * A fault reads "FILE:LINE: key: what is wrong, what is allowed". Faults are collected, not
 * returned: read on, then ask conf_faults_count(). One thread at a time.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

struct conf; /* one file, read whole */

/* One setting inside a file: a group, a list, a list's element or a scalar. A plain value, valid
 * until conf_free(). `none` when absent. */
struct conf_at {
    const struct conf *conf;
    const void *setting;
};

static inline bool conf_is_there(struct conf_at at)
{
    return at.setting != NULL;
}

/* Every fault of a run, over all files. */
struct conf_faults;
struct conf_faults *conf_faults_new(void);
void conf_faults_free(struct conf_faults *faults);
size_t conf_faults_count(const struct conf_faults *faults);
/* In the order found, sorted by file and line at the first call. Borrowed. */
const struct error *conf_fault(struct conf_faults *faults, size_t index);

/* From now on `each` is shown every file that is read for these faults, its bytes as they stood
 * when they were read and before anything was made of them: for whoever keeps what settings came
 * from. The bytes are borrowed for the call. NULL: nobody any more. */
void conf_faults_witness(struct conf_faults *faults,
                         void (*each)(void *self, const char *path, const char *bytes, size_t size),
                         void *self);

/* Adds "FILE:LINE: key: sentence". `key` may be NULL. Returns false. */
bool conf_complain(struct conf_faults *faults, struct conf_at at, const char *key,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds a sentence about a whole folder or file, which names it itself. Returns false. */
bool conf_complain_whole(struct conf_faults *faults, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads and scans a file (at most 64 MiB, no @include, no NUL, a BOM and CRLF are fine).
 *
 * Gives the file, ended with conf_free(); NULL when it cannot be read or parsed at all, with that
 * fault added. An empty file is a fault unless `may_be_empty`.
 */
struct conf *conf_load(const char *path, bool may_be_empty, struct conf_faults *faults);
void conf_free(struct conf *conf);
const char *conf_path(const struct conf *conf);

/* The whole file as a group. */
struct conf_at conf_root(const struct conf *conf);
/* A member of a group, or the n-th element of a list or array; not there: {conf, NULL}. */
struct conf_at conf_member(struct conf_at group, const char *key);
struct conf_at conf_element(struct conf_at list, size_t index);
size_t conf_length(struct conf_at list);
unsigned conf_line(struct conf_at at);
/* The name of a group's n-th member (borrowed), NULL past the end: for groups whose keys are free,
 * as a profile's proofs. */
const char *conf_key_name(struct conf_at group, size_t index);

enum conf_type {
    CONF_NAME,     /* char[NAME_SIZE]      a name of the contract */
    CONF_TEXT,     /* char[size]           UTF-8, no control characters */
    CONF_INT,      /* int64_t              min..max */
    CONF_NUMBER,   /* double               min..max; an int is a number */
    CONF_BOOL,     /* bool */
    CONF_DURATION, /* int64_t ms           min..max in ms */
    CONF_SIZE,     /* int64_t bytes */
    CONF_CHOICE,   /* int                  index into `choices` */
    CONF_FILE,     /* char[size]           a path; its existence is not asked */
    CONF_URL,      /* char[size]           one of `choices` as scheme (NULL: any) */
    CONF_MOMENT,   /* struct wall_time     RFC 3339 or a date or minute in the zone conf_zone() */
    CONF_INNER,    /* a group, list or array read by the caller; only known here */
};

/* One key. `text_zh` and `text_en` say in a few words what it is; the README's tables and `check`
 * show them. */
struct conf_key {
    const char *name;
    enum conf_type type;
    bool required;
    size_t offset;        /* into the struct that is filled */
    size_t size;          /* of a text field */
    double min, max;      /* both 0: no bound */
    const char *fallback; /* default, as it would be written; NULL: the field is left as it is */
    const char *const *choices; /* NULL-terminated */
    const char *text_zh, *text_en;
};

/* Fills `into` from a group by its table of `count` keys, and complains about every key that is
 * wrong, missing or unknown. True when nothing was wrong. Fields of wrong keys keep their default.
 * `seen` (may be NULL) gets a bit per table row that was present. */
bool conf_read(struct conf_at group, const struct conf_key *keys, size_t count, void *into,
               uint64_t *seen, struct conf_faults *faults);

/* Fills the defaults alone, as for a group that is absent. */
void conf_defaults(const struct conf_key *keys, size_t count, void *into);

/* Scalars outside tables, as inside free groups and arrays. False, without a complaint, when the
 * setting is not of that type. A number may be an int or a float; text is borrowed. */
bool conf_number(struct conf_at at, double *number);
bool conf_int(struct conf_at at, int64_t *number);
const char *conf_text(struct conf_at at);
bool conf_is_list(struct conf_at at); /* list ( ) or array [ ] */
bool conf_is_group(struct conf_at at);

/* The zone that dates and minutes without a zone are read in, e.g. "Asia/Shanghai" (sets TZ for the
 * whole process; before any thread starts). False when the system has no such zone. */
bool conf_zone(const char *zone);
/* How often the zone was set: whoever remembers where a day begins there sees that it is another.
 */
unsigned conf_zone_count(void);
/* RFC 3339, or "2026-11-22", "2026-11-22 08:00" or "2026-11-22 08:00:30" in that zone. */
bool moment_parse(const char *words, struct wall_time *time);

/* The word of `words` (NULL-terminated) nearest to `wrong`, the case of letters aside, or NULL if
 * none is near. */
const char *conf_nearest(const char *wrong, const char *const *words);

#endif
