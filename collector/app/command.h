/* command.h - the commands of the contract: one function each, one table in command.c.
 *
 * A command prints its answer on standard output and its errors on standard error (as one JSON
 * object with --json), and returns the contract's exit code: 0 done, 1 done and the answer is no, 2
 * wrong use or settings, 3 could not be done.
 */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "town/settings.h"

enum { EXIT_DONE = 0, EXIT_NO = 1, EXIT_WRONG = 2, EXIT_COULD_NOT = 3, WORDS_MAX = 8 };

/* What was typed: options by name, and the words that are none. */
struct typed {
    const char *program; /* as it was called, so that a command we print can be typed again */
    const char *command;
    const char *dir; /* -c */
    bool dir_given;
    bool json;
    bool language_given;
    bool help;
    const char *words[WORDS_MAX];
    size_t word_count;
    struct {
        const char *name;  /* as in the command's table: "--from=", "--csv" */
        const char *value; /* "" for a flag */
    } options[16];
    size_t option_count;
};

/* The value of an option ("--from"), or NULL. */
const char *typed_option(const struct typed *typed, const char *name);

/* Prints the error as the contract wants and gives its exit code. */
int command_fail(const struct typed *typed, const struct error *err);

/* Whether long work shows how far it is: not to a program, for which standard error holds at most
 * one JSON object. */
bool command_shows_progress(const struct typed *typed);

/* Loads the settings and speaks their language unless --lang was given; on failure prints every
 * fault and gives NULL. */
struct settings *command_settings(const struct typed *typed);

/* Parses a moment option; false (with a printed error) when it is given and wrong. Absent: `*time`
 * stays. */
bool command_moment(const struct typed *typed, const char *name, struct wall_time *time);
/* --from and --to, each where it is written; false after the error was printed, also when they are
 * the wrong way round. */
bool command_span(const struct typed *typed, struct wall_time *from, struct wall_time *to);

/* False (with a printed error that names the allowed words) when an option is given and none of
 * `allowed` (NULL-terminated). */
bool command_choice(const struct typed *typed, const char *name, const char *const *allowed);

/* Does the act, wherever it can be done, and prints its number in the sequence. `args` is taken. */
int command_act(const struct typed *typed, const char *act, json_t *args);
/* Says that an option or word is missing, and gives the exit code. */
int command_missing(const struct typed *typed, const char *option);
/* Says that its first word is none that the command knows, and which are. */
int command_unknown(const struct typed *typed, const char *known);

int command_run(const struct typed *typed);
int command_work(const struct typed *typed);
int command_check(const struct typed *typed);
int command_sensors(const struct typed *typed);
int command_status(const struct typed *typed);
int command_limits(const struct typed *typed);
int command_readings(const struct typed *typed);
int command_problems(const struct typed *typed);
int command_problem(const struct typed *typed);
int command_resend(const struct typed *typed);
int command_seal(const struct typed *typed);
int command_seals(const struct typed *typed);
int command_device(const struct typed *typed);
int command_replay(const struct typed *typed);
int command_decode(const struct typed *typed);
int command_tasks(const struct typed *typed);
int command_task(const struct typed *typed);
int command_watch(const struct typed *typed);
int command_river(const struct typed *typed);
int command_evidence(const struct typed *typed);
int command_user(const struct typed *typed);
int command_users(const struct typed *typed);
int command_plan(const struct typed *typed);
int command_probe(const struct typed *typed);
int command_simulate(const struct typed *typed);
int command_demo(const struct typed *typed);

/* Reads the command line and does what it says. */
int command_main(int count, char **words);

#endif
