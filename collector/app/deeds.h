/* deeds.h - what people did about a problem, a device or a task: when, who, what, and their note.
 */
#ifndef APP_DEEDS_H
#define APP_DEEDS_H

#include "store/reader.h"

struct deeds_about {
    const char *problem; /* a UID; NULL: none */
    const char *device;  /* "SITE/DEVICE", for its maintenance; NULL: none */
    const char *task;    /* an id; NULL: none */
};

/* Prints a table in the order of the sequence; nothing when nobody did anything. Times in the zone
 * of the process. False with an error when the store cannot be read. */
bool deeds_print(struct reader *reader, const struct deeds_about *about, struct error *err);

#endif
