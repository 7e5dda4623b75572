#include "ledger/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct sheet {
    const char *begin, *at, *end;
    char separator;
    size_t cell_most;
    size_t rows;
    char *room; /* of one row's cells, and of one more for what has no column */
    size_t used;
    const char *cells[SHEET_COLUMNS_MAX];
    enum cell_trouble troubles[SHEET_COLUMNS_MAX];
};

struct sheet *sheet_new(const char *text, size_t length, char separator, size_t cell_most)
{
    struct sheet *sheet = calloc(1, sizeof *sheet);

    if (sheet == NULL)
        return NULL;
    sheet->begin = sheet->at = text;
    sheet->end = text + length;
    sheet->separator = separator;
    sheet->cell_most = cell_most;
    sheet->room = malloc((cell_most + 1) * (SHEET_COLUMNS_MAX + 1));
    if (sheet->room != NULL)
        return sheet;
    free(sheet);
    return NULL;
}

void sheet_free(struct sheet *sheet)
{
    if (sheet == NULL)
        return;
    free(sheet->room);
    free(sheet);
}

double sheet_progress(const struct sheet *sheet)
{
    return sheet->end == sheet->begin
               ? 1.0
               : (double)(sheet->at - sheet->begin) / (double)(sheet->end - sheet->begin);
}

/* Cleaning a cell --------------------------------------------------------------------------- */

static unsigned long character_at(const char *at, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)at;

    switch (length) {
    case 1:
        return bytes[0];
    case 2:
        return (bytes[0] & 0x1fUL) << 6 | (bytes[1] & 0x3fUL);
    case 3:
        return (bytes[0] & 0x0fUL) << 12 | (bytes[1] & 0x3fUL) << 6 | (bytes[2] & 0x3fUL);
    default:
        return (bytes[0] & 0x07UL) << 18 | (bytes[1] & 0x3fUL) << 12 | (bytes[2] & 0x3fUL) << 6 |
               (bytes[3] & 0x3fUL);
    }
}

/* Zero-width marks, and those that turn the direction of what follows. */
static bool is_invisible(unsigned long one)
{
    return one == 0xad || one == 0xfeff || (one >= 0x200b && one <= 0x200f) ||
           (one >= 0x202a && one <= 0x202e) || (one >= 0x2060 && one <= 0x206f);
}

static bool is_space(unsigned long one)
{
    return one == ' ' || one == '\t' || one == '\n' || one == 0xa0 || one == 0x3000;
}

static bool is_control(unsigned long one)
{
    return (one < 0x20 && one != '\t' && one != '\n') || (one >= 0x7f && one < 0xa0);
}

/* Takes invisible characters out and spaces off both ends, in place. The text is UTF-8. */
static enum cell_trouble clean(char *cell)
{
    const char *from = cell;
    char *to = cell;
    char *text_end = cell;
    enum cell_trouble trouble = CELL_GOOD;

    while (*from != '\0') {
        size_t length = utf8_length(from);
        unsigned long one = character_at(from, length);

        if (length == 0 || is_control(one))
            trouble = CELL_CONTROL;
        length = length == 0 ? 1 : length;
        if (!is_invisible(one) && !(is_space(one) && to == cell)) {
            memmove(to, from, length);
            to += length;
            if (!is_space(one))
                text_end = to;
        }
        from += length;
    }
    *text_end = '\0';
    return trouble;
}

/* Reading a row ----------------------------------------------------------------------------- */

struct cell {
    char *begin;
    size_t length;
    enum cell_trouble trouble;
};

static void cell_add(const struct sheet *sheet, struct cell *cell, char one)
{
    if (cell->length < sheet->cell_most)
        cell->begin[cell->length++] = one;
    else
        cell->trouble = CELL_TOO_LONG;
}

/* CR, LF or both are one line end. */
static bool take_line_end(struct sheet *sheet)
{
    if (sheet->at == sheet->end || (*sheet->at != '\r' && *sheet->at != '\n'))
        return false;
    sheet->at += *sheet->at == '\r' && sheet->at + 1 < sheet->end && sheet->at[1] == '\n' ? 2 : 1;
    return true;
}

static bool at_cell_end(const struct sheet *sheet)
{
    return sheet->at == sheet->end || *sheet->at == sheet->separator || *sheet->at == '\r' ||
           *sheet->at == '\n';
}

/* Behind the opening quotation mark. */
static void read_quoted(struct sheet *sheet, struct cell *cell)
{
    for (;;) {
        if (sheet->at == sheet->end) {
            cell->trouble = CELL_OPEN;
            return;
        }
        if (take_line_end(sheet)) {
            cell_add(sheet, cell, '\n');
        } else if (*sheet->at != '"') {
            cell_add(sheet, cell, *sheet->at++);
        } else if (sheet->at + 1 < sheet->end && sheet->at[1] == '"') {
            cell_add(sheet, cell, '"');
            sheet->at += 2;
        } else {
            sheet->at++;
            return;
        }
    }
}

static void read_cell(struct sheet *sheet, struct cell *cell)
{
    while (sheet->at < sheet->end && *sheet->at == ' ')
        sheet->at++;
    if (sheet->at < sheet->end && *sheet->at == '"') {
        sheet->at++;
        read_quoted(sheet, cell);
        for (; !at_cell_end(sheet); sheet->at++)
            if (*sheet->at != ' ' && cell->trouble == CELL_GOOD)
                cell->trouble = CELL_AFTER;
    } else {
        while (!at_cell_end(sheet))
            cell_add(sheet, cell, *sheet->at++);
    }
}

/* One cell more; false when the row has no room left for it. */
static bool keep_cell(struct sheet *sheet, struct cell *cell, size_t index)
{
    enum cell_trouble unclean;

    if (index >= SHEET_COLUMNS_MAX)
        return cell->length == 0 && cell->trouble == CELL_GOOD;
    if (cell->trouble == CELL_TOO_LONG)
        cell->length = 0;
    cell->begin[cell->length] = '\0';
    unclean = clean(cell->begin);
    sheet->cells[index] = cell->begin;
    sheet->troubles[index] = cell->trouble == CELL_GOOD ? unclean : cell->trouble;
    sheet->used += cell->length + 1;
    return true;
}

bool sheet_next(struct sheet *sheet, struct sheet_row *row)
{
    bool more = true;

    *row = (struct sheet_row){.cells = sheet->cells, .troubles = sheet->troubles};
    if (sheet->at == sheet->end)
        return false;
    row->number = ++sheet->rows;
    sheet->used = 0;
    for (size_t index = 0; more; index++) {
        bool kept = index < SHEET_COLUMNS_MAX;
        size_t begin = kept ? sheet->used : (sheet->cell_most + 1) * SHEET_COLUMNS_MAX;
        struct cell cell = {.begin = sheet->room + begin};

        read_cell(sheet, &cell);
        if (!keep_cell(sheet, &cell, index))
            row->too_wide = true;
        row->count = kept ? index + 1 : row->count;
        more = sheet->at < sheet->end && *sheet->at == sheet->separator;
        if (more)
            sheet->at++;
        else
            take_line_end(sheet);
    }
    return true;
}
