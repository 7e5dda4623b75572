/* link_parts.h - what the kinds of links share; for link*.c alone. */
#ifndef DRIVERS_LINK_PARTS_H
#define DRIVERS_LINK_PARTS_H

#include "drivers/link.h"

struct link_way {
    void (*open)(struct link *link);
    void (*shut)(struct link *link);
    bool (*is_open)(const struct link *link);
    bool (*send)(struct link *link, const uint8_t *bytes, size_t count);
    void (*pump)(struct link *link);
    bool (*wake_in)(struct link *link, int64_t ns);
    void (*end)(struct link *link);
};

/* The first member of every kind. */
struct link {
    const struct link_way *way;
    const struct link_user *user;
    void *self;
    uv_loop_t *loop;
    void (*ended)(void *);
    void *ended_self;
};

#endif
