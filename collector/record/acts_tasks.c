/* Acts on the ledger. */
#include "record/acts.h"

const struct act_kind tasks_acts[] = {
    {NULL, NULL, NULL},
};
