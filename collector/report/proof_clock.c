/* Time that went back: only a step of the clock that was recorded explains it. */
#include <stdlib.h>

#include "report/proof_inside.h"

/* A clock that is slewed may seem to go back by less than this: no event says so. */
enum { SLEW_MS = 1000 };

/* The first entry of the segment that holds an entry. */
static uint64_t segment_begins(const struct check *check, uint64_t seq)
{
    size_t low = 0;
    size_t high = check->shown_links;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (check->links[middle].head.first_seq <= seq)
            low = middle;
        else
            high = middle;
    }
    return check->links[low].head.first_seq;
}

/* How many steps back and starts were recorded before an entry. */
static struct clock_step steps_before(const struct check *check, uint64_t seq)
{
    size_t low = 0;
    size_t high = check->step_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (check->steps[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? (struct clock_step){.by_ms = 0} : check->steps[low - 1];
}

/* The clock was set back before `row` was recorded, and an event must say so. It may stand a little
 * before both: what waited to be written when the step was noticed is written after it, in the same
 * segment. */
static void went_back(struct check *check, const char *point, const struct row_place *before,
                      const struct row_place *row)
{
    char from[WALL_TEXT], to[WALL_TEXT];

    if (steps_before(check, row->seq).back >
        steps_before(check, segment_begins(check, before->seq)).back)
        return;
    if (steps_before(check, row->seq).starts > steps_before(check, before->seq).starts)
        lack(check, CLAIM_COMPLETE,
             SAY("%s：时间在一次重启前后倒退（序号 %llu 是 %s，序号 %llu 是 %s），没有调钟记录",
                 "%s: time went back across a restart (entry %llu is of %s, entry %llu of %s), and "
                 "no step of the clock was recorded"),
             point, (unsigned long long)before->seq, wall_text(before->time, from),
             (unsigned long long)row->seq, wall_text(row->time, to));
    else
        refute(check, CLAIM_COMPLETE,
               SAY("%s：时间倒退（序号 %llu 是 %s，序号 %llu 是 %s），却没有调钟记录",
                   "%s: time went back (entry %llu is of %s, entry %llu of %s) without a step of "
                   "the clock in the chain"),
               point, (unsigned long long)before->seq, wall_text(before->time, from),
               (unsigned long long)row->seq, wall_text(row->time, to));
}

static int by_seq(const void *one, const void *other)
{
    const struct row_place *a = one, *b = other;

    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

bool row_place_add(struct row_places *places, uint64_t seq, struct wall_time time,
                   struct error *err)
{
    struct row_place *rows;

    if (!wall_is_known(time))
        return true;
    rows = proof_grow(places->rows, places->count, sizeof *rows);
    if (rows == NULL)
        return proof_memory(err);
    places->rows = rows;
    places->sorted = places->count == 0 || (places->sorted && rows[places->count - 1].seq < seq);
    rows[places->count++] = (struct row_place){seq, time};
    return true;
}

void row_places_check(struct row_places *places, struct check *check, const char *point)
{
    if (!places->sorted && places->count > 0)
        qsort(places->rows, places->count, sizeof *places->rows, by_seq);
    for (size_t i = 0; i < places->count; i++) {
        const struct row_place *row = &places->rows[i];

        if (places->last.seq > 0 && places->last.time.ms - row->time.ms > SLEW_MS)
            went_back(check, point, &places->last, row);
        places->last = *row;
    }
    free(places->rows);
    places->rows = NULL;
    places->count = 0;
}
