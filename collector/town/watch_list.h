/* watch_list.h - every struck-off task for the look-back meeting: has it held?
 *
 * Those that need somebody first: relapsed, not proven, watched by nobody, watched elsewhere, held;
 * among these by the end of the watch period.
 */
#ifndef TOWN_WATCH_LIST_H
#define TOWN_WATCH_LIST_H

#include "town/ledger_desk.h"

struct watch_list {
    json_t *tasks; /* the contract's, "verdict" filled */
    json_t *rows;  /* of each what report/watch_document.h says, in the same order */
    bool relapsed; /* any has */
};

/* Ended with watch_list_end() in both cases. False: out of memory; what could not be read stands in
 * desk->trouble. One that was stopped (desk->is_stopped) is not whole. */
bool watch_list_make(struct watch_list *list, struct ledger_desk *desk);
void watch_list_end(struct watch_list *list);

/* Into a file: .pdf or .xlsx, as the path ends. */
bool watch_list_draw(const struct watch_list *list, const struct ledger_desk *desk,
                     const char *path, struct error *err);
bool watch_list_can_draw(const char *path);

#endif
