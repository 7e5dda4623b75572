/* One point over time: the addresses, and the answer about a span. */
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "page/series_inside.h"
#include "page/series_lists.h"
#include "page/series_write.h"
#include "town/shown.h"

enum { WIDTH_LEAST = 16, WIDTH_MOST = 4000, WIDTH_USUAL = 800 };

/* What was read -------------------------------------------------------------------------------- */

struct series {
    struct series_point point;
    struct series_past past;
    struct series_asked asked;
    struct series_rows rows;
};

static void write_rows(FILE *to, const struct series *series)
{
    const struct parameter *parameter = series->point.parameter;
    bool raw = series->rows.step_ms == 0;
    /* more than the eye sees, and a third of the bytes */
    int decimals = raw || parameter == NULL ? -1 : parameter->decimals + 3;

    fputs("\"rows\":[", to);
    for (size_t i = 0; i < series->rows.row_count; i++) {
        const struct series_row *row = &series->rows.rows[i];

        fprintf(to, "%s[%lld,%u,", i > 0 ? "," : "", (long long)row->time_ms, row->count);
        if (raw)
            fputs("null,", to);
        else
            fprintf(to, "%lld,", (long long)row->expected);
        write_json_number(to, row->min, -1);
        fputc(',', to);
        write_json_number(to, row->mean, decimals);
        fputc(',', to);
        write_json_number(to, row->max, -1);
        fputc(']', to);
    }
    fputc(']', to);
}

/* Beside each row, how many of its readings made its numbers: `count` has those of every letter. */
static void write_valid(FILE *to, const struct series *series)
{
    fputs(",\"valid\":[", to);
    for (size_t i = 0; i < series->rows.row_count; i++)
        fprintf(to, "%s%u", i > 0 ? "," : "", series->rows.rows[i].valid);
    fputc(']', to);
}

/* How often the device is asked, as far as it concerns the span: what there should have been where
 * nothing is. A span before all of it is told when it began. */
static json_t *every_json(const struct series *series)
{
    const struct series_past *past = &series->past;
    const struct span span = series->asked.span;
    json_t *every = json_array();

    for (size_t i = 0; i < past->interval_count; i++)
        if ((i == 0 || past->intervals[i].from.ms < span.end.ms) &&
            (i + 1 == past->interval_count || past->intervals[i + 1].from.ms > span.start.ms))
            json_array_append_new(every, json_pack("{s:o, s:I}", "from",
                                                   series_time(past->intervals[i].from), "every_ms",
                                                   (json_int_t)past->intervals[i].every_ms));
    return every;
}

static json_t *bands_json(const struct series_rows *rows)
{
    json_t *bands = json_array();

    for (size_t i = 0; i < rows->band_count; i++) {
        const struct series_band *band = &rows->bands[i];
        char letter[2] = {
            band->quality == SERIES_MIXED ? '\0' : quality_letter((enum quality)band->quality)};

        json_array_append_new(
            bands, json_pack("{s:o, s:o, s:o, s:o}", "from", series_time(band->from), "to",
                             series_time(band->to), "quality",
                             *letter == '\0' ? json_null() : json_string(letter), "cause",
                             band->cause == CAUSE_NONE ? json_null()
                                                       : json_string(cause_word(band->cause))));
    }
    return bands;
}

/* While a device is worked on its readings are judged as M, whatever their letter. */
static void add_maintenance(json_t *bands, const struct series *series)
{
    const struct span span = series->asked.span;

    for (size_t i = 0; i < series->past.note_count; i++) {
        const struct series_note *note = &series->past.notes[i];
        struct wall_time from = note->time;
        struct wall_time to = note->until;

        if (!wall_is_known(to) || to.ms <= span.start.ms || from.ms >= span.end.ms)
            continue;
        from.ms = from.ms < span.start.ms ? span.start.ms : from.ms;
        to.ms = to.ms > span.end.ms ? span.end.ms : to.ms;
        json_array_append_new(bands,
                              json_pack("{s:o, s:o, s:s, s:s}", "from", series_time(from), "to",
                                        series_time(to), "quality", "M", "cause", "maintenance"));
    }
}

static json_t *gaps_json(const struct series_rows *rows)
{
    json_t *gaps = json_array();

    for (size_t i = 0; i < rows->gap_count; i++)
        json_array_append_new(gaps,
                              json_pack("{s:o, s:o}", "from", series_time(rows->gaps[i].start),
                                        "to", series_time(rows->gaps[i].end)));
    return gaps;
}

/* "readings", "1min", … */
static const char *source_word(const struct series_rows *rows)
{
    return rows->source == PERIOD_READING ? "readings" : period_word(rows->source);
}

static void write_part(FILE *to, const char *key, json_t *json)
{
    fprintf(to, ",\"%s\":", key);
    write_json(to, json);
    json_decref(json);
}

static bool write_series(FILE *to, const struct series *series, const struct call *call,
                         struct error *err)
{
    /* how means may be gathered further: energies of levels, never levels; directions not at all */
    static const char *const means[] = {
        [MEAN_ARITHMETIC] = "arithmetic", [MEAN_ENERGY] = "energy", [MEAN_DIRECTION] = "direction"};
    const struct settings *settings = call->host->settings;
    json_t *marks = series_marks(&series->asked, settings, err);
    json_t *doubts = marks == NULL ? NULL : series_doubts(&series->rows, &series->asked, err);
    json_t *bands;

