/* probe_show.h - what was read and recognised, as tables for a person and as JSON. */
#ifndef APP_PROBE_SHOW_H
#define APP_PROBE_SHOW_H

#include <jansson.h>

#include "app/probe_match.h"

/* Each register in every form; `wide`: also as 32-bit whole numbers. */
void probe_show_words(const struct probe_words *words, const struct marks *marks, bool wide);
json_t *probe_words_json(const struct probe_words *words);

void probe_show_marks(const struct marks *marks, const struct expected *expected, size_t count);
json_t *probe_marks_json(const struct marks *marks, const struct expected *expected, size_t count);

#endif
