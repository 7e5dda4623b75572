/* page.h - the page of a running collector: a web server of its own thread. */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H

#include "page/host.h"

struct page;

/* Listens at settings->page.listen ("" is no page: do not call). The host is copied. Where the
 * address cannot be had now (in use, not there yet) the notice "page" says so, and it is tried
 * again until it can. NULL with a sentence that names the certificate, its key or the setting. */
struct page *page_start(const struct page_host *host, struct error *err);
/* Ends every connection and its threads; NULL is fine. Before the recorder stops. */
void page_stop(struct page *page);

/* What /metrics and the tests look at; any thread. */
struct page_status {
    size_t connections, connections_most;
    uint64_t requests, not_modified, refused, closed_slow, crowded_out;
};
void page_status(struct page *page, struct page_status *status);

#endif
