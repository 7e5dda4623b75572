/* work_shelf.h - the bundles that stand in STORE/bundles, and when they go. */
#ifndef APP_WORK_SHELF_H
#define APP_WORK_SHELF_H

#include "record/orders.h"

/* Removes bundles that expired, all but the newest WORK_SHELF_MOST, the oldest while together they
 * have more than a tenth of the room that would be free without them (the newest stays), and what
 * belongs to no order that is looked at. Gives when the next one expires; WALL_NONE: none stands.
 */
enum { WORK_SHELF_MOST = 50 };
struct wall_time work_shelf_tidy(const char *store_dir, const struct orders *orders,
                                 struct wall_time now);

#endif
