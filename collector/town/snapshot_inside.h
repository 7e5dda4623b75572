/* snapshot_inside.h - what the two halves of a snapshot share; only app/snapshot*.c. */
#ifndef TOWN_SNAPSHOT_INSIDE_H
#define TOWN_SNAPSHOT_INSIDE_H

#include "town/snapshot.h"

struct drafted {
    struct configuration *made;
    size_t room; /* for items */
};

/* One item more; `content` and `json` are taken. False with a sentence: out of memory, which is
 * also what NULL means. */
bool snapshot_add(struct drafted *draft, const char *name, void *content, size_t size,
                  struct error *err);
bool snapshot_add_json(struct drafted *draft, const char *name, json_t *json, struct error *err);

/* What the settings come to: the collector, every site, every point. */
bool snapshot_add_made(struct drafted *draft, const struct settings *settings, struct error *err);

#endif
