/* lookback tasks import FILE: an office's table into the ledger, whole or not at all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/ask.h"
#include "app/command_tasks.h"
#include "base/say.h"
#include "base/text.h"
#include "ledger/intake.h"
#include "ledger/intake_merge.h"
#include "ledger/watch.h"
#include "report/progress.h"
#include "store/reader.h"
#include "town/shown.h"
#include "town/town.h"

#include <unistd.h>

enum { IDS_SHOWN = 50, LONG_FILE = 1 << 20 };

struct import {
    const struct typed *typed;
    struct settings *settings;
    struct catalog *town;
    struct watch *ledger; /* as it is now */
    json_t *struck_here;
    struct intake *intake;
    json_t *changes; /* [{"id","change","fields"}], in the order of the file */
    json_t *kept;
    size_t count[INTAKE_LEFT + 1];
    uint64_t seq;
};

static const char *const change_words[] = {
    [INTAKE_ADDED] = "added", [INTAKE_CHANGED] = "changed", [INTAKE_LEFT] = "left"};

/* The file ---------------------------------------------------------------------------------- */

static char *read_file(const char *path, size_t most, size_t *size, struct error *err)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    bool failed;

    if (file == NULL) {
        error_set(err, ERROR_NOT_FOUND, SAY("无法打开 %s：%s", "cannot open %s: %s"), path,
                  strerror(errno));
        return NULL;
    }
    bytes = malloc(most + 1); /* one more than may be: a longer file is seen to be longer */
    if (bytes != NULL)
        *size = fread(bytes, 1, most + 1, file);
    failed = bytes == NULL || ferror(file);
    fclose(file);
    if (!failed)
        return bytes;
    free(bytes);
    error_set(err, ERROR_NOT_FOUND, SAY("无法读取 %s：%s", "cannot read %s: %s"), path,
              strerror(errno));
    return NULL;
}

static void show_progress(void *self, double share)
{
    progress_show(self, share, "");
}

static bool read_table(struct import *import, struct error *err)
{
    const struct terms *terms = import->settings->terms;
    struct intake_setup setup = {
        .terms = terms, .catalog = import->town, .now = clock_wall(clock_system())};
    struct progress progress;
    size_t size = 0;
    char *bytes = read_file(import->typed->words[1], (size_t)terms->sheet_bytes, &size, err);

    bool shown = size > LONG_FILE && command_shows_progress(import->typed);

    if (bytes == NULL)
        return false;
    if (shown) {
        progress_begin(&progress, SAY("读取台账", "reading the ledger"));
        setup.progress = show_progress;
        setup.self = &progress;
    }
    import->intake = intake_read(bytes, size, &setup, err);
    if (shown)
        progress_end(&progress, import->intake != NULL);
    free(bytes);
    return import->intake != NULL;
}

/* What is there ----------------------------------------------------------------------------- */

static bool see_task(void *self, const char *body, const char *relapses)
{
    struct import *import = self;
    json_t *json = json_loads(body, 0, NULL);
    struct error err = {0};
    struct task task;
    bool good = task_read(&task, json, &err) && watch_put(import->ledger, &task, &err);

    (void)relapses;
    json_decref(json);
    return good;
}

static bool see_strike_off(void *self, uint64_t seq, struct wall_time time, const char *who,
                           const char *arguments)
{
    struct import *import = self;
    json_t *args = json_loads(arguments, 0, NULL);

    (void)seq, (void)time, (void)who;
    json_object_set_new(import->struck_here, text_of(args, "id"), json_true());
    json_decref(args);
    return true;
}

/* A store that does not exist yet has no tasks. */
static bool read_ledger(struct import *import, struct error *err)
{
    char path[400];
    struct reader *reader;
    bool good;

    snprintf(path, sizeof path, "%s/lookback.db", import->settings->store_dir);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return true;
    reader = reader_open(import->settings->store_dir, err);
    good = reader != NULL && reader_tasks(reader, NULL, see_task, import, err) &&
           reader_events(reader, "task.strike_off", see_strike_off, import, err);
    reader_close(reader);
    return good;
}

/* What becomes of it ------------------------------------------------------------------------ */

