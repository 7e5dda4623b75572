/* acts.h - an act asked for on the page, answered at once: for the routes that take one. */
#ifndef PAGE_ACTS_H
#define PAGE_ACTS_H

#include "page/route.h"

/* Checks that the act is one of the page's, that the person may, and its arguments by name, kind
 * and size; hands it to the recorder; answers 202 with it, or refuses. `args` is borrowed. */
void page_act(struct call *call, const char *name, const json_t *args);

#endif
