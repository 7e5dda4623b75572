/* simvalue.h - what a sensor that does not exist measures: a pure function of the wall time.
 *
 * A value follows the day, carries a little noise, and now and then exceeds for a while. The same
 * settings and the same moment give the same value, in the simulator, in a filled history and in a
 * replay. Also the way back from a value to registers, the inverse of channel_decode().
 */
#ifndef DRIVERS_SIMVALUE_H
#define DRIVERS_SIMVALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "drivers/profile.h"

/* Something that comes and goes: the last `lasts_ms` of every `every_ms`, counted from `after_ms`
 * past the epoch. every_ms 0: never. */
struct simspell {
    int64_t every_ms;
    int64_t lasts_ms;
    int64_t after_ms;
};

bool simspell_holds(const struct simspell *spell, struct wall_time time);

struct simvalue {
    double base;  /* mean of a day */
    double daily; /* half the way from night to afternoon; highest at 15:00 China time */
    double noise; /* most the noise adds or takes away */
    uint64_t seed;
    struct simspell exceed;
    double to; /* the value while `exceed` holds, noise on top */
};

double simvalue_at(const struct simvalue *value, struct wall_time time);

/* A seed of its own for each channel of each device. */
uint64_t simvalue_seed(uint64_t seed, const char *link, unsigned unit, const char *channel);

/* Puts a value (in the parameter's unit) into wire words as the profile lays them out; returns how
 * many, 1 to 4 (a bit: one word, 0 or 1). A whole-number register is rounded and held in its range,
 * and never shows the absent mark by accident. NAN gives the absent mark; without one a float
 * becomes not-a-number and a whole number 0. A bit field leaves the other bits of `words` as they
 * are. What stands beside the channel is played by simvalue_words(). */
unsigned simvalue_encode(const struct channel *channel, double value,
                         uint16_t words[CHANNEL_WORDS_MAX]);

/* One register (or bit) of a played device: its bits of `mask` become those of `word`. */
struct simword {
    enum register_area area;
    uint16_t address;
    uint16_t mask;
    uint16_t word;
};

enum { SIMWORDS_MAX = 2 * CHANNEL_WORDS_MAX + 2 };

/* All that says this value: its own registers, and those beside it - as many decimals as the
 * parameter has and the register can hold (as few as any channel that shares the register needs),
 * the first of its units, a mark of absence. Returns how many. */
size_t simvalue_words(const struct profile *profile, const struct channel *channel, double value,
                      struct simword out[SIMWORDS_MAX]);

/* The registers of one item of an identity for the text it should have; a text the type cannot hold
 * gives noughts. Returns item->words. */
size_t simvalue_identity(const struct identity_item *item, const char *text,
                         uint16_t words[IDENTITY_WORDS_MAX]);

/* The text a played unit answers: what the model says, else a number of its own. */
void simvalue_identity_text(const struct identity_item *item, unsigned unit, char *out,
                            size_t size);

/* A word in which the state holds, or does not; `word` itself where it is one already. */
uint16_t simvalue_state_word(const struct state *state, uint16_t word, bool holds);

#endif
