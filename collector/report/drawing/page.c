#include "drawing/page.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/version.h"
#include "drawing/out.h"
#include "drawing/page_inside.h"

#define A4_SHORT 595.276
#define A4_LONG  841.890

static double bottom(const struct page *page)
{
    return page->height - FOOT_BEGIN;
}

/* --- head and foot of every page ------------------------------------------------------------- */

static void draw_rule(const struct page *page, double y)
{
    ink_use(page->cr, INK_RULE);
    cairo_set_line_width(page->cr, 0.6);
    cairo_move_to(page->cr, MARGIN, y);
    cairo_line_to(page->cr, page->width - MARGIN, y);
    cairo_stroke(page->cr);
}

static void draw_stamp(const struct page *page)
{
    struct lettering how = {.size = 9.0, .bold = true, .ink = INK_LIMIT, .align = ALIGN_RIGHT};
    double width;
    double height;

    letters_measure(page->letters, &how, page->setup->stamp, &width, &height);
    letters_draw(page->letters, page->cr, &how, page->width - MARGIN - 6.0, 30.0,
                 page->setup->stamp);
    ink_use(page->cr, INK_LIMIT);
    cairo_set_line_width(page->cr, 1.0);
    cairo_rectangle(page->cr, page->width - MARGIN - width - 12.0, 29.0, width + 12.0,
                    height + 2.0);
    cairo_stroke(page->cr);
}

static void draw_head_and_foot(const struct page *page)
{
    struct lettering how = {.size = 8.0, .ink = INK_QUIET};
    char number[64];

    how.width = page->setup->stamp == NULL ? page_width(page) : page_width(page) - 190.0;
    how.lines = 1;
    letters_draw(page->letters, page->cr, &how, MARGIN, 33.0, page->setup->title);
    if (page->setup->stamp != NULL)
        draw_stamp(page);
    draw_rule(page, 50.0);
    draw_rule(page, page->height - FOOT_BEGIN + 10.0);
    how.width = page_width(page) - 110.0;
    letters_draw(page->letters, page->cr, &how, MARGIN, page->height - FOOT_BEGIN + 14.0,
                 page->setup->foot);
    snprintf(number, sizeof number, SAY("第 %d 页 共 %d 页", "page %d of %d"), page->number,
             page->pages);
    how = (struct lettering){.size = 8.0, .ink = INK_QUIET, .align = ALIGN_RIGHT};
    letters_draw(page->letters, page->cr, &how, page->width - MARGIN,
                 page->height - FOOT_BEGIN + 14.0, number);
}

static void begin_sheet(struct page *page)
{
    page->number++;
    page->y = HEAD_END;
    page->empty = true;
    if (page->writes)
        draw_head_and_foot(page);
}

static void end_sheet(struct page *page)
{
    if (page->writes)
        cairo_show_page(page->cr);
}

/* --- filling it ------------------------------------------------------------------------------ */

cairo_t *page_cairo(const struct page *page)
{
    return page->cr;
}

const struct letters *page_letters(const struct page *page)
{
    return page->letters;
}

double page_left(const struct page *page)
{
    (void)page;
    return MARGIN;
}

double page_width(const struct page *page)
{
    return page->width - 2.0 * MARGIN;
}

double page_y(const struct page *page)
{
    return page->y;
}

double page_room(const struct page *page)
{
    return bottom(page) - page->y;
}

void page_skip(struct page *page, double points)
{
    page->y += points;
    page->empty = false;
}

void page_break(struct page *page)
{
    end_sheet(page);
    begin_sheet(page);
}

void page_keep(struct page *page, double points)
{
    if (!page->empty && page_room(page) < points)
        page_break(page);
}

static char *formatted(const char *format, va_list list)
{
    char *text = NULL;

    if (vasprintf(&text, format, list) < 0)
        abort();
    return text;
}

