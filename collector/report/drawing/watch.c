/* The watch list (report/watch_document.h): the one page of the look-back meeting, as a page and as
 * a sheet.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "drawing/document.h"
#include "drawing/page.h"
#include "drawing/report.h"
#include "drawing/sheet.h"

/* --- words ----------------------------------------------------------------------------------- */

static enum sign sign_of(const char *answer)
{
    if (strcmp(answer, "held") == 0)
        return SIGN_GOOD;
    return strcmp(answer, "relapsed") == 0 ? SIGN_BAD : SIGN_UNKNOWN;
}

static const char *answer_words(const json_t *task)
{
    const char *answer = doc_text(task, "answer");

    if (strcmp(answer, "held") == 0)
        return SAY("已守住", "held");
    if (strcmp(answer, "relapsed") == 0)
        return SAY("已回潮", "relapsed");
    if (strcmp(answer, "not_proven") == 0)
        return SAY("不能证明", "not proven");
    return strcmp(doc_text(task, "watched"), "elsewhere") == 0
               ? SAY("在别处监测", "watched elsewhere")
               : SAY("无人监测", "nobody watches");
}

/* What is missing: the first reasons, each on a line of its own. */
static void reason_words(const json_t *task, size_t most, char *out, size_t size)
{
    size_t count = doc_size(task, "reasons");
    struct text text;

    text_init(&text, out, size);
    for (size_t i = 0; i < count && i < most; i++)
        text_format(&text, "%s%s", i == 0 ? "" : "\n",
                    doc_text(doc_at(task, "reasons", i), SAY("zh", "en")));
    if (count > most)
        text_format(&text,
                    SAY("\n另有 %zu 条，见 lookback task %s", "\n%zu more: lookback task %s"),
                    count - most, doc_text(task, "id"));
    if (text.used == 0 && strcmp(doc_text(task, "watched"), "nobody") == 0)
        text_add(&text, SAY("没有监测点盯着它，数据证明不了；请人工回头看",
                            "no point watches it, so data prove nothing: look back in person"));
    else if (text.used == 0 && strcmp(doc_text(task, "watched"), "elsewhere") == 0)
        text_add(&text,
                 SAY("结论见管这个点位的采集器", "the collector of its site has the verdict"));
}

/* --- the page -------------------------------------------------------------------------------- */

struct tally {
    size_t held, relapsed, not_proven, nobody, elsewhere;
};

static struct tally tally_of(const json_t *document)
{
    struct tally tally = {0};

    for (size_t i = 0; i < doc_size(document, "tasks"); i++) {
        const json_t *task = doc_at(document, "tasks", i);
        const char *answer = doc_text(task, "answer");

        tally.held += strcmp(answer, "held") == 0;
        tally.relapsed += strcmp(answer, "relapsed") == 0;
        tally.not_proven += strcmp(answer, "not_proven") == 0;
        tally.elsewhere += *answer == '\0' && strcmp(doc_text(task, "watched"), "elsewhere") == 0;
        tally.nobody += *answer == '\0' && strcmp(doc_text(task, "watched"), "elsewhere") != 0;
    }
    return tally;
}

static void say_answer(struct page *page, const json_t *document)
{
    struct tally tally = tally_of(document);
    size_t all = doc_size(document, "tasks");
    char words[160];
    char about[300];

    if (tally.relapsed > 0)
        snprintf(words, sizeof words, SAY("%zu 项已回潮", "%zu relapsed"), tally.relapsed);
    else if (all > 0 && tally.held == all)
        snprintf(words, sizeof words, SAY("%zu 项都已守住", "all %zu have held"), all);
    else
        snprintf(words, sizeof words, "%s",
                 SAY("没有回潮，尚未全部证明", "no relapse, not all proven"));
    snprintf(about, sizeof about,
             SAY("已销号 %zu 项：守住 %zu，回潮 %zu，不能证明 %zu，无人监测 %zu，在别处监测 "
                 "%zu。今天是 %s。",
                 "%zu struck off: %zu held, %zu relapsed, %zu not proven, %zu watched by nobody, "
                 "%zu elsewhere. Today is %s."),
             all, tally.held, tally.relapsed, tally.not_proven, tally.nobody, tally.elsewhere,
             doc_text_or_dash(document, "today"));
    page_answer(page,
                tally.relapsed > 0             ? SIGN_BAD
                : all > 0 && tally.held == all ? SIGN_GOOD
                                               : SIGN_UNKNOWN,
                words, about);
}

static void days_cell(struct grid *grid, const json_t *task)
{
    if (doc_int(task, "days_left", 0) > 0)
        grid_cell(grid, SAY("%s 天，还剩 %s 天", "%s d, %s d left"),
                  shown_count(task, "days_watched"), shown_count(task, "days_left"));
    else
        grid_cell(grid, SAY("%s 天，已满", "%s d, over"), shown_count(task, "days_watched"));
}

static void relapse_cell(struct grid *grid, const json_t *task)
{
    if (doc_int(task, "relapses", 0) == 0)
        grid_cell(grid, "%s", "");
    else
        grid_cell(grid, SAY("%s 次，最近 %s", "%s, last on %s"), shown_count(task, "relapses"),
                  shown_day(doc_time(task, "last_relapse")));
}

