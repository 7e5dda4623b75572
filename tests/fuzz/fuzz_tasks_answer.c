/* Any bytes as an answer of the rectification system: a page of tasks is refused with a sentence,
 * or holds the contract's fields and nothing else; a problem is believed only under its own uid. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "ledger/task.h"
#include "output/rectification_peer.h"
#include "output/rectification_tasks.h"

#define UID "0123456789abcdef0123456789abcdef"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool steers(const char *words)
{
    for (; *words != '\0'; words++)
        if (((unsigned char)*words < ' ' && *words != '\n' && *words != '\t') || *words == 0x7f)
            return true;
    return false;
}

static void check_task(const json_t *task)
{
    static const char *const known[] = {
        "id",       "batch",   "source",   "kind",       "category",   "title",
        "site",     "village", "grid",     "points",     "measure",    "owner",
        "deadline", "state",   "extended", "supervised", "struck_off", "watch_until"};
    const char *key;
    json_t *value;
    struct task read;
    struct error err = {0};

    must(json_is_string(json_object_get(task, "id")));
    json_object_foreach((json_t *)task, key, value)
    {
        bool is_known = false;

        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            is_known = is_known || strcmp(key, known[i]) == 0;
        must(is_known);
        must(!json_is_string(value) || !steers(json_string_value(value)));
    }
    if (!task_read(&read, task, &err))
        must(err.text[0] != '\0' && !steers(err.text));
}

static void check_page(const struct rectification_fields *fields, const char *bytes, size_t size)
{
    struct rectification_tasks page;
    struct error err = {0};

    if (!rectification_tasks_read(&page, fields, bytes, size, &err)) {
        must(page.tasks == NULL && err.text[0] != '\0' && !steers(err.text));
        return;
    }
    must(json_array_size(page.tasks) <= TASKS_PAGE_MOST);
    for (size_t i = 0; i < json_array_size(page.tasks); i++)
        check_task(json_array_get(page.tasks, i));
    rectification_tasks_end(&page);
}

static void check_verdict(const struct rectification_fields *fields, const char *bytes, size_t size)
{
    const struct web_answer answer = {.status = 200, .body = bytes, .size = size};
    json_t *problem = json_pack("{s:s, s:i}", "uid", UID, "version", 3);
    uint32_t version;

    if (rectification_judge(fields, &answer, "PATCH", problem, &version) == VERDICT_THERE)
        must(version >= 3);
    rectification_judge(fields, &answer, "GET", problem, &version);
    json_decref(problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct rectification_fields *fields;

    if (fields == NULL) {
        struct conf_faults *faults = conf_faults_new();

        say_in(LANGUAGE_EN);
        fields = rectification_fields_load("", faults);
        conf_faults_free(faults);
    }
    check_page(fields, (const char *)bytes, size);
    check_verdict(fields, (const char *)bytes, size);
    return 0;
}
