#include "drivers/words.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define TWO_TO_63 9223372036854775808.0
#define TWO_TO_64 18446744073709551616.0

unsigned words_count(enum word_type type)
{
    switch (type) {
    case WORDS_INT64:
    case WORDS_UINT64:
    case WORDS_FLOAT64:
        return 4;
    case WORDS_INT32:
    case WORDS_UINT32:
    case WORDS_FLOAT32:
    case WORDS_BCD32:
        return 2;
    case WORDS_INT16:
    case WORDS_UINT16:
    case WORDS_BCD16:
    case WORDS_BIT:
    case WORDS_STRING:
        break;
    }
    return 1;
}

static bool bytes_are_swapped(enum word_order order)
{
    return order == ORDER_BADC || order == ORDER_DCBA;
}

static bool words_are_reversed(enum word_order order)
{
    return order == ORDER_CDAB || order == ORDER_DCBA;
}

uint64_t words_raw(enum word_type type, enum word_order order, const uint8_t *bytes)
{
    unsigned count = words_count(type);
    bool swapped = bytes_are_swapped(order);
    uint64_t raw = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned at = 2 * (words_are_reversed(order) ? count - 1 - i : i);

        raw = raw << 16 | (uint64_t)bytes[at + swapped] << 8 | bytes[at + !swapped];
    }
    return raw;
}

void words_lay_out(enum word_type type, enum word_order order, uint64_t raw,
                   uint16_t words[CHANNEL_WORDS_MAX])
{
    unsigned count = words_count(type);

    for (unsigned i = 0; i < count; i++) {
        unsigned at = words_are_reversed(order) ? i : count - 1 - i;
        uint16_t word = (uint16_t)(raw >> 16 * i);

        if (bytes_are_swapped(order))
            word = (uint16_t)(word << 8 | word >> 8);
        words[at] = word;
    }
}

static float float32_of(uint64_t raw)
{
    uint32_t bits = (uint32_t)raw;
    float value;

    static_assert(sizeof value == sizeof bits, "a float32 is IEEE 754 binary32");
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double float64_of(uint64_t raw)
{
    double value;

    static_assert(sizeof value == sizeof raw, "a float64 is IEEE 754 binary64");
    memcpy(&value, &raw, sizeof value);
    return value;
}

static enum cause from_bcd(uint64_t raw, unsigned digits, struct decimal *number)
{
    *number = (struct decimal){0, 0};
    for (unsigned i = digits; i-- > 0;) {
        unsigned digit = raw >> 4 * i & 0xFU;

        if (digit > 9)
            return CAUSE_NOT_A_NUMBER;
        number->digits = number->digits * 10 + digit;
    }
    return CAUSE_NONE;
}

/* A double has 53 bits: beyond them most whole numbers would become a neighbour. */
static enum cause from_whole64(enum word_type type, uint64_t raw, struct decimal *number)
{
    bool negative = type == WORDS_INT64 && raw >> 63 != 0;
    uint64_t size = negative ? 0 - raw : raw;
    uint64_t odd = size;

    while (odd != 0 && (odd & 1) == 0)
        odd >>= 1;
    if (odd >> 53 != 0)
        return CAUSE_NOT_EXACT;
    if (size > INT64_MAX) {
        *number = decimal_from_double(negative ? -(double)size : (double)size);
        return CAUSE_NONE;
    }
    *number = (struct decimal){negative ? -(int64_t)size : (int64_t)size, 0};
    return CAUSE_NONE;
}

enum cause words_number(enum word_type type, uint64_t raw, struct decimal *number)
{
    *number = (struct decimal){(int64_t)(raw & 0xFFFFFFFFU), 0};
    switch (type) {
    case WORDS_UINT16:
    case WORDS_UINT32:
    case WORDS_BIT:
    case WORDS_STRING:
        break;
    case WORDS_INT16:
        number->digits -= raw >= 0x8000 ? 0x10000 : 0;
        break;
    case WORDS_INT32:
        number->digits -= raw >= 0x80000000 ? 0x100000000 : 0;
        break;
    case WORDS_INT64:
    case WORDS_UINT64:
        return from_whole64(type, raw, number);
    case WORDS_BCD16:
    case WORDS_BCD32:
        return from_bcd(raw, 4 * words_count(type), number);
    case WORDS_FLOAT32:
        if (!isfinite(float32_of(raw)))
            return CAUSE_NOT_A_NUMBER;
        *number = decimal_from_float32(float32_of(raw));
        break;
    case WORDS_FLOAT64:
        if (!isfinite(float64_of(raw)))
            return CAUSE_NOT_A_NUMBER;
        *number = decimal_from_double(float64_of(raw));
        break;
    }
    return CAUSE_NONE;
}

bool words_range(enum word_type type, double *least, double *most)
{
    static const struct {
        double least, most;
    } ranges[] = {
        [WORDS_INT16] = {-32768.0,      32767.0           },
        [WORDS_UINT16] = {0.0,           65535.0           },
        [WORDS_INT32] = {-2147483648.0, 2147483647.0      },
        [WORDS_UINT32] = {0.0,           4294967295.0      },
        [WORDS_INT64] = {-TWO_TO_63,    TWO_TO_63 - 1024.0}, /* the double below 2^63 */
        [WORDS_UINT64] = {0.0,           TWO_TO_64 - 2048.0},
        [WORDS_BCD16] = {0.0,           9999.0            },
        [WORDS_BCD32] = {0.0,           99999999.0        },
        [WORDS_BIT] = {0.0,           1.0               },
    };

    if (words_are_float(type) || type == WORDS_STRING)
        return false;
    *least = ranges[type].least;
    *most = ranges[type].most;
    return true;
}

static uint64_t to_bcd(uint64_t number)
{
    uint64_t raw = 0;

    for (unsigned shift = 0; number != 0; shift += 4, number /= 10)
        raw |= number % 10 << shift;
    return raw;
}

static bool float_of_number(enum word_type type, double number, uint64_t *raw)
{
    float value = (float)fmax(-FLT_MAX, fmin(FLT_MAX, number));
    uint32_t bits;

    if (type == WORDS_FLOAT64) {
        memcpy(raw, &number, sizeof *raw);
        return true;
    }
    memcpy(&bits, &value, sizeof bits);
    *raw = bits;
    return fabs(number) <= FLT_MAX;
}

bool words_of_number(enum word_type type, double number, uint64_t *raw)
{
    unsigned bits = 16 * words_count(type);
    double least;
    double most;

    if (words_are_float(type))
        return float_of_number(type, number, raw);
    if (!words_range(type, &least, &most) || number < least || number > most ||
        number != rint(number))
        return false;
    *raw = number < 0.0 ? 0 - (uint64_t)-number : (uint64_t)number;
    if (type == WORDS_BCD16 || type == WORDS_BCD32)
        *raw = to_bcd(*raw);
    if (bits < 64)
        *raw &= (1ULL << bits) - 1;
    return true;
}

bool words_same(enum word_type type, uint64_t raw, uint64_t mark)
{
    static const uint64_t minus_nought[] = {
        [WORDS_FLOAT32] = 1ULL << 31, [WORDS_FLOAT64] = 1ULL << 63};

    if (words_are_float(type)) {
        raw = raw == minus_nought[type] ? 0 : raw;
        mark = mark == minus_nought[type] ? 0 : mark;
    }
    return raw == mark;
}