/* The day, and from where on it is counted where that is not the strike-off. */
static void provable_cell(struct grid *grid, const json_t *task)
{
    struct wall_time start = doc_time(task, "provable_start");
    const char *day = shown_day(doc_time(task, "provable_from"));

    if (wall_is_known(start))
        grid_cell(grid, SAY("%s\n（自 %s 另算）", "%s\n(anew from %s)"), day, shown_day(start));
    else
        grid_cell(grid, "%s", day);
}

/* The meeting has one page; the first reasons weigh most. */
enum { REASONS_SHOWN = 2 };

static void show_task(struct grid *grid, const json_t *task)
{
    char reasons[2000];

    reason_words(task, REASONS_SHOWN, reasons, sizeof reasons);
    grid_cell(grid, "%s", doc_text(task, "id"));
    grid_cell(grid, "%s\n%s%s%s", doc_text_or_dash(task, "title"), doc_text(task, "category"),
              *doc_text(task, "village") == '\0' ? "" : " · ", doc_text(task, "village"));
    grid_cell(grid, "%s", doc_text(task, "owner"));
    grid_cell(grid, "%s", shown_day(doc_time(task, "struck_off")));
    days_cell(grid, task);
    grid_sign(grid, sign_of(doc_text(task, "answer")), answer_words(task));
    grid_cell(grid, "%s", reasons);
    provable_cell(grid, task);
    relapse_cell(grid, task);
}

static void show_tasks(struct page *page, const json_t *document)
{
    const struct column columns[] = {
        {SAY("编号",                "ID"),                   5.0,  ALIGN_LEFT},
        {SAY("问题",                "Found"),                22.0, ALIGN_LEFT},
        {SAY("责任",                "Owner"),                10.0, ALIGN_LEFT},
        {SAY("销号",                "Struck off"),           8.5,  ALIGN_LEFT},
        {SAY("已盯",                "Watched"),              10.0, ALIGN_LEFT},
        {SAY("结论",                "Verdict so far"),       11.0, ALIGN_LEFT},
        {SAY("理由，还缺什么", "Why, what is missing"), 48.0, ALIGN_LEFT},
        {SAY("何时可证明",       "Provable from"),        9.0,  ALIGN_LEFT},
        {SAY("回潮",                "Relapses"),             9.0,  ALIGN_LEFT},
    };
    struct grid *grid;

    if (doc_size(document, "tasks") == 0) {
        page_say(page, TONE_BODY, "%s", SAY("没有已销号的任务。", "No task is struck off."));
        return;
    }
    grid = grid_begin(page, columns, 9);
    for (size_t i = 0; i < doc_size(document, "tasks"); i++)
        if (*doc_text(doc_at(document, "tasks", i), "answer") != '\0')
            show_task(grid, doc_at(document, "tasks", i));
    grid_end(grid);
}

enum { ABREAST = 4 };

/* Tasks without a verdict, ABREAST a row: they need somebody's own eyes. */
static void show_others(struct page *page, const json_t *document, const char *watched,
                        const char *heading, size_t count)
{
    static struct column columns[3 * ABREAST];
    struct grid *grid;

    if (count == 0)
        return;
    for (size_t i = 0; i < ABREAST; i++) {
        columns[3 * i] = (struct column){SAY("编号", "ID"), 6.0, ALIGN_LEFT};
        columns[3 * i + 1] = (struct column){SAY("问题", "Found"), 30.0, ALIGN_LEFT};
        columns[3 * i + 2] = (struct column){SAY("销号", "Struck off"), 13.0, ALIGN_LEFT};
    }
    page_heading(page, 3, heading, count);
    grid = grid_begin(page, columns, 3 * ABREAST);
    grid_one_line(grid);
    for (size_t i = 0; i < doc_size(document, "tasks"); i++) {
        const json_t *task = doc_at(document, "tasks", i);

        if (*doc_text(task, "answer") != '\0' || strcmp(doc_text(task, "watched"), watched) != 0)
            continue;
        grid_cell(grid, "%s", doc_text(task, "id"));
        grid_cell(grid, "%s", doc_text(task, "title"));
        grid_cell(grid, "%s", shown_day(doc_time(task, "struck_off")));
    }
    grid_end(grid);
}

