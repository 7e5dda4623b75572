/* simulator.h - starting lookback-simulator beside us and knowing when its devices answer. */
#ifndef APP_SIMULATOR_H
#define APP_SIMULATOR_H

#include <sys/types.h>

#include "base/error.h"

/* Writes the program's path (beside this one, or in the search path) to `out`. */
void simulator_path(char *out, size_t size);

/* Starts it on a file and waits until it says "ready" (at most 10 s). Its process, or -1 with a
 * sentence. It ends when we end. */
pid_t simulator_start(const char *file, int log, struct error *err);
void simulator_stop(pid_t process);

#endif
