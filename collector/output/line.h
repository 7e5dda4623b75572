/* line.h - line protocol: one line per device, medium and moment (contract, "Line protocol").
 *
 * Pure: it turns polls into text and knows no peer. The series key (measurement and tags) and the
 * field names are made once per device and kept, so a line costs its numbers only. Fields stand in
 * the catalog's order, and a field keeps its type for life: values are floats, "_q" an integer.
 *
 * One thread at a time per `struct line_keys`; the catalog must outlive it.
 */
#ifndef OUTPUT_LINE_H
#define OUTPUT_LINE_H

#include "base/text.h"
#include "model/catalog.h"
#include "model/reading.h"

struct line_keys;

/* Gives the prepared keys, ended with line_keys_free(); NULL: no memory. */
struct line_keys *line_keys_new(const struct catalog *catalog);
void line_keys_free(struct line_keys *keys); /* NULL is fine */

/* Adds the lines of one poll, each ended by a line feed, and says in `lines` how many. None for a
 * poll without a wall time, of an unknown device, or without a known point. An absent value has
 * only its quality. False: they did not fit, and `text` is as it was. */
bool line_add_poll(struct line_keys *keys, const struct poll *poll, struct text *text,
                   size_t *lines);

/* A tag, a tag's value or a field's name: ',', '=' and ' ' escaped; what line protocol cannot
 * escape (control characters, the backslash) becomes '_'. */
void line_add_escaped(struct text *text, const char *words);

#endif
