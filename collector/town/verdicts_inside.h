/* verdicts_inside.h - what the files of the verdicts share. They alone include it. */
#ifndef TOWN_VERDICTS_INSIDE_H
#define TOWN_VERDICTS_INSIDE_H

#include "ledger/evaluation.h"
#include "ledger/task.h"
#include "town/verdicts.h"

struct verdicts {
    const struct settings *settings;
    struct reader *reader;
    json_t *problems; /* the contract's, breaches and doubts */
    json_t *everies, *windows, *steps, *gaps,
        *configurations; /* events, as note_event() keeps them */
};

/* One task being judged. */
struct judging {
    struct verdicts *verdicts;
    const struct verdict_asked *asked;
    struct evaluation *evaluation;
    struct point_sheet sheets[TASK_POINTS_MAX];
    size_t sheet_count;
    struct error *err;
    bool failed; /* while rows were read */
};

/* A member that is a moment; WALL_NONE: it is not there, or is none. */
struct wall_time verdicts_moment(const json_t *object, const char *key);
/* After the points: their problems, oldest first, and what else casts doubt. */
bool verdicts_tell_problems(struct judging *judging);
bool verdicts_tell_doubts(struct judging *judging);

#endif
