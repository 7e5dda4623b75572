/* readings.xlsx from readings.csv as it streams by: the same rows, numbers as numbers, a sheet a
 * point. */
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/number.h"
#include "base/say.h"
#include "base/text.h"
#include "drawing/report.h"
#include "drawing/sheet.h"

enum { FIELDS = 7, POINT_FIELD = 1, VALUE_FIELD = 2, SEQ_FIELD = 6 };

/* One line taken apart in place: "" inside quotes is one quotation mark. */
static bool split(char *line, char *fields[FIELDS])
{
    char *at = line;

    for (int i = 0; i < FIELDS; i++) {
        char *to = at;
        bool quoted = *at == '"';

        fields[i] = at;
        at += quoted;
        while (*at != '\0' && (quoted || *at != ',')) {
            if (quoted && *at == '"' && *++at != '"') {
                quoted = false;
                continue;
            }
            *to++ = *at++;
        }
        if (quoted || (*at == '\0') != (i == FIELDS - 1))
            return false;
        at += *at == ',';
        *to = '\0';
    }
    return true;
}

/* "SITE/DEVICE/CHANNEL" begins a sheet called by its channel and site. */
static void begin_point(struct sheet *sheet, const char *point)
{
    const char *last = strrchr(point, '/');
    char name[200];

    snprintf(name, sizeof name, "%s %.*s", last == NULL ? point : last + 1,
             (int)strcspn(point, "/"), last == NULL ? "" : point);
    sheet_part(sheet, name);
}

static void write_row(struct sheet *sheet, char *fields[FIELDS])
{
    sheet_row(sheet);
    for (int i = 0; i < FIELDS; i++) {
        double number;

        if (i == 0)
            sheet_time(sheet, fields[i]);
        else if ((i == VALUE_FIELD || i == SEQ_FIELD) && number_parse(fields[i], &number))
            sheet_number(sheet, number);
        else
            sheet_text(sheet, fields[i]);
    }
}

/* The line without its end; false at the end of the stream. */
static bool next_line(FILE *from, char **line, size_t *size)
{
    ssize_t length = getline(line, size, from);

    if (length < 0)
        return false;
    while (length > 0 && ((*line)[length - 1] == '\n' || (*line)[length - 1] == '\r'))
        (*line)[--length] = '\0';
    utf8_mend(*line);
    return true;
}

static bool copy_rows(FILE *from, struct sheet *sheet, struct wall_time *last, struct error *err)
{
    char *fields[FIELDS];
    char *line = NULL;
    char point[200] = "";
    size_t size = 0;
    bool good = true;

    for (size_t number = 2; good && next_line(from, &line, &size); number++) {
        good = split(line, fields);
        if (!good) {
            error_set(err, ERROR_WRONG_USE,
                      SAY("标准输入第 %zu 行不是 7 个字段", "line %zu of standard input has not 7 "
                                                            "fields"),
                      number);
            break;
        }
        if (strncmp(point, fields[POINT_FIELD], sizeof point - 1) != 0) {
            snprintf(point, sizeof point, "%s", fields[POINT_FIELD]);
            begin_point(sheet, point);
        }
        write_row(sheet, fields);
        if (strlen(fields[0]) >= 19) {
            fields[0][19] = '\0';
            moment_parse(fields[0], last);
        }
    }
    if (good && ferror(from))
        good = error_set(err, ERROR_STORE, "%s",
                         SAY("标准输入读不下去", "standard input cannot be read"));
    free(line);
    return good;
}

/* The heads are the stream's own first line. The file's date is its last reading's: the same
 * readings are the same file. */
bool report_readings(FILE *from, const char *path, struct error *err)
{
    static const double widths[FIELDS] = {25.0, 44.0, 13.0, 10.0, 8.0, 16.0, 12.0};
    struct sheet_column columns[FIELDS];
    char *heads[FIELDS];
    char *line = NULL;
    size_t size = 0;
    struct wall_time last = {0};
    struct sheet *sheet = NULL;
    bool good = false;

    conf_zone("UTC");
    if (!next_line(from, &line, &size) ||
        !split(strncmp(line, "\xef\xbb\xbf", 3) == 0 ? line + 3 : line, heads)) {
        error_set(err, ERROR_WRONG_USE, "%s",
                  SAY("标准输入没有表头：应为 readings.csv",
                      "standard input has no heads: readings.csv is wanted"));
        goto done;
    }
    for (int i = 0; i < FIELDS; i++)
        columns[i] = (struct sheet_column){heads[i], widths[i]};
    sheet = sheet_new(path, SAY("读数", "readings"), columns, FIELDS, err);
    if (sheet == NULL || !copy_rows(from, sheet, &last, err))
        goto done;
    good = sheet_end(sheet, "readings", last, err);
    sheet = NULL;
done:
    sheet_drop(sheet);
    free(line);
    return good;
}