static void merge_row(struct import *import, size_t index)
{
    const json_t *row = json_array_get(import->intake->tasks, index);
    const char *id = text_of(row, "id");
    struct intake_merge merge = {.terms = import->settings->terms,
                                 .old = watch_find(import->ledger, id, NULL),
                                 .struck_here = json_object_get(import->struck_here, id) != NULL,
                                 .now = clock_wall(clock_system())};
    struct error err = {0};

    if (!intake_merge(&merge, row, &err)) {
        intake_fault(import->intake, import->settings->terms, import->intake->rows[index], "", "",
                     "%s", err.text);
        return;
    }
    import->count[merge.change]++;
    json_array_append_new(import->changes,
                          json_pack("{s:s, s:s, s:o}", "id", id, "change",
                                    change_words[merge.change], "fields", merge.fields));
    if (merge.kept_state)
        json_array_append_new(import->kept, json_string(id));
}

static bool send_rows(struct import *import, struct error *err)
{
    const char *path = import->typed->words[1];
    const char *name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    json_t *args = json_pack("{s:O}", "tasks", import->intake->tasks);
    bool done;

    json_object_set_new(args, "file", json_string(name));
    if (json_object_size(import->intake->people) > 0)
        json_object_set(args, "people", import->intake->people);
    done = ask_act(import->settings, "tasks.import", args, &import->seq, err);
    json_decref(args);
    return done;
}

/* Telling ----------------------------------------------------------------------------------- */

static void print_fault(const struct intake_fault *fault)
{
    if (fault->column[0] == '\0')
        printf(SAY("第 %zu 行：%s\n", "row %zu: %s\n"), fault->row, fault->text);
    else
        printf(SAY("第 %zu 行 %s 列（%s）：%s\n", "row %zu, column %s (%s): %s\n"), fault->row,
               fault->column, fault->header, fault->text);
}

static void print_faults(const struct import *import)
{
    const struct intake *intake = import->intake;

    for (size_t i = 0; i < intake->faults_kept; i++)
        print_fault(&intake->faults[i]);
    if (intake->fault_count > intake->faults_kept)
        printf(SAY("……另有 %zu 处未列出\n", "... and %zu more\n"),
               intake->fault_count - intake->faults_kept);
    printf(SAY("%s：共 %zu 处错误，一项也没有导入；改正后重新导入整个文件\n",
               "%s: %zu faults; nothing was imported; mend them and import the whole file again\n"),
           import->typed->words[1], intake->fault_count);
}

static void print_ids(const char *heading, const struct import *import, enum intake_change change)
{
    size_t shown = 0;

    printf(SAY("%s %zu 项", "%s %zu"), heading, import->count[change]);
    for (size_t i = 0; i < json_array_size(import->changes); i++) {
        const json_t *row = json_array_get(import->changes, i);

        if (strcmp(text_of(row, "change"), change_words[change]) == 0 && shown++ < IDS_SHOWN)
            printf("%s%s", shown == 1 ? SAY("：", ": ") : SAY("、", ", "), text_of(row, "id"));
    }
    puts(shown > IDS_SHOWN ? SAY("……", " …") : "");
}

static const char *field_title(const char *key)
{
    static const char *const titles[][2] = {
        {"batch",       "批次"   },
        {"source",      "来源"   },
        {"kind",        "件别"   },
        {"category",    "类别"   },
        {"title",       "问题"   },
        {"site",        "点位"   },
        {"village",     "村居"   },
        {"grid",        "网格"   },
        {"points",      "监测点"},
        {"measure",     "措施"   },
        {"owner",       "责任"   },
        {"deadline",    "时限"   },
        {"state",       "状态"   },
        {"extended",    "延期"   },
        {"supervised",  "督办"   },
        {"struck_off",  "销号"   },
        {"watch_until", "巩固期"},
    };

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(titles[i][0], key) == 0)
            return SAY(titles[i][1], titles[i][0]);
    return key;
}

static void print_changed(const struct import *import)
{
    size_t shown = 0;

    printf(SAY("修改 %zu 项\n", "changed %zu\n"), import->count[INTAKE_CHANGED]);
    for (size_t i = 0; i < json_array_size(import->changes); i++) {
        const json_t *row = json_array_get(import->changes, i);
        const json_t *fields = json_object_get(row, "fields");

        if (strcmp(text_of(row, "change"), "changed") != 0 || shown++ >= IDS_SHOWN)
            continue;
        printf("  %s%s", text_of(row, "id"), SAY("：", ": "));
        for (size_t j = 0; j < json_array_size(fields); j++)
            printf("%s%s", j > 0 ? SAY("、", ", ") : "",
                   field_title(json_string_value(json_array_get(fields, j))));
        putchar('\n');
    }
    if (shown > IDS_SHOWN)
        puts(SAY("  ……", "  …"));
}

