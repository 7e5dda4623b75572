/* tally_plans.h - config/aggregates.conf in memory: what its reader fills and its pickers ask.
 * Inside ledger/ only.
 */
#ifndef LEDGER_TALLY_PLANS_H
#define LEDGER_TALLY_PLANS_H

#include "ledger/tally_inside.h"

enum { MEDIUM_ANY = MEDIUM_WEATHER + 1 };

struct whom {
    int medium; /* MEDIUM_ANY: every one */
    char parameter[NAME_SIZE];
};

struct plan_row {
    struct whom whom;
    int period, of, by;
    bool kept;
    int64_t share, need, need_february, need_day, need_night, windows;
    char source[TITLE_SIZE];
    bool verified;
};

struct mean_row {
    struct whom whom;
    int mean;
};

struct tally_plans {
    struct night night;
    struct silence silence;
    struct plan_row *rows;
    size_t row_count;
    struct mean_row *means;
    size_t mean_count;
};

#endif
