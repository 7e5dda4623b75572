/* shelf.h - every sensor model there is: the user's own profiles, then the shipped ones. */
#ifndef APP_SHELF_H
#define APP_SHELF_H

#include "drivers/profile.h"

enum { SHELF_MAX = 512 };

struct shelf {
    struct parameters *parameters;
    struct profile *profiles[SHELF_MAX];
    size_t count;
};

/* Those of DIR/profiles, and the shipped ones whose model is not among them. A profile that is
 * wrong is left out, with its faults. NULL: there is no parameter table, or no memory. */
struct shelf *shelf_open(const char *dir, struct conf_faults *faults);
void shelf_close(struct shelf *shelf); /* NULL is fine */

#endif
