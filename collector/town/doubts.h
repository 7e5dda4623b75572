/* doubts.h - what needs checking, beside the readings it is about and in words for a person.
 *
 * A doubt is a problem of nature "doubt" in the store; each of its episodes is a stretch of time of
 * one point. Nothing here says that a value is wrong.
 */
#ifndef TOWN_DOUBTS_H
#define TOWN_DOUBTS_H

#include "store/reader.h"

/* What a doubt's rule says: the sentence of a screening test ("screen-flat"), in the language of
 * the moment, or the name of a rule of rules.conf. */
const char *doubt_title(const char *rule);
/* How machines name it: "flat", or the rule's name. */
const char *doubt_word(const char *rule);

/* Whether it is a test of the screening and no rule of rules.conf. */
bool doubt_is_screened(const char *rule);

struct doubts;

/* All doubts about a point ("SITE/DEVICE/CHANNEL"). Gives them, ended with doubts_free(). */
struct doubts *doubts_of(struct reader *reader, const char *point, struct error *err);
void doubts_free(struct doubts *doubts);
bool doubts_are_there(const struct doubts *doubts);

/* The doubts that hold at a moment, moments asked for in order of time: their words with commas, or
 * (`titles`) their sentences; "" for none. */
void doubts_at(struct doubts *doubts, struct wall_time time, bool titles, char *out, size_t size);

#endif
