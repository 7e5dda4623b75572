/* readings.csv made anew from the sealed rows, line by line, and compared. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/proof_inside.h"

enum { CSV_LINE_MOST = 1024, QUARTER_MS = 15 * 60 * 1000 };

struct proof_csv {
    struct check *check;
    struct archive_lines *lines;
    bool differs; /* said: what follows is not looked at any more */
    char quoted_point[2 * POINT_SIZE + 4];
    char quoted_unit[64];
    /* the quarter of an hour that was turned into local time last: every zone's offset is constant
     * in it */
    int64_t quarter;
    int64_t offset_ms;
    int64_t day; /* of `date` */
    char date[16];
};

static const char heading[] =
    "\xef\xbb\xbf时间 time,监测点 point,数值 value,单位 unit,标记 quality,原因 cause,序号 seq\r";

/* As much of a line as is shown, its carriage return apart. */
static int shown_size(const char *line)
{
    size_t size = strcspn(line, "\r");

    return size < 120 ? (int)size : 120;
}

static bool compare(struct proof_csv *csv, const char *ours, size_t size, struct error *err)
{
    size_t found = 0;
    struct error why = {0};
    const char *line = archive_line(csv->lines, &found, &why);

    if (line == NULL && why.kind != ERROR_NONE && why.kind != ERROR_REFUSED) {
        *err = why;
        return false;
    }
    if (line != NULL && found == size && memcmp(line, ours, size) == 0)
        return true;
    csv->differs = true;
    if (line == NULL && why.kind == ERROR_NONE)
        refute(csv->check, CLAIM_UNCHANGED,
               SAY("readings.csv 只有 %llu 行，被封存的读数还有：%.*s",
                   "readings.csv ends after line %llu, the sealed rows go on: %.*s"),
               (unsigned long long)archive_line_number(csv->lines), shown_size(ours), ours);
    else if (line == NULL)
        refute(csv->check, CLAIM_UNCHANGED, "%s", why.text);
    else
        refute(csv->check, CLAIM_UNCHANGED,
               SAY("readings.csv 第 %llu 行是“%.*s”，被封存的是“%.*s”",
                   "readings.csv, line %llu, says \"%.*s\", the sealed row \"%.*s\""),
               (unsigned long long)archive_line_number(csv->lines), shown_size(line), line,
               shown_size(ours), ours);
    return true;
}

struct proof_csv *proof_csv_new(struct check *check, struct error *err)
{
    const struct archive_file *file = proof_file(check, "readings.csv", err);
    struct proof_csv *csv = file == NULL ? NULL : calloc(1, sizeof *csv);

    if (file != NULL && csv == NULL)
        proof_memory(err);
    if (csv == NULL)
        return NULL;
    csv->check = check;
    csv->quarter = INT64_MIN;
    csv->day = INT64_MIN;
    csv->lines = archive_lines_new(check->archive, file, CSV_LINE_MOST, err);
    if (csv->lines != NULL && compare(csv, heading, sizeof heading - 1, err))
        return csv;
    proof_csv_free(csv);
    return NULL;
}

void proof_csv_free(struct proof_csv *csv)
{
    if (csv != NULL)
        archive_lines_free(csv->lines);
    free(csv);
}

/* A field; quoted where a comma or a quotation mark stands in it. */
static void add_field(struct text *text, const char *words)
{
    bool quoted = strpbrk(words, ",\"") != NULL;

    if (quoted)
        text_add_char(text, '"');
    for (; *words != '\0'; words++) {
        if (*words == '"')
            text_add_char(text, '"');
        text_add_char(text, *words);
    }
    if (quoted)
        text_add_char(text, '"');
}

void proof_csv_point(struct proof_csv *csv, const char *point, const char *unit)
{
    struct text text;

    text_init(&text, csv->quoted_point, sizeof csv->quoted_point);
    add_field(&text, point);
    text_init(&text, csv->quoted_unit, sizeof csv->quoted_unit);
    add_field(&text, unit);
}

static int64_t floor_of(int64_t number, int64_t by)
{
    return number / by - (number % by < 0);
}

static void add_digits(struct text *text, int64_t number, int digits)
{
    char words[8];

    for (int i = digits; i > 0; i--, number /= 10)
        words[i - 1] = (char)('0' + number % 10);
    text_add_bytes(text, words, (size_t)digits);
}

/* "2026-11-22 08:00:00.123" in the zone of the collector. */
static void add_local_time(struct proof_csv *csv, struct text *text, struct wall_time time)
{
    const int64_t day_ms = 24 * 3600 * 1000;
    int64_t local, in_day;

    if (floor_of(time.ms, QUARTER_MS) != csv->quarter) {
        time_t seconds = (time_t)floor_of(time.ms, 1000);
        struct tm broken;

        csv->quarter = floor_of(time.ms, QUARTER_MS);
        csv->offset_ms = localtime_r(&seconds, &broken) == NULL ? 0 : broken.tm_gmtoff * 1000;
    }
    local = time.ms + csv->offset_ms;
    if (floor_of(local, day_ms) != csv->day) {
        char utc[WALL_TEXT];

        csv->day = floor_of(local, day_ms);
        memcpy(csv->date, wall_text((struct wall_time){csv->day * day_ms}, utc), 10);
        csv->date[10] = '\0';
    }
    in_day = local - csv->day * day_ms;
    text_add(text, csv->date);
    text_add_char(text, ' ');
    add_digits(text, in_day / 3600000, 2);
    text_add_char(text, ':');
    add_digits(text, in_day / 60000 % 60, 2);
    text_add_char(text, ':');
    add_digits(text, in_day / 1000 % 60, 2);
    text_add_char(text, '.');
    add_digits(text, in_day % 1000, 3);
}

bool proof_csv_row(struct proof_csv *csv, uint64_t seq, struct wall_time time,
                   const struct reading *reading, struct error *err)
{
    char line[CSV_LINE_MOST];
    struct text text;

    if (csv->differs)
        return true;
    text_init(&text, line, sizeof line);
    add_local_time(csv, &text, time);
    text_add_char(&text, ',');
    text_add(&text, csv->quoted_point);
    text_add_char(&text, ',');
    if (reading_has_value(reading))
        text_add_number(&text, reading->value);
    text_add_char(&text, ',');
    text_add(&text, csv->quoted_unit);
    text_add_char(&text, ',');
    text_add_char(&text, quality_letter((enum quality)reading->quality));
    text_add_char(&text, ',');
    add_field(&text, cause_word((enum cause)reading->cause));
    text_add_char(&text, ',');
    text_add_int(&text, (int64_t)seq);
    text_add_char(&text, '\r');
    return compare(csv, line, text.used, err);
}

bool proof_csv_end(struct proof_csv *csv, struct error *err)
{
    struct error why = {0};
    size_t size;
    const char *line = csv->differs ? NULL : archive_line(csv->lines, &size, &why);

    if (why.kind != ERROR_NONE && why.kind != ERROR_REFUSED) {
        *err = why;
        return false;
    }
    if (why.kind == ERROR_REFUSED)
        refute(csv->check, CLAIM_UNCHANGED, "%s", why.text);
    else if (line != NULL)
        refute(csv->check, CLAIM_UNCHANGED,
               SAY("readings.csv 第 %llu 行“%.*s”不在被封存的读数里",
                   "readings.csv, line %llu, \"%.*s\", is none of the sealed rows"),
               (unsigned long long)archive_line_number(csv->lines), shown_size(line), line);
    return true;
}
