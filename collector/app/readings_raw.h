/* readings_raw.h - what a reading rests on: the channel's own words as they came, and the frames of
 * its poll where they are kept.
 */
#ifndef APP_READINGS_RAW_H
#define APP_READINGS_RAW_H

#include "store/reader.h"
#include "town/settings.h"

struct readings_raw;

/* Of one point; ended with readings_raw_free(). `settings` is borrowed. */
struct readings_raw *readings_raw_new(const struct settings *settings, uint32_t point,
                                      struct error *err);
void readings_raw_free(struct readings_raw *raw); /* NULL is fine */

enum { RAW_WORDS = 4 };

/* Borrowed until the next call. */
struct raw_shown {
    const struct channel *channel; /* where the words stand; NULL: not known */
    uint16_t words[RAW_WORDS];
    size_t count;          /* 0: there are none, `why` says why */
    const char *why;       /* a few words */
    const uint8_t *frames; /* as struct poll has them; NULL: not kept */
    size_t frames_size;
};
bool readings_raw_at(struct readings_raw *raw, uint64_t seq, const struct reading *reading,
                     struct raw_shown *shown);
/* After an at() that returned false. */
const struct error *readings_raw_error(const struct readings_raw *raw);

/* Ready parts of an answer. JSON: `"raw":…,"frames":…`; CSV: four fields; a table: two cells. */
struct table;
void raw_print_json(const struct raw_shown *shown);
void raw_print_csv(const struct raw_shown *shown);
void raw_table_cells(const struct raw_shown *shown, struct table *table);

#endif
