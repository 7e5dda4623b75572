/* nameless.h - a temporary file without a name: gone when it is closed or we are killed. */
#ifndef REPORT_NAMELESS_H
#define REPORT_NAMELESS_H

#include "base/error.h"

/* In the folder where `beside` stands or will stand; closed on exec. -1 with a sentence that names
 * `beside`. */
int nameless_file(const char *beside, struct error *err);

#endif
