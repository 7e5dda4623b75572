/* How far the chain reaches, and what is missing in it: VERIFY.md, "What `complete` covers". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/proof_inside.h"

enum { HOUR_MS = 3600000 };

static int64_t later(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* Longer than this without anything recorded needs a reason. */
static int64_t longest_silence(const struct check *check)
{
    int64_t longest = HOUR_MS;

    for (size_t i = 0; check->settled && i < check->about.point_count; i++) {
        const struct point_sheet *sheet = bundle_case_sheet(check->bundle, i);

        if (sheet != NULL)
            longest = later(longest, 2 * sheet->every_ms);
    }
    return longest;
}

static void check_silence(struct check *check, const struct link *before, const struct link *link)
{
    const struct span *span = &check->about.span;
    int64_t from = later(before->head.last_time.ms, span->start.ms);
    int64_t to = earlier(link->head.first_time.ms, span->end.ms);
    char since[WALL_TEXT], until[WALL_TEXT];

    if (to - from <= longest_silence(check) || before->stopped)
        return;
    lack(
        check, CLAIM_COMPLETE,
        SAY("%s 到 %s 没有任何记录，也没有停机记录：可能停电，也可能库的末尾被截掉；只有留在外面的"
            "封存头能分辨",
            "nothing was recorded from %s to %s and no stop was: the power may have failed, or the "
            "end of the store was cut off; only a head left outside can tell"),
        wall_text(before->head.last_time, since), wall_text(link->head.first_time, until));
}

/* A step of the clock that verdict.conf does not allow. */
static void check_steps(struct check *check)
{
    const struct span *span = &check->about.span;

    for (size_t i = 0; check->settled && i < check->step_count; i++) {
        const struct clock_step *step = &check->steps[i];
        char by[24], when[WALL_TEXT];

        if (!wall_is_known(step->time) || step->time.ms < span->start.ms ||
            step->time.ms >= span->end.ms ||
            llabs(step->by_ms) < bundle_case_clock_step_ms(check->bundle))
            continue;
        lack(check, CLAIM_COMPLETE,
             step->by_ms < 0
                 ? SAY("时钟在 %s 被调慢了 %s", "at %s the clock was set back by %s")
                 : SAY("时钟在 %s 被调快了 %s", "at %s the clock was set forward by %s"),
             wall_text(step->time, when), duration_text(llabs(step->by_ms), by));
    }
}

/* The case begins with the strike-off, where that is before the span. */
static int64_t case_begins(const struct check *check)
{
    const struct case_setup *about = &check->about;

    return wall_is_known(about->struck_off) ? earlier(about->span.start.ms, about->struck_off.ms)
                                            : about->span.start.ms;
}

static void check_ends(struct check *check, const struct link *first, const struct link *last)
{
    const struct span *span = &check->about.span;
    const struct wall_time begin = {case_begins(check)};
    char here[WALL_TEXT], asked[WALL_TEXT];

    if (check->links[0].head.segment > 1 && first->head.first_time.ms > begin.ms)
        lack(check, CLAIM_COMPLETE,
             SAY("链从 %s 才开始，本案从 %s（时段开头或销号）开始",
                 "the chain begins at %s, the case at %s (begin of the span, or strike-off)"),
             wall_text(first->head.first_time, here), wall_text(begin, asked));
    if (last->head.last_time.ms < span->end.ms)
        lack(check, CLAIM_COMPLETE,
             SAY("封存只到 %s，要查的时段到 %s 为止", "it is sealed up to %s, the span ends at %s"),
             wall_text(last->head.last_time, here), wall_text(span->end, asked));
}

/* heads.txt ends with the segment it must end with. */
static void check_choice(struct check *check)
{
    const struct link *last = &check->links[check->shown_links - 1];

    if (check->shown_links > 2 && wall_is_known(last->head.first_time) &&
        last->head.first_time.ms >= check->about.span.end.ms)
        refute(check, CLAIM_COMPLETE, "%s",
               SAY("heads.txt 的最后一段在时段之后",
                   "the last segment of heads.txt is after the span"));
}

void proof_cover(struct check *check)
{
    const struct link *first = NULL;
    const struct link *before = NULL;

    for (size_t i = 0; i < check->link_count; i++) {
        const struct link *link = &check->links[i];

        if (!wall_is_known(link->head.first_time))
            continue;
        if (before != NULL)
            check_silence(check, before, link);
        first = first == NULL ? link : first;
        before = link;
    }
    if (first == NULL) {
        lack(check, CLAIM_COMPLETE, "%s", SAY("没有一段有时间", "no segment has a time"));
        return;
    }
    check_choice(check);
    check_steps(check);
    check_ends(check, first, before);
    proven(
        check, CLAIM_COMPLETE,
        SAY("第 %llu 到 %llu 段首尾相接，该展示的都在",
            "segments %llu to %llu follow each other, and everything that must be shown is here"),
        (unsigned long long)check->links[0].head.segment,
        (unsigned long long)check->links[check->link_count - 1].head.segment);
}
