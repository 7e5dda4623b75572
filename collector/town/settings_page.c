/* The group `page`: where it listens, and what must be there for others to come in from outside. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "output/url.h"
#include "town/settings_inside.h"

static bool is_port(const char *words)
{
    size_t length = strspn(words, "0123456789");

    return length > 0 && length <= 5 && words[length] == '\0' && atoi(words) >= 1 &&
           atoi(words) <= 65535;
}

/* An address and not a name: what a name means is decided elsewhere, and may change. */
static bool is_address(const char *host, bool bracketed)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (bracketed)
        return inet_pton(AF_INET6, host, &v6) == 1;
    return inet_pton(AF_INET, host, &v4) == 1 || strcmp(host, "localhost") == 0;
}

/* "ADDRESS:PORT", "[IPv6]:PORT", "localhost:PORT"; `host` as url_is_loopback() takes it. */
static bool read_listen(const char *listen, struct url *host)
{
    const char *colon = strrchr(listen, ':');
    size_t size = colon == NULL ? 0 : (size_t)(colon - listen);
    bool bracketed = size > 2 && listen[0] == '[' && listen[size - 1] == ']';

    *host = (struct url){0};
    if (colon == NULL || !is_port(colon + 1))
        return false;
    if (bracketed)
        snprintf(host->host, sizeof host->host, "%.*s", (int)size - 2, listen + 1);
    else
        snprintf(host->host, sizeof host->host, "%.*s", (int)size, listen);
    return is_address(host->host, bracketed);
}

/* What goes over a wire without encryption, tokens with it, is everybody's. */
static void check_remote(struct conf_at at, const struct page_setup *page,
                         struct conf_faults *faults)
{
    if (page->open)
        conf_complain(
            faults, conf_member(at, "open"), "open",
            SAY("无需登录（open = true）只用于本机地址，而 listen 是 %s：改为 false，每人发一个令牌"
                "（lookback user add）；或改 listen = \"127.0.0.1:8980\"，从别处经 ssh 隧道来看",
                "without signing in (open = true) the page is read at a local address alone, and "
                "listen is %s: say false and give everybody a token (lookback user add), or listen "
                "at \"127.0.0.1:8980\" and come through an ssh tunnel"),
            page->listen);
    if (page->certificate[0] == '\0' || page->key_file[0] == '\0')
        conf_complain(
            faults, conf_member(at, "listen"), "listen",
            SAY("%s 从别处也能连到，要有 certificate 和 key_file（加密）才可以；没有就用 "
                "\"127.0.0.1:8980\"，从别处经 ssh 隧道来看",
                "%s can be reached from elsewhere, which needs certificate and key_file "
                "(encryption); without them use \"127.0.0.1:8980\" and come through an ssh tunnel"),
            page->listen);
}

static void check_pair(struct conf_at at, const struct page_setup *page, struct conf_faults *faults)
{
    if (page->certificate[0] != '\0' && page->key_file[0] == '\0')
        conf_complain(faults, conf_member(at, "certificate"), "certificate",
                      SAY("有证书就要有 key_file", "a certificate needs its key_file"));
    if (page->certificate[0] == '\0' && page->key_file[0] != '\0')
        conf_complain(faults, conf_member(at, "key_file"), "key_file",
                      SAY("有 key_file 就要有 certificate", "a key_file needs its certificate"));
}

void settings_check_page(struct settings *settings, struct conf_at at, struct conf_faults *faults)
{
    struct page_setup *page = &settings->page;
    struct url host;

    settings_resolve_path(settings, page->certificate, sizeof page->certificate);
    settings_resolve_path(settings, page->key_file, sizeof page->key_file);
    if (page->listen[0] == '\0')
        check_pair(at, page, faults);
    else if (!read_listen(page->listen, &host))
        conf_complain(
            faults, conf_member(at, "listen"), "listen",
            SAY("要写 \"地址:端口\"，例如 \"127.0.0.1:8980\"、\"0.0.0.0:8980\"、\"[::1]:8980\"；"
                "不要网页写 \"\"",
                "\"ADDRESS:PORT\" is wanted, as \"127.0.0.1:8980\", \"0.0.0.0:8980\" or "
                "\"[::1]:8980\"; \"\" for no page"));
    else if (!url_is_loopback(&host))
        check_remote(at, page, faults);
    else
        check_pair(at, page, faults);
}
