#include "drivers/identity.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "drivers/words.h"

#define NUMBERS_EXACT 9007199254740992.0 /* 2^53: whole numbers a double holds */

/* Of a value that is too long: a digest of all its bytes (FNV-1a, which is enough to tell two
 * instruments apart; nobody forges a probe against it that could not forge the number itself). */
static uint32_t digest_of(const uint8_t *bytes, size_t size)
{
    uint32_t digest = 2166136261U;

    for (size_t i = 0; i < size; i++)
        digest = (digest ^ bytes[i]) * 16777619U;
    return digest;
}

static bool is_plain(uint8_t byte)
{
    return byte >= ' ' && byte <= '~' && strchr("\\\";=%", byte) == NULL;
}

/* Bytes up to a NUL, less the blanks a maker fills up with. */
static size_t string_bytes(const struct identity_item *item, const uint8_t *bytes,
                           uint8_t out[2 * IDENTITY_WORDS_MAX])
{
    bool swapped = item->order == ORDER_BADC || item->order == ORDER_DCBA;
    size_t size = 0;

    while (size < 2U * item->words && bytes[size ^ swapped] != 0) {
        out[size] = bytes[size ^ swapped];
        size++;
    }
    while (size > 0 && out[size - 1] == ' ')
        size--;
    return size;
}

static void string_value(const struct identity_item *item, const uint8_t *bytes,
                         char out[IDENTITY_VALUE])
{
    enum { DIGEST_SIZE = 9 }; /* "~" and eight digits */
    char whole[4 * 2 * IDENTITY_WORDS_MAX + 1];
    uint8_t plain[2 * IDENTITY_WORDS_MAX];
    size_t size = string_bytes(item, bytes, plain);
    struct text text;

    text_init(&text, whole, sizeof whole);
    for (size_t i = 0; i < size; i++)
        if (is_plain(plain[i]))
            text_add_char(&text, (char)plain[i]);
        else
            text_format(&text, "%%%02X", plain[i]);
    if (text.used < IDENTITY_VALUE)
        snprintf(out, IDENTITY_VALUE, "%s", whole);
    else
        snprintf(out, IDENTITY_VALUE, "%.*s~%08" PRIx32, IDENTITY_VALUE - 1 - DIGEST_SIZE, whole,
                 digest_of(plain, size));
}

/* A number is told by its shortest decimal; 64 bits whole, so that a long serial number keeps its
 * last digits; words that are no number as they stand. */
void identity_value(const struct identity_item *item, const uint8_t *bytes,
                    char out[IDENTITY_VALUE])
{
    struct decimal number;
    struct text text;
    uint64_t raw;

    if (item->type == WORDS_STRING) {
        string_value(item, bytes, out);
        return;
    }
    text_init(&text, out, IDENTITY_VALUE);
    raw = words_raw(item->type, item->order, bytes);
    if (item->type == WORDS_UINT64)
        text_format(&text, "%" PRIu64, raw);
    else if (item->type == WORDS_INT64)
        text_format(&text, "%s%" PRIu64, raw >> 63 != 0 ? "-" : "", raw >> 63 != 0 ? 0 - raw : raw);
    else if (words_number(item->type, raw, &number) == CAUSE_NONE)
        text_add_number(&text, decimal_to_double(number));
    else
        text_format(&text, "0x%0*" PRIX64, (int)(4 * words_count(item->type)), raw);
}

void identity_text(const struct profile *profile, const struct identity_heard *heard,
                   char out[IDENTITY_TEXT])
{
    struct text text;

    text_init(&text, out, IDENTITY_TEXT);
    for (size_t i = 0; i < profile->identity_count; i++)
        if (heard->known[i])
            text_format(&text, "%s%s=%s", text.used > 0 ? "; " : "", profile->identity[i].name,
                        heard->values[i]);
}

/* The item of that name, or the count of items. */
static size_t item_of(const struct profile *profile, const char *name, size_t size)
{
    size_t i = 0;

    while (i < profile->identity_count && (strlen(profile->identity[i].name) != size ||
                                           memcmp(profile->identity[i].name, name, size) != 0))
        i++;
    return i;
}

