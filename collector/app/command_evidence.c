/* lookback evidence export: one task, one span, everything that proves it in one file. */
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/ask.h"
#include "app/command_evidence.h"
#include "app/command_line.h"
#include "app/ledger_asked.h"
#include "base/say.h"
#include "report/progress.h"
#include "town/exporting.h"
#include "town/shown.h"

struct wish {
    const struct typed *typed;
    struct ledger_desk desk;
    const json_t *task;
    struct span span;
    const char *out;
    bool public_form;
    struct progress progress;
};

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

/* The answer -------------------------------------------------------------------------------------
 */

static void print_json(const struct wish *wish, const struct exporting *exporting)
{
    const struct bundle *bundle = exporting_bundle(exporting);
    const struct bundle_issue *issued = exporting_issue(exporting);
    json_t *object = json_pack(
        "{s:{s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:o, s:O}}", "bundle", "file", wish->out,
        "size", (json_int_t)issued->size, "form", wish->public_form ? "public" : "full", "manifest",
        bundle_manifest(bundle), "key", issued->key, "head", issued->head, "segment",
        (json_int_t)issued->segment, "readings", (json_int_t)bundle_readings(bundle), "simulated",
        bundle_is_simulated(bundle), "verdict", verdict_brief(bundle_verdict(bundle)), "differs",
        bundle_differs(bundle));

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

static void print_differs(const struct bundle *bundle)
{
    const json_t *differs = bundle_differs(bundle);

    for (size_t i = 0; i < json_array_size(differs); i++)
        printf(SAY("警告：%s\n", "WARNING: %s\n"),
               text_of(json_array_get(differs, i), SAY("zh", "en")));
}

static void print_words(const struct wish *wish, const struct exporting *exporting)
{
    const struct bundle *bundle = exporting_bundle(exporting);
    const struct bundle_issue *issued = exporting_issue(exporting);

    if (bundle_is_simulated(bundle))
        puts("模拟数据 / SIMULATED");
    print_differs(bundle);
    if (bundle_readings(bundle) == 0)
        puts(SAY("这段时间里没有这些监测点的读数，什么也证明不了",
                 "there are no readings of these points in this span, and nothing can be proven"));
    print_verdict(bundle_verdict(bundle));
    printf(SAY("文件：%s（%.1f MB，%" PRIu64 " 个读数）\n",
               "file: %s (%.1f MB, %" PRIu64 " readings)\n"),
           wish->out, (double)issued->size / 1e6, bundle_readings(bundle));
    printf(SAY("清单摘要：%s\n钥匙指纹：%s\n封存头（第 %" PRIu64 " 段）：%s\n",
               "manifest: %s\nkey: %s\nhead (of segment %" PRIu64 "): %s\n"),
           bundle_manifest(bundle), issued->key, issued->segment, issued->head);
    puts(SAY("核对方法见压缩包里的 VERIFY.md",
             "how to check it: VERIFY.md inside, or lookback evidence verify"));
}

/* ------------------------------------------------------------------------------------------------
 */

static bool act(void *self, const char *name, json_t *args, uint64_t *seq, struct error *err)
{
    const struct wish *wish = self;

    return ask_act(wish->desk.settings, name, args, seq, err);
}

static void show(void *self, double share, const char *zh, const char *en)
{
    struct wish *wish = self;

    progress_show(&wish->progress, share, SAY(zh, en));
}

static int run(struct wish *wish)
{
    const struct typed *typed = wish->typed;
    bool shown = command_shows_progress(typed);
    const struct exporting_setup setup = {
        .desk = &wish->desk,
        .task = wish->task,
        .span = wish->span,
        .public_form = wish->public_form,
        .out = wish->out,
        .act = act,
        .heard = shown ? show : NULL,
        .self = wish,
    };
    struct error err = {0};
    struct exporting *exporting;

    if (shown)
        progress_begin(&wish->progress, SAY("导出", "export"));
    signal(SIGPIPE, SIG_IGN); /* a drawing program that ends early is a sentence, not our end */
    exporting = exporting_make(&setup, &err);
    if (shown)
        progress_end(&wish->progress, exporting != NULL);
    if (exporting == NULL)
        return command_fail(typed, &err);
    if (typed->json)
        print_json(wish, exporting);
    else
        print_words(wish, exporting);
    exporting_free(exporting);
    return EXIT_DONE;
}

static int export_evidence(const struct typed *typed)
{
    static const char *const needed[] = {"--task", "--from", "--to", "--out"};
    struct wish wish = {.typed = typed};
    int code;

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (typed_option(typed, needed[i]) == NULL)
            return command_missing(typed, needed[i]);
    wish.out = typed_option(typed, "--out");
    wish.public_form = typed_option(typed, "--public") != NULL;
    code = ledger_desk_open(&wish.desk, typed);
    if (code == 0)
        code = read_span(typed, &wish.span);
    if (code == 0) {
        wish.task = ledger_desk_task(&wish.desk, typed, typed_option(typed, "--task"));
        code = wish.task == NULL ? EXIT_COULD_NOT : run(&wish);
    }
    return ledger_desk_close(&wish.desk, typed, code);
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
