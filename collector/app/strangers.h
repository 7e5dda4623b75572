/* strangers.h - a notice of units that dial in and are not known. The loop's thread. */
#ifndef APP_STRANGERS_H
#define APP_STRANGERS_H

#include "flow/poller.h"
#include "record/notice.h"

/* Raises the notice with the newest of them and the line to write, or ends it when none is left. */
void strangers_tell(const struct poller *poller, struct notices *notices);

#endif
