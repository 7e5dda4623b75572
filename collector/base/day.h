/* day.h - days of the calendar as text, in the zone of the process. Pure. */
#ifndef BASE_DAY_H
#define BASE_DAY_H

#include "base/clock.h"

#define DAY_TEXT 16
/* "2026-11-23"; "" of a time that is not known, or so far off that its year has more digits. */
char *day_text(struct wall_time time, char out[DAY_TEXT]);

/* Days from one such text to another, negative backwards; 0 where one is none. */
long days_between(const char *from, const char *to);

#endif
