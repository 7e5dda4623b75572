/* plan.h - the read plan: the fewest requests that fetch some channels of one device. Pure.
 *
 * Neighbouring registers are merged (<= profile max_registers, <= 2,000 bits, gaps up to the
 * profile's max_gap) and a value of two registers is never split over two requests.
 */
#ifndef DRIVERS_PLAN_H
#define DRIVERS_PLAN_H

#include "drivers/profile.h"

enum { PLAN_REQUESTS_MAX = 64 };

/* What a device taught: a read through these registers fails, though nobody asks for them. Kept for
 * the device and the profile's digest, so that a new profile or firmware starts afresh. */
struct lesson {
    enum register_area area;
    uint16_t address;
    uint16_t count;
    uint8_t cause; /* enum cause: exception 2 or 3, or a timeout */
};

enum { LESSONS_MAX = 64 }; /* of one device */

/* Registers nobody asks for between two that are, few enough to be read through (profile max_gap).
 * In order; a set of them is a uint64_t, bit i for at[i]. */
struct gap {
    enum register_area area;
    uint16_t address;
    uint16_t count;
};

struct gaps {
    struct gap at[LESSONS_MAX];
    size_t count;
};

#define GAPS_ALL UINT64_MAX

struct planned {
    enum register_area area;
    uint16_t address;
    uint16_t count; /* registers or bits; 0: the profile's wake step */
    bool has_gap;   /* holds registers nobody asked for */
};

struct plan {
    struct planned requests[PLAN_REQUESTS_MAX];
    size_t count;
};

/* The first LESSONS_MAX gaps; no others are ever read through. */
void plan_gaps(struct gaps *gaps, const struct profile *profile,
               const struct channel *const *channels, size_t count);

/* Reads through the gaps of the set `open` and no others. False, with a sentence, when it takes
 * more than PLAN_REQUESTS_MAX requests. States the channels depend on are read in the same poll. */
bool plan_make(struct plan *plan, const struct profile *profile,
               const struct channel *const *channels, size_t count, const struct gaps *gaps,
               uint64_t open, struct error *err);

/* The gaps a request reads through. */
uint64_t plan_crossed(const struct gaps *gaps, const struct planned *request);

/* The plan with request `at` and all after it cut at their gaps. False: it would take too many
 * requests. `pieces` is what `at` became. */
bool plan_detour(struct plan *to, const struct plan *from, size_t at, const struct gaps *gaps,
                 size_t *pieces);

/* Bytes of raw words a poll by this plan keeps (reading.h). */
size_t plan_raw_size(const struct plan *plan);

/* Modbus function code that reads an area: 1, 2, 4 or 3. */
uint8_t area_function(enum register_area area);
const char *area_word(enum register_area area); /* "coil", "discrete", "input", "holding" */

#endif
