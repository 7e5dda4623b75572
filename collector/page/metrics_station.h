/* metrics_station.h - the station's own numbers, family by family. The page's thread. */
#ifndef PAGE_METRICS_STATION_H
#define PAGE_METRICS_STATION_H

#include "page/exposition.h"
#include "page/host.h"
#include "report/status.h"

void metrics_devices(struct exposition *out, const struct status_copy *copy);
void metrics_links(struct exposition *out, const struct status_copy *copy);
void metrics_polling(struct exposition *out, const struct status_copy *copy);

/* What recorder, store, outputs, clock and notices say. */
void metrics_store(struct exposition *out, const struct page_host *host);
void metrics_outputs(struct exposition *out, const struct status_copy *copy,
                     const struct clock *clock);
void metrics_seals(struct exposition *out, const struct page_host *host);
void metrics_clock(struct exposition *out, const struct status_copy *copy);
void metrics_notices(struct exposition *out, struct notices *notices);

#endif
