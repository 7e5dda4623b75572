/* river_days.h - a month of days by class, a strip a section. Inside drawing/ only. */
#ifndef DRAWING_RIVER_DAYS_H
#define DRAWING_RIVER_DAYS_H

#include "drawing/document.h"
#include "drawing/page.h"

/* Every section's days; each cell has its class as a numeral, and a pattern beside its colour. */
void river_days_draw(struct page *page, const json_t *report);

/* How all of it is judged. */
void river_method(struct page *page, const json_t *report);

/* "III 类"; DASH: none. */
const char *river_class_words(const char *class_);
/* "镇级河长" */
const char *river_tier_words(const char *tier);

#endif