void identity_parse(const struct profile *profile, const char *text, struct identity_heard *heard)
{
    *heard = (struct identity_heard){0};
    while (*text != '\0') {
        size_t name = strcspn(text, "=;");
        size_t item = item_of(profile, text, name);
        size_t value;

        text += name;
        text += *text == '=';
        value = strcspn(text, ";");
        if (item < profile->identity_count) {
            snprintf(heard->values[item], IDENTITY_VALUE, "%.*s", (int)value, text);
            heard->known[item] = true;
        }
        text += value;
        text += strspn(text, "; ");
    }
}

/* A person types a number as it is printed on the plate, with noughts before it. */
static void say_item(const struct profile *profile, const char *name, const char *value,
                     struct identity_heard *said)
{
    size_t item = item_of(profile, name, strlen(name));
    struct text text;
    double number;

    if (item == profile->identity_count || value == NULL || value[0] == '\0')
        return;
    snprintf(said->values[item], IDENTITY_VALUE, "%s", value);
    said->known[item] = true;
    if (profile->identity[item].type == WORDS_STRING || !number_parse(value, &number) ||
        fabs(number) > NUMBERS_EXACT)
        return;
    text_init(&text, said->values[item], IDENTITY_VALUE);
    text_add_number(&text, number);
}

void identity_terms_init(struct identity_terms *terms, const struct profile *profile,
                         const char *remembered, const char *setting, const char *serial_number)
{
    identity_parse(profile, remembered == NULL ? "" : remembered, &terms->accepted);
    identity_parse(profile, setting == NULL ? "" : setting, &terms->said);
    say_item(profile, "serial_number", serial_number, &terms->said);
}

static bool same_item(const struct identity_heard *one, const struct identity_heard *other,
                      size_t item)
{
    return strcmp(one->values[item], other->values[item]) == 0;
}

/* Whether the settings put another instrument in the place of the remembered one, and it is there.
 */
static bool is_replaced(const struct profile *profile, const struct identity_terms *terms,
                        const struct identity_heard *heard)
{
    static const char name[] = "serial_number";
    size_t item = item_of(profile, name, strlen(name));

    return item < profile->identity_count && terms->said.known[item] &&
           terms->accepted.known[item] && heard->known[item] &&
           !same_item(&terms->said, &terms->accepted, item) && same_item(&terms->said, heard, item);
}

static bool item_is_right(const struct profile *profile, const struct identity_terms *terms,
                          const struct identity_heard *heard, size_t item)
{
    if (terms->said.known[item])
        return same_item(&terms->said, heard, item);
    return !terms->accepted.known[item] || same_item(&terms->accepted, heard, item) ||
           is_replaced(profile, terms, heard);
}

enum identity_verdict identity_judge(const struct profile *profile,
                                     const struct identity_terms *terms,
                                     const struct identity_heard *heard)
{
    enum identity_verdict verdict = IDENTITY_RIGHT;

    for (size_t i = 0; i < profile->identity_count; i++) {
        const char *expect = profile->identity[i].expect;

        if (!heard->known[i])
            continue;
        if (expect[0] != '\0' && strcmp(expect, heard->values[i]) != 0)
            return IDENTITY_OTHER_MODEL;
        if (expect[0] == '\0' && !item_is_right(profile, terms, heard, i))
            verdict = IDENTITY_CHANGED;
    }
    return verdict;
}

bool identity_accept(struct identity_terms *terms, const struct identity_heard *heard)
{
    bool is_news = false;

    for (size_t i = 0; i < IDENTITY_ITEMS_MAX; i++) {
        if (!heard->known[i])
            continue;
        if (!terms->accepted.known[i] || !same_item(&terms->accepted, heard, i))
            is_news = true;
        terms->accepted.known[i] = true;
        memcpy(terms->accepted.values[i], heard->values[i], IDENTITY_VALUE);
    }
    return is_news;
}

void identity_wanted(const struct profile *profile, const struct identity_terms *terms,
                     struct identity_heard *wanted)
{
    *wanted = terms->accepted;
    for (size_t i = 0; i < profile->identity_count; i++) {
        const char *expect = profile->identity[i].expect;

        if (expect[0] == '\0' && !terms->said.known[i])
            continue;
        snprintf(wanted->values[i], IDENTITY_VALUE, "%s",
                 expect[0] != '\0' ? expect : terms->said.values[i]);
        wanted->known[i] = true;
    }
}
