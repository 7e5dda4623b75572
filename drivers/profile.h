/* profile.h - what one model of sensor measures, and in which registers it keeps it.
 *
 * A profile is read from drivers/profiles/MODEL.conf, so a new model of sensor is a new file and
 * not new code. Nothing here talks to a sensor. The format is described by example in
 * drivers/profiles/example_wq300.conf and example_habits.conf, and by the tables in profile*.c.
 *
 * Addresses are protocol addresses: the first holding register is 0, though most manuals print
 * 40001. Values come out in the unit of the parameter table; where the maker's unit differs, the
 * profile's scale does the conversion.
 *
 * A profile never changes after profile_load(), so any number of threads may read one.
 */
#ifndef DRIVERS_PROFILE_H
#define DRIVERS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/number.h"
#include "model/catalog.h"
#include "model/parameter.h"
#include "model/quality.h"
#include "model/reading.h"

enum register_area { AREA_COIL, AREA_DISCRETE_INPUT, AREA_INPUT_REGISTER, AREA_HOLDING_REGISTER };

/* BCD: four bits a decimal digit, high first. A string stands only in identity registers. */
enum word_type {
    WORDS_INT16,
    WORDS_UINT16,
    WORDS_INT32,
    WORDS_UINT32,
    WORDS_FLOAT32,
    WORDS_INT64,
    WORDS_UINT64,
    WORDS_FLOAT64,
    WORDS_BCD16,
    WORDS_BCD32,
    WORDS_BIT,
    WORDS_STRING
};

/* How the words of one value are laid out: ABCD is high word first, CDAB low word first; BADC and
 * DCBA are these with the two bytes of each word swapped. A value of 16 bits obeys only the byte
 * part; one of 64 bits goes from its highest word to its lowest, or back. */
enum word_order { ORDER_ABCD, ORDER_BADC, ORDER_CDAB, ORDER_DCBA };

enum {
    CHANNEL_ABSENT_MAX = 4,
    CHANNEL_UNITS_MAX = 8,
    CHANNEL_WORDS_MAX = 4,
    PROFILE_STATES_MAX = 32,
    STATE_NUMBERS_MAX = 8,
};

/* A register that stands beside a value and says how to take it: (register AND mask) >> shift, the
 * register as it stands on the wire, high byte first, whatever the word order. */
struct beside {
    bool is_there;
    enum register_area area; /* input or holding */
    uint16_t address;
    uint16_t mask;
    uint8_t shift;
    char manual[24];
};

/* What a unit setting of the device does to its number: x scale + offset gives the parameter's. */
struct unit_scale {
    uint16_t is;
    struct decimal scale;
    struct decimal offset;
};

struct channel {
    char name[CHANNEL_SIZE]; /* PARAMETER or PARAMETER.SUFFIX */
    const struct parameter *parameter;
    char title[64]; /* the maker's name for it where it says more, else "" */
    enum register_area area;
    uint16_t address;
    enum word_type type;
    enum word_order order;
    struct decimal scale; /* value = raw x scale + offset, in decimal */
    struct decimal offset;
    double valid_min; /* the span the maker promises, inclusive, in the parameter's unit */
    double valid_max;
    uint64_t absent[CHANNEL_ABSENT_MAX]; /* raw words (in ABCD order) that mean "no measurement" */
    unsigned absent_count;
    char manual[24]; /* the number the maker prints, "40003" */
    bool is_field; /* only the bits `low` to `high` of an unsigned value, and marks of them alone */
    uint8_t low, high;
    struct beside decimals;     /* how many of the raw number's digits are decimals, 0 to 9 */
    struct beside unit_setting; /* one of `units` */
    struct unit_scale units[CHANNEL_UNITS_MAX];
    unsigned unit_count;
    struct beside absent_register; /* holds, in the channel's type, what means "no measurement" */
};

/* When a state holds, of (register AND mask); a coil or discrete input is 0 or 1. */
enum state_test { STATE_ANY_BIT, STATE_IS_ONE_OF, STATE_IS_NONE_OF, STATE_AT_LEAST };

/* While it holds, every channel (or the one named) is at best `quality`, one of T C M F D: N and
 * better letters are taken down to it, worse ones (D, B) stay, and of several states the worst
 * counts. A register is taken as it stands on the wire, high byte first, whatever the word order.
 */
struct state {
    char channel[CHANNEL_SIZE]; /* "" for all */
    enum register_area area;
    uint16_t address;
    uint16_t mask;
    enum state_test test;
    uint16_t numbers[STATE_NUMBERS_MAX]; /* what the test compares with */
    unsigned number_count;
    enum quality quality;
    char manual[24];
};

