#include "base/number.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Reads "-1.25e-07" as printed by printf("%.*e") into digits and exponent. */
static struct decimal decimal_from_e_text(const char *words)
{
    struct decimal decimal = {0, 0};
    bool negative = *words == '-';
    bool after_point = false;

    for (words += negative; *words != '\0' && *words != 'e'; words++) {
        if (*words == '.') {
            after_point = true;
            continue;
        }
        decimal.digits = decimal.digits * 10 + (*words - '0');
        decimal.exponent -= after_point;
    }
    decimal.exponent += *words == 'e' ? atoi(words + 1) : 0;
    while (decimal.digits != 0 && decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    if (negative)
        decimal.digits = -decimal.digits;
    return decimal;
}

/* Most measured values have few decimals. r / 10^d with both exact is correctly rounded, so where
 * it gives the value back, its text does too (IEEE 754: one rounding); the first d that does is the
 * shortest. Below 2^53 / 10 so that no second decimal of the same length can fit. */
static bool decimal_try_short(double value, struct decimal *out)
{
    for (int d = 0; d <= 9; d++) {
        double scaled = rint(value * power_of_ten[d]);

        if (fabs(scaled) >= 9e14)
            return false;
        if (scaled / power_of_ten[d] == value) {
            *out = (struct decimal){(int64_t)scaled, -d};
            return true;
        }
    }
    return false;
}

struct decimal decimal_from_double(double value)
{
    struct decimal decimal = {0, 0};
    char words[40];

    assert(isfinite(value));
    if (value == 0.0 || decimal_try_short(value, &decimal))
        return decimal;
    /* 15 digits of a normal double show any shorter text; a subnormal one may have fewer than 15 */
    for (int precision = fabs(value) < DBL_MIN ? 0 : 14; precision <= 16; precision++) {
        snprintf(words, sizeof words, "%.*e", precision, value);
        if (strtod(words, NULL) == value)
            break;
    }
    return decimal_from_e_text(words);
}

/* The same for a float32. Its product with 10^d is exact in a double (24 + 21 bits), so `scaled` is
 * the nearest decimal of d places. Rounding that decimal to double and then to float is rounding
 * once, unless the double stands on or beside the middle of two floats: those few go the long way.
 * From 2^24 on a float has fewer digits than its whole number. */
static bool decimal_try_short_float32(float value, struct decimal *out)
{
    if (fabsf(value) >= 16777216.0F)
        return false;
    for (int d = 0; d <= 9; d++) {
        double scaled = rint((double)value * power_of_ten[d]);
        double back = scaled / power_of_ten[d];
        uint64_t bits;

        if (fabs(scaled) >= 1e9)
            return false;
        memcpy(&bits, &back, sizeof bits);
        bits &= 0x1fffffff; /* what a float has no room for */
        if (bits >= 0x0fffffff && bits <= 0x10000001)
            return false;
        if (scaled != 0.0 && (float)back == value) {
            *out = (struct decimal){(int64_t)scaled, -d};
            return true;
        }
    }
    return false;
}

struct decimal decimal_from_float32(float value)
{
    struct decimal decimal = {0, 0};
    char words[40];

    assert(isfinite(value));
    if (value == 0.0F || decimal_try_short_float32(value, &decimal))
        return decimal;
    for (int precision = 0; precision <= 8; precision++) {
        snprintf(words, sizeof words, "%.*e", precision, (double)value);
        if (strtof(words, NULL) == value)
            break;
    }
    return decimal_from_e_text(words);
}

double decimal_to_double(struct decimal decimal)
{
    char words[48];

    if (decimal.digits > -(1LL << 53) && decimal.digits < (1LL << 53)) {
        if (decimal.exponent <= 0 && decimal.exponent >= -22)
            return (double)decimal.digits / power_of_ten[-decimal.exponent];
        if (decimal.exponent > 0 && decimal.exponent <= 22 &&
            llabs(decimal.digits) < (1LL << 53) / 10)
            /* exact only while the product stays below 2^53; else fall through to strtod */
            if (fabs((double)decimal.digits * power_of_ten[decimal.exponent]) < 9e15)
                return (double)decimal.digits * power_of_ten[decimal.exponent];
    }
    snprintf(words, sizeof words, "%llde%d", (long long)decimal.digits, decimal.exponent);
    return strtod(words, NULL);
}

/* Brings both to the smaller exponent. */
static bool decimal_align(struct decimal *one, struct decimal *other)
{
    struct decimal *higher = one->exponent > other->exponent ? one : other;
    int target = one->exponent < other->exponent ? one->exponent : other->exponent;

    for (; higher->exponent > target; higher->exponent--)
        if (__builtin_mul_overflow(higher->digits, 10, &higher->digits))
            return false;
    return true;
}

bool decimal_scale(struct decimal raw, struct decimal scale, struct decimal offset,
                   struct decimal *out)
{
    struct decimal product = {0, raw.exponent + scale.exponent};

