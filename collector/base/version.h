/* version.h - which program this is, and when it was built (SOURCE_DATE_EPOCH is obeyed). */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#include "base/clock.h"

const char *version_text(void);       /* "0.2.0" */
struct wall_time version_built(void); /* no plausible clock is earlier */

#endif
