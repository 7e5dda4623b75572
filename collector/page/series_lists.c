/* One point's readings and aggregates, row by row and page by page. */
#include "page/series_lists.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/say.h"
#include "page/series_write.h"
#include "town/doubts.h"

enum { LIMIT_USUAL = 200, LIMIT_MOST = 1000, CSV_MOST = 20000 };

/* Pages -----------------------------------------------------------------------------------------
 */

/* What stands where a page ended: "TIME.SEQ". */
struct place_in_list {
    int64_t time_ms;
    uint64_t seq;
};

static bool read_after(struct call *call, struct place_in_list *after)
{
    const char *words = http_query_get(call->query, "after");
    char *end = NULL;

    *after = (struct place_in_list){INT64_MIN, 0};
    if (words == NULL)
        return true;
    if (*words >= '0' && *words <= '9') {
        after->time_ms = strtoll(words, &end, 10);
        if (*end == '.' && end[1] >= '0' && end[1] <= '9')
            after->seq = strtoull(end + 1, &end, 10);
    }
    if (end != NULL && *end == '\0')
        return true;
    return call_refuse_after(call, words);
}

struct listing {
    const struct series_point *point;
    bool csv;
    struct writing writing;
    struct place_in_list after, last;
    size_t limit, count;
    bool more, noise;
    enum period period;
    struct doubts *doubts;
};

static bool read_listing(struct listing *listing, struct series_point *point, struct span *span,
                         struct call *call)
{
    bool csv;
    long limit;

    if (!series_point_find(point, call) ||
        !series_span(call, span, clock_wall(call->host->clock)) || !series_wants_csv(call, &csv) ||
        !call_number(call, "limit", 1, csv ? CSV_MOST : LIMIT_MOST, csv ? CSV_MOST : LIMIT_USUAL,
                     &limit) ||
        !read_after(call, &listing->after))
        return false;
    listing->point = point;
    listing->csv = csv;
    listing->limit = (size_t)limit;
    listing->noise = point->parameter != NULL && point->parameter->medium == MEDIUM_NOISE;
    if (listing->after.time_ms > span->start.ms)
        span->start.ms = listing->after.time_ms;
    return true;
}

/* False when the page is full, or this row stands before it. */
static bool take_place(struct listing *listing, int64_t time_ms, uint64_t seq, bool *go_on)
{
    *go_on = true;
    if (time_ms < listing->after.time_ms ||
        (time_ms == listing->after.time_ms && seq <= listing->after.seq))
        return false;
    listing->more = listing->count == listing->limit;
    *go_on = !listing->more;
    if (listing->more)
        return false;
    listing->last = (struct place_in_list){time_ms, seq};
    if (!listing->csv && listing->count > 0)
        fputc(',', listing->writing.to);
    listing->count++;
    return true;
}

static void write_head(struct listing *listing, const char *rows)
{
    FILE *to = listing->writing.to;

    fputs("{\"point\":", to);
    write_json_text(to, listing->point->name);
    fputs(",\"unit\":", to);
    write_json_text(to, series_unit(listing->point));
    if (listing->period != PERIOD_READING)
        fprintf(to, ",\"period\":\"%s\"", period_word(listing->period));
    fprintf(to, ",\"%s\":[", rows);
}

static void write_end(struct listing *listing)
{
    FILE *to = listing->writing.to;

    fputs("],\"next\":", to);
    if (listing->more)
        fprintf(to, "\"%" PRId64 ".%" PRIu64 "\"}", listing->last.time_ms, listing->last.seq);
    else
        fputs("null}", to);
}

/* A table that was cut without having been asked to would look whole. */
static bool is_cut(const struct listing *listing, const struct call *call)
{
    return listing->csv && listing->more && http_query_get(call->query, "limit") == NULL;
}

static void finish(struct listing *listing, struct call *call, bool read, const struct error *err)
{
    if (!read || is_cut(listing, call)) {
        writing_drop(&listing->writing);
        if (!read)
            answer_refuse(call->answer, err);
        else
            call_refuse(call, ERROR_WRONG_USE,
                        SAY("这段时间超过 %d 行：请缩短时间段，或写 limit 和 after 分页取，"
                            "或在网关上用 lookback readings --csv",
                            "there are more than %d rows in this time: ask for a shorter one, or "
                            "page by page with limit and after, or use lookback readings --csv "
                            "on the gateway"),
                        CSV_MOST);
        return;
    }
    if (!listing->csv)
        write_end(listing);
    if (listing->csv)
        writing_end_csv(&listing->writing, call);
    else
        writing_end(&listing->writing, call, "application/json; charset=utf-8");
}

/* Readings --------------------------------------------------------------------------------------
 */

static void write_words(FILE *to, const char *words)
{
    if (*words == '\0')
        fputs("null", to);
    else
        write_json_text(to, words);
}

static void write_reading_json(FILE *to, uint64_t seq, struct wall_time time,
                               const struct reading *reading, const char *doubt)
{
    char when[WALL_TEXT];

    fprintf(to, "{\"seq\":%" PRIu64 ",\"time\":\"%s\",\"value\":", seq, wall_text(time, when));
    write_json_number(to, reading->value, -1);
    fprintf(to, ",\"quality\":\"%c\",\"cause\":", quality_letter((enum quality)reading->quality));
    write_words(to, cause_word((enum cause)reading->cause));
    fputs(",\"doubt\":", to);
    write_words(to, doubt);
    fputc('}', to);
}

