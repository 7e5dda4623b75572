/* settings_inside.h - what the readers of the four settings files share; only town/settings*.c. */
#ifndef TOWN_SETTINGS_INSIDE_H
#define TOWN_SETTINGS_INSIDE_H

#include "town/settings.h"

/* Offset and size of a field, as a row of a conf_key table wants them. */
#define FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)
#define ROWS(table)        (sizeof(table) / sizeof((table)[0]))
#define YEAR_MS            (366LL * 86400000)

/* One run over a folder. */
struct loading {
    struct settings *settings;
    struct conf_faults *faults;
    bool language_given;
    bool sites_known;     /* sites.conf could be read: a name that is not in it is a fault */
    bool devices_known;   /* likewise devices.conf */
    char refused[64][64]; /* models whose profile was refused: its faults are said once */
    size_t refused_count;
    const char *kept_under; /* what is read now is kept as this and its name; NULL: not kept */
    bool no_memory;         /* to keep it */
};

/* Begins to keep what is read for the loading's faults, as loading->kept_under says; ends it, with
 * the standards that gave way to others taken out again, and the rest in its final names. */
void settings_keep_begin(struct loading *loading);
void settings_keep_end(struct loading *loading);
void settings_files_free(struct settings *settings);
/* conf_load() of DIR/NAME, kept as "settings/NAME". */
struct conf *settings_conf(struct loading *loading, const char *name, bool may_be_empty);

/* Each reads its file into the settings and adds what is wrong to the faults. What is wrong in one
 * row leaves the row standing, so that other files are not blamed for it. */
void settings_read_collector(struct loading *loading);
void settings_read_sites(struct loading *loading);
void settings_read_devices(struct loading *loading);
void settings_read_rules(struct loading *loading);

/* Reads the links; gives their names, ended with name_index_free(). */
struct name_index;
struct name_index *settings_read_links(struct loading *loading, struct conf_at list);
/* What no two links may have in common: a port, a host and its port, the name of a unit. */
void settings_check_links(const struct settings *settings, struct conf_at list,
                          struct conf_faults *faults);

/* The profile of a model, loaded once; NULL with the fault said (at `at`, when there is none). */
const struct profile *settings_profile(struct loading *loading, const char *model,
                                       struct conf_at at);

/* Reads config/standards, shipped and of the folder; aggregates.conf, screening.conf, verdict.conf.
 */
void settings_read_standards(struct loading *loading);
void settings_read_plans(struct loading *loading);

/* The hours of the night in force. */
struct night settings_night(const struct settings *settings);

/* Whether a point fits the pattern; else the fault is said at `at` (or, when sites or devices are
 * not known, was said already). */
bool settings_check_pattern(const struct loading *loading, const char *pattern, struct conf_at at);

/* What a rule writes beside the name of a standard. */
struct limit_use {
    enum period on;
    bool on_given;
    enum when when;
    int per_day; /* -1: not given */
    bool counts; /* for, count or per_day is */
};

/* Finds the rows of rule->limit for each of the rule's points, as rule->found. `at` is the rule. */
void settings_resolve_limit(const struct loading *loading, struct rule_conf *rule,
                            const struct limit_use *use, struct conf_at at);

/* DIR/NAME. */
void settings_path(const struct settings *settings, const char *name, char *out, size_t size);
/* A path in a settings file is meant from the settings' own folder. "" and "credential:…" stay. */
void settings_resolve_path(const struct settings *settings, char *path, size_t size);

/* The list `key` of a file whose root holds nothing else; gives memory for `size` bytes a row
 * (zeroed, at least one row), ended with free(). */
void *settings_rows(struct conf_at root, const char *key, size_t size, struct conf_at *list,
                    struct conf_faults *faults);

/* The index of the group's "kind" in `kinds`, or -1 with the fault said. */
int settings_kind(struct conf_at at, const char *const *kinds, struct conf_faults *faults);

/* A list of texts. Calls `each` for every text; false, with the fault said, when it is none. */
bool settings_texts(struct conf_at at, const char *key, struct conf_faults *faults,
                    void (*each)(void *self, const char *words, struct conf_at element),
                    void *self);

/* [a, b]: two numbers. */
bool settings_pair(struct conf_at at, double *first, double *second);

/* Names of rows, sorted, to be found again: sites, links, "SITE/DEVICE". */
struct name_index *name_index_new(size_t room);
void name_index_free(struct name_index *names);
/* `name` is borrowed. Empty names are left out: their fault is said already. */
void name_index_add(struct name_index *names, const char *name, uint32_t row, struct conf_at at);
/* Sorts, and complains (faults not NULL) about a name that is there twice. */
void name_index_close(struct name_index *names, const char *key, struct conf_faults *faults);
/* The row, or -1. */
int64_t name_index_find(const struct name_index *names, const char *name);
/* The nearest name, or NULL. */
const char *name_index_nearest(const struct name_index *names, const char *wrong);

/* An address with a password or token in its query is refused. */
bool settings_check_query(const char *url, struct conf_at at, const char *key,
                          struct conf_faults *faults);
/* What was read of the group `page`, which is `at` (may be absent); its paths are resolved. */
void settings_check_page(struct settings *settings, struct conf_at at, struct conf_faults *faults);
/* The address of a time stamp server; "" is none. */
void settings_check_time_stamp(struct conf_at at, const char *words, struct conf_faults *faults);

/* Whether HOST is written as an address of the public internet; a name is not. */
bool host_is_public(const char *host);

/* Whether HOST is written as an IPv4 address and is none, as 192.168.1.300. */
bool host_is_no_address(const char *host);

#endif
