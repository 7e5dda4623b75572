/* liar_truth.h - what the registers of a liar say: who was asked what, when, and by which request.
 *
 * Registers go in cells of eight, at addresses that are multiples of eight. A cell names its own
 * unit, link, function and address, the number of the request it answers and the moment that was
 * heard; the last word is a check over the others. So whoever reads a whole cell knows, without
 * asking the liar, whether it is another unit's, another block's, an older answer or two mixed.
 */
#ifndef TESTS_LIAR_TRUTH_H
#define TESTS_LIAR_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CELL_WORDS = 8 };

struct cell {
    uint8_t unit, link;
    uint16_t address; /* of its first register */
    uint32_t serial;  /* number of the request on its link, from 0 */
    uint32_t ms;      /* CLOCK_BOOTTIME when the request was heard, its lower 32 bits */
    uint8_t function; /* 3 or 4 */
    uint8_t map;      /* goes up by one each time the device starts again */
};

void cell_write(const struct cell *cell, uint16_t *words);
/* False: these are not the words of one cell. */
bool cell_read(const uint16_t *words, struct cell *cell);

/* The register, or the bit, that `cell` (its address aside) has at `address`. */
uint16_t cell_word_at(const struct cell *cell, unsigned address);
bool cell_bit_at(const struct cell *cell, unsigned address);

/* The same for the same parts, on every machine and in every run. */
uint64_t draw(uint64_t seed, uint64_t one, uint64_t two, uint64_t three);

uint16_t liar_crc(const uint8_t *bytes, size_t size);
int64_t liar_now_ns(void); /* CLOCK_BOOTTIME */

#endif
