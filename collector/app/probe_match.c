#include "app/probe_match.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/words.h"

const char *probe_type_word(enum word_type type)
{
    static const char *const words[] = {
        [WORDS_INT16] = "int16",   [WORDS_UINT16] = "uint16",   [WORDS_INT32] = "int32",
        [WORDS_UINT32] = "uint32", [WORDS_FLOAT32] = "float32", [WORDS_INT64] = "int64",
        [WORDS_UINT64] = "uint64", [WORDS_FLOAT64] = "float64", [WORDS_BCD16] = "bcd16",
        [WORDS_BCD32] = "bcd32",   [WORDS_BIT] = "bit",         [WORDS_STRING] = "string",
    };

    return words[type];
}

const char *probe_order_word(enum word_order order)
{
    static const char *const words[] = {"ABCD", "BADC", "CDAB", "DCBA"};

    return words[order];
}

static bool wrong_expected(const char *words, struct error *err)
{
    return error_set(
        err, ERROR_WRONG_USE,
        SAY("--expect：“%s”不是数；照显示屏上的写，例如 7.32，或 ph=7.32,water_temperature="
            "20.4（最多 %d 个）",
            "--expect: \"%s\" is not a number; write what the display shows, as 7.32, "
            "or ph=7.32,water_temperature=20.4 (at most %d)"),
        words, (int)EXPECTED_MAX);
}

static bool parse_one(const char *words, size_t length, struct expected *one)
{
    const char *sign = memchr(words, '=', length);
    size_t name = sign == NULL ? 0 : (size_t)(sign - words);
    const char *number = sign == NULL ? words : sign + 1;
    size_t digits = length - (size_t)(number - words);
    const char *point;

    *one = (struct expected){.value = 0};
    if (name >= sizeof one->parameter || digits == 0 || digits >= sizeof one->text)
        return false;
    snprintf(one->parameter, sizeof one->parameter, "%.*s", (int)name, words);
    snprintf(one->text, sizeof one->text, "%.*s", (int)digits, number);
    point = strchr(one->text, '.');
    one->decimals = point == NULL ? 0 : (int)strlen(point + 1);
    return strspn(one->text, "+-.0123456789") == digits &&
           number_parse(one->text + (one->text[0] == '+'), &one->value);
}

bool expected_parse(const char *words, struct expected *list, size_t *count, struct error *err)
{
    *count = 0;
    for (const char *at = words;; at++) {
        size_t length = strcspn(at, ",");

        if (*count == EXPECTED_MAX || !parse_one(at, length, &list[*count]))
            return wrong_expected(words, err);
        (*count)++;
        at += length;
        if (*at == '\0')
            return true;
    }
}

/* GUARD: a 0 or a 1 stands in every second register. */
bool expected_is_telling(const struct expected *expected)
{
    return expected->value != 0.0 && expected->value != 1.0;
}

double probe_value(const struct probe_words *words, size_t at, enum word_type type,
                   enum word_order order, int scale)
{
    struct channel channel = {
        .type = type,
        .order = order,
        .scale = {1, scale},
        .valid_min = -INFINITY,
        .valid_max = INFINITY
    };
    unsigned count = channel_word_count(&channel);
    uint8_t bytes[2 * CHANNEL_WORDS_MAX];

    if (at + count > words->range.count)
        return NAN;
    for (unsigned i = 0; i < count; i++) {
        if (!words->read[at + i])
            return NAN;
        bytes[2 * i] = (uint8_t)(words->words[at + i] >> 8);
        bytes[2 * i + 1] = (uint8_t)words->words[at + i];
    }
    return channel_decode(&channel, bytes).value;
}

static bool shows(const struct expected *expected, double value)
{
    double half = 0.5 * pow(10.0, -expected->decimals);

    return fabs(value - expected->value) <= half * (1.0 + 1e-9);
}

static bool is_float(enum word_type type)
{
    return type == WORDS_FLOAT32 || type == WORDS_FLOAT64;
}

static bool is_narrow(enum word_type type)
{
    return type == WORDS_INT16 || type == WORDS_UINT16 || type == WORDS_BCD16;
}

static int unlikely_order(enum word_type type, enum word_order order)
{
    static const int of_two[] = {
        [ORDER_ABCD] = 0, [ORDER_CDAB] = 1, [ORDER_DCBA] = 2, [ORDER_BADC] = 3};

    if (is_narrow(type))
        return order == ORDER_ABCD ? 0 : 4;
    return of_two[order];
}

static int unlikely_type(enum word_type type)
{
    switch (type) {
    case WORDS_UINT32:
    case WORDS_INT32:
        return 3;
    case WORDS_FLOAT64:
    case WORDS_BCD16:
    case WORDS_BCD32:
        return 5;
    default:
        return 0;
    }
}

/* Makers of floats do not scale but where a unit is a thousandth; makers of whole numbers keep as
 * many decimals as the display shows. */
