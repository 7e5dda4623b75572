/* load.h - what the polling of the settings costs each link: its requests, their time on the wire,
 * and whether all of it fits. Nothing is opened or asked here but the store, for lessons.
 */
#ifndef TOWN_LOAD_H
#define TOWN_LOAD_H

#include <jansson.h>

#include "drivers/plan.h"
#include "store/known.h"
#include "town/settings.h"

/* Assumed from the last byte of a request to the first of its answer, where nobody measured it. */
enum { LOAD_TURN_US = 20000 };

struct load_request {
    struct planned planned;
    size_t bytes; /* of the request and its answer */
    int64_t us;   /* with the silence before it */
};

struct load_device {
    const struct device_conf *conf;
    struct gaps gaps;
    struct known_lesson *lessons;
    size_t lesson_count;
    struct load_request *requests; /* in the order they are asked */
    size_t request_count;
    int64_t turn_us;
    bool measured; /* `turn_us`, by a running collector */
    int64_t us;    /* one poll */
};

struct load_link {
    const struct link_setup *link;
    struct load_device *devices; /* as they stand in the settings */
    size_t device_count;
    int64_t cycle_us; /* each device asked once */
    double load;      /* share of its time that polling takes */
    double limit;
    bool fits;
    int64_t every_fits_ms; /* the shortest interval for all on it that fits; 0: nobody is on it */
};

struct load {
    struct load_link *links; /* as settings->links */
    size_t link_count;
    struct load_device *devices; /* all of them */
};

/* `reader` NULL: no lessons. `status` is what a running collector says of itself, NULL: none runs.
 * Gives a load, ended with load_free(); NULL with a sentence. Borrows the settings. */
struct load *load_of(const struct settings *settings, struct reader *reader, const json_t *status,
                     struct error *err);
void load_free(struct load *load);

/* One line about a link on which it does not fit: why, and what would. */
void load_say_overload(const struct load_link *link);

#endif