static void write_reading_csv(FILE *to, uint64_t seq, struct wall_time time,
                              const struct reading *reading, const char *doubt)
{
    fprintf(to, "%" PRIu64 ",", seq);
    write_csv_time(to, time);
    fputc(',', to);
    write_csv_number(to, reading->value, -1);
    fprintf(to, ",%c,%s,", quality_letter((enum quality)reading->quality),
            cause_word((enum cause)reading->cause));
    write_csv_text(to, doubt);
    fputs("\r\n", to);
}

static bool take_reading(void *self, uint64_t seq, struct wall_time time,
                         const struct reading *reading)
{
    struct listing *listing = self;
    char doubt[400];
    bool go_on;

    if (!take_place(listing, time.ms, seq, &go_on))
        return go_on;
    doubts_at(listing->doubts, time, false, doubt, sizeof doubt);
    if (listing->csv)
        write_reading_csv(listing->writing.to, seq, time, reading, doubt);
    else
        write_reading_json(listing->writing.to, seq, time, reading, doubt);
    return true;
}

static void csv_unit(FILE *to, const struct series_point *point, const char *name)
{
    char head[64];

    if (*series_unit(point) == '\0')
        snprintf(head, sizeof head, "%s", name);
    else
        snprintf(head, sizeof head, "%s (%s)", name, series_unit(point));
    write_csv_text(to, head);
}

void answer_readings(struct call *call)
{
    struct listing listing = {.period = PERIOD_READING};
    struct series_point point;
    struct error err = {0};
    struct span span;
    bool read;

    if (!read_listing(&listing, &point, &span, call))
        return;
    listing.doubts = doubts_of(call->reader, point.name, &err);
    if (listing.doubts == NULL) {
        answer_refuse(call->answer, &err);
        return;
    }
    if (writing_begin(&listing.writing, call)) {
        if (listing.csv) {
            write_csv_head(listing.writing.to, point.device->simulated);
            fputs("seq,time,", listing.writing.to);
            csv_unit(listing.writing.to, &point, "value");
            fputs(",quality,cause,doubt\r\n", listing.writing.to);
        } else {
            write_head(&listing, "readings");
        }
        read = reader_readings(call->reader, point.point->id, span.start, span.end, take_reading,
                               &listing, &err);
        finish(&listing, call, read, &err);
    }
    doubts_free(listing.doubts);
}

/* Aggregates ------------------------------------------------------------------------------------
 */

static bool take_aggregate(void *self, const struct aggregate *row)
{
    struct listing *listing = self;
    FILE *to = listing->writing.to;
    struct aggregate_number numbers[AGGREGATE_NUMBERS];
    size_t count = aggregate_numbers(row, listing->noise, numbers);
    char when[WALL_TEXT];
    bool go_on;

    if (!take_place(listing, row->start.ms, row->version, &go_on))
        return go_on;
    if (listing->csv) {
        write_csv_time(to, row->start);
        fprintf(to, ",%u,%u,%u", row->count, row->expected, row->valid);
    } else {
        fprintf(to, "{\"time\":\"%s\",\"count\":%u,\"expected\":%u,\"valid\":%u",
                wall_text(row->start, when), row->count, row->expected, row->valid);
    }
    for (size_t i = 0; i < count; i++) {
        fputc(',', to);
        if (listing->csv) {
            write_csv_number(to, numbers[i].value, -1);
        } else {
            fprintf(to, "\"%s\":", numbers[i].name);
            write_json_number(to, numbers[i].value, -1);
        }
    }
    fputs(listing->csv ? "\r\n" : "}", to);
    return true;
}

static void write_aggregate_head(struct listing *listing)
{
    FILE *to = listing->writing.to;
    struct aggregate_number numbers[AGGREGATE_NUMBERS];
    struct aggregate none;
    size_t count;

    aggregate_clear(&none);
    count = aggregate_numbers(&none, listing->noise, numbers);
    write_csv_head(to, listing->point->device->simulated);
    fputs("time,count,expected,valid", to);
    for (size_t i = 0; i < count; i++) {
        fputc(',', to);
        csv_unit(to, listing->point, numbers[i].name);
    }
    fputs("\r\n", to);
}

static bool read_period(struct call *call, const struct series_point *point, enum period *period)
{
    const char *asked = http_query_get(call->query, "period");
    char list[128];
    struct text text;

    if (period_asked(asked == NULL ? "1h" : asked, period) && (point->kept >> *period & 1u) != 0)
        return true;
    text_init(&text, list, sizeof list);
    for (int i = PERIOD_1MIN; i < PERIOD_YEAR; i++)
        if ((point->kept >> i & 1u) != 0)
            text_format(&text, "%s%s", text.used > 0 ? SAY("、", ", ") : "",
                        period_word((enum period)i));
    call_refuse(call, ERROR_WRONG_USE,
                SAY("period 应是 %s 保留的时段之一：%s", "period has to be one %s keeps: %s"),
                point->name, text.used > 0 ? list : SAY("（无）", "(none)"));
    return false;
}

void answer_aggregates(struct call *call)
{
    struct listing listing = {0};
    struct series_point point;
    struct error err = {0};
    struct span span;
    bool read;

    if (!read_listing(&listing, &point, &span, call) ||
        !read_period(call, &point, &listing.period) || !writing_begin(&listing.writing, call))
        return;
    if (listing.csv)
        write_aggregate_head(&listing);
    else
        write_head(&listing, "aggregates");
    read = reader_point_aggregates(call->reader, point.point->id, listing.period, span,
                                   listing.limit + 2, take_aggregate, &listing, &err);
    finish(&listing, call, read, &err);
}
