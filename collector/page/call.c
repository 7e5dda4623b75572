/* What handlers ask of a query, and how they refuse. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/say.h"
#include "page/route.h"

void call_refuse(struct call *call, enum error_kind kind, const char *format, ...)
{
    struct error err = {.kind = kind};
    va_list list;

    va_start(list, format);
    vsnprintf(err.text, sizeof err.text, format, list);
    va_end(list);
    answer_refuse(call->answer, &err);
}

bool call_number(struct call *call, const char *name, long low, long high, long fallback,
                 long *number)
{
    const char *words = http_query_get(call->query, name);
    char *end;

    *number = fallback;
    if (words == NULL)
        return true;
    errno = 0;
    *number = strtol(words, &end, 10);
    if (errno == 0 && end != words && *end == '\0' && *words != ' ' && *words != '+' &&
        *number >= low && *number <= high)
        return true;
    call_refuse(call, ERROR_WRONG_USE,
                SAY("%s：要 %ld 到 %ld 之间的整数", "%s: a whole number of %ld to %ld is wanted"),
                name, low, high);
    return false;
}

bool call_moment(struct call *call, const char *name, struct wall_time fallback,
                 struct wall_time *time)
{
    const char *words = http_query_get(call->query, name);

    *time = fallback;
    if (words == NULL || moment_parse(words, time))
        return true;
    call_refuse(call, ERROR_WRONG_USE,
                SAY("%s：要一个时刻，例如 2026-11-22 或 2026-11-22T08:00:00Z",
                    "%s: a moment is wanted, as 2026-11-22 or 2026-11-22T08:00:00Z"),
                name);
    return false;
}

bool call_word(struct call *call, const char *name, const char *const *words, const char **word)
{
    const char *given = http_query_get(call->query, name);
    char known[256] = "";
    size_t used = 0;

    *word = NULL;
    if (given == NULL)
        return true;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], given) == 0) {
            *word = words[i];
            return true;
        }
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                     words[i]);
    }
    call_refuse(call, ERROR_WRONG_USE, SAY("%s：只能是 %s", "%s: one of %s is wanted"), name,
                known);
    return false;
}

bool call_refuse_after(struct call *call, const char *after)
{
    call_refuse(call, ERROR_WRONG_USE,
                SAY("after：“%.60s”不是上一页给出的 next",
                    "after: \"%.60s\" is not the next of the page before"),
                after);
    return false;
}
