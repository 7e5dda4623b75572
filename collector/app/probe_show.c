#include "app/probe_show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "report/table.h"

static const double least_shown = 1e-3, most_shown = 1e6; /* a measured value is seldom beyond */

enum { NOUGHTS_TOLD_ONCE = 4 };

static bool is_bits(const struct probe_words *words)
{
    return words->range.area == AREA_COIL || words->range.area == AREA_DISCRETE_INPUT;
}

static bool is_marked(const struct marks *marks, const struct probe_words *words, unsigned address)
{
    for (size_t i = 0; i < marks->count; i++)
        if (marks->list[i].area == words->range.area && marks->list[i].address == address)
            return true;
    return false;
}

static bool is_plausible(double value)
{
    return isfinite(value) && fabs(value) >= least_shown && fabs(value) < most_shown;
}

static void cell_number(struct table *table, double value, bool shown)
{
    char words[40];
    struct text text;

    text_init(&text, words, sizeof words);
    if (shown && isfinite(value))
        text_add_number(&text, value);
    table_cell(table, "%s", words);
}

static void row_cells(struct table *table, const struct probe_words *words, size_t at, bool wide)
{
    uint16_t word = words->words[at];

    table_cell(table, "0x%04X", word);
    table_cell(table, "%u", word);
    table_cell(table, "%d", word >= 0x8000 ? word - 0x10000 : word);
    for (int i = 0; i < 4; i++) {
        static const enum word_order orders[] = {ORDER_ABCD, ORDER_CDAB, ORDER_BADC, ORDER_DCBA};
        double value = probe_value(words, at, WORDS_FLOAT32, orders[i], 0);

        cell_number(table, value, is_plausible(value));
    }
    for (int i = 0; wide && i < 2; i++)
        cell_number(table, probe_value(words, at, WORDS_INT32, i == 0 ? ORDER_ABCD : ORDER_CDAB, 0),
                    true);
}

static struct table *registers_table(bool wide)
{
    const char *const headings[] = {SAY("地址", "ADDRESS"),
                                    SAY("编号", "MANUAL"),
                                    SAY("十六进制", "HEX"),
                                    SAY("无符号", "UNSIGNED"),
                                    SAY("有符号", "SIGNED"),
                                    SAY("浮点 ABCD", "FLOAT ABCD"),
                                    "CDAB",
                                    "BADC",
                                    "DCBA",
                                    "INT32 ABCD",
                                    "INT32 CDAB"};

    return table_new(wide ? 11 : 9, headings);
}

static void unread_cells(struct table *table, const struct probe_words *words, size_t at,
                         size_t columns)
{
    table_cell(table, "%s", cause_title((enum cause)words->cause[at]));
    for (size_t i = 1; i < columns; i++)
        table_cell(table, "%s", "");
}

/* How many registers from here on could not be read, all for the same reason. */
static size_t unread_alike(const struct probe_words *words, size_t at)
{
    size_t count = 0;

    while (at + count < words->range.count && !words->read[at + count] &&
           words->cause[at + count] == words->cause[at])
        count++;
    return count;
}

/* How many registers from here on hold nothing but 0 and have no mark: long stretches of them are
 * one row. The last before another word stays a row of its own, for it may be half of a number. */
static size_t noughts(const struct probe_words *words, const struct marks *marks, size_t at)
{
    size_t count = 0;

    while (at + count < words->range.count && words->read[at + count] &&
           words->words[at + count] == 0 &&
           !is_marked(marks, words, words->range.address + (unsigned)(at + count)))
        count++;
    if (count > 0 && at + count < words->range.count)
        count--;
    return count >= NOUGHTS_TOLD_ONCE ? count : 0;
}

void probe_show_words(const struct probe_words *words, const struct marks *marks, bool wide)
{
    const char *const bit_headings[] = {SAY("地址", "ADDRESS"), SAY("编号", "MANUAL"),
                                        SAY("值", "VALUE")};
    struct table *table = is_bits(words) ? table_new(3, bit_headings) : registers_table(wide);
    char manual[8];

    for (size_t at = 0; at < words->range.count; at++) {
        unsigned address = words->range.address + (unsigned)at;
        size_t alike = words->read[at] ? noughts(words, marks, at) : unread_alike(words, at);

        if (alike > 1)
            table_cell(table, "%s %u–%u", area_word(words->range.area), address,
                       address + (unsigned)alike - 1);
        else
            table_cell(table, "%s %u%s", area_word(words->range.area), address,
                       is_marked(marks, words, address) ? " *" : "");
        table_cell(table, "%s", probe_manual_text(words->range.area, address, manual));
        if (!words->read[at])
            unread_cells(table, words, at, is_bits(words) ? 1 : wide ? 9 : 7);
        else if (is_bits(words))
            table_cell(table, "%u", words->words[at]);
        else
            row_cells(table, words, at, wide);
        at += alike > 1 ? alike - 1 : 0;
    }
    table_print(table, stdout);
    table_free(table);
}

