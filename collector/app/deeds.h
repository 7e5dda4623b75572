/* deeds.h - what people did about a problem, a device or a task, as a table. */
#ifndef APP_DEEDS_H
#define APP_DEEDS_H

#include "town/deeds.h"

/* Prints it in the order of the sequence; nothing when nobody did anything. Times in the zone of
 * the process. False with an error when the store cannot be read. */
bool deeds_print(struct reader *reader, const struct deeds_about *about, struct error *err);

#endif
