#include "drawing/sheet.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/say.h"
#include "base/text.h"
#include "drawing/letters.h"
#include "drawing/out.h"

struct sheet {
    char *path;
    char name[64]; /* of the part that is written */
    int number;    /* of its sheets */
    const struct sheet_column *columns;
    size_t count;
    lxw_workbook *book;
    lxw_worksheet *current;
    lxw_format *head, *note, *day, *moment, *text;
    int parts;
    lxw_row_t heads_at; /* the row of the heads */
    lxw_row_t row;
    lxw_col_t column;
    const char *words; /* to stand above the heads; borrowed while heads are not written */
    lxw_error trouble; /* the first */
};

static void keep_trouble(struct sheet *sheet, lxw_error trouble)
{
    if (sheet->trouble == LXW_NO_ERROR)
        sheet->trouble = trouble;
}

static bool make_formats(struct sheet *sheet)
{
    sheet->head = workbook_add_format(sheet->book);
    sheet->note = workbook_add_format(sheet->book);
    sheet->day = workbook_add_format(sheet->book);
    sheet->moment = workbook_add_format(sheet->book);
    sheet->text = workbook_add_format(sheet->book);
    if (sheet->head == NULL || sheet->note == NULL || sheet->day == NULL || sheet->moment == NULL ||
        sheet->text == NULL)
        return false;
    format_set_bold(sheet->head);
    format_set_bg_color(sheet->head, 0xE6E8EB);
    format_set_text_wrap(sheet->head);
    format_set_align(sheet->head, LXW_ALIGN_VERTICAL_TOP);
    format_set_bold(sheet->note);
    format_set_font_color(sheet->note, 0xB01414);
    format_set_num_format(sheet->day, "yyyy-mm-dd");
    format_set_num_format(sheet->moment, "yyyy-mm-dd hh:mm:ss.000");
    format_set_text_wrap(sheet->text);
    format_set_align(sheet->text, LXW_ALIGN_VERTICAL_TOP);
    return true;
}

struct sheet *sheet_new(const char *path, const char *name, const struct sheet_column *columns,
                        size_t count, struct error *err)
{
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    struct sheet *sheet;

    if (!out_try(path, err))
        return NULL;
    options.tmpdir = getenv("TMPDIR");
    sheet = calloc(1, sizeof *sheet);
    if (sheet != NULL) {
        sheet_part(sheet, name);
        sheet->columns = columns;
        sheet->count = count;
        sheet->path = strdup(path);
        sheet->book = sheet->path == NULL ? NULL : workbook_new_opt(path, &options);
    }
    if (sheet == NULL || sheet->book == NULL || !make_formats(sheet)) {
        error_set(err, ERROR_MEMORY, SAY("%s：内存不足", "%s: out of memory"), path);
        sheet_drop(sheet);
        out_drop(path);
        return NULL;
    }
    return sheet;
}

void sheet_drop(struct sheet *sheet)
{
    if (sheet == NULL)
        return;
    if (sheet->book != NULL) {
        lxw_workbook_free(sheet->book);
        out_drop(sheet->path);
    }
    free(sheet->path);
    free(sheet);
}

/* At most 31 characters, and none of []:*?/\ nor a quotation mark at an end: the office's rule. The
 * number of the part keeps names apart. */
static void office_name(const struct sheet *sheet, char *out, size_t size)
{
    char tail[32] = "";
    size_t characters = 0;
    size_t used = 0;
    size_t room;

    if (sheet->number > 1)
        snprintf(tail, sizeof tail, " (%d)", sheet->number);
    room = 31 - strlen(tail);
    if (sheet->parts > 1)
        used = characters = (size_t)snprintf(out, size, "%d ", sheet->parts);
    for (size_t at = 0, length; sheet->name[at] != '\0' && characters < room; at += length) {
        length = utf8_length(sheet->name + at);
        if (length == 0 || used + length + sizeof tail >= size)
            break;
        memcpy(out + used, sheet->name + at, length);
        if (length == 1 && strchr("[]:*?/\\'", out[used]) != NULL)
            out[used] = '-';
        used += length;
        characters++;
    }
    memcpy(out + used, tail, strlen(tail) + 1);
}

