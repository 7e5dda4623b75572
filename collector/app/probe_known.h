/* probe_known.h - which known models a unit may be, judged by what its registers hold.
 *
 * Every profile is laid over the unit: are all its registers readable, does each value lie in the
 * maker's span, and how likely would that be by chance? Three best, with what speaks for and
 * against each. It is a suggestion to compare with the type plate, never a certainty.
 */
#ifndef APP_PROBE_KNOWN_H
#define APP_PROBE_KNOWN_H

#include <jansson.h>

#include "app/probe_read.h"
#include "app/shelf.h"
#include "model/reading.h"

enum { CANDIDATES_MAX = 3 };

struct candidate {
    const struct profile *profile; /* borrowed from the shelf */
    double score;                  /* bits of evidence */
    size_t readable, in_range;     /* of profile->channel_count */
    size_t said, denied;           /* registers that name the model, or another one */
    bool other_line;               /* the line is set otherwise than as delivered */
    struct reading readings[POLL_READINGS_MAX];
};

struct candidates {
    struct candidate *list; /* CANDIDATES_MAX of them, the best first */
    size_t count;
    size_t others; /* worth naming as well, and not among the best */
};

/* Asks the unit what every profile of the shelf would ask, but no wake step. `line` is how the line
 * is set, for comparison. False with a sentence. Ended with candidates_end() either way. */
bool probe_recognise(const struct probe_way *way, uint8_t unit, const struct shelf *shelf,
                     const struct link_setup *line, struct candidates *candidates,
                     struct error *err);
void candidates_end(struct candidates *candidates);

/* Whether the best one fits so well, and so much better than the next, that a piece of settings may
 * name it: all of it readable and in range, and hardly by chance. */
bool candidates_agree(const struct candidates *candidates);

void probe_show_candidates(const struct candidates *candidates);
json_t *probe_candidates_json(const struct candidates *candidates);

/* The first question each profile asks a unit, no two alike; returns how many there are. */
size_t probe_first_questions(const struct shelf *shelf, struct request *questions,
                             const struct profile **of, size_t room);

#endif
