#include "report/table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct table {
    size_t columns;
    char **cells; /* the headings first */
    size_t count, room;
};

/* Decodes one character; a byte that is none counts as itself. */
static uint32_t next_character(const unsigned char **at)
{
    uint32_t first = *(*at)++;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;

    if (more > 0)
        first &= 0x3fU >> more;
    for (; more > 0 && (**at & 0xc0) == 0x80; more--)
        first = first << 6 | (*(*at)++ & 0x3fU);
    return first;
}

static size_t character_width(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } wide[] = {
        {0x1100,  0x115f },
        {0x2e80,  0x303e },
        {0x3041,  0xa4cf },
        {0xac00,  0xd7a3 },
        {0xf900,  0xfaff },
        {0xfe30,  0xfe6f },
        {0xff00,  0xff60 },
        {0xffe0,  0xffe6 },
        {0x1f300, 0x1f64f},
        {0x20000, 0x3fffd}
    };

    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (character >= wide[i].first && character <= wide[i].last)
            return 2;
    return 1;
}

size_t display_width(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t width = 0;

    while (*at != '\0')
        width += character_width(next_character(&at));
    return width;
}

struct table *table_new(size_t columns, const char *const *headings)
{
    struct table *table = calloc(1, sizeof *table);

    if (table == NULL)
        return NULL;
    table->columns = columns;
    for (size_t i = 0; i < columns; i++)
        table_cell(table, "%s", headings[i]);
    return table;
}

static bool make_room(struct table *table)
{
    char **cells;

    if (table->count < table->room)
        return true;
    cells = realloc(table->cells, (table->room * 2 + 64) * sizeof *cells);
    if (cells == NULL)
        return false;
    table->cells = cells;
    table->room = table->room * 2 + 64;
    return true;
}

void table_cell(struct table *table, const char *format, ...)
{
    va_list args;
    char *words = NULL;

    va_start(args, format);
    if (vasprintf(&words, format, args) < 0)
        words = NULL;
    va_end(args);
    for (char *at = words; at != NULL && *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    if (words == NULL || !make_room(table)) {
        free(words);
        return;
    }
    table->cells[table->count++] = words;
}

static const char *shown(const char *cell)
{
    return *cell == '\0' ? "–" : cell;
}

void table_print(struct table *table, FILE *to)
{
    size_t widths[32] = {0};

    for (size_t i = 0; i < table->count; i++) {
        size_t width = display_width(shown(table->cells[i]));
        size_t column = i % table->columns;

        if (width > widths[column])
            widths[column] = width;
    }
    for (size_t i = 0; i < table->count; i++) {
        const char *cell = shown(table->cells[i]);
        size_t column = i % table->columns;
        bool last = column + 1 == table->columns;

        fprintf(to, "%s%*s%s", cell, last ? 0 : (int)(widths[column] - display_width(cell)) + 2, "",
                last ? "\n" : "");
    }
}

size_t table_rows(const struct table *table)
{
    return table->count / table->columns - 1;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}