static int unlikely_scale(enum word_type type, int scale, const struct expected *expected)
{
    int kept = expected->decimals + scale; /* 0: as many as the display shows */

    if (is_float(type))
        return scale == 0 ? 0 : abs(scale) == 3 ? 5 : 7;
    if (scale > 0)
        return 4 + scale;
    return kept == 0 ? 1 : 2 + abs(kept);
}

static int unlikely(const struct mark *mark, const struct expected *expected,
                    const struct probe_words *words, size_t at)
{
    bool wide =
        mark->type == WORDS_UINT32 || mark->type == WORDS_INT32 || mark->type == WORDS_BCD32;
    bool half_empty = wide && (words->words[at] == 0 || words->words[at + 1] == 0);

    return unlikely_order(mark->type, mark->order) +
           unlikely_scale(mark->type, mark->scale, expected) + unlikely_type(mark->type) +
           4 * half_empty;
}

static bool goes_before(const struct mark *one, const struct mark *other)
{
    return one->expected != other->expected ? one->expected < other->expected
                                            : one->unlikely < other->unlikely;
}

static size_t marks_of(const struct marks *marks, size_t expected)
{
    size_t count = 0;

    for (size_t i = 0; i < marks->count; i++)
        count += marks->list[i].expected == expected;
    return count;
}

static void drop_mark(struct marks *marks, size_t at)
{
    marks->count--;
    memmove(&marks->list[at], &marks->list[at + 1], (marks->count - at) * sizeof marks->list[0]);
}

/* Behind those of the same expected value that are as likely; of too many the least likely goes. */
static void add_mark(struct marks *marks, const struct mark *mark)
{
    size_t at = marks->count;

    while (at > 0 && goes_before(mark, &marks->list[at - 1]))
        at--;
    memmove(&marks->list[at + 1], &marks->list[at], (marks->count - at) * sizeof marks->list[0]);
    marks->list[at] = *mark;
    marks->count++;
    if (marks_of(marks, mark->expected) <= MARKS_EACH)
        return;
    marks->more = true;
    while (at + 1 < marks->count && marks->list[at + 1].expected == mark->expected)
        at++;
    drop_mark(marks, at);
}

/* A register of 0 or 1 proves nothing, however it is turned or scaled. */
static bool is_bare(const struct probe_words *words, size_t at, enum word_type type)
{
    const struct channel channel = {.type = type};

    for (unsigned i = 0; i < channel_word_count(&channel); i++)
        if (words->words[at + i] > 1)
            return false;
    return true;
}

/* One type, order and scale at one place. */
static void try_one(const struct probe_words *words, size_t at, struct mark mark,
                    const struct expected *expected, struct marks *marks)
{
    double raw = probe_value(words, at, mark.type, mark.order, 0);
    enum word_type other = mark.type == WORDS_UINT16   ? WORDS_INT16
                           : mark.type == WORDS_UINT32 ? WORDS_INT32
                                                       : mark.type;

    mark.value = probe_value(words, at, mark.type, mark.order, mark.scale);
    if (isnan(mark.value) || !shows(expected, mark.value))
        return;
    if (is_bare(words, at, mark.type) || (!is_float(mark.type) && fabs(raw) <= 1.0))
        return;
    mark.sign_open = other != mark.type && probe_value(words, at, other, mark.order, 0) == raw;
    mark.unlikely = unlikely(&mark, expected, words, at);
    add_mark(marks, &mark);
}

static bool is_signed(enum word_type type)
{
    return type == WORDS_INT16 || type == WORDS_INT32;
}

/* A signed number that is not below zero is found as the unsigned one. */
static void try_types(const struct probe_words *words, size_t at, struct mark mark,
                      const struct expected *expected, struct marks *marks)
{
    static const enum word_type types[] = {WORDS_FLOAT32, WORDS_UINT16, WORDS_INT16, WORDS_UINT32,
                                           WORDS_INT32,   WORDS_BCD16,  WORDS_BCD32, WORDS_FLOAT64};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        bool narrow = is_narrow(types[i]);

        mark.type = types[i];
        if (is_signed(types[i]) && expected->value >= 0)
            continue;
        for (int order = ORDER_ABCD; order <= (narrow ? ORDER_BADC : ORDER_DCBA); order++)
            for (mark.scale = SCALE_LEAST; mark.scale <= SCALE_MOST; mark.scale++) {
                mark.order = (enum word_order)order;
                try_one(words, at, mark, expected, marks);
            }
    }
}

void probe_match(const struct probe_words *words, const struct expected *list, size_t count,
                 struct marks *marks)
{
    bool bits = words->range.area == AREA_COIL || words->range.area == AREA_DISCRETE_INPUT;

    for (size_t i = 0; i < count && !bits; i++)
        for (size_t at = 0; at < words->range.count && expected_is_telling(&list[i]); at++)
            try_types(words, at,
                      (struct mark){.expected = i,
                                    .area = words->range.area,
                                    .address = (uint16_t)(words->range.address + at)},
                      &list[i], marks);
}
