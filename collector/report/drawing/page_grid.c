/* Tables: a row is set when all its cells are there, and never torn between two pages. */
#include <stdlib.h>
#include <string.h>

#include "drawing/page_inside.h"

enum { COLUMNS_MAX = 20, NO_SIGN = -1 };

struct grid_text {
    char *words;
    int sign; /* enum sign, NO_SIGN */
};

struct grid {
    struct page *page;
    const struct column *columns;
    size_t count;
    double widths[COLUMNS_MAX];
    struct grid_text cells[COLUMNS_MAX];
    size_t filled;
    double size; /* of the letters */
    bool has_heads;
    bool is_facts;
    bool one_line;
};

static const double pad_x = 3.5;
static const double pad_y = 2.2;

static struct lettering cell_lettering(const struct grid *grid, size_t i, bool bold)
{
    const struct grid_text *cell = &grid->cells[i];
    bool quiet = grid->is_facts && i % 2 == 0;

    return (struct lettering){
        .size = grid->size,
        .bold = bold,
        .ink = quiet ? INK_QUIET : INK_TEXT,
        .align = grid->columns[i].align,
        .width = grid->widths[i] - 2.0 * pad_x - (cell->sign == NO_SIGN ? 0.0 : grid->size + 5.0),
    };
}

/* A cell is cut where one page could not hold it. */
static int lines_that_fit(const struct grid *grid)
{
    return grid->one_line
               ? 1
               : (int)((grid->page->height - HEAD_END - FOOT_BEGIN - 60.0) / (grid->size * 1.5));
}

static double row_height(const struct grid *grid, bool bold)
{
    double most = grid->size * 1.2;

    for (size_t i = 0; i < grid->count; i++) {
        struct lettering how = cell_lettering(grid, i, bold);
        double height;

        how.lines = lines_that_fit(grid);
        letters_measure(grid->page->letters, &how, grid->cells[i].words, NULL, &height);
        most = height > most ? height : most;
    }
    return most + 2.0 * pad_y;
}

static void draw_cells(const struct grid *grid, bool bold)
{
    double x = MARGIN;

    for (size_t i = 0; i < grid->count; i++) {
        const struct grid_text *cell = &grid->cells[i];
        struct lettering how = cell_lettering(grid, i, bold);
        double shift = cell->sign == NO_SIGN ? 0.0 : grid->size + 5.0;

        how.lines = lines_that_fit(grid);
        letters_draw(grid->page->letters, grid->page->cr, &how, x + pad_x + shift,
                     grid->page->y + pad_y, cell->words);
        if (cell->sign != NO_SIGN)
            sign_draw(grid->page->cr, (enum sign)cell->sign, x + pad_x,
                      grid->page->y + pad_y + grid->size * 0.15, grid->size * 1.15);
        x += grid->widths[i];
    }
}

static void rule_off(const struct grid *grid, double thick)
{
    ink_use(grid->page->cr, INK_RULE);
    cairo_set_line_width(grid->page->cr, thick);
    cairo_move_to(grid->page->cr, MARGIN, grid->page->y);
    cairo_line_to(grid->page->cr, MARGIN + page_width(grid->page), grid->page->y);
    cairo_stroke(grid->page->cr);
}

static void draw_heads(struct grid *grid)
{
    struct grid_text kept[COLUMNS_MAX];
    double height;

    if (!grid->has_heads)
        return;
    memcpy(kept, grid->cells, sizeof kept);
    for (size_t i = 0; i < grid->count; i++)
        grid->cells[i] = (struct grid_text){
            (char *)(grid->columns[i].head == NULL ? "" : grid->columns[i].head), NO_SIGN};
    height = row_height(grid, true);
    ink_use(grid->page->cr, INK_SHADE);
    cairo_rectangle(grid->page->cr, MARGIN, grid->page->y, page_width(grid->page), height);
    cairo_fill(grid->page->cr);
    draw_cells(grid, true);
    page_skip(grid->page, height);
    rule_off(grid, 0.8);
    memcpy(grid->cells, kept, sizeof kept);
}

static void draw_row(struct grid *grid)
{
    double height = row_height(grid, false);

    if (page_room(grid->page) < height) {
        page_break(grid->page);
        draw_heads(grid);
    }
    draw_cells(grid, false);
    page_skip(grid->page, height);
    rule_off(grid, 0.4);
    for (size_t i = 0; i < grid->count; i++)
        free(grid->cells[i].words);
    memset(grid->cells, 0, sizeof grid->cells);
    grid->filled = 0;
}

struct grid *grid_begin(struct page *page, const struct column *columns, size_t count)
{
    struct grid *grid = calloc(1, sizeof *grid);
    double whole = 0.0;

    if (grid == NULL || count > COLUMNS_MAX)
        abort();
    grid->page = page;
    grid->columns = columns;
    grid->count = count;
    grid->size = count > 8 ? 7.5 : 8.5;
    for (size_t i = 0; i < count; i++) {
        whole += columns[i].share;
        grid->has_heads = grid->has_heads || columns[i].head != NULL;
    }
    for (size_t i = 0; i < count; i++)
        grid->widths[i] = page_width(page) * columns[i].share / whole;
    page_keep(page, 48.0);
    if (grid->has_heads)
        draw_heads(grid);
    else
        rule_off(grid, 0.4);
    return grid;
}

static void take_cell(struct grid *grid, char *words, int sign)
{
    if (words == NULL)
        abort();
    grid->cells[grid->filled++] = (struct grid_text){words, sign};
    if (grid->filled == grid->count)
        draw_row(grid);
}

static char *cell_words(const char *format, va_list list)
{
    char *words = NULL;

    if (vasprintf(&words, format, list) < 0)
        abort();
    if (words[0] == '\0') {
        free(words);
        words = strdup("–");
    }
    return words;
}

void grid_cell(struct grid *grid, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    take_cell(grid, cell_words(format == NULL ? "" : format, list), NO_SIGN);
    va_end(list);
}

void grid_sign(struct grid *grid, enum sign sign, const char *words)
{
    take_cell(grid, strdup(words), (int)sign);
}

void grid_one_line(struct grid *grid)
{
    grid->one_line = true;
}

void grid_end(struct grid *grid)
{
    while (grid->filled > 0)
        take_cell(grid, strdup(" "), NO_SIGN);
    page_skip(grid->page, 6.0);
    free(grid);
}

struct grid *facts_begin(struct page *page)
{
    static const struct column columns[] = {
        {NULL, 34.0, ALIGN_LEFT},
        {NULL, 66.0, ALIGN_LEFT}
    };
    struct grid *grid = grid_begin(page, columns, 2);

    grid->is_facts = true;
    return grid;
}

struct grid *facts_abreast(struct page *page)
{
    static const struct column columns[] = {
        {NULL, 10.5, ALIGN_LEFT},
        {NULL, 37.5, ALIGN_LEFT},
        {NULL, 10.5, ALIGN_LEFT},
        {NULL, 41.5, ALIGN_LEFT}
    };
    struct grid *grid = grid_begin(page, columns, 4);

    grid->is_facts = true;
    return grid;
}

void fact(struct grid *facts, const char *what, const char *format, ...)
{
    va_list list;

    take_cell(facts, strdup(what), NO_SIGN);
    va_start(list, format);
    take_cell(facts, cell_words(format, list), NO_SIGN);
    va_end(list);
}
