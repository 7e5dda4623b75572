/* demo_page.h - the demo's page: the person who may do everything on it, and `lookback work` beside
 * it, which makes the bundles that are asked for.
 */
#ifndef APP_DEMO_PAGE_H
#define APP_DEMO_PAGE_H

#include <sys/types.h>

#include "app/demo_files.h"
#include "page/token.h"
#include "town/settings.h"

/* The token of the user `office`, once for each demo folder: kept in D/office.token (0600).
 * `fresh`: the store is new and knows nobody. Before the station starts. */
bool demo_page_token(const struct demo_files *files, const struct settings *settings, bool fresh,
                     char token[TOKEN_SIZE], struct error *err);
/* The address that signs in by one click; `out` is returned. */
char *demo_page_address(const struct demo_files *files, const char *token, char *out, size_t size);

/* `lookback work` on the demo's settings, its log lines to `log` (-1: as ours); it ends with us.
 * Before any thread is started. -1 with a sentence. */
pid_t demo_work_start(const struct demo_files *files, int log, struct error *err);
void demo_work_stop(pid_t process);

#endif