static void draw(struct page *page, const void *self)
{
    const json_t *document = self;
    struct tally tally = tally_of(document);

    page_heading(
        page, 1,
        SAY("回头看：已销号任务守住了吗（%s）", "Look-back: have struck-off tasks held? (%s)"),
        doc_text_or_dash(document, "today"));
    say_answer(page, document);
    show_tasks(page, document);
    show_others(page, document, "nobody",
                SAY("没有监测点盯着，数据证明不了，请人工回头看：%zu 项",
                    "Watched by nobody, data prove nothing: look back in person (%zu)"),
                tally.nobody);
    show_others(page, document, "elsewhere",
                SAY("在别处监测，结论见管那个点位的采集器：%zu 项",
                    "Watched elsewhere, the collector of the site has the verdict (%zu)"),
                tally.elsewhere);
    page_say(page, TONE_SMALL, "%s",
             SAY("“已守住”要有足够的数据来证明：数据缺失只能得出“不能证明”，不能得出“守住了”。“何时"
                 "可证明”按最近的数据推算，"
                 "其间再超标或再缺数据就会推后。怎样判定见 VERDICT.md，逐项佐证用 lookback "
                 "evidence export 导出。",
                 "\"Held\" wants data enough to prove it; what is missing can only give \"not "
                 "proven\". \"Provable from\" goes by "
                 "the data of late and moves on with each new exceedance or gap. How it is "
                 "reached: VERDICT.md; the evidence of "
                 "one task: lookback evidence export."));
}

bool report_watch(FILE *from, const char *path, struct error *err)
{
    json_t *document = document_read(from, err);
    struct page_setup setup = {.path = path, .wide = true};
    char foot[200];
    bool drawn;

    if (document == NULL)
        return false;
    snprintf(foot, sizeof foot, "%s %s · lookback %s", SAY("采集器", "collector"),
             doc_text_or_dash(document, "collector"), doc_text_or_dash(document, "program"));
    setup.title = SAY("回头看：已销号任务", "Look-back: struck-off tasks");
    setup.foot = foot;
    setup.made = doc_time(document, "made");
    if (doc_true(document, "simulated"))
        setup.stamp = SAY("模拟数据 SIMULATED DATA", "SIMULATED DATA 模拟数据");
    drawn = page_print(&setup, draw, document, err);
    json_decref(document);
    return drawn;
}

/* --- the sheet ------------------------------------------------------------------------------- */

static void whole_number(struct sheet *sheet, const json_t *task, const char *key)
{
    sheet_number(sheet, doc_number(task, key));
}

static void day_cell(struct sheet *sheet, const json_t *task, const char *key)
{
    struct wall_time time = doc_time(task, key);

    if (wall_is_known(time))
        sheet_time(sheet, shown_day(time));
    else
        sheet_skip(sheet);
}

static void write_task(struct sheet *sheet, const json_t *task)
{
    char reasons[4000];

    reason_words(task, SIZE_MAX, reasons, sizeof reasons);
    sheet_row(sheet);
    sheet_text(sheet, doc_text(task, "id"));
    sheet_text(sheet, doc_text(task, "title"));
    sheet_text(sheet, doc_text(task, "category"));
    sheet_text(sheet, doc_text(task, "village"));
    sheet_text(sheet, doc_text(task, "owner"));
    day_cell(sheet, task, "struck_off");
    day_cell(sheet, task, "watch_until");
    whole_number(sheet, task, "days_watched");
    whole_number(sheet, task, "days_left");
    sheet_text(sheet, answer_words(task));
    sheet_text(sheet, reasons);
    day_cell(sheet, task, "provable_from");
    whole_number(sheet, task, "problems");
    whole_number(sheet, task, "relapses");
    day_cell(sheet, task, "last_relapse");
}

bool report_watch_sheet(FILE *from, const char *path, struct error *err)
{
    json_t *document = document_read(from, err);
    struct sheet *sheet = NULL;
    bool written = false;

    if (document == NULL)
        return false;
    const struct sheet_column columns[] = {
        {SAY("编号",                "ID"),                   8.0 },
        {SAY("问题",                "Found"),                44.0},
        {SAY("类别",                "Category"),             12.0},
        {SAY("村居",                "Village"),              12.0},
        {SAY("责任",                "Owner"),                16.0},
        {SAY("销号",                "Struck off"),           12.0},
        {SAY("巩固期至",          "Watched until"),        12.0},
        {SAY("已盯天数",          "Days watched"),         10.0},
        {SAY("剩余天数",          "Days left"),            10.0},
        {SAY("结论",                "Verdict so far"),       12.0},
        {SAY("理由，还缺什么", "Why, what is missing"), 70.0},
        {SAY("何时可证明",       "Provable from"),        12.0},
        {SAY("未结问题",          "Open problems"),        10.0},
        {SAY("回潮次数",          "Relapses"),             10.0},
        {SAY("最近回潮",          "Last relapse"),         12.0},
    };

    if (!wall_is_known(doc_time(document, "made"))) {
        error_set(err, ERROR_WRONG_USE, "%s",
                  SAY("材料里没有生成时间（made）", "the document does not say when it was made "
                                                    "(made)"));
        goto done;
    }
    sheet = sheet_new(path, SAY("回头看", "look-back"), columns, sizeof columns / sizeof columns[0],
                      err);
    if (sheet == NULL)
        goto done;
    if (doc_true(document, "simulated"))
        sheet_note(sheet, "模拟数据 SIMULATED DATA");
    for (size_t i = 0; i < doc_size(document, "tasks"); i++)
        write_task(sheet, doc_at(document, "tasks", i));
    written = sheet_end(sheet, SAY("回头看：已销号任务", "Look-back: struck-off tasks"),
                        doc_time(document, "made"), err);
done:
    json_decref(document);
    return written;
}
