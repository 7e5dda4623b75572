/* uid.h - the problem a person means by the first digits of its uid. */
#ifndef APP_UID_H
#define APP_UID_H

#include "ledger/problem.h"
#include "store/reader.h"

enum { UID_LEAST = 6, UID_SHOWN = 8 }; /* digits that are taken, and that tables show */

/* Writes the whole uid to `uid`. False with a sentence: fewer than UID_LEAST hex digits, no problem
 * begins so, or several do. */
bool uid_find(struct reader *reader, const char *digits, char uid[UID_SIZE], struct error *err);

#endif
