#include "town/exporting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/say.h"
#include "report/child.h"
#include "store/seals.h"
#include "town/shown.h"

enum { LOOK_MS = 50, PATIENCE_MS = 60 * 1000 };

struct exporting {
    struct exporting_setup asked;
    struct bundle_setup setup;
    char program[PATH_MAX];
    char points[TASK_POINTS_MAX][POINT_SIZE];
    json_t *versions;
    struct bundle *bundle;
    struct bundle_issue issue;
};

/* What is asked ----------------------------------------------------------------------------------
 */

static bool needs_points(const json_t *task, struct error *err)
{
    const char *id = text_of(task, "id");

    if (strcmp(text_of(task, "watched"), "elsewhere") == 0)
        return error_set(err, ERROR_REFUSED,
                         SAY("任务 %s 的监测点在别的采集器上，这里没有它的数据：请到那一台上导出",
                             "task %s is watched by another collector, and its data are not here: "
                             "export it there"),
                         id);
    return json_array_size(json_object_get(task, "points")) > 0 ||
           error_set(
               err, ERROR_REFUSED,
               SAY("没有监测点盯着任务 %s，没有数据可以佐证：请先在台账里给它写上监测点，重新导入",
                   "no point watches task %s, so there are no data to prove anything with: "
                   "name its points in the ledger and import it again"),
               id);
}

static bool read_about(struct exporting *exporting, struct error *err)
{
    struct case_setup *about = &exporting->setup.about;
    const json_t *task = exporting->asked.task;
    struct task row;

    if (!needs_points(task, err) || !task_read(&row, task, err))
        return false;
    snprintf(about->task, sizeof about->task, "%s", row.id);
    snprintf(about->category, sizeof about->category, "%s", row.category);
    about->struck_off = row.struck_off;
    about->watch_until = row.watch_until;
    about->point_count = row.point_count;
    memcpy(exporting->points, row.points, sizeof exporting->points);
    about->points = exporting->points;
    return true;
}

static void name_category(struct exporting *exporting)
{
    const struct category *category =
        terms_category(exporting->asked.desk->settings->terms, exporting->setup.about.category);

    exporting->setup.category_zh = category == NULL ? NULL : category->term.zh;
    exporting->setup.category_en = category == NULL ? NULL : category->term.en;
}

/* Sealing ----------------------------------------------------------------------------------------
 */

static void wait_a_little(void)
{
    const struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};

    nanosleep(&look, NULL);
}

static bool not_sealed(uint64_t seq, struct error *err)
{
    return error_set(err, ERROR_REFUSED,
                     SAY("已记在序号 %" PRIu64
                         "，但 %d 秒内没有封存好；原因见 lookback status 的告警",
                         "recorded as number %" PRIu64 ", but not sealed within %d s; the notices "
                         "of lookback status say why"),
                     seq, PATIENCE_MS / 1000);
}

/* Until the entry stands in a sealed segment; as long as seals go on being made we wait. */
static bool wait_for_seal(struct exporting *exporting, uint64_t seq, struct error *err)
{
    struct reader *reader = exporting->asked.desk->reader;
    uint64_t sealed = 0, before = 0, waiting, from;

    for (int waited = 0; reader_segment_of(reader, seq) == 0; waited += LOOK_MS) {
        if (!reader_seal_state(reader, &sealed, &waiting, &from, err))
            return false;
        if (sealed != before)
            waited = 0;
        if (waited >= PATIENCE_MS)
            return not_sealed(seq, err);
        before = sealed;
        wait_a_little();
    }
    return true;
}

static bool take_last_time(void *self, const struct sealed *sealed)
{
    *(struct wall_time *)self = sealed->head.last_time;
    return true;
}

static bool act(struct exporting *exporting, const char *name, json_t *args, struct error *err,
                uint64_t *seq)
{
    bool done = exporting->asked.act(exporting->asked.self, name, args, seq, err);

    json_decref(args);
    return done && wait_for_seal(exporting, *seq, err);
}

/* What was recorded after the newest seal is sealed first, if the span reaches that far. */
static bool seal_what_is_asked(struct exporting *exporting, struct error *err)
{
    struct reader *reader = exporting->asked.desk->reader;
    uint64_t newest = 0, waiting = 0, from = 0, seq = 0;
    struct wall_time last = WALL_NONE;

    if (!reader_seal_state(reader, &newest, &waiting, &from, err) ||
        (newest > 0 && !reader_sealed(reader, newest, newest, take_last_time, &last, err)))
        return false;
    if (reader_last_seq(reader) < from ||
        (wall_is_known(last) && last.ms >= exporting->setup.about.span.end.ms))
        return true;
    return act(exporting, "seal.close", json_object(), err, &seq);
}

static bool issue(struct exporting *exporting, struct error *err)
{
    const struct bundle_setup *setup = &exporting->setup;
    const json_t *verdict = bundle_verdict(exporting->bundle);
    char from[WALL_TEXT], to[WALL_TEXT];
    uint64_t seq = 0;
    json_t *args =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "form", setup->public_form ? "public" : "full",
                  "from", wall_text(setup->about.span.start, from), "manifest",
                  bundle_manifest(exporting->bundle), "task", setup->about.task, "to",
                  wall_text(setup->about.span.end, to), "verdict", text_of(verdict, "answer"));

    return act(exporting, "evidence.issue", args, err, &seq) &&
           bundle_issue(exporting->bundle, seq, &exporting->issue, err);
}

/* ------------------------------------------------------------------------------------------------
 */

static void set_up(struct exporting *exporting)
{
    const struct exporting_setup *asked = &exporting->asked;

    exporting->setup = (struct bundle_setup){
        .reader = asked->desk->reader,
        .out = asked->out,
        .program = exporting->program,
        .about.span = asked->span,
        .task = asked->task,
        .public_form = asked->public_form,
        .heard = asked->heard,
        .self = asked->self,
    };
}

static bool make(struct exporting *exporting, struct error *err)
{
    set_up(exporting);
    if (!read_about(exporting, err) || !child_find(exporting->program, err))
        return false;
    name_category(exporting);
    exporting->versions = child_versions(exporting->program, exporting->asked.out, err);
    exporting->setup.versions = exporting->versions;
    if (exporting->versions == NULL || !seal_what_is_asked(exporting, err))
        return false;
    exporting->bundle = bundle_new(&exporting->setup, err);
    return exporting->bundle != NULL && bundle_make(exporting->bundle, err) &&
           issue(exporting, err);
}

struct exporting *exporting_make(const struct exporting_setup *setup, struct error *err)
{
    struct exporting *exporting = calloc(1, sizeof *exporting);

    if (exporting == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    exporting->asked = *setup;
    if (make(exporting, err))
        return exporting;
    exporting_free(exporting);
    return NULL;
}

void exporting_free(struct exporting *exporting)
{
    if (exporting == NULL)
        return;
    bundle_free(exporting->bundle);
    json_decref(exporting->versions);
    free(exporting);
}

const struct bundle *exporting_bundle(const struct exporting *exporting)
{
    return exporting->bundle;
}

const struct bundle_issue *exporting_issue(const struct exporting *exporting)
{
    return &exporting->issue;
}
