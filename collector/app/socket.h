/* socket.h - STORE/lookback.sock: how a command reaches the running collector (contract, "Acts").
 *
 * One JSON line in, JSON lines out, the last one {"done":…} or {"error":…}. The socket is 0660 and
 * of group `lookback` where that group exists; who asks is the peer's user by the kernel. Besides
 * the acts it answers {"act":"status"}, which changes nothing. Bounded: SOCKET_PEERS_MAX peers,
 * lines that together have SOCKET_LINE_MAX bytes (a whole ledger of 100,000 tasks is one line). The
 * loop's thread; answers of acts arrive from the recorder's.
 */
#ifndef APP_SOCKET_H
#define APP_SOCKET_H

#include <uv.h>

#include "base/error.h"

enum { SOCKET_PEERS_MAX = 32, SOCKET_LINE_MAX = 128 << 20, SOCKET_PATH_SIZE = 108 };

/* A local socket's path has 107 bytes at most (unix(7)). Writes to `out` (SOCKET_PATH_SIZE) a path
 * that reaches the same socket, by way of a folder kept open where it must; returns that folder's
 * descriptor for the caller to close after use, or -1. */
int socket_reachable(const char *path, char *out);

struct station;
struct socket_server;

struct socket_server *socket_serve(uv_loop_t *loop, struct station *station, const char *store_dir,
                                   struct error *err);
/* Refuses what waits, closes everything, then calls `stopped` and frees itself. The recorder must
 * have been stopped before: no answer may come after this. */
void socket_stop(struct socket_server *server, void (*stopped)(void *self), void *self);

#endif
