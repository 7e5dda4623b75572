#include "page/shares.h"

#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

/* Who somebody is. */
struct asker {
    char person[NAME_SIZE];
    uint8_t address[17]; /* family, then bytes; all 0 of a person */
};

struct share {
    bool used;
    struct asker asker;
    struct mono_time asked; /* last */
    double spent_ms;        /* as of `shares->forgot` */
};

struct shares {
    const struct clock *clock;
    struct mono_time forgot; /* when the use of all was last forgotten in part */
    struct share places[SHARES_MAX];
};

struct shares *shares_new(const struct clock *clock)
{
    struct shares *shares = calloc(1, sizeof *shares);

    if (shares != NULL)
        *shares = (struct shares){.clock = clock, .forgot = clock_mono(clock)};
    return shares;
}

void shares_free(struct shares *shares)
{
    free(shares);
}

static void name_asker(struct asker *asker, const char *person, const struct sockaddr *from)
{
    memset(asker, 0, sizeof *asker);
    if (person[0] != '\0') {
        snprintf(asker->person, sizeof asker->person, "%s", person);
    } else if (from != NULL && from->sa_family == AF_INET) {
        asker->address[0] = 4;
        memcpy(asker->address + 1, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    } else if (from != NULL && from->sa_family == AF_INET6) {
        asker->address[0] = 6;
        memcpy(asker->address + 1, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr,
               8);
    }
}

static void forget(struct shares *shares, struct mono_time now)
{
    double ms = (double)(now.ns - shares->forgot.ns) / 1e6;
    double left = exp(-ms / SHARES_WINDOW_MS);

    if (ms <= 0.0)
        return;
    for (size_t i = 0; i < SHARES_MAX; i++)
        shares->places[i].spent_ms *= left;
    shares->forgot = now;
}

/* Theirs, or a free one, or that of who used least. */
static struct share *place_of(struct shares *shares, const struct asker *asker)
{
    struct share *place = &shares->places[0];

    for (size_t i = 0; i < SHARES_MAX; i++) {
        struct share *share = &shares->places[i];

        if (share->used && memcmp(&share->asker, asker, sizeof *asker) == 0)
            return share;
        if (place->used && (!share->used || share->spent_ms < place->spent_ms))
            place = share;
    }
    *place = (struct share){.used = true, .asker = *asker};
    return place;
}

struct share *shares_of(struct shares *shares, const char *person, const struct sockaddr *from)
{
    struct mono_time now = clock_mono(shares->clock);
    struct asker asker;
    struct share *share;

    forget(shares, now);
    name_asker(&asker, person, from);
    share = place_of(shares, &asker);
    share->asked = now;
    return share;
}

bool shares_allow(const struct shares *shares, const struct share *share)
{
    double in_all_ms = 0.0;
    int present = 0;

    for (size_t i = 0; i < SHARES_MAX; i++) {
        const struct share *other = &shares->places[i];

        if (!other->used)
            continue;
        in_all_ms += other->spent_ms;
        if (share->asked.ns - other->asked.ns < ns_from_ms(SHARES_PRESENT_MS))
            present++;
    }
    return present < 2 || in_all_ms <= SHARES_IN_ALL_MS ||
           share->spent_ms * present <= SHARES_IN_ALL_MS;
}

void shares_spend(struct shares *shares, struct share *share, int64_t ns)
{
    forget(shares, clock_mono(shares->clock));
    share->spent_ms += (double)ns / 1e6;
}
