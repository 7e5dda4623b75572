#include "page/series_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/number.h"
#include "base/say.h"
#include "base/text.h"

bool writing_begin(struct writing *writing, struct call *call)
{
    *writing = (struct writing){0};
    writing->to = open_memstream(&writing->bytes, &writing->size);
    if (writing->to != NULL)
        return true;
    call_refuse(call, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    return false;
}

void writing_end(struct writing *writing, struct call *call, const char *type)
{
    bool bad = ferror(writing->to) != 0;

    bad = fclose(writing->to) != 0 || bad;
    if (bad) {
        free(writing->bytes);
        call_refuse(call, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return;
    }
    answer_bytes(call->answer, type, writing->bytes, writing->size);
}

void writing_end_csv(struct writing *writing, struct call *call)
{
    snprintf(call->answer->download, sizeof call->answer->download, "%.32s_%.32s_%.50s.csv",
             call->vars[0], call->vars[1], call->vars[2]);
    writing_end(writing, call, "text/csv; charset=utf-8");
}

void writing_drop(struct writing *writing)
{
    fclose(writing->to);
    free(writing->bytes);
}

/* "" where it is no finite number. */
static const char *number_text(double value, int decimals, char out[48])
{
    struct text text;

    text_init(&text, out, 48);
    if (!isfinite(value))
        return out;
    if (decimals >= 0 && fabs(value) < 1e15)
        value = decimal_to_double(decimal_round(decimal_from_double(value), decimals));
    text_add_number(&text, value);
    return out;
}

void write_json_number(FILE *to, double value, int decimals)
{
    char out[48];

    fputs(isfinite(value) ? number_text(value, decimals, out) : "null", to);
}

void write_json_text(FILE *to, const char *words)
{
    json_t *text = json_string(words);

    write_json(to, text);
    json_decref(text);
}

void write_json(FILE *to, const json_t *json)
{
    if (json == NULL ||
        json_dumpf(json, to, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) != 0)
        fputs("null", to);
}

void write_csv_head(FILE *to, bool simulated)
{
    fputs("\xef\xbb\xbf", to);
    if (simulated)
        fputs("模拟数据 / SIMULATED\r\n", to);
}

static bool is_number(const char *words)
{
    double value;

    return number_parse(words, &value);
}

/* A spreadsheet takes a cell that begins so for a formula; an apostrophe makes it text. */
static bool begins_formula(const char *words)
{
    return *words != '\0' && strchr("=+-@\t\r", *words) != NULL && !is_number(words);
}

void write_csv_text(FILE *to, const char *words)
{
    bool guarded = begins_formula(words);

    if (!guarded && strpbrk(words, ",\"\r\n") == NULL) {
        fputs(words, to);
        return;
    }
    fputs(guarded ? "\"'" : "\"", to);
    for (; *words != '\0'; words++) {
        if (*words == '"')
            fputc('"', to);
        fputc(*words, to);
    }
    fputc('"', to);
}

void write_csv_number(FILE *to, double value, int decimals)
{
    char out[48];

    fputs(number_text(value, decimals, out), to);
}

void write_csv_time(FILE *to, struct wall_time time)
{
    int64_t rest = (time.ms % 1000 + 1000) % 1000;
    struct tm local = {0};
    char words[32];
    time_t seconds;
    long offset;

    if (!wall_is_known(time))
        return;
    seconds = (time_t)((time.ms - rest) / 1000);
    if (localtime_r(&seconds, &local) == NULL)
        return;
    strftime(words, sizeof words, "%Y-%m-%d %H:%M:%S", &local);
    offset = local.tm_gmtoff / 60;
    fprintf(to, "%s.%03d%c%02ld:%02ld", words, (int)rest, offset < 0 ? '-' : '+', labs(offset) / 60,
            labs(offset) % 60);
}
