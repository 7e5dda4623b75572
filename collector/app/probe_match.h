/* probe_match.h - which registers show what the probe's own display shows. Pure.
 *
 * A person reads 7.32 off the display; every type, order of words and power of ten that gives it at
 * some address is marked, what makers usually do first. Nothing is concluded from a 0 or a 1: they
 * stand everywhere.
 */
#ifndef APP_PROBE_MATCH_H
#define APP_PROBE_MATCH_H

#include "app/probe_read.h"

enum { EXPECTED_MAX = 16, MARKS_EACH = 12, SCALE_LEAST = -4, SCALE_MOST = 3 };

struct expected {
    char parameter[CHANNEL_SIZE]; /* as in "ph=7.32"; "": not said */
    char text[24];                /* as it was typed */
    double value;
    int decimals; /* digits after the point: the last one may be off by a half */
};

struct mark {
    size_t expected; /* index */
    enum register_area area;
    uint16_t address;
    enum word_type type;
    bool sign_open; /* signed and unsigned say the same; `type` is the unsigned one */
    enum word_order order;
    int scale; /* power of ten */
    double value;
    int unlikely; /* what speaks against it; 0: as most makers do it */
};

struct marks {
    struct mark list[EXPECTED_MAX * MARKS_EACH + 1]; /* by expected value, the likeliest first */
    size_t count;
    bool more; /* than there is room for */
};

/* "7.32", "ph=7.32", several with commas between. False with a sentence. */
bool expected_parse(const char *words, struct expected *list, size_t *count, struct error *err);

/* Whether something can be concluded from it: not from 0 or 1. */
bool expected_is_telling(const struct expected *expected);

/* Adds what matches, the likeliest first for each expected value. */
void probe_match(const struct probe_words *words, const struct expected *list, size_t count,
                 struct marks *marks);

/* The value of these words as that type and order, scaled by a power of ten: what a profile would
 * make of them. NAN: not a number, or there are no words. */
double probe_value(const struct probe_words *words, size_t at, enum word_type type,
                   enum word_order order, int scale);

const char *probe_type_word(enum word_type type);
const char *probe_order_word(enum word_order order);

#endif
