#include "ledger/fields.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/conf.h"
#include "base/number.h"
#include "base/say.h"
#include "base/text.h"

static const char *number_text(double value, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    text_add_number(&text, value);
    return out;
}

static json_t *int_json(int64_t number, int64_t none)
{
    return none != FIELD_NONE && number == none ? json_null() : json_integer(number);
}

static json_t *field_json(const struct field *field, const void *at)
{
    char words[64];
    struct wall_time time;
    double number;
    int64_t wide;
    int narrow;

    switch (field->kind) {
    case FIELD_TEXT:
        return json_string(at);
    case FIELD_INT:
        memcpy(&narrow, at, sizeof narrow);
        return int_json(narrow, field->none);
    case FIELD_LONG:
        memcpy(&wide, at, sizeof wide);
        return json_integer(wide);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)at);
    case FIELD_WORD:
        memcpy(&narrow, at, sizeof narrow);
        return json_string(field->words[narrow]);
    case FIELD_NUMBER:
        memcpy(&number, at, sizeof number);
        return isfinite(number) ? json_string(number_text(number, words, sizeof words))
                                : json_null();
    case FIELD_TIME:
        memcpy(&time, at, sizeof time);
        return wall_is_known(time) ? json_string(wall_text(time, words)) : json_null();
    case FIELD_INNER:
        break;
    }
    return json_null();
}

json_t *fields_json(const struct field *fields, size_t count, const void *from)
{
    json_t *object = json_object();

    for (size_t i = 0; i < count; i++)
        if (json_object_set_new(object, fields[i].key,
                                field_json(&fields[i], (const char *)from + fields[i].offset)) != 0)
            goto failed;
    return object;
failed:
    json_decref(object);
    return NULL;
}

/* Reading ----------------------------------------------------------------------------------- */

bool fields_refuse(const char *where, const char *key, const char *why, struct error *err)
{
    return error_set(err, ERROR_WRONG_USE, "%s%s%.60s: %s", where, *where == '\0' ? "" : ": ", key,
                     why);
}

struct reading_field {
    const struct field *field;
    const char *where;
    struct error *err;
};

static bool refuse(const struct reading_field *reading, const char *why)
{
    return fields_refuse(reading->where, reading->field->key, why, reading->err);
}

/* Borrowed; NULL when it is no text, or one that steers a terminal. */
static const char *plain_text(const json_t *value)
{
    const char *words = json_string_value(value);

    if (words == NULL || strlen(words) != json_string_length(value))
        return NULL;
    for (const char *at = words; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return NULL;
    return words;
}

static bool read_text(const struct reading_field *reading, const json_t *value, char *out)
{
    const char *words = plain_text(value);

    if (words == NULL)
        return refuse(reading, SAY("应为文字，不含控制字符", "text without control characters"));
    if (strlen(words) >= reading->field->size)
        return refuse(reading, SAY("文字太长", "this text is too long"));
    memcpy(out, words, strlen(words) + 1);
    return true;
}

static bool read_int(const struct reading_field *reading, const json_t *value, int64_t *number)
{
    const struct field *field = reading->field;

    *number = field->none;
    if (json_is_null(value) && field->kind == FIELD_INT && field->none != FIELD_NONE)
        return true;
    if (!json_is_integer(value))
        return refuse(reading, SAY("应为整数", "a whole number"));
    *number = json_integer_value(value);
    return (*number >= field->least && *number <= field->most) ||
           refuse(reading, SAY("数字超出范围", "this number is out of its range"));
}

static bool read_word(const struct reading_field *reading, const json_t *value, int *index)
{
    const char *words = json_string_value(value);

    for (*index = 0; words != NULL && reading->field->words[*index] != NULL; (*index)++)
        if (strcmp(words, reading->field->words[*index]) == 0)
            return true;
    return refuse(reading, SAY("没有这个词", "there is no such word"));
}

/* One number has one text: another one would be another leaf of the same meaning. */
static bool read_number(const struct reading_field *reading, const json_t *value, double *number)
{
    const char *words = plain_text(value);
    char same[64];

    *number = NAN;
    if (json_is_null(value))
        return true;
    return (words != NULL && strlen(words) < 32 && number_parse(words, number) &&
            strcmp(number_text(*number, same, sizeof same), words) == 0) ||
           refuse(reading,
                  SAY("应为最短写法的十进制数（文字）", "a decimal as text, at its shortest"));
}

static bool read_time(const struct reading_field *reading, const json_t *value,
                      struct wall_time *time)
{
    const char *words = plain_text(value);
    char same[WALL_TEXT];

    *time = WALL_NONE;
    if (json_is_null(value))
        return true;
    return (words != NULL && moment_parse(words, time) &&
            strcmp(wall_text(*time, same), words) == 0) ||
           refuse(reading, SAY("应为 UTC 时刻，精确到毫秒", "a moment in UTC with milliseconds"));
}

static bool read_field(const struct reading_field *reading, const json_t *value, char *at)
{
    struct wall_time time;
    double number;
    int64_t wide;
    int narrow;

    switch (reading->field->kind) {
    case FIELD_TEXT:
        return read_text(reading, value, at);
    case FIELD_INT:
        if (!read_int(reading, value, &wide))
            return false;
        narrow = (int)wide;
        memcpy(at, &narrow, sizeof narrow);
        return true;
    case FIELD_LONG:
        if (!read_int(reading, value, &wide))
            return false;
        memcpy(at, &wide, sizeof wide);
        return true;
    case FIELD_BOOL:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value) ||
               refuse(reading, SAY("应为 true 或 false", "true or false"));
    case FIELD_WORD:
        if (!read_word(reading, value, &narrow))
            return false;
        memcpy(at, &narrow, sizeof narrow);
        return true;
    case FIELD_NUMBER:
        if (!read_number(reading, value, &number))
            return false;
        memcpy(at, &number, sizeof number);
        return true;
    case FIELD_TIME:
        if (!read_time(reading, value, &time))
            return false;
        memcpy(at, &time, sizeof time);
        return true;
    case FIELD_INNER:
        break;
    }
    return true;
}

static bool is_known(const struct field *fields, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].key, key) == 0)
            return true;
    return false;
}

bool fields_read(const struct field *fields, size_t count, void *into, const json_t *from,
                 const char *where, struct error *err)
{
    const char *key;
    json_t *value;

    if (!json_is_object(from))
        return fields_refuse(where, "{}", SAY("应为 {…}", "an object"), err);
    json_object_foreach((json_t *)from, key, value)
    {
        if (!is_known(fields, count, key))
            return fields_refuse(where, key, SAY("没有这个键", "there is no such key"), err);
    }
    for (size_t i = 0; i < count; i++) {
        const struct reading_field reading = {&fields[i], where, err};

        value = json_object_get(from, fields[i].key);
        if (value == NULL)
            return refuse(&reading, SAY("缺少这个键", "this key is missing"));
        if (!read_field(&reading, value, (char *)into + fields[i].offset))
            return false;
    }
    return true;
}
