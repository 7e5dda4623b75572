#include "liar_oracle.h"

#include <string.h>

const char *falsehood_word(enum falsehood falsehood)
{
    static const char *const words[FALSE_COUNT] = {"true", "mixed", "other unit", "other block",
                                                   "too old"};

    return words[falsehood];
}

enum falsehood oracle_judge(const uint16_t *words, const struct belief *belief, struct cell *cell)
{
    int32_t age_ms;

    if (!cell_read(words, cell))
        return FALSE_MIXED;
    if (cell->unit != belief->unit || cell->link != belief->link)
        return FALSE_UNIT;
    if (cell->address != belief->address || cell->function != belief->function)
        return FALSE_BLOCK;
    /* the device's clock is read to the millisecond begun: up to one is not age */
    age_ms = (int32_t)((uint32_t)(belief->stamp_ns / 1000000) - cell->ms);
    return age_ms > belief->limit_ns / 1000000 + 1 ? FALSE_OLD : FALSE_NOT;
}

bool truth_read(FILE *log, struct truth *truth)
{
    char line[200];
    long long heard, by;

    while (fgets(line, sizeof line, log) != NULL) {
        *truth = (struct truth){.value = 0};
        if (sscanf(line, "still %lld %lld", &heard, &by) == 2) {
            truth->still = true;
            truth->heard_us = heard;
            truth->value = (long)by;
            return true;
        }
        if (sscanf(line, "%u %u %u %u %u %u %lld %23s %ld", &truth->link, &truth->number,
                   &truth->unit, &truth->function, &truth->address, &truth->count, &heard,
                   truth->fault, &truth->value) == 9) {
            truth->heard_us = heard;
            return true;
        }
    }
    return false;
}
