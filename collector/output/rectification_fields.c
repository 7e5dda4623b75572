#include "output/rectification_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"

enum { PAIRS_MOST = 64, PATH_SIZE = 128, DEPTH_MOST = 4 };

struct pair {
    char ours[PATH_SIZE];
    char theirs[PATH_SIZE]; /* "": not sent, not taken */
};

struct pairs {
    struct pair rows[PAIRS_MOST];
    size_t count;
};

struct rectification_fields {
    struct pairs problem, task;
};

/* The contract's fields; an inner one stands behind the one it is in. */
/* clang-format off */
static const char *const problem_fields[] = {
    "uid", "version", "collector", "kind", "nature", "state", "acknowledged", "acknowledged.by",
    "acknowledged.time", "site", "site.name", "site.title", "site.village", "site.grid", "point",
    "parameter", "parameter.key", "parameter.title", "parameter.unit", "rule", "limit",
    "limit.standard", "limit.edition", "limit.clause", "limit.class", "limit.period",
    "limit.verified", "bound", "tasks", "relapse_of", "first", "last", "ended", "episodes", "worst",
    "worst.time", "worst.value", "worst.multiple", "simulated", "seal", "seal.segment", "seal.head",
    NULL};
/* What the collector itself finds out about a task (relapses, verdict, watched) never comes in. */
static const char *const task_fields[] = {
    "id", "batch", "source", "kind", "category", "title", "site", "village", "grid", "points",
    "measure", "owner", "owner.lead", "owner.unit", "owner.person", "deadline", "state", "extended",
    "supervised", "struck_off", "watch_until", NULL};
/* clang-format on */

/* Paths ------------------------------------------------------------------------------------- */

static bool is_within(const char *path, const char *whole)
{
    size_t length = strlen(whole);

    return strncmp(path, whole, length) == 0 && (path[length] == '.' || path[length] == '\0');
}

static const json_t *value_at(const json_t *object, const char *path)
{
    char part[PATH_SIZE];

    while (object != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");

        snprintf(part, sizeof part, "%.*s", (int)length, path);
        object = json_object_get(object, part); /* NULL for what is no object */
        path += length + (path[length] == '.');
    }
    return object;
}

/* Takes `value`; objects on the way are made. */
static bool put_at(json_t *object, const char *path, json_t *value)
{
    char part[PATH_SIZE];

    for (;;) {
        size_t length = strcspn(path, ".");
        json_t *inner;

        snprintf(part, sizeof part, "%.*s", (int)length, path);
        if (path[length] == '\0')
            return json_object_set_new(object, part, value) == 0;
        inner = json_object_get(object, part);
        if (!json_is_object(inner)) {
            inner = json_object();
            if (json_object_set_new(object, part, inner) != 0) {
                json_decref(value);
                return false;
            }
        }
        object = inner;
        path += length + 1;
    }
}

static void remove_at(json_t *object, const char *path)
{
    const char *last = strrchr(path, '.');
    char whole[PATH_SIZE];

    if (last == NULL) {
        json_object_del(object, path);
        return;
    }
    snprintf(whole, sizeof whole, "%.*s", (int)(last - path), path);
    json_object_del((json_t *)value_at(object, whole), last + 1);
}

/* The server's path of a field of ours; "" when it has none. */
static void their_path(const struct pairs *pairs, const char *ours, char *path)
{
    snprintf(path, PATH_SIZE, "%s", ours);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->rows[i];

        if (!is_within(ours, pair->ours))
            continue;
        snprintf(path, PATH_SIZE, "%s%s", pair->theirs, ours + strlen(pair->ours));
        if (pair->theirs[0] == '\0')
            path[0] = '\0';
        return;
    }
}

/* The file ---------------------------------------------------------------------------------- */

struct pair_row {
    char ours[PATH_SIZE], theirs[PATH_SIZE];
};

/* clang-format off */
static const struct conf_key pair_keys[] = {
    {"ours", CONF_TEXT, true, offsetof(struct pair_row, ours), PATH_SIZE, 0, 0, NULL, NULL,
     "本程序的字段", "our field"},
    {"theirs", CONF_TEXT, true, offsetof(struct pair_row, theirs), PATH_SIZE, 0, 0, NULL, NULL,
     "对方的字段，\"\" 表示不要", "the server's field, \"\" for none"},
};
static const struct conf_key file_keys[] = {
    {"problem", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "送出的问题", "problems that go out"},
    {"task", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "拉取的任务", "tasks that come in"},
};
/* clang-format on */

