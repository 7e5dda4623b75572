/* digest.h - which settings are in force: what the event "started" and later evidence name. */
#ifndef TOWN_DIGEST_H
#define TOWN_DIGEST_H

#include "town/settings.h"

#define DIGEST_TEXT 65

/* SHA-256 over the four files and the parameter table as they stand in the folder, each as its
 * name, a line feed, its length in decimal, a line feed, its bytes; a file that is absent is left
 * out. Writes 64 hex digits to `out` and returns it; "" when it cannot be made. Profiles are not in
 * it: every poll names its own. */
char *settings_digest(const struct settings *settings, char *out);

#endif
