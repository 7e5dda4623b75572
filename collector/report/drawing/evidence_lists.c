/* Doubts, every exceedance, problems and maintenance. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "drawing/evidence.h"

static void say_none(struct page *page)
{
    page_say(page, TONE_BODY, "%s", SAY("没有。", "None."));
}

/* --- doubts ---------------------------------------------------------------------------------- */

static void show_doubt(struct grid *grid, const json_t *doubt, bool differs)
{
    grid_cell(grid, "%s", shown_minute(doc_time(doubt, "time")));
    grid_cell(grid, "%s", doc_text(doubt, "point"));
    grid_cell(grid, "%s", doc_text_or_dash(doubt, SAY("zh", "en")));
    grid_cell(grid, "%s",
              differs || doc_true(doubt, "blocks") ? SAY("是", "yes") : SAY("否", "no"));
}

void evidence_doubts(struct page *page, const struct evidence *evidence)
{
    size_t count = doc_size(evidence->verdict, "doubts");
    size_t differs = doc_size(evidence->document, "differs");
    const struct column columns[] = {
        {SAY("时间",             "Time"),                17.0, ALIGN_LEFT},
        {SAY("监测点",          "Point"),               27.0, ALIGN_LEFT},
        {SAY("需核查的情况", "What needs checking"), 46.0, ALIGN_LEFT},
        {SAY("影响结论",       "Bears on the answer"), 10.0, ALIGN_LEFT},
    };
    struct grid *grid;

    page_heading(page, 1, "%s",
                 SAY("三、存疑（需核查，不是指控）", "3. Doubts (to be checked, no accusation)"));
    if (count + differs == 0) {
        say_none(page);
        return;
    }
    grid = grid_begin(page, columns, 4);
    for (size_t i = 0; i < differs; i++)
        show_doubt(grid, doc_at(evidence->document, "differs", i), true);
    for (size_t i = 0; i < count; i++)
        show_doubt(grid, doc_at(evidence->verdict, "doubts", i), false);
    grid_end(grid);
}

/* --- every exceedance ------------------------------------------------------------------------ */

static void show_exceedances_of(struct page *page, const struct evidence *evidence,
                                const json_t *point, const json_t *criterion)
{
    const char *unit = doc_text(point, "unit");
    int decimals = decimals_of(evidence, point);
    const struct column columns[] = {
        {SAY("序号",       "No."),      8.0,  ALIGN_RIGHT},
        {SAY("开始",       "Begin"),    24.0, ALIGN_LEFT },
        {SAY("结束",       "End"),      24.0, ALIGN_LEFT },
        {SAY("数值",       "Value"),    18.0, ALIGN_RIGHT},
        {SAY("限值",       "Limit"),    16.0, ALIGN_RIGHT},
        {SAY("超标倍数", "Multiple"), 10.0, ALIGN_RIGHT},
    };
    struct grid *grid;

    if (doc_size(criterion, "exceedances") == 0)
        return;
    grid = grid_begin(page, columns, 6);
    for (size_t i = 0; i < doc_size(criterion, "exceedances"); i++) {
        const json_t *one = doc_at(criterion, "exceedances", i);
        char bound[80];

        bound_words(one, unit, bound, sizeof bound);
        grid_cell(grid, "%zu", i + 1);
        grid_cell(grid, "%s", shown_minute(doc_time(one, "start")));
        grid_cell(grid, "%s", shown_minute(doc_time(one, "end")));
        grid_cell(grid, "%s", shown_with_unit(doc_number(one, "value"), decimals, unit));
        grid_cell(grid, "%s", bound);
        grid_cell(grid, "%s", shown_number(doc_number(one, "multiple"), 2));
    }
    grid_end(grid);
    if (doc_int(criterion, "exceedances_left_out", 0) > 0)
        page_say(page, TONE_BODY,
                 SAY("还有 %s 个没有列出，全部读数见 readings.csv。",
                     "%s more are not listed; all readings stand in readings.csv."),
                 shown_count(criterion, "exceedances_left_out"));
}

void evidence_exceedances(struct page *page, const struct evidence *evidence)
{
    page_heading(page, 1, "%s", SAY("四、全部超标记录", "4. Every exceedance"));
    page_say(page, TONE_SMALL, "%s",
             SAY("销号之后（没有销号的是整个所示时段）每一次超过限值都列在这里，一个不删；前后相连"
                 "的合为一次，数值取最重的。"
                 "时段按表头所写。水温、pH、溶解氧、氧化还原电位和噪声没有超标倍数。",
                 "Every time a limit was exceeded since the strike-off (without one: in the whole "
                 "span) stands here, none is left out; what touches is one, with its worst value. "
                 "Water temperature, pH, dissolved oxygen, redox potential and noise have no "
                 "multiple."));
    for (size_t i = 0; i < doc_size(evidence->verdict, "points"); i++) {
        const json_t *point = doc_at(evidence->verdict, "points", i);

        for (size_t j = 0; j < doc_size(point, "criteria"); j++) {
            const json_t *criterion = doc_at(point, "criteria", j);
            const char *rule = doc_text(criterion, "title");
            char title[300];

            point_title(evidence, point, title, sizeof title);
            page_heading(page, 3, SAY("%s（%s，按%s）：%zu 次", "%s (%s, by %s): %zu"), title,
                         *rule == '\0' ? doc_text_or_dash(criterion, "rule") : rule,
                         period_words(doc_text(criterion, "exceedances_of")),
                         doc_size(criterion, "exceedances"));
            show_exceedances_of(page, evidence, point, criterion);
        }
    }
}

