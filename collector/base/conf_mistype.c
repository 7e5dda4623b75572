/* What a keyboard or an editor puts into a file instead of what was meant. Pure. */
#include <ctype.h>
#include <string.h>

#include "base/conf_inside.h"
#include "base/text.h"

static uint32_t code_point(const char *at)
{
    static const unsigned char head_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t length = utf8_length(at);
    uint32_t code = (unsigned char)at[0] & head_bits[length];

    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    return code;
}

char mistype_half_width(const char *at)
{
    /* clang-format off */
    static const struct {
        uint32_t wide;
        char half;
    } marks[] = {
        {0x201c, '"'}, {0x201d, '"'}, {0x201e, '"'}, {0x201f, '"'}, {0x2018, '"'}, {0x2019, '"'},
        {0x300c, '"'}, {0x300d, '"'}, {0x300e, '"'}, {0x300f, '"'}, {0xff07, '"'}, {0x3001, ','},
        {0x3002, '.'}, {0x3010, '['}, {0x3011, ']'}, {0x3014, '('}, {0x3015, ')'}, {0x3000, ' '},
        {0x00a0, ' '}, {0x2212, '-'}, {0x2013, '-'}, {0x2014, '-'},
    };
    /* clang-format on */
    uint32_t code = code_point(at);

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (marks[i].wide == code)
            return marks[i].half;
    /* the block of full-width forms repeats ASCII in its order */
    return code >= 0xff01 && code <= 0xff5e ? (char)(code - 0xfee0) : '\0';
}

const char *mistype_wide_quote(const char *from, const char *end)
{
    for (; from < end && *from != '\n'; from += utf8_length(from))
        if ((unsigned char)*from >= 0x80 && mistype_half_width(from) == '"')
            return from;
    return NULL;
}

bool mistype_quotes_are_odd(const char *begin, const char *at, const char *end)
{
    bool inside = false;

    while (at > begin && at[-1] != '\n')
        at--;
    for (; at < end && *at != '\n'; at++) {
        if (*at == '"')
            inside = !inside;
        else if (inside && *at == '\\' && at + 1 < end && at[1] != '\n')
            at++;
        else if (!inside && (*at == '#' || (*at == '/' && at + 1 < end && at[1] == '/')))
            break;
    }
    return inside;
}

bool mistype_goes_on(const char *at, const char *end)
{
    if (at == end || (end - at > 1 && at[0] == '/' && (at[1] == '/' || at[1] == '*')))
        return false;
    return isalnum((unsigned char)*at) || (unsigned char)*at >= 0x80 ||
           (*at != '\0' && strchr("_-./", *at) != NULL);
}

size_t mistype_comma_number(const char *begin, const char *at, const char *end, const char **first)
{
    const char *last = at;

    if (!isdigit((unsigned char)*at) || at - begin < 2 || at[-1] != ',' ||
        !isdigit((unsigned char)at[-2]))
        return 0;
    for (*first = at - 1; *first > begin && isdigit((unsigned char)(*first)[-1]);)
        (*first)--;
    if (*first > begin && ((*first)[-1] == '-' || (*first)[-1] == '+'))
        (*first)--;
    while (last < end && isdigit((unsigned char)*last))
        last++;
    return (size_t)(last - *first);
}
