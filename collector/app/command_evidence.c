/* lookback evidence export: one task, one span, everything that proves it in one file. */
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/ask.h"
#include "app/command_evidence.h"
#include "app/command_line.h"
#include "app/ledger_asked.h"
#include "base/say.h"
#include "report/bundle.h"
#include "report/child.h"
#include "store/seals.h"
#include "town/shown.h"

enum { LOOK_MS = 50, PATIENCE_MS = 60 * 1000 };

struct exporting {
    const struct typed *typed;
    struct ledger_desk desk;
    const json_t *task;
    struct bundle_setup setup;
    char program[PATH_MAX];
    char points[TASK_POINTS_MAX][POINT_SIZE];
    json_t *versions;
    struct progress progress;
    struct bundle *bundle;
    struct bundle_issue issue;
};

/* What is asked ----------------------------------------------------------------------------------
 */

static bool needs_points(const struct exporting *exporting, struct error *err)
{
    const char *id = text_of(exporting->task, "id");

    if (strcmp(text_of(exporting->task, "watched"), "elsewhere") == 0)
        return error_set(err, ERROR_REFUSED,
                         SAY("任务 %s 的监测点在别的采集器上，这里没有它的数据：请到那一台上导出",
                             "task %s is watched by another collector, and its data are not here: "
                             "export it there"),
                         id);
    return json_array_size(json_object_get(exporting->task, "points")) > 0 ||
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
    struct task row;

    if (!needs_points(exporting, err) || !task_read(&row, exporting->task, err))
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
        terms_category(exporting->desk.settings->terms, exporting->setup.about.category);

    exporting->setup.category_zh = category == NULL ? NULL : category->term.zh;
    exporting->setup.category_en = category == NULL ? NULL : category->term.en;
}

