/* notice.h - station trouble a person must see: link, device, disk, clock, output. Any thread.
 *
 * A notice is raised once and ended once; raising it again only changes its sentence. The board is
 * bounded: past NOTICES_MAX the rest are counted.
 */
#ifndef RECORD_NOTICE_H
#define RECORD_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum { NOTICES_MAX = 256 };

struct notice {
    char id[64];      /* "output-town-mqtt", "link-north", "disk": stable, fits a topic level */
    char subject[96]; /* what it is about: "output town-mqtt" */
    char text[512];   /* one sentence */
    struct wall_time since;
    uint64_t revision; /* rises with each change of the board; for outputs that publish it */
    bool ended;        /* kept until overwritten, so that outputs can empty its topic */
};

struct notices;

struct notices *notices_new(const struct clock *clock);
void notices_free(struct notices *notices);

void notice_raise(struct notices *notices, const char *id, const char *subject, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
void notice_end(struct notices *notices, const char *id);

/* Copies up to `most` notices (ended ones too) changed after `revision`; returns how many and sets
 * `*revision` to the newest. */
size_t notices_since(struct notices *notices, uint64_t *revision, struct notice *out, size_t most);
uint64_t notices_revision(struct notices *notices);
size_t notices_count(struct notices *notices); /* open now */
/* Those that are open now. */
size_t notices_open(struct notices *notices, struct notice *out, size_t most);

#endif
