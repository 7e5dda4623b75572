#include "page/body.h"

#include <string.h>
#include <strings.h>

#include "base/say.h"

#define WANTED_TYPE "application/json"

static bool is_json(const char *type)
{
    size_t size = strlen(WANTED_TYPE);

    return type != NULL && strncasecmp(type, WANTED_TYPE, size) == 0 &&
           strchr("; \t", type[size]) != NULL; /* its end too */
}

/* How deep lists and objects stand in each other; brackets in strings do not count. Done before the
 * parser, which calls itself for each. */
static size_t depth_of(const char *bytes, size_t size)
{
    size_t depth = 0, most = 0;
    bool quoted = false;

    for (size_t i = 0; i < size; i++) {
        if (quoted && bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"')
            quoted = !quoted;
        else if (!quoted && (bytes[i] == '{' || bytes[i] == '['))
            most = ++depth > most ? depth : most;
        else if (!quoted && (bytes[i] == '}' || bytes[i] == ']') && depth > 0)
            depth--;
    }
    return most;
}

json_t *body_read(const struct http_request *request, int *status, struct error *err)
{
    json_error_t fault;
    json_t *body;

    if (!is_json(request->content_type)) {
        *status = 415;
        error_set(err, ERROR_WRONG_USE, "%s",
                  SAY("内容应是 application/json", "the body must be application/json"));
        return NULL;
    }
    *status = 400;
    if (depth_of(request->body, request->body_size) > HTTP_DEPTH_MAX) {
        error_set(err, ERROR_WRONG_USE,
                  SAY("JSON 嵌套太深（最多 %d 层）", "JSON is nested too deep (at most %d)"),
                  HTTP_DEPTH_MAX);
        return NULL;
    }
    body = json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES, &fault);
    if (body == NULL) {
        error_set(err, ERROR_WRONG_USE,
                  SAY("第 %d 行第 %d 列不是 JSON：%s", "no JSON at line %d, column %d: %s"),
                  fault.line, fault.column, fault.text);
        return NULL;
    }
    if (!json_is_object(body)) {
        json_decref(body);
        error_set(err, ERROR_WRONG_USE, "%s", SAY("应是一个 JSON 对象", "a JSON object is wanted"));
        return NULL;
    }
    return body;
}
