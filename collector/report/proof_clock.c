/* Time that went back: only a step of the clock that was recorded explains it. */
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

/* An entry with a lower number stands later in time: before the other was recorded the clock was
 * set back, and an event must say so. It may stand a little before both: what waited to be written
 * when the step was noticed is written after it, in the same segment. */
void proof_went_back(struct check *check, const char *point, const struct row_place *before,
                     const struct row_place *row)
{
    char when[WALL_TEXT];

    if (row->time.ms - before->time.ms <= SLEW_MS ||
        steps_before(check, before->seq).back >
            steps_before(check, segment_begins(check, row->seq)).back)
        return;
    if (steps_before(check, before->seq).starts > steps_before(check, row->seq).starts)
        lack(check, CLAIM_COMPLETE,
             SAY("%s：时间在一次重启前后倒退（序号 %llu 与 %llu，%s），没有调钟记录",
                 "%s: time went back across a restart (entries %llu and %llu, %s), and no step of "
                 "the clock was recorded"),
             point, (unsigned long long)row->seq, (unsigned long long)before->seq,
             wall_text(row->time, when));
    else
        refute(check, CLAIM_COMPLETE,
               SAY("%s：时间倒退（序号 %llu 与 %llu，%s），却没有调钟记录",
                   "%s: time went back (entries %llu and %llu, %s) without a step of the clock in "
                   "the chain"),
               point, (unsigned long long)row->seq, (unsigned long long)before->seq,
               wall_text(row->time, when));
}
