/* judge_inside.h - what the files of the judge share. Inside record/ only. */
#ifndef RECORD_JUDGE_INSIDE_H
#define RECORD_JUDGE_INSIDE_H

#include "record/judge.h"

enum { BODY_SIZE = 16384, PIECE = 2048 };

/* One rule at one point. */
struct seat {
    const struct rule *rule;   /* NULL: the rule is gone, the problem is not */
    const struct lanes *lanes; /* of the rule at the point; NULL with it */
    char rule_name[NAME_SIZE];
    uint32_t point;
    int64_t gap_ms;
    bool touched; /* since the last commit; then `kept` is what stands in the store */
    bool changed; /* and its row must be written */
    struct track track;
    struct track kept;
};

struct judge {
    struct store *store;
    const struct catalog *catalog;
    const struct rule *rules;
    size_t rule_count;
    struct watch *watch;
    struct seat *seats; /* in the order of points; those without a rule at the end */
    size_t seat_count, seat_room;
    size_t ruled;            /* seats with a rule */
    uint64_t *has_rule;      /* a bit a point */
    uint32_t *seat_of_point; /* first seat; the next point's entry ends it */
    uint32_t point_limit;
    struct seat **touched;
    size_t touched_count;
    uint64_t cursor, cursor_kept;
    bool behind; /* a poll without a time stands in the way, or nothing was read yet */
    bool behind_kept;
    struct item *items;
    char body[BODY_SIZE];
};

#endif
