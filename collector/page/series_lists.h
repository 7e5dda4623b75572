/* series_lists.h - one point's readings and aggregates row by row, and what is known of it; and
 * what the files of these answers share. Inside page/ only. */
#ifndef PAGE_SERIES_LISTS_H
#define PAGE_SERIES_LISTS_H

#include "page/series_inside.h"

void answer_readings(struct call *call);
void answer_aggregates(struct call *call);
void answer_point(struct call *call);

/* ?from= and ?to=: the last day where they are not there; false: the call has its 400. */
bool series_span(struct call *call, struct span *span, struct wall_time now);
bool series_wants_csv(struct call *call, bool *csv);

/* Of a span: rises with the readings only where new ones may stand in it. */
uint64_t series_version(const struct call *call);
uint64_t series_point_version(const struct call *call);

#endif
