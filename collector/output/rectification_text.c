#include "output/rectification_text.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"

enum { NUMBER_SIZE = 32 };

static bool write_leaf(FILE *out, const json_t *value)
{
    char *words = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    bool good = words != NULL && fputs(words, out) >= 0;

    free(words);
    return good;
}

static bool write_name(FILE *out, const char *name)
{
    json_t *words = json_string(name);
    bool good = words != NULL && write_leaf(out, words) && fputc(':', out) != EOF;

    json_decref(words);
    return good;
}

static bool write_real(FILE *out, double value)
{
    char words[NUMBER_SIZE];
    struct text text;

    text_init(&text, words, sizeof words);
    text_add_number(&text, value);
    return !text.full && fputs(words, out) >= 0;
}

static bool write_value(FILE *out, const json_t *value)
{
    const char *name;
    json_t *inner;
    bool good = true;
    size_t i = 0;

    if (json_is_real(value))
        return write_real(out, json_real_value(value));
    if (json_is_array(value)) {
        fputc('[', out);
        for (; good && i < json_array_size(value); i++)
            good = (i == 0 || fputc(',', out) != EOF) && write_value(out, json_array_get(value, i));
        return fputc(']', out) != EOF && good;
    }
    if (!json_is_object(value))
        return write_leaf(out, value);
    fputc('{', out);
    json_object_foreach((json_t *)value, name, inner)
    {
        good = good && (i++ == 0 || fputc(',', out) != EOF) && write_name(out, name) &&
               write_value(out, inner);
    }
    return fputc('}', out) != EOF && good;
}

char *rectification_text(const json_t *value)
{
    char *words = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&words, &size);
    bool good = out != NULL && write_value(out, value);

    if (out != NULL && fclose(out) == 0 && good)
        return words;
    free(words);
    return NULL;
}
