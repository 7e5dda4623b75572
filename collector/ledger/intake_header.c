/* Which column is what: headers as offices write them, in any order. */
#include "ledger/intake_inside.h"

#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"

enum { LOOKED_AT = 20, NAMES_MAX = 16 };

/* Folded; the first of each list is the best: a table that has 问题编号 and 序号 means the first.
 */
/* clang-format off */
static const char *const headers[COLUMN_COUNT][NAMES_MAX] = {
    [COLUMN_ID] = {"id", "问题编号", "任务编号", "编号", "清单编号", "案件编号", "受理编号", "信访编号", "问题序号",
                   "no", "no.", "number", "序号"},
    [COLUMN_BATCH] = {"batch", "批次", "来源批次", "督察批次", "问题批次", "交办批次"},
    [COLUMN_SOURCE] = {"source", "来源", "问题来源", "案件来源", "线索来源"},
    [COLUMN_KIND] = {"kind", "件别", "案件类型"},
    [COLUMN_CATEGORY] = {"category", "类别", "问题类别", "问题类型", "行业类别", "类型", "行业", "领域", "type", "trade"},
    [COLUMN_TITLE] = {"title", "问题描述", "存在问题", "问题内容", "具体问题", "主要问题", "反馈问题", "反映问题", "信访内容",
                      "投诉内容", "问题", "problem", "description", "finding"},
    [COLUMN_SITE] = {"site", "点位", "点位名称", "单位名称", "企业名称", "场所名称", "场所", "名称"},
    [COLUMN_VILLAGE] = {"village", "村", "村居", "村居委", "村委会", "村居委会", "所属村居", "所在村居", "属地村居", "属地", "村社区"},
    [COLUMN_GRID] = {"grid", "网格", "网格号", "网格编号", "所属网格", "所在网格", "gridcell"},
    [COLUMN_POINTS] = {"points", "监测点", "监测点位", "关联监测点", "关联点位", "监测因子", "point"},
    [COLUMN_MEASURE] = {"measure", "整改措施", "整治措施", "措施", "整改要求", "整改方案", "整改目标及措施", "measures"},
    [COLUMN_LEAD] = {"lead", "牵头部门", "牵头单位", "主管部门", "督导部门", "leaddepartment"},
    [COLUMN_UNIT] = {"unit", "责任单位", "责任部门", "责任主体", "整改单位", "整改责任单位", "承办单位", "responsibleunit", "owner"},
    [COLUMN_PERSON] = {"person", "责任人", "整改责任人", "责任人员", "包保责任人", "负责人", "responsibleperson"},
    [COLUMN_DEADLINE] = {"deadline", "整改时限", "完成时限", "整改期限", "办结时限", "时限", "期限", "截止日期", "截止时间",
                         "计划完成时间", "要求完成时间", "完成时间", "duedate", "due"},
    [COLUMN_STATE] = {"state", "状态", "整改状态", "当前状态", "整改情况", "整改进度", "整改进展", "进展情况", "进展", "进度", "办理状态", "办理情况", "status"},
    [COLUMN_STRUCK_OFF] = {"struckoff", "销号日期", "销号时间", "完成销号时间", "销号", "struckoffdate", "strike-offdate", "strike-off"},
    [COLUMN_EXTENDED] = {"extended", "延期", "是否延期", "延期情况"},
    [COLUMN_SUPERVISED] = {"supervised", "督办", "是否督办", "挂牌督办", "督办情况"},
};

/* Whoever may be found by what stands in such a column. A 负责人 of an office is no petitioner. */
static const char *const personal[] = {
    "信访人", "投诉人", "举报人", "来访人", "来信人", "反映人", "当事人", "电话", "手机", "联系方式", "联系人", "身份证", "住址",
    "petitioner", "complainant", "telephone", "phone", "mobile", "contact", "address", NULL,
};
/* clang-format on */

/* "整改时限（年/月/日）" and "*整改时限：" are 整改时限. */
static char *plain_header(const char *header, char *out, size_t size)
{
    char folded[HEADER_SIZE];
    struct text text;
    int depth = 0;

    text_init(&text, out, size);
    for (const char *at = sheet_fold(header, folded, sizeof folded); *at != '\0'; at++) {
        depth += *at == '(' || *at == '[';
        if (depth == 0 && strchr("*/:", *at) == NULL)
            text_add_char(&text, *at);
        depth -= depth > 0 && (*at == ')' || *at == ']');
    }
    return out;
}

/* 1 for the best name, 0: none of them. */
static int rank_of(enum column column, const char *plain)
{
    for (int i = 0; i < NAMES_MAX && headers[column][i] != NULL; i++)
        if (strcmp(headers[column][i], plain) == 0)
            return i + 1;
    return 0;
}

bool column_is_headed(enum column column, const char *header)
{
    char plain[HEADER_SIZE];

    return rank_of(column, plain_header(header, plain, sizeof plain)) > 0;
}

static bool is_personal(const char *plain)
{
    for (size_t i = 0; personal[i] != NULL; i++)
        if (strstr(plain, personal[i]) != NULL)
            return true;
    return false;
}

