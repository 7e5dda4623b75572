/* Whether the editions of a standard follow each other: no day with two limits, none without. */
#include "ledger/standard_parts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/say.h"

#define DAY_TEXT 24

static const char *day_text(struct wall_time time, char out[DAY_TEXT])
{
    time_t seconds = (time_t)(time.ms / 1000);
    struct tm local;

    strcpy(out, "–");
    if (wall_is_known(time) && localtime_r(&seconds, &local) != NULL)
        strftime(out, DAY_TEXT, "%Y-%m-%d", &local);
    return out;
}

static bool in_force_together(const struct limit *one, const struct limit *other)
{
    return (!wall_is_known(one->to) || other->from.ms < one->to.ms) &&
           (!wall_is_known(other->to) || one->from.ms < other->to.ms);
}

/* Editions that meet do so in every row: one pair is said once. */
struct said {
    char pairs[64][40];
    size_t count;
};

static bool said_already(struct said *said, const struct limit *one, const struct limit *other)
{
    char pair[40];

    snprintf(pair, sizeof pair, "%.16s %.16s", one->edition, other->edition);
    for (size_t i = 0; i < said->count; i++)
        if (strcmp(said->pairs[i], pair) == 0)
            return true;
    if (said->count < 64)
        memcpy(said->pairs[said->count++], pair, sizeof pair);
    return false;
}

static bool complain_together(const struct limit *one, const struct limit *other, struct conf_at at,
                              struct conf_faults *faults)
{
    char from[DAY_TEXT];
    char to[DAY_TEXT];

    if (strcmp(one->edition, other->edition) == 0)
        return conf_complain(faults, at, other->parameter,
                             SAY("%s 版的这条限值写了两次，另一处在第 %u 行",
                                 "this limit of the edition %s stands here twice, the other in "
                                 "line %u"),
                             one->edition, one->line);
    return conf_complain(
        faults, at, other->parameter,
        SAY("有效期重叠：第 %u 行的 %s 版到 %s 为止，这里的 %s 版却从 %s 起",
            "overlapping validity: line %u, edition %s, holds until %s, yet the edition %s here "
            "begins on %s"),
        one->line, one->edition, day_text(one->to, to), other->edition,
        day_text(other->from, from));
}

static bool complain_hole(const struct limit *one, const struct limit *other, struct conf_at at,
                          struct conf_faults *faults)
{
    char from[DAY_TEXT];
    char to[DAY_TEXT];

    return conf_complain(
        faults, at, other->parameter,
        SAY("有效期中断：第 %u 行的 %s 版到 %s 为止，这里的 %s 版从 %s 才开始",
            "a hole in validity: line %u, edition %s, ends on %s, the edition %s here begins on %s "
            "only"),
        one->line, one->edition, day_text(one->to, to), other->edition,
        day_text(other->from, from));
}

/* The row of the same thing that ends last before `row` begins; NULL: `row` is the first, or one
 * ends where it begins. */
static const struct limit *before_hole(const struct standards *standards, size_t first,
                                       const struct limit *row)
{
    const struct limit *latest = NULL;

    for (size_t i = first; i < standards->count; i++) {
        const struct limit *other = &standards->rows[i];

        if (other->from.ms >= row->from.ms || !limits_meet(other, row))
            continue;
        if (!wall_is_known(other->to) || other->to.ms >= row->from.ms)
            return NULL;
        if (latest == NULL || other->to.ms > latest->to.ms)
            latest = other;
    }
    return latest;
}

bool standards_check_times(const struct standards *standards, size_t first,
                           const struct conf_at *at, struct conf_faults *faults)
{
    struct said said = {.count = 0};
    bool good = true;

    for (size_t i = first; i < standards->count; i++) {
        const struct limit *row = &standards->rows[i];
        const struct limit *earlier = before_hole(standards, first, row);

        if (earlier != NULL) {
            good = false;
            if (!said_already(&said, earlier, row))
                complain_hole(earlier, row, at[i - first], faults);
        }
        for (size_t j = first; j < i; j++) {
            const struct limit *other = &standards->rows[j];
            bool swapped = other->from.ms > row->from.ms;

            if (!limits_meet(row, other) || !in_force_together(row, other))
                continue;
            good = false;
            if (said_already(&said, swapped ? row : other, swapped ? other : row))
                continue;
            complain_together(swapped ? row : other, swapped ? other : row,
                              at[(swapped ? j : i) - first], faults);
        }
    }
    return good;
}
