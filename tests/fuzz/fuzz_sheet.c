/* Any bytes as an office's table: rows or a sentence, and every row that comes out can be merged
 * into a ledger or is refused. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ledger/intake.h"
#include "ledger/intake_merge.h"
#include "ledger/sheet.h"

/* Words of its own, so that the fuzzer runs from any folder. */
static const char words[] =
    "rows = 1000; cell_size = \"256B\"; faults_shown = 5;"
    "categories = ( { key = \"river\"; zh = \"河道\"; en = \"river\"; watch = \"180d\"; },"
    "{ key = \"catering\"; zh = \"餐饮\"; en = \"catering\"; words = [\"油烟\"]; } );"
    "sources = ( { key = \"petition\"; zh = \"信访\"; en = \"petition\"; kind = \"petition\"; } );"
    "states = ( { key = \"struck_off\"; words = [\"销号\"]; }, { key = \"rectifying\"; words = "
    "[\"整改中\"]; } );";

static struct catalog_site sites[] = {
    {.name = "river-1", .title = "一号断面", .village = "北村"}
};
static struct catalog_point points[] = {
    {.id = 1, .channel = "ph" },
    {.id = 2, .channel = "cod"}
};
static struct catalog_device devices[] = {
    {.id = 1, .name = "sonde", .active = true, .point_count = 2}
};
static struct catalog town = {.sites = sites,
                              .site_count = 1,
                              .devices = devices,
                              .device_count = 1,
                              .points = points,
                              .point_count = 2};

static const struct terms *terms_for_fuzz(void)
{
    static struct terms *terms;
    struct conf_faults *faults;
    char path[64];
    int fd;

    if (terms != NULL)
        return terms;
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, words, sizeof words - 1) != (ssize_t)sizeof words - 1)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    faults = conf_faults_new();
    conf_zone("Asia/Shanghai");
    terms = terms_load(path, faults);
    if (terms == NULL || conf_faults_count(faults) != 0)
        abort();
    conf_faults_free(faults);
    close(fd);
    return terms;
}

/* A task that came out reads back as the same task. */
static void check_task(const struct task *task)
{
    json_t *json = task_json(task);
    struct task again;
    struct error err = {0};

    if (json == NULL || !task_read(&again, json, &err) || strcmp(again.id, task->id) != 0 ||
        strcmp(again.title, task->title) != 0 || again.struck_off.ms != task->struck_off.ms)
        abort();
    json_decref(json);
}

static void merge_rows(const struct intake *intake, const struct terms *terms, struct wall_time now)
{
    for (size_t i = 0; i < json_array_size(intake->tasks); i++) {
        struct intake_merge merge = {.terms = terms, .now = now};
        struct intake_merge again = {.terms = terms, .now = now, .old = &merge.task};
        struct error err = {0};

        if (!intake_merge(&merge, json_array_get(intake->tasks, i), &err))
            continue;
        check_task(&merge.task);
        if (!intake_merge(&again, json_array_get(intake->tasks, i), &err) ||
            again.change != INTAKE_LEFT)
            abort(); /* taken in twice is taken in once */
        json_decref(merge.fields);
        json_decref(again.fields);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct terms *terms = terms_for_fuzz();
    const struct intake_setup setup = {.terms = terms, .catalog = &town, .now = {1795420800000}};
    struct error err = {0};
    struct intake *intake = intake_read((const char *)bytes, size, &setup, &err);

    if (intake == NULL && err.text[0] == '\0')
        abort();
    if (intake != NULL)
        merge_rows(intake, terms, setup.now);
    intake_free(intake);
    return 0;
}
