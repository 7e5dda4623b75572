/* Numbers for Prometheus. */
#include "page/route.h"

const struct route metrics_routes[] = {
    {0},
};
