/* certificate.h - tells in time that the page's certificate ends: browsers trust none that has. */
#ifndef PAGE_CERTIFICATE_H
#define PAGE_CERTIFICATE_H

#include "base/clock.h"
#include "record/notice.h"

/* The end of the first certificate of these PEM words; WALL_NONE: there is none, or it cannot be
 * told. */
struct wall_time certificate_ends(const char *pem);

/* Raises the notice "certificate" from 30 days before the end on, with the file and what to do;
 * ends it where there is more time (the clock was wrong). `now` has to be trusted. */
void certificate_tell(struct notices *notices, const char *path, struct wall_time ends,
                      struct wall_time now);

#endif
