#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;

    if (err == NULL)
        return false;
    err->kind = kind;
    err->where[0] = '\0';
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    utf8_mend(err->text); /* "%.60s" cuts bytes, and JSON wants characters */
    return false;
}

bool error_set_at(struct error *err, enum error_kind kind, const char *file, unsigned line,
                  const char *format, ...)
{
    va_list args;
    int used;

    if (err == NULL)
        return false;
    err->kind = kind;
    snprintf(err->where, sizeof err->where, "%s:%u", file, line);
    used = snprintf(err->text, sizeof err->text, "%s: ", err->where);
    va_start(args, format);
    vsnprintf(err->text + used, sizeof err->text - (size_t)used, format, args);
    va_end(args);
    utf8_mend(err->text);
    return false;
}

const char *error_word(enum error_kind kind)
{
    static const char *const words[] = {
        [ERROR_NONE] = "none",           [ERROR_SETTINGS] = "settings",
        [ERROR_WRONG_USE] = "wrong_use", [ERROR_NOT_FOUND] = "not_found",
        [ERROR_REFUSED] = "refused",     [ERROR_STORE] = "store",
        [ERROR_DEVICE] = "device",       [ERROR_PEER] = "peer",
        [ERROR_MEMORY] = "store",
    };

    return words[kind];
}

int error_exit_code(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NONE:
        return 0;
    case ERROR_SETTINGS:
    case ERROR_WRONG_USE:
        return 2;
    default:
        return 3;
    }
}
