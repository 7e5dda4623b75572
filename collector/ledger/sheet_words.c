/* Words made alike: full-width and half-width, capital and small, spaced and not. */
#include "ledger/sheet.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

char *sheet_letter(size_t index, char *out)
{
    char *at = out;

    if (index >= 26 * 27)
        *at++ = '?';
    else if (index >= 26)
        *at++ = (char)('A' + index / 26 - 1);
    *at++ = (char)('A' + index % 26);
    *at = '\0';
    return out;
}

/* The half-width character a full-width one stands for; '\0': none. U+FF01 to U+FF5E are those of
 * ASCII in their order; dashes of every length are one. */
static char half_width(const char *at, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)at;

    if (length != 3)
        return length == 2 && bytes[0] == 0xc2 && bytes[1] == 0xa0 ? ' ' : '\0';
    if (bytes[0] == 0xef && bytes[1] == 0xbc && bytes[2] >= 0x81)
        return (char)(0x21 + (bytes[2] - 0x81));
    if (bytes[0] == 0xef && bytes[1] == 0xbd && bytes[2] <= 0x9e)
        return (char)(0x60 + (bytes[2] - 0x80));
    if (memcmp(at, "\xe3\x80\x80", 3) == 0)
        return ' ';
    if (bytes[0] == 0xe2 && ((bytes[1] == 0x80 && bytes[2] >= 0x90 && bytes[2] <= 0x95) ||
                             (bytes[1] == 0x88 && bytes[2] == 0x92)))
        return '-';
    return '\0';
}

/* One character as it is compared, or `at` itself; `*length` is that of what comes out. */
static const char *narrow_one(const char *at, size_t *length, char *room)
{
    *room = half_width(at, *length);
    if (*room == '\0')
        return at;
    *length = 1;
    return room;
}

char *sheet_narrow(const char *words, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    while (*words != '\0') {
        size_t taken = utf8_length(words) == 0 ? 1 : utf8_length(words);
        size_t length = taken;
        char room;
        const char *one = narrow_one(words, &length, &room);

        text_add_bytes(&text, one, length);
        words += taken;
    }
    return out;
}

char *sheet_fold(const char *words, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    while (*words != '\0') {
        size_t taken = utf8_length(words) == 0 ? 1 : utf8_length(words);
        size_t length = taken;
        char room;
        const char *one = narrow_one(words, &length, &room);

        if (length == 1 && !isspace((unsigned char)*one) && *one != '_')
            text_add_char(&text, (char)tolower((unsigned char)*one));
        else if (length > 1)
            text_add_bytes(&text, one, length);
        words += taken;
    }
    return out;
}

/* Groups of digits that one space, dash or point may part, as numbers are written to be read out:
 * how long they are, or 0. */
static size_t grouped(const char *words, const size_t *groups, size_t count)
{
    const char *at = words;

    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (*at == ' ' || *at == '-' || *at == '.'))
            at++;
        for (size_t digits = 0; digits < groups[i]; digits++)
            if (!isdigit((unsigned char)*at++))
                return 0;
    }
    return (size_t)(at - words);
}

static bool is_mobile(const char *at)
{
    static const size_t groups[] = {3, 4, 4};
    size_t length = grouped(at, groups, 3);

    return length > 0 && at[0] == '1' && at[1] >= '3' && !isalnum((unsigned char)at[length]);
}

/* Six digits of a district, eight of a birthday, three, and one to check them. */
static bool is_identity(const char *at)
{
    static const size_t groups[] = {6, 8, 3};
    size_t length = grouped(at, groups, 3);
    const char *born = at + 6;

    if (length == 0)
        return false;
    born += !isdigit((unsigned char)*born);
    return (strncmp(born, "19", 2) == 0 || strncmp(born, "20", 2) == 0) &&
           (isdigit((unsigned char)at[length]) || toupper((unsigned char)at[length]) == 'X') &&
           !isalnum((unsigned char)at[length + 1]);
}

bool sheet_names_a_person(const char *words)
{
    char narrow[4096];

    sheet_narrow(words, narrow, sizeof narrow);
    for (const char *at = narrow; *at != '\0'; at++) {
        if (!isdigit((unsigned char)*at) || (at > narrow && isdigit((unsigned char)at[-1])))
            continue;
        if (is_mobile(at) || is_identity(at) || (strncmp(at, "86", 2) == 0 && is_mobile(at + 2)))
            return true;
    }
    return false;
}
