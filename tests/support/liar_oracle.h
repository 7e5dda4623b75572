/* liar_oracle.h - whether what a collector believed is what the liar's device really said.
 *
 * False is a value of another unit or link, of another block, mixed from two answers, or older than
 * its stamp by more than timeout + guard. Everything is read from the eight words themselves.
 */
#ifndef TESTS_LIAR_ORACLE_H
#define TESTS_LIAR_ORACLE_H

#include <stdio.h>

#include "liar_faults.h"
#include "liar_truth.h"

enum falsehood { FALSE_NOT, FALSE_MIXED, FALSE_UNIT, FALSE_BLOCK, FALSE_OLD, FALSE_COUNT };

const char *falsehood_word(enum falsehood falsehood);

/* What the collector thinks the words are. */
struct belief {
    uint8_t unit, link, function;
    uint16_t address;
    int64_t stamp_ns; /* CLOCK_BOOTTIME */
    int64_t limit_ns; /* timeout + guard */
};

/* Fills `cell` with what the words say, unless they are mixed. */
enum falsehood oracle_judge(const uint16_t *words, const struct belief *belief, struct cell *cell);

/* One line of a liar's log. */
struct truth {
    unsigned link, number, unit, function, address, count;
    int64_t heard_us;
    char fault[24];
    long value;
    bool still; /* not an exchange: from heard_us on, the liar was not let run for `value` us */
};

/* False at the end of the log. */
bool truth_read(FILE *log, struct truth *truth);

#endif
