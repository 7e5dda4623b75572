#include "drawing/river_days.h"

#include <stdio.h>
#include <string.h>

#include "base/say.h"

struct look {
    const char *class_;
    const char *numeral;
    struct ink ink;
    int slopes[2]; /* of its hatching; 2: none */
    bool dark;
};

/* Grades and their colours as the national bulletin has them [M]; patterns are ours. */
static const struct look looks[] = {
    {"I",            "I",   {0.62, 0.79, 0.95}, {2, 2},  false},
    {"II",           "II",  {0.62, 0.79, 0.95}, {2, 2},  false},
    {"III",          "III", {0.71, 0.88, 0.66}, {0, 2},  false},
    {"IV",           "IV",  {0.99, 0.90, 0.52}, {1, 2},  false},
    {"V",            "V",   {0.97, 0.72, 0.40}, {1, -1}, false},
    {"worse_than_V", "劣", {0.66, 0.13, 0.13}, {2, 2},  true },
};

static const struct look missing = {
    "", "", {1.0, 1.0, 1.0},
      {2,   2     },
      false
};

static const struct look *look_of(const char *class_)
{
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
        if (strcmp(class_, looks[i].class_) == 0)
            return &looks[i];
    return &missing;
}

const char *river_tier_words(const char *tier)
{
    static const char *const words[][3] = {
        {"city",     "市级河长", "city chief"    },
        {"district", "区级河长", "district chief"},
        {"town",     "镇级河长", "town chief"    },
        {"village",  "村级河长", "village chief" },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(tier, words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return tier;
}

static void draw_cell(const struct page *page, const struct look *look, double x, double y,
                      double width, double height)
{
    cairo_t *cr = page_cairo(page);
    struct lettering how = {.size = 8.0, .bold = true, .ink = INK_TEXT, .align = ALIGN_CENTRE};
    const char *numeral = *look->class_ == '\0' ? SAY("缺", "-") : look->numeral;

    ink_use(cr, look->ink);
    cairo_rectangle(cr, x, y, width, height);
    cairo_fill(cr);
    for (size_t i = 0; i < 2; i++)
        if (look->slopes[i] != 2)
            ink_hatch(cr, x, y, width, height, 4.0, look->slopes[i], INK_BEFORE);
    ink_use(cr, INK_RULE);
    cairo_set_line_width(cr, 0.5);
    cairo_rectangle(cr, x, y, width, height);
    cairo_stroke(cr);
    if (look->slopes[0] != 2) { /* the numeral stands on clear ground */
        ink_use(cr, look->ink);
        cairo_rectangle(cr, x + width * 0.16, y + 3.5, width * 0.68, height - 7.0);
        cairo_fill(cr);
    }
    if (look->dark)
        how.ink = INK_PAPER;
    if (*look->class_ == '\0')
        how = (struct lettering){.size = 7.5, .ink = INK_QUIET, .align = ALIGN_CENTRE};
    letters_draw(page_letters(page), cr, &how, x + width / 2.0, y + (height - 11.6) / 2.0, numeral);
}

static void draw_day_numbers(const struct page *page, double left, double width, int days)
{
    struct lettering how = {.size = 7.0, .ink = INK_QUIET, .align = ALIGN_CENTRE};
    char number[8];

    for (int i = 0; i < days; i++) {
        snprintf(number, sizeof number, "%d", i + 1);
        letters_draw(page_letters(page), page_cairo(page), &how, left + (i + 0.5) * width,
                     page_y(page), number);
    }
}

static void draw_legend(struct page *page)
{
    struct lettering how = {.size = 7.5, .ink = INK_QUIET};
    double x = page_left(page);
    double y = page_y(page);

    for (size_t i = 1; i < sizeof looks / sizeof looks[0] + 1; i++) {
        bool none = i == sizeof looks / sizeof looks[0];
        const struct look *look = none ? &missing : &looks[i];
        const char *words = none     ? SAY("当日没有有效指标", "no valid item that day")
                            : i == 1 ? SAY("I、II 类", "I, II")
                                     : river_class_words(look->class_);
        double width;

        draw_cell(page, look, x, y, 22.0, 15.0);
        letters_measure(page_letters(page), &how, words, &width, NULL);
        letters_draw(page_letters(page), page_cairo(page), &how, x + 26.0, y + 2.0, words);
        x += width + 42.0;
    }
    page_skip(page, 22.0);
}

void river_days_draw(struct page *page, const json_t *report)
{
    static const double label = 130.0;
    double height = 19.0;
    double cell = (page_width(page) - label) / 31.0;

    page_keep(page, 80.0);
    page_heading(page, 3, "%s", SAY("逐日类别", "Class by day"));
    draw_day_numbers(page, page_left(page) + label, cell, 31);
    page_skip(page, 11.0);
    for (size_t i = 0; i < doc_size(report, "sections"); i++) {
        const json_t *section = doc_at(report, "sections", i);
        struct lettering how = {.size = 8.5, .ink = INK_TEXT, .width = label - 6.0, .lines = 1};

        page_keep(page, height + 3.0);
        letters_draw(page_letters(page), page_cairo(page), &how, page_left(page),
                     page_y(page) + 3.5, doc_text_or_dash(section, "title"));
        for (size_t day = 0; day < doc_size(section, "calendar") && day < 31; day++)
            draw_cell(page, look_of(doc_text(doc_at(section, "calendar", day), "class")),
                      page_left(page) + label + (double)day * cell, page_y(page), cell, height);
        page_skip(page, height + 3.0);
    }
    page_skip(page, 3.0);
    draw_legend(page);
}