/* Both moments; the exit code, 0 when they are as they must be. */
static int read_span(const struct typed *typed, struct span *span)
{
    struct error err = {0};

    if (!command_span(typed, &span->start, &span->end))
        return EXIT_WRONG;
    if (span->start.ms < span->end.ms)
        return 0;
    error_set(&err, ERROR_WRONG_USE, "%s",
              SAY("--from 与 --to 是同一时刻：请写出一段时间",
                  "--from and --to are the same moment: name a span"));
    return command_fail(typed, &err);
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
    struct reader *reader = exporting->desk.reader;
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

/* What was recorded after the newest seal is sealed first, if the span reaches that far. */
static bool seal_what_is_asked(struct exporting *exporting, struct error *err)
{
    struct reader *reader = exporting->desk.reader;
    uint64_t newest = 0, waiting = 0, from = 0, seq = 0;
    struct wall_time last = WALL_NONE;
    json_t *args;
    bool closed;

    if (!reader_seal_state(reader, &newest, &waiting, &from, err) ||
        (newest > 0 && !reader_sealed(reader, newest, newest, take_last_time, &last, err)))
        return false;
    if (reader_last_seq(reader) < from ||
        (wall_is_known(last) && last.ms >= exporting->setup.about.span.end.ms))
        return true;
    args = json_object();
    closed = ask_act(exporting->desk.settings, "seal.close", args, &seq, err);
    json_decref(args);
    return closed && wait_for_seal(exporting, seq, err);
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
    bool issued = ask_act(exporting->desk.settings, "evidence.issue", args, &seq, err) &&
                  wait_for_seal(exporting, seq, err) &&
                  bundle_issue(exporting->bundle, seq, &exporting->issue, err);

    json_decref(args);
    return issued;
}

/* The answer -------------------------------------------------------------------------------------
 */

static void print_json(const struct exporting *exporting)
{
    const json_t *verdict = bundle_verdict(exporting->bundle);
    json_t *object =
        json_pack("{s:{s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:o, s:O}}", "bundle", "file",
                  exporting->setup.out, "size", (json_int_t)exporting->issue.size, "form",
                  exporting->setup.public_form ? "public" : "full", "manifest",
                  bundle_manifest(exporting->bundle), "key", exporting->issue.key, "head",
                  exporting->issue.head, "segment", (json_int_t)exporting->issue.segment,
                  "readings", (json_int_t)bundle_readings(exporting->bundle), "simulated",
                  bundle_is_simulated(exporting->bundle), "verdict", verdict_brief(verdict),
                  "differs", bundle_differs(exporting->bundle));

    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static const char *answer_shown(const char *answer)
{
    static const enum verdict_answer all[] = {VERDICT_HELD, VERDICT_RELAPSED, VERDICT_NOT_PROVEN};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(answer, verdict_word(all[i])) == 0)
            return verdict_title(all[i]);
    return answer;
}

static void print_verdict(const json_t *verdict)
{
    const json_t *reasons = json_object_get(verdict, "reasons");

    printf(SAY("结论：%s\n", "verdict: %s\n"), answer_shown(text_of(verdict, "answer")));
    for (size_t i = 0; i < json_array_size(reasons); i++)
        printf(SAY("  理由：%s\n", "  reason: %s\n"),
               verdict_reason_text(json_array_get(reasons, i)));
}

static void print_differs(const struct exporting *exporting)
{
    const json_t *differs = bundle_differs(exporting->bundle);

    for (size_t i = 0; i < json_array_size(differs); i++)
        printf(SAY("警告：%s\n", "WARNING: %s\n"),
               text_of(json_array_get(differs, i), SAY("zh", "en")));
}

static void print_words(const struct exporting *exporting)
{
    const struct bundle_issue *issued = &exporting->issue;

    if (bundle_is_simulated(exporting->bundle))
        puts("模拟数据 / SIMULATED");
    print_differs(exporting);
    if (bundle_readings(exporting->bundle) == 0)
        puts(SAY("这段时间里没有这些监测点的读数，什么也证明不了",
                 "there are no readings of these points in this span, and nothing can be proven"));
    print_verdict(bundle_verdict(exporting->bundle));
    printf(SAY("文件：%s（%.1f MB，%" PRIu64 " 个读数）\n",
               "file: %s (%.1f MB, %" PRIu64 " readings)\n"),
           exporting->setup.out, (double)issued->size / 1e6, bundle_readings(exporting->bundle));
    printf(SAY("清单摘要：%s\n钥匙指纹：%s\n封存头（第 %" PRIu64 " 段）：%s\n",
               "manifest: %s\nkey: %s\nhead (of segment %" PRIu64 "): %s\n"),
           bundle_manifest(exporting->bundle), issued->key, issued->segment, issued->head);
    puts(SAY("核对方法见压缩包里的 VERIFY.md",
             "how to check it: VERIFY.md inside, or lookback evidence verify"));
}

/* ------------------------------------------------------------------------------------------------
 */

static bool export(struct exporting *exporting, struct error *err)
{
    struct bundle_setup *setup = &exporting->setup;

    setup->task = exporting->task;
    setup->program = exporting->program;
    setup->reader = exporting->desk.reader;
    if (!read_about(exporting, err) || !child_find(exporting->program, err))
        return false;
    name_category(exporting);
    exporting->versions = child_versions(exporting->program, setup->out, err);
    setup->versions = exporting->versions;
    if (exporting->versions == NULL || !seal_what_is_asked(exporting, err))
        return false;
    exporting->bundle = bundle_new(setup, err);
    return exporting->bundle != NULL && bundle_make(exporting->bundle, err) &&
           issue(exporting, err);
}

static int run(struct exporting *exporting)
{
    const struct typed *typed = exporting->typed;
    struct error err = {0};
    bool shown = command_shows_progress(typed);
    bool done;

    if (shown) {
        progress_begin(&exporting->progress, SAY("导出", "export"));
        exporting->setup.progress = &exporting->progress;
    }
    signal(SIGPIPE, SIG_IGN); /* a drawing program that ends early is a sentence, not our end */
    done = export(exporting, &err);
    if (shown)
        progress_end(&exporting->progress, done);
    if (!done)
        return command_fail(typed, &err);
    if (typed->json)
        print_json(exporting);
    else
        print_words(exporting);
    return EXIT_DONE;
}

static int export_evidence(const struct typed *typed)
{
    static const char *const needed[] = {"--task", "--from", "--to", "--out"};
    struct exporting exporting = {.typed = typed};
    int code;

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (typed_option(typed, needed[i]) == NULL)
            return command_missing(typed, needed[i]);
    exporting.setup.out = typed_option(typed, "--out");
    exporting.setup.public_form = typed_option(typed, "--public") != NULL;
    code = ledger_desk_open(&exporting.desk, typed);
    if (code == 0)
        code = read_span(typed, &exporting.setup.about.span);
    if (code == 0) {
        exporting.task = ledger_desk_task(&exporting.desk, typed, typed_option(typed, "--task"));
        code = exporting.task == NULL ? EXIT_COULD_NOT : run(&exporting);
    }
    bundle_free(exporting.bundle);
    json_decref(exporting.versions);
    return ledger_desk_close(&exporting.desk, typed, code);
}

int command_evidence(const struct typed *typed)
{
    bool exports = strcmp(typed->words[0], "export") == 0;

    if (!exports && strcmp(typed->words[0], "verify") != 0)
        return command_unknown(typed, "export | verify");
    if (exports && typed->word_count > 1)
        return line_wrong(typed, NULL, SAY("多余的词：%s", "one word too many: %s"),
                          typed->words[1]);
    return exports ? export_evidence(typed) : command_evidence_verify(typed);
}
