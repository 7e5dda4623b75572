#include "page/guests.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = GUESTS_MAX + GUESTS_LINGER };

enum doing { ABSENT, ASKS, TAKES, LEAVES };

struct guest {
    enum doing doing;
    int fd;
    uint8_t address[16];
    struct mono_time since;    /* it asks or takes */
    struct mono_time deadline; /* of asking or taking */
};

struct guests {
    const struct clock *clock;
    void (*cut)(void *self, int fd);
    void *self;
    struct guests_count count;
    struct guest places[PLACES];
};

struct guests *guests_new(const struct clock *clock, void (*cut)(void *self, int fd), void *self)
{
    struct guests *guests = calloc(1, sizeof *guests);

    if (guests == NULL)
        return NULL;
    guests->clock = clock;
    guests->cut = cut;
    guests->self = self;
    return guests;
}

void guests_free(struct guests *guests)
{
    free(guests);
}

/* IPv4 as it is; of IPv6 the network, because whoever has one has all addresses of it. */
static void address_of(const struct sockaddr *from, uint8_t address[16])
{
    memset(address, 0, 16);
    if (from != NULL && from->sa_family == AF_INET) {
        address[0] = 4;
        memcpy(address + 1, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    } else if (from != NULL && from->sa_family == AF_INET6) {
        address[0] = 6;
        memcpy(address + 1, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 8);
    }
}

static bool is_here(const struct guest *guest)
{
    return guest->doing == ASKS || guest->doing == TAKES;
}

static void cut(struct guests *guests, struct guest *guest)
{
    guest->doing = LEAVES;
    guests->count.now--;
    guests->cut(guests->self, guest->fd);
}

/* Who has to go for another: NULL matches every address. */
static struct guest *longest(struct guests *guests, const uint8_t *address)
{
    struct guest *found = NULL;

    for (size_t i = 0; i < PLACES; i++) {
        struct guest *guest = &guests->places[i];

        if (!is_here(guest) || (address != NULL && memcmp(guest->address, address, 16) != 0))
            continue;
        if (found == NULL || guest->doing < found->doing ||
            (guest->doing == found->doing && guest->since.ns < found->since.ns))
            found = guest;
    }
    return found;
}

static size_t count_of(const struct guests *guests, const uint8_t *address)
{
    size_t count = 0;

    for (size_t i = 0; i < PLACES; i++)
        count += is_here(&guests->places[i]) && memcmp(guests->places[i].address, address, 16) == 0;
    return count;
}

static void make_room(struct guests *guests, const uint8_t *address)
{
    struct guest *goes = NULL;

    if (count_of(guests, address) >= GUESTS_AN_ADDRESS)
        goes = longest(guests, address);
    else if (guests->count.now >= GUESTS_MAX)
        goes = longest(guests, NULL);
    if (goes == NULL)
        return;
    guests->count.crowded++;
    cut(guests, goes);
}

static void begin(struct guests *guests, struct guest *guest, enum doing doing, int64_t ms)
{
    guest->doing = doing;
    guest->since = clock_mono(guests->clock);
    guest->deadline.ns = guest->since.ns + ns_from_ms(ms);
}

struct guest *guests_come(struct guests *guests, int fd, const struct sockaddr *from)
{
    struct guest *guest = guests->places;
    uint8_t address[16];

    address_of(from, address);
    make_room(guests, address);
    while (guest < guests->places + PLACES && guest->doing != ABSENT)
        guest++;
    if (guest == guests->places + PLACES)
        return NULL;
    guest->fd = fd;
    memcpy(guest->address, address, sizeof address);
    begin(guests, guest, ASKS, GUEST_ASKS_MS);
    if (++guests->count.now > guests->count.most)
        guests->count.most = guests->count.now;
    return guest;
}

void guests_take(struct guests *guests, struct guest *guest, uint64_t bytes)
{
    uint64_t seconds = bytes / GUEST_BYTES_A_SECOND;

    if (guest->doing == ASKS)
        begin(guests, guest, TAKES,
              GUEST_TAKES_MS + (int64_t)(seconds < 86400 ? seconds : 86400) * 1000);
}

void guests_ask(struct guests *guests, struct guest *guest)
{
    if (guest->doing == TAKES)
        begin(guests, guest, ASKS, GUEST_ASKS_MS);
}

void guests_go(struct guests *guests, struct guest *guest)
{
    if (is_here(guest))
        guests->count.now--;
    guest->doing = ABSENT;
}

struct mono_time guests_sweep(struct guests *guests)
{
    struct mono_time now = clock_mono(guests->clock);
    struct mono_time next = GUESTS_NEVER;

    for (size_t i = 0; i < PLACES; i++) {
        struct guest *guest = &guests->places[i];

        if (!is_here(guest))
            continue;
        if (guest->deadline.ns <= now.ns) {
            guests->count.slow++;
            cut(guests, guest);
        } else if (guest->deadline.ns < next.ns) {
            next = guest->deadline;
        }
    }
    return next;
}

void guests_count(const struct guests *guests, struct guests_count *count)
{
    *count = guests->count;
}
