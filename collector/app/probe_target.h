/* probe_target.h - the LINK of `lookback probe`: a link of devices.conf by its name, or a port or
 * address as it is written on the label, when there are no settings yet.
 *
 *   /dev/ttyUSB0   192.168.1.20   192.168.1.20:502   [fe80::1]:502   gateway.local
 *   tcp://gateway:502   rtu+tcp://192.168.1.20:9999
 */
#ifndef APP_PROBE_TARGET_H
#define APP_PROBE_TARGET_H

#include "app/command.h"

struct probe_target {
    struct link_setup link;    /* its name is "" when the settings have none for it */
    struct settings *settings; /* of the folder, NULL: there are none, or they are wrong */
    size_t index;              /* of the link in the settings, where it has a name */
};

/* Finds what `word` means. A port or address that a link of the settings uses is that link. False
 * with a sentence. Ended with probe_target_end() either way. */
bool probe_target_find(struct probe_target *target, const struct typed *typed, const char *word,
                       struct error *err);
void probe_target_end(struct probe_target *target);

/* "/dev/ttyUSB0", "192.168.1.20:502": where it goes. */
char *probe_target_text(const struct link_setup *link, char *out, size_t size);

#endif
