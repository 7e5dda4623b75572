#include "page/json_bytes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

static bool add(struct bytes *out, const char *words)
{
    return bytes_words(out, words, NULL);
}

static bool add_real(struct bytes *out, double number)
{
    char words[40];
    struct text text;

    if (!isfinite(number))
        return false;
    text_init(&text, words, sizeof words);
    text_add_number(&text, number);
    return bytes_add(out, text.bytes, text.used, NULL);
}

/* Escaped, a character takes six bytes at most. */
static bool add_string(struct bytes *out, const char *words)
{
    char room[512], *large = NULL;
    size_t size = 6 * strlen(words) + 3;
    struct text text;
    bool good;

    if (size > sizeof room)
        large = malloc(size);
    if (size > sizeof room && large == NULL)
        return false;
    text_init(&text, large != NULL ? large : room, size);
    text_add_json(&text, words);
    good = !text.full && bytes_add(out, text.bytes, text.used, NULL);
    free(large);
    return good;
}

static bool add_array(struct bytes *out, const json_t *array)
{
    bool good = add(out, "[");

    for (size_t i = 0; i < json_array_size(array) && good; i++)
        good = (i == 0 || add(out, ",")) && json_bytes(out, json_array_get(array, i));
    return good && add(out, "]");
}

static bool add_object(struct bytes *out, json_t *object)
{
    bool good = add(out, "{"), first = true;
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        good = good && (first || add(out, ",")) && add_string(out, key) && add(out, ":") &&
               json_bytes(out, value);
        first = false;
    }
    return good && add(out, "}");
}

bool json_bytes(struct bytes *out, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return add_object(out, (json_t *)json);
    case JSON_ARRAY:
        return add_array(out, json);
    case JSON_STRING:
        return add_string(out, json_string_value(json));
    case JSON_INTEGER:
        return bytes_format(out, NULL, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
    case JSON_REAL:
        return add_real(out, json_real_value(json));
    case JSON_TRUE:
        return add(out, "true");
    case JSON_FALSE:
        return add(out, "false");
    case JSON_NULL:
        break;
    }
    return add(out, "null");
}
