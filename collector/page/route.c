#include "page/route.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

const char *const role_words[] = {"public", "reader", "steward", "office", NULL};

static const struct route *const tables[] = {
    live_routes, series_routes, ledger_routes, evidence_routes, act_routes, metrics_routes,
};

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte = (char)tolower((unsigned char)byte);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Letters of any script: a task may be called 信-2. */
static bool stands_in_name(int byte)
{
    return byte >= 0x80 || (byte > 0 && (isalnum(byte) || strchr("._-", byte) != NULL));
}

static bool is_utf8(const char *at)
{
    size_t length = 1;

    for (; *at != '\0' && length > 0; at += length)
        length = utf8_length(at);
    return length > 0;
}

/* One part of an address, decoded once: a name and nothing else, so neither "..", nor a slash, a
 * NUL or a second percent sign comes to anybody (A1). */
static bool read_variable(const char *part, size_t size, char out[VAR_SIZE])
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        int byte = (unsigned char)part[i];

        if (byte == '%') {
            int high = i + 2 < size ? hex_digit(part[i + 1]) : -1;
            int low = high < 0 ? -1 : hex_digit(part[i + 2]);

            if (low < 0)
                return false;
            byte = high * 16 + low;
            i += 2;
        }
        if (!stands_in_name(byte) || used == VAR_SIZE - 1)
            return false;
        out[used++] = (char)byte;
    }
    out[used] = '\0';
    return used > 0 && strcmp(out, ".") != 0 && strcmp(out, "..") != 0 && is_utf8(out);
}

/* Part by part: what stands in braces is a variable, the rest must be the same byte for byte. */
static bool matches(const char *pattern, const char *path, char vars[ROUTE_VARS_MAX][VAR_SIZE])
{
    size_t count = 0;

    while (*pattern == '/' && *path == '/') {
        size_t wanted = strcspn(++pattern, "/");
        size_t given = strcspn(++path, "/");

        if (*pattern == '{') {
            if (count == ROUTE_VARS_MAX || !read_variable(path, given, vars[count++]))
                return false;
        } else if (wanted != given || strncmp(pattern, path, given) != 0) {
            return false;
        }
        pattern += wanted;
        path += given;
    }
    return *pattern == '\0' && *path == '\0';
}

const struct route *route_find(enum method method, const char *path,
                               char vars[ROUTE_VARS_MAX][VAR_SIZE], unsigned *allowed)
{
    enum method asked = method == METHOD_HEAD ? METHOD_GET : method;

    *allowed = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct route *route = tables[i]; route->path != NULL; route++) {
            if (!matches(route->path, path, vars))
                continue;
            *allowed |= 1u << route->method;
            if (route->method == asked)
                return route;
        }
    return NULL;
}