static bool is_known(const char *field, const char *const *known)
{
    while (*known != NULL && strcmp(*known, field) != 0)
        known++;
    return *known != NULL;
}

/* One to four names with dots between them. */
static bool is_path(const char *words)
{
    size_t parts = 1;

    if (*words == '\0' || *words == '.')
        return false;
    for (; *words != '\0'; words++) {
        if (*words == '.' && (words[1] == '.' || words[1] == '\0'))
            return false;
        parts += *words == '.';
    }
    return parts <= DEPTH_MOST;
}

static void check_ours(const struct pairs *pairs, const struct pair_row *row,
                       const char *const *known, struct conf_at at, struct conf_faults *faults)
{
    if (!is_known(row->ours, known)) {
        const char *near = conf_nearest(row->ours, known);

        conf_complain(faults, conf_member(at, "ours"), "ours",
                      SAY("本程序没有字段 \"%s\"；相近的是 \"%s\"",
                          "we have no field \"%s\"; \"%s\" is near"),
                      row->ours, near != NULL ? near : known[0]);
        return;
    }
    for (size_t i = 0; i < pairs->count; i++)
        if (is_within(row->ours, pairs->rows[i].ours) || is_within(pairs->rows[i].ours, row->ours))
            conf_complain(faults, conf_member(at, "ours"), "ours",
                          SAY("\"%s\" 与前面的 \"%s\" 是同一字段或其一部分，只能写一次",
                              "\"%s\" is, or is part of, \"%s\" above; a field is named once"),
                          row->ours, pairs->rows[i].ours);
}

static void check_theirs(const struct pairs *pairs, const struct pair_row *row, struct conf_at at,
                         struct conf_faults *faults)
{
    bool needed = strcmp(row->ours, "uid") == 0 || strcmp(row->ours, "version") == 0 ||
                  strcmp(row->ours, "id") == 0;

    if (row->theirs[0] == '\0' && needed)
        conf_complain(faults, conf_member(at, "theirs"), "theirs",
                      SAY("%s 不能省去：靠它认出同一个问题或任务",
                          "%s cannot be left out: by it a problem or task is found again"),
                      row->ours);
    if (row->theirs[0] != '\0' && !is_path(row->theirs))
        conf_complain(
            faults, conf_member(at, "theirs"), "theirs",
            SAY("\"%s\" 不是字段名：写作 name 或 outer.name，最多四级",
                "\"%s\" is no field: write it as name or outer.name, of at most four parts"),
            row->theirs);
    for (size_t i = 0; row->theirs[0] != '\0' && i < pairs->count; i++)
        if (strcmp(row->theirs, pairs->rows[i].theirs) == 0)
            conf_complain(faults, conf_member(at, "theirs"), "theirs",
                          SAY("\"%s\" 已用于 \"%s\"", "\"%s\" is taken by \"%s\" already"),
                          row->theirs, pairs->rows[i].ours);
}

/* A name of the server that is also a name of ours would be written over by what keeps it. */
static void check_taken(const struct pairs *pairs, const char *const *known, struct conf_at list,
                        struct conf_faults *faults)
{
    char now[PATH_SIZE];

    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->rows[i];

        if (pair->theirs[0] == '\0' || !is_known(pair->theirs, known))
            continue;
        their_path(pairs, pair->theirs, now);
        if (strcmp(now, pair->theirs) == 0 && strcmp(pair->ours, pair->theirs) != 0)
            conf_complain(faults, conf_member(conf_element(list, i), "theirs"), "theirs",
                          SAY("\"%s\" 是本程序另一个字段的名字；请也给那个字段改名，或写 theirs = "
                              "\"\" 省去它",
                              "\"%s\" is the name of another field of ours; give that one another "
                              "name too, or leave it out by theirs = \"\""),
                          pair->theirs);
    }
}

