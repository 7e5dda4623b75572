/* ask.h - a command asks the running collector; or, when none runs, becomes the writer itself.
 *
 * Command side of STORE/lookback.sock. Blocking; one thread.
 */
#ifndef APP_ASK_H
#define APP_ASK_H

#include <jansson.h>

#include "town/settings.h"

enum asked {
    ASKED_DONE,    /* `answer` holds what stood behind "done"; the caller ends it */
    ASKED_REFUSED, /* `err` says why, in the collector's words */
    ASKED_NOBODY,  /* no collector listens */
    ASKED_CUT,     /* it hung up or was too slow: whether the act was done is not known */
};

/* Sends {"act":name,"args":args,"by":…}; `args` is borrowed. Progress lines go to standard error
 * when it is a terminal. */
enum asked ask_collector(const char *store_dir, const char *act, json_t *args, json_t **answer,
                         struct error *err);

/* The same for somebody else, who stands in "by". */
enum asked ask_collector_for(const char *store_dir, const char *by, const char *act, json_t *args,
                             json_t **answer, struct error *err);

/* As the first; each line before the last goes to `heard` (borrowed) instead of the terminal. */
enum asked ask_collector_hearing(const char *store_dir, const char *act, json_t *args,
                                 void (*heard)(void *self, const json_t *line), void *self,
                                 json_t **answer, struct error *err);

/* The same act, wherever it can be done: by the running collector, else by this process under the
 * store's lock with the same code. False with a sentence. */
bool ask_act(const struct settings *settings, const char *act, json_t *args, uint64_t *seq,
             struct error *err);

#endif
