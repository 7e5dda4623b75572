/* Bundles that are asked for on the page. */
#include "page/route.h"

const struct route evidence_routes[] = {
    {0},
};