static json_t *number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *register_json(const struct probe_words *words, size_t at)
{
    unsigned address = words->range.address + (unsigned)at;
    json_t *row;
    char manual[8];

    row = json_pack("{s:s, s:i, s:s}", "area", area_word(words->range.area), "address",
                    (int)address, "manual", probe_manual_text(words->range.area, address, manual));
    json_object_set_new(row, "word",
                        words->read[at] ? json_integer(words->words[at]) : json_null());
    json_object_set_new(row, "cause",
                        words->read[at] ? json_null()
                                        : json_string(cause_word((enum cause)words->cause[at])));
    if (is_bits(words))
        return row;
    for (int order = ORDER_ABCD; order <= ORDER_DCBA; order++) {
        static const char *const floats[] = {"float_abcd", "float_badc", "float_cdab",
                                             "float_dcba"};

        json_object_set_new(
            row, floats[order],
            number_json(probe_value(words, at, WORDS_FLOAT32, (enum word_order)order, 0)));
    }
    return row;
}

json_t *probe_words_json(const struct probe_words *words)
{
    json_t *list = json_array();

    for (size_t at = 0; at < words->range.count; at++)
        json_array_append_new(list, register_json(words, at));
    return list;
}

/* "float32 CDAB", "uint16 × 0.01 (int16 is the same)". */
static void mark_text(const struct mark *mark, char *out, size_t size)
{
    static const char *const factors[] = {"0.0001", "0.001", "0.01", "0.1",
                                          "1",      "10",    "100",  "1000"};
    bool narrow = mark->type == WORDS_UINT16 || mark->type == WORDS_INT16;
    struct text text;

    text_init(&text, out, size);
    text_add(&text, probe_type_word(mark->type));
    if (!narrow || mark->order != ORDER_ABCD)
        text_format(&text, " %s", probe_order_word(mark->order));
    if (mark->scale != 0)
        text_format(&text, " × %s", factors[mark->scale - SCALE_LEAST]);
    if (mark->sign_open)
        text_format(&text, SAY("（写 %s 也一样）", " (%s is the same)"),
                    mark->type == WORDS_UINT16 ? "int16" : "int32");
}

static void show_marks_of(const struct marks *marks, const struct expected *expected, size_t index)
{
    const char *const headings[] = {
        SAY("排名", "LIKELY"), SAY("地址", "ADDRESS"), SAY("编号", "MANUAL"),
        SAY("类型、次序、比例", "TYPE, ORDER, SCALE"), SAY("得到", "GIVES")};
    struct table *table = table_new(5, headings);
    unsigned rank = 0;

    for (size_t i = 0; i < marks->count; i++) {
        const struct mark *mark = &marks->list[i];
        char words[80], manual[8];

        if (mark->expected != index)
            continue;
        mark_text(mark, words, sizeof words);
        table_cell(table, "%u", ++rank);
        table_cell(table, "%s %u", area_word(mark->area), mark->address);
        table_cell(table, "%s", probe_manual_text(mark->area, mark->address, manual));
        table_cell(table, "%s", words);
        cell_number(table, mark->value, true);
    }
    if (rank == 0)
        printf(
            SAY("\n显示值 %s：读到的寄存器里没有；请核对显示值（与读取同时看），或换一段地址，例如 "
                "--read holding:100:50\n",
                "\n%s on the display: none of the registers read gives it; compare the display "
                "(at the moment of reading), or read another range, as --read holding:100:50\n"),
            expected->text);
    else
        printf(SAY("\n显示值 %s 的出处%s：\n", "\nwhere the display's %s may come from%s:\n"),
               expected->text,
               rank > 1 ? SAY("（不止一处，等显示值变了再试一次就能分清）",
                              " (more than one: try again when the display has changed)")
                        : "");
    if (rank > 0)
        table_print(table, stdout);
    table_free(table);
}

void probe_show_marks(const struct marks *marks, const struct expected *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (expected_is_telling(&expected[i]))
            show_marks_of(marks, &expected[i], i);
        else
            printf(SAY("\n显示值 %s：0 和 1 到处都是，由此得不出结论；等显示别的数时再试\n",
                       "\n%s on the display: a 0 or a 1 stands everywhere, so nothing follows from "
                       "it; try again when it shows another number\n"),
                   expected[i].text);
    }
    if (marks->more)
        printf("%s\n", SAY("还有更多，未全部列出；显示值位数越多越容易分清",
                           "there are more, not all are listed; a value with more digits tells "
                           "them apart"));
}

json_t *probe_marks_json(const struct marks *marks, const struct expected *expected, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < marks->count; i++) {
        const struct mark *mark = &marks->list[i];

        if (mark->expected < count)
            json_array_append_new(
                list, json_pack("{s:s, s:s, s:i, s:s, s:s, s:i, s:f, s:b, s:i}", "expect",
                                expected[mark->expected].text, "area", area_word(mark->area),
                                "address", (int)mark->address, "type", probe_type_word(mark->type),
                                "word_order", probe_order_word(mark->order), "scale_exponent",
                                mark->scale, "value", mark->value, "sign_open",
                                (int)mark->sign_open, "unlikely", mark->unlikely));
    }
    return list;
}
