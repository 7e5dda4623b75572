#include "drawing/document.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/number.h"
#include "base/say.h"
#include "base/text.h"
#include "drawing/chart_axis.h"

json_t *document_read(FILE *from, struct error *err)
{
    json_error_t why;
    json_t *document = json_loadf(from, JSON_REJECT_DUPLICATES, &why);
    const char *zone;

    if (!json_is_object(document)) {
        error_set(err, ERROR_WRONG_USE,
                  SAY("标准输入不是一份 JSON 材料：第 %d 行：%s",
                      "standard input is no JSON document: line %d: %s"),
                  why.line, document == NULL ? why.text : "{");
        json_decref(document);
        return NULL;
    }
    say_in(strcmp(doc_text(document, "lang"), "en") == 0 ? LANGUAGE_EN : LANGUAGE_ZH);
    zone = doc_text(document, "timezone");
    if (!conf_zone(*zone == '\0' ? "Asia/Shanghai" : zone)) {
        error_set(err, ERROR_WRONG_USE, SAY("没有时区 %s", "there is no zone %s"), zone);
        json_decref(document);
        return NULL;
    }
    return document;
}

const char *doc_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

const char *doc_text_or_dash(const json_t *object, const char *key)
{
    const char *text = doc_text(object, key);

    return *text == '\0' ? DASH : text;
}

const char *doc_said(const json_t *object, const char *key)
{
    const json_t *both = json_object_get(object, key);
    const char *words = doc_text(both, SAY("zh", "en"));

    if (json_is_string(both))
        return json_string_value(both);
    return *words != '\0' ? words : doc_text_or_dash(both, SAY("en", "zh"));
}

double doc_number(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    double value;

    if (json_is_string(number) && number_parse(json_string_value(number), &value))
        return value;
    return json_is_number(number) ? json_number_value(number) : (double)NAN;
}

long long doc_int(const json_t *object, const char *key, long long otherwise)
{
    const json_t *number = json_object_get(object, key);

    return json_is_integer(number) ? (long long)json_integer_value(number) : otherwise;
}

bool doc_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

struct wall_time doc_time(const json_t *object, const char *key)
{
    struct wall_time time;

    return moment_parse(doc_text(object, key), &time) ? time : WALL_NONE;
}

size_t doc_size(const json_t *object, const char *key)
{
    return json_array_size(json_object_get(object, key));
}

const json_t *doc_at(const json_t *object, const char *key, size_t index)
{
    return json_array_get(json_object_get(object, key), index);
}

/* --- shown ----------------------------------------------------------------------------------- */

enum { SHOWN_AT_ONCE = 24, SHOWN_SIZE = 160 };

static char *next_place(void)
{
    static char places[SHOWN_AT_ONCE][SHOWN_SIZE];
    static unsigned turn;

    return places[turn++ % SHOWN_AT_ONCE];
}

const char *shown_number(double value, int decimals)
{
    char *out = next_place();

    if (!isfinite(value))
        return DASH;
    if (decimals < 0)
        snprintf(out, SHOWN_SIZE, "%.4g", value + 0.0);
    else
        snprintf(out, SHOWN_SIZE, "%.*f", decimals, value + 0.0);
    return out;
}

const char *shown_percent(double value)
{
    char *out = next_place();

    if (!isfinite(value))
        return DASH;
    snprintf(out, SHOWN_SIZE, value > 0.0 && value < 9.95 ? "%.2f %%" : "%.1f %%", value);
    return out;
}

const char *shown_count(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    char *out = next_place();

    if (!json_is_integer(number))
        return DASH;
    snprintf(out, SHOWN_SIZE, "%lld", (long long)json_integer_value(number));
    return out;
}

const char *shown_day(struct wall_time time)
{
    return wall_is_known(time) ? local_day(time, next_place()) : DASH;
}

const char *shown_minute(struct wall_time time)
{
    return wall_is_known(time) ? local_minute(time, next_place()) : DASH;
}

const char *shown_with_unit(double value, int decimals, const char *unit)
{
    char *out = next_place();

    if (!isfinite(value))
        return DASH;
    snprintf(out, SHOWN_SIZE, "%s%s%s", shown_number(value, decimals), *unit == '\0' ? "" : " ",
             unit);
    return out;
}

/* --- any value -------------------------------------------------------------------------------- */

static void add_value(struct text *text, const json_t *value, int depth);

static void add_members(struct text *text, const json_t *object, int depth)
{
    const char *key;
    json_t *value;
    bool first = true;

    json_object_foreach((json_t *)object, key, value)
    {
        text_add(text, first ? "" : SAY("；", "; "));
        text_add(text, key);
        text_add(text, " ");
        add_value(text, value, depth + 1);
        first = false;
    }
}

static void add_string(struct text *text, const char *words)
{
    struct wall_time time;

    if (strlen(words) >= 20 && moment_parse(words, &time))
        text_add(text, shown_minute(time));
    else
        text_add(text, *words == '\0' ? DASH : words);
}

/* Lists and objects inside each other are followed so far and no farther. */
enum { DEEPEST = 4 };

static void add_value(struct text *text, const json_t *value, int depth)
{
    if (json_is_string(value))
        add_string(text, json_string_value(value));
    else if (json_is_integer(value))
        text_add_int(text, json_integer_value(value));
    else if (json_is_real(value))
        text_add_number(text, json_real_value(value));
    else if (json_is_boolean(value))
        text_add(text, json_is_true(value) ? SAY("是", "yes") : SAY("否", "no"));
    else if (json_is_object(value) && depth < DEEPEST)
        add_members(text, value, depth);
    else if (json_array_size(value) == 0)
        text_add(text, DASH);
    for (size_t i = 0; depth < DEEPEST && i < json_array_size(value); i++) {
        text_add(text, i == 0 ? "" : SAY("、", ", "));
        add_value(text, json_array_get(value, i), depth + 1);
    }
}

const char *value_words(const json_t *value, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    add_value(&text, value, 0);
    return out;
}
