#include "page/request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum method http_method(const char *word)
{
    if (strcmp(word, "GET") == 0)
        return METHOD_GET;
    if (strcmp(word, "HEAD") == 0)
        return METHOD_HEAD;
    return strcmp(word, "POST") == 0 ? METHOD_POST : METHOD_OTHER;
}

/* RFC 3986: what may stand in an address as it is. Everything else is percent-encoded by whoever
 * asks, or it is no address. */
static bool stands_in_address(char byte)
{
    return isalnum((unsigned char)byte) || (byte != '\0' && strchr("-._~:/?@!$&'()*+,;=%", byte));
}

bool http_target(char *target, struct http_request *request)
{
    size_t size = strlen(target);
    char *question;

    if (target[0] != '/' || size >= HTTP_URL_MAX)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!stands_in_address(target[i]))
            return false;
    question = strchr(target, '?');
    if (question != NULL)
        *question++ = '\0';
    request->path = target;
    request->query = question;
    return true;
}

/* The head ----------------------------------------------------------------------------------- */

/* RFC 9110, 5.6.2. Mostly it is the blank before a colon that is not one: whoever stands between us
 * and the browser might read another header there. */
static bool is_token(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)name[i]) &&
            (name[i] == '\0' || strchr("!#$%&'*+-.^_`|~", name[i]) == NULL))
            return false;
    return size > 0;
}

static bool is_printable(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f)
            return false;
    return true;
}

enum { ONCE = 1, LIST = 0 };

/* Where a header goes; NULL: we do not look at it. `*once`: it may not stand a second time. */
static const char **place_of(struct http_head *head, const char *name, size_t size, bool *once)
{
    const struct {
        const char *name;
        const char **place;
        int once;
    } known[] = {
        {"Host",              &head->request->host,            ONCE},
        {"Origin",            &head->request->origin,          ONCE},
        {"Sec-Fetch-Site",    &head->request->fetch_site,      ONCE},
        {"Authorization",     &head->request->authorization,   ONCE},
        {"Content-Type",      &head->request->content_type,    ONCE},
        {"Content-Length",    &head->content_length,           ONCE},
        {"Transfer-Encoding", &head->transfer_encoding,        ONCE},
        {"If-None-Match",     &head->request->if_none_match,   LIST},
        {"Accept-Encoding",   &head->request->accept_encoding, LIST},
        {"Accept-Language",   &head->request->accept_language, LIST},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].name) == size && strncasecmp(known[i].name, name, size) == 0) {
            *once = known[i].once == ONCE;
            return known[i].place;
        }
    return NULL;
}

void http_head_add(struct http_head *head, const char *name, size_t name_size, const char *value,
                   size_t value_size)
{
    bool once = false;
    const char **place;

    if (!is_token(name, name_size) || !is_printable(value, value_size)) {
        head->bytes_wrong = true;
        return;
    }
    place = place_of(head, name, name_size, &once);
    if (place == NULL)
        return;
    if (*place == NULL)
        *place = value;
    else if (once)
        head->doubled = true;
}

/* A length as it has to be written: digits alone. */
static bool read_length(const char *words, uint64_t *length)
{
    size_t digits = strspn(words, "0123456789");

    *length = digits > 18 ? UINT64_MAX : strtoull(words, NULL, 10);
    return digits > 0 && words[digits] == '\0';
}

static int refuse(struct error *err, int status, const char *why)
{
    error_set(err, ERROR_WRONG_USE, "%s", why);
    return status;
}

int http_body_too_long(struct error *err)
{
    return refuse(err, 413,
                  SAY("内容太长（最多 256 KiB）", "the body is too long (at most 256 KiB)"));
}

int http_head_judge(const struct http_head *head, struct error *err)
{
    bool body = head->transfer_encoding != NULL;
    uint64_t length = 0;

    if (head->bytes_wrong)
        return refuse(err, 400, SAY("请求头里有不该有的字符", "a header holds what no header may"));
    if (head->doubled)
        return refuse(err, 400, SAY("同一个请求头出现了两次", "a header stands twice"));
    if (head->content_length != NULL && !read_length(head->content_length, &length))
        return refuse(err, 400, SAY("Content-Length 不是数字", "Content-Length is no number"));
    if (head->content_length != NULL && head->transfer_encoding != NULL)
        return refuse(err, 400,
                      SAY("Content-Length 与 Transfer-Encoding 不能同时出现",
                          "Content-Length and Transfer-Encoding stand both"));
    if (head->transfer_encoding != NULL && strcasecmp(head->transfer_encoding, "chunked") != 0)
        return refuse(
            err, 400,
            SAY("只认识 Transfer-Encoding: chunked", "of Transfer-Encoding only chunked is known"));
    if (head->request->method != METHOD_POST && (body || length > 0))
        return refuse(err, 400, SAY("这种请求不带内容", "such a request has no body"));
    return length > HTTP_BODY_MAX ? http_body_too_long(err) : 0;
}