static void print_kept(const struct import *import)
{
    if (json_array_size(import->kept) == 0)
        return;
    fputs(SAY("已在本机销号、表中状态不采用（要撤销请写“退回”）：",
              "struck off here, the table's state is not taken (write \"returned\" to undo it): "),
          stdout);
    for (size_t i = 0; i < json_array_size(import->kept) && i < IDS_SHOWN; i++)
        printf("%s%s", i > 0 ? SAY("、", ", ") : "",
               json_string_value(json_array_get(import->kept, i)));
    putchar('\n');
}

static void print_words(const struct import *import, bool dry)
{
    const struct intake *intake = import->intake;

    for (size_t i = 0; i < json_array_size(intake->notes); i++)
        puts(json_string_value(json_array_get(intake->notes, i)));
    if (intake->fault_count > 0) {
        print_faults(import);
        return;
    }
    print_ids(SAY("新增", "added"), import, INTAKE_ADDED);
    print_changed(import);
    print_ids(SAY("不变", "left"), import, INTAKE_LEFT);
    print_kept(import);
    if (json_object_size(intake->people) > 0)
        printf(SAY("信访人信息 %zu 份\n", "details of petitioners: %zu\n"),
               json_object_size(intake->people));
    if (dry)
        puts(SAY("只是预览，什么都没有写入", "a dry run: nothing was written"));
    else if (import->seq > 0 && import->count[INTAKE_ADDED] + import->count[INTAKE_CHANGED] == 0)
        puts(SAY("台账没有变化；信访人信息已核对",
                 "the ledger has not changed; the details of petitioners were compared"));
    else if (import->seq > 0)
        printf(SAY("已完成，记录在序号 %llu\n", "done, recorded as number %llu\n"),
               (unsigned long long)import->seq);
    else
        puts(SAY("没有变化，什么都没有写入", "no change, nothing was written"));
}

static json_t *faults_json(const struct intake *intake)
{
    json_t *faults = json_array();

    for (size_t i = 0; i < intake->faults_kept; i++) {
        const struct intake_fault *fault = &intake->faults[i];

        json_array_append_new(faults,
                              json_pack("{s:i, s:s?, s:s?, s:s}", "row", (int)fault->row, "column",
                                        fault->column[0] == '\0' ? NULL : fault->column, "header",
                                        fault->header[0] == '\0' ? NULL : fault->header, "text",
                                        fault->text));
    }
    return faults;
}

static void print_json(const struct import *import, bool dry)
{
    const struct intake *intake = import->intake;
    bool refused = intake->fault_count > 0;
    json_t *whole =
        json_pack("{s:b, s:O, s:O, s:O, s:o, s:I}", "dry_run", dry, "tasks", import->changes,
                  "kept", import->kept, "notes", intake->notes, "faults", faults_json(intake),
                  "fault_count", (json_int_t)intake->fault_count);

    if (refused)
        json_object_set_new(whole, "tasks", json_array());
    json_object_set_new(whole, "seq",
                        import->seq == 0 ? json_null() : json_integer((json_int_t)import->seq));
    json_dumpf(whole, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(whole);
}

/* ------------------------------------------------------------------------------------------- */

static int run(struct import *import)
{
    bool dry = typed_option(import->typed, "--dry-run") != NULL;
    struct error err = {0};

    import->town = town_new(import->settings);
    import->ledger = import->town == NULL ? NULL : watch_new(import->town);
    if (import->ledger == NULL || import->changes == NULL || import->kept == NULL) {
        error_set(&err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return command_fail(import->typed, &err);
    }
    if (!read_table(import, &err) || !read_ledger(import, &err))
        return command_fail(import->typed, &err);
    for (size_t i = 0; i < json_array_size(import->intake->tasks); i++)
        merge_row(import, i);
    if (import->intake->fault_count == 0 && !dry &&
        (import->count[INTAKE_ADDED] + import->count[INTAKE_CHANGED] > 0 ||
         json_object_size(import->intake->people) > 0) &&
        !send_rows(import, &err))
        return command_fail(import->typed, &err);
    if (import->typed->json)
        print_json(import, dry);
    else
        print_words(import, dry);
    return import->intake->fault_count > 0 ? EXIT_NO : EXIT_DONE;
}

int command_tasks_import(const struct typed *typed)
{
    struct import import = {.typed = typed,
                            .settings = command_settings(typed),
                            .struck_here = json_object(),
                            .changes = json_array(),
                            .kept = json_array()};
    int code = import.settings == NULL ? EXIT_WRONG : run(&import);

    json_decref(import.struck_here);
    json_decref(import.changes);
    json_decref(import.kept);
    intake_free(import.intake);
    watch_free(import.ledger);
    catalog_free(import.town);
    settings_free(import.settings);
    return code;
}
