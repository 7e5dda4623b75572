/* shown.h - small things every command that prints a JSON object as a table needs. */
#ifndef TOWN_SHOWN_H
#define TOWN_SHOWN_H

#include <jansson.h>

#include "base/error.h"
#include "base/text.h"
#include "town/settings.h"

/* The contract's {"error":{"kind","text","where"}}; the caller ends it. */
json_t *error_object(const struct error *err);

/* A member's text, "" where there is none; borrowed. */
const char *text_of(const json_t *object, const char *key);
/* A member's whole number, 0 where there is none. */
long long number_of(const json_t *object, const char *key);

/* A word of the contract ("recovered", "silent", "held") as a person reads it; the word itself
 * where there is nothing better. Static or `word`. */
const char *word_shown(const char *word);

#define LOCAL_TEXT 32
/* "2026-11-22T00:00:00.000Z" as the person's own clock shows it; `out` holds LOCAL_TEXT bytes. */
const char *local_time(const char *utc, char *out);

/* One line that says which zone every time below it is in. */
void say_zone(const struct settings *settings);

/* Whether the device of a point is simulated; NULL: whether any is. */
bool is_simulated(const struct settings *settings, const char *point);
/* The head of what is made from it: a line when it is simulated. */
void say_simulated(const struct settings *settings, const char *point);

#define KEY_TEXT 96
/* A fingerprint in groups of four digits, as it is copied and compared by eye; `out` holds KEY_TEXT
 * bytes. */
char *key_shown(const char *fingerprint, char *out);

/* A word as a shell takes it: as it is, or in single quotes. `out` ends up cut when it is too
 * small. */
char *shell_word(const char *word, char *out, size_t size);

/* A finite value rounded to so many decimals, and with as many more as it takes not to look like
 * the bound it broke (bound may be NULL). What is stored and judged is the whole value. */
void value_shown(struct text *text, double value, int decimals, const json_t *bound);

/* "> 1.5", "< 3", "6–9": a problem's bound. */
void bound_shown(const json_t *bound, char *out, size_t size);

#endif
