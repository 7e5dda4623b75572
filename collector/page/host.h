/* host.h - what the page may ask of the collector it belongs to. Filled by app/station; every
 * function may be called from any of the page's threads.
 */
#ifndef PAGE_HOST_H
#define PAGE_HOST_H

#include "record/notice.h"
#include "record/recorder.h"
#include "town/settings.h"

struct status_copy;

struct page_host {
    const struct settings *settings;
    const struct catalog *catalog; /* with the store's numbers */
    struct recorder *recorder;
    struct notices *notices;
    struct trust *trust;
    const struct clock *clock;
    uint32_t boot;
    /* The station as it was at most some seconds ago (report/status.h): asks the loop for a new
     * copy when the last is older than `fresh_ms`, waits for it at most a moment, and gives the
     * newest there is, to be ended with status_copy_release(); NULL: none yet. */
    const struct status_copy *(*status)(void *self, int64_t fresh_ms);
    void *self;
};

#endif
