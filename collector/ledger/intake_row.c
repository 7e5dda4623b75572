/* One row of an office's table as a task: texts, days, states, yes and no. */
#include "ledger/intake_inside.h"

#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"

/* What people put where nothing is to be said. */
static bool is_nothing(const char *words)
{
    static const char *const nothing[] = {"", "-", "--", "/", "\\", "无", "暂无", "n/a", NULL};
    char folded[16];

    sheet_fold(words, folded, sizeof folded);
    for (size_t i = 0; nothing[i] != NULL; i++)
        if (strcmp(folded, nothing[i]) == 0 && strlen(words) <= sizeof folded - 1)
            return true;
    return false;
}

/* Leftovers of merged cells: an empty cell below a filled one has its value. */
static const char *filled_cell(struct reading_row *row, enum column column)
{
    const char *cell = row_cell(row, column);
    char *above = row->file->above[column];

    if (cell[0] != '\0') {
        snprintf(above, TASK_TEXT_SIZE, "%s", cell);
        return cell;
    }
    if (above[0] != '\0')
        row->file->filled++;
    return above;
}

static void put_text(struct reading_row *row, json_t *into, const char *key, const char *words)
{
    if (json_object_set_new(into, key, words[0] == '\0' ? json_null() : json_string(words)) != 0)
        row->good = false;
}

