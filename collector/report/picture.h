/* picture.h - the station as a picture in a terminal: links, latest readings, open problems,
 * throughput, backlog. The loop's thread. */
#ifndef REPORT_PICTURE_H
#define REPORT_PICTURE_H

#include <stdio.h>

#include "report/status.h"
#include "store/reader.h"

struct picture;

/* `reader` may be NULL until the store can be read; borrowed, like everything in `view`. `plain`:
 * no cursor movements, one block after another, for a log. */
struct picture *picture_new(const struct status_view *view, struct reader *reader, bool plain);
void picture_free(struct picture *picture);
/* A line that stands under the head from now on; borrowed. */
void picture_note(struct picture *picture, const char *words);

/* Draws the state of this moment. */
void picture_draw(struct picture *picture, FILE *to);

#endif
