/* verdict_tool.c - the verdict of a task over any span, worked out from stored aggregates or from
 * every reading: a test holds one against the other.
 *
 *   verdict_tool CONFIG-DIRECTORY TASK FROM TO readings|aggregates
 */
#include <stdio.h>
#include <string.h>

#include "town/town.h"
#include "town/verdicts.h"

static bool take_task(void *self, const char *body, const char *relapses)
{
    json_t **task = self;

    (void)relapses;
    *task = json_loads(body, 0, NULL);
    return true;
}

static int complain(const char *what, const struct error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->text);
    return 3;
}

static int tell(const struct settings *settings, char **words)
{
    struct error err = {0};
    struct reader *reader = reader_open(settings->store_dir, &err);
    struct verdicts *verdicts = reader == NULL ? NULL : verdicts_new(settings, reader, &err);
    struct verdict_asked asked = {.from_readings = strcmp(words[5], "readings") == 0};
    json_t *task = NULL;
    json_t *verdict = NULL;

    if (verdicts != NULL && moment_parse(words[3], &asked.span.start) &&
        moment_parse(words[4], &asked.span.end) &&
        reader_tasks(reader, words[2], take_task, &task, &err) && task != NULL) {
        asked.task = task;
        verdict = verdicts_ask(verdicts, &asked, &err);
    }
    if (verdict != NULL) {
        json_dumpf(verdict, stdout, JSON_SORT_KEYS | JSON_COMPACT);
        putchar('\n');
    }
    json_decref(verdict);
    json_decref(task);
    verdicts_free(verdicts);
    reader_close(reader);
    return verdict == NULL ? complain("verdict_tool", &err) : 0;
}

int main(int count, char **words)
{
    struct conf_faults *faults = conf_faults_new();
    struct settings *settings = count == 6 ? settings_load(words[1], false, faults) : NULL;
    int code = 2;

    for (size_t i = 0; i < conf_faults_count(faults); i++)
        fprintf(stderr, "%s\n", conf_fault(faults, i)->text);
    if (settings != NULL)
        code = tell(settings, words);
    else
        fputs("verdict_tool CONFIG-DIRECTORY TASK FROM TO readings|aggregates\n", stderr);
    settings_free(settings);
    conf_faults_free(faults);
    return code;
}