static void read_pairs(struct conf_at list, const char *const *known, struct pairs *pairs,
                       struct conf_faults *faults)
{
    for (size_t i = 0; i < conf_length(list); i++) {
        struct conf_at at = conf_element(list, i);
        struct pair_row row = {.ours = ""};

        if (pairs->count == PAIRS_MOST) {
            conf_complain(faults, at, NULL, SAY("最多 %d 对", "at most %d pairs"), PAIRS_MOST);
            return;
        }
        if (!conf_read(at, pair_keys, sizeof pair_keys / sizeof pair_keys[0], &row, NULL, faults))
            continue;
        check_ours(pairs, &row, known, at, faults);
        check_theirs(pairs, &row, at, faults);
        memcpy(pairs->rows[pairs->count].ours, row.ours, PATH_SIZE);
        memcpy(pairs->rows[pairs->count].theirs, row.theirs, PATH_SIZE);
        pairs->count++;
    }
    if (pairs->count == conf_length(list))
        check_taken(pairs, known, list, faults);
}

static bool read_file(struct rectification_fields *fields, const char *path,
                      struct conf_faults *faults)
{
    size_t before = conf_faults_count(faults);
    struct conf *conf = conf_load(path, true, faults);

    if (conf == NULL)
        return false;
    conf_read(conf_root(conf), file_keys, sizeof file_keys / sizeof file_keys[0], NULL, NULL,
              faults);
    read_pairs(conf_member(conf_root(conf), "problem"), problem_fields, &fields->problem, faults);
    read_pairs(conf_member(conf_root(conf), "task"), task_fields, &fields->task, faults);
    conf_free(conf);
    return conf_faults_count(faults) == before;
}

struct rectification_fields *rectification_fields_load(const char *path, struct conf_faults *faults)
{
    struct rectification_fields *fields = calloc(1, sizeof *fields);

    if (fields == NULL || *path == '\0' || read_file(fields, path, faults))
        return fields;
    rectification_fields_free(fields);
    return NULL;
}

void rectification_fields_free(struct rectification_fields *fields)
{
    free(fields);
}

/* Problems and tasks ------------------------------------------------------------------------ */

json_t *rectification_fields_out(const struct rectification_fields *fields, const json_t *problem)
{
    const struct pairs *pairs = &fields->problem;
    json_t *theirs = json_deep_copy(problem);
    bool good = theirs != NULL;

    /* All names of ours go before one of theirs comes: two fields may change names. */
    for (size_t i = 0; good && i < pairs->count; i++)
        remove_at(theirs, pairs->rows[i].ours);
    for (size_t i = 0; good && i < pairs->count; i++) {
        const json_t *value = value_at(problem, pairs->rows[i].ours);

        if (pairs->rows[i].theirs[0] == '\0')
            continue;
        good = put_at(theirs, pairs->rows[i].theirs,
                      value != NULL ? json_deep_copy(value) : json_null());
    }
    if (good)
        return theirs;
    json_decref(theirs);
    return NULL;
}

const json_t *rectification_fields_of_problem(const struct rectification_fields *fields,
                                              const json_t *theirs, const char *ours)
{
    char path[PATH_SIZE];

    their_path(&fields->problem, ours, path);
    return *path == '\0' ? NULL : value_at(theirs, path);
}

void rectification_fields_drop(const struct rectification_fields *fields, json_t *theirs,
                               const char *ours)
{
    const struct pairs *pairs = &fields->problem;
    char path[PATH_SIZE];

    their_path(pairs, ours, path);
    if (*path != '\0')
        remove_at(theirs, path);
    for (size_t i = 0; i < pairs->count; i++)
        if (is_within(pairs->rows[i].ours, ours) && pairs->rows[i].theirs[0] != '\0')
            remove_at(theirs, pairs->rows[i].theirs);
}

/* Of a field with inner fields, only those are taken. */
static bool has_inner(const char *const *field)
{
    return field[1] != NULL && strcmp(field[1], *field) != 0 && is_within(field[1], *field);
}

json_t *rectification_fields_task(const struct rectification_fields *fields, const json_t *theirs)
{
    json_t *task = json_object();
    bool good = task != NULL;

    for (const char *const *field = task_fields; good && *field != NULL; field++) {
        char path[PATH_SIZE];
        const json_t *value;

        if (has_inner(field))
            continue;
        their_path(&fields->task, *field, path);
        value = *path == '\0' ? NULL : value_at(theirs, path);
        if (value != NULL)
            good = put_at(task, *field, json_deep_copy(value));
    }
    if (good)
        return task;
    json_decref(task);
    return NULL;
}
