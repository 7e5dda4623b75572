#include "base/conf_same.h"

#include <string.h>

struct saying {
    const char *at, *end;
    bool in_string;
};

static bool begins(const struct saying *saying, const char *mark)
{
    size_t size = strlen(mark);

    return (size_t)(saying->end - saying->at) >= size && memcmp(saying->at, mark, size) == 0;
}

static void skip_to(struct saying *saying, const char *mark)
{
    while (saying->at < saying->end && !begins(saying, mark))
        saying->at++;
    saying->at += saying->at < saying->end ? strlen(mark) : 0;
}

/* Over blanks and comments. */
static void skip(struct saying *saying)
{
    while (saying->at < saying->end) {
        if (begins(saying, "#") || begins(saying, "//"))
            skip_to(saying, "\n");
        else if (begins(saying, "/*"))
            skip_to(saying, "*/");
        else if (strchr(" \t\r\n", *saying->at) != NULL && *saying->at != '\0')
            saying->at++;
        else
            return;
    }
}

/* The next byte that says something, -1 at the end. */
static int next(struct saying *saying)
{
    if (!saying->in_string)
        skip(saying);
    if (saying->at >= saying->end)
        return -1;
    if (*saying->at == '"')
        saying->in_string = !saying->in_string;
    return (unsigned char)*saying->at++;
}

/* The byte behind a backslash in a string ends nothing. */
static int taken_along(struct saying *saying)
{
    return saying->at < saying->end ? (unsigned char)*saying->at++ : -1;
}

bool conf_says_same(const char *one, size_t one_size, const char *other, size_t other_size)
{
    struct saying a = {one, one + one_size, false};
    struct saying b = {other, other + other_size, false};

    for (;;) {
        int of_a = next(&a);

        if (of_a != next(&b))
            return false;
        if (of_a == -1)
            return true;
        if (of_a == '\\' && a.in_string && taken_along(&a) != taken_along(&b))
            return false;
    }
}
