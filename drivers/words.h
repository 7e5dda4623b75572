/* words.h - the registers of one number: how many, in which order, and what number they are. Pure.
 *
 * Raw words are one number of up to 64 bits here, first word and high byte of ABCD on top.
 */
#ifndef DRIVERS_WORDS_H
#define DRIVERS_WORDS_H

#include "drivers/profile.h"

unsigned words_count(enum word_type type); /* 1, 2 or 4; a bit and a string: 1 */

/* From 2 x words_count() bytes as they came, and back into words as they are sent. */
uint64_t words_raw(enum word_type type, enum word_order order, const uint8_t *bytes);
void words_lay_out(enum word_type type, enum word_order order, uint64_t raw,
                   uint16_t words[CHANNEL_WORDS_MAX]);

/* The number these words are. CAUSE_NONE; CAUSE_NOT_A_NUMBER (a float that is not finite, a BCD
 * digit above 9); CAUSE_NOT_EXACT (a whole number that no double is). */
enum cause words_number(enum word_type type, uint64_t raw, struct decimal *number);

/* The words of this number; false when the type cannot hold it, a whole number that is not one
 * among them. */
bool words_of_number(enum word_type type, double number, uint64_t *raw);

/* Whether these words mean the same as that mark: bit by bit, and -0 is 0. */
bool words_same(enum word_type type, uint64_t raw, uint64_t mark);

/* The least and the greatest whole number of the type; false for floats and strings. */
bool words_range(enum word_type type, double *least, double *most);

static inline bool words_are_float(enum word_type type)
{
    return type == WORDS_FLOAT32 || type == WORDS_FLOAT64;
}

#endif