/* Line by line, so that a long paragraph goes over to the next page. */
static void flow(struct page *page, const struct lettering *how, double x, const char *text)
{
    PangoLayout *layout = letters_set(page->letters, how, text);
    PangoLayoutIter *line = pango_layout_get_iter(layout);

    do {
        PangoRectangle logical;
        double height;
        double baseline;

        pango_layout_iter_get_line_extents(line, NULL, &logical);
        height = (double)logical.height / PANGO_SCALE;
        baseline = (double)(pango_layout_iter_get_baseline(line) - logical.y) / PANGO_SCALE;
        page_keep(page, height);
        ink_use(page->cr, how->ink);
        cairo_move_to(page->cr, x + (double)logical.x / PANGO_SCALE, page->y + baseline);
        pango_cairo_show_layout_line(page->cr, pango_layout_iter_get_line_readonly(line));
        page_skip(page, height);
    } while (pango_layout_iter_next_line(line));
    pango_layout_iter_free(line);
    g_object_unref(layout);
}

static void add_outline(struct page *page, int level, const char *text)
{
    int parent = level <= 1 ? CAIRO_PDF_OUTLINE_ROOT : page->outlines[level - 2];
    char *seen = letters_seen(text);
    char place[80];

    if (!page->writes) {
        free(seen);
        return;
    }
    snprintf(place, sizeof place, "page=%d pos=[%d %d]", page->number, MARGIN,
             (int)page->y > 20 ? (int)page->y - 20 : 0);
    page->outlines[level - 1] =
        cairo_pdf_surface_add_outline(page->surface, parent, seen, place, 0);
    free(seen);
}

void page_heading(struct page *page, int level, const char *format, ...)
{
    static const double sizes[] = {15.0, 12.0, 10.0};
    static const double above[] = {14.0, 10.0, 7.0};
    struct lettering how = {
        .size = sizes[level - 1], .bold = true, .ink = INK_TEXT, .width = page_width(page)};
    va_list list;
    char *text;

    va_start(list, format);
    text = formatted(format, list);
    va_end(list);
    page_keep(page, level == 3 ? 70.0 : 90.0);
    if (!page->empty)
        page_skip(page, above[level - 1]);
    add_outline(page, level, text);
    flow(page, &how, MARGIN, text);
    page_skip(page, level == 1 ? 4.0 : 2.0);
    free(text);
}

void page_say(struct page *page, enum tone tone, const char *format, ...)
{
    double indent = tone == TONE_POINT ? 12.0 : 0.0;
    struct lettering how = {.size = tone == TONE_SMALL ? 8.0 : 9.5,
                            .bold = tone == TONE_STRONG,
                            .ink = tone == TONE_SMALL ? INK_QUIET : INK_TEXT,
                            .width = page_width(page) - indent};
    va_list list;
    char *text;

    va_start(list, format);
    text = formatted(format, list);
    va_end(list);
    if (tone == TONE_POINT) {
        page_keep(page, 16.0);
        ink_use(page->cr, INK_TEXT);
        cairo_rectangle(page->cr, MARGIN + 3.0, page->y + 6.0, 3.5, 3.5);
        cairo_fill(page->cr);
    }
    flow(page, &how, MARGIN + indent, text);
    page_skip(page, 3.0);
    free(text);
}

static double draw_answer(struct page *page, const struct lettering *large,
                          const struct lettering *small, const char *words, const char *about,
                          bool draws)
{
    double x = MARGIN + 78.0;
    double y = page->y + 9.0;
    double first;
    double second;

    letters_measure(page->letters, large, words, NULL, &first);
    letters_measure(page->letters, small, about, NULL, &second);
    if (draws) {
        letters_draw(page->letters, page->cr, large, x, y, words);
        letters_draw(page->letters, page->cr, small, x, y + first + 1.0, about);
    }
    return first + second + 20.0 < 72.0 ? 72.0 : first + second + 20.0;
}

