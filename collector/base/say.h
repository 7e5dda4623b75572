/* say.h - Chinese first, English second: the language of what a person reads.
 *
 * Both sentences stand side by side where they are said; both take the same arguments in the same
 * order (or numbered, "%2$s"). Set once in main before any thread starts. Machine output (JSON
 * keys, topics, quality letters, causes) is the same in both.
 */
#ifndef BASE_SAY_H
#define BASE_SAY_H

#include <stdbool.h>

enum language { LANGUAGE_ZH, LANGUAGE_EN };

void say_in(enum language language);
/* In this thread alone, from here on: for who answers people of both. */
void say_in_here(enum language language);
/* The same for a while, or -1: as everywhere, as log lines want it. Gives what to put back. */
int say_as(int language);
enum language say_language(void);

/* A format string for printf-like functions: SAY("端口被占用", "the port is in use"). */
#define SAY(zh, en) (say_language() == LANGUAGE_ZH ? (zh) : (en))

#endif
