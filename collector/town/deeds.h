/* deeds.h - what people did about a problem, a device or a task: when, who, what, and their note.
 */
#ifndef TOWN_DEEDS_H
#define TOWN_DEEDS_H

#include "store/reader.h"

struct deeds_about {
    const char *problem; /* a UID; NULL: none */
    const char *device;  /* "SITE/DEVICE", for its maintenance; NULL: none */
    const char *task;    /* an id; NULL: none */
    const char *since; /* a moment: what was over and known before is left out; NULL: nothing is */
};

enum { DEEDS_MOST = 500 }; /* of each: the newest */

struct deed {
    uint64_t seq;
    struct wall_time time;
    char *kind;            /* "problem.close" */
    char *who, *by, *note; /* by and note: "" where there is none */
    char *from, *to;       /* of a maintenance, as the act said them; else "" */
    bool even_so;          /* struck off while breaching */
};

struct deeds {
    struct deed *list;
    size_t count, room;
};

/* In the order of the sequence. Ended with deeds_end() in both cases. */
bool deeds_gather(struct deeds *deeds, struct reader *reader, const struct deeds_about *about,
                  struct error *err);
void deeds_end(struct deeds *deeds);

/* What was done, in words: "maintenance from … to …". Times in the zone of the process. */
char *deed_shown(const struct deed *deed, char *out, size_t size);

#endif
