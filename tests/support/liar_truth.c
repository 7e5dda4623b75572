#include "liar_truth.h"

#include <time.h>

static uint64_t stir(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u; /* splitmix64 */
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint64_t draw(uint64_t seed, uint64_t one, uint64_t two, uint64_t three)
{
    return stir(stir(stir(stir(seed) ^ one) ^ two) ^ three);
}

static uint16_t check_of(const uint16_t *words)
{
    uint64_t sum = 0;

    for (int i = 0; i < CELL_WORDS - 1; i++)
        sum = stir(sum ^ words[i]);
    return (uint16_t)sum;
}

void cell_write(const struct cell *cell, uint16_t *words)
{
    words[0] = (uint16_t)(cell->unit << 8 | cell->link);
    words[1] = cell->address;
    words[2] = (uint16_t)(cell->serial >> 16);
    words[3] = (uint16_t)cell->serial;
    words[4] = (uint16_t)(cell->ms >> 16);
    words[5] = (uint16_t)cell->ms;
    words[6] = (uint16_t)(cell->function << 8 | cell->map);
    words[7] = check_of(words);
}

bool cell_read(const uint16_t *words, struct cell *cell)
{
    if (words[7] != check_of(words))
        return false;
    *cell = (struct cell){
        .unit = (uint8_t)(words[0] >> 8),
        .link = (uint8_t)words[0],
        .address = words[1],
        .serial = (uint32_t)words[2] << 16 | words[3],
        .ms = (uint32_t)words[4] << 16 | words[5],
        .function = (uint8_t)(words[6] >> 8),
        .map = (uint8_t)words[6],
    };
    return true;
}

uint16_t cell_word_at(const struct cell *cell, unsigned address)
{
    struct cell here = *cell;
    uint16_t words[CELL_WORDS];

    here.address = (uint16_t)(address / CELL_WORDS * CELL_WORDS);
    cell_write(&here, words);
    return words[address % CELL_WORDS];
}

bool cell_bit_at(const struct cell *cell, unsigned address)
{
    return draw(cell->unit, cell->function, address, cell->map) & 1;
}

uint16_t liar_crc(const uint8_t *bytes, size_t size)
{
    unsigned crc = 0xFFFF;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    return (uint16_t)crc;
}

int64_t liar_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}
