#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *text, char *bytes, size_t size)
{
    *text = (struct text){.bytes = bytes, .size = size};
    if (size > 0)
        bytes[0] = '\0';
}

void text_add_bytes(struct text *text, const char *bytes, size_t count)
{
    if (text->full || count >= text->size - text->used) {
        text->full = true;
        return;
    }
    memcpy(text->bytes + text->used, bytes, count);
    text->used += count;
    text->bytes[text->used] = '\0';
}

void text_add(struct text *text, const char *words)
{
    text_add_bytes(text, words, strlen(words));
}

void text_add_char(struct text *text, char one)
{
    text_add_bytes(text, &one, 1);
}

void text_add_int(struct text *text, int64_t number)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        *--at = '-';
    text_add_bytes(text, at, (size_t)(digits + sizeof digits - at));
}

void text_format(struct text *text, const char *format, ...)
{
    size_t room = text->size - text->used;
    va_list args;
    int wanted;

    if (text->full)
        return;
    va_start(args, format);
    wanted = vsnprintf(text->bytes + text->used, room, format, args);
    va_end(args);
    if (wanted < 0 || (size_t)wanted >= room) {
        if (room > 0)
            text->bytes[text->used] = '\0';
        text->full = true;
        return;
    }
    text->used += (size_t)wanted;
}

void text_cut(struct text *text, size_t used)
{
    text->used = used;
    text->full = false;
    if (text->size > 0)
        text->bytes[used] = '\0';
}

size_t utf8_length(const char *words)
{
    const unsigned char *at = (const unsigned char *)words;
    size_t more;

    if (at[0] < 0x80)
        return 1;
    if (at[0] >= 0xc2 && at[0] <= 0xdf)
        more = 1;
    else if (at[0] >= 0xe0 && at[0] <= 0xef)
        more = 2;
    else if (at[0] >= 0xf0 && at[0] <= 0xf4)
        more = 3;
    else
        return 0;
    for (size_t i = 1; i <= more; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return more + 1;
}

void utf8_mend(char *words)
{
    const char *from = words;

    while (*from != '\0') {
        size_t length = utf8_length(from);

        if (length == 0) {
            from++;
            continue;
        }
        memmove(words, from, length);
        words += length;
        from += length;
    }
    *words = '\0';
}

void text_add_json(struct text *text, const char *words)
{
    const unsigned char *at = (const unsigned char *)words;

    text_add_char(text, '"');
    while (*at != '\0') {
        size_t length = utf8_length((const char *)at);

        if (length == 0) {
            text_add(text, "\\ufffd");
            length = 1;
        } else if (*at == '"' || *at == '\\') {
            text_format(text, "\\%c", *at);
        } else if (*at < 0x20) {
            text_format(text, "\\u%04x", *at);
        } else {
            text_add_bytes(text, (const char *)at, length);
        }
        at += length;
    }
    text_add_char(text, '"');
}
