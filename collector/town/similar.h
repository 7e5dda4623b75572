/* similar.h - where else to look after a relapse (举一反三): the sites of that trade but the task's
 * own, and open tasks of its category. Pure.
 */
#ifndef TOWN_SIMILAR_H
#define TOWN_SIMILAR_H

#include <jansson.h>

#include "town/settings.h"

/* The category whose trade a task is of; NULL: none that ledger.conf knows. Borrowed. */
const struct category *similar_category(const struct settings *settings, const json_t *task);
bool similar_site(const struct category *category, const json_t *task,
                  const struct site_setup *site);
bool similar_task(const json_t *task, const json_t *other);

#endif
