/* One point over a span: its readings where they are few enough, else what they come to. */
#include <stdlib.h>

#include "page/series_inside.h"

void series_rows_end(struct series_rows *rows)
{
    free(rows->rows);
    free(rows->bands);
    free(rows->gaps);
    *rows = (struct series_rows){0};
}

bool series_rows_make(struct series_rows *rows, const struct series_asked *asked, struct error *err)
{
    struct span until_now = asked->span;
    bool fits = false;

    *rows = (struct series_rows){0};
    if (asked->now.ms < until_now.end.ms)
        until_now.end = asked->now;
    /* twice as many may be fewer: not every one was taken */
    if (series_expected(asked->past, until_now) <= 4 * (int64_t)asked->width &&
        !series_raw_make(rows, asked, &fits, err))
        return false;
    if (fits)
        return true;
    series_rows_end(rows);
    return series_buckets_make(rows, asked, err);
}
