/* command_line.h - what one command takes, and how a line of words is read by it. */
#ifndef APP_COMMAND_LINE_H
#define APP_COMMAND_LINE_H

#include "app/command.h"

/* One command: what it takes, what it does. */
struct command {
    const char *name;
    const char *forms[4];    /* every way to call it, each without "lookback" */
    const char *options[12]; /* its own; a trailing '=' wants a value */
    size_t least, most;      /* words */
    int (*run)(const struct typed *typed);
    const char *zh, *en;
};

/* The language until the settings say theirs: --lang wherever it stands, else the machine's. Also
 * finds --json, so that an error of the line itself is printed as was asked. */
void command_line_begin(struct typed *typed, int count, char **words);

/* The first word that is neither an option nor an option's value; NULL: none. */
const char *line_command(int count, char **words);

/* Takes the words apart by what `command` (NULL: unknown) takes. 0, or an exit code after the error
 * was printed. */
int line_read(struct typed *typed, const struct command *command, int count, char **words);

/* Fails with the sentence and, after it, every form of the command (NULL: none). */
int line_wrong(const struct typed *typed, const struct command *command, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
