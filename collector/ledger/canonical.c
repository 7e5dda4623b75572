#include "ledger/canonical.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

static int by_bytes(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static bool add(FILE *to, const json_t *json);

static bool add_string(FILE *to, const char *words)
{
    size_t size = 6 * strlen(words) + 3; /* every byte as \u00xx, two marks and the end */
    char *written = malloc(size);
    struct text text;
    bool done = false;

    if (written != NULL) {
        text_init(&text, written, size);
        text_add_json(&text, words);
        done = fputs(written, to) >= 0;
    }
    free(written);
    return done;
}

static bool add_number(FILE *to, double number)
{
    char digits[48];
    struct text text;

    text_init(&text, digits, sizeof digits);
    text_add_number(&text, number);
    return fputs(digits, to) >= 0;
}

static bool add_array(FILE *to, const json_t *json)
{
    bool done = fputc('[', to) != EOF;

    for (size_t i = 0; done && i < json_array_size(json); i++)
        done = (i == 0 || fputc(',', to) != EOF) && add(to, json_array_get(json, i));
    return done && fputc(']', to) != EOF;
}

static bool add_object(FILE *to, const json_t *json)
{
    size_t count = json_object_size(json);
    const char **keys = calloc(count + 1, sizeof *keys);
    bool done = keys != NULL && fputc('{', to) != EOF;
    const char *key;
    json_t *value;
    size_t at = 0;

    if (!done)
        goto done;
    json_object_foreach((json_t *)json, key, value) keys[at++] = key;
    qsort(keys, count, sizeof *keys, by_bytes);
    for (size_t i = 0; done && i < count; i++)
        done = (i == 0 || fputc(',', to) != EOF) && add_string(to, keys[i]) &&
               fputc(':', to) != EOF && add(to, json_object_get(json, keys[i]));
    done = done && fputc('}', to) != EOF;
done:
    free(keys);
    return done;
}

static bool add(FILE *to, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return add_object(to, json);
    case JSON_ARRAY:
        return add_array(to, json);
    case JSON_REAL:
        return add_number(to, json_real_value(json));
    case JSON_STRING:
        return add_string(to, json_string_value(json));
    default:
        return json_dumpf(json, to, JSON_ENCODE_ANY) == 0;
    }
}

char *canonical_json(const json_t *json, size_t *size)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *to = json == NULL ? NULL : open_memstream(&bytes, &length);
    bool done;

    if (to == NULL)
        return NULL;
    done = add(to, json) && fputc('\n', to) != EOF;
    done = fclose(to) == 0 && done;
    if (!done) {
        free(bytes);
        return NULL;
    }
    if (size != NULL)
        *size = length;
    return bytes;
}
