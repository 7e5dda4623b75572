/* seal_text.h - a moment as it is sealed. Inside store/ only. */
#ifndef STORE_SEAL_TEXT_H
#define STORE_SEAL_TEXT_H

#include "base/clock.h"
#include "base/text.h"

/* Nothing for an unknown time. */
void seal_add_time(struct text *text, struct wall_time time);
/* The digits of a known time; a 30 February comes out as another day. Who reads compares with what
 * is written again. */
bool seal_read_time(const char *words, size_t size, struct wall_time *time);

#endif
