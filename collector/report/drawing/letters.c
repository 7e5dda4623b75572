#include "drawing/letters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"

#define FAMILY "Noto Sans CJK SC"

struct letters {
    PangoContext *context;
    PangoFontDescription *font;
};

static bool font_is_there(PangoContext *context, const PangoFontDescription *wanted,
                          struct error *err)
{
    PangoFont *font = pango_context_load_font(context, wanted);
    PangoFontDescription *found = font == NULL ? NULL : pango_font_describe(font);
    const char *family = found == NULL ? NULL : pango_font_description_get_family(found);
    bool there = family != NULL && strcmp(family, FAMILY) == 0;

    if (!there)
        error_set(err, ERROR_REFUSED,
                  SAY("没有安装字体 %s，报告无法排版；请安装软件包 fonts-noto-cjk",
                      "the font %s is not installed and reports cannot be set without it; install "
                      "the package fonts-noto-cjk"),
                  FAMILY);
    pango_font_description_free(found);
    if (font != NULL)
        g_object_unref(font);
    return there;
}

struct letters *letters_new(cairo_t *cr, struct error *err)
{
    struct letters *letters = calloc(1, sizeof *letters);
    cairo_font_options_t *options = cairo_font_options_create();

    if (letters == NULL) {
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        cairo_font_options_destroy(options);
        return NULL;
    }
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    letters->context = pango_cairo_create_context(cr);
    pango_cairo_context_set_font_options(letters->context, options);
    pango_context_set_round_glyph_positions(letters->context, FALSE);
    pango_context_set_language(letters->context, pango_language_from_string("zh-cn"));
    pango_context_set_base_dir(letters->context, PANGO_DIRECTION_LTR);
    cairo_font_options_destroy(options);
    letters->font = pango_font_description_new();
    pango_font_description_set_family_static(letters->font, FAMILY);
    pango_font_description_set_absolute_size(letters->font, 10.0 * PANGO_SCALE);
    if (!font_is_there(letters->context, letters->font, err)) {
        letters_free(letters);
        return NULL;
    }
    return letters;
}

void letters_free(struct letters *letters)
{
    if (letters == NULL)
        return;
    pango_font_description_free(letters->font);
    g_object_unref(letters->context);
    free(letters);
}

/* Whether a character has no shape of its own but moves, turns or hides its neighbours. */
static bool is_unseen(const char *at, size_t length)
{
    unsigned char first = (unsigned char)at[0];
    unsigned char second = (unsigned char)at[1];
    unsigned char third = length >= 3 ? (unsigned char)at[2] : 0;

    if (length == 1)
        return first < 0x20 || first == 0x7f;
    if (length == 2)
        return first == 0xc2 && second < 0xa0; /* C1 controls */
    if (length == 4) /* U+1FFFE, U+1FFFF, …: no characters, and cairo ends with them */
        return (second & 0x0f) == 0x0f && third == 0xbf && (unsigned char)at[3] >= 0xbe;
    /* U+200B … U+200F, U+2028 … U+202E, U+2060 … U+206F, U+FEFF */
    return (first == 0xe2 && second == 0x80 &&
            ((third >= 0x8b && third <= 0x8f) || (third >= 0xa8 && third <= 0xae))) ||
           (first == 0xe2 && second == 0x81 && third >= 0xa0 && third <= 0xaf) ||
           (first == 0xef && second == 0xbb && third == 0xbf) ||
           /* U+FDD0 … U+FDEF, U+FFFE, U+FFFF are no characters either */
           (first == 0xef && second == 0xb7 && third >= 0x90 && third <= 0xaf) ||
           (first == 0xef && second == 0xbf && third >= 0xbe);
}

char *letters_seen(const char *text)
{
    char *copy = strdup(text);
    size_t from = 0;
    size_t to = 0;

    if (copy == NULL)
        abort();
    utf8_mend(copy);
    while (copy[from] != '\0') {
        size_t length = utf8_length(copy + from);

        if (copy[from] != '\n' && is_unseen(copy + from, length)) {
            copy[to++] = ' ';
        } else {
            memmove(copy + to, copy + from, length);
            to += length;
        }
        from += length;
    }
    copy[to] = '\0';
    return copy;
}

/* At most LETTERS_MOST characters: no page holds more, and long lines take long to break. */
static void cut(char *words)
{
    size_t at = 0;

    for (int count = 0; words[at] != '\0' && count < LETTERS_MOST; count++)
        at += utf8_length(words + at);
    words[at] = '\0';
}

PangoLayout *letters_set(const struct letters *letters, const struct lettering *how,
                         const char *text)
{
    static const PangoAlignment aligns[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER,
                                            PANGO_ALIGN_RIGHT};
    PangoLayout *layout = pango_layout_new(letters->context);
    PangoFontDescription *font = pango_font_description_copy_static(letters->font);
    char *seen = letters_seen(text);

    cut(seen);
    pango_font_description_set_absolute_size(font, how->size * PANGO_SCALE);
    pango_font_description_set_weight(font, how->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_auto_dir(layout, FALSE);
    pango_layout_set_alignment(layout, aligns[how->align]);
    if (how->width > 0.0) {
        pango_layout_set_width(layout, (int)(how->width * PANGO_SCALE));
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    }
    if (how->lines > 0 && how->width > 0.0) {
        pango_layout_set_height(layout, -how->lines);
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    }
    pango_layout_set_text(layout, seen, -1);
    pango_font_description_free(font);
    free(seen);
    return layout;
}

static void measure_layout(PangoLayout *layout, double *width, double *height)
{
    PangoRectangle logical;

    pango_layout_get_extents(layout, NULL, &logical);
    if (width != NULL)
        *width = (double)logical.width / PANGO_SCALE;
    if (height != NULL)
        *height = (double)logical.height / PANGO_SCALE;
}

void letters_measure(const struct letters *letters, const struct lettering *how, const char *text,
                     double *width, double *height)
{
    PangoLayout *layout = letters_set(letters, how, text);

    measure_layout(layout, width, height);
    g_object_unref(layout);
}

double letters_draw(const struct letters *letters, cairo_t *cr, const struct lettering *how,
                    double x, double y, const char *text)
{
    PangoLayout *layout = letters_set(letters, how, text);
    double width;
    double height;

    measure_layout(layout, &width, &height);
    cairo_save(cr);
    ink_use(cr, how->ink);
    cairo_translate(cr, x, y);
    if (how->turn > 0.0)
        cairo_rotate(cr, -M_PI / 2.0);
    if (how->width <= 0.0 && how->align == ALIGN_CENTRE)
        cairo_translate(cr, -width / 2.0, 0.0);
    else if (how->width <= 0.0 && how->align == ALIGN_RIGHT)
        cairo_translate(cr, -width, 0.0);
    cairo_move_to(cr, 0.0, 0.0);
    pango_cairo_show_layout(cr, layout);
    cairo_restore(cr);
    g_object_unref(layout);
    return height;
}
