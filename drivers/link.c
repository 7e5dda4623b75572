#include "drivers/link.h"

#include <netinet/in.h>
#include <string.h>

#include "drivers/link_parts.h"

void link_open(struct link *link)
{
    link->way->open(link);
}

void link_shut(struct link *link)
{
    link->way->shut(link);
}

bool link_is_open(const struct link *link)
{
    return link->way->is_open(link);
}

bool link_send(struct link *link, const uint8_t *bytes, size_t count)
{
    return link->way->send(link, bytes, count);
}

void link_pump(struct link *link)
{
    if (link->way->pump != NULL)
        link->way->pump(link);
}

bool link_wake_in(struct link *link, int64_t ns)
{
    return link->way->wake_in != NULL && link->way->wake_in(link, ns);
}

void link_end(struct link *link, void (*ended)(void *), void *self)
{
    link->ended = ended;
    link->ended_self = self;
    link->way->end(link);
}

static bool ipv4_is_private(uint32_t address)
{
    static const struct {
        uint32_t net;
        int bits;
    } nets[] = {
        {0x0A000000, 8 }, /* 10.0.0.0, RFC 1918 */
        {0xAC100000, 12}, /* 172.16.0.0 */
        {0xC0A80000, 16}, /* 192.168.0.0 */
        {0x7F000000, 8 }, /* loopback */
        {0xA9FE0000, 16}, /* link-local, RFC 3927 */
        {0x64400000, 10}, /* 100.64.0.0, shared by a carrier's customers, RFC 6598 */
    };

    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++)
        if ((address ^ nets[i].net) >> (32 - nets[i].bits) == 0)
            return true;
    return false;
}

bool address_is_private(const struct sockaddr *address)
{
    const struct in6_addr *six;
    uint32_t four;

    if (address->sa_family == AF_INET) {
        four = ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
        return ipv4_is_private(four);
    }
    if (address->sa_family != AF_INET6)
        return false;
    six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(six)) {
        memcpy(&four, six->s6_addr + 12, sizeof four);
        return ipv4_is_private(ntohl(four));
    }
    return IN6_IS_ADDR_LOOPBACK(six) || IN6_IS_ADDR_LINKLOCAL(six) ||
           (six->s6_addr[0] & 0xFE) == 0xFC;
}