    if (marks == NULL || doubts == NULL) {
        json_decref(marks);
        return false;
    }
    bands = bands_json(&series->rows);
    add_maintenance(bands, series);
    fputs("{\"point\":", to);
    write_json_text(to, series->point.name);
    write_part(to, "parameter",
               series->point.parameter == NULL ? json_null()
                                               : json_string(series->point.parameter->key));
    write_part(to, "unit", json_string(series_unit(&series->point)));
    write_part(to, "from", series_time(series->asked.span.start));
    write_part(to, "to", series_time(series->asked.span.end));
    write_part(to, "step_ms",
               series->rows.step_ms == 0 ? json_null()
                                         : json_integer((json_int_t)series->rows.step_ms));
    write_part(to, "source", json_string(source_word(&series->rows)));
    write_part(to, "averaging", json_string(means[series->point.mean]));
    fputc(',', to);
    write_rows(to, series);
    write_valid(to, series);
    write_part(to, "every", every_json(series));
    write_part(to, "doubts", doubts);
    write_part(to, "bands", bands);
    write_part(to, "gaps", gaps_json(&series->rows));
    write_part(to, "lines", series_lines(&series->point, settings, series->asked.span));
    write_part(to, "marks", marks);
    write_part(to, "nights", series_nights(&series->asked, settings));
    write_part(to, "simulated", json_boolean(series->point.device->simulated));
    fputc('}', to);
    return true;
}

/* The chart's columns: what is shown, and no more. */
static void write_csv(FILE *to, const struct series *series)
{
    const char *unit = series_unit(&series->point);
    bool raw = series->rows.step_ms == 0;
    char head[200];

    write_csv_head(to, series->point.device->simulated);
    if (raw) {
        snprintf(head, sizeof head, *unit == '\0' ? "value" : "value (%s)", unit);
        fputs("time,", to);
        write_csv_text(to, head);
        fputs(",quality\r\n", to);
    } else {
        snprintf(head, sizeof head, *unit == '\0' ? "min,mean,max" : "min (%s),mean (%s),max (%s)",
                 unit, unit, unit);
        fprintf(to, "time,count,expected,valid,%s\r\n", head);
    }
    for (size_t i = 0; i < series->rows.row_count; i++) {
        const struct series_row *row = &series->rows.rows[i];

        write_csv_time(to, (struct wall_time){row->time_ms});
        if (raw) {
            fputc(',', to);
            write_csv_number(to, row->mean, -1);
            fprintf(to, ",%c\r\n", row->valid > 0 ? 'N' : 'T');
            continue;
        }
        fprintf(to, ",%u,%lld,%u,", row->count, (long long)row->expected, row->valid);
        write_csv_number(to, row->min, -1);
        fputc(',', to);
        write_csv_number(to, row->mean, -1);
        fputc(',', to);
        write_csv_number(to, row->max, -1);
        fputs("\r\n", to);
    }
}

static void answer_with(struct call *call, const struct series *series, bool csv)
{
    struct writing writing;
    struct error err = {0};

    if (!writing_begin(&writing, call))
        return;
    if (csv) {
        write_csv(writing.to, series);
        writing_end_csv(&writing, call);
        return;
    }
    if (write_series(writing.to, series, call, &err)) {
        writing_end(&writing, call, "application/json; charset=utf-8");
        return;
    }
    writing_drop(&writing);
    answer_refuse(call->answer, &err);
}

static void answer_series(struct call *call)
{
    struct series series = {0};
    struct error err = {0};
    bool csv;
    long width;

    if (!series_point_find(&series.point, call))
        return;
    series.asked = (struct series_asked){.reader = call->reader,
                                         .point = &series.point,
                                         .past = &series.past,
                                         .now = clock_wall(call->host->clock)};
    if (!series_span(call, &series.asked.span, series.asked.now) || !series_wants_csv(call, &csv) ||
        !call_number(call, "width", WIDTH_LEAST, WIDTH_MOST, WIDTH_USUAL, &width))
        return;
    series.asked.width = (int)width;
    if (series_past_read(&series.past, &series.point, call->reader, &err) &&
        series_rows_make(&series.rows, &series.asked, &err))
        answer_with(call, &series, csv);
    else
        answer_refuse(call->answer, &err);
    series_rows_end(&series.rows);
    series_past_end(&series.past);
}

/* clang-format off */
const struct route series_routes[] = {
    {METHOD_GET, ROLE_READER, "/api/v1/points/{site}/{device}/{channel}/series",
     series_version, answer_series},
    {METHOD_GET, ROLE_READER, "/api/v1/points/{site}/{device}/{channel}/readings",
     series_version, answer_readings},
    {METHOD_GET, ROLE_READER, "/api/v1/points/{site}/{device}/{channel}/aggregates",
     series_version, answer_aggregates},
    {METHOD_GET, ROLE_READER, "/api/v1/points/{site}/{device}/{channel}",
     series_point_version, answer_point},
    {0},
};
/* clang-format on */