/* How many columns of this row are known by their header. */
static size_t columns_read(struct columns *columns, const struct sheet_row *row)
{
    int rank[COLUMN_COUNT] = {0};
    size_t known = 0;

    memset(columns->index, -1, sizeof columns->index);
    columns->count = row->count;
    columns->row = row->number;
    for (size_t i = 0; i < row->count; i++) {
        char plain[HEADER_SIZE];

        plain_header(row->cells[i], plain, sizeof plain);
        snprintf(columns->headers[i], HEADER_SIZE, "%s", row->cells[i]);
        utf8_mend(columns->headers[i]);
        columns->of[i] = is_personal(plain) ? COLUMN_PERSONAL : COLUMN_UNUSED;
        for (int column = 0; columns->of[i] == COLUMN_UNUSED && column < COLUMN_COUNT; column++) {
            int better = rank_of((enum column)column, plain);

            if (better == 0 || (rank[column] != 0 && rank[column] <= better))
                continue;
            if (rank[column] == 0)
                known++;
            else
                columns->of[columns->index[column]] = COLUMN_UNUSED;
            rank[column] = better;
            columns->index[column] = (int)i;
            columns->of[i] = (enum column)column;
        }
    }
    return known;
}

/* The best row of the first ones, read with one separator. */
static size_t look_through(struct columns *best, const char *text, size_t length, size_t cell_most,
                           char separator, char first[HEADER_SIZE])
{
    struct sheet *sheet = sheet_new(text, length, separator, cell_most);
    struct columns columns;
    struct sheet_row row;
    size_t most = 0;

    while (sheet != NULL && sheet_next(sheet, &row) && row.number <= LOOKED_AT) {
        size_t known = columns_read(&columns, &row);

        if (first[0] == '\0')
            snprintf(first, HEADER_SIZE, "%s", row.cells[0]);
        if (known > most) {
            most = known;
            *best = columns;
        }
    }
    sheet_free(sheet);
    return most;
}

bool columns_find(struct columns *columns, const char *text, size_t length, size_t cell_most,
                  char *separator, struct error *err)
{
    static const char separators[] = {',', ';', '\t'};
    char first[HEADER_SIZE] = "";
    size_t most = 0;

    for (size_t i = 0; i < sizeof separators; i++) {
        struct columns found;
        size_t known = look_through(&found, text, length, cell_most, separators[i], first);

        if (known <= most)
            continue;
        most = known;
        *columns = found;
        *separator = separators[i];
    }
    if (text[strspn(text, " \t\r\n,;\"")] == '\0')
        return error_set(
            err, ERROR_WRONG_USE, "%s",
            SAY("文件是空的：没有任何文字", "the file is empty: there is no word in it"));
    if (most < 2)
        return error_set(
            err, ERROR_WRONG_USE,
            SAY("前 %d 行里没有找到表头；第一行是“%.60s”。表头至少要有“编号”和另一列，"
                "如：编号,类别,问题描述,责任单位,整改时限,状态",
                "no row of headers among the first %d; the first row begins \"%.60s\". "
                "It takes \"id\" and one column more, as: id,category,title,unit,"
                "deadline,state"),
            (int)LOOKED_AT, first);
    return columns->index[COLUMN_ID] >= 0 ||
           error_set(err, ERROR_WRONG_USE,
                     SAY("第 %zu 行的表头里没有编号列；请加一列“编号”，每行一个不重复的编号",
                         "row %zu has the headers, and none of them is the id; add a column \"id\" "
                         "with another one in each row"),
                     columns->row);
}

static void add_header(struct text *list, const struct columns *columns, size_t i)
{
    char letter[4];

    text_format(list, "%s%s %s", list->used > 0 ? SAY("、", ", ") : "", sheet_letter(i, letter),
                columns->headers[i]);
}

void columns_note(const struct columns *columns, json_t *notes)
{
    char unused[512], apart[512];
    struct text unused_list, apart_list;

    text_init(&unused_list, unused, sizeof unused);
    text_init(&apart_list, apart, sizeof apart);
    for (size_t i = 0; i < columns->count; i++)
        if (columns->of[i] == COLUMN_PERSONAL)
            add_header(&apart_list, columns, i);
        else if (columns->of[i] == COLUMN_UNUSED && columns->headers[i][0] != '\0')
            add_header(&unused_list, columns, i);
    if (unused_list.used > 0)
        json_array_append_new(
            notes, json_sprintf(SAY("没有用到的列：%s", "columns not used: %s"), unused));
    if (columns->index[COLUMN_STATE] < 0)
        json_array_append_new(
            notes,
            json_string(SAY("表里没有“状态”列：新任务记为“已排查”，已有任务的状态不变",
                            "no column \"state\": a new task is taken as found, and one that "
                            "is there keeps its state")));
    if (apart_list.used > 0)
        json_array_append_new(
            notes, json_sprintf(SAY("个人信息列只存入 people.sqlite，不进台账、不发布：%s",
                                    "columns about persons go to people.sqlite only, not into the "
                                    "ledger, and are never published: %s"),
                                apart));
}