/* The heads stay in sight while rows scroll below them. */
static void begin_sheet(struct sheet *sheet)
{
    char name[160];

    sheet->number++;
    office_name(sheet, name, sizeof name);
    sheet->current = workbook_add_worksheet(sheet->book, name);
    if (sheet->current == NULL) {
        keep_trouble(sheet, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return;
    }
    sheet->heads_at = sheet->words == NULL ? 0 : 1;
    for (size_t i = 0; i < sheet->count; i++)
        worksheet_set_column(sheet->current, (lxw_col_t)i, (lxw_col_t)i, sheet->columns[i].width,
                             NULL);
    if (sheet->words != NULL)
        worksheet_write_string(sheet->current, 0, 0, sheet->words, sheet->note);
    for (size_t i = 0; i < sheet->count; i++)
        worksheet_write_string(sheet->current, sheet->heads_at, (lxw_col_t)i,
                               sheet->columns[i].head, sheet->head);
    worksheet_freeze_panes(sheet->current, sheet->heads_at + 1, 0);
    sheet->row = sheet->heads_at;
}

void sheet_note(struct sheet *sheet, const char *words)
{
    sheet->words = words;
}

void sheet_part(struct sheet *sheet, const char *name)
{
    sheet->parts++;
    sheet->number = 0;
    sheet->current = NULL;
    snprintf(sheet->name, sizeof sheet->name, "%s", name);
    utf8_mend(sheet->name);
}

void sheet_row(struct sheet *sheet)
{
    if (sheet->current == NULL || sheet->row - sheet->heads_at >= SHEET_ROWS_MAX)
        begin_sheet(sheet);
    sheet->row++;
    sheet->column = 0;
}

/* Others need a second look: not all may stand in XML, not all fit a cell. */
static bool is_plain(const char *words)
{
    for (size_t i = 0; words[i] != '\0'; i++)
        if ((unsigned char)words[i] < 0x20 || (unsigned char)words[i] >= 0x7f || i > 1000)
            return false;
    return true;
}

/* The office takes no more in a cell. */
static void cut_to_cell(char *words)
{
    enum { CELL_MOST = 32767 };
    size_t at = 0;

    for (int count = 0; words[at] != '\0' && count < CELL_MOST; count++)
        at += utf8_length(words + at) == 0 ? 1 : utf8_length(words + at);
    words[at] = '\0';
}

void sheet_text(struct sheet *sheet, const char *words)
{
    char *seen = is_plain(words) ? NULL : letters_seen(words);

    if (seen != NULL)
        cut_to_cell(seen);
    if (sheet->current != NULL && words[0] != '\0')
        keep_trouble(sheet, worksheet_write_string(sheet->current, sheet->row, sheet->column,
                                                   seen == NULL ? words : seen, NULL));
    free(seen);
    sheet->column++;
}

void sheet_number(struct sheet *sheet, double value)
{
    if (sheet->current != NULL && isfinite(value))
        keep_trouble(
            sheet, worksheet_write_number(sheet->current, sheet->row, sheet->column, value, NULL));
    sheet->column++;
}

void sheet_skip(struct sheet *sheet)
{
    sheet->column++;
}

/* Exactly "2026-11-22" or "2026-11-22 08:00:00[.123]". */
static bool read_time(const char *words, lxw_datetime *time)
{
    int used = 0;

    *time = (lxw_datetime){0};
    if (sscanf(words, "%4d-%2d-%2d%n", &time->year, &time->month, &time->day, &used) != 3 ||
        used != 10)
        return false;
    if (words[10] != '\0') {
        int seconds;
        int ms = 0;

        words += 10;
        if (sscanf(words, " %2d:%2d:%2d%n", &time->hour, &time->min, &seconds, &used) != 3 ||
            used != 9)
            return false;
        if (words[9] != '\0' &&
            (sscanf(words + 9, ".%3d%n", &ms, &used) != 1 || used != 4 || words[13] != '\0'))
            return false;
        time->sec = seconds + ms / 1000.0;
    }
    return time->year >= 1970 && time->year <= 9999 && time->month >= 1 && time->month <= 12 &&
           time->day >= 1 && time->day <= 31 && time->hour >= 0 && time->hour < 24 &&
           time->min >= 0 && time->min < 60 && time->sec >= 0.0 && time->sec < 60.0;
}

void sheet_time(struct sheet *sheet, const char *words)
{
    lxw_datetime time;

    if (!read_time(words, &time)) {
        sheet_text(sheet, words);
        return;
    }
    if (sheet->current != NULL)
        keep_trouble(sheet,
                     worksheet_write_datetime(sheet->current, sheet->row, sheet->column, &time,
                                              words[10] == '\0' ? sheet->day : sheet->moment));
    sheet->column++;
}

/* Ends and frees it. The library would put its own sentence on standard error before ours. */
static lxw_error close_silently(lxw_workbook *book)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int kept = dup(STDERR_FILENO);
    lxw_error trouble;

    fflush(stderr);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    trouble = workbook_close(book);
    fflush(stderr);
    if (kept >= 0)
        dup2(kept, STDERR_FILENO);
    close(kept);
    close(nowhere);
    return trouble;
}

bool sheet_end(struct sheet *sheet, const char *title, struct wall_time made, struct error *err)
{
    lxw_doc_properties about = {.title = (char *)title, .created = (time_t)(made.ms / 1000)};
    lxw_error trouble;
    bool written;

    if (sheet->current == NULL)
        begin_sheet(sheet);
    workbook_set_properties(sheet->book, &about);
    trouble = close_silently(sheet->book);
    sheet->book = NULL;
    keep_trouble(sheet, trouble);
    written = sheet->trouble == LXW_NO_ERROR;
    if (!written) {
        out_failed(sheet->path, lxw_strerror(sheet->trouble), err);
        out_drop(sheet->path);
    }
    sheet_drop(sheet);
    return written;
}

const char *sheet_library_version(void)
{
    return lxw_version();
}
