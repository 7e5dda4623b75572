#include "base/version.h"

const char *version_text(void)
{
    return LOOKBACK_VERSION;
}

struct wall_time version_built(void)
{
    return (struct wall_time){(int64_t)LOOKBACK_BUILT * 1000};
}
