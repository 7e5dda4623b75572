/* What the page is called, and whose page sends a request. */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "page/gate_inside.h"

static bool is_port(const char *words)
{
    size_t length = strspn(words, "0123456789");

    return length >= 1 && length <= 5 && words[length] == '\0';
}

/* A name as browsers send it: no dot in front, which X509_check_host() would take for "anything
 * below". */
static bool is_name(const char *words)
{
    return words[0] != '.' && words[0] != '\0' &&
           strspn(words, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
               strlen(words);
}

bool gate_read_host(const char *words, struct host_name *host)
{
    bool bracket = words[0] == '[';
    size_t length = bracket ? strcspn(words + 1, "]") : strcspn(words, ":");
    const char *begin = words + (bracket ? 1 : 0);
    const char *rest = begin + length;

    *host = (struct host_name){0};
    if (length >= sizeof host->text || (bracket && *rest != ']'))
        return false;
    snprintf(host->text, sizeof host->text, "%.*s", (int)length, begin);
    if (bracket)
        rest++;
    if (*rest != '\0' && (*rest != ':' || !is_port(rest + 1)))
        return false;
    host->is_v6 = bracket && inet_pton(AF_INET6, host->text, &host->v6) == 1;
    host->is_v4 = !bracket && inet_pton(AF_INET, host->text, &host->v4) == 1;
    return bracket ? host->is_v6 : is_name(host->text);
}

/* What no stranger can turn to us: a browser keeps these for its own machine, which may be ours or
 * the near end of a tunnel. */
static bool is_loopback(const struct host_name *host)
{
    if (host->is_v4)
        return host->v4.s_addr == htonl(INADDR_LOOPBACK);
    return host->is_v6 ? IN6_IS_ADDR_LOOPBACK(&host->v6) : strcasecmp(host->text, "localhost") == 0;
}

static bool is_same(const struct host_name *one, const struct host_name *other)
{
    if (one->is_v4 && other->is_v4)
        return one->v4.s_addr == other->v4.s_addr;
    if (one->is_v6 && other->is_v6)
        return IN6_ARE_ADDR_EQUAL(&one->v6, &other->v6);
    return one->is_v4 == other->is_v4 && one->is_v6 == other->is_v6 && one->text[0] != '\0' &&
           strcasecmp(one->text, other->text) == 0;
}

static bool is_certified(X509 *certificate, const struct host_name *host)
{
    if (host->is_v4 || host->is_v6)
        return X509_check_ip_asc(certificate, host->text, 0) == 1;
    return X509_check_host(certificate, host->text, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                           NULL) == 1;
}

/* "0.0.0.0" says where the page listens, and is nobody's address. */
static bool is_any(const struct host_name *host)
{
    return (host->is_v4 && host->v4.s_addr == htonl(INADDR_ANY)) ||
           (host->is_v6 && IN6_IS_ADDR_UNSPECIFIED(&host->v6));
}

bool gate_is_our_name(const struct gate *gate, const struct host_name *host)
{
    return is_loopback(host) || (!is_any(host) && is_same(host, &gate->listen)) ||
           (gate->certificate != NULL && is_certified(gate->certificate, host));
}

/* Browsers say where a request comes from in both, and a page cannot change either. Programs say
 * neither. */
bool gate_is_our_page(const struct http_request *request)
{
    char own[300];

    if (request->fetch_site != NULL && strcmp(request->fetch_site, "same-origin") != 0 &&
        strcmp(request->fetch_site, "none") != 0)
        return false;
    if (request->origin == NULL)
        return true;
    snprintf(own, sizeof own, "%s://%s", request->tls ? "https" : "http", request->host);
    return strcmp(request->origin, own) == 0;
}
