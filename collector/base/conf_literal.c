#include "base/conf_inside.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Digits of a whole number in its base, sign and L taken off; false when they pass `most`. */
static bool whole_fits(const char *digits, size_t count, unsigned base, uint64_t most)
{
    uint64_t value = 0;

    for (size_t i = 0; i < count; i++) {
        unsigned digit = isdigit((unsigned char)digits[i])
                             ? (unsigned)(digits[i] - '0')
                             : (unsigned)(tolower((unsigned char)digits[i]) - 'a' + 10);

        if (value > (most - digit) / base)
            return false;
        value = value * base + digit;
    }
    return true;
}

static enum literal whole_judge(const char *word, size_t length)
{
    bool negative = *word == '-';
    size_t sign = *word == '-' || *word == '+';
    bool hex = length > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
    const char *digits = word + (hex ? 2 : sign);
    size_t count = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    size_t rest = length - (size_t)(digits - word) - count;
    bool wide = rest > 0;

    if (count == 0 || rest > 2 || strspn(digits + count, "L") < rest)
        return LITERAL_NOT_A_NUMBER;
    if (!whole_fits(digits, count, hex ? 16 : 10, (uint64_t)INT64_MAX + (negative && wide)))
        return LITERAL_TOO_BIG;
    if (!wide && !whole_fits(digits, count, hex ? 16 : 10, (uint64_t)INT32_MAX + negative))
        return LITERAL_NEEDS_L;
    return LITERAL_GOOD;
}

static enum literal fraction_judge(const char *word, size_t length)
{
    size_t mantissa = strspn(word, "+-0123456789.");
    bool nonzero = false;
    char *end;
    double value;

    for (size_t i = 0; i < mantissa; i++)
        nonzero = nonzero || (word[i] >= '1' && word[i] <= '9');
    if (strspn(word, "+-0123456789.eE") < length)
        return LITERAL_NOT_A_NUMBER;
    value = strtod(word, &end);
    if (end != word + length)
        return LITERAL_NOT_A_NUMBER;
    return isfinite(value) && (value != 0.0 || !nonzero) ? LITERAL_GOOD : LITERAL_TOO_BIG;
}

enum literal literal_judge(const char *word, size_t length)
{
    bool whole = strspn(word, "+-0123456789") >= length || memchr(word, 'x', length) != NULL ||
                 memchr(word, 'X', length) != NULL || memchr(word, 'L', length) != NULL;

    return whole ? whole_judge(word, length) : fraction_judge(word, length);
}
