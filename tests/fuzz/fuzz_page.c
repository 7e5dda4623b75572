/* What a stranger sends to the page: a request line, headers and a body come as they like. Whatever
 * they are, only names come out of an address, only text out of a query, only a flat object out of
 * a body, and nobody becomes anybody without their token.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "page/body.h"
#include "page/gate.h"
#include "page/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool is_text(const char *words)
{
    while (*words != '\0') {
        size_t length = utf8_length(words);

        if (length == 0)
            return false;
        words += length;
    }
    return true;
}

static void check_vars(const struct http_request *request)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    char vars[ROUTE_VARS_MAX][VAR_SIZE];
    unsigned allowed;
    const struct route *route;

    memset(vars, 0, sizeof vars);
    route = route_find(request->method, request->path, vars, &allowed);
    must(route == NULL || (allowed & 1u << route->method) != 0);
    for (size_t i = 0; route != NULL && i < ROUTE_VARS_MAX; i++) {
        must(strlen(vars[i]) < VAR_SIZE && strcmp(vars[i], "..") != 0 && strcmp(vars[i], ".") != 0);
        must(is_text(vars[i]));
        for (const char *at = vars[i]; *at != '\0'; at++)
            must((*at & 0x80) != 0 || strchr(letters, *at) != NULL);
    }
}

static void check_query(const struct http_request *request)
{
    struct http_query query;

    if (!http_query_read(&query, request->query))
        return;
    must(query.count <= HTTP_PAIRS_MAX);
    for (size_t i = 0; i < query.count; i++) {
        must(is_text(query.pairs[i].name) && is_text(query.pairs[i].value));
        must(http_query_get(&query, query.pairs[i].name) == query.pairs[i].value);
    }
}

static size_t depth_of(const json_t *value)
{
    const char *key;
    json_t *member;
    size_t most = 0, index;

    if (json_is_object(value))
        json_object_foreach((json_t *)(uintptr_t)value, key, member) most =
            depth_of(member) > most ? depth_of(member) : most;
    else if (json_is_array(value))
        json_array_foreach(value, index, member) most =
            depth_of(member) > most ? depth_of(member) : most;
    else
        return 0;
    return most + 1;
}

static void check_body(const struct http_request *request)
{
    struct error err = {0};
    int status = 0;
    json_t *body = body_read(request, &status, &err);

    if (body == NULL)
        must((status == 400 || status == 415) && err.text[0] != '\0');
    else
        must(json_is_object(body) && depth_of(body) <= HTTP_DEPTH_MAX);
    json_decref(body);
}

static struct gate *make_gate(void)
{
    static const struct page_setup page = {.listen = "127.0.0.1:8980"};
    static struct held_clock held;
    static struct user li = {.name = "li", .role = "office"};
    struct error err = {0};
    struct gate *gate;

    held_clock_init(&held, (struct wall_time){1790000000000});
    memset(li.token, 0x5a, sizeof li.token);
    gate = gate_new(&page, NULL, &held.clock, &err);
    must(gate != NULL);
    gate_set_users(gate, &li, 1);
    return gate;
}

/* Nobody can guess what has that digest. */
static void check_gate(const struct http_request *request)
{
    static struct gate *gate;
    struct visitor visitor;
    struct refusal_word refused = {0};

    if (gate == NULL)
        gate = make_gate();
    if (gate_pass(gate, request, &visitor, &refused))
        must(visitor.role == ROLE_PUBLIC && visitor.person[0] == '\0' && request->host != NULL);
    else
        must(refused.status >= 400 && refused.status < 500 && refused.err.text[0] != '\0');
}

/* The next line, ended where it stands; NULL: there is none. */
static char *next_line(char **at)
{
    char *line = *at, *end = line == NULL ? NULL : strchr(line, '\n');

    if (end == NULL)
        return NULL;
    *end = '\0';
    if (end > line && end[-1] == '\r')
        end[-1] = '\0';
    *at = end + 1;
    return line;
}

static void read_head(char **at, struct http_request *request, struct http_head *head)
{
    char *line;

    head->request = request;
    while ((line = next_line(at)) != NULL && *line != '\0') {
        char *colon = strchr(line, ':');

        if (colon == NULL)
            continue;
        http_head_add(head, line, (size_t)(colon - line), colon + 1 + strspn(colon + 1, " \t"),
                      strlen(colon + 1 + strspn(colon + 1, " \t")));
    }
}

static void ask(char *words, size_t size)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct http_request request = {.from = (struct sockaddr *)&from};
    struct http_head head = {0};
    struct error err = {0};
    char *at = words, *line = next_line(&at), *target, *end;

    if (line == NULL || (target = strchr(line, ' ')) == NULL)
        return;
    *target++ = '\0';
    end = strchr(target, ' ');
    if (end != NULL)
        *end = '\0';
    request.method = http_method(line);
    read_head(&at, &request, &head);
    if (!http_target(target, &request) || http_head_judge(&head, &err) != 0)
        return;
    request.body = at;
    request.body_size = size - (size_t)(at - words);
    http_takes_gzip(&request);
    http_language(&request);
    http_has(&request, "\"0123456789abcdef\"");
    check_vars(&request);
    check_query(&request);
    check_gate(&request);
    if (request.body_size <= HTTP_BODY_MAX)
        check_body(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words = malloc(size + 1);

    must(words != NULL);
    memcpy(words, data, size);
    words[size] = '\0';
    ask(words, size);
    free(words);
    return 0;
}
