/* ledger_asked.h - what every command about tasks begins and ends with, and its answer's exit code.
 */
#ifndef APP_LEDGER_ASKED_H
#define APP_LEDGER_ASKED_H

#include "app/command.h"
#include "town/ledger_desk.h"

/* The desk of the settings that were named. 0, or an exit code after the error was printed. Ended
 * with ledger_desk_close() in both cases. */
int ledger_desk_open(struct ledger_desk *desk, const struct typed *typed);
/* Gives `code`, or that of an error while the answer was made, after it was printed: what could not
 * be read must not look like nothing. */
int ledger_desk_close(struct ledger_desk *desk, const struct typed *typed, int code);

/* The task of that id, borrowed; NULL after the error was printed. */
json_t *ledger_desk_task(const struct ledger_desk *desk, const struct typed *typed, const char *id);

/* Similar sites and tasks after a relapse (举一反三): the sites of that trade but the task's own,
 * and open tasks of its category. Prints up to `most` of each under a heading; nothing when none.
 */
void ledger_print_similar(const struct ledger_desk *desk, const json_t *task, size_t most);

#endif
