/* rule.h - a limit or bound applied to points, with how long or how often it must be broken.
 *
 * Filled by the settings; never changes while it is in force. A rule at one point has one lane for
 * each thing that is judged there: a rule with a bound has one, a standard may bring several (an
 * hour's mean and a day's). All lanes of a rule at a point share one problem.
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

enum { COUNT_MAX = 64 };

struct rule {
    char name[NAME_SIZE];
    char title[TITLE_SIZE];
    int64_t for_ms;       /* breached this long before an episode opens; 0: at once */
    int count_m, count_n; /* m of the last n judged values; n 0: not counted so; n <= COUNT_MAX,
                             m <= COUNT_MAX / lanes: only so many breaches are remembered */
    bool has_recover;
    double recover;         /* back beyond this (default the bound) … */
    int64_t recover_for_ms; /* … for this long, and the episode has ended */
    int64_t gather_ms;      /* recovered this long, watched by no task: closed by the machine */
    enum rule_nature nature;
    struct night night;         /* for `when` and for days */
    uint32_t *points;           /* the store's numbers it applies to */
    const struct lanes **lanes; /* what is judged at points[i]; borrowed from the settings */
    size_t point_count;
};

/* How a value stands to a bound. Between the bound and the recovery bound it neither breaches nor
 * proves recovery. A value exactly at the bound is not a breach. An over-range value ("at least
 * this") can breach an upper bound and never proves recovery from one. `recover` belongs to a rule
 * with one bound; a rule with two has good inside and breach outside. A bound with decimals is
 * compared with the value rounded half to even on its decimal text (GB/T 8170-2008, once). */
enum standing { STANDING_GOOD, STANDING_BETWEEN, STANDING_BREACH };
enum standing rule_judge(const struct rule *rule, const struct bound *bound, double value,
                         enum quality quality);

/* What decides whether an episode runs, as one number: the rule's keys and every stage of its lanes
 * at that point, not titles. An edited rule, standard or site has another. */
uint64_t rule_meaning(const struct rule *rule, const struct lanes *lanes);

const char *rule_nature_word(enum rule_nature nature); /* "breach", "doubt" */

#endif
