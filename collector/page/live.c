/* The station as it is now. */
#include "page/route.h"

const struct route live_routes[] = {
    {0},
};
