#include "app/station_page.h"

bool station_page_start(struct page_host host, struct lookout *lookout, struct page **page,
                        struct error *err)
{
    *page = NULL;
    if (host.settings->page.listen[0] == '\0')
        return true;
    host.status = lookout_copy;
    host.self = lookout;
    *page = page_start(&host, err);
    return *page != NULL;
}
