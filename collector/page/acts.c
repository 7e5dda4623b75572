/* Acts, and who asks. */
#include "page/route.h"

const struct route act_routes[] = {
    {0},
};
