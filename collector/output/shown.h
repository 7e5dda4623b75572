/* shown.h - bytes a peer sent, fit for a log line or a page. Pure. */
#ifndef OUTPUT_SHOWN_H
#define OUTPUT_SHOWN_H

#include "base/text.h"

/* Control characters become "\xNN". Stops at the first that does not fit. */
void text_add_shown(struct text *text, const char *bytes, size_t size);

#endif
