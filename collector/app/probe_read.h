/* probe_read.h - a range of registers of one unit, read in as many pieces as the unit wants, and
 * how a person writes such a range.
 */
#ifndef APP_PROBE_READ_H
#define APP_PROBE_READ_H

#include "app/probe_line.h"
#include "drivers/plan.h"

enum { PROBE_RANGE_MAX = 500, PROBE_BATCH_MAX = 128 };

/* Who asks: this command on its own line, or the running collector between its polls. Asks all of
 * them in order and fills `answers`; false with a sentence when the line cannot be used any more,
 * then those that were asked before say so. */
struct probe_way {
    bool (*ask)(void *self, const struct request *requests, size_t count,
                struct probe_answer *answers, struct error *err);
    void *self;
};

struct probe_range {
    enum register_area area;
    uint16_t address;
    uint16_t count;
};

struct probe_words {
    struct probe_range range;
    uint16_t words[PROBE_RANGE_MAX]; /* bits: 0 or 1 */
    bool read[PROBE_RANGE_MAX];
    uint8_t cause[PROBE_RANGE_MAX]; /* enum cause, where it was not read */
    bool answered;                  /* the unit said something, be it a refusal */
    struct overheard heard;
};

/* "holding:0:16", "input:0x2601:4", "40001:16", "400001:2"; a count of 1 may be left out. */
bool probe_range_parse(const char *words, struct probe_range *range, struct error *err);

/* The number a manual prints: 40001 for holding register 0; with six digits beyond 9,999. */
char *probe_manual_text(enum register_area area, unsigned address, char out[8]);

/* Reads the range of a unit. What is refused or not answered as a whole is asked again in halves,
 * because many devices refuse a read that touches one register they do not have. */
bool probe_read(const struct probe_way *way, uint8_t unit, struct probe_words *words,
                struct error *err);

#endif
