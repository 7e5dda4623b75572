/* The river chief's report on paper (report/river.h says what it is drawn from): all sections on
 * the first sheet, then each with what its class rests on.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "drawing/document.h"
#include "drawing/page.h"
#include "drawing/report.h"
#include "drawing/river_days.h"

/* --- words ----------------------------------------------------------------------------------- */

const char *river_class_words(const char *class_)
{
    /* clang-format off */
    static const char *const words[][3] = {
        {"I", "I 类", "I"}, {"II", "II 类", "II"}, {"III", "III 类", "III"}, {"IV", "IV 类", "IV"},
        {"V", "V 类", "V"}, {"worse_than_V", "劣 V 类", "worse than V"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(class_, words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return DASH;
}

static enum sign sign_of(const char *answer)
{
    if (strcmp(answer, "met") == 0)
        return SIGN_GOOD;
    return strcmp(answer, "missed") == 0 ? SIGN_BAD : SIGN_UNKNOWN;
}

static const char *words_of(const char *answer)
{
    if (strcmp(answer, "met") == 0)
        return SAY("达到目标", "target met");
    return strcmp(answer, "missed") == 0 ? SAY("未达到目标", "target missed")
                                         : SAY("不能证明", "not provable");
}

static const char *change_words(const json_t *change)
{
    /* clang-format off */
    static const char *const words[][3] = {
        {"none", "无明显变化", "no clear change"}, {"better", "有所好转", "somewhat better"},
        {"clearly_better", "明显好转", "clearly better"}, {"worse", "有所变差", "somewhat worse"},
        {"clearly_worse", "明显变差", "clearly worse"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(doc_text(change, "change"), words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return SAY("不能比较", "cannot be compared");
}

static void change_cell(struct grid *grid, const json_t *change)
{
    bool other = *doc_text(change, "change") != '\0' && !doc_true(change, "same_items");

    grid_cell(grid, "%s（%s）%s", change_words(change),
              river_class_words(doc_text(change, "class")),
              other ? SAY("指标不同", "other items") : "");
}

static const json_t *item_of(const json_t *section, const char *parameter)
{
    for (size_t i = 0; i < doc_size(section, "items"); i++)
        if (strcmp(doc_text(doc_at(section, "items", i), "parameter"), parameter) == 0)
            return doc_at(section, "items", i);
    return NULL;
}

/* "氨氮（0.47）、总磷": with the multiple beyond the target, where it has one. */
static void main_items(const json_t *section, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    for (size_t i = 0; i < doc_size(section, "main_items"); i++) {
        const char *name = json_string_value(doc_at(section, "main_items", i));
        const json_t *item = item_of(section, name == NULL ? "" : name);
        double multiple = doc_number(item, "multiple");

        text_format(&text, "%s%s", i == 0 ? "" : SAY("、", ", "), doc_said(item, "title"));
        if (isfinite(multiple))
            text_format(&text, SAY("（%.2f）", " (%.2f)"), multiple);
    }
}

/* --- the first sheet ------------------------------------------------------------------------- */

static void say_answer(struct page *page, const json_t *report)
{
    size_t count = doc_size(report, "sections");
    size_t met = 0;
    size_t missed = 0;
    const json_t *only = doc_at(report, "sections", 0);
    char words[160];
    char about[300];

    for (size_t i = 0; i < count; i++) {
        met += strcmp(doc_text(doc_at(report, "sections", i), "answer"), "met") == 0;
        missed += strcmp(doc_text(doc_at(report, "sections", i), "answer"), "missed") == 0;
    }
    if (count == 1)
        snprintf(words, sizeof words, SAY("%s：%s（目标 %s）", "%s: %s (target %s)"),
                 words_of(doc_text(only, "answer")), river_class_words(doc_text(only, "class")),
                 river_class_words(doc_text(only, "target")));
    else if (met == count)
        snprintf(words, sizeof words,
                 SAY("%zu 个断面都达到目标", "all %zu sections meet their target"), count);
    else if (missed > 0)
        snprintf(words, sizeof words,
                 SAY("%zu 个断面中 %zu 个未达到目标", "of %zu sections %zu miss their target"),
                 count, missed);
    else
        snprintf(words, sizeof words,
                 SAY("%zu 个断面中 %zu 个不能证明达标", "of %zu sections %zu are not provable"),
                 count, count - met);
    snprintf(about, sizeof about,
             SAY("%s：%zu 个达到，%zu 个未达到，%zu "
                 "个不能证明%s。类别由最差的一项决定；不够的数据不能证明达标。",
                 "%s: %zu meet it, %zu miss it, %zu not provable%s. The worst item decides the "
                 "class; data that "
                 "are not enough prove no target met."),
             doc_text(report, "month"), met, missed, count - met - missed,
             doc_true(report, "over") ? "" : SAY("；这个月还没有结束", "; the month is not over"));
    page_answer(page,
                missed > 0     ? SIGN_BAD
                : met == count ? SIGN_GOOD
                               : SIGN_UNKNOWN,
                words, about);
}

static void show_section_row(struct grid *grid, const json_t *section)
{
    const json_t *change = json_object_get(section, "change");
    const json_t *odour = json_object_get(section, "black_odour");
    const char *river = doc_text(json_object_get(section, "river"), "title");
    char items[300];

    main_items(section, items, sizeof items);
    grid_cell(grid, "%s%s%s", river, *river == '\0' ? "" : " · ", doc_text(section, "title"));
    grid_cell(grid, "%s", river_class_words(doc_text(section, "target")));
    grid_cell(grid, "%s", river_class_words(doc_text(section, "class")));
    grid_sign(grid, sign_of(doc_text(section, "answer")), words_of(doc_text(section, "answer")));
    grid_cell(grid, "%s", items);
    change_cell(grid, json_object_get(change, "last_month"));
    change_cell(grid, json_object_get(change, "last_year"));
    grid_cell(grid, "%s%s", doc_true(odour, "screened") ? "" : SAY("未筛：", "not screened: "),
              doc_said(odour, "why"));
    grid_cell(grid, "%s", shown_percent(doc_number(section, "completeness")));
}

static void show_sections(struct page *page, const json_t *report)
{
    const struct column columns[] = {
        {SAY("断面",                                  "Section"),                             20.0, ALIGN_LEFT },
        {SAY("目标",                                  "Target"),                              7.0,  ALIGN_LEFT },
        {SAY("本月",                                  "Class"),                               8.0,  ALIGN_LEFT },
        {SAY("结论",                                  "Answer"),                              12.0, ALIGN_LEFT },
        {SAY("主要污染指标（超目标倍数）", "Main items (multiple of the target)"), 17.0,
         ALIGN_LEFT                                                                                              },
        {SAY("比上月",                               "Last month"),                          12.0, ALIGN_LEFT },
        {SAY("比去年同月",                         "Last year"),                           12.0, ALIGN_LEFT },
        {SAY("黑臭初筛",                            "Black and odorous"),                   16.0, ALIGN_LEFT },
        {SAY("完整率",                               "Complete"),                            9.0,  ALIGN_RIGHT},
    };
    struct grid *grid = grid_begin(page, columns, 9);

    for (size_t i = 0; i < doc_size(report, "sections"); i++)
        show_section_row(grid, doc_at(report, "sections", i));
    grid_end(grid);
}

/* --- each section ---------------------------------------------------------------------------- */

static void show_item(struct grid *grid, const json_t *item)
{
    const json_t *limit = json_object_get(item, "limit");
    int decimals = (int)doc_int(item, "decimals", -1);
    const char *unit = doc_text(item, "unit");

    grid_cell(grid, "%s%s", doc_said(item, "title"),
              doc_true(item, "takes_part") ? "" : SAY("（不参评）", " (apart)"));
    grid_cell(grid, "%s", shown_with_unit(doc_number(item, "mean"), decimals, unit));
    grid_cell(grid, "%s%s", river_class_words(doc_text(item, "class")),
              doc_true(item, "by_saturation") ? SAY("（按饱和率）", " (by saturation)") : "");
    grid_cell(grid, "%s%s%s", doc_text(limit, "text"), *unit == '\0' ? "" : " ", unit);
    grid_cell(grid, "%s", shown_number(doc_number(item, "multiple"), 2));
    grid_cell(grid, "%s", shown_number(doc_number(item, "index"), 2));
    grid_cell(grid, "%s – %s", shown_number(doc_number(item, "least"), decimals),
              shown_number(doc_number(item, "greatest"), decimals));
    grid_cell(grid, "%s / %s", shown_count(item, "valid_days"), shown_count(item, "days"));
    grid_cell(grid, "%s", shown_percent(doc_number(item, "completeness")));
    grid_cell(grid, "%s", doc_true(item, "enough") ? SAY("够", "yes") : SAY("不够", "no"));
    grid_cell(grid, "%s-%s %s%s", doc_text(limit, "standard"), doc_text(limit, "edition"),
              doc_text(limit, "clause"),
              doc_true(limit, "verified") ? "" : SAY("（未核实）", " (unverified)"));
}

static void show_items(struct page *page, const json_t *section)
{
    const struct column columns[] = {
        {SAY("参评指标",    "Item"),        13.0, ALIGN_LEFT },
        {SAY("月均值",       "Mean"),        11.0, ALIGN_RIGHT},
        {SAY("类别",          "Class"),       11.0, ALIGN_LEFT },
        {SAY("目标限值",    "Limit"),       11.0, ALIGN_LEFT },
        {SAY("超标倍数",    "Multiple"),    8.0,  ALIGN_RIGHT},
        {SAY("标准指数",    "Index"),       8.0,  ALIGN_RIGHT},
        {SAY("日均值范围", "Days' means"), 12.0, ALIGN_RIGHT},
        {SAY("有效日",       "Valid days"),  8.0,  ALIGN_RIGHT},
        {SAY("完整率",       "Complete"),    8.0,  ALIGN_RIGHT},
        {SAY("数据",          "Enough"),      6.0,  ALIGN_LEFT },
        {SAY("依据",          "By"),          16.0, ALIGN_LEFT },
    };
    struct grid *grid;

    if (doc_size(section, "items") == 0) {
        page_say(page, TONE_BODY, "%s",
                 SAY("没有监测任何一项参评指标。", "No item of the standard is measured."));
        return;
    }
    grid = grid_begin(page, columns, 11);
    for (size_t i = 0; i < doc_size(section, "items"); i++)
        show_item(grid, doc_at(section, "items", i));
    grid_end(grid);
}

static void say_beside(struct page *page, const json_t *section)
{
    char words[900];
    struct text text;

    text_init(&text, words, sizeof words);
    for (size_t i = 0; i < doc_size(section, "beside"); i++) {
        const json_t *one = doc_at(section, "beside", i);

        text_format(&text, "%s%s %s", i == 0 ? "" : SAY("，", ", "), doc_said(one, "title"),
                    shown_with_unit(doc_number(one, "mean"), (int)doc_int(one, "decimals", -1),
                                    doc_text(one, "unit")));
    }
    if (text.used > 0)
        page_say(page, TONE_SMALL,
                 SAY("另测（不参评，月均值）：%s",
                     "Also measured (not classed, means of the month): %s"),
                 words);
    text_cut(&text, 0);
    for (size_t i = 0; i < doc_size(section, "missing"); i++)
        text_format(&text, "%s%s", i == 0 ? "" : SAY("、", ", "),
                    doc_said(doc_at(section, "missing", i), "title"));
    if (text.used > 0)
        page_say(page, TONE_SMALL, SAY("没有监测的指标：%s", "Not measured: %s"), words);
}

static void say_odour(struct page *page, const json_t *section)
{
    const json_t *odour = json_object_get(section, "black_odour");
    char words[600];
    struct text text;

    if (doc_size(odour, "items") == 0)
        return; /* why there is none stands in the first table */
    text_init(&text, words, sizeof words);
    for (size_t i = 0; i < doc_size(odour, "items"); i++) {
        const json_t *one = doc_at(odour, "items", i);

        text_format(&text, SAY("；%s 轻度及以下 %s，重度 %s", "; %s light or worse %s, heavy %s"),
                    doc_said(one, "title"), shown_percent(doc_number(one, "light_share")),
                    shown_percent(doc_number(one, "heavy_share")));
    }
    page_say(page, TONE_SMALL, SAY("黑臭初筛：%s%s。", "Black-and-odorous screening: %s%s."),
             doc_said(odour, "why"), words);
}

static void show_section(struct page *page, const json_t *section)
{
    char chiefs[300];
    struct text text;

    text_init(&text, chiefs, sizeof chiefs);
    for (size_t i = 0; i < doc_size(section, "chiefs"); i++) {
        const json_t *chief = doc_at(section, "chiefs", i);

        text_format(&text, "%s%s %s", i == 0 ? "" : SAY("，", ", "),
                    river_tier_words(doc_text(chief, "tier")), doc_text(chief, "name"));
    }
    page_keep(page, 170.0);
    page_heading(page, 2, SAY("%s：%s，%s（目标 %s）", "%s: %s, %s (target %s)"),
                 doc_text_or_dash(section, "title"), river_class_words(doc_text(section, "class")),
                 words_of(doc_text(section, "answer")),
                 river_class_words(doc_text(section, "target")));
    page_say(page, TONE_BODY, SAY("%s。%s%s", "%s. %s%s"), doc_said(section, "why"), chiefs,
             *chiefs == '\0' ? "" : SAY("。", "."));
    show_items(page, section);
    say_beside(page, section);
    say_odour(page, section);
}

/* --- all of it ------------------------------------------------------------------------------- */

static void title_of(const json_t *report, char *out, size_t size)
{
    const json_t *asked = json_object_get(report, "asked");
    const char *by = doc_text(asked, "by");
    const char *name = doc_text(asked, "name");
    const json_t *first = doc_at(report, "sections", 0);
    const char *river = doc_text(json_object_get(first, "river"), "title");

    if (strcmp(by, "chief") == 0)
        snprintf(out, size, SAY("河长 %s：%s 断面水质", "River chief %s: sections in %s"), name,
                 doc_text(report, "month"));
    else if (strcmp(by, "river") == 0)
        snprintf(out, size, SAY("%s：%s 断面水质", "%s: sections in %s"),
                 *river == '\0' ? name : river, doc_text(report, "month"));
    else
        snprintf(out, size, SAY("%s：%s 水质", "%s: water in %s"), doc_text_or_dash(first, "title"),
                 doc_text(report, "month"));
}

static void draw(struct page *page, const void *self)
{
    const json_t *report = self;
    char title[300];

    title_of(report, title, sizeof title);
    page_heading(page, 1, "%s", title);
    say_answer(page, report);
    show_sections(page, report);
    river_days_draw(page, report);
    for (size_t i = 0; i < doc_size(report, "sections"); i++)
        show_section(page, doc_at(report, "sections", i));
    river_method(page, report);
}

bool report_river(FILE *from, const char *path, struct error *err)
{
    json_t *document = document_read(from, err);
    struct page_setup setup = {.path = path, .wide = true};
    char title[300];
    char foot[200];
    bool drawn;

    if (document == NULL)
        return false;
    title_of(document, title, sizeof title);
    snprintf(foot, sizeof foot, SAY("采集器 %s · lookback %s", "collector %s · lookback %s"),
             doc_text_or_dash(document, "collector"), doc_text_or_dash(document, "program"));
    setup.title = title;
    setup.foot = foot;
    setup.made = doc_time(document, "made");
    if (doc_true(document, "simulated"))
        setup.stamp = SAY("模拟数据 SIMULATED DATA", "SIMULATED DATA 模拟数据");
    drawn = page_print(&setup, draw, document, err);
    json_decref(document);
    return drawn;
}
