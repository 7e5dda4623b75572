/* uid.h - the problem a person means by the first digits of its uid. */
#ifndef TOWN_UID_H
#define TOWN_UID_H

#include "ledger/problem.h"
#include "store/reader.h"

enum { UID_LEAST = 6, UID_SHOWN = 8 }; /* digits that are taken, and that tables show */

enum { UID_LISTED = 4 };
struct uid_found {
    size_t count; /* of problems that begin so, UID_LISTED + 1 at most; 0: none, or no UID */
    char uid[UID_LISTED + 1][UID_SIZE];
    char point[UID_LISTED + 1][POINT_SIZE];
};
/* Looks for the problems that begin so. False: the store cannot be read. */
bool uid_search(struct reader *reader, const char *digits, struct uid_found *found,
                struct error *err);

/* Writes the whole uid to `uid`. False with a sentence for a terminal: fewer than UID_LEAST hex
 * digits, no problem begins so, or several do. */
bool uid_find(struct reader *reader, const char *digits, char uid[UID_SIZE], struct error *err);

#endif
