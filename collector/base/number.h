/* number.h - numbers as people, meters and laws write them: decimal.
 *
 * The text of a value is the shortest decimal that reads back to the same double. That text is what
 * is sealed, sent, rounded and compared with a limit. A float32 from a register is taken over as
 * the double nearest to ITS shortest decimal (20.1f becomes 20.1), so from decoding on a value has
 * one text everywhere. Scaled integers are computed in decimal: 732 x 0.01 is 7.32.
 *
 * Nothing here depends on the locale, and nothing allocates.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* digits x 10^exponent. */
struct decimal {
    int64_t digits;
    int exponent;
};

/* The shortest decimal that reads back to this finite double (or float32). -0 becomes 0. */
struct decimal decimal_from_double(double value);
struct decimal decimal_from_float32(float value);

/* The nearest double. */
double decimal_to_double(struct decimal decimal);

/* raw x scale + offset, exactly. False when a step leaves 63 bits: then use ordinary doubles. */
bool decimal_scale(struct decimal raw, struct decimal scale, struct decimal offset,
                   struct decimal *out);

/* Rounded to so many decimals (negative: tens, hundreds), once, half to even: 0.25 becomes 0.2 and
 * 0.35 becomes 0.4 (GB/T 8170-2008, 3.2). One that has no more of them stays as it is. */
struct decimal decimal_round(struct decimal decimal, int decimals);

/* The text of a finite value, e.g. "7.32", "-0.5", "1e-7"; NAN and infinities are the caller's
 * mistake (asserted). */
void text_add_number(struct text *text, double value);

/* Whole text to double; false when it is not one finite number. Accepts what text_add_number gives.
 */
bool number_parse(const char *words, double *value);

/* "250ms", "60s", "10min", "2h", "90d" to milliseconds; false if it is not a duration >= 0 that
 * fits (at most 100,000 d). */
bool duration_parse(const char *words, int64_t *ms);

/* The shortest of those forms; `out` holds at least 24 bytes. */
char *duration_text(int64_t ms, char *out);

/* "512MiB", "8GiB", "64KiB", "100B" to bytes. */
bool size_parse(const char *words, int64_t *bytes);

/* [a-z0-9][a-z0-9_-]{0,31} */
#define NAME_SIZE 33
bool name_is_valid(const char *words);

/* How far two words are apart: insertions, deletions, changes, swapped neighbours (<= 64 bytes). */
unsigned word_distance(const char *one, const char *other);

#endif
