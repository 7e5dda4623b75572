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

/* Nothing anywhere: no row, and one gap. */
static bool make_nothing(struct series_rows *rows, const struct series_asked *asked,
                         struct error *err)
{
    series_rows_end(rows);
    return series_add_gap(rows, asked->span.start.ms, asked->span.end.ms) || series_no_memory(err);
}

/* Readings go earlier than what was counted of them: a gap at the beginning may be none. */
static bool may_be_pruned(const struct series_rows *rows, const struct series_asked *asked)
{
    return rows->gap_count > 0 && rows->gaps[0].start.ms == asked->span.start.ms &&
           (rows->row_count == 0 || reader_is_pruned(asked->reader));
}

bool series_rows_make(struct series_rows *rows, const struct series_asked *asked, struct error *err)
{
    struct span until_now = asked->span;
    bool periods_only = false;
    bool fits = false;

    *rows = (struct series_rows){0};
    if (asked->now.ms < until_now.end.ms)
        until_now.end = asked->now;
    /* twice as many may be fewer: not every one was taken */
    if (series_expected(asked->past, until_now) <= 4 * (int64_t)asked->width &&
        !series_raw_make(rows, asked, &fits, err))
        return false;
    if (fits && !may_be_pruned(rows, asked))
        return true;
    periods_only = fits && rows->row_count == 0 && rows->band_count == 0;
    series_rows_end(rows);
    if (!series_buckets_make(rows, asked, periods_only, err))
        return false;
    return rows->row_count > 0 || rows->band_count > 0 || make_nothing(rows, asked, err);
}
