#include "app/probe_match.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/words.h"

const char *probe_type_word(enum word_type type)
{
    return words_type_word(type);
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

static int unlikely_order(enum word_type type, enum word_order order)
{
    static const int of_two[] = {
        [ORDER_ABCD] = 0, [ORDER_CDAB] = 1, [ORDER_DCBA] = 2, [ORDER_BADC] = 3};

    if (type == WORDS_INT16 || type == WORDS_UINT16)
        return order == ORDER_ABCD ? 0 : 4;
    return of_two[order];
}

/* Makers of floats do not scale but where a unit is a thousandth; makers of whole numbers keep as
 * many decimals as the display shows. */
static int unlikely_scale(enum word_type type, int scale, const struct expected *expected)
{
    int kept = expected->decimals + scale; /* 0: as many as the display shows */

    if (type == WORDS_FLOAT32)
        return scale == 0 ? 0 : abs(scale) == 3 ? 5 : 7;
    if (scale > 0)
        return 4 + scale;
    return kept == 0 ? 1 : 2 + abs(kept);
}

static int unlikely(const struct mark *mark, const struct expected *expected,
                    const struct probe_words *words, size_t at)
{
    bool wide = mark->type == WORDS_UINT32 || mark->type == WORDS_INT32;
    bool half_empty = wide && (words->words[at] == 0 || words->words[at + 1] == 0);

    return unlikely_order(mark->type, mark->order) +
           unlikely_scale(mark->type, mark->scale, expected) + 3 * wide + 4 * half_empty;
}

/* Behind those of the same expected value that are as likely. */
static void add_mark(struct marks *marks, const struct mark *mark)
{
    size_t at = marks->count;

    while (at > 0 && marks->list[at - 1].expected == mark->expected &&
           marks->list[at - 1].unlikely > mark->unlikely)
        at--;
    marks->more |= marks->count == MARKS_MAX;
    if (at == MARKS_MAX)
        return;
    if (marks->count < MARKS_MAX)
        marks->count++;
    memmove(&marks->list[at + 1], &marks->list[at],
            (marks->count - at - 1) * sizeof marks->list[0]);
    marks->list[at] = *mark;
}

/* One type, order and scale at one place. A register of 0 or 1 proves nothing, however scaled. */
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
    if (mark.type != WORDS_FLOAT32 && fabs(raw) <= 1.0)
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
                                           WORDS_INT32};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        bool narrow = types[i] == WORDS_UINT16 || types[i] == WORDS_INT16;

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
