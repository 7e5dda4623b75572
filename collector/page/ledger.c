/* Problems, tasks, the watch list, rivers and seals. */
#include "page/route.h"

const struct route ledger_routes[] = {
    {0},
};
