#include "output/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

static bool refuse(struct error *err, const char *words, const char *why)
{
    return error_set(err, ERROR_SETTINGS, SAY("地址 \"%s\" 有误：%s", "address \"%s\": %s"), words,
                     why);
}

static bool parse_port(const char *words, size_t size, int *port)
{
    if (size == 0 || size > 5 || strspn(words, "0123456789") < size)
        return false;
    *port = atoi(words);
    return *port >= 1 && *port <= 65535;
}

/* "host", "host:port" or "[v6]:port". */
static bool parse_host(const char *at, size_t size, struct url *url)
{
    const char *end = at + size;
    const char *host = at;
    const char *after;

    if (size > 0 && *at == '[') {
        host = at + 1;
        after = memchr(host, ']', (size_t)(end - host));
        if (after == NULL)
            return false;
        size = (size_t)(after - host);
        after++;
    } else {
        after = memchr(at, ':', size);
        after = after == NULL ? end : after;
        size = (size_t)(after - at);
    }
    if (size == 0 || size >= sizeof url->host)
        return false;
    memcpy(url->host, host, size);
    return after == end ||
           (*after == ':' && parse_port(after + 1, (size_t)(end - after - 1), &url->port));
}

bool url_parse(const char *words, struct url *url, struct error *err)
{
    const char *mark = strstr(words, "://");
    size_t scheme = mark == NULL ? 0 : (size_t)(mark - words);
    size_t size;

    memset(url, 0, sizeof *url);
    for (const char *at = words; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7F)
            return refuse(err, "…",
                          SAY("含有空格或控制字符", "it holds a space or a control character"));
    if (scheme == 0 || scheme >= sizeof url->scheme)
        return refuse(err, words, SAY("缺少协议，例如 https://", "no scheme such as https://"));
    for (size_t i = 0; i < scheme; i++)
        url->scheme[i] = (char)tolower((unsigned char)words[i]);
    mark += strlen("://");
    size = strcspn(mark, "/?#");
    if (memchr(mark, '@', size) != NULL)
        return refuse(err, "…",
                      SAY("用户和密码不写在地址里，请用 user 与 password_file",
                          "user and password do not belong into it; set user and "
                          "password_file"));
    if (!parse_host(mark, size, url))
        return refuse(err, words, SAY("主机或端口有误", "its host or port is wrong"));
    return true;
}

bool url_is_loopback(const struct url *url)
{
    struct in_addr four;
    struct in6_addr six;

    if (strcmp(url->host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, url->host, &four) == 1)
        return (ntohl(four.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, url->host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}