bool state_holds(const struct state *state, uint16_t word); /* the register, not masked */

/* Registers that say which instrument answers. An item with `expect` says that it is this model;
 * one without is remembered for each device, and tells a replaced or changed instrument. */
enum { IDENTITY_ITEMS_MAX = 4, IDENTITY_WORDS_MAX = 32, IDENTITY_TEXT = 320 };

struct identity_item {
    char name[24]; /* "model", "serial_number", "firmware", … */
    enum register_area area;
    uint16_t address;
    uint16_t words; /* registers it takes, at most IDENTITY_WORDS_MAX */
    enum word_type type;
    enum word_order order;
    char expect[48]; /* its text where the model says so; "": any */
    char manual[24];
};

struct profile {
    char model[64];
    char title[TITLE_SIZE];
    char source[256]; /* manual, revision, pages */
    bool
        verified; /* map read in the maker's own manual or proven on a device; shown by `sensors` */
    char note[512]; /* quirks, in a sentence; shown by `check` and `sensors` */
    /* serial defaults, used when the link does not say; for `check` to compare */
    int baud;
    char parity[8];
    int stop_bits;
    int64_t settle_ms;  /* quiet time the probe needs between two requests */
    int64_t warm_up_ms; /* after the device first answers again, its readings are D/warming_up */
    int max_registers;  /* of one request, <= 125 */
    int max_gap;        /* registers that may be read through between two channels; 0: none */
    bool needs_write; /* the model wants a write before it measures: we never do that, we say so */
    bool has_wake;    /* a read of zero registers starts a measurement (e.g. Yosemitech Y504) */
    enum register_area wake_area;
    uint16_t wake_address;
    int64_t wake_wait_ms; /* from the wake step to the first request for data */
    /* A probe that sleeps misses its first request: that is asked so many times more, after a
     * pause, before it counts as silent. */
    int first_tries;
    int64_t first_pause_ms;
    struct identity_item identity[IDENTITY_ITEMS_MAX];
    size_t identity_count;
    struct channel *channels;
    size_t channel_count;
    struct state states[PROFILE_STATES_MAX];
    size_t state_count;
    uint8_t digest[32]; /* SHA-256 of the file: what a poll's profile number stands for */
    char path[256];
};

/* Reads and checks one profile file; also replays its proofs if `prove`.
 *
 * Gives a profile, ended with profile_free(); NULL when anything in it is wrong, with every fault
 * added to `faults`. `parameters` must outlive it.
 */
struct profile *profile_load(const char *path, const struct parameters *parameters, bool prove,
                             struct conf_faults *faults);
void profile_free(struct profile *profile); /* NULL is fine */

/* Borrowed; NULL when there is none. */
const struct channel *profile_channel(const struct profile *profile, const char *name);

/* How many 16-bit words (bits for WORDS_BIT) one value takes: 1, 2 or 4. */
unsigned channel_word_count(const struct channel *channel);

/* What came from the device in one poll, by address: the blocks of a read plan. */
struct block {
    enum register_area area;
    uint16_t address;
    uint16_t count;
    bool answered;
    uint8_t cause; /* enum cause: why not answered; or CAUSE_AFTER_TIMEOUT of a good one */
    const uint8_t
        *bytes; /* wire order: registers 2 x count bytes; bits (count + 7) / 8, LSB first */
};

/* Turns the words of one channel, in wire order, into a value: QUALITY_NORMAL inside the span;
 * QUALITY_OVER_RANGE/ABOVE_SPAN above; QUALITY_FAULT/BELOW_SPAN below (value kept); QUALITY_FAULT
 * with NAN for an absent mark, for what is not a finite number (a BCD digit above 9 too) and for a
 * whole number a double cannot hold exactly. A WORDS_BIT is the lowest bit of `bytes[0]`. What
 * stands in registers beside it is not asked here: profile_decode() does. */
struct reading channel_decode(const struct channel *channel, const uint8_t *bytes);

/* The readings of a poll: for each of `count` channels the reading from the blocks (a channel whose
 * block has no answer, or which is in no block, is B with the cause of the block that failed; so is
 * one whose decimals, unit or absent register did not answer), then the states. A state whose own
 * block did not answer makes every channel it governs B: without it "normal" would be a guess. A
 * number of decimals beyond 9 is D/not_a_number, a unit the profile does not know D/unit_unknown.
 * `readings[i].point` is left alone. */
void profile_decode(const struct profile *profile, const struct channel *const *channels,
                    size_t count, const struct block *blocks, size_t block_count,
                    struct reading *readings);

#endif
