/* problem_card.h - one problem, every fact on a line of its own, for a person. */
#ifndef APP_PROBLEM_CARD_H
#define APP_PROBLEM_CARD_H

#include <jansson.h>

#include "model/parameter.h"

/* Prints the contract's problem object; times in the zone of the process. */
void problem_card(const json_t *problem, const struct parameters *parameters);

/* The decimals a problem's values are shown with. */
int problem_decimals(const json_t *problem, const struct parameters *parameters);

/* Its state for a person: a doubt is never "超标中". */
const char *problem_state_shown(const json_t *problem);

#endif
