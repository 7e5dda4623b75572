/* What an answer about a problem means. A success is believed only if it says so as the API does: a
 * captive portal answers 200 to everything. */
#include <string.h>

#include "output/rectification_peer.h"

enum { NESTED_MOST = 32 };

/* Looked at before it is parsed, because parsing goes as deep as the answer does. */
static bool is_shallow(const char *body, size_t size)
{
    bool quoted = false;
    int depth = 0;

    for (size_t i = 0; i < size; i++) {
        if (quoted && body[i] == '\\')
            i++;
        else if (body[i] == '"')
            quoted = !quoted;
        else if (!quoted && (body[i] == '{' || body[i] == '['))
            depth++;
        else if (!quoted && (body[i] == '}' || body[i] == ']'))
            depth--;
        if (depth > NESTED_MOST)
            return false;
    }
    return true;
}

json_t *rectification_object(const char *body, size_t size)
{
    json_t *object = NULL;

    if (body != NULL && is_shallow(body, size))
        object = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

/* 1 is 1.0, whoever wrote it. */
static bool is_same(const json_t *ours, const json_t *theirs)
{
    const char *key;
    json_t *inner;

    if (json_is_number(ours) && json_is_number(theirs))
        return json_number_value(ours) == json_number_value(theirs);
    if (json_is_object(ours) && json_is_object(theirs)) {
        json_object_foreach((json_t *)ours, key,
                            inner) if (!is_same(inner, json_object_get(theirs, key))) return false;
        return true; /* what else the server keeps there is its own */
    }
    if (!json_is_array(ours) || !json_is_array(theirs))
        return json_equal(ours, theirs);
    if (json_array_size(ours) != json_array_size(theirs))
        return false;
    for (size_t i = 0; i < json_array_size(ours); i++)
        if (!is_same(json_array_get(ours, i), json_array_get(theirs, i)))
            return false;
    return true;
}

/* The head that was sent along is no part of what the problem says: the same version may have come
 * with an older one. */
static bool has_our_content(const struct rectification_fields *fields, const json_t *theirs,
                            const json_t *problem)
{
    json_t *ours = rectification_fields_out(fields, problem);
    bool same;

    if (ours != NULL)
        rectification_fields_drop(fields, ours, "seal");
    same = ours != NULL && is_same(ours, theirs);
    json_decref(ours);
    return same;
}

/* A 2xx with a body: it has to be this problem. */
static enum rectification_verdict judge_body(const struct rectification_fields *fields,
                                             const json_t *theirs, const char *method,
                                             const json_t *problem, uint32_t *version)
{
    const char *uid = json_string_value(json_object_get(problem, "uid"));
    const char *said = json_string_value(rectification_fields_of_problem(fields, theirs, "uid"));
    json_int_t has = json_integer_value(rectification_fields_of_problem(fields, theirs, "version"));
    json_int_t sent = json_integer_value(json_object_get(problem, "version"));

    if (said == NULL || uid == NULL || strcmp(said, uid) != 0 || has < 1 || has > UINT32_MAX)
        return VERDICT_UNCLEAR;
    *version = (uint32_t)has;
    if (has > sent)
        return VERDICT_THERE;
    if (strcmp(method, "GET") != 0)
        return has == sent ? VERDICT_THERE : VERDICT_UNCLEAR;
    if (has < sent)
        return VERDICT_OLDER;
    return has_our_content(fields, theirs, problem) ? VERDICT_THERE : VERDICT_OTHER;
}

static enum rectification_verdict judge_success(const struct rectification_fields *fields,
                                                const struct web_answer *answer, const char *method,
                                                const json_t *problem, uint32_t *version)
{
    enum rectification_verdict verdict;
    json_t *theirs;

    /* Created, and No Content, say what was done by themselves; 200 is what everyone says. */
    if (answer->size == 0 && strcmp(method, "GET") != 0 &&
        (answer->status == 201 || answer->status == 204))
        return VERDICT_THERE;
    theirs = answer->capped ? NULL : rectification_object(answer->body, answer->size);
    if (theirs == NULL)
        return VERDICT_UNCLEAR;
    verdict = judge_body(fields, theirs, method, problem, version);
    json_decref(theirs);
    return verdict;
}

enum rectification_verdict rectification_judge(const struct rectification_fields *fields,
                                               const struct web_answer *answer, const char *method,
                                               const json_t *problem, uint32_t *version)
{
    *version = 0;
    if (answer->status >= 200 && answer->status <= 299)
        return judge_success(fields, answer, method, problem, version);
    switch (answer->status) {
    case 0: /* the connection broke: before or after, nobody knows */
    case 408:
        return VERDICT_UNCLEAR;
    case 404:
    case 410:
        return VERDICT_MISSING;
    case 409:
        return VERDICT_CONFLICT;
    case 400:
    case 413:
    case 415:
    case 422:
        return VERDICT_REFUSED;
    case 425:
    case 429:
    case 502:
    case 503:
    case 504:
        return VERDICT_AWAY;
    default:
        if (answer->status < 400)
            return VERDICT_AWAY;
        return answer->status < 500 || answer->status == 501 ? VERDICT_HELD : VERDICT_UNCLEAR;
    }
}

bool rectification_has_head(const struct rectification_fields *fields,
                            const struct web_answer *answer, const json_t *problem, bool taken)
{
    json_t *sent = rectification_fields_out(fields, problem);
    json_t *theirs = rectification_object(answer->body, answer->size);
    const json_t *ours = rectification_fields_of_problem(fields, sent, "seal.head");
    const json_t *shown = rectification_fields_of_problem(fields, theirs, "seal.head");
    bool has = json_is_string(ours);

    if (shown != NULL)
        has = has && json_equal(ours, shown);
    else
        has = has && taken && rectification_fields_of_problem(fields, theirs, "seal") == NULL;
    json_decref(theirs);
    json_decref(sent);
    return has;
}
