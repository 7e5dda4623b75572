/* The memory of a tally as bytes: least first, levels of noise only where there are any, and a
 * digest at the end, so that a torn write is never taken for a memory.
 */
#include "ledger/tally_inside.h"

#include <string.h>

static const char magic[8] = {'t', 'a', 'l', 'l', 'y', ' ', '0', '1'};

enum {
    HEAD_SIZE = 8 + 8 + 4, /* magic, plan, size of all */
    STATE_SIZE = 8 + 1 + FORCES_MAX * 16 + 1 + LATE_MAX * 8,
    STRETCH_SIZE = 1 + 3 * 8,
    CELL_SIZE = 3 * 4 + 4 * 8 + 2 * 8,
    LEVELS_SIZE = 2 + LEVEL_CLASSES * 6,
    TAIL_SIZE = 8,
};

static uint64_t digest_of(const unsigned char *bytes, size_t size)
{
    uint64_t digest = 14695981039346656037u;

    for (size_t i = 0; i < size; i++)
        digest = (digest ^ bytes[i]) * 1099511628211u;
    return digest;
}

size_t tally_size(const struct tally *tally)
{
    size_t size = HEAD_SIZE + STATE_SIZE + TAIL_SIZE;

    for (size_t i = 0; i < tally->count; i++) {
        size += STRETCH_SIZE;
        if (made_of_readings(&tally->stretches[i]))
            size += CELL_SIZE + (tally->classes == NULL ? (size_t)0 : LEVELS_SIZE);
    }
    return size;
}

struct writing {
    unsigned char *bytes;
    size_t used, size;
};

static void put(struct writing *to, uint64_t number, size_t width)
{
    for (size_t i = 0; i < width && to->used < to->size; i++, number >>= 8)
        to->bytes[to->used++] = (unsigned char)number;
}

static void put_double(struct writing *to, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    put(to, bits, 8);
}

static void put_levels(struct writing *to, const struct cell *cell)
{
    size_t used = 0;

    for (int i = cell->lowest; i <= cell->highest; i++)
        used += cell->classes[i] > 0;
    put(to, used, 2);
    for (int i = cell->lowest; i <= cell->highest; i++) {
        if (cell->classes[i] == 0)
            continue;
        put(to, (uint64_t)i, 2);
        put(to, cell->classes[i], 4);
    }
}

static void put_cell(struct writing *to, const struct cell *cell)
{
    put(to, cell->count, 4);
    put(to, cell->valid, 4);
    put(to, cell->night_valid, 4);
    put(to, (uint64_t)cell->sum.whole, 8);
    put(to, (uint64_t)cell->sum.pico, 8);
    put(to, (uint64_t)cell->other.whole, 8);
    put(to, (uint64_t)cell->other.pico, 8);
    put_double(to, cell->min);
    put_double(to, cell->max);
    if (cell->classes != NULL)
        put_levels(to, cell);
}

static void put_state(struct writing *to, const struct tally *tally)
{
    put(to, (uint64_t)tally->forgotten_to, 8);
    put(to, tally->force_count, 1);
    for (size_t i = 0; i < tally->force_count; i++) {
        put(to, (uint64_t)tally->forces[i].from, 8);
        put(to, (uint64_t)tally->forces[i].every_ms, 8);
    }
    put(to, tally->late_count, 1);
    for (size_t i = 0; i < tally->late_count; i++)
        put(to, (uint64_t)tally->late[i], 8);
}

size_t tally_write(const struct tally *tally, void *bytes, size_t size)
{
    struct writing to = {bytes, 0, size};
    struct writing whole = {bytes, HEAD_SIZE - 4, HEAD_SIZE};

    if (size < tally_size(tally))
        return 0;
    memcpy(to.bytes, magic, sizeof magic);
    to.used = sizeof magic;
    put(&to, tally->digest, 8);
    put(&to, 0, 4);
    put_state(&to, tally);
    for (size_t i = 0; i < tally->count; i++) {
        const struct stretch *stretch = &tally->stretches[i];

        put(&to, stretch->open, 1);
        put(&to, stretch->open ? (uint64_t)stretch->span.start.ms : 0, 8);
        put(&to, stretch->open ? (uint64_t)stretch->span.end.ms : 0, 8);
        put(&to, (uint64_t)stretch->closed_to, 8);
        if (made_of_readings(stretch))
            put_cell(&to, &stretch->cell);
    }
    put(&whole, to.used + TAIL_SIZE, 4);
    put(&to, digest_of(to.bytes, to.used), 8);
    return to.used;
}

struct reading_bytes {
    const unsigned char *bytes;
    size_t used, size;
    bool short_;
};

static uint64_t get(struct reading_bytes *from, size_t width)
{
    uint64_t number = 0;

    if (from->size - from->used < width) {
        from->short_ = true;
        from->used = from->size;
        return 0;
    }
    for (size_t i = 0; i < width; i++)
        number |= (uint64_t)from->bytes[from->used++] << (8 * i);
    return number;
}

static double get_double(struct reading_bytes *from)
{
    uint64_t bits = get(from, 8);
    double number;

    memcpy(&number, &bits, sizeof number);
    return number;
}

