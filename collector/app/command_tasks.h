/* command_tasks.h - the commands about tasks that share the word `tasks`. */
#ifndef APP_COMMAND_TASKS_H
#define APP_COMMAND_TASKS_H

#include "app/command.h"
#include "app/ledger_asked.h"

/* tasks import FILE [--dry-run] */
int command_tasks_import(const struct typed *typed);

#endif