/* Whether a whole word of `words`, which has spaces between them. */
static bool is_word_of(const char *one, const char *words)
{
    size_t length = strlen(one);

    for (const char *at = words; (at = strstr(at, one)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* Two Chinese characters or more, in a column of persons, and no word for nobody. */
static bool is_a_name(const struct reading_row *row, size_t column)
{
    const char *header = row->file->columns.headers[column];
    const char *cell = row->row->cells[column];

    return row->file->columns.of[column] == COLUMN_PERSONAL && strlen(cell) >= 6 &&
           (strstr(header, "人") != NULL || strstr(header, "petitioner") != NULL ||
            strstr(header, "complainant") != NULL) &&
           !is_word_of(cell, row->file->setup->terms->nobody);
}

static bool names_its_petitioner(const struct reading_row *row, const char *words)
{
    const struct columns *columns = &row->file->columns;

    for (size_t i = 0; i < row->row->count && i < columns->count; i++)
        if (is_a_name(row, i) && strstr(words, row->row->cells[i]) != NULL)
            return true;
    return false;
}

/* One line, or (`lines`) several. False: told. */
static bool check_text(struct reading_row *row, enum column column, const char *words, size_t size)
{
    if (strlen(words) >= size)
        return row_refuse(row, column,
                          SAY("文字有 %zu 字节，最多 %zu 字节（一个汉字 3 字节）；请删减",
                              "the text has %zu bytes and %zu is the most; cut it"),
                          strlen(words), size - 1);
    if (names_its_petitioner(row, words))
        return row_refuse(row, column, "%s",
                          SAY("里面有本行信访人的姓名，台账不存个人信息；请改写，如“居民反映”",
                              "the petitioner of this row is named in it and the ledger keeps no "
                              "personal data; write \"a resident\" instead"));
    return !sheet_names_a_person(words) ||
           row_refuse(row, column, "%s",
                      SAY("里面有手机号或身份证号，台账不存个人信息；请移到“联系电话”列",
                          "a mobile or identity number stands in it and the ledger keeps no "
                          "personal data; move it to a column \"telephone\""));
}

static void one_line(char *words)
{
    for (; *words != '\0'; words++)
        if (*words == '\n' || *words == '\t')
            *words = ' ';
}

static void take_text(struct reading_row *row, enum column column, json_t *into, const char *key,
                      size_t size, bool lines)
{
    char words[TASK_TEXT_SIZE];

    if (!row_has(row, column) || !check_text(row, column, row_cell(row, column), size))
        return;
    snprintf(words, sizeof words, "%s", row_cell(row, column));
    if (!lines)
        one_line(words);
    put_text(row, into, key, words);
}

static void take_id(struct reading_row *row)
{
    char id[TASK_ID_SIZE * 3];

    sheet_narrow(row_cell(row, COLUMN_ID), id, sizeof id);
    one_line(id);
    if (is_nothing(id))
        row_refuse(row, COLUMN_ID, "%s",
                   SAY("编号是空的；合并单元格请拆开，每行写一个编号",
                       "the id is empty; unmerge the cells and write an id in each row"));
    else if (check_text(row, COLUMN_ID, id, TASK_ID_SIZE))
        put_text(row, row->task, "id", id);
}

static void take_batch(struct reading_row *row)
{
    const char *words = row_has(row, COLUMN_BATCH) ? filled_cell(row, COLUMN_BATCH) : NULL;
    char line[TITLE_SIZE];

    if (words == NULL || !check_text(row, COLUMN_BATCH, words, sizeof line))
        return;
    snprintf(line, sizeof line, "%s", words);
    one_line(line);
    put_text(row, row->task, "batch", line);
}

/* A source says whether it is a petition; a column of its own goes before it. */
static void take_source(struct reading_row *row)
{
    const struct task_source *source;
    const char *words;

    if (!row_has(row, COLUMN_SOURCE))
        return;
    words = filled_cell(row, COLUMN_SOURCE);
    source = terms_find_source(row->file->setup->terms, words);
    if (source == NULL && !check_text(row, COLUMN_SOURCE, words, TASK_WORDS_SIZE))
        return;
    put_text(row, row->task, "source", source == NULL ? words : source->term.key);
    put_text(row, row->task, "kind", source != NULL && source->petition ? "petition" : "finding");
}

static void take_kind(struct reading_row *row)
{
    static const char *const words[][2] = {
        {"finding",      "finding" },
        {"问题",       "finding" },
        {"排查问题", "finding" },
        {"反馈问题", "finding" },
        {"petition",     "petition"},
        {"信访",       "petition"},
        {"信访件",    "petition"},
        {"投诉",       "petition"},
    };
    char folded[64];

    if (!row_has(row, COLUMN_KIND) || is_nothing(row_cell(row, COLUMN_KIND)))
        return;
    sheet_fold(row_cell(row, COLUMN_KIND), folded, sizeof folded);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(folded, words[i][0]) == 0) {
            put_text(row, row->task, "kind", words[i][1]);
            return;
        }
    row_refuse(row, COLUMN_KIND,
               SAY("“%.60s”应写“问题”或“信访件”", "\"%.60s\": write finding or petition"),
               row_cell(row, COLUMN_KIND));
}

static void refuse_category(struct reading_row *row, const char *words, const char *nearest)
{
    char list[400];

    row_refuse(row, COLUMN_CATEGORY,
               SAY("没有类别“%.60s”，是否想写“%s”？可以写：%s",
                   "there is no category \"%.60s\", did you mean \"%s\"? One of: %s"),
               words, nearest, terms_list_categories(row->file->setup->terms, list, sizeof list));
}

/* One that ledger.conf does not know, nor anything near it, is kept as it was written, and said:
 * its watch period is the general one. */
static void take_category(struct reading_row *row)
{
    const struct terms *terms = row->file->setup->terms;
    const struct category *category;
    const char *nearest;
    const char *words;
    char line[TASK_WORDS_SIZE];

    if (!row_has(row, COLUMN_CATEGORY))
        return;
    words = filled_cell(row, COLUMN_CATEGORY);
    category = terms_find_category(terms, words, &nearest);
    if (category != NULL) {
        put_text(row, row->task, "category", category->term.key);
        return;
    }
    if (nearest != NULL)
        refuse_category(row, words, nearest);
    if (nearest != NULL || !check_text(row, COLUMN_CATEGORY, words, sizeof line))
        return;
    snprintf(line, sizeof line, "%s", words);
    one_line(line);
    put_text(row, row->task, "category", line);
    if (line[0] != '\0')
        json_object_set_new(row->file->categories, line, json_true());
}

/* A day from a cell. False: told. */
static bool take_day(struct reading_row *row, enum column column, char day[11])
{
    const char *words = row_cell(row, column);

    switch (sheet_date(words, day)) {
    case DATE_GOOD:
        return true;
    case DATE_SERIAL:
        row->file->serials++;
        return true;
    case DATE_MONTH_END:
        row->file->month_ends++;
        return true;
    case DATE_NONE:
        return true;
    case DATE_AMBIGUOUS:
        return row_refuse(row, column,
                          SAY("“%.40s”分不清年、月、日；写成 2026-12-31",
                              "\"%.40s\": it is not sure which is the year, month and day; write "
                              "2026-12-31"),
                          words);
    case DATE_WRONG:
        break;
    }
    return row_refuse(
        row, column,
        SAY("“%.60s”不是日期；写成 2026-12-31，没有固定日期的写“立行立改”或“长期坚持”",
            "\"%.60s\" is not a date; write 2026-12-31, or \"immediate\" or \"lasting\" where "
            "there is no day"),
        words);
}

static void take_deadline(struct reading_row *row)
{
    char day[11];

    if (!row_has(row, COLUMN_DEADLINE) || !take_day(row, COLUMN_DEADLINE, day))
        return;
    if (day[0] == '\0' && !is_nothing(row_cell(row, COLUMN_DEADLINE)))
        row->file->no_days++;
    put_text(row, row->task, "deadline", day);
}

static void take_struck_off(struct reading_row *row)
{
    char day[11];
    char words[WALL_TEXT];
    struct wall_time time;

    if (!row_has(row, COLUMN_STRUCK_OFF) || !take_day(row, COLUMN_STRUCK_OFF, day))
        return;
    if (day[0] == '\0' || !moment_parse(day, &time)) {
        if (is_nothing(row_cell(row, COLUMN_STRUCK_OFF)))
            put_text(row, row->task, "struck_off", "");
        else
            row_refuse(row, COLUMN_STRUCK_OFF,
                       SAY("“%.60s”不是日期；写成 2026-12-31",
                           "\"%.60s\" is not a date; write 2026-12-31"),
                       row_cell(row, COLUMN_STRUCK_OFF));
    } else if (time.ms > row->file->setup->now.ms) {
        row_refuse(row, COLUMN_STRUCK_OFF,
                   SAY("销号日期 %s 还没有到", "the strike-off, %s, lies in the future"), day);
    } else {
        put_text(row, row->task, "struck_off", wall_text(time, words));
    }
}

static void refuse_state(struct reading_row *row, const char *words, const char *nearest)
{
    char list[300];
    struct text text;

    text_init(&text, list, sizeof list);
    for (int i = 0; i < TASK_STATE_COUNT; i++)
        text_format(&text, "%s%s", i > 0 ? SAY("、", ", ") : "",
                    task_state_title((enum task_state)i));
    if (nearest != NULL)
        row_refuse(row, COLUMN_STATE,
                   SAY("没有状态“%.60s”，是否想写“%s”？可以写：%s",
                       "there is no state \"%.60s\", did you mean \"%s\"? One of: %s"),
                   words, nearest, list);
    else
        row_refuse(row, COLUMN_STATE,
                   SAY("没有状态“%.60s”；可以写：%s", "there is no state \"%.60s\"; one of: %s"),
                   words, list);
}

static void take_state(struct reading_row *row)
{
    const char *words = row_cell(row, COLUMN_STATE);
    const char *nearest = NULL;
    enum task_state state;

    if (!row_has(row, COLUMN_STATE) || is_nothing(words))
        return;
    if (terms_find_state(row->file->setup->terms, words, &state, &nearest))
        put_text(row, row->task, "state", task_state_word(state));
    else
        refuse_state(row, words, nearest);
}

/* 1: yes, 0: no, -1: neither. */
static int yes_or_no(const char *words)
{
    static const char *const yes[] = {"是", "有", "√", "✓", "✔", "y", "yes", "true", "1", NULL};
    static const char *const no[] = {"否", "不", "没有", "×", "x", "n", "no", "false", "0", NULL};
    char folded[64];

    sheet_fold(words, folded, sizeof folded);
    for (size_t i = 0; yes[i] != NULL; i++)
        if (strcmp(folded, yes[i]) == 0)
            return 1;
    for (size_t i = 0; no[i] != NULL; i++)
        if (strcmp(folded, no[i]) == 0)
            return 0;
    return is_nothing(words) ? 0 : -1;
}

/* 是, 否, or the new deadline itself. */
static void take_extended(struct reading_row *row)
{
    const char *words = row_cell(row, COLUMN_EXTENDED);
    int answer = yes_or_no(words);
    const char *day_words =
        strncmp(words, "延期至", 9) == 0 || strncmp(words, "延期到", 9) == 0 ? words + 9 : words;
    char day[11] = "";

    if (!row_has(row, COLUMN_EXTENDED))
        return;
    if (answer < 0 && (strcmp(words, "延期") == 0 || strcmp(words, "已延期") == 0))
        answer = 1;
    if (answer < 0 && sheet_date(day_words, day) <= DATE_MONTH_END) {
        put_text(row, row->task, "deadline", day);
        answer = 1;
    }
    if (answer < 0)
        row_refuse(row, COLUMN_EXTENDED,
                   SAY("“%.60s”应写“是”“否”，或延到的日期 2026-12-31",
                       "\"%.60s\": write yes, no, or the new deadline as 2026-12-31"),
                   words);
    else
        json_object_set_new(row->task, "extended", json_boolean(answer == 1));
}

/* 是, 否, or by whom: 市级督办. */
static void take_supervised(struct reading_row *row)
{
    const char *words = row_cell(row, COLUMN_SUPERVISED);
    int answer = yes_or_no(words);

    if (!row_has(row, COLUMN_SUPERVISED))
        return;
    if (answer < 0 && strstr(words, "督办") != NULL)
        answer = strstr(words, "未") == NULL && strstr(words, "不") == NULL;
    if (answer < 0)
        row_refuse(row, COLUMN_SUPERVISED,
                   SAY("“%.60s”应写“是”或“否”", "\"%.60s\": write yes or no"), words);
    else
        json_object_set_new(row->task, "supervised", json_boolean(answer == 1));
}

static void take_owner(struct reading_row *row)
{
    json_t *owner = json_object();

    take_text(row, COLUMN_LEAD, owner, "lead", TITLE_SIZE, false);
    take_text(row, COLUMN_UNIT, owner, "unit", TITLE_SIZE, false);
    take_text(row, COLUMN_PERSON, owner, "person", TITLE_SIZE, false);
    if (json_object_size(owner) > 0)
        json_object_set(row->task, "owner", owner);
    json_decref(owner);
}

static void take_village(struct reading_row *row)
{
    const char *words;

    if (!row_has(row, COLUMN_VILLAGE))
        return;
    words = filled_cell(row, COLUMN_VILLAGE);
    if (check_text(row, COLUMN_VILLAGE, words, TITLE_SIZE))
        put_text(row, row->task, "village", words);
}

void row_read(struct reading_row *row)
{
    take_id(row);
    take_batch(row);
    take_source(row);
    take_kind(row);
    take_category(row);
    take_text(row, COLUMN_TITLE, row->task, "title", TASK_TEXT_SIZE, true);
    take_village(row);
    take_text(row, COLUMN_GRID, row->task, "grid", TITLE_SIZE, false);
    row_read_places(row);
    take_text(row, COLUMN_MEASURE, row->task, "measure", TASK_TEXT_SIZE, true);
    take_owner(row);
    take_deadline(row);
    take_state(row);
    take_struck_off(row);
    take_extended(row);
    take_supervised(row);
}
