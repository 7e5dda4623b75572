#include "ledger/intake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "ledger/intake_inside.h"

enum { PROGRESS_ROWS = 256, ELSEWHERE_TOLD = 20 };

bool intake_fault(struct intake *intake, const struct terms *terms, size_t row, const char *column,
                  const char *header, const char *format, ...)
{
    struct intake_fault *fault;
    va_list args;

    intake->fault_count++;
    if (intake->faults_kept >= (size_t)terms->faults_shown)
        return false;
    fault = &intake->faults[intake->faults_kept++];
    fault->row = row;
    snprintf(fault->column, sizeof fault->column, "%s", column);
    snprintf(fault->header, sizeof fault->header, "%s", header);
    va_start(args, format);
    vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    utf8_mend(fault->text);
    return false;
}

void row_note(struct reading_file *file, const char *format, ...)
{
    va_list args;
    json_t *note;

    va_start(args, format);
    note = json_vsprintf(format, args);
    va_end(args);
    json_array_append_new(file->intake->notes, note);
}

const char *row_cell(const struct reading_row *row, enum column column)
{
    int index = row->file->columns.index[column];

    return index < 0 || (size_t)index >= row->row->count ? "" : row->row->cells[index];
}

bool row_has(const struct reading_row *row, enum column column)
{
    return row->file->columns.index[column] >= 0;
}

bool row_refuse(struct reading_row *row, enum column column, const char *format, ...)
{
    const struct columns *columns = &row->file->columns;
    int index = columns->index[column];
    char sentence[512];
    char letter[4] = "";
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (index >= 0)
        sheet_letter((size_t)index, letter);
    row->good = false;
    return intake_fault(row->file->intake, row->file->setup->terms, row->row->number, letter,
                        index < 0 ? "" : columns->headers[index], "%s", sentence);
}

/* Which rows are rows ----------------------------------------------------------------------- */

static bool is_empty(const struct sheet_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (row->cells[i][0] != '\0' || row->troubles[i] != CELL_GOOD)
            return false;
    return true;
}

