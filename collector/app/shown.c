#include "app/shown.h"

#include <time.h>

#include "base/conf.h"

const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

const char *local_time(const char *utc, char *out)
{
    struct wall_time time;
    time_t seconds;
    struct tm local;

    out[0] = '\0';
    if (*utc == '\0' || !moment_parse(utc, &time))
        return out;
    seconds = (time_t)(time.ms / 1000);
    if (localtime_r(&seconds, &local) != NULL)
        strftime(out, LOCAL_TEXT, "%Y-%m-%d %H:%M:%S", &local);
    return out;
}
