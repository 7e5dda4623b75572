/* document.h - the JSON a report is drawn from: whatever is absent prints as "–".
 *
 * Nothing here fails: a member that is missing or of another type is absent, never 0.
 */
#ifndef DRAWING_DOCUMENT_H
#define DRAWING_DOCUMENT_H

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"

#define DASH "–"

/* Reads the whole document from a stream; NULL with a sentence. Sets the language and the zone it
 * names ("lang", "timezone"). The caller ends it. */
json_t *document_read(FILE *from, struct error *err);

/* A member's text; "" or DASH when absent; borrowed. */
const char *doc_text(const json_t *object, const char *key);
const char *doc_text_or_dash(const json_t *object, const char *key);
/* {"zh","en"} in the language of the moment, or a plain text. */
const char *doc_said(const json_t *object, const char *key);
/* NAN when absent. What is sealed has its numbers as text; they are numbers here, too. */
double doc_number(const json_t *object, const char *key);
/* `otherwise` when absent. */
long long doc_int(const json_t *object, const char *key, long long otherwise);
bool doc_true(const json_t *object, const char *key);
/* An RFC 3339 moment or a local date; WALL_NONE when absent. */
struct wall_time doc_time(const json_t *object, const char *key);
/* Its length; 0 when absent. */
size_t doc_size(const json_t *object, const char *key);
const json_t *doc_at(const json_t *object, const char *key, size_t index);

/* Any value in plain words: "device chuanyang-03/nh3; note …", moments in local time. Returns
 * `out`.
 */
const char *value_words(const json_t *value, char *out, size_t size);

/* Texts that last until the 24th next call: for the arguments of one printf. */
const char *shown_number(double value, int decimals); /* "–" for NAN; decimals -1: as short as
                                                         reads back, at most 4 significant */
const char *shown_percent(double value);              /* 95.3 as "95.3 %" */
const char *shown_count(const json_t *object, const char *key);
const char *shown_day(struct wall_time time);
const char *shown_minute(struct wall_time time);
const char *shown_with_unit(double value, int decimals, const char *unit);

#endif