void page_answer(struct page *page, enum sign sign, const char *words, const char *about)
{
    struct lettering large = {.size = 22.0, .bold = true, .ink = INK_TEXT};
    struct lettering small = {.size = 10.0, .ink = INK_TEXT};
    double height;

    large.width = small.width = page_width(page) - 90.0;
    height = draw_answer(page, &large, &small, words, about, false);
    page_keep(page, height);
    ink_use(page->cr, INK_SHADE);
    cairo_rectangle(page->cr, MARGIN, page->y, page_width(page), height);
    cairo_fill_preserve(page->cr);
    ink_use(page->cr, INK_TEXT);
    cairo_set_line_width(page->cr, 1.4);
    cairo_stroke(page->cr);
    sign_draw(page->cr, sign, MARGIN + 16.0, page->y + (height - 46.0) / 2.0, 46.0);
    draw_answer(page, &large, &small, words, about, true);
    page_skip(page, height + 8.0);
}

/* --- the file -------------------------------------------------------------------------------- */

static cairo_status_t write_bytes(void *self, const unsigned char *bytes, unsigned count)
{
    return fwrite(bytes, 1, count, self) == count ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void describe(const struct page *page)
{
    char *title = letters_seen(page->setup->title);
    char made[WALL_TEXT];
    char by[80];

    snprintf(by, sizeof by, "lookback-report %s", version_text());
    wall_text(page->setup->made, made);
    made[19] = 'Z'; /* whole seconds: cairo knows no others */
    made[20] = '\0';
    cairo_pdf_surface_set_metadata(page->surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(page->surface, CAIRO_PDF_METADATA_CREATOR, by);
    cairo_pdf_surface_set_metadata(page->surface, CAIRO_PDF_METADATA_CREATE_DATE, made);
    cairo_pdf_surface_set_metadata(page->surface, CAIRO_PDF_METADATA_MOD_DATE, made);
    free(title);
}

/* Draws everything once. `file` NULL: only to count, on a sheet of one pixel. */
static bool run(struct page *page, FILE *file, void (*draw)(struct page *page, const void *self),
                const void *self, struct error *err)
{
    cairo_status_t status = CAIRO_STATUS_SUCCESS;

    page->writes = file != NULL;
    page->number = 0;
    page->surface = file == NULL ? cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)
                                 : cairo_pdf_surface_create_for_stream(write_bytes, file,
                                                                       page->width, page->height);
    page->cr = cairo_create(page->surface);
    page->letters = letters_new(page->cr, err);
    if (page->letters != NULL) {
        if (page->writes)
            describe(page);
        begin_sheet(page);
        draw(page, self);
        end_sheet(page);
        status = cairo_status(page->cr);
    }
    cairo_destroy(page->cr);
    cairo_surface_finish(page->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(page->surface);
    cairo_surface_destroy(page->surface);
    letters_free(page->letters);
    if (page->letters != NULL && status != CAIRO_STATUS_SUCCESS)
        out_failed(page->setup->path,
                   status == CAIRO_STATUS_WRITE_ERROR ? strerror(errno)
                                                      : cairo_status_to_string(status),
                   err);
    return page->letters != NULL && status == CAIRO_STATUS_SUCCESS;
}

bool page_print(const struct page_setup *setup, void (*draw)(struct page *page, const void *self),
                const void *self, struct error *err)
{
    struct page page = {.setup = setup,
                        .width = setup->wide ? A4_LONG : A4_SHORT,
                        .height = setup->wide ? A4_SHORT : A4_LONG};
    FILE *file;
    bool written;

    if (!wall_is_known(setup->made))
        return error_set(err, ERROR_WRONG_USE, "%s",
                         SAY("材料里没有生成时间（made）", "the document does not say when it was "
                                                           "made (made)"));
    if (!run(&page, NULL, draw, self, err))
        return false;
    page.pages = page.number;
    file = fopen(setup->path, "wb");
    if (file == NULL)
        return out_failed(setup->path, strerror(errno), err);
    written = run(&page, file, draw, self, err);
    if (written && (fflush(file) != 0 || ferror(file))) /* cairo forgets what fails near its end */
        written = out_failed(setup->path, strerror(errno), err);
    if (fclose(file) != 0 && written)
        written = out_failed(setup->path, strerror(errno), err);
    if (!written)
        out_drop(setup->path);
    return written;
}