/* What a browser takes, and has --------------------------------------------------------------- */

/* The member of a list in a header: `*at` is moved behind it. False: the list has ended. */
static bool next_member(const char **at, const char **member, size_t *size)
{
    *at += strspn(*at, ", \t");
    *member = *at;
    *size = strcspn(*at, ",");
    *at += *size;
    return *size > 0;
}

static bool is_refused(const char *member, size_t size)
{
    const char *weight = memchr(member, ';', size);

    if (weight == NULL)
        return false;
    weight += strspn(weight, "; \t");
    return strncasecmp(weight, "q=0", 3) == 0 &&
           strspn(weight + 3, ".0") == strcspn(weight + 3, ", \t");
}

enum language http_language(const struct http_request *request)
{
    const char *words = request->accept_language;

    return words != NULL && strncasecmp(words, "en", 2) == 0 ? LANGUAGE_EN : LANGUAGE_ZH;
}

bool http_takes_gzip(const struct http_request *request)
{
    const char *at = request->accept_encoding, *member;
    size_t size;

    while (at != NULL && next_member(&at, &member, &size)) {
        size_t word = strcspn(member, ";, \t");

        if (word == 4 && strncasecmp(member, "gzip", 4) == 0)
            return !is_refused(member, size);
    }
    return false;
}

enum named { NOT_NAMED, NAMED_PLAIN, NAMED_PACKED };

/* "…" or W/"…"; what was gzip'd has ".z" at its end. */
static enum named find_tag(const struct http_request *request, const char *etag)
{
    const char *at = request->if_none_match, *member;
    size_t tag = strlen(etag), size;

    if (tag < 2)
        return NOT_NAMED;
    while (at != NULL && next_member(&at, &member, &size)) {
        while (size > 0 && (member[size - 1] == ' ' || member[size - 1] == '\t'))
            size--;
        if (size > 2 && strncmp(member, "W/", 2) == 0) {
            member += 2;
            size -= 2;
        }
        if (size == tag && strncmp(member, etag, tag) == 0)
            return NAMED_PLAIN;
        if (size == tag + 2 && strncmp(member, etag, tag - 1) == 0 &&
            strncmp(member + tag - 1, ".z\"", 3) == 0)
            return NAMED_PACKED;
    }
    return NOT_NAMED;
}

bool http_has(const struct http_request *request, const char *etag)
{
    return find_tag(request, etag) != NOT_NAMED;
}

bool http_has_packed(const struct http_request *request, const char *etag)
{
    return find_tag(request, etag) == NAMED_PACKED;
}

/* The query ----------------------------------------------------------------------------------- */

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte = (char)tolower((unsigned char)byte);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* In place. False: a bad escape, a NUL, or not UTF-8. */
static bool decode(char *words)
{
    char *to = words;

    for (const char *at = words; *at != '\0'; at++) {
        int high, low;

        if (*at == '+') {
            *to++ = ' ';
        } else if (*at == '%') {
            high = hex_digit(at[1]);
            low = high < 0 ? -1 : hex_digit(at[2]);
            if (low < 0 || high * 16 + low == 0)
                return false;
            *to++ = (char)(high * 16 + low);
            at += 2;
        } else {
            *to++ = *at;
        }
    }
    *to = '\0';
    for (const char *at = words; *at != '\0';) {
        size_t length = utf8_length(at);

        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

static bool add_pair(struct http_query *query, char *words)
{
    char *equals = strchr(words, '=');
    struct query_pair *pair = &query->pairs[query->count];

    if (query->count == HTTP_PAIRS_MAX || equals == NULL)
        return false;
    *equals = '\0';
    *pair = (struct query_pair){words, equals + 1};
    if (!decode(pair->name) || !decode(pair->value) || *pair->name == '\0' ||
        http_query_get(query, pair->name) != NULL)
        return false;
    query->count++;
    return true;
}

bool http_query_read(struct http_query *query, const char *text)
{
    query->count = 0;
    if (text == NULL || *text == '\0')
        return true;
    if (strlen(text) >= sizeof query->bytes)
        return false;
    strcpy(query->bytes, text);
    for (char *at = query->bytes; at != NULL;) {
        char *next = strchr(at, '&');

        if (next != NULL)
            *next++ = '\0';
        if (*at != '\0' && !add_pair(query, at))
            return false;
        at = next;
    }
    return true;
}

const char *http_query_get(const struct http_query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->pairs[i].name, name) == 0)
            return query->pairs[i].value;
    return NULL;
}
