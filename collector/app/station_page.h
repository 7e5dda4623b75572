/* station_page.h - the page of a station. */
#ifndef APP_STATION_PAGE_H
#define APP_STATION_PAGE_H

#include "app/lookout.h"
#include "page/page.h"

/* *page stays NULL where settings want none. The station's host is filled but for `status`. */
bool station_page_start(struct page_host host, struct lookout *lookout, struct page **page,
                        struct error *err);

#endif