/* --- problems and maintenance ---------------------------------------------------------------- */

static const char *kind_words(const char *kind)
{
    if (strcmp(kind, "relapse") == 0)
        return SAY("回潮", "relapse");
    if (strcmp(kind, "ongoing") == 0)
        return SAY("整改中", "ongoing");
    return strcmp(kind, "new") == 0 ? SAY("新增", "new") : DASH;
}

static const char *state_words(const char *state)
{
    if (strcmp(state, "open") == 0)
        return SAY("超标中", "open");
    if (strcmp(state, "recovered") == 0)
        return SAY("已恢复", "recovered");
    return strcmp(state, "closed") == 0 ? SAY("已关闭", "closed") : DASH;
}

static void show_problem(struct grid *grid, const json_t *problem)
{
    const json_t *worst = json_object_get(problem, "worst");
    const json_t *parameter = json_object_get(problem, "parameter");
    bool doubt = strcmp(doc_text(problem, "nature"), "doubt") == 0;

    grid_cell(grid, "%.12s", doc_text_or_dash(problem, "uid"));
    grid_cell(grid, "%s", doubt ? SAY("存疑", "doubt") : kind_words(doc_text(problem, "kind")));
    grid_cell(grid, "%s", state_words(doc_text(problem, "state")));
    grid_cell(grid, "%s", doc_text(problem, "point"));
    grid_cell(grid, "%s", shown_minute(doc_time(problem, "first")));
    grid_cell(grid, "%s", shown_minute(doc_time(problem, "last")));
    grid_cell(grid, "%s", shown_count(problem, "episodes"));
    grid_cell(grid, "%s",
              shown_with_unit(doc_number(worst, "value"), -1, doc_text(parameter, "unit")));
}

/* The window's note stands in the event that entered it, of the point's device and that beginning.
 */
static const char *maintenance_note(const struct evidence *evidence, const json_t *window)
{
    const char *point = doc_text(window, "point");

    for (size_t i = 0; i < doc_size(evidence->document, "events"); i++) {
        const json_t *event = doc_at(evidence->document, "events", i);
        const json_t *arguments = json_object_get(event, "arguments");
        const char *device = doc_text(arguments, "device");

        if (strcmp(doc_text(event, "kind"), "device.maintenance") == 0 && *device != '\0' &&
            strncmp(point, device, strlen(device)) == 0 && point[strlen(device)] == '/' &&
            doc_time(arguments, "from").ms == doc_time(window, "from").ms)
            return doc_text(arguments, "note");
    }
    return "";
}

static void show_maintenance(struct page *page, const struct evidence *evidence)
{
    size_t count = doc_size(evidence->verdict, "maintenance");
    const struct column columns[] = {
        {SAY("监测点", "Point"), 32.0, ALIGN_LEFT},
        {SAY("从",       "From"),  18.0, ALIGN_LEFT},
        {SAY("到",       "To"),    18.0, ALIGN_LEFT},
        {SAY("事由",    "Note"),  32.0, ALIGN_LEFT},
    };
    struct grid *grid;

    page_heading(page, 2, "%s", SAY("维护", "Maintenance"));
    if (count == 0) {
        say_none(page);
        return;
    }
    grid = grid_begin(page, columns, 4);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = doc_at(evidence->verdict, "maintenance", i);

        grid_cell(grid, "%s", doc_text(one, "point"));
        grid_cell(grid, "%s", shown_minute(doc_time(one, "from")));
        grid_cell(grid, "%s", shown_minute(doc_time(one, "to")));
        grid_cell(grid, "%s", maintenance_note(evidence, one));
    }
    grid_end(grid);
}

void evidence_problems(struct page *page, const struct evidence *evidence)
{
    size_t count = doc_size(evidence->document, "problems");
    const struct column columns[] = {
        {SAY("问题",    "Problem"),  14.0, ALIGN_LEFT },
        {SAY("性质",    "Kind"),     8.0,  ALIGN_LEFT },
        {SAY("状态",    "State"),    8.0,  ALIGN_LEFT },
        {SAY("监测点", "Point"),    24.0, ALIGN_LEFT },
        {SAY("首次",    "First"),    15.0, ALIGN_LEFT },
        {SAY("最近",    "Last"),     15.0, ALIGN_LEFT },
        {SAY("次数",    "Episodes"), 7.0,  ALIGN_RIGHT},
        {SAY("最重",    "Worst"),    13.0, ALIGN_RIGHT},
    };
    struct grid *grid;

    page_heading(page, 1, "%s", SAY("五、问题与维护", "5. Problems and maintenance"));
    if (count == 0) {
        say_none(page);
    } else {
        grid = grid_begin(page, columns, 8);
        for (size_t i = 0; i < count; i++)
            show_problem(grid, doc_at(evidence->document, "problems", i));
        grid_end(grid);
    }
    show_maintenance(page, evidence);
}