/* A moment of the years 1 to 9999, as far as a calendar goes. */
static bool is_moment(int64_t ms)
{
    return ms >= -62135510400000 && ms <= 253402214400000;
}

static bool get_levels(struct reading_bytes *from, struct cell *cell)
{
    size_t used = (size_t)get(from, 2);
    uint64_t total = 0;

    for (size_t i = 0; i < used; i++) {
        int level = (int)get(from, 2);
        uint32_t times = (uint32_t)get(from, 4);

        if (from->short_ || level >= LEVEL_CLASSES || level <= cell->highest || times == 0)
            return false;
        if (i == 0)
            cell->lowest = level;
        cell->highest = level;
        cell->classes[level] = times;
        total += times;
    }
    return total == cell->valid;
}

/* With room for a day more. */
static bool is_sum(struct sum sum)
{
    return sum.whole < INT64_MAX / 2 && sum.whole > INT64_MIN / 2 && sum.pico >= 0 &&
           sum.pico < 1000000000000;
}

static bool get_cell(struct reading_bytes *from, struct cell *cell)
{
    cell->count = (uint32_t)get(from, 4);
    cell->valid = (uint32_t)get(from, 4);
    cell->night_valid = (uint32_t)get(from, 4);
    cell->sum.whole = (int64_t)get(from, 8);
    cell->sum.pico = (int64_t)get(from, 8);
    cell->other.whole = (int64_t)get(from, 8);
    cell->other.pico = (int64_t)get(from, 8);
    cell->min = get_double(from);
    cell->max = get_double(from);
    if (cell->valid > cell->count || cell->night_valid > cell->valid || !is_sum(cell->sum) ||
        !is_sum(cell->other) || isnan(cell->min) || isnan(cell->max) ||
        (cell->valid > 0) != (cell->min <= cell->max))
        return false;
    return cell->classes == NULL || get_levels(from, cell);
}

/* An open stretch is a period of the calendar as it is now. */
static bool get_stretch(struct reading_bytes *from, struct tally *tally, struct stretch *stretch)
{
    uint64_t open = get(from, 1);
    struct span expected;

    stretch->span.start.ms = (int64_t)get(from, 8);
    stretch->span.end.ms = (int64_t)get(from, 8);
    stretch->closed_to = (int64_t)get(from, 8);
    stretch->open = open == 1;
    if (open > 1 || (stretch->closed_to != INT64_MIN && !is_moment(stretch->closed_to)))
        return false;
    if (made_of_readings(stretch) && !get_cell(from, &stretch->cell))
        return false;
    if (!stretch->open)
        return true;
    if (!is_moment(stretch->span.start.ms) || !is_moment(stretch->span.end.ms) ||
        stretch->span.start.ms >= stretch->span.end.ms)
        return false;
    expected =
        period_at(stretch->period, (struct wall_time){stretch->span.end.ms - 1}, &tally->night);
    return expected.start.ms == stretch->span.start.ms && expected.end.ms == stretch->span.end.ms;
}

static bool get_state(struct reading_bytes *from, struct tally *tally)
{
    tally->forgotten_to = (int64_t)get(from, 8);
    tally->force_count = (size_t)get(from, 1);
    if (tally->force_count > FORCES_MAX)
        return false;
    for (size_t i = 0; i < tally->force_count; i++) {
        struct force *force = &tally->forces[i];

        force->from = (int64_t)get(from, 8);
        force->every_ms = (int64_t)get(from, 8);
        if (!is_moment(force->from) || force->every_ms < 0 ||
            (i > 0 && force->from <= force[-1].from))
            return false;
    }
    tally->late_count = (size_t)get(from, 1);
    if (tally->late_count > LATE_MAX)
        return false;
    for (size_t i = 0; i < tally->late_count; i++) {
        tally->late[i] = (int64_t)get(from, 8);
        if (!is_moment(tally->late[i]) || (i > 0 && tally->late[i] <= tally->late[i - 1]))
            return false;
    }
    return true;
}

static bool get_all(struct reading_bytes *from, struct tally *tally)
{
    if (!get_state(from, tally))
        return false;
    for (size_t i = 0; i < tally->count; i++)
        if (!get_stretch(from, tally, &tally->stretches[i]))
            return false;
    return !from->short_ && from->used == from->size;
}

bool tally_read(struct tally *tally, const void *bytes, size_t size)
{
    struct reading_bytes from = {.bytes = bytes, .used = sizeof magic};
    struct reading_bytes tail = {.bytes = bytes, .used = size - TAIL_SIZE, .size = size};

    tally_clear(tally);
    if (size < HEAD_SIZE + TAIL_SIZE || memcmp(bytes, magic, sizeof magic) != 0)
        return false;
    from.size = size - TAIL_SIZE;
    if (get(&from, 8) != tally->digest || get(&from, 4) != size ||
        get(&tail, 8) != digest_of(bytes, from.size))
        return false;
    if (!get_all(&from, tally)) {
        tally_clear(tally);
        return false;
    }
    tally_settle(tally);
    return true;
}
