/* draw.h - one JSON document drawn into a file by lookback-report. */
#ifndef REPORT_DRAW_H
#define REPORT_DRAW_H

#include <jansson.h>

#include "base/error.h"

/* `kind` is lookback-report's word: "river", "watch", "watch-sheet". A file that stands at `path`
 * is replaced only by a whole one. */
bool draw_document(const char *kind, const json_t *document, const char *path, struct error *err);

/* Whether a path ends like this (".pdf"), in any case. */
bool draw_is_for(const char *path, const char *ending);

#endif
