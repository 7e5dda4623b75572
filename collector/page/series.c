/* One point over time. */
#include "page/route.h"

const struct route series_routes[] = {
    {0},
};
