/* replay_inside.h - what the files of the replay share. Inside record/ only. */
#ifndef RECORD_REPLAY_INSIDE_H
#define RECORD_REPLAY_INSIDE_H

#include <jansson.h>

#include "record/replay.h"

/* One rule at one point: since which number of the sequence it can be replayed. */
struct pair {
    char rule[NAME_SIZE];
    uint32_t point;
    bool ours;           /* it judges as the settings say, … */
    uint64_t since;      /* … after this number of the sequence; 0: it never judged otherwise */
    struct wall_time at; /* that moment */
    uint64_t hold;       /* what it concluded up to here is not provable */
};

/* A problem as the store tells it. */
struct told {
    char uid[UID_SIZE];
    size_t pair; /* index + 1; 0: of nobody */
    struct wall_time first, last, ended;
    uint64_t born, died; /* numbers of its first version and of the one that closed it */
    uint32_t version;    /* its latest */
    bool matched;
    bool listed; /* stands in the table of problems */
};

/* A problem as the replay concludes it. */
struct again {
    char uid[UID_SIZE];
    uint32_t version;
    char *body; /* of that version */
    struct again_episode {
        struct episode_row row;
        char ended_by[24];
        bool met; /* the store has it */
    } * episodes;
    size_t episode_count;
};

/* How many versions of a period the replay has given, where it is more than one. */
struct given {
    uint64_t key; /* 0: none */
    uint32_t version;
};

struct replay {
    const struct replay_setup *setup;
    struct replay_answer *answer;
    struct reader *items, *asks; /* the sequence, and what is asked beside it */
    struct judge *judge;
    struct pair *pairs; /* by rule and point */
    size_t pair_count, pair_room;
    struct told *told; /* by uid */
    size_t told_count, told_room;
    struct again *again;
    size_t again_count, again_room;
    uint32_t *slots; /* of `again` by uid: index + 1 */
    size_t slot_count;
    struct given *given; /* by key */
    size_t given_count, given_room;
    uint32_t point_limit;
    uint64_t *counted;         /* aggregates that were compared, by point and period */
    uint64_t *stored;          /* the same of those in the store */
    bool *counts;              /* by point: it is counted as the settings say */
    struct wall_time *from_of; /* by point: aggregates that start from here on are provable */
    uint64_t first_poll, fed;  /* numbers of the sequence */
    struct item *piece;
    uint64_t end; /* for the progress */
};

bool replay_no_memory(struct error *err);
/* Makes room for one more of `size` bytes in an array; false: no memory. */
bool replay_room(void **array, size_t count, size_t *room, size_t size);
void replay_differs(struct replay *replay, struct replay_count *count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool replay_in_range(const struct replay *replay, struct wall_time first, struct wall_time end);
/* "SITE/DEVICE/CHANNEL", or its number. */
const char *replay_point_name(const struct replay *replay, uint32_t point, char *out);

/* replay_survey.c: what the store says has changed, and which problems there were. */
bool replay_survey(struct replay *replay, struct error *err);
/* The problems as they stood at a number of the sequence. */
bool replay_read_problems(struct replay *replay, uint64_t up_to, struct error *err);
struct told *replay_told(struct replay *replay, const char *uid);

/* replay_sink.c: where the replay's conclusions go. */
struct judge_sink replay_sink(struct replay *replay);
struct again *replay_again(struct replay *replay, const char *uid);

/* replay_aggregates.c: one the replay gives against the store's; and what it did not give. `feed`
 * brings the replay to a number of the sequence. */
bool replay_aggregate(struct replay *replay, const struct aggregate *aggregate, struct error *err);
bool replay_aggregates(struct replay *replay,
                       bool (*feed)(struct replay *, uint64_t, struct error *), struct error *err);
bool replay_same_number(double one, double other); /* absent is like absent */

/* replay_compare.c: after the feeding. */
bool replay_compare(struct replay *replay, bool (*feed)(struct replay *, uint64_t, struct error *),
                    struct error *err);

#endif
