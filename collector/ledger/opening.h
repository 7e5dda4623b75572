/* opening.h - what a lane remembers, and when its breached values become an episode: by the time
 * they last (episode.h), by how many of the latest there are, or by how many a day has.
 *
 * m of n: the episode opens with the breached value that makes m among the latest n judged ones and
 * begins at the first breached of these; it ends as by time, and then the counting starts empty.
 * Holes change nothing: the latest n are counted, whenever they were.
 *
 * Allowed times a day: the breach after the last allowed one of a calendar day (of the collector's
 * zone) opens the episode, which begins at the first breach of that day; it ends with the first
 * judged value of a later day, good or not, which may itself be the first breach of the next count.
 *
 * Pure steps, as in episode.h.
 */
#ifndef LEDGER_OPENING_H
#define LEDGER_OPENING_H

#include "ledger/episode.h"

enum episode_end {
    END_NONE,
    END_RECOVERED,
    END_RULE_CHANGED,
    END_LIMIT_CHANGED,
    END_STRUCK_OFF,
    END_CLOSED
};
const char *episode_end_word(enum episode_end end); /* "", "recovered", "rule_changed", … */

struct lane_memory {
    struct episode episode;
    const struct stage *stage; /* what is remembered here was judged by; NULL: nothing */
    uint64_t window;           /* m of n: a bit a judged value, the latest lowest, 1 = breached */
    struct wall_time day;      /* start of the day whose breaches are counted, WALL_NONE: none */
    uint32_t day_count;        /* breaches in it */
    uint32_t number;           /* of the episode within the problem; 0: none yet */
    enum period on;            /* of the episode */
    enum episode_end ended_by;
};

/* A breached value that may begin an episode of m of n. */
struct breach {
    struct wall_time time;
    double value;
};

void lane_clear(struct lane_memory *memory);

/* Nothing runs, nothing pends, nothing is counted. */
bool lane_is_calm(const struct lane_memory *memory);

/* The value of that moment, before it is judged: true when a running episode has ended because the
 * day it broke is over. */
bool lane_turns_day(struct lane_memory *memory, const struct rule *rule, struct wall_time time);

/* One judged value. `breaches` are those of the window, the oldest first, with room for `room`. */
enum episode_change lane_step(struct lane_memory *memory, const struct rule *rule,
                              const struct stage *stage, int64_t gap_ms,
                              const struct judged *judged, struct breach *breaches, size_t room);

#endif
