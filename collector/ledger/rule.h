/* rule.h - a bound applied to points, with how long it must be broken.
 *
 * Filled by the settings; never changes while it is in force. This is the first form: bounds on
 * single readings. Limits by law, aggregates and counting rules join it later.
 */
#ifndef LEDGER_RULE_H
#define LEDGER_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/lane.h"
#include "model/catalog.h"
#include "model/quality.h"

enum rule_nature { NATURE_BREACH, NATURE_DOUBT };

struct rule {
    char name[NAME_SIZE];
    char title[TITLE_SIZE];
    enum bound_kind bound;
    double low, high; /* BOUND_ABOVE: high; BOUND_BELOW: low; BETWEEN: good inside low..high */
    int64_t for_ms;   /* breached this long before an episode opens; 0: at once */
    bool has_recover;
    double recover;         /* back beyond this (default the bound) … */
    int64_t recover_for_ms; /* … for this long, and the episode has ended */
    int64_t gather_ms;      /* recovered this long, watched by no task: closed by the machine */
    enum rule_nature nature;
    uint32_t *points; /* the store's numbers it applies to */
    size_t point_count;
};

/* How a value stands to the bound. Between the bound and the recovery bound it neither breaches nor
 * proves recovery. A value exactly at the bound is not a breach. An over-range value ("at least
 * this") can breach an upper bound and never proves recovery from one. `recover` belongs to a rule
 * with one bound; a rule with two has good inside and breach outside. */
enum standing { STANDING_GOOD, STANDING_BETWEEN, STANDING_BREACH };
enum standing rule_judge(const struct rule *rule, double value, enum quality quality);

/* What decides whether an episode runs, as one number: bounds, durations and nature, not the title
 * or the points. An edited rule has another. */
uint64_t rule_meaning(const struct rule *rule);

const char *rule_nature_word(enum rule_nature nature); /* "breach", "doubt" */

#endif
