#include "drivers/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "drivers/words.h"

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
    return byte >= ' ' && byte <= '~' && strchr("\\\";=", byte) == NULL;
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
            text_format(&text, "\\x%02X", plain[i]);
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