    if (__builtin_mul_overflow(raw.digits, scale.digits, &product.digits))
        return false;
    if (offset.digits != 0) {
        if (!decimal_align(&product, &offset) ||
            __builtin_add_overflow(product.digits, offset.digits, &product.digits))
            return false;
    }
    *out = product;
    return true;
}

struct decimal decimal_round(struct decimal decimal, int decimals)
{
    bool negative = decimal.digits < 0;
    uint64_t digits = negative ? 0 - (uint64_t)decimal.digits : (uint64_t)decimal.digits;
    int64_t drop = -(int64_t)decimals - decimal.exponent; /* digits that go */
    uint64_t unit = 1, rest;

    if (drop <= 0)
        return decimal;
    if (drop > 19) /* less than a tenth of the last digit */
        return (struct decimal){0, -decimals};
    for (int64_t i = 0; i < drop; i++)
        unit *= 10;
    rest = digits % unit;
    digits /= unit;
    if (rest > unit / 2 || (rest == unit / 2 && digits % 2 == 1))
        digits++;
    return (struct decimal){negative ? -(int64_t)digits : (int64_t)digits, -decimals};
}

/* The digits of |number| without zeros at the end, which `exponent` takes over; returns how many.
 */
static int digits_text(struct decimal number, char digits[20], int *exponent)
{
    uint64_t rest = number.digits < 0 ? 0 - (uint64_t)number.digits : (uint64_t)number.digits;
    char *at = digits + 20;
    int count;

    *exponent = number.exponent;
    for (; rest >= 10 && rest % 10 == 0; rest /= 10)
        ++*exponent;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    count = (int)(digits + 20 - at);
    memmove(digits, at, (size_t)count);
    return count;
}

/* Plain from 0.000001 to below 1e21, else with an exponent: as JSON writers in browsers do. */
void text_add_number(struct text *text, double value)
{
    struct decimal decimal = decimal_from_double(value);
    char digits[20];
    char words[48];
    char *at = words;
    int exponent;
    int count = digits_text(decimal, digits, &exponent);
    int point = count + exponent; /* digits before the point */

    if (decimal.digits < 0)
        *at++ = '-';
    if (point > 21 || point <= -6) {
        *at++ = digits[0];
        if (count > 1)
            *at++ = '.';
        memcpy(at, digits + 1, (size_t)count - 1);
        at += count - 1;
        at += sprintf(at, "e%d", point - 1);
    } else {
        /* the i-th digit; before the first one and after the last stand zeros */
        for (int i = point < 1 ? point - 1 : 0; i < point || i < count; i++) {
            if (i == point)
                *at++ = '.';
            *at++ = i >= 0 && i < count ? digits[i] : '0';
        }
    }
    text_add_bytes(text, words, (size_t)(at - words));
}

bool number_parse(const char *words, double *value)
{
    char *end;

    if (*words == '\0' || strspn(words, "0123456789+-.eE") != strlen(words))
        return false;
    *value = strtod(words, &end);
    return *end == '\0' && isfinite(*value);
}

struct measure {
    const char *word;
    int64_t times;
};

static bool measure_parse(const char *words, const struct measure *measures, size_t count,
                          int64_t most, int64_t *out)
{
    size_t digits = strspn(words, "0123456789");
    long long number;

    if (digits == 0 || digits > 15)
        return false;
    number = atoll(words);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words + digits, measures[i].word) != 0)
            continue;
        return number <= most / measures[i].times && (*out = number * measures[i].times, true);
    }
    return false;
}

static const struct measure durations[] = {
    {"d",   86400000},
    {"h",   3600000 },
    {"min", 60000   },
    {"s",   1000    },
    {"ms",  1       },
};

bool duration_parse(const char *words, int64_t *ms)
{
    return measure_parse(words, durations, sizeof durations / sizeof durations[0],
                         100000LL * 86400000, ms);
}

char *duration_text(int64_t ms, char *out)
{
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        if (ms % durations[i].times != 0 || (ms == 0 && durations[i].times != 1000))
            continue;
        snprintf(out, 24, "%lld%s", (long long)(ms / durations[i].times), durations[i].word);
        return out;
    }
    return out;
}

bool size_parse(const char *words, int64_t *bytes)
{
    static const struct measure sizes[] = {
        {"GiB", 1LL << 30},
        {"MiB", 1LL << 20},
        {"KiB", 1LL << 10},
        {"B",   1        }
    };

    return measure_parse(words, sizes, sizeof sizes / sizeof sizes[0], INT64_MAX, bytes);
}

bool name_is_valid(const char *words)
{
    size_t length = strlen(words);

    return length > 0 && length < NAME_SIZE && words[0] != '_' && words[0] != '-' &&
           strspn(words, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

static unsigned least_of(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* Optimal string alignment; three rows are enough. */
unsigned word_distance(const char *one, const char *other)
{
    unsigned rows[3][65];
    size_t n = strlen(one);
    size_t m = strlen(other);

    if (n > 64 || m > 64)
        return 64;
    for (unsigned j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *above_that = rows[(i + 1) % 3];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            row[j] =
                least_of(above[j] + 1, row[j - 1] + 1, above[j - 1] + (one[i - 1] != other[j - 1]));
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] &&
                above_that[j - 2] + 1 < row[j])
                row[j] = above_that[j - 2] + 1;
        }
    }
    return rows[n % 3][m];
}
