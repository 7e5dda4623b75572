/* liar_options.h - what the words on a liar's command line mean; each ends the program when they
 * mean nothing.
 */
#ifndef TESTS_LIAR_OPTIONS_H
#define TESTS_LIAR_OPTIONS_H

#include "liar_answer.h"

_Noreturn void liar_give_up(const char *what, const char *word);
_Noreturn void liar_help(void);
/* "1-32", "7,9-11" */
void liar_read_units(const char *text, bool *units);
/* "A=W,W,…" into `set`, or into a new one when it is NULL; given to the caller. */
struct liar_registers *liar_read_registers(struct liar_registers *set, const char *text);

#endif