static bool begins_total(const char *cell)
{
    static const char *const words[] = {"合计", "总计", "小计", "共计", "total", "sum", NULL};
    char folded[64];

    sheet_fold(cell, folded, sizeof folded);
    for (size_t i = 0; words[i] != NULL; i++)
        if (strncmp(folded, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* In the id's column, or in the first cell that is filled. */
static bool is_total(const struct reading_row *row)
{
    size_t first = 0;

    while (first < row->row->count && row->row->cells[first][0] == '\0')
        first++;
    return begins_total(row_cell(row, COLUMN_ID)) ||
           (first < row->row->count && row_cell(row, COLUMN_ID)[0] == '\0' &&
            begins_total(row->row->cells[first]));
}

/* Cells the reader could not make sense of, and cells that have no column. */
static void refuse_troubles(struct reading_row *row)
{
    static const char *const zh[] = {[CELL_GOOD] = "",
                                     [CELL_TOO_LONG] =
                                         "单元格太长；请删减到 ledger.conf 的 cell_size 以内",
                                     [CELL_CONTROL] = "含有控制字符；请重新输入这一格",
                                     [CELL_OPEN] = "引号没有闭合，其后的内容都读乱了；请补上引号",
                                     [CELL_AFTER] = "引号之后还有文字；文字里的引号要写成两个"};
    static const char *const en[] = {
        [CELL_GOOD] = "",
        [CELL_TOO_LONG] = "the cell is too long; cut it to cell_size of ledger.conf",
        [CELL_CONTROL] = "a control character is in it; type this cell again",
        [CELL_OPEN] =
            "its quotation mark is never closed and all that follows is misread; close it",
        [CELL_AFTER] =
            "text follows its closing quotation mark; one inside a text is written twice"};
    const struct columns *columns = &row->file->columns;

    for (size_t i = 0; i < row->row->count; i++) {
        enum cell_trouble trouble = row->row->troubles[i];
        char letter[4];

        if (trouble == CELL_GOOD && (i < columns->count || row->row->cells[i][0] == '\0'))
            continue;
        row->good = intake_fault(
            row->file->intake, row->file->setup->terms, row->row->number, sheet_letter(i, letter),
            i < columns->count ? columns->headers[i] : "", "%s",
            trouble != CELL_GOOD
                ? SAY(zh[trouble], en[trouble])
                : SAY("这一格没有表头；多半是前面某格文字里的分隔符没有加引号",
                      "this cell has no header; most likely a separator inside a text before it "
                      "stands without quotation marks"));
        if (i >= columns->count)
            return; /* what follows is the same mistake */
    }
}

/* One row ----------------------------------------------------------------------------------- */

static bool refuse_double(struct reading_row *row, const char *id)
{
    const json_t *first = json_object_get(row->file->first_rows, id);

    if (first == NULL) {
        json_object_set_new(row->file->first_rows, id, json_integer((json_int_t)row->row->number));
        return true;
    }
    return row_refuse(row, COLUMN_ID,
                      SAY("编号 %s 在第 %lld 行已经有了；每行写一个不同的编号",
                          "the id %s stands in row %lld already; write another one"),
                      id, (long long)json_integer_value(first));
}

static bool keep_row(struct intake *intake, json_t *task, size_t number)
{
    size_t count = json_array_size(intake->tasks);

    if (count == intake->rows_room) {
        size_t room = intake->rows_room == 0 ? 128 : intake->rows_room * 2;
        size_t *grown = realloc(intake->rows, room * sizeof *grown);

        if (grown == NULL)
            return false;
        intake->rows = grown;
        intake->rows_room = room;
    }
    intake->rows[count] = number;
    return json_array_append(intake->tasks, task) == 0;
}

static void take_persons(const struct reading_row *row, const char *id)
{
    const struct columns *columns = &row->file->columns;
    json_t *details = json_object();

    for (size_t i = 0; i < row->row->count && i < columns->count; i++)
        if (columns->of[i] == COLUMN_PERSONAL && row->row->cells[i][0] != '\0')
            json_object_set_new(details, columns->headers[i], json_string(row->row->cells[i]));
    if (json_object_size(details) > 0)
        json_object_set(row->file->intake->people, id, details);
    json_decref(details);
}

/* False: out of memory. */
static bool take_row(struct reading_file *file, const struct sheet_row *from)
{
    struct reading_row row = {.file = file, .row = from, .good = true};
    const char *id;
    bool kept = true;

    if (is_total(&row)) {
        file->totals++;
        return true;
    }
    if (column_is_headed(COLUMN_ID, row_cell(&row, COLUMN_ID))) {
        file->headers++;
        return true;
    }
    row.task = json_object();
    if (row.task == NULL)
        return false;
    refuse_troubles(&row);
    row_read(&row);
    id = json_string_value(json_object_get(row.task, "id"));
    if (id != NULL && refuse_double(&row, id) && row.good) {
        kept = keep_row(file->intake, row.task, from->number);
        take_persons(&row, id);
    }
    json_decref(row.task);
    return kept;
}

/* The whole file ---------------------------------------------------------------------------- */

static void note_categories(struct reading_file *file)
{
    const char *words;
    size_t told = 0;
    json_t *here;

    json_object_foreach(file->categories, words, here)
    {
        if (told++ == ELSEWHERE_TOLD)
            return;
        row_note(file,
                 SAY("类别“%.60s”不在 ledger.conf 里：照写，巩固期按默认",
                     "category \"%.60s\" is not in ledger.conf: kept as written, with the general "
                     "watch period"),
                 words);
    }
}

static void note_all(struct reading_file *file)
{
    const char *site;
    size_t told = 0;
    json_t *count;

    note_categories(file);
    columns_note(&file->columns, file->intake->notes);
    if (file->totals > 0)
        row_note(file, SAY("跳过 %zu 行合计", "%zu rows of totals skipped"), file->totals);
    if (file->headers > 0)
        row_note(file, SAY("跳过 %zu 行重复的表头", "%zu repeated rows of headers skipped"),
                 file->headers);
    if (file->filled > 0)
        row_note(file,
                 SAY("%zu 个空格取上一行的值（合并单元格）",
                     "%zu empty cells take the value above (merged cells)"),
                 file->filled);
    if (file->no_days > 0)
        row_note(file,
                 SAY("%zu 个时限写的是立行立改、长期坚持等，按没有固定日期记",
                     "%zu deadlines say \"at once\" or \"lasting\" and are kept as no day"),
                 file->no_days);
    if (file->serials > 0)
        row_note(file,
                 SAY("%zu 个日期是表格软件的天数序号，已换算",
                     "%zu dates are day numbers of a spreadsheet, converted"),
                 file->serials);
    if (file->month_ends > 0)
        row_note(file,
                 SAY("%zu 个“月底”“年底”按当月（年）最后一天记",
                     "%zu ends of a month or year are taken as its last day"),
                 file->month_ends);
    json_object_foreach(file->elsewhere, site, count)
    {
        if (told++ == ELSEWHERE_TOLD) {
            row_note(
                file,
                SAY("……不在本机配置里的点位共 %zu 个，其余未列出",
                    "... %zu sites in all are not in the settings here, the others not listed"),
                json_object_size(file->elsewhere));
            break;
        }
        row_note(file,
                 SAY("点位 %s 不在本机配置里（%lld 项任务）：视为别处监测",
                     "site %s is not in the settings here (%lld tasks): watched elsewhere"),
                 site, (long long)json_integer_value(count));
    }
}

static bool read_rows(struct reading_file *file, struct sheet *sheet, struct error *err)
{
    const struct intake_setup *setup = file->setup;
    struct sheet_row row;

    while (sheet_next(sheet, &row)) {
        if (row.number > (size_t)setup->terms->sheet_rows + file->columns.row)
            return error_set(
                err, ERROR_WRONG_USE,
                SAY("超过 %lld 行；请分成几个文件", "more than %lld rows; split the file"),
                (long long)setup->terms->sheet_rows);
        if (setup->progress != NULL && row.number % PROGRESS_ROWS == 0)
            setup->progress(setup->self, sheet_progress(sheet));
        if (row.number <= file->columns.row || is_empty(&row))
            continue;
        if (!take_row(file, &row))
            return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    }
    return true;
}

static struct intake *intake_new(const struct terms *terms)
{
    struct intake *intake = calloc(1, sizeof *intake);

    if (intake == NULL)
        return NULL;
    intake->tasks = json_array();
    intake->people = json_object();
    intake->notes = json_array();
    intake->faults = calloc((size_t)terms->faults_shown, sizeof *intake->faults);
    if (intake->tasks != NULL && intake->people != NULL && intake->notes != NULL &&
        intake->faults != NULL)
        return intake;
    intake_free(intake);
    return NULL;
}

static bool read_text(struct intake *intake, const struct intake_setup *setup, const char *text,
                      size_t length, struct error *err)
{
    size_t cell_most = (size_t)setup->terms->cell_bytes;
    struct reading_file *file = calloc(1, sizeof *file);
    struct sheet *sheet = NULL;
    char separator = ',';
    bool good = false;

    if (file == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    file->setup = setup;
    file->intake = intake;
    file->first_rows = json_object();
    file->elsewhere = json_object();
    file->categories = json_object();
    if (columns_find(&file->columns, text, length, cell_most, &separator, err)) {
        sheet = sheet_new(text, length, separator, cell_most);
        if (sheet == NULL)
            error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        else
            good = read_rows(file, sheet, err);
        note_all(file);
    }
    sheet_free(sheet);
    json_decref(file->first_rows);
    json_decref(file->elsewhere);
    json_decref(file->categories);
    free(file);
    return good;
}

struct intake *intake_read(const char *bytes, size_t size, const struct intake_setup *setup,
                           struct error *err)
{
    struct intake *intake = intake_new(setup->terms);
    struct intake *read = NULL;
    enum sheet_coding coding;
    size_t length;
    char *text = NULL;

    if (intake == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    text = sheet_decode(bytes, size, (size_t)setup->terms->sheet_bytes, &length, &coding, err);
    if (text == NULL)
        goto done;
    json_array_append_new(
        intake->notes, json_sprintf(SAY("文字编码：%s", "text is %s"), sheet_coding_title(coding)));
    if (!read_text(intake, setup, text, length, err))
        goto done;

    read = intake;
    intake = NULL;
done:
    free(text);
    intake_free(intake);
    return read;
}

void intake_free(struct intake *intake)
{
    if (intake == NULL)
        return;
    json_decref(intake->tasks);
    json_decref(intake->people);
    json_decref(intake->notes);
    free(intake->rows);
    free(intake->faults);
    free(intake);
}
