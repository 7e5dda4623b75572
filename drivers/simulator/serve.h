/* serve.h - answers Modbus requests for a town, on TCP ports and pseudo terminals.
 *
 * One epoll loop; the frames of answers are libmodbus's own, so what a collector of ours talks to
 * is a peer it shares no code with. Reads only: every other function is refused with exception 1.
 */
#ifndef SIMULATOR_SERVE_H
#define SIMULATOR_SERVE_H

#include "drivers/simulator/town.h"

struct serve;

/* Opens every port and pseudo terminal. Gives the server, ended with serve_free(); NULL with the
 * link and the reason. Borrows the town. */
struct serve *serve_new(struct town *town, struct error *err);
void serve_free(struct serve *serve); /* removes the symbolic links; NULL is fine */

/* Answers until a handler of SIGTERM or SIGINT sets `*stop`. The caller has both blocked: they come
 * through only while we wait, so none is missed. */
bool serve_run(struct serve *serve, const volatile int *stop, struct error *err);

#endif
